"""Canned texts and macros as they come in and go out."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import ConfigDict, Field

from customer_requests.models import CannedText, CustomerRequest, Macro
from customer_requests.models.macros import LONGEST_WAIT_DAYS, Planned
from customer_requests.models.wording import VARIABLES, WORDS, Filled, Readers, Reusable
from server.accounts.models import Team, User
from server.fields import Key, Line, Strict, Text
from server.problems import Invalid, Problem

MOST = 500

Words = Text | None


class TextsQuery(Schema):
    request: UUID | None = Field(None, description="Fill them in for this request of my desk.")
    q: Key | None = Field(None, max_length=80, description="A part of the short name.")

    def subject(self, agent: User) -> CustomerRequest | None:
        """The request that they are for; 404 where it is not on this agent's desk."""
        if self.request is None:
            return None
        rows = CustomerRequest.objects.on_desk_of(agent).to_show()
        return get_object_or_404(rows, pk=self.request)

    def found(self, rows: QuerySet[Any], agent: User, about: CustomerRequest | None) -> Any:
        """At most MOST of these canned texts or macros, in the order of the team."""
        rows = rows.usable_on(about) if about else rows.for_agent(agent)  # type: ignore[attr-defined]
        if self.q:
            rows = rows.filter(name__icontains=self.q.strip())
        return rows.select_related("team")[:MOST]


class ReusableIn(Strict):
    """What canned texts and macros have in common."""

    team: Key | None = Field(None, description="A team's slug, name or id; null for everyone's.")
    name: Line = Field(max_length=80, description="Short, to be found by.")
    position: int = Field(0, ge=0, le=9999)
    is_active: bool = True
    customer_nl: Words = Field(
        None,
        description="With variables: " + ", ".join(f"`{{{name}}}`" for name in VARIABLES) + ".",
    )
    customer_en: Words = None
    employee_nl: Words = None
    employee_en: Words = None
    note_nl: Words = None
    note_en: Words = None

    def facts(self) -> dict[str, Any]:
        """As the model's columns, the team looked up."""
        team = Team.named(self.team) if self.team else None
        if self.team and team is None:
            raise Invalid({"team": _("This team is unknown.")})
        given = {name: value for name, value in self.dict().items() if name != "team"}
        return {name: "" if value is None else value for name, value in given.items()} | {
            "team": team
        }


_EXAMPLE: dict[str, Any] = {
    "team": "internet",
    "name": "Modeltype gevraagd",
    "customer_nl": "Dag {customer_name}, wilt u op de onderkant van uw modem kijken?",
    "employee_nl": "Ik vraag {customer_name} welk modem er staat.",
}


class CannedTextIn(ReusableIn):
    model_config = ConfigDict(
        extra="forbid", str_strip_whitespace=True, json_schema_extra={"example": _EXAMPLE}
    )


class MacroIn(ReusableIn):
    """Words, a step and what comes after; see `GET /desk/macros?request=` for what it will do."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                **_EXAMPLE,
                "step_title_nl": "Modeltype gevraagd",
                "then": "wait",
                "wait_on": "customer",
                "wait_days": 3,
            }
        },
    )
    step_title_nl: Line | None = None
    step_title_en: Line | None = None
    step_state: Literal["planned", "busy", "done"] = "busy"
    then: Literal["wait", "solve"] | None = None
    wait_on: Literal["customer", "employee", "third_party"] | None = None
    wait_days: int | None = Field(None, ge=1, le=LONGEST_WAIT_DAYS)

    def facts(self) -> dict[str, Any]:
        return {**super().facts(), "wait_days": self.wait_days}


class RunMacroIn(Strict):
    id: UUID
    macro_version: int | None = Field(
        None, description="`version` of the macro that was previewed; another one answers 412."
    )


class FilledOut(Schema):
    """The words for one reader of the request; null where they were `refused`."""

    audience: Literal["customer", "employee", "note"]
    language: Literal["nl", "en"]
    text: str | None
    warning: str | None
    refused: str | None


class ReusableOut(Schema):
    id: UUID
    team: str | None
    name: str
    position: int
    is_active: bool
    version: int
    words: dict[str, str] = Field(description="By `<audience>_<language>`, as they were written.")


class CannedTextOut(ReusableOut):
    filled: list[FilledOut] | None


class MacroPreviewOut(Schema):
    """What it will do on the request, as it is now; `refused` where it can't."""

    verbs: list[str]
    note: FilledOut | None
    step: FilledOut | None
    step_state: str | None
    said: list[FilledOut]
    wait_on: str | None
    wait_until: datetime | None
    refused: str | None = Field(description="Why not, in plain words; null when it can be done.")


class MacroOut(ReusableOut):
    step_title_nl: str | None
    step_title_en: str | None
    step_state: str
    then: Literal["wait", "solve"] | None
    wait_on: str | None
    wait_days: int | None
    preview: MacroPreviewOut | None


def reusable_out(row: Reusable) -> dict[str, Any]:
    return {
        "id": row.pk,
        "team": row.team.slug if row.team else None,
        "name": row.name,
        "position": row.position,
        "is_active": row.is_active,
        "version": row.version,
        "words": {field: getattr(row, field) for field in WORDS if getattr(row, field)},
    }


def filled_out(filled: Filled) -> dict[str, Any]:
    return {
        "audience": filled.audience,
        "language": filled.language,
        "text": filled.text or None,
        "warning": filled.warning or None,
        "refused": filled.refused or None,
    }


def canned_text_out(text: CannedText, readers: Readers | None = None) -> dict[str, Any]:
    """A canned text, and with `readers` what they would read."""
    filled = [filled_out(words) for words in text.filled_for(readers)] if readers else None
    return {**reusable_out(text), "filled": filled}


def macro_out(
    macro: Macro, preview: tuple[Planned, Problem | None] | None = None
) -> dict[str, Any]:
    """A macro, and what it would do on a request."""
    return {
        **reusable_out(macro),
        "step_title_nl": macro.step_title_nl or None,
        "step_title_en": macro.step_title_en or None,
        "step_state": macro.step_state,
        "then": macro.then or None,
        "wait_on": macro.wait_on or None,
        "wait_days": macro.wait_days,
        "preview": macro_preview_out(*preview) if preview else None,
    }


def macro_preview_out(planned: Planned, refused: Problem | None) -> dict[str, Any]:
    return {
        "verbs": planned.verbs,
        "note": filled_out(planned.note) if planned.note else None,
        "step": filled_out(planned.step) if planned.step else None,
        "step_state": planned.step_state if planned.step else None,
        "said": [filled_out(words) for words in planned.said.values()],
        "wait_on": planned.wait_on or None,
        "wait_until": planned.wait_until,
        "refused": refused.explained if refused else None,
    }


def previews(
    macros: Iterable[Macro], request: CustomerRequest, agent: User
) -> Iterator[tuple[Macro, tuple[Planned, Problem | None]]]:
    """Each macro with what it would do; as many queries for one as for many."""
    readers, reach = Readers(request, agent), request.reach(agent)
    for macro in macros:
        yield macro, request.preview_macro(macro, readers, reach)
