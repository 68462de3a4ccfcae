"""What the API shows of a request to its followers; what agents get is in `desk/schemas.py`."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import prefetch_related_objects
from ninja import Schema
from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from customer_requests.models import (
    ActorRole,
    Attachment,
    CustomerRequest,
    Entry,
    Step,
    StepState,
)
from server.networks import NetworkName

STEP_EXAMPLE: JsonDict = {
    "id": "1d8f9d2e-8a0d-4b57-9a3c-0f6d2b8f4a01",
    "title": "Lijn doormeten",
    "state": "busy",
    "state_label": "Bezig",
    "expected_at": "2026-03-03T13:00:00Z",
}
REQUEST_EXAMPLE: JsonDict = {
    "id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
    "reference": "DHG-7K3M-9Q2P",
    "status": "in_progress",
    "status_label": "In behandeling",
    "waiting_on": None,
    "waiting_until": None,
    "closed_as": None,
    "topic": "internet",
    "topic_name": "Internet thuis",
    "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
    "relation": "neighbour",
    "customer": {"name": "Mevrouw Jansen", "channel": "email"},
    "team": "internet",
    "team_name": "Internet en tv",
    "agent": {"name": "Daan Bakker"},
    "steps": [STEP_EXAMPLE],
    "expected_by": "2026-03-03T13:00:00Z",
    "created_at": "2026-03-02T08:58:10Z",
    "updated_at": "2026-03-02T09:12:44Z",
    "version": 3,
    "attachments": [],
    "follow_up_of": None,
    "merged_into": None,
    "post": None,
    "allowed": ["attach", "message", "withdraw"],
}


class StepOut(Schema):
    """One step of the plan."""

    model_config = ConfigDict(json_schema_extra={"example": STEP_EXAMPLE})
    id: UUID
    title: str
    state: Literal["planned", "busy", "done", "skipped"]
    state_label: str
    expected_at: datetime | None


class AttachmentOut(Schema):
    """A photo or document; `url` needs the same credentials as this answer did."""

    id: UUID
    name: str
    content_type: str
    size: int
    url: str


class PersonOut(Schema):
    name: str


class CustomerBrief(Schema):
    """`social` is a stranger under a post; nothing is sent to them."""

    name: str
    channel: Literal["email", "sms", "social"]


class PostBrief(Schema):
    """The post under which a question stands, of a request with channel `social`."""

    url: str
    network: NetworkName
    network_label: str
    placed_at: datetime | None = Field(
        description="When the employee said that the answer stands there."
    )
    permalink: str | None = Field(description="Where it stands, by their own word.")


class PostOut(PostBrief):
    passed_on_before: bool = Field(
        description="Whether a colleague passed something on from this post too."
    )


class ToPlaceOut(Schema):
    """What the employee places under the post, in their own name: it opens with who they work for.
    `length` is as the network counts it; `limit` is null where there is none.
    """

    text: str
    length: int
    limit: int | None


class ActorOut(Schema):
    name: str
    role: Literal["employee", "agent", "customer", "clock"]


class StepAt(Schema):
    """The step that an entry is about, in the state that it had then."""

    id: UUID
    title: str
    state: str


class TimelineOut(Schema):
    """One fact on the timeline, in the words meant for this reader."""

    id: UUID
    at: datetime
    kind: str
    kind_label: str
    actor: ActorOut
    text: str
    step: StepAt | None = None
    to_place: ToPlaceOut | None = Field(
        None, description="For channel `social`: what has to stand under the post because of this."
    )


class GoesOnOut(Schema):
    """Where a merged request goes on; without `id` where that one is not this reader's."""

    id: UUID | None
    reference: str


class RequestOut(Schema):
    """A customer request as its employee sees it. `allowed` names the verbs possible now."""

    model_config = ConfigDict(json_schema_extra={"example": REQUEST_EXAMPLE})
    id: UUID
    reference: str
    status: Literal["received", "in_progress", "waiting", "solved", "closed", "withdrawn"]
    status_label: str
    waiting_on: Literal["customer", "employee", "third_party"] | None
    waiting_until: datetime | None
    closed_as: Literal["confirmed", "unanswered", "merged", "answered_by_employee"] | None
    topic: str
    topic_name: str
    question: str
    relation: str | None
    customer: CustomerBrief
    team: str
    team_name: str
    agent: PersonOut | None
    steps: list[StepOut]
    expected_by: datetime | None
    created_at: datetime
    updated_at: datetime
    version: int
    attachments: list[AttachmentOut]
    follow_up_of: UUID | None
    post: PostOut | None = Field(description="Where the question stands, for channel `social`.")
    merged_into: GoesOnOut | None
    allowed: list[str]


class RatingOut(Schema):
    """The customer's rating of the latest solution."""

    score: int
    taken_seriously: bool | None
    text: str
    solution: int
    changed_at: datetime


# What the API for customers offers; details, files and deleting are on the page.
TRACK_VERBS = frozenset({"message", "confirm", "reopen", "withdraw", "rate"})


class FirstName(Schema):
    first_name: str


class TrackOut(Schema):
    """A request as its customer sees it by their link: nobody else's details."""

    reference: str
    status: str
    status_label: str
    waiting_on: str | None
    waiting_until: datetime | None
    closed_as: str | None
    question: str
    topic: str
    team: str
    steps: list[StepOut]
    timeline: list[TimelineOut]
    attachments: list[AttachmentOut]
    expected_by: datetime | None
    agent: FirstName | None
    rating: RatingOut | None
    merged_into: str | None = Field(description="The reference of the question that goes on.")
    reads_along: list[FirstName] = Field(
        description="Who passed the same question on, and sees at most what the employee here sees."
    )
    created_at: datetime
    version: int
    allowed: list[str]


