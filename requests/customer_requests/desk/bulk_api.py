"""One act on many requests: ask for it, see how it went, undo it."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Router, Status

from customer_requests.desk.bulk_schemas import BulkIn, BulkOut, bulk_out
from customer_requests.models import BulkAction
from server.accounts.models import User
from server.auth import Authed, agents

router = Router(tags=["Desk"], auth=agents)


def ask(data: BulkIn, agent: User) -> tuple[BulkAction, bool]:
    """Ask for it, once however often this is sent. Returns it and whether it is new."""
    earlier = BulkAction.asked_before(data.id, agent, data.print)
    if earlier is not None:
        return earlier, False
    return BulkAction.ask(
        by=agent,
        id=data.id,
        verb=data.verb,
        facts=data.facts(agent),
        picked=data.picked(agent),
        print_=data.print,
    )


@router.post(
    "/bulk",
    response={200: BulkOut, 201: BulkOut},
    operation_id="ask_bulk",
    summary="One act on many requests, with ten seconds to undo it",
)
def ask_bulk(request: Authed, data: BulkIn) -> Status[dict[str, Any]]:
    """Nothing happens before `due`. Then each request gets the same verb as one by one, with my
    rights of that moment; see `GET /desk/bulk/{id}` for what became of each. What speaks to
    followers (`solve`, `macro`) is refused where the request changed since it was seen.
    """
    made, new = ask(data, request.auth)
    return Status(201 if new else 200, bulk_out(made))


@router.get(
    "/bulk/{uuid:bulk_id}",
    response=BulkOut,
    operation_id="get_bulk",
    summary="How far it is, and what became of each request",
)
def get_bulk(request: Authed, bulk_id: UUID) -> dict[str, Any]:
    """For who asked for it; kept for 30 days."""
    return bulk_out(get_object_or_404(BulkAction, pk=bulk_id, by=request.auth))


@router.post(
    "/bulk/{uuid:bulk_id}/undo",
    response=BulkOut,
    operation_id="undo_bulk",
    summary="Undo it, as far as that can be",
)
def undo_bulk(request: Authed, bulk_id: UUID) -> dict[str, Any]:
    """Before `due` nothing has happened and nothing will. Later what is not done yet is left, and
    assigning, transferring and the like are taken back where nothing happened to the request since;
    whoever got a message that somebody has it gets one of this (`told`).
    """
    bulk = get_object_or_404(BulkAction, pk=bulk_id, by=request.auth)
    bulk.undo()
    return bulk_out(bulk)
