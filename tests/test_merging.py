"""The same question twice, part of one apart, and what has to do with what."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_requests.models import CustomerRequest, EmployeeSees, RequestLink
from customer_requests.models.life import Actor
from customer_requests.problems import CannotGoOnThere, NotNow, OtherCustomer, SameRequest
from notifications.models import Delivery, Notification
from server.accounts.models import TeamMember, User
from server.problems import IdReused, NotFound, StaleVersion
from server.uploads import Upload
from tests import factories
from tests.clients import Api, content_of
from tests.factories import holder, link_of, make_agent, make_person, make_team, make_topic, submit
from tests.threads import together

db = pytest.mark.django_db


class Desk:
    """A team with two agents, and two employees who know the same customer."""

    def __init__(self) -> None:
        self.team = make_team("internet")
        self.topic = make_topic(self.team)
        self.daan = make_agent(self.team, "Daan Bakker")
        self.fatima = make_agent(self.team, "Fatima Yilmaz")
        self.sanne, self.piet = make_person("Sanne de Vries"), make_person("Piet Smit")

    def asked(self, by: User | None = None, **facts: Any) -> CustomerRequest:
        return submit(by or self.sanne, self.topic, **facts)

    def held(self, by: User | None = None, **facts: Any) -> CustomerRequest:
        request = self.asked(by, **facts)
        request.claim(by=self.daan)
        return request

    def merged(self, **facts: Any) -> tuple[CustomerRequest, CustomerRequest]:
        """Piet's request, that goes on as Sanne's."""
        goes_on, ends = self.held(), self.held(self.piet, **facts)
        ends.merge(goes_on, by=self.daan)
        return ends, goes_on

    def say(self, request: CustomerRequest, customer: str = "", employee: str = "") -> None:
        words = {"customer": customer, "employee": employee}
        request.update(
            by=self.daan,
            id=uuid.uuid4(),
            audience=[reader for reader, text in words.items() if text],
            text_customer=customer,
            text_employee=employee,
        )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def reads(request: CustomerRequest) -> list[str]:
    """What the employee has on their timeline."""
    fresh = CustomerRequest.objects.get(pk=request.pk)
    return [fresh.employee_reads(entry) for entry in fresh.seen_by_employee()]


def told(request: CustomerRequest, kind: str) -> int:
    return Notification.objects.filter(subject_id=request.pk, kind=kind).count()


def row(request: CustomerRequest) -> dict[str, Any]:
    return {**CustomerRequest.objects.filter(pk=request.pk).values().get()}


# --- Merging -------------------------------------------------------------------------------------


@db
def test_a_merged_request_is_closed_and_says_where_it_goes_on(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    assert (ends.status, ends.closed_as, ends.merged_into_id) == ("closed", "merged", goes_on.pk)
    assert told(ends, "customer.merged") == told(ends, "employee.merged") == 1
    assert told(goes_on, "customer.merged") == told(goes_on, "employee.merged") == 0
    shown = Api(desk.piet).get(f"/requests/{ends.pk}").json()
    assert shown["closed_as"] == "merged"
    assert shown["merged_into"] == {"id": None, "reference": goes_on.reference}


@db
def test_the_same_employee_is_led_to_their_other_request(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held()
    ends.merge(goes_on, by=desk.daan)
    shown = Api(desk.sanne).get(f"/requests/{ends.pk}").json()
    assert shown["merged_into"] == {"id": str(goes_on.pk), "reference": goes_on.reference}
    desk.say(goes_on, employee="We hebben de storing gevonden.")
    assert "We hebben de storing gevonden." not in reads(ends)
    assert told(ends, "employee.update") == 0
    assert told(goes_on, "employee.update") == 1


@db
def test_the_customer_hears_once_what_happens_next(desk: Desk) -> None:
    _ends, goes_on = desk.merged()
    desk.say(goes_on, customer="De monteur komt dinsdag.")
    mails = Delivery.objects.filter(notification__user=None, notification__kind="customer.update")
    assert [mail.notification.subject_id for mail in mails] == [goes_on.pk]


@db
def test_the_other_employee_follows_what_happens_next_on_their_own_timeline(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(goes_on, employee="De monteur komt dinsdag.")
    goes_on.note(by=desk.daan, id=uuid.uuid4(), text="Lastige klant.")
    goes_on.solve(by=desk.daan, text="Hersteld.")
    assert "De monteur komt dinsdag." in reads(ends)
    assert "Hersteld." in reads(ends)
    assert "Lastige klant." not in reads(ends)
    assert told(ends, "employee.update") == told(ends, "employee.solved") == 1
    timeline = Api(desk.piet).get(f"/requests/{ends.pk}/timeline").json()
    assert timeline[-1]["kind"] == "solved"
    changed = Api(desk.piet).get("/changes?limit=200").json()["items"]
    assert timeline[-1]["id"] in {item["id"] for item in changed}


@db
@pytest.mark.parametrize(
    ("sees", "expected"),
    [
        (EmployeeSees.STEPS, []),
        (EmployeeSees.UPDATES, ["Voor de collega."]),
        (EmployeeSees.CONVERSATION, ["Voor de collega.", "Het groene lampje."]),
    ],
)
def test_what_the_customer_lets_that_employee_see_holds_for_what_is_said_later(
    desk: Desk, sees: str, expected: list[str]
) -> None:
    ends, goes_on = desk.merged(employee_sees=sees)
    CustomerRequest.objects.filter(pk=goes_on.pk).update(employee_sees=EmployeeSees.CONVERSATION)
    desk.say(goes_on, customer="Voor de klant.", employee="Voor de collega.")
    goes_on.message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene lampje.")
    said = {"Voor de klant.", "Voor de collega.", "Het groene lampje."}
    assert [text for text in reads(ends) if text in said] == expected


@db
def test_what_one_employee_says_is_not_the_other_ones_to_read(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    goes_on.wait(by=desk.daan, on="employee", text="Wanneer is zij thuis, Sanne?")
    goes_on.message(by=Actor.employee(desk.sanne), id=uuid.uuid4(), text="Na vijven, zegt ze.")
    assert not {"Wanneer is zij thuis, Sanne?", "Na vijven, zegt ze."} & set(reads(ends))
    assert "Wanneer is zij thuis, Sanne?" in reads(goes_on)
    told_piet = Notification.objects.filter(user=desk.piet, kind="employee.waiting").get()
    inbox = Api(desk.piet).get("/inbox").json()["items"]
    words = next(item for item in inbox if item["id"] == str(told_piet.pk))
    assert "Sanne" not in str(words)


@db
def test_the_one_that_goes_on_shows_both_timelines_and_all_files(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held(desk.piet, question="Zelfde vraag, andere woorden.")
    upload = Upload(b"%PDF-1.4", "application/pdf", ".pdf", "brief.pdf", uuid.uuid4().hex)
    file, _new = ends.attach(by=Actor.employee(desk.piet), id=uuid.uuid4(), upload=upload)
    ends.merge(goes_on, by=desk.daan)
    desk.say(goes_on, customer="Gevonden.", employee="Gevonden.")
    shown = Api(desk.fatima).get(f"/desk/requests/{goes_on.pk}").json()
    texts = [entry["text"] for entry in shown["timeline"]]
    assert texts.count("Zelfde vraag, andere woorden.") == 1
    assert texts.count("Gevonden.") == 1
    of = {entry["of"] for entry in shown["timeline"]}
    assert of == {None, ends.reference}
    got = Api(desk.fatima).get(f"/desk/requests/{goes_on.pk}/attachments/{file.pk}")
    assert got.status_code == 200
    assert content_of(got) == b"%PDF-1.4"
    # The other employee's file is no business of this one.
    seen = Api(desk.sanne).get(f"/requests/{goes_on.pk}/attachments/{file.pk}")
    assert seen.status_code == 404


@db
def test_employees_do_not_learn_of_each_other(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    mine = Api(desk.sanne).get(f"/requests/{goes_on.pk}/timeline").json()
    assert ends.reference not in str(mine)
    assert "Piet" not in str(mine)
    assert "Sanne" not in str(Api(desk.piet).get(f"/requests/{ends.pk}").json())


@db
def test_an_employee_of_two_merged_requests_is_told_once(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    another = desk.held(desk.piet)
    another.merge(goes_on, by=desk.daan)
    desk.say(goes_on, employee="De monteur komt dinsdag.")
    heard = Notification.objects.filter(user=desk.piet, kind="employee.update")
    assert heard.count() == 1
    assert sum("De monteur komt dinsdag." in reads(request) for request in (ends, another)) == 1


@db
def test_what_goes_on_by_way_of_another_is_followed_too(desk: Desk) -> None:
    ends, between = desk.merged()
    goes_on = desk.held(make_person("Kees Prins"))
    between.merge(goes_on, by=desk.daan)
    desk.say(goes_on, employee="De monteur komt dinsdag.")
    assert "De monteur komt dinsdag." in reads(ends)
    assert "De monteur komt dinsdag." in reads(between)
    shown = Api(desk.daan).get(f"/desk/requests/{goes_on.pk}").json()
    assert {entry["of"] for entry in shown["timeline"]} == {
        None,
        ends.reference,
        between.reference,
    }


# --- What is refused -----------------------------------------------------------------------------


@db
def test_another_customers_question_is_never_merged(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held(desk.piet, customer_email="de.wit@example.org")
    before = row(goes_on), row(ends)
    with pytest.raises(OtherCustomer):
        ends.merge(goes_on, by=desk.daan)
    assert (row(goes_on), row(ends)) == before


@db
def test_the_same_number_is_the_same_customer(desk: Desk) -> None:
    number: dict[str, Any] = {"customer_phone": "+31612345678", "customer_channel": "sms"}
    goes_on = desk.held(**number)
    ends = desk.held(desk.piet, customer_email="ander@example.org", **number)
    ends.merge(goes_on, by=desk.daan)
    assert ends.closed_as == "merged"


@db
def test_nothing_goes_on_as_what_has_ended(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    another = desk.held()
    with pytest.raises(CannotGoOnThere) as refused:
        another.merge(ends, by=desk.daan)
    assert refused.value.facts == {"current": "closed", "merged_into": goes_on.reference}
    with pytest.raises(NotNow):
        ends.merge(another, by=desk.daan)
    with pytest.raises(CannotGoOnThere):  # no circles
        goes_on.merge(ends, by=desk.daan)
    with pytest.raises(SameRequest):
        another.merge(another, by=desk.daan)


@db
def test_a_second_click_changes_nothing(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    before = row(goes_on), row(ends)
    ends.merge(goes_on, by=desk.daan)
    assert (row(goes_on), row(ends)) == before
    with pytest.raises(StaleVersion):
        ends.expecting(1).merge(goes_on, by=desk.daan)


@db
def test_a_request_that_is_not_on_my_desk_is_not_there(desk: Desk) -> None:
    elsewhere = factories.claimed()
    mine = desk.held()
    for other in (elsewhere.reference, str(elsewhere.pk), str(uuid.uuid4())):
        refused = Api(desk.daan).post(f"/desk/requests/{mine.pk}/merge", {"into": other})
        assert refused.status_code == 404, other
    unclear = Api(desk.daan).post(f"/desk/requests/{mine.pk}/merge", {"into": "die andere"})
    assert unclear.status_code == 422
    with pytest.raises(NotFound):
        mine.merge(elsewhere, by=desk.daan)


# --- Taking it apart -----------------------------------------------------------------------------


def _received(desk: Desk) -> CustomerRequest:
    return desk.asked(desk.piet)


def _in_progress(desk: Desk) -> CustomerRequest:
    return desk.held(desk.piet)


def _waiting(desk: Desk) -> CustomerRequest:
    request = desk.held(desk.piet)
    until = timezone.now() + timedelta(days=3)
    request.wait(by=desk.daan, on="customer", text="Welk lampje?", until=until)
    return request


@db
@pytest.mark.parametrize("make", [_received, _in_progress, _waiting])
def test_taken_apart_it_is_what_it_was(desk: Desk, make: Any) -> None:
    goes_on, ends = desk.held(), make(desk)
    was = row(ends)
    ends.merge(goes_on, by=desk.daan)
    desk.say(goes_on, employee="Intussen gezegd.")
    CustomerRequest.objects.get(pk=ends.pk).unmerge(by=desk.daan)
    now = row(ends)
    moving = {"version", "entry_count", "updated_at", "waited", "solve_due", "response_due"}
    moving |= {"alert_at", "team_time", "team_time_at"}
    moving |= {"queue_due"} - ({"queue_due"} if was["status"] == "waiting" else set())
    assert {name for name in was if was[name] != now[name]} <= moving
    assert told(ends, "customer.unmerged") == told(ends, "employee.unmerged") == 1
    # What was said meanwhile stays with both who could read it.
    assert "Intussen gezegd." in reads(ends)
    desk.say(goes_on, employee="Later gezegd.")
    assert "Later gezegd." not in reads(ends)


@db
def test_the_clocks_stood_still_while_it_was_merged(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held()
    due = row(ends)["solve_due"]
    ends.merge(goes_on, by=desk.daan)
    then = {"paused_at": timezone.now() - timedelta(hours=3), "solve_due": due - timedelta(hours=3)}
    CustomerRequest.objects.filter(pk=ends.pk).update(**then)
    ends.unmerge(by=desk.daan)
    assert abs(row(ends)["solve_due"] - due) < timedelta(minutes=1)
    assert row(ends)["paused_at"] is None


@db
def test_whoever_left_meanwhile_does_not_get_it_back(desk: Desk) -> None:
    ends, _goes_on = desk.merged()
    TeamMember.objects.filter(user=desk.daan).delete()
    ends.unmerge(by=desk.fatima)
    assert (ends.status, ends.agent) == ("received", None)


@db
def test_only_what_is_merged_can_be_taken_apart(desk: Desk) -> None:
    for request in (desk.held(), factories.closed(agent=desk.daan, topic=desk.topic)):
        with pytest.raises(NotNow):
            request.unmerge(by=desk.daan)


# --- The customer --------------------------------------------------------------------------------


@db
def test_the_customers_page_leads_to_the_question_that_goes_on(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    token, browser = link_of(ends), Client()
    page = browser.get(f"/t/{token}").content.decode()
    assert goes_on.reference in page
    assert browser.get(f"/t/{token}/onward").status_code == 405
    sent_on = browser.post(f"/t/{token}/onward")
    assert sent_on.status_code == 302
    there = browser.get(sent_on["Location"]).content.decode()
    assert goes_on.reference in there
    assert Api().get(f"/track/{token}").json()["merged_into"] == goes_on.reference


@db
def test_a_link_that_went_to_another_address_does_not_lead_on(desk: Desk) -> None:
    """Whatever became of the addresses since: one of them may be a stranger's."""
    goes_on = desk.held(question="Mijn code is 4711, zei ze.")
    ends = desk.held(desk.piet)
    ends.merge(goes_on, by=desk.daan)
    CustomerRequest.objects.filter(pk=ends.pk).update(customer_email="vreemde@example.org")
    ends.refresh_from_db()
    desk.say(goes_on, customer="Uw code werkt weer.", employee="Opgelost.")
    token, browser = link_of(ends), Client()
    page = browser.get(f"/t/{token}").content.decode()
    assert "4711" not in page
    assert "Uw code werkt weer." not in page
    assert browser.post(f"/t/{token}/onward").status_code == 404
    ends.forget_customer(by=Actor.customer())
    goes_on.refresh_from_db()
    assert goes_on.erased_at is None


