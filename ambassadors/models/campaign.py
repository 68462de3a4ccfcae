"""What example posts are about: topics that stay, and campaigns that pass."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from ambassadors.months import company_zone
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, Invalid, StaleVersion

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

    def known_to(self, user: User) -> Self:
        """Those whose name is no secret to this reader of the console: for editors all of them;
        for others topics, what employees know of, and what their own answers are under.
        """
        if user.is_editor or user.is_admin:
            return self
        from ambassadors.models.approved_answer import ApprovedAnswer

        mine = ApprovedAnswer.objects.filter(campaign=OuterRef("pk"), owner=user)
        out = Campaign.objects.with_visible_posts().values("pk")
        answered = Campaign.objects.with_visible_answers().values("pk")
        known = Q(kind=CampaignKind.TOPIC) | Q(pk__in=out) | Q(pk__in=answered)
        return self.filter(known | Q(Exists(mine)))

    def taking_posts(self) -> Self:
        """Those that a new post can be put under today."""
        running = Q(ends_on=None) | Q(ends_on__gte=timezone.localdate(timezone=company_zone()))
        return self.filter(running, retired_at=None)


class Campaign(models.Model):
    """A topic or campaign, under which posts are found. Employees hear of it by its posts only.

    A campaign can have a first and a last day; a topic stays. A retired one, or a campaign that is
    over, takes no new posts; those that it has are retired by themselves.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(
        max_length=8, choices=CampaignKind.choices, default=CampaignKind.CAMPAIGN
    )
    name_nl = models.CharField(max_length=80, unique=True)
    name_en = models.CharField(max_length=80, unique=True)
    begins_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        ordering: ClassVar[list[str]] = ["name_nl"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind__in=CampaignKind.values), name="campaign_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(begins_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("begins_on")),
                name="campaign_ends_later",
            ),
            models.CheckConstraint(
                condition=~Q(kind="topic") | Q(begins_on=None, ends_on=None),
                name="campaign_topic_stays",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """In the reader's language."""
        dutch = (get_language() or "nl").startswith("nl")
        return self.name_nl if dutch else self.name_en

    @property
    def over(self) -> bool:
        """Whether its last day has passed."""
        return bool(self.ends_on and self.ends_on < timezone.localdate(timezone=company_zone()))

    @property
    def print(self) -> str:
        """What tells it from what it was before."""
        told = [self.kind, self.name_nl, self.name_en, str(self.begins_on), str(self.ends_on)]
        return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]

    def facts(self) -> dict[str, Any]:
        return {
            "slug": self.slug,
            "name": self.name,
            "kind": self.kind,
            "begins_on": self.begins_on,
            "ends_on": self.ends_on,
        }

    @classmethod
    @transaction.atomic
    def make(cls, *, by: User, slug: str, **facts: Any) -> "Campaign":
        """One more; facts as for `write`. Raises Invalid where a name is taken."""
        made = cls(slug=slug)
        made._put(by, facts)
        made._save()
        AuditEvent.record(by, "campaign-made", "campaign", made.pk)
        return made

    @transaction.atomic
    def write(
        self,
        *,
        by: User,
        seen: str,
        kind: str,
        name_nl: str,
        name_en: str,
        begins_on: date | None,
        ends_on: date | None,
    ) -> None:
        """Call it otherwise, or say when it runs; its slug stays, for it stands in addresses.

        Raises StaleVersion where it is not what the writer had `seen` (its print), and Invalid.
        """
        self.refresh_from_db(from_queryset=Campaign.objects.select_for_update())
        if seen != self.print:
            raise StaleVersion
        facts = {"kind": kind, "name_nl": name_nl, "name_en": name_en}
        self._put(by, {**facts, "begins_on": begins_on, "ends_on": ends_on})
        self._save()
        AuditEvent.record(by, "campaign-written", "campaign", self.pk)

    @transaction.atomic
    def retire(self, *, by: User) -> bool:
        """Put nothing new under it; posts that are out stay. False where it was retired already."""
        return self._retired(by, timezone.now(), "campaign-retired")

    @transaction.atomic
    def bring_back(self, *, by: User) -> bool:
        return self._retired(by, None, "campaign-brought-back")

    def _retired(self, by: User, at: datetime | None, did: str) -> bool:
        self._check(by)
        rows = Campaign.objects.filter(pk=self.pk, retired_at__isnull=at is not None)
        changed = bool(rows.update(retired_at=at))
        if changed:
            self.retired_at = at
            AuditEvent.record(by, did, "campaign", self.pk)
        return changed

    def _put(self, by: User, facts: Mapping[str, Any]) -> None:
        self._check(by)
        for name, value in facts.items():
            setattr(self, name, value)
        errors = {}
        if self.kind == CampaignKind.TOPIC and (self.begins_on or self.ends_on):
            errors["begins_on" if self.begins_on else "ends_on"] = gettext(
                "A topic stays; only a campaign has days."
            )
        elif self.begins_on and self.ends_on and self.ends_on < self.begins_on:
            errors["ends_on"] = gettext("The last day comes before the first.")
        others = Campaign.objects.exclude(pk=self.pk)
        for name in ("name_nl", "name_en", "slug"):
            if others.filter(**{name: getattr(self, name)}).exists():
                errors[name] = gettext("There is one that is called that already.")
        if errors:
            raise Invalid(errors)

    def _save(self) -> None:
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError as error:  # somebody took the name a moment ago
            taken = gettext("There is one that is called that already.")
            raise Invalid({"name_nl": taken}) from error

    @staticmethod
    def _check(by: User) -> None:
        if not (by.is_editor or by.is_admin):
            raise Forbidden
