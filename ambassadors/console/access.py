"""Who may see the console of the champions programme, and what its pages have in common."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation

from ambassadors.models.approved_answer_base import writes_answers
from server.accounts.models import User
from server.accounts.second_factor import second_factor_missing
from server.pages import console_refused, written
from server.problems import NotFound, Problem, TooFast, Unauthenticated
from server.rates import hit

if TYPE_CHECKING:

    class ConsoleRequest(HttpRequest):
        """A call of somebody who may be here, as a view of the console gets it."""

        user: User
else:
    ConsoleRequest = HttpRequest

View = Callable[..., HttpResponseBase]
Page = Callable[..., HttpResponse]


def edits(user: User) -> bool:
    """Whether somebody writes and plans here: editors, and administrators."""
    return user.is_editor or user.is_admin


def sees_figures(user: User) -> bool:
    """Whether somebody may come in at all: a manager sees the figures of their own department."""
    return edits(user) or user.is_manager


def comes_in(user: User) -> bool:
    """Whether there is a page here for somebody: agents write the answers that they gave."""
    return sees_figures(user) or writes_answers(user)


def editor_page(view: View) -> Page:
    """A page for editors and administrators."""
    return _page(view, edits)


def figures_page(view: View) -> Page:
    """A page for managers as well; what they see of it is the view's business."""
    return _page(view, sees_figures)


def post_page(view: Page) -> Page:
    """A page for editors in the company's time, in which embargoes are."""
    return _page(_in_company_time(view), edits)


def answer_page(view: Page) -> Page:
    """A page for who writes approved answers, agents as well; in that same time."""
    return _page(_in_company_time(view), writes_answers)


def any_page(view: View) -> Page:
    """A page for everybody who may be somewhere here."""
    return _page(view, comes_in)


def _in_company_time(view: Page) -> Page:
    @wraps(view)
    def wrapped(*args: object, **kwargs: object) -> HttpResponse:
        with timezone.override(settings.TIME_ZONE):
            return view(*args, **kwargs)

    return wrapped


def _page(view: View, may: Callable[[User], bool]) -> Page:
    """In the reader's own language and time zone, with a second factor, and kept in no cache.

    Nobody signed in goes to sign in first; what they posted is shown again, so that a session that
    ended costs no words. Who may not be here hears so (403). A problem becomes a page in plain
    words, with what was posted.
    """

    @wraps(view)
    def wrapped(http: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
        user = http.user
        response: HttpResponseBase
        if not isinstance(user, User):
            response = _sign_in_first(http)
        else:
            with translation.override(user.language), timezone.override(user.zone):
                response = _answer(view, may, http, user, args, kwargs)
            response["Content-Language"] = user.language
        response["Cache-Control"] = "no-store"
        return response

    return cast(Page, wrapped)


def _answer(
    view: View,
    may: Callable[[User], bool],
    http: HttpRequest,
    user: User,
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> HttpResponseBase:
    if not may(user):
        context = {
            "figures": sees_figures(user),
            "answers": writes_answers(user),
            "texts": written(http),
        }
        return render(http, "champions/no_role.html", context, status=HTTPStatus.FORBIDDEN)
    if elsewhere := second_factor_missing(http):
        return elsewhere
    try:
        if wait := hit("person", str(user.pk), settings.RATE_LIMIT_PERSON):
            raise TooFast(retry_after=wait)
        return view(http, *args, **kwargs)
    except (NotFound, Http404):
        texts = {"texts": written(http)}
        return render(http, "champions/gone.html", texts, status=HTTPStatus.NOT_FOUND)
    except Problem as problem:
        return refused(http, problem)


def _sign_in_first(http: HttpRequest) -> HttpResponse:
    if http.method in {"GET", "HEAD"}:
        return redirect_to_login(http.get_full_path())
    return refused(http, Unauthenticated())


def refused(http: HttpRequest, problem: Problem) -> HttpResponse:
    """A page that says why not, with what was posted, ready to be sent again."""
    return console_refused(http, problem, "champions/refused.html")
