"""Counting a month from the rows that tell what happened, and keeping what was counted.

A month is counted as things stood in its last moment; the month that goes on, as they stand now.
Eligible: had access, in a department that takes part. Certified: of those who opted in, accepted
the policy in force and held a certificate that was valid. Active: of those who told of a confirmed
share, an own post or a public answer in that month.
"""

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ambassadors.models.ambassador import OptIn
from ambassadors.models.certificate import Certificate
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
        return round(100 * self.active / self.eligible, 1) if self.eligible else 0.0

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
    """The certificates that hold at this moment, and as far as is known then still `until`."""
    return Certificate.objects.filter(
        Q(expires_at=None) | Q(expires_at__gt=until or moment),
        Q(revoked_at=None) | Q(revoked_at__gt=moment),
        issued_at__lte=moment,
    )


def tally(month: date, moment: datetime, departments: Collection[str] | None) -> list[Tally]:
    """The figures of each department with somebody in it, in three queries however many."""
    there = Placement.objects.at(moment)
    if departments is not None:
        there = there.filter(department__in=[uuid.UUID(each) for each in departments])
    counts: dict[uuid.UUID | None, Tally] = {}
    for department, number in there.values_list("department").annotate(n=Count("pk")).order_by():
        counts[department] = Tally(department, number)
    lasting = valid_at(moment, begin(after(after(month)))).filter(user=OuterRef("user"))
    certified = (
        there.filter(certified_at(moment))
        .annotate(acts=active_between(begin(month), moment), stays=Exists(lasting))
        .values_list("department", "acts", "stays")
        .annotate(n=Count("pk"))
        .order_by()
    )
    for department, acts, stays, number in certified:
        row = counts[department]
        counts[department] = replace(
            row,
            certified=row.certified + number,
            active=row.active + (number if acts else 0),
            lapsing=row.lapsing + (0 if stays else number),
        )
    return list(counts.values())


@transaction.atomic(durable=True)
def store(month: date) -> CountedMonth:
    """Count this month and keep it: for good once it is over, and then never again."""
    now = timezone.now()
    settings = Programme.current().as_counted()
    CountedMonth.objects.get_or_create(month=month, defaults={"counted_at": now, **settings})
    row = CountedMonth.objects.select_for_update().get(month=month)
    if row.closed_at is not None:
        return row
    for name, value in settings.items():
        setattr(row, name, value)
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
