"""What a second editor looked at, that may lie under embargo, and that goes when it is stale.

Example posts and approved answers are such. The rule is here; what they say, who may write them,
and when they come out is their own.
"""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors import review_news
from ambassadors.models.review_history import Verdict
from ambassadors.post_problems import OwnWriting
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, Invalid, NotFound, Problem, StaleVersion, Text

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

# How long what has no end holds, and how long before its owner hears that it goes.
KEPT_FOR = timedelta(days=180)
WARNED_BEFORE = timedelta(days=14)


def is_editor(user: User) -> bool:
    """Who reviews and plans."""
    return user.is_editor or user.is_admin


class PostState(models.TextChoices):
    """Where the work on a post or an answer stands. Whether employees see it depends on the clock
    as well.
    """

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("Waits for review")
    APPROVED = "approved", _("Approved")
    RETIRED = "retired", _("Retired")


class ReviewedQuerySet(models.QuerySet[Any]):
    def visible(self) -> Self:
        """What employees may know of, at this moment: approved, out of its embargo, and valid.

        Everything that goes to an employee begins here.
        """
        now = timezone.now()
        return self.filter(
            Q(embargo_until=None) | Q(embargo_until__lte=now),
            Q(valid_until=None) | Q(valid_until__gt=now),
            state=PostState.APPROVED,
        )

    def shown_as(self, shown: str) -> Self:
        """Those that the console shows there: what is over by now has retired, whatever the clock
        did yet.
        """
        out = Q(state=PostState.RETIRED) | Q(
            state=PostState.APPROVED, valid_until__lte=timezone.now()
        )
        if shown == PostState.RETIRED:
            return self.filter(out)
        return self.exclude(out).filter(state=shown)


