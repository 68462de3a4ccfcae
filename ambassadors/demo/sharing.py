"""What the demo company's ambassadors shared, what they say of it, and who clicked on it."""

import hashlib
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.utils import timezone

from ambassadors import sharing
from ambassadors.demo.past import in_month, people
from ambassadors.demo.posts import post_id
from ambassadors.demo.story import Shared, shares
from ambassadors.models import Click, ClickDay, ClickMark, ExamplePost, OwnPost, OwnPostKind, Share
from server.accounts.models import User

# How long somebody takes from the network back to the app.
_BACK = timedelta(minutes=4)
_ROBOTS = ("LinkedInBot", "facebookexternalhit", "Slackbot")


def seed() -> str:
    """Every share of the story that is not there yet, and the clicks on each."""
    there = people()
    posts = {post.pk: post for post in ExamplePost.objects.select_related("campaign").to_show()}
    clicks: list[Click] = []
    made = 0
    for place, each in enumerate(shares()):
        person, id = there.get(each.who), post_id(f"share-{place}")
        if person is None:
            continue
        if each.post in OwnPostKind.values:
            made += _tell(each, person, id)
            continue
        post = posts.get(post_id(each.post))
        if post is None or Share.objects.filter(pk=id).exists():
            continue
        share, _remarks, _new = sharing.take(
            by=person, id=id, post=post, network=each.network, text=None
        )
        opened = in_month(*each.at)
        if each.confirmed:
            share.confirm()
        Share.objects.filter(pk=id).update(
            opened_at=opened, confirmed_at=opened + _BACK if each.confirmed else None
        )
        if post.link:
            clicks += _clicks(share, opened, people=each.confirmed)
        made += 1
    if made:
        ClickDay.count(clicks)
        # What is forgotten by now was forgotten here too.
        ClickMark.forget_old()
        Share.forget_texts()
    return f"{made} times that something was shared, {len(clicks)} clicks" if made else ""


def _tell(each: Shared, person: User, id: uuid.UUID) -> int:
    made, new = OwnPost.tell(by=person, id=id, kind=each.post, network=each.network, permalink="")
    if new:
        OwnPost.objects.filter(pk=made.pk).update(posted_at=in_month(*each.at))
    return int(new)


def _clicks(share: Share, opened: datetime, *, people: bool) -> Iterator[Click]:
    """Programs come at once, people over some days and some of them twice; never in the future."""
    number = hashlib.sha256(share.pk.bytes).digest()

    def click(after: timedelta, robot: str, mark: str) -> Click:
        at = min(opened + after, timezone.now())
        return Click(share.pk, share.post_id, share.network, at, robot, mark)

    for nth in range(2 + number[0] % 3):
        yield click(timedelta(seconds=3 + nth), _ROBOTS[nth % len(_ROBOTS)], uuid.uuid4().hex)
    if not people:
        return
    for nth in range(3 + number[1] % 14):
        mark = uuid.uuid4().hex
        after = timedelta(hours=1 + nth * nth / 2)
        yield click(after, "", mark)
        if number[2 + nth] % 4 == 0:
            yield click(after + timedelta(minutes=1), "", mark)
