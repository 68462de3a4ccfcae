"""What was sent to me: the same whether or not a push arrived."""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from ninja import Schema
from pydantic import ConfigDict

from notifications import kinds, outbox
from notifications.models import ChangeKind, Notification
from notifications.models.feed import Changed
from server.accounts.models import User
from server.paging import PageQuery, page_of
from server.problems import NotFound


class InboxOut(Schema):
    """One thing that was sent to me. `request_id` is the request that it is about."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "c1e2f0aa-1f2a-4b5e-8d3e-4a9e9f3b7c10",
                "at": "2026-03-02T09:12:44Z",
                "kind": "employee.claimed",
                "title": "De vraag die je doorgaf, is in behandeling",
                "text": "Daan heeft hem nu.",
                "request_id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
                "read_at": None,
            }
        }
    )
    id: uuid.UUID
    at: datetime
    kind: str
    title: str
    text: str
    request_id: uuid.UUID
    read_at: datetime | None


def present(notifications: Sequence[Notification]) -> list[dict[str, Any]]:
    """Inbox items with their words; in as many queries for fifty as for one."""
    letters = kinds.compose(notifications, to_send=False)
    return [
        {
            "id": row.pk,
            "at": row.created_at,
            "kind": row.kind,
            "title": letters[row.pk].title if row.pk in letters else "",
            "text": letters[row.pk].text if row.pk in letters else "",
            "request_id": row.subject_id,
            "read_at": row.read_at,
        }
        for row in notifications
    ]


def page(user: User, params: PageQuery) -> dict[str, Any]:
    """One page of someone's inbox, newest first."""
    rows = Notification.objects.filter(user=user).exclude(kind__in=kinds.not_in_inbox())
    rows = rows.select_related("user")
    found = page_of(rows, "-created_at", params, lambda row: row)
    return {"items": present(found["items"]), "next": found["next"]}


@transaction.atomic(durable=True)
def read_up_to(user: User, notification_id: uuid.UUID) -> int:
    """Mark this item and everything before it as read; returns how many were not."""
    last = Notification.objects.filter(user=user, pk=notification_id).first()
    if last is None:
        raise NotFound
    earlier = Q(created_at__lt=last.created_at) | Q(created_at=last.created_at, id__lte=last.pk)
    unread = Notification.objects.filter(earlier, user=user, read_at=None)
    unread = unread.exclude(kind__in=kinds.not_in_inbox())
    # Under a lock and in one order, so that two phones that read at once don't count it twice.
    locked = unread.select_for_update(of=("self",)).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    Notification.objects.filter(pk__in=ids).update(read_at=timezone.now())
    outbox.put([], [Changed(user.pk, ChangeKind.INBOX, pk) for pk in ids])
    return len(ids)
