"""Which texts that colleagues shared are much like this one: how many, and never whose.

Eight pieces of a text's signature stand under an index. Looking for its like reads for each piece
at most `MOST` of the newest, so it costs the same among a hundred shares and among a million.
"""

import uuid
from collections.abc import Collection
from typing import TYPE_CHECKING, ClassVar

from django.db import models

from ambassadors import similarity
from server.accounts.models import User

if TYPE_CHECKING:
    from ambassadors.models.share import Share

MOST = 100


class Likeness(models.Model):
    """One piece of the signature of a share's text; the whole signature is on the share."""

    share = models.ForeignKey(
        "ambassadors.Share", on_delete=models.CASCADE, related_name="likeness"
    )
    band = models.BigIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["band", "-id"], name="likeness_newest"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def remember(cls, share: "Share") -> None:
        """Let other texts be compared with this share's from now on."""
        pieces = similarity.bands(similarity.unpacked(bytes(share.signature)))
        Likeness.objects.bulk_create(Likeness(share=share, band=piece) for piece in pieces)

    @classmethod
    def forget(cls, shares: Collection[uuid.UUID]) -> None:
        cls.objects.filter(share__in=shares).delete()

    @classmethod
    def colleagues(cls, text: str, *, besides: User) -> int:
        """How many others shared nearly this, `MOST` at most."""
        signature = similarity.signature(text)
        near: set[uuid.UUID] = set()
        for piece in similarity.bands(signature):
            rows = cls.objects.filter(band=piece).order_by("-pk")
            for user, other in rows.values_list("share__user", "share__signature")[:MOST]:
                if similarity.alike(signature, similarity.unpacked(bytes(other))) >= (
                    similarity.ALIKE
                ):
                    near.add(user)
        return min(len(near - {besides.pk}), MOST)
