"""The agent's side: the queue, and each verb on a request."""

from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema, Status
from pydantic import ConfigDict, Field, model_validator

from customer_requests.downloads import download
from customer_requests.models import ActorRole, CustomerRequest
from customer_requests.models.base import OPEN
from customer_requests.schemas import (
    DeskEntryOut,
    DeskItemOut,
    DeskRequestOut,
    StepOut,
    desk_entry_out,
    desk_item_out,
    desk_out,
    step_out,
)
from server.accounts.models import AuditEvent, Team, User
from server.auth import Authed, agents
from server.fields import (
    Key,
    Line,
    Moment,
    OptionalEmail,
    OptionalPhone,
    Strict,
    Text,
    check_contact,
    refuse,
)
from server.paging import Page, PageQuery, page_of
from server.problems import Invalid
from server.versions import IfMatch, seen_version

router = Router(tags=["Desk"], auth=agents)


class QueueQuery(PageQuery):
    """Which requests; without anything: those of my teams that are open, most urgent first."""

    team: Key | None = Field(None, description="A team's slug, name or id.")
    status: (
        Literal["open", "received", "in_progress", "waiting", "solved", "closed", "withdrawn"]
        | None
    ) = None
    assignee: Key | None = Field(None, description="`me`, `none` or an agent's id.")
    topic: Key | None = Field(None, description="A topic's slug.")
    q: Key | None = Field(
        None, max_length=200, description="A reference, an address, or words of the question."
    )
    order: Literal["due", "newest"] = "due"

    def rows(self, agent: User) -> "QuerySet[CustomerRequest]":
        rows = CustomerRequest.objects.on_desk_of(agent)
        if self.team:
            team = Team.named(self.team)
            rows = rows.filter(team=team) if team else rows.none()
        if self.q and self.q.strip():
            rows = rows.search(self.q)
        elif set(self.statuses) <= set(OPEN):
            # Said even for one of them: the queue's indexes are of the open ones.
            rows = rows.open()
        if self.status not in {None, "open"}:
            rows = rows.filter(status=self.status)
        if self.topic:
            rows = rows.filter(topic__slug=self.topic)
        return self._assigned(rows, agent)

    @property
    def statuses(self) -> tuple[str, ...]:
        return OPEN if self.status in {None, "open"} else (str(self.status),)

    @property
    def ordering(self) -> str:
        """Most urgent first; newest first where that is asked, or where nothing can be due."""
        by_due = self.order == "due" and (self.q or set(self.statuses) <= set(OPEN))
        return "queue_due" if by_due else "-created_at"

    def parts(self, agent: User) -> list[Q]:
        """Conditions that split these rows so that an index has each part in order.

        An agent's own are few and have an index of their own; a search reads what it finds.
        """
        if (self.q and self.q.strip()) or self.assignee not in {None, "", "none"}:
            return []
        teams = [Q()] if self.team else [Q(team=pk) for pk in sorted(agent.team_ids)]
        if self.ordering == "queue_due":
            return teams
        return [team & Q(status=status) for team in teams for status in self.statuses]

    def _assigned(
        self, rows: "QuerySet[CustomerRequest]", agent: User
    ) -> "QuerySet[CustomerRequest]":
        match self.assignee:
            case None | "":
                return rows
            case "me":
                return rows.filter(agent=agent)
            case "none":
                return rows.filter(agent=None)
            case other:
                try:
                    return rows.filter(agent_id=UUID(other))
                except ValueError as error:
                    raise Invalid({"assignee": _("Give `me`, `none` or an id.")}) from error


class AssignIn(Strict):
    agent: Key = Field(description="The agent's id or work e-mail.")

    def person(self) -> User:
        try:
            found = User.objects.filter(pk=UUID(self.agent)).first()
        except ValueError:
            found = User.objects.filter(email=self.agent.strip().lower()).first()
        if found is None:
            raise Invalid({"agent": _("This agent is unknown.")})
        return found


