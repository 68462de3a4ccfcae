"""The plan: a short list of steps that customer and employee both follow."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class StepState(models.TextChoices):
    PLANNED = "planned", _("Planned")
    BUSY = "busy", _("Busy")
    DONE = "done", _("Done")
    SKIPPED = "skipped", _("Skipped")


class Step(models.Model):
    """One step of the plan, with the moment at which it is expected where that is known."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="steps"
    )
    title = models.CharField(max_length=120)
    state = models.CharField(max_length=8, choices=StepState.choices, default=StepState.PLANNED)
    expected_at = models.DateTimeField(null=True)
    position = models.PositiveSmallIntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar[list[str]] = ["position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "position"], name="step_position_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def is_finished(self) -> bool:
        return self.state in {StepState.DONE, StepState.SKIPPED}
