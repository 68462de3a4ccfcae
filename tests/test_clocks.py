"""The clocks of a request against a slow model that counts the team's minutes one by one.

The verbs are played at random moments in teams with random working weeks, with the clock on the
wall put to the minute; the model knows nothing of calendars, only which minutes are worked.
"""

import uuid
from contextlib import contextmanager
from copy import copy
from datetime import date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from customer_requests.models import CustomerRequest, Priority, TopicTarget
from customer_requests.models.life import FAR, Actor
from customer_requests.models.search_text import SearchText
from server.accounts.models import ClosingDay, Team, TeamMember, User, WorkingPeriod
from server.accounts.working_hours import WorkCalendar
from tests.factories import make_agent, make_person, make_team, make_topic
from tests.test_working_hours import (
    MINUTE,
    WATCHED_MINUTES,
    clock,
    open_minutes,
    spans,
    week_begins,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

# A zone and the middle of the week that is watched: both ends of summer time, and Dutch Christmas,
# where the public holidays of the library count as well.
PLACES = [
    ("Europe/Amsterdam", date(2026, 3, 29), ""),
    ("Europe/Amsterdam", date(2026, 10, 25), ""),
    ("Europe/Amsterdam", date(2026, 12, 25), "NL"),
    ("America/St_Johns", date(2026, 11, 1), ""),
]
HOLIDAYS = {date(2026, 12, 25), date(2026, 12, 26)}

TARGETS = {  # response, reply, solve in minutes
    "low": (300, 400, 900),
    "normal": (60, 90, 300),
    "high": (45, 50, 150),
    "urgent": (10, 20, 60),
}
weeks = st.dictionaries(st.integers(0, 6), st.lists(spans, max_size=3), min_size=5)


class Hours:
    """The working minutes of one team in the watched week."""

    def __init__(self, place: tuple[str, date, str], week: Any, closed: set[int]) -> None:
        self.zone, self.day, self.holidays = place
        self.week = week
        self.days = {self.day + timedelta(days=offset) for offset in closed}
        off = self.days | (HOLIDAYS if self.holidays else set())
        self.open = open_minutes(self.zone, self.day, week, off)
        self.worked = set(self.open)

    def __repr__(self) -> str:
        return f"Hours({self.zone}, {self.day}, {self.week}, {sorted(self.days)})"

    def team(self) -> Team:
        team = make_team(time_zone=self.zone, holidays=self.holidays)
        for weekday, periods in self.week.items():
            for opens, closes in periods:
                WorkingPeriod.objects.create(
                    team=team, weekday=weekday, opens=clock(opens), closes=clock(closes)
                )
        if not WorkingPeriod.objects.filter(team=team).exists():
            # Without any it would be at work around the clock.
            WorkingPeriod.objects.create(team=team, weekday=0, opens=time(0), closes=time(0, 1))
            self.open = open_minutes(self.zone, self.day, {0: [(0, 1)]}, self.days)
            self.worked = set(self.open)
        for day in self.days:
            ClosingDay.objects.create(team=team, day=day, name="Dicht")
        return team


class Model:
    """Three counters that go up by one in each minute that counts."""

    def __init__(self, hours: list[Hours], minute: int) -> None:
        self.hours, self.team, self.minute = hours, 0, minute
        self.priority, self.status = "normal", "received"
        self.used = {"response": 0, "solve": 0}
        self.responded = False
        self.late: set[str] = set()
        self.total = self.waited = 0
        self.first_response: int | None = None
        self.first_solve: tuple[int, int] | None = None

    def left(self, name: str) -> int:
        place = {"response": 0, "reply": 1, "solve": 2}[name]
        return TARGETS[self.priority][place] - self.used[name]

    def pass_until(self, minute: int) -> None:
        for now in range(self.minute, minute):
            if now not in self.hours[self.team].worked:
                continue
            if self.status == "waiting":
                self.waited += 1
            elif self.status in {"received", "in_progress"}:
                self.total += 1
                for name in self.used:
                    self.used[name] += 1
        self.minute = minute

    def answered(self, *, to_customer: bool = True) -> None:
        self.used.pop("reply", None)
        if to_customer and not self.responded:
            self.responded, self.first_response = True, self.total
            self.used.pop("response", None)

    def heard(self) -> None:
        if self.responded:
            self.used.setdefault("reply", 0)

    def due(self, name: str) -> int | None:
        """The minute after the last one that it may still take; None where it is over already or
        not in the watched week.
        """
        left = self.left(name)
        coming = [now for now in self.hours[self.team].open if now >= self.minute]
        if left <= 0 or left > len(coming):
            return None
        return coming[left - 1] + 1


class Played:
    """A request and its model, taken through the same history."""

    def __init__(self, hours: list[Hours], minute: int) -> None:
        # A key of the search index is a moment and eleven bits of an id: with the clock put to the
        # same minute in each history, one of them would find its own taken now and then.
        SearchText.objects.all().delete()
        self.begin = week_begins(hours[0].day)
        self.teams = [each.team() for each in hours]
        self.topic = make_topic(
            self.teams[0],
            first_response_minutes=TARGETS["normal"][0],
            next_response_minutes=TARGETS["normal"][1],
            solve_minutes=TARGETS["normal"][2],
        )
        for priority in ("low", "high", "urgent"):
            response, reply, solve = TARGETS[priority]
            TopicTarget.objects.create(
                topic=self.topic,
                priority=priority,
                first_response_minutes=response,
                next_response_minutes=reply,
                solve_minutes=solve,
            )
        self.agent: User = make_agent(self.teams[0])
        TeamMember.objects.create(team=self.teams[1], user=self.agent)
        self.employee = make_person()
        self.model = Model(hours, minute)
        with self.at(minute):
            self.request, _new = CustomerRequest.submit(
                by=self.employee,
                id=uuid.uuid4(),
                topic=self.topic,
                question="Geen internet.",
                customer_name="Mevrouw Jansen",
                customer_email="jansen@example.org",
                customer_channel="email",
            )

    @contextmanager
    def at(self, minute: int) -> Any:
        moment = self.begin + minute * MINUTE

        class Then(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return moment

        # Not `now` itself: the defaults of columns hold on to that one.
        with patch.object(timezone, "datetime", Then):
            yield

    def act(self, name: str, minute: int, extra: int) -> None:
        self.model.pass_until(minute)
        with self.at(minute):
            getattr(self, name)(extra)
            self.check()

    def hold(self) -> bool:
        """Whether the agent has it; a verb for the holder takes it first."""
        if self.model.status == "received":
            self.request.claim(by=self.agent)
            self.model.status = "in_progress"
        return self.model.status in {"in_progress", "waiting"}

    # --- The verbs, and what they mean for the counters ---

    def update(self, extra: int) -> None:
        if self.hold():
            audience = ["customer"] if extra % 3 else ["employee"]
            texts = {f"text_{audience[0]}": "Wij kijken."}
            self.request.update(by=self.agent, id=uuid.uuid4(), audience=audience, **texts)
            self.model.answered(to_customer=audience == ["customer"])

    def step(self, extra: int) -> None:
        if self.hold():
            self.request.plan_step(by=self.agent, id=uuid.uuid4(), title="Meten")
            self.model.answered()

    def wait(self, extra: int) -> None:
        if self.hold() and self.model.status == "in_progress":
            on = ["customer", "employee", "third_party"][extra % 3]
            self.request.wait(by=self.agent, on=on, text="Welk lampje?")
            self.model.answered()
            self.model.status, self.waits_on = "waiting", on

    def resume(self, extra: int) -> None:
        if self.model.status == "waiting":
            self.request.resume(by=self.agent)
            self.model.status = "in_progress"

    def message(self, extra: int) -> None:
        if self.model.status in {"received", "in_progress", "waiting"}:
            role = ["customer", "employee"][extra % 2]
            by = Actor.customer() if role == "customer" else Actor.employee(self.employee)
            self.request.message(by=by, id=uuid.uuid4(), text="Het groene.")
            self.model.heard()
            if self.model.status == "waiting" and self.waits_on == role:
                self.model.status = "in_progress"

    def solve(self, extra: int) -> None:
        if self.hold():
            self.request.solve(by=self.agent, text="Hersteld.")
            self.model.answered()
            self.model.status = "solved"
            if self.model.first_solve is None:
                self.model.first_solve = (self.model.total, self.model.waited)

    def reopen(self, extra: int) -> None:
        if self.model.status == "solved":
            self.request.reopen(by=Actor.customer(), reason="Nog niet.")
            self.model.status = "in_progress"
            self.model.used = {"solve": 0, "reply": 0}

    def release(self, extra: int) -> None:
        if self.model.status in {"in_progress", "waiting"}:
            self.request.release(by=self.agent)
            self.model.status = "received"

    def transfer(self, extra: int) -> None:
        if self.hold():
            self.model.team = 1 - self.model.team
            self.request.transfer(self.teams[self.model.team], "Voor jullie.", by=self.agent)
            self.model.status = "received"

    def prioritise(self, extra: int) -> None:
        if self.model.status in {"received", "in_progress", "waiting"}:
            priority = Priority.values[extra % 4]
            self.request.prioritise(priority, by=self.agent)
            self.model.priority = priority

    # --- What has to be the same ---

    def check(self) -> None:
        request, model = CustomerRequest.objects.get(pk=self.request.pk), self.model
        now = self.begin + model.minute * MINUTE
        assert request.status == model.status
        if model.status in {"received", "in_progress"}:
            dues = {}
            for name in ("response", "reply", "solve"):
                running = name in model.used
                assert running == any(one.clock == name for one in request.running()), name
                if running:
                    due = dues[name] = request.due_of(name)
                    assert due is not None
                    if model.left(name) <= 0:
                        assert due <= now, name
                    elif (minute := model.due(name)) is not None:
                        assert due == self.begin + minute * MINUTE, name
                    else:
                        assert due > self.begin + WATCHED_MINUTES * MINUTE, name
            assert request.queue_due == min(due for due in dues.values() if due)
            self.check_alert(request)
        else:
            assert request.queue_due == FAR
            assert request.alert_at is None
        if model.status in {"received", "in_progress", "waiting"}:
            self.check_recount(request, now)
        worked = request.first_response_worked
        assert worked == (None if model.first_response is None else model.first_response * MINUTE)
        solved = (request.solve_worked, request.solve_waited)
        expected = model.first_solve and tuple(one * MINUTE for one in model.first_solve)
        assert solved == (expected or (None, None))

    def check_recount(self, request: CustomerRequest, now: datetime) -> None:
        """Counting anew in the same hours moves nothing, whatever went before."""
        anew, same = copy(request), request.team.calendar()
        anew._count_anew(same, same, now)
        for name in (
            "response_due",
            "reply_due",
            "solve_due",
            "queue_due",
            "promised_by",
            "alerted",
        ):
            assert getattr(anew, name) == getattr(request, name), name

    def check_alert(self, request: CustomerRequest) -> None:
        """Nobody is forgotten: who has to be warned is looked at in time, and in working time."""
        assert request.alert_at is not None
        soonest = min(due for one in request.running() if (due := one.due))
        minute = (request.alert_at - self.begin) // MINUTE
        if 0 <= minute < WATCHED_MINUTES:
            assert minute in self.model.hours[self.model.team].worked
        # At the due time itself the team may just have gone home; then it is the next morning.
        calendar: WorkCalendar = request.team.calendar()
        assert request.alert_at <= calendar.next_open(max(soonest, timezone.now()))


ACTS = [
    "update",
    "step",
    "wait",
    "resume",
    "message",
    "solve",
    "reopen",
    "release",
    "transfer",
    "prioritise",
]
histories = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(0, 900), st.integers(0, 11)),
    min_size=1,
    max_size=12,
)
closed_days = st.sets(st.integers(-3, 3), max_size=2)


