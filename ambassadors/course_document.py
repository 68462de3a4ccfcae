"""What a course says, as one document: the same in a file, in the database and in the console.

Words are given per language; `language` is read where a reader's own is missing.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from django.utils.translation import get_language_info
from django.utils.translation import gettext as _
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from server.fields import Line, Strict, Text, refuse
from server.look import look_facts

MOST_QUESTIONS = 500

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=60)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}(?:-[A-Z]{2})?$")]
ImageId = Annotated[
    str, StringConstraints(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
]
Words = Annotated[dict[Language, Text], Field(min_length=1, max_length=20)]
Title = Annotated[dict[Language, Line], Field(min_length=1, max_length=20)]


class Said(NamedTuple):
    """A text and the language that it is in."""

    text: str
    language: str


def _https(address: str) -> str:
    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" and parts.hostname and not parts.username
    except ValueError:  # what stands in brackets is no IPv6 address
        good = False
    if not good:
        raise refuse(_("Write an address that begins with https://."))
    return address


class TextBlock(Strict):
    """Paragraphs, with an empty line between them; lines that begin with `- ` are a list."""

    kind: Literal["text"]
    text: Words


class ImageBlock(Strict):
    """A picture, kept with the course under this id, and what it says to who can't see it."""

    kind: Literal["image"]
    image: Annotated[
        str, StringConstraints(pattern=r"^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$")
    ]
    alt: Title


class VideoBlock(Strict):
    """A link to a video; it is opened at its own place and never loaded into a page of ours."""

    kind: Literal["video"]
    url: Annotated[str, Field(max_length=500), AfterValidator(_https)]
    title: Title


class Verdict(Strict):
    """One answer to "may I post this?", and what somebody reads who gives it."""

    text: Words
    right: bool
    feedback: Words


class ExerciseBlock(Strict):
    """ "May I post this?": practice, with feedback at once; it counts for nothing."""

    kind: Literal["exercise"]
    post: Words
    choices: Annotated[list[Verdict], Field(min_length=2, max_length=6)]

    @model_validator(mode="after")
    def _has_a_right_one(self) -> "ExerciseBlock":
        if not any(choice.right for choice in self.choices):
            raise refuse(_("One of the choices has to be right."), "choices")
        return self


Block = Annotated[TextBlock | ImageBlock | VideoBlock | ExerciseBlock, Field(discriminator="kind")]


