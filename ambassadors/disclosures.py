"""Whether a text says by itself what the law asks: that its writer works here, and for a reward.

Somebody says so in the first person, of today: "Ik werk bij X", "Bij X, waar ik werk", "my
employer X". That X works, that a colleague said so, or that one does not work there is no
disclosure. What is not among these ways to say it, or is denied, asked, quoted or supposed, is in
doubt, and what stands where networks fold a post is not read: then the opening is put on top. That
is too much at worst; too little is a hidden advertisement.
"""

import re
from collections.abc import Iterator

from ambassadors.similarity import folded
from server.accounts.models import CompanyLook

# What networks show of a post before they fold it (Instagram shows the least).
SEEN = 125

_REWARD = re.compile(r"#(?:adv|ad|advertentie|reclame|spon|sponsored)(?!\w)", re.IGNORECASE)
# Question marks, of which some end what is asked in other scripts or with surprise.
_ASKS = r"?\uff1f\u203d\u2047-\u2049"
# With all of its end, so that "Ik werk bij X!?" is asked.
_SENTENCE = re.compile(rf"[^.!\n{_ASKS}]*(?:[.!{_ASKS}]+|\n)?\s*")
_ASKED = re.compile(rf"[{_ASKS}][.!]*$")
# Emoji, signs and tags, which begin no sentence.
_NO_WORDS = re.compile(r"(?:[#@]\w+|[^\w#@])*")

# Stands for each letter of the company's name, so that its dots end no sentence. A letter itself.
_NAME = "\ua66e"
_X = rf"(?:@|#)?{_NAME}+(?!'s|-?\w)"

# Words that may stand between "I work" and "at X" without making it something else.
_HOW = (
    r"(?:(?:al|nu|zelf|ook|namelijk|toevallig|inmiddels|hier|sinds|vanaf|graag|trots|met|veel|plezier"
    r"|heel|bijna|ruim|meer|dan|zo'n|ongeveer|een|twee|drie|vier|vijf|zes|zeven|acht|negen|tien|twintig"
    r"|\d+|jaar|jaren|maand|maanden|week|weken|nog|steeds|dus|immers|fulltime|parttime"
    r"|als (?:een )?[\w-]+(?: [\w-]+)?) ){0,8}"
)
_HOW_EN = r"(?:(?:here|proudly|happily|now|full-time|part-time|as an? [\w-]+(?: [\w-]+)?) ){0,3}"
_ALREADY_EN = r"(?:(?:also|actually|still|now|currently|proudly|happily|myself) ){0,2}"
_AT = (
    r"(?:bij|voor|(?:bij|op|in) (?:de|het) (?:winkel|klantenservice|servicedesk|helpdesk|magazijn"
    r"|kantoor|hoofdkantoor) van)"
)
_EMPLOYEE = r"(?:trotse )?(?:medewerker|medewerkster|werknemer|werkneemster)"
_EMPLOYER = r"mijn (?:eigen |huidige )?werkgever"
_EMPLOYER_EN = r"my (?:own |current )?employer"
_SAID = re.compile(
    "|".join(
        [
            rf"\bik werk {_HOW}{_AT} {_X}",
            rf"\b\w+ werk ik {_HOW}{_AT} {_X}",
            rf"\bbij {_X} werk ik\b",
            rf"\b(?:omdat|doordat|aangezien|trots dat|blij dat) ik {_HOW}{_AT} {_X} werk\b",
            rf"{_X},? (?:het bedrijf )?waar ik {_HOW}werk\b",
            rf"\bik ben {_HOW}(?:werkzaam bij|in dienst (?:bij|van)) {_X}",
            rf"\bik ben (?:een )?{_EMPLOYEE} (?:bij|van) {_X}",
            rf"\bik werk als (?:een )?{_EMPLOYEE} van {_X}",
            rf"^als (?:een )?{_EMPLOYEE} (?:bij|van) {_X}(?=.*\b(?:ik|mij|mijn|wij|we)\b)",
            rf"\b{_EMPLOYER}(?:,|:| is| heet)? {_X}",
            rf"{_X}(?:,| is) {_EMPLOYER}\b",
            # Elsewhere "wij bij X" is where somebody was: "gisteren waren wij bij X".
            rf"^(?:wij|we),? (?:bij|van) {_X}",
            rf"\b(?:wij|we) werken {_HOW}{_AT} {_X}",
            rf"\bbij {_X} werken (?:wij|we)\b",
            rf"\b(?:i|we) {_ALREADY_EN}work {_HOW_EN}(?:at|for) {_X}",
            rf"\b(?:i am|i'm|we are|we're) {_ALREADY_EN}(?:employed (?:at|by)|working for) {_X}",
            rf"\b(?:i have|i've) been working (?:at|for) {_X}",
            rf"{_X},? (?:the company )?where (?:i|we) {_ALREADY_EN}work\b",
            rf"\b(?:i am|i'm) an? (?:proud )?(?:employee (?:of|at) {_X}|{_X} employee)",
            rf"^as an? (?:proud )?(?:employee (?:of|at) {_X}|{_X} employee)"
            r"(?=.*\b(?:i|my|me|we)\b)",
            rf"\b{_EMPLOYER_EN}(?:,|:| is)? {_X}",
            rf"{_X}(?:,| is) {_EMPLOYER_EN}\b",
            rf"^we,? (?:here )?at {_X}",
        ]
    )
)
_CLAUSE = re.compile(r"[,;:()]| - | – | — | (?:en|maar|want|dus|and|but|so) ")  # noqa: RUF001 - dashes
_DENIED = re.compile(
    r"\b(?:niet|geen|nooit|niemand|noch|nergens|evenmin|zonder|zogenaamd|vroeger|ooit"
    r"|not|no|never|nobody|none|nor|without|longer|used to)\b|n't\b"
)
# Quotation marks. An apostrophe is none inside a word, nor in "'s avonds" and the like.
_MARKS = '"“”„‟«»‹›‘‚‛`'  # noqa: RUF001 - marks
_QUOTE = rf"[{_MARKS}]|(?<!\w)'(?!(?:s|t|n|m|r|k|ns|em|er)\b)"
_CLOSED = re.compile(r"[.,!;:]*['\"”»›]")  # noqa: RUF001 - marks
# Before it: somebody else's words, a question, or what might be.
_SUPPOSED = re.compile(
    rf"{_QUOTE}|\b(?:zegt|zei|zeggen|schrijft|vroeg|vraagt|stel|alsof|als|indien|zou|zouden|wou|wilde"
    r"|says|said|say|wrote|asks|asked|do|did|if|suppose|imagine|wish|would|could|should)\b"
)


