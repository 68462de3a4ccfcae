"""The feed of changes per person: what the app fetches when it comes back on line.

A plain sequence of the database would number changes in the order they begin, and a reader could
pass a number whose transaction commits later. Here a person's numbers are handed out under a lock
on their `Feed` row that is held until the commit: whoever reads number n has all before it.
One row per object, renumbered when it changes again, so the feed is as long as what there is.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import F

from server.accounts.models import User


class ChangeKind(models.TextChoices):
    REQUEST = "request"
    TIMELINE = "timeline"
    INBOX = "inbox"


class Changed(NamedTuple):
    """One object of one person's that changed, or is gone."""

    user_id: uuid.UUID
    kind: ChangeKind
    object_id: uuid.UUID
    deleted: bool = False


class Feed(models.Model):
    """The last number that was handed out to a person."""

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.CASCADE, related_name="feed"
    )
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.user_id} {self.last}"


class Change(models.Model):
    """Where an object now stands in a person's feed."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="changes")
    number = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=ChangeKind.choices)
    object_id = models.UUIDField()
    deleted = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "kind", "object_id"], name="change_once"),
            models.UniqueConstraint(fields=["user", "number"], name="change_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.number} {self.kind}"

    @classmethod
    def record(cls, changes: Iterable[Changed]) -> None:
        """Number these changes, people in a fixed order so that two verbs can't block each other.

        Call it once per transaction, last: it holds a person's feed until the commit.
        """
        by_user: dict[uuid.UUID, dict[tuple[str, uuid.UUID], Changed]] = defaultdict(dict)
        for change in changes:
            by_user[change.user_id][change.kind, change.object_id] = change
        for user_id in sorted(by_user):
            taken = cls._take_numbers(user_id, len(by_user[user_id]))
            rows = [
                Change(
                    user_id=user_id,
                    number=taken + place,
                    kind=change.kind,
                    object_id=change.object_id,
                    deleted=change.deleted,
                )
                for place, change in enumerate(by_user[user_id].values(), start=1)
            ]
            Change.objects.bulk_create(
                rows,
                update_conflicts=True,
                unique_fields=["user", "kind", "object_id"],
                update_fields=["number", "deleted"],
            )

    @staticmethod
    def _take_numbers(user_id: uuid.UUID, count: int) -> int:
        """Lock a person's feed and take the next numbers; returns the last one before them."""
        feed = Feed.objects.filter(user_id=user_id)
        if not feed.update(last=F("last") + count):
            Feed.objects.bulk_create([Feed(user_id=user_id)], ignore_conflicts=True)
            feed.update(last=F("last") + count)
        return feed.values_list("last", flat=True).get() - count
