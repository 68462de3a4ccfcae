"""What would have been sent where a channel has no provider: the mailbox's content."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class KeptCopy(models.Model):
    """One push, e-mail or SMS as its receiver would see it.

    `subject_id` is the object it is about, so that erasing that object takes its copies along.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now)
    channel = models.CharField(max_length=8)
    person_name = models.CharField(max_length=200, blank=True)
    address = models.CharField(max_length=320)
    title = models.CharField(max_length=400, blank=True)
    text = models.TextField()
    html = models.TextField(blank=True)
    data = models.JSONField(default=dict)
    subject_id = models.UUIDField(null=True, db_index=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["-at", "-id"], name="kept_newest"),
            models.Index(fields=["address", "-at", "-id"], name="kept_by_address"),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"
