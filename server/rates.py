"""How fast somebody may call. Counts per fixed window in the cache, atomically.

When the cache is away (server.caching) nobody is held up: a limit is there to keep out floods, not
to be a second thing that can take the service down.
"""

import math
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def hit(scope: str, who: str, rate: str, *, count: int = 1) -> int:
    """Count a call; returns 0, or the seconds to wait where `rate` (as in `600/m`) is passed.

    With `count=0` it only looks.
    """
    allowed, period = rate.split("/")
    seconds = _SECONDS[period]
    now = time.time()
    window = int(now // seconds)
    key = f"rate:{scope}:{who}:{window}"
    try:
        cache.add(key, 0, seconds + 1)
        total = cache.incr(key, count) if count else (cache.get(key) or 0)
    except ValueError:
        return 0  # the window ended between the two calls
    over = total > int(allowed) if count else total >= int(allowed)
    return max(1, math.ceil((window + 1) * seconds - now)) if over else 0


class _Rate(BaseThrottle):
    _wait = 0

    def wait(self) -> float | None:
        return self._wait


class PersonRate(_Rate):
    """Per person who is signed in."""

    def allow_request(self, request: HttpRequest) -> bool:
        person = str(request.user.pk)
        self._wait = hit("person", person, settings.RATE_LIMIT_PERSON)
        return not self._wait


class LinkRate(_Rate):
    """Per address, for the calls that need no account."""

    def allow_request(self, request: HttpRequest) -> bool:
        self._wait = hit("link", address_of(request), settings.RATE_LIMIT_LINK)
        return not self._wait


def address_of(request: HttpRequest) -> str:
    """The caller's address, behind as many proxies as TRUSTED_PROXY_COUNT says."""
    hops = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if hops and len(forwarded) >= hops and forwarded[-hops]:
        return forwarded[-hops]
    return str(request.META.get("REMOTE_ADDR", ""))
