"""Approved answers as ambassadors read and use them; who used what goes to that person alone."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from ambassadors.checks import Remark
from ambassadors.models import AnswerUse, ApprovedAnswer
from ambassadors.models.approved_answer_base import ApprovedAnswerQuerySet
from ambassadors.post_schemas import PostTopicOut
from ambassadors.sharing_schemas import Address, CheckIn, ConfirmIn, RemarkOut, remarks_out
from server import disclosure
from server.accounts.models import User
from server.fields import Key, Strict, Text
from server.networks import NetworkName
from server.paging import PageQuery

Language = Literal["nl", "en"]


class AnswersQuery(PageQuery):
    topic: Key | None = Field(None, max_length=60, description="Slug of a topic or campaign.")
    q: Key | None = Field(None, max_length=80, description="Words of the question or the answer.")

    def rows(self) -> ApprovedAnswerQuerySet:
        """What may be seen now. An unknown topic and one under embargo answer the same: nothing."""
        rows: ApprovedAnswerQuerySet = ApprovedAnswer.objects.visible()
        if self.topic:
            rows = rows.filter(campaign__slug=self.topic)
        if self.q and self.q.strip():
            rows = rows.saying(self.q.strip())
        return rows.select_related("campaign")


class FitOut(Schema):
    """Whether the answer fits there as it is, with the opening; `limit` is null where none is."""

    network: NetworkName
    network_label: str
    length: int
    limit: int | None
    fits: bool


class ApprovedAnswerOut(Schema):
    """An answer that was looked at, in the reader's language where it is in that."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "5a0c6f0e-6f0b-4a57-8d2a-6a8e6f4a7c31",
                "question": "Waarom ligt glasvezel eruit als er gegraven wordt?",
                "text": "Ik werk bij Voorbeeld.\n\nDan is er vaak een kabel geraakt.",
                "language": "nl",
                "languages": ["nl"],
                "topic": {"slug": "glasvezel", "name": "Glasvezel", "kind": "topic"},
                "disclosure": "Ik werk bij Voorbeeld.",
                "networks": [
                    {
                        "network": "x",
                        "network_label": "X",
                        "length": 58,
                        "limit": 280,
                        "fits": True,
                    }
                ],
                "approved_at": "2026-11-02T09:00:00Z",
                "valid_until": None,
                "version": 3,
            }
        }
    )
    id: UUID
    question: str
    text: str = Field(description="Begins with the disclosure; that counts in each `length`.")
    language: Language
    languages: list[Language]
    topic: PostTopicOut
    disclosure: str
    networks: list[FitOut]
    approved_at: datetime
    valid_until: datetime | None
    version: int


class AnswerCheckIn(CheckIn):
    model_config = ConfigDict(
        json_schema_extra={"example": {"network": "x", "text": "Dan is er een kabel geraakt."}},
    )
    language: Language | None = Field(None, description="Of the text; mine where it is left out.")


class UseIn(Strict):
    """Without `text` the answer goes as it is. With `permalink` it stands there already."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "id": "9d2b7a54-0d0a-4b0b-9c53-8f2f2a9b6d42",
                "network": "x",
                "permalink": "https://x.com/sanne/status/1860000000000000000",
            }
        },
    )
    id: UUID
    network: NetworkName
    text: Text | None = None
    language: Language | None = Field(None, description="To answer in; mine where left out.")
    permalink: Address | None = None


class UseConfirmIn(ConfirmIn):
    """`permalink` is the address of the answer on the network. It is never opened by us."""


class UseOut(Schema):
    """One use of mine. It counts as an answer in public once it is confirmed."""

    id: UUID
    answer: UUID
    network: NetworkName
    state: Literal["taken", "confirmed"]
    text: str = Field(description="All that should stand there. Empty 90 days after it was taken.")
    permalink: str | None
    taken_at: datetime
    confirmed_at: datetime | None
    warnings: list[RemarkOut]


def answer_out(answer: ApprovedAnswer, reader: User) -> dict[str, Any]:
    language = answer.language_for(reader.language)
    return {
        "id": answer.pk,
        "question": answer.question_in(language),
        "text": answer.whole(language),
        "language": language,
        "languages": answer.languages,
        "topic": answer.campaign.facts(),
        "disclosure": disclosure.opening(language, rewarded=False),
        "networks": answer.fits(language),
        "approved_at": answer.approved_at,
        "valid_until": answer.valid_until,
        "version": answer.version,
    }


def use_out(use: AnswerUse, *, remarks: list[Remark] | None = None) -> dict[str, Any]:
    return {
        "id": use.pk,
        "answer": use.answer_id,
        "network": use.network,
        "state": use.state,
        "text": use.text,
        "permalink": use.permalink or None,
        "taken_at": use.taken_at,
        "confirmed_at": use.confirmed_at,
        "warnings": remarks_out(remarks or []),
    }
