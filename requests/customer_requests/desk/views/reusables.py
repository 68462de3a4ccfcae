"""All canned texts and macros: everybody reads what their teams have, leads and admins write."""

import uuid
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.reusable_forms import FORMS, ReusableForm, teams_written_for
from customer_requests.models import CannedText, Macro
from customer_requests.models.wording import VARIABLES, WORDS, Reusable
from server.problems import Forbidden, Invalid, StaleVersion

# Of each; who looks for more types a part of its name.
SHOWN = 100
KINDS: dict[str, type[CannedText] | type[Macro]] = {"texts": CannedText, "macros": Macro}


@require_safe
@agent_page
def lists(http: AgentRequest) -> HttpResponse:
    """What my teams and everyone can use, found by name, without the words themselves."""
    q = http.GET.get("q", "").replace("\0", "").strip()[:80]
    found = {kind: _named(http, model, q) for kind, model in KINDS.items()}
    context = {
        "q": q,
        "texts": found["texts"][:SHOWN],
        "macros": found["macros"][:SHOWN],
        "more": any(len(rows) > SHOWN for rows in found.values()),
        "may_write": bool(teams_written_for(http.user)),
    }
    return render(http, "desk/reusables.html", context)


def _named(http: AgentRequest, model: type[Reusable], q: str) -> list[Any]:
    rows = _all(http, model).defer(*WORDS)
    return list(rows.filter(name__icontains=q)[: SHOWN + 1] if q else rows[: SHOWN + 1])


def _all(http: AgentRequest, model: type[Reusable]) -> Any:
    """What this agent may see."""
    return model._default_manager.for_agent(http.user).select_related("team")


@require_safe
@agent_page
def new(http: AgentRequest, kind: str) -> HttpResponse:
    """An empty form. Its id is chosen here, so that it is made once however often it is sent."""
    row = KINDS[kind](pk=uuid.uuid4())
    teams = teams_written_for(http.user)
    if not teams:
        raise Forbidden
    return _asked(http, kind, row, FORMS[KINDS[kind]].of(row, teams))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def one(http: AgentRequest, kind: str, id: UUID) -> HttpResponse:
    """Read one; for who may write it, change it, or make what is not there yet."""
    model, teams = KINDS[kind], teams_written_for(http.user)
    if http.method != "POST":
        row = get_object_or_404(_all(http, model), pk=id)
        if not _may_write(http, row):
            return render(http, "desk/reusable.html", {"kind": kind, "row": row})
        return _asked(http, kind, row, FORMS[model].of(row, teams))
    if not teams:
        raise Forbidden
    row = _all(http, model).filter(pk=id).first() or model(pk=id)
    form = FORMS[model].sent(http.POST, teams)
    if not form.is_valid():
        return _asked(http, kind, row, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        seen = form.cleaned_data["version"]
        row.write(by=http.user, seen=seen, **form.cleaned_data["data"].facts())
    except Invalid as problem:
        for error in problem.facts["errors"]:
            field = error["field"]
            form.add_error(field if field in form.fields else None, error["message"])
        return _asked(http, kind, row, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except StaleVersion:
        return _both(http, kind, get_object_or_404(_all(http, model), pk=id), teams)
    messages.success(http, _("Saved. From now on agents get it like this."))
    return HttpResponseRedirect(reverse("desk-texts"), status=HTTPStatus.SEE_OTHER)


@require_POST
@agent_page
def remove(http: AgentRequest, kind: str, id: UUID) -> HttpResponse:
    """Take it away for good."""
    get_object_or_404(_all(http, KINDS[kind]), pk=id).remove(by=http.user)
    messages.success(http, _("Taken away. What was sent with it stays what it is."))
    return HttpResponseRedirect(reverse("desk-texts"), status=HTTPStatus.SEE_OTHER)


def _may_write(http: AgentRequest, row: Reusable) -> bool:
    return row.writable_by(http.user, row.team)


def _both(http: AgentRequest, kind: str, now: Any, teams: list[tuple[str, Any]]) -> HttpResponse:
    """Somebody else was faster: my words in the form, theirs above it. Sent again mine stay."""
    given = http.POST.copy()
    given["version"] = str(now.version)
    form = FORMS[KINDS[kind]].sent(given, teams)
    theirs = FORMS[KINDS[kind]].of(now, teams)
    differing = [
        {"label": theirs[name].label, "value": _shown(theirs[name])}
        for name in theirs.fields
        if not theirs[name].is_hidden and _shown(theirs[name]) != _shown(form[name])
    ]
    return _asked(
        http, kind, now, form, status=HTTPStatus.PRECONDITION_FAILED, theirs=differing, stale=True
    )


def _shown(field: Any) -> str:
    """A field's value as a reader sees it."""
    value = field.value()
    if isinstance(value, bool) or field.widget_type == "checkbox":
        return _("yes") if value in (True, "on", "True") else _("no")
    choices = dict(getattr(field.field, "choices", []))
    text = "" if value is None else str(value)
    return str(choices.get(text, text)).replace("\r\n", "\n").strip()


def _asked(
    http: AgentRequest,
    kind: str,
    row: Reusable,
    form: ReusableForm,
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    context = {
        "kind": kind,
        "row": row,
        "new": row._state.adding,
        "form": form,
        "variables": [(f"{{{name}}}", meaning) for name, meaning in VARIABLES.items()],
        **more,
    }
    return render(http, "desk/reusable_write.html", context, status=status)
