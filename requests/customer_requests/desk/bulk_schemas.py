"""One act on many requests, as it is asked for and as it went."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from customer_requests.desk.inputs import AssignIn, PriorityIn, TransferIn
from customer_requests.desk.problems_schemas import NamesNobody, ProblemOfIn, TextsIn
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.models import BulkAction, Macro, Outcome
from customer_requests.models.bulk import MOST
from customer_requests.models.life import fingerprint
from server.accounts.models import User
from server.fields import Strict, Text, refuse


class QueueFilter(QueueQuery):
    """A filter of the queue in which nothing may be misspelled: it says what is acted on."""

    model_config = ConfigDict(extra="forbid")


class PickedIn(Strict):
    id: UUID
    version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="Do it only while the request is at this version."
    )


class BulkNoteIn(Strict):
    text: Text


class BulkSolveIn(TextsIn):
    """A text per audience and language, or `text` where all of them read one language."""

    text: Text | None = None
    text_employee: Text | None = Field(
        None, description="What employees read instead of `text`, where that is something else."
    )
    names_nobody: NamesNobody = False

    @model_validator(mode="after")
    def _one_way(self) -> "BulkSolveIn":
        if bool(self.text) == any(self.texts().values()) or (self.text_employee and not self.text):
            raise refuse(str(_("Give either `text`, or a text per audience and language.")))
        return self

    def facts(self) -> dict[str, Any]:
        texts = self.texts()
        if self.text:
            employee = self.text_employee or self.text
            texts = {name: self.text if name.startswith("customer") else employee for name in texts}
        return {"texts": texts, "alike": bool(self.text), "names_nobody": self.names_nobody}


class BulkMacroIn(Strict):
    macro: UUID


class BulkIn(Strict):
    """Which requests, and one act with what it needs."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "0f0e2f7c-6c2f-4b0e-9a57-6b3f5f6f8a10",
                "requests": [{"id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10", "version": 3}],
                "assign": {"agent": "daan@demo.example"},
            }
        },
    )
    id: UUID
    requests: list[PickedIn] | None = Field(None, min_length=1, max_length=MOST)
    filter: QueueFilter | None = Field(
        None, description=f"Or all of a filter of the queue, when those are at most {MOST}."
    )
    assign: AssignIn | None = None
    transfer: TransferIn | None = None
    prioritise: PriorityIn | None = None
    put_under: ProblemOfIn | None = None
    note: BulkNoteIn | None = None
    solve: BulkSolveIn | None = None
    macro: BulkMacroIn | None = None

    @model_validator(mode="after")
    def _one_of_each(self) -> "BulkIn":
        if (self.requests is None) == (self.filter is None):
            raise refuse(str(_("Give either `requests` or `filter`.")), "requests")
        if len(self._acts) != 1:
            raise refuse(str(_("Give one act, such as `assign` or `note`.")))
        return self

    @property
    def _acts(self) -> dict[str, Any]:
        acts = {name: getattr(self, name) for name in ACTS}
        return {name: act for name, act in acts.items() if act is not None}

    @property
    def verb(self) -> str:
        return next(iter(self._acts))

    @property
    def print(self) -> str:
        """The fingerprint of what is asked."""
        return fingerprint(self.model_dump(mode="json", exclude={"id"}))

    def facts(self, agent: User) -> dict[str, Any]:
        """What the act needs, looked up."""
        if self.assign:
            return {"agent": str(self.assign.person().pk)}
        if self.transfer:
            topic = self.transfer.about()
            return {
                "team": str(self.transfer.destination().pk),
                "note": self.transfer.note,
                "topic": str(topic.pk) if topic else None,
            }
        if self.prioritise:
            return {"priority": self.prioritise.priority}
        if self.put_under:
            return {"problem": str(self.put_under.known().pk)}
        if self.macro:
            macros = Macro.objects.for_agent(agent).filter(is_active=True)
            macro = get_object_or_404(macros, pk=self.macro.macro)
            return {"macro": str(macro.pk), "seen": macro.version}
        if self.solve:
            return self.solve.facts()
        return {"text": self._acts[self.verb].text}

    def picked(self, agent: User) -> list[tuple[UUID, int | None]]:
        """The requests, each with the version that the agent saw."""
        if self.requests is not None:
            return [(each.id, each.version) for each in self.requests]
        assert self.filter is not None  # noqa: S101 - there is one of both
        return [(pk, None) for pk, _version in self.filter.all_of_it(agent, MOST)]


ACT_SCHEMAS: Mapping[str, type[Schema]] = {
    "assign": AssignIn,
    "transfer": TransferIn,
    "prioritise": PriorityIn,
    "put_under": ProblemOfIn,
    "note": BulkNoteIn,
    "solve": BulkSolveIn,
    "macro": BulkMacroIn,
}
ACTS = tuple(ACT_SCHEMAS)


class BulkItemOut(Schema):
    request: UUID
    reference: str
    mine: bool = Field(description="Whether it is with one of my teams now.")
    outcome: Literal["pending", "done", "refused", "left", "taken_back", "kept"]
    why: str | None = Field(description="Why it was refused, or not taken back.")
    told: bool = Field(
        description="Of what was taken back: whether customer or employee had heard of it."
    )


class BulkOut(Schema):
    """How far it is. Until `due` nothing has happened, and `undo` keeps it so."""

    id: UUID
    verb: str
    state: Literal["waiting", "running", "done", "undoing", "undone"]
    due: datetime
    can_undo: bool
    count: int
    left_out: int = Field(description="How many were no longer on my desk when it was asked.")
    outcomes: dict[str, int]
    items: list[BulkItemOut]


def bulk_out(bulk: BulkAction) -> dict[str, Any]:
    """One act on many with what became of each; two queries."""
    items = list(bulk.items.select_related("request").order_by("position"))
    outcomes = {str(name): 0 for name in Outcome.values}
    for item in items:
        outcomes[item.outcome] += 1
    return {
        "id": bulk.pk,
        "verb": bulk.verb,
        "state": bulk.state,
        "due": bulk.due,
        "can_undo": bulk.can_undo,
        "count": bulk.count,
        "left_out": bulk.left_out,
        "outcomes": {name: count for name, count in outcomes.items() if count},
        "items": [
            {
                "request": item.request_id,
                "reference": item.request.reference,
                "mine": item.request.team_id in bulk.by.team_ids,
                "outcome": item.outcome,
                "why": item.why or None,
                "told": item.told,
            }
            for item in items
        ],
    }
