"""The row of an example post: what it has besides what is reviewed, and when it comes out."""

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors.models.campaign import Campaign
from ambassadors.models.reviewed import PostState, Reviewed, ReviewedQuerySet, is_editor
from ambassadors.post_problems import PostNotNow
from server.accounts.models import User
from server.problems import Forbidden, NotFound

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


class Shown(models.TextChoices):
    """Where a post stands as editors see it: its state and the clock together."""

    DRAFT = "draft", _("Draft")
    REVIEW = "review", _("Waits for review")
    UNPLANNED = "unplanned", _("Approved, no date yet")
    PLANNED = "planned", _("Planned")
    PUBLISHED = "published", _("With employees")
    RETIRED = "retired", _("Retired")


class ExamplePostQuerySet(ReviewedQuerySet):
    def visible(self) -> Self:
        """As of all that is reviewed, from the moment that is planned for it."""
        return super().visible().filter(publish_at__lte=timezone.now())

    def shown_as(self, shown: str) -> Self:
        """The posts that editors see standing there."""
        now = timezone.now()
        planned = {
            Shown.UNPLANNED: Q(publish_at=None),
            Shown.PLANNED: Q(publish_at__gt=now),
            Shown.PUBLISHED: Q(publish_at__lte=now),
        }
        if shown in planned:
            return super().shown_as(PostState.APPROVED).filter(planned[Shown(shown)])
        return super().shown_as(shown)

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


class PostBase(Reviewed):
    """An example post's own columns; its words and pictures are rows of their own.

    Nobody outside the editors sees it before `publish_at`, which never lies before `embargo_until`.
    `told_at` is when all who want to hear of it were told, `told_after` the last of them while that
    is going on: of what comes out anew after it was retired they hear again. `out_link` and
    `out_slug` are what short links followed when a verb last found it with employees: they go on
    doing so while it is rewritten, and once it is retired.
    """

    word = "post"
    audited_as = "example-post"
    not_now = PostNotNow
    ends_anyway = _("This was approved until its end. Plan a later one.")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="posts")
    title_nl = models.CharField(max_length=120)
    title_en = models.CharField(max_length=120, blank=True)
    link = models.CharField(max_length=500, blank=True)
    out_link = models.CharField(max_length=500, blank=True)
    out_slug = models.CharField(max_length=60, blank=True)
    rewarded = models.BooleanField(default=False)
    credit = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    publish_at = models.DateTimeField(null=True)
    told_at = models.DateTimeField(null=True)
    told_after = models.UUIDField(null=True)

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

    @property
    def shown(self) -> Shown:
        if self.state != PostState.APPROVED:
            return Shown(self.state)
        if self.over:
            return Shown.RETIRED
        if self.publish_at is None:
            return Shown.UNPLANNED
        return Shown.PLANNED if self.publish_at > timezone.now() else Shown.PUBLISHED

    @property
    def owner_is_at_it(self) -> bool:
        return self.owner.is_editor

    @property
    def owner_is_there(self) -> bool:
        """Whether its owner still works here and may still write it; else somebody has to."""
        return self.owner.is_active and is_editor(self.owner)

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
        return self.publish_at <= timezone.now() and not self.under_embargo

    def _reread_for(self, by: User) -> None:
        if not is_editor(by):
            raise Forbidden
        self._reread()

    def _reread(self) -> None:
        super()._reread()
        # Whatever the verb is about to do to it, what was posted goes on leading there.
        if self._is_out:
            self.out_link, self.out_slug = self.link, self.campaign.slug

    def _save(self, **facts: Any) -> None:
        super()._save(out_link=self.out_link, out_slug=self.out_slug, **facts)