@db
def test_forgetting_the_customer_forgets_what_was_merged_and_what_was_copied(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(goes_on, customer="Geheim voor de klant.", employee="Geheim voor de collega.")
    goes_on.forget_customer(by=Actor.customer())
    for request in (ends, goes_on):
        fresh = row(request)
        assert fresh["erased_at"] is not None
        assert fresh["customer_email"] == ""
        entries = request.entries.values_list("text_customer", "text_employee", "text_team")
        assert not any("Geheim" in text for texts in entries for text in texts)


@db
def test_erasing_one_alone_takes_its_words_from_the_others_timeline(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(goes_on, employee="Geheim.")
    goes_on.erase(by=Actor.clock())
    assert "Geheim." not in reads(ends)


# --- Splitting and linking -----------------------------------------------------------------------


@db
def test_part_of_a_question_goes_on_by_itself(desk: Desk) -> None:
    other_team = make_team("factuur")
    topic = make_topic(other_team, "factuur")
    whole = desk.held(customer_language="en")
    body = {"id": str(uuid.uuid4()), "topic": "factuur", "question": "En de factuur klopt niet."}
    api = Api(desk.daan)
    made = api.post(f"/desk/requests/{whole.pk}/split", body)
    assert made.status_code == 201
    assert api.post(f"/desk/requests/{whole.pk}/split", body).status_code == 200
    changed = {**body, "question": "Iets anders."}
    assert api.post(f"/desk/requests/{whole.pk}/split", changed).status_code == 409
    part = CustomerRequest.objects.get(pk=body["id"])
    same = ("customer_email", "customer_name", "customer_language", "employee_id", "employee_sees")
    assert all(getattr(part, name) == getattr(whole, name) for name in same)
    assert (part.team, part.topic, part.status) == (other_team, topic, "received")
    assert told(part, "customer.submitted") == told(part, "employee.submitted") == 1
    assert told(whole, "customer.split") == 0
    linked = api.get(f"/desk/requests/{whole.pk}").json()["linked"]
    assert [(link["reference"], link["relation"]) for link in linked] == [
        (part.reference, "split_off")
    ]
    assert [link.relation for link in part.related()] == ["split_from"]


@db
def test_a_part_with_an_id_that_is_taken_is_refused(desk: Desk) -> None:
    whole, other = desk.held(), desk.held()
    with pytest.raises(IdReused):
        whole.split(by=desk.daan, id=other.pk, topic=desk.topic, question="Deel.")


@db
def test_the_team_links_what_belongs_together_and_nobody_else_knows(desk: Desk) -> None:
    one, other = desk.held(), desk.held(desk.piet, customer_email="de.wit@example.org")
    api = Api(desk.daan)
    for _twice in range(2):
        shown = api.post(f"/desk/requests/{one.pk}/links", {"request": other.reference})
        assert shown.status_code == 200
    assert [(link["relation"], link["status"]) for link in shown.json()["linked"]] == [
        ("related", "in_progress")
    ]
    assert [link.relation for link in other.related()] == ["related"]
    for request, linked in ((one, other), (other, one)):
        said = request.entries.get(kind="linked")
        assert (said.text_team, said.actor) == (linked.reference, desk.daan)
        assert again(request).version == request.version + 1, "a console that has it open hears"
    assert other.reference not in str(Api(desk.sanne).get(f"/requests/{one.pk}/timeline").json())
    gone = api._call("DELETE", f"/desk/requests/{one.pk}/links/{other.pk}")
    assert gone.json()["linked"] == []
    assert [row.entries.filter(kind="unlinked").count() for row in (one, other)] == [1, 1]
    with pytest.raises(SameRequest):
        one.link(one, by=desk.daan)


@db
def test_what_was_split_off_stays_linked(desk: Desk) -> None:
    whole = desk.held()
    part, _new = whole.split(by=desk.daan, id=uuid.uuid4(), topic=desk.topic, question="Deel.")
    assert not whole.unlink(part, by=desk.daan)
    assert RequestLink.objects.filter(request=whole, other=part, kind="split").exists()


# --- At the same moment --------------------------------------------------------------------------

TIMES = 8
races = pytest.mark.usefixtures("_threads")


def again(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


def no_surprise(outcomes: list[Any]) -> None:
    assert all(outcome is None or hasattr(outcome, "slug") for outcome in outcomes), outcomes


@races
def test_of_two_who_merge_crosswise_one_wins() -> None:
    desk = Desk()
    for _ in range(TIMES):
        one, other = desk.held(), desk.held(desk.piet)
        outcomes = together(
            [
                partial(again(one).merge, other, by=desk.daan),
                partial(again(other).merge, one, by=desk.daan),
            ]
        )
        no_surprise(outcomes)
        ended = [request for request in (again(one), again(other)) if request.merged_into_id]
        assert len(ended) == 1
        assert outcomes.count(None) == 1


@races
def test_two_who_link_each_other_at_once_make_one_link() -> None:
    desk = Desk()
    for _ in range(TIMES):
        one, other = desk.held(), desk.held()
        linked = together(
            [
                partial(again(one).link, again(other), by=desk.daan),
                partial(again(other).link, again(one), by=desk.fatima),
            ]
        )
        assert sorted(linked, key=str) == [False, True], linked
        pair = [one.pk, other.pk]
        assert RequestLink.objects.filter(request__in=pair, other__in=pair).count() == 1
        assert [row.entries.filter(kind="linked").count() for row in (one, other)] == [1, 1]


@races
def test_merging_and_solving_at_once_end_in_one_story() -> None:
    desk = Desk()
    for _ in range(TIMES):
        goes_on, ends = desk.held(), desk.held(desk.piet)
        outcomes = together(
            [
                partial(again(ends).merge, goes_on, by=desk.daan),
                partial(again(ends).solve, by=desk.daan, text="Hersteld."),
            ]
        )
        no_surprise(outcomes)
        assert outcomes.count(None) == 1
        assert again(ends).status == ("closed" if outcomes[0] is None else "solved")


@races
def test_what_is_said_while_a_request_is_taken_apart_holds_nobody_up() -> None:
    desk = Desk()
    for _ in range(TIMES):
        ends, goes_on = desk.merged()
        third = desk.held(make_person("Kees Prins"))
        outcomes = together(
            [
                partial(again(ends).unmerge, by=desk.daan),
                partial(desk.say, again(goes_on), employee="Dinsdag."),
                partial(again(third).merge, goes_on, by=desk.daan),
                partial(again(ends).merge, goes_on, by=desk.daan),
                partial(again(ends).note, by=desk.daan, id=uuid.uuid4(), text="Hm."),
            ]
        )
        no_surprise([None if isinstance(outcome, tuple) else outcome for outcome in outcomes])
        for request in (ends, goes_on, third):
            numbers = list(request.entries.order_by("number").values_list("number", flat=True))
            assert numbers == list(range(1, len(numbers) + 1))
        assert holder(again(goes_on)) == desk.daan
