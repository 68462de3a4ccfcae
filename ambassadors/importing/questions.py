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

from ambassadors.course_document import MOST_QUESTIONS, Choice, Question
from ambassadors.importing.refusals import FileError, FileRefused

MOST_CHOICES, LONGEST = 8, 2000
# Joins characters into one, such as the people of a family in an emoji, and shows nothing itself.
JOINER = "\u200d"


@dataclass(slots=True)
class Found:
    """Questions that can be used, and a line about each that can't; `work` is what it took."""

    questions: list[Question] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    work: int = 0
    ids: set[str] = field(default_factory=set)

    def add(
        self,
        words: str,
        choices: Sequence[tuple[str, bool]],
        *,
        language: str,
        why: str = "",
        what: str = "",
        reason: str = "",
    ) -> None:
        """`choices` are (words, right), without HTML; `what` names the question where it is left
        out, and `reason` says why where the reader knows it already. Raises FileRefused where a
        quiz could not hold them all.
        """
        words, why = tidy(words), tidy(why)
        told = [(tidy(text), right) for text, right in choices]
        told = [(text, right) for text, right in told if text]
        reason = reason or _unusable(words, told)
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
        if made.id in self.ids:
            return
        if len(self.questions) == MOST_QUESTIONS:
            message = _(
                "There are more than %(most)s questions in this file: a quiz holds no more."
            )
            raise FileRefused.because(message % {"most": MOST_QUESTIONS})
        self.ids.add(made.id)
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


# Only what HTML knows is a tag: "is 3 < 5 and 7 > 2" is arithmetic. Its facts have to be written as
# name=value for the same reason: "a <b and c> d".
_NAMES = (
    "a abbr address article aside audio b big blockquote br caption center cite code col colgroup "
    "dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i "
    "iframe img ins kbd li main mark nav object ol p picture pre q s samp script section small "
    "source span strike strong style sub summary sup table tbody td tfoot th thead time tr tt u ul "
    "var video wbr"
).replace(" ", "|")
_FACT = r"""\s+[\w:-]+\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+)"""
_TAGS = re.compile(rf"(?i)</?(?:{_NAMES})(?:{_FACT})*\s*/?>|<!--.*?-->", re.DOTALL)
_BREAKS = re.compile(rf"(?i)<(?:br|/p|/div|/li)(?:{_FACT})*\s*/?>")


def without_tags(text: str) -> str:
    """The words of HTML: what they bring is shown as text and nothing else."""
    return html.unescape(_TAGS.sub("", _BREAKS.sub("\n", text)))


def tidy(text: str) -> str:
    """Without what does not show, and with one space where there were more."""
    lines = [" ".join(_shown(line).split()) for line in text.splitlines()]
    return "\n".join(line for line in lines if line.strip(f"{JOINER} "))


def _shown(line: str) -> str:
    """Every kind of space counts as one, also the hard ones of word processors."""
    return "".join(c for c in line if c.isprintable() or c.isspace() or c == JOINER)


def refuse_nothing(found: Found) -> Found:
    """Raises FileRefused where a file had no question that can be used, with why not."""
    if not found.questions:
        message = _("There is no multiple-choice question in this file.")
        left_out = [FileError(None, "", line) for line in found.left_out]
        raise FileRefused([FileError(None, "", message), *left_out])
    return found


def one_is_enough() -> str:
    return _("several answers are right on their own, and here all of them would have to be given")


def half_right() -> str:
    return _("an answer of it is half right, and here it is right or it is not")
