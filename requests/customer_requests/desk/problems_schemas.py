"""What goes in and comes out about known problems."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import ConfigDict, Field

from customer_requests.models import Announcement, CustomerRequest, KnownProblem, Topic
from customer_requests.models.how_far import failed_at, how_far
from customer_requests.models.to_all import TEXTS
from server.accounts.models import Team
from server.fields import Key, Line, Strict, Text
from server.paging import PageQuery
from server.problems import Invalid, NotFound

MOST_AT_ONCE = 100
FAILED_SHOWN = 10


class ProblemQuery(PageQuery):
    """Which known problems; those that are open where nothing is said."""

    state: Literal["open", "solved", "all"] = "open"
    team: Key | None = Field(None, description="A team's slug, name or id.")

    def rows(self) -> "QuerySet[KnownProblem]":
        rows = KnownProblem.objects.select_related("team", "topic")
        if self.state != "all":
            rows = rows.filter(state=self.state)
        if self.team:
            rows = rows.filter(team=Team.named(self.team))
        return rows


class _Described(Strict):
    title: Line
    words: Text = Field(description="What is known, for the teams: never read by a follower.")
    topic: Key | None = Field(None, description="A topic's slug.")

    def about(self) -> Topic | None:
        if not self.topic:
            return None
        topic = Topic.objects.filter(slug=self.topic).first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown. Choose one from the list.")})
        return topic


class ProblemIn(_Described):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "0c7b1f64-5a0e-4a6b-8f35-3f2f1f0f9a11",
                "title": "Storing internet Haarlem-Noord",
                "words": "Kabel geraakt bij graafwerk. Geen internet en tv sinds zondag.",
                "team": "internet",
                "topic": "internet",
            }
        },
    )
    id: UUID
    team: Key = Field(description="One of my teams: its slug, name or id.")

    def whose(self) -> Team:
        team = Team.named(self.team)
        if team is None:
            raise Invalid({"team": _("This team is unknown.")})
        return team


class ProblemChange(_Described):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "title": "Storing internet Haarlem-Noord",
                "words": "Kabel geraakt bij graafwerk. Herstel duurt tot vanavond.",
            }
        },
    )


class UnderIn(Strict):
    """Which requests; each is linked by itself, and what is refused holds up nothing."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"requests": ["DHG-7K3M-9Q2P"]}},
    )
    requests: list[Key] = Field(
        min_length=1, max_length=MOST_AT_ONCE, description="References or ids."
    )


class ProblemOfIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"problem": "0c7b1f64-5a0e-4a6b-8f35-3f2f1f0f9a11"}},
    )
    problem: UUID

    def known(self) -> KnownProblem:
        problem = KnownProblem.objects.filter(pk=self.problem).first()
        if problem is None:
            raise NotFound
        return problem


NamesNobody = Annotated[
    bool,
    Field(
        description=(
            "A word that is also the whole name of one of the customers, such as Oma, is no name "
            "in these texts. Full names, addresses, numbers and references stay refused."
        )
    ),
]


class TextsIn(Strict):
    """A text per audience and language; each reader gets the one in their own language."""

    customer_nl: Text | None = None
    customer_en: Text | None = None
    employee_nl: Text | None = None
    employee_en: Text | None = None

    def texts(self) -> dict[str, str]:
        return {name: getattr(self, name) or "" for name in TEXTS}


class AnnounceIn(TextsIn):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "7f3e2b1a-9c8d-4e5f-a6b7-c8d9e0f1a2b3",
                "solves": False,
                "customer_nl": "Er is een kabel geraakt. We verwachten dat alles om 18.00 werkt.",
                "employee_nl": "Er is een kabel geraakt; om 18.00 werkt het naar verwachting weer.",
            }
        },
    )
    id: UUID
    solves: bool = Field(False, description="Also solve every open request under the problem.")
    names_nobody: NamesNobody = False


class ReadersOut(Schema):
    """Who gets an announcement now: customers and employees by language, and who does not."""

    requests: int
    over: int = Field(description="Requests under it that are solved or ended already.")
    customers: dict[Literal["nl", "en", "unreachable"], int]
    employees: dict[Literal["nl", "en", "steps_only"], int]


class ProgressOut(Schema):
    """How far it is: requests by what came of them last; `left` still have to be dealt with.

    `heard` it are those where it was told, also where it was taken back since.
    """

    heard: int
    told: int
    over: int
    failed: int
    taken_back: int
    stays: int
    left: int


class AnnouncementOut(Schema):
    id: UUID
    at: datetime
    by: str
    solves: bool
    texts: dict[str, str]
    finished_at: datetime | None
    undone_at: datetime | None
    progress: ProgressOut
    failed: list[str] = Field(description="References of requests where it failed; the first few.")


class ProblemItemOut(Schema):
    """A known problem in the list."""

    id: UUID
    title: str
    words: str
    team: str
    team_name: str
    topic: str | None
    state: Literal["open", "solved"]
    state_label: str
    created_at: datetime
    updated_at: datetime
    solved_at: datetime | None


class ProblemOut(ProblemItemOut):
    readers: ReadersOut
    announcements: list[AnnouncementOut] = Field(description="The last 10, newest first.")
    may_announce: bool = Field(description="Whether I am in its team, which writes to all.")


class UnderOut(Schema):
    """A request under a problem. `question` and `id` only where it is on my desk."""

    reference: str
    status: str
    status_label: str
    team_name: str
    linked_at: datetime
    id: UUID | None
    question: str | None


class LookAlikeOut(Schema):
    """A request that resembles the problem; `score` from 0 to 1."""

    id: UUID
    reference: str
    question: str
    status: str
    status_label: str
    score: float


class LinkOutcome(Schema):
    """What came of one of the requests: `linked`, `already`, or the slug of what refused it."""

    request: str
    outcome: str
    detail: str


def problem_item_out(problem: KnownProblem) -> dict[str, Any]:
    return {
        "id": problem.pk,
        "title": problem.title,
        "words": problem.words,
        "team": problem.team.slug,
        "team_name": problem.team.name,
        "topic": problem.topic.slug if problem.topic else None,
        "state": problem.state,
        "state_label": problem.get_state_display(),
        "created_at": problem.created_at,
        "updated_at": problem.updated_at,
        "solved_at": problem.solved_at,
    }


def announcements_out(said: Sequence[Announcement]) -> list[dict[str, Any]]:
    """Each with how far it is; at most two queries, however many there are."""
    far = how_far(said)
    failing = [each.pk for each in said if far[each.pk]["failed"]]
    failed = failed_at(failing, FAILED_SHOWN) if failing else {}
    return [
        {
            "id": each.pk,
            "at": each.at,
            "by": each.by.name,
            "solves": each.solves,
            "texts": {name: text for name in TEXTS if (text := getattr(each, name))},
            "finished_at": each.finished_at,
            "undone_at": each.undone_at,
            "progress": far[each.pk],
            "failed": failed.get(each.pk, []),
        }
        for each in said
    ]


def announcement_out(said: Announcement) -> dict[str, Any]:
    return announcements_out([said])[0]


def look_alike_out(request: CustomerRequest, score: float) -> dict[str, Any]:
    return {
        "id": request.pk,
        "reference": request.reference,
        "question": request.question,
        "language": request.customer_language,
        "status": request.status,
        "status_label": request.get_status_display(),
        "score": round(score, 2),
    }
