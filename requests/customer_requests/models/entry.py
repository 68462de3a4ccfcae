"""The timeline: what happened, who did it, and who may know."""

import uuid
from collections.abc import Mapping
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customer_requests.models.topic import Clock, Priority
from server.accounts.models import User


class EntryKind(models.TextChoices):
    SUBMITTED = "submitted", _("Passed on")
    CLAIMED = "claimed", _("Taken up")
    ASSIGNED = "assigned", _("Assigned")
    RELEASED = "released", _("Put back")
    TRANSFERRED = "transferred", _("Passed to another team")
    PRIORITY = "priority", _("Priority changed")
    DUE_SOON = "due_soon", _("Due soon")
    OVERDUE = "overdue", _("Overdue")
    STEP = "step", _("Step")
    UPDATE = "update", _("Update")
    NOTE = "note", _("Internal note")
    WAITING = "waiting", _("Waiting")
    RESUMED = "resumed", _("Going on")
    MESSAGE = "message", _("Message")
    SOLVED = "solved", _("Solved")
    CONFIRMED = "confirmed", _("Confirmed")
    PLACED = "placed", _("Placed under the post")
    CLOSED = "closed", _("Closed")
    REOPENED = "reopened", _("Reopened")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    RATED = "rated", _("Rated")
    FILE = "file", _("File")
    DETAILS = "details", _("Details changed")
    UNREACHABLE = "unreachable", _("Customer not reached")
    ERASED = "erased", _("Erased")
    MERGED = "merged", _("Merged")
    UNMERGED = "unmerged", _("Apart again")
    SPLIT = "split", _("Split off")
    LINKED = "linked", _("Linked")
    UNLINKED = "unlinked", _("Link removed")
    UNSOLVED = "unsolved", _("Not solved after all")


class ActorRole(models.TextChoices):
    EMPLOYEE = "employee", _("Employee")
    AGENT = "agent", _("Agent")
    CUSTOMER = "customer", _("Customer")
    CLOCK = "clock", _("Automatic")


class EntryQuerySet(models.QuerySet["Entry"]):
    def to_read(self) -> Self:
        """With who did it, its step, and what the customer chose where a copy was said."""
        related = self.select_related("actor", "step")
        return related.annotate(chosen_there=models.F("copy_of__request__employee_sees"))


class Entry(models.Model):
    """One fact on the timeline, written once, with a text per audience.

    The team sees every entry. `to_customer` and `to_employee` say who else does, and
    `text_customer` and `text_employee` are what those read; a customer's own words are in
    `text_customer`, an employee's in `text_employee`, a note's in `text_team`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="entries"
    )
    number = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now)
    kind = models.CharField(max_length=12, choices=EntryKind.choices)
    actor = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    actor_role = models.CharField(max_length=8, choices=ActorRole.choices)
    to_customer = models.BooleanField(default=False)
    to_employee = models.BooleanField(default=False)
    text_customer = models.TextField(blank=True)
    text_employee = models.TextField(blank=True)
    text_team = models.TextField(blank=True)
    step = models.ForeignKey(
        "customer_requests.Step", null=True, on_delete=models.CASCADE, related_name="+"
    )
    step_state = models.CharField(max_length=8, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    # On a merged request: the entry, where it goes on, that its employee gets on their timeline.
    copy_of = models.ForeignKey(
        "self", null=True, db_index=False, on_delete=models.CASCADE, related_name="copies"
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["copy_of"], name="entry_copies", condition=models.Q(copy_of__isnull=False)
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "number"], name="entry_number_once"),
            models.CheckConstraint(
                condition=~models.Q(kind="note")
                | models.Q(
                    to_customer=False, to_employee=False, text_customer="", text_employee=""
                ),
                name="entry_note_stays_internal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def chosen_where_said(self) -> str | None:
        """Of a copy, what the customer lets the employee see where it was said; else None.

        `to_read` has it read along; without, it costs a query.
        """
        if self.copy_of_id is None:
            return None
        known: str | None = self.__dict__.get("chosen_there")
        return known or Entry.objects.to_read().get(pk=self.pk).__dict__["chosen_there"]

    @property
    def team_reads(self) -> str:
        """The text as the team reads it; of a wait that is the question, not on whom it waits."""
        written = self.text_customer or self.text_employee
        if self.kind == EntryKind.WAITING:
            return written
        label = _LABELS.get(self.kind, {}).get(self.text_team)
        return str(label) if label else self.text_team or written


# Where `text_team` is a code, and what it stands for.
_LABELS: Mapping[str, Mapping[str, Promise | str]] = {
    EntryKind.PRIORITY: dict(Priority.choices),
    EntryKind.DUE_SOON: dict(Clock.choices),
    EntryKind.OVERDUE: dict(Clock.choices),
}
