"""The life of a request as tables: its statuses, who may use which verb when, and who hears of it.

The verbs and `allowed` read `VERBS`, the outbox reads `AUDIENCES`; neither says its rules again.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from customer_requests.models.entry import ActorRole, EntryKind
from server.accounts.models import User


class Status(models.TextChoices):
    RECEIVED = "received", _("Received")
    IN_PROGRESS = "in_progress", _("In progress")
    WAITING = "waiting", _("Waiting for an answer")
    SOLVED = "solved", _("Solved")
    CLOSED = "closed", _("Closed")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class WaitingOn(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    EMPLOYEE = "employee", _("Employee")
    THIRD_PARTY = "third_party", _("Third party")


class ClosedAs(models.TextChoices):
    CONFIRMED = "confirmed", _("Confirmed")
    UNANSWERED = "unanswered", _("Not answered")
    MERGED = "merged", _("Merged")
    ANSWERED_BY_EMPLOYEE = "answered_by_employee", _("Answered by the employee")


class Relation(models.TextChoices):
    FAMILY = "family", _("Family")
    FRIEND = "friend", _("Friend")
    NEIGHBOUR = "neighbour", _("Neighbour")
    ACQUAINTANCE = "acquaintance", _("Acquaintance")
    OTHER = "other", _("Other")


class EmployeeSees(models.TextChoices):
    """What the customer lets the employee see."""

    STEPS = "steps", _("Only the status and the steps")
    UPDATES = "updates", _("Also the updates that the team writes for the employee")
    CONVERSATION = "conversation", _("Everything that I can see too")

    @classmethod
    def stricter(cls, one: str, other: str) -> str:
        """The one of two choices that lets see less."""
        return min(one, other, key=cls.values.index)


OPEN = (Status.RECEIVED, Status.IN_PROGRESS, Status.WAITING)
HELD = (Status.IN_PROGRESS, Status.WAITING)
# Where the team's clocks run.
RUNNING = (Status.RECEIVED, Status.IN_PROGRESS)
ENDED = (Status.CLOSED, Status.WITHDRAWN)
# Sorts after every real due time; a column that is never null keeps the queue's index simple.
FAR = datetime(9999, 1, 1, tzinfo=UTC)


class Whose(Enum):
    """Which agents of the team a verb is for, seen from who has the request."""

    ANYONE = "anyone of the team"
    FREE = "whoever comes first"
    HOLDER = "the one who has it"
    HOLDER_OR_LEAD = "the one who has it, or a lead of the team"


@dataclass(frozen=True, slots=True)
class Verb:
    """Who may use a verb, from which statuses, and which agents among those of the team."""

    roles: frozenset[str]
    statuses: frozenset[str]
    whose: Whose = Whose.ANYONE


def _verb(roles: Iterable[str], statuses: Iterable[str], whose: Whose = Whose.ANYONE) -> Verb:
    return Verb(frozenset(roles), frozenset(statuses), whose)


_AGENT, _CUSTOMER = [ActorRole.AGENT], [ActorRole.CUSTOMER]
_FOLLOWERS = [ActorRole.CUSTOMER, ActorRole.EMPLOYEE]
_CLOCK = [ActorRole.CLOCK]

VERBS: Mapping[str, Verb] = {
    "claim": _verb(_AGENT, [Status.RECEIVED, Status.IN_PROGRESS], Whose.FREE),
    "assign": _verb(_AGENT, [Status.RECEIVED, Status.IN_PROGRESS], Whose.HOLDER_OR_LEAD),
    "release": _verb(_AGENT, HELD, Whose.HOLDER_OR_LEAD),
    "transfer": _verb(_AGENT, HELD, Whose.HOLDER_OR_LEAD),
    "prioritise": _verb(_AGENT, OPEN),
    "plan": _verb(_AGENT, HELD, Whose.HOLDER),
    "update": _verb(_AGENT, HELD, Whose.HOLDER),
    "note": _verb(_AGENT, Status.values),
    "draft": _verb(_AGENT, Status.values),
    "wait": _verb(_AGENT, [Status.IN_PROGRESS], Whose.HOLDER),
    "resume": _verb(_AGENT, [Status.WAITING], Whose.HOLDER),
    "solve": _verb(_AGENT, HELD, Whose.HOLDER),
    "contact": _verb(_AGENT, [*OPEN, Status.SOLVED]),
    "merge": _verb(_AGENT, OPEN, Whose.HOLDER_OR_LEAD),
    "unmerge": _verb(_AGENT, [Status.CLOSED], Whose.HOLDER_OR_LEAD),
    "split": _verb(_AGENT, OPEN, Whose.HOLDER_OR_LEAD),
    "link": _verb(_AGENT, Status.values),
    "put_under": _verb(_AGENT, OPEN),
    "hear": _verb(_CLOCK, OPEN),
    "message": _verb(_FOLLOWERS, OPEN),
    "attach": _verb(_FOLLOWERS, OPEN),
    "confirm": _verb(_CUSTOMER, [Status.SOLVED]),
    "place": _verb([ActorRole.EMPLOYEE], [Status.SOLVED, Status.CLOSED]),
    "reopen": _verb(_FOLLOWERS, [Status.SOLVED, Status.CLOSED]),
    "withdraw": _verb(_FOLLOWERS, OPEN),
    "rate": _verb(_CUSTOMER, [Status.SOLVED, Status.CLOSED]),
    "details": _verb(_CUSTOMER, Status.values),
    "erase": _verb(_CUSTOMER, Status.values),
    "hand_out": _verb(_CLOCK, [Status.RECEIVED]),
    "send_back": _verb(_CLOCK, HELD),
    "close_unanswered": _verb(_CLOCK, [Status.SOLVED]),
    "end_wait": _verb(_CLOCK, [Status.WAITING]),
    "alert": _verb(_CLOCK, RUNNING),
    "recount": _verb(_CLOCK, OPEN),
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an employee or agent by their account, the customer, or the clock."""

    role: ActorRole
    user: User | None = None

    @classmethod
    def employee(cls, user: User) -> Self:
        return cls(ActorRole.EMPLOYEE, user)

    @classmethod
    def agent(cls, user: User) -> Self:
        return cls(ActorRole.AGENT, user)

    @classmethod
    def customer(cls) -> Self:
        return cls(ActorRole.CUSTOMER)

    @classmethod
    def clock(cls) -> Self:
        return cls(ActorRole.CLOCK)


