"""The employee's side: pass a question on, follow it, answer, and stay in step after a tunnel."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from ninja import File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import ConfigDict, Field, model_validator

from customer_requests import syncing
from customer_requests.downloads import download
from customer_requests.models import ActorRole, CustomerRequest, Topic
from customer_requests.models.life import Actor
from customer_requests.schemas import (
    AttachmentOut,
    RequestOut,
    TimelineOut,
    attachment_out,
    entry_out,
    request_out,
)
from customer_requests.syncing import ChangesOut
from server import uploads
from server.auth import Authed
from server.fields import (
    Agreed,
    Key,
    Name,
    OptionalEmail,
    OptionalPhone,
    Question,
    Reason,
    Strict,
    Text,
    check_contact,
)
from server.paging import Page, PageParams, page_of
from server.problems import Invalid
from server.versions import IfMatch, seen_version

router = Router(tags=["Employee"])


class TopicOut(Schema):
    slug: str
    name: str
    team: str
    team_name: str
    hint: str


class CustomerIn(Strict):
    """The customer as the employee knows them; the address of the chosen channel is needed."""

    name: Name
    email: OptionalEmail = None
    phone: OptionalPhone = None
    language: Literal["nl", "en"] = "nl"
    channel: Literal["email", "sms"]

    @model_validator(mode="after")
    def _reachable(self) -> "CustomerIn":
        check_contact(self.channel, self.email, self.phone)
        return self


class RequestIn(Strict):
    """A question to pass on. The app makes `id`, and repeats the call with it until it succeeds."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
                "topic": "internet",
                "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
                "customer": {
                    "name": "Mevrouw Jansen",
                    "email": "jansen@example.org",
                    "channel": "email",
                },
                "relation": "neighbour",
                "customer_agrees": True,
            }
        },
    )
    id: UUID
    topic: Key
    question: Question
    customer: CustomerIn
    relation: Literal["family", "friend", "neighbour", "acquaintance", "other"] | None = None
    customer_agrees: Agreed = Field(
        description="The customer knows and agrees that their question and address are passed on."
    )
    solved_by_me: Text | None = Field(
        None, description="The answer that the employee gave on the spot: solved at the party."
    )

    def facts(self) -> dict[str, Any]:
        """The arguments of `CustomerRequest.submit`; raises Invalid for an unknown topic."""
        topic = Topic.objects.filter(slug=self.topic).select_related("team").first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown. Choose one from the list.")})
        return {
            "id": self.id,
            "topic": topic,
            "question": self.question,
            "customer_name": self.customer.name,
            "customer_email": self.customer.email or "",
            "customer_phone": self.customer.phone or "",
            "customer_channel": self.customer.channel,
            "customer_language": self.customer.language,
            "relation": self.relation or "",
            "solved_by_me": self.solved_by_me or "",
        }


class MessageIn(Strict):
    id: UUID
    text: Text


class ReasonIn(Strict):
    reason: Reason


@router.get(
    "/topics",
    response=list[TopicOut],
    operation_id="list_topics",
    summary="What a question can be about",
)
def list_topics(request: Authed) -> list[dict[str, Any]]:
    """The topics in use, in the order to show them in. `hint` helps to choose."""
    topics = Topic.objects.filter(is_active=True, team__is_active=True).select_related("team")
    return [
        {
            "slug": topic.slug,
            "name": topic.name,
            "team": topic.team.slug,
            "team_name": topic.team.name,
            "hint": topic.hint,
        }
        for topic in topics
    ]


@router.post(
    "/requests",
    response={200: RequestOut, 201: RequestOut},
    operation_id="submit_request",
    summary="Pass a customer's question on",
)
def submit_request(request: Authed, data: RequestIn) -> Status[dict[str, Any]]:
    """Repeat the call with the same id until it succeeds: the first answers 201, the same content
    again 200 with what exists, other content 409 `/problems/id-reused`. With `solved_by_me` the
    request is closed at once and the customer reads the answer.
    """
    made, new = CustomerRequest.submit(by=request.auth, **data.facts())
    return Status(201 if new else 200, request_out(made))


@router.get(
    "/requests",
    response=Page[RequestOut],
    operation_id="list_requests",
    summary="The questions I passed on, newest activity first",
)
def list_requests(
    request: Authed,
    params: PageParams,
    status: Annotated[Literal["open", "closed"] | None, Query()] = None,
) -> dict[str, Any]:
    """Without `status` all of them. `closed` is what is closed or withdrawn, `open` the rest."""
    rows = CustomerRequest.objects.visible_to(request.auth).to_show()
    rows = {"open": rows.following, "closed": rows.ended}.get(status or "", rows.all)()
    return page_of(rows, "-updated_at", params, request_out)


