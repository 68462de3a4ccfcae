"""Drafts: shared in the team, never overwritten, gone when they are sent or have no business."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests import clock
from customer_requests.models import CustomerRequest, Draft
from customer_requests.models.life import ENDED, Actor
from customer_requests.problems import DraftChanged
from server.accounts.models import User
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import holder, make_agent
from tests.problems import assert_problem
from tests.tables import tables_with
from tests.threads import together

pytestmark = pytest.mark.django_db

SECRET = "De kabel onder de vlonder is doorgeknipt"


class Desk:
    """Two agents of one team at the same request."""

    def __init__(self) -> None:
        self.request = factories.claimed()
        self.daan: User = holder(self.request)
        self.fatima = make_agent(self.request.team, "Fatima Yilmaz")
        self.path = f"/desk/requests/{self.request.pk}/drafts"

    def get(self, kind: str = "reply") -> Any:
        return Api(self.daan).get(f"{self.path}/{kind}").json()

    def put(self, user: User, version: int, text: str, kind: str = "reply", **more: Any) -> Any:
        return Api(user).put(f"{self.path}/{kind}", {"version": version, "text": text, **more})

    def sending(self, version: int, text: str) -> CustomerRequest:
        return self.request.sending("reply", version, text=text, text_employee="")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_nobody_wrote_yet(desk: Desk) -> None:
    empty = desk.get()
    assert (empty["version"], empty["text"], empty["by"]) == (0, "", None)


def test_what_one_agent_writes_the_other_finds(desk: Desk) -> None:
    saved = desk.put(
        desk.fatima, 0, "We meten", text_employee="Wij meten", audience=["customer", "employee"]
    )
    assert saved.status_code == 200
    assert saved.json()["version"] == 1
    found = desk.get()
    assert (found["text"], found["text_employee"], found["by"]) == (
        "We meten",
        "Wij meten",
        "Fatima Yilmaz",
    )


def test_a_draft_is_no_change_of_the_request(desk: Desk) -> None:
    before = CustomerRequest.objects.values().get()
    desk.put(desk.daan, 0, "We meten")
    assert CustomerRequest.objects.values().get() == before


def test_who_saves_second_is_told_and_overwrites_nothing(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "Van Fatima", audience=["customer"])
    told = desk.put(desk.daan, 0, "Van Daan")
    assert_problem(told, 409, "draft-changed")
    assert told.json()["text"] == "Van Fatima"
    assert told.json()["by"] == "Fatima Yilmaz"
    assert told.json()["audience"] == ["customer"]
    merged = desk.put(desk.daan, told.json()["version"], "Van Fatima\n\nVan Daan")
    assert merged.json()["version"] == 2


def test_saving_the_same_text_again_is_no_conflict_and_no_new_version(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "Hetzelfde")
    again = desk.put(desk.daan, 0, "Hetzelfde")
    assert again.status_code == 200
    assert (again.json()["version"], again.json()["by"]) == (1, "Fatima Yilmaz")


def test_a_note_and_a_reply_never_share_a_text(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Voor de klant")
    desk.put(desk.daan, 0, "Voor ons", kind="note")
    assert desk.get("reply")["text"] == "Voor de klant"
    assert desk.get("note")["text"] == "Voor ons"
    assert desk.get("note")["audience"] == []


@pytest.mark.parametrize(
    "send",
    [
        lambda request, by: request.update(
            by=by, id=uuid.uuid4(), audience=["customer"], text_customer="We meten"
        ),
        lambda request, by: request.wait(by=by, on="customer", text="We meten"),
        lambda request, by: request.solve(by=by, text="We meten"),
        lambda request, by: request.plan_step(by=by, id=uuid.uuid4(), title="Meten"),
    ],
)
def test_a_draft_goes_with_the_verb_that_sends_it(desk: Desk, send: Any) -> None:
    desk.put(desk.daan, 0, "We meten")
    desk.put(desk.daan, 0, "Blijft", kind="note")
    send(desk.sending(1, "We meten"), desk.daan)
    assert (desk.get()["text"], desk.get()["version"]) == ("", 2)
    assert desk.get("note")["text"] == "Blijft"


def test_sending_by_itself_leaves_the_draft_of_a_colleague(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "Van Fatima")
    desk.request.update(
        by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="Van Daan"
    )
    assert desk.get()["text"] == "Van Fatima"


def test_what_a_colleague_added_after_i_opened_it_stays_when_i_send(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Van Daan")
    desk.put(desk.fatima, 1, "Van Daan en Fatima")
    sent = desk.sending(1, "Van Daan")
    sent.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="Van Daan")
    assert desk.get()["text"] == "Van Daan en Fatima"


def test_what_i_wrote_on_in_another_tab_stays_when_i_send_from_the_old_one(desk: Desk) -> None:
    desk.put(desk.daan, 0, "We meten")
    desk.put(desk.daan, 1, "We meten. Morgen bellen we.")
    sent = desk.sending(1, "We meten")
    sent.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="We meten")
    assert desk.get()["text"] == "We meten. Morgen bellen we."


def test_what_was_sent_word_for_word_is_not_offered_again(desk: Desk) -> None:
    desk.put(desk.daan, 0, "We met")
    desk.put(desk.daan, 1, "We meten")  # saved, but the page never heard so
    sent = desk.sending(1, "We meten")
    sent.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="We meten")
    assert desk.get()["text"] == ""


def test_who_it_goes_to_is_kept_also_before_there_is_a_word_and_gone_when_it_is_sent(
    desk: Desk,
) -> None:
    desk.put(desk.daan, 0, "", audience=["employee"])
    assert desk.get()["audience"] == ["employee"]
    desk.sending(1, "").plan_step(by=desk.daan, id=uuid.uuid4(), title="Meten")
    assert desk.get()["audience"] == ["customer", "employee"]


def test_a_save_that_was_under_way_while_it_was_sent_does_not_bring_it_back(desk: Desk) -> None:
    desk.put(desk.daan, 0, "We met")
    sent = desk.sending(1, "We meten")
    sent.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="We meten")
    late = desk.put(desk.daan, 1, "We meten")
    assert_problem(late, 409, "draft-changed")
    assert desk.get()["text"] == ""


def test_a_refused_verb_leaves_the_draft_alone(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "We meten")
    refused = Api(desk.fatima).post(
        f"/desk/requests/{desk.request.pk}/updates",
        {"id": str(uuid.uuid4()), "audience": ["customer"], "text": "We meten"},
    )
    assert_problem(refused, 409, "not-yours")
    assert desk.get()["text"] == "We meten"


def test_throwing_away_takes_only_what_i_saw(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "Van Fatima")
    api = Api(desk.daan)
    assert_problem(api.delete(f"{desk.path}/reply?version=0"), 409, "draft-changed")
    assert desk.get()["text"] == "Van Fatima"
    assert api.delete(f"{desk.path}/reply?version=1").status_code == 204
    assert desk.get()["text"] == ""


def _closed(desk: Desk) -> None:
    desk.request.solve(by=desk.daan, text="Klaar")
    desk.request.confirm()


def _closed_by_the_clock(desk: Desk) -> None:
    desk.request.solve(by=desk.daan, text="Klaar")
    CustomerRequest.objects.update(solved_at=timezone.now() - timedelta(days=8))
    clock.close_solved()


def _withdrawn(desk: Desk) -> None:
    desk.request.withdraw(by=Actor.customer(), reason="Het doet het weer.")


def _erased(desk: Desk) -> None:
    desk.request.forget_customer(by=Actor.customer())


def _kept_long_enough(desk: Desk) -> None:
    _closed(desk)
    CustomerRequest.objects.update(closed_at=timezone.now() - timedelta(days=4000))
    clock.erase_old()


@pytest.mark.parametrize("end", [_closed, _closed_by_the_clock, _withdrawn])
def test_what_ends_a_request_takes_no_words_of_the_team(desk: Desk, end: Any) -> None:
    desk.put(desk.daan, 0, "Bijna klaar", audience=["employee"])
    desk.put(desk.daan, 0, "Belt elke week", kind="note")
    end(desk)
    desk.request.refresh_from_db()
    assert desk.request.status in ENDED
    assert desk.get("note")["text"] == "Belt elke week"
    kept = desk.get()
    assert (kept["text"], kept["audience"], kept["version"]) == ("Bijna klaar", ["employee"], 1)


@pytest.mark.parametrize("end", [_erased, _kept_long_enough])
def test_erasing_wipes_what_was_being_written(desk: Desk, end: Any) -> None:
    desk.put(desk.daan, 0, SECRET)
    desk.put(desk.daan, 0, SECRET, kind="note")
    assert tables_with(SECRET) == ["customer_requests.Draft"]
    end(desk)
    assert tables_with(SECRET) == []


def test_on_a_closed_request_only_a_note_is_written_and_a_reply_can_be_thrown_away(
    desk: Desk,
) -> None:
    desk.put(desk.daan, 0, "Bijna klaar")
    _closed(desk)
    assert_problem(desk.put(desk.daan, 1, "Toch nog iets"), 409, "not-now")
    assert desk.put(desk.daan, 0, "Voor ons", kind="note").status_code == 200
    assert Api(desk.fatima).delete(f"{desk.path}/reply?version=1").status_code == 204
    assert desk.get()["text"] == ""


def test_after_erasing_nothing_is_written_about_the_customer_any_more(desk: Desk) -> None:
    _erased(desk)
    for kind in ("reply", "note"):
        assert_problem(desk.put(desk.daan, 0, SECRET, kind=kind), 409, "not-now")
    assert Draft.objects.count() == 0


def test_a_draft_may_be_long_but_not_endless(desk: Desk) -> None:
    assert desk.put(desk.daan, 0, "x" * 10_000).status_code == 200
    assert_problem(desk.put(desk.daan, 1, "x" * 10_001), 422, "invalid")


@pytest.mark.usefixtures("_threads")
def test_of_two_who_save_at_once_one_is_told(transactional_db: None) -> None:
    desk = Desk()
    outcomes = together(
        [
            lambda: desk.put(desk.daan, 0, "Van Daan").status_code,
            lambda: desk.put(desk.fatima, 0, "Van Fatima").status_code,
        ]
    )
    assert sorted(outcomes) == [200, 409]
    assert Draft.objects.get().version == 1


@pytest.mark.usefixtures("_threads")
def test_saving_and_erasing_at_once_leaves_no_text(transactional_db: None) -> None:
    desk = Desk()
    mine = CustomerRequest.objects.get()
    together(
        [
            lambda: desk.put(desk.daan, 0, SECRET).status_code,
            lambda: mine.forget_customer(by=Actor.customer()),
        ]
    )
    assert tables_with(SECRET) == []


# --- Merging ---


class Merge:
    """Two requests of one customer, about to become one."""

    def __init__(self) -> None:
        self.goes_on = factories.claimed()
        self.daan: User = holder(self.goes_on)
        self.ends = factories.claimed(topic=self.goes_on.topic, agent=self.daan)
        self.fatima = make_agent(self.goes_on.team, "Fatima Yilmaz")

    def write(self, request: CustomerRequest, kind: str, text: str, **more: Any) -> None:
        version = request.draft(kind).version
        request.save_draft(by=self.fatima, kind=kind, version=version, text=text, **more)

    def merge(self) -> None:
        self.ends.merge(self.goes_on, by=self.daan)

    def there(self, kind: str = "reply") -> Draft:
        return self.goes_on.draft(kind)


def test_what_was_being_written_goes_along_and_comes_back() -> None:
    two = Merge()
    two.write(two.ends, "reply", "Wij meten morgen.", text_employee="We meten morgen.")
    two.write(two.ends, "note", "Kabel?")
    two.merge()
    assert two.there().words == {"customer": "Wij meten morgen.", "employee": "We meten morgen."}
    assert two.there().by == two.fatima
    assert two.there("note").text == "Kabel?"
    assert two.ends.draft("reply").text == two.ends.draft("note").text == ""
    two.ends.unmerge(by=two.daan)
    assert two.there().text == two.there("note").text == ""
    back = two.ends.draft("reply")
    assert (back.text, back.text_employee) == ("Wij meten morgen.", "We meten morgen.")
    assert two.ends.draft("note").text == "Kabel?"


def test_two_texts_are_both_kept_one_under_the_other_and_who_has_it_open_is_told() -> None:
    two = Merge()
    two.write(two.goes_on, "reply", "De monteur komt dinsdag.")
    two.write(two.ends, "reply", "Alleen voor Piet.", audience=["employee"])
    open_at = two.there().version
    two.merge()
    joined = two.there()
    # What was for one reader alone is not the other's to read.
    assert joined.words["customer"] == "De monteur komt dinsdag."
    both = f"De monteur komt dinsdag.\n\n[{two.ends.reference}]\nAlleen voor Piet."
    assert joined.words["employee"] == both
    assert joined.by == two.daan
    with pytest.raises(DraftChanged):
        two.goes_on.save_draft(by=two.fatima, kind="reply", version=open_at, text="De monteur")
    two.ends.unmerge(by=two.daan)
    there = two.there()
    assert (there.text, there.text_employee) == ("De monteur komt dinsdag.", "")
    assert there.audience == ["customer", "employee"]
    back = two.ends.draft("reply")
    assert (back.text, back.audience) == ("Alleen voor Piet.", ["employee"])


def test_what_somebody_went_on_with_stays_where_it_is() -> None:
    two = Merge()
    two.write(two.ends, "reply", "Wij meten morgen.")
    two.merge()
    two.write(two.goes_on, "reply", "Wij meten morgen om tien uur.")
    two.ends.unmerge(by=two.daan)
    assert two.there().text == "Wij meten morgen om tien uur."
    assert two.ends.draft("reply").text == ""


def test_what_a_merge_carried_along_stays_when_the_older_text_is_sent() -> None:
    two = Merge()
    two.write(two.goes_on, "reply", "De monteur komt dinsdag.")
    two.write(two.ends, "reply", "Wij meten morgen.")
    open_at = two.there().version
    two.merge()
    old = "De monteur komt dinsdag."
    sent = two.goes_on.sending("reply", open_at, text=old, text_employee="")
    sent.update(by=two.daan, id=uuid.uuid4(), audience=["customer"], text_customer=old)
    assert "Wij meten morgen." in two.there().text


def test_a_note_that_was_begun_on_the_merged_request_stays_when_it_is_taken_apart() -> None:
    two = Merge()
    two.write(two.ends, "note", "Kabel?")
    two.merge()
    two.write(two.ends, "note", "Ook de router.")
    two.ends.unmerge(by=two.daan)
    assert two.ends.draft("note").text == "Kabel?\n\nOok de router."


def test_a_draft_of_a_merged_request_is_erased_with_it() -> None:
    two = Merge()
    two.write(two.ends, "reply", SECRET)
    two.merge()
    two.ends.erase(by=Actor.customer())
    two.goes_on.erase(by=Actor.customer())
    assert tables_with(SECRET) == []


STEP = {"step_title": "Monteur langs", "step_expected_at": "2026-12-03T13:00:00Z"}


def test_a_step_that_is_being_written_is_kept_until_it_is_planned(desk: Desk) -> None:
    desk.put(desk.daan, 0, "De monteur belt eerst.", **STEP)
    found = desk.get()
    assert {name: found[name] for name in STEP} == STEP
    reply = desk.request.sending("reply", 1, text="De monteur belt eerst.", text_employee="")
    reply.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="Ja")
    found = desk.get()
    assert (found["text"], found["step_title"]) == ("", "Monteur langs")
    step = {"step_title": "Monteur langs", "step_expected_at": None}
    planned = desk.request.sending("reply", 2, text="", text_employee="", beside=step)
    planned.plan_step(by=desk.daan, id=uuid.uuid4(), title="Monteur langs")
    assert (desk.get()["step_title"], desk.get()["step_expected_at"]) == ("", None)


def test_a_step_that_a_colleague_gave_another_moment_stays_when_the_old_one_is_planned(
    desk: Desk,
) -> None:
    desk.put(desk.daan, 0, "", **STEP)
    desk.put(desk.fatima, 1, "", **STEP | {"step_expected_at": "2026-12-04T13:00:00Z"})
    moment = datetime.fromisoformat(STEP["step_expected_at"])
    step = {"step_title": "Monteur langs", "step_expected_at": moment}
    planned = desk.request.sending("reply", 1, text="", text_employee="", beside=step)
    planned.plan_step(by=desk.daan, id=uuid.uuid4(), title="Monteur langs", expected_at=moment)
    assert desk.get()["step_expected_at"] == "2026-12-04T13:00:00Z"


def test_solving_leaves_no_step_to_be_planned(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Klaar", **STEP)
    desk.sending(1, "Klaar").solve(by=desk.daan, text="Klaar")
    assert desk.get()["step_title"] == ""


@pytest.mark.parametrize("wrong", [{"step_title": "x" * 121}, {"step_expected_at": "morgen"}])
def test_a_step_that_cannot_be_one_is_refused_at_its_field(
    desk: Desk, wrong: dict[str, str]
) -> None:
    refused = desk.put(desk.daan, 0, "We meten", **wrong)
    assert_problem(refused, 422, "invalid")
    assert refused.json()["errors"][0]["field"] in wrong
    assert desk.get()["version"] == 0


def test_the_page_keeps_a_step_with_its_moment_and_opens_at_it_again(desk: Desk) -> None:
    browser = browser_of(desk.daan)
    page = f"/desk/{desk.request.reference}"
    kept = browser.post(
        f"{page}/draft",
        {"kind": "reply", "draft": "0", "text": "", "title": "Monteur langs"}
        | {"expected_at": "2026-12-03T14:00", "audience": ["customer", "employee"]},
    )
    assert kept.status_code == 303
    assert {name: desk.get()[name] for name in STEP} == STEP
    shown = browser.get(page).content.decode()
    assert 'name="title" value="Monteur langs"' in shown
    assert 'name="expected_at" value="2026-12-03T14:00"' in shown
    assert 'value="step" id="write-step" form="write-reply" checked' in shown
    planned = browser.post(
        f"{page}/step",
        {"id": str(uuid.uuid4()), "version": desk.request.version, "draft": "1", "text": ""}
        | {"title": "Monteur langs", "expected_at": "2026-12-03T14:00"},
    )
    assert planned.status_code == 303
    assert desk.get()["step_title"] == ""


def test_a_colleague_reads_the_step_that_is_being_written(desk: Desk) -> None:
    desk.put(desk.daan, 0, "", **STEP)
    page = browser_of(desk.fatima).get(f"/desk/{desk.request.reference}").content.decode()
    assert 'id="their-draft-title"' in page
    assert "Monteur langs" in page


def test_a_step_goes_along_with_a_merge_and_comes_back() -> None:
    two = Merge()
    two.ends.save_draft(by=two.daan, kind="reply", version=0, text="", step_title="Monteur langs")
    two.merge()
    assert two.goes_on.draft("reply").step_title == "Monteur langs"
    assert two.ends.draft("reply").step_title == ""
    two.ends.unmerge(by=two.daan)
    assert two.goes_on.draft("reply").step_title == ""
    assert two.ends.draft("reply").step_title == "Monteur langs"


def test_of_two_steps_that_meet_in_a_merge_both_stay_where_they_are() -> None:
    two = Merge()
    two.ends.save_draft(by=two.daan, kind="reply", version=0, text="Hoi", step_title="Eerste")
    two.goes_on.save_draft(by=two.daan, kind="reply", version=0, text="", step_title="Tweede")
    two.merge()
    assert two.goes_on.draft("reply").step_title == "Tweede"
    assert two.goes_on.draft("reply").text == "Hoi"
    assert two.ends.draft("reply").step_title == "Eerste"


WAIT = {"way": "wait", "wait_on": "third_party", "wait_until": "2026-12-04T11:00:00Z"}
FILLED_IN = {"mode": "wait", "on": "third_party", "until": "2026-12-04T12:00"}


def _asking(**more: Any) -> dict[str, Any]:
    """What the composer posts, filled in to wait."""
    return {"kind": "reply", "text": "Weet u het?", "audience": ["customer"], **FILLED_IN, **more}


def _kept(desk: Desk, facts: dict[str, Any]) -> bool:
    found = desk.get()
    return {name: found[name] for name in facts} == facts


def test_on_whom_and_until_when_to_wait_is_kept_until_it_is_asked(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Weet u het?", **WAIT)
    assert _kept(desk, WAIT)
    # Something else that was sent first takes the words along, and not the wait.
    reply = desk.sending(1, "Weet u het?")
    reply.update(by=desk.daan, id=uuid.uuid4(), audience=["customer"], text_customer="Ja")
    assert _kept(desk, WAIT | {"text": "", "way": ""})
    until = datetime.fromisoformat(WAIT["wait_until"])
    beside = {"wait_on": "third_party", "wait_until": until}
    asked = desk.request.sending("reply", 2, text="", text_employee="", beside=beside)
    asked.wait(by=desk.daan, on="third_party", text="Weet u het?")
    assert _kept(desk, {"way": "", "wait_on": "customer", "wait_until": None})


def test_a_wait_that_a_colleague_made_longer_stays_when_the_old_one_is_asked(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Weet u het?", **WAIT)
    longer = WAIT | {"wait_until": "2026-12-07T11:00:00Z"}
    desk.put(desk.fatima, 1, "Weet u het?", **longer)
    until = datetime.fromisoformat(WAIT["wait_until"])
    beside = {"wait_on": "third_party", "wait_until": until}
    asked = desk.request.sending("reply", 1, text="Weet u het?", text_employee="", beside=beside)
    asked.wait(by=desk.daan, on="third_party", text="Weet u het?", until=until)
    assert _kept(desk, longer | {"text": "Weet u het?"})


def test_solving_leaves_nothing_to_wait_for(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Klaar", **WAIT)
    desk.sending(1, "Klaar").solve(by=desk.daan, text="Klaar")
    assert _kept(desk, {"way": "", "wait_on": "customer", "wait_until": None})


@pytest.mark.parametrize("way", ["update", "wait", "solve", "step"])
def test_how_a_reply_is_meant_to_be_sent_is_kept_with_its_words(desk: Desk, way: str) -> None:
    desk.put(desk.daan, 0, "", way=way)
    assert desk.get()["way"] == ""
    desk.put(desk.daan, 0, "De lijn is gemeten.", way=way)
    assert desk.get()["way"] == way
    page = browser_of(desk.daan).get(f"/desk/{desk.request.reference}").content.decode()
    assert f'value="{way}" id="write-{way}" form="write-reply" checked' in page
    desk.put(desk.daan, 1, "", way=way)
    assert desk.get()["way"] == ""


@pytest.mark.parametrize("wrong", [{"wait_on": "oma"}, {"wait_until": "morgen"}, {"way": "fax"}])
def test_a_wait_that_cannot_be_one_is_refused_at_its_field(
    desk: Desk, wrong: dict[str, str]
) -> None:
    refused = desk.put(desk.daan, 0, "Weet u het?", **wrong)
    assert_problem(refused, 422, "invalid")
    assert refused.json()["errors"][0]["field"] in wrong
    assert desk.get()["version"] == 0


def test_the_page_keeps_a_wait_without_a_script_and_asks_what_was_kept(desk: Desk) -> None:
    browser = browser_of(desk.daan)
    page = f"/desk/{desk.request.reference}"
    kept = browser.post(f"{page}/draft", _asking(draft="0"))
    assert kept.status_code == 303
    assert _kept(desk, WAIT)
    shown = browser.get(page).content.decode()
    assert '<option value="third_party" selected>' in shown
    assert 'name="until" value="2026-12-04T12:00"' in shown
    assert 'value="wait" id="write-wait" form="write-reply" checked' in shown
    asking = _asking(draft="1", id=str(uuid.uuid4()), version=desk.request.version)
    asked = browser.post(f"{page}/wait", asking)
    assert asked.status_code == 303
    assert _kept(desk, {"text": "", "way": "", "wait_on": "customer", "wait_until": None})


def test_a_note_that_is_written_meanwhile_takes_no_wait_out_of_the_page(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Weet u het?", **WAIT)
    desk.put(desk.fatima, 0, "Van Fatima", kind="note")
    browser, page = browser_of(desk.daan), f"/desk/{desk.request.reference}"
    note = {"kind": "note", "mode": "note", "draft": "0", "text": "Van mij"}
    shown = browser.post(f"{page}/draft", note).content.decode()
    assert "Van Fatima" in shown
    assert '<option value="third_party" selected>' in shown
    assert 'name="until" value="2026-12-04T12:00"' in shown
    # With the note open a reply is kept as it was meant.
    browser.post(f"{page}/draft", _asking(draft="1", mode="note", way="wait", until=""))
    assert _kept(desk, WAIT | {"wait_until": None})


def test_whoever_waits_for_somebody_else_is_told_on_whom_and_until_when(desk: Desk) -> None:
    desk.put(desk.fatima, 0, "", **WAIT)
    told = desk.put(desk.daan, 0, "Weet u het?")
    assert_problem(told, 409, "draft-changed")
    found = told.json() | {"wait_until": told.json()["wait_until"].replace("+00:00", "Z")}
    assert {name: found[name] for name in WAIT} == WAIT
    page = f"/desk/{desk.request.reference}"
    clash = browser_of(desk.daan).post(f"{page}/draft", _asking(draft="0", on="employee"))
    shown = clash.content.decode()
    assert "Vragen en wachten: Iemand anders, tot" in " ".join(shown.split())
    assert '<option value="employee" selected>' in shown


def test_a_colleague_reads_on_whom_a_reply_is_going_to_wait(desk: Desk) -> None:
    desk.put(desk.daan, 0, "", **WAIT)
    page = browser_of(desk.fatima).get(f"/desk/{desk.request.reference}").content.decode()
    assert 'id="their-draft-title"' in page
    assert "Vragen en wachten: Iemand anders, tot" in " ".join(page.split())


def test_a_wait_goes_along_with_a_merge_and_comes_back() -> None:
    two = Merge()
    until = timezone.now() + timedelta(days=2)
    facts = {"way": "wait", "wait_on": "employee", "wait_until": until}
    two.write(two.ends, "reply", "Weet jij het?", **facts)
    two.merge()
    assert {name: getattr(two.there(), name) for name in facts} == facts
    assert two.ends.draft("reply").says_nothing
    two.ends.unmerge(by=two.daan)
    assert two.there().says_nothing
    assert two.there().way == ""
    back = two.ends.draft("reply")
    assert {name: getattr(back, name) for name in facts} == facts


def test_of_two_waits_that_meet_in_a_merge_both_stay_where_they_are() -> None:
    two = Merge()
    two.write(two.ends, "reply", "Weet jij het?", way="wait", wait_on="employee")
    two.write(two.goes_on, "reply", "Weet u het?", way="solve", wait_on="third_party")
    two.merge()
    assert (two.there().way, two.there().wait_on) == ("solve", "third_party")
    assert "Weet jij het?" in two.there().text
    assert two.ends.draft("reply").wait_on == "employee"
    two.ends.unmerge(by=two.daan)
    assert (two.there().text, two.there().way) == ("Weet u het?", "solve")
    back = two.ends.draft("reply")
    assert (back.text, back.way, back.wait_on) == ("Weet jij het?", "wait", "employee")


def test_my_own_other_tab_is_not_called_somebody_else(desk: Desk) -> None:
    desk.put(desk.daan, 0, "Van mijn telefoon")
    told = desk.put(desk.daan, 0, "Van mijn laptop").json()
    assert (told["yours"], desk.put(desk.fatima, 0, "Van haar").json()["yours"]) == (True, False)
    assert "Daan" not in told["detail"]
    mine = {"kind": "reply", "draft": "0", "text": "Van mijn laptop", "audience": ["customer"]}
    answer = browser_of(desk.daan).post(f"/desk/{desk.request.reference}/draft", mine)
    page = answer.content.decode()
    assert "Van mijn telefoon" in page
    assert "Iemand anders heeft" not in page
    assert "<span data-by hidden>" in page
    assert "<span data-yours>door jou, in een ander tabblad of op een ander apparaat" in page
