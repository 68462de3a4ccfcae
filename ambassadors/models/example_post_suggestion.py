"""What employees suggest: editors take it over, with credit, or decline it with a reason."""

import uuid
from typing import ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors import post_news
from ambassadors.models.campaign import Campaign
from ambassadors.models.example_post import ExamplePost
from ambassadors.models.example_post_content import Words
from ambassadors.models.reviewed import is_editor
from ambassadors.post_problems import SuggestionDecided, TooManySuggestions
from server.accounts.models import AuditEvent, User
from server.accounts.models.people import Language
from server.networks import Network
from server.problems import Forbidden, IdReused, NotFound

# How many of one person can wait for an editor.
MOST_WAITING = 10


class SuggestionState(models.TextChoices):
    WAITING = "waiting", _("Waits for an editor")
    TAKEN = "taken", _("Taken over")
    DECLINED = "declined", _("Declined")


class SuggestionQuerySet(models.QuerySet["PostSuggestion"]):
    def visible_to(self, user: User) -> Self:
        """One's own; editors see all of them, in the console."""
        return self.filter(by=user)


class PostSuggestion(models.Model):
    """A text that an employee would like to see among the examples.

    `credit`: whether their name may stand with it. `post` is what became of it. `text` is empty
    where they have left.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    network = models.CharField(max_length=12, choices=Network.choices)
    language = models.CharField(max_length=2, choices=Language.choices)
    text = models.TextField()
    why = models.TextField(blank=True)
    credit = models.BooleanField(default=False)
    state = models.CharField(
        max_length=8, choices=SuggestionState.choices, default=SuggestionState.WAITING
    )
    created_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    post = models.OneToOneField(
        ExamplePost, null=True, on_delete=models.SET_NULL, related_name="suggestion"
    )

    objects = SuggestionQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["by", "-created_at", "-id"], name="suggestion_of_person"),
            models.Index(fields=["state", "-created_at", "-id"], name="suggestion_by_state"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(state="waiting", decided_at=None)
                | Q(state__in=["taken", "declined"], decided_at__isnull=False),
                name="suggestion_decided_at",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    @transaction.atomic(durable=True)
    def suggest(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        network: str,
        language: str,
        text: str,
        why: str,
        credit: bool,
    ) -> "tuple[PostSuggestion, bool]":
        """A new suggestion; returns it and whether it is new."""
        facts = {"network": network, "language": language, "text": text, "why": why}
        made = cls(id=id, by=by, credit=credit, **facts)
        if (existing := cls.objects.filter(pk=id).first()) is not None:
            return existing._same_as(made), False
        # One person's suggestions come one after another.
        User.objects.select_for_update().get(pk=by.pk)
        waiting = cls.objects.filter(by=by, state=SuggestionState.WAITING)
        if waiting.count() >= MOST_WAITING:
            raise TooManySuggestions(most=MOST_WAITING)
        try:
            with transaction.atomic():
                made.save(force_insert=True)
        except IntegrityError as error:  # the same call, just before us
            existing = cls.objects.filter(pk=id).first()
            if existing is None:
                raise IdReused from error
            return existing._same_as(made), False
        return made, True

    def _same_as(self, made: "PostSuggestion") -> "PostSuggestion":
        """This one, which is there already, where it says the same."""
        names = ("by_id", "network", "language", "text", "why", "credit")
        if any(getattr(self, name) != getattr(made, name) for name in names):
            raise IdReused
        return self

    @transaction.atomic(durable=True)
    def take_over(
        self, *, by: User, post_id: uuid.UUID, campaign: Campaign, title_nl: str
    ) -> ExamplePost:
        """Begin a draft with these words; its writer hears that, and nothing of the rest."""
        self._lock(by)
        post = ExamplePost.begin(
            by=by,
            id=post_id,
            credit=self.by if self.credit else None,
            campaign=campaign,
            title_nl=title_nl,
            words=[Words(self.network, self.language, self.text)],
        )
        self._decide(by, SuggestionState.TAKEN, post=post)
        return post

    @transaction.atomic(durable=True)
    def decline(self, *, by: User, reason: str) -> None:
        """Not this one, and why."""
        self._lock(by)
        self._decide(by, SuggestionState.DECLINED, reason=reason)

    def _lock(self, by: User) -> None:
        if not is_editor(by):
            raise Forbidden
        rows = PostSuggestion.objects.select_for_update(of=("self",)).select_related("by")
        try:
            self.refresh_from_db(from_queryset=rows)
        except PostSuggestion.DoesNotExist as error:
            raise NotFound from error
        if self.state != SuggestionState.WAITING:
            raise SuggestionDecided

    def _decide(
        self, by: User, state: SuggestionState, *, post: ExamplePost | None = None, reason: str = ""
    ) -> None:
        self.state, self.decided_by, self.decided_at = state, by, timezone.now()
        self.post, self.reason = post, reason
        self.save(update_fields=["state", "decided_by", "decided_at", "post", "reason"])
        AuditEvent.record(by, f"suggestion-{state.value}", "post-suggestion", self.pk)
        post_news.suggestion_decided(self)

    @classmethod
    def forget_words_of(cls, user: User) -> None:
        """Who leaves takes along what they suggested; what became a post goes on in that post, and
        of that is kept whose idea it was.
        """
        mine = cls.objects.filter(by=user)
        mine.exclude(state=SuggestionState.TAKEN).delete()
        mine.exclude(text="", why="").update(text="", why="")
