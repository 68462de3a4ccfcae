"""The customer's page at /t/{token}: the verbs of the API in other clothes, without JavaScript.

A browser that follows a link is sent on to an address with the reference in place of the token,
and a cookie that only goes back to that address: so the token stays out of the history and of
referrers. Programs, and browsers that take no cookies, are served at the link itself.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from customer_requests.downloads import download
from customer_requests.models import (
    ActorRole,
    CustomerRequest,
    Entry,
    EntryKind,
    Status,
    TrackingLink,
    WaitingOn,
)
from customer_requests.models.life import Actor
from customer_requests.schemas import actor_name
from customer_requests.track.forms import DetailsForm, MessageForm, RatingForm, ReasonForm
from customer_requests.track.visits import COOKIE, Visit, visited
from customer_requests.track.words import headline, last_word, what_now
from server.problems import NotFound

COOKIE_AGE = 30 * 24 * 3600


@require_safe
@visited
def page(visit: Visit) -> HttpResponse:
    """Where the question stands, and what the customer can do now."""
    # Only a browser that navigates says so; it gets the address without the token.
    navigates = visit.http.headers.get("Sec-Fetch-Mode") == "navigate"
    if navigates and visit.key == visit.token and visit.http.GET.get("stay") is None:
        return _send_on(visit)
    return _show(visit)


def _send_on(visit: Visit) -> HttpResponse:
    path = reverse("track-page", args=[visit.request.reference])
    response = HttpResponseRedirect(path)
    response.set_cookie(
        COOKIE,
        visit.token,
        max_age=COOKIE_AGE,
        path=path,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _show(visit: Visit, **forms: Form) -> HttpResponse:
    request = visit.request
    story = request.seen_by_customer()
    context = {
        **_frame(visit),
        "headline": headline(request),
        "what_now": what_now(request),
        "last_word": last_word(request, story),
        "agent_first_name": request.agent.first_name if request.agent else None,
        "team_name": request.team.name,
        "steps": [
            {
                "title": step.title,
                "state": step.state,
                "state_label": step.get_state_display(),
                "expected_at": step.expected_at,
            }
            for step in request.steps.all()
        ],
        "timeline": [_line(visit, entry) for entry in story],
        "rating": request.latest_rating(),
        "forms": {
            "message": forms.get("message") or MessageForm.fresh(),
            "rating": forms.get("rating") or _rating_form(request),
        },
        "notice": " ".join(str(message) for message in messages.get_messages(visit.http)),
        "first_contact": request.first_contact,
        "goes_on_as": request.customer_goes_on_at(),
        "reads_along": _reads_along(visit),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if forms else HTTPStatus.OK
    return render(visit.http, "track/page.html", context, status=status)


def _frame(visit: Visit) -> dict[str, Any]:
    """What every page of a request shows and links to."""
    request = visit.request
    return {
        "request": {
            "reference": request.reference,
            "status": request.status,
            "status_label": request.get_status_display(),
            "question": request.question,
            "topic": request.topic.name,
            "created_at": request.created_at,
            "expected_by": request.expected_by,
            "is_late": bool(request.expected_by and request.expected_by < timezone.now()),
            "waiting_on": request.waiting_on,
            "closed_as": request.closed_as,
        },
        "employee_first_name": request.employee.first_name,
        "allowed": _allowed(request),
        "urls": {
            "self": visit.url("page"),
            **{
                name: visit.url(name)
                for name in (
                    "message",
                    "confirm",
                    "reopen",
                    "withdraw",
                    "rate",
                    "details",
                    "erase",
                    "onward",
                )
            },
        },
    }


def _allowed(request: CustomerRequest) -> set[str]:
    allowed = set(request.allowed(ActorRole.CUSTOMER))
    if request.status == Status.WAITING and request.waiting_on == WaitingOn.CUSTOMER:
        allowed.add("answer")
    return allowed


def _line(visit: Visit, entry: Entry) -> dict[str, Any]:
    mine = entry.actor_role == ActorRole.CUSTOMER
    roles = {ActorRole.CUSTOMER: "you", ActorRole.AGENT: "agent", ActorRole.EMPLOYEE: "employee"}
    # The question itself stands beside the story; here the fact is enough.
    text = "" if entry.kind == EntryKind.SUBMITTED else entry.text_customer
    label = entry.get_kind_display()
    if entry.kind == EntryKind.RELEASED:  # to the team that is "put back"
        label = _("Gave your question back to the team")
    if entry.step:
        state = entry.step.get_state_display() if not entry.step_state else ""
        label = f"{entry.step.title}: {state or _step_label(entry.step_state)}"
    return {
        "at": entry.at,
        "who": _("You") if mine else actor_name(visit.request, entry, ActorRole.CUSTOMER),
        "role": roles.get(ActorRole(entry.actor_role), "system"),
        "text": text,
        "kind_label": label,
        "attachments": [
            {
                "name": file.name,
                "url": visit.url("file", file.pk),
                "size_label": filesizeformat(file.size),
                "is_image": file.is_image,
            }
            for file in entry.attachments.all()
        ],
    }


def _step_label(state: str) -> str:
    from customer_requests.models import StepState

    return str(StepState(state).label).lower()


def _rating_form(request: CustomerRequest) -> RatingForm:
    rating = request.latest_rating()
    initial = {}
    if rating:
        seriously = {True: "yes", False: "no", None: ""}[rating.taken_seriously]
        initial = {"score": rating.score, "taken_seriously": seriously, "text": rating.text}
    return RatingForm(auto_id="rating_%s", initial=initial)


@require_POST
@visited
def message(visit: Visit) -> HttpResponse:
    """Say something, with a photo if they like; answers a question to them."""
    form = MessageForm(visit.http.POST, visit.http.FILES, auto_id="message_%s")
    if not form.is_valid():
        return _show(visit, message=form)
    given = form.cleaned_data
    visit.request.message(
        by=Actor.customer(), id=given["id"], text=given["text"], upload=given["file"]
    )
    return visit.back(_("Your message has been sent."))


@require_POST
@visited
def confirm(visit: Visit) -> HttpResponse:
    """Yes, it is solved."""
    visit.request.confirm()
    return visit.back(_("Thank you. Your question is closed."))


@require_POST
@visited
def onward(visit: Visit) -> HttpResponse:
    """To the question that a merged one goes on as, by a link of its own."""
    goes_on = visit.request.customer_goes_on_at()
    if goes_on is None:
        raise NotFound
    return HttpResponseRedirect(reverse("track-page", args=[TrackingLink.mint(goes_on)]))


def _reads_along(visit: Visit) -> list[dict[str, str]]:
    """Who reads along here too, and where the customer chooses what that employee sees."""
    request, mine = visit.request, {other.pk for other in visit.request.customers_merged_here()}
    return [
        {
            "name": request.reader_name(other),
            "url": visit.url("along", other.reference) if other.pk in mine else "",
        }
        for other in request.read_along_by()
    ]


@require_POST
@visited
def along(visit: Visit, reference: str) -> HttpResponse:
    """To their question that goes on as this one, by a link of its own."""
    for other in visit.request.customers_merged_here():
        if other.reference == reference:
            return HttpResponseRedirect(reverse("track-page", args=[TrackingLink.mint(other)]))
    raise NotFound


@require_http_methods(["GET", "POST"])
@visited
def reopen(visit: Visit) -> HttpResponse:
    """No, it is not solved."""

    def act(form: Form) -> HttpResponse:
        goes_on = visit.request.reopen(by=Actor.customer(), reason=form.cleaned_data["reason"])
        if goes_on.pk != visit.request.pk:
            said = _("We carry on with a new question: %(reference)s. You get a message about it.")
            return visit.back(said % {"reference": goes_on.reference})
        return visit.back(_("We carry on with your question."))

    return _act(visit, "reopen", _bound(visit, ReasonForm), act)


@require_http_methods(["GET", "POST"])
@visited
def withdraw(visit: Visit) -> HttpResponse:
    """It is no longer needed."""

    def act(form: Form) -> HttpResponse:
        visit.request.withdraw(by=Actor.customer(), reason=form.cleaned_data["reason"])
        return visit.back(_("Your question was withdrawn."))

    return _act(visit, "withdraw", _bound(visit, ReasonForm), act)


@require_http_methods(["GET", "POST"])
@visited
def rate(visit: Visit) -> HttpResponse:
    """How it was."""

    def act(form: Form) -> HttpResponse:
        given = form.cleaned_data
        visit.request.rate(
            score=given["score"], taken_seriously=given["taken_seriously"], text=given["text"]
        )
        return visit.back(_("Thank you for your opinion."))

    form = (
        RatingForm(visit.http.POST, auto_id="rating_%s")
        if visit.http.method == "POST"
        else _rating_form(visit.request)
    )
    return _act(visit, "rate", form, act)


@require_http_methods(["GET", "POST"])
@visited
def details(visit: Visit) -> HttpResponse:
    """How we reach the customer, and what the employee may see."""

    def act(form: Form) -> HttpResponse:
        moved = visit.request.correct_details(**form.cleaned_data)
        if not moved:
            return visit.back(_("Your details have been saved."))
        # The link in this very address has just ended.
        context = {
            "title": _("Your details have been saved"),
            "detail": _("We sent you a new link. The old one no longer works."),
        }
        return render(visit.http, "refused.html", context)

    form = (
        DetailsForm(visit.http.POST, auto_id="details_%s")
        if visit.http.method == "POST"
        else DetailsForm.of(visit.request)
    )
    return _act(visit, "details", form, act)


@require_http_methods(["GET", "POST"])
@visited
def erase(visit: Visit) -> HttpResponse:
    """This is not me: delete it."""

    def act(form: Form) -> HttpResponse:
        visit.request.forget_customer(by=Actor.customer())
        context = {
            "title": _("Your details have been deleted"),
            "detail": _("We no longer have your name, your address, your question or your photos."),
        }
        return render(visit.http, "refused.html", context)

    return _act(visit, "erase", Form(visit.http.POST or None), act)


def _bound(visit: Visit, form: type[Form]) -> Form:
    return form(visit.http.POST if visit.http.method == "POST" else None, auto_id="act_%s")


def _act(visit: Visit, name: str, form: Form, act: Callable[[Form], HttpResponse]) -> HttpResponse:
    """A page with one thing to do: show it, show it again with its errors, or do it."""
    posted = visit.http.method == "POST"
    if posted and (form.is_valid() or not form.fields):
        return act(form)
    if not posted and name not in visit.request.allowed(ActorRole.CUSTOMER):
        return HttpResponseRedirect(visit.url("page"))
    context = {**_frame(visit), "act": name, "form": form}
    if name == "details":
        context["reads_along"] = _reads_along(visit)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if posted else HTTPStatus.OK
    return render(visit.http, "track/act.html", context, status=status)


@require_GET
@visited
def file(visit: Visit, attachment_id: UUID) -> HttpResponse:
    """A photo or document of this request."""
    return download(visit.request, attachment_id, ActorRole.CUSTOMER)
