"""Words as the search index knows them: folded, stemmed, and the same on every database.

Done here and not by the database, so that SQLite and PostgreSQL find the same requests, no
dictionary has to be installed on a server, and what was found can be marked in the text itself.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Self

import snowballstemmer
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from server.fields import clean_phone

# Longer ones are cut off; nobody types them, and an index entry has a most.
LONGEST = 40
MOST_TERMS = 20
# Shorter beginnings match so many words that reading them all would be felt.
SHORTEST_PREFIX = 3
# A word, with the apostrophe of "foto's" in it; before that what is one thing with signs inside.
# Only from where such signs begin: from each of them in turn, a line of dots takes seconds.
_MAIL = r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
_PHONE = r"\+?\d[\d ()./-]{6,}\d"
_TOKEN = re.compile(rf"(?P<mail>{_MAIL})|(?P<phone>{_PHONE})|[^\W_]+(?:['\u2019][^\W_]+)*")
_WORD = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*")
_GENITIVE = re.compile(r"['\u2019]s$", re.IGNORECASE)
_QUOTES = re.compile(r"[\"\u201c\u201d\u201e\u201f\u00ab\u00bb]")
_ADJECTIVE = re.compile(r"..[^aeiou]e$")
# A vowel that was long because its syllable was open: a, o and u, and e in a word's only syllable.
_OPEN = re.compile(r"(?<![aeiou])([aou])(?=[^aeiouwx]$)|(?<=^[^aeiou])(e)(?=[^aeiouwx]$)")
_stemmer = snowballstemmer.stemmer("dutch")
_stemming = threading.Lock()  # a stemmer keeps the word that it is at


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Without case, accents and the ending of "foto's": "CAFÉ's" is "cafe"."""
    apart = unicodedata.normalize("NFKD", _GENITIVE.sub("", word).casefold())
    return "".join(sign for sign in apart if sign.isalnum() or sign in "@.+-_")[:LONGEST]


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """The stem of a folded word; a word with digits or signs in it is its own."""
    if not word.isalpha():
        return word
    with _stemming:
        stemmed = str(_stemmer.stemWord(word)) or word
    return _without_e(stemmed) if _ADJECTIVE.search(stemmed) else stemmed


def _without_e(word: str) -> str:
    """ "groot" for "grote", "half" for "halve": the stemmer leaves the -e of adjectives."""
    word = word[:-1]
    word = word[:-1] + {"v": "f", "z": "s"}.get(word[-1], word[-1])
    return _OPEN.sub(lambda vowel: vowel[0] * 2, word)


@dataclass(frozen=True, slots=True)
class Token:
    """A word in a text: where it is, as folded, and whether it is an address or number whole."""

    start: int
    end: int
    word: str
    whole: bool = False


def tokens(text: str) -> Iterator[Token]:
    """The words of a text in order; an address or a telephone number comes whole, then in parts."""
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        if (match["mail"] or match["phone"]) is None:
            yield Token(start, end, fold(match[0]))
            continue
        if whole := fold(match[0]) if match["mail"] else _number(match[0]):
            yield Token(start, end, whole, whole=True)
        for part in _WORD.finditer(match[0]):
            yield Token(start + part.start(), start + part.end(), fold(part[0]))


def _number(text: str) -> str:
    """A telephone number as it is kept, however it was written; empty where it is none."""
    try:
        return clean_phone(text)
    except ValueError:
        return ""


@dataclass(slots=True)
class Indexed:
    """The words of some texts, ready for an index.

    `stems` are in order, with a GAP between two texts so that no phrase runs from one into the
    next; `others` are whole addresses and the words as written where they differ from their stems.
    """

    stems: list[str] = field(default_factory=list)
    others: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Iterable[str], most: int | None = None) -> Self:
        """Of these texts; whole texts are left out once there are `most` bytes of words."""
        found = cls()
        for text in texts:
            if not text or (most and found.size + 4 * len(text) > most):
                continue
            for token in tokens(unicodedata.normalize("NFC", text)):
                if token.whole:
                    found.others.add(token.word)
                elif token.word:
                    found.stems.append(stem(token.word))
                    if found.stems[-1] != token.word:
                        found.others.add(token.word)
            found.stems.append(GAP)
        return found

    @property
    def size(self) -> int:
        """At most how many bytes an index row grows by."""
        return sum(len(word.encode()) + 8 for word in (*self.stems, *self.others))


