"""The pages of known problems: what there is, who is under it, and one word to all of them."""

import uuid
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.foreseen import EXAMPLES
from customer_requests.desk.forms import DeskForm, Words
from customer_requests.desk.joining_forms import search
from customer_requests.desk.preview import preview
from customer_requests.desk.problems_api import announced, found, link_all, problem_out, under_out
from customer_requests.desk.problems_schemas import (
    MOST_AT_ONCE,
    AnnounceIn,
    ProblemChange,
    ProblemIn,
    ProblemQuery,
    look_alike_out,
    problem_item_out,
)
from customer_requests.desk.seeing import asks_who, saw_customers
from customer_requests.desk.to_all import TextsForm, far_in_words, in_words, who_gets_what
from customer_requests.models import Announced, CustomerRequest, KnownProblem, ProblemLink, Topic
from customer_requests.models.life import OPEN
from server.accounts.models import Team, User
from server.paging import PageQuery, page_of
from server.problems import Forbidden, Invalid


class NoteDownForm(DeskForm):
    schema = ProblemIn
    title = Words(label=gettext_lazy("What is the problem, in a few words?"), required=False)
    words = Words(
        label=gettext_lazy("What does the team know about it?"),
        help_text=gettext_lazy("Only the teams read this."),
        rows=3,
        required=False,
    )
    team = forms.ChoiceField(label=gettext_lazy("Which team works on it?"), required=False)
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)

    def for_agent(self, agent: User) -> "NoteDownForm":
        """With the teams and topics to choose from."""
        team, topic = self.fields["team"], self.fields["topic"]
        assert isinstance(team, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(topic, forms.ChoiceField)  # noqa: S101 - declared above
        mine = Team.objects.filter(pk__in=agent.team_ids).order_by("name")
        team.choices = [(each.slug, each.name) for each in mine]
        topics = Topic.objects.filter(is_active=True)
        topic.choices = [("", _("None")), *((each.slug, each.name) for each in topics)]
        return self


class DescribeForm(DeskForm):
    """`was` is the wording that this one is to take the place of."""

    schema = ProblemChange
    title = Words(label=gettext_lazy("What is the problem, in a few words?"), required=False)
    words = Words(
        label=gettext_lazy("What does the team know about it?"),
        help_text=gettext_lazy("Only the teams read this."),
        rows=6,
        required=False,
    )
    topic = forms.ChoiceField(label=gettext_lazy("Topic"), required=False)
    was = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def about(cls, problem: KnownProblem, posted: QueryDict | None = None) -> "DescribeForm":
        now = {"title": problem.title, "words": problem.words, "was": problem.wording}
        initial = {**now, "topic": problem.topic.slug if problem.topic else ""}
        form = cls(posted, initial=initial, auto_id="describe_%s")
        topic = form.fields["topic"]
        assert isinstance(topic, forms.ChoiceField)  # noqa: S101 - declared above
        usable = Topic.objects.filter(Q(is_active=True) | Q(pk=problem.topic_id))
        topic.choices = [("", _("None")), *((each.slug, each.name) for each in usable)]
        return form

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        named = {name: given.get(name) for name in ("title", "words")}
        return {**named, "topic": given.get("topic") or None}


class AnnounceForm(TextsForm):
    schema = AnnounceIn

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        return {**self.written(given), "id": given.get("id"), "solves": "solves" in self.data}


def _fresh(form: type[DeskForm]) -> DeskForm:
    return form(initial={"id": uuid.uuid4()}, auto_id=f"{form.__name__.lower()}_%s")


@require_safe
@agent_page
def problems(http: AgentRequest) -> HttpResponse:
    """The known problems of all teams, and a form to note one down."""
    form = _fresh(NoteDownForm)
    assert isinstance(form, NoteDownForm)  # noqa: S101 - made as one just above
    return _list(http, form.for_agent(http.user))


def _list(http: AgentRequest, form: NoteDownForm, status: int = HTTPStatus.OK) -> HttpResponse:
    known = {"open", "solved", "all"}
    state = http.GET["state"] if http.GET.get("state") in known else "open"
    asked = {"state": state, "cursor": http.GET.get("cursor") or None}
    query = ProblemQuery.model_validate(asked)
    context = {
        **page_of(query.rows(), "-updated_at", query, problem_item_out),
        "state": state,
        "states": [("open", _("Open")), ("solved", _("Solved")), ("all", _("All"))],
        "form": form,
    }
    return render(http, "desk/problems.html", context, status=status)


@require_POST
@agent_page
def note_down(http: AgentRequest) -> HttpResponse:
    form = NoteDownForm(http.POST, auto_id="notedownform_%s").for_agent(http.user)
    if not form.is_valid():
        return _list(http, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    data = form.cleaned_data["data"]
    made, _new = KnownProblem.note_down(
        by=http.user,
        id=data.id,
        title=data.title,
        words=data.words,
        team=data.whose(),
        topic=data.about(),
    )
    return HttpResponseRedirect(reverse("desk-problem", args=[made.pk]))


@require_safe
@agent_page
def problem(http: AgentRequest, problem_id: uuid.UUID) -> HttpResponse:
    """One known problem: who would read a word to all, what was said, who is under it. To a script
    in the open page only how far what was said is.
    """
    if "X-Part" in http.headers:
        return render(http, "desk/problem_said.html", _said(found(problem_id), http.user))
    return _show(http, found(problem_id), _fresh(AnnounceForm))


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def describe(http: AgentRequest, problem_id: uuid.UUID) -> HttpResponse:
    """Say better what it is; only its own team."""
    problem, status = found(problem_id), HTTPStatus.OK
    if problem.team_id not in http.user.team_ids:
        raise Forbidden
    form = DescribeForm.about(problem, http.POST if http.method == "POST" else None)
    if http.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            data, seen = form.cleaned_data["data"], form.cleaned_data["was"] or None
            said = {"title": data.title, "words": data.words, "topic": data.about()}
            try:
                problem.describe(by=http.user, seen=seen, **said)
            except Invalid as refusal:
                for error in refusal.facts["errors"]:
                    form.add_error(error["field"], error["message"])
                again = http.POST.copy()
                again["was"] = problem.wording
                form.data = again
            else:
                messages.success(http, _("Saved. All teams read it."))
                return _back(problem_id)
    changed = problem if form.errors and form.data.get("was") != http.POST.get("was") else None
    context = {"problem": problem, "form": form, "changed": changed}
    return render(http, "desk/problem_describe.html", context, status=status)


def _said(problem: KnownProblem, agent: User) -> dict[str, Any]:
    """What was said to all, and in words how far each is."""
    shown = problem_out(problem, agent)
    broken = [reference for each in shown["announcements"] for reference in each["failed"]]
    mine = CustomerRequest.objects.on_desk_of(agent).filter(reference__in=broken)
    opens = set(mine.values_list("reference", flat=True)) if broken else set()
    for each in shown["announcements"]:
        each["far"] = far_in_words(each["progress"], undone=each["undone_at"] is not None)
        each["failed"] = [(reference, reference in opens) for reference in each["failed"]]
    going = any(each["progress"]["left"] for each in shown["announcements"])
    return {"problem": shown, "going": going}


def _show(
    http: AgentRequest, problem: KnownProblem, form: DeskForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    query = PageQuery(cursor=http.GET.get("cursor"), limit=50)
    links = problem.links.select_related("request__team")
    alike = problem.look_alikes(http.user) if problem.state == "open" else []
    find = http.GET.get("find", "").strip()
    offered = {request.pk for request, _score in alike}
    hits = [hit for hit in _linkable(find, http.user) if hit.pk not in offered]
    if asks_who(find):
        saw_customers(http.user, [hit.pk for hit in hits])
    said = _said(problem, http.user)
    context = {
        **said,
        "find": find,
        "hits": hits,
        "has_update": any(not each["solves"] for each in said["problem"]["announcements"]),
        "under": page_of(links, "-at", query, lambda link: under_out(link, http.user)),
        "look_alikes": [look_alike_out(*each) for each in alike],
        "form": form,
    }
    return render(http, "desk/problem.html", context, status=status)


def _linkable(words: str, agent: User) -> list[CustomerRequest]:
    """What searching finds that is open and under no problem yet."""
    hits = [hit for hit in search(words, agent) if hit.status in OPEN]
    linked = set(
        ProblemLink.objects.filter(request__in=hits).values_list("request_id", flat=True)
        if hits
        else ()
    )
    return [hit for hit in hits if hit.pk not in linked]


def _back(problem_id: uuid.UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("desk-problem", args=[problem_id]))


@require_POST
@agent_page
def link(http: AgentRequest, problem_id: uuid.UUID) -> HttpResponse:
    """Put what was ticked, or typed, under the problem in one go."""
    typed = http.POST.get("references", "").replace(",", " ").split()
    named = list(dict.fromkeys([*http.POST.getlist("requests"), *typed]))[:MOST_AT_ONCE]
    outcomes = link_all(found(problem_id), [name[:254] for name in named], http.user)
    linked = sum(outcome["outcome"] == "linked" for outcome in outcomes)
    if linked:
        said = ngettext("%(n)s request linked.", "%(n)s requests linked.", linked)
        messages.success(http, said % {"n": linked})
    for outcome in outcomes:
        if outcome["detail"]:
            messages.error(http, f"{outcome['request']}: {outcome['detail']}")
    return _back(problem_id)


@require_POST
@agent_page
def announce(http: AgentRequest, problem_id: uuid.UUID) -> HttpResponse:
    """One word to all of them, after a look at who gets which text; refused, the texts stay in
    the form.
    """
    problem = found(problem_id)
    form = AnnounceForm(http.POST, auto_id="announceform_%s")
    if form.is_valid():
        data = form.cleaned_data["data"]
        said = {
            "by": http.user,
            "solves": data.solves,
            "texts": data.texts(),
            "names_nobody": data.names_nobody,
        }
        form.doubtful = problem.to_all().may_be_no_name(data.texts())
        try:
            if "change" in http.POST:
                return _show(http, problem, form)
            if "confirmed" not in http.POST:
                problem.rehearse(**said)
                return _sure(http, problem, form)
            problem.announce(id=data.id, **said)
        except Invalid as refusal:
            for error in refusal.facts["errors"]:
                form.add_error(error["field"], error["message"])
        else:
            messages.success(http, _("It is being passed on. You can follow how far it is."))
            return _back(problem_id)
    return _show(http, problem, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _sure(http: AgentRequest, problem: KnownProblem, form: DeskForm) -> HttpResponse:
    """Nothing has been sent: what each will read and how, and two ways on."""
    data = form.cleaned_data["data"]
    context = {
        "problem": problem,
        "solves": data.solves,
        "form": form,
        **who_gets_what(problem.to_all(), data.texts()),
    }
    return render(http, "desk/problem_sure.html", context)


@require_POST
@agent_page
def undo(http: AgentRequest, problem_id: uuid.UUID) -> HttpResponse:
    """It was not solved after all; after a look at who is told so."""
    problem = found(problem_id)
    if "confirmed" not in http.POST:
        if problem.team_id not in http.user.team_ids:
            raise Forbidden
        return render(http, "desk/problem_undo.html", _unsaid(problem, http.user))
    problem.undo_solved(by=http.user)
    messages.success(http, _("It is being taken back. Customers and employees are told."))
    return _back(problem_id)


def _unsaid(problem: KnownProblem, agent: User) -> dict[str, Any]:
    """Who hears that it is not solved after all, and the first of them word for word."""
    last = problem.last_solved()
    to_all = last.to_unsay()
    rows = CustomerRequest.objects.filter(to_all.hears, pk__in=to_all.requests.values("pk"))
    told = last.to_take_back().filter(request__in=rows.values("pk"))
    first = told.select_related("request")[:EXAMPLES]
    return {
        "problem": problem,
        "readers": to_all.readers(),
        "ways": in_words(to_all.ways(of_status=True)),
        "examples": [
            {"reference": row.request.reference, "preview": _taken_back(row, agent)}
            for row in first
        ],
    }


def _taken_back(heard: Announced, agent: User) -> dict[str, Any]:
    return preview(heard.request, lambda one: one.unhear(heard, by=agent), reader=agent)


@require_POST
@agent_page
def try_again(
    http: AgentRequest, problem_id: uuid.UUID, announcement_id: uuid.UUID
) -> HttpResponse:
    """Where passing it on, or taking it back, failed."""
    announced(problem_id, announcement_id).try_again(by=http.user)
    messages.success(http, _("It is tried again where it failed."))
    return _back(problem_id)
