"""The networks that example posts are for: how long a text may be, how that is counted, and what
an address that opens the network can bring along.

Every network counts in its own way, so a text that fits one can be too long for another with the
same limit. Counted as the networks describe it: X in weights (CJK and emoji 2, a link 23), Bluesky
and Mastodon in what a reader sees as one character (a link on Mastodon 23), Threads with emoji by
their bytes, the others in UTF-16, as their own apps do.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from django.db import models
from wcwidth import iter_graphemes, wcwidth

# What a link counts for on X and Mastodon, however long it is.
LINK_COUNTS = 23
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\"'.,;:!?()\[\]…]", re.IGNORECASE)
# X also makes a link of an address without https; these endings are what people here write.
_BARE = re.compile(
    r"(?<![\w@.#/-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
    r"(?:nl|com|org|net|eu|be|de|fr|uk|io|app|info|shop)(?![\w-])(?:/[^\s<>\"]*[\w/])?",
    re.IGNORECASE,
)
# @somebody@example.social counts as @somebody.
_MENTION = re.compile(r"(?<![\w/])(@\w+)@[\w.-]+\w", re.ASCII)


NetworkName = Literal[
    "linkedin", "facebook", "x", "whatsapp", "instagram", "bluesky", "mastodon", "threads"
]


class Network(models.TextChoices):
    LINKEDIN = "linkedin", "LinkedIn"
    FACEBOOK = "facebook", "Facebook"
    X = "x", "X"
    WHATSAPP = "whatsapp", "WhatsApp"
    INSTAGRAM = "instagram", "Instagram"
    BLUESKY = "bluesky", "Bluesky"
    MASTODON = "mastodon", "Mastodon"
    THREADS = "threads", "Threads"


def _is_emoji(grapheme: str) -> bool:
    first = grapheme[0]
    if "\ufe0f" in grapheme or "\u20e3" in grapheme or "\U0001f1e6" <= first <= "\U0001faff":
        return True
    return unicodedata.category(first) == "So" and wcwidth(first) == 2


# Characters of one weight at X: what Latin, Greek, Cyrillic and their like are written with.
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))


def _weight(grapheme: str) -> int:
    if _is_emoji(grapheme):
        return 2
    return sum(1 if any(low <= ord(c) <= high for low, high in _LIGHT) else 2 for c in grapheme)


def _in_weights(text: str) -> int:
    links = 0
    for pattern in (_LINK, _BARE):
        text, found = pattern.subn("", text)
        links += found
    text = unicodedata.normalize("NFC", text)
    return LINK_COUNTS * links + sum(map(_weight, iter_graphemes(text)))


def _graphemes(text: str) -> int:
    return sum(1 for _grapheme in iter_graphemes(text))


def _at_mastodon(text: str) -> int:
    text, links = _LINK.subn("", text)
    return LINK_COUNTS * links + _graphemes(_MENTION.sub(r"\1", text))


def _at_threads(text: str) -> int:
    return sum(
        len(grapheme.encode()) if _is_emoji(grapheme) else len(grapheme)
        for grapheme in iter_graphemes(text)
    )


def _in_utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds on one network. `limit` is None where nobody writes as much as it takes.

    `carries_text` and `carries_link`: whether an address that opens the network brings the words,
    and takes a link apart from them. Without either only the phone's share sheet or the clipboard
    gets something there. `link_in_text`: our short link ends up among the words and counts there;
    elsewhere the network shows it as a card.
    """

    count: Callable[[str], int]
    limit: int | None
    carries_text: bool
    carries_link: bool
    link_in_text: bool

    def length(self, text: str, link: str = "") -> int:
        """How long the text is here, with the link behind it where that counts."""
        return self.count(f"{text} {link}" if link and self.link_in_text else text)

    def over(self, text: str, link: str = "") -> int:
        """How much too long it is; 0 where it fits."""
        return max(0, self.length(text, link) - self.limit) if self.limit is not None else 0


RULES: Mapping[str, Rules] = {
    Network.LINKEDIN: Rules(_in_utf16, 3000, True, True, True),
    # Facebook's share page takes a link and nothing else; its rules forbid writing for people.
    Network.FACEBOOK: Rules(_in_utf16, 63_206, False, True, False),
    Network.X: Rules(_in_weights, 280, True, True, True),
    Network.WHATSAPP: Rules(_in_utf16, None, True, False, True),
    Network.INSTAGRAM: Rules(_in_utf16, 2200, False, False, False),
    Network.BLUESKY: Rules(_graphemes, 300, True, False, True),
    Network.MASTODON: Rules(_at_mastodon, 500, True, False, True),
    Network.THREADS: Rules(_at_threads, 500, True, True, True),
}


def links_in(text: str) -> Iterator[str]:
    """Every link with https or http in a text, as it is written there."""
    return (found[0] for found in _LINK.finditer(text))
