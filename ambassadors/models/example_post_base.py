"""The row of an example post: where it stands, when it may be seen, and how a verb begins."""

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors.models.campaign import Campaign
from ambassadors.post_problems import PostNotNow
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, NotFound, StaleVersion

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from ambassadors.models.example_post_content import (
        PostAdvice,
        PostImage,
        PostText,
        PostVersion,
    )
    from ambassadors.models.example_post_review import PostComment, PostReview

LANGUAGES = ("nl", "en")


def is_editor(user: User) -> bool:
    """Who writes, reviews and plans posts."""
    return user.is_editor or user.is_admin


class PostState(models.TextChoices):
    """Where the work on a post stands. Whether employees see it depends on the clock as well."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("Waits for review")
    APPROVED = "approved", _("Approved")
    RETIRED = "retired", _("Retired")


class Shown(models.TextChoices):
    """Where a post stands as editors see it: its state and the clock together."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("Waits for review")
    UNPLANNED = "unplanned", _("Approved, no date yet")
    PLANNED = "planned", _("Planned")
    PUBLISHED = "published", _("With employees")
    RETIRED = "retired", _("Retired")


class ExamplePostQuerySet(models.QuerySet[Any]):
    def visible(self, at: datetime | None = None) -> Self:
        """What employees may know of, at this moment: approved, out of its embargo, and valid.

        Everything that goes to an employee begins here.
        """
        at = at or timezone.now()
        return self.filter(
            Q(embargo_until=None) | Q(embargo_until__lte=at),
            Q(valid_until=None) | Q(valid_until__gt=at),
            state=PostState.APPROVED,
            publish_at__lte=at,
        )

    def shown_as(self, shown: str, at: datetime | None = None) -> Self:
        """The posts that editors see standing there."""
        at = at or timezone.now()
        out = Q(state=PostState.RETIRED) | Q(state=PostState.APPROVED, valid_until__lte=at)
        if shown == Shown.RETIRED:
            return self.filter(out)
        rows = self.exclude(out)
        if shown == Shown.UNPLANNED:
            return rows.filter(state=PostState.APPROVED, publish_at=None)
        if shown == Shown.PLANNED:
            return rows.filter(state=PostState.APPROVED, publish_at__gt=at)
        if shown == Shown.PUBLISHED:
            return rows.filter(state=PostState.APPROVED, publish_at__lte=at)
        return rows.filter(state=shown)

    def to_show(self) -> Self:
        """With all that a page or an answer tells of them, in a fixed number of queries."""
        return self.select_related("campaign", "credit", "owner").prefetch_related(
            "texts", "advice", "images"
        )

    def on(self, network: str) -> Self:
        """Those that have a text for this network."""
        from ambassadors.models.example_post_content import PostText

        texts = PostText.objects.filter(post=models.OuterRef("pk"), network=network)
        return self.filter(models.Exists(texts))

    def saying(self, words: str) -> Self:
        """Those with these words in a title or a text."""
        from ambassadors.models.example_post_content import PostText

        texts = PostText.objects.filter(post=models.OuterRef("pk"), text__icontains=words)
        titles = Q(title_nl__icontains=words) | Q(title_en__icontains=words)
        return self.filter(titles | Q(models.Exists(texts)))


