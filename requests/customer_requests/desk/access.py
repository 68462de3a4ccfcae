"""Who may see the desk, and what every page of it has in common."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django_htmx.middleware import HtmxDetails

from server.accounts.models import User
from server.accounts.second_factor import second_factor_missing
from server.pages import console_refused, written
from server.problems import NotFound, Problem, TooFast, Unauthenticated
from server.rates import hit

if TYPE_CHECKING:

    class AgentRequest(HttpRequest):
        """A call of an agent, as a view behind `agent_page` gets it."""

        user: User
        htmx: HtmxDetails
else:
    AgentRequest = HttpRequest

View = Callable[..., HttpResponse]


def agent_page(view: View) -> View:
    """A page for agents, in their own language and time zone, and kept in no cache.

    Nobody signed in goes to sign in first; what they posted is shown again, so that a session that
    ended costs no words. Who works in no team hears so (403), a script by `X-Refused: no-team`. A
    problem becomes a page in plain words, with what was posted.
    """

    @wraps(view)
    def wrapped(http: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = http.user
        if not isinstance(user, User):
            response = _sign_in_first(http)
        else:
            language = user.language
            with translation.override(language), timezone.override(user.zone):
                response = _answer(view, http, user, args, kwargs)
            response["Content-Language"] = language
        response["Cache-Control"] = "no-store"
        return response

    return wrapped


def _answer(view: View, http: HttpRequest, user: User, args: Any, kwargs: Any) -> HttpResponse:
    if not user.is_agent:
        texts = {"texts": written(http)}
        response = render(http, "desk/no_team.html", texts, status=HTTPStatus.FORBIDDEN)
        response["X-Refused"] = "no-team"  # a token that has ended is a 403 as well
        return response
    if elsewhere := second_factor_missing(http):
        return elsewhere
    try:
        if wait := hit("person", str(user.pk), settings.RATE_LIMIT_PERSON):
            raise TooFast(retry_after=wait)
        return view(http, *args, **kwargs)
    except (NotFound, Http404):
        context = {"frame": _frame(http, "desk/base.html"), "texts": written(http)}
        return render(http, "desk/gone.html", context, status=HTTPStatus.NOT_FOUND)
    except Problem as problem:
        return refused(http, problem)


def _sign_in_first(http: HttpRequest) -> HttpResponse:
    # A script in an open page is told, and says so there; following it here would sign in nobody.
    if http.method in {"GET", "HEAD"} and not http.headers.get("HX-Request"):
        return redirect_to_login(http.get_full_path())
    return refused(http, Unauthenticated())


def _frame(http: HttpRequest, page: str) -> str:
    """The page around an answer, or none where a script puts it into a page that is open."""
    return "desk/bare.html" if http.headers.get("HX-Request") else page


def refused(http: HttpRequest, problem: Problem) -> HttpResponse:
    """A page that says why not, with what was posted, ready to be sent again."""
    return console_refused(http, problem, "desk/refused.html", frame=_frame(http, "base.html"))