@given(st.sampled_from(PLACES), weeks, weeks, closed_days, st.integers(0, 3000), histories)
@settings(
    deadline=None,
    max_examples=30,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_every_history_ends_each_clock_at_the_minute_that_counting_ends_it(
    place: tuple[str, date, str],
    week: Any,
    other: Any,
    closed: set[int],
    begin: int,
    history: list[tuple[str, int, int]],
) -> None:
    played = Played([Hours(place, week, closed), Hours(place, other, set())], begin)
    minute = begin
    for name, passed, extra in history:
        minute = min(minute + passed, WATCHED_MINUTES - 1)
        played.act(name, minute, extra)


OFFICE = {day: [(9 * 60, 12 * 60 + 30), (13 * 60, 17 * 60)] for day in range(5)}


def office(closed: set[int] | None = None) -> Played:
    """Submitted on Thursday 24 December 2026 at nine, in a team with a lunch break."""
    place = ("Europe/Amsterdam", date(2026, 12, 24), "NL")
    hours = [Hours(place, OFFICE, closed or set()), Hours(place, OFFICE, set())]
    return Played(hours, at("Thursday 09:00"))


DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


def at(text: str) -> int:
    """A minute of the week around Thursday 24 December 2026, told in Amsterdam's time."""
    day, hour = text.split()
    offset = DAYS.index(day) + (7 if day in {"Monday", "Tuesday"} else 0)
    local = datetime.combine(date(2026, 12, 21) + timedelta(days=offset), time.fromisoformat(hour))
    return int((local - timedelta(hours=1) - datetime(2026, 12, 21)) / MINUTE)  # noqa: DTZ001


@pytest.mark.parametrize(
    ("acts", "name", "due"),
    [
        ([], "response", "Thursday 10:00"),
        ([], "solve", "Thursday 14:30"),
        ([("message", "Thursday 09:30", 0)], "response", "Thursday 10:00"),
        (
            [("step", "Thursday 10:00", 0), ("message", "Thursday 11:30", 0)],
            "reply",
            "Thursday 13:30",
        ),
        ([("prioritise", "Thursday 09:05", 3)], "solve", "Thursday 10:00"),
        (
            [("wait", "Thursday 10:00", 0), ("message", "Thursday 16:00", 0)],
            "solve",
            "Monday 12:00",
        ),
    ],
)
def test_the_clocks_of_an_ordinary_day(
    acts: list[tuple[str, str, int]], name: str, due: str
) -> None:
    played = office()
    for act, moment, extra in acts:
        played.act(act, at(moment), extra)
    found = played.request.due_of(name)
    assert found == played.begin + at(due) * MINUTE