class PostBase(models.Model):
    """An example post's own columns; its words and pictures are rows of their own.

    `version` goes up with every change, so that two editors notice each other. Nobody outside the
    editors sees it before `publish_at`, which never lies before `embargo_until`. `told_at` is when
    all who want to hear of it were told, `told_after` the last of them while that is going on.
    `retire_at` is when it goes by itself; `warned_at` when its owner heard that. `out_link` and
    `out_slug` are what short links followed when a verb last found it with employees: they go on
    doing so while it is rewritten, and once it is retired.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="posts")
    title_nl = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    link = models.CharField(max_length=500, blank=True)
    out_link = models.CharField(max_length=500, blank=True)
    out_slug = models.CharField(max_length=60, blank=True)
    rewarded = models.BooleanField(default=False)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    credit = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=PostState.choices, default=PostState.DRAFT)
    embargo_until = models.DateTimeField(null=True)
    publish_at = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    retire_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_after = models.UUIDField(null=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ExamplePostQuerySet.as_manager()

    if TYPE_CHECKING:
        texts: RelatedManager[PostText]
        advice: RelatedManager[PostAdvice]
        images: RelatedManager[PostImage]
        versions: RelatedManager[PostVersion]
        reviews: RelatedManager[PostReview]
        comments: RelatedManager[PostComment]

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-publish_at", "-id"], name="post_newest"),
            models.Index(fields=["state", "retire_at"], name="post_to_retire"),
            models.Index(fields=["-updated_at", "-id"], name="post_last_changed"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=PostState.values), name="post_state_known"
            ),
            models.CheckConstraint(
                condition=Q(embargo_until=None)
                | Q(publish_at=None)
                | Q(publish_at__gte=F("embargo_until")),
                name="post_after_its_embargo",
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None)
                | Q(publish_at=None)
                | Q(valid_until__gt=F("publish_at")),
                name="post_valid_for_a_while",
            ),
            models.CheckConstraint(
                condition=~Q(state="approved") | Q(approved_at__isnull=False),
                name="post_approved_at",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def shown(self) -> Shown:
        now = timezone.now()
        if self.state != PostState.APPROVED:
            return Shown(self.state)
        if self.valid_until and self.valid_until <= now:
            return Shown.RETIRED
        if self.publish_at is None:
            return Shown.UNPLANNED
        return Shown.PLANNED if self.publish_at > now else Shown.PUBLISHED

    @property
    def under_embargo(self) -> bool:
        return bool(self.embargo_until and self.embargo_until > timezone.now())

    @property
    def slug(self) -> str:
        """What a company's web statistics may call it: the campaign, and nothing of the words.

        As what was approved has it, as `leads_to`.
        """
        return self.campaign.slug if self._is_out else self.out_slug

    @property
    def leads_to(self) -> str:
        """What its short links follow now, empty where that is nothing, or not yet.

        What a second editor approved and what is out, and never what somebody is writing. A post
        that was retired still leads there for who finds it on a network.
        """
        return self.link if self._is_out else self.out_link

    def link_now(self) -> str:
        """`leads_to`, or NotFound."""
        if not (link := self.leads_to):
            raise NotFound
        return link

    @property
    def _is_out(self) -> bool:
        """Whether what it says now is approved, and its embargo and its moment have passed."""
        if self.state != PostState.APPROVED or self.publish_at is None:
            return False
        now = timezone.now()
        return self.publish_at <= now and (self.embargo_until is None or self.embargo_until <= now)

    def _lock(self, by: User, seen: int | None, *states: PostState) -> None:
        """Re-read it for an editor's verb; refuse where it stands elsewhere or has changed."""
        if not is_editor(by):
            raise Forbidden
        self._reread()
        if seen is not None and seen != self.version:
            raise StaleVersion(version=self.version)
        if states and self.state not in states:
            raise PostNotNow(state=self.state)

    def _reread(self) -> None:
        rows = type(self)._base_manager.select_for_update(of=("self",))
        try:
            self.refresh_from_db(from_queryset=rows.select_related("campaign", "owner", "credit"))
        except type(self).DoesNotExist as error:
            raise NotFound from error
        # Whatever the verb is about to do to it, what was posted goes on leading there.
        if self._is_out:
            self.out_link, self.out_slug = self.link, self.campaign.slug

    def _save(self, **facts: Any) -> None:
        """Write these columns, with the next version."""
        for name, value in facts.items():
            setattr(self, name, value)
        self.version += 1
        self.updated_at = timezone.now()
        self.save(update_fields=[*facts, "out_link", "out_slug", "version", "updated_at"])

    def _record(self, by: User | None, did: str, **detail: Any) -> None:
        """For the audit trail, without a word of what the post says."""
        AuditEvent.record(by, f"post-{did}", "example-post", self.pk, **detail)
