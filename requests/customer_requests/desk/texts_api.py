"""Canned texts: used by agents in an answer or a note, written by the leads of their team."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from customer_requests.desk.texts_schemas import (
    CannedTextIn,
    CannedTextOut,
    TextsQuery,
    canned_text_out,
)
from customer_requests.models import CannedText
from customer_requests.models.wording import Readers
from server.auth import Authed, agents
from server.versions import IfMatch, seen_version

router = Router(tags=["Desk"], auth=agents)


@router.get(
    "/texts",
    response=list[CannedTextOut],
    operation_id="list_texts",
    summary="Canned texts; with `request` filled in for that request",
)
def list_texts(request: Authed, params: Query[TextsQuery]) -> list[dict[str, Any]]:
    """Without `request`: all that I can see, also what is not in use. With it: what can be used
    there, and in `filled` the words for each reader in their own language. Where those words are
    missing there is a `warning`; where a variable has no value `refused` says so and there is no
    text.
    """
    about = params.subject(request.auth)
    readers = Readers(about, request.auth) if about else None
    return [
        canned_text_out(text, readers)
        for text in params.found(CannedText.objects.all(), request.auth, about)
    ]


@router.put(
    "/texts/{uuid:text_id}",
    response={200: CannedTextOut, 201: CannedTextOut},
    operation_id="put_text",
    summary="Write a canned text, or change it",
)
def put_text(
    request: Authed, text_id: UUID, data: CannedTextIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """For leads of the team; what has no team is everyone's, and for admins. Variables are those
    of the description of `customer_nl`; an unknown or a broken one is refused with its place.
    """
    text = CannedText.objects.filter(pk=text_id).first() or CannedText(pk=text_id)
    new = text._state.adding
    text.write(by=request.auth, seen=seen_version(if_match), **data.facts())
    return Status(201 if new else 200, canned_text_out(text))


@router.delete(
    "/texts/{uuid:text_id}",
    response={204: None},
    operation_id="delete_text",
    summary="Take a canned text away",
)
def delete_text(request: Authed, text_id: UUID) -> Status[None]:
    """For who may write it. What was sent with it stays what it is."""
    get_object_or_404(CannedText, pk=text_id).remove(by=request.auth)
    return Status(204, None)
