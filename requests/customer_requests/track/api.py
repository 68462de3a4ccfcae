"""The customer's side for programs: their link is their key; nothing changes on GET."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import ConfigDict, Field

from customer_requests.api import MessageIn, ReasonIn
from customer_requests.downloads import download
from customer_requests.models import ActorRole, CustomerRequest
from customer_requests.models.life import Actor
from customer_requests.schemas import RatingOut, TimelineOut, TrackOut, entry_out, track_out
from customer_requests.track.links import open_link
from server.fields import Strict, Text
from server.rates import LinkRate
from server.versions import IfMatch, seen_version

router = Router(tags=["Customer"], auth=None, throttle=[LinkRate()])


class RatingIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"score": 5, "taken_seriously": True, "text": "Snel!"}},
    )
    score: int = Field(ge=1, le=5, strict=True)
    taken_seriously: bool | None = None
    text: Text | None = None


def _at(request: HttpRequest, token: str, if_match: str | None) -> CustomerRequest:
    return open_link(request, token).expecting(seen_version(if_match))


@router.get(
    "/{token}", response=TrackOut, operation_id="track_request", summary="Where my question stands"
)
def track_request(request: HttpRequest, token: str) -> dict[str, Any]:
    """The customer's own view: first names only, and nothing that was not meant for them."""
    return track_out(open_link(request, token), token)


@router.get(
    "/{token}/attachments/{uuid:attachment_id}",
    response={200: bytes},
    operation_id="get_track_attachment",
    summary="Download a file",
)
def get_track_attachment(request: HttpRequest, token: str, attachment_id: UUID) -> HttpResponse:
    """Always an attachment, never to be shown inside a page of ours."""
    return download(open_link(request, token), attachment_id, ActorRole.CUSTOMER)


@router.post(
    "/{token}/messages",
    response={200: TimelineOut, 201: TimelineOut},
    operation_id="send_track_message",
    summary="Say something to the team; answers a question to me",
)
def send_track_message(
    request: HttpRequest, token: str, data: MessageIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """When the request waits on the customer, work on it goes on."""
    mine = _at(request, token, if_match)
    entry, new = mine.message(by=Actor.customer(), id=data.id, text=data.text)
    return Status(201 if new else 200, entry_out(mine, entry, ActorRole.CUSTOMER))


@router.post(
    "/{token}/confirm",
    response=TrackOut,
    operation_id="confirm_solution",
    summary="Yes, it is solved",
)
def confirm_solution(request: HttpRequest, token: str, if_match: IfMatch = None) -> dict[str, Any]:
    """Closes the request as `confirmed`."""
    mine = _at(request, token, if_match)
    mine.confirm()
    return track_out(mine, token)


@router.post(
    "/{token}/reopen",
    response=TrackOut,
    operation_id="reopen_by_customer",
    summary="It is not solved",
    description="More than 14 days after closing this opens a linked follow-up and returns that.",
)
def reopen_by_customer(
    request: HttpRequest, token: str, data: ReasonIn, if_match: IfMatch = None
) -> dict[str, Any]:
    goes_on = _at(request, token, if_match).reopen(by=Actor.customer(), reason=data.reason)
    return track_out(goes_on, token)


@router.post(
    "/{token}/withdraw",
    response=TrackOut,
    operation_id="withdraw_by_customer",
    summary="It is no longer needed",
)
def withdraw_by_customer(
    request: HttpRequest, token: str, data: ReasonIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """Possible until it is solved. The employee and the agent are told."""
    mine = _at(request, token, if_match)
    mine.withdraw(by=Actor.customer(), reason=data.reason)
    return track_out(mine, token)


@router.post(
    "/{token}/rating",
    response={200: RatingOut, 201: RatingOut},
    operation_id="rate_solution",
    summary="How it was; once per solution, may be changed for 7 days",
)
def rate_solution(
    request: HttpRequest, token: str, data: RatingIn, if_match: IfMatch = None
) -> Status[Any]:
    """201 for the first rating of a solution, 200 for a change of it. `taken_seriously` is the
    answer to “did you feel taken seriously?”.
    """
    rating, new = _at(request, token, if_match).rate(
        score=data.score, taken_seriously=data.taken_seriously, text=data.text or ""
    )
    return Status(201 if new else 200, rating)
