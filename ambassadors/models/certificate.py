"""Certificates: that somebody passed, for how long it holds, and how others can check it."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ambassadors.models.course import Course, CourseVersion
from ambassadors.models.course_progress import Attempt
from server.accounts.models import User


class IssuerKey(models.Model):
    """A key that certificates are signed with. Its public half stays, so that old ones can be
    checked; `sealed` is the private half, encrypted with the install's SECRET_KEY.
    """

    id = models.CharField(primary_key=True, max_length=80)
    sealed = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.pk


class Certificate(models.Model):
    """One certificate, as it was issued. A new one is a new row, so what was true then stays.

    It holds from `issued_at` until `expires_at` (null: always) or `revoked_at`. `credential` is
    the signed document; `number` is its place in the list of revoked ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="certificates")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="certificates")
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="+")
    attempt = models.OneToOneField(
        Attempt, null=True, on_delete=models.SET_NULL, related_name="certificate"
    )
    number = models.PositiveIntegerField(unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_because = models.CharField(max_length=300, blank=True)
    credential: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "course", "-issued_at"], name="certificate_of_user"),
            models.Index(fields=["expires_at"], name="certificate_by_expiry"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("issued_at")),
                name="certificate_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
