"""Counting a month from the rows that tell what happened, and keeping what was counted.

A month is counted as things stood in its last moment; the month that goes on, as they stand now.
Where everybody is stays what it was when the month began (`Placement.objects.counted`).
Eligible: had access, in a department that takes part. Certified: of those who opted in, accepted
the policy in force and held a valid certificate of a course that teaches the policy. Active: of
those who told of a confirmed share, an own post or a public answer in that month.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Value
from django.utils import timezone

from ambassadors.models.ambassador import OptIn
from ambassadors.models.certificate import Certificate
from ambassadors.models.course import CourseVersion
from ambassadors.models.headcount import CountedMonth, DepartmentMonth, after, begin, month_of
from ambassadors.models.own_post import OwnPost
from ambassadors.models.policy import Acceptance, PolicyVersion
from ambassadors.models.privacy import Programme
from ambassadors.models.share import Share
from server.accounts.models import Placement

# What was begun before midnight has been written by then.
SETTLED = timedelta(minutes=10)
INSTANT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """The figures of one department, or of several together."""

    department: uuid.UUID | None
    eligible: int = 0
    certified: int = 0
    active: int = 0
    lapsing: int = 0
    name: str = ""

    @property
    def percent(self) -> float:
        """Rounded, to print; what is compared with a goal is `reaches`."""
        return round(100 * self.active / self.eligible, 1) if self.eligible else 0.0

    @property
    def share(self) -> Fraction:
        """The active ones of those who are eligible, exactly."""
        return Fraction(self.active, self.eligible) if self.eligible else Fraction(0)

    def reaches(self, percent: int) -> bool:
        """Whether at least so many in a hundred are active; 99 of 2,000 are not yet 5%."""
        return bool(self.eligible) and self.active * 100 >= percent * self.eligible

    @classmethod
    def together(cls, tallies: "Iterable[Tally]", name: str = "") -> "Tally":
        rows = list(tallies)
        return cls(
            None,
            sum(row.eligible for row in rows),
            sum(row.certified for row in rows),
            sum(row.active for row in rows),
            sum(row.lapsing for row in rows),
            name,
        )


def certified_at(moment: datetime, user: str = "user") -> Q:
    """Whose `user` was a certified ambassador at this moment."""
    mine = {"user": OuterRef(user)}
    policy = PolicyVersion.in_force(moment)
    accepted = Acceptance.objects.filter(version=policy, at__lte=moment, **mine)
    return (
        Q(Exists(OptIn.objects.at(moment).filter(**mine)))
        & Q(Exists(accepted))
        & Q(Exists(valid_at(moment).filter(**mine)))
    )


def active_between(first: datetime, last: datetime, user: str = "user") -> Q:
    """Whose `user` shared and said so, posted or answered, from the first moment to the last."""
    mine = {"user": OuterRef(user)}
    shares = Share.objects.filter(confirmed_at__gte=first, confirmed_at__lte=last, **mine)
    posts = OwnPost.objects.filter(posted_at__gte=first, posted_at__lte=last, **mine)
    return Q(Exists(shares)) | Q(Exists(posts))


def valid_at(moment: datetime, until: datetime | None = None) -> "QuerySet[Certificate]":
    """The certificates that hold at this moment, and as far as is known then still `until`.

    Those of a course that teaches the policy, as it did in the version that was passed: another
    course makes nobody an ambassador. A published version never changes, so neither does this.
    """
    teaching = CourseVersion.objects.filter(content__teaches_policy=True)
    return Certificate.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=until or moment),
        Q(revoked_at=None) | Q(revoked_at__gt=moment),
        issued_at__lte=moment,
        version__in=teaching.values("pk"),
    )


def tally(month: date, moment: datetime, departments: Collection[str] | None) -> list[Tally]:
    """The figures of each department with somebody in it.

    One statement, so that it is one moment: who comes in while it counts can't be certified
    without being eligible.
    """
    there = Placement.objects.counted(begin(month), moment)
    if departments is not None:
        there = there.filter(department__in=[uuid.UUID(each) for each in departments])
    over = begin(after(month))
    lasting = valid_at(moment, begin(after(after(month)))).filter(user=OuterRef("user"))
    holding = valid_at(moment, over).filter(user=OuterRef("user"))
    columns = ("department", "sure", "acts", "lapses", "n")
    certified = (
        there.filter(certified_at(moment))
        .annotate(
            sure=Value(value=True),
            acts=active_between(begin(month), moment),
            lapses=Q(Exists(holding)) & ~Q(Exists(lasting)),
        )
        .values("department", "sure", "acts", "lapses")
        .annotate(n=Count("pk"))
        .values_list(*columns)
        .order_by()
    )
    no = Value(value=False)
    everybody = (
        there.values("department")
        .annotate(n=Count("pk"), sure=no, acts=no, lapses=no)
        .values_list(*columns)
        .order_by()
    )
    counts: dict[uuid.UUID | None, Tally] = {}
    for department, sure, acts, lapses, number in everybody.union(certified, all=True):
        row = counts.get(department, Tally(department))
        counts[department] = replace(
            row,
            eligible=row.eligible + (0 if sure else number),
            certified=row.certified + (number if sure else 0),
            active=row.active + (number if acts else 0),
            lapsing=row.lapsing + (number if lapses else 0),
        )
    return list(counts.values())


@transaction.atomic(durable=True)
def store(month: date) -> CountedMonth:
    """Count this month and keep it: for good once it is over, and then never again.

    The departments that take part are those that the month began with: by changing them twice
    within a month the difference would be the figures of a few.
    """
    settings = Programme.current().as_counted()
    begun = {"counted_at": timezone.now(), **settings}
    CountedMonth.objects.get_or_create(month=month, defaults=begun)
    row = CountedMonth.objects.select_for_update().get(month=month)
    # Whoever waited for another count is later than that one.
    now = timezone.now()
    if row.closed_at is not None:
        return row
    for name in ("goal_percent", "smallest_group"):
        setattr(row, name, settings[name])
    over = begin(after(month))
    row.counted_at = now
    row.closed_at = now if now >= over + SETTLED else None
    row.save()
    row.rows.all().delete()
    DepartmentMonth.objects.bulk_create(
        DepartmentMonth(
            month=row,
            department_id=each.department,
            eligible=each.eligible,
            certified=each.certified,
            active=each.active,
            lapsing=each.lapsing,
        )
        for each in tally(month, min(now, over - INSTANT), row.departments)
    )
    return row


def store_due(most: int = 24) -> list[date]:
    """Count the month that goes on, and close those that are over; the earliest first.

    The first one is that of the first ambassador, or of the first count.
    """
    now = month_of()
    begun = OptIn.objects.order_by("begins_at").values_list("begins_at", flat=True).first()
    first = CountedMonth.objects.order_by("month").values_list("month", flat=True).first() or now
    month = min(first, month_of(begun)) if begun else first
    closed = CountedMonth.objects.filter(closed_at__isnull=False)
    known = set(closed.values_list("month", flat=True))
    due: list[date] = []
    while month <= now and len(due) < most:
        if month not in known:
            due.append(month)
        month = after(month)
    for month in due:
        store(month)
    return due
