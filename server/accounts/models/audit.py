"""The audit trail: who did what to which row. Rows are added, never changed."""

import uuid
from typing import Any, ClassVar, NoReturn

from django.db import models
from django.utils import timezone

from server.accounts.models.people import User


class AuditEvent(models.Model):
    """One act or one look, by id only: no names, addresses or texts.

    `once` is unique, so that looking at the same thing again within the hour adds nothing.
    """

    actor = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="audit_events"
    )
    action = models.CharField(max_length=40)
    subject_type = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    at = models.DateTimeField(default=timezone.now)
    once = models.CharField(max_length=120, unique=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["subject_type", "subject_id", "at"], name="audit_by_subject"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit trail is only added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit trail is only added to")

    @classmethod
    def record(
        cls, actor: User | None, action: str, subject_type: str, subject_id: uuid.UUID
    ) -> None:
        """Record what someone did; in the transaction that does it."""
        cls.objects.create(
            actor=actor,
            action=action,
            subject_type=subject_type,
            subject_id=subject_id,
            once=uuid.uuid4().hex,
        )

    @classmethod
    def looked(cls, *, actor: User, action: str, subject_type: str, subject_id: uuid.UUID) -> None:
        """Record that someone looked, at most once an hour for the same thing."""
        now = timezone.now()
        AuditEvent.objects.bulk_create(
            [
                AuditEvent(
                    actor=actor,
                    action=action,
                    subject_type=subject_type,
                    subject_id=subject_id,
                    at=now,
                    once=f"{action}:{subject_id}:{actor.pk}:{now:%Y%m%d%H}",
                )
            ],
            ignore_conflicts=True,
        )
