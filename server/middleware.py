"""What happens to every call: its id, its language, its headers, and answers when storage is away.

The order is that of settings.MIDDLEWARE, outermost first: RequestId, SecurityHeaders, DatabaseAway,
(Django's), EntityTags, (sessions, who is signed in), ReaderLanguage, BodyLimit.
"""

import logging
import re
import secrets
import sys
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from django.core.signals import got_request_exception
from django.db import InterfaceError, OperationalError
from django.dispatch import receiver
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation.trans_real import parse_accept_lang_header
from django.views.defaults import bad_request
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSlow

from server import logs, pages
from server.accounts.models import User
from server.problems import (
    BadRequest,
    Forbidden,
    MethodNotAllowed,
    NotFound,
    OnlySent,
    Problem,
    TooLarge,
    Unavailable,
    Unexpected,
)

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_access = logging.getLogger("server.access")
_SANE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_STORAGE_AWAY = (OperationalError, InterfaceError, RedisAway, RedisSlow)
_RETRY_SECONDS = 5


class RequestId:
    """Gives every call an id, in its logs and its answer, and logs one line when it is answered.

    The line has method, route, status, milliseconds and the person's id. The route is the pattern
    (`t/<str:token>`), never the path, which may hold a secret.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        offered = request.headers.get("X-Request-Id", "")
        current = offered if _SANE_ID.fullmatch(offered) else secrets.token_hex(16)
        remembered = logs.request_id.set(current)
        began = time.perf_counter()
        try:
            response = self.get_response(request)
            response["X-Request-Id"] = current
            _log_call(request, response, began)
        finally:
            logs.request_id.reset(remembered)
        return response


def _log_call(request: HttpRequest, response: HttpResponseBase, began: float) -> None:
    route = request.resolver_match.route if request.resolver_match else "(none)"
    quiet = response.status_code < HTTPStatus.BAD_REQUEST and (
        route in {"healthz", "readyz"} or request.path.startswith(settings.STATIC_URL)
    )
    _access.log(
        logging.DEBUG if quiet else logging.INFO,
        "answered",
        extra={
            "method": request.method if request.method in _METHODS else "(other)",
            "route": route,
            "status": response.status_code,
            "ms": round((time.perf_counter() - began) * 1000, 1),
            "user": _person(request),
        },
    )


_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def _person(request: HttpRequest) -> str | None:
    """The id of who called, where that was looked up; never looks it up itself."""
    for user in (getattr(request, "auth", None), getattr(request, "_cached_user", None)):
        if user is not None and getattr(user, "is_authenticated", False):
            return str(user.pk)
    return None


class SecurityHeaders:
    """Headers that keep browsers, caches and search engines from doing harm.

    A view that sets one of them itself (a sandboxed attachment) keeps its own.
    """

    _UNINDEXED = ("/t/", "/desk/", "/champions/", "/api/", "/dev/", "/_allauth/")
    _PERMISSIONS = ", ".join(
        f"{power}=()"
        for power in (
            "accelerometer",
            "camera",
            "geolocation",
            "gyroscope",
            "magnetometer",
            "microphone",
            "payment",
            "usb",
        )
    )

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _content_policy(request))
        response.headers.setdefault("Permissions-Policy", self._PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        path = f"{request.path}/"
        if path.startswith(self._UNINDEXED):
            response.headers.setdefault("X-Robots-Tag", "noindex")
        if path.startswith(("/t/", "/api/", "/_allauth/")):
            response.headers.setdefault("Cache-Control", _caching(request, response))
        return response


def _content_policy(request: HttpRequest) -> str:
    # A browser holds a form's redirects to form-action too, and this one form redirects to the
    # company's sign-in, which may pass the person on to yet another address.
    to_company = (
        request.resolver_match and request.resolver_match.url_name == "openid_connect_login"
    )
    issuer = urlsplit(settings.OIDC_ISSUER)
    elsewhere = f" https: {issuer.scheme}://{issuer.netloc}" if to_company and issuer.netloc else ""
    return (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        f"frame-ancestors 'none'; form-action 'self'{elsewhere}"
    )


def _caching(request: HttpRequest, response: HttpResponseBase) -> str:
    """`no-store`, except for API answers that the app may keep and ask about again."""
    again = (
        request.method in {"GET", "HEAD"}
        and response.status_code in {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}
        and request.path.startswith("/api/")
        # What is behind a customer's link is kept nowhere.
        and not re.match(r"/api/v\d+/track/", request.path)
    )
    return "private, no-cache" if again else "no-store"


class DatabaseAway:
    """Answers 503 when the database or the cache can't be reached, wherever that was noticed.

    Also gives a problem that escaped from a page its page, and anything that Django's machinery
    answers under /api its problem+json. An address that only takes what a form sends, opened as a
    page, says so and leads to the page that it belongs to.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR:
            escaped = getattr(request, "escaped_exception", None)
            if isinstance(escaped, _STORAGE_AWAY):
                return _answer(request, Unavailable(retry_after=_RETRY_SECONDS))
        if response.status_code >= HTTPStatus.BAD_REQUEST and _wants_problem(request, response):
            return _as_problem(request, response)
        if _is_opened_form(request, response):
            back = pages.page_above(request.path)
            return _answer(request, OnlySent(), back_url=back, allow=response["Allow"])
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, _STORAGE_AWAY):
            logging.getLogger(__name__).error("storage is away", exc_info=exception)
            return _answer(request, Unavailable(retry_after=_RETRY_SECONDS))
        if isinstance(exception, Problem):
            return _answer(request, exception)
        return None


