"""A customer at their request: their link, their language, and refusals turned into pages."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation

from customer_requests import references
from customer_requests.models import CustomerRequest
from customer_requests.track.links import open_link
from server.pages import written
from server.problems import NotFound, Problem, TooFast
from server.rates import address_of, hit

COOKIE = "link"

View = Callable[..., HttpResponse]


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer at their request; `key` is what stands in the address: token or reference."""

    http: HttpRequest
    request: CustomerRequest
    key: str
    token: str

    def url(self, name: str, *args: object) -> str:
        return reverse(f"track-{name}", args=[self.key, *args])

    def back(self, notice: str) -> HttpResponse:
        """To the page, with a word about what was done."""
        messages.success(self.http, notice)
        return HttpResponseRedirect(self.url("page"))


def visited(view: View) -> Callable[..., HttpResponse]:
    """Open the link, speak the customer's language, and turn refusals into pages."""

    def wrapped(http: HttpRequest, key: str, **kwargs: Any) -> HttpResponse:
        reference = references.parse(key) if key.startswith(references.PREFIX) else None
        token = http.COOKIES.get(COOKIE, "") if reference else key
        if wait := hit("link", address_of(http), settings.RATE_LIMIT_LINK):
            return refused(http, TooFast(retry_after=wait), "")
        try:
            request = open_link(http, token)
            if reference and request.reference != reference:
                raise NotFound
        except NotFound:
            return render(http, "track/gone.html", status=HTTPStatus.NOT_FOUND)
        except TooFast as error:
            return refused(http, error, "")
        visit = Visit(http, request, key, token)
        language = request.customer_language
        with translation.override(language), timezone.override(ZoneInfo(request.team.time_zone)):
            try:
                response = view(visit, **kwargs)
            except (NotFound, Http404):
                response = render(http, "track/gone.html", status=HTTPStatus.NOT_FOUND)
            except Problem as error:
                response = refused(http, error, visit.url("page"))
        response["Content-Language"] = language
        return response

    wrapped.__name__, wrapped.__doc__ = view.__name__, view.__doc__
    return wrapped


def refused(http: HttpRequest, problem: Problem, back: str) -> HttpResponse:
    """Why not, and the words that were not taken, to be kept by whoever wrote them."""
    context = {
        "title": problem.title,
        "detail": problem.explained,
        "texts": written(http),
        "back_url": back,
    }
    response = render(http, "refused.html", context, status=problem.status)
    if problem.retry_after:
        response["Retry-After"] = str(problem.retry_after)
    return response
