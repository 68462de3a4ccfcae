"""Example posts for tests, made by the verbs of editors."""

import io
import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ambassadors.models import Campaign, ExamplePost
from ambassadors.models.example_post_content import Words
from server import uploads
from server.accounts.models import User
from tests.clients import photo
from tests.factories import make_person


def make_editor(name: str = "Noor Mulder", **fields: Any) -> User:
    return make_person(name, roles=["editor"], **fields)


def make_campaign(slug: str = "warmte", **facts: Any) -> Campaign:
    names = {"name_nl": slug.capitalize(), "name_en": f"{slug.capitalize()} (en)"}
    return Campaign.objects.get_or_create(slug=slug, defaults={**names, **facts})[0]


def draft(
    by: User | None = None,
    words: list[Words] | None = None,
    *,
    with_image: bool = False,
    **facts: Any,
) -> ExamplePost:
    """A post that an editor began: a text for LinkedIn, unless `words` are given."""
    given = {
        "campaign": facts.pop("campaign", None) or make_campaign(),
        "title_nl": "Onze monteurs in de regen",
        **facts,
    }
    said = [Words("linkedin", "nl", "Trots op de collega's buiten.")] if words is None else words
    post = ExamplePost.begin(by=by or make_editor(), id=uuid.uuid4(), words=said, **given)
    if with_image:
        upload = uploads.clean("bus.png", io.BytesIO(photo()), None)
        post.add_image(
            upload, by=post.owner, id=uuid.uuid4(), alt_nl="Een blauwe bus", alt_en="A blue bus"
        )
    return post


def approved(by: User | None = None, **facts: Any) -> ExamplePost:
    """A post that a second editor approved; it has no moment yet."""
    post = draft(by, **facts)
    post.ask_review(by=post.owner)
    post.approve(by=make_editor("Bram Kuipers"))
    return post


def planned(in_: timedelta = timedelta(days=1), **facts: Any) -> ExamplePost:
    """An approved post that comes out later."""
    post = approved(**facts)
    post.plan(by=post.owner, publish_at=timezone.now() + in_)
    return post


def published(**facts: Any) -> ExamplePost:
    """A post that employees have since this moment."""
    post = approved(**facts)
    post.plan(by=post.owner, publish_at=timezone.now())
    return post
