"""The agent's side: the queue, and each verb on a request."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from ninja import Query, Router, Status

from customer_requests.desk.found import after, at, on_desk
from customer_requests.desk.inputs import (
    AssignIn,
    ContactIn,
    NoteIn,
    PriorityIn,
    SolveIn,
    StepChange,
    StepIn,
    TransferIn,
    UpdateIn,
    WaitIn,
    said,
)
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.desk.schemas import (
    DeskEntryOut,
    DeskItemOut,
    DeskRequestOut,
    desk_entry_out,
    desk_out,
    queue_page,
)
from customer_requests.desk.seeing import saw_file
from customer_requests.downloads import download
from customer_requests.models import ActorRole
from customer_requests.schemas import StepOut, step_out
from server.auth import Authed, agents
from server.paging import Page
from server.versions import IfMatch

router = Router(tags=["Desk"], auth=agents)


@router.get(
    "/requests",
    response=Page[DeskItemOut],
    operation_id="list_queue",
    summary="The queue: my teams, open, most urgent first",
)
def list_queue(request: Authed, params: Query[QueueQuery]) -> dict[str, Any]:
    """`q` also searches what is closed. Waiting requests come after those that the team can go on
    with. The cost of a page does not grow with the queue: a search that takes long is done in
    parts, so that a page may have fewer, or none, and yet a `next` that goes on.
    """
    return queue_page(params, request.auth)


@router.get(
    "/requests/{uuid:request_id}",
    response=DeskRequestOut,
    operation_id="get_desk_request",
    summary="A request with its customer in full; who looked is recorded",
)
def get_desk_request(request: Authed, request_id: UUID) -> dict[str, Any]:
    """The customer's details, the whole timeline with every audience's words, the notes of the team
    apart in `internal`, and when an answer is due and why.
    """
    return desk_out(on_desk(request, request_id), request.auth)


@router.get(
    "/requests/{uuid:request_id}/attachments/{uuid:attachment_id}",
    response={200: bytes},
    operation_id="get_desk_attachment",
    summary="Download a file",
)
def get_desk_attachment(request: Authed, request_id: UUID, attachment_id: UUID) -> HttpResponse:
    """Always an attachment, never to be shown inside a page of ours."""
    found = download(on_desk(request, request_id), attachment_id, ActorRole.AGENT)
    saw_file(request.auth, attachment_id)
    return found


@router.post(
    "/requests/{uuid:request_id}/claim",
    response=DeskRequestOut,
    operation_id="claim_request",
    summary="Take it out of the queue",
)
def claim_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    """Of two who claim at once one wins; the other gets 409 `/problems/already-claimed` with
    `holder`. Claiming what I have already changes nothing.
    """
    wanted = at(request, request_id, if_match)
    wanted.claim(by=request.auth)
    return after(wanted, request.auth)


@router.post(
    "/requests/{uuid:request_id}/release",
    response=DeskRequestOut,
    operation_id="release_request",
    summary="Put it back in the queue",
)
def release_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    """For the agent who has it, or a lead of the team."""
    held = at(request, request_id, if_match)
    held.release(by=request.auth)
    return after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/assign",
    response=DeskRequestOut,
    operation_id="assign_request",
    summary="Give it to someone of the team",
)
def assign_request(
    request: Authed, request_id: UUID, data: AssignIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """The agent has to work in the request's team, and be at work. Taking it from a colleague,
    and going over somebody's limit, is for leads.
    """
    wanted = at(request, request_id, if_match)
    wanted.assign(data.person(), by=request.auth)
    return after(wanted, request.auth)


@router.post(
    "/requests/{uuid:request_id}/transfer",
    response=DeskRequestOut,
    operation_id="transfer_request",
    summary="Pass it to another team",
)
def transfer_request(
    request: Authed, request_id: UUID, data: TransferIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """The note is for the other team alone; customer and employee hear which team it is. With
    `topic` it is from then on about that one of the other team's topics.
    """
    held = at(request, request_id, if_match)
    held.transfer(data.destination(), data.note, by=request.auth, topic=data.about())
    return after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/priority",
    response=DeskRequestOut,
    operation_id="prioritise_request",
    summary="Say how pressing it is",
)
def prioritise_request(
    request: Authed, request_id: UUID, data: PriorityIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """The due times follow the topic's targets for that priority; time that was used stays used.
    Customer and employee do not hear of it.
    """
    seen = at(request, request_id, if_match)
    seen.prioritise(data.priority, by=request.auth)
    return after(seen, request.auth)


@router.post(
    "/requests/{uuid:request_id}/steps",
    response={200: StepOut, 201: StepOut},
    operation_id="plan_step",
    summary="Add a step to the plan",
)
def plan_step(
    request: Authed, request_id: UUID, data: StepIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """Both followers see the same plan and are told of each step, with the words for each in
    `text`. A plan has at most 20 steps.
    """
    step, new = at(request, request_id, if_match).plan_step(
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
    """What is left out stays as it is; `expected_at: null` takes the moment away. A step that
    is done or skipped stays so. Saying the same again changes nothing.
    """
    step = at(request, request_id, if_match).change_step(
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
    """Each in the audience reads their own words. The first one stops the first-response clock."""
    held = at(request, request_id, if_match)
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
    """Readable by the team only, in every status."""
    seen = at(request, request_id, if_match)
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
    """`text` is the question, for whoever has to answer. The clock of the team stands still until
    the answer comes or `until` has passed.
    """
    held = at(request, request_id, if_match)
    held.wait(by=request.auth, on=data.on, text=data.text, until=data.until)
    return after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/resume",
    response=DeskRequestOut,
    operation_id="resume_request",
    summary="Go on before the answer came here",
)
def resume_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    """For instance because the answer came by telephone."""
    held = at(request, request_id, if_match)
    held.resume(by=request.auth)
    return after(held, request.auth)


@router.post(
    "/requests/{uuid:request_id}/solve",
    response=DeskRequestOut,
    operation_id="solve_request",
    summary="Say that it is solved",
)
def solve_request(
    request: Authed, request_id: UUID, data: SolveIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """The customer may confirm or say no for 7 days; then it is closed."""
    held = at(request, request_id, if_match)
    held.solve(by=request.auth, text=data.text, text_employee=data.text_employee or "")
    return after(held, request.auth)


@router.put(
    "/requests/{uuid:request_id}/customer",
    response=DeskRequestOut,
    operation_id="correct_contact",
    summary="Correct the customer's address; they get a new link, older ones end",
)
def correct_contact(
    request: Authed, request_id: UUID, data: ContactIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """For when our messages do not arrive."""
    seen = at(request, request_id, if_match)
    seen.correct_contact(
        by=request.auth,
        email=data.email or "",
        phone=data.phone or "",
        channel=data.channel,
    )
    return after(seen, request.auth)
