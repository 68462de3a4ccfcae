"""The board of people: by name, for each other, where the company may and they want it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet
from django.utils import timezone

from ambassadors.models.ambassador import BoardOptIn
from ambassadors.models.counts import certified_at
from ambassadors.models.headcount import after, begin, zone
from ambassadors.models.own_post import OwnPost
from ambassadors.models.privacy import Consent
from ambassadors.models.share import Share
from server import permalinks
from server.accounts.models import User

MOST, MANY = 20, 200
# For how many somebody counts in a day at most.
A_DAY = 5


def on_board() -> "QuerySet[User]":
    """Who is on it now: by consent, by their own choice, and only while they are certified."""
    chose = BoardOptIn.objects.filter(user=OuterRef("pk"), ends_at=None)
    people = User.objects.filter(Exists(chose), certified_at(timezone.now(), "pk"), is_active=True)
    return people if Consent.in_force() else people.none()


def people_of(month: date, *, reader: User) -> list[dict[str, Any]] | None:
    """Those of the board who did most in this month; None for who is not on it.

    Who did nothing is not listed, and equals share a place.
    """
    board = on_board()
    if not board.filter(pk=reader.pk).exists():
        return None
    since = Consent.since()
    if since is None:
        return []
    # What was done before the consent was recorded was done unseen.
    first, last = max(begin(month), since), min(begin(after(month)), timezone.now())
    listed: list[tuple[int, str]] = []
    # Nobody counts for more than they told of, so those who told most come first, and few are read.
    said = _told(first, last)
    for start in range(0, len(said), MANY):
        helping = said[start : start + MANY]
        if len(listed) >= MOST and listed[MOST - 1][0] >= helping[0][1]:
            break
        names = dict(
            board.filter(pk__in=[person for person, _n in helping]).values_list("pk", "name")
        )
        counts = _counted(names, first, last)
        listed += [(counts[person], name) for person, name in names.items() if counts[person]]
        listed.sort(key=lambda row: (-row[0], row[1]))
    counts_shown = [count for count, _name in listed[:MOST]]
    return [
        {"rank": counts_shown.index(count) + 1, "name": name, "told": count}
        for count, name in listed[:MOST]
    ]


def _of(first: datetime, last: datetime) -> "Iterator[tuple[str, QuerySet[Any]]]":
    """What people told of since they chose the board: a yes to it ends with taking part, so it is
    never the older of the two. With the name of its moment.
    """
    for rows, moment in ((Share.objects, "confirmed_at"), (OwnPost.objects, "posted_at")):
        chose = BoardOptIn.objects.filter(
            user=OuterRef("user"), ends_at=None, begins_at__lte=OuterRef(moment)
        )
        span = {f"{moment}__gte": first, f"{moment}__lt": last}
        yield moment, rows.filter(Exists(chose), **span)


def _told(first: datetime, last: datetime) -> list[tuple[UUID, int]]:
    """How often each told of something, most first: never less than it counts for."""
    told: Counter[UUID] = Counter()
    for _moment, rows in _of(first, last):
        told.update(dict(rows.values_list("user").annotate(n=Count("*")).order_by()))
    return sorted(told.items(), key=lambda row: (-row[1], row[0]))


def _counted(people: Collection[UUID], first: datetime, last: datetime) -> "Counter[UUID]":
    """For how many each of these counts.

    An address counts once, however it is written and wherever it is told. Without one, a share
    counts once a day per example post and network, an own post or answer once a day per network.
    And nobody counts for more than `A_DAY` a day: it is to be seen by colleagues, not to be won.
    """
    what: dict[UUID, dict[Any, date]] = defaultdict(dict)
    for moment, rows in _of(first, last):
        which = "post" if moment == "confirmed_at" else "kind"
        told = rows.filter(user__in=people).order_by(moment)
        for user, network, link, each, at in told.values_list(
            "user", "network", "permalink", which, moment
        ):
            day = timezone.localdate(at, zone())
            key = permalinks.bare(network, link) if link else (network, str(each), day)
            what[user][key] = min(day, what[user].get(key, day))
    found: Counter[UUID] = Counter()
    for user, keys in what.items():
        found[user] = sum(min(n, A_DAY) for n in Counter(keys.values()).values())
    return found
