"""Who takes part: opting in and out, kept as history."""

from datetime import datetime
from typing import ClassVar, Self, TypeVar

from django.db import models, transaction
from django.db.models import F, Q, Value
from django.db.models.functions import Greatest
from django.utils import timezone

from ambassadors.models.headcount import after, begin, month_of
from server.accounts.models import User

Row = TypeVar("Row", bound="Wanted")


class WantedQuerySet(models.QuerySet[Row]):
    def at(self, moment: datetime) -> Self:
        """Those that this moment is in."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), begins_at__lte=moment)


class Wanted(models.Model):
    """Somebody wanted this from `begins_at` until `ends_at`; open where they still do."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="%(class)s_rows")
    begins_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ends_at=None), name="%(class)s_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("begins_at")),
                name="%(class)s_ends_later",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} from {self.begins_at:%Y-%m-%d}"

    @classmethod
    def enter(cls, user: User) -> None:
        """Want it; doing so twice is the same as once."""
        begins = {"begins_at": timezone.now()}
        cls._default_manager.get_or_create(user=user, ends_at=None, defaults=begins)

    @classmethod
    def leave(cls, user: User) -> None:
        # A clock that was put back must not end something before it began.
        now = Greatest(Value(timezone.now()), F("begins_at"))
        open_ = Q(ends_at=None) | Q(ends_at__gt=timezone.now())
        cls._default_manager.filter(open_, user=user).update(ends_at=now)


class BoardOptIn(Wanted):
    """Somebody wants to be on the board of people by name; counts only while they take part."""

    objects: ClassVar[WantedQuerySet["BoardOptIn"]] = WantedQuerySet.as_manager()  # type: ignore[assignment]


class OptIn(Wanted):
    """Somebody wants to be an ambassador; the programme's own door."""

    objects: ClassVar[WantedQuerySet["OptIn"]] = WantedQuerySet.as_manager()  # type: ignore[assignment]

    @classmethod
    @transaction.atomic
    def leave(cls, user: User) -> None:
        """Take no part any more: gone from every list at once, also from the board of people."""
        super().leave(user)
        BoardOptIn.leave(user)

    @classmethod
    @transaction.atomic
    def lose_access(cls, user: User) -> None:
        """Who loses their access takes no part any more, and is on no list; in the figures of this
        month they stay, as in its headcount: else who ends an access could read theirs.
        """
        over = begin(after(month_of()))
        cls.objects.filter(user=user, ends_at=None).update(ends_at=over)
        BoardOptIn.leave(user)
