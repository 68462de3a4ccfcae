"""Writing before sending: drafts that the team shares, and what each reader would get."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field, model_validator

from customer_requests.desk.inputs import (
    AssignIn,
    ContactIn,
    MergeIn,
    NoteIn,
    SolveIn,
    SplitIn,
    StepChange,
    StepIn,
    TransferIn,
    UpdateIn,
    WaitIn,
    said,
)
from customer_requests.desk.preview import PreviewOut, preview
from customer_requests.models import CustomerRequest, Draft
from server.accounts.models import User
from server.auth import Authed, agents
from server.fields import Moment, Strict, Unfinished, UnfinishedLine, refuse

router = Router(tags=["Desk"], auth=agents)

Kind = Literal["reply", "note"]


class DraftIn(Strict):
    """What is written so far. `version` is that of the draft it goes on from: 0 for none."""

    version: int = Field(ge=0, le=2**31 - 2)
    text: Unfinished = ""
    text_employee: Unfinished = Field(
        "", description="What the employee reads instead, where that is something else."
    )
    audience: list[Literal["customer", "employee"]] = Field(
        default=["customer", "employee"], max_length=2
    )
    way: Literal["", "update", "wait", "solve", "step"] = Field(
        "", description="How it is meant to be sent; kept where something is said."
    )
    step_title: UnfinishedLine = Field(
        "", description="Of a step of the plan that is being written; none in a note."
    )
    step_expected_at: Moment | None = Field(
        None, description="When that step is expected to be done."
    )
    wait_on: Literal["customer", "employee", "third_party"] = Field(
        "customer", description="On whom to wait, where it asks something."
    )
    wait_until: Moment | None = Field(None, description="Until when to wait.")


class DraftOut(Schema):
    """A text that was not sent yet; `version` goes into the next PUT."""

    kind: Kind
    version: int
    text: str
    text_employee: str
    audience: list[Literal["customer", "employee"]]
    way: Literal["", "update", "wait", "solve", "step"]
    step_title: str
    step_expected_at: datetime | None
    wait_on: Literal["customer", "employee", "third_party"]
    wait_until: datetime | None
    by: str | None
    updated_at: datetime


class StepChangeOf(StepChange):
    """A change of the step with this id."""

    step: UUID


class Nothing(Strict):
    """A verb that asks nothing."""


class VerbIn(Strict):
    """One verb with its own body."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "update": {
                    "id": "7b0e8a1c-3c6e-49a2-8d3b-6a1e3e9b2f10",
                    "audience": ["customer", "employee"],
                    "text": "We hebben de storing gevonden.",
                }
            }
        },
    )
    update: UpdateIn | None = None
    note: NoteIn | None = None
    wait: WaitIn | None = None
    solve: SolveIn | None = None
    step: StepIn | None = None
    step_change: StepChangeOf | None = None
    assign: AssignIn | None = None
    transfer: TransferIn | None = None
    merge: MergeIn | None = None
    unmerge: Nothing | None = None
    split: SplitIn | None = None
    contact: ContactIn | None = None

    @model_validator(mode="after")
    def _one(self) -> "VerbIn":
        verbs = type(self).model_fields
        if sum(getattr(self, verb) is not None for verb in verbs) != 1:
            raise refuse(str(_("Give exactly one of: %(verbs)s.")) % {"verbs": ", ".join(verbs)})
        return self

    def act(self, by: User) -> Callable[[CustomerRequest], Any]:
        """The verb as something to do to a request."""
        if data := self.update:
            return lambda request: request.update(
                by=by,
                id=data.id,
                audience=data.audience,
                text_customer=data.said_to("customer"),
                text_employee=data.said_to("employee"),
            )
        if note := self.note:
            return lambda request: request.note(by=by, id=note.id, text=note.text)
        if wait := self.wait:
            return lambda request: request.wait(by=by, on=wait.on, text=wait.text, until=wait.until)
        if solve := self.solve:
            return lambda request: request.solve(
                by=by, text=solve.text, text_employee=solve.text_employee or ""
            )
        if step := self.step:
            return lambda request: request.plan_step(
                by=by,
                id=step.id,
                title=step.title,
                expected_at=step.expected_at,
                **said(step.text),
            )
        if change := self.step_change:
            return lambda request: request.change_step(
                change.step,
                by=by,
                state=change.state,
                expected_at=change.expected_at,
                keep_expected_at="expected_at" not in change.model_fields_set,
                **said(change.text),
            )
        return self._act_on_whole(by)

    def _act_on_whole(self, by: User) -> Callable[[CustomerRequest], Any]:
        """Who has the request, where it goes on, and how its customer is reached."""
        if assign := self.assign:
            return lambda request: request.assign(assign.person(), by=by)
        if transfer := self.transfer:
            return lambda request: request.transfer(
                transfer.destination(), transfer.note, by=by, topic=transfer.about()
            )
        if merge := self.merge:
            return lambda request: request.merge(merge.other(by, "into"), by=by)
        if split := self.split:
            return lambda request: request.split(
                by=by, id=split.id, topic=split.about(), question=split.question
            )
        if contact := self.contact:
            return lambda request: request.correct_contact(
                by=by,
                email=contact.email or "",
                phone=contact.phone or "",
                channel=contact.channel,
            )
        return lambda request: request.unmerge(by=by)  # exactly one of them is given


