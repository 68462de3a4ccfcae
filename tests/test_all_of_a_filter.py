"""All of a filter is all of it, what is due soon is due in working hours, and both stay flat."""

import re
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests.desk import queue_query
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.models import (
    BulkAction,
    CustomerRequest,
    KnownProblem,
    SearchText,
    finding,
)
from customer_requests.models.finding import Found, Sought
from server.accounts.models import ClosingDay, Team, User, WorkingPeriod
from server.problems import Invalid
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import make_team, make_topic
from tests.test_bulk_pages import fields, ticks

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(daan: User) -> Client:
    return browser_of(daan)


def passed_on(team: Team, question: str = "Geen internet.", *, days_ago: int = 0) -> Any:
    """A request that came in so long ago, with its place in the search index."""
    request = factories.submit(topic=team.topics.get(), question=question)
    if days_ago:
        came = timezone.now() - timedelta(days=days_ago)
        CustomerRequest.objects.filter(pk=request.pk).update(created_at=came)
        SearchText.objects.filter(request_id=request.pk).delete()
        SearchText.rebuild([request.pk])
    return request


def due(request: CustomerRequest, moment: datetime) -> CustomerRequest:
    CustomerRequest.objects.filter(pk=request.pk).update(queue_due=moment)
    return request


def references(answer: Any) -> list[str]:
    return [item["reference"] for item in answer.json()["items"]]


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> int:
    """So few are compared at once that a test can have more."""
    monkeypatch.setattr(queue_query, "COMPARED", 3)
    return 3


# --- Due soon, with words or in the order they came ----------------------------------------------


@pytest.mark.parametrize("asked", ["q=internet", "topic=wifi&order=newest"])
def test_what_is_due_soon_is_found_behind_any_number_that_is_not(
    few: int, team: Team, daan: User, asked: str
) -> None:
    later = timezone.now() + timedelta(days=3)
    old = due(passed_on(team, days_ago=20), timezone.now() - timedelta(days=1))
    for _one in range(2 * few):
        due(passed_on(team), later)
    page = Api(daan).get(f"/desk/requests?view=soon&{asked}")
    assert references(page) == [old.reference]
    assert page.json()["next"] is None


@pytest.mark.parametrize("order", ["", "&order=oldest"])
def test_of_more_than_is_compared_at_once_the_pages_go_on_to_the_last(
    few: int, team: Team, daan: User, order: str
) -> None:
    now = timezone.now()
    for n in range(4 * few):
        due(passed_on(team, "Geen wifi."), now + timedelta(days=3))
        if n % 2:
            due(passed_on(team), now)
    wanted = CustomerRequest.objects.filter(queue_due__lte=now).order_by("created_at", "pk")
    expected = [request.reference for request in wanted]
    api, found, cursor = Api(daan), list[str](), ""
    for _page in range(40):
        address = f"/desk/requests?view=soon&q=internet&limit=2{order}{cursor}"
        page = api.get(address)
        found += references(page)
        if page.json()["next"] is None:
            break
        cursor = f"&cursor={page.json()['next']}"
    assert found == (expected if order else expected[::-1])


def test_what_is_due_and_what_is_sought_are_both_asked(few: int, team: Team, daan: User) -> None:
    now = timezone.now()
    wanted = due(passed_on(team, '"Groen lampje" knippert.'), now)
    due(passed_on(team, "Rood lampje."), now)
    due(passed_on(team, "Groen lampje."), now + timedelta(days=3))
    other = make_team("factuur")
    make_topic(other, "factuur")
    due(passed_on(other, "Groen lampje."), now)
    for q in ("groen lampje", '"groen lampje"', "lampje gro", "groen jansen"):
        page = Api(daan).get("/desk/requests?" + f"view=soon&q={q}".replace('"', "%22"))
        assert references(page) == [wanted.reference], q
    page = Api(daan).get(f"/desk/requests?view=soon&q={wanted.reference}")
    assert references(page) == [wanted.reference]
    assert references(Api(daan).get("/desk/requests?view=soon&q=paars")) == []
    assert references(Api(daan).get("/desk/requests?view=soon&q=...")) == []


def test_due_soon_with_words_costs_the_same_for_one_and_for_many(team: Team, daan: User) -> None:
    def cost() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            QueueQuery.model_validate({"view": "soon", "q": "internet"}).rows(daan).count()
        return len(queries)

    due(passed_on(team), timezone.now())
    cost()  # what is read once of a person
    first = cost()
    for _one in range(8):
        due(passed_on(team), timezone.now())
    assert cost() == first


