"""Canned texts and macros: used by agents, written by the leads of their team."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from customer_requests.desk.found import after, at
from customer_requests.desk.schemas import DeskRequestOut
from customer_requests.desk.seeing import saw_customers
from customer_requests.desk.texts_schemas import (
    CannedTextIn,
    CannedTextOut,
    MacroIn,
    MacroOut,
    RunMacroIn,
    TextsQuery,
    canned_text_out,
    macro_out,
    previews,
)
from customer_requests.models import CannedText, Macro
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
    if about:
        saw_customers(request.auth, [about.pk])
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


@router.get(
    "/macros",
    response=list[MacroOut],
    operation_id="list_macros",
    summary="Macros; with `request` what each would do there",
)
def list_macros(request: Authed, params: Query[TextsQuery]) -> list[dict[str, Any]]:
    """Without `request`: all that I can see. With it: what can be used there, each with a
    `preview` of all that it will do, and `refused` where it would be refused now and why.
    """
    about = params.subject(request.auth)
    macros = params.found(Macro.objects.all(), request.auth, about)
    if about is None:
        return [macro_out(macro) for macro in macros]
    saw_customers(request.auth, [about.pk])
    return [macro_out(*each) for each in previews(macros, about, request.auth)]


@router.put(
    "/macros/{uuid:macro_id}",
    response={200: MacroOut, 201: MacroOut},
    operation_id="put_macro",
    summary="Write a macro, or change it",
)
def put_macro(
    request: Authed, macro_id: UUID, data: MacroIn, if_match: IfMatch = None
) -> Status[dict[str, Any]]:
    """For leads of the team; what has no team is everyone's, and for admins. The words are what a
    wait asks or a solution says; without one of those they are an update.
    """
    macro = Macro.objects.filter(pk=macro_id).first() or Macro(pk=macro_id)
    new = macro._state.adding
    macro.write(by=request.auth, seen=seen_version(if_match), **data.facts())
    return Status(201 if new else 200, macro_out(macro))


@router.delete(
    "/macros/{uuid:macro_id}",
    response={204: None},
    operation_id="delete_macro",
    summary="Take a macro away",
)
def delete_macro(request: Authed, macro_id: UUID) -> Status[None]:
    """For who may write it. What was done with it stays what it is."""
    get_object_or_404(Macro, pk=macro_id).remove(by=request.auth)
    return Status(204, None)


@router.post(
    "/requests/{uuid:request_id}/macros/{uuid:macro_id}",
    response=DeskRequestOut,
    operation_id="run_macro",
    summary="Do all that a macro says, or nothing",
)
def run_macro(
    request: Authed, request_id: UUID, macro_id: UUID, data: RunMacroIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """One transaction: words, step and status together. Refused with what forbids one of them, or
    where a variable has no value here. Each follower gets one message.
    """
    held = at(request, request_id, if_match)
    macro = get_object_or_404(Macro.objects.usable_on(held), pk=macro_id)
    held.run_macro(macro, by=request.auth, id=data.id, seen=data.macro_version)
    return after(held, request.auth)
