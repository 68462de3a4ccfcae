"""What an app fetches when it comes back on line: everything of mine that changed, in order."""

from typing import Any, Literal
from uuid import UUID

from ninja import Schema

from customer_requests.models import ActorRole, CustomerRequest, Entry
from customer_requests.schemas import RequestOut, TimelineOut, entry_out, request_out
from notifications import inbox
from notifications.inbox import InboxOut
from notifications.models import Change, ChangeKind, Notification
from server.accounts.models import User
from server.problems import BadCursor


class TimelineChange(TimelineOut):
    request_id: UUID


class ChangeOut(Schema):
    """One object as it is now; `data` is null where it is gone (`deleted`)."""

    kind: Literal["request", "timeline", "inbox"]
    id: UUID
    deleted: bool
    data: RequestOut | TimelineChange | InboxOut | None


class ChangesOut(Schema):
    """`cursor` goes into the next call as `since`; call again at once while `more` is true."""

    items: list[ChangeOut]
    cursor: str
    more: bool


def changes(user: User, since: str | None, limit: int) -> dict[str, Any]:
    """The changes after `since`, oldest first, in a fixed number of queries.

    An object that changed twice comes once, as it is now. Numbers are handed out under a lock that
    lasts until the commit, so a cursor never passes a change that is still being written.
    """
    after = _number(since)
    rows = list(Change.objects.filter(user=user, number__gt=after).order_by("number")[: limit + 1])
    shown, more = rows[:limit], len(rows) > limit
    data = _data(user, shown)
    return {
        "items": [
            {
                "kind": row.kind,
                "id": row.object_id,
                "deleted": row.deleted or row.object_id not in data,
                "data": None if row.deleted else data.get(row.object_id),
            }
            for row in shown
        ],
        "cursor": str(shown[-1].number if shown else after),
        "more": more,
    }


def _number(since: str | None) -> int:
    if not since:
        return 0
    if not (since.isascii() and since.isdigit() and len(since) <= 18):
        raise BadCursor
    return int(since)


def _data(user: User, rows: list[Change]) -> dict[UUID, dict[str, Any]]:
    ids: dict[str, list[UUID]] = {kind: [] for kind in ChangeKind.values}
    for row in rows:
        if not row.deleted:
            ids[row.kind].append(row.object_id)
    found: dict[UUID, dict[str, Any]] = {}
    if ids[ChangeKind.REQUEST]:
        mine = CustomerRequest.objects.visible_to(user).to_show()
        found |= {row.pk: request_out(row) for row in mine.filter(pk__in=ids[ChangeKind.REQUEST])}
    if ids[ChangeKind.TIMELINE]:
        theirs = Entry.objects.filter(pk__in=ids[ChangeKind.TIMELINE], request__employee=user)
        entries = theirs.to_read().select_related("actor", "step", "request")
        found |= {
            entry.pk: {
                **entry_out(entry.request, entry, ActorRole.EMPLOYEE),
                "request_id": entry.request_id,
            }
            for entry in entries
            if entry.request.employee_may_read(entry)
        }
    if ids[ChangeKind.INBOX]:
        inbox_rows = Notification.objects.filter(user=user, pk__in=ids[ChangeKind.INBOX])
        shown = inbox.present(list(inbox_rows.select_related("user")))
        found |= {item["id"]: item for item in shown}
    return found
