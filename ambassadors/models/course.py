"""Courses and their versions: written as a draft, published, and from then on never changed."""

import copy
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ambassadors import new_course
from ambassadors.course_document import CourseDocument, Question
from ambassadors.problems import CourseRetired
from server.accounts.models import AuditEvent, User
from server.problems import Invalid, NotFound, StaleVersion
from server.uploads import Upload

# For how long somebody who had begun may still finish a course that was retired.
GRACE = timedelta(days=30)


class CourseQuerySet(models.QuerySet["Course"]):
    def given(self) -> Self:
        """Those that somebody new can begin."""
        return self.filter(retired_at=None).filter(_has_version())

    def visible_to(self, user: User) -> Self:
        """What an employee may do; a retired one only who had begun, for a month."""
        began = Q(_version(done__user=user, done__at__lt=OuterRef("retired_at"))) | Q(
            _version(attempts__user=user, attempts__at__lt=OuterRef("retired_at"))
        )
        in_time = Q(retired_at__gt=timezone.now() - GRACE)
        return self.filter(Q(retired_at=None) | (in_time & began)).filter(_has_version())

    def attempted_by(self, user: User, attempt: uuid.UUID) -> Self:
        """The one of this attempt of theirs, also where it is no longer visible to them."""
        return self.filter(_version(attempts=attempt, attempts__user=user))


def _has_version() -> Exists:
    return _version(published_at__isnull=False)


def _version(**facts: Any) -> Exists:
    return Exists(CourseVersion.objects.filter(course=OuterRef("pk"), **facts))


