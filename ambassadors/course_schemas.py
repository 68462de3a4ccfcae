"""Courses as the app reads them: in the reader's language, and never with the quiz's answers."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.utils import translation
from ninja import Schema
from pydantic import ConfigDict, Field

from ambassadors import credentials
from ambassadors.course_document import (
    Block,
    CourseDocument,
    ExerciseBlock,
    ImageBlock,
    Lesson,
    Question,
    Said,
    TextBlock,
    VideoBlock,
)
from ambassadors.models import Attempt, Certificate
from ambassadors.models.course_progress import is_right
from ambassadors.models.learning import Standing
from server.fields import Key, Strict


class SaidOut(Schema):
    """A text and the language it is in: the reader's, or the course's own where that is missing."""

    text: str
    language: str


class LessonOut(Schema):
    slug: str
    title: SaidOut
    minutes: int
    done: bool
    done_at: datetime | None


class VerdictOut(Schema):
    text: SaidOut
    right: bool
    feedback: SaidOut


class BlockOut(Schema):
    """One part of a lesson. `kind` says which fields it has.

    text: `text`. image: `image`, `alt`. video: `url`, `title`. exercise ("may I post this?"):
    `post` and `choices`; it is practice, so the feedback is there to be given at once, also
    without a connection.
    """

    kind: Literal["text", "image", "video", "exercise"]
    text: SaidOut | None = None
    image: str | None = Field(None, description="Address of the picture.")
    alt: SaidOut | None = Field(None, description="For who can't see the picture.")
    url: str | None = None
    title: SaidOut | None = None
    post: SaidOut | None = None
    choices: list[VerdictOut] | None = None


class LessonFullOut(LessonOut):
    blocks: list[BlockOut]


class ChoiceOut(Schema):
    id: str
    text: SaidOut


class QuestionOut(Schema):
    """A question of the quiz. With `several` more than one choice is right."""

    id: str
    text: SaidOut
    several: bool
    choices: list[ChoiceOut]


class QuizOut(Schema):
    """What the quiz asks of me now. There are questions while `state` is open.

    They stay the same until I answer them, on every device.
    """

    state: Literal["open", "cooling", "passed"]
    ask: int
    pass_percent: int
    attempts_left: int
    next_attempt_at: datetime | None
    questions: list[QuestionOut]


class ProgressOut(Schema):
    lessons: int
    done: int
    last_score: int | None
    passed: bool


class CertificateOut(Schema):
    """Mine. `url` is the page that anybody can check it at, for a year after its end;
    `credential_url` is for programs. One that is `replaced` was issued anew, with another name.
    """

    id: UUID
    state: Literal["valid", "expired", "revoked", "replaced", "ended"]
    issued_at: datetime
    expires_at: datetime | None
    version: int
    url: str
    credential_url: str
    revoked_at: datetime | None
    revoked_because: str | None = Field(description="Why an editor took it back.")


class EnrolmentOut(Schema):
    """That I am asked to do this course, and why."""

    reason: Literal["rule", "version", "policy", "expiry"]
    reason_label: str
    due_at: datetime


class CourseOut(Schema):
    slug: str
    version: int
    title: SaidOut
    summary: SaidOut
    languages: list[str]
    minutes: int
    retired_at: datetime | None
    lessons: list[LessonOut]
    progress: ProgressOut
    certificate: CertificateOut | None
    enrolment: EnrolmentOut | None


class CourseFullOut(CourseOut):
    lessons: list[LessonFullOut]  # type: ignore[assignment] # the same, with what is in them
    quiz: QuizOut
    certificates: list[CertificateOut]


Answer = Annotated[list[Key], Field(max_length=8)]


class AttemptIn(Strict):
    """My answers: ids of choices by id of question. A question that is left out is wrong."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "5b0f1c2e-8f0f-4b21-9a51-3f7a1c2b9d10",
                "answers": {"afzender": ["a"], "klantnaam": ["b", "c"]},
            }
        },
    )
    id: UUID
    answers: Annotated[dict[Key, Answer], Field(max_length=50)]


class FeedbackOut(Schema):
    """How one answer was. The right choices and the reason come after passing; before that the
    lesson to read again.
    """

    question: str
    right: bool
    withdrawn: bool
    lesson: str | None
    why: SaidOut | None
    right_choices: list[str] | None


class AttemptOut(Schema):
    id: UUID
    score: int
    pass_percent: int
    passed: bool
    certificate: CertificateOut | None
    attempts_left: int
    next_attempt_at: datetime | None
    feedback: list[FeedbackOut]


def certificate_out(held: Certificate) -> dict[str, Any]:
    return {
        "id": held.pk,
        "state": held.state,
        "issued_at": held.issued_at,
        "expires_at": held.expires_at,
        "version": held.version.number,
        "url": credentials.page_address(held.pk),
        "credential_url": credentials.address(held.pk),
        "revoked_at": held.revoked_at,
        "revoked_because": held.revoked_because or None,
    }


