"""The demo company's training: who is certified, who is half way, and who is asked."""

import uuid
from datetime import datetime, timedelta
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from ambassadors.importing import course_file
from ambassadors.models import (
    Attempt,
    Certificate,
    Course,
    CourseVersion,
    Enrolment,
    EnrolmentReason,
    EnrolmentRule,
    LessonDone,
)
from ambassadors.models.course_progress import drawn, fingerprint, judged
from server.accounts.models import User

STARTER = Path(__file__).parents[1] / "starter" / "mag-ik-dit-posten.yaml"
_BEGAN = timedelta(days=120)
# Every so many of the others is certified.
_EVERY = 3


@transaction.atomic
def seed() -> str:
    """The course that ships, published four months ago, and how its people stand in it."""
    document = course_file.read(STARTER.read_bytes())
    if Course.objects.filter(slug=document.slug).exists():
        return ""
    now = timezone.now()
    noor = User.objects.filter(email="noor@demo.example").first()
    course = Course.objects.create(slug=document.slug, created_at=now - _BEGAN)
    draft = course.write_draft(document.model_dump(), by=noor)
    draft.publish(by=noor)
    CourseVersion.objects.filter(pk=draft.pk).update(published_at=now - _BEGAN)
    rule = EnrolmentRule.objects.create(course=course, by=noor, made_at=now - _BEGAN)
    people = list(User.objects.filter(email__endswith="@demo.example").order_by("email"))
    passed = [person for place, person in enumerate(people) if _passes(person, place)]
    for place, person in enumerate(passed):
        # Somebody's holds for three weeks more, somebody else's ran out last month.
        age = {0: timedelta(days=344), 1: timedelta(days=395)}.get(place, timedelta(20 + 6 * place))
        _certify(person, draft, now - age, rule)
    for person in people:
        if person not in passed:
            _ask(person, course, rule, now - timedelta(days=18), now + timedelta(days=12))
    _begin(people, draft, now)
    return f"a training of {len(document.lessons)} lessons, {len(passed)} people certified"


def _passes(person: User, place: int) -> bool:
    name = person.email.partition("@")[0]
    return name in {"mark", "els", "daan"} or (place % _EVERY == 0 and name not in _HALF_WAY)


# How many lessons, and how many questions right at the first attempt (none where there was none).
_HALF_WAY: dict[str, tuple[int, int | None]] = {"sanne": (3, None), "joris": (7, 4)}


def _begin(people: list[User], version: CourseVersion, now: datetime) -> None:
    for person in people:
        lessons, right = _HALF_WAY.get(person.email.partition("@")[0], (0, None))
        for place, lesson in enumerate(version.document.lessons[:lessons]):
            LessonDone.objects.create(
                user=person,
                version=version,
                lesson=lesson.slug,
                print=lesson.print,
                at=now - timedelta(days=9 - place),
            )
        if right is not None:
            _attempt(person, version, now - timedelta(days=1), right=right).save()


def _ask(
    person: User, course: Course, rule: EnrolmentRule, at: datetime, due_at: datetime
) -> Enrolment:
    """Without telling: a demo company begins with what happened before today."""
    return Enrolment.objects.create(
        user=person,
        course=course,
        rule=rule,
        reason=EnrolmentReason.RULE,
        made_at=at,
        due_at=due_at,
    )


def _certify(person: User, version: CourseVersion, at: datetime, rule: EnrolmentRule) -> None:
    attempt = _attempt(person, version, at, right=version.document.quiz.ask)
    attempt.save()
    held = Certificate.issue(person, version, attempt=attempt, at=at)
    asked = _ask(person, version.course, rule, at - timedelta(days=9), at + timedelta(days=21))
    asked.finished_at, asked.certificate = at, held
    asked.save()
    ends = held.expires_at
    renew = timedelta(days=version.document.certificate.renew_days)
    now = timezone.now()
    if ends is not None and now < ends <= now + renew:
        renewing = _ask(person, version.course, rule, now, ends)
        renewing.reason = EnrolmentReason.EXPIRY
        renewing.save()


def _attempt(person: User, version: CourseVersion, at: datetime, *, right: int) -> Attempt:
    questions = drawn(version, person, 1, [])
    answers = {
        question.id: sorted(question.right)
        if place < right
        else [next(choice.id for choice in question.choices if not choice.right)]
        for place, question in enumerate(questions)
    }
    score = judged(questions, answers, [])
    return Attempt(
        id=uuid.uuid5(version.pk, str(person.pk)),
        user=person,
        version=version,
        number=1,
        asked=[question.id for question in questions],
        answers=answers,
        score=score,
        passed=score >= version.document.quiz.pass_percent,
        at=at,
        fingerprint=fingerprint(answers, version.course_id),
    )
