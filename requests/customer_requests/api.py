"""The employee's side: pass a question on, follow it, answer, and stay in step after a tunnel."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
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
    explain,
    refuse,
)
from server.networks import NetworkName
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
    """The customer as the employee knows them; the address of the chosen channel is needed.

    `social` is a stranger under a post: `name` is what they are called there, and no address of
    theirs is taken. `language` is then the one to answer in.
    """

    name: Name
    email: OptionalEmail = None
    phone: OptionalPhone = None
    language: Literal["nl", "en"] = "nl"
    channel: Literal["email", "sms", "social"]

    @model_validator(mode="after")
    def _reachable(self) -> "CustomerIn":
        if self.channel == "social":
            for field in ("email", "phone"):
                if getattr(self, field):
                    words = _("Leave this out: who asks under a post is answered there.")
                    raise refuse(words, field)
        else:
            check_contact(self.channel, self.email, self.phone)
        return self


class PostIn(Strict):
    """The post under which the question stands. What only tells who came from where is taken off
    the address, and it is never opened. Without `network` the address says which it is.
    """

    url: Annotated[Key, Field(min_length=1, max_length=500)]
    network: NetworkName | None = None

    def facts(self) -> dict[str, str]:
        """Raises Invalid where it is no address of a post on that network."""
        return CustomerRequest.post_facts(self.url, self.network)


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
    customer_agrees: Agreed | None = Field(
        None,
        description="The customer knows and agrees that their question and address are passed on. "
        "Needed for `email` and `sms`. For `social` it is not asked: only what stands in public is "
        "passed on. Say it where you did ask.",
    )
    post: PostIn | None = Field(None, description="Needed for `social`, and only there.")
    solved_by_me: Text | None = Field(
        None, description="The answer that the employee gave on the spot: solved at the party."
    )

    @model_validator(mode="after")
    def _of_its_channel(self) -> "RequestIn":
        social = self.customer.channel == "social"
        if social and self.post is None:
            raise refuse(_("Give the link to the post where the question stands."), "post")
        if not social and self.post is not None:
            raise refuse(_("A link to a post goes with the channel social alone."), "post")
        if not social and self.customer_agrees is None:
            raise refuse(explain("missing", {}), "customer_agrees")
        return self

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
            "customer_agrees": self.customer_agrees is not None,
            **(self.post.facts() if self.post else {}),
        }


class MessageIn(Strict):
    id: UUID
    text: Text


class ReasonIn(Strict):
    reason: Reason


class PlacedIn(Strict):
    """`permalink` is the address of the answer on the network. It is never opened by us."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {"permalink": "https://x.com/sanne/status/1860000000000000000"}
        },
    )
    permalink: Annotated[Key, Field(min_length=1, max_length=500)] | None = None


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

    A question under a post on a social network has channel `social` and the link to the `post`.
    Nothing is ever sent to who asks it: what the team wrote for there is in `to_place` of the
    timeline, for me to place in my own name. `post.passed_on_before` says that a colleague passed
    something on from there too.
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


@router.post(
    "/requests/{uuid:request_id}/placed",
    response=RequestOut,
    operation_id="place_answer",
    summary="I placed the answer under the post",
)
def place_answer(
    request: Authed, request_id: UUID, data: PlacedIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """For channel `social`, once there is an answer. It counts as an answer that I gave in public,
    in the month in which I say it. Saying it again changes nothing; a permalink can be given later,
    or corrected. It has to be an address on the network of the post.
    """
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    mine.place(by=request.auth, permalink=data.permalink or "")
    return request_out(_mine(request, request_id))


@router.post(
    "/requests/{uuid:request_id}/confirm",
    response=RequestOut,
    operation_id="confirm_for_stranger",
    summary="Who asked under the post says that it is solved",
)
def confirm_for_stranger(
    request: Authed, request_id: UUID, if_match: IfMatch = None
) -> dict[str, Any]:
    """For channel `social` alone: other customers say so themselves, by their link."""
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    mine.confirm(by=Actor.employee(request.auth))
    return request_out(mine)


@router.post(
    "/requests/{uuid:request_id}/erase",
    response=RequestOut,
    operation_id="erase_for_stranger",
    summary="Who asked under the post wants to be forgotten",
)
def erase_for_stranger(
    request: Authed, request_id: UUID, if_match: IfMatch = None
) -> dict[str, Any]:
    """For channel `social` alone: other customers do so themselves, by their link. Name, question,
    link and all that was said go, here and on what colleagues passed on of it; nothing of it can be
    brought back. Without this it happens 28 days after it was closed or withdrawn.
    """
    mine = _mine(request, request_id).expecting(seen_version(if_match))
    mine.forget_stranger(by=Actor.employee(request.auth))
    return request_out(_mine(request, request_id))


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
