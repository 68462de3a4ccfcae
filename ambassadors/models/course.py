"""Courses and their versions: written as a draft, published, and from then on never changed."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from server.accounts.models import User


class Course(models.Model):
    """What somebody can learn. Its words are in its versions; `slug` is what addresses say.

    A retired course takes nobody new; certificates stay valid until their own end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at", "id"], name="course_in_order"),
        ]

    def __str__(self) -> str:
        return self.slug


class CourseVersion(models.Model):
    """All words of a course at one time, as one document (`ambassadors.course_document`).

    A draft has no `number`; there is one at most. `asks_refresher` says that whoever is certified
    has to do the course again for it; `reread_from` is the last version until this one that did.
    `revision` tells two editors of one draft apart.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    content: "models.JSONField[Any, Any]" = models.JSONField()
    revision = models.PositiveIntegerField(default=1)
    asks_refresher = models.BooleanField(default=False)
    reread_from = models.PositiveIntegerField(default=1)
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True)
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "number"], name="course_version_once"),
            models.UniqueConstraint(
                fields=["course"], name="course_one_draft", condition=Q(published_at=None)
            ),
            models.CheckConstraint(
                condition=Q(published_at=None, number=None)
                | Q(published_at__isnull=False, number__isnull=False),
                name="course_version_numbered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} {self.number or 'draft'}"


class WithdrawnQuestion(models.Model):
    """A question that turned out to be wrong: not asked any more, and not held against anybody.

    For every version of the course; a better question gets another id.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="withdrawn")
    question = models.CharField(max_length=60)
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["course", "question"], name="question_withdrawn_once"),
        ]

    def __str__(self) -> str:
        return f"{self.course_id} {self.question}"
