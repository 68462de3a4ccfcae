"""Approved answers: what an agent answered once, for every ambassador who meets that question.

Written by agents and editors, and reviewed (reviewed.py). Whatever changes in what it says takes
the approval away (`_changed`).
"""

import re
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors.answer_problems import AlreadyProposed
from ambassadors.models.approved_answer_base import WORDS, AnswerBase, writes_answers
from ambassadors.models.campaign import Campaign
from ambassadors.models.privacy import Programme
from ambassadors.models.review_history import Review, Version
from server import public_answers
from server.accounts.models import User
from server.networks import RULES, Network
from server.problems import Forbidden, IdReused, Invalid

# What names somebody: an address, a handle, a mobile number. An address is looked for only where
# one can begin: else a text without spaces takes the square of its length.
_NAMES = re.compile(
    r"(?<![\w.+-])[\w.+-]+@[\w-]+\.\w+|(?<![\w/])@\w[\w.-]+"
    r"|(?<!\d)(?:\+31|0031|0)[ -]?6(?:[ -]?\d){8}"
)


class AnswerVersion(Version):
    answer = models.ForeignKey("ApprovedAnswer", on_delete=models.CASCADE, related_name="versions")

    class Meta(Version.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["answer", "number"], name="answer_version_once"),
        ]


class AnswerReview(Review):
    answer = models.ForeignKey("ApprovedAnswer", on_delete=models.CASCADE, related_name="reviews")


class ApprovedAnswer(AnswerBase):
    """An answer for several networks. `visible()` is what employees may know of."""

    class Meta(AnswerBase.Meta):
        abstract = False

    # What checks.py asks of an example.
    link: ClassVar[str] = ""
    rewarded: ClassVar[bool] = False

    def examples(self) -> Iterator[str]:
        """The texts that somebody's own is compared with."""
        return (getattr(self, f"text_{language}") for language in self.languages)

    @classmethod
    @transaction.atomic
    def begin(
        cls, *, by: User, id: uuid.UUID, source: uuid.UUID | None = None, **facts: Any
    ) -> Self:
        """A new draft; whoever begins it owns it. Facts as for `write`.

        `source` is the request that was answered with it, one of this agent's team; raises
        NotFound where it is not, AlreadyProposed where it has an approved answer, and IdReused.
        """
        if not writes_answers(by):
            raise Forbidden
        answered_by = None
        if source is not None:
            answered_by = public_answers.answered(source, by).by
            if (earlier := cls.objects.filter(source=source).exclude(pk=id).first()) is not None:
                raise AlreadyProposed(answer=str(earlier.pk))
        answer = cls(pk=id, owner=by, source=source, answered_by_id=answered_by)
        answer._describe(facts)
        try:
            with transaction.atomic():
                answer.save(force_insert=True)
        except IntegrityError as error:
            raise IdReused from error
        answer._keep(by)
        answer._record(by, "begun")
        return answer

    @transaction.atomic
    def write(
        self,
        *,
        by: User,
        seen: int | None,
        campaign: Campaign,
        question_nl: str = "",
        text_nl: str = "",
        question_en: str = "",
        text_en: str = "",
        embargo_until: datetime | None = None,
        valid_until: datetime | None = None,
    ) -> None:
        """Say it otherwise. `seen` is the version that the writer had before them.

        Raises Invalid with an error per field, and StaleVersion where somebody was faster.
        """
        self._lock(by, seen)
        facts = {
            "campaign": campaign,
            "question_nl": question_nl,
            "text_nl": text_nl,
            "question_en": question_en,
            "text_en": text_en,
            "embargo_until": embargo_until,
            "valid_until": valid_until,
        }
        self._describe(facts)
        self._changed(*facts)
        self._keep(by)
        self._record(by, "written", version=self.version)

    def _describe(self, facts: dict[str, Any]) -> None:
        for name, value in facts.items():
            setattr(self, name, value)
        errors = {}
        for name in ("nl", "en"):
            question, text = getattr(self, f"question_{name}"), getattr(self, f"text_{name}")
            if bool(question) != bool(text):
                missing = f"text_{name}" if question else f"question_{name}"
                errors[missing] = _("Give both the question and the answer in this language.")
        for name in WORDS:
            if found := _NAMES.search(getattr(self, name)):
                words = _("Everybody gets to read this. Leave “%(what)s” out: it names somebody.")
                errors[name] = words % {"what": found[0]}
        if not self.languages and not errors:
            errors["text_nl"] = _("Write the answer in Dutch, in English, or in both.")
        for name in self.languages:
            if f"text_{name}" not in errors and not any(row["fits"] for row in self.fits(name)):
                errors[f"text_{name}"] = _("This is too long for every network.")
        now = timezone.now()
        if self.valid_until and self.valid_until <= max(self.embargo_until or now, now):
            errors["valid_until"] = _("This has to be later than now, and than the embargo.")
        if errors:
            raise Invalid(errors)

    def fits(self, language: str) -> list[dict[str, Any]]:
        """Per network how long it is there with the opening, and whether it fits."""
        whole = self.whole(language)
        return [
            {
                "network": network.value,
                "network_label": network.label,
                "length": RULES[network].length(whole),
                "limit": RULES[network].limit,
                "fits": not RULES[network].over(whole),
            }
            for network in Network
        ]

    def written_by(self) -> set[uuid.UUID]:
        """The agent whose answer a colleague proposed as well, until somebody else approved it."""
        own = super().written_by()
        if self.answered_by_id is None or self.approved_at is not None:
            return own
        return own | {self.answered_by_id}

    def content(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in WORDS}

    def _moments(self, now: datetime) -> dict[str, Any]:
        """From now on, or from the end of its embargo, ambassadors have it."""
        if self.over:
            raise Invalid({"valid_until": _("Its time is over. Write until when it holds first.")})
        begins = max(now, self.embargo_until or now)
        return {"retire_at": self._retires(begins, self.valid_until)}

    def used(self) -> dict[str, int | None]:
        """How often it was taken and placed, of nobody; None where fewer did than the smallest
        group that is shown.
        """
        row = self.uses.aggregate(
            people=Count("user", distinct=True), taken=Count("pk"), placed=Count("confirmed_at")
        )
        few = Programme.current().smallest_group
        enough = row["people"] >= few
        return {"few": few, **{name: row[name] if enough else None for name in ("taken", "placed")}}
