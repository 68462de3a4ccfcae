"""Heights that the whole company reached for the first time: 5%, 10% and so on."""

from datetime import date
from typing import ClassVar

from django.db import models
from django.utils import timezone

from ambassadors.models.counts import Tally

STEP = 5


class Milestone(models.Model):
    """Reached once: falling back and coming again is no news. `told_at` is when all heard."""

    percent = models.PositiveSmallIntegerField(unique=True)
    month = models.DateField()
    reached_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["percent"]

    def __str__(self) -> str:
        return f"{self.percent}% {self.month:%Y-%m}"

    @classmethod
    def reach(cls, month: date, total: Tally) -> None:
        """Write down the highest one that this total has reached, where that is new."""
        reached = int(100 * total.share) // STEP * STEP
        highest = cls.objects.aggregate(highest=models.Max("percent"))["highest"] or 0
        if reached > highest:
            cls.objects.get_or_create(percent=reached, defaults={"month": month})
