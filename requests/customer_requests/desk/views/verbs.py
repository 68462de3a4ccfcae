"""Each verb as a form: a page of its own to fill in, and what happens when it is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from django_htmx.http import push_url, reswap, retarget

from customer_requests import references
from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.choosing import AssignForm, TransferForm
from customer_requests.desk.forms import (
    ON_ITS_OWN,
    ContactForm,
    DeskForm,
    NoteForm,
    PlainForm,
    PriorityForm,
    SolveForm,
    SplitForm,
    StepChangeForm,
    StepForm,
    UnderForm,
    UpdateForm,
    WaitForm,
)
from customer_requests.desk.inputs import said
from customer_requests.desk.joining_forms import LinkForm, MergeForm, OtherForm, UnlinkForm
from customer_requests.desk.preview import preview
from customer_requests.desk.schemas import desk_entry_out
from customer_requests.desk.seeing import saw_customers
from customer_requests.desk.to_all import said_on_linking
from customer_requests.desk.views.request import found, home
from customer_requests.models import CustomerRequest, DraftKind, Entry, Step
from customer_requests.models.draft import BESIDE, DraftWay
from customer_requests.problems import NotNow
from server.accounts.models import User
from server.problems import Invalid, NotFound, Problem, StaleVersion

Do = Callable[[CustomerRequest, User, Any], object]


@dataclass(frozen=True, slots=True)
class Act:
    """A verb in the console: its form, what it does, and its words.

    `allowed` is its name among the verbs of the model; `done` is said when it is done, and
    `placed` instead where it is for under a post, or what `came` makes of it. With `shows` what
    somebody outside the team gets of it can be seen before.
    """

    allowed: str
    form: type[DeskForm]
    do: Do
    title: Promise
    button: Promise
    done: Promise
    placed: Promise | None = None
    shows: bool = False
    came: Callable[[CustomerRequest, Any], str] | None = None


def _update(request: CustomerRequest, agent: User, data: Any) -> None:
    texts = {f"text_{reader}": data.said_to(reader) for reader in data.audience}
    request.update(by=agent, id=data.id, audience=data.audience, **texts)


def _plan(request: CustomerRequest, agent: User, data: Any) -> None:
    request.plan_step(
        by=agent, id=data.id, title=data.title, expected_at=data.expected_at, **said(data.text)
    )


def _contact(request: CustomerRequest, agent: User, data: Any) -> None:
    request.correct_contact(
        by=agent, email=data.email or "", phone=data.phone or "", channel=data.channel
    )


def _named(data: Any, agent: User, field: str) -> CustomerRequest:
    """Another request, by what somebody typed: a slip there is no lost page."""
    try:
        found: CustomerRequest = data.other(agent, field)
    except NotFound as error:
        unknown = _("There is no request with this reference on your desk.")
        raise Invalid({field: unknown}) from error
    return found


def _unlink(request: CustomerRequest, agent: User, data: Any) -> None:
    if not request.unlink(data.other(), by=agent):
        raise Invalid({"request": _("There is no link with this request.")})


_PLACES = _("The employee has it now, and places what has to stand under the post.")

ACTS: Mapping[str, Act] = {
    "claim": Act(
        "claim",
        PlainForm,
        lambda request, agent, data: request.claim(by=agent),
        _("Take this request"),
        _("Take it"),
        _("You have this request now."),
        shows=True,
    ),
    "release": Act(
        "release",
        PlainForm,
        lambda request, agent, data: request.release(by=agent),
        _("Put it back in the queue"),
        _("Put it back"),
        _("It is back in the queue."),
        shows=True,
    ),
    "assign": Act(
        "assign",
        AssignForm,
        lambda request, agent, data: request.assign(data.person(), by=agent),
        _("Give it to a colleague"),
        _("Give it"),
        _("Your colleague has it now."),
        shows=True,
    ),
    "transfer": Act(
        "transfer",
        TransferForm,
        lambda request, agent, data: request.transfer(
            data.destination(), data.note, by=agent, topic=data.about()
        ),
        _("Pass it to another team"),
        _("Pass it on"),
        _("The other team has it now."),
        shows=True,
    ),
    "priority": Act(
        "prioritise",
        PriorityForm,
        lambda request, agent, data: request.prioritise(data.priority, by=agent),
        _("Say how pressing it is"),
        _("Save the priority"),
        _("Saved. What is due when has changed with it."),
    ),
    "step": Act(
        "plan",
        StepForm,
        _plan,
        _("Add a step"),
        _("Add the step"),
        _("Step added."),
        shows=True,
    ),
    "update": Act(
        "update",
        UpdateForm,
        _update,
        _("Write an update"),
        _("Send"),
        _("Your update is sent."),
        _PLACES,
        shows=True,
    ),
    "note": Act(
        "note",
        NoteForm,
        lambda request, agent, data: request.note(by=agent, id=data.id, text=data.text),
        _("Write an internal note"),
        _("Add internal note"),
        _("Your note is added. Only the team can read it."),
    ),
    "wait": Act(
        "wait",
        WaitForm,
        lambda request, agent, data: request.wait(
            by=agent, on=data.on, text=data.text, until=data.until
        ),
        _("Wait for an answer"),
        _("Ask and wait"),
        _("The clock stands still until there is an answer."),
        shows=True,
    ),
    "resume": Act(
        "resume",
        PlainForm,
        lambda request, agent, data: request.resume(by=agent),
        _("Go on without the answer"),
        _("Go on"),
        _("The clock runs again."),
        shows=True,
    ),
    "solve": Act(
        "solve",
        SolveForm,
        lambda request, agent, data: request.solve(
            by=agent, text=data.text, text_employee=data.text_employee or ""
        ),
        _("Say that it is solved"),
        _("It is solved"),
        _("Solved. The customer can still say no for 7 days."),
        _("Solved. The employee gets the answer, to place it under the post."),
        shows=True,
    ),
    "merge": Act(
        "merge",
        MergeForm,
        lambda request, agent, data: request.merge(_named(data, agent, "into"), by=agent),
        _("Merge it with another request"),
        _("Merge"),
        _("Merged. You can take it apart again."),
        shows=True,
    ),
    "unmerge": Act(
        "unmerge",
        PlainForm,
        lambda request, agent, data: request.unmerge(by=agent),
        _("Take it apart again"),
        _("Take apart"),
        _("It is what it was again."),
        shows=True,
    ),
    "split": Act(
        "split",
        SplitForm,
        lambda request, agent, data: request.split(
            by=agent, id=data.id, topic=data.about(), question=data.question
        ),
        _("Make part of it a request of its own"),
        _("Split it off"),
        _("Split off. Customer and employee are told."),
        shows=True,
    ),
    "link": Act(
        "link",
        LinkForm,
        lambda request, agent, data: request.link(_named(data, agent, "request"), by=agent),
        _("Note that another request has to do with it"),
        _("Link"),
        _("Linked. Only the team sees it."),
    ),
    "unlink": Act(
        "link",
        UnlinkForm,
        _unlink,
        _("Take a link away"),
        _("Take it away"),
        _("They are no longer linked."),
    ),
    "put_under": Act(
        "put_under",
        UnderForm,
        lambda request, agent, data: request.put_under(data.known(), by=agent),
        _("Link it to a known problem"),
        _("Link"),
        _("Linked."),
        came=lambda request, data: said_on_linking(data.known(), request),
    ),
    "take_from_under": Act(
        "link",
        PlainForm,
        lambda request, agent, data: request.take_from_under(by=agent),
        _("Take it from under the known problem"),
        _("Take it away"),
        _("It is no longer under the problem. What was said stays said."),
    ),
    "contact": Act(
        "contact",
        ContactForm,
        _contact,
        _("Correct the customer's address"),
        _("Save the address"),
        _("Saved. The customer gets a new link; older ones no longer work."),
        shows=True,
    ),
}


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def act(http: AgentRequest, reference: str, verb: str) -> HttpResponse:
    """Ask what a verb needs, or do it."""
    if verb not in ACTS:
        raise Http404
    it = ACTS[verb]
    try:
        request = found(http, reference)
    except Http404:
        if not _sent_away(http, reference):
            raise
        return HttpResponseRedirect(home(http, None), status=HTTPStatus.SEE_OTHER)
    if it.form is ContactForm:
        saw_customers(http.user, [request.pk])
    if http.method != "POST":
        form = it.form.fresh(request, http.user)
        if it.shows and it.form is PlainForm:  # nothing to fill in: what it says is known now
            return _shown(http, request, it, form, None)
        return _asked(http, request, it, form)
    form = it.form.posted(http, request, http.user)
    shown = it.shows and "preview" in http.POST
    if "find" in http.POST and issubclass(it.form, OtherForm):
        sought = references.parse(http.POST.get(it.form.other, ""))
        if not (it.shows and sought and http.POST["find"] == "1"):
            return _asked(http, request, it, it.form.found(http, request, http.user))
        shown = True  # one reference is one request: there is nothing to choose from
    if shown:
        return see(http, request, it, form)
    if http.POST.get("mode", verb) != verb and form.is_valid():
        # What goes to whom is said twice, by the choice and by the button; both have to agree.
        form.add_error(None, _("You chose one thing and pressed the button of another."))
    return perform(http, request, it, form)


def _sent_away(http: AgentRequest, reference: str) -> bool:
    """Whether this is the second click on what took the request from this agent's desk."""
    try:
        sent = UUID(http.POST.get("id", ""))
    except ValueError:
        return False
    mine = Entry.objects.filter(pk=sent, actor=http.user, request__reference=reference)
    return mine.exists()


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def step(http: AgentRequest, reference: str, step_id: UUID) -> HttpResponse:
    """Move a step of the plan on."""
    request = found(http, reference)
    step = get_object_or_404(Step, pk=step_id, request_id=request.pk)

    def change(request: CustomerRequest, agent: User, data: Any) -> None:
        request.change_step(
            step.pk,
            by=agent,
            state=data.state,
            expected_at=data.expected_at,
            keep_expected_at="expected_at" not in data.model_fields_set,
            **said(data.text),
        )

    done = _("The plan is up to date.")
    it = Act("plan", StepChangeForm, change, step.title, _("Save"), done, shows=True)  # type: ignore[arg-type] # a title of their own
    if http.method != "POST":
        return _asked(http, request, it, StepChangeForm.of(step, request, http.user))
    form = StepChangeForm.posted(http, request, http.user)
    return (see if "preview" in http.POST else perform)(http, request, it, form)


