"""What somebody may do in a course now, and doing it."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors.course_document import Lesson, Question
from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course, CourseVersion, WithdrawnQuestion
from ambassadors.models.course_progress import (
    Answers,
    Attempt,
    LessonDone,
    drawn,
    fingerprint,
    is_right,
    judged,
)
from ambassadors.models.enrolment import HELPING, Enrolment, EnrolmentReason
from ambassadors.models.policy import PolicyVersion
from ambassadors.months import spoken
from ambassadors.problems import AlreadyPassed, NoAttemptsLeft, QuizChanged
from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import AuditEvent, User
from server.problems import IdReused, Invalid, NotFound

Row = TypeVar("Row")
RESCORED = "training.rescored"


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands in a course, as read at one moment.

    `attempts` are those at `version`, oldest first; `withdrawn` in the order in which it happened.
    Certificates from before `renewed_at` are for a version of the course, or of the policy that it
    teaches, that has to be done again.
    """

    user: User
    course: Course
    version: CourseVersion
    done: Sequence[LessonDone]
    attempts: Sequence[Attempt]
    withdrawn: Sequence[str]
    certificate: Certificate | None
    enrolment: Enrolment | None
    renewed_at: datetime | None
    now: datetime

    @classmethod
    def of(cls, user: User, courses: Iterable[Course]) -> "list[Standing]":
        """In courses that have been published; in as many queries for ten as for one."""
        courses, now = list(courses), timezone.now()
        newest: dict[Any, CourseVersion] = {}
        renewed: dict[Any, datetime | None] = {}
        of_them = CourseVersion.objects.published().filter(course__in=courses)
        for row in of_them.defer("content").order_by("number"):
            newest[row.course_id] = row
            if row.asks_refresher:
                renewed[row.course_id] = row.published_at
        current = [row.pk for row in newest.values()]
        versions = {row.course_id: row for row in CourseVersion.objects.filter(pk__in=current)}
        course_of = {row.pk: row.course_id for row in newest.values()}
        done = _by_course(
            LessonDone.objects.filter(user=user, version__course__in=courses)
            .select_related("version")
            .defer("version__content")
            .order_by("at"),
            lambda row: row.version.course_id,
        )
        attempts = _by_course(
            Attempt.objects.filter(user=user, version__in=current).order_by("number"),
            lambda row: course_of[row.version_id],
        )
        withdrawn = _by_course(
            WithdrawnQuestion.objects.filter(course__in=courses).order_by("at"),
            lambda row: row.course_id,
        )
        certificates = {
            row.course_id: row
            for row in Certificate.objects.filter(user=user, course__in=courses)
            .select_related("version", "user", "replaced_by")
            .defer("credential", "version__content", "replaced_by__credential")
            .order_by("issued_at", "number")
        }
        enrolments = {row.course_id: row for row in Enrolment.objects.open().filter(user=user)}
        policy = PolicyVersion.asks_again_since()
        for course in courses:
            version = versions[course.pk]
            version.course = course
            # From its first moment, as its message says: who is asked by the clock comes later.
            if policy is not None and version.document.teaches_policy:
                renewed[course.pk] = max(renewed.get(course.pk) or policy, policy)
        return [
            cls(
                user=user,
                course=course,
                version=versions[course.pk],
                done=done[course.pk],
                attempts=attempts[course.pk],
                withdrawn=[row.question for row in withdrawn[course.pk]],
                certificate=certificates.get(course.pk),
                enrolment=enrolments.get(course.pk),
                renewed_at=renewed.get(course.pk),
                now=now,
            )
            for course in courses
        ]

    def done_at(self, lesson: Lesson) -> datetime | None:
        """When a lesson was finished. One that changed is open again where its version asks for
        that; what was done stays done otherwise.
        """
        for row in self.done:
            reread = (row.version.number or 0) < self.version.reread_from
            if row.lesson == lesson.slug and (not reread or row.print == lesson.print):
                return row.at
        return None

    @property
    def holds(self) -> bool:
        """Whether there is a certificate that holds, and that does not have to be renewed yet."""
        held = self.certificate
        if held is None or held.revoked_at is not None:
            return False
        if held.expires_at is not None:
            renew = timedelta(days=self.version.document.certificate.renew_days)
            if held.expires_at - renew <= self.now:
                return False
        if self.renewed_at is not None and held.issued_at < self.renewed_at:
            return False
        return self.enrolment is None or self.enrolment.reason == EnrolmentReason.RULE

    @property
    def _round(self) -> Sequence[Attempt]:
        """The attempts since the last that was passed."""
        passed = [place for place, attempt in enumerate(self.attempts) if attempt.passed]
        return self.attempts[passed[-1] + 1 :] if passed else self.attempts

    @property
    def cooled_at(self) -> datetime | None:
        """From when there are attempts again; None where there are some now."""
        quiz, tried = self.version.document.quiz, self._round
        if not tried or len(tried) % quiz.attempts:
            return None
        again = tried[-1].at + timedelta(hours=quiz.cooling_hours)
        return again if again > self.now else None

    @property
    def attempts_left(self) -> int:
        if self.cooled_at is not None:
            return 0
        most = self.version.document.quiz.attempts
        return most - len(self._round) % most

    @property
    def state(self) -> str:
        """Of the quiz: passed, cooling or open."""
        if self.holds:
            return "passed"
        return "cooling" if self.cooled_at else "open"

    def questions(self, withdrawn: int | None = None) -> list[Question]:
        """What the next attempt asks; as it was when only so many questions were withdrawn."""
        number = len(self.attempts) + 1
        without = self.withdrawn[:withdrawn]
        return drawn(self.version, self.user, number, without, self._just_failed)

    @property
    def _just_failed(self) -> set[str]:
        """The questions that were answered wrong in the last attempt, where that was not passed."""
        if not self._round:
            return set()
        asked, last = (
            {each.id: each for each in self.version.document.quiz.questions},
            self._round[-1],
        )
        return {name for name in last.asked if not is_right(asked[name], last.answers)}

    def shown(self, answers: Answers) -> list[Question]:
        """The questions that these answers are to: what is open now, or was a moment ago, before
        one of them was withdrawn. Raises QuizChanged where they are to others.
        """
        for count in range(len(self.withdrawn), -1, -1):
            questions = self.questions(count)
            if set(answers) <= {question.id for question in questions}:
                return questions
        raise QuizChanged


