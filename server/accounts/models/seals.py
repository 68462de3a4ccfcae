"""Seals over the audit trail: what was changed behind the database's back is seen.

Every minute the events that are new and settled are sealed: a seal holds a short print of each
event and a digest over those and the seal before it, made with a key that is not in the database.
Whoever can write to the database can still take away the newest seals with their events; keep the
head (`manage.py audit head`) elsewhere against that.
"""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, NoReturn

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils import timezone
from django.utils.encoding import force_bytes

from server.accounts.models.audit import AuditEvent

HELPING = 500
# Between making an event and writing it, and between the clocks of two machines.
MARGIN = timedelta(minutes=1)
# When events that nothing seals are worth a word.
LONG = timedelta(days=1)


class AuditSeal(models.Model):
    """A seal over every event after the seal before it and up to `last_id`.

    `prints` is {event id: the first 16 characters of the event's HMAC-SHA256}.
    """

    previous = models.CharField(max_length=64, unique=True)
    last_id = models.BigIntegerField(unique=True)
    prints = models.JSONField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return f"{self.pk}:{self.digest}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("seals are only added")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("seals are only added")

    @classmethod
    def seal(cls) -> int:
        """Seal all that has settled; returns how many events. Two at once seal nothing twice."""
        sealed = 0
        try:
            while count := cls._seal_next():
                sealed += count
        except IntegrityError:
            return sealed  # somebody else was first; `previous` is unique
        return sealed

    @classmethod
    @transaction.atomic
    def _seal_next(cls) -> int:
        head = cls.objects.last()
        after = AuditEvent.objects.filter(pk__gt=head.last_id) if head else AuditEvent.objects.all()
        settled = _settled_before()
        events = []
        for event in after.order_by("pk")[:HELPING]:
            if event.at >= settled:
                break
            events.append(event)
        if not events:
            return 0
        key = _keys()[0]
        made = cls(
            previous=head.digest if head else "",
            last_id=events[-1].pk,
            prints={str(event.pk): _print(key, event) for event in events},
        )
        made.digest = made._digest(key)
        made.save()
        return len(events)

    def _digest(self, key: bytes) -> str:
        return _hmac(key, [self.previous, self.last_id, _written(self.at), self.prints])


def verify(head: str = "") -> Iterator[str]:
    """Each thing that is not as it was sealed, in one line; nothing where all is as it was.

    `head` is what `str` of a seal said earlier: that seal has to be there still.
    """
    known_head = not head
    previous: AuditSeal | None = None
    for seal in AuditSeal.objects.iterator(chunk_size=20):
        known_head = known_head or str(seal) == head
        yield from _verify_seal(seal, previous)
        previous = seal
    if not known_head:
        yield f"seal {head.partition(':')[0]}: it is gone or another one, and so is what follows"
    after = AuditEvent.objects.filter(pk__gt=previous.last_id if previous else 0)
    oldest = after.order_by("pk").first()
    if oldest is not None and oldest.at < timezone.now() - LONG:
        yield f"event {oldest.pk}: not sealed since {_written(oldest.at)}; does the worker run?"


def _verify_seal(seal: AuditSeal, previous: AuditSeal | None) -> Iterator[str]:
    if seal.previous != (previous.digest if previous else ""):
        yield f"seal {seal.pk}: a seal before it was removed or put in"
    key = next((key for key in _keys() if hmac.compare_digest(seal._digest(key), seal.digest)), b"")
    if not key:
        yield f"seal {seal.pk}: changed, or made with another SECRET_KEY"
        return
    events = AuditEvent.objects.filter(pk__lte=seal.last_id)
    if previous:
        events = events.filter(pk__gt=previous.last_id)
    prints = dict(seal.prints)
    for event in events.order_by("pk"):
        sealed = prints.pop(str(event.pk), None)
        if sealed is None:
            yield f"event {event.pk}: put in afterwards"
        elif not hmac.compare_digest(sealed, _print(key, event)):
            yield f"event {event.pk}: changed"
    for gone in prints:
        yield f"event {gone}: removed"


def _settled_before() -> datetime:
    """Events from before this moment are all there: nobody is still writing one.

    Ids are given out before a transaction ends, so a lower id may come later than a higher one; on
    PostgreSQL until the oldest transaction that runs now has ended. SQLite has one writer.
    """
    moment = timezone.now()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT min(xact_start) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
            oldest = cursor.fetchone()[0]
        moment = min(moment, oldest or moment)
    return moment - MARGIN


def _print(key: bytes, event: AuditEvent) -> str:
    fields = [event.pk, str(event.actor_id), event.action, event.subject_type]
    rest = [str(event.subject_id), event.detail, _written(event.at), event.once]
    return _hmac(key, [*fields, *rest])[:16]


def _hmac(key: bytes, content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hmac.digest(key, text.encode(), "sha256").hex()


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _keys() -> list[bytes]:
    """The key of today, and of every SECRET_KEY that was."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [hashlib.sha256(b"audit seal\0" + force_bytes(secret)).digest() for secret in secrets]
