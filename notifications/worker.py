"""The loop that empties the outbox, and its place in every Celery worker.

In the embedded default `manage.py drain` is this loop. At scale each Celery worker's main process
runs it in a thread, so that what Redis lost, or never heard of, is sent all the same.
"""

import logging
import threading
import time
from typing import Any

from celery import bootsteps
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

logger = logging.getLogger(__name__)

# With a broker the sweep only finds what its messages missed.
SWEEP_EVERY_SECONDS = 5.0
CLOCK_EVERY_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 30.0
# A batch takes at most 30 seconds (notifications.drain), and then a message still has to end.
JOIN_SECONDS = 35.0


def keep_sending(stop: threading.Event, *, every: float) -> None:
    """Send what is due and run the clock until `stop` is set; a batch that began is finished.

    Looks again after `every` seconds, at once while there is work, and less and less often (up to
    LONGEST_PAUSE_SECONDS) while the database is away, which is logged once.
    """
    pause, away, clock_at = every, False, 0.0
    while not stop.is_set():
        close_old_connections()
        try:
            busy = _send_due()
            if time.monotonic() >= clock_at:
                _run_clock()
                clock_at = time.monotonic() + CLOCK_EVERY_SECONDS
        except Exception as error:  # whatever it is, the rest of the outbox still has to be sent
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            if not isinstance(error, DatabaseError | InterfaceError):
                logger.exception("the outbox could not be emptied")
            elif not away:
                away = True
                logger.warning("the database is away", extra={"error": type(error).__name__})
            connection.close()
            stop.wait(pause)
            continue
        if away:
            logger.info("the database is back")
        pause, away = every, False
        if not busy:
            stop.wait(every)
    close_old_connections()
    connection.close()


def send_once() -> int:
    """Send all that is due now and run the clock once; returns how many deliveries were tried."""
    _run_clock()
    tried = 0
    while some := _send_due():
        tried += some
    return tried


def _send_due() -> int:
    # Celery loads this module before Django's apps are there, and their models can't be yet.
    from notifications import drain

    return drain.send_due()


def _run_clock() -> None:
    from notifications import periodic

    periodic.run_due()


class Sweeping(bootsteps.StartStopStep):  # type: ignore[misc]  # celery has no types
    """Sweeps in the worker's main process, from before the first connection to the broker.

    It starts after the pool, so that no thread of ours is cut in half by its forks, and before
    the consumer, so that it does not wait for Redis.
    """

    requires = ("celery.worker.components:Pool",)

    def __init__(self, worker: Any, **options: Any) -> None:
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        super().__init__(worker, **options)

    def start(self, worker: Any) -> None:
        self._thread = threading.Thread(
            target=keep_sending,
            args=(self._stop,),
            kwargs={"every": SWEEP_EVERY_SECONDS},
            name="sweep",
            daemon=True,
        )
        self._thread.start()

    def stop(self, worker: Any) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    def terminate(self, worker: Any) -> None:
        """A cold stop: the lease of what was being sent runs out, and another worker has it."""
        self._stop.set()