class TransferIn(Strict):
    team: Key = Field(description="The other team's slug, name or id.")
    note: Text = Field(description="For the other team; never leaves the teams.")

    def destination(self) -> Team:
        team = Team.named(self.team)
        if team is None:
            raise Invalid({"team": _("This team is unknown.")})
        return team


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


class ContactIn(Strict):
    """Where the customer can be reached after all."""

    email: OptionalEmail = None
    phone: OptionalPhone = None
    channel: Literal["email", "sms"]

    @model_validator(mode="after")
    def _reachable(self) -> "ContactIn":
        check_contact(self.channel, self.email, self.phone)
        return self


class TeammateOut(Schema):
    id: UUID
    name: str
    team: str
    role: str


def _on_desk(request: Authed, request_id: UUID) -> CustomerRequest:
    rows = CustomerRequest.objects.on_desk_of(request.auth).to_show()
    return get_object_or_404(rows, pk=request_id)


def _at(request: Authed, request_id: UUID, if_match: str | None) -> CustomerRequest:
    return _on_desk(request, request_id).expecting(seen_version(if_match))


def _after(done: CustomerRequest, agent: User) -> dict[str, Any]:
    return desk_out(CustomerRequest.objects.to_show().get(pk=done.pk), agent)


@router.get(
    "/requests",
    response=Page[DeskItemOut],
    operation_id="list_queue",
    summary="The queue: my teams, open, most urgent first",
)
def list_queue(request: Authed, params: Query[QueueQuery]) -> dict[str, Any]:
    rows = params.rows(request.auth).select_related("topic", "team", "agent", "employee")
    return page_of(rows, params.ordering, params, desk_item_out, parts=params.parts(request.auth))


@router.get(
    "/agents",
    response=list[TeammateOut],
    operation_id="list_agents",
    summary="Who works in my teams, for assigning",
)
def list_agents(request: Authed) -> list[dict[str, Any]]:
    return [
        {
            "id": member.user.pk,
            "name": member.user.name,
            "team": member.team.slug,
            "role": member.role,
        }
        for member in Team.colleagues_of(request.auth)
    ]


@router.get(
    "/requests/{uuid:request_id}",
    response=DeskRequestOut,
    operation_id="get_desk_request",
    summary="A request with its customer in full; who looked is recorded",
)
def get_desk_request(request: Authed, request_id: UUID) -> dict[str, Any]:
    shown = _on_desk(request, request_id)
    AuditEvent.looked(
        actor=request.auth,
        action="customer-details-seen",
        subject_type="customer_request",
        subject_id=shown.pk,
    )
    return desk_out(shown, request.auth)


@router.get(
    "/requests/{uuid:request_id}/attachments/{uuid:attachment_id}",
    response={200: bytes},
    operation_id="get_desk_attachment",
    summary="Download a file",
)
def get_desk_attachment(request: Authed, request_id: UUID, attachment_id: UUID) -> HttpResponse:
    return download(_on_desk(request, request_id), attachment_id, ActorRole.AGENT)


@router.post(
    "/requests/{uuid:request_id}/claim",
    response=DeskRequestOut,
    operation_id="claim_request",
    summary="Take it out of the queue",
)
def claim_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    wanted = _at(request, request_id, if_match)
    wanted.claim(by=request.auth)
    return _after(wanted, request.auth)


@router.post(
    "/requests/{uuid:request_id}/release",
    response=DeskRequestOut,
    operation_id="release_request",
    summary="Put it back in the queue",
)
def release_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    held = _at(request, request_id, if_match)
    held.release(by=request.auth)
    return _after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/assign",
    response=DeskRequestOut,
    operation_id="assign_request",
    summary="Give it to someone of the team",
)
def assign_request(
    request: Authed, request_id: UUID, data: AssignIn, if_match: IfMatch = None
) -> dict[str, Any]:
    wanted = _at(request, request_id, if_match)
    wanted.assign(data.person(), by=request.auth)
    return _after(wanted, request.auth)


