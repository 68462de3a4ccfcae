"""Read the meter of every request that was there before the meter.

What a request was through is not in its row, so a transfer counts as if the present team had it
all along, and working hours as if they had always been what they are now.
"""

from collections.abc import Iterable, Iterator
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import holidays
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q, QuerySet
from django.utils import timezone

from server.accounts.working_hours import WorkCalendar

BATCH = 500
COLUMNS = [
    "team_time",
    "team_time_at",
    "begun",
    "alert_at",
    "first_response_worked",
    "solve_worked",
    "solve_waited",
]


def calendar_of(apps: Apps, team: Any, years: Iterable[int]) -> WorkCalendar:
    periods: dict[int, list[tuple[time, time]]] = {}
    for period in apps.get_model("accounts", "WorkingPeriod").objects.filter(team=team):
        periods.setdefault(period.weekday, []).append((period.opens, period.closes))
    zone = ZoneInfo(team.time_zone)
    if not periods:
        return WorkCalendar.around_the_clock(zone)
    closed: dict[date, str] = {}
    if team.holidays:
        closed |= dict(holidays.country_holidays(team.holidays, years=years))
    own = apps.get_model("accounts", "ClosingDay").objects.filter(Q(team=team) | Q(team=None))
    closed |= dict(own.values_list("day", "name"))
    return WorkCalendar(zone, {day: tuple(spans) for day, spans in periods.items()}, closed)


def count(row: Any, calendar: WorkCalendar, target: timedelta) -> None:
    now = timezone.now()
    if row.first_response_at:
        row.first_response_worked = calendar.between(row.created_at, row.first_response_at)
    if row.first_solved_at and row.closed_as != "answered_by_employee":
        # A reopened one may have waited after its first solution; that is not known any more.
        worked = calendar.between(row.created_at, row.first_solved_at)
        row.solve_waited = min(row.waited, worked)
        row.solve_worked = worked - row.solve_waited
    until = row.paused_at or row.solved_at or row.closed_at or now
    row.team_time = max(calendar.between(row.created_at, until) - row.waited, timedelta())
    row.team_time_at = until
    if row.status in {"received", "in_progress", "waiting"} and row.solve_due:
        if row.solve_due > until:
            used = target - calendar.between(until, row.solve_due)
            row.begun = max(row.team_time - used, timedelta())
        # When to look whether somebody has to be warned: who looks works it out.
        row.alert_at = None if row.status == "waiting" else now


def count_what_exists(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    requests = apps.get_model("customer_requests", "CustomerRequest")
    years = range(2000, timezone.now().year + 2)
    targets = {
        topic.pk: timedelta(minutes=topic.solve_minutes)
        for topic in apps.get_model("customer_requests", "Topic").objects.all()
    }
    for team in apps.get_model("accounts", "Team").objects.all():
        calendar = calendar_of(apps, team, years)
        for helping in helpings(requests.objects.filter(team=team)):
            for row in helping:
                count(row, calendar, targets[row.topic_id])
            requests.objects.bulk_update(helping, COLUMNS)


def helpings(rows: QuerySet[Any]) -> Iterator[list[Any]]:
    """All rows, by id, some at a time; nothing is held while the next ones are read."""
    rows = rows.order_by("pk")
    some = list(rows[:BATCH])
    while some:
        yield some
        some = list(rows.filter(pk__gt=some[-1].pk)[:BATCH])


class Migration(migrations.Migration):
    """In helpings, each a transaction of its own, so that nobody waits for a million rows; cut off,
    it counts anew and comes to the same.
    """

    atomic = False

    dependencies = [
        ("customer_requests", "0007_clocks_and_priority"),
    ]

    operations = [
        migrations.RunPython(count_what_exists, migrations.RunPython.noop),
    ]