def _mine(request: Authed, request_id: UUID) -> CustomerRequest:
    mine = CustomerRequest.objects.visible_to(request.auth).to_show()
    return get_object_or_404(mine, pk=request_id)


@router.get(
    "/requests/{uuid:request_id}",
    response=RequestOut,
    operation_id="get_request",
    summary="One question that I passed on",
)
def get_request(request: Authed, request_id: UUID) -> dict[str, Any]:
    """`allowed` names the verbs that I can use now; `version` goes into `If-Match`."""
    return request_out(_mine(request, request_id))


@router.get(
    "/requests/{uuid:request_id}/timeline",
    response=list[TimelineOut],
    operation_id="get_timeline",
    summary="What happened, oldest first, as far as it is mine to see",
)
def get_timeline(request: Authed, request_id: UUID) -> list[dict[str, Any]]:
    """Each entry in the words meant for me. What the customer keeps to themselves is not there."""
    mine = _mine(request, request_id)
    return [entry_out(mine, entry, ActorRole.EMPLOYEE) for entry in mine.seen_by_employee()]


@router.post(
    "/requests/{uuid:request_id}/messages",
    response={200: TimelineOut, 201: TimelineOut},
    operation_id="send_message",
    summary="Say something to the team; answers a question to me",
)
def send_message(
    request: Authed, request_id: UUID, data: MessageIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """The team and the customer read it. When the request waits on me, work on it goes on."""
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    entry, new = mine.message(by=Actor.employee(request.auth), id=data.id, text=data.text)
    return Status(201 if new else 200, entry_out(mine, entry, ActorRole.EMPLOYEE))


@router.post(
    "/requests/{uuid:request_id}/attachments",
    response={200: AttachmentOut, 201: AttachmentOut},
    operation_id="attach_file",
    summary="Add a photo or a PDF",
)
def attach_file(
    request: Authed,
    request_id: UUID,
    id: Annotated[UUID, Form()],
    file: Annotated[UploadedFile, File()],
    if_match: IfMatch = None,
) -> Status[dict[str, Any]]:
    """JPEG, PNG, WebP, HEIC or PDF up to 10 MB and 24 megapixels; photos lose where and when they
    were taken. At most 20 files on one request.
    """
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    upload = uploads.clean(file.name or "", file, file.size)
    stored, new = mine.attach(by=Actor.employee(request.auth), id=id, upload=upload)
    shown = attachment_out(stored, f"/api/v1/requests/{mine.pk}")
    return Status(201 if new else 200, shown)


@router.get(
    "/requests/{uuid:request_id}/attachments/{uuid:attachment_id}",
    response={200: bytes},
    operation_id="get_attachment",
    summary="Download a file",
)
def get_attachment(request: Authed, request_id: UUID, attachment_id: UUID) -> HttpResponse:
    """Always an attachment, never to be shown inside a page of ours."""
    mine = _mine(request, request_id)
    return download(mine, attachment_id, ActorRole.EMPLOYEE)


@router.post(
    "/requests/{uuid:request_id}/withdraw",
    response=RequestOut,
    operation_id="withdraw_request",
    summary="It is no longer needed",
)
def withdraw_request(
    request: Authed, request_id: UUID, data: ReasonIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """Possible until it is solved. The customer and the agent are told, with the reason."""
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    mine.withdraw(by=Actor.employee(request.auth), reason=data.reason)
    return request_out(mine)


@router.post(
    "/requests/{uuid:request_id}/reopen",
    response=RequestOut,
    operation_id="reopen_request",
    summary="It is not solved after all",
    description="More than 14 days after closing this opens a linked follow-up and returns that.",
)
def reopen_request(
    request: Authed, request_id: UUID, data: ReasonIn, if_match: IfMatch = None
) -> dict[str, Any]:
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    goes_on = mine.reopen(by=Actor.employee(request.auth), reason=data.reason)
    return request_out(goes_on)


@router.get(
    "/changes",
    response=ChangesOut,
    operation_id="list_changes",
    summary="Everything of mine that changed since the last time",
)
def list_changes(
    request: Authed,
    since: Annotated[str | None, Query(description="`cursor` of the last answer.")] = None,
    cursor: Annotated[str | None, Query(description="Another name for `since`.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, Any]:
    """Start without `since`, keep `cursor`, and call again with it. Nothing is missed and nothing
    comes out of order; an object that changed twice comes once, as it is now.
    """
    return syncing.changes(request.auth, since or cursor, limit)
