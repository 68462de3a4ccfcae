"""GIFT, in which Moodle keeps questions as text."""

import re

from django.utils.translation import gettext as _

from ambassadors.importing.questions import Found, refuse_nothing
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
    words = re.sub(r"^\s*\[(?:html|moodle|plain|markdown)\]", "", before + blank + after)
    answers, _mark, general = inside.partition("####")
    first = answers.partition("#")[0].strip().upper()
    if first in _TRUE | _FALSE:
        choices = [(_word_for(True), first in _TRUE), (_word_for(False), first in _FALSE)]
    else:
        choices = _choices(answers)
    found.add(_show(words), choices, language=language, why=_show(general), what=name)


def _word_for(value: bool) -> str:
    return _("True") if value else _("Not true")


def _choices(answers: str) -> list[tuple[str, bool]]:
    """Of `=right ~wrong ~%50%partly#feedback`; pairs (`->`) are no choices, and give none."""
    choices = []
    for mark, text in re.findall(r"([=~])([^=~]*)", answers):
        words = text.partition("#")[0]
        weight = re.match(r"\s*%(-?[\d.]+)%", words)
        if "->" in words:
            return []
        right = float(weight[1]) > 0 if weight and _is_number(weight[1]) else mark == "="
        choices.append((_show(words[weight.end() :] if weight else words), right))
    return choices


def _is_number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(?:\.\d+)?", text))


def _hide(text: str) -> str:
    return re.sub(r"\\([=~#{}:])", lambda match: _ESCAPED[match[1]], text).replace("\\n", "\n")


def _show(text: str) -> str:
    return "".join(_BACK.get(character, character) for character in text)
