"""Who hears of approved answers; a kind says what happened and nothing of what an answer says."""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ambassadors.post_news import editors
from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import User

if TYPE_CHECKING:
    from ambassadors.models.approved_answer import ApprovedAnswer

REVIEW_ASKED = "answer.review-asked"
APPROVED = "answer.approved"
CHANGES = "answer.changes-asked"
GOES_SOON = "answer.goes-soon"
GONE = "answer.gone"

_KINDS = {"asked": REVIEW_ASKED, "approved": APPROVED, "changes": CHANGES}


def reviewed(answer: "ApprovedAnswer", entry: uuid.UUID, by: User, verdict: str) -> None:
    """Asked: every editor who could approve it, so who did not write in it. Judged: its owner and
    who wrote in it, without who judged.
    """
    if verdict == "asked":
        writers = answer.written_by()
        people = [user for user in editors() if user.pk not in writers]
    else:
        ids = {answer.owner_id, *answer.versions.values_list("by", flat=True)} - {by.pk}
        people = list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))
    _tell(_KINDS[verdict], answer.pk, entry, people)


def goes_soon(answer: "ApprovedAnswer") -> None:
    _tell(GOES_SOON, answer.pk, uuid.uuid4(), _keepers(answer))


def gone(answer: "ApprovedAnswer") -> None:
    _tell(GONE, answer.pk, uuid.uuid4(), _keepers(answer))


def _keepers(answer: "ApprovedAnswer") -> list[User]:
    """The owner, while they work at it; else every editor."""
    owner = answer.owner
    at_it = owner.is_active and answer.written_by_leave_of(owner)
    return [owner] if at_it else editors()


def _tell(kind: str, subject: uuid.UUID, entry: uuid.UUID, users: Iterable[User]) -> None:
    outbox.put([Message(kind, ToUser(user), subject, entry) for user in users])
