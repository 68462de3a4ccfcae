"""Figures of a day, kept so that looking back costs the same however many requests there were.

A day's figures are of the requests that the team has now, on the topic they have now. They are
counted anew from the rows whenever that may have changed, and always come out the same as
counting all rows would.
"""

import math
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Min
from django.utils import timezone

from customer_requests.models.customer_request import CustomerRequest
from customer_requests.models.figure_day import FigureDay
from customer_requests.models.life import ClosedAs, Status
from customer_requests.models.topic import Topic
from server.accounts.models import Team

# Fewer answers than this say little, and may say it of one person.
FEW = 5
# How many days of before there were figures are counted in one run.
CATCH_UP = 60


@dataclass(frozen=True, slots=True)
class Durations:
    """Amounts of working time in seconds, sorted; what is said of fewer than FEW is None."""

    seconds: Sequence[int]

    @property
    def count(self) -> int:
        return len(self.seconds)

    @property
    def few(self) -> bool:
        return self.count < FEW

    @property
    def median(self) -> timedelta | None:
        if self.few:
            return None
        upper, lower = self.seconds[self.count // 2], self.seconds[(self.count - 1) // 2]
        return timedelta(seconds=(upper + lower) / 2)

    @property
    def p90(self) -> timedelta | None:
        """What nine out of ten stayed within: the nearest rank."""
        if self.few:
            return None
        return timedelta(seconds=self.seconds[math.ceil(0.9 * self.count) - 1])

    def within(self, hours: int) -> int | None:
        """The share within so many working hours, in whole percents."""
        if self.few:
            return None
        return round(100 * bisect_right(self.seconds, hours * 3600) / self.count)


@dataclass
class Figures:
    """What a team did in a period, on one topic or on all: first all is added, then it is read."""

    received: int = 0
    solved: int = 0
    withdrawn: int = 0
    merged: int = 0
    _responses: list[int] = field(default_factory=list)
    _solutions: list[int] = field(default_factory=list)
    _waits: list[int] = field(default_factory=list)

    def add(self, row: "DayFigures") -> None:
        self.received += row.received
        self.solved += len(row.solutions)
        self.withdrawn += row.withdrawn
        self.merged += row.merged
        self._responses += row.responses
        self._solutions += row.solutions
        self._waits += row.waits

    @property
    def out(self) -> int:
        """What left the team's hands; once each, though it may come back after a solution."""
        return self.solved + self.withdrawn + self.merged

    @cached_property
    def responses(self) -> Durations:
        return Durations(sorted(self._responses))

    @cached_property
    def solutions(self) -> Durations:
        return Durations(sorted(self._solutions))

    @cached_property
    def waits(self) -> Durations:
        """How long the solved ones waited on others, apart from the time to solve."""
        return Durations(sorted(self._waits))


class DayFigures(models.Model):
    """One team, one topic, one day in the team's zone; durations in seconds, sorted."""

    day = models.DateField()
    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="+")
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="+")
    received = models.PositiveIntegerField(default=0)
    withdrawn = models.PositiveIntegerField(default=0)
    merged = models.PositiveIntegerField(default=0)
    responses: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    solutions: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)
    waits: "models.JSONField[list[int], list[int]]" = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "day", "topic"], name="day_figures_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["day"], name="day_figures_day"),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.team_id}"

    @property
    def out(self) -> int:
        """What left the team's hands on this day; see `Figures.out`."""
        return len(self.solutions) + self.withdrawn + self.merged

    @classmethod
    def period(
        cls, teams: Collection[uuid.UUID], first: date, last: date
    ) -> "models.QuerySet[DayFigures]":
        """The figures of these teams from the first day to the last, both included."""
        return cls.objects.filter(team__in=teams, day__gte=first, day__lte=last).order_by("day")

    @classmethod
    def count_due(cls) -> int:
        """Count today and what may have changed; returns the number of days.

        Days around today, because it is not the same day everywhere at once.
        """
        today = timezone.now().date()
        days = {today + timedelta(days=offset) for offset in (-1, 0, 1)}
        days |= set(FigureDay.objects.filter(stale=True).values_list("day", flat=True)[:CATCH_UP])
        days |= set(cls._never_counted(today))
        for day in sorted(days):
            cls.count(day)
        return len(days)

    @classmethod
    def _never_counted(cls, today: date) -> list[date]:
        first = CustomerRequest.objects.aggregate(first=Min("created_at"))["first"]
        if first is None:
            return []
        known = set(FigureDay.objects.values_list("day", flat=True))
        begin = first.date() - timedelta(days=1)
        days = (begin + timedelta(days=offset) for offset in range((today - begin).days))
        return [day for day in days if day not in known][:CATCH_UP]

    @classmethod
    @transaction.atomic(durable=True)
    def count(cls, day: date) -> None:
        """Count this day anew, from the rows."""
        FigureDay.objects.get_or_create(day=day)
        # Whoever changes something meanwhile waits here and then finds it stale again.
        FigureDay.objects.filter(day=day).update(stale=False, counted_at=timezone.now())
        rows: dict[tuple[uuid.UUID, uuid.UUID], DayFigures] = {}
        for zone, teams in _by_zone().items():
            for row in _counted(day, zone, teams):
                rows[row.team_id, row.topic_id] = row
        cls.objects.filter(day=day).delete()
        DayFigures.objects.bulk_create(rows.values())


