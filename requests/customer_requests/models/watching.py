"""Who looks at a request and who writes on it, and that a request left a team.

Both are for screens that lie open: they are read often and may be lost at any time.
"""

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from customer_requests.models.rehearsing import Rehearsing
from server.accounts.models import Team, User

# A console that works says every few seconds that it is there; after this it is taken to be gone.
PRESENT = timedelta(seconds=40)
# How often that is written down.
WRITTEN_EVERY = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(hours=1)


class Presence(models.Model):
    """One person at one request; `typing` is the kind of draft that they write, or empty."""

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="present"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    typing = models.CharField(max_length=5, blank=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "user"], name="presence_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["seen_at"], name="presence_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} at {self.request_id}"

    @classmethod
    def now(cls, teams: frozenset[uuid.UUID]) -> "models.QuerySet[Presence]":
        """Who is at work on the requests of these teams; as many rows as there are people."""
        return (
            cls.objects.filter(seen_at__gt=timezone.now() - PRESENT, request__team__in=teams)
            .select_related("user", "request")
            .only("typing", "seen_at", "user__name", "request__reference")
            .order_by("request_id", "user_id")
        )

    @classmethod
    def say(
        cls, request_id: uuid.UUID, user: User, typing: str, known: "Presence | None" = None
    ) -> bool:
        """Write down that somebody is here; returns whether that had to be written.

        `known` is their row as it was just read: what it says already is not written again.
        """
        now = timezone.now()
        if known and known.typing == typing and known.seen_at > now - WRITTEN_EVERY:
            return False
        facts: dict[str, Any] = {"typing": typing, "seen_at": now}
        if not cls.objects.filter(request_id=request_id, user=user).update(**facts):
            Presence.objects.bulk_create(
                [Presence(request_id=request_id, user=user, **facts)], ignore_conflicts=True
            )
        return True

    @classmethod
    def forget_old(cls) -> int:
        """Throw away who has long gone; returns how many."""
        return cls.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN_AFTER).delete()[0]


class Departure(models.Model):
    """When a request last went from this team to another one.

    What is in a team's queue is known to have changed by its newest `updated_at`; what has left it
    has none there. A table of its own: a column of the team would wait for whoever edits the team.
    """

    team = models.OneToOneField(
        Team, primary_key=True, on_delete=models.CASCADE, related_name="departure"
    )
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.team_id} {self.at:%c}"


class Watched(Rehearsing):
    class Meta:
        abstract = True

    def _lock_row(self, **how: Any) -> None:
        super()._lock_row(**how)
        self.__dict__["_team_before"] = self.team_id

    def _save(self, **changes: Any) -> None:
        """Whatever moves a request to another team, the first one is told that it went."""
        super()._save(**changes)
        before = self.__dict__.get("_team_before", self.team_id)
        if before != self.team_id:
            Departure.objects.update_or_create(team_id=before, defaults={"at": self.updated_at})
