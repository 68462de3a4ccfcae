"""The lead's view: what is late, who has how much, and how fast customers were helped."""

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.desk.schemas import queue_page
from customer_requests.models import CustomerRequest, DayFigures, FigureDay, Status, Topic
from customer_requests.models.crew import Crew, Place
from customer_requests.models.customer_request import COUNT_MOST
from customer_requests.models.explaining import short_time
from customer_requests.models.figures import Durations, Figures
from customer_requests.models.life import RUNNING
from server.accounts.models import Team, User
from server.sheets import sheet

PERIODS = {
    "7": gettext_lazy("7 days"),
    "30": gettext_lazy("30 days"),
    "90": gettext_lazy("90 days"),
    "365": gettext_lazy("a year"),
}
LATE_SHOWN = 10
# Figures are counted every few minutes; older than this, nobody counts.
STALE_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which teams and days: those of the address, as far as they are this agent's to see."""

    teams: Sequence[Team]
    chosen: str
    days: str
    first: date
    last: date

    @classmethod
    def of(cls, http: AgentRequest, mine: Sequence[Team]) -> "Asked":
        wanted = http.GET.get("team", "")
        teams = [team for team in mine if team.slug == wanted]
        days = http.GET.get("days", "")
        days = days if days in PERIODS else "30"
        today = timezone.localdate()
        first = today - timedelta(days=int(days) - 1)
        return cls(teams or mine, wanted if teams else "", days, first, today)

    @property
    def step(self) -> int:
        """How many days are one bar: a week where there would be too many to see."""
        return 1 if int(self.days) <= 30 else 7

    @property
    def left_out(self) -> int:
        """How many days at the beginning make no whole bar, counted back from today."""
        return int(self.days) % self.step

    @property
    def query(self) -> str:
        return f"?days={self.days}" + (f"&team={self.chosen}" if self.chosen else "")


@require_safe
@agent_page
def lead(http: AgentRequest) -> HttpResponse:
    """The teams of this agent. What each person has is shown to the leads of their team alone."""
    mine = _teams(http.user)
    asked = Asked.of(http, mine)
    rows = list(_rows(asked))
    places, counts = _counted(http.user, asked)
    context = {
        "asked": asked,
        "teams": mine,
        "periods": PERIODS.items(),
        "late": _late(http.user, asked, counts),
        "load": _load(http.user, places, counts),
        "trend": _trend(asked, rows),
        "left_out": asked.left_out,
        "speed": _speed(asked, rows),
        **_counted_at(),
        "csv_url": reverse("desk-lead-csv") + asked.query,
    }
    return render(http, "desk/lead.html", context)


@require_safe
@agent_page
def lead_csv(http: AgentRequest) -> HttpResponse:
    """The table of the page, for a spreadsheet; working time in minutes."""
    asked = Asked.of(http, _teams(http.user))
    name = f"figures-{asked.first:%Y%m%d}-{asked.last:%Y%m%d}.csv"
    return sheet(name, _sheet_rows(asked))


def _sheet_rows(asked: Asked) -> Iterator[Sequence[Any]]:
    kinds = [(_("first response"), "responses"), (_("time to solve"), "solutions")]
    yield [
        _("Team"),
        _("Topic"),
        _("From"),
        _("To"),
        _("Received"),
        _("Solved"),
        _("Withdrawn"),
        _("Merged"),
        *(
            f"{name}: {what}"
            for name, _attribute in kinds
            for what in (
                _("number"),
                _("median (min)"),
                _("90th percentile (min)"),
                _("within 1 hour (%)"),
                _("within 24 hours (%)"),
            )
        ),
        _("waiting on others: median (min)"),
    ]
    for row in _speed(asked, _rows(asked)):
        figures = row["figures"]
        cells: list[Any] = [row["team"], row["topic"], asked.first, asked.last]
        cells += [figures.received, figures.solved, figures.withdrawn, figures.merged]
        for _name, attribute in kinds:
            durations: Durations = getattr(figures, attribute)
            cells += [
                durations.count,
                _minutes(durations.median),
                _minutes(durations.p90),
                durations.within(1),
                durations.within(24),
            ]
        yield [*cells, _minutes(figures.waits.median)]


def _minutes(amount: timedelta | None) -> int | None:
    return None if amount is None else round(amount.total_seconds() / 60)


def _teams(agent: User) -> list[Team]:
    return list(Team.objects.filter(pk__in=agent.team_ids).order_by("name"))


def _rows(asked: Asked) -> Iterable[DayFigures]:
    return DayFigures.period([team.pk for team in asked.teams], asked.first, asked.last)


