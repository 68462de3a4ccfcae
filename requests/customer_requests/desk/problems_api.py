"""Known problems: many requests with one cause, one word to all of their followers."""

from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Query, Router, Status

from customer_requests.desk.found import after, at
from customer_requests.desk.inputs import on_desk_as_named
from customer_requests.desk.problems_schemas import (
    AnnounceIn,
    AnnouncementOut,
    LinkOutcome,
    LookAlikeOut,
    ProblemChange,
    ProblemIn,
    ProblemItemOut,
    ProblemOfIn,
    ProblemOut,
    ProblemQuery,
    UnderIn,
    UnderOut,
    announcement_out,
    announcements_out,
    look_alike_out,
    problem_item_out,
)
from customer_requests.desk.schemas import DeskRequestOut
from customer_requests.models import Announcement, KnownProblem, ProblemLink
from server.accounts.models import User
from server.auth import Authed, agents
from server.paging import Page, PageParams, page_of
from server.problems import Problem
from server.versions import IfMatch

router = Router(tags=["Known problems"], auth=agents)


def found(problem_id: UUID) -> KnownProblem:
    rows = KnownProblem.objects.select_related("team", "topic")
    return get_object_or_404(rows, pk=problem_id)


def announced(problem_id: UUID, announcement_id: UUID) -> Announcement:
    rows = Announcement.objects.filter(problem=problem_id).select_related("by", "problem")
    return get_object_or_404(rows, pk=announcement_id)


def problem_out(problem: KnownProblem, agent: User) -> dict[str, Any]:
    said = problem.announcements.select_related("by").order_by("-at")[:10]
    return {
        **problem_item_out(problem),
        "readers": problem.to_all().readers(),
        "announcements": announcements_out(list(said)),
        "may_announce": problem.team_id in agent.team_ids,
    }


def under_out(link: ProblemLink, agent: User) -> dict[str, Any]:
    request = link.request
    mine = request.team_id in agent.team_ids
    return {
        "reference": request.reference,
        "status": request.status,
        "status_label": request.get_status_display(),
        "team_name": request.team.name,
        "linked_at": link.at,
        "id": request.pk if mine else None,
        "question": request.question if mine else None,
        "language": request.customer_language,
    }


def link_all(problem: KnownProblem, named: list[str], agent: User) -> list[dict[str, str]]:
    """Link each by itself; what is refused is said, and holds up nothing."""
    outcomes = []
    for name in named:
        outcome, detail = "linked", ""
        try:
            request = on_desk_as_named(name, agent, "requests")
            if not request.put_under(problem, by=agent):
                outcome = "already"
        except Problem as refusal:
            outcome, detail = refusal.slug, refusal.explained
        outcomes.append({"request": name, "outcome": outcome, "detail": detail})
    return outcomes


@router.get(
    "/problems",
    response=Page[ProblemItemOut],
    operation_id="list_problems",
    summary="Known problems of all teams, newest activity first",
)
def list_problems(request: Authed, params: Query[ProblemQuery]) -> dict[str, Any]:
    """Those that are open, unless `state` says otherwise."""
    return page_of(params.rows(), "-updated_at", params, problem_item_out)


@router.post(
    "/problems",
    response={200: ProblemOut, 201: ProblemOut},
    operation_id="note_problem",
    summary="Note down a problem of one of my teams",
)
def note_problem(request: Authed, data: ProblemIn) -> Status[dict[str, Any]]:
    """Its words are for the teams: they never reach a customer or employee."""
    made, new = KnownProblem.note_down(
        by=request.auth,
        id=data.id,
        title=data.title,
        words=data.words,
        team=data.whose(),
        topic=data.about(),
    )
    return Status(201 if new else 200, problem_out(made, request.auth))


@router.get(
    "/problems/{uuid:problem_id}",
    response=ProblemOut,
    operation_id="get_problem",
    summary="A known problem, who would read an announcement, and what was said",
)
def get_problem(request: Authed, problem_id: UUID) -> dict[str, Any]:
    """`readers` is the preview: who gets which text now, and who does not and why."""
    return problem_out(found(problem_id), request.auth)


@router.put(
    "/problems/{uuid:problem_id}",
    response=ProblemOut,
    operation_id="describe_problem",
    summary="Say better what it is",
)
def describe_problem(request: Authed, problem_id: UUID, data: ProblemChange) -> dict[str, Any]:
    """For agents of its team."""
    problem = found(problem_id)
    problem.describe(by=request.auth, title=data.title, words=data.words, topic=data.about())
    return problem_out(problem, request.auth)


