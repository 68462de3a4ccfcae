"""What example posts are about: topics that stay, and campaigns that pass."""

import uuid
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from ambassadors.models.example_post import ExamplePost  # noqa: F401


class CampaignKind(models.TextChoices):
    TOPIC = "topic", _("Topic")
    CAMPAIGN = "campaign", _("Campaign")


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def with_visible_posts(self) -> Self:
        """Those that employees know of: the name alone can give away what is under embargo."""
        from ambassadors.models.example_post import ExamplePost

        posts = ExamplePost.objects.visible().filter(campaign=OuterRef("pk"))
        return self.filter(Exists(posts))

    def with_visible_answers(self) -> Self:
        """Those that employees know of by an approved answer."""
        from ambassadors.models.approved_answer import ApprovedAnswer

        answers = ApprovedAnswer.objects.visible().filter(campaign=OuterRef("pk"))
        return self.filter(Exists(answers))


class Campaign(models.Model):
    """A topic or campaign, under which posts are found. Employees hear of it by its posts only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(
        max_length=8, choices=CampaignKind.choices, default=CampaignKind.CAMPAIGN
    )
    name_nl = models.CharField(max_length=80, unique=True)
    name_en = models.CharField(max_length=80, unique=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name_nl"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind__in=CampaignKind.values), name="campaign_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """In the reader's language."""
        dutch = (get_language() or "nl").startswith("nl")
        return self.name_nl if dutch else self.name_en

    def facts(self) -> dict[str, Any]:
        return {"slug": self.slug, "name": self.name, "kind": self.kind}
