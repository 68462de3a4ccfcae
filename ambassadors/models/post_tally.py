"""What became of each example post per network and variant: counted, or as it was counted last."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Count, Max, Sum
from django.utils import timezone

from ambassadors.models.click import ClickDay
from ambassadors.models.example_post import ExamplePost
from ambassadors.models.figures import counted_while_waiting
from ambassadors.models.share import Share

# What was begun before the last count may have been written after it.
OVERLAP = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many people shared, and the three levels of what they did; clicks raw and by people."""

    people: int = 0
    opened: int = 0
    confirmed: int = 0
    raw: int = 0
    human: int = 0


@dataclass(frozen=True, slots=True)
class PostTally:
    """One post on one network, and its variants by their print: "" for own words, None for those
    of which it was not written down.
    """

    whole: Tally
    variants: dict[str | None, Tally]


Tallies = dict[tuple[UUID, str], PostTally]


def tallies() -> Tallies:
    """By post and network; in a large company as they were stored."""
    return count() if counted_while_waiting() else PostCount.read()


def count(posts: Collection[UUID] | None = None) -> Tallies:
    """Counted now; of these posts alone where they are given. Clicks on a network come from the
    days, those of a variant from its shares.
    """
    shares, days = Share.objects.all(), ClickDay.objects.all()
    if posts is not None:
        shares, days = shares.filter(post__in=posts), days.filter(post__in=posts)
    clicked = {
        (post, network): (raw, human)
        for post, network, raw, human in days.values_list("post", "network")
        .annotate(raws=Sum("raw"), humans=Sum("human"))
        .order_by()
    }
    variants: dict[tuple[UUID, str], dict[str | None, Tally]] = defaultdict(dict)
    for post, network, variant, *numbers in _grouped(shares, "post", "network", "variant"):
        variants[post, network][variant] = Tally(*numbers)
    found: Tallies = {}
    for post, network, people, opened, confirmed, _raw, _human in _grouped(
        shares, "post", "network"
    ):
        raw, human = clicked.get((post, network), (0, 0))
        whole = Tally(people, opened, confirmed, raw, human)
        found[post, network] = PostTally(whole, variants[post, network])
    return found


def _grouped(shares: "models.QuerySet[Share]", *by: str) -> Any:
    return (
        shares.values_list(*by)
        .annotate(
            people=Count("user", distinct=True),
            all=Count("pk"),
            said=Count("confirmed_at"),
            raws=Sum("clicks_raw"),
            humans=Sum("clicks_human"),
        )
        .order_by()
    )


class PostCount(models.Model):
    """One post on one network as it was counted last, for a company too large to wait for.

    `variants` are lists: print, people, opened, confirmed, raw, human.
    """

    post = models.ForeignKey(ExamplePost, on_delete=models.CASCADE, related_name="+")
    network = models.CharField(max_length=12)
    counted_at = models.DateTimeField(db_index=True)
    whole: "models.JSONField[Any, Any]" = models.JSONField()
    variants: "models.JSONField[Any, Any]" = models.JSONField()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["post", "network"], name="post_count_once"),
        ]

    def __str__(self) -> str:
        return f"{self.post_id} {self.network}"

    @classmethod
    def read(cls) -> Tallies:
        rows = cls.objects.values_list("post", "network", "whole", "variants")
        return {
            (post, network): PostTally(
                Tally(*whole), {print_: Tally(*numbers) for print_, *numbers in variants}
            )
            for post, network, whole, variants in rows
        }

    @staticmethod
    def store() -> None:
        """Count anew what was shared, confirmed or clicked since the last time."""
        if counted_while_waiting():
            return
        now = timezone.now()
        last = PostCount.objects.aggregate(last=Max("counted_at"))["last"]
        found = count(None if last is None else _changed(last - OVERLAP))
        rows = [
            PostCount(
                post_id=post,
                network=network,
                counted_at=now,
                whole=astuple(row.whole),
                variants=[[print_, *astuple(tally)] for print_, tally in row.variants.items()],
            )
            # In one order, so that two workers that count at once don't wait for each other.
            for (post, network), row in sorted(found.items(), key=lambda each: each[0])
        ]
        PostCount.objects.bulk_create(
            rows,
            batch_size=500,
            update_conflicts=True,
            unique_fields=["post", "network"],
            update_fields=["counted_at", "whole", "variants"],
        )


def _changed(since: datetime) -> set[UUID]:
    """The posts of which something was counted since then."""
    # Two queries, for which there are two indexes; whoever left took the text, and counts the same.
    shares = (
        Share.objects.filter(opened_at__gte=since).exclude(text=""),
        Share.objects.filter(confirmed_at__gte=since),
    )
    found = {post for rows in shares for post in rows.values_list("post", flat=True).distinct()}
    days = ClickDay.objects.filter(day__gte=timezone.localdate(since))
    return found | set(days.values_list("post", flat=True).distinct())
