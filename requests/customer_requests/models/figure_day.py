"""Which days have been counted for the figures, and which have to be counted anew."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.db import models

from server.accounts.models import Team


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
    def recount(cls, moments: Iterable[datetime | None], *teams: Team) -> None:
        """What these teams did at these moments has changed: count those days again.

        Part of the transaction that changed it; days that were not counted yet will be.
        """
        days = {
            moment.astimezone(ZoneInfo(team.time_zone)).date()
            for moment in moments
            if moment is not None
            for team in teams
        }
        cls.objects.filter(day__in=sorted(days)).update(stale=True)
