"""What is stale goes: at the end of its validity, or after half a year that nobody looked at it."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors import post_news
from ambassadors.models.example_post_base import PostBase, PostState
from server.accounts.models import User
from server.problems import Invalid

# How long a post without an end holds, and how long before its owner hears that it goes.
KEPT_FOR = timedelta(days=180)
WARNED_BEFORE = timedelta(days=14)


class Retiring(PostBase):
    """The ways out, by an editor and by the clock."""

    class Meta(PostBase.Meta):
        abstract = True

    @transaction.atomic(durable=True)
    def retire(self, *, by: User, seen: int | None = None) -> None:
        """Take it back at once. What was shared stays where it is."""
        self._lock(by, seen, PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)
        self._save(state=PostState.RETIRED)
        self._record(by, "retired")

    @transaction.atomic(durable=True)
    def still_holds(self, *, by: User, seen: int | None = None) -> None:
        """An editor read it again: it stays for as long as a new one.

        Raises Invalid where it was approved until an end: that stays, unless another is planned.
        """
        self._lock(by, seen, PostState.APPROVED)
        if self.valid_until is not None:
            raise Invalid({"valid_until": _("This was approved until its end. Plan a later one.")})
        self._save(retire_at=timezone.now() + KEPT_FOR, warned_at=None)
        self._record(by, "still-holds")

    @transaction.atomic(durable=True)
    def warn(self) -> bool:
        """Tell its owner that it will go; the clock's verb, which looks again under the lock."""
        self._reread()
        now = timezone.now()
        if self.state != PostState.APPROVED or self.warned_at or self.retire_at is None:
            return False
        if not now < self.retire_at <= now + WARNED_BEFORE:
            return False
        self.warned_at = now
        self.save(update_fields=["warned_at"])
        post_news.goes_soon(self)
        return True

    @transaction.atomic(durable=True)
    def retire_stale(self) -> bool:
        """Its time is over; the clock's verb."""
        self._reread()
        now = timezone.now()
        if self.state != PostState.APPROVED or self.retire_at is None or self.retire_at > now:
            return False
        self._save(state=PostState.RETIRED)
        self._record(None, "retired")
        post_news.gone(self)
        return True