def _by_zone() -> dict[ZoneInfo, list[uuid.UUID]]:
    found: dict[ZoneInfo, list[uuid.UUID]] = defaultdict(list)
    for pk, zone in Team.objects.values_list("pk", "time_zone"):
        found[ZoneInfo(zone)].append(pk)
    return found


def _counted(day: date, zone: ZoneInfo, teams: list[uuid.UUID]) -> Iterable[DayFigures]:
    begin = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + timedelta(days=1), time.min, zone)
    rows: dict[tuple[uuid.UUID, uuid.UUID], DayFigures] = {}

    def of(team: uuid.UUID, topic: uuid.UUID) -> DayFigures:
        made = DayFigures(day=day, team_id=team, topic_id=topic)
        return rows.setdefault((team, topic), made)

    requests = CustomerRequest.objects.filter(team__in=teams)
    # What was answered at the party never was the team's.
    received = requests.filter(created_at__gte=begin, created_at__lt=end)
    received = received.exclude(closed_as=ClosedAs.ANSWERED_BY_EMPLOYEE)
    for team, topic in received.values_list("team", "topic"):
        of(team, topic).received += 1
    # What was solved before went out then.
    ended = requests.filter(closed_at__gte=begin, closed_at__lt=end, first_solved_at=None)
    for team, topic in ended.filter(status=Status.WITHDRAWN).values_list("team", "topic"):
        of(team, topic).withdrawn += 1
    for team, topic in ended.filter(closed_as=ClosedAs.MERGED).values_list("team", "topic"):
        of(team, topic).merged += 1
    responded = requests.filter(
        first_response_at__gte=begin,
        first_response_at__lt=end,
        first_response_worked__isnull=False,
    ).order_by("first_response_worked")
    for team, topic, worked in responded.values_list("team", "topic", "first_response_worked"):
        of(team, topic).responses.append(_seconds(worked))
    solved = requests.filter(
        first_solved_at__gte=begin, first_solved_at__lt=end, solve_worked__isnull=False
    ).order_by("solve_worked")
    for team, topic, worked, waited in solved.values_list(
        "team", "topic", "solve_worked", "solve_waited"
    ):
        of(team, topic).solutions.append(_seconds(worked))
        of(team, topic).waits.append(_seconds(waited))
    for row in rows.values():
        row.waits.sort()
    return rows.values()


def _seconds(amount: timedelta | None) -> int:
    return round(amount.total_seconds()) if amount else 0
