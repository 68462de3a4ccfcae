"""Arithmetic in a team's working time: several periods a day, closing days, summer time.

Pure functions of a `WorkCalendar`; nothing here reads a database or a clock. All moments are
aware datetimes; all amounts are elapsed working time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

Period = tuple[time, time]

# A calendar without one working minute in so many days on end is not a calendar.
_HORIZON_DAYS = 366


class NeverOpen(ValueError):
    """The calendar has no working time for a year on end."""


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


@dataclass(frozen=True)
class WorkCalendar:
    """When a team works: `periods` by weekday (0 is Monday), local time, and days it is closed.

    A period that closes at `time.max` lasts until midnight, because 24:00 can't be written.
    Periods of a day may overlap; working time counts once. `closed` maps a date to why: the name
    of a holiday or of the team's own closing day.
    """

    zone: ZoneInfo
    periods: Mapping[int, tuple[Period, ...]]
    closed: Mapping[date, str] = field(default_factory=dict)

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
            "closed": {day.isoformat(): why for day, why in self.closed.items()},
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

    def open_periods(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The working periods of one local day as moments in UTC, in order."""
        if day in self.closed:
            return
        free_from = datetime.min.replace(tzinfo=UTC)
        for opens, closes in sorted(self.periods.get(day.weekday(), ())):
            start = max(_when_shown(day, opens, self.zone), free_from)
            if closes == time.max:
                end = _when_shown(day + timedelta(days=1), time.min, self.zone)
            else:
                end = _when_shown(day, closes, self.zone)
            if start < end:
                yield start, end
                free_from = end

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

    def _today(self, moment: datetime) -> Iterator[tuple[datetime, datetime]]:
        return self.open_periods(moment.astimezone(self.zone).date())

    def next_open(self, moment: datetime) -> datetime:
        """The moment itself when the team is at work then, else when it next begins."""
        for start, _ in self._from(moment.astimezone(UTC)):
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

    def between(self, begin: datetime, finish: datetime) -> timedelta:
        """The working time from `begin` to `finish`; zero when `finish` is not later."""
        total = timedelta()
        begin, finish = begin.astimezone(UTC), finish.astimezone(UTC)
        day, last = begin.astimezone(self.zone).date(), finish.astimezone(self.zone).date()
        while day <= last:
            for start, end in self.open_periods(day):
                overlap = min(end, finish) - max(start, begin)
                total += max(overlap, timedelta())
            day += timedelta(days=1)
        return total

    def closed_between(self, begin: datetime, finish: datetime) -> list[str]:
        """Why working time was lost on the way, each reason once: `weekend` or a holiday's name."""
        reasons: list[str] = []
        day = begin.astimezone(self.zone).date()
        last = finish.astimezone(self.zone).date()
        while day <= last:
            why = self.closed.get(day) or ("" if self.periods.get(day.weekday()) else "weekend")
            if why and why not in reasons:
                reasons.append(why)
            day += timedelta(days=1)
        return reasons
