"""Photos and documents of a request, as remade by `uploads.clean`."""

import uuid
from typing import ClassVar

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from customer_requests.models.entry import ActorRole, Entry


class Attachment(models.Model):
    """One stored file. Its name on disk is random; `name` is what a reader sees.

    `sha256` is of what was sent, before it was remade, so that a repeat is recognised.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="attachments"
    )
    entry = models.ForeignKey(Entry, on_delete=models.CASCADE, related_name="attachments")
    by_role = models.CharField(max_length=8, choices=ActorRole.choices)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    path = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_image(self) -> bool:
        return self.content_type.startswith("image/")

    @staticmethod
    def new_path(extension: str) -> str:
        """A random place that says nothing about who or what it is of."""
        name = uuid.uuid4().hex
        return f"{name[:2]}/{name}{extension}"

    def write(self, content: bytes) -> None:
        default_storage.save(self.path, ContentFile(content))

    def open(self) -> "File[bytes]":
        return default_storage.open(self.path)

    def forget(self) -> None:
        """Delete the row, and the file once that is certain."""
        path = self.path
        self.delete()
        transaction.on_commit(lambda: default_storage.delete(path), robust=True)
