"""Approved answers for ambassadors. Nothing here is under embargo; nobody reads who used what."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from ambassadors import answering, checks
from ambassadors.answer_schemas import (
    AnswerCheckIn,
    AnswersQuery,
    ApprovedAnswerOut,
    UseConfirmIn,
    UseIn,
    UseOut,
    answer_out,
    use_out,
)
from ambassadors.models import AnswerUse, ApprovedAnswer, Campaign
from ambassadors.post_schemas import PostTopicOut
from ambassadors.sharing_schemas import CheckOut, check_out
from server import permalinks
from server.auth import Authed
from server.paging import Page, PageParams, page_of

router = Router(tags=["Champions"])


@router.get(
    "/approved-answers",
    response=Page[ApprovedAnswerOut],
    operation_id="list_approved_answers",
    summary="Answers that I can use, the latest approved first",
)
def list_approved_answers(request: Authed, params: Query[AnswersQuery]) -> dict[str, Any]:
    """Each stands on its own and was looked at by an editor. What is under embargo, over or
    retired is not there, whoever asks.
    """
    reader = request.auth
    return page_of(params.rows(), "-approved_at", params, lambda row: answer_out(row, reader))


@router.get(
    "/approved-answers/topics",
    response=list[PostTopicOut],
    operation_id="list_answer_topics",
    summary="The topics that have an approved answer now",
)
def list_answer_topics(request: Authed) -> list[dict[str, Any]]:
    """In the order of their names."""
    return [each.facts() for each in Campaign.objects.with_visible_answers()]


@router.get(
    "/approved-answers/{uuid:answer_id}",
    response=ApprovedAnswerOut,
    operation_id="get_approved_answer",
    summary="One approved answer",
)
def get_approved_answer(request: Authed, answer_id: UUID) -> dict[str, Any]:
    """404 where it is not there, not yet, or not any more: these answer the same."""
    return answer_out(_answer(answer_id), request.auth)


def _answer(answer_id: UUID) -> ApprovedAnswer:
    rows = ApprovedAnswer.objects.visible().select_related("campaign")
    answer: ApprovedAnswer = get_object_or_404(rows, pk=answer_id)
    return answer


@router.post(
    "/approved-answers/{uuid:answer_id}/check",
    response=CheckOut,
    operation_id="check_answer",
    summary="What there is to say of my text, before I place it",
)
def check_answer(request: Authed, answer_id: UUID, data: AnswerCheckIn) -> dict[str, Any]:
    """Nothing is kept. Where my text does not say that I work here, the answer's does: the law asks
    that. All else is advice, also that it says something else than what was approved. Colleagues
    are counted and never named.
    """
    return check_out(
        checks.check(
            data.text,
            post=_answer(answer_id),
            network=data.network,
            by=request.auth,
            language=data.language or "",
        )
    )


@router.post(
    "/approved-answers/{uuid:answer_id}/uses",
    response={200: UseOut, 201: UseOut},
    operation_id="use_answer",
    summary="I answer somebody with this",
)
def use_answer(request: Authed, answer_id: UUID, data: UseIn) -> Status[dict[str, Any]]:
    """`text` in the answer is all that should stand there. With a permalink I say that it stands
    there, else I say so later with PATCH; from then on it counts as an answer in public, in the
    month in which I say it. The same id and content again answers 200, also when the answer is gone
    by then (without remarks).
    """
    facts: dict[str, Any] = {
        "network": data.network,
        "text": data.text,
        "language": data.language or request.auth.language,
        "permalink": data.permalink,
    }
    known = answering.again(by=request.auth, id=data.id, answer=answer_id, **facts)
    if known is not None:
        use, remarks = known
        return Status(200, use_out(use, remarks=remarks))
    answer = _answer(answer_id)
    use, remarks, new = answering.take(by=request.auth, id=data.id, answer=answer, **facts)
    return Status(201 if new else 200, use_out(use, remarks=remarks))


@router.get(
    "/answer-uses",
    response=Page[UseOut],
    operation_id="list_answer_uses",
    summary="What I answered with approved answers",
)
def list_answer_uses(request: Authed, params: PageParams) -> dict[str, Any]:
    """Newest first. Nobody else sees these."""
    return page_of(AnswerUse.objects.visible_to(request.auth), "-taken_at", params, use_out)


@router.patch(
    "/answer-uses/{uuid:use_id}",
    response=UseOut,
    operation_id="confirm_use",
    summary="My answer stands there",
)
def confirm_use(request: Authed, use_id: UUID, data: UseConfirmIn) -> dict[str, Any]:
    """Saying it again changes nothing; a permalink can be given later, or corrected. It has to be
    an address on that network, and is never opened.
    """
    mine = AnswerUse.objects.visible_to(request.auth).select_related("user")
    use = get_object_or_404(mine, pk=use_id)
    given = data.permalink
    use.confirm(permalink=permalinks.checked(use.network, given) if given else "")
    return use_out(use)
