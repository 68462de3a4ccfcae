"""A picture that editors put up: a row, and a file under a name that says nothing of it."""

import uuid
from typing import Self

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone

from server.uploads import Upload


class StoredImage(models.Model):
    """One picture, made anew (server.uploads)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    path = models.CharField(max_length=120)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.pk)

    def keep(self, upload: Upload) -> Self:
        """Write the file and the row; call it in the transaction that refers to it."""
        name = uuid.uuid4().hex
        self.name, self.content_type = upload.name, upload.content_type
        self.size = len(upload.content)
        self.path = f"{name[:2]}/{name}{upload.extension}"
        default_storage.save(self.path, ContentFile(upload.content))
        self.save(force_insert=True)
        return self

    def open(self) -> "File[bytes]":
        return default_storage.open(self.path)

    def forget(self) -> None:
        """Delete the row, and the file once that is certain."""
        path = self.path
        self.delete()
        transaction.on_commit(lambda: default_storage.delete(path), robust=True)