def course_out(standing: Standing) -> dict[str, Any]:
    document, say = standing.version.document, sayer(standing.version.document)
    lessons = [_lesson(standing, lesson, say) for lesson in document.lessons]
    held, asked = standing.certificate, standing.enrolment
    last = standing.attempts[-1] if standing.attempts else None
    return {
        "slug": standing.course.slug,
        "version": standing.version.number,
        "title": say(document.title),
        "summary": say(document.summary),
        "languages": document.languages,
        "minutes": document.minutes,
        "retired_at": standing.course.retired_at,
        "lessons": lessons,
        "progress": {
            "lessons": len(lessons),
            "done": sum(lesson["done"] for lesson in lessons),
            "last_score": last.score if last else None,
            "passed": standing.state == "passed",
        },
        "certificate": certificate_out(held) if held else None,
        "enrolment": asked
        and {
            "reason": asked.reason,
            "reason_label": str(asked.get_reason_display()),
            "due_at": asked.due_at,
        },
    }


def course_full_out(standing: Standing) -> dict[str, Any]:
    document, say = standing.version.document, sayer(standing.version.document)
    shown = course_out(standing)
    root = f"{settings.BASE_URL}/api/v1/courses/{standing.course.slug}/images"

    def address(id: str) -> str:
        return f"{root}/{id}"

    for lesson, out in zip(document.lessons, shown["lessons"], strict=True):
        out["blocks"] = [block_out(block, say, address) for block in lesson.blocks]
    held = Certificate.objects.filter(user=standing.user, course=standing.course)
    history = (
        held.select_related("version", "user", "replaced_by")
        .defer("credential", "version__content", "replaced_by__credential")
        .order_by("-issued_at", "-number")
    )
    return {
        **shown,
        "quiz": _quiz(standing, say),
        "certificates": [certificate_out(row) for row in history],
    }


def attempt_out(made: Attempt, standing: Standing) -> dict[str, Any]:
    """How an attempt went; of one that is sent again, how it stands now."""
    document, say = made.version.document, sayer(made.version.document)
    by_id = {question.id: question for question in document.quiz.questions}
    certificate = Certificate.objects.filter(attempt=made).select_related("version").first()
    asked = [by_id[name] for name in made.asked]
    return {
        "id": made.pk,
        "score": made.score,
        "pass_percent": document.quiz.pass_percent,
        "passed": made.passed,
        "certificate": certificate_out(certificate) if certificate else None,
        "attempts_left": standing.attempts_left,
        "next_attempt_at": standing.cooled_at,
        "feedback": [_feedback(made, question, standing, say) for question in asked],
    }


def _feedback(made: Attempt, question: Question, standing: Standing, say: Any) -> dict[str, Any]:
    return {
        "question": question.id,
        "right": is_right(question, made.answers),
        "withdrawn": question.id in standing.withdrawn,
        "lesson": question.lesson,
        "why": say(question.why) if made.passed and question.why else None,
        "right_choices": sorted(question.right) if made.passed else None,
    }


def sayer(document: CourseDocument, language: str = "") -> Any:
    """Says words in this language, or else in the one that is active."""
    language = language or (translation.get_language() or document.language).split("-")[0]

    def say(words: dict[str, str]) -> dict[str, str]:
        said: Said = document.say(words, language)
        return said._asdict()

    return say


def _lesson(standing: Standing, lesson: Lesson, say: Any) -> dict[str, Any]:
    done_at = standing.done_at(lesson)
    return {
        "slug": lesson.slug,
        "title": say(lesson.title),
        "minutes": lesson.minutes,
        "done": done_at is not None,
        "done_at": done_at,
    }


def block_out(block: Block, say: Any, address: Callable[[str], str]) -> dict[str, Any]:
    """`address` says where a picture with this id is for this reader."""
    match block:
        case TextBlock():
            return {"kind": block.kind, "text": say(block.text)}
        case ImageBlock():
            return {"kind": block.kind, "image": address(block.image), "alt": say(block.alt)}
        case VideoBlock():
            return {"kind": block.kind, "url": block.url, "title": say(block.title)}
        case ExerciseBlock():
            choices = [
                {
                    "text": say(choice.text),
                    "right": choice.right,
                    "feedback": say(choice.feedback),
                }
                for choice in block.choices
            ]
            return {"kind": block.kind, "post": say(block.post), "choices": choices}


def _quiz(standing: Standing, say: Any) -> dict[str, Any]:
    quiz = standing.version.document.quiz
    is_open = standing.state == "open"
    questions = standing.questions() if is_open else []
    return {
        "state": standing.state,
        "ask": quiz.ask,
        "pass_percent": quiz.pass_percent,
        "attempts_left": standing.attempts_left,
        "next_attempt_at": standing.cooled_at,
        "questions": [
            {
                "id": question.id,
                "text": say(question.text),
                "several": len(question.right) > 1,
                "choices": [
                    {"id": choice.id, "text": say(choice.text)} for choice in question.choices
                ],
            }
            for question in questions
        ],
    }
