"""The social policy: numbered versions, and who accepted which of them when."""

import uuid
from datetime import datetime
from http import HTTPStatus
from typing import ClassVar, Self

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from server.accounts.models import AuditEvent, User
from server.problems import NotFound, Problem, StaleVersion


class PolicyOutdated(Problem):
    slug = "policy-outdated"
    status = HTTPStatus.CONFLICT
    title = _("There is a newer policy")
    detail = _("This version is not in force any more. Version %(current)s is.")
    what_to_do = _("Fetch the policy again, show what changed, and accept that version.")


class PolicyVersion(models.Model):
    """One version in both languages; without `published_at` it is the draft of the next one.

    There is one draft at most, because its number is the next. What was published stays as it was:
    people said yes to those words. `revision` counts the savings of a draft.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    number = models.PositiveIntegerField(unique=True)
    text_nl = models.TextField()
    text_en = models.TextField()
    changed_nl = models.TextField(blank=True)
    changed_en = models.TextField(blank=True)
    revision = models.PositiveIntegerField(default=1)
    published_at = models.DateTimeField(null=True, db_index=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # Whether who learned the policy before has to do its quiz again; says nothing of the first.
    asks_refresher = models.BooleanField(default=True)
    # When everybody who had to hear of it has been told, and how often who had not said yes.
    told_at = models.DateTimeField(null=True)
    reminded = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]

    def __str__(self) -> str:
        return str(self.number)

    @property
    def text(self) -> str:
        return self._in_language("text")

    @property
    def changed(self) -> str:
        """What is different from the version before, in plain words; empty for the first."""
        return self._in_language("changed")

    def _in_language(self, name: str) -> str:
        language = "en" if (get_language() or "nl").startswith("en") else "nl"
        return str(getattr(self, f"{name}_{language}"))

    @classmethod
    def in_force(cls, moment: datetime | None = None) -> Self | None:
        """The version that counts now, or counted at this moment."""
        rows = cls.objects.filter(published_at__lte=moment or timezone.now())
        return rows.order_by("-published_at", "-number").first()

    @classmethod
    def asks_again_since(cls) -> datetime | None:
        """Since when what was learned of the policy before has to be learned again: the newest
        version that asks for it. Who learned of the first before it was in force has learned it.
        """
        rows = cls.objects.filter(published_at__isnull=False, asks_refresher=True, number__gt=1)
        return rows.order_by("-number").values_list("published_at", flat=True).first()

    @classmethod
    def draft(cls) -> Self | None:
        return cls.objects.filter(published_at=None).first()

    @classmethod
    @transaction.atomic(durable=True)
    def write(
        cls,
        *,
        by: User,
        revision: int,
        text_nl: str,
        text_en: str,
        changed_nl: str,
        changed_en: str,
    ) -> Self:
        """Save the draft. `revision` is the one that was read, 0 where there was none.

        Raises StaleVersion when somebody saved it, or published it, in the meantime.
        """
        words = {
            "text_nl": text_nl,
            "text_en": text_en,
            "changed_nl": changed_nl,
            "changed_en": changed_en,
        }
        draft = cls.objects.select_for_update().filter(published_at=None).first()
        if (draft.revision if draft else 0) != revision:
            raise StaleVersion
        if draft is None:
            newest = cls.objects.order_by("-number").first()
            draft = cls.objects.create(number=newest.number + 1 if newest else 1, **words)
        else:
            for name, text in words.items():
                setattr(draft, name, text)
            draft.revision += 1
            draft.save(update_fields=[*words, "revision"])
        AuditEvent.record(by, "policy-written", "policy", draft.pk, version=draft.number)
        return draft

    @transaction.atomic(durable=True)
    def publish(self, *, by: User, revision: int, asks_refresher: bool = True) -> None:
        """Put this draft in force from now on; everybody is asked to read and accept it, and with
        `asks_refresher` who learned an earlier one to do its quiz again.

        Raises StaleVersion when it is not the draft that was read.
        """
        self.refresh_from_db(from_queryset=type(self).objects.select_for_update())
        if self.published_at is not None or self.revision != revision:
            raise StaleVersion
        self.published_at, self.published_by = timezone.now(), by
        self.asks_refresher = asks_refresher
        self.save(update_fields=["published_at", "published_by", "asks_refresher"])
        detail = {"version": self.number, "asks_refresher": asks_refresher}
        AuditEvent.record(by, "policy-published", "policy", self.pk, **detail)


class Acceptance(models.Model):
    """Somebody said yes to one version, at this moment. Never changed, never taken back."""

    version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="accepted")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="policies_accepted")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "user"], name="policy_accepted_once"),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["version", "at", "id"], name="policy_accepted_when"),
        ]

    def __str__(self) -> str:
        return f"{self.version_id} {self.user_id}"

    @classmethod
    @transaction.atomic(durable=True)
    def give(cls, number: int, *, by: User) -> tuple["Acceptance", bool]:
        """Accept this version, and whether that is new; the first moment stays.

        Raises NotFound for a version that nobody could read, PolicyOutdated for an older one.
        """
        current = PolicyVersion.in_force()
        published = Q(published_at__lte=timezone.now())
        if current is None or not PolicyVersion.objects.filter(published, number=number).exists():
            raise NotFound
        if number != current.number:
            raise PolicyOutdated(current=current.number)
        return cls.objects.get_or_create(version=current, user=by)
