"""A small course for tests, and going through it."""

import io
import uuid
from typing import Any

from ambassadors.course_document import CourseDocument
from ambassadors.models import Course, CourseVersion
from ambassadors.models.learning import Standing
from server import uploads
from server.accounts.models import User
from tests.clients import photo


def small_document(slug: str = "proef", **quiz: Any) -> dict[str, Any]:
    """Two lessons and six questions, of which three are asked; `a` is right everywhere."""
    return {
        "slug": slug,
        "language": "nl",
        "title": {"nl": "Proef", "en": "Trial"},
        "summary": {"nl": "Een kleine training."},
        "lessons": [
            {
                "slug": "een",
                "title": {"nl": "Les een", "en": "Lesson one"},
                "blocks": [
                    {"kind": "text", "text": {"nl": "Zeg wie je bent."}},
                    {
                        "kind": "exercise",
                        "post": {"nl": "Wij zijn de beste!"},
                        "choices": [
                            {"text": {"nl": "Ja"}, "right": False, "feedback": {"nl": "Nee."}},
                            {"text": {"nl": "Nee"}, "right": True, "feedback": {"nl": "Juist."}},
                        ],
                    },
                ],
            },
            {
                "slug": "twee",
                "title": {"nl": "Les twee"},
                "blocks": [{"kind": "text", "text": {"nl": "Geen cijfers."}}],
            },
        ],
        "quiz": {
            "ask": 3,
            "pass_percent": 67,
            "attempts": 2,
            "cooling_hours": 24,
            **quiz,
            "questions": [
                {
                    "id": f"v{number}",
                    "text": {"nl": f"Vraag {number}?", "en": f"Question {number}?"},
                    "lesson": "een",
                    "why": {"nl": f"Omdat {number}."},
                    "choices": [
                        {"id": "a", "text": {"nl": "Goed"}, "right": True},
                        {"id": "b", "text": {"nl": "Fout"}, "right": False},
                        {"id": "c", "text": {"nl": "Ook fout"}, "right": False},
                    ],
                }
                for number in range(1, 7)
            ],
        },
        "certificate": {"months": 12, "renew_days": 30},
    }


def make_course(slug: str = "proef", **quiz: Any) -> Course:
    """A course that is published."""
    course = Course.named(slug)
    publish(course, small_document(slug, **quiz))
    return course


def with_picture(slug: str = "proef") -> Course:
    """A course that is published, whose first lesson ends with a picture."""
    course, document, id = Course.named(slug), small_document(slug), str(uuid.uuid4())
    picture = {"kind": "image", "image": id, "alt": {"nl": "Een groene bus", "en": "A green bus"}}
    document["lessons"][0]["blocks"].append(picture)
    upload = uploads.clean("bus.png", io.BytesIO(photo()), None)
    content = CourseDocument.model_validate(document).model_dump()
    draft = course.write_draft(content, by=None, images={id: upload})
    draft.publish(by=None)
    return course


def publish(course: Course, document: dict[str, Any], *, refresh: bool = False) -> CourseVersion:
    draft = course.write_draft(document, by=None)
    draft.publish(by=None, asks_refresher=refresh)
    return draft


def standing(user: User, course: Course) -> Standing:
    return Standing.of(user, [course])[0]


def answers(user: User, course: Course, *, right: int = 3) -> dict[str, list[str]]:
    """Answers to what is asked of somebody now, of which so many are right."""
    asked = standing(user, course).questions()
    return {question.id: ["a" if n < right else "b"] for n, question in enumerate(asked)}


def body(user: User, course: Course, *, right: int = 3) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "answers": answers(user, course, right=right)}
