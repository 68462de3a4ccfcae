"""After a merge: what each employee may read, where the customer is reached, what is heard."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests import clock
from customer_requests.models import CustomerRequest, EmployeeSees
from customer_requests.models.life import Actor
from customer_requests.problems import NotNow, OtherCustomer, TwoAddresses
from notifications import kinds
from notifications.kinds import Letter
from notifications.models import Delivery, Notification
from server.problems import NotFound
from tests import factories
from tests.clients import Api, content_of, photo
from tests.factories import link_of, make_person
from tests.test_merging import Desk, reads, told
from tests.threads import together

pytestmark = pytest.mark.thorough
db = pytest.mark.django_db

SEES = EmployeeSees.values
SAID = {"Voor de collega.": "updates", "Het groene lampje.": "conversation"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def fresh(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


def correct(request: CustomerRequest, **changes: Any) -> bool:
    """What the customer says of themselves on the page of this request."""
    now = fresh(request)
    return now.correct_details(
        **{
            "name": now.customer_name,
            "email": now.customer_email,
            "phone": now.customer_phone,
            "channel": now.customer_channel,
            "language": now.customer_language,
            "employee_sees": now.employee_sees,
            **changes,
        }
    )


def talk(desk: Desk, request: CustomerRequest) -> None:
    desk.say(request, customer="Voor de klant.", employee="Voor de collega.")
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene lampje.")


def of_these(request: CustomerRequest) -> set[str]:
    return {text for text in reads(request) if text in SAID}


def letters(kind: str, request: CustomerRequest) -> list[Letter]:
    rows = list(Notification.objects.filter(kind=kind, subject_id=request.pk))
    return list(kinds.compose(rows, to_send=True).values())


def writes_to(request: CustomerRequest, kind: str) -> list[str]:
    return [letter.email or letter.phone for letter in letters(kind, request)]


# --- What the other employee may read ------------------------------------------------------------


@db
@pytest.mark.parametrize("theirs", SEES)
@pytest.mark.parametrize("here", SEES)
def test_a_copy_is_read_by_the_stricter_of_both_choices(desk: Desk, here: str, theirs: str) -> None:
    ends, goes_on = desk.merged(employee_sees=theirs)
    correct(goes_on, employee_sees=here)
    talk(desk, goes_on)
    least = SEES[min(SEES.index(here), SEES.index(theirs))]
    expected = {text for text, needs in SAID.items() if SEES.index(needs) <= SEES.index(least)}
    assert of_these(ends) == expected
    assert told(ends, "employee.update") == ("updates" in {*SEES[: SEES.index(least) + 1]})


@db
def test_a_later_choice_on_the_page_that_goes_on_holds_for_what_was_said(desk: Desk) -> None:
    ends, goes_on = desk.merged(employee_sees="conversation")
    correct(goes_on, employee_sees="conversation")
    talk(desk, goes_on)
    assert of_these(ends) == set(SAID)
    piet = Api(desk.piet)
    timeline = piet.get(f"/requests/{ends.pk}/timeline").json()
    ids = {entry["text"]: entry["id"] for entry in timeline}
    cursor = piet.get("/changes?limit=200").json()["cursor"]
    correct(goes_on, employee_sees="steps")
    assert of_these(ends) == set()
    changed = piet.get(f"/changes?since={cursor}&limit=200").json()["items"]
    gone = {item["id"] for item in changed if item["deleted"]}
    assert gone == {ids[text] for text in SAID}
    assert any(item["kind"] == "inbox" for item in changed)
    assert "Voor de collega." not in str(piet.get("/inbox").json())
    # And back again: then it is there again, as far as their own choice goes.
    correct(goes_on, employee_sees="updates")
    assert of_these(ends) == {"Voor de collega."}


@db
def test_what_waits_to_be_sent_is_not_sent_any_more(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(goes_on, employee="Voor de collega.")
    assert len(letters("employee.update", ends)) == 1
    correct(goes_on, employee_sees="steps")
    assert letters("employee.update", ends) == []


@db
def test_what_was_said_stays_under_that_choice_when_taken_apart(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(goes_on, employee="Voor de collega.")
    fresh(ends).unmerge(by=desk.daan)
    correct(goes_on, employee_sees="steps")
    assert of_these(ends) == set()


@db
def test_choosing_anew_costs_the_same_however_much_was_said(desk: Desk) -> None:
    ends, goes_on = desk.merged()

    def cost(request: CustomerRequest, sees: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            correct(request, employee_sees=sees)
        return len(queries)

    costs = []
    for talks in (1, 4):
        for _more in range(talks):
            talk(desk, fresh(goes_on))
        costs.append([cost(request, "steps") for request in (ends, goes_on)])
        for request in (ends, goes_on):
            correct(request, employee_sees="updates")
    assert costs[0] == costs[1]


@db
def test_the_choice_for_one_employee_is_not_the_choice_for_the_other(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    correct(ends, employee_sees="steps", name="Jansen-de Wit")
    assert fresh(goes_on).employee_sees == "updates"
    assert fresh(goes_on).customer_name == "Jansen-de Wit"


@db
def test_the_customer_is_told_who_reads_along_and_can_choose(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    token, browser = link_of(goes_on), Client()
    page = browser.get(f"/t/{token}").content.decode()
    assert "Piet leest ook mee" in page
    assert "Piet" in browser.get(f"/t/{token}/details").content.decode()
    assert Api().get(f"/track/{token}").json()["reads_along"] == [{"first_name": "Piet"}]
    choose = f"/t/{token}/along/{ends.reference}"
    assert browser.get(choose).status_code == 405
    there = browser.post(choose)
    assert ends.reference in browser.get(there["Location"]).content.decode()
    assert browser.post(f"/t/{token}/along/{goes_on.reference}").status_code == 404


@db
def test_nobody_reads_along_where_one_employee_passed_on_both(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held()
    ends.merge(goes_on, by=desk.daan)
    token = link_of(goes_on)
    assert "leest ook mee" not in Client().get(f"/t/{token}").content.decode()
    assert Api().get(f"/track/{token}").json()["reads_along"] == []


# --- Where the customer is reached ---------------------------------------------------------------


@db
def test_an_address_corrected_by_the_old_link_is_where_they_are_written(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    old = link_of(goes_on), link_of(ends)
    third = desk.held(make_person("Kees Prins"))
    third.merge(fresh(goes_on), by=desk.daan)
    assert correct(ends, email="nieuw@example.org")
    for request in (ends, goes_on, third):
        assert fresh(request).customer_email == "nieuw@example.org"
    for token in old:
        assert Client().get(f"/t/{token}").status_code == 404
    desk.say(fresh(goes_on), customer="De monteur komt dinsdag.")
    assert writes_to(goes_on, "customer.update") == ["nieuw@example.org"]
    # A link to the one that goes on, and to the one where they said it: not one for each.
    assert writes_to(goes_on, "customer.details") == ["nieuw@example.org"]
    assert writes_to(ends, "customer.details") == ["nieuw@example.org"]
    assert told(third, "customer.details") == 0
    mails = Delivery.objects.filter(notification__kind="customer.details")
    assert mails.count() == 2


@db
def test_an_address_that_the_team_corrected_holds_when_it_is_taken_apart(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    token = link_of(ends)
    fresh(goes_on).correct_contact(
        by=desk.daan, email="nieuw@example.org", phone="", channel="email"
    )
    assert Client().get(f"/t/{token}").status_code == 404
    fresh(ends).unmerge(by=desk.daan)
    assert writes_to(ends, "customer.unmerged") == ["nieuw@example.org"]
    assert told(ends, "customer.details") == 0


@db
def test_only_what_was_corrected_is_taken_over(desk: Desk) -> None:
    number: dict[str, Any] = {"customer_phone": "+31612345678"}
    goes_on = desk.held(**number)
    ends = desk.held(desk.piet)
    ends.merge(goes_on, by=desk.daan)
    correct(ends, email="nieuw@example.org", language="en")
    now = fresh(goes_on)
    assert (now.customer_email, now.customer_phone) == ("nieuw@example.org", "+31612345678")
    assert now.customer_language == "en"


@db
def test_whoever_goes_over_to_sms_is_written_there(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    correct(ends, email="", phone="+31612345678", channel="sms")
    assert fresh(goes_on).customer_address == "+31612345678"
    desk.say(fresh(goes_on), customer="De monteur komt dinsdag.")
    assert [letter.phone for letter in letters("customer.update", goes_on)] == ["+31612345678"]


@db
def test_somebody_elses_address_is_not_corrected_along(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    CustomerRequest.objects.filter(pk=goes_on.pk).update(customer_email="ander@example.org")
    correct(ends, email="nieuw@example.org")
    assert fresh(goes_on).customer_email == "ander@example.org"
    assert told(goes_on, "customer.details") == 0


@pytest.mark.usefixtures("_threads")
def test_a_correction_while_it_is_taken_apart_is_of_one_moment() -> None:
    desk = Desk()
    for turn in range(8):
        ends, goes_on = desk.merged()
        new = f"nieuw{turn}@example.org"
        outcomes = together(
            [
                partial(correct, ends, email=new),
                partial(fresh(ends).unmerge, by=desk.daan),
            ]
        )
        assert True in outcomes, outcomes
        apart = fresh(ends).merged_into_id is None
        assert fresh(ends).customer_email == new
        assert apart or fresh(goes_on).customer_email == new


# --- Whose customer ------------------------------------------------------------------------------

NUMBER: dict[str, Any] = {"customer_phone": "+31612345678"}


@db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        # A number of the house; each is answered at an address of their own.
        ({"customer_email": "piet@example.org", **NUMBER}, NUMBER),
        # Answered at the number, and the other one at an address.
        ({"customer_email": "", "customer_channel": "sms", **NUMBER}, NUMBER),
        ({"customer_email": "piet@example.org", **NUMBER}, {"customer_channel": "sms", **NUMBER}),
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_a_shared_number_does_not_make_two_addresses_one(
    desk: Desk, one: dict[str, Any], other: dict[str, Any], *, turned: bool
) -> None:
    goes_on, ends = desk.held(**other), desk.held(desk.piet, **one)
    if turned:
        goes_on, ends = ends, goes_on
    with pytest.raises(TwoAddresses):
        ends.merge(goes_on, by=desk.daan)
    answer = Api(desk.daan).post(f"/desk/requests/{ends.pk}/merge", {"into": goes_on.reference})
    assert answer.status_code == 409
    assert answer.json()["type"] == "/problems/two-addresses"
    assert answer.json()["other"] == goes_on.reference
    assert "example.org" not in answer.content.decode()
    assert fresh(ends).status == "in_progress"


@db
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"customer_channel": "sms", **NUMBER}, NUMBER),
        ({"customer_email": "", "customer_channel": "sms", **NUMBER},
         {"customer_channel": "sms", **NUMBER}),
    ],
)  # fmt: skip
def test_who_is_answered_at_an_address_of_both_goes_on_hearing(
    desk: Desk, one: dict[str, Any], other: dict[str, Any]
) -> None:
    goes_on, ends = desk.held(**other), desk.held(desk.piet, **one)
    ends.merge(goes_on, by=desk.daan)
    assert fresh(ends).customer_goes_on_at() == goes_on


@db
def test_nothing_shared_is_another_customer(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held(desk.piet, customer_email="de.wit@example.org")
    with pytest.raises(OtherCustomer):
        ends.merge(goes_on, by=desk.daan)


# --- Into a solved one ---------------------------------------------------------------------------


def into_solved(desk: Desk) -> tuple[CustomerRequest, CustomerRequest]:
    goes_on, ends = desk.held(), desk.held(desk.piet)
    goes_on.solve(by=desk.daan, text="De lijn is hersteld.", text_employee="Lijn hersteld.")
    six_days = timezone.now() - timedelta(days=6)
    CustomerRequest.objects.filter(pk=goes_on.pk).update(solved_at=six_days)
    ends.merge(fresh(goes_on), by=desk.daan)
    return fresh(ends), fresh(goes_on)


@db
def test_who_asked_what_is_solved_hears_the_solution(desk: Desk) -> None:
    ends, goes_on = into_solved(desk)
    (mail,) = letters("customer.merged", ends)
    assert mail.quote == "De lijn is hersteld."
    assert goes_on.reference in " ".join(mail.paragraphs)
    assert "7 dagen" in " ".join(mail.paragraphs)
    assert "Lijn hersteld." in reads(ends)
    assert told(ends, "employee.solved") == 1
    assert told(goes_on, "employee.solved") == 1
    page = Client().get(f"/t/{link_of(ends)}").content.decode()
    assert goes_on.reference in page
    assert "opgelost" in page
    shown = Api(desk.daan).get(f"/desk/requests/{goes_on.pk}").json()
    assert [entry["kind"] for entry in shown["timeline"]].count("solved") == 1


@db
def test_the_solution_is_no_news_when_it_was_not_solved_after_all(desk: Desk) -> None:
    ends, goes_on = into_solved(desk)
    goes_on.reopen(by=Actor.customer(), reason="Nog steeds niet.")
    (mail,) = letters("customer.merged", ends)
    assert mail.quote == ""


@db
def test_who_asked_what_is_solved_has_a_week_to_say_no(desk: Desk) -> None:
    ends, goes_on = into_solved(desk)
    eight_days = timezone.now() - timedelta(days=8)
    CustomerRequest.objects.filter(pk=goes_on.pk).update(solved_at=eight_days)
    assert clock.close_solved() == 0
    fresh(goes_on).close_unanswered()
    assert fresh(goes_on).status == "solved"
    CustomerRequest.objects.filter(pk=ends.pk).update(closed_at=eight_days)
    assert clock.close_solved() == 1
    assert fresh(goes_on).closed_as == "unanswered"


@db
def test_the_solution_reaches_who_was_merged_before(desk: Desk) -> None:
    between, goes_on = desk.held(desk.piet), desk.held()
    kees = make_person("Kees Prins")
    first = desk.held(kees)
    first.merge(between, by=desk.daan)
    goes_on.solve(by=desk.daan, text="De lijn is hersteld.")
    fresh(between).merge(fresh(goes_on), by=desk.daan)
    assert "De lijn is hersteld." in reads(first)
    assert "De lijn is hersteld." in reads(between)


@db
def test_what_the_customer_keeps_to_themselves_of_a_solution_is_kept(desk: Desk) -> None:
    goes_on, ends = desk.held(employee_sees="steps"), desk.held(desk.piet)
    goes_on.solve(by=desk.daan, text="De lijn is hersteld.")
    ends.merge(fresh(goes_on), by=desk.daan)
    assert "De lijn is hersteld." not in reads(ends)
    assert told(ends, "employee.solved") == 1


# --- The employee goes on where they always did --------------------------------------------------


@db
def test_the_other_employee_sees_the_plan_that_is_worked_on(desk: Desk) -> None:
    goes_on, ends = desk.held(), desk.held(desk.piet)
    goes_on.plan_step(by=desk.daan, id=uuid.uuid4(), title="Lijn doormeten")
    ends.merge(fresh(goes_on), by=desk.daan)
    when = timezone.now() + timedelta(days=1)
    fresh(goes_on).plan_step(by=desk.daan, id=uuid.uuid4(), title="Monteur", expected_at=when)
    shown = Api(desk.piet).get(f"/requests/{ends.pk}").json()
    assert [step["title"] for step in shown["steps"]] == ["Lijn doormeten", "Monteur"]
    assert shown["expected_by"] is not None
    (letter,) = letters("employee.step", ends)
    assert [step["title"] for step in letter.steps] == ["Lijn doormeten", "Monteur"]


@db
def test_the_plan_is_fetched_again_wherever_it_is_shown(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    also = desk.held(desk.piet)
    also.merge(fresh(goes_on), by=desk.daan)
    piet = Api(desk.piet)
    cursor = piet.get("/changes?limit=200").json()["cursor"]
    fresh(goes_on).plan_step(by=desk.daan, id=uuid.uuid4(), title="Lijn doormeten")
    changed = piet.get(f"/changes?since={cursor}&limit=200").json()["items"]
    plans = {
        item["id"]: [step["title"] for step in item["data"]["steps"]]
        for item in changed
        if item["kind"] == "request"
    }
    assert plans == {str(request.pk): ["Lijn doormeten"] for request in (ends, also)}


@db
def test_the_other_employee_still_writes_and_adds_a_photo(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    fresh(goes_on).release(by=desk.daan)
    fresh(goes_on).claim(by=desk.fatima)
    before = fresh(goes_on)
    piet, base = Api(desk.piet), f"/requests/{ends.pk}"
    assert {"attach", "message"} <= set(piet.get(base).json()["allowed"])
    body = {"id": str(uuid.uuid4()), "text": "Ze is na vijven thuis."}
    assert piet.post(f"{base}/messages", body).status_code == 201
    assert piet.post(f"{base}/messages", body).status_code == 200
    sent = piet.upload(f"{base}/attachments", photo())
    assert sent.status_code == 201
    # Who has it now hears of it, once each, and the request moves for the team.
    heard = Notification.objects.filter(user=desk.fatima, subject_id=goes_on.pk)
    assert sorted(heard.values_list("kind", flat=True)) == ["agent.file", "agent.message"]
    assert not Notification.objects.filter(user=desk.daan, kind__startswith="agent.m").exclude(
        kind="agent.merged"
    )
    now = fresh(goes_on)
    assert now.version > before.version
    shown = Api(desk.fatima).get(f"/desk/requests/{goes_on.pk}").json()
    said = [entry for entry in shown["timeline"] if entry["text"] == body["text"]]
    assert [(entry["of"], entry["actor"]["name"]) for entry in said] == [
        (ends.reference, "Piet Smit")
    ]
    file = sent.json()["id"]
    assert file in {each["id"] for each in shown["attachments"]}
    # The customer reads it where they follow; the employee there does not.
    page = Api().get(f"/track/{link_of(goes_on)}").json()
    assert body["text"] in {entry["text"] for entry in page["timeline"]}
    assert file in {each["id"] for each in page["attachments"]}
    browser, token = Client(), link_of(goes_on)
    assert body["text"] in browser.get(f"/t/{token}").content.decode()
    assert content_of(browser.get(f"/t/{token}/files/{file}"))
    assert body["text"] not in reads(goes_on)
    assert Api(desk.sanne).get(f"/requests/{goes_on.pk}/attachments/{file}").status_code == 404


@db
def test_the_reply_of_the_other_employee_starts_the_clock_of_the_team(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    desk.say(fresh(goes_on), customer="Hallo.", employee="Hallo.")
    assert fresh(goes_on).reply_due is None
    fresh(ends).message(by=Actor.employee(desk.piet), id=uuid.uuid4(), text="En nu?")
    assert fresh(goes_on).reply_due is not None


@db
def test_a_question_to_one_employee_is_not_answered_by_the_other(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    fresh(goes_on).wait(by=desk.daan, on="employee", text="Wanneer is zij thuis?")
    fresh(ends).message(by=Actor.employee(desk.piet), id=uuid.uuid4(), text="Nog iets.")
    assert fresh(goes_on).status == "waiting"


@db
def test_nothing_is_said_on_what_has_ended_there(desk: Desk) -> None:
    ends, goes_on = desk.merged()
    fresh(goes_on).solve(by=desk.daan, text="Hersteld.")
    shown = Api(desk.piet).get(f"/requests/{ends.pk}").json()
    assert not {"attach", "message"} & set(shown["allowed"])
    with pytest.raises(NotNow):
        fresh(ends).message(by=Actor.employee(desk.piet), id=uuid.uuid4(), text="En nu?")


@db
def test_the_customer_says_it_where_it_goes_on(desk: Desk) -> None:
    ends, _goes_on = desk.merged()
    with pytest.raises(NotNow):
        fresh(ends).message(by=Actor.customer(), id=uuid.uuid4(), text="En nu?")


@db
def test_by_way_of_another_it_comes_to_who_works_on_it(desk: Desk) -> None:
    ends, between = desk.merged()
    goes_on = factories.claimed(make_person("Kees Prins"), agent=desk.fatima, topic=desk.topic)
    fresh(between).merge(goes_on, by=desk.daan)
    fresh(ends).message(by=Actor.employee(desk.piet), id=uuid.uuid4(), text="Ze is thuis.")
    assert Notification.objects.filter(user=desk.fatima, kind="agent.message").count() == 1


@db
def test_of_another_team_nobody_corrects_the_address(desk: Desk) -> None:
    _ends, goes_on = desk.merged()
    joris = factories.make_agent(factories.make_team(), "Joris Visser")
    with pytest.raises(NotFound):
        fresh(goes_on).correct_contact(by=joris, email="x@example.org", phone="", channel="email")
    assert fresh(goes_on).customer_email == "jansen@example.org"
