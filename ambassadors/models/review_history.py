"""What a thing that is reviewed said at each moment, and the steps of its reviews."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from server.accounts.models import User


class Verdict(models.TextChoices):
    ASKED = "asked", _("Asked for review")
    APPROVED = "approved", _("Approved")
    CHANGES = "changes", _("Asked for changes")


class Version(models.Model):
    """What it said at a moment, and who wrote that. Rows are added and never changed.

    `number` is its `version` then, `content` all that it said.
    """

    number = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    content: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["-number"]

    def __str__(self) -> str:
        return f"{self.pk} {self.number}"


class Review(models.Model):
    """One step of a review: of which version, by whom, and what was said with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    text = models.TextField(blank=True)

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.pk} {self.verdict}"