def draft_out(draft: Draft) -> dict[str, Any]:
    return {
        "kind": draft.kind,
        "version": draft.version,
        "text": draft.text,
        "text_employee": draft.text_employee,
        "audience": draft.audience,
        "way": draft.way,
        "step_title": draft.step_title,
        "step_expected_at": draft.step_expected_at,
        "wait_on": draft.wait_on,
        "wait_until": draft.wait_until,
        "by": draft.by.name if draft.by else None,
        "updated_at": draft.updated_at,
    }


def _on_desk(request: Authed, request_id: UUID) -> CustomerRequest:
    return get_object_or_404(CustomerRequest.objects.on_desk_of(request.auth), pk=request_id)


@router.get(
    "/requests/{uuid:request_id}/drafts/{kind}",
    response=DraftOut,
    operation_id="get_draft",
    summary="What the team is writing",
)
def get_draft(request: Authed, request_id: UUID, kind: Kind) -> dict[str, Any]:
    """One reply and one note per request, shared by everyone in the team. Version 0 and empty
    where nobody wrote yet.
    """
    return draft_out(_on_desk(request, request_id).draft(kind))


@router.put(
    "/requests/{uuid:request_id}/drafts/{kind}",
    response=DraftOut,
    operation_id="save_draft",
    summary="Keep what is written so far",
)
def save_draft(request: Authed, request_id: UUID, kind: Kind, data: DraftIn) -> dict[str, Any]:
    """Where a colleague saved in between the answer is 409 `/problems/draft-changed` with their
    text, and nothing is overwritten. Erasing the customer empties the drafts. On a request that has
    ended only a note is written (409 `/problems/not-now`); the reply is there again when it comes
    back.
    """
    on_desk = _on_desk(request, request_id)
    facts = data.model_dump() if kind == "reply" else {"version": data.version, "text": data.text}
    return draft_out(on_desk.save_draft(by=request.auth, kind=kind, **facts))


@router.delete(
    "/requests/{uuid:request_id}/drafts/{kind}",
    response={204: None},
    operation_id="discard_draft",
    summary="Throw a draft away",
)
def discard_draft(
    request: Authed, request_id: UUID, kind: Kind, version: int = 0
) -> Status[dict[str, Any] | None]:
    """`version` is the one that you saw; a draft that a colleague went on with stays (409)."""
    _on_desk(request, request_id).discard_draft(by=request.auth, kind=kind, version=version)
    return Status(204, None)


@router.post(
    "/requests/{uuid:request_id}/preview",
    response=PreviewOut,
    operation_id="preview_verb",
    summary="What customer and employee would read",
)
def preview_verb(request: Authed, request_id: UUID, data: VerbIn) -> dict[str, Any]:
    """Nothing is written or sent: the verb with its own body, in the words, languages and channels
    of its readers, and why somebody would not get it. Refused with what the verb itself would be
    refused with. Links in it are examples, and what is split off has no reference yet.
    """
    shown = _on_desk(request, request_id)
    return preview(shown, data.act(request.auth), reader=request.auth)
