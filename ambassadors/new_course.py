"""What a course begins with when an editor writes one: as little as a course can be.

Each text says what to write in its place, and none of them goes out: publishing is refused while
one is left.
"""

from collections.abc import Iterator
from typing import Any

WRITE = {
    "nl": {
        "summary": "Schrijf hier in een paar zinnen wat iemand na deze training weet.",
        "lesson": "Eerste les (geef haar een naam)",
        "text": "Schrijf hier de eerste les.",
        "question": "Schrijf hier de eerste vraag van de toets.",
        "right": "Schrijf hier een goed antwoord.",
        "wrong": "Schrijf hier een fout antwoord.",
    },
    "en": {
        "summary": "Write here in a few sentences what people know after this training.",
        "lesson": "First lesson (give it a name)",
        "text": "Write the first lesson here.",
        "question": "Write the first question of the quiz here.",
        "right": "Write a right answer here.",
        "wrong": "Write a wrong answer here.",
    },
}


def document(slug: str, title: dict[str, str]) -> dict[str, Any]:
    """A valid document of a lesson and a question, in Dutch and English."""

    def write(name: str) -> dict[str, str]:
        return {language: words[name] for language, words in WRITE.items()}

    return {
        "slug": slug,
        "language": "nl",
        "teaches_policy": False,
        "title": title,
        "summary": write("summary"),
        "lessons": [
            {
                "slug": "les-1",
                "title": write("lesson"),
                "minutes": 3,
                "blocks": [{"kind": "text", "text": write("text")}],
            }
        ],
        "quiz": {
            "ask": 1,
            "questions": [
                {
                    "id": "vraag-1",
                    "text": write("question"),
                    "lesson": "les-1",
                    "choices": [
                        {"id": "a", "text": write("right"), "right": True},
                        {"id": "b", "text": write("wrong"), "right": False},
                    ],
                }
            ],
        },
    }


def unwritten(part: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Each place where a text is still the one it began with, and that text."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from unwritten(value, f"{where}.{name}" if where else str(name))
    elif isinstance(part, list):
        for place, value in enumerate(part):
            yield from unwritten(value, f"{where}.{place}")
    elif isinstance(part, str) and any(part in words.values() for words in WRITE.values()):
        yield where, part
