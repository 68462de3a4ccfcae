"""A share: an employee went to a network with a text, and may say that it is there now.

Three levels of evidence that are never mixed: `opened_at`, `confirmed_at`, and the clicks on its
short link. What somebody posts or answers without an example is an `OwnPost` (own_post.py).
"""

import hashlib
import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from ambassadors.models.example_post import ExamplePost
from ambassadors.models.example_post_content import PRINT_LENGTH
from ambassadors.models.likeness import Likeness
from ambassadors.similarity import packed, signature
from server.accounts.models import User
from server.problems import IdReused, NotFound

# Letters and digits that nobody takes for another: 11 of them are 64 random bits.
_LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
CODE_LENGTH = 11
HELPING = 500


def new_code() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(CODE_LENGTH))


class ShareQuerySet(models.QuerySet["Share"]):
    def visible_to(self, user: User) -> Self:
        """One's own, whatever one's role."""
        return self.filter(user=user)

    def evidence(self) -> dict[str, int]:
        """How many were opened, how many of those confirmed, and people's clicks on them."""
        return self.aggregate(
            opened=Count("pk"),
            confirmed=Count("confirmed_at"),
            clicks=models.functions.Coalesce(models.Sum("clicks_human"), 0),
        )


class Share(models.Model):
    """One time that somebody took an example post to a network.

    `text` is what they took there. It is kept for `TEXT_KEPT`, then it is gone; the counts need
    who, when, which post and which network. `variant` is the print of the example that it is
    nearly, empty where the words are their own, null where that was not written down yet.
    `permalink` is their own word and never fetched.
    """

    TEXT_KEPT: ClassVar[timedelta] = timedelta(days=90)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="shares")
    post = models.ForeignKey(ExamplePost, on_delete=models.PROTECT, related_name="shares")
    network = models.CharField(max_length=12)
    variant = models.CharField(max_length=PRINT_LENGTH, null=True, blank=True)  # noqa: DJ001 - see above
    text = models.TextField(blank=True)
    signature = models.BinaryField(max_length=128, default=bytes)
    code = models.CharField(max_length=CODE_LENGTH, unique=True, default=new_code)
    fingerprint = models.CharField(max_length=64)
    opened_at = models.DateTimeField(default=timezone.now)
    confirmed_at = models.DateTimeField(null=True)
    permalink = models.CharField(max_length=500, blank=True)
    clicks_raw = models.PositiveIntegerField(default=0)
    clicks_human = models.PositiveIntegerField(default=0)

    objects = ShareQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-opened_at", "-id"], name="share_newest"),
            # Who was active in a month.
            models.Index(
                fields=["confirmed_at", "user"],
                name="share_confirmed",
                condition=Q(confirmed_at__isnull=False),
            ),
            models.Index(fields=["opened_at"], name="share_with_text", condition=~Q(text="")),
            models.Index(fields=["post", "network", "user"], name="share_results"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(permalink="") | Q(confirmed_at__isnull=False),
                name="share_link_is_confirmed",
            ),
            models.CheckConstraint(
                condition=Q(clicks_human__lte=F("clicks_raw")), name="share_clicks_fit"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state(self) -> str:
        return "confirmed" if self.confirmed_at else "opened"

    @property
    def short_url(self) -> str:
        """Empty where the post points at nothing."""
        return short_url(self.code) if self.post.leads_to else ""

    @classmethod
    def open(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        post: ExamplePost,
        network: str,
        variant: str,
        text: str,
        compared: str,
        code: str,
        fingerprint: str,
    ) -> tuple["Share", bool]:
        """Write down that somebody goes to a network with this text; and whether that is new.

        `compared` is what of the text others are compared with.
        """
        facts: dict[str, Any] = {
            "user": by,
            "post": post,
            "network": network,
            "variant": variant,
            "text": text,
            "code": code,
            "signature": packed(signature(compared)),
            "fingerprint": fingerprint,
        }
        try:
            with transaction.atomic():
                share = cls.objects.create(id=id, **facts)
                Likeness.remember(bytes(share.signature), share=share)
        except IntegrityError:
            known = cls.known(by=by, id=id, fingerprint=fingerprint)
            if known is None:
                raise
            return known, False
        return share, True

    @classmethod
    def known(cls, *, by: User, id: uuid.UUID, fingerprint: str) -> "Share | None":
        """What was opened earlier with this id; raises IdReused where it was something else."""
        share = cls.objects.filter(pk=id).select_related("post").first()
        if share is not None and (share.user_id != by.pk or share.fingerprint != fingerprint):
            raise IdReused
        return share

    @transaction.atomic
    def confirm(self, *, permalink: str = "") -> None:
        """It is there, they say. Saying it again changes nothing, except for a link that is given.

        `permalink` is one that `permalinks.checked` let through.
        """
        fresh = Share.objects.select_for_update().get(pk=self.pk)
        self.confirmed_at = fresh.confirmed_at or timezone.now()
        self.permalink = permalink or fresh.permalink
        self.save(update_fields=["confirmed_at", "permalink"])

    @classmethod
    def behind(cls, code: str) -> "Share":
        """The share whose short link this is, with its post, in one query; or NotFound.

        Only with what the link needs of them: this is asked more often than all else.
        """
        needed = ["state", "embargo_until", "publish_at", "link", "out_link", "out_slug"]
        rows = cls.objects.select_related("post__campaign").only(
            "network", "opened_at", *(f"post__{name}" for name in [*needed, "campaign__slug"])
        )
        try:
            return rows.get(code=code)
        except cls.DoesNotExist:
            raise NotFound from None

    @classmethod
    def add_clicks(cls, counts: Mapping[uuid.UUID, Sequence[int]]) -> None:
        """Add to each share its raw and human clicks. In a transaction."""
        # In one order, so that two processes that count don't wait for each other.
        list(cls.objects.select_for_update().filter(pk__in=counts).order_by("pk").values_list("pk"))
        alike: dict[tuple[int, int], list[uuid.UUID]] = {}
        for share, (raw, human) in counts.items():
            alike.setdefault((raw, human), []).append(share)
        for (raw, human), shares in alike.items():
            cls.objects.filter(pk__in=shares).update(
                clicks_raw=F("clicks_raw") + raw, clicks_human=F("clicks_human") + human
            )

    @classmethod
    def forget_texts(cls) -> None:
        """What somebody wrote is of use for a while; that they shared is what counts need."""
        old = cls.objects.filter(opened_at__lt=timezone.now() - cls.TEXT_KEPT).exclude(text="")
        while helping := list(old.values_list("pk", flat=True)[:HELPING]):
            Likeness.forget(helping)
            cls.objects.filter(pk__in=helping).update(text="", signature=b"")

    @classmethod
    def forget_words_of(cls, user: User) -> None:
        """Who leaves takes their words and the way to their profile along."""
        shares = cls.objects.filter(user=user).exclude(text="", permalink="")
        Likeness.forget(list(shares.values_list("pk", flat=True)))
        shares.update(text="", signature=b"", permalink="")


def fingerprint_of(*facts: str) -> str:
    """Whether two things made with one id are the same thing."""
    return hashlib.sha256("\0".join(facts).encode()).hexdigest()


def short_url(code: str) -> str:
    return f"{settings.BASE_URL}/s/{code}"
