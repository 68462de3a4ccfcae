"""The clock: jobs that every worker looks at and that run once per period.

A feature registers a job when it starts. Each job looks for its own work and does it in
transactions of its own, so a run that was cut off or doubled is harmless.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from notifications.models import PeriodicRun

logger = logging.getLogger(__name__)

KEEP_RUNS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta
    run: Callable[[], object]


_jobs: dict[str, Job] = {}


def register(name: str, *, every: timedelta, run: Callable[[], object]) -> None:
    if name in _jobs:
        raise ValueError(f"two periodic jobs are called {name}")
    _jobs[name] = Job(name, every, run)


def run_due() -> list[str]:
    """Run the jobs whose current period nobody took yet; returns their names.

    The insert of the period's row decides who runs it. A job that fails is logged and left for
    its next period; it does not keep the others from running.
    """
    ran = []
    for job in _jobs.values():
        period = int(time.time() // job.every.total_seconds())
        if PeriodicRun.objects.filter(job=job.name, period=period).exists():
            continue
        row, mine = PeriodicRun.objects.get_or_create(job=job.name, period=period)
        if not mine:
            continue
        try:
            job.run()
        except Exception as error:
            logger.exception("periodic job failed", extra={"job": job.name})
            row.error = type(error).__name__
        row.finished_at = timezone.now()
        row.save(update_fields=["finished_at", "error"])
        ran.append(job.name)
    return ran


def forget_old_runs() -> None:
    PeriodicRun.objects.filter(started_at__lt=timezone.now() - KEEP_RUNS).delete()