def _by_course(rows: Iterable[Row], key: Any) -> dict[Any, list[Row]]:
    found: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return found


def finish_lesson(user: User, course: Course, slug: str) -> None:
    """That somebody finished a lesson of what is published now; doing it again changes nothing."""
    version = course.current
    lesson = version.document.lesson(slug) if version else None
    if version is None or lesson is None:
        raise NotFound
    LessonDone.objects.bulk_create(
        [LessonDone(user=user, version=version, lesson=slug, print=lesson.print)],
        ignore_conflicts=True,
    )


@transaction.atomic(durable=True)
def attempt(user: User, course: Course, *, id: uuid.UUID, answers: Answers) -> tuple[Attempt, bool]:
    """Judge somebody's answers; returns the attempt and whether it is new.

    Raises NoAttemptsLeft, AlreadyPassed, QuizChanged where other questions than these are open,
    and IdReused. Who passes is certified in the same transaction.
    """
    print_ = fingerprint(answers, course.pk)
    if existing := Attempt.objects.filter(pk=id).select_related("version").first():
        return _replayed(existing, user, print_), False
    (standing,) = Standing.of(user, [course])
    _check_known(course, standing, answers)
    if standing.holds and standing.certificate is not None:
        raise AlreadyPassed(certificate=str(standing.certificate.pk))
    if (again := standing.cooled_at) is not None:
        when = again.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise NoAttemptsLeft(when=when, spoken=spoken(again, user.zone))
    questions = standing.shown(answers)
    score = judged(questions, answers, standing.withdrawn)
    made = Attempt(
        id=id,
        user=user,
        version=standing.version,
        number=len(standing.attempts) + 1,
        asked=[question.id for question in questions],
        answers={name: sorted(set(chosen)) for name, chosen in answers.items()},
        score=score,
        passed=score >= standing.version.document.quiz.pass_percent,
        fingerprint=print_,
    )
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError as error:
        if existing := Attempt.objects.filter(pk=id).select_related("version").first():
            return _replayed(existing, user, print_), False
        # Another device was first with this number.
        raise QuizChanged from error
    if made.passed:
        certify(made)
    return made, True


