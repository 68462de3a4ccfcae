"""Who has to learn again because the policy changed, by one rule for everybody who says so."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course
from ambassadors.models.policy import PolicyVersion
from ambassadors.models.privacy import Programme


def teaching() -> list[Course]:
    """The courses that teach the policy and that somebody can do now."""
    return [
        course
        for course in Course.objects.given()
        if (version := course.current) is not None and version.document.teaches_policy
    ]


def from_before(moment: datetime, courses: Iterable[Course]) -> QuerySet[Certificate]:
    """The newest certificate of everybody at work in each of these courses, where it holds now and
    is from before this moment.
    """
    newer = Certificate.objects.filter(
        course=OuterRef("course"), user=OuterRef("user"), issued_at__gt=OuterRef("issued_at")
    )
    held = Certificate.objects.valid_at(timezone.now())
    held = held.filter(course__in=list(courses), user__is_active=True, issued_at__lt=moment)
    return held.filter(~Exists(newer))


def asked_by_policy() -> QuerySet[Certificate]:
    """Those that the policy asks to be renewed; none where no version of it asked for that."""
    since = PolicyVersion.asks_again_since()
    return from_before(since, teaching()) if since else Certificate.objects.none()


def would_be_asked() -> int | None:
    """How many people the next version would ask, if it asks for that; None where they are so few
    that it says something of one.
    """
    held = from_before(timezone.now(), teaching())
    people = held.values("user").distinct().count()
    return None if 0 < people < Programme.current().smallest_group else people
