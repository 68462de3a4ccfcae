"""What works: figures per example post and network, of nobody, for editors."""

from typing import Any

from django.db.models import Count, Sum

from ambassadors.models.click import ClickDay
from ambassadors.models.example_post import ExamplePost
from ambassadors.models.share import Share
from server.accounts.models import User

# A figure about fewer people would say something of one of them.
GROUP = 5


def results(reader: User) -> list[dict[str, Any]]:
    """A row per post and network on which it was shared, the most opened first.

    Clicks come from the days, so they cost by posts and days, however many there were.
    """
    shared = Share.objects.values("post_id", "network").annotate(
        people=Count("user", distinct=True), opened=Count("pk"), confirmed=Count("confirmed_at")
    )
    clicked = {
        (row["post_id"], row["network"]): {"raw": row["raws"], "human": row["humans"]}
        for row in ClickDay.objects.values("post_id", "network").annotate(
            raws=Sum("raw"), humans=Sum("human")
        )
    }
    rows = list(shared)
    posts = ExamplePost.objects.select_related("campaign").in_bulk([r["post_id"] for r in rows])
    found = []
    for row in rows:
        post, enough = posts[row["post_id"]], row["people"] >= GROUP
        clicks = clicked.get((post.pk, row["network"]), {"raw": 0, "human": 0})
        found.append(
            {
                "post": post.pk,
                "title": post.title_in(reader.language),
                "campaign": post.campaign.name,
                "network": row["network"],
                "opened": row["opened"] if enough else None,
                "confirmed": row["confirmed"] if enough else None,
                "clicks": clicks if enough else None,
            }
        )
    # What has no figures is in the order of its title: its place tells nothing either.
    return sorted(
        found,
        key=lambda row: (
            row["opened"] is None,
            -(row["opened"] or 0),
            row["title"],
            row["network"],
        ),
    )