@receiver(got_request_exception, dispatch_uid="server.middleware.remember_exception")
def _remember_exception(sender: object, request: HttpRequest | None = None, **_: Any) -> None:
    """Keep what ended a call for DatabaseAway.

    Django turns an exception into an answer at every layer of middleware, so that an outer layer
    never sees it; this signal is the only place that has both the exception and the request.
    """
    if request is not None:
        request.escaped_exception = sys.exc_info()[1]  # type: ignore[attr-defined] # ours


def _wants_json(request: HttpRequest) -> bool:
    if f"{request.path}/".startswith(("/api/", "/_allauth/")):
        return True
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _is_opened_form(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether a person opened the address of a form: by reloading, the address bar, or history."""
    refused = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED
    return refused and request.method in {"GET", "HEAD"} and not _wants_json(request)


def _answer(
    request: HttpRequest, problem: Problem, *, back_url: str = "", allow: str = ""
) -> HttpResponse:
    """The problem as JSON for programs, as a page for people, in the reader's language."""
    with translation.override(getattr(request, "LANGUAGE_CODE", None) or _reader_language(request)):
        if _wants_json(request):
            return _told(problem.response())
        template = _PAGES.get(problem.status, "refused.html")
        facts = {"title": problem.title, "detail": problem.explained, "back_url": back_url}
        response = render(request, template, facts, status=problem.status)
        if problem.retry_after is not None:
            response["Retry-After"] = str(problem.retry_after)
        if allow:
            response["Allow"] = allow
        response["Cache-Control"] = "no-store"
        response["Content-Language"] = translation.get_language()
        return _told(response)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's 400. A form with more fields or files than anyone sends is told as too large; who
    asks for another host than ours gets no page of ours.
    """
    if isinstance(exception, (TooManyFieldsSent, TooManyFilesSent)):
        return _answer(request, TooLarge())
    return bad_request(request, exception)


def _told(response: HttpResponse) -> HttpResponse:
    """Keep Django from logging this answer: what caused it was logged with its stack."""
    response._has_been_logged = True  # type: ignore[attr-defined] # Django's own mark
    return response


_PAGES: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "404.html",
    HTTPStatus.SERVICE_UNAVAILABLE: "unavailable.html",
}
_MACHINERY: dict[int, type[Problem]] = {
    HTTPStatus.BAD_REQUEST: BadRequest,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: TooLarge,
    HTTPStatus.INTERNAL_SERVER_ERROR: Unexpected,
}


def _wants_problem(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether this error is a page of Django's where a program waits for JSON."""
    if response.status_code not in _MACHINERY or "json" in response.headers.get("Content-Type", ""):
        return False
    if request.path.startswith("/api/"):
        return True
    crashed = response.status_code == HTTPStatus.INTERNAL_SERVER_ERROR
    return crashed and _wants_json(request)


def _as_problem(request: HttpRequest, response: HttpResponseBase) -> HttpResponse:
    with translation.override(getattr(request, "LANGUAGE_CODE", None) or _reader_language(request)):
        answer = _MACHINERY[response.status_code]().response()
    for name in ("Allow", "Vary", "Content-Language"):
        if name in response.headers:
            answer[name] = response.headers[name]
    return _told(answer)


# What a form puts around the file that it sends, and a bit: whoever sends somewhat too much is told
# by the page how much is possible.
AROUND_A_FILE = 64 * 1024


class BodyLimit:
    """Refuses a body that is far too large before it is read: Django would first write all of an
    upload to disk. What is only somewhat too large is read, so that a browser gets a page about it
    and no broken connection.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        length = request.META.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isdigit() else 0
        if size > settings.PACKAGE_MAX_BYTES + AROUND_A_FILE:
            return TooLarge().response()
        typed = request.content_type == "application/x-www-form-urlencoded"
        if typed and size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            while request.read(65536):
                pass
            return _answer(request, TooLarge())
        return self.get_response(request)


class EntityTags(ConditionalGetMiddleware):
    """ETag and If-None-Match for GET answers of the API; pages are left alone."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if not request.path.startswith("/api/"):
            return response
        answer = super().process_response(request, response)
        file = response.file_to_stream if isinstance(response, FileResponse) else None
        if file is not None and answer is not response:
            # Nobody will read this file to its end, which is what would close it.
            file.close()
        return answer


class ReaderLanguage:
    """The language of who is signed in; for others Dutch or English by Accept-Language, and Dutch
    where neither is asked for.

    So is every page, also the front page and those that say why something is not there. The page of
    a customer then changes to the customer's language. The API knows later who is signed in, and
    follows Accept-Language before their own; Content-Language tells which it was.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.LANGUAGE_CODE = _own_language(request) or _reader_language(request)
        translation.activate(request.LANGUAGE_CODE)
        try:
            response = self.get_response(request)
            response.headers.setdefault(
                "Content-Language", translation.get_language() or request.LANGUAGE_CODE
            )
        finally:
            translation.deactivate()
        patch_vary_headers(response, ["Accept-Language"])
        return response


# Nobody reads these, or they are the same for everybody: who is signed in is not looked up.
_FOR_ANYBODY = ("/api/", "/_allauth/", "/look.css", "/healthz", "/readyz")


def _own_language(request: HttpRequest) -> str | None:
    """The language of who is signed in; None for others, and where that can't be read now."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES or request.path.startswith(_FOR_ANYBODY):
        return None
    try:
        return request.user.language if isinstance(request.user, User) else None
    except _STORAGE_AWAY:
        return None  # the page says so, or does without


def _reader_language(request: HttpRequest) -> str:
    known = {code for code, _ in settings.LANGUAGES}
    for tag, weight in parse_accept_lang_header(request.headers.get("Accept-Language", "")):
        language = tag.split("-")[0]
        if weight > 0 and language in known:
            return language
    return settings.LANGUAGE_CODE
