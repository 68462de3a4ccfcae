"""Approved answers: what an agent answered once, for every ambassador who meets that question.

Written by agents and editors, looked at by an editor who did not write in it, and gone when it is
stale. Whatever changes in what it says takes the approval away: it was given to other words.
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

from ambassadors import answer_news
from ambassadors.answer_problems import AlreadyProposed
from ambassadors.models.approved_answer_base import WORDS, AnswerBase, writes_answers
from ambassadors.models.campaign import Campaign
from ambassadors.models.example_post_base import PostState, is_editor
from ambassadors.models.example_post_retiring import KEPT_FOR, WARNED_BEFORE
from ambassadors.models.example_post_review import Verdict
from ambassadors.post_problems import OwnWriting
from server import public_answers
from server.accounts.models import User
from server.networks import RULES, Network
from server.problems import Forbidden, IdReused, Invalid

# Fewer people than this, and a number would say something of one of them.
GROUP = 5
# What names somebody: an address, a handle, a mobile number.
_NAMES = re.compile(
    r"[\w.+-]+@[\w-]+\.\w+|(?<![\w/])@\w[\w.-]+|(?<!\d)(?:\+31|0031|0)[ -]?6(?:[ -]?\d){8}"
)
_OPEN = (PostState.DRAFT, PostState.REVIEW, PostState.APPROVED)


class AnswerVersion(models.Model):
    """What an answer said at a moment, and who wrote that. Rows are added and never changed."""

    answer = models.ForeignKey("ApprovedAnswer", on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    content: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        ordering: ClassVar[list[str]] = ["-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["answer", "number"], name="answer_version_once"),
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.number}"


class AnswerReview(models.Model):
    """One step of a review: of which version, by whom, and what was said with it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    answer = models.ForeignKey("ApprovedAnswer", on_delete=models.CASCADE, related_name="reviews")
    version = models.PositiveIntegerField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    verdict = models.CharField(max_length=8, choices=Verdict.choices)
    text = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar[list[str]] = ["at", "id"]

    def __str__(self) -> str:
        return f"{self.answer_id} {self.verdict}"


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
        if source is not None:
            public_answers.answered(source, by)
            if (earlier := cls.objects.filter(source=source).exclude(pk=id).first()) is not None:
                raise AlreadyProposed(answer=str(earlier.pk))
        answer = cls(pk=id, owner=by, source=source)
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
        self._save(state=PostState.DRAFT, **facts)
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

    def _keep(self, by: User) -> None:
        """The version as it is now, for the history."""
        content = {name: getattr(self, name) for name in WORDS}
        AnswerVersion.objects.create(answer_id=self.pk, number=self.version, by=by, content=content)

    def written_by(self) -> set[uuid.UUID]:
        """Who wrote in it since it was last approved: none of them can approve it."""
        approvals = self.reviews.filter(verdict=Verdict.APPROVED).order_by("-version")
        approved = approvals.values_list("version", flat=True).first()
        versions = self.versions.filter(number__gt=-1 if approved is None else approved)
        return set(versions.values_list("by", flat=True))

    @transaction.atomic(durable=True)
    def ask_review(self, *, by: User, seen: int | None = None) -> None:
        """Offer it to the editors."""
        self._lock(by, seen, PostState.DRAFT)
        self._save(state=PostState.REVIEW)
        self._review(by, Verdict.ASKED, "")

    @transaction.atomic(durable=True)
    def approve(self, *, by: User, seen: int | None = None) -> None:
        """From now on, or from the end of its embargo, ambassadors have it.

        Raises OwnWriting where `by` wrote any of it since it was last approved.
        """
        self._judge(by, seen)
        if by.pk in self.written_by():
            raise OwnWriting
        now = timezone.now()
        if self.valid_until is not None and self.valid_until <= now:
            raise Invalid({"valid_until": _("Its time is over. Write until when it holds first.")})
        begins = max(now, self.embargo_until or now)
        self._save(
            state=PostState.APPROVED,
            approved_at=now,
            retire_at=self.valid_until or begins + KEPT_FOR,
            warned_at=None,
        )
        self._review(by, Verdict.APPROVED, "")

    @transaction.atomic(durable=True)
    def ask_changes(self, *, by: User, text: str, seen: int | None = None) -> None:
        """Give it back, with what has to be otherwise."""
        self._judge(by, seen)
        self._save(state=PostState.DRAFT)
        self._review(by, Verdict.CHANGES, text)

    def _judge(self, by: User, seen: int | None) -> None:
        if not is_editor(by):
            raise Forbidden
        self._lock(by, seen, PostState.REVIEW)

    def _review(self, by: User, verdict: Verdict, text: str) -> None:
        row = AnswerReview.objects.create(
            answer_id=self.pk, version=self.version, by=by, verdict=verdict, text=text
        )
        self._record(by, f"review-{verdict.value}", version=self.version)
        answer_news.reviewed(self, row.pk, by, verdict)

    @transaction.atomic(durable=True)
    def retire(self, *, by: User, seen: int | None = None) -> None:
        """Take it back at once. What was placed stays where it is."""
        self._lock(by, seen, *_OPEN)
        self._save(state=PostState.RETIRED)
        self._record(by, "retired")

    @transaction.atomic(durable=True)
    def still_holds(self, *, by: User, seen: int | None = None) -> None:
        """Somebody read it again: it stays for as long as a new one.

        Raises Invalid where it was approved until an end: that stays, unless another is approved.
        """
        self._lock(by, seen, PostState.APPROVED)
        if self.valid_until is not None:
            raise Invalid({"valid_until": _("This was approved until its end. Write a later one.")})
        self._save(retire_at=timezone.now() + KEPT_FOR, warned_at=None)
        self._record(by, "still-holds")

    @transaction.atomic(durable=True)
    def warn(self) -> bool:
        """Tell its owner that it will go; the clock's verb, which looks again under the lock."""
        self._reread()
        now = timezone.now()
        if self.state != PostState.APPROVED or self.warned_at or self.retire_at is None:
            return False
        if not now < self.retire_at <= now + WARNED_BEFORE:
            return False
        self.warned_at = now
        self.save(update_fields=["warned_at"])
        answer_news.goes_soon(self)
        return True

    @transaction.atomic(durable=True)
    def retire_stale(self) -> bool:
        """Its time is over; the clock's verb."""
        self._reread()
        now = timezone.now()
        if self.state != PostState.APPROVED or self.retire_at is None or self.retire_at > now:
            return False
        self._save(state=PostState.RETIRED)
        self._record(None, "retired")
        answer_news.gone(self)
        return True

    def used(self) -> dict[str, int | None]:
        """How often it was taken and placed, of nobody; None where fewer than `GROUP` did."""
        row = self.uses.aggregate(
            people=Count("user", distinct=True), taken=Count("pk"), placed=Count("confirmed_at")
        )
        enough = row["people"] >= GROUP
        return {name: row[name] if enough else None for name in ("taken", "placed")}
