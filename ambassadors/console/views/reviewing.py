"""What editors meet alike at posts and at approved answers: the list, and what is done there."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import TextChoices
from django.http import HttpResponse
from django.utils.translation import gettext as _

from ambassadors.console.access import ConsoleRequest
from ambassadors.models import Reviewed
from server.paging import PageQuery, page_of
from server.problems import Invalid, StaleVersion


def listed(http: ConsoleRequest, rows: Any, states: type[TextChoices]) -> dict[str, Any]:
    """Those that the reader asks for by where they stand, topic and words, last changed first."""
    state, topic = http.GET.get("state", ""), http.GET.get("topic", "")
    q = http.GET.get("q", "").replace("\0", "").strip()[:80]
    if state in states.values:
        rows = rows.shown_as(state)
    if topic:
        rows = rows.filter(campaign__slug=topic[:60])
    if q:
        rows = rows.saying(q)
    params = PageQuery(cursor=http.GET.get("cursor") or None, limit=25)
    page = page_of(rows.select_related("campaign", "owner"), "-updated_at", params, lambda row: row)
    return {
        "rows": page["items"],
        "next": page["next"],
        "states": [("", _("All")), *((value, str(label)) for value, label in states.choices)],
        "state": state,
        "topic": topic,
        "q": q,
    }


def acted(
    http: ConsoleRequest,
    verb: Callable[[ConsoleRequest, Any], str | HttpResponse],
    find: Callable[[], Reviewed],
    show: Callable[..., HttpResponse],
    back: HttpResponse,
    *,
    stale: str,
) -> HttpResponse:
    """Do it, and go `back`; what was refused stands at its place on the page that `show` makes.

    A verb returns what is said when it went well, or the page with the form that was refused.
    """
    try:
        done = verb(http, find())
    except Invalid as problem:
        errors = problem.facts["errors"]
        return show(http, find(), status=HTTPStatus.UNPROCESSABLE_ENTITY, refused=errors)
    except StaleVersion:
        refused = [{"field": "", "message": stale}]
        return show(http, find(), status=HTTPStatus.PRECONDITION_FAILED, refused=refused)
    if isinstance(done, HttpResponse):
        return done
    messages.success(http, done)
    return back


def seen(http: ConsoleRequest) -> int | None:
    """The version that was on the page."""
    given = http.POST.get("version", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def still_holds(http: ConsoleRequest, row: Reviewed) -> str:
    row.still_holds(by=http.user, seen=seen(http))
    return _("Thank you. It stays for another half year.")


def differing(theirs: forms.Form, mine: forms.Form) -> list[dict[str, str]]:
    """What stands in one form and not in the other, in the words of its fields."""
    return [
        {"label": str(field.label), "value": written(field)}
        for field in theirs.visible_fields()
        if written(field) != written(mine[field.name])
    ]


def written(field: Any) -> str:
    """A field's value as it is written; a box that is ticked says yes, a choice its words."""
    value = field.value()
    if field.widget_type in {"select", "radioselect"}:
        value = dict(field.field.choices).get(value, value)
    if field.widget_type == "checkbox":
        return _("yes") if value in (True, "on", "True") else _("no")
    return "" if value is None else str(value).replace("\r\n", "\n").strip()
