"""Tells a Celery worker that there is something to send, without making anybody wait for Redis.

Only a nudge: a lost or late one costs seconds, because every worker sweeps the outbox. So it goes
through one thread per process with a short queue, and what does not fit is dropped.
"""

import logging
import os
import queue
import threading

from django.conf import settings

logger = logging.getLogger(__name__)

_waiting: queue.Queue[list[str]] = queue.Queue(maxsize=1000)
_lock = threading.Lock()
_publisher: tuple[int, threading.Thread] | None = None


def nudge(delivery_ids: list[str]) -> None:
    """Ask for these deliveries to be sent soon; returns at once, whatever the broker does.

    Without REDIS_URL it does nothing: `manage.py drain` looks by itself twice a second.
    """
    if not settings.REDIS_URL:
        return
    _start_publisher()
    try:
        _waiting.put_nowait(delivery_ids)
    except queue.Full:
        logger.info("nudge dropped, the sweep will find it", extra={"count": len(delivery_ids)})


def _start_publisher() -> None:
    """One thread per process: a thread does not survive a fork, so it belongs to a process id."""
    global _publisher
    with _lock:
        if _publisher is None or _publisher[0] != os.getpid() or not _publisher[1].is_alive():
            thread = threading.Thread(target=_publish_for_ever, name="nudge", daemon=True)
            _publisher = (os.getpid(), thread)
            thread.start()


def _publish_for_ever() -> None:
    from notifications.tasks import deliver

    while True:
        ids = _waiting.get()
        try:
            deliver.apply_async([ids], retry=False)
        except Exception as error:  # whatever a broken broker raises; the sweep makes up for it
            logger.warning("nudge failed", extra={"error": type(error).__name__})
