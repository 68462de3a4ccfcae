"""A use: an ambassador took an approved answer to a network, and may say that it stands there."""

import uuid
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from ambassadors.models.approved_answer import ApprovedAnswer
from ambassadors.models.likeness import Likeness
from ambassadors.models.own_post import OwnPost
from ambassadors.models.share import HELPING
from ambassadors.similarity import packed, signature
from server.accounts.models import User
from server.problems import IdReused


class AnswerUseQuerySet(models.QuerySet["AnswerUse"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whatever one's role."""
        return self.filter(user=user)


class AnswerUse(models.Model):
    """One time that somebody took an approved answer along.

    `text` is what they took, kept for `TEXT_KEPT`. Once they say that it stands there it counts as
    an answer in public: an `OwnPost` with the same id, which is all that counts need.
    """

    TEXT_KEPT: ClassVar[timedelta] = timedelta(days=90)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="answer_uses")
    answer = models.ForeignKey(ApprovedAnswer, on_delete=models.PROTECT, related_name="uses")
    network = models.CharField(max_length=12)
    text = models.TextField(blank=True)
    signature = models.BinaryField(max_length=128, default=bytes)
    fingerprint = models.CharField(max_length=64)
    taken_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    permalink = models.CharField(max_length=500, blank=True)

    objects = AnswerUseQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-taken_at", "-id"], name="answer_use_newest"),
            models.Index(fields=["answer", "user"], name="answer_use_results"),
            models.Index(fields=["taken_at"], name="answer_use_with_text", condition=~Q(text="")),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(permalink="") | Q(confirmed_at__isnull=False),
                name="answer_use_link_is_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state(self) -> str:
        return "confirmed" if self.confirmed_at else "taken"

    @classmethod
    @transaction.atomic
    def take(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        answer: ApprovedAnswer,
        network: str,
        text: str,
        compared: str,
        permalink: str,
        fingerprint: str,
    ) -> tuple["AnswerUse", bool]:
        """Write down that somebody takes this text to a network; and whether that is new.

        With a permalink it stands there already. `compared` is what others are compared with.
        """
        facts: dict[str, Any] = {
            "user": by,
            "answer": answer,
            "network": network,
            "text": text,
            "signature": packed(signature(compared)),
            "fingerprint": fingerprint,
        }
        try:
            with transaction.atomic():
                use = cls.objects.create(id=id, **facts)
        except IntegrityError:
            known = cls.known(by=by, id=id, fingerprint=fingerprint)
            if known is None:
                raise
            return known, False
        Likeness.remember(bytes(use.signature), use=use)
        if permalink:
            use.confirm(permalink=permalink)
        return use, True

    @classmethod
    def known(cls, *, by: User, id: uuid.UUID, fingerprint: str) -> "AnswerUse | None":
        """What was taken earlier with this id; raises IdReused where it was something else."""
        use = cls.objects.filter(pk=id).first()
        if use is not None and (use.user_id != by.pk or use.fingerprint != fingerprint):
            raise IdReused
        return use

    @transaction.atomic
    def confirm(self, *, permalink: str = "") -> None:
        """It stands there, they say. Saying it again changes nothing, except for a link.

        `permalink` is one that `permalinks.checked` let through.
        """
        fresh = AnswerUse.objects.select_for_update().get(pk=self.pk)
        self.confirmed_at = fresh.confirmed_at or timezone.now()
        self.permalink = permalink or fresh.permalink
        self.save(update_fields=["confirmed_at", "permalink"])
        OwnPost.answered(self.user, self.pk, self.network, self.permalink)

    @classmethod
    def forget_texts(cls) -> None:
        """What somebody wrote is of use for a while; that they answered is what counts need."""
        old = cls.objects.filter(taken_at__lt=timezone.now() - cls.TEXT_KEPT).exclude(text="")
        while helping := list(old.values_list("pk", flat=True)[:HELPING]):
            Likeness.objects.filter(use__in=helping).delete()
            cls.objects.filter(pk__in=helping).update(text="", signature=b"")

    @classmethod
    def forget_words_of(cls, user: User) -> None:
        """Who leaves takes their words and the way to their profile along."""
        uses = cls.objects.filter(user=user).exclude(text="", permalink="")
        Likeness.objects.filter(use__in=uses.values("pk")).delete()
        uses.update(text="", signature=b"", permalink="")
