"""Working time against a slow model that watches the clock on the wall, minute by minute."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from server.accounts.models.teams import public_holidays
from server.accounts.working_hours import Holiday, NeverOpen, Period, WorkCalendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
MINUTE = timedelta(minutes=1)

# A zone, and a day in the middle of the week that is watched there.
WATCHED = [
    ("Europe/Amsterdam", date(2026, 3, 29)),  # 02:00 becomes 03:00
    ("Europe/Amsterdam", date(2026, 10, 25)),  # 03:00 becomes 02:00
    ("Europe/Amsterdam", date(2026, 12, 31)),
    ("Asia/Kathmandu", date(2026, 5, 5)),  # 5:45 ahead
    ("America/St_Johns", date(2026, 3, 8)),  # 3:30 behind, and summer time begins
    ("America/St_Johns", date(2026, 11, 1)),  # and ends
    ("Australia/Lord_Howe", date(2026, 10, 4)),  # half an hour of summer time
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("America/Havana", date(2026, 3, 8)),  # midnight is skipped
    ("America/Havana", date(2026, 11, 1)),  # midnight comes twice
    ("Asia/Beirut", date(2026, 10, 25)),  # midnight puts the clock back into the day before
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
]
WATCHED_MINUTES = 7 * 24 * 60


@lru_cache
def watch(zone: str, day: date) -> list[datetime]:
    """What the clock on the wall shows in each minute of a week around this day."""
    begin = week_begins(day)
    return [
        (begin + minute * MINUTE).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        for minute in range(WATCHED_MINUTES)
    ]


def week_begins(day: date) -> datetime:
    return datetime.combine(day - timedelta(days=3), time.min, UTC)


def open_minutes(
    zone: str, day: date, periods: Mapping[int, list[tuple[int, int]]], closed: set[date]
) -> list[int]:
    """The minutes of the watched week in which the team is at work, in order.

    A period begins in the first minute in which the wall shows its opening time or later, and
    lasts until the first in which it shows its closing time or later.
    """
    walls = watch(zone, day)

    def first(shown: datetime) -> int:
        return next((place for place, wall in enumerate(walls) if wall >= shown), len(walls))

    found: set[int] = set()
    for offset in range(-5, 7):
        local = day + timedelta(days=offset)
        if local in closed:
            continue
        midnight = datetime.combine(local, time.min)
        for opens, closes in periods.get(local.weekday(), ()):
            found |= set(range(first(midnight + opens * MINUTE), first(midnight + closes * MINUTE)))
    return sorted(found)


def clock(minute: int) -> time:
    return time.max if minute == 24 * 60 else time(minute // 60, minute % 60)


def as_periods(spans: list[tuple[int, int]]) -> tuple[Period, ...]:
    return tuple((clock(opens), clock(closes)) for opens, closes in spans)


# The small hours, where clocks jump, as often as all other hours together.
minutes_of_day = st.integers(0, 4 * 60) | st.integers(0, 24 * 60)
spans = (
    st.tuples(minutes_of_day, minutes_of_day)
    .filter(lambda pair: pair[0] != pair[1])
    .map(lambda pair: (min(pair), max(pair)))
)
weeks = st.dictionaries(st.integers(0, 6), st.lists(spans, max_size=3), min_size=3)


class Case:
    """A calendar, and the minutes in which the model says that it is open."""

    def __init__(
        self,
        watched: tuple[str, date],
        week: dict[int, list[tuple[int, int]]],
        closed: set[int],
    ) -> None:
        zone, day = watched
        days = {day + timedelta(days=offset) for offset in closed}
        self.begin = week_begins(day)
        self.open = open_minutes(zone, day, week, days)
        self.calendar = WorkCalendar(
            ZoneInfo(zone),
            {weekday: as_periods(spans) for weekday, spans in week.items()},
            dict.fromkeys(days, "closed"),
        )
        self.shown = (zone, day, week, days)

    def __repr__(self) -> str:
        return f"Case{self.shown}"

    def moment(self, minute: int) -> datetime:
        return self.begin + minute * MINUTE


cases = st.builds(Case, st.sampled_from(WATCHED), weeks, st.sets(st.integers(-3, 3), max_size=2))
minutes = st.integers(0, WATCHED_MINUTES - 1)
slowly = settings(deadline=None, max_examples=120)


@pytest.mark.thorough
@given(cases, minutes, minutes)
@slowly
def test_between_counts_the_minutes_at_work(case: Case, begin: int, finish: int) -> None:
    expected = sum(begin <= minute < finish for minute in case.open)
    found = case.calendar.between(case.moment(begin), case.moment(finish))
    assert found == expected * MINUTE


@pytest.mark.thorough
@given(cases, minutes)
@slowly
def test_next_open_is_the_first_minute_at_work(case: Case, begin: int) -> None:
    coming = [minute for minute in case.open if minute >= begin]
    assume(coming)
    assert case.calendar.next_open(case.moment(begin)) == case.moment(coming[0])


@pytest.mark.thorough
@given(cases, minutes, st.integers(1, 3000))
@slowly
def test_add_ends_with_the_last_of_the_minutes_that_were_added(
    case: Case, begin: int, amount: int
) -> None:
    coming = [minute for minute in case.open if minute >= begin]
    assume(coming)
    amount = min(amount, len(coming))
    found = case.calendar.add(case.moment(begin), amount * MINUTE)
    assert found == case.moment(coming[amount - 1] + 1)


@pytest.mark.thorough
@given(cases, minutes)
@slowly
def test_is_open_in_the_minutes_at_work_only(case: Case, minute: int) -> None:
    moment = case.moment(minute)
    assert case.calendar.is_open(moment) == (minute in case.open)
    assert case.calendar.is_open(moment + timedelta(seconds=59)) == (minute in case.open)


zones = st.sampled_from([zone for zone, _day in WATCHED]).map(ZoneInfo)
moments = st.datetimes(datetime(2011, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - Hypothesis takes the limits without a zone and adds it
amounts = st.timedeltas(timedelta(microseconds=1), timedelta(days=40))


@pytest.mark.thorough
@given(zones, moments, amounts)
@settings(deadline=None)
def test_around_the_clock_working_time_is_elapsed_time(
    zone: ZoneInfo, moment: datetime, amount: timedelta
) -> None:
    calendar = WorkCalendar.around_the_clock(zone)
    assert calendar.add(moment, amount) == moment + amount
    assert calendar.between(moment, moment + amount) == amount
    assert calendar.next_open(moment) == moment
    assert calendar.is_open(moment)


@pytest.mark.thorough
@given(cases, moments, amounts)
@settings(deadline=None, max_examples=60)
def test_what_was_added_is_between(case: Case, moment: datetime, amount: timedelta) -> None:
    assume(case.open)
    due = case.calendar.add(moment, amount)
    assert case.calendar.between(moment, due) == amount
    assert case.calendar.is_open(due - timedelta.resolution)


@pytest.mark.thorough
@given(cases, minutes, minutes)
@settings(deadline=None)
def test_what_was_due_before_somebody_worked_is_what_working_time_has_passed_since(
    case: Case, due: int, now: int
) -> None:
    due_at, moment = (case.begin + minute * MINUTE for minute in (min(due, now), max(due, now)))
    late = due_at < case.calendar.worked_until(moment)
    assert late == (case.calendar.between(due_at, moment) > timedelta())


@given(cases, moments, amounts, amounts)
@settings(deadline=None, max_examples=60)
def test_two_stretches_add_up_to_one(
    case: Case, moment: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = moment + first, moment + first + second
    between = case.calendar.between
    assert between(moment, middle) + between(middle, end) == between(moment, end)


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


OFFICE = WorkCalendar(
    AMSTERDAM,
    {weekday: ((time(9), time(12, 30)), (time(13), time(17))) for weekday in range(5)},
    {date(2026, 12, 25): "Eerste kerstdag", date(2026, 4, 27): "Koningsdag"},
)


@pytest.mark.parametrize(
    ("begin", "hours", "due"),
    [
        ("2026-11-18 09:00", 1, "2026-11-18 10:00"),
        ("2026-11-18 12:00", 1, "2026-11-18 13:30"),
        ("2026-11-18 16:00", 1, "2026-11-18 17:00"),
        ("2026-11-18 20:00", 1, "2026-11-19 10:00"),
        ("2026-11-20 16:30", 2, "2026-11-23 10:30"),
        ("2026-12-24 16:30", 1, "2026-12-28 09:30"),
        ("2026-04-24 16:00", 2, "2026-04-28 10:00"),
        ("2026-10-23 16:00", 2, "2026-10-26 10:00"),
        ("2026-03-27 16:00", 2, "2026-03-30 10:00"),
        ("2026-11-18 17:00", 0, "2026-11-19 09:00"),
        ("2026-11-18 10:00", 0, "2026-11-18 10:00"),
    ],
    ids=[
        "the same morning",
        "over lunch",
        "until the last minute of the day",
        "in the evening",
        "over the weekend",
        "over Christmas",
        "over the weekend and King's day",
        "over the end of summer time",
        "over the beginning of summer time",
        "nothing, in the evening",
        "nothing, at work",
    ],
)
def test_an_office_is_due_when_people_would_say_so(begin: str, hours: int, due: str) -> None:
    assert OFFICE.add(at(begin), timedelta(hours=hours)) == at(due)


def test_a_night_shift_is_an_hour_longer_when_summer_time_ends() -> None:
    night = WorkCalendar(AMSTERDAM, {6: ((time.min, time(8)),)})
    assert night.between(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == timedelta(hours=9)
    assert night.between(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == timedelta(hours=7)


def test_an_hour_that_the_clock_skips_is_not_worked() -> None:
    skipped = WorkCalendar(AMSTERDAM, {6: ((time(2, 15), time(2, 45)),)})
    assert skipped.between(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == timedelta()


def test_a_day_has_a_night_in_it_although_midnight_cannot_be_written() -> None:
    late = WorkCalendar(AMSTERDAM, {0: ((time(22), time.max),), 1: ((time.min, time(2)),)})
    assert late.add(at("2026-11-16 23:00"), timedelta(hours=2)) == at("2026-11-17 01:00")
    assert late.between(at("2026-11-16 00:00"), at("2026-11-18 00:00")) == timedelta(hours=4)


def test_nothing_is_between_a_moment_and_an_earlier_one() -> None:
    assert OFFICE.between(at("2026-11-18 12:00"), at("2026-11-18 09:00")) == timedelta()


def test_answers_are_the_same_whatever_zone_the_moment_is_told_in() -> None:
    here, there = at("2026-11-20 16:30"), at("2026-11-20 16:30").astimezone(ZoneInfo("Asia/Tokyo"))
    assert OFFICE.add(here, timedelta(hours=2)) == OFFICE.add(there, timedelta(hours=2))
    assert OFFICE.between(here, there + timedelta(days=4)) == OFFICE.between(
        there, here + timedelta(days=4)
    )


@pytest.mark.parametrize(
    "calendar",
    [
        WorkCalendar(AMSTERDAM, {}),
        WorkCalendar(AMSTERDAM, {0: ()}),
        WorkCalendar(AMSTERDAM, {0: ((time(17), time(9)),)}),
        WorkCalendar(
            AMSTERDAM,
            {0: ((time(9), time(17)),)},
            {date(2026, 1, 1) + timedelta(days=day): "moved" for day in range(800)},
        ),
    ],
    ids=["no days", "no hours", "closing before opening", "closed for two years"],
)
def test_a_team_that_is_never_at_work_says_so(calendar: WorkCalendar) -> None:
    with pytest.raises(NeverOpen):
        calendar.next_open(at("2026-01-02 12:00"))
    with pytest.raises(NeverOpen):
        calendar.add(at("2026-01-02 12:00"), MINUTE)


def test_an_amount_of_years_is_no_reason_to_say_never() -> None:
    mondays = WorkCalendar(AMSTERDAM, {0: ((time(9), time(10)),)})
    assert mondays.add(at("2026-01-05 09:00"), timedelta(hours=105)) == at("2028-01-03 10:00")


def test_the_reasons_for_lost_time_are_named_once() -> None:
    begin, finish = at("2026-12-18 16:00"), at("2026-12-28 10:00")
    assert OFFICE.closed_between(begin, finish) == ["weekend", "Eerste kerstdag"]
    assert OFFICE.closed_between(at("2026-11-18 09:00"), at("2026-11-18 17:00")) == []


def test_only_saturday_and_sunday_are_called_weekend() -> None:
    days = {weekday: ((time(9), time(17)),) for weekday in (0, 1, 3, 5)}
    week = at("2026-11-16 09:00"), at("2026-11-23 10:00")
    for language, closed in (
        ("nl", ["dicht op woensdag", "dicht op vrijdag", "weekend"]),
        ("en", ["closed on Wednesday", "closed on Friday", "weekend"]),
    ):
        with translation.override(language):
            assert WorkCalendar(AMSTERDAM, days).closed_between(*week) == closed


@pytest.mark.parametrize("where", ["C.UTF-8", "nl_NL.UTF-8", "de_DE.UTF-8"])
def test_holidays_are_named_in_the_readers_language_wherever_the_program_runs(
    monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    for name in ("LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.setenv(name, where)
    public_holidays.cache_clear()
    off = public_holidays("NL", 2026)
    assert off[date(2026, 12, 26)] == Holiday("Tweede kerstdag", "Second Day of Christmas")
    calendar = WorkCalendar(AMSTERDAM, dict.fromkeys(range(7), ((time(9), time(17)),)), off)
    days = at("2026-12-25 09:00"), at("2026-12-26 12:00")
    with translation.override("en"):
        english = calendar.closed_between(*days)
        assert english == ["Christmas Day", "Second Day of Christmas"]
        facts = calendar.facts()
    with translation.override("nl"):
        assert calendar.closed_between(*days) == ["Eerste kerstdag", "Tweede kerstdag"]
        # Two programs that speak other languages do not think that the hours changed.
        assert calendar.facts() == facts


@pytest.mark.parametrize("country", ["NL", "BE", "DE", "LU", "FR", "GB"])
def test_every_countrys_holidays_have_both_names(country: str) -> None:
    public_holidays.cache_clear()
    days = public_holidays(country, 2026)
    assert len(days) >= 5
    assert all(holiday.nl and holiday.en for holiday in days.values())