@router.get(
    "/problems/{uuid:problem_id}/requests",
    response=Page[UnderOut],
    operation_id="list_problem_requests",
    summary="The requests under it, newest link first",
)
def list_problem_requests(request: Authed, problem_id: UUID, params: PageParams) -> dict[str, Any]:
    """Of other teams' requests only the reference and where they stand."""
    links = found(problem_id).links.select_related("request__team")
    return page_of(links, "-at", params, lambda link: under_out(link, request.auth))


@router.post(
    "/problems/{uuid:problem_id}/requests",
    response=list[LinkOutcome],
    operation_id="link_to_problem",
    summary="Put requests on my desk under it",
)
def link_to_problem(request: Authed, problem_id: UUID, data: UnderIn) -> list[dict[str, str]]:
    """The last update to all comes to their followers too. Answers per request what came of it."""
    return link_all(found(problem_id), data.requests, request.auth)


@router.post(
    "/requests/{uuid:request_id}/problem",
    response=DeskRequestOut,
    operation_id="put_under_problem",
    summary="Count it among a known problem's",
)
def put_under_problem(
    request: Authed, request_id: UUID, data: ProblemOfIn, if_match: IfMatch = None
) -> dict[str, Any]:
    """The last update to all comes to its followers too."""
    mine = at(request, request_id, if_match)
    mine.put_under(data.known(), by=request.auth)
    return after(mine, request.auth)


@router.delete(
    "/requests/{uuid:request_id}/problem",
    response=DeskRequestOut,
    operation_id="take_from_under_problem",
    summary="It turned out to be something else",
)
def take_from_under_problem(
    request: Authed, request_id: UUID, if_match: IfMatch = None
) -> dict[str, Any]:
    """What was said stays said."""
    mine = at(request, request_id, if_match)
    mine.take_from_under(by=request.auth)
    return after(mine, request.auth)


@router.get(
    "/problems/{uuid:problem_id}/look-alikes",
    response=list[LookAlikeOut],
    operation_id="list_look_alikes",
    summary="Open requests on my desk that resemble it",
)
def list_look_alikes(request: Authed, problem_id: UUID) -> list[dict[str, Any]]:
    """By the words they share; most alike first, and none that is under a problem already."""
    return [look_alike_out(*each) for each in found(problem_id).look_alikes(request.auth)]


@router.post(
    "/problems/{uuid:problem_id}/announcements",
    response={200: AnnouncementOut, 201: AnnouncementOut},
    operation_id="announce_problem",
    summary="One word to all customers and employees under it; `solves` also solves",
)
def announce(request: Authed, problem_id: UUID, data: AnnounceIn) -> Status[dict[str, Any]]:
    """Passed on within minutes by the worker, each once, in each one's language; `progress` says
    how far it is. For agents of its team.
    """
    said, new = found(problem_id).announce(
        by=request.auth,
        id=data.id,
        solves=data.solves,
        texts=data.texts(),
        names_nobody=data.names_nobody,
    )
    return Status(201 if new else 200, announcement_out(said))


@router.get(
    "/problems/{uuid:problem_id}/announcements/{uuid:announcement_id}",
    response=AnnouncementOut,
    operation_id="get_announcement",
    summary="How far an announcement is",
)
def get_announcement(request: Authed, problem_id: UUID, announcement_id: UUID) -> dict[str, Any]:
    """`finished_at` is null while it is being passed on, or taken back."""
    return announcement_out(announced(problem_id, announcement_id))


@router.post(
    "/problems/{uuid:problem_id}/announcements/{uuid:announcement_id}/try-again",
    response=AnnouncementOut,
    operation_id="try_announcement_again",
    summary="Pass it on where that failed",
)
def try_again(request: Authed, problem_id: UUID, announcement_id: UUID) -> dict[str, Any]:
    """Where something went wrong that was nobody's doing; or take it back, if it was undone. What
    did not fail stays as it is. For agents of its team.
    """
    said = announced(problem_id, announcement_id)
    said.try_again(by=request.auth)
    return announcement_out(said)


@router.post(
    "/problems/{uuid:problem_id}/undo-solved",
    response=AnnouncementOut,
    operation_id="undo_solved",
    summary="It was not solved after all",
)
def undo_solved(request: Authed, problem_id: UUID) -> dict[str, Any]:
    """What nobody confirmed becomes what it was, and its followers are told so plainly. What was
    confirmed, or opened again since, stays.
    """
    return announcement_out(found(problem_id).undo_solved(by=request.auth))
