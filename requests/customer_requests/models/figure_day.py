"""Which days have been counted for the figures, and which have to be counted anew."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar

from django.db import models
from django.utils import timezone


class FigureDay(models.Model):
    """A day that has been counted; `stale` when what was counted may have changed since."""

    day = models.DateField(primary_key=True)
    stale = models.BooleanField(default=True)
    counted_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["day"], name="figure_day_stale", condition=models.Q(stale=True)),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"

    @classmethod
    def recount(cls, days: Iterable[date]) -> None:
        """What was done on these days has changed: count them again.

        Part of the transaction that changed it. Days that were not counted yet will be, and so will
        today, every few minutes: nobody waits here for who else did something today.
        """
        today = timezone.now().date()
        if past := sorted(day for day in days if day < today):
            cls.objects.filter(day__in=past).update(stale=True)
