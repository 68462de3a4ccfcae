"""How many people are where in a course: numbers for editors, and never who."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course
from ambassadors.models.course_progress import Attempt, LessonDone
from ambassadors.models.enrolment import Enrolment
from ambassadors.models.figures import counted_while_waiting
from ambassadors.models.headcount import begin, month_of
from ambassadors.models.privacy import FEWEST, Programme
from server.accounts.models import Placement

SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CourseNumbers:
    """Of people who work here as this month counts them, at `counted_at`. None stands for fewer
    than `few`, the smallest group that is shown: one could tell who is in it.

    `by_lesson` is who finished it, by slug, whichever version it was; 0 for a lesson that is not
    in it.
    """

    counted_at: datetime
    asked: int | None = 0
    late: int | None = 0
    begun: int | None = 0
    certified: int | None = 0
    ending: int | None = 0
    by_lesson: dict[str, int | None] = field(default_factory=dict)
    few: int = FEWEST

    @classmethod
    def of(cls, courses: Collection[Course]) -> "dict[UUID, CourseNumbers]":
        """By course, in as many queries for ten as for one; what was stored in a large company."""
        if counted_while_waiting():
            now = timezone.now()
            found = {course: (now, numbers) for course, numbers in count(now).items()}
        else:
            found = {
                row.course_id: (row.counted_at, row.numbers) for row in CourseCount.objects.all()
            }
            now = max((at for at, _numbers in found.values()), default=timezone.now())
        few = Programme.current().smallest_group
        return {course.pk: cls._told(*found.get(course.pk, (now, {})), few) for course in courses}

    @classmethod
    def _told(cls, at: datetime, numbers: dict[str, Any], few: int) -> "CourseNumbers":
        def told(number: int) -> int | None:
            return None if 0 < number < few else number

        plain = {name: told(number) for name, number in numbers.items() if name != "by_lesson"}
        lessons = {slug: told(number) for slug, number in numbers.get("by_lesson", {}).items()}
        return cls(at, **plain, by_lesson=lessons, few=few)


class CourseCount(models.Model):
    """The numbers of one course as they were counted last, for a company too large to wait for."""

    course = models.OneToOneField(Course, on_delete=models.CASCADE, related_name="+")
    counted_at = models.DateTimeField()
    numbers: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["course"]

    def __str__(self) -> str:
        return str(self.course_id)

    @staticmethod
    def store() -> None:
        """Count every course anew; where it is counted while somebody waits there is no need."""
        if counted_while_waiting():
            return
        now = timezone.now()
        CourseCount.objects.bulk_create(
            [
                CourseCount(course_id=pk, counted_at=now, numbers=row)
                for pk, row in count(now).items()
            ],
            update_conflicts=True,
            unique_fields=["course"],
            update_fields=["counted_at", "numbers"],
        )


def count(now: datetime) -> dict[UUID, dict[str, Any]]:
    """The exact numbers by course: not to be shown as they are."""
    found: dict[UUID, dict[str, Any]] = defaultdict(dict)
    there = Placement.objects.counted(begin(month_of(now)), now)
    at_work = {"user__in": there.values("user")}
    people = Count("user", distinct=True)
    done = LessonDone.objects.filter(**at_work).values("version__course")
    for course, slug, number in done.values_list("version__course", "lesson").annotate(n=people):
        found[course].setdefault("by_lesson", {})[slug] = number
    # Begun: with a lesson, or with the quiz alone.
    for course, number in done.values_list("version__course").annotate(n=people):
        found[course]["begun"] = number
    lessons = LessonDone.objects.filter(
        user=OuterRef("user"), version__course=OuterRef("version__course")
    )
    tried = Attempt.objects.filter(~Exists(lessons), **at_work)
    for course, number in tried.values_list("version__course").annotate(n=people):
        found[course]["begun"] = found[course].get("begun", 0) + number
    asked = Enrolment.objects.open().filter(**at_work).values_list("course")
    late = Count("pk", filter=Q(due_at__lt=now))
    for course, number, overdue in asked.annotate(n=Count("pk"), late=late).order_by():
        found[course] |= {"asked": number, "late": overdue}
    held = Certificate.objects.valid_at(now).filter(**at_work).values_list("course")
    soon = Count("user", distinct=True, filter=Q(expires_at__lte=now + SOON))
    for course, number, ending in held.annotate(n=people, ending=soon).order_by():
        found[course] |= {"certified": number, "ending": ending}
    return dict(found)
