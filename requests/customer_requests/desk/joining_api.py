"""Requests that belong together: merge, take apart, split off, link."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Status

from customer_requests.desk.found import after, at
from customer_requests.desk.inputs import LinkIn, MergeIn, SplitIn
from customer_requests.desk.schemas import DeskRequestOut
from customer_requests.models import CustomerRequest
from server.auth import Authed, agents
from server.versions import IfMatch

router = Router(tags=["Desk"], auth=agents)


@router.post(
    "/requests/{uuid:request_id}/merge",
    response=DeskRequestOut,
    operation_id="merge_request",
    summary="The same customer asked this twice: go on as the other one",
)
def merge_request(
    request: Authed, request_id: UUID, data: MergeIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """This one is closed as `merged`, and its timeline and files are on the other one's too. The
    customer is told once; a different employee goes on following it where they did, and still
    writes there. Where the other one is solved they hear the solution. For another customer's
    question 409 `/problems/other-customer`: use a known problem there; where the two are answered
    at different addresses 409 `/problems/two-addresses`.
    """
    ends = at(request, request_id, if_match)
    ends.merge(data.other(request.auth, "into"), by=request.auth)
    return after(ends, request.auth)


@router.post(
    "/requests/{uuid:request_id}/unmerge",
    response=DeskRequestOut,
    operation_id="unmerge_request",
    summary="Take it apart again: it is what it was",
)
def unmerge_request(request: Authed, request_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    """With the status, agent, wait and time left that it had; what was said since stays said."""
    merged = at(request, request_id, if_match)
    merged.unmerge(by=request.auth)
    return after(merged, request.auth)


@router.post(
    "/requests/{uuid:request_id}/split",
    response={200: DeskRequestOut, 201: DeskRequestOut},
    operation_id="split_request",
    summary="Make part of the question a request of its own",
)
def split_request(
    request: Authed, request_id: UUID, data: SplitIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """Of the same customer and employee, with a topic and so a team of its own; both are told by
    the new request. Answers the new request, also where it is another team's.
    """
    whole = at(request, request_id, if_match)
    part, new = whole.split(by=request.auth, id=data.id, topic=data.about(), question=data.question)
    return Status(201 if new else 200, after(part, request.auth))


@router.post(
    "/requests/{uuid:request_id}/links",
    response=DeskRequestOut,
    operation_id="link_request",
    summary="Note that another request has to do with it",
)
def link_request(
    request: Authed, request_id: UUID, data: LinkIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """For the team only. Saying it again changes nothing."""
    seen = at(request, request_id, if_match)
    seen.link(data.other(request.auth, "request"), by=request.auth)
    return after(seen, request.auth)


@router.delete(
    "/requests/{uuid:request_id}/links/{uuid:other_id}",
    response=DeskRequestOut,
    operation_id="unlink_request",
    summary="Take that back",
)
def unlink_request(
    request: Authed, request_id: UUID, other_id: UUID, if_match: IfMatch = None
) -> dict[str, Any]:
    """Takes away `related` alone: what was split off stays split off."""
    seen = at(request, request_id, if_match)
    seen.unlink(get_object_or_404(CustomerRequest, pk=other_id), by=request.auth)
    return after(seen, request.auth)
