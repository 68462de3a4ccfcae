"""Which texts that colleagues took to a network, to share or to answer, are much like this one:
how many, and never whose.

Eight pieces of a text's signature stand under an index. Looking for its like reads for each piece
at most `MOST` of the newest, so it costs the same among a hundred shares and among a million.
"""

import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Coalesce

from ambassadors import similarity
from server.accounts.models import User

MOST = 100


class Likeness(models.Model):
    """One piece of the signature of a text; the whole signature is on the share or the use."""

    share = models.ForeignKey(
        "ambassadors.Share", null=True, on_delete=models.CASCADE, related_name="likeness"
    )
    use = models.ForeignKey(
        "ambassadors.AnswerUse", null=True, on_delete=models.CASCADE, related_name="likeness"
    )
    band = models.BigIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["band", "-id"], name="likeness_newest"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(share=None, use__isnull=False)
                | models.Q(share__isnull=False, use=None),
                name="likeness_of_one",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def remember(cls, signature: bytes, **of: Any) -> None:
        """Let other texts be compared with this one from now on; `of` is its share or its use."""
        pieces = similarity.bands(similarity.unpacked(signature))
        Likeness.objects.bulk_create(Likeness(band=piece, **of) for piece in pieces)

    @classmethod
    def forget(cls, shares: Collection[uuid.UUID]) -> None:
        cls.objects.filter(share__in=shares).delete()

    @classmethod
    def colleagues(cls, text: str, *, besides: User) -> int:
        """How many others chose nearly these words, `MOST` at most: opened, not only confirmed."""
        signature = similarity.signature(text)
        near: set[uuid.UUID] = set()
        for piece in similarity.bands(signature):
            rows = cls.objects.filter(band=piece).order_by("-pk")
            texts = rows.annotate(
                of=Coalesce("share__user", "use__user"),
                like=Coalesce("share__signature", "use__signature"),
            )
            for user, other in texts.values_list("of", "like")[:MOST]:
                if similarity.alike(signature, similarity.unpacked(bytes(other))) >= (
                    similarity.ALIKE
                ):
                    near.add(user)
        return min(len(near - {besides.pk}), MOST)
