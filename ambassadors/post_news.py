"""Who hears of example posts, besides of their review (review_news.py).

A kind says what happened and nothing of what a post says: the words are looked up when they are
read (ambassadors/post_letters.py), and by then it may be under embargo again.
"""

import uuid
from typing import TYPE_CHECKING

from ambassadors.review_news import involved, tell
from notifications import outbox
from notifications.models import Notification
from notifications.outbox import Message, ToUser
from server.accounts.models import User

if TYPE_CHECKING:
    from ambassadors.models.example_post_base import PostBase
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


def commented(post: "PostBase", entry: uuid.UUID, by: User) -> None:
    tell(COMMENTED, post.pk, entry, involved(post, by))


def suggestion_decided(suggestion: "PostSuggestion") -> None:
    taken = suggestion.post_id is not None
    kind = SUGGESTION_TAKEN if taken else SUGGESTION_DECLINED
    tell(kind, suggestion.pk, suggestion.pk, [suggestion.by])


def suggestion_out(post: "PostBase", suggestion: "PostSuggestion") -> None:
    """Whose idea it was hears that employees have it, with the first who hear of the post; once,
    also where it comes out anew.
    """
    message = Message(SUGGESTION_OUT, ToUser(suggestion.by), post.pk, suggestion.pk)
    told = Notification.objects.filter(dedupe_key=message.dedupe_key)
    if suggestion.by.is_active and not told.exists():
        outbox.put([message])
