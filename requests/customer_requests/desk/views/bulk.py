"""One act on many requests: choose it, send it, see how it went, undo it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.bulk_api import ask
from customer_requests.desk.bulk_forms import BULK_FORMS, BulkForm, BulkSolve
from customer_requests.desk.bulk_schemas import bulk_out
from customer_requests.desk.foreseen import foreseen
from customer_requests.desk.to_all import who_gets_what
from customer_requests.models import BulkAction, Outcome
from customer_requests.models.bulk_verbs import BULK_VERBS, check_solve
from server.problems import Invalid

# Of these somebody outside the team gets a message; who gets what is shown before.
SHOWN = {"solve", "macro", "assign", "put_under"}


@require_POST
@agent_page
def choose(http: AgentRequest) -> HttpResponse:
    """Ask what the act needs, for what was ticked; changes nothing."""
    kind = _form_of(http)
    try:
        form = kind.about(http.user, http.POST)
    except Invalid as problem:
        why = " ".join(error["message"] for error in problem.facts["errors"])
        context = {"label": BULK_VERBS[kind.verb].label, "why": why, "back": _queue(http)}
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(http, "desk/bulk_refused.html", context, status=status)
    if form.count == 0:
        return HttpResponseRedirect(_queue(http), status=HTTPStatus.SEE_OTHER)
    return _asked(http, form)


@require_POST
@agent_page
def send(http: AgentRequest) -> HttpResponse:
    """Ask for it, and back to the queue, where it can be undone. Of what somebody outside the team
    gets a message is shown first who gets what.
    """
    form = _form_of(http).sent(http.user, http.POST)
    if not form.is_valid():
        return _asked(http, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    data = form.cleaned_data["data"]
    try:
        if isinstance(form, BulkSolve):
            hears = BulkAction.who_hears(http.user, [pk for pk, _seen in data.picked(http.user)])
            form.doubtful = hears.may_be_no_name(data.solve.texts())
            if "change" in http.POST:
                return _asked(http, form)
            if "confirmed" not in http.POST:
                check_solve(hears, data.solve.facts())
                return _sure(http, form, who_gets_what(hears, data.solve.texts()))
        elif coming := foreseen(data, http.user):
            if "change" in http.POST:
                return _asked(http, form)
            if http.POST.get("confirmed") != coming["sure"]:
                return _foreseen(http, form, coming)
        made, _new = ask(data, http.user)
    except Invalid as problem:
        for error in problem.facts["errors"]:
            name = error["field"].rpartition(".")[2]
            form.add_error(name if name in form.fields else None, error["message"])
        return _asked(http, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return HttpResponseRedirect(_queue(http, bulk=str(made.pk)), status=HTTPStatus.SEE_OTHER)


@require_safe
@agent_page
def page(http: AgentRequest, bulk_id: UUID) -> HttpResponse:
    """How far it is and what became of each; only that part for a script in an open page."""
    context = bulk_panel(get_object_or_404(BulkAction, pk=bulk_id, by=http.user))
    part = "X-Part" in http.headers
    return render(http, "desk/bulk_state.html" if part else "desk/bulk.html", context)


@require_POST
@agent_page
def undo(http: AgentRequest, bulk_id: UUID) -> HttpResponse:
    bulk = get_object_or_404(BulkAction, pk=bulk_id, by=http.user)
    bulk.undo()
    if "X-Part" in http.headers:
        return render(http, "desk/bulk_state.html", bulk_panel(bulk))
    return HttpResponseRedirect(reverse("desk-bulk", args=[bulk_id]), status=HTTPStatus.SEE_OTHER)


@require_POST
@agent_page
def hold(http: AgentRequest, bulk_id: UUID) -> HttpResponse:
    """Somebody is at the undo button: give them the time."""
    bulk = get_object_or_404(BulkAction, pk=bulk_id, by=http.user)
    bulk.hold()
    return render(http, "desk/bulk_state.html", bulk_panel(bulk))


def toast(http: AgentRequest) -> dict[str, Any]:
    """What the address of the queue says was just asked for; nothing, and no query, without."""
    try:
        id = UUID(http.GET.get("bulk", ""))
    except ValueError:
        return {}
    bulk = BulkAction.objects.filter(pk=id, by=http.user).first()
    return bulk_panel(bulk) if bulk else {}


def bulk_panel(bulk: BulkAction) -> dict[str, Any]:
    shown = bulk_out(bulk)
    counts = shown["outcomes"]
    return {
        "bulk": {
            **shown,
            "label": BULK_VERBS[bulk.verb].label,
            "is_over": bulk.ended_at is not None and bulk.lease is None,
            "done": counts.get(Outcome.DONE, 0),
            "refused": counts.get(Outcome.REFUSED, 0),
            "taken_back": counts.get(Outcome.TAKEN_BACK, 0),
            "kept": counts.get(Outcome.KEPT, 0),
            "told": sum(item["told"] for item in shown["items"]),
            "heard": BULK_VERBS[bulk.verb].heard,
            "items": [{**item, "label": Outcome(item["outcome"]).label} for item in shown["items"]],
        }
    }


def _form_of(http: AgentRequest) -> type[BulkForm]:
    try:
        return BULK_FORMS[http.POST.get("verb", "")]
    except KeyError:
        raise Http404 from None


def _asked(http: AgentRequest, form: BulkForm, *, status: int = HTTPStatus.OK) -> HttpResponse:
    context = {
        "form": form,
        "label": BULK_VERBS[form.verb].label,
        "speaks": BULK_VERBS[form.verb].speaks,
        "shows": form.verb in SHOWN,
        "back": _queue(http),
        "asked": http.GET.urlencode(),
    }
    return render(http, "desk/bulk_ask.html", context, status=status)


def _sure(http: AgentRequest, form: BulkForm, shown: dict[str, Any]) -> HttpResponse:
    """Nothing has been asked for yet: what each will read and how, and two ways on."""
    context = {
        "form": form,
        "label": BULK_VERBS[form.verb].label,
        "back": _queue(http),
        "asked": http.GET.urlencode(),
        **shown,
    }
    return render(http, "desk/bulk_sure.html", context)


def _foreseen(http: AgentRequest, form: BulkForm, coming: dict[str, Any]) -> HttpResponse:
    """Nothing has been asked for yet: whom it would tell what, and two ways on."""
    context = {
        "form": form,
        "given": [(name, form.data.get(name, "")) for name in form.asks()],
        "label": BULK_VERBS[form.verb].label,
        "speaks": BULK_VERBS[form.verb].speaks,
        "back": _queue(http),
        "asked": http.GET.urlencode(),
        "changed": "confirmed" in http.POST,
        **coming,
    }
    return render(http, "desk/bulk_foreseen.html", context)


def _queue(http: AgentRequest, **more: str) -> str:
    """The queue as it was."""
    asked = http.GET.copy()
    for name, value in more.items():
        asked[name] = value
    return reverse("desk-queue") + (f"?{asked.urlencode()}" if asked else "")
