"""What the lead sees: figures that are kept per day, held against counting everything again."""

import csv
import io
import math
import random
import re
import uuid
from collections import defaultdict
from datetime import date, datetime, timedelta
from importlib import import_module
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests import clock
from customer_requests.models import CustomerRequest, DayFigures, FigureDay, KnownProblem
from customer_requests.models.figures import Durations, Figures
from customer_requests.models.life import Actor
from server.accounts.models import Team, User
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_team, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]


def moved(request: CustomerRequest, **columns: Any) -> CustomerRequest:
    CustomerRequest.objects.filter(pk=request.pk).update(**columns)
    return CustomerRequest.objects.get(pk=request.pk)


class Company:
    """Two teams in zones far apart, and what they did in the past weeks, at random."""

    def __init__(self, seed: int = 1) -> None:
        draw = random.Random(seed)
        self.here = make_team("internet", name="Internet")
        self.there = make_team("nacht", name="Nacht", time_zone="Pacific/Auckland")
        self.topics = [make_topic(self.here), make_topic(self.here), make_topic(self.there)]
        self.agents = {
            team.pk: make_agent(team, f"Agent {team.slug}") for team in (self.here, self.there)
        }
        now = timezone.now()
        for _ in range(24):
            topic = draw.choice(self.topics)
            agent = self.agents[topic.team_id]
            state = draw.choice(["received", "claimed", "solved", "withdrawn"])
            match state:
                case "received":
                    request = factories.submit(topic=topic)
                case "withdrawn":
                    request = factories.submit(topic=topic)
                    request.withdraw(by=Actor.customer(), reason="Laat maar.")
                case "claimed":
                    request = factories.claimed(topic=topic, agent=agent)
                case _:
                    request = factories.solved(topic=topic, agent=agent)
            created = now - timedelta(minutes=draw.randrange(30 * 24 * 60))
            columns: dict[str, Any] = {"created_at": created}
            if state == "withdrawn":
                columns["closed_at"] = created + timedelta(minutes=draw.randrange(1, 3000))
            if state == "solved":
                first = timedelta(minutes=draw.randrange(1, 3000))
                later = first + timedelta(minutes=draw.randrange(3000))
                columns |= {
                    "first_response_at": created + first,
                    "first_response_worked": first / 2,
                    "first_solved_at": created + later,
                    "solve_worked": later / 3,
                    "solve_waited": later / 7,
                }
            moved(request, **columns)
        factories.submit(topic=self.topics[0], solved_by_me="Zet hem uit en aan.")


def plain_recount() -> dict[tuple[Any, Any, Any], dict[str, Any]]:
    """The same figures, counted one by one from all there is."""
    found: dict[Any, dict[str, Any]] = defaultdict(
        lambda: {
            "received": 0,
            "withdrawn": 0,
            "merged": 0,
            "responses": [],
            "solutions": [],
            "waits": [],
        }
    )
    for request in CustomerRequest.objects.select_related("team"):
        if request.closed_as == "answered_by_employee":
            continue
        zone = ZoneInfo(request.team.time_zone)

        def of(moment: datetime, request: Any = request, zone: Any = zone) -> dict[str, Any]:
            return found[moment.astimezone(zone).date(), request.team_id, request.topic_id]

        of(request.created_at)["received"] += 1
        if request.first_response_at and request.first_response_worked is not None:
            seconds = round(request.first_response_worked.total_seconds())
            of(request.first_response_at)["responses"].append(seconds)
        if request.first_solved_at and request.solve_worked is not None:
            day = of(request.first_solved_at)
            day["solutions"].append(round(request.solve_worked.total_seconds()))
            assert request.solve_waited is not None
            day["waits"].append(round(request.solve_waited.total_seconds()))
        if request.status == "withdrawn" and request.closed_at and not request.first_solved_at:
            of(request.closed_at)["withdrawn"] += 1
        if request.merged_into_id and request.closed_at and not request.first_solved_at:
            of(request.closed_at)["merged"] += 1
    for day in found.values():
        for name in ("responses", "solutions", "waits"):
            day[name].sort()
    return dict(found)