def fingerprint(facts: Mapping[str, Any]) -> str:
    """What tells the same content from other content when an id comes a second time."""
    text = json.dumps(facts, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


# Who could be told of an entry. Whether they are depends on the entry's own audience, on who did
# it (nobody hears of what they did themselves) and on what the customer lets the employee see.
AUDIENCES: Mapping[EntryKind, frozenset[str]] = {
    EntryKind.SUBMITTED: frozenset({"customer", "employee"}),
    EntryKind.CLAIMED: frozenset({"customer", "employee"}),
    EntryKind.ASSIGNED: frozenset({"customer", "employee", "agent"}),
    EntryKind.RELEASED: frozenset({"agent"}),
    EntryKind.DUE_SOON: frozenset({"agent"}),
    EntryKind.OVERDUE: frozenset({"agent"}),
    EntryKind.STEP: frozenset({"customer", "employee"}),
    EntryKind.UPDATE: frozenset({"customer", "employee"}),
    EntryKind.WAITING: frozenset({"customer", "employee"}),
    EntryKind.RESUMED: frozenset({"agent"}),
    EntryKind.MESSAGE: frozenset({"agent"}),
    EntryKind.FILE: frozenset({"agent"}),
    EntryKind.SOLVED: frozenset({"customer", "employee"}),
    EntryKind.CONFIRMED: frozenset({"employee", "agent"}),
    EntryKind.PLACED: frozenset({"agent"}),
    EntryKind.CLOSED: frozenset({"customer", "employee"}),
    EntryKind.REOPENED: frozenset({"customer", "employee", "agent"}),
    EntryKind.WITHDRAWN: frozenset({"customer", "employee", "agent"}),
    EntryKind.MERGED: frozenset({"customer", "employee", "agent"}),
    EntryKind.UNMERGED: frozenset({"customer", "employee", "agent"}),
    EntryKind.UNSOLVED: frozenset({"customer", "employee", "agent"}),
    EntryKind.DETAILS: frozenset({"customer"}),
    EntryKind.UNREACHABLE: frozenset({"employee"}),
    EntryKind.ERASED: frozenset({"employee", "agent"}),
}