def test_of_more_than_is_compared_at_once_a_page_costs_at_most_twelve(
    monkeypatch: pytest.MonkeyPatch, few: int, team: Team, daan: User
) -> None:
    monkeypatch.setattr(finding, "NEWEST", 2)
    for _one in range(2 * few):
        due(passed_on(team), timezone.now())
    browser = Client()
    browser.force_login(daan)
    for asked in ("q=internet", "order=newest&topic=wifi"):
        cache.clear()
        browser.get("/desk/")  # which teams and topics there are is kept for a minute
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(f"/desk/?view=soon&{asked}").status_code == 200
        assert len(queries) <= 12, asked


def test_what_looks_like_a_problem_is_compared_at_the_same_cost_however_few_of_the_newest_are_open(
    monkeypatch: pytest.MonkeyPatch, team: Team, daan: User, browser: Client
) -> None:
    problem, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Geen internet", words="", team=team, topic=None
    )
    for weeks in range(6):
        passed_on(team, days_ago=21 * weeks)
    page = f"/desk/problems/{problem.pk}"
    browser.get(page)  # which teams and topics there are is kept for a minute
    costs = []
    for newest in (3_000, 2):
        monkeypatch.setattr(finding, "NEWEST", newest)
        with CaptureQueriesContext(connection) as queries:
            assert "Geen internet." in browser.get(page).content.decode()
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 12


# --- In working hours -----------------------------------------------------------------------------

FRIDAY = datetime(2026, 3, 6, 15, 30, tzinfo=UTC)  # 16:30 in Amsterdam


def office_hours(team: Team) -> None:
    for day in range(5):
        WorkingPeriod.objects.create(team=team, weekday=day, opens=time(9), closes=time(17))


