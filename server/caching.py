"""The shared cache, which may be away without taking anything with it.

It holds rate counters and what can be fetched again. So an error of Redis is a miss, and after one
Redis is left alone for some seconds, lest every request waits for the same time-out.
"""

import logging
import time
from collections.abc import Callable
from pickle import UnpicklingError
from typing import Any, TypeVar

from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

LEFT_ALONE_SECONDS = 5.0
T = TypeVar("T")


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache; what it can't do now it does not do."""

    _away_until = 0.0

    def _try(self, do: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < ForgivingRedisCache._away_until:
            return otherwise
        try:
            return do()
        except (RedisError, OSError, UnpicklingError) as error:
            ForgivingRedisCache._away_until = time.monotonic() + LEFT_ALONE_SECONDS
            logger.warning("the cache is away", extra={"error": type(error).__name__})
            return otherwise

    def add(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(ForgivingRedisCache, self).add(*args, **kwargs), True)

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try(
            lambda: super(ForgivingRedisCache, self).get(key, default, version), default
        )

    def get_many(self, *args: Any, **kwargs: Any) -> dict[Any, Any]:
        return self._try(lambda: super(ForgivingRedisCache, self).get_many(*args, **kwargs), {})

    def set(self, *args: Any, **kwargs: Any) -> None:
        self._try(lambda: super(ForgivingRedisCache, self).set(*args, **kwargs), None)

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        return self._try(lambda: super(ForgivingRedisCache, self).set_many(*args, **kwargs), [])

    def incr(self, *args: Any, **kwargs: Any) -> int:
        return self._try(lambda: super(ForgivingRedisCache, self).incr(*args, **kwargs), 0)

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(ForgivingRedisCache, self).touch(*args, **kwargs), False)

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        return self._try(lambda: super(ForgivingRedisCache, self).delete(*args, **kwargs), False)
