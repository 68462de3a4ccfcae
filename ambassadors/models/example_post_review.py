"""A second pair of eyes, comments among editors, and the moment at which a post comes out."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ambassadors import post_news
from ambassadors.models.example_post_base import PostBase, PostState
from ambassadors.models.example_post_retiring import KEPT_FOR
from ambassadors.models.example_post_writing import Writing
from ambassadors.post_problems import OwnWriting
from server.accounts.models import User
from server.problems import IdReused, Invalid

# A form that asks for minutes means now by the minute that is passing.
JUST_NOW = timedelta(minutes=2)


class Verdict(models.TextChoices):
    ASKED = "asked", gettext_lazy("Asked for review")
    APPROVED = "approved", gettext_lazy("Approved")
    CHANGES = "changes", gettext_lazy("Asked for changes")


class PostReview(models.Model):
    """One step of a review: of which version, by whom, and what was said with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="reviews")
    version = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    text = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.post_id} {self.verdict}"


class PostComment(models.Model):
    """What one editor says to the others about a post; no employee reads it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.post_id} {self.pk}"


class Reviewing(Writing):
    """From draft to approved, and when it goes out."""

    class Meta(PostBase.Meta):
        abstract = True

    def written_by(self) -> set[uuid.UUID]:
        """Who wrote in it since it was last approved: none of them can approve it."""
        approvals = self.reviews.filter(verdict=Verdict.APPROVED).order_by("-version")
        approved = approvals.values_list("version", flat=True).first()
        versions = self.versions.filter(number__gt=-1 if approved is None else approved)
        return set(versions.values_list("by", flat=True))

    @transaction.atomic(durable=True)
    def ask_review(self, *, by: User, seen: int | None = None, text: str = "") -> None:
        """Offer it to the other editors. Raises Invalid with what is still missing."""
        self._lock(by, seen, PostState.DRAFT)
        if errors := self.unfinished():
            raise Invalid(errors)
        self._save(state=PostState.REVIEW)
        self._review(by, Verdict.ASKED, text)

    @transaction.atomic(durable=True)
    def approve(self, *, by: User, seen: int | None = None, text: str = "") -> None:
        """What is planned in the past by now comes out at once.

        Raises OwnWriting where `by` wrote any of it since it was last approved.
        """
        self._lock(by, seen, PostState.REVIEW)
        if by.pk in self.written_by():
            raise OwnWriting
        now = timezone.now()
        publish_at = self.publish_at
        if publish_at and publish_at < now and self.told_at is None:
            publish_at = now
        self._save(
            state=PostState.APPROVED,
            approved_at=now,
            publish_at=publish_at,
            retire_at=self._retires(publish_at or now, self.valid_until),
            warned_at=None,
        )
        self._review(by, Verdict.APPROVED, text)

    @transaction.atomic(durable=True)
    def ask_changes(self, *, by: User, text: str, seen: int | None = None) -> None:
        """Give it back, with what has to be otherwise."""
        self._lock(by, seen, PostState.REVIEW)
        self._save(state=PostState.DRAFT)
        self._review(by, Verdict.CHANGES, text)

    def _review(self, by: User, verdict: Verdict, text: str) -> None:
        row = PostReview.objects.create(
            post_id=self.pk, version=self.version, by=by, verdict=verdict, text=text
        )
        self._record(by, f"review-{verdict.value}", version=self.version)
        if verdict == Verdict.ASKED:
            post_news.review_asked(self, row.pk, by)
        else:
            post_news.reviewed(self, row.pk, by, approved=verdict == Verdict.APPROVED)

    @transaction.atomic(durable=True)
    def comment(self, *, by: User, id: uuid.UUID, text: str) -> tuple[PostComment, bool]:
        """Say something to the other editors; returns it and whether it is new."""
        self._lock(by, None)
        if existing := PostComment.objects.filter(pk=id).first():
            if (existing.post_id, existing.by_id, existing.text) != (self.pk, by.pk, text):
                raise IdReused
            return existing, False
        made = PostComment.objects.create(id=id, post_id=self.pk, by=by, text=text)
        self._record(by, "commented", comment=str(id))
        post_news.commented(self, made.pk, by)
        return made, True

    @transaction.atomic(durable=True)
    def plan(
        self,
        *,
        by: User,
        publish_at: datetime | None,
        valid_until: datetime | None = None,
        seen: int | None = None,
    ) -> None:
        """Say when it comes out and until when it holds; the approval stays what it is.

        What is out already keeps its moment. Raises Invalid before the embargo ends, and for a
        moment that has passed.
        """
        self._lock(by, seen, PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)
        if errors := self._wrong_plan(publish_at, valid_until):
            raise Invalid(errors)
        if publish_at and publish_at != self.publish_at:
            publish_at = max(publish_at, timezone.now())
        self._save(
            publish_at=publish_at,
            valid_until=valid_until,
            retire_at=self._retires(publish_at or timezone.now(), valid_until)
            if self.state == PostState.APPROVED
            else None,
            warned_at=None,
        )
        self._record(by, "planned", publish_at=publish_at.isoformat() if publish_at else None)

    def _wrong_plan(
        self, publish_at: datetime | None, valid_until: datetime | None
    ) -> dict[str, str]:
        now, errors = timezone.now(), {}
        if publish_at != self.publish_at:
            if self.publish_at and self.publish_at <= now and self.state == PostState.APPROVED:
                errors["publish_at"] = _("Employees have this post already. Retire it instead.")
            elif publish_at and publish_at < now - JUST_NOW:
                errors["publish_at"] = _("This moment has passed.")
        if publish_at and self.embargo_until and publish_at < self.embargo_until:
            errors["publish_at"] = _("The embargo has not ended then.")
        if valid_until and valid_until <= max(publish_at or now, now):
            errors["valid_until"] = _("This has to be later than the moment it comes out.")
        return errors

    @staticmethod
    def _retires(publish_at: datetime, valid_until: datetime | None) -> datetime:
        return valid_until or publish_at + KEPT_FOR
