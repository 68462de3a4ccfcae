"""What agents are still writing on a request: shared in the team, one text of each kind."""

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar, Final, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customer_requests.models.life import WaitingOn, fingerprint
from server.accounts.models import User


class DraftKind(models.TextChoices):
    """A reply is for outside, a note is for the team; the two never share a text."""

    REPLY = "reply", _("Reply")
    NOTE = "note", _("Internal note")


class DraftWay(models.TextChoices):
    """How a reply is meant to be sent: what it does beside being read."""

    UPDATE = "update", _("Reply")
    WAIT = "wait", _("Ask and wait")
    SOLVE = "solve", _("Solved")
    STEP = "step", _("Step")


# What a way of sending asks beside the words, as it is where nobody filled it in.
BESIDE: Final[Mapping[str, Mapping[str, Any]]] = {
    DraftWay.STEP: {"step_title": "", "step_expected_at": None},
    DraftWay.WAIT: {"wait_on": WaitingOn.CUSTOMER, "wait_until": None},
}


class Draft(models.Model):
    """The text that the team is writing, kept until it is sent.

    `text` is for everyone in the audience, or is the note; `text_employee` is what the employee
    reads instead, empty where they read the same. `way` is how it is meant to be sent, empty where
    nothing is said yet. `step_title` and `step_expected_at` are those of a step of the plan that is
    being written with it, `wait_on` and `wait_until` those of a wait. Once sent the row stays,
    empty and with its next version, so that whoever still has the old text open is told.
    """

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="drafts"
    )
    kind = models.CharField(max_length=5, choices=DraftKind.choices)
    text = models.TextField(blank=True)
    text_employee = models.TextField(blank=True)
    step_title = models.CharField(max_length=120, blank=True)
    step_expected_at = models.DateTimeField(null=True)
    way = models.CharField(max_length=6, choices=DraftWay.choices, blank=True)
    wait_on = models.CharField(max_length=11, choices=WaitingOn.choices, default=WaitingOn.CUSTOMER)
    wait_until = models.DateTimeField(null=True)
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
        return not (self.text or self.text_employee or any(map(self.has, BESIDE)))

    def has(self, way: str) -> bool:
        """Whether something is filled in that only this way of sending asks."""
        return any(getattr(self, name) != empty for name, empty in BESIDE[way].items())

    @property
    def opens_at(self) -> str:
        """The way of sending at which somebody finds it; empty where nothing is said."""
        if self.says_nothing:
            return ""
        return self.way or next(filter(self.has, BESIDE), DraftWay.UPDATE)

    def _print(self) -> str:
        """What tells this draft from one that says something else, to somebody else."""
        beside = [getattr(self, name) for names in BESIDE.values() for name in names]
        return fingerprint({"words": self.words, "beside": beside})

    def write(self, words: Mapping[str, str]) -> None:
        """Make it say this to each; whoever has the old words open is told."""
        customer, employee = words.get("customer", ""), words.get("employee", "")
        self.text = words.get("team", "") or customer or employee
        self.text_employee = employee if customer and employee != customer else ""
        if customer or employee:
            self.to_customer, self.to_employee = bool(customer), bool(employee)
        else:
            self.to_customer = self.to_employee = True
        if self.says_nothing:
            self.way = ""
        self.version += 1
        self.updated_at = timezone.now()
        self.save()

    @classmethod
    def carry(
        cls, ends: uuid.UUID, goes_on: uuid.UUID, *, reference: str, by: User
    ) -> dict[str, Any]:
        """Move what is being written on a request that ends to what is being written on the one
        that goes on, under the reference of the first.

        Returns, by kind and as JSON, what was added for whom, what of a step or a wait went along,
        how both were meant to be sent, and the version that made of it, with a print of what it
        says.
        """
        carried = {}
        for mine in cls.objects.filter(request_id=ends).select_related("by").order_by("kind"):
            if mine.says_nothing:
                continue
            theirs = cls.of(goes_on, mine.kind)
            # Two steps can't be written at once, nor two waits: then mine stays where it is.
            taken = {way: mine.has(way) and not theirs.has(way) for way in BESIDE}
            if not any((*taken.values(), *mine.words.values())):
                continue
            words, ways = theirs.words, {"way": mine.way, "their_way": theirs.way}
            added = {
                reader: f"\n\n[{reference}]\n{text}" if words[reader] else text
                for reader, text in mine.words.items()
                if text
            }
            theirs.by = mine.by if theirs.says_nothing else by
            theirs.way = theirs.way or mine.way
            theirs._take(mine, taken)
            theirs.write({reader: words[reader] + added.get(reader, "") for reader in words})
            carried[mine.kind] = {
                "added": added,
                "mine": mine.words,
                "version": theirs.version,
                "print": theirs._print(),
                **taken,
                **ways,
            }
            mine.write({})
        return carried

    def _take(self, other: "Draft", taken: Mapping[str, Any]) -> None:
        """Move what only these ways of sending ask from the other to this one."""
        for way, beside in BESIDE.items():
            if taken.get(way):
                for name, empty in beside.items():
                    setattr(self, name, getattr(other, name))
                    setattr(other, name, empty)

    @classmethod
    def bring_back(cls, ended: uuid.UUID, went_on: uuid.UUID, carried: Mapping[str, Any]) -> None:
        """Take back what was carried there, where nobody has gone on with it or sent it since.

        It may have gone further since, with the request that it was carried to, and have come back:
        then it says the same under another version. What was begun on the ended one in the meantime
        stays, under it.
        """
        for kind, was in carried.items():
            theirs, added = cls.of(went_on, kind), was["added"]
            if theirs.version != was["version"] and theirs._print() != was.get("print"):
                continue
            mine = cls.of(ended, kind)
            mine._take(theirs, {way: was.get(way) and not mine.has(way) for way in BESIDE})
            mine.way, theirs.way = mine.way or was.get("way", ""), was.get("their_way", theirs.way)
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
