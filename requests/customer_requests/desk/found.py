"""The request that an agent asks for, before a verb and after it; one way for all operations."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404

from customer_requests.desk.schemas import desk_out
from customer_requests.models import CustomerRequest
from server.accounts.models import User
from server.auth import Authed
from server.versions import seen_version


def on_desk(request: Authed, request_id: UUID) -> CustomerRequest:
    rows = CustomerRequest.objects.on_desk_of(request.auth).for_team()
    return get_object_or_404(rows, pk=request_id)


def at(request: Authed, request_id: UUID, if_match: str | None) -> CustomerRequest:
    """At the version that the caller saw, where they say so: the next verb refuses another."""
    return on_desk(request, request_id).expecting(seen_version(if_match))


def after(done: CustomerRequest, agent: User) -> dict[str, Any]:
    return desk_out(CustomerRequest.objects.for_team().get(pk=done.pk), agent)