def kept() -> dict[tuple[Any, Any, Any], dict[str, Any]]:
    return {
        (row.day, row.team_id, row.topic_id): {
            "received": row.received,
            "withdrawn": row.withdrawn,
            "merged": row.merged,
            "responses": row.responses,
            "solutions": row.solutions,
            "waits": row.waits,
        }
        for row in DayFigures.objects.all()
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_kept_is_what_counting_everything_gives(seed: int) -> None:
    Company(seed)
    DayFigures.count_due()
    expected = plain_recount()
    # A day that has not come yet anywhere is counted when it comes.
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert kept() == {key: day for key, day in expected.items() if key[0] <= tomorrow}
    DayFigures.count_due()
    assert kept() == {key: day for key, day in expected.items() if key[0] <= tomorrow}


@pytest.mark.django_db(transaction=True)
def test_a_transfer_takes_the_figures_along_also_those_of_long_ago() -> None:
    company = Company()
    agent = company.agents[company.here.pk]
    request = factories.claimed(topic=company.topics[0], agent=agent)
    request = moved(request, created_at=timezone.now() - timedelta(days=20))
    DayFigures.count_due()
    request.transfer(company.there, "Voor jullie.", by=agent)
    assert FigureDay.objects.filter(stale=True).exists()
    DayFigures.count_due()
    assert not FigureDay.objects.filter(stale=True).exists()
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert kept() == {key: day for key, day in plain_recount().items() if key[0] <= tomorrow}


def _transferred(company: Company, request: CustomerRequest) -> CustomerRequest:
    agent = company.agents[request.team_id]
    request.under(done := uuid.uuid4())
    request.transfer(company.there, "Voor jullie.", by=agent)
    request.__dict__["done"] = done
    return request


def _taken_back(company: Company, request: CustomerRequest) -> None:
    held, agent = request.held(), company.agents[request.team_id]
    _transferred(company, request)
    DayFigures.count_due()
    request.take_back(request.__dict__["done"], held, by=agent)


def _unsolved(company: Company, request: CustomerRequest) -> None:
    agent = company.agents[request.team_id]
    problem, _new = KnownProblem.note_down(
        by=agent, id=uuid.uuid4(), title="Storing", words="Kabel.", team=company.here, topic=None
    )
    request.put_under(problem, by=agent)
    words = {"customer_nl": "Het is over.", "employee_nl": "Het is over."}
    problem.announce(by=agent, id=uuid.uuid4(), solves=True, texts=words)
    clock.tell_of_problems()
    moved(request, first_solved_at=F("first_solved_at") - timedelta(days=3))
    moved(request, solved_at=F("first_solved_at"))
    FigureDay.objects.all().delete()
    DayFigures.count_due()
    problem.undo_solved(by=agent)
    clock.tell_of_problems()


def _merged(company: Company, request: CustomerRequest) -> CustomerRequest:
    agent = company.agents[request.team_id]
    request.merge(factories.claimed(topic=request.topic, agent=agent), by=agent)
    moved(request, closed_at=timezone.now() - timedelta(days=4))
    return request


def _taken_apart(company: Company, request: CustomerRequest) -> None:
    agent = company.agents[request.team_id]
    _merged(company, request)
    FigureDay.objects.all().delete()
    DayFigures.count_due()
    request.unmerge(by=agent)


def _anything(company: Company, request: CustomerRequest) -> None:
    """What no verb does yet."""
    with transaction.atomic():
        request._lock_row()
        request._save(topic=company.topics[1])


@pytest.mark.parametrize("change", [_transferred, _taken_back, _unsolved, _taken_apart, _anything])
def test_whatever_changes_a_request_of_long_ago_its_days_are_counted_again(change: Any) -> None:
    company = Company()
    agent = company.agents[company.here.pk]
    request = factories.claimed(topic=company.topics[0], agent=agent)
    request = moved(request, created_at=timezone.now() - timedelta(days=20))
    DayFigures.count_due()
    change(company, request)
    DayFigures.count_due()
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert kept() == {key: day for key, day in plain_recount().items() if key[0] <= tomorrow}


def test_what_was_answered_at_the_party_counts_for_the_team_once_it_is_reopened() -> None:
    company = Company()
    request = factories.submit(topic=company.topics[0], solved_by_me="Zet hem uit en aan.")
    before = timezone.now() - timedelta(days=5)
    request = moved(request, created_at=before, closed_at=before, first_solved_at=before)
    DayFigures.count_due()
    request.reopen(by=Actor.customer(), reason="Het helpt niet.")
    DayFigures.count_due()
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert kept() == {key: day for key, day in plain_recount().items() if key[0] <= tomorrow}


def in_and_out(team: Team) -> tuple[int, int]:
    """Of all days, counted anew."""
    DayFigures.count_due()
    found = Figures()
    for row in DayFigures.objects.filter(team=team):
        found.add(row)
    return found.received, found.out


@pytest.mark.parametrize("end", ["solved", "withdrawn", "merged"])
def test_what_was_answered_at_the_party_goes_out_once_when_the_team_is_done(end: str) -> None:
    team = make_team()
    agent, topic = make_agent(team), make_topic(team)
    request = factories.submit(topic=topic, solved_by_me="Zet hem uit en aan.")
    assert in_and_out(team) == (0, 0)
    request.reopen(by=Actor.customer(), reason="Het helpt niet.")
    assert in_and_out(team) == (1, 0)
    request.claim(by=agent)
    match end:
        case "solved":
            request.solve(by=agent, text="Nu wel.")
            assert request.solve_worked is not None
        case "withdrawn":
            request.withdraw(by=Actor.customer(), reason="Laat maar.")
        case "merged":
            request.merge(factories.claimed(topic=topic, agent=agent), by=agent)
    assert in_and_out(team) == (2 if end == "merged" else 1, 1)


def test_what_was_solved_at_the_party_before_it_counted_gets_the_teams_solution() -> None:
    party, back, done = (factories.submit(solved_by_me="Zet hem uit en aan.") for _ in range(3))
    for request in (back, done):
        request.reopen(by=Actor.customer(), reason="Het helpt niet.")
    done.claim(by=make_agent(done.team))
    done.solve(by=factories.holder(done), text="Nu wel.")
    rows = CustomerRequest.objects.all()
    rows.update(first_solved_at=F("created_at"), solve_worked=None, solve_waited=None)
    import_module(
        "customer_requests.migrations.0023_merged_counts_as_out"
    ).only_the_teams_solutions(apps, None)
    found = {row.pk: row for row in rows}
    assert found[party.pk].first_solved_at is found[back.pk].first_solved_at is None
    assert found[done.pk].first_solved_at == done.solved_at
    assert found[done.pk].solve_worked == done.solve_worked


def test_what_was_merged_went_out_once_and_is_back_when_it_is_taken_apart() -> None:
    team = make_team()
    agent, topic = make_agent(team), make_topic(team)
    asked = [factories.claimed(topic=topic, agent=agent) for _ in range(3)]
    asked[2].solve(by=agent, text="Klaar.")
    asked[2].reopen(by=Actor.customer(), reason="Nog niet.")
    assert in_and_out(team) == (3, 1)
    for request in (asked[0], asked[2]):
        request.merge(asked[1], by=agent)
    # What was solved before went out then.
    assert in_and_out(team) == (3, 2)
    asked[0].unmerge(by=agent)
    assert in_and_out(team) == (3, 1)
    asked[0].solve(by=agent, text="Klaar.")
    asked[1].solve(by=agent, text="Klaar.")
    assert in_and_out(team) == (3, 3)


def test_what_is_done_today_waits_for_nobody_who_does_something_today() -> None:
    company = Company()
    DayFigures.count_due()
    agent = company.agents[company.here.pk]
    with CaptureQueriesContext(connection) as queries:
        request = factories.solved(topic=company.topics[0], agent=agent)
        request.reopen(by=Actor.customer(), reason="Nog niet.")
    assert not [query for query in queries if "figureday" in query["sql"]]


def test_a_median_and_a_percentile_are_those_of_all_together() -> None:
    draw = random.Random(7)
    for count in range(5, 60):
        seconds = sorted(draw.randrange(100_000) for _ in range(count))
        durations = Durations(seconds)
        assert durations.median == timedelta(seconds=median(seconds))
        assert durations.p90 is not None
        within = sum(one <= durations.p90.total_seconds() for one in seconds)
        assert within >= 0.9 * count
        below = [one for one in seconds if one < durations.p90.total_seconds()]
        assert len(below) < math.ceil(0.9 * count)
        assert durations.within(1) == round(100 * sum(one <= 3600 for one in seconds) / count)


def test_of_too_few_nothing_is_said() -> None:
    durations = Durations([1, 2, 3, 4])
    assert (durations.median, durations.p90, durations.within(1)) == (None, None, None)


# --- The page ---


@pytest.fixture
def team() -> Team:
    team = make_team("internet", name="Internet en tv")
    make_topic(team, "wifi", name_nl="Wifi")
    return team


def page_of(user: User, query: str = "") -> str:
    response = browser_of(user).get(f"/desk/lead{query}")
    assert response.status_code == 200, response.content.decode()[:2000]
    return str(response.content.decode())


def figures_of(team: Team, day: date, **facts: Any) -> None:
    DayFigures.objects.create(team=team, topic=team.topics.get(), day=day, **facts)


def test_a_lead_sees_who_has_how_much_and_an_agent_sees_no_names(team: Team) -> None:
    lead = make_agent(team, "Els Prins", role="lead")
    agent = make_agent(team, "Daan Bakker")
    colleague = make_agent(team, "Fatima El Idrissi")
    factories.claimed(topic=team.topics.get(), agent=colleague)
    assert "Fatima El Idrissi" in page_of(lead)
    assert "Fatima El Idrissi" not in page_of(agent)


def test_another_teams_figures_are_not_to_be_seen(team: Team) -> None:
    other = make_team("mobiel", name="Mobiel en meer")
    make_topic(other, "sim", name_nl="Simkaart")
    today = timezone.localdate()
    figures_of(other, today, received=3, responses=[60] * 9, solutions=[60] * 9, waits=[0] * 9)
    html = page_of(make_agent(team, role="lead"), "?team=mobiel")
    assert "Mobiel en meer" not in html
    assert "Simkaart" not in html


def test_the_table_gives_median_percentile_and_shares(team: Team) -> None:
    hours = [1, 1, 2, 3, 30]
    seconds = [hour * 3600 for hour in hours]
    today = timezone.localdate()
    figures_of(team, today, received=7, responses=seconds[:2], solutions=seconds, waits=[0] * 5)
    figures_of(team, today - timedelta(days=1), responses=seconds[2:])
    html = page_of(make_agent(team))
    assert 'data-response-median="120"' in html
    assert 'data-response-p90="1800"' in html
    assert "40%" in html
    assert "80%" in html
    sheet = browser_of(make_agent(team)).get("/desk/lead.csv")
    assert sheet["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig")), delimiter=";"))
    assert rows[1][0] == "Internet en tv"
    assert rows[1][4:13] == ["7", "5", "0", "0", "5", "120", "1800", "40", "80"]
    in_english = browser_of(make_agent(team, language="en")).get("/desk/lead.csv")
    assert in_english.content.decode("utf-8-sig").splitlines()[1].startswith("Internet en tv,,")


