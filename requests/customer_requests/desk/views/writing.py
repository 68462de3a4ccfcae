"""Keeping what is written before it is sent, and showing what its readers would get."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from pydantic import ValidationError

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.composing import DraftIn, draft_out
from customer_requests.desk.forms import LocalMoment
from customer_requests.desk.preview import preview as readings
from customer_requests.desk.views.composer import WAYS, composer_panel
from customer_requests.desk.views.queue import queue_panel
from customer_requests.desk.views.request import found, home, request_panel
from customer_requests.desk.views.verbs import ACTS, is_script
from customer_requests.models import Draft, DraftKind, WaitingOn
from customer_requests.problems import DraftChanged
from server.fields import explain
from server.problems import Invalid, Problem


@require_POST
@agent_page
def draft(http: AgentRequest, reference: str) -> HttpResponse:
    """Keep what is written so far. To a script: the draft as JSON, or a problem; to a person: back
    to the request, or both texts where a colleague saved in between.
    """
    request, kind = found(http, reference), _kind(http)
    try:
        data = _draft_in(http.POST, kind)
        saved = request.save_draft(by=http.user, kind=kind, **data)
    except Problem as problem:
        if is_script(http):
            return problem.response()
        if isinstance(problem, DraftChanged):
            return _shown(http, reference, theirs=request.draft(kind), problem=problem)
        raise
    if is_script(http):
        return JsonResponse(draft_out(saved))
    messages.success(http, _("Kept as a draft. Your whole team can go on with it."))
    return HttpResponseRedirect(home(http, request), status=HTTPStatus.SEE_OTHER)


def _kind(http: AgentRequest) -> DraftKind:
    try:
        return DraftKind(http.POST.get("kind", ""))
    except ValueError as error:
        raise Http404 from error


def _moment(posted: QueryDict, name: str) -> Any:
    """A moment as the schema takes it; what can't be read is the schema's."""
    return LocalMoment(required=False).to_python(posted.get(name, ""))


def _ways(posted: QueryDict) -> tuple[str, str]:
    return posted.get("mode", ""), posted.get("way", "")


def _draft_in(posted: QueryDict, kind: DraftKind) -> dict[str, Any]:
    given: dict[str, Any] = {"version": posted.get("draft") or 0, "text": posted.get("text", "")}
    if kind == DraftKind.REPLY:
        given |= {
            "text_employee": posted.get("text_employee", ""),
            "audience": posted.getlist("audience"),
            "step_title": posted.get("title", ""),
            "step_expected_at": _moment(posted, "expected_at"),
            "wait_on": posted.get("on") or WaitingOn.CUSTOMER,
            "wait_until": _moment(posted, "until"),
            # While a note is open the reply is meant as it was; the page says how.
            "way": next((way for way in _ways(posted) if way in WAYS), ""),
        }
    try:
        data = DraftIn.model_validate(given)
    except ValidationError as error:
        raise Invalid(
            {
                str(each["loc"][0]): explain(each["type"], each.get("ctx", {}))
                for each in error.errors()
            }
        ) from error
    return data.model_dump(include=set(given))


@require_POST
@agent_page
def preview(http: AgentRequest, reference: str) -> HttpResponse:
    """What each reader would get of what is in the composer now. Nothing is sent or kept."""
    request, mode = found(http, reference), http.POST.get("mode", "")
    if mode not in {*WAYS, "note"}:
        raise Http404
    it = ACTS[mode]
    form = it.form.posted(http, request, http.user)
    if not form.is_valid():
        return _shown(http, reference, wrong=form.errors)
    data = form.cleaned_data["data"]
    try:
        told = readings(request, lambda row: it.do(row, http.user, data), reader=http.user)
    except Invalid as problem:
        wrong = {error["field"]: [error["message"]] for error in problem.facts["errors"]}
        return _shown(http, reference, wrong=wrong)
    except Problem as problem:
        return _shown(http, reference, problem=problem)
    return _shown(http, reference, preview=told)


def _shown(
    http: AgentRequest,
    reference: str,
    *,
    theirs: Draft | None = None,
    problem: Problem | None = None,
    **facts: Any,
) -> HttpResponse:
    """The preview alone for a script; else the request with the composer as it was posted."""
    facts |= {"problem": problem}
    if is_script(http):
        return render(http, "desk/preview.html", facts)
    request = found(http, reference)
    context = {**request_panel(http, request), **facts, **queue_panel(http)}
    context["composer"] = composer_panel(request, context["allowed"], http.POST, theirs)
    if isinstance(problem, DraftChanged):
        context["composer"]["theirs"]["yours"] = problem.facts["yours"]
    return render(http, "desk/request.html", context)
