"""The row of an approved answer: what it says in which language, and who may read and write it."""

from typing import TYPE_CHECKING, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ambassadors.answer_problems import AnswerNotNow
from ambassadors.models.campaign import Campaign
from ambassadors.models.reviewed import PostState, Reviewed, ReviewedQuerySet, is_editor
from server import disclosure
from server.accounts.models import User
from server.problems import Forbidden, NotFound

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from ambassadors.models.answer_use import AnswerUse
    from ambassadors.models.approved_answer import AnswerReview, AnswerVersion

WORDS = ("question_nl", "text_nl", "question_en", "text_en")


def writes_answers(user: User) -> bool:
    """Who proposes answers: agents, who gave them, and editors."""
    return user.is_agent or is_editor(user)


class ApprovedAnswerQuerySet(ReviewedQuerySet):
    def readable_by(self, user: User) -> Self:
        """In the console: all for editors; for an agent their own, and what everybody has."""
        if is_editor(user):
            return self
        return self.filter(Q(owner=user) | Q(pk__in=self.model.objects.visible().values("pk")))

    def saying(self, words: str) -> Self:
        """Those with these words in a question or a text."""
        found = Q()
        for column in WORDS:
            found |= Q(**{f"{column}__icontains": words})
        return self.filter(found)


class AnswerBase(Reviewed):
    """An answer that stands on its own: the question that it answers and what to say, in Dutch,
    English or both, with nobody's name in it.

    `source` is the request whose answer it was, without any other trace of it, and `answered_by`
    the agent who gave that answer.
    """

    word = "answer"
    audited_as = "approved-answer"
    not_now = AnswerNotNow
    ends_anyway = _("This was approved until its end. Write a later one.")

    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="answers")
    question_nl = models.CharField(max_length=200, blank=True)
    text_nl = models.TextField(blank=True)
    question_en = models.CharField(max_length=200, blank=True)
    text_en = models.TextField(blank=True)
    source = models.UUIDField(null=True, unique=True)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

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
        gone = self.state == PostState.APPROVED and self.over
        return PostState.RETIRED if gone else PostState(self.state)

    @property
    def owner_is_at_it(self) -> bool:
        return self.written_by_leave_of(self.owner)

    def written_by_leave_of(self, user: User) -> bool:
        """Whether this person may change it: editors, and the agent whose it is."""
        return is_editor(user) or (user.is_agent and self.owner_id == user.pk)

    def _reread_for(self, by: User) -> None:
        """Who may not even read it is told that there is nothing."""
        if not writes_answers(by):
            raise Forbidden
        self._reread()
        if not self.written_by_leave_of(by):
            raise NotFound