def says_who(text: str) -> Iterator[tuple[int, int]]:
    """Where the sentences begin and end that say that the writer works for the company.

    The first begins at 0, also with an emoji or a tag before it.
    """
    text = _masked(text)
    begun = False
    for start, end in _sentences(text):
        if _is_disclosure(text[start:end]) and not _quoted(text, start, end):
            yield (start if begun else 0), end
        begun = begun or _has_words(text[start:end])


def says_who_at_once(text: str) -> bool:
    """Whether it says so before networks fold the rest."""
    seen = _masked(text)[:SEEN]
    if _masked(text)[SEEN : SEEN + 1] == _NAME:
        seen = seen.rstrip(_NAME)
    # What is cut off can deny it, so the whole sentence has to say it as well.
    return any(start < SEEN and _is_disclosure(seen[start:end]) for start, end in says_who(text))


def with_reward(text: str, tag: str) -> str | None:
    """The text with this tag right behind the sentence that says who wrote it; None where that is
    not the first one, or where readers would not see the tag at once.
    """
    start, end = next(says_who(text), (1, 0))
    told = len(text[:end].rstrip())
    if start > 0:
        return None
    made = f"{text[:told]} {tag}{text[told:]}"
    return made if says_reward(made) else None


def says_reward(text: str) -> bool:
    """Whether it says that there is a reward where readers see that at once: in the first
    sentence or right behind it, before networks fold the rest.
    """
    text = _masked(text)
    tag = _REWARD.search(text)
    if tag is None:
        return False
    first = next((end for start, end in _sentences(text) if _has_words(text[start:end])), len(text))
    behind = _NO_WORDS.match(text, first)
    return tag.start() < min(SEEN, behind.end() if behind else first)


def bare(text: str) -> str:
    """What is left to compare: without the opening that everybody has."""
    for start, end in list(says_who(text))[:1]:
        text = text[:start] + text[end:]
    return _REWARD.sub("", text).strip()


def _masked(text: str) -> str:
    """As long as it was, with `_NAME` for every letter of the company's name."""
    company = re.escape(str(CompanyLook.current()["name"]))
    return re.sub(
        rf"(?<!\w){company}(?!\w)",
        lambda name: _NAME * len(name[0]),
        text.replace(_NAME, " "),
        flags=re.IGNORECASE,
    )


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Where each sentence begins and ends; a line is one too."""
    for match in _SENTENCE.finditer(text):
        if match[0].strip():
            yield match.start(), match.end()


def _has_words(sentence: str) -> bool:
    return bool(re.search(r"\w", re.sub(r"[#@]\w+", "", sentence)))


def _plain(text: str) -> str:
    return " ".join(folded(text).replace("\u2019", "'").split())


def _quoted(text: str, start: int, end: int) -> bool:
    """Whether a quotation began before this sentence, or ends right behind it."""
    behind = "" if text[end - 1].isspace() else _plain(text[end:])
    return bool(re.search(_QUOTE, _plain(text[:start])) or _CLOSED.match(behind))


def _is_disclosure(sentence: str) -> bool:
    if _ASKED.search(sentence.rstrip()):
        return False
    plain = _plain(sentence)
    # A tag or an emoji before it is no word of it; the company's own name may be the tag.
    plain = re.sub(rf"^(?:[#@](?!{_NAME})\w+|[^\w#@{_NAME}'{_MARKS}])+", "", plain)
    for said in _SAID.finditer(plain):
        clause = _CLAUSE.search(plain, said.end())
        until = clause.start() if clause else len(plain)
        # Also what follows at once: "I work at X, not".
        next_word = re.match(r"\s*\S+", plain[clause.end() :]) if clause else None
        told = plain[:until] + (next_word[0] if next_word else "")
        if _CLOSED.match(plain[said.end() :]):
            continue
        if not _DENIED.search(told) and not _SUPPOSED.search(plain[: said.start()]):
            return True
    return False
