"""`/healthz`: this process answers. `/readyz`: it can do its work, with a reason for each part.

Only what makes every call fail makes it not ready: no database, or a schema that the code doesn't
know. Without a broker, or with an outbox that is behind, calls are still accepted and nothing is
lost, so that is reported as `degraded` and the process stays in service.
"""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import redis
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from notifications.models import Delivery, DeliveryState

# Older than this and someone should look at the worker.
_LATE = timedelta(minutes=5)
_KEEP_SECONDS = 2.0
_BROKER_TIMEOUT_SECONDS = 1.0

Facts = dict[str, Any]


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while this process can answer at all; touches nothing."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """200 `{"status": "ok" | "degraded", "checks": {...}}`, or 503 with `"unavailable"`.

    Each check has `ok`, `ms` and its own facts.
    """
    facts = _readiness.facts()
    status = HTTPStatus.SERVICE_UNAVAILABLE if facts["status"] == "unavailable" else HTTPStatus.OK
    response = JsonResponse(facts, status=status)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "5"
    return response


class Readiness:
    """The checks, made at most once in two seconds however often they are asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made_at = float("-inf")
        self._facts: Facts = {}

    def facts(self) -> Facts:
        with self._lock:
            if time.monotonic() - self._made_at >= _KEEP_SECONDS:
                self._facts = _look()
                self._made_at = time.monotonic()
            return self._facts

    def forget(self) -> None:
        """Look again at the next call."""
        with self._lock:
            self._made_at = float("-inf")


_readiness = Readiness()
forget = _readiness.forget


def _look() -> Facts:
    checks = {"database": _timed(_database)}
    if checks["database"]["ok"]:
        checks["migrations"] = _timed(_migrations)
        if checks["migrations"]["ok"]:
            checks["outbox"] = _timed(_outbox)
    if settings.REDIS_URL:
        checks["broker"] = _timed(_broker)
    needed = [checks[name]["ok"] for name in ("database", "migrations") if name in checks]
    if not all(needed):
        status = "unavailable"
    else:
        status = "ok" if all(check["ok"] for check in checks.values()) else "degraded"
    return {"status": status, "checks": checks}


def _timed(check: Callable[[], Facts]) -> Facts:
    """A check's facts with its milliseconds; a failure by its type, since messages name hosts."""
    began = time.perf_counter()
    try:
        facts = check()
    except (DatabaseError, redis.RedisError, OSError) as error:
        facts = {"ok": False, "error": type(error).__name__}
    return {**facts, "ms": round((time.perf_counter() - began) * 1000, 1)}


def _database() -> Facts:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return {"ok": cursor.fetchone() == (1,)}


def _migrations() -> Facts:
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return {"ok": not waiting, "pending": len(waiting)}


def _outbox() -> Facts:
    """Seconds that the oldest delivery is late, and what was given up in the last day."""
    now = timezone.now()
    due = (
        Delivery.objects.filter(state=DeliveryState.QUEUED, due__lte=now)
        .order_by("due", "id")
        .values_list("due", flat=True)
        .first()
    )
    late = now - due if due else timedelta()
    dead = Delivery.objects.filter(
        state=DeliveryState.DEAD, settled_at__gte=now - timedelta(days=1)
    ).count()
    return {
        "ok": late <= _LATE,
        "oldest_due_seconds": int(late.total_seconds()),
        "dead_last_day": dead,
    }


def _broker() -> Facts:
    with redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=_BROKER_TIMEOUT_SECONDS,
        socket_connect_timeout=_BROKER_TIMEOUT_SECONDS,
    ) as client:
        return {"ok": bool(client.ping())}
