"""The count of a month, stored per department, and never rewritten once the month is closed."""

from datetime import date, datetime, time
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from server.accounts.models import Department


class CountedMonth(models.Model):
    """One month of the company's calendar, by its first day, and the settings it was counted with.

    Open while the month goes on, and then counted anew now and then. Closed for good afterwards:
    people, departments and settings may change without changing what a month was.
    `departments` are the ids of those that counted, as they were when the month began; null where
    the whole company did.
    """

    month = models.DateField(primary_key=True)
    counted_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    goal_percent = models.PositiveSmallIntegerField()
    smallest_group = models.PositiveSmallIntegerField()
    departments = models.JSONField(null=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(month__day=1), name="month_by_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"


class DepartmentMonth(models.Model):
    """The figures of one department in one month; of who is in none where `department` is null.

    `lapsing` are those certified whose certificate ends in the month after.
    """

    month = models.ForeignKey(CountedMonth, on_delete=models.CASCADE, related_name="rows")
    department = models.ForeignKey(
        Department, null=True, on_delete=models.PROTECT, related_name="+"
    )
    eligible = models.PositiveIntegerField()
    certified = models.PositiveIntegerField()
    active = models.PositiveIntegerField()
    lapsing = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["month", "department"], name="department_month_once"),
            models.UniqueConstraint(
                fields=["month"], condition=Q(department=None), name="no_department_month_once"
            ),
            models.CheckConstraint(
                condition=Q(eligible__gte=F("certified"), certified__gte=F("active")),
                name="department_month_within",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month_id} {self.department_id}"


def zone() -> ZoneInfo:
    """Months are the company's."""
    return ZoneInfo(settings.TIME_ZONE)


def month_of(moment: datetime | None = None) -> date:
    """The first day of the month that this moment (or now) is in, where the company is."""
    return (moment or timezone.now()).astimezone(zone()).date().replace(day=1)


def after(month: date) -> date:
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def begin(month: date) -> datetime:
    """The moment in which it begins: midnight where the company is."""
    return datetime.combine(month, time.min, zone())