class Lesson(Strict):
    slug: Slug
    title: Title
    minutes: Annotated[int, Field(ge=1, le=120)] = 3
    blocks: Annotated[list[Block], Field(min_length=1, max_length=40)]

    @property
    def print(self) -> str:
        """What tells this lesson from what it was before."""
        text = json.dumps(self.model_dump(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


class Choice(Strict):
    id: Slug
    text: Words
    right: bool = False


class Question(Strict):
    """A question of the quiz. `lesson` is where it is explained; `why` is read after passing."""

    id: Slug
    text: Words
    choices: Annotated[list[Choice], Field(min_length=2, max_length=8)]
    lesson: Slug | None = None
    why: Words | None = None

    @property
    def right(self) -> frozenset[str]:
        return frozenset(choice.id for choice in self.choices if choice.right)

    @model_validator(mode="after")
    def _can_be_answered(self) -> "Question":
        if twice := _twice([choice.id for choice in self.choices]):
            raise refuse(_("Two choices are called %(id)s.") % {"id": twice}, "choices")
        if not 0 < len(self.right) < len(self.choices):
            raise refuse(_("At least one choice is right, and at least one is not."), "choices")
        return self


class Quiz(Strict):
    """How it is judged. After `attempts` failures one waits `cooling_hours` for as many more."""

    ask: Annotated[int, Field(ge=1, le=50)] = 8
    pass_percent: Annotated[int, Field(ge=1, le=100)] = 75
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    cooling_hours: Annotated[int, Field(ge=0, le=720)] = 24
    questions: Annotated[list[Question], Field(min_length=1, max_length=MOST_QUESTIONS)]


class Certified(Strict):
    """For how many months a certificate holds (null: always), and how long before its end
    somebody is asked to renew it.
    """

    months: Annotated[int, Field(ge=1, le=120)] | None = 12
    renew_days: Annotated[int, Field(ge=1, le=180)] = 30

    @model_validator(mode="after")
    def _is_new_for_a_while(self) -> "Certified":
        if self.months is not None and self.renew_days >= self.months * 28:
            raise refuse(_("It would have to be renewed as soon as it is given."), "renew_days")
        return self


class CourseDocument(Strict):
    """A whole course. One that `teaches_policy` has to be done again when the policy changes."""

    slug: Slug
    language: Language = "nl"
    teaches_policy: bool = False
    title: Title
    summary: Words
    lessons: Annotated[list[Lesson], Field(min_length=1, max_length=60)]
    quiz: Quiz
    certificate: Certified = Certified()

    @model_validator(mode="after")
    def _hangs_together(self) -> "CourseDocument":
        lessons = [lesson.slug for lesson in self.lessons]
        if twice := _twice(lessons):
            raise refuse(_("Two lessons are called %(id)s.") % {"id": twice}, "lessons")
        if twice := _twice([question.id for question in self.quiz.questions]):
            raise refuse(_("Two questions are called %(id)s.") % {"id": twice}, "quiz.questions")
        for place, question in enumerate(self.quiz.questions):
            if question.lesson is not None and question.lesson not in lessons:
                raise refuse(_("There is no such lesson."), f"quiz.questions.{place}.lesson")
        if self.quiz.ask > len(self.quiz.questions):
            raise refuse(_("There are fewer questions than that."), "quiz.ask")
        for where, words in _all_words(self.model_dump()):
            if self.language not in words:
                raise refuse(
                    _("Write this in the language %(language)s too.")
                    % {"language": get_language_info(self.language)["name_translated"]},
                    where,
                )
        return self

    @property
    def minutes(self) -> int:
        return sum(lesson.minutes for lesson in self.lessons)

    @property
    def images(self) -> dict[str, str]:
        """The id of each picture, and the first place where it is."""
        found: dict[str, str] = {}
        for place, lesson in enumerate(self.lessons):
            for nth, block in enumerate(lesson.blocks):
                if isinstance(block, ImageBlock):
                    found.setdefault(block.image, f"lessons.{place}.blocks.{nth}.image")
        return found

    @property
    def languages(self) -> list[str]:
        """The languages that all of it is in, the course's own first."""
        everywhere = [set(words) for _where, words in _all_words(self.model_dump())]
        shared = set.intersection(*everywhere)
        return [self.language, *sorted(shared - {self.language})]

    def lesson(self, slug: str) -> Lesson | None:
        return next((lesson for lesson in self.lessons if lesson.slug == slug), None)

    def say(self, words: Mapping[str, str], language: str) -> Said:
        """The words in a reader's language, or else in the course's own; with the company's name
        where they say {company}.
        """
        chosen = language if language in words else self.language
        return Said(words[chosen].replace("{company}", look_facts()["name"]), chosen)


def _twice(ids: Sequence[str]) -> str:
    """The first that occurs more than once; empty where none does."""
    return next((each for place, each in enumerate(ids) if each in ids[:place]), "")


_WORDS = {"alt", "title", "summary", "text", "post", "feedback", "why"}


def _all_words(part: Any, where: str = "") -> list[tuple[str, dict[str, str]]]:
    """Every text of the document by its place: ("lessons.0.title", {"nl": ...})."""
    if isinstance(part, list):
        return [
            found
            for place, each in enumerate(part)
            for found in _all_words(each, f"{where}{place}.")
        ]
    found = []
    for name, value in part.items() if isinstance(part, dict) else ():
        if name in _WORDS:
            found += [(f"{where}{name}", value)] if value is not None else []
        else:
            found += _all_words(value, f"{where}{name}.")
    return found
