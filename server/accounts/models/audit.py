"""The audit trail: who did what to which row, and who looked. Rows are added, never changed.

The database refuses every change (triggers, in a migration), and `AuditSeal` shows what was changed
by somebody who went around them.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal, NoReturn

from django.core.cache import cache
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from server.accounts.models.people import User


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def found(
        self,
        *,
        actors: Collection[uuid.UUID] | None = None,
        action: str = "",
        subjects: Collection[uuid.UUID] | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> "AuditQuerySet":
        """What these people did (None: whoever), which act, to which subjects, from `begins` before
        `ends`.

        For each alone there is an index in the order of `at`; together the database takes one.
        """
        wanted: dict[str, Any] = {
            "actor__in": actors,
            "action": action or None,
            "subject_id__in": subjects,
            "at__gte": begins,
            "at__lt": ends,
        }
        given = {name: value for name, value in wanted.items() if value is not None}
        return self.filter(**given).select_related("actor")

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit trail is only added to")

    def delete(self) -> NoReturn:
        raise TypeError("the audit trail is only added to")


class AuditEvent(models.Model):
    """One act or one look, by id only: no customer's name, address or text, in `detail` neither.

    `detail` says what of it: {"entry": 3} for a place on a timeline, {"changed": {"name": ["old",
    "new"]}} for configuration, with its {"name": "Internet"} because it may go. `actor` is empty
    where a program did it by itself. `once` is unique, so that looking at the same thing again
    within the hour adds nothing.
    """

    actor = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="audit_events", db_index=False
    )
    action = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    detail = models.JSONField(default=dict)
    at = models.DateTimeField(default=timezone.now)
    once = models.CharField(max_length=120, unique=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        # Each in the order in which administrators read: the newest first.
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["at", "id"], name="audit_newest"),
            models.Index(fields=["subject_id", "at", "id"], name="audit_by_subject"),
            models.Index(fields=["actor", "at", "id"], name="audit_by_actor"),
            models.Index(fields=["action", "at", "id"], name="audit_by_action"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit trail is only added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit trail is only added to")

    @classmethod
    def of(
        cls,
        actor: User | None,
        action: str,
        subject_type: str,
        subject_id: uuid.UUID,
        **detail: Any,
    ) -> "AuditEvent":
        """What someone did, still to be saved in the transaction that does it."""
        return cls(
            actor=actor,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            detail=detail,
            once=uuid.uuid4().hex,
        )

    @classmethod
    def record(
        cls,
        actor: User | None,
        action: str,
        subject_type: str,
        subject_id: uuid.UUID,
        **detail: Any,
    ) -> None:
        """Record what someone did; in the transaction that does it."""
        cls.of(actor, action, subject_type, subject_id, **detail).save()

    @classmethod
    def looked(cls, *, actor: User, action: str, subject_type: str, subject_id: uuid.UUID) -> None:
        """Record that someone looked, at most once an hour for the same thing.

        What was recorded is remembered, so that reading again writes nothing.
        """
        cls.looked_at(
            actor=actor, action=action, subject_type=subject_type, subject_ids=[subject_id]
        )

    @classmethod
    def looked_at(
        cls, *, actor: User, action: str, subject_type: str, subject_ids: Iterable[uuid.UUID]
    ) -> None:
        """`looked`, at several things at once; one query, or none."""
        now = timezone.now()
        looks = {f"{action}:{id}:{actor.pk}:{now:%Y%m%d%H}": id for id in subject_ids}
        kept = {f"looked:{once}": once for once in looks}
        known = cache.get_many(kept)
        new = {name: once for name, once in kept.items() if name not in known}
        if not new:
            return
        AuditEvent.objects.bulk_create(
            [
                AuditEvent(
                    actor=actor,
                    action=action,
                    subject_type=subject_type,
                    subject_id=looks[once],
                    at=now,
                    once=once,
                )
                for once in new.values()
            ],
            ignore_conflicts=True,
        )
        remembered = dict.fromkeys(new, True)
        transaction.on_commit(lambda: cache.set_many(remembered, 3600), robust=True)


# A name that so many have says nothing.
MOST_CALLED = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was changed, as it is read: what it `was` and is `now`, or `how` alone."""

    label: str
    was: str | None = None
    now: str | None = None
    how: Literal["", "changed", "gone"] = ""


GONE = gettext_lazy("no longer there")


def _by_fields(events: Iterable[AuditEvent]) -> list[list[Change]]:
    return [
        [Change(name, how="changed") for name in event.detail.get("changed", {})]
        for event in events
    ]


@dataclass(frozen=True, slots=True)
class Subject:
    """How administrators call one type of subject: found by what they type, and named in a list.

    `find` knows what is unique, such as a reference; `called` those with these words in their name,
    at most MOST_CALLED + 1. `actions` are the words for what can happen to it, `changes` says what
    was changed by each of some events. `nameless` is said of what has no name to show.
    """

    label: Any
    find: Callable[[str], uuid.UUID | None]
    names: Callable[[Collection[uuid.UUID]], Mapping[uuid.UUID, str]]
    actions: Mapping[str, Any]
    called: Callable[[str], Collection[uuid.UUID]] = lambda text: ()
    changes: Callable[[Sequence[AuditEvent]], list[list[Change]]] = _by_fields
    nameless: Any = GONE


# By subject_type. Apps above this one add theirs when they start.
subjects: dict[str, Subject] = {}


def subjects_named(text: str) -> list[uuid.UUID]:
    """What somebody means who types an id, a reference, an address or part of a name; more than
    MOST_CALLED is too many to mean any of them.
    """
    try:
        return [uuid.UUID(text)]
    except ValueError:
        found = (kind.find(text) for kind in subjects.values())
    for subject in found:
        if subject is not None:
            return [subject]
    called = {id for kind in subjects.values() for id in kind.called(text)}
    return sorted(called)[: MOST_CALLED + 1]


def called(model: type[models.Model], *columns: str) -> Callable[[str], list[uuid.UUID]]:
    """`Subject.called` for rows with a UUID of their own, by these columns."""

    def find(text: str) -> list[uuid.UUID]:
        said = models.Q()
        for column in columns:
            said |= models.Q(**{f"{column}__icontains": text})
        return list(
            model._base_manager.filter(said).values_list("pk", flat=True)[: MOST_CALLED + 1]
        )

    return find