GAP = "="  # no word is this


@dataclass(frozen=True, slots=True)
class Term:
    """What one asked word or phrase has to match: these stems in a row, or words beginning so."""

    stems: tuple[str, ...]
    prefix: str = ""

    def fits(self, stemmed: str, word: str) -> bool:
        """Whether a word of a text is, or may be part of, what was asked."""
        return stemmed in self.stems or bool(self.prefix and word.startswith(self.prefix))


@dataclass(frozen=True)
class Asked:
    """What somebody typed to search for: every word has to be there, in any order.

    Words in quotes have to be there in that order. The last word may be a beginning. Nothing
    that is typed is syntax that can be wrong.
    """

    terms: tuple[Term, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        terms: list[Term] = []
        parts = _QUOTES.split(unicodedata.normalize("NFC", text))
        # A quote that was opened and not closed, as while typing, opens nothing.
        closed = len(parts) if len(parts) % 2 else len(parts) - 1
        for place, part in enumerate(parts):
            words = list(_asked_words(part))
            if place % 2 and place < closed:
                stems = tuple(stem(word) for word in words)
                terms += [Term(stems)] if stems else []
                continue
            terms += [Term((stem(word),)) for word in words]
            last = place == len(parts) - 1
            if last and words and len(words[-1]) >= SHORTEST_PREFIX:
                terms[-1] = Term(terms[-1].stems, prefix=words[-1])
        return cls(tuple(dict.fromkeys(terms[:MOST_TERMS])))

    def __bool__(self) -> bool:
        return bool(self.terms)

    @cached_property
    def _single(self) -> frozenset[str]:
        return frozenset(word for term in self.terms for word in term.stems)

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return tuple(term.prefix for term in self.terms if term.prefix)

    def found_in(self, text: str) -> frozenset[Term]:
        """Which terms a text has; of a phrase only whether all its words are there."""
        words = {token.word for token in tokens(unicodedata.normalize("NFC", text))}
        stems = words | {stem(word) for word in words}
        return frozenset(
            term
            for term in self.terms
            if stems.issuperset(term.stems)
            or any(term.prefix and word.startswith(term.prefix) for word in words)
        )

    def marked(self, text: str, around: tuple[int, int] | None = None) -> SafeString:
        """The text as HTML with what was asked in `<mark>`; everything else is escaped.

        With `around` only about that many characters before and after where the first match begins.
        """
        text = unicodedata.normalize("NFC", text)
        spans = list(self._spans(text))
        begin, end = _window(text, spans, around)
        parts: list[tuple[str, str]] = []
        at = begin
        for start, stop in spans:
            if at <= start and stop <= end:
                parts.append((text[at:start], text[start:stop]))
                at = stop
        return format_html(
            "{}{}{}{}",
            "\u2026" if begin else "",
            format_html_join("", "{}<mark>{}</mark>", parts),
            text[at:end],
            "\u2026" if end < len(text) else "",
        )

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        for token in tokens(text):
            if (
                token.word in self._single
                or stem(token.word) in self._single
                or token.word.startswith(self._prefixes or ("\0",))
            ):
                yield token.start, token.end


def _asked_words(text: str) -> Iterator[str]:
    """The words to look for: an address or number as one thing, not also its parts."""
    until = 0
    for token in tokens(text):
        if token.whole:
            until = token.end
        elif token.end <= until:
            continue
        if token.word:
            yield token.word


def _window(
    text: str, spans: list[tuple[int, int]], around: tuple[int, int] | None
) -> tuple[int, int]:
    """From where to where to show, between words; the first match is always in it."""
    if around is None:
        return 0, len(text)
    before, after = around
    first, last = spans[0] if spans else (0, 0)
    begin, end = max(0, first - before), max(last, min(len(text), first + after))
    if begin:
        # Where no word begins in so few characters, the match itself is the first.
        begin = text.find(" ", begin - 1, first) + 1 or first
    if end < len(text):
        space = text.rfind(" ", last, end)
        end = space if space > last else end
    return begin, end
