"""Before many are told something it is shown who gets what; an undo says what had been heard."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests import clock
from customer_requests.desk.views.bulk import SHOWN
from customer_requests.models import BulkAction, CustomerRequest, EmployeeSees, KnownProblem, Macro
from customer_requests.models.bulk_verbs import BULK_VERBS
from notifications import kinds
from notifications.models import Notification
from server.accounts.models import Absence, Team, TeamMember, User
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_person, make_team
from tests.test_bulk_pages import fields

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


@pytest.fixture
def fatima(team: Team) -> User:
    return make_agent(team, "Fatima Yilmaz")


@pytest.fixture
def browser(daan: User) -> Client:
    return browser_of(daan)


def free(team: Team, language: str = "nl", **facts: Any) -> CustomerRequest:
    employee = make_person("Sanne de Vries", language=language)
    return factories.submit(employee, team.topics.get(), customer_language=language, **facts)


def held(team: Team, agent: User, language: str = "nl", **facts: Any) -> CustomerRequest:
    request = free(team, language, **facts)
    request.claim(by=agent)
    return request


def problem_of(team: Team, by: User, *said: str) -> KnownProblem:
    problem, _new = KnownProblem.note_down(
        by=by, id=uuid.uuid4(), title="Storing", words="Kabel.", team=team, topic=None
    )
    for text in said:
        problem.announce(by=by, id=uuid.uuid4(), solves=False, texts={"customer_nl": text})
    return problem


def ask(browser: Client, verb: str, requests: list[CustomerRequest], **given: Any) -> Any:
    """The answer to sending what was filled in: the page that shows it, or the queue."""
    picked = [f"{request.pk}:{request.version}" for request in requests]
    page = browser.post("/desk/bulk/new", {"verb": verb, "pick": picked}).content.decode()
    return browser.post("/desk/bulk/", {**fields(page), **given})


def confirm(browser: Client, page: str) -> Any:
    sure = re.search(r'name="confirmed" value="([^"]+)"', page)
    assert sure, page
    return browser.post("/desk/bulk/", {**fields(page), "confirmed": sure[1]})


def run() -> BulkAction:
    BulkAction.objects.update(due=timezone.now(), lease=None)
    BulkAction.run_due()
    return BulkAction.objects.get()


def undone(browser: Client) -> str:
    BulkAction.objects.get().undo()
    return str(browser.get(f"/desk/bulk/{run().pk}").content.decode())


def ways(page: str) -> list[tuple[str, ...]]:
    found = re.findall(
        r'once-count">(\d+)</strong> (\w+) · (\w+) · <span class="soft">([^<]+)', page
    )
    return [tuple(each) for each in found]


def told(kind: str, *requests: CustomerRequest) -> int:
    ids = [request.pk for request in requests]
    return Notification.objects.filter(kind=kind, subject_id__in=ids).count()


# --- Giving many to a colleague -------------------------------------------------------------------


def test_who_will_hear_that_somebody_has_it_is_shown_before_it_is_asked(
    browser: Client, team: Team, fatima: User
) -> None:
    number: dict[str, Any] = {"customer_channel": "sms", "customer_phone": "+31612345678"}
    requests = [free(team), free(team, "en"), free(team, **number), held(team, fatima)]
    shown = ask(browser, "assign", requests, agent=str(fatima.pk))
    assert shown.status_code == 200
    page = shown.content.decode()
    assert not BulkAction.objects.exists()
    assert ways(page) == [
        ("1", "Klanten", "Nederlands", "per e-mail"),
        ("1", "Klanten", "Nederlands", "per sms"),
        ("1", "Klanten", "Engels", "per e-mail"),
        ("2", "Medewerkers", "Nederlands", "in de app"),
        ("1", "Medewerkers", "Engels", "in de app"),
    ]
    assert "Fatima gaat met uw vraag aan de slag." in page
    assert "Fatima has your question now." in page
    assert told("customer.assigned", *requests) == 0, "it was only rehearsed"
    assert confirm(browser, page).status_code == 303
    run()
    assert told("customer.assigned", *requests) == told("employee.assigned", *requests) == 3


def test_what_will_be_refused_is_said_before_with_the_reason(
    browser: Client, team: Team, daan: User, fatima: User
) -> None:
    TeamMember.objects.filter(user=fatima).update(most_open=2)
    over = factories.solved(agent=daan, topic=team.topics.get())
    requests = [held(team, fatima), free(team), free(team), over]
    page = ask(browser, "assign", requests, agent=str(fatima.pk)).content.decode()
    assert "Het gebeurt bij 2 vragen" in page, "the one that she has, and one more"
    refused = page[page.index('id="refused-title"') : page.index('id="sure-title"')]
    assert re.findall(r'once-count">(\d+)<', refused) == ["1", "1"]
    assert confirm(browser, page).status_code == 303
    outcomes = run().items.order_by("position").values_list("outcome", flat=True)
    assert list(outcomes) == ["done", "done", "refused", "refused"], "as it was foreseen"


def test_to_somebody_away_nothing_is_confirmed(browser: Client, team: Team, fatima: User) -> None:
    Absence.enter(by=fatima, id=uuid.uuid4(), ends=timezone.now() + timedelta(days=2))
    page = ask(browser, "assign", [free(team)], agent=str(fatima.pk)).content.decode()
    assert 'name="confirmed"' not in page
    assert "Niemand buiten het team krijgt een bericht" in page
    again = browser.post("/desk/bulk/", {**fields(page), "change": "1"})
    assert 'name="agent"' in again.content.decode()


def test_who_was_told_that_somebody_has_it_is_told_when_that_is_taken_back(
    browser: Client, team: Team, fatima: User
) -> None:
    queued, deaf = free(team), free(team)
    CustomerRequest.objects.filter(pk=deaf.pk).update(customer_failing=True)
    page = ask(browser, "assign", [queued, deaf], agent=str(fatima.pk)).content.decode()
    confirm(browser, page)
    run()
    assert told("customer.assigned", queued, deaf) == 1
    page = undone(browser)
    assert told("customer.released", queued, deaf) == 1
    assert told("employee.released", queued, deaf) == 2
    assert "Bij 2 vragen hadden mensen buiten het team het al gehoord" in page
    sent = Notification.objects.get(kind="customer.released")
    letter = kinds.compose([sent], to_send=False)[sent.pk]
    assert letter.text.startswith("We schreven u dat iemand aan uw vraag werkte.")


def test_a_release_of_its_own_sends_nobody_a_message(team: Team, daan: User) -> None:
    request = held(team, daan)
    request.release(by=daan)
    assert told("customer.released", request) == told("employee.released", request) == 0


# --- A macro on many ------------------------------------------------------------------------------


def test_a_macro_on_many_is_read_before_it_goes(browser: Client, team: Team, daan: User) -> None:
    macro = Macro.objects.create(
        team=team,
        name="Storing",
        customer_nl="Dag {customer_name}, we meten de lijn.",
        customer_en="Hello {customer_name}, we measure the line.",
        employee_nl="We meten.",
        then="solve",
    )
    hidden = held(team, daan)
    CustomerRequest.objects.filter(pk=hidden.pk).update(employee_sees=EmployeeSees.STEPS)
    requests = [held(team, daan), held(team, daan, "en"), hidden, free(team)]
    page = ask(browser, "macro", requests, macro=str(macro.pk)).content.decode()
    assert not BulkAction.objects.exists()
    assert ways(page)[:2] == [
        ("2", "Klanten", "Nederlands", "per e-mail"),
        ("1", "Klanten", "Engels", "per e-mail"),
    ]
    assert "Dag Mevrouw Jansen, we meten de lijn." in page
    assert "Hello Mevrouw Jansen, we measure the line." in page
    refused = page[page.index('id="refused-title"') : page.index('id="sure-title"')]
    assert re.findall(r'once-count">(\d+)<', refused) == ["1"]
    assert confirm(browser, page).status_code == 303
    outcomes = run().items.order_by("position").values_list("outcome", flat=True)
    assert list(outcomes) == ["done", "done", "done", "refused"], "as it was foreseen"
    assert told("customer.solved", *requests) == told("employee.solved", *requests) == 3


def test_a_macro_that_changed_since_it_was_read_is_shown_again(
    browser: Client, team: Team, daan: User
) -> None:
    macro = Macro.objects.create(team=team, name="Meten", customer_nl="We meten.", version=1)
    page = ask(browser, "macro", [held(team, daan)], macro=str(macro.pk)).content.decode()
    Macro.objects.filter(pk=macro.pk).update(customer_nl="We meten niet.", version=2)
    again = confirm(browser, page)
    assert again.status_code == 200
    assert "We meten niet." in again.content.decode()
    assert "Kijk nog eens" in again.content.decode()
    assert not BulkAction.objects.exists()
    assert confirm(browser, again.content.decode()).status_code == 303


def test_a_macro_for_the_team_alone_tells_nobody(browser: Client, team: Team, daan: User) -> None:
    macro = Macro.objects.create(team=team, name="Notitie", note_nl="Bellen.")
    page = ask(browser, "macro", [held(team, daan)], macro=str(macro.pk)).content.decode()
    assert ways(page) == []
    assert "Niemand buiten het team krijgt een bericht" in page
    assert confirm(browser, page).status_code == 303


# --- Putting many under a problem -----------------------------------------------------------------


def test_the_last_update_is_shown_before_many_are_put_under_a_problem(
    browser: Client, team: Team, daan: User
) -> None:
    problem = problem_of(team, daan, "Om 15 uur weer.", "Om 18 uur weer.")
    ended, under = factories.closed(agent=daan, topic=team.topics.get()), free(team)
    under.put_under(problem_of(team, daan), by=daan)
    requests = [free(team), free(team), ended, under]
    page = ask(browser, "put_under", requests, problem=str(problem.pk)).content.decode()
    assert not BulkAction.objects.exists()
    assert ("2", "Klanten", "Nederlands", "per e-mail") in ways(page)
    assert "Om 18 uur weer." in page
    assert "Om 15 uur weer." not in page
    refused = page[page.index('id="refused-title"') : page.index('id="sure-title"')]
    assert re.findall(r'once-count">(\d+)<', refused) == ["2"]
    problem.announce(by=daan, id=uuid.uuid4(), solves=False, texts={"customer_nl": "Morgen."})
    again = confirm(browser, page)
    assert "Morgen." in again.content.decode(), "what was said since is what they would get"
    assert confirm(browser, again.content.decode()).status_code == 303


def test_after_undoing_it_the_page_says_who_had_heard_the_update(
    browser: Client, team: Team, daan: User
) -> None:
    problem = problem_of(team, daan, "Om 18 uur weer.")
    clock.tell_of_problems()
    heard, not_yet = free(team), free(team)
    page = ask(browser, "put_under", [heard, not_yet], problem=str(problem.pk)).content.decode()
    confirm(browser, page)
    run()
    heard.hear(problem.announcements.get())
    page = undone(browser)
    assert not problem.links.exists()
    assert "Bij één vraag hadden mensen buiten het team het al gehoord" in page
    assert "Het laatste bericht over het probleem blijft gezegd" in page
    row = page[page.index(heard.reference) :]
    assert "hadden ervan gehoord" in row[: row.index("</tr>")]
    other = page[page.index(not_yet.reference) :]
    assert "hadden ervan gehoord" not in other[: other.index("</tr>")]


# --- All of them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", BULK_VERBS)
def test_of_what_sends_anybody_a_message_it_is_shown_before(
    browser: Client, team: Team, daan: User, fatima: User, verb: str
) -> None:
    """And what can be taken back after people were told says so."""
    other = make_team("mobiel")
    make_agent(other, "Joris Visser")
    macro = Macro.objects.create(team=team, name="Meten", customer_nl="We meten.")
    given: dict[str, dict[str, str]] = {
        "assign": {"agent": str(fatima.pk)},
        "transfer": {"team": "mobiel", "note": "Voor jullie."},
        "prioritise": {"priority": "urgent"},
        "put_under": {"problem": str(problem_of(team, daan, "Om 18 uur weer.").pk)},
        "note": {"text": "Bellen."},
        "solve": {"customer_nl": "Klaar.", "employee_nl": "Klaar."},
        "macro": {"macro": str(macro.pk)},
    }
    TeamMember.objects.filter(user=daan).update(role="lead")
    request = held(team, daan)
    answer = ask(browser, verb, [request], **given[verb])
    shown = answer.status_code == 200
    assert shown == (verb in SHOWN)
    if shown:
        assert confirm(browser, answer.content.decode()).status_code == 303
    before = set(Notification.objects.values_list("pk", flat=True))
    assert [item.why for item in run().items.all()] == [""]
    clock.tell_of_problems()
    sent = Notification.objects.exclude(pk__in=before).values_list("kind", flat=True)
    outside = [kind for kind in sent if kind.startswith(("customer.", "employee."))]
    assert bool(outside) == shown, outside
    if outside and BULK_VERBS[verb].back:
        assert BULK_VERBS[verb].heard


def test_what_is_foreseen_costs_the_same_for_few_and_for_many(
    browser: Client, team: Team, daan: User, fatima: User
) -> None:
    macro = Macro.objects.create(team=team, name="Meten", customer_nl="We meten.")
    requests = [held(team, daan) for _ in range(4)]
    TeamMember.objects.filter(user=daan).update(role="lead")

    def cost(verb: str, **given: Any) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert ask(browser, verb, requests, **given).status_code == 200
        return len(queries)

    acts = {"assign": {"agent": str(fatima.pk)}, "macro": {"macro": str(macro.pk)}}
    for verb, given in acts.items():
        cost(verb, **given)  # what is kept for a minute is looked up once
    few = [cost(verb, **given) for verb, given in acts.items()]
    requests += [held(team, daan) for _ in range(12)]
    assert [cost(verb, **given) for verb, given in acts.items()] == few