def see(http: AgentRequest, request: CustomerRequest, it: Act, form: DeskForm) -> HttpResponse:
    """The form as it was filled in with what each reader would get of it; nothing is done. To a
    script only the latter.
    """
    if not form.is_valid():
        if is_script(http):
            facts = {"wrong": form.errors}
            return render(http, "desk/preview.html", facts, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return _asked(http, request, it, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _shown(http, request, it, form, form.cleaned_data.get("data"))


def _shown(
    http: AgentRequest, request: CustomerRequest, it: Act, form: DeskForm, data: Any
) -> HttpResponse:
    told: Mapping[str, Any] | None = None
    refused: Problem | None = None
    try:
        told = preview(request, lambda row: it.do(row, http.user, data), reader=http.user)
    except Problem as problem:
        refused = problem
    if is_script(http):
        return render(http, "desk/preview.html", {"preview": told, "problem": refused})
    # What was rehearsed is not what is in the database.
    now = found(http, request.reference)
    if isinstance(refused, Invalid):
        form.blame(refused)
        return _asked(http, now, it, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _asked(http, now, it, form, problem=refused, preview=told)


def is_script(http: AgentRequest) -> bool:
    """Whether a script asks, for a part of the page that is open."""
    return "X-Part" in http.headers


def perform(http: AgentRequest, request: CustomerRequest, it: Act, form: DeskForm) -> HttpResponse:
    """Do what the form says and go back to the request, or show the form again and say why not.

    The same form sent twice is done once, whatever has become of the request in between.
    """
    if not form.is_valid():
        return _asked(http, request, it, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    given = form.cleaned_data
    try:
        request.expecting(given.get("version"))
        if given.get("id"):
            request.under(given["id"])
        if given.get("draft") is not None:
            kind = DraftKind.NOTE if it.allowed == "note" else DraftKind.REPLY
            words = {name: given.get(name) or "" for name in ("text", "text_employee")}
            way = DraftWay.STEP if it.allowed == "plan" else it.allowed
            beside = {name: given.get(name.partition("_")[2]) for name in BESIDE.get(way, ())}
            request.sending(kind, given["draft"], **words, beside=beside)
        it.do(request, http.user, given.get("data"))
    except Invalid as problem:
        form.blame(problem)
        return _asked(http, request, it, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except (StaleVersion, NotNow) as problem:
        if not request.has_entry(given.get("id")):
            return _refused(http, it, form, problem)
    except Problem as problem:
        return _refused(http, it, form, problem)
    said = it.placed if it.placed and request.is_social else it.done
    messages.success(http, it.came(request, given["data"]) if it.came else str(said))
    return HttpResponseRedirect(home(http, request), status=HTTPStatus.SEE_OTHER)


def _refused(http: AgentRequest, it: Act, form: DeskForm, problem: Problem) -> HttpResponse:
    """The request as it is now, why it was refused, and the form with every word still in it."""
    now = found(http, str(http.resolver_match.kwargs["reference"]))  # type: ignore[union-attr] # we are in a view
    since = _since(now, form)
    form.lay_again(now)
    return _asked(http, now, it, form, problem=problem, since=since, status=problem.status)


def _since(request: CustomerRequest, form: DeskForm) -> list[dict[str, Any]]:
    """What happened after the agent last saw the request, as far as the form tells."""
    seen = form.cleaned_data.get("seen") or ""
    return [desk_entry_out(request, entry) for entry in request.story_after(seen)]


def _asked(
    http: AgentRequest,
    request: CustomerRequest,
    it: Act,
    form: DeskForm,
    *,
    problem: Problem | None = None,
    since: Sequence[dict[str, Any]] = (),
    preview: Mapping[str, Any] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    form.auto_id = ON_ITS_OWN
    context = {
        "request": request,
        "asked": http.GET.urlencode(),
        "act": it,
        "form": form,
        "action": http.get_full_path(),
        "problem": problem,
        "since": since,
        "preview": preview,
        # Nothing to fill in and no longer to be done: then there is nothing left to press.
        "over": problem and it.allowed not in request.allowed_to(http.user),
    }
    if not http.htmx or http.htmx.history_restore_request:
        return render(http, "desk/act.html", context, status=status)
    # In an open page it is a dialog over the request, whatever sent it.
    answer = render(http, "desk/panel_act.html", {**context, "in_dialog": True}, status=status)
    return push_url(reswap(retarget(answer, "#act-body"), "innerHTML"), False)
