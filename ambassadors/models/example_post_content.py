"""What an example post consists of: texts per network, advice, pictures, and its history."""

import hashlib
import uuid
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ambassadors.models.review_history import Version
from ambassadors.models.stored_image import StoredImage
from server.accounts.models.people import Language
from server.networks import Network

# Hex digits of the print of a variant.
PRINT_LENGTH = 16


class Words(NamedTuple):
    """One variant of the words for one network, without the opening."""

    network: str
    language: str
    text: str


class Advised(NamedTuple):
    """One do or don't with its reason, in one or two languages."""

    kind: str
    risk: str
    text_nl: str
    reason_nl: str
    text_en: str = ""
    reason_en: str = ""


class Risk(models.TextChoices):
    """How much can go wrong; each has a colour, and says it in words as well."""

    GREEN = "green", _("No risk")
    AMBER = "amber", _("Take care")
    RED = "red", _("High risk")


class AdviceKind(models.TextChoices):
    DO = "do", _("Do")
    DONT = "dont", _("Don't")


class PostText(models.Model):
    """One variant for one network in one language. `number` counts from 0."""

    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="texts")
    network = models.CharField(max_length=12, choices=Network.choices)
    language = models.CharField(max_length=2, choices=Language.choices)
    number = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["post", "network", "language", "number"], name="post_text_once"
            ),
            models.CheckConstraint(
                condition=Q(network__in=Network.values), name="post_text_network_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.language} {self.number}"

    @property
    def print(self) -> str:
        """What tells these words from others, also after the post was written anew."""
        return print_of(self.network, self.language, self.text)


class PostAdvice(models.Model):
    """A do or a don't, with the reason, so that people can judge a case that it does not name."""

    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="advice")
    kind = models.CharField(max_length=4, choices=AdviceKind.choices)
    risk = models.CharField(max_length=5, choices=Risk.choices)
    text_nl = models.CharField(max_length=200)
    reason_nl = models.CharField(max_length=300)
    text_en = models.CharField(max_length=200, blank=True)
    reason_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(risk__in=Risk.values, kind__in=AdviceKind.values),
                name="post_advice_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class PostImage(StoredImage):
    """A picture of a post, and what it says to who can't see it."""

    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="images")
    alt_nl = models.CharField(max_length=300)
    alt_en = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["created_at", "id"]


class PostVersion(Version):
    """All words of a post at a moment, and ids of the pictures."""

    post = models.ForeignKey("ExamplePost", on_delete=models.CASCADE, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "number"], name="post_version_once"),
        ]


def print_of(network: str, language: str, text: str) -> str:
    """What tells a variant for this network from others."""
    told = f"{network}\0{language}\0{text}"
    return hashlib.sha256(told.encode()).hexdigest()[:PRINT_LENGTH]


def turn(post: uuid.UUID, user: uuid.UUID, variants: int, taken: int = 0) -> int:
    """Which of so many variants somebody gets who took `taken` of them before.

    The same for the same person on every device; over all employees each comes up as often; and
    whoever shares again gets the next, so that they do not say the same thing twice.
    """
    seed = hashlib.sha256(post.bytes + user.bytes).digest()
    return (int.from_bytes(seed[:8], "big") + taken) % variants


def numbered(words: Iterable[Words]) -> list[tuple[Words, int]]:
    """Each text with its number among the variants for its network and language."""
    counts: dict[tuple[str, str], int] = {}
    rows = []
    for each in words:
        key = (each.network, each.language)
        rows.append((each, counts.get(key, 0)))
        counts[key] = counts.get(key, 0) + 1
    return rows
