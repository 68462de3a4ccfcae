"""Who hears of example posts: what is put in the outbox, and how a new one is told to many.

A kind says what happened and nothing of what a post says: the words are looked up when they are
read (ambassadors/post_letters.py), and by then it may be under embargo again.
"""

import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING

from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import RoleName, User

if TYPE_CHECKING:
    from ambassadors.models.example_post_base import PostBase
    from ambassadors.models.example_post_review import Reviewing
    from ambassadors.models.example_post_suggestion import PostSuggestion

PUBLISHED = "post.published"
REVIEW_ASKED = "post.review-asked"
APPROVED = "post.approved"
CHANGES = "post.changes-asked"
COMMENTED = "post.commented"
GOES_SOON = "post.goes-soon"
GONE = "post.gone"
SUGGESTION_TAKEN = "suggestion.taken"
SUGGESTION_DECLINED = "suggestion.declined"
SUGGESTION_OUT = "suggestion.published"


def review_asked(post: "Reviewing", entry: uuid.UUID, by: User) -> None:
    """Every editor who could approve it; who wrote in it can't."""
    writers = post.written_by()
    _tell(REVIEW_ASKED, post.pk, entry, (user for user in editors() if user.pk not in writers))


def reviewed(post: "Reviewing", entry: uuid.UUID, by: User, *, approved: bool) -> None:
    _tell(APPROVED if approved else CHANGES, post.pk, entry, _involved(post, by))


def commented(post: "Reviewing", entry: uuid.UUID, by: User) -> None:
    _tell(COMMENTED, post.pk, entry, _involved(post, by))


def goes_soon(post: "PostBase") -> None:
    _tell(GOES_SOON, post.pk, uuid.uuid4(), _keepers(post))


def gone(post: "PostBase") -> None:
    _tell(GONE, post.pk, uuid.uuid4(), _keepers(post))


def suggestion_decided(suggestion: "PostSuggestion") -> None:
    taken = suggestion.post_id is not None
    kind = SUGGESTION_TAKEN if taken else SUGGESTION_DECLINED
    _tell(kind, suggestion.pk, suggestion.pk, [suggestion.by])


def suggestion_out(post: "PostBase", suggestion: "PostSuggestion") -> None:
    """Whose idea it was hears that employees have it; once, with the first who hear of the post."""
    if suggestion.by.is_active:
        _tell(SUGGESTION_OUT, post.pk, suggestion.pk, [suggestion.by])


def editors() -> list[User]:
    """Who works at posts: the editors of today."""
    rows = User.objects.filter(is_active=True, role_rows__name=RoleName.EDITOR)
    return list(rows.order_by("pk"))


def _keepers(post: "PostBase") -> list[User]:
    """The owner; where they left, every editor."""
    there = editors()
    return [user for user in there if user.pk == post.owner_id] or there


def _involved(post: "Reviewing", but: User) -> list[User]:
    """The owner and who wrote in it, without who did this themselves."""
    ids = {post.owner_id, *post.versions.values_list("by", flat=True)} - {but.pk}
    return list(User.objects.filter(pk__in=ids, is_active=True).order_by("pk"))


def _tell(kind: str, subject: uuid.UUID, entry: uuid.UUID, users: Iterable[User]) -> None:
    outbox.put([Message(kind, ToUser(user), subject, entry) for user in users])
