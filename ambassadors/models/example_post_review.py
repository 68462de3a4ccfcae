"""Reviews of a post, comments among editors, and the moment at which it comes out."""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors import post_news
from ambassadors.models.example_post_base import PostBase
from ambassadors.models.example_post_writing import Writing
from ambassadors.models.review_history import Review, Verdict
from ambassadors.models.reviewed import PostState, is_editor
from server.accounts.models import User
from server.problems import IdReused, Invalid

# A form that asks for minutes means now by the minute that is passing.
JUST_NOW = timedelta(minutes=2)


class PostReview(Review):
    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="reviews")


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


class Planning(Writing):
    """What editors say to each other of a post, and when it goes out."""

    class Meta(PostBase.Meta):
        abstract = True

    def _moments(self, now: datetime) -> dict[str, Any]:
        """What is planned in the past by now comes out at once."""
        if self.over:
            raise Invalid({"valid_until": _("Its time is over. Plan a later end first.")})
        publish_at = self.publish_at
        if publish_at and publish_at < now and self.told_at is None:
            publish_at = now
        retire_at = self._retires(publish_at or now, self.valid_until)
        return {"publish_at": publish_at, "retire_at": retire_at}

    def written_by(self) -> set[uuid.UUID]:
        """Who wrote in it since it was last approved; until that first time also whose suggestion
        it was: those words are theirs, whoever took them over.
        """
        rows: models.QuerySet[Any] = type(self)._base_manager.filter(pk=self.pk)
        first = rows.filter(suggestion__isnull=False).exclude(reviews__verdict=Verdict.APPROVED)
        return super().written_by() | set(first.values_list("suggestion__by", flat=True))

    @transaction.atomic(durable=True)
    def hand_over(self, *, by: User, to: User, seen: int | None = None) -> None:
        """From now on `to` looks after it, and hears of it. What it says and its approval stay.

        Raises Invalid for who is no editor, or has no access any more.
        """
        self._lock(by, seen)
        if not (to.is_active and is_editor(to)):
            raise Invalid({"owner": _("Choose an editor who works here.")})
        if to.pk != self.owner_id:
            before, self.owner = self.owner_id, to
            self._save(owner=to)
            self._record(by, "handed-over", before=str(before), to=str(to.pk))

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