def test_due_soon_is_in_the_working_hours_of_the_team(
    team: Team, daan: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    office_hours(team)
    monday = due(passed_on(team), datetime(2026, 3, 9, 8, 5, tzinfo=UTC))
    due(passed_on(team), datetime(2026, 3, 9, 12, 0, tzinfo=UTC))  # 13:00, after four hours
    late = due(passed_on(team), FRIDAY - timedelta(days=2))
    # Another team of theirs works on: there four hours are four hours.
    other = make_team("nacht")
    make_topic(other, "nacht")
    daan.memberships.create(team=other)
    tonight = due(passed_on(other), FRIDAY + timedelta(hours=3))
    due(passed_on(other), datetime(2026, 3, 9, 8, 5, tzinfo=UTC))
    daan = User.objects.get(pk=daan.pk)
    monkeypatch.setattr(timezone, "now", lambda: FRIDAY)
    expected = {monday.pk, late.pk, tonight.pk}
    for asked in ({}, {"q": "internet"}, {"order": "newest"}, {"assignee": "none"}):
        query = QueueQuery.model_validate({"view": "soon", **asked})
        assert {row.pk for row in query.rows(daan)} == expected, asked
        parts = [row.pk for part in query.parts(daan) for row in part]
        assert not parts or set(parts) == expected, asked
    counted = CustomerRequest.objects.counted(
        {"soon": QueueQuery.model_validate({"view": "soon"}).rows(daan)}
    )
    assert counted == {"soon": 3}


def test_a_team_that_is_never_open_counts_by_the_clock(team: Team, daan: User) -> None:
    WorkingPeriod.objects.create(team=team, weekday=0, opens=time(9), closes=time(17))
    today = timezone.localdate()
    ClosingDay.objects.bulk_create(
        ClosingDay(team=team, day=today + timedelta(days=n), name="Dicht") for n in range(400)
    )
    now, gone = timezone.now(), uuid.UUID(int=1)
    moments = Team.after_working(timedelta(hours=4), [team.pk, gone])
    for moment in moments.values():
        assert timedelta(hours=4) <= moment - now < timedelta(hours=4, minutes=1)


# --- All of it ------------------------------------------------------------------------------------


def test_all_of_a_filter_goes_on_where_a_search_stopped_for_a_while(
    team: Team, daan: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [passed_on(team) for _one in range(5)]
    whole = Sought.first

    def slowly(sought: Sought, most: int) -> Found:
        """As where the index takes its time: one at a time, and where to go on."""
        found = whole(sought, 1)
        if not found.ids:
            return found
        row = CustomerRequest.objects.get(pk=found.ids[0])
        return Found(found.rows, (row.created_at, row.pk))

    monkeypatch.setattr(Sought, "first", slowly)
    act = {"note": {"text": "Storing"}, "filter": {"q": "internet", "view": "all"}}
    asked = Api(daan).post("/desk/bulk", {"id": str(uuid.uuid4()), **act})
    assert asked.status_code == 201
    assert {item["request"] for item in asked.json()["items"]} == {str(r.pk) for r in requests}
    # And where it takes too long nothing is done, and what to do is said.
    monkeypatch.setattr(queue_query, "LOOKED_FOR", -1.0)
    refused = Api(daan).post("/desk/bulk", {"id": str(uuid.uuid4()), **act})
    assert refused.status_code == 422
    assert "status" in refused.json()["errors"][0]["message"]
    assert BulkAction.objects.count() == 1


def test_more_than_can_be_done_at_once_is_refused_also_when_due_soon(
    few: int, team: Team, daan: User
) -> None:
    for _one in range(4 * few):
        due(passed_on(team), timezone.now())
    for asked in ({"q": "internet"}, {"order": "newest", "topic": "wifi"}, {}):
        query = QueueQuery.model_validate({"view": "soon", **asked})
        assert len(query.all_of_it(daan, 4 * few)) == 4 * few, asked
        with pytest.raises(Invalid):
            query.all_of_it(daan, 4 * few - 1)


def test_the_confirmation_says_how_many_and_that_many_are_acted_on(
    browser: Client, team: Team
) -> None:
    for _one in range(3):
        passed_on(team)
    picked = ticks(browser.get("/desk/?view=team").content.decode())
    sent = {"verb": "note", "pick": picked[:1], "whole": "view=team&q=internet&"}
    asks = browser.post("/desk/bulk/new?view=team", sent).content.decode()
    assert "Voor alle 3 vragen van het filter." in asks
    passed_on(team)  # comes in while the agent writes
    done = browser.post("/desk/bulk/?view=team", {**fields(asks), "text": "Storing in de wijk"})
    assert done.status_code == 303, done.content.decode()
    assert BulkAction.objects.get().count == 3


@pytest.mark.parametrize(
    ("whole", "most", "says"),
    [("view=team&", 2, "meer dan 2"), ("view=onzin&", 500, "filter"), ("q=niets&", 500, "")],
)
def test_a_filter_that_is_too_much_or_nonsense_is_refused_before_anything_is_written(
    browser: Client, team: Team, whole: str, most: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customer_requests.desk.bulk_forms.MOST", most)
    for _one in range(3):
        passed_on(team)
    answer = browser.post("/desk/bulk/new?view=team", {"verb": "note", "whole": whole})
    if not says:  # nothing found: nothing to ask
        assert answer.status_code == 303
        return
    assert answer.status_code == 422
    html = answer.content.decode()
    assert re.search(rf"Er is niets gedaan\.</h2><p>[^<]*{says}", html)
    assert 'name="text"' not in html


def test_five_hundred_fit_in_the_form(
    browser: Client, team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [(uuid.uuid4(), 12) for _one in range(500)]
    monkeypatch.setattr(QueueQuery, "all_of_it", lambda *asked: many)
    asks = browser.post("/desk/bulk/new", {"verb": "note", "whole": "view=team&"})
    form = fields(asks.content.decode())
    assert len(form["all"][0].split(",")) == 500
    known = passed_on(team)
    form["all"] = [form["all"][0] + f",{known.pk}:1"]
    refused = browser.post("/desk/bulk/", {**form, "text": "Storing"})
    assert refused.status_code == 422, "more than can be done at once"
    form["all"] = [",".join(form["all"][0].split(",")[1:])]
    assert browser.post("/desk/bulk/", {**form, "text": "Storing"}).status_code == 303
    assert (BulkAction.objects.get().count, BulkAction.objects.get().left_out) == (1, 499)


def test_finding_is_asked_with_words_alone_too(team: Team) -> None:
    one, other = passed_on(team, "Geen internet."), passed_on(team, "Geen wifi.")
    ids = [one.pk, other.pk]
    assert Sought(frozenset(), text="internet").among(ids) == [one.pk]
    assert set(Sought(frozenset()).among(ids)) == set(ids)
    assert Sought(frozenset(), text="internet").among([]) == []