def certify(passed: Attempt) -> Certificate:
    """What passing brings: a certificate, and the end of what was asked of this person."""
    made = Certificate.issue(passed.user, passed.version, attempt=passed)
    asked = Enrolment.objects.open().filter(user=passed.user, course=passed.version.course_id)
    asked.update(finished_at=made.issued_at, certificate=made)
    return made


def _replayed(existing: Attempt, user: User, print_: str) -> Attempt:
    if existing.user_id != user.pk or existing.fingerprint != print_:
        raise IdReused
    return existing


def _check_known(course: Course, standing: Standing, answers: Answers) -> None:
    """Refuse what was never a question or a choice; what was, but is no more, is QuizChanged."""
    errors: dict[str, str] = {}
    known = {question.id: question for question in standing.version.document.quiz.questions}
    for name, chosen in answers.items():
        question = known.get(name)
        if question is None:
            if not _was_asked(course, name):
                errors[f"answers.{name}"] = _("There is no such question.")
        elif unknown := sorted(set(chosen) - {choice.id for choice in question.choices}):
            errors[f"answers.{name}"] = _("There is no choice %(id)s.") % {"id": unknown[0]}
    if errors:
        raise Invalid(errors)


def _was_asked(course: Course, name: str) -> bool:
    return any(
        question.id == name
        for version in course.versions.published()
        for question in version.document.quiz.questions
    )


@transaction.atomic(durable=True)
def withdraw_question(course: Course, question: str, *, by: User, reason: str) -> int:
    """Ask a question no more, and count it for nobody; returns how many pass now who had failed.

    They are certified from now on, and hear of it. Nobody loses what they had.
    """
    course._lock()
    version = course.current
    asked = {each.id for each in version.document.quiz.questions} if version else set()
    withdrawn = set(course.withdrawn.values_list("question", flat=True))
    if question in withdrawn:
        return 0
    if question not in asked and not _was_asked(course, question):
        raise NotFound
    if asked and asked <= withdrawn | {question}:
        raise Invalid({"question": _("This is the last one. Publish another question first.")})
    course.withdrawn.create(question=question, reason=reason, by=by)
    withdrawn.add(question)
    messages = []
    versions = {row.pk: row for row in course.versions.published()}
    for attempt in _failed(versions):
        attempt.version = versions[attempt.version_id]
        rescored = question in attempt.asked and _rescore(attempt, withdrawn)
        if rescored and not _certified_since(attempt):
            held, to = certify(attempt), ToUser(attempt.user)
            messages.append(Message(RESCORED, to, subject_id=held.pk, entry_id=held.pk))
    AuditEvent.record(by, "question-withdrawn", "course", course.pk, question=question)
    outbox.put(messages)
    return len(messages)


def _failed(versions: Collection[uuid.UUID]) -> Iterator[Attempt]:
    """The failed attempts at these versions of which the answers are kept, oldest first."""
    rows = Attempt.objects.filter(version__in=versions, passed=False).exclude(fingerprint="")
    ids = list(rows.order_by("at").values_list("pk", flat=True))
    for first in range(0, len(ids), HELPING):
        helping = Attempt.objects.filter(pk__in=ids[first : first + HELPING])
        yield from helping.select_related("user").order_by("at")


def _rescore(attempt: Attempt, withdrawn: set[str]) -> bool:
    """Judge it again without what was withdrawn; returns whether it is passed now."""
    document = attempt.version.document
    by_id = {question.id: question for question in document.quiz.questions}
    score = judged([by_id[name] for name in attempt.asked], attempt.answers, withdrawn)
    attempt.score, attempt.passed = score, score >= document.quiz.pass_percent
    attempt.rescored_at = timezone.now()
    attempt.save(update_fields=["score", "passed", "rescored_at"])
    return attempt.passed


def _certified_since(attempt: Attempt) -> bool:
    """Whether they passed in the meantime, also where that was revoked since. A certificate from
    before the attempt is the one that they were renewing.
    """
    held = Certificate.objects.filter(user=attempt.user, course=attempt.version.course_id)
    return held.filter(issued_at__gte=attempt.at).exists()
