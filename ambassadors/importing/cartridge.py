"""QTI 1.2, alone or in a Common Cartridge (a zip file with a manifest).

Both come from strangers: a document type, with which a few lines of XML grow into gigabytes or
read files of this machine, is refused before anything of it is built, and a zip is read no further
than its own promises and our limits.
"""

import io
import zipfile
from collections.abc import Iterator

from django.utils.translation import gettext as _

from ambassadors.importing import scoring
from ambassadors.importing.elements import Element, parse
from ambassadors.importing.questions import MOST_CHOICES, Found, refuse_nothing, without_tags
from ambassadors.importing.refusals import DAMAGED, FileRefused, check_package, check_size

# A cartridge also holds films; only its quizzes are unpacked, each at most so much.
LARGEST_QUIZ, LARGEST_TOGETHER = 5 * 1024 * 1024, 20 * 1024 * 1024
MOST_FILES = 5000


def read(content: bytes, *, language: str) -> Found:
    """The questions of a cartridge, or of one QTI file."""
    found = Found()
    if not content.startswith(b"PK"):
        check_size(content)
        _quiz(parse(content), found, language)
        return refuse_nothing(found)
    for name, quiz in _quizzes(content):
        try:
            _quiz(parse(quiz), found, language)
        except FileRefused as refused:
            raise FileRefused.because(f"{name}: {refused.errors[0]}") from refused
    return refuse_nothing(found)


def _quizzes(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of a cartridge that hold a quiz, by the manifest."""
    check_package(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            names = zipped.namelist()
            if len(names) > MOST_FILES:
                raise FileRefused.because(_("This cartridge holds too many files."))
            if "imsmanifest.xml" not in names:
                raise FileRefused.because(
                    _("This is no Common Cartridge: it has no imsmanifest.xml.")
                )
            manifest, together = parse(_unpacked(zipped, "imsmanifest.xml")), 0
            for resource in manifest.all("resource"):
                if "qti" not in resource.facts.get("type", "").lower():
                    continue
                for file in resource.all("file"):
                    name = file.facts.get("href", "")
                    if name not in names or not name.endswith(".xml"):
                        continue
                    quiz = _unpacked(zipped, name)
                    together += len(quiz)
                    if together > LARGEST_TOGETHER:
                        raise FileRefused.because(_("This cartridge is too large."))
                    yield name, quiz
    except DAMAGED as error:
        raise FileRefused.because(_("This zip file cannot be opened.")) from error


def _unpacked(zipped: zipfile.ZipFile, name: str) -> bytes:
    """One file in memory; what it really holds counts, not what it says that it holds."""
    with zipped.open(name) as packed:
        content = packed.read(LARGEST_QUIZ + 1)
    if len(content) > LARGEST_QUIZ:
        raise FileRefused.because(_("%(name)s is too large.") % {"name": name})
    return content


def _quiz(document: Element, found: Found, language: str) -> None:
    for item in document.all("item"):
        name = item.facts.get("title") or item.facts.get("ident", "")
        asked, answer = item.first("presentation"), item.first("response_lid")
        question = _material(asked) if asked else ""
        if answer is None:
            found.add(question, [], language=language, what=name)
            continue
        choices = [
            (label.facts.get("ident", ""), _words(label)) for label in answer.all("response_label")
        ]
        right, reason = set[str](), ""
        if len(list(item.all("response_lid"))) > 1:
            reason = _("it has more than one list to choose from")
        elif len(choices) <= MOST_CHOICES:
            ids, several = [id for id, _text in choices], answer.facts.get("rcardinality", "")
            found.work += scoring.work(item, ids, several.lower())
            if found.work > scoring.MOST_WORK:
                raise FileRefused.because(_("This is more than a quiz can hold."))
            right, reason = scoring.right(item, ids, several.lower())
        found.add(
            question,
            [(text, id in right) for id, text in choices],
            language=language,
            why=_why(item),
            what=name,
            reason=reason,
        )


def _material(asked: Element) -> str:
    """The words before the answers."""
    parts = (part for part in asked.parts if part.name in {"material", "flow"})
    words = [_words(part) for part in parts]
    return "\n".join(filter(None, words)) or _words(asked)


def _words(part: Element) -> str:
    """The words of a part, without those of the choices in it."""
    labels = part.all("response_label")
    of_choices = {id(each) for label in labels for each in label.all("mattext")}
    return "\n".join(_said(each) for each in part.all("mattext") if id(each) not in of_choices)


def _said(text: Element) -> str:
    """As it is where it says that it is plain; many say nothing and hold HTML."""
    is_plain = text.facts.get("texttype", "").lower() == "text/plain"
    return text.text if is_plain else without_tags(text.text)


def _why(item: Element) -> str:
    """The feedback that everybody gets, whatever they answered."""
    feedback = item.all("itemfeedback")
    return next((_words(each) for each in feedback if each.facts.get("ident") == "general_fb"), "")
