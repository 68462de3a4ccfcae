"""How far somebody is: lessons that are done and attempts at the quiz, for that person alone."""

import hashlib
import json
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ambassadors.course_document import Question
from ambassadors.models.course import CourseVersion
from server.accounts.models import User

Answers = Mapping[str, Collection[str]]


def drawn(
    version: CourseVersion,
    user: User,
    number: int,
    withdrawn: Collection[str],
    failed: Collection[str] = (),
) -> list[Question]:
    """The questions of somebody's attempt with this number, in the order to show them in.

    The same for as long as nothing is withdrawn, on every device; with a question withdrawn, the
    next one takes its place. Those that were `failed` a moment ago come only where there are too
    few others: what was wrong was told, so a second guess would be a better one. Choices are in an
    order of their own too.
    """

    def place(*parts: str) -> str:
        text = "/".join((str(user.pk), str(version.pk), str(number), *parts))
        return hashlib.sha256(text.encode()).hexdigest()

    quiz = version.document.quiz
    pool = [question for question in quiz.questions if question.id not in withdrawn]
    order = sorted(pool, key=lambda question: (question.id in failed, place(question.id)))
    chosen = sorted(order[: quiz.ask], key=lambda question: place(question.id))
    return [
        question.model_copy(
            update={
                "choices": sorted(
                    question.choices, key=lambda choice: place(question.id, choice.id)
                )
            }
        )
        for question in chosen
    ]


def judged(questions: Sequence[Question], answers: Answers, withdrawn: Collection[str]) -> int:
    """The percentage of questions that were answered right, rounded down; what was withdrawn
    counts for nothing. Nothing left to judge is 0.
    """
    counted = [question for question in questions if question.id not in withdrawn]
    right = sum(is_right(question, answers) for question in counted)
    return right * 100 // len(counted) if counted else 0


def is_right(question: Question, answers: Answers) -> bool:
    return frozenset(answers.get(question.id, ())) == question.right


def fingerprint(answers: Answers, course: uuid.UUID) -> str:
    """What tells the same attempt from another when an id comes a second time."""
    sorted_answers = {name: sorted(set(chosen)) for name, chosen in answers.items()}
    text = json.dumps([str(course), sorted_answers], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


class LessonDone(models.Model):
    """That somebody finished a lesson; `print` tells whether the lesson has changed since."""

    KEPT: ClassVar[timedelta] = timedelta(days=730)

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

    @classmethod
    def forget_old(cls) -> None:
        """What was read two years ago may be read again; who left does not come back to it."""
        now = timezone.now()
        left = Q(user__is_active=False, user__deactivated_at__lt=now - timedelta(days=365))
        cls.objects.filter(left | Q(at__lt=now - cls.KEPT)).delete()


class Attempt(models.Model):
    """One attempt at the quiz: which questions were shown, what was answered, how it was judged.

    `number` counts somebody's attempts at one version. `asked` is a list of ids of questions,
    `answers` maps them to lists of ids of choices. Where a question was withdrawn later, `score`
    and `passed` are what they became, and `rescored_at` says when. What was asked and answered is
    forgotten after a year, and when somebody leaves.
    """

    ANSWERS_KEPT: ClassVar[timedelta] = timedelta(days=365)

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

    @classmethod
    def forget_old_answers(cls) -> None:
        """That somebody tried, and how it went, stays with the certificate; what they chose is of
        use while they learn and while a question may turn out to be wrong.
        """
        cls._forget_answers(cls.objects.filter(at__lt=timezone.now() - cls.ANSWERS_KEPT))

    @classmethod
    def forget_answers_of(cls, user: User) -> None:
        cls._forget_answers(cls.objects.filter(user=user))

    @classmethod
    def _forget_answers(cls, rows: models.QuerySet["Attempt"]) -> None:
        """The fingerprint goes too: of so few choices it could be worked out."""
        rows.exclude(fingerprint="").update(asked=[], answers={}, fingerprint="")
