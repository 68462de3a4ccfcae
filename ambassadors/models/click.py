"""Clicks on short links: counted apart from the redirect, by day, raw and human, of nobody.

The redirect puts a `Click` in a buffer of this process and answers. A thread writes the buffer
away about once a second, in one transaction for all that came in. So nobody waits for the count,
and a process that is killed loses at most what came in since the last time; one that is stopped
writes it first. See docs/decisions/0020-counting-clicks.md for what that was chosen from.
"""

import logging
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar

from django.db import (
    DatabaseError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    models,
    transaction,
)
from django.db.models import F
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ambassadors.models.example_post import ExamplePost
from ambassadors.models.share import Share
from ambassadors.robots import Visit

logger = logging.getLogger(__name__)

_SALT = "ambassadors.Click"
HELPING = 1000


@dataclass(frozen=True, slots=True)
class Click:
    """One request for a short link. `robot` is what gave a program away, "" where nothing did.

    `mark` tells the same visitor of the same link on the same day, and nothing else: a keyed hash
    under a key of that day, in which the address can't be read and which no other day repeats.
    """

    share: uuid.UUID
    post: uuid.UUID
    network: str
    at: datetime
    robot: str
    mark: str

    @classmethod
    def of(cls, share: Share, visit: Visit, at: datetime) -> "Click":
        told = f"{visit.address}\0{visit.agent}\0{share.pk}"
        day = timezone.localdate(at)
        mark = salted_hmac(f"{_SALT}.{day:%Y%m%d}", told, algorithm="sha256").hexdigest()
        robot = visit.robot
        return cls(share.pk, share.post_id, share.network, at, robot or "", mark[:32])


class ClickDay(models.Model):
    """The clicks of one day on the links of one example post on one network.

    `raw` is all of them, `human` those that nothing gave away as a program's, each visitor of a
    link once. It grows with posts and days, not with clicks or people.
    """

    post = models.ForeignKey(ExamplePost, on_delete=models.CASCADE, related_name="click_days")
    network = models.CharField(max_length=12)
    day = models.DateField()
    raw = models.PositiveIntegerField(default=0)
    human = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "network", "day"], name="click_day_once"),
            models.CheckConstraint(condition=models.Q(human__lte=F("raw")), name="click_day_fits"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.day:%Y-%m-%d}"

    @classmethod
    @transaction.atomic
    def count(cls, clicks: Sequence[Click]) -> None:
        """Add these clicks to their days and their shares; all of them or none."""
        people = ClickMark.first_of([click for click in clicks if not click.robot])
        shares: dict[uuid.UUID, list[int]] = {}
        days: dict[tuple[uuid.UUID, str, date], list[int]] = {}
        for click in clicks:
            # The first of this visitor counts for them; what comes after it is raw only.
            human = not click.robot and click.mark in people
            people.discard(click.mark)
            day = (click.post, click.network, timezone.localdate(click.at))
            for counts in (shares.setdefault(click.share, [0, 0]), days.setdefault(day, [0, 0])):
                counts[0] += 1
                counts[1] += human
        Share.add_clicks(shares)
        cls._add(days)

    @classmethod
    def _add(cls, days: dict[tuple[uuid.UUID, str, date], list[int]]) -> None:
        rows = [ClickDay(post_id=post, network=network, day=day) for post, network, day in days]
        ClickDay.objects.bulk_create(rows, ignore_conflicts=True)
        # In one order, so that two processes that count don't wait for each other.
        for (post, network, day), (raw, human) in sorted(days.items()):
            cls.objects.filter(post=post, network=network, day=day).update(
                raw=F("raw") + raw, human=F("human") + human
            )


class ClickMark(models.Model):
    """That a visitor was here today, to count them once; gone when the day is over.

    `batch` is who put it there first, where two processes count the same visitor at once.
    """

    # The longest day, when the clock goes back.
    KEPT: ClassVar[timedelta] = timedelta(hours=25)

    mark = models.CharField(max_length=32, primary_key=True)
    batch = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at"], name="click_mark_at")]

    def __str__(self) -> str:
        return self.mark

    @classmethod
    def first_of(cls, clicks: Iterable[Click]) -> set[str]:
        """The marks of these that were not there yet; they are now."""
        batch = uuid.uuid4()
        marks = {click.mark: click.at for click in reversed(list(clicks))}
        rows = [ClickMark(mark=mark, batch=batch, at=at) for mark, at in sorted(marks.items())]
        ClickMark.objects.bulk_create(rows, ignore_conflicts=True)
        mine = cls.objects.filter(mark__in=marks, batch=batch)
        return set(mine.values_list("mark", flat=True))

    @classmethod
    def forget_old(cls) -> None:
        """Yesterday's key is used no more; what was marked with it tells nothing any more."""
        old = cls.objects.filter(at__lt=timezone.now() - cls.KEPT)
        while helping := list(old.values_list("pk", flat=True)[:HELPING]):
            cls.objects.filter(pk__in=helping).delete()


class Buffer:
    """Clicks that were seen and not counted yet, in the memory of this process.

    At most `MOST` wait; what comes above that, while the database is away for long, is dropped and
    said in the log. Nothing is written until `run`: a program that is no web server calls `flush`.
    """

    MOST = 20_000
    PAUSE_SECONDS = 1.0

    def __init__(self) -> None:
        self._waiting: deque[Click] = deque()
        self._flushing = threading.Lock()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._runs = False
        self.dropped = 0

    def run(self) -> None:
        """Count from now on, in a thread that begins with the first click."""
        self._runs = True

    def note(self, click: Click) -> None:
        """Remember a click; takes microseconds and never fails."""
        if len(self._waiting) >= self.MOST:
            self.dropped += 1
            return
        self._waiting.append(click)
        if self._runs and (self._thread is None or not self._thread.is_alive()):
            self._begin()

    def _begin(self) -> None:
        with self._starting:
            # A process that was forked has its parent's buffer and not its parent's thread.
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._count, name="clicks", daemon=False)
                self._thread.start()

    def _count(self) -> None:
        """Until this process ends, and once more then: Python waits for a thread as this one is."""
        main = threading.main_thread()
        while main.is_alive():
            main.join(self.PAUSE_SECONDS)
            close_old_connections()
            self.flush()
        connection.close()

    def flush(self) -> None:
        """Count what waits. What can't be counted now waits for the next time."""
        with self._flushing:
            while self._waiting:
                helping = [self._waiting.popleft() for _ in range(min(HELPING, len(self._waiting)))]
                try:
                    ClickDay.count(helping)
                except (OperationalError, InterfaceError) as error:
                    self._waiting.extendleft(reversed(helping))
                    facts = {"error": type(error).__name__, "waiting": len(self._waiting)}
                    logger.error("clicks wait for the database", extra=facts)
                    return
                except DatabaseError:
                    # Another time it would be refused again, and hold up all that comes after.
                    logger.exception("clicks were refused")
                    self.dropped += len(helping)
        self._tell_dropped()

    def _tell_dropped(self) -> None:
        dropped, self.dropped = self.dropped, 0
        if dropped:
            logger.error("clicks were not counted", extra={"dropped": dropped})


clicks = Buffer()
