"""The words that editors ask colleagues to leave out, or to be careful with, and why."""

import hashlib
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ambassadors.similarity import folded
from server.accounts.models import AuditEvent, User
from server.problems import Invalid, StaleVersion

WRITTEN, REMOVED = "phrase-written", "phrase-removed"
_SHIPPED = uuid.UUID("5d0a7b8e-92b5-4a52-9e1c-6e1b8f0c2d77")


class PhraseRisk(models.TextChoices):
    FORBIDDEN = "forbidden", gettext_lazy("Leave it out")
    CAREFUL = "careful", gettext_lazy("Careful")


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase at its place in a text: `text[start:end]`."""

    phrase: "Phrase"
    start: int
    end: int


class Phrase(models.Model):
    """A word, or some words behind each other; `*` at the end stands for any ending.

    Found as whole words, whatever their capitals and accents. `folded` is what is compared.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    text = models.CharField(max_length=120)
    folded = models.CharField(max_length=240, unique=True)
    risk = models.CharField(max_length=9, choices=PhraseRisk.choices)
    reason_nl = models.CharField(max_length=300)
    reason_en = models.CharField(max_length=300)

    class Meta:
        ordering: ClassVar[list[str]] = ["folded"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(risk__in=PhraseRisk.values), name="phrase_risk_known"
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def reason(self) -> str:
        """Why, in the language of whoever reads now."""
        return self.reason_en if get_language() == "en" else self.reason_nl

    @property
    def print(self) -> str:
        """What tells this phrase from what it was before; empty where it is not on the list."""
        if self._state.adding:
            return ""
        told = "\0".join((self.text, self.risk, self.reason_nl, self.reason_en))
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    @transaction.atomic
    def write(
        self,
        *,
        by: User | None,
        text: str,
        risk: str,
        reason_nl: str,
        reason_en: str,
        seen: str | None = None,
    ) -> None:
        """Put it on the list, or change it; raises Invalid where another one says the same.

        `seen` is the print that the writer had before them; StaleVersion where it is another now.
        """
        now = Phrase.objects.select_for_update().filter(pk=self.pk).first()
        if seen is not None and seen != (now.print if now else ""):
            raise StaleVersion
        words = " ".join(text.split())
        plain = folded(words)
        if not re.search(r"\w", plain):
            raise Invalid({"text": _("Write a word, or some words.")})
        if Phrase.objects.filter(folded=plain).exclude(pk=self.pk).exists():
            raise Invalid({"text": _("This phrase is on the list already.")})
        self.text, self.folded, self.risk = words, plain, risk
        self.reason_nl, self.reason_en = reason_nl, reason_en
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError as error:
            raise Invalid({"text": _("This phrase is on the list already.")}) from error
        AuditEvent.record(by, WRITTEN, "phrase", self.pk)

    @classmethod
    def install(cls, phrases: Iterable[Mapping[str, str]], *, by: User | None = None) -> int:
        """Put these on the list (facts as for `write`), without those that are there or that
        somebody took off; returns how many.
        """
        wanted = {uuid.uuid5(_SHIPPED, folded(facts["text"])): facts for facts in phrases}
        gone = AuditEvent.objects.filter(action=REMOVED, subject_id__in=wanted)
        known = {*gone.values_list("subject_id", flat=True)}
        known |= set(cls.objects.filter(pk__in=wanted).values_list("pk", flat=True))
        said = set(cls.objects.values_list("folded", flat=True))
        made = 0
        for pk, facts in wanted.items():
            if pk not in known and folded(facts["text"]) not in said:
                cls(pk=pk).write(by=by, **facts)
                made += 1
        return made

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        AuditEvent.record(by, REMOVED, "phrase", self.pk)
        self.delete()

    @classmethod
    def found_in(cls, text: str) -> list[Found]:
        """Every phrase of the list that stands in the text, in the order of the text."""
        (found,) = cls.found_in_each([text])
        return found

    @classmethod
    def found_in_each(cls, texts: Iterable[str]) -> list[list[Found]]:
        """`found_in` for several texts, in one query."""
        phrases, found = list(cls.objects.all()), []
        for text in texts:
            plain, places = _folded_with_places(text)
            here = (each for phrase in phrases for each in phrase._all_in(plain, places))
            found.append(sorted(here, key=lambda each: (each.start, -each.end)))
        return found

    @classmethod
    def said_in_each(cls, texts: Iterable[str]) -> list[list[tuple[str, "Phrase"]]]:
        """Of each text the words that are on the list, as they stand there, and what they are."""
        texts = list(texts)
        return [
            [(text[each.start : each.end], each.phrase) for each in found]
            for text, found in zip(texts, cls.found_in_each(texts), strict=True)
        ]

    def _all_in(self, plain: str, places: Sequence[int]) -> Iterator[Found]:
        for match in _pattern(self.folded).finditer(plain):
            yield Found(self, places[match.start()], places[match.end() - 1] + 1)


def _pattern(phrase: str) -> re.Pattern[str]:
    words = r"\s+".join(re.escape(word) for word in phrase.removesuffix("*").split())
    ending = r"\w*" if phrase.endswith("*") else ""
    return re.compile(rf"(?<!\w){words}{ending}(?!\w)")


def _folded_with_places(text: str) -> tuple[str, list[int]]:
    """The text as phrases are compared, and for each letter of that its place in the text."""
    letters: list[str] = []
    places: list[int] = []
    for place, letter in enumerate(text):
        for plain in folded(letter):
            letters.append(plain)
            places.append(place)
    return "".join(letters), places
