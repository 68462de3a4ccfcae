"""What employees post or answer about the company without an example, by their own word."""

import uuid
from typing import ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from ambassadors.models.share import fingerprint_of
from server.accounts.models import User
from server.problems import IdReused


class OwnPostKind(models.TextChoices):
    POST = "post"
    ANSWER = "answer"


class OwnPostQuerySet(models.QuerySet["OwnPost"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whatever one's role."""
        return self.filter(user=user)


class OwnPost(models.Model):
    """What somebody posted about the company in their own words, or answered in public.

    It counts for the month of `posted_at`, which is when they told us of it: a month that was
    counted is not written anew.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="own_posts")
    kind = models.CharField(max_length=6, choices=OwnPostKind.choices)
    network = models.CharField(max_length=12)
    permalink = models.CharField(max_length=500, blank=True)
    fingerprint = models.CharField(max_length=64)
    posted_at = models.DateTimeField(default=timezone.now)

    objects = OwnPostQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-posted_at", "-id"], name="own_post_newest"),
            models.Index(fields=["posted_at", "user"], name="own_post_month"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(kind__in=OwnPostKind.values), name="own_post_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def tell(
        cls, *, by: User, id: uuid.UUID, kind: str, network: str, permalink: str
    ) -> tuple["OwnPost", bool]:
        """Write down that somebody posted this; and whether that is new."""
        print_ = fingerprint_of(kind, network, permalink)
        facts = {"user": by, "kind": kind, "network": network, "permalink": permalink}
        try:
            with transaction.atomic():
                made, new = cls.objects.get_or_create(
                    id=id, defaults={**facts, "fingerprint": print_}
                )
        except IntegrityError:
            made, new = cls.objects.get(pk=id), False
        if made.user_id != by.pk or made.fingerprint != print_:
            raise IdReused
        return made, new

    @classmethod
    def answered(cls, by: User, id: uuid.UUID, network: str, permalink: str) -> None:
        """Count an answer in public that they told of elsewhere (`server.public_answers`); told
        again it is the same one, with the link that it has by now.
        """
        kind = OwnPostKind.ANSWER
        facts = {"fingerprint": fingerprint_of(kind, network, permalink), "permalink": permalink}
        made, new = cls.objects.get_or_create(
            id=id, defaults={"user": by, "kind": kind, "network": network, **facts}
        )
        if made.user_id != by.pk:
            raise IdReused
        if permalink and not new:
            cls.objects.filter(pk=id).update(**facts)

    @classmethod
    def forget_words_of(cls, user: User) -> None:
        """Who leaves takes the way to their profile along."""
        cls.objects.filter(user=user).exclude(permalink="").update(permalink="")
