"""What the composer says of a text before it is shared: remarks, the most serious first.

Only one thing is asked by law, and it is not left to the writer: that readers can see at once that
somebody works here, and that there is a reward. Where a text does not say so, the opening is put
before it. All else is advice. Nothing here refuses a text.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ambassadors import disclosures, similarity
from ambassadors.models import ApprovedAnswer, Likeness, Phrase, PhraseRisk, Programme
from ambassadors.models.likeness import MOST
from server import disclosure
from server.accounts.models import User
from server.networks import RULES, Network

# So little of an approved answer is left in a text that it says something else.
FAR = 0.15


class Level(models.TextChoices):
    """How serious a remark is."""

    LAW = "law"
    FORBIDDEN = "forbidden"
    CAREFUL = "careful"
    TIP = "tip"


@dataclass(frozen=True, slots=True)
class Remark:
    """What there is to say, and of which part: `text[start:end]`, None where it is of all."""

    code: str
    level: Level
    text: str
    start: int | None = None
    end: int | None = None


class Example(Protocol):
    """What a text was made of: an example post, or an approved answer."""

    @property
    def link(self) -> str: ...

    @property
    def rewarded(self) -> bool: ...

    def language_for(self, language: str) -> str: ...

    def examples(self) -> Iterable[str]: ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A text as it would be shared. `colleagues` chose nearly these words, whether or not they
    told that it stands there; None where they are few.
    """

    text: str
    length: int
    limit: int | None
    colleagues: int | None
    remarks: list[Remark]


def check(
    text: str, *, post: Example, network: str, by: User, link: str = "", language: str = ""
) -> Checked:
    """`link` is the short link that goes along; one as long stands in for it where there is none
    yet. `language` is that of the text, where it is not the reader's.
    """
    whole, said = _disclosed(text, post, language or by.language)
    if post.link and not link:
        link = disclosure.link_of_that_length()
    near = Likeness.colleagues(disclosures.bare(whole), besides=by)
    # Nor that there are some: who knows a colleague's words would learn when they chose them.
    told = near if near >= Programme.current().smallest_group else None
    remarks = [*said, *_too_long(whole, network, link), *_phrases(whole)]
    remarks += [*_as_approved(whole, post), *_like_colleagues(told)]
    levels = list(Level)
    return Checked(
        text=whole,
        length=RULES[network].length(whole, link),
        limit=RULES[network].limit,
        colleagues=told,
        remarks=sorted(remarks, key=lambda remark: levels.index(remark.level)),
    )


def _disclosed(text: str, post: Example, reads: str) -> tuple[str, list[Remark]]:
    """The text with what the law asks, and what was added to it or stands too far down."""
    language = post.language_for(reads)
    rewarded = not post.rewarded or disclosures.says_reward(text)
    remarks = []
    if not disclosures.says_who_at_once(text):
        whole = disclosure.opened(text, language, rewarded=not rewarded)
        remarks.append(
            Remark(
                "disclosure-added",
                Level.LAW,
                _(
                    "We put on top that you work here. The law asks that readers can see it: it is "
                    "the one thing that cannot be left out."
                ),
            )
        )
        return whole, remarks
    if not rewarded:
        # Behind who wrote it, as in the opening; else the opening itself goes on top.
        told = disclosures.with_reward(text, disclosure.REWARD)
        text = told or disclosure.opened(text, language, rewarded=True)
        remarks.append(
            Remark(
                "reward-added",
                Level.LAW,
                _(
                    "We put %(tag)s at the beginning, because there is a reward. The law asks that "
                    "readers can see it."
                )
                % {"tag": disclosure.REWARD},
            )
        )
    start, end = next(disclosures.says_who(text))
    if start > 0:
        said = _("Say in your first sentence that you work here: the rest is read by fewer people.")
        remarks.append(Remark("disclosure-not-first", Level.CAREFUL, said, start, end))
    return text, remarks


def _too_long(text: str, network: str, link: str) -> Iterator[Remark]:
    over = RULES[network].over(text, link)
    if over:
        words = ngettext(
            "%(network)s takes %(over)s character less than this.",
            "%(network)s takes %(over)s characters less than this.",
            over,
        )
        facts = {"network": Network(network).label, "over": over}
        yield Remark("too-long", Level.CAREFUL, words % facts)


def _phrases(text: str) -> Iterator[Remark]:
    for found in Phrase.found_in(text):
        level = Level(PhraseRisk(found.phrase.risk).value)
        code = f"phrase-{found.phrase.risk}"
        yield Remark(code, level, found.phrase.reason, found.start, found.end)


def _as_approved(text: str, post: Example) -> Iterator[Remark]:
    """An example is to be made one's own; of an answer somebody looked at what it says."""
    mine = similarity.signature(disclosures.bare(text))
    likest = max(
        (similarity.alike(mine, similarity.signature(each)) for each in post.examples()), default=0
    )
    if isinstance(post, ApprovedAnswer):
        if likest < FAR:
            said = _("This is far from the approved answer. Nobody looked at what this says.")
            yield Remark("far-from-the-answer", Level.CAREFUL, said)
        elif likest >= similarity.ALIKE:
            said = _("This is nearly the approved answer. Begin with who asks, and it is yours.")
            yield Remark("like-the-answer", Level.TIP, said)
    elif likest >= similarity.ALIKE:
        said = _("This is nearly the example. With a sentence of your own it is yours.")
        yield Remark("like-the-example", Level.TIP, said)


def _like_colleagues(near: int | None) -> Iterator[Remark]:
    """Of who took these words to a network, whether or not they told that they posted them: most
    tell nothing, and who is early has to hear of it too. So the words say no more than that.
    """
    if near is None:
        return
    if near >= MOST:
        said = _(
            "More than %(number)s colleagues chose nearly these words. Say it in your own way."
        )
    else:
        said = _("%(number)s colleagues chose nearly these words. Say it in your own way.")
    number = near - 1 if near >= MOST else near
    yield Remark("like-colleagues", Level.TIP, said % {"number": number})