class Course(models.Model):
    """What somebody can learn. Its words are in its versions; `slug` is what addresses say.

    A retired course takes nobody new; certificates stay valid until their own end.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)

    objects = CourseQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["created_at", "id"], name="course_in_order"),
        ]

    def __str__(self) -> str:
        return self.slug

    @classmethod
    def named(cls, slug: str) -> "Course":
        """The course, made where there is none: it exists for readers once it is published."""
        return cls.objects.get_or_create(slug=slug)[0]

    @classmethod
    @transaction.atomic
    def begin(cls, title: Mapping[str, str], *, by: User) -> "Course":
        """A new course with this title per language, as a draft that says what to write where."""
        wanted = slugify(title["nl"])[:50].strip("-") or "training"
        slug, number = wanted, 1
        while cls.objects.filter(slug=slug).exists():
            number += 1
            slug = f"{wanted}-{number}"
        course = cls.named(slug)
        content = CourseDocument.model_validate(new_course.document(slug, dict(title)))
        course.write_draft(content.model_dump(), by=by)
        return course

    @property
    def current(self) -> "CourseVersion | None":
        return self.versions.published().order_by("-number").first()

    @property
    def draft(self) -> "CourseVersion | None":
        return self.versions.filter(published_at=None).first()

    @transaction.atomic
    def begin_draft(self, *, by: User | None) -> "CourseVersion":
        """What is being written: the draft that there is, or a copy of what is published."""
        self._lock()
        if (draft := self.draft) is not None:
            return draft
        current = self.current
        if current is None:
            raise NotFound
        return self.versions.create(content=current.content, made_by=by)

    @transaction.atomic
    def write_draft(
        self,
        content: Mapping[str, Any],
        *,
        by: User | None,
        images: Mapping[str, Upload] = MappingProxyType({}),
        seen: str = "",
    ) -> "CourseVersion":
        """Make this the draft; `content` is a valid document.

        `images` are pictures that it shows and that come with it, by their ids there. Raises
        Invalid where it shows one that neither comes along nor is here, and StaleVersion where
        words would be `lost_by` it, unless their draft is the one that was `seen` (an `edition`).
        """
        self._lock()
        lost = self.lost_by(content)
        if lost is not None:
            if seen != lost.edition:
                raise StaleVersion
            detail = {"revision": lost.revision}
            AuditEvent.record(by, "course-draft-replaced", "course", self.pk, **detail)
        content = self._with_images(content, images)
        draft = self.draft
        if draft is None:
            return self.versions.create(content=content, made_by=by)
        draft._rewrite(content, by=by, seen=draft.revision)
        return draft

    def lost_by(self, content: Mapping[str, Any]) -> "CourseVersion | None":
        """The draft whose words are nowhere else once this content is the draft."""
        draft, current = self.draft, self.current
        kept = (content, current.content if current else None)
        return draft if draft is not None and draft.content not in kept else None

    def _with_images(
        self, content: Mapping[str, Any], images: Mapping[str, Upload]
    ) -> Mapping[str, Any]:
        """Keep these, and let the content call them by the ids under which they are kept."""
        from ambassadors.models.course_image import CourseImage

        kept = {id: str(CourseImage.put(self, uuid.UUID(id), each)) for id, each in images.items()}
        made = copy.deepcopy(dict(content))
        for lesson in made["lessons"]:
            for block in lesson["blocks"]:
                if block["kind"] == "image":
                    block["image"] = kept.get(block["image"], block["image"])
        CourseImage.check_shown(self, made)
        return made

    @transaction.atomic
    def retire(self, *, by: User) -> None:
        """Take nobody new; whoever had begun has a month to finish, and nobody is reminded."""
        self._lock()
        if self.retired_at is not None:
            raise CourseRetired
        self.retired_at = timezone.now()
        self.save(update_fields=["retired_at"])
        self.enrolments.filter(finished_at=None, ended_at=None).update(ended_at=self.retired_at)
        AuditEvent.record(by, "course-retired", "course", self.pk)

    @transaction.atomic
    def bring_back(self, *, by: User) -> None:
        """Give it again. Who was asked when it was retired is asked as they were, with the same due
        day and without a message; not who did it in the meantime, or is asked anew.
        """
        from ambassadors.models.certificate import Certificate
        from ambassadors.models.enrolment import Enrolment

        self._lock()
        retired, self.retired_at = self.retired_at, None
        self.save(update_fields=["retired_at"])
        if retired is not None:
            mine = {"course": self, "user": OuterRef("user")}
            since = Certificate.objects.filter(issued_at__gte=retired, **mine)
            asked = Enrolment.objects.open().filter(**mine)
            ended = self.enrolments.filter(ended_at=retired, finished_at=None)
            ended.filter(~Exists(since), ~Exists(asked)).update(ended_at=None)
        AuditEvent.record(by, "course-brought-back", "course", self.pk)

    def _lock(self) -> None:
        """Keep others from publishing, retiring and withdrawing until the commit."""
        self.retired_at = Course.objects.select_for_update().get(pk=self.pk).retired_at


class CourseVersionQuerySet(models.QuerySet["CourseVersion"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)


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

    objects = CourseVersionQuerySet.as_manager()

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

    @property
    def edition(self) -> str:
        """Tells this draft apart from what it was, and from another one in its place."""
        return f"{self.pk}:{self.revision}"

    @cached_property
    def document(self) -> CourseDocument:
        return CourseDocument.model_validate(self.content)

    @transaction.atomic
    def rewrite(
        self,
        content: Mapping[str, Any],
        *,
        by: User | None,
        seen: int,
        images: Mapping[str, Upload] = MappingProxyType({}),
    ) -> None:
        """Put other words in a draft; raises StaleVersion where somebody else did since `seen`.

        `images` as for `Course.write_draft`.
        """
        self._rewrite(self.course._with_images(content, images), by=by, seen=seen)

    def _rewrite(self, content: Mapping[str, Any], *, by: User | None, seen: int) -> None:
        changed = CourseVersion.objects.filter(pk=self.pk, published_at=None, revision=seen).update(
            content=content, revision=F("revision") + 1, made_by=by
        )
        if not changed:
            raise StaleVersion
        self.content, self.revision, self.made_by = content, seen + 1, by
        self.__dict__.pop("document", None)

    @transaction.atomic
    def publish(self, *, by: User | None, asks_refresher: bool = False) -> None:
        """From now on this is the course, and it is never changed again.

        Raises StaleVersion where it is no draft any more, Invalid where it asks a question that
        was withdrawn, or where something is still to be written.
        """
        course = self.course
        course._lock()
        fresh = CourseVersion.objects.filter(pk=self.pk, published_at=None).first()
        if fresh is None or fresh.revision != self.revision:
            raise StaleVersion
        if course.retired_at is not None:
            raise CourseRetired
        self._check_written()
        self._check_withdrawn()
        last = course.current
        self.number = last.number + 1 if last and last.number else 1
        asks = asks_refresher and last is not None
        self.reread_from = self.number if asks else last.reread_from if last else 1
        self.asks_refresher, self.published_at, self.published_by = asks, timezone.now(), by
        self.save()
        detail = {"version": self.number, "asks_refresher": asks}
        AuditEvent.record(by, "course-published", "course", course.pk, **detail)

    @transaction.atomic
    def add_questions(self, questions: Sequence[Question], *, by: User | None, seen: int) -> int:
        """Put these behind those of a draft, without those that it has; returns how many."""
        content = self.document.model_dump()
        known = {question["id"] for question in content["quiz"]["questions"]}
        new = [question for question in questions if question.id not in known]
        content["quiz"]["questions"] += [question.model_dump() for question in new]
        CourseDocument.model_validate(content)
        self.rewrite(content, by=by, seen=seen)
        return len(new)

    def _check_written(self) -> None:
        left = dict(new_course.unwritten(self.content))
        if left:
            message = _("This is still to be written: %(text)s")
            raise Invalid({where: message % {"text": text} for where, text in left.items()})

    def _check_withdrawn(self) -> None:
        gone = set(self.course.withdrawn.values_list("question", flat=True))
        errors = {
            f"quiz.questions.{place}.id": _(
                "A question with this id was withdrawn. Give the better one another id."
            )
            for place, question in enumerate(self.document.quiz.questions)
            if question.id in gone
        }
        if errors:
            raise Invalid(errors)

    @transaction.atomic
    def throw_away(self, *, by: User, seen: int) -> None:
        """Forget a draft; what is published stays as it is.

        Raises StaleVersion where somebody wrote in it since `seen`: that would go along.
        """
        rows = CourseVersion.objects.filter(pk=self.pk, published_at=None, revision=seen)
        if not rows.delete()[0]:
            raise StaleVersion
        AuditEvent.record(by, "course-draft-thrown-away", "course", self.course_id, revision=seen)


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
