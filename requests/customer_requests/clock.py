"""What happens because time passes: the jobs of this app for `notifications.periodic`.

Each looks for its own work in small helpings and uses the verbs, which look again under the lock;
so a job that runs twice, or is cut off, does nothing wrong.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError
from django.db.models import QuerySet
from django.utils import timezone

from customer_requests.models import CustomerRequest, Presence, Status
from customer_requests.models.base import ENDED, Actor
from customer_requests.models.solving import CLOSE_AFTER
from customer_requests.problems import NotNow
from notifications import periodic

HELPING = 200
MOST_PER_RUN = 5000

logger = logging.getLogger(__name__)


def register() -> None:
    minute = timedelta(minutes=1)
    periodic.register("close-solved", every=minute, run=close_solved)
    periodic.register("end-waits", every=minute, run=end_waits)
    periodic.register("forget-presence", every=timedelta(hours=1), run=Presence.forget_old)
    periodic.register("erase-old", every=timedelta(hours=1), run=erase_old)


def close_solved() -> int:
    """Close what has been solved for a week without a word; returns how many."""
    late = CustomerRequest.objects.filter(
        status=Status.SOLVED, solved_at__lte=timezone.now() - CLOSE_AFTER
    )
    return _each(late.order_by("solved_at"), lambda request: request.close_unanswered())


def end_waits() -> int:
    """Set going again what waited until a date that has passed; returns how many."""
    over = CustomerRequest.objects.filter(status=Status.WAITING, waiting_until__lte=timezone.now())
    return _each(over.order_by("waiting_until"), lambda request: request.end_wait())


def erase_old() -> int:
    """Forget the customers of requests that ended longer ago than they may be kept."""
    before = timezone.now() - timedelta(days=settings.RETENTION_DAYS)
    old = CustomerRequest.objects.filter(status__in=ENDED, erased_at=None, closed_at__lte=before)
    return _each(old.order_by("closed_at"), lambda request: request.erase(by=Actor.clock()))


def _each(requests: "QuerySet[CustomerRequest]", do: Callable[[CustomerRequest], None]) -> int:
    """Do it to each, once per run; one that fails is logged and does not hold up the others."""
    done, seen = 0, set[UUID]()
    while helping := list(requests.exclude(pk__in=seen)[:HELPING]):
        for request in helping:
            seen.add(request.pk)
            try:
                do(request)
                done += 1
            except NotNow:
                continue  # someone was just before the clock; it no longer matches
            except DatabaseError:
                raise  # away or full: nothing else would go better
            except Exception:
                logger.exception("the clock failed on a request", extra={"id": str(request.pk)})
        if len(helping) < HELPING or len(seen) >= MOST_PER_RUN:
            break
    return done