class Reviewed(models.Model):
    """Written, approved by an editor who did not write in it, and gone at its end.

    `version` goes up with every change, so that two writers notice each other. `retire_at` is when
    it goes by itself; `warned_at` when its owner heard that. A subclass has a `campaign`, and rows
    of its `versions` and `reviews`; what raises NotImplementedError here is for it to say, since a
    model can't be an abc as well.
    """

    # Before what happened, in the audit trail (post-retired) and in what is told (post.gone).
    word: ClassVar[str]
    audited_as: ClassVar[str]
    not_now: ClassVar[type[Problem]]
    # Said to who finds that it still holds after the end until which it was approved.
    ends_anyway: ClassVar[Text]

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=PostState.choices, default=PostState.DRAFT)
    embargo_until = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    retire_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    if TYPE_CHECKING:
        versions: RelatedManager[Any]
        reviews: RelatedManager[Any]

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def over(self) -> bool:
        return self.valid_until is not None and self.valid_until <= timezone.now()

    @property
    def under_embargo(self) -> bool:
        return self.embargo_until is not None and self.embargo_until > timezone.now()

    @property
    def owner_is_at_it(self) -> bool:
        """Whether its owner is still one of those who can say whether it holds."""
        raise NotImplementedError

    def content(self) -> dict[str, Any]:
        """All that it says, as its history keeps it."""
        raise NotImplementedError

    def unfinished(self) -> dict[str, str]:
        """What is still missing before a colleague can judge it, by field."""
        return {}

    def written_by(self) -> set[uuid.UUID]:
        """Who wrote in it since it was last approved: none of them can approve it."""
        approvals = self.reviews.filter(verdict=Verdict.APPROVED).order_by("-version")
        approved = approvals.values_list("version", flat=True).first()
        versions = self.versions.filter(number__gt=-1 if approved is None else approved)
        return set(versions.values_list("by", flat=True))

    @transaction.atomic(durable=True)
    def ask_review(self, *, by: User, seen: int | None = None, text: str = "") -> None:
        """Offer it to the editors. Raises Invalid with what is still missing."""
        self._lock(by, seen, PostState.DRAFT)
        if errors := self.unfinished():
            raise Invalid(errors)
        self._save(state=PostState.REVIEW)
        self._review(by, Verdict.ASKED, text)

    @transaction.atomic(durable=True)
    def approve(self, *, by: User, seen: int | None = None, text: str = "") -> None:
        """Employees have it from now on, or from its moment.

        Raises OwnWriting where `by` wrote any of it since it was last approved.
        """
        self._judge(by, seen)
        if by.pk in self.written_by():
            raise OwnWriting
        now = timezone.now()
        self._save(state=PostState.APPROVED, approved_at=now, warned_at=None, **self._moments(now))
        self._review(by, Verdict.APPROVED, text)

    @transaction.atomic(durable=True)
    def ask_changes(self, *, by: User, text: str, seen: int | None = None) -> None:
        """Give it back, with what has to be otherwise."""
        self._judge(by, seen)
        self._save(state=PostState.DRAFT)
        self._review(by, Verdict.CHANGES, text)

    @transaction.atomic(durable=True)
    def retire(self, *, by: User, seen: int | None = None) -> None:
        """Take it back at once. What was shared or placed stays where it is."""
        self._lock(by, seen, PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)
        self._save(state=PostState.RETIRED)
        self._record(by, "retired")

    @transaction.atomic(durable=True)
    def still_holds(self, *, by: User, seen: int | None = None) -> None:
        """Somebody read it again: it stays for as long as a new one.

        Raises Invalid where it was approved until an end: that stays, unless another is given.
        """
        self._lock(by, seen, PostState.APPROVED)
        if self.valid_until is not None:
            raise Invalid({"valid_until": str(self.ends_anyway)})
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
        review_news.goes_soon(self)
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
        review_news.gone(self)
        return True

    def _moments(self, now: datetime) -> dict[str, Any]:
        """The columns that say when it comes and goes, where it is approved now."""
        raise NotImplementedError

    @staticmethod
    def _retires(begins: datetime, valid_until: datetime | None) -> datetime:
        return valid_until or begins + KEPT_FOR

    def _judge(self, by: User, seen: int | None) -> None:
        if not is_editor(by):
            raise Forbidden
        self._lock(by, seen, PostState.REVIEW)

    def _review(self, by: User, verdict: Verdict, text: str) -> None:
        row = self.reviews.create(version=self.version, by=by, verdict=verdict, text=text)
        self._record(by, f"review-{verdict.value}", version=self.version)
        review_news.reviewed(self, row.pk, by, verdict)

    def _lock(self, by: User, seen: int | None, *states: PostState) -> None:
        """Re-read it for a verb; refuse who may not, what changed, and what stands elsewhere."""
        self._reread_for(by)
        if seen is not None and seen != self.version:
            raise StaleVersion(version=self.version)
        if states and self.state not in states:
            raise self.not_now(state=self.state)

    def _reread_for(self, by: User) -> None:
        """`_reread`, where this person may write it."""
        raise NotImplementedError

    def _reread(self) -> None:
        rows: models.QuerySet[Any] = type(self)._base_manager.select_for_update(of=("self",))
        try:
            self.refresh_from_db(from_queryset=rows.select_related("campaign", "owner"))
        except type(self).DoesNotExist as error:
            raise NotFound from error

    def _changed(self, *columns: str) -> None:
        """Other words than were approved: a draft again, whatever it was."""
        self.state = PostState.DRAFT
        self._save(**{name: getattr(self, name) for name in ("state", *columns)})

    def _keep(self, by: User) -> None:
        """The version as it is now, for the history."""
        self.versions.create(number=self.version, by=by, content=self.content())

    def _save(self, **facts: Any) -> None:
        """Write these columns, with the next version."""
        for name, value in facts.items():
            setattr(self, name, value)
        self.version += 1
        self.updated_at = timezone.now()
        self.save(update_fields=[*facts, "version", "updated_at"])

    def _record(self, by: User | None, did: str, **detail: Any) -> None:
        """For the audit trail, without a word of what it says."""
        AuditEvent.record(by, f"{self.word}-{did}", self.audited_as, self.pk, **detail)
