"""QTI 1.2, alone or in a Common Cartridge (a zip file with a manifest).

Both come from strangers: a document type, with which a few lines of XML grow into gigabytes or
read files of this machine, is refused before anything of it is built, and a zip is read no further
than its own promises and our limits.
"""

import io
import itertools
import zipfile
import zlib
from collections.abc import Iterator
from xml.parsers import expat

from django.utils.translation import gettext as _

from ambassadors.importing.questions import Found, refuse_nothing
from ambassadors.importing.refusals import FileRefused, check_size

# A cartridge also holds films; only its quizzes are unpacked, each at most so much.
LARGEST_ZIP = 50 * 1024 * 1024
LARGEST_QUIZ, LARGEST_TOGETHER = 5 * 1024 * 1024, 20 * 1024 * 1024
MOST_FILES, MOST_ELEMENTS, DEEPEST = 5000, 100_000, 60


class Element:
    """A part of a document, by names without their namespace."""

    def __init__(self, name: str, facts: dict[str, str]) -> None:
        self.name, self.facts = name, facts
        self.parts: list[Element] = []
        self.words: list[str] = []

    def all(self, name: str) -> "Iterator[Element]":
        for part in self.parts:
            if part.name == name:
                yield part
            yield from part.all(name)

    def first(self, name: str) -> "Element | None":
        return next(self.all(name), None)

    @property
    def text(self) -> str:
        return "".join(self.words) + "".join(part.text for part in self.parts)


def parse(content: bytes) -> Element:
    """A document as elements; raises FileRefused where it is no XML or more than that."""
    parser = expat.ParserCreate()
    root = Element("", {})
    open_ = [root]
    count = itertools.count(1)

    def begin(name: str, facts: dict[str, str]) -> None:
        if len(open_) > DEEPEST:
            raise FileRefused.because(_("This is nested too deeply."), parser.CurrentLineNumber)
        if next(count) > MOST_ELEMENTS:
            raise FileRefused.because(_("This is more than a quiz can hold."))
        made = Element(name.rpartition(":")[2].lower(), facts)
        open_[-1].parts.append(made)
        open_.append(made)

    def end(name: str) -> None:
        open_.pop()

    def no_document_type(*_facts: object) -> None:
        message = _("This file declares a document type (DOCTYPE). Take that line out.")
        raise FileRefused.because(message, parser.CurrentLineNumber)

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.CharacterDataHandler = lambda words: open_[-1].words.append(words)
    parser.StartDoctypeDeclHandler = no_document_type
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise FileRefused.because(_("This is not XML."), error.lineno) from error
    except (LookupError, ValueError) as error:
        raise FileRefused.because(_("This XML is in an encoding that we do not read.")) from error
    return root


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
    if len(content) > LARGEST_ZIP:
        raise FileRefused.because(
            _("This file is larger than %(most)s MB.") % {"most": LARGEST_ZIP // 1024 // 1024}
        )
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
    # What zipfile raises for a way of packing, or a password, that it does not know is among them.
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
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
        right = _right(item)
        choices = [
            (_words(label), label.facts.get("ident", "") in right)
            for label in answer.all("response_label")
        ]
        found.add(question, choices, language=language, why=_why(item), what=name)


def _material(asked: Element) -> str:
    """The words before the answers."""
    parts = (part for part in asked.parts if part.name in {"material", "flow"})
    words = [_words(part) for part in parts]
    return "\n".join(filter(None, words)) or _words(asked)


def _words(part: Element) -> str:
    """The words of a part, without those of the choices in it."""
    labels = part.all("response_label")
    of_choices = {id(each) for label in labels for each in label.all("mattext")}
    return "\n".join(each.text for each in part.all("mattext") if id(each) not in of_choices)


def _right(item: Element) -> set[str]:
    """The choices of the condition that gives points."""
    for condition in item.all("respcondition"):
        points = [each.text.strip() for each in condition.all("setvar")]
        if not any(_gives(point) for point in points):
            continue
        asked = condition.first("conditionvar")
        if asked is None:
            continue
        refused = {id(each) for no in asked.all("not") for each in no.all("varequal")}
        return {each.text.strip() for each in asked.all("varequal") if id(each) not in refused}
    return set()


def _gives(points: str) -> bool:
    try:
        return float(points) > 0
    except ValueError:
        return False


def _why(item: Element) -> str:
    """The feedback that everybody gets, whatever they answered."""
    feedback = item.all("itemfeedback")
    return next((_words(each) for each in feedback if each.facts.get("ident") == "general_fb"), "")