def test_few_answers_are_grey_and_without_a_figure(team: Team) -> None:
    figures_of(team, timezone.localdate(), received=2, responses=[60] * 4)
    html = page_of(make_agent(team))
    assert "lead-few" in html
    assert 'data-response-median="1"' not in html
    rows = browser_of(make_agent(team)).get("/desk/lead.csv").content.decode("utf-8-sig")
    assert rows.splitlines()[1].split(";")[8:13] == ["4", "", "", "", ""]


def test_what_is_late_is_on_top_with_how_late(team: Team) -> None:
    agent = make_agent(team)
    late = factories.claimed(topic=team.topics.get(), agent=agent)
    in_time = factories.claimed(topic=team.topics.get(), agent=agent)
    moved(late, queue_due=timezone.now() - timedelta(hours=3))
    html = page_of(agent)
    assert late.reference in html
    assert in_time.reference not in html
    assert "3 u te laat" in html


def test_a_team_with_something_late_leads_to_its_queue_and_another_is_no_link(team: Team) -> None:
    agent = make_agent(team)
    queue = f"/desk/?view=soon&amp;team={team.slug}"
    assert queue not in page_of(agent)
    late = factories.claimed(topic=team.topics.get(), agent=agent)
    moved(late, queue_due=timezone.now() - timedelta(hours=3))
    assert queue in page_of(agent)
    shown = browser_of(agent).get(queue.replace("&amp;", "&")).content.decode()
    assert late.reference in shown


