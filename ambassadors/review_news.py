"""Who hears of a review and of what goes; a kind says what happened and nothing of the words."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import RoleName, User

if TYPE_CHECKING:
    from ambassadors.models.reviewed import Reviewed

_KINDS = {"asked": "review-asked", "approved": "approved", "changes": "changes-asked"}


def reviewed(row: "Reviewed", entry: uuid.UUID, by: User, verdict: str) -> None:
    """Asked: every editor who could approve it, so who did not write in it. Judged: who is in it,
    without who judged.
    """
    if verdict == "asked":
        writers = row.written_by()
        people = [user for user in editors() if user.pk not in writers]
    else:
        people = involved(row, by)
    tell(f"{row.word}.{_KINDS[verdict]}", row.pk, entry, people)


def goes_soon(row: "Reviewed") -> None:
    tell(f"{row.word}.goes-soon", row.pk, uuid.uuid4(), _keepers(row))


def gone(row: "Reviewed") -> None:
    tell(f"{row.word}.gone", row.pk, uuid.uuid4(), _keepers(row))


def editors() -> list[User]:
    """The editors of today."""
    rows = User.objects.filter(is_active=True, role_rows__name=RoleName.EDITOR)
    return list(rows.order_by("pk"))


def involved(row: "Reviewed", but: User) -> list[User]:
    """The owner and who wrote in it, without who did this themselves."""
    ids = {row.owner_id, *row.versions.values_list("by", flat=True)} - {but.pk}
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))


def _keepers(row: "Reviewed") -> list[User]:
    """The owner, while they work at it; else every editor."""
    return [row.owner] if row.owner.is_active and row.owner_is_at_it else editors()


def tell(kind: str, subject: uuid.UUID, entry: uuid.UUID, users: Iterable[User]) -> None:
    outbox.put([Message(kind, ToUser(user), subject, entry) for user in users])
