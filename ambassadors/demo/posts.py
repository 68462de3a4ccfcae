"""The demo company's example posts: with employees, taken back, under embargo, and to review."""

import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from ambassadors import post_clock
from ambassadors.demo.past import in_month, people, told
from ambassadors.demo.post_texts import (
    POSTS,
    RULES,
    SUGGESTIONS,
    TAKEN,
    TAKEN_OUT,
    TAKEN_TITLE,
    TAKEN_TOPIC,
    TOPICS,
    Post,
)
from ambassadors.demo.story import Moment
from ambassadors.models import Campaign, ExamplePost, PostSuggestion
from ambassadors.models.reviewed import KEPT_FOR
from server.accounts.models import User

# How long before it comes out a post is begun, and how long before that an idea is sent in.
_WRITING, _READING = timedelta(days=2), timedelta(days=3)


def post_id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://demo.example/example-posts/{name}")


def seed() -> str:
    """What is missing of the posts and suggestions; nothing where the people are not there."""
    there = people()
    noor, thijs = there.get("noor"), there.get("thijs.gerritsen")
    if noor is None or thijs is None or ExamplePost.objects.filter(pk=post_id("koffie")).exists():
        return ""
    topics = {
        slug: Campaign.objects.get_or_create(
            slug=slug, defaults={"kind": kind, "name_nl": dutch, "name_en": english}
        )[0]
        for slug, kind, dutch, english in TOPICS
    }
    if "sanne" in there:
        _suggest(there["sanne"], noor, thijs, topics[TAKEN_TOPIC])
    for post in POSTS:
        if not ExamplePost.objects.filter(pk=post_id(post.name)).exists():
            _make(post, topics[post.topic], noor, thijs)
    return f"{ExamplePost.objects.count()} example posts"


def _make(post: Post, topic: Campaign, noor: User, thijs: User) -> None:
    id = post_id(post.name)
    made = ExamplePost.begin(by=noor, id=id, advice=RULES, campaign=topic, **post.facts)
    if post.out is not None:
        _bring_out(made, post.out, noor, thijs)
        if post.gone is not None:
            made.retire(by=noor)
            ExamplePost.objects.filter(pk=id).update(updated_at=in_month(*post.gone))
        return
    if post.stands == "draft":
        return
    made.ask_review(by=noor)
    if post.stands == "review":
        made.comment(by=noor, id=uuid.uuid4(), text="Klopt de straat? Ik heb het van Gijs.")
        return
    made.approve(by=thijs, text="Mooi, en het mag zo.")
    embargo = (timezone.now() + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)
    ExamplePost.objects.filter(pk=id).update(embargo_until=embargo, publish_at=embargo)


def _bring_out(post: ExamplePost, moment: Moment, noor: User, thijs: User) -> None:
    """Reviewed, approved and planned by the verbs; then each of these at its own moment."""
    post.ask_review(by=noor)
    post.approve(by=thijs, text="Mooi, en het mag zo.")
    post.plan(by=noor, publish_at=timezone.now())
    post_clock.tell()
    out = in_month(*moment)
    begun, approved = out - _WRITING, out - _WRITING / 2
    ExamplePost.objects.filter(pk=post.pk).update(
        created_at=begun,
        updated_at=out,
        approved_at=approved,
        publish_at=out,
        told_at=out,
        retire_at=max(out + KEPT_FOR, timezone.now() + timedelta(days=20)),
    )
    post.versions.update(at=begun)
    post.reviews.update(at=approved)
    told([post.pk], out)


def _suggest(sanne: User, noor: User, thijs: User, topic: Campaign) -> None:
    """One became a post, one was declined, and one waits for an editor."""
    out = in_month(*TAKEN_OUT)
    for name, facts in SUGGESTIONS.items():
        id = post_id(name)
        row, new = PostSuggestion.suggest(by=sanne, id=id, **facts)
        if not new:
            continue
        if name == "idee":
            post = row.take_over(
                by=noor, post_id=post_id(TAKEN), campaign=topic, title_nl=TAKEN_TITLE
            )
            _bring_out(post, TAKEN_OUT, noor, thijs)
            _decided(row, out - _WRITING)
        elif name == "idee-2":
            row.decline(by=noor, reason="Dat is nog niet bekendgemaakt. Wel leuk geschreven!")
            _decided(row, out + _WRITING if out + _WRITING < timezone.now() else out)
        else:
            PostSuggestion.objects.filter(pk=id).update(created_at=timezone.now() - _READING)


def _decided(row: PostSuggestion, at: datetime) -> None:
    PostSuggestion.objects.filter(pk=row.pk).update(created_at=at - _READING, decided_at=at)
    told([row.pk], at)
