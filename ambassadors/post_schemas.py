"""Example posts and suggestions as they come in and go out.

An employee gets one variant per network, the one whose turn it is; the others are for colleagues.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from ninja import Schema
from pydantic import ConfigDict, Field

from ambassadors.models import ExamplePost, PostAdvice, PostSuggestion, PostText
from ambassadors.models.example_post_base import ExamplePostQuerySet
from server import disclosure
from server.accounts.models import User
from server.fields import Key, Strict, Text
from server.networks import RULES, Network, NetworkName
from server.paging import PageQuery


class PostsQuery(PageQuery):
    topic: Key | None = Field(None, max_length=60, description="Slug of a topic or campaign.")
    network: NetworkName | None = None
    q: Key | None = Field(None, max_length=80, description="Words of a title or a text.")

    def rows(self) -> ExamplePostQuerySet:
        """What may be seen now. An unknown topic and one under embargo answer the same: nothing."""
        rows = ExamplePost.objects.visible()
        if self.topic:
            rows = rows.filter(campaign__slug=self.topic)
        if self.network:
            rows = rows.on(self.network)
        if self.q and self.q.strip():
            rows = rows.saying(self.q.strip())
        return rows.to_show()


class PostTopicOut(Schema):
    slug: str
    name: str
    kind: Literal["topic", "campaign"]
    begins_on: date | None = Field(None, description="Of a campaign that has a first day.")
    ends_on: date | None = None


class PostTextOut(Schema):
    """The words for one network, opening included. `limit` is null where there is none."""

    network: NetworkName
    network_label: str
    language: Literal["nl", "en"]
    text: str = Field(description="Begins with the disclosure; that counts in `length`.")
    length: int = Field(
        description="As the network counts it, with a short link where there is one."
    )
    limit: int | None


class PostAdviceOut(Schema):
    text: str
    reason: str
    risk: Literal["green", "amber", "red"]
    risk_label: str


class PostImageOut(Schema):
    id: UUID
    alt: str
    url: str


class CreditOut(Schema):
    first_name: str


class ExamplePostOut(Schema):
    id: UUID
    title: str
    topic: PostTopicOut
    disclosure: str = Field(
        description="With what every post begins; #adv where there is a reward."
    )
    rewarded: bool
    link: str | None
    texts: list[PostTextOut]
    dos: list[PostAdviceOut]
    donts: list[PostAdviceOut]
    images: list[PostImageOut]
    published_at: datetime
    valid_until: datetime | None
    credit: CreditOut | None = Field(description="Whose idea it was, where they wanted that said.")


class SuggestionIn(Strict):
    """A text that I would like to see among the examples, without the opening."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "7d4b5c1e-2c9e-4f0e-9a52-0d5e0b7f1e11",
                "network": "linkedin",
                "text": "Vandaag mocht ik mee met een monteur.",
                "why": "Klanten vragen mij vaak wat een monteur doet.",
                "credit": True,
            }
        },
    )
    id: UUID
    network: NetworkName
    text: Text = Field(max_length=3000)
    why: Text | None = Field(None, max_length=1000)
    language: Literal["nl", "en"] | None = Field(None, description="Mine where it is left out.")
    credit: bool = Field(False, description="My first name may stand with it.")


class SuggestionOut(Schema):
    id: UUID
    network: NetworkName
    language: Literal["nl", "en"]
    text: str
    why: str | None
    credit: bool
    state: Literal["waiting", "taken", "declined"]
    state_label: str
    reason: str | None = Field(description="Why it was declined.")
    created_at: datetime
    decided_at: datetime | None
    post_id: UUID | None = Field(description="What became of it, once everybody may see that.")


def post_out(post: ExamplePost, reader: User) -> dict[str, Any]:
    """A post as its reader gets it; `to_show` read all that is needed."""
    language = post.language_for(reader.language)
    advice = {
        kind: [advice_out(row, language) for row in post.advice.all() if row.kind == kind]
        for kind in ("do", "dont")
    }
    credit = post.credit if post.credit and post.credit.is_active else None
    return {
        "id": post.pk,
        "title": post.title_in(language),
        "topic": post.campaign.facts(),
        "disclosure": disclosure.opening(language, rewarded=post.rewarded),
        "rewarded": post.rewarded,
        "link": post.link or None,
        "texts": [text_out(post, text) for text in post.texts_for(reader).values()],
        "dos": advice["do"],
        "donts": advice["dont"],
        "images": [image_out(post, image, language) for image in post.images.all()],
        "published_at": post.publish_at,
        "valid_until": post.valid_until,
        "credit": {"first_name": credit.first_name} if credit else None,
    }


def text_out(post: ExamplePost, text: PostText) -> dict[str, Any]:
    whole, rules = post.whole(text), RULES[text.network]
    link = disclosure.link_of_that_length() if post.link else ""
    return {
        "network": text.network,
        "network_label": Network(text.network).label,
        "language": text.language,
        "text": whole,
        "length": rules.length(whole, link),
        "limit": rules.limit,
    }


def advice_out(row: PostAdvice, language: str) -> dict[str, str]:
    english = language == "en" and row.text_en
    return {
        "text": row.text_en if english else row.text_nl,
        "reason": row.reason_en if english else row.reason_nl,
        "risk": row.risk,
        "risk_label": row.get_risk_display(),
    }


def image_out(post: ExamplePost, image: Any, language: str) -> dict[str, Any]:
    alt = (image.alt_en if language == "en" else "") or image.alt_nl
    return {
        "id": image.pk,
        "alt": alt,
        "url": f"{settings.BASE_URL}/api/v1/example-posts/{post.pk}/images/{image.pk}",
    }


def suggestion_out(row: PostSuggestion, visible: Mapping[UUID, Any]) -> dict[str, Any]:
    """`visible` are the posts that employees may know of."""
    return {
        "id": row.pk,
        "network": row.network,
        "language": row.language,
        "text": row.text,
        "why": row.why or None,
        "credit": row.credit,
        "state": row.state,
        "state_label": row.get_state_display(),
        "reason": row.reason or None,
        "created_at": row.created_at,
        "decided_at": row.decided_at,
        "post_id": row.post_id if row.post_id in visible else None,
    }
