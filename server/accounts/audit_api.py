"""The audit trail for administrators: who did or saw what."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from ninja import Query, Router, Schema
from pydantic import AwareDatetime, ConfigDict, Field

from server.accounts.models import AuditEvent
from server.accounts.models.audit import MOST_CALLED, subjects_named
from server.auth import Authed, admins
from server.paging import Page, PageQuery, page_of
from server.problems import Invalid

router = Router(tags=["Audit"], auth=admins)


class AuditQuery(PageQuery):
    actor: UUID | None = Field(None, description="Who did it.")
    action: str = Field("", max_length=40, description="Such as `request-claimed`.")
    subject: str = Field(
        "", max_length=120, description="An id, a reference, a work address or part of a name."
    )
    begins: AwareDatetime | None = Field(None, alias="from", description="This moment or later.")
    ends: AwareDatetime | None = Field(None, alias="to", description="Before this moment.")


class AuditActorOut(Schema):
    id: UUID
    name: str


class AuditEventOut(Schema):
    """One act or look; `actor` is null where a program did it by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "at": "2026-03-01T09:30:00Z",
                "actor": {"id": "5f1b8f0e-54a1-4f3f-9d54-0e3c4f3a1c11", "name": "Daan Bakker"},
                "action": "request-claimed",
                "subject_type": "customer_request",
                "subject_id": "0d9a1bd2-6a56-4c36-9d43-0d5be2f3c001",
                "detail": {"entry": 2},
            }
        }
    )
    at: datetime
    actor: AuditActorOut | None
    action: str
    subject_type: str
    subject_id: UUID
    detail: dict[str, Any]


@router.get(
    "/audit",
    response=Page[AuditEventOut],
    operation_id="list_audit",
    summary="Who did or saw what, newest first",
)
def list_audit(request: Authed, params: Query[AuditQuery]) -> dict[str, Any]:
    """Only for administrators; that they looked is recorded as well. The cost of a page does not
    grow with the trail.
    """
    me = request.auth
    AuditEvent.looked(actor=me, action="audit-read", subject_type="user", subject_id=me.pk)
    meant = subjects_named(params.subject) if params.subject else None
    if meant and len(meant) > MOST_CALLED:
        raise Invalid({"subject": _("Too much is called like this. Write more of it.")})
    rows = AuditEvent.objects.found(
        actors=[params.actor] if params.actor else None,
        action=params.action,
        subjects=meant,
        begins=params.begins,
        ends=params.ends,
    )
    return page_of(rows, "-at", params, lambda event: event)
