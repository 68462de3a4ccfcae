"""How far somebody is: lessons that are done and attempts at the quiz, for that person alone."""

import uuid
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from ambassadors.models.course import CourseVersion
from server.accounts.models import User


class LessonDone(models.Model):
    """That somebody finished a lesson; `print` tells whether the lesson has changed since."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="lessons_done")
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="done")
    lesson = models.CharField(max_length=60)
    print = models.CharField(max_length=64)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "version", "lesson"], name="lesson_done_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.lesson}"


class Attempt(models.Model):
    """One attempt at the quiz: which questions were shown, what was answered, how it was judged.

    `number` counts somebody's attempts at one version. `asked` is a list of ids of questions,
    `answers` maps them to lists of ids of choices. Where a question was withdrawn later, `score`
    and `passed` are what they became, and `rescored_at` says when.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="attempts")
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="attempts")
    number = models.PositiveIntegerField()
    asked: "models.JSONField[Any, Any]" = models.JSONField()
    answers: "models.JSONField[Any, Any]" = models.JSONField()
    score = models.PositiveSmallIntegerField()
    passed = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)
    rescored_at = models.DateTimeField(null=True)
    fingerprint = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "version", "number"], name="attempt_once"),
            models.CheckConstraint(
                condition=models.Q(score__gte=0, score__lte=100), name="attempt_score"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)
