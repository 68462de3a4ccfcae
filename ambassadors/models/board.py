"""The board of people: by name, for each other, where the company may and they want it."""

from collections import Counter
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from ambassadors.models.ambassador import BoardOptIn, OptIn
from ambassadors.models.headcount import after, begin
from ambassadors.models.own_post import OwnPost
from ambassadors.models.privacy import Consent
from ambassadors.models.share import Share
from server.accounts.models import User

MOST = 20


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
    first, last = begin(month), min(begin(after(month)), timezone.now())
    done: Counter[Any] = Counter()
    for rows, moment in ((Share.objects, "confirmed_at"), (OwnPost.objects, "posted_at")):
        span = {f"{moment}__gte": first, f"{moment}__lt": last, "user__in": board.values("pk")}
        counted = rows.filter(**span).values_list("user").annotate(n=Count("pk")).order_by()
        done.update(dict(counted))
    names = dict(board.filter(pk__in=done).values_list("pk", "name"))
    listed = sorted(done.items(), key=lambda item: (-item[1], names.get(item[0], "")))[:MOST]
    counts = [count for _person, count in listed]
    return [
        {"rank": counts.index(count) + 1, "name": names[person], "confirmed": count}
        for person, count in listed
        if person in names
    ]
