"""The clock: jobs that every worker looks at and that run once per period.

A feature registers a job when it starts. Each job looks for its own work and does it in
transactions of its own, so a run that was cut off or doubled is harmless.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from notifications.models import PeriodicRun

logger = logging.getLogger(__name__)

KEEP_RUNS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Job:
    name: str
    every: timedelta | None
    run: Callable[[], object]


_jobs: dict[str, Job] = {}


def register(name: str, *, every: timedelta | None, run: Callable[[], object]) -> None:
    """Run it once per period; without a period at every look of every worker, by its own locks."""
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
        if job.every is None:
            _run_each_time(job)
            continue
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


def _run_each_time(job: Job) -> None:
    try:
        job.run()
    except (OperationalError, InterfaceError):
        raise  # the database is away, which the loop above us knows how to wait for
    except Exception:
        logger.exception("periodic job failed", extra={"job": job.name})


def forget_old_runs() -> None:
    PeriodicRun.objects.filter(started_at__lt=timezone.now() - KEEP_RUNS).delete()
