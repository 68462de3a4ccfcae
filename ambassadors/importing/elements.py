"""XML from strangers as plain elements, without what makes XML dangerous."""

import itertools
from collections.abc import Iterator
from xml.parsers import expat

from django.utils.translation import gettext as _

from ambassadors.importing.refusals import FileRefused

MOST_ELEMENTS, DEEPEST = 100_000, 60


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

    def everything(self) -> "Iterator[Element]":
        for part in self.parts:
            yield part
            yield from part.everything()

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
