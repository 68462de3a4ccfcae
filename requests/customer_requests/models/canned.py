"""Canned texts: what a team says often, ready to be put in an answer or a note."""

from typing import ClassVar

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from customer_requests.models.wording import (
    Filled,
    Readers,
    Reusable,
    once_per_team,
    says_something,
)


class CannedText(Reusable):
    """A text to start from. The agent reads it, changes it where needed, and sends it."""

    audited = "canned-text"

    class Meta(Reusable.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *once_per_team("canned_text"),
            models.CheckConstraint(condition=says_something(), name="canned_text_says_something"),
        ]

    def clean(self) -> None:
        super().clean()
        if not self.audiences:
            raise ValidationError({"customer_nl": _("Write a text for at least one reader.")})

    def filled_for(self, readers: Readers) -> list[Filled]:
        """The words for each audience that it has any for, or why they can't be used there."""
        return [readers.fill(self.words_for(audience), audience) for audience in self.audiences]
