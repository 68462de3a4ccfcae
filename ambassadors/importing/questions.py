"""Questions that were written elsewhere: GIFT (Moodle), QTI 1.2, and Common Cartridges with QTI.

What is no multiple choice (an essay, a number, pairs) is left out and named; the rest becomes
questions with ids made of their words, so that the same file twice makes the same questions.
"""

import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from ambassadors.course_document import Choice, Question
from ambassadors.importing.refusals import FileRefused

MOST_CHOICES, LONGEST = 8, 2000


@dataclass(slots=True)
class Found:
    """Questions that can be used, and a line about each that can't."""

    questions: list[Question] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def add(
        self,
        words: str,
        choices: Sequence[tuple[str, bool]],
        *,
        language: str,
        why: str = "",
        what: str = "",
    ) -> None:
        """`choices` are (words, right); `what` names the question where it is left out."""
        words, why = plain(words), plain(why)
        told = [(plain(text), right) for text, right in choices]
        told = [(text, right) for text, right in told if text]
        reason = _unusable(words, told)
        if reason:
            self.left_out.append(f"{what or words[:60]}: {reason}")
            return
        made = Question(
            id="q-" + hashlib.sha256(f"{words}{sorted(told)}".encode()).hexdigest()[:10],
            text={language: words},
            choices=[
                Choice(id=f"c{place}", text={language: text}, right=right)
                for place, (text, right) in enumerate(told, start=1)
            ],
            why={language: why} if why else None,
        )
        if made.id not in {question.id for question in self.questions}:
            self.questions.append(made)


def _unusable(words: str, choices: Sequence[tuple[str, bool]]) -> str:
    """Why this is no question of ours; empty where it is."""
    right = sum(is_right for _text, is_right in choices)
    if not words:
        return _("it asks nothing")
    if len(choices) > MOST_CHOICES:
        return _("it has more than %(most)s choices") % {"most": MOST_CHOICES}
    if len(choices) < 2 or not 0 < right < len(choices):
        return _("it is no multiple choice")
    if max(len(text) for text in (words, *(text for text, _right in choices))) > LONGEST:
        return _("it is too long")
    return ""


_TAGS = re.compile(r"<[^<>]*>")
_BREAKS = re.compile(r"(?i)<(?:br|/p|/div|/li)\b[^<>]*>")


def plain(text: str) -> str:
    """Words without HTML: what they bring is shown as text and nothing else."""
    text = html.unescape(_TAGS.sub("", _BREAKS.sub("\n", text)))
    text = "".join(c for c in text if c in "\n\t" or c.isprintable())
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line)


def refuse_nothing(found: Found) -> Found:
    """Raises FileRefused where a file had no question that can be used."""
    if not found.questions:
        message = _("There is no multiple-choice question in this file.")
        raise FileRefused.because(message)
    return found
