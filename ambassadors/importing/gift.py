"""GIFT, in which Moodle keeps questions as text."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _

from ambassadors.importing.questions import (
    Found,
    half_right,
    one_is_enough,
    refuse_nothing,
    without_tags,
)
from ambassadors.importing.refusals import FileRefused, as_text

# What a backslash makes ordinary stands in for itself while the rest is read.
_ESCAPED = {
    "=": "\ue000",
    "~": "\ue001",
    "#": "\ue002",
    "{": "\ue003",
    "}": "\ue004",
    ":": "\ue005",
}
_BACK = {mark: character for character, mark in _ESCAPED.items()}
_TRUE, _FALSE = {"T", "TRUE"}, {"F", "FALSE"}
# In the language of the file, whatever language the screen is in.
_WORDS_FOR = {"nl": ("Waar", "Niet waar"), "en": ("True", "Not true")}
_FORMAT = re.compile(r"\s*\[(html|moodle|plain|markdown)\]")
# Thirds are written as 33.333.
_NEARLY = 0.1
_FULL = 100 - _NEARLY


def read(content: bytes, *, language: str) -> Found:
    """The questions of a file; raises FileRefused by line where it is not GIFT."""
    found, block, began, depth = Found(), list[str](), 0, 0
    for number, line in enumerate([*as_text(content).splitlines(), ""], start=1):
        if line.lstrip().startswith(("//", "$CATEGORY:")):
            continue
        # A blank line ends a question, but not inside its answers.
        if line.strip() or depth > 0:
            began = began if block else number
            block.append(_hide(line))
            depth += block[-1].count("{") - block[-1].count("}")
        elif block:
            _question("\n".join(block), began, found, language)
            block = []
    if block:
        raise FileRefused.because(_("The answers have no closing brace."), began)
    return refuse_nothing(found)


def _question(text: str, line: int, found: Found, language: str) -> None:
    title = re.match(r"\s*::(.*?)::", text, re.DOTALL)
    name = _show(title[1]).strip() if title else ""
    text = text[title.end() :] if title else text
    before, brace, rest = text.partition("{")
    if not brace:
        found.left_out.append(f"{name or _show(before).strip()[:60]}: {_('it has no answers')}")
        return
    inside, brace, after = rest.partition("}")
    if not brace:
        raise FileRefused.because(_("The answers have no closing brace."), line)
    blank = " _____ " if after.strip() else ""
    # A format counts for all of a question; answers may have their own.
    words, kind = _formatted(before + blank + after, "moodle")
    answers, _mark, general = inside.partition("####")
    first = answers.partition("#")[0].strip().upper()
    reason, choices = "", list[tuple[str, bool]]()
    if first not in _TRUE | _FALSE:
        choices, reason = _choices(answers, kind)
    elif language in _WORDS_FOR:
        yes, no = _WORDS_FOR[language]
        choices = [(yes, first in _TRUE), (no, first in _FALSE)]
    else:
        reason = _("we have no words for true and not true in this language")
    why = _formatted(general, kind)[0]
    found.add(words, choices, language=language, why=why, what=name, reason=reason)


def _formatted(text: str, kind: str) -> tuple[str, str]:
    """The words, and the format that they are in: `kind` where they do not say."""
    if given := _FORMAT.match(text):
        text, kind = text[given.end() :], given[1]
    text = _show(text)
    return (text if kind == "plain" else without_tags(text)), kind


def _choices(answers: str, kind: str) -> tuple[list[tuple[str, bool]], str]:
    """Of `=right ~wrong ~%50%partly#feedback`, and why they can't be used where they can't.

    As Moodle reads it, one choice is right where there is an `=`, and without one those are that
    make full marks together. Pairs (`->`) are no choices, and give none.
    """
    choices, points, one = list[str](), list[float](), False
    for mark, text in re.findall(r"([=~])([^=~]*)", answers):
        words = text.partition("#")[0]
        weight = re.match(r"\s*%(.*?)%", words)
        if "->" in words:
            return [], ""
        if weight is not None and not _is_number(weight[1]):
            return [], _("%(points)s is no number of points") % {"points": weight[1][:20]}
        one = one or mark == "="
        choices.append(_formatted(words[weight.end() :] if weight else words, kind)[0])
        points.append(float(weight[1]) if weight else 100 if mark == "=" else 0)
    right = [each >= _FULL if one else each > 0 for each in points]
    return list(zip(choices, right, strict=True)), _unlike_ours(points, one=one)


def _unlike_ours(points: Sequence[float], *, one: bool) -> str:
    """Why these points are for a question that is judged otherwise than ours; empty if they are
    not.
    """
    worth = [each for each in points if each > 0]
    whole = sum(each >= _FULL for each in worth)
    if one or whole > 1 or (whole and len(worth) > 1):
        if whole < len(worth):
            return half_right()
        return one_is_enough() if whole > 1 else ""
    if worth and abs(sum(worth) - 100) > _NEARLY * len(points):
        return _("its right answers are not worth full marks together")
    return ""


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", text))


def _hide(text: str) -> str:
    return re.sub(r"\\([=~#{}:])", lambda match: _ESCAPED[match[1]], text).replace("\\n", "\n")


def _show(text: str) -> str:
    return "".join(_BACK.get(character, character) for character in text)
