"""What was counted, as it may be shown: never of so few that it says something of a person."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from fractions import Fraction

from django.db import models
from django.utils import timezone

from ambassadors.models.counts import Tally, tally
from ambassadors.models.headcount import CountedMonth, DepartmentMonth, month_of
from ambassadors.models.privacy import Programme
from server.accounts.models import Department, Placement, User
from server.problems import NotFound

# A company of at most this many is counted while you wait; a larger one by the clock.
LIVE_MOST = 2000


@dataclass(frozen=True, slots=True)
class Figures:
    """One month as it may be shown.

    `departments` are those large enough; `rest` is what the others are together. Where even that
    would say something of a few, `total` is None and nothing is shown.
    """

    month: date
    goal_percent: int
    smallest_group: int
    counted_at: datetime
    closed: bool
    total: Tally | None
    departments: list[Tally]
    rest: Tally | None

    def of(self, department: uuid.UUID | None) -> Tally | None:
        """One department's figures, where they may be shown."""
        return next((row for row in self.departments if row.department == department), None)


def read(month: date) -> Figures:
    """A month's figures: stored ones, or counted now for the month that goes on in a small company.

    Raises NotFound for a month of before the programme, or that has yet to begin.
    """
    row = CountedMonth.objects.filter(month=month).first()
    if month == month_of() and counted_while_waiting(row):
        return _live(month, row)
    if row is None:
        raise NotFound
    rows = DepartmentMonth.objects.filter(month=row)
    return _shown(
        row,
        [
            Tally(each.department_id, each.eligible, each.certified, each.active, each.lapsing)
            for each in rows
        ],
    )


def counted_while_waiting(row: CountedMonth | None = None) -> bool:
    """Whether the company is small enough to count when somebody asks.

    `row` is the last count of it, where there is one at hand.
    """
    row = row or CountedMonth.objects.order_by("-month").first()
    if row is not None:
        total = row.rows.aggregate(people=models.Sum("eligible"))["people"] or 0
        return bool(total <= LIVE_MOST)
    return not Placement.objects.now().order_by()[LIVE_MOST : LIVE_MOST + 1].exists()


def _live(month: date, begun: CountedMonth | None) -> Figures:
    settings = Programme.current().as_counted()
    if begun is not None:  # those that the month began with, as `store` has it
        settings["departments"] = begun.departments
    row = CountedMonth(month=month, counted_at=timezone.now(), **settings)
    return _shown(row, tally(month, row.counted_at, row.departments))


def _shown(row: CountedMonth, tallies: Collection[Tally]) -> Figures:
    smallest = max(row.smallest_group, Programme.current().smallest_group)
    large, rest = without_small_groups(tallies, smallest)
    total = Tally.together(tallies)
    names = dict(
        Department.objects.filter(pk__in=[each.department for each in large]).values_list(
            "pk", "name"
        )
    )
    named = [
        replace(each, name=names.get(each.department, "") if each.department else "")
        for each in large
    ]
    return Figures(
        row.month,
        row.goal_percent,
        smallest,
        row.counted_at,
        row.closed_at is not None,
        total if total.eligible >= smallest or not total.eligible else None,
        sorted(named, key=lambda each: (-each.share, each.name)),
        rest,
    )


def without_small_groups(
    tallies: Collection[Tally], smallest: int
) -> tuple[list[Tally], Tally | None]:
    """Those that may be shown on their own, and the others together.

    Where the others are so few that the total would give them away, the smallest of the shown
    join them until they are enough.
    """
    people = sorted((each for each in tallies if each.eligible), key=_size)
    hidden = [each for each in people if each.eligible < smallest]
    shown = [each for each in people if each.eligible >= smallest]
    while hidden and shown and sum(each.eligible for each in hidden) < smallest:
        hidden.append(shown.pop(0))
    return shown, Tally.together(hidden) if hidden else None


@dataclass(frozen=True, slots=True)
class Known:
    """What a reader may know of a number: `exact`, or that it is `less` or `more` than this; where
    all three are None, nothing.
    """

    exact: float | None = None
    less: int | None = None
    more: int | None = None

    @classmethod
    def of(cls, number: int, people: int, few: int) -> "Known":
        """So many of these people. Fewer than `few` of them, or all but fewer, are no exact number:
        none or all would say of each of them which they are. Of fewer than twice `few` people every
        number is such a one. `few` is 0 for who may know all.
        """
        if not people:
            return cls(number)
        if people < 2 * few:
            return cls()
        if number < few:
            return cls(less=few)
        if people - number < few:
            return cls(more=people - few)
        return cls(number)


@dataclass(frozen=True, slots=True)
class Line:
    """A row of figures as one reader may read it. `reached` is whether the goal is known to be."""

    department: uuid.UUID | None
    name: str
    eligible: int
    certified: Known
    active: Known
    lapsing: Known
    percent: Known
    reached: bool

    @classmethod
    def of(cls, row: Tally, *, goal: int, few: int) -> "Line":
        """`few` as for `Known.of`."""
        active = Known.of(row.active, row.eligible, few)
        return cls(
            row.department,
            row.name,
            row.eligible,
            Known.of(row.certified, row.eligible, few),
            active,
            Known.of(row.lapsing, row.eligible, few),
            _percent(row, active),
            active.exact is not None and row.reaches(goal),
        )


def _percent(row: Tally, active: Known) -> Known:
    if active.less is not None:
        return Known(less=-(-100 * active.less // row.eligible))
    if active.more is not None:
        return Known(more=100 * active.more // row.eligible)
    return Known(None if active.exact is None else row.percent)


def few_for(user: User, found: Figures) -> int:
    """How few are no exact number to this reader; 0 for editors and administrators, who answer for
    the programme. A manager is the boss of whom the figures are about.
    """
    return 0 if user.is_editor or user.is_admin else found.smallest_group


def for_everybody(found: Figures) -> list[Tally]:
    """The departments that all employees read of, most active first.

    From twice the smallest group on, so that neither the active nor the others are too few in all
    of what it can be. Fewer active, or fewer others, than such a group take the place of just as
    many: an order of places would tell them apart.
    """
    few = found.smallest_group

    def place(each: Tally) -> tuple[Fraction, str]:
        active = min(max(each.active, few), each.eligible - few)
        return Fraction(-active, each.eligible), each.name

    return sorted((each for each in found.departments if each.eligible >= 2 * few), key=place)


def _size(each: Tally) -> tuple[int, str]:
    return each.eligible, str(each.department)


@dataclass(frozen=True, slots=True)
class Trend:
    """The company in one month, in a row of months."""

    month: date
    goal_percent: int
    total: Tally


def trend(last: date, months: int = 13) -> list[Trend]:
    """The stored totals of the months until `last`, oldest first; a query however long ago."""
    rows = CountedMonth.objects.filter(month__lte=last).order_by("-month")[:months]
    added = (
        DepartmentMonth.objects.filter(month__in=[row.month for row in rows])
        .values_list("month")
        .annotate(*(models.Sum(name) for name in ("eligible", "certified", "active", "lapsing")))
        .order_by()
    )
    sums = {month: Tally(None, *numbers) for month, *numbers in added}
    smallest = Programme.current().smallest_group
    found = []
    for row in reversed(rows):
        total = sums.get(row.month, Tally(None))
        if total.eligible >= max(row.smallest_group, smallest):
            found.append(Trend(row.month, row.goal_percent, total))
    return found
