"""What the customer thinks of a solution."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Rating(models.Model):
    """One rating per solution; `solution` counts from 1 each time the request is solved."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="ratings"
    )
    solution = models.PositiveSmallIntegerField()
    score = models.PositiveSmallIntegerField()
    taken_seriously = models.BooleanField(null=True)
    text = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "solution"], name="rating_once"),
            models.CheckConstraint(
                condition=models.Q(score__gte=1, score__lte=5), name="rating_score"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} {self.pk}"
