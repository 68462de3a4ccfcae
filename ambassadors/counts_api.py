"""Taking part, one's own figures, and the count of departments."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext as _
from ninja import Query, Router, Schema
from pydantic import AfterValidator, ConfigDict, Field

from ambassadors.models import BoardOptIn, Consent, OptIn, Share
from ambassadors.models.board import people_of
from ambassadors.models.counts import Tally
from ambassadors.models.figures import Figures, Line, few_for, for_everybody, read
from ambassadors.models.headcount import month_of
from ambassadors.models.standing import Standing
from server.accounts.models import User
from server.auth import Authed, figures
from server.fields import Strict, refuse

router = Router(tags=["Champions"])


def _month(text: str) -> str:
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise refuse(_("Write a month as year and month, such as 2026-03."))
    return text


class MonthQuery(Schema):
    month: Annotated[str, AfterValidator(_month)] | None = Field(
        None, description="Such as 2026-03, in the company's calendar; this month without it."
    )

    @property
    def first_day(self) -> date:
        return date.fromisoformat(f"{self.month}-01") if self.month else month_of()


MonthParams = Query[MonthQuery]


class MineOut(Schema):
    opened: int
    confirmed: int
    clicks: int


class AmbassadorOut(Schema):
    """Where I stand. Only I get to see this."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "status": "active",
                "missing": [],
                "mine": {"opened": 4, "confirmed": 3, "clicks": 27},
                "on_board": False,
                "board_open": False,
            }
        }
    )
    status: str = Field(description="`none`, `certified`, `active` or `lapsed`.")
    missing: list[str] = Field(description="Of `opt_in`, `policy` and `certificate`.")
    mine: MineOut
    on_board: bool = Field(description="Whether I chose to be on the board of people.")
    board_open: bool = Field(description="Whether the company has such a board.")


class AmbassadorIn(Strict):
    on_board: bool | None = Field(
        None, description="Be on the board of people by name, or not; unchanged without it."
    )


class DepartmentCountOut(Schema):
    """One department; `id` is null for who is in none, and in `rest`: the small ones together.

    `name` says which, in the reader's language. A number is null for a manager where it, or the
    rest of the department, is smaller than the smallest group: it would say who did not post.
    """

    id: UUID | None
    name: str
    eligible: int
    certified: int | None
    active: int | None
    lapsing_next_month: int | None
    activation_percent: float | None


class CountsOut(Schema):
    """One month. Departments that are too small to show alone are in `rest` together; the totals
    are null where even the whole is too small, and for a manager as those of a department are.
    """

    month: str
    goal_percent: int
    eligible: int | None
    certified: int | None
    active: int | None
    lapsing_next_month: int | None
    activation_percent: float | None
    smallest_group: int
    counted_at: datetime
    closed: bool = Field(description="Whether the month is over and its figures stay.")
    departments: list[DepartmentCountOut]
    rest: DepartmentCountOut | None


class BoardRowOut(Schema):
    """One department of at least twice the smallest group, so that no figure is all or nothing."""

    rank: int
    name: str
    activation_percent: float | None = Field(
        description="Null where so few are active, or are not, that it would say who."
    )
    less_than_percent: int | None = Field(description="Then it is less than this, or")
    more_than_percent: int | None = Field(description="more than this.")


class BoardPersonOut(Schema):
    rank: int
    name: str
    told: int = Field(
        description="Shares, own posts and answers that they told of. An address counts once, and "
        "at most five count in a day."
    )


class BoardOut(Schema):
    """Departments by activation. `people` is null unless the company may and I am on it myself."""

    month: str
    departments: list[BoardRowOut]
    people: list[BoardPersonOut] | None


@router.get(
    "/ambassadors/me",
    response=AmbassadorOut,
    operation_id="get_ambassador",
    summary="Where I stand as an ambassador",
)
def get_ambassador(request: Authed) -> dict[str, Any]:
    """Status, what is missing, and what I shared; nobody else can ask this of me."""
    return _mine(request.auth)


