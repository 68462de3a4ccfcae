"""What agents are still writing on a request: shared in the team, one text of each kind."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from server.accounts.models import User


class DraftKind(models.TextChoices):
    """A reply is for outside, a note is for the team; the two never share a text."""

    REPLY = "reply", _("Reply")
    NOTE = "note", _("Internal note")


class Draft(models.Model):
    """The text that the team is writing, kept until it is sent.

    `text` is for everyone in the audience, or is the note; `text_employee` is what the employee
    reads instead, empty where they read the same. Once sent the row stays, empty and with its next
    version, so that whoever still has the old text open is told.
    """

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="drafts"
    )
    kind = models.CharField(max_length=5, choices=DraftKind.choices)
    text = models.TextField(blank=True)
    text_employee = models.TextField(blank=True)
    to_customer = models.BooleanField(default=True)
    to_employee = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=0)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "kind"], name="draft_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="note") | models.Q(text_employee=""),
                name="draft_note_is_one_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id}"

    @property
    def audience(self) -> list[str]:
        """Who would read it, were it sent now; nobody outside the team where it is a note."""
        if self.kind == DraftKind.NOTE:
            return []
        chosen = {"customer": self.to_customer, "employee": self.to_employee}
        return [reader for reader, may in chosen.items() if may]
