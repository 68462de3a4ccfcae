"""Figures of the programme: for editors by department, for managers of their own; as CSV too."""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ambassadors.console.access import ConsoleRequest, edits, figures_page
from ambassadors.models import CountedMonth, Milestone
from ambassadors.models.counts import Tally
from ambassadors.models.figures import Figures, Known, Line, Trend, few_for, read, trend
from ambassadors.models.headcount import month_of
from server.problems import NotFound
from server.sheets import sheet

# More bars than this are no picture.
DRAWN = 30
CHOICES = 60


@require_safe
@figures_page
def figures(http: ConsoleRequest) -> HttpResponse:
    """One month, and the months before it. A manager sees the own department and the company, and
    no number there that would say of so few that they did or did not post.
    """
    month = _asked(http)
    found = read(month)
    rows = [_line(http, found, row) for row in _rows(http, found)]
    context = {
        "here": "figures",
        "found": found,
        "whole": edits(http.user),
        "total": _line(http, found, found.total) if found.total else None,
        "rows": rows,
        "rest": _line(http, found, found.rest) if found.rest and edits(http.user) else None,
        "drawn": rows[:DRAWN],
        "months": _months(),
        "trend": [
            {"month": row.month, "goal": row.goal_percent, "total": _line(http, found, row.total)}
            for row in _trend(found)
        ],
        "milestones": Milestone.objects.all(),
        "csv_url": f"{reverse('champions-figures-csv')}?month={found.month:%Y-%m}",
    }
    return render(http, "champions/figures.html", context)


@require_safe
@figures_page
def figures_csv(http: ConsoleRequest) -> HttpResponse:
    """The table of the page, for a spreadsheet."""
    found = read(_asked(http))
    return sheet(f"ambassadors-{found.month:%Y-%m}.csv", _sheet_rows(http, found))


def _sheet_rows(http: ConsoleRequest, found: Figures) -> Iterator[Sequence[Any]]:
    yield [
        _("Month"),
        _("Department"),
        _("Employees"),
        _("Certified"),
        _("Active"),
        _("Activation (%)"),
        _("Ends next month"),
    ]
    for row in _rows(http, found):
        yield _cells(http, found, row, row.name or _("No department"))
    if edits(http.user) and found.rest:
        yield _cells(http, found, found.rest, _("Small departments together"))
    if found.total:
        yield _cells(http, found, found.total, _("The whole company"))


def _cells(http: ConsoleRequest, found: Figures, row: Tally, name: str) -> list[Any]:
    line = _line(http, found, row)
    numbers = (line.certified, line.active, line.percent, line.lapsing)
    return [f"{found.month:%Y-%m}", name, line.eligible, *map(_cell, numbers)]


def _cell(known: Known) -> float | str:
    """As on the page; nothing where a figure is not shown at all."""
    if known.exact is not None:
        return known.exact
    if known.less is not None:
        return f"< {known.less}"
    return f"> {known.more}" if known.more is not None else ""


def _line(http: ConsoleRequest, found: Figures, row: Tally) -> Line:
    return Line.of(row, goal=found.goal_percent, few=few_for(http.user, found))


def _rows(http: ConsoleRequest, found: Figures) -> list[Tally]:
    """The departments that this reader sees."""
    if edits(http.user):
        return found.departments
    own = _own(http, found)
    return [own] if own else []


def _asked(http: ConsoleRequest) -> date:
    text = http.GET.get("month", "")
    if not text:
        return month_of()
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", text):
        raise NotFound
    return date.fromisoformat(f"{text}-01")


def _own(http: ConsoleRequest, found: Figures) -> Tally | None:
    department = http.user.department_id
    return found.of(department) if department else None


def _months() -> list[date]:
    """The months that can be chosen, the newest first."""
    stored = CountedMonth.objects.order_by("-month").values_list("month", flat=True)[:CHOICES]
    return sorted({month_of(), *stored}, reverse=True)


def _trend(found: Figures) -> list[Trend]:
    """The months until this one, which is as it was just read."""
    before = [row for row in trend(found.month) if row.month != found.month]
    if found.total is None:
        return before
    return [*before, Trend(found.month, found.goal_percent, found.total)]