@router.post(
    "/requests/{uuid:request_id}/transfer",
    response=DeskRequestOut,
    operation_id="transfer_request",
    summary="Pass it to another team",
)
def transfer_request(
    request: Authed, request_id: UUID, data: TransferIn, if_match: IfMatch = None
) -> dict[str, Any]:
    held = _at(request, request_id, if_match)
    held.transfer(data.destination(), data.note, by=request.auth)
    return _after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/steps",
    response={200: StepOut, 201: StepOut},
    operation_id="plan_step",
    summary="Add a step to the plan",
)
def plan_step(
    request: Authed, request_id: UUID, data: StepIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    step, new = _at(request, request_id, if_match).plan_step(
        by=request.auth,
        id=data.id,
        title=data.title,
        expected_at=data.expected_at,
        **said(data.text),
    )
    return Status(201 if new else 200, step_out(step))


@router.patch(
    "/requests/{uuid:request_id}/steps/{uuid:step_id}",
    response=StepOut,
    operation_id="change_step",
    summary="Move a step on, or its expected time",
)
def change_step(
    request: Authed, request_id: UUID, step_id: UUID, data: StepChange, if_match: IfMatch = None
) -> dict[str, Any]:
    step = _at(request, request_id, if_match).change_step(
        step_id,
        by=request.auth,
        state=data.state,
        expected_at=data.expected_at,
        keep_expected_at="expected_at" not in data.model_fields_set,
        **said(data.text),
    )
    return step_out(step)


@router.post(
    "/requests/{uuid:request_id}/updates",
    response={200: DeskEntryOut, 201: DeskEntryOut},
    operation_id="write_update",
    summary="Tell the customer, the employee or both",
)
def write_update(
    request: Authed, request_id: UUID, data: UpdateIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    held = _at(request, request_id, if_match)
    entry, new = held.update(
        by=request.auth,
        id=data.id,
        audience=data.audience,
        text_customer=data.said_to("customer"),
        text_employee=data.said_to("employee"),
    )
    return Status(201 if new else 200, desk_entry_out(held, entry))


@router.post(
    "/requests/{uuid:request_id}/notes",
    response={200: DeskEntryOut, 201: DeskEntryOut},
    operation_id="write_note",
    summary="Write something that never leaves the team",
)
def write_note(
    request: Authed, request_id: UUID, data: NoteIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    seen = _at(request, request_id, if_match)
    entry, new = seen.note(by=request.auth, id=data.id, text=data.text)
    return Status(201 if new else 200, desk_entry_out(seen, entry))


@router.post(
    "/requests/{uuid:request_id}/wait",
    response=DeskRequestOut,
    operation_id="wait_request",
    summary="Wait on somebody; the team's clock stands still",
)
def wait_request(
    request: Authed, request_id: UUID, data: WaitIn, if_match: IfMatch = None
) -> dict[str, Any]:
    held = _at(request, request_id, if_match)
    held.wait(by=request.auth, on=data.on, text=data.text, until=data.until)
    return _after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/resume",
    response=DeskRequestOut,
    operation_id="resume_request",
    summary="Go on before the answer came here",
)
def resume_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    held = _at(request, request_id, if_match)
    held.resume(by=request.auth)
    return _after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/solve",
    response=DeskRequestOut,
    operation_id="solve_request",
    summary="Say that it is solved",
)
def solve_request(
    request: Authed, request_id: UUID, data: SolveIn, if_match: IfMatch = None
) -> dict[str, Any]:
    held = _at(request, request_id, if_match)
    held.solve(by=request.auth, text=data.text)
    return _after(held, request.auth)


@router.put(
    "/requests/{uuid:request_id}/customer",
    response=DeskRequestOut,
    operation_id="correct_contact",
    summary="Correct the customer's address; they get a new link, older ones end",
)
def correct_contact(
    request: Authed, request_id: UUID, data: ContactIn, if_match: IfMatch = None
) -> dict[str, Any]:
    seen = _at(request, request_id, if_match)
    seen.correct_contact(
        by=request.auth,
        email=data.email or "",
        phone=data.phone or "",
        channel=data.channel,
    )
    return _after(seen, request.auth)
