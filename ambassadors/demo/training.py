"""The demo company's training: who is certified, who is half way, and who is asked."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from ambassadors import shipped
from ambassadors.course_document import Lesson
from ambassadors.demo.past import in_month, people, told
from ambassadors.demo.story import AMBASSADORS, COURSE_OUT, POLICY_CHANGED
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
from ambassadors.models.enrolment import REMINDERS
from server.accounts.models import User

# The first were volunteers; everybody else is asked since so long, and has as long again.
_ASKED, _DUE = timedelta(days=18), timedelta(days=12)
_REFRESH = timedelta(days=30)
# How many lessons, and how many questions right at the first attempt (none where there was none).
_HALF_WAY: dict[str, tuple[int, int | None]] = {
    "sanne": (3, None),
    "joris": (7, 4),
    "marieke.bos": (6, None),
    "petra.hendriks": (2, None),
    "tim.peeters": (7, None),
}


def seed() -> str:
    """The course that ships, published more than a year ago, and how its people stand in it."""
    document = course_file.read(shipped.course())
    there = people()
    if "noor" not in there or Course.objects.filter(slug=document.slug).exists():
        return ""
    with transaction.atomic():
        course, version = _publish(document.slug, document.model_dump(), there["noor"])
        _certify(there, version)
        _begin(there, version)
    now = timezone.now()
    rule = EnrolmentRule.add(
        course, by=there["noor"], department=None, role="", joined_since=None, due_days=30
    )
    EnrolmentRule.objects.filter(pk=rule.pk).update(made_at=now - _ASKED)
    asked = list(rule.still_to_enrol())
    Enrolment.ask(asked, course, EnrolmentReason.RULE, due_at=now + _DUE, rule=rule)
    rows = Enrolment.objects.filter(rule=rule)
    rows.update(made_at=now - _ASKED)
    told(list(rows.values_list("pk", flat=True)), now - _ASKED)
    certified = Certificate.objects.valid_at(now).values("user").distinct().count()
    return f"a training of {len(document.lessons)} lessons, {certified} people certified"


def _publish(slug: str, content: dict[str, object], by: User) -> tuple[Course, CourseVersion]:
    at = in_month(*COURSE_OUT)
    course = Course.objects.create(slug=slug, created_at=at)
    draft = course.write_draft(content, by=by)
    draft.publish(by=by)
    CourseVersion.objects.filter(pk=draft.pk).update(published_at=at, made_at=at)
    draft.refresh_from_db()
    return course, draft


def _certify(there: Mapping[str, User], version: CourseVersion) -> None:
    """Everybody of the story: once when they joined, and again when the policy had changed."""
    changed = in_month(*POLICY_CHANGED)
    for name, joined in AMBASSADORS.items():
        person = there.get(name)
        if person is None:
            continue
        _pass(person, version, in_month(*joined.at), number=1)
        if joined.at[0] <= POLICY_CHANGED[0]:
            continue
        asked = Enrolment.objects.create(
            user=person,
            course=version.course,
            reason=EnrolmentReason.POLICY,
            made_at=changed,
            due_at=changed + _REFRESH,
            # Each was sent at its time: none is left for the clock of today.
            reminded=len(REMINDERS),
        )
        if joined.renewed is not None:
            at = in_month(*joined.renewed)
            asked.finished_at, asked.certificate = at, _pass(person, version, at, number=2)
            asked.save()


def _pass(person: User, version: CourseVersion, at: datetime, *, number: int) -> Certificate:
    attempt = _attempt(person, version, at, right=version.document.quiz.ask, number=number)
    attempt.save()
    _did(person, version, version.document.lessons, at - timedelta(days=1))
    return Certificate.issue(person, version, attempt=attempt, at=at)


def _did(person: User, version: CourseVersion, lessons: Sequence[Lesson], last: datetime) -> None:
    """Did these lessons, one a day; once, however often they pass."""
    LessonDone.objects.bulk_create(
        [
            LessonDone(
                user=person, version=version, lesson=lesson.slug, print=lesson.print,
                at=last - timedelta(days=days),
            )
            for days, lesson in enumerate(reversed(lessons))
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _begin(there: Mapping[str, User], version: CourseVersion) -> None:
    now = timezone.now()
    for name, (lessons, right) in _HALF_WAY.items():
        person = there.get(name)
        if person is None:
            continue
        _did(person, version, version.document.lessons[:lessons], now - timedelta(days=2))
        if right is not None:
            _attempt(person, version, now - timedelta(days=1), right=right, number=1).save()


def _attempt(
    person: User, version: CourseVersion, at: datetime, *, right: int, number: int
) -> Attempt:
    """An attempt as the product draws and judges it, with so many answers right."""
    questions = drawn(version, person, number, [])
    answers = {
        question.id: sorted(question.right)
        if place < right
        else [next(choice.id for choice in question.choices if not choice.right)]
        for place, question in enumerate(questions)
    }
    score = judged(questions, answers, [])
    return Attempt(
        id=uuid.uuid5(version.pk, f"{person.pk} {number}"),
        user=person,
        version=version,
        number=number,
        asked=[question.id for question in questions],
        answers=answers,
        score=score,
        passed=score >= version.document.quiz.pass_percent,
        at=at,
        fingerprint=fingerprint(answers, version.course_id),
    )
