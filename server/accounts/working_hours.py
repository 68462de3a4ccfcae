"""Arithmetic in a team's working time: several periods a day, closing days, summer time.

Pure functions of a `WorkCalendar`; nothing here reads a database or a clock. All moments are
aware datetimes; all amounts are elapsed working time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dates import WEEKDAYS
from django.utils.translation import get_language
from django.utils.translation import gettext as _

Period = tuple[time, time]

# A calendar without one working minute in so many days on end is not a calendar.
_HORIZON_DAYS = 366
_WEEKEND = (5, 6)


class NeverOpen(ValueError):
    """The calendar has no working time for a year on end."""


@dataclass(frozen=True)
class Holiday:
    """A public holiday; as text it is its name in the reader's language."""

    nl: str
    en: str

    def __str__(self) -> str:
        return self.en if (get_language() or "nl").startswith("en") else self.nl


def _when_shown(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The moment, in UTC, at which the clock on the wall first shows this time or jumps past it."""
    local = datetime.combine(day, clock, zone)
    shown = local.astimezone(UTC)
    wall = local.replace(tzinfo=None)
    if shown.astimezone(zone).replace(tzinfo=None) == wall:
        return shown
    # Skipped when summer time began: the jump lies between what both offsets make of it.
    before = local.replace(fold=1).astimezone(UTC)
    while shown - before > timedelta.resolution:
        middle = before + (shown - before) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            before = middle
        else:
            shown = middle
    return shown


@lru_cache(maxsize=20_000)
def _open_periods(
    day: date, zone: ZoneInfo, periods: tuple[Period, ...]
) -> tuple[tuple[datetime, datetime], ...]:
    """What is open on this day between local times, as moments; where they overlap, once."""
    found = []
    free_from = datetime.min.replace(tzinfo=UTC)
    for opens, closes in sorted(periods):
        start = max(_when_shown(day, opens, zone), free_from)
        if closes == time.max:
            end = _when_shown(day + timedelta(days=1), time.min, zone)
        else:
            end = _when_shown(day, closes, zone)
        if start < end:
            found.append((start, end))
            free_from = end
    return tuple(found)


@dataclass(frozen=True)
class WorkCalendar:
    """When a team works: `periods` by weekday (0 is Monday), local time, and days it is closed.

    A period that closes at `time.max` lasts until midnight, because 24:00 can't be written.
    Periods of a day may overlap; working time counts once. `closed` maps a date to why: the name
    of a holiday or of the team's own closing day.
    """

    zone: ZoneInfo
    periods: Mapping[int, tuple[Period, ...]]
    closed: Mapping[date, str | Holiday] = field(default_factory=dict)

    @classmethod
    def around_the_clock(cls, zone: ZoneInfo) -> "WorkCalendar":
        """Always at work: working time is elapsed time."""
        return cls(zone, dict.fromkeys(range(7), ((time.min, time.max),)))

    def facts(self) -> dict[str, Any]:
        """All that it says, as JSON can keep it; `from_facts` makes it again."""
        return {
            "zone": self.zone.key,
            "periods": {
                str(day): [[opens.isoformat(), closes.isoformat()] for opens, closes in periods]
                for day, periods in self.periods.items()
            },
            # By the Dutch name, whoever asks: other words for a holiday are no other hours.
            "closed": {
                day.isoformat(): why.nl if isinstance(why, Holiday) else why
                for day, why in self.closed.items()
            },
        }

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> "WorkCalendar":
        return cls(
            ZoneInfo(facts["zone"]),
            {
                int(day): tuple(
                    (time.fromisoformat(opens), time.fromisoformat(closes))
                    for opens, closes in periods
                )
                for day, periods in facts["periods"].items()
            },
            {date.fromisoformat(day): why for day, why in facts["closed"].items()},
        )

    def open_periods(self, day: date) -> Sequence[tuple[datetime, datetime]]:
        """The working periods of one local day as moments in UTC, in order."""
        if day in self.closed:
            return ()
        return _open_periods(day, self.zone, self.periods.get(day.weekday(), ()))

    @cached_property
    def _amounts(self) -> dict[date, timedelta]:
        """The working time of whole days, as far as it was asked for."""
        return {}

    def _amount(self, day: date) -> timedelta:
        found = self._amounts.get(day)
        if found is None:
            spans = (end - start for start, end in self.open_periods(day))
            found = self._amounts[day] = sum(spans, timedelta())
        return found

    def _from(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is open from this moment on; ends after a year without anything."""
        day = moment.astimezone(self.zone).date()
        quiet_days = 0
        while quiet_days < _HORIZON_DAYS:
            quiet_days += 1
            for start, end in self.open_periods(day):
                if end > moment:
                    quiet_days = 0
                    yield max(start, moment), end
            day += timedelta(days=1)

    def is_open(self, moment: datetime) -> bool:
        return any(start <= moment < end for start, end in self._today(moment))

    def _today(self, moment: datetime) -> Sequence[tuple[datetime, datetime]]:
        return self.open_periods(moment.astimezone(self.zone).date())

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself when the team is at work then, else when it next begins."""
        for start, _end in self._from(moment.astimezone(UTC)):
            return start
        raise NeverOpen

    def add(self, moment: datetime, amount: timedelta) -> datetime:
        """The moment at which `amount` of working time has passed since `moment`.

        Nothing added to a moment outside working time is when the team next begins.
        """
        left = amount
        for start, end in self._from(moment.astimezone(UTC)):
            if left <= end - start:
                return start + left
            left -= end - start
        raise NeverOpen

    def worked_until(self, moment: datetime) -> datetime:
        """The moment itself when the team is at work then, else when it last stopped.

        What was to be done before this is late: somebody has worked since. What was for closing
        time is not late before the team is back. A year ago where it has not worked since.
        """
        day = moment.astimezone(self.zone).date()
        for _quiet in range(_HORIZON_DAYS):
            for start, end in reversed(self.open_periods(day)):
                if start < moment:
                    return min(end, moment)
            day -= timedelta(days=1)
        return moment - timedelta(days=_HORIZON_DAYS)

    def between(self, begin: datetime, finish: datetime) -> timedelta:
        """The working time from `begin` to `finish`; zero when `finish` is not later."""
        begin, finish = begin.astimezone(UTC), finish.astimezone(UTC)
        first, last = begin.astimezone(self.zone).date(), finish.astimezone(self.zone).date()
        total = timedelta()
        for day in sorted({first, last}) if first <= last else ():
            for start, end in self.open_periods(day):
                total += max(min(end, finish) - max(start, begin), timedelta())
        # What was due a year ago is asked for on every row of a queue.
        for number in range(first.toordinal() + 1, last.toordinal()):
            total += self._amount(date.fromordinal(number))
        return total

    def closed_between(self, begin: datetime, finish: datetime) -> list[str]:
        """Why working time was lost on the way, in the reader's language and each reason once: the
        weekend, another weekday without hours, or the name of a closing day or of a holiday.
        """
        reasons: list[str] = []
        day = begin.astimezone(self.zone).date()
        last = finish.astimezone(self.zone).date()
        while day <= last:
            off = self.closed.get(day)
            why = str(off or ("" if self.periods.get(day.weekday()) else _never_on(day.weekday())))
            if why and why not in reasons:
                reasons.append(why)
            day += timedelta(days=1)
        return reasons


def _never_on(weekday: int) -> str:
    if weekday in _WEEKEND:
        return _("weekend")
    return _("closed on %(day)s") % {"day": WEEKDAYS[weekday]}