@router.put(
    "/ambassadors/me",
    response=AmbassadorOut,
    operation_id="opt_in",
    summary="Take part as an ambassador",
)
def opt_in(request: Authed, data: AmbassadorIn | None = None) -> dict[str, Any]:
    """Doing it again changes nothing, except what the body says."""
    OptIn.enter(request.auth)
    if data is not None and data.on_board is not None:
        (BoardOptIn.enter if data.on_board else BoardOptIn.leave)(request.auth)
    return _mine(request.auth)


@router.delete(
    "/ambassadors/me",
    response=AmbassadorOut,
    operation_id="opt_out",
    summary="Take no part any more",
)
def opt_out(request: Authed) -> dict[str, Any]:
    """Gone from every list and count of now at once; a closed month stays what it was."""
    OptIn.leave(request.auth)
    return _mine(request.auth)


def _mine(user: User) -> dict[str, Any]:
    standing = Standing.of(user)
    return {
        "status": standing.status,
        "missing": standing.missing,
        "mine": Share.objects.visible_to(user).evidence(),
        "on_board": BoardOptIn.objects.filter(user=user, ends_at=None).exists(),
        "board_open": Consent.in_force(),
    }


@router.get(
    "/ambassadors/counts",
    response=CountsOut,
    auth=figures,
    operation_id="get_ambassador_counts",
    summary="How many are certified and active",
)
def get_ambassador_counts(request: Authed, params: MonthParams) -> dict[str, Any]:
    """Editors and administrators see every department that is large enough; a manager the own one
    and the company, without a number that would say of so few that they did or did not.
    """
    found = read(params.first_day)
    return {
        "month": f"{found.month:%Y-%m}",
        "goal_percent": found.goal_percent,
        **(_numbers(_line(request.auth, found, found.total)) if found.total else _NOTHING),
        "smallest_group": found.smallest_group,
        "counted_at": found.counted_at,
        "closed": found.closed,
        **departments_for(request.auth, found),
    }


def departments_for(user: User, found: Figures) -> dict[str, Any]:
    """What this reader may see of departments."""
    rows, rest = found.departments, found.rest
    if not (user.is_editor or user.is_admin):
        own = found.of(user.department_id) if user.department_id else None
        rows, rest = [own] if own else [], None
    return {
        "departments": [_named(_line(user, found, row), _name(row)) for row in rows],
        "rest": _named(_line(user, found, rest), _("Small departments together")) if rest else None,
    }


def _line(user: User, found: Figures, row: Tally) -> Line:
    return Line.of(row, goal=found.goal_percent, few=few_for(user, found))


def _named(line: Line, name: str) -> dict[str, Any]:
    return {"id": line.department, "name": name, **_numbers(line)}


def _coarse(row: Tally, found: Figures) -> dict[str, Any]:
    """How active a department is, for everybody: never that nobody was, or that all were."""
    percent = Line.of(row, goal=found.goal_percent, few=found.smallest_group).percent
    return {
        "activation_percent": percent.exact,
        "less_than_percent": percent.less,
        "more_than_percent": percent.more,
    }


def _name(row: Tally) -> str:
    return row.name or _("No department")


def _numbers(line: Line) -> dict[str, Any]:
    return {
        "eligible": line.eligible,
        "certified": line.certified.exact,
        "active": line.active.exact,
        "lapsing_next_month": line.lapsing.exact,
        "activation_percent": line.percent.exact,
    }


_NOTHING = dict.fromkeys(
    ("eligible", "certified", "active", "lapsing_next_month", "activation_percent")
)


@router.get(
    "/ambassadors/board",
    response=BoardOut,
    operation_id="get_ambassador_board",
    summary="Departments, and people who want that, by activation",
)
def get_ambassador_board(request: Authed, params: MonthParams) -> dict[str, Any]:
    """People are there only while the works council's consent is recorded, by their own choice,
    and for each other: who is not on it does not see it.
    """
    found = read(params.first_day)
    people = people_of(found.month, reader=request.auth)
    return {
        "month": f"{found.month:%Y-%m}",
        "departments": [
            {"rank": rank, "name": _name(row), **_coarse(row, found)}
            for rank, row in enumerate(for_everybody(found), 1)
        ],
        "people": people,
    }
