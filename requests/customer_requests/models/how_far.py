"""How far a word to all is: of many announcements at once, in a fixed number of queries."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.db.models import Count, F, Q, Subquery, Value, Window
from django.db.models.functions import Coalesce, RowNumber

from customer_requests.models.known_problem import Announced, Announcement, Outcome, ProblemLink

Progress = Mapping[str, int]


def how_far(said: Sequence[Announcement]) -> dict[uuid.UUID, Progress]:
    """Of each: requests by what came of them last, how many `heard` it whatever came of it since,
    and how many are `left`. One query.
    """
    none = dict.fromkeys([*Outcome.values, "heard", "left"], 0)
    counts: dict[uuid.UUID, dict[str, int]] = {each.pk: dict(none) for each in said}
    # What is tried again is among what is left.
    rows = Announced.objects.filter(announcement__in=counts).exclude(outcome=Outcome.AGAIN)
    grouped: Any = (
        rows.order_by()
        .values("announcement_id", "outcome")
        .annotate(
            n=Count("pk"),
            # What undoing puts back was written down where it was told, and only there.
            heard=Count("pk", filter=Q(before__isnull=False)),
            back=Count("pk", filter=Q(outcome=Outcome.TOLD, taken_back_at=None)),
        )
    )
    columns = ("outcome", "n", "heard", "back")
    found = grouped.values_list("announcement_id", *columns)
    if going := [each.pk for each in said if not each.undone_at and not each.finished_at]:
        found = found.union(_still_to_hear(going).values_list("pk", *columns), all=True)
    undoing = {each.pk for each in said if each.undone_at and not each.finished_at}
    for id, outcome, n, heard, back in found:
        mine = counts[id]
        mine[outcome] += n
        mine["heard"] += heard
        mine["left"] += back if id in undoing else 0
    return dict(counts)


def _still_to_hear(going: Collection[uuid.UUID]) -> Any:
    """As a row of what came of it: `left`, which is no outcome."""
    links = ProblemLink.to_hear().order_by()
    counted = links.values("problem").annotate(n=Count("pk")).values("n")
    return (
        Announcement.objects.filter(pk__in=going)
        .order_by()
        .annotate(
            outcome=Value("left"),
            n=Coalesce(Subquery(counted), 0),
            heard=Value(0),
            back=Value(0),
        )
    )


def failed_at(said: Collection[uuid.UUID], most: int) -> dict[uuid.UUID, list[str]]:
    """The references of the first requests of each where it failed; one query."""
    rows = Announced.objects.filter(announcement__in=said, outcome=Outcome.FAILED)
    place = Window(RowNumber(), partition_by=F("announcement"), order_by=F("pk").asc())
    first: Any = rows.annotate(place=place).filter(place__lte=most).order_by("pk")
    found: dict[uuid.UUID, list[str]] = {}
    for id, reference in first.values_list("announcement_id", "request__reference"):
        found.setdefault(id, []).append(reference)
    return found
