"""What agents are still writing on a request: shared in the team, one text of each kind."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Self

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
    reads instead, empty where they read the same. `step_title` and `step_expected_at` are those of
    a step of the plan that is being written with it. Once sent the row stays, empty and with its
    next version, so that whoever still has the old text open is told.
    """

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="drafts"
    )
    kind = models.CharField(max_length=5, choices=DraftKind.choices)
    text = models.TextField(blank=True)
    text_employee = models.TextField(blank=True)
    step_title = models.CharField(max_length=120, blank=True)
    step_expected_at = models.DateTimeField(null=True)
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

    @classmethod
    def of(cls, request_id: uuid.UUID, kind: str) -> Self:
        """What is being written, or an empty draft of version 0 where nobody wrote yet."""
        found = cls.objects.filter(request_id=request_id, kind=kind).select_related("by").first()
        return found or cls(request_id=request_id, kind=kind)

    @property
    def audience(self) -> list[str]:
        """Who would read it, were it sent now; nobody outside the team where it is a note."""
        if self.kind == DraftKind.NOTE:
            return []
        chosen = {"customer": self.to_customer, "employee": self.to_employee}
        return [reader for reader, may in chosen.items() if may]

    @property
    def words(self) -> dict[str, str]:
        """What each would read, were it sent now: empty for who would not. A note is the team's."""
        if self.kind == DraftKind.NOTE:
            return {"team": self.text}
        everyone = not (self.to_customer or self.to_employee)  # nobody was chosen yet
        return {
            "customer": self.text if self.to_customer or everyone else "",
            "employee": (self.text_employee or self.text) if self.to_employee or everyone else "",
        }

    @property
    def says_nothing(self) -> bool:
        """Whether there is nothing in it that somebody wrote."""
        return not (self.text or self.text_employee or self.step_title or self.step_expected_at)

    @property
    def has_step(self) -> bool:
        """Whether a step of the plan is being written in it."""
        return bool(self.step_title or self.step_expected_at)

    def write(self, words: Mapping[str, str]) -> None:
        """Make it say this to each; whoever has the old words open is told."""
        customer, employee = words.get("customer", ""), words.get("employee", "")
        self.text = words.get("team", "") or customer or employee
        self.text_employee = employee if customer and employee != customer else ""
        if customer or employee:
            self.to_customer, self.to_employee = bool(customer), bool(employee)
        else:
            self.to_customer = self.to_employee = True
        self.version += 1
        self.updated_at = timezone.now()
        self.save()

    @classmethod
    def carry(
        cls, ends: uuid.UUID, goes_on: uuid.UUID, *, reference: str, by: User
    ) -> dict[str, Any]:
        """Move what is being written on a request that ends to what is being written on the one
        that goes on, under the reference of the first.

        Returns, by kind and as JSON, what was added for whom, and the version that made of it.
        """
        carried = {}
        for mine in cls.objects.filter(request_id=ends).select_related("by").order_by("kind"):
            if mine.says_nothing:
                continue
            theirs = cls.of(goes_on, mine.kind)
            # Two steps can't be written at once: then mine stays where it is.
            with_step = mine.has_step and not theirs.has_step
            if not (with_step or any(mine.words.values())):
                continue
            words = theirs.words
            added = {
                reader: f"\n\n[{reference}]\n{text}" if words[reader] else text
                for reader, text in mine.words.items()
                if text
            }
            theirs.by = mine.by if theirs.says_nothing else by
            if with_step:
                theirs._take_step(mine)
            theirs.write({reader: words[reader] + added.get(reader, "") for reader in words})
            carried[mine.kind] = {
                "added": added,
                "mine": mine.words,
                "step": with_step,
                "version": theirs.version,
            }
            mine.write({})
        return carried

    def _take_step(self, other: "Draft") -> None:
        """Move the step that is being written from the other to this one."""
        self.step_title, self.step_expected_at = other.step_title, other.step_expected_at
        other.step_title, other.step_expected_at = "", None

    @classmethod
    def bring_back(cls, ended: uuid.UUID, went_on: uuid.UUID, carried: Mapping[str, Any]) -> None:
        """Take back what was carried there, where nobody has gone on with it or sent it since.

        What was begun on the ended one in the meantime stays, under it.
        """
        for kind, was in carried.items():
            theirs, added = cls.of(went_on, kind), was["added"]
            if theirs.version != was["version"]:
                continue
            mine = cls.of(ended, kind)
            if was.get("step") and not mine.has_step:
                mine._take_step(theirs)
            theirs.write(
                {
                    reader: text.removesuffix(added.get(reader, ""))
                    for reader, text in theirs.words.items()
                }
            )
            now, back = mine.words, was["mine"]
            begun = now if mine.text else {}
            mine.write(
                {
                    reader: "\n\n".join(filter(None, (text, begun.get(reader, ""))))
                    for reader, text in back.items()
                }
            )
