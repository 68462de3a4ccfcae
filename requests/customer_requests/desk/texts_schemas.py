"""Canned texts as they come in and go out."""

from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import ConfigDict, Field

from customer_requests.models import CannedText, CustomerRequest
from customer_requests.models.wording import VARIABLES, WORDS, Filled, Readers, Reusable
from server.accounts.models import Team, User
from server.fields import Key, Line, Strict, Text
from server.problems import Invalid

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
