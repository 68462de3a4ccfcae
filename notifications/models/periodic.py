"""Jobs that run once per period, however many workers look at the clock."""

from typing import ClassVar

from django.db import models
from django.utils import timezone


class PeriodicRun(models.Model):
    """That a job was taken for a period. The row is the lock: who inserts it runs the job.

    `finished_at` stays empty where the runner died; the next period makes up for it, since a
    job looks for work instead of being told.
    """

    job = models.CharField(max_length=60)
    period = models.BigIntegerField()
    started_at = models.DateTimeField(default=timezone.now)
    finished_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["job", "period"], name="periodic_run_once"),
        ]

    def __str__(self) -> str:
        return f"{self.job} {self.period}"
