"""The page of a known problem says what is so: before something goes to all, and while it goes."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from customer_requests import clock
from customer_requests.desk.to_all import far_in_words
from customer_requests.models import CustomerRequest, EmployeeSees, KnownProblem
from customer_requests.models.life import Actor
from notifications.models import Notification
from server.accounts.models import Team, User
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_person, make_team

pytestmark = pytest.mark.django_db

SOLVED = {"customer_nl": "Hersteld.", "customer_en": "Repaired.", "employee_nl": "Is gemaakt."}


@pytest.fixture
def browser(daan: User) -> Client:
    return browser_of(daan)


@pytest.fixture
def problem(team: Team, daan: User) -> KnownProblem:
    made, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Storing", words="Kabel.", team=team, topic=None
    )
    return made


def under(problem: KnownProblem, by: User, **facts: Any) -> CustomerRequest:
    request = factories.submit(make_person("Sanne de Vries"), problem.team.topics.get(), **facts)
    request.put_under(problem, by=by)
    return request


def solve(problem: KnownProblem, by: User) -> None:
    problem.announce(by=by, id=uuid.uuid4(), solves=True, texts=SOLVED)
    clock.tell_of_problems()


def of(page: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.content.decode()).split())


# --- It was not solved after all ------------------------------------------------------------------


def test_before_it_is_taken_back_the_page_says_who_hears_that(
    browser: Client, problem: KnownProblem, daan: User
) -> None:
    by_sms = {"customer_email": "", "customer_phone": "+31600000001", "customer_channel": "sms"}
    nl, sms, en = (
        under(problem, daan),
        under(problem, daan, **by_sms),
        under(problem, daan, customer_language="en"),
    )
    CustomerRequest.objects.filter(pk=nl.pk).update(employee_sees=EmployeeSees.STEPS)
    sure, opened = under(problem, daan), under(problem, daan)
    solve(problem, daan)
    CustomerRequest.objects.get(pk=sure.pk).confirm()
    again = CustomerRequest.objects.get(pk=opened.pk)
    again.reopen(by=Actor.customer(), reason="Nog niet.")
    CustomerRequest.objects.get(pk=opened.pk).claim(by=daan)
    CustomerRequest.objects.get(pk=opened.pk).solve(by=daan, text="Nu wel.")
    asks = browser.post(f"/desk/problems/{problem.pk}/undo")
    assert asks.status_code == 200
    page = of(asks)
    assert "3 vragen worden weer wat ze waren." in page
    assert "2 vragen zijn sindsdien bevestigd of heropend" in page
    for way in ("1 Klanten · Nederlands · per e-mail", "1 Klanten · Nederlands · per sms"):
        assert way in page
    assert "3 Medewerkers · Nederlands · in de app" in page, "also who sees only the steps"
    assert "Uw vraag is toch niet opgelost" in page
    assert not Notification.objects.filter(kind="customer.unsolved").exists()
    browser.post(f"/desk/problems/{problem.pk}/undo", {"confirmed": "1"})
    clock.tell_of_problems()
    for kind in ("customer.unsolved", "employee.unsolved"):
        told = Notification.objects.filter(kind=kind).values_list("subject_id", flat=True)
        assert set(told) == {nl.pk, sms.pk, en.pk}, "as the page said"


def test_taking_it_back_is_asked_of_its_own_team_and_only_while_it_is_solved(
    browser: Client, problem: KnownProblem, daan: User
) -> None:
    under(problem, daan)
    assert browser.post(f"/desk/problems/{problem.pk}/undo").status_code == 409
    solve(problem, daan)
    stranger = browser_of(make_agent(make_team("mobiel"), "Joris Visser"))
    assert stranger.post(f"/desk/problems/{problem.pk}/undo").status_code == 403


# --- How far it is --------------------------------------------------------------------------------


def test_a_script_gets_how_far_it_is_and_whether_it_still_goes_on(
    browser: Client, problem: KnownProblem, daan: User
) -> None:
    for _ in range(2):
        under(problem, daan)
    address, script = f"/desk/problems/{problem.pk}", {"X-Part": "1"}
    problem.announce(by=daan, id=uuid.uuid4(), solves=True, texts=SOLVED)
    going = browser.get(address, headers=script)
    assert "Nog 2 vragen te gaan." in of(going)
    assert "data-going" in going.content.decode()
    assert "<html" not in going.content.decode()
    clock.tell_of_problems()
    over = browser.get(address, headers=script)
    assert "Bij 2 vragen is het verteld." in of(over)
    assert "data-going" not in over.content.decode()
    problem.undo_solved(by=daan)
    assert "Nog 2 vragen ongedaan te maken. Bij 2 vragen is het verteld." in of(
        browser.get(address, headers=script)
    )
    clock.tell_of_problems()
    page = of(browser.get(address))
    assert "Bij 2 vragen is het verteld, en bij alle 2 is het ongedaan gemaakt." in page
    assert "Verteld: 0" not in page


NONE = dict.fromkeys(["heard", "told", "over", "failed", "taken_back", "stays", "left"], 0)


@pytest.mark.parametrize(
    ("far", "undone", "said"),
    [
        ({}, False, "Niemand heeft het gehoord: er hoorde geen open vraag bij."),
        ({"heard": 1, "told": 1}, False, "Bij 1 vraag is het verteld."),
        ({"heard": 4, "left": 1}, False, "Nog 1 vraag te gaan. Bij 4 vragen is het verteld."),
        (
            {"heard": 1, "taken_back": 1},
            True,
            "Bij 1 vraag is het verteld, en daar is het ongedaan gemaakt.",
        ),
        (
            {"heard": 6, "taken_back": 4, "stays": 2, "over": 1},
            True,
            "Bij 6 vragen is het verteld. Bij 4 is het ongedaan gemaakt. "
            "2 blijven zoals ze zijn. 1 was al voorbij.",
        ),
        ({"failed": 2}, False, "Bij 2 ging het mis."),
    ],
)
def test_how_far_it_is_leaves_out_what_there_is_none_of(
    far: dict[str, int], undone: bool, said: str
) -> None:
    assert far_in_words({**NONE, **far}, undone=undone) == said


# --- Putting one under it -------------------------------------------------------------------------


def link(browser: Client, request: CustomerRequest, problem: KnownProblem) -> str:
    form = {"id": uuid.uuid4(), "problem": str(problem.pk)}
    sent = browser.post(f"/desk/{request.reference}/put_under", form)
    assert sent.status_code == 303
    return of(browser.get(sent["Location"]))


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ({}, "Gekoppeld. Niemand krijgt daar bericht van."),
        ({"customer_nl": "Om 18 uur."}, "Gekoppeld. De klant krijgt het laatste bericht."),
        ({"employee_nl": "Om 18 uur."}, "Gekoppeld. De medewerker krijgt het laatste bericht."),
        (
            {"customer_nl": "Om 18 uur.", "employee_nl": "Zes uur."},
            "Gekoppeld. De klant en de medewerker krijgen het laatste bericht.",
        ),
    ],
)
def test_what_is_said_after_linking_is_what_happens(
    browser: Client, problem: KnownProblem, daan: User, texts: dict[str, str], said: str
) -> None:
    if texts:
        problem.announce(by=daan, id=uuid.uuid4(), solves=False, texts=texts)
    request = factories.submit(make_person(), problem.team.topics.get())
    assert said in link(browser, request, problem)


def test_what_will_be_told_stands_beside_the_button_that_links(
    browser: Client, team: Team, daan: User
) -> None:
    title = "Storing internet Haarlem-Noord"
    problem, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title=title, words="Kabel.", team=team, topic=None
    )
    request = factories.submit(
        make_person(), team.topics.get(), question="Storing: geen internet in Haarlem-Noord."
    )
    address, theirs = f"/desk/{request.reference}", f"/desk/problems/{problem.pk}"
    assert "krijgt niemand daar bericht van" in of(browser.get(address))
    assert "krijgt dus niemand bericht" in of(browser.get(theirs))
    texts = {"customer_nl": "Om 18 uur weer.", "employee_nl": "Rond zes uur."}
    problem.announce(by=daan, id=uuid.uuid4(), solves=False, texts=texts)
    page = of(browser.get(address))
    assert "krijgen zij het laatste bericht: Klant Om 18 uur weer. Medewerker Rond zes" in page
    assert "De klanten en medewerkers van wat je koppelt" in of(browser.get(theirs))
