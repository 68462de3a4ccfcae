"""The board of people: by name, for each other, where the company may and they want it."""

from collections import Counter
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from ambassadors.models.ambassador import BoardOptIn, OptIn
from ambassadors.models.headcount import after, begin
from ambassadors.models.own_post import OwnPost
from ambassadors.models.privacy import Consent
from ambassadors.models.share import Share
from server.accounts.models import User

MOST, MANY = 20, 200


def on_board() -> "QuerySet[User]":
    """Who is on it now: by consent, by their own choice, and only while they take part."""
    mine = {"user": OuterRef("pk"), "ends_at": None}
    people = User.objects.filter(
        Exists(BoardOptIn.objects.filter(**mine)),
        Exists(OptIn.objects.filter(**mine)),
        is_active=True,
    )
    return people if Consent.in_force() else people.none()


def people_of(month: date, *, reader: User) -> list[dict[str, Any]] | None:
    """Those of the board who did most in this month; None for who is not on it.

    Who did nothing is not listed, and equals share a place.
    """
    board = on_board()
    if not board.filter(pk=reader.pk).exists():
        return None
    most = _most_active(month)
    names = dict(board.filter(pk__in=[person for person, _count in most]).values_list("pk", "name"))
    listed = sorted(
        ((count, names[person]) for person, count in most if person in names),
        key=lambda row: (-row[0], row[1]),
    )[:MOST]
    counts = [count for count, _name in listed]
    return [
        {"rank": counts.index(count) + 1, "name": name, "confirmed": count}
        for count, name in listed
    ]


def _most_active(month: date) -> list[tuple[UUID, int]]:
    """Of those who chose the board, who did most: more than are shown, as some may not be on it.

    What they did since they chose it, and since the consent was recorded: what was done before
    was done unseen. A yes to the board ends with taking part, so it is never the older of the two.

    Who is on it is asked of these few alone: of all it took most of the time in a large company.
    """
    since = Consent.since()
    if since is None:
        return []
    first, last = max(begin(month), since), min(begin(after(month)), timezone.now())
    done: Counter[UUID] = Counter()
    for rows, moment in ((Share.objects, "confirmed_at"), (OwnPost.objects, "posted_at")):
        chose = BoardOptIn.objects.filter(
            user=OuterRef("user"), ends_at=None, begins_at__lte=OuterRef(moment)
        )
        span = {f"{moment}__gte": first, f"{moment}__lt": last}
        done_seen = rows.filter(Exists(chose), **span)
        counted = done_seen.values_list("user").annotate(n=Count("*")).order_by()
        done.update(dict(counted))
    return sorted(done.items(), key=lambda row: (-row[1], row[0]))[:MANY]
