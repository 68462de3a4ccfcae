"""The social policy: read it, accept it, and prove who did."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from ambassadors.models import Acceptance, OptIn, PolicyVersion, Programme
from server.accounts.models import AuditEvent, User
from server.auth import Authed, admins, editors
from server.paging import Page, PageParams, page_of
from server.problems import NotFound

router = Router(tags=["Champions"])


class PolicyOut(Schema):
    """The version in force. `text` has headings (`## `) and lists (`- `), a paragraph per line."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "version": 2,
                "text": "## Zeg erbij dat je hier werkt\nBegin met ...",
                "changed": "Nieuw is wat je over cijfers mag zeggen.",
                "published_at": "2026-03-01T09:30:00Z",
                "accepted_at": None,
            }
        }
    )
    version: int = Field(description="What to accept.")
    text: str
    changed: str = Field(description="What is new since the version before; empty for the first.")
    published_at: datetime
    accepted_at: datetime | None = Field(description="When I accepted this version.")


class AcceptanceOut(Schema):
    version: int
    accepted_at: datetime


class AcceptancesOut(Schema):
    """Of who takes part, as numbers; null where they are so few that it says something of one."""

    version: int
    asked: int | None = Field(description="Who takes part now.")
    accepted: int | None
    not_yet: int | None


class AcceptedByOut(Schema):
    id: UUID
    name: str
    email: str


class ProofOut(Schema):
    person: AcceptedByOut
    at: datetime


@router.get(
    "/policy",
    response=PolicyOut,
    operation_id="get_policy",
    summary="The policy for ambassadors",
)
def get_policy(request: Authed) -> dict[str, Any]:
    """404 where the company has none yet."""
    version = _in_force()
    mine = Acceptance.objects.filter(version=version, user=request.auth)
    return {
        "version": version.number,
        "text": version.text,
        "changed": version.changed,
        "published_at": version.published_at,
        "accepted_at": mine.values_list("at", flat=True).first(),
    }


@router.post(
    "/policy/{int:version}/acceptance",
    response={200: AcceptanceOut, 201: AcceptanceOut},
    operation_id="accept_policy",
    summary="Accept the policy",
)
def accept_policy(request: Authed, version: int) -> Status[dict[str, Any]]:
    """200 where I did already; the first moment stays. 409 when there is a newer version."""
    given, new = Acceptance.give(version, by=request.auth)
    return Status(201 if new else 200, {"version": version, "accepted_at": given.at})


@router.get(
    "/policy/acceptances",
    response=AcceptancesOut,
    auth=editors,
    operation_id="count_policy_acceptances",
    summary="How many accepted the policy",
)
def count_policy_acceptances(request: Authed) -> dict[str, Any]:
    """For editors; only numbers, never who has not."""
    version = _in_force()
    return {"version": version.number, **acceptances(version)}


def acceptances(version: PolicyVersion) -> dict[str, int | None]:
    """Of who takes part: how many were asked, said yes, and did not yet."""
    # As in the figures: who loses their access counts until the month is over.
    taking_part = OptIn.objects.at(timezone.now()).values("user").distinct()
    said_yes = Acceptance.objects.filter(version=version, user=OuterRef("user"))
    asked = taking_part.count()
    if asked < Programme.current().smallest_group:
        return {"asked": None, "accepted": None, "not_yet": None}
    accepted = taking_part.filter(Exists(said_yes)).count()
    return {"asked": asked, "accepted": accepted, "not_yet": asked - accepted}


@router.get(
    "/policy/{int:version}/proof",
    response=Page[ProofOut],
    auth=admins,
    operation_id="list_policy_proof",
    summary="Who accepted this version and when",
)
def list_policy_proof(request: Authed, version: int, params: PageParams) -> dict[str, Any]:
    """For administrators, for the auditor; that they looked is in the audit trail."""
    rows = proof_of(version, by=request.auth)
    return page_of(rows, "at", params, lambda row: {"person": row.user, "at": row.at})


def proof_of(number: int, *, by: User) -> Any:
    """Who accepted this version, earliest first; that `by` looked is written down."""
    version = PolicyVersion.objects.filter(number=number, published_at__isnull=False).first()
    if version is None:
        raise NotFound
    AuditEvent.looked(
        actor=by, action="policy-proof-seen", subject_type="policy", subject_id=version.pk
    )
    return Acceptance.objects.filter(version=version).select_related("user")


def _in_force() -> PolicyVersion:
    version = PolicyVersion.in_force()
    if version is None:
        raise NotFound
    return version
