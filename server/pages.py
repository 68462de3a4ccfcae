"""The front page, the pages about problems, and the pages for when something is refused."""

import json
from collections.abc import Callable
from http import HTTPStatus
from inspect import getclosurevars, unwrap
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from server.accounts.demo import DEMO_PASSWORD, demo_people
from server.accounts.models import User
from server.problems import Problem, Unauthenticated, catalogue

# Longer than what somebody chose or was given, so most probably what they wrote.
SHORT = 20


@require_GET
def front(request: HttpRequest) -> HttpResponse:
    """What this is, and where to go."""
    context = {
        "signed_in": request.user.is_authenticated,
        "user": request.user,
        "embedded": settings.EMBEDDED,
        "demo_people": demo_people() if settings.EMBEDDED else [],
        "demo_password": DEMO_PASSWORD,
        "links": {
            "desk": reverse("desk-queue") if _at_a_desk(request) else "",
            "champions": reverse("champions") if _at_champions(request) else "",
            "office": reverse("office:index") if _is_admin(request) else "",
            "audit": reverse("audit") if _is_admin(request) else "",
            "docs": reverse("api:openapi-view"),
            "mailbox": reverse("mailbox") if settings.EMBEDDED else "",
            "sign_in": reverse("account_login"),
            "health": reverse("readyz"),
        },
    }
    return render(request, "front.html", context)


def page_above(path: str) -> str:
    """The nearest page that an address stands under, as an address; the front page at the least.

    What is itself only there for a form is passed by, and so is what takes any verb.
    """
    parts = path.strip("/").split("/")
    for n in range(len(parts) - 1, 0, -1):
        above = "/" + "/".join(parts[:n])
        for address in (above, f"{above}/"):
            try:
                match = resolve(address)
            except Resolver404:
                continue
            if "verb" not in match.kwargs and _is_page(match.func):
                return address
    return "/"


def _is_page(view: Callable[..., Any]) -> bool:
    """Whether a view answers GET, as Django's require_http_methods noted it down."""
    allowed = getclosurevars(unwrap(view, stop=_lists_methods)).nonlocals.get("request_method_list")
    return allowed is None or "GET" in allowed


def _lists_methods(view: Callable[..., Any]) -> bool:
    return "request_method_list" in getclosurevars(view).nonlocals


def _at_a_desk(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_agent


def _at_champions(request: HttpRequest) -> bool:
    user = request.user
    return isinstance(user, User) and (user.is_editor or user.is_admin or user.is_manager)


def _is_admin(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and request.user.is_admin


@require_GET
def problems(request: HttpRequest) -> HttpResponse:
    """Every problem type of the API."""
    listed = [
        {"slug": slug, "title": kind.title, "status": int(kind.status)}
        for slug, kind in sorted(catalogue().items())
    ]
    return render(request, "problems.html", {"problems": listed})


@require_GET
def problem(request: HttpRequest, slug: str) -> HttpResponse:
    """What one problem type means, and what to do about it."""
    kind = catalogue().get(slug)
    if kind is None:
        raise Http404
    return render(
        request,
        "problem.html",
        {
            "slug": slug,
            "title": kind.title,
            "status": f"{int(kind.status)} {HTTPStatus(kind.status).phrase}",
            "meaning": kind.described(),
            "what_to_do": str(kind.what_to_do).replace("`", ""),
            "example": _example(kind),
        },
    )


def _example(kind: type[Problem]) -> str:
    example: dict[str, Any] = {
        "type": f"/problems/{kind.slug}",
        "title": str(kind.title),
        "status": int(kind.status),
        "detail": kind.described(),
    }
    return json.dumps(example, indent=2, ensure_ascii=False)


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without its token, mostly because it lay open for days or its session has ended.

    What was written is shown again, ready to send, where it came from a page of ours.
    """
    context = {
        "fields": kept(request) if _from_here(request) else [],
        "action": request.get_full_path(),
    }
    return render(request, "403_csrf.html", context, status=HTTPStatus.FORBIDDEN)


def _from_here(request: HttpRequest) -> bool:
    """Whether a page of ours sent this, so that nobody else's words are put in a person's mouth."""
    site = request.headers.get("Sec-Fetch-Site", "")
    return site == "same-origin" and not request.path.startswith("/accounts/")


def kept(request: HttpRequest) -> list[dict[str, Any]]:
    """What was posted, to be shown and sent again; `long` where it is somebody's text."""
    if request.method != "POST":
        return []
    return [
        {"name": name, "value": value, "long": len(value) > SHORT and not _is_id(value)}
        for name, values in request.POST.lists()
        if name != "csrfmiddlewaretoken"
        for value in values
    ]


def console_refused(
    request: HttpRequest,
    problem: Problem,
    template: str = "console_refused.html",
    **more: Any,
) -> HttpResponse:
    """A page that says why not, with what was posted, ready to be sent again. `template` and `more`
    are what a console adds to it.
    """
    context = {
        "title": problem.title,
        "detail": problem.explained,
        "signed_out": isinstance(problem, Unauthenticated),
        "fields": kept(request),
        "action": request.get_full_path(),
        **more,
    }
    response = render(request, template, context, status=problem.status)
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    return response


def written(request: HttpRequest) -> list[str]:
    """The texts in what was posted, to be copied where they can't be sent again."""
    return [
        field["value"] for field in kept(request) if field["long"] or " " in field["value"].strip()
    ]


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True


def closed(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """What the libraries offer and we do not: people come from the company's import."""
    raise Http404(_("Not found"))
