"""What the API takes and gives about sharing; a person's figures go to that person alone."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from ambassadors import intents
from ambassadors.checks import Checked, Remark
from ambassadors.models import OwnPost, Phrase, Share
from server.fields import Key, Line, Strict, Text
from server.networks import NetworkName

Address = Annotated[Key, Field(min_length=1, max_length=500)]
Why = Annotated[Key, Field(min_length=1, max_length=300)]
REMARK_EXAMPLE: JsonDict = {
    "code": "like-the-example",
    "level": "tip",
    "text": "Dit is bijna het voorbeeld. Met één zin van jezelf is het van jou.",
    "start": None,
    "end": None,
}


class RemarkOut(Schema):
    """`level` says how serious: `law` was put right for the writer, the others are advice.
    `start` and `end` are the part of the text, in characters, where it is about a part.
    """

    model_config = ConfigDict(json_schema_extra={"example": REMARK_EXAMPLE})
    code: str
    level: Literal["law", "forbidden", "careful", "tip"]
    text: str
    start: int | None
    end: int | None


class CheckIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {"network": "linkedin", "text": "Ik werk bij Voorbeeld. Kom je kijken?"}
        },
    )
    network: NetworkName
    text: Text


class CheckOut(Schema):
    """The text as it would be shared, how long that is there, and what there is to say of it."""

    text: str
    length: int
    limit: int | None = Field(description="null where nobody writes as much as it takes.")
    colleagues: int | None = Field(
        description="How many colleagues took nearly these words to a network, at most 100, "
        "whether or not they told that they stand there; null where they are fewer than the "
        "smallest group that is shown."
    )
    warnings: list[RemarkOut]


class ShareIn(Strict):
    """Without `text` the example goes as it is. `server` is one's own, for Mastodon."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "id": "5f1c2a8e-1c57-4a62-9a0b-3c8f0a4a7d11",
                "network": "linkedin",
                "text": "Ik werk bij Voorbeeld. Zaterdag doen wij de deuren open. Kom je kijken?",
            }
        },
    )
    id: UUID
    network: NetworkName
    text: Text | None = None
    server: Annotated[Key, Field(max_length=254)] | None = None


class ConfirmIn(Strict):
    """`permalink` is the address of the post on the network. It is never opened by us."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"state": "confirmed"}})
    state: Literal["confirmed"]
    permalink: Address | None = None


# Of results there are thousands in one answer, made as dicts, which pydantic reads by itself.
# Ninja's `Schema` reads each field of each in Python, and that took half of the answer's time.
class ClicksOut(BaseModel):
    """`human` are those that nothing gave away as a program's, each visitor once a day."""

    raw: int
    human: int


class ShareOut(Schema):
    """One share of mine. Three levels that are never mixed: opened, confirmed, clicks."""

    id: UUID
    post: UUID
    network: NetworkName
    state: Literal["opened", "confirmed"]
    text: str = Field(description="All that should stand there. Empty 90 days after it was opened.")
    intent_url: str | None = Field(
        description="Opens the network with the text, or with the link where it takes no text. "
        "null: use the phone's share sheet (Instagram, and Facebook where there is no link), or "
        "send `server` (Mastodon)."
    )
    carries_text: bool = Field(
        description="Whether `intent_url` brings the text; else put it on the clipboard first."
    )
    short_url: str | None = Field(description="null where the example post points at nothing.")
    permalink: str | None
    opened_at: datetime
    confirmed_at: datetime | None
    clicks: ClicksOut
    warnings: list[RemarkOut]


class OwnPostIn(Strict):
    """A post about the company in one's own words, or an answer to somebody in public."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "id": "0b9f5a06-7a38-4a3e-8f5e-3d2f6a1b9c20",
                "kind": "answer",
                "network": "bluesky",
                "permalink": "https://bsky.app/profile/sanne.example/post/3kabc",
            }
        },
    )
    id: UUID
    kind: Literal["post", "answer"] = "post"
    network: NetworkName
    permalink: Address | None = None


class OwnPostOut(Schema):
    id: UUID
    kind: Literal["post", "answer"]
    network: NetworkName
    permalink: str | None
    posted_at: datetime


class PhraseIn(Strict):
    """Found as whole words, whatever their capitals and accents; `*` at the end: any ending."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "text": "garander*",
                "risk": "forbidden",
                "reason_nl": "Wat jij belooft, moet het bedrijf waarmaken.",
                "reason_en": "What you promise the company has to live up to.",
            }
        },
    )
    text: Line
    risk: Literal["forbidden", "careful"]
    reason_nl: Why
    reason_en: Why


class PhraseOut(Schema):
    id: UUID
    text: str
    risk: Literal["forbidden", "careful"]
    reason: str = Field(description="In the reader's language.")
    reason_nl: str
    reason_en: str


class VariantResultOut(BaseModel):
    """What became of one variant. null: fewer people shared it than the smallest group that is
    shown (5, or what the company set), or one could work that out from the others. `kind`:
    `example` while the post says these words, `own` where people wrote their own, `earlier` for
    what the post does not say any more.
    """

    kind: Literal["example", "own", "earlier"]
    variant: int | None = Field(description="Counted from 1, per language.")
    language: Literal["nl", "en"] | None
    text: str | None = Field(description="The words, without the opening.")
    opened: int | None
    confirmed: int | None
    clicks: ClicksOut | None


class ResultOut(BaseModel):
    """What became of one example post on one network, where 5 people or more shared it."""

    post: UUID
    title: str
    campaign: str
    network: NetworkName
    opened: int
    confirmed: int
    clicks: ClicksOut
    variants: list[VariantResultOut] = Field(
        description="All that it says there, people's own words, and earlier words of 5 or more."
    )


def remarks_out(remarks: list[Remark]) -> list[dict[str, Any]]:
    return [
        {
            "code": remark.code,
            "level": remark.level,
            "text": remark.text,
            "start": remark.start,
            "end": remark.end,
        }
        for remark in remarks
    ]


def check_out(checked: Checked) -> dict[str, Any]:
    return {
        "text": checked.text,
        "length": checked.length,
        "limit": checked.limit,
        "colleagues": checked.colleagues,
        "warnings": remarks_out(checked.remarks),
    }


def share_out(
    share: Share, *, server: str = "", remarks: list[Remark] | None = None
) -> dict[str, Any]:
    link = share.short_url
    to_paste = intents.to_paste(share.text, share.network, link) if share.text else ""
    address = intents.address(share.text, share.network, link, server) if share.text else None
    return {
        "id": share.pk,
        "post": share.post_id,
        "network": share.network,
        "state": share.state,
        "text": to_paste,
        "intent_url": address,
        "carries_text": intents.carries_text(share.network),
        "short_url": link or None,
        "permalink": share.permalink or None,
        "opened_at": share.opened_at,
        "confirmed_at": share.confirmed_at,
        "clicks": {"raw": share.clicks_raw, "human": share.clicks_human},
        "warnings": remarks_out(remarks or []),
    }


def own_post_out(post: OwnPost) -> dict[str, Any]:
    return {
        "id": post.pk,
        "kind": post.kind,
        "network": post.network,
        "permalink": post.permalink or None,
        "posted_at": post.posted_at,
    }


def phrase_out(phrase: Phrase) -> dict[str, Any]:
    return {
        "id": phrase.pk,
        "text": phrase.text,
        "risk": phrase.risk,
        "reason": phrase.reason,
        "reason_nl": phrase.reason_nl,
        "reason_en": phrase.reason_en,
    }
