"""What happens to example posts and approved answers because time passes: posts are told of when
they come out, owners are warned, and what is stale retires.
"""

import logging
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from ambassadors import post_news
from ambassadors.models import ApprovedAnswer, ExamplePost, PostState, PostSuggestion, Reviewed
from ambassadors.models.review_history import Verdict
from ambassadors.models.reviewed import WARNED_BEFORE
from notifications import outbox, periodic
from notifications.models import Preferences
from notifications.outbox import Message, ToUser
from server.accounts.models import User

HELPING = 100
# Twenty thousand people hear within ten minutes, and neither the push service nor the server that
# their phones then ask gets all of them at once.
MOST_PER_RUN = 500
EVERY = timedelta(seconds=10)
SECONDS_PER_RUN = 5.0
REVIEWED: tuple[type[Reviewed], ...] = (ExamplePost, ApprovedAnswer)

logger = logging.getLogger(__name__)


def register() -> None:
    periodic.register("tell-of-posts", every=EVERY, run=tell)
    periodic.register("warn-of-stale-posts", every=timedelta(hours=1), run=warn)
    periodic.register("retire-stale-posts", every=timedelta(minutes=1), run=retire)


def tell() -> int:
    """Tell those who want it of what came out; returns how many people heard in this run."""
    until, told = time.monotonic() + SECONDS_PER_RUN, 0
    new = ExamplePost.objects.visible().filter(told_at=None).order_by("publish_at", "id")
    for pk in new.values_list("pk", flat=True):
        helping = HELPING
        while helping == HELPING and told < MOST_PER_RUN and time.monotonic() < until:
            helping = _tell_helping(pk)
            told += helping
    return told


@transaction.atomic
def _tell_helping(pk: UUID) -> int:
    """The next hundred, and how far we are, in one transaction: nobody is told twice or missed.

    The post is looked at again under its lock: an editor may just have taken it back.
    """
    rows = ExamplePost.objects.visible().filter(pk=pk, told_at=None)
    post = rows.select_for_update(of=("self",)).first()
    if post is None:
        return 0
    idea = PostSuggestion.objects.filter(post=pk).select_related("by").first()
    if idea is not None and post.told_after is None:
        post_news.suggestion_out(post, idea)
    others = wanting(post.told_after)
    if idea is not None:
        others = others.exclude(pk=idea.by_id)  # they have heard already, in other words
    people = list(others[:HELPING])
    # By its approval: what was retired and comes out anew is news again to who heard of it before.
    approvals = post.reviews.filter(verdict=Verdict.APPROVED).order_by("-at")
    entry = approvals.values_list("pk", flat=True).first() or pk
    outbox.put([Message(post_news.PUBLISHED, ToUser(user), pk, entry) for user in people])
    if len(people) < HELPING:
        post.told_at = timezone.now()
    else:
        post.told_after = people[-1].pk
    post.save(update_fields=["told_at", "told_after"])
    return len(people)


def wanting(after: UUID | None = None) -> "QuerySet[User]":
    """Who chose to hear of new example posts, in the order in which they hear."""
    chosen: Any = Q()
    for channel in ("push", "email"):
        chosen |= Q(**{f"kinds__{post_news.PUBLISHED}__{channel}": True})
    people = Preferences.objects.filter(chosen).values("user")
    rows = User.objects.filter(pk__in=people, is_active=True).order_by("pk")
    return rows.filter(pk__gt=after) if after else rows


def warn() -> int:
    """Tell owners of what goes within two weeks; returns how many."""
    now = timezone.now()
    soon = Q(warned_at=None, retire_at__gt=now, retire_at__lte=now + WARNED_BEFORE)
    return sum(_each(model, soon, model.warn) for model in REVIEWED)


def retire() -> int:
    """Retire what is over; returns how many."""
    over = Q(retire_at__lte=timezone.now())
    return sum(_each(model, over, model.retire_stale) for model in REVIEWED)


def _each(model: type[Reviewed], which: Q, do: Callable[[Any], bool]) -> int:
    """Do it to each that is approved; one that fails is logged and does not hold up the others."""
    approved = model._base_manager.filter(which, state=PostState.APPROVED)
    done = 0
    for row in approved.order_by("retire_at")[:HELPING]:
        try:
            done += do(row)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("the clock failed on what goes stale", extra={"id": str(row.pk)})
    return done