def _counted(agent: User, asked: Asked) -> tuple[Sequence[Place], dict[str, int]]:
    """The people of the teams that this agent leads, and all that is counted of requests now: by
    team what is late, and by a person's place what waits.
    """
    led = [team.pk for team in asked.teams if agent.leads(team.pk)]
    places = Crew.read(led, skills=False).places if led else ()
    rows = CustomerRequest.objects.filter
    late, now, hours = rows(status__in=RUNNING), timezone.now(), Team.calendars(asked.teams)
    queries = {
        f"late {team.pk}": late.filter(team=team, queue_due__lt=hours[team.pk].worked_until(now))
        for team in asked.teams
    }
    for place in places:
        held = rows(team=place.member.team_id, agent=place.user, status=Status.WAITING)
        queries[f"waiting {place.member.pk}"] = held
    return places, CustomerRequest.objects.counted(queries)


def _late(agent: User, asked: Asked, counts: Mapping[str, int]) -> dict[str, Any]:
    """What is overdue: how many per team, and the ones that are most so."""
    given = {"team": asked.chosen or None, "limit": LATE_SHOWN}
    query = QueueQuery.model_validate(given)
    return {
        "teams": [
            {
                "name": team.name,
                "count": _most(counts[f"late {team.pk}"]),
                # What is late is on top there, and what soon will be comes after it.
                "url": f"{reverse('desk-queue')}?{urlencode({'view': 'soon', 'team': team.slug})}"
                if counts[f"late {team.pk}"]
                else "",
            }
            for team in asked.teams
        ],
        "rows": [row for row in queue_page(query, agent)["items"] if row["due"]["overdue"]],
    }


def _counted_at() -> dict[str, Any]:
    """When the figures were last counted, and whether that is longer ago than it should be."""
    counted = FigureDay.objects.filter(counted_at__isnull=False).order_by("-day")
    at = counted.values_list("counted_at", flat=True).first()
    stale = at is not None and at < timezone.now() - STALE_AFTER
    return {"counted_at": at, "counted_long_ago": stale}


def _load(agent: User, places: Sequence[Place], counts: Mapping[str, int]) -> list[dict[str, Any]]:
    """Who has how much, by team; only for the leads of the team, and no more than that."""
    return [
        {
            "team": place.member.team.name,
            "name": place.user.name,
            "url": f"{reverse('desk-queue')}?"
            + urlencode(
                {"view": "team", "team": place.member.team.slug, "assignee": place.user.pk}
            ),
            "busy": _most(place.load),
            "waiting": _most(counts[f"waiting {place.member.pk}"]),
            "limit": place.member.most_open,
            "away": place.away.words(agent.zone) if place.away else "",
        }
        for place in places
    ]


def _most(count: int) -> str:
    return f"{COUNT_MOST}+" if count > COUNT_MOST else str(count)


def _trend(asked: Asked, rows: Iterable[DayFigures]) -> list[dict[str, Any]]:
    """In and out per day, or per whole week until today."""
    first = asked.first + timedelta(days=asked.left_out)
    received: dict[int, int] = defaultdict(int)
    out: dict[int, int] = defaultdict(int)
    for row in rows:
        span = (row.day - first).days // asked.step
        received[span] += row.received
        out[span] += row.out
    return [
        {
            "from": first + timedelta(days=span * asked.step),
            "received": received[span],
            "out": out[span],
        }
        for span in range(int(asked.days) // asked.step)
    ]


def _speed(asked: Asked, rows: Iterable[DayFigures]) -> list[dict[str, Any]]:
    """Per team, and under it per topic: the figures, in words where people read them."""
    whole: dict[uuid.UUID, Figures] = defaultdict(Figures)
    parts: dict[tuple[uuid.UUID, uuid.UUID], Figures] = defaultdict(Figures)
    for row in rows:
        whole[row.team_id].add(row)
        parts[row.team_id, row.topic_id].add(row)
    topics = Topic.objects.in_bulk({topic for _team, topic in parts})
    found = []
    for team in asked.teams:
        found.append(_line(team.name, "", whole[team.pk]))
        own = [
            _line(team.name, topics[topic].name, figures)
            for (pk, topic), figures in parts.items()
            if pk == team.pk
        ]
        found += sorted(own, key=lambda line: str(line["topic"]))
    return found


def _line(team: str, topic: str, figures: Figures) -> dict[str, Any]:
    return {
        "team": team,
        "topic": topic,
        "figures": figures,
        "responses": _shown(figures.responses),
        "solutions": _shown(figures.solutions),
        "waits": _shown(figures.waits),
    }


def _shown(durations: Durations) -> dict[str, Any]:
    return {
        "count": durations.count,
        "few": durations.few,
        "median": None if durations.median is None else short_time(durations.median),
        "median_minutes": _minutes(durations.median),
        "p90": None if durations.p90 is None else short_time(durations.p90),
        "p90_minutes": _minutes(durations.p90),
        "within_1": durations.within(1),
        "within_24": durations.within(24),
    }
