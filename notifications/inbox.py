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
from notifications.kinds import Letter
from notifications.models import ChangeKind, Notification
from notifications.models.feed import Changed
from server.accounts.models import User
from server.paging import PageQuery, page_of
from server.problems import NotFound


class SubjectOut(Schema):
    """What an item is about. `kind` is `request`, `example-post`, `suggestion`, `approved-answer`,
    `enrolment`, `certificate`, `policy` or `milestone`; more may come, so show one that you don't
    know by its words alone. `course` is the slug of the training that an enrolment or a certificate
    is of.
    """

    kind: str
    id: uuid.UUID
    course: str | None = None


class InboxOut(Schema):
    """One thing that was sent to me. `request_id` is the request that it is about, null where it is
    about something else; `subject` says what in both cases.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "c1e2f0aa-1f2a-4b5e-8d3e-4a9e9f3b7c10",
                "at": "2026-03-02T09:12:44Z",
                "kind": "employee.claimed",
                "title": "De vraag die je doorgaf, is in behandeling",
                "text": "Daan heeft hem nu.",
                "request_id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
                "subject": {
                    "kind": "request",
                    "id": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
                    "course": None,
                },
                "read_at": None,
            }
        }
    )
    id: uuid.UUID
    at: datetime
    kind: str
    title: str
    text: str
    request_id: uuid.UUID | None
    subject: SubjectOut
    read_at: datetime | None


def present(notifications: Sequence[Notification]) -> list[dict[str, Any]]:
    """Inbox items with their words; in as many queries for fifty as for one."""
    letters = kinds.compose(notifications, to_send=False)
    return [_item(row, letters.get(row.pk)) for row in notifications]


def _item(row: Notification, letter: Letter | None) -> dict[str, Any]:
    about = kinds.get(row.kind).about
    course = letter.data.get("course") if letter else None
    return {
        "id": row.pk,
        "at": row.created_at,
        "kind": row.kind,
        "title": letter.title if letter else "",
        "text": letter.text if letter else "",
        "request_id": row.subject_id if about == kinds.REQUEST else None,
        "subject": {"kind": about, "id": row.subject_id, "course": course},
        "read_at": row.read_at,
    }


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
