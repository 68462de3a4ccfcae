"""Approved answers: made of what was answered under a post, looked at, and used by colleagues."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ambassadors import post_clock
from ambassadors.answer_problems import AlreadyProposed, AnswerNotNow
from ambassadors.models import AnswerUse, ApprovedAnswer, Likeness, OwnPost
from ambassadors.models.counts import active_between
from ambassadors.post_problems import OwnWriting
from customer_requests.models import CustomerRequest
from customer_requests.models.life import Actor
from notifications import drain
from notifications.models import Notification
from server.accounts.models import AuditEvent, Placement, Role, User
from server.problems import Forbidden, Invalid, NotFound, StaleVersion
from tests.answers import QUESTION, TEXT, approved, draft, in_review, words
from tests.clients import Api
from tests.factories import (
    holder,
    make_agent,
    make_person,
    make_team,
    make_topic,
    solved,
    under_post,
)
from tests.posts import make_editor
from tests.problems import assert_problem
from tests.tables import tables_with

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
LINK = "https://x.com/piet/status/1860000000000000003"


def use(api: Api, answer: ApprovedAnswer, **facts: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "network": "x", **facts}
    return api.post(f"/approved-answers/{answer.pk}/uses", body)


def active(user: User) -> bool:
    now = timezone.now()
    return Placement.objects.filter(active_between(now - DAY, now), user=user).exists()


def test_from_a_question_under_a_post_to_the_answer_of_a_colleague() -> None:
    team = make_team("internet")
    sanne, daan = make_person("Sanne de Vries"), make_agent(team, "Daan Bakker")
    noor, piet = make_editor("Noor Mulder"), make_person("Piet Smit")
    topic = make_topic(team).slug
    sent = {
        "id": str(uuid.uuid4()),
        "topic": topic,
        "question": "Waarom ligt het in Winterswijk er weer uit?",
        "customer": {"name": "@winterswijker", "channel": "social"},
        "post": {"url": "https://x.com/winterswijker/status/1?s=20"},
    }
    assert Api(sanne).post("/requests", sent).status_code == 201
    path = f"/desk/requests/{sent['id']}"
    Api(daan).post(f"{path}/claim")
    Api(daan).post(f"{path}/solve", {"text": "Bij jou in de wijk is een kabel geraakt."})
    placed = Api(sanne).post(f"/requests/{sent['id']}/placed")
    assert placed.status_code == 200
    assert active(sanne)

    answer = draft(daan, source=uuid.UUID(str(sent["id"])))
    answer.ask_review(by=daan)
    assert Api(piet).get("/approved-answers").json()["items"] == []
    answer.approve(by=noor)
    (shown,) = Api(piet).get("/approved-answers?topic=glasvezel&q=gegraven").json()["items"]
    assert shown["text"] == f"Ik werk bij Doe-het-gewoon.\n\n{TEXT}"
    assert {row["network"] for row in shown["networks"] if row["fits"]} >= {"x", "linkedin"}
    assert Api(piet).get("/approved-answers/topics").json()[0]["slug"] == "glasvezel"

    assert not active(piet)
    used = use(Api(piet), answer)
    assert used.status_code == 201
    got = used.json()
    assert (got["state"], got["text"]) == ("taken", shown["text"])
    assert [warning["code"] for warning in got["warnings"]] == ["like-the-answer"]
    assert not active(piet)
    said = {"state": "confirmed", "permalink": LINK}
    confirmed = Api(piet).patch(f"/answer-uses/{got['id']}", said).json()
    assert (confirmed["state"], confirmed["permalink"]) == ("confirmed", LINK)
    assert active(piet)
    counted = OwnPost.objects.get(user=piet)
    assert (str(counted.pk), counted.kind, counted.permalink) == (got["id"], "answer", LINK)
    # What was asked there is forgotten; the answer stands on its own.
    CustomerRequest.objects.get(pk=str(sent["id"])).erase(by=Actor.clock())
    assert tables_with("winterswijk") == []
    assert Api(piet).get(f"/approved-answers/{answer.pk}").status_code == 200


def test_a_use_with_its_permalink_counts_at_once_and_a_repeat_is_the_same() -> None:
    answer, piet = approved(), make_person()
    api, id = Api(piet), str(uuid.uuid4())
    for status in (201, 200):
        got = use(api, answer, id=id, permalink=LINK)
        assert (got.status_code, got.json()["state"]) == (status, "confirmed")
    assert AnswerUse.objects.count() == OwnPost.objects.count() == 1
    assert_problem(use(api, answer, id=id, network="linkedin"), 409, "id-reused")
    assert_problem(use(Api(make_person()), answer, id=id, permalink=LINK), 409, "id-reused")
    wrong = use(api, answer, permalink="https://bsky.app/profile/a/post/1")
    assert assert_problem(wrong, 422, "invalid")["errors"][0]["field"] == "permalink"
    assert AnswerUse.objects.count() == 1


def test_what_is_not_there_for_ambassadors_can_not_be_used() -> None:
    api, now = Api(make_person()), timezone.now()
    gone = approved()
    gone.retire(by=gone.owner)
    over = approved(valid_until=now + DAY)
    ApprovedAnswer.objects.filter(pk=over.pk).update(valid_until=now - DAY)
    for answer in (
        draft(),
        in_review(),
        gone,
        over,
        approved(embargo_until=now + DAY),
    ):
        assert_problem(api.get(f"/approved-answers/{answer.pk}"), 404, "not-found")
        assert_problem(use(api, answer), 404, "not-found")
        check = {"network": "x", "text": "Kabel."}
        answered = api.post(f"/approved-answers/{answer.pk}/check", check)
        assert_problem(answered, 404, "not-found")
    assert api.get("/approved-answers").json()["items"] == []
    assert api.get("/approved-answers?q=gegraven").json()["items"] == []
    assert api.get("/approved-answers/topics").json() == []
    editor = Api(make_editor())
    assert editor.get("/approved-answers").json()["items"] == []


def test_a_second_pair_of_eyes_and_a_version_that_was_seen() -> None:
    daan, noor, bram = make_agent(make_team()), make_editor("Noor"), make_editor("Bram")
    answer = draft(daan)
    seen = answer.version
    answer.write(by=noor, seen=seen, **words(text_nl="Dan is er een kabel geraakt."))
    with pytest.raises(StaleVersion):
        answer.write(by=daan, seen=seen, **words())
    answer.ask_review(by=daan)
    with pytest.raises(OwnWriting):
        answer.approve(by=noor)
    with pytest.raises(Forbidden):  # an agent wrote it and never judges
        answer.approve(by=daan)
    with pytest.raises(StaleVersion):
        answer.approve(by=bram, seen=seen)
    answer.approve(by=bram, seen=answer.version)
    assert answer.state == "approved"
    # Other words than were approved are out of sight until somebody has looked.
    answer.write(by=daan, seen=answer.version, **words())
    assert not ApprovedAnswer.objects.visible().exists()
    with pytest.raises(AnswerNotNow):
        answer.approve(by=bram)
    answer.ask_review(by=daan)
    answer.approve(by=noor)  # who did not write since
    trail = AuditEvent.objects.filter(subject_type="approved-answer")
    assert list(trail.order_by("pk").values_list("action", flat=True))[:3] == [
        "answer-begun",
        "answer-written",
        "answer-review-asked",
    ]


def test_agents_write_their_own_and_see_what_everybody_sees() -> None:
    daan, joris = make_agent(make_team()), make_agent(make_team())
    mine, open_to_all = draft(daan), approved()
    hidden = approved(embargo_until=timezone.now() + DAY)
    seen = ApprovedAnswer.objects.readable_by(daan)
    assert set(seen) == {mine, open_to_all}
    assert set(ApprovedAnswer.objects.readable_by(make_editor())) == {mine, open_to_all, hidden}
    with pytest.raises(NotFound):
        mine.write(by=joris, seen=None, **words())
    with pytest.raises(Forbidden):
        mine.write(by=make_person(), seen=None, **words())
    with pytest.raises(Forbidden):
        draft(make_person())


def test_it_is_made_of_a_request_of_ones_own_team_and_once() -> None:
    request = solved(**under_post())
    daan = holder(request)
    with pytest.raises(NotFound):
        draft(make_agent(make_team()), source=request.pk)
    with pytest.raises(NotFound):  # no question under a post
        draft(daan, source=solved(topic=request.topic, agent=daan).pk)
    answer = draft(daan, source=request.pk)
    with pytest.raises(AlreadyProposed) as refused:
        draft(daan, source=request.pk)
    assert refused.value.facts["answer"] == str(answer.pk)


def test_whoever_gave_the_answer_does_not_approve_it_for_a_colleague_who_proposed_it() -> None:
    request = solved(**under_post())
    daan, noor = holder(request), make_editor("Noor")
    Role.objects.create(user=daan, name="editor")
    joris = make_agent(request.team)
    answer = draft(joris, source=request.pk)
    answer.ask_review(by=joris)
    with pytest.raises(OwnWriting):
        answer.approve(by=daan)
    answer.approve(by=noor)
    # What is new since then is another's, and whoever gave the first answer may judge that.
    answer.write(by=joris, seen=answer.version, **words())
    answer.ask_review(by=joris)
    answer.approve(by=daan)
    assert answer.state == "approved"


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"text_nl": ""}, "text_nl"),
        ({"question_nl": ""}, "question_nl"),
        ({"question_nl": "", "text_nl": ""}, "text_nl"),
        ({"question_en": "Why?"}, "text_en"),
        ({"text_nl": "Dag @winterswijker, er is een kabel geraakt."}, "text_nl"),
        ({"text_nl": "Mail jan@example.org."}, "text_nl"),
        ({"text_nl": "Bel Daan op 06 12345678."}, "text_nl"),
        ({"question_nl": "Wat vraagt @jan?"}, "question_nl"),
        ({"text_nl": "a" * 70_000, "question_nl": "x"}, None),
        ({"valid_until": timezone.now() - DAY}, "valid_until"),
        (
            {
                "valid_until": timezone.now() + DAY,
                "embargo_until": timezone.now() + 2 * DAY,
            },
            "valid_until",
        ),
    ],
)
def test_what_does_not_stand_on_its_own_is_refused(facts: dict[str, Any], field: str) -> None:
    if field is None:  # WhatsApp takes as much as anybody writes
        assert draft(**facts).fits("nl")[3]["fits"]
        return
    with pytest.raises(Invalid) as refused:
        draft(**facts)
    assert [error["field"] for error in refused.value.facts["errors"]] == [field]
    assert not ApprovedAnswer.objects.exists()


def test_a_number_of_the_company_or_a_page_is_nobodys_name() -> None:
    text = "Bel 0800-0402 of kijk op https://example.org/storing, elke dag tot 20.00 uur."
    assert draft(text_nl=text).text_nl == text


def test_what_the_code_refuses_the_table_refuses_too() -> None:
    answer = approved()
    for change in (
        {"state": "out"},
        {"retire_at": None},
        {"text_nl": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            ApprovedAnswer.objects.filter(pk=answer.pk).update(**change)


def test_who_reads_english_gets_english_where_it_is_in_that() -> None:
    both = approved(question_en="Why is fibre down?", text_en="Somebody cut a cable.")
    dutch = approved()
    api = Api(make_person(language="en"))
    shown = {row["id"]: row for row in api.get("/approved-answers").json()["items"]}
    assert shown[str(both.pk)]["text"] == "I work at Doe-het-gewoon.\n\nSomebody cut a cable."
    assert shown[str(both.pk)]["languages"] == ["nl", "en"]
    assert shown[str(dutch.pk)]["question"] == QUESTION
    in_dutch = use(api, both, language="nl").json()
    assert in_dutch["text"].startswith("Ik werk bij Doe-het-gewoon.")
    own = use(api, dutch, language="nl", text="Er is een kabel geraakt.").json()
    assert own["text"].startswith("Ik werk bij Doe-het-gewoon.")


def test_the_composer_says_what_there_is_to_say_of_ones_own_words() -> None:
    answer, api = approved(), Api(make_person())

    def codes(text: str) -> list[str]:
        body = {"network": "x", "text": text}
        checked = api.post(f"/approved-answers/{answer.pk}/check", body)
        assert checked.status_code == 200
        return [warning["code"] for warning in checked.json()["warnings"]]

    assert codes("Morgen krijgt iedereen een taart van ons, dat beloof ik.") == [
        "disclosure-added",
        "far-from-the-answer",
    ]
    assert codes(f"Ik werk bij Doe-het-gewoon. {TEXT}") == ["like-the-answer"]
    assert "too-long" in codes(f"{TEXT} {'Echt waar. ' * 40}")
    for _nth in range(6):
        assert use(Api(make_person()), answer).status_code == 201
    assert "like-colleagues" in codes(TEXT)
    answered = use(api, answer).json()
    assert "6 collega" in " ".join(warning["text"] for warning in answered["warnings"])
    assert AnswerUse.objects.count() == 7


def test_nobody_reads_who_used_what() -> None:
    answer, piet = approved(), make_person("Piet Smit")
    got = use(Api(piet), answer, permalink=LINK).json()
    everybody = [
        make_person(),
        make_editor(),
        make_agent(make_team()),
        make_person(roles=["admin"]),
    ]
    for person in everybody:
        assert Api(person).get("/answer-uses").json()["items"] == []
        hidden = Api(person).patch(f"/answer-uses/{got['id']}", {"state": "confirmed"})
        assert_problem(hidden, 404, "not-found")
    assert answer.used() == {"few": 5, "taken": None, "placed": None}
    for nth in range(4):
        use(Api(make_person()), answer, **({"permalink": LINK} if nth else {}))
    assert answer.used() == {"few": 5, "taken": 5, "placed": 4}
    (mine,) = Api(piet).get("/answer-uses").json()["items"]
    assert mine["permalink"] == LINK


def test_words_go_after_a_while_and_with_who_leaves() -> None:
    answer, piet, sanne = approved(), make_person(), make_person()
    use(Api(piet), answer, permalink=LINK)
    use(Api(sanne), answer)
    AnswerUse.objects.filter(user=sanne).update(taken_at=timezone.now() - 91 * DAY)
    AnswerUse.forget_texts()
    assert AnswerUse.objects.get(user=sanne).text == ""
    piet.deactivate()
    left = AnswerUse.objects.get(user=piet)
    assert (left.text, left.permalink) == ("", "")
    assert left.confirmed_at is not None
    assert not Likeness.objects.exists()


@pytest.mark.parametrize("days", [7, 0])
def test_the_end_until_which_it_was_approved_stays(days: int) -> None:
    daan = make_agent(make_team())
    answer = approved(daan)
    end = timezone.now() + days * DAY
    ApprovedAnswer.objects.update(valid_until=end, retire_at=end)
    with pytest.raises(Invalid) as refused:
        answer.still_holds(by=daan)
    assert [error["field"] for error in refused.value.facts["errors"]] == ["valid_until"]
    answer.refresh_from_db()
    assert (answer.valid_until, answer.retire_at) == (end, end)


def test_a_use_that_is_sent_again_is_there_also_when_the_answer_is_gone() -> None:
    answer, piet = approved(), make_person()
    body = {"id": str(uuid.uuid4()), "network": "x", "permalink": "https://x.com/piet/status/1"}
    path = f"/approved-answers/{answer.pk}/uses"
    first = Api(piet).post(path, body)
    answer.retire(by=answer.owner)
    again = Api(piet).post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "warnings": []}
    assert Api(piet).post(path, {**body, "network": "linkedin"}).status_code == 422
    assert Api(piet).post(path, {**body, "permalink": None}).status_code == 409
    assert Api(make_person()).post(path, body).status_code == 409
    assert Api(piet).post(path, {**body, "id": str(uuid.uuid4())}).status_code == 404
    assert AnswerUse.objects.count() == 1


def test_what_is_stale_goes_and_its_owner_hears_before() -> None:
    daan = make_agent(make_team())
    answer = approved(daan)
    now = timezone.now()
    ApprovedAnswer.objects.update(retire_at=now + 13 * DAY)
    assert [post_clock.warn(), post_clock.warn()] == [1, 0]
    answer.still_holds(by=daan)
    assert answer.valid_until is None
    assert answer.retire_at is not None
    assert answer.retire_at > now + 179 * DAY
    ApprovedAnswer.objects.update(retire_at=now)
    assert post_clock.retire() == 1
    answer.refresh_from_db()
    assert answer.shown == "retired"
    kinds = Notification.objects.filter(user=daan).order_by("created_at")
    assert list(kinds.values_list("kind", flat=True)) == [
        "answer.approved",
        "answer.goes-soon",
        "answer.gone",
    ]
    while drain.send_due():
        pass
    inbox = Api(daan).get("/inbox").json()["items"]
    assert "Een goedgekeurd antwoord van jou" in " ".join(item["title"] for item in inbox)
    assert TEXT not in str(inbox)


def test_the_editors_who_could_approve_it_are_asked_and_no_other() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram")
    answer = in_review(noor)
    asked = Notification.objects.filter(kind="answer.review-asked")
    assert [row.user for row in asked] == [bram]
    answer.ask_changes(by=bram, text="Korter graag.")
    back = Notification.objects.get(kind="answer.changes-asked")
    assert back.user == noor
    assert (answer.state, answer.reviews.last().text) == ("draft", "Korter graag.")  # type: ignore[union-attr]


def test_a_list_costs_the_same_with_ten() -> None:
    api = Api(make_person())

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert api.get("/approved-answers").status_code == 200
            assert api.get("/answer-uses").status_code == 200
        return len(queries)

    use(api, approved())
    cost()
    few = cost()
    for _nth in range(9):
        use(api, approved())
    assert cost() == few
