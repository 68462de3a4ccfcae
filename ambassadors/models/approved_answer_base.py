"""The row of an approved answer: where it stands, who may read it, and how a verb begins."""

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ambassadors.answer_problems import AnswerNotNow
from ambassadors.models.campaign import Campaign
from ambassadors.models.example_post_base import PostState, is_editor
from server import disclosure
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, NotFound, StaleVersion

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from ambassadors.models.answer_use import AnswerUse
    from ambassadors.models.approved_answer import AnswerReview, AnswerVersion

WORDS = ("question_nl", "text_nl", "question_en", "text_en")


def writes_answers(user: User) -> bool:
    """Who proposes answers: agents, who gave them, and editors."""
    return user.is_agent or is_editor(user)


class ApprovedAnswerQuerySet(models.QuerySet[Any]):
    def visible(self, at: datetime | None = None) -> Self:
        """What employees may know of, at this moment: approved, out of its embargo, and valid.

        Everything that goes to an employee begins here.
        """
        at = at or timezone.now()
        return self.filter(
            Q(embargo_until=None) | Q(embargo_until__lte=at),
            Q(valid_until=None) | Q(valid_until__gt=at),
            state=PostState.APPROVED,
        )

    def readable_by(self, user: User) -> Self:
        """In the console: all for editors; for an agent their own, and what everybody has."""
        if is_editor(user):
            return self
        return self.filter(Q(owner=user) | Q(pk__in=self.model.objects.visible().values("pk")))

    def stands(self, where: Collection[str]) -> Self:
        """Those in these states; what is over by now has retired, whatever the clock did yet."""
        over = Q(state=PostState.APPROVED, valid_until__lte=timezone.now())
        rows = self.filter(Q(state__in=where) & ~over)
        return self.filter(Q(state__in=where) | over) if PostState.RETIRED in where else rows

    def saying(self, words: str) -> Self:
        """Those with these words in a question or a text."""
        found = Q()
        for column in WORDS:
            found |= Q(**{f"{column}__icontains": words})
        return self.filter(found)


class AnswerBase(models.Model):
    """An answer that stands on its own: the question that it answers and what to say, in Dutch,
    English or both, with nobody's name in it.

    `version` goes up with every change, so that two writers notice each other. `source` is the
    request whose answer it was, without any other trace of it. `retire_at` is when it goes by
    itself; `warned_at` when its owner heard that.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="answers")
    question_nl = models.CharField(max_length=200, blank=True)
    text_nl = models.TextField(blank=True)
    question_en = models.CharField(max_length=200, blank=True)
    text_en = models.TextField(blank=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=PostState.choices, default=PostState.DRAFT)
    embargo_until = models.DateTimeField(null=True)
    valid_until = models.DateTimeField(null=True)
    approved_at = models.DateTimeField(null=True)
    retire_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    source = models.UUIDField(null=True, unique=True)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = ApprovedAnswerQuerySet.as_manager()

    if TYPE_CHECKING:
        versions: RelatedManager[AnswerVersion]
        reviews: RelatedManager[AnswerReview]
        uses: RelatedManager[AnswerUse]

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "-approved_at", "-id"], name="answer_newest"),
            models.Index(fields=["state", "retire_at"], name="answer_to_retire"),
            models.Index(fields=["-updated_at", "-id"], name="answer_last_changed"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state__in=PostState.values), name="answer_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(approved_at__isnull=False, retire_at__isnull=False),
                name="answer_approved_at",
            ),
            models.CheckConstraint(
                condition=Q(question_nl="", text_nl="") | Q(question_nl__gt="", text_nl__gt=""),
                name="answer_whole_in_dutch",
            ),
            models.CheckConstraint(
                condition=Q(question_en="", text_en="") | Q(question_en__gt="", text_en__gt=""),
                name="answer_whole_in_english",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def languages(self) -> list[str]:
        return [name for name in ("nl", "en") if getattr(self, f"text_{name}")]

    def language_for(self, language: str) -> str:
        """This language where there is a text in it, else the one that there is."""
        there = self.languages
        return language if language in there or not there else there[0]

    def question_in(self, language: str) -> str:
        return str(getattr(self, f"question_{self.language_for(language)}"))

    def text_in(self, language: str) -> str:
        return str(getattr(self, f"text_{self.language_for(language)}"))

    def whole(self, language: str) -> str:
        """As it goes to a network: the opening first."""
        return disclosure.opened(
            self.text_in(language), self.language_for(language), rewarded=False
        )

    @property
    def shown(self) -> PostState:
        """Where it stands, seen with the clock."""
        over = self.valid_until is not None and self.valid_until <= timezone.now()
        approved = self.state == PostState.APPROVED
        return PostState.RETIRED if over and approved else PostState(self.state)

    @property
    def under_embargo(self) -> bool:
        return bool(self.embargo_until and self.embargo_until > timezone.now())

    def written_by_leave_of(self, user: User) -> bool:
        """Whether this person may change it: editors, and the agent whose it is."""
        return is_editor(user) or (user.is_agent and self.owner_id == user.pk)

    def _lock(self, by: User, seen: int | None, *states: PostState) -> None:
        """Re-read it for a verb; refuse who may not, and where it stands elsewhere or has changed.

        Who may not even read it is told that there is nothing.
        """
        if not writes_answers(by):
            raise Forbidden
        self._reread()
        if not self.written_by_leave_of(by):
            raise NotFound
        if seen is not None and seen != self.version:
            raise StaleVersion(version=self.version)
        if states and self.state not in states:
            raise AnswerNotNow(state=self.state)

    def _reread(self) -> None:
        rows = type(self)._base_manager.select_for_update(of=("self",))
        try:
            self.refresh_from_db(from_queryset=rows.select_related("campaign", "owner"))
        except type(self).DoesNotExist as error:
            raise NotFound from error

    def _save(self, **facts: Any) -> None:
        """Write these columns, with the next version."""
        for name, value in facts.items():
            setattr(self, name, value)
        self.version += 1
        self.updated_at = timezone.now()
        self.save(update_fields=[*facts, "version", "updated_at"])

    def _record(self, by: User | None, did: str, **detail: Any) -> None:
        """For the audit trail, without a word of what it says."""
        AuditEvent.record(by, f"answer-{did}", "approved-answer", self.pk, **detail)