def step_out(step: Step) -> dict[str, Any]:
    return {
        "id": step.pk,
        "title": step.title,
        "state": step.state,
        "state_label": str(StepState(step.state).label),
        "expected_at": step.expected_at,
    }


def attachment_out(attachment: Attachment, base: str) -> dict[str, Any]:
    """`base` is the address of the request that this reader uses."""
    return {
        "id": attachment.pk,
        "name": attachment.name,
        "content_type": attachment.content_type,
        "size": attachment.size,
        "url": f"{base}/attachments/{attachment.pk}",
    }


def entry_out(request: CustomerRequest, entry: Entry, reader: ActorRole) -> dict[str, Any]:
    """An entry in the words for its reader, with first names only for the customer."""
    match reader:
        case ActorRole.CUSTOMER:
            text = entry.text_customer
        case ActorRole.EMPLOYEE:
            text = request.employee_reads(entry)
        case _:
            text = entry.team_reads
    return {
        "id": entry.pk,
        "at": entry.at,
        "kind": entry.kind,
        "kind_label": entry.get_kind_display(),
        "actor": {"name": actor_name(request, entry, reader), "role": entry.actor_role},
        "text": text,
        "step": (
            {"id": entry.step.pk, "title": entry.step.title, "state": entry.step_state}
            if entry.step
            else None
        ),
        "to_place": None if reader == ActorRole.CUSTOMER else request.to_place(entry),
    }


def actor_name(request: CustomerRequest, entry: Entry, reader: ActorRole) -> str:
    """Who did it, as this reader may know them; empty for the clock."""
    if entry.actor_role == ActorRole.CUSTOMER:
        return request.customer_name
    if entry.actor is None:
        return ""
    return entry.actor.first_name if reader == ActorRole.CUSTOMER else entry.actor.name


def common_out(request: CustomerRequest) -> dict[str, Any]:
    return {
        "id": request.pk,
        "reference": request.reference,
        "status": request.status,
        "status_label": request.get_status_display(),
        "waiting_on": request.waiting_on or None,
        "waiting_until": request.waiting_until,
        "closed_as": request.closed_as or None,
        "topic": request.topic.slug,
        "topic_name": request.topic.name,
        "question": request.question,
        "relation": request.relation or None,
        "customer": {"name": request.customer_name, "channel": request.customer_channel},
        "team": request.team.slug,
        "team_name": request.team.name,
        "created_at": request.created_at,
        "updated_at": request.updated_at,
        "version": request.version,
        "follow_up_of": request.follow_up_of_id,
        "post": post_out(request),
    }


def post_out(request: CustomerRequest) -> dict[str, Any] | None:
    if not request.post_url:
        return None
    return {
        "url": request.post_url,
        "network": request.post_network,
        "network_label": request.network_label,
        "placed_at": request.placed_at,
        "permalink": request.placed_url or None,
    }


def request_out(request: CustomerRequest) -> dict[str, Any]:
    """A request for its employee; reads steps and files unless they were prefetched."""
    prefetch_related_objects([request], "steps", "merged_into__steps", "attachments__entry")
    base = f"/api/v1/requests/{request.pk}"
    common = common_out(request)
    if common["post"]:
        common["post"]["passed_on_before"] = request.passed_on_before
    return {
        **common,
        "agent": {"name": request.agent.name} if request.agent else None,
        "steps": [step_out(step) for step in request.whole_plan()],
        "expected_by": request.goes_on_as().expected_by,
        "attachments": [
            attachment_out(file, base)
            for file in request.attachments.all()
            if request.employee_may_read(file.entry)
        ],
        "merged_into": _goes_on(request),
        "allowed": request.allowed(ActorRole.EMPLOYEE),
    }


def _goes_on(request: CustomerRequest) -> dict[str, Any] | None:
    """The employee follows on this timeline what becomes of a request of a colleague's."""
    there = request.merged_into
    if there is None:
        return None
    mine = there.employee_id == request.employee_id
    return {"id": there.pk if mine else None, "reference": there.reference}


def track_out(request: CustomerRequest, token: str) -> dict[str, Any]:
    """A request for its customer."""
    rating = request.latest_rating()
    return {
        **common_out(request),
        "topic": request.topic.name,
        "team": request.team.name,
        "agent": {"first_name": request.agent.first_name} if request.agent else None,
        "steps": [step_out(step) for step in request.steps.all()],
        "timeline": [
            entry_out(request, entry, ActorRole.CUSTOMER) for entry in request.seen_by_customer()
        ],
        "attachments": [
            attachment_out(file, f"/api/v1/track/{token}")
            for file in request.files_for(ActorRole.CUSTOMER)
        ],
        "expected_by": request.expected_by,
        "rating": rating,
        "merged_into": request.merged_into.reference if request.merged_into else None,
        "reads_along": [
            {"first_name": request.reader_name(other)} for other in request.read_along_by()
        ],
        # The rest of what a customer may do is on the page behind the same link.
        "allowed": [verb for verb in request.allowed(ActorRole.CUSTOMER) if verb in TRACK_VERBS],
    }