@pytest.mark.parametrize(("days", "weeks", "rest"), [("90", 12, 6), ("365", 52, 1)])
def test_a_bar_of_a_week_is_a_week(team: Team, days: str, weeks: int, rest: int) -> None:
    today = timezone.localdate()
    first = today - timedelta(days=int(days) - 1)
    for number in range(int(days)):
        figures_of(team, first + timedelta(days=number), received=1)
    html = page_of(make_agent(team, language="en"), f"?days={days}")
    table = html.partition('<table id="trend">')[2].partition("</table>")[0]
    assert re.findall(r'data-value="(\d+)"', table)[::2] == ["7"] * weeks
    said = "the first day of" if rest == 1 else f"the first {rest} days of"
    assert said in html
    assert "whole weeks" not in page_of(make_agent(team, language="en"), "?days=30")


def test_when_it_was_counted_has_a_day_and_a_worker_that_stands_still_is_told_of(
    team: Team,
) -> None:
    agent = make_agent(team, language="en")
    DayFigures.count_due()
    assert "Counted: " in page_of(agent)
    assert "stand still" not in page_of(agent)
    FigureDay.objects.update(counted_at=timezone.now() - timedelta(days=1))
    html = page_of(agent)
    assert "since yesterday " in html
    assert "stand still" in html


def test_the_page_costs_as_much_with_many_requests_and_figures_as_with_few(team: Team) -> None:
    lead = make_agent(team, role="lead")
    browser = browser_of(lead)

    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert browser.get("/desk/lead?days=365").status_code == 200
        return len(queries)

    today = timezone.localdate()
    factories.claimed(topic=team.topics.get(), agent=lead)
    figures_of(team, today, received=1)
    cost()  # the look of the company is kept for a minute
    one = cost()
    for number in range(10):
        agent = make_agent(team, f"Agent {number}")
        factories.claimed(topic=team.topics.get(), agent=agent)
        figures_of(team, today - timedelta(days=number + 1), received=1, responses=[60] * 9)
    assert cost() == one
    assert one <= 12


def test_a_name_is_no_formula_in_a_spreadsheet() -> None:
    team = make_team("eng", name="=1+1")
    make_topic(team)
    figures_of(team, timezone.localdate(), received=1)
    sheet = browser_of(make_agent(team)).get("/desk/lead.csv").content.decode("utf-8-sig")
    assert sheet.splitlines()[1].startswith("'=1+1;")
