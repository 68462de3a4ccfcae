"""How many people are where in a course: numbers for editors, and never who."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course
from ambassadors.models.course_progress import Attempt, LessonDone
from ambassadors.models.enrolment import Enrolment

# A smaller group is not shown by its number: one could tell who is in it.
SMALLEST_GROUP = 5
SOON = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class CourseNumbers:
    """Of people who work here now. None stands for a few, fewer than SMALLEST_GROUP."""

    asked: int | None
    late: int | None
    begun: int | None
    certified: int | None
    ending: int | None
    by_lesson: dict[str, int | None]

    @classmethod
    def of(cls, course: Course) -> "CourseNumbers":
        now = timezone.now()
        at_work = {"user__is_active": True}
        asked = Enrolment.objects.open().filter(course=course, **at_work)
        held = Certificate.objects.valid_at(now).filter(course=course, **at_work)
        done = LessonDone.objects.filter(version__course=course, **at_work)
        tried = Attempt.objects.filter(version__course=course, **at_work)
        begun = done.values("user").union(tried.values("user"))
        version = course.current
        lessons = [lesson.slug for lesson in version.document.lessons] if version else []
        people = set(done.filter(lesson__in=lessons).values_list("lesson", "user"))
        return cls(
            asked=_told(asked.count()),
            late=_told(asked.filter(due_at__lt=now).count()),
            begun=_told(begun.count()),
            certified=_told(held.values("user").distinct().count()),
            ending=_told(held.filter(expires_at__lte=now + SOON).values("user").distinct().count()),
            by_lesson={
                slug: _told(sum(lesson == slug for lesson, _user in people)) for slug in lessons
            },
        )


def _told(number: int) -> int | None:
    return None if 0 < number < SMALLEST_GROUP else number
