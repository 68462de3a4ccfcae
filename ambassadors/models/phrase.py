"""The words that editors ask colleagues to leave out, or to be careful with, and why."""

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from ambassadors.similarity import folded
from server.accounts.models import AuditEvent, User
from server.problems import Invalid


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

    @transaction.atomic
    def write(self, *, by: User, text: str, risk: str, reason_nl: str, reason_en: str) -> None:
        """Put it on the list, or change it; raises Invalid where it is there already."""
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
        AuditEvent.record(by, "phrase-written", "phrase", self.pk)

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        AuditEvent.record(by, "phrase-removed", "phrase", self.pk)
        self.delete()

    @classmethod
    def found_in(cls, text: str) -> list[Found]:
        """Every phrase of the list that stands in the text, in the order of the text."""
        plain, places = _folded_with_places(text)
        found = [each for phrase in cls.objects.all() for each in phrase._all_in(plain, places)]
        return sorted(found, key=lambda each: (each.start, -each.end))

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
