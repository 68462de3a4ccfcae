"""What agents send: the words and facts of each verb."""

from typing import Literal
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from pydantic import ConfigDict, Field, model_validator

from customer_requests import references
from customer_requests.models import CustomerRequest, Topic
from server.accounts.models import Team, User
from server.fields import (
    Key,
    Line,
    Moment,
    OptionalEmail,
    OptionalPhone,
    Question,
    Strict,
    Text,
    check_contact,
    refuse,
)
from server.problems import Invalid, NotFound


class AssignIn(Strict):
    agent: Key = Field(description="The agent's id or work e-mail.")

    def person(self) -> User:
        found = User.known_as(self.agent)
        if found is None:
            raise Invalid({"agent": _("This agent is unknown.")})
        return found


class PriorityIn(Strict):
    priority: Literal["low", "normal", "high", "urgent"]


class TransferIn(Strict):
    team: Key = Field(description="The other team's slug, name or id.")
    note: Text = Field(description="For the other team; never leaves the teams.")
    topic: Key | None = Field(None, description="The slug of one of that team's topics.")

    def destination(self) -> Team:
        team = Team.named(self.team)
        if team is None:
            raise Invalid({"team": _("This team is unknown.")})
        return team

    def about(self) -> Topic | None:
        if not self.topic:
            return None
        topic = Topic.objects.filter(slug=self.topic).select_related("team").first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown.")})
        return topic


class Words(Strict):
    """A text per audience; each reads their own."""

    customer: Text | None = None
    employee: Text | None = None


def said(words: Words | None) -> dict[str, str]:
    """The texts as the verbs take them; empty where nothing is said to that audience."""
    return {
        "text_customer": (words and words.customer) or "",
        "text_employee": (words and words.employee) or "",
    }


class StepIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "1d8f9d2e-8a0d-4b57-9a3c-0f6d2b8f4a01",
                "title": "Monteur komt langs",
                "expected_at": "2026-03-03T13:00:00Z",
                "text": {"customer": "De monteur belt een half uur van tevoren."},
            }
        },
    )
    id: UUID
    title: Line
    expected_at: Moment | None = None
    text: Words | None = None


class StepChange(Strict):
    state: Literal["planned", "busy", "done", "skipped"] | None = None
    expected_at: Moment | None = None
    text: Words | None = None


class UpdateIn(Strict):
    """One fact, told to one or both: `text` for all of them alike, or `texts` for each."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "7b0e8a1c-3c6e-49a2-8d3b-6a1e3e9b2f10",
                "audience": ["customer", "employee"],
                "texts": {
                    "customer": "We hebben de storing gevonden. U hoeft niets te doen.",
                    "employee": "De storing is gevonden; je buurvrouw hoeft niets te doen.",
                },
            }
        },
    )
    id: UUID
    audience: list[Literal["customer", "employee"]] = Field(min_length=1, max_length=2)
    text: Text | None = None
    texts: Words | None = None

    @model_validator(mode="after")
    def _a_text_for_each(self) -> "UpdateIn":
        if (self.text is None) == (self.texts is None):
            raise refuse(str(_("Give either `text` for all, or `texts` for each.")))
        if any(not self.said_to(reader) for reader in self.audience):
            raise refuse(str(_("Write a text for everyone in the audience.")))
        return self

    def said_to(self, reader: str) -> str:
        return self.text or (getattr(self.texts, reader) if self.texts else None) or ""


class NoteIn(Strict):
    id: UUID
    text: Text


class WaitIn(Strict):
    on: Literal["customer", "employee", "third_party"]
    text: Text
    until: Moment | None = None


class SolveIn(Strict):
    text: Text
    text_employee: Text | None = Field(
        None, description="What the employee reads instead, where that is something else."
    )


def on_desk_as_named(named: str, agent: User, field: str) -> CustomerRequest:
    """A request by its reference or id; NotFound where this agent may not see it, or none is."""
    rows = CustomerRequest.objects.on_desk_of(agent)
    if reference := references.parse(named):
        found = rows.filter(reference=reference).first()
    else:
        try:
            found = rows.filter(pk=UUID(named)).first()
        except ValueError as error:
            wrong = _("This is not a reference. It looks like DHG-7K3M-9Q2P.")
            raise Invalid({field: wrong}) from error
    if found is None:
        raise NotFound
    return found


class _Other(Strict):
    """Another request on the agent's desk, as people name it."""

    def other(self, agent: User, field: str) -> CustomerRequest:
        return on_desk_as_named(getattr(self, field), agent, field)


class MergeIn(_Other):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"into": "DHG-7K3M-9Q2P"}},
    )
    into: Key = Field(description="The reference or id of the request that goes on.")


class LinkIn(_Other):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"request": "DHG-7K3M-9Q2P"}},
    )
    request: Key = Field(description="The reference or id of the other request.")


class UnlinkIn(Strict):
    request: Key = Field(description="The reference of the other request, of whichever team.")

    def other(self) -> CustomerRequest:
        found = CustomerRequest.objects.filter(reference=references.parse(self.request)).first()
        if found is None:
            raise Invalid({"request": _("There is no link with this request.")})
        return found


class SplitIn(Strict):
    """Part of a question, in the words that the customer will read back."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "5b6f4c1e-0f5a-4a3e-9d0c-2f1b7a6c9e02",
                "topic": "factuur",
                "question": "Mevrouw Jansen vraagt ook waarom haar factuur hoger is.",
            }
        },
    )
    id: UUID
    topic: Key = Field(description="A topic's slug; its team gets the new request.")
    question: Question

    def about(self) -> Topic:
        taken_up = Topic.objects.filter(is_active=True, team__is_active=True)
        topic = taken_up.filter(slug=self.topic).select_related("team").first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown. Choose one from the list.")})
        return topic


class ContactIn(Strict):
    """Where the customer can be reached after all."""

    email: OptionalEmail = None
    phone: OptionalPhone = None
    channel: Literal["email", "sms"]

    @model_validator(mode="after")
    def _reachable(self) -> "ContactIn":
        check_contact(self.channel, self.email, self.phone)
        return self
