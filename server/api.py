"""The API: one NinjaAPI, closed by default, whose every error is a problem (RFC 9457)."""

import json
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.parser import Parser

from ambassadors.answers_api import router as answers_router
from ambassadors.certificates_api import router as certificates_router
from ambassadors.counts_api import router as counts_router
from ambassadors.courses_api import router as courses_router
from ambassadors.policy_api import router as policy_router
from ambassadors.posts_api import router as posts_router
from ambassadors.sharing_api import router as sharing_router
from customer_requests.api import router as employee_router
from customer_requests.desk.api import router as desk_router
from customer_requests.desk.bulk_api import router as bulk_router
from customer_requests.desk.composing import router as composing_router
from customer_requests.desk.joining_api import router as joining_router
from customer_requests.desk.people_api import router as people_router
from customer_requests.desk.problems_api import router as problems_router
from customer_requests.desk.texts_api import router as texts_router
from customer_requests.track.api import router as track_router
from notifications.api import router as notifications_router
from server import openapi
from server.accounts.api import router as accounts_router
from server.accounts.audit_api import router as audit_router
from server.auth import signed_in
from server.fields import explain
from server.problems import (
    BadRequest,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    Problem,
    TooFast,
    TooLarge,
    Unauthenticated,
    Unavailable,
    Unexpected,
)
from server.rates import PersonRate

logger = logging.getLogger(__name__)

DESCRIPTION = """
The backend of the employee app: pass a customer's question on, work on it, follow it.

- Sign in with `POST /_allauth/app/v1/auth/login` and send `meta.session_token` as
  `X-Session-Token` with every call. Customers need no account: their link is their key.
- Every error under `/api/v1` is `application/problem+json`; its `type` is documented at
  `/problems/<slug>`.
- The app makes the id (UUID) of what it creates. The same id with the same content may be sent
  again at any time and answers 200 with what exists.
- GET answers carry an `ETag`; send it back as `If-None-Match`. Verbs take `If-Match: "<version>"`.
- Times are RFC 3339 in UTC. Texts are in the language of `Accept-Language`: nl (default) or en.
"""


class Api(NinjaAPI):
    """A NinjaAPI whose OpenAPI document is complete: problems and examples of each operation."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        schema = super().get_openapi_schema(**kwargs)
        openapi.complete(schema)
        return schema


class StrictJson(Parser):
    """JSON as RFC 8259 says: UTF-8, no NaN. Nor a key twice, since readers differ on which counts.

    Raises ValueError, which Ninja makes a 400 of.
    """

    def parse_body(self, request: HttpRequest) -> Any:
        return json.loads(
            request.body.decode(), object_pairs_hook=_no_key_twice, parse_constant=_no_constant
        )


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key occurs twice")
    return made


def _no_constant(name: str) -> Any:
    raise ValueError("JSON has no such number")


api = Api(
    title="Doe-het-gewoon",
    version="1.0.0",
    description=DESCRIPTION,
    urls_namespace="api",
    auth=signed_in,
    throttle=[PersonRate()],
    parser=StrictJson(),
)
api.add_router("", accounts_router)
api.add_router("", audit_router)
api.add_router("", employee_router)
api.add_router("", notifications_router)
api.add_router("", posts_router)
api.add_router("/desk", desk_router)
api.add_router("/desk", composing_router)
api.add_router("/desk", texts_router)
api.add_router("/desk", people_router)
api.add_router("/desk", bulk_router)
api.add_router("/desk", joining_router)
api.add_router("/desk", problems_router)
api.add_router("", policy_router)
api.add_router("", counts_router)
api.add_router("", sharing_router)
api.add_router("", answers_router)
api.add_router("/track", track_router)
api.add_router("", courses_router)
api.add_router("/certificates", certificates_router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, error: Problem) -> HttpResponse:
    return error.response()


@api.exception_handler(Http404)
def _not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return NotFound().response()


@api.exception_handler(AuthenticationError)
def _unauthenticated(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return Unauthenticated().response()


@api.exception_handler(Throttled)
def _too_fast(request: HttpRequest, error: Throttled) -> HttpResponse:
    return TooFast(retry_after=int(error.wait or 1)).response()


@api.exception_handler(HttpError)
def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Ninja's own errors: a body that is no JSON, or one that Django refused to read."""
    if error.status_code == HTTPStatus.BAD_REQUEST and _too_large(request, error):
        return TooLarge().response()
    kinds: dict[int, type[Problem]] = {
        HTTPStatus.BAD_REQUEST: BadRequest,
        HTTPStatus.FORBIDDEN: Forbidden,
        HTTPStatus.NOT_FOUND: NotFound,
        HTTPStatus.METHOD_NOT_ALLOWED: MethodNotAllowed,
    }
    return kinds.get(error.status_code, Unexpected)().response()


def _too_large(request: HttpRequest, error: HttpError) -> bool:
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    return (
        isinstance(error.__cause__, RequestDataTooBig)
        or length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    )


@api.exception_handler(MultiPartParserError)
@api.exception_handler(SuspiciousOperation)
def _broken_form(request: HttpRequest, error: Exception) -> HttpResponse:
    """A form that can't be read, or that has more fields or files than anyone sends."""
    return BadRequest().response()


@api.exception_handler(RequestDataTooBig)
def _body_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return TooLarge().response()


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return Invalid([_field_error(each) for each in error.errors]).response()


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_away(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("the database is away, locked or full", extra={"error": type(error).__name__})
    return Unavailable(retry_after=5).response()


@api.exception_handler(Exception)
def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("an operation failed", exc_info=error)
    return Unexpected().response()


def _field_error(error: dict[str, Any]) -> dict[str, str]:
    """One pydantic error in the reader's language; never with the value that was sent."""
    # The first part is where it was (body, query ...), the second the parameter's own name.
    loc = [str(part) for part in error["loc"]]
    skip = 2 if loc[:1] in (["body"], ["form"], ["file"]) and len(loc) > 2 else 1
    if loc[:1] == ["body"] and loc[1:2] in (["data"], ["body"]):
        skip = 2
    facts = error.get("ctx", {})
    kind = error["type"]
    if kind == "explained":
        parts = [*loc[skip:], *filter(None, [facts.get("field")])]
        return {"field": ".".join(parts), "message": str(facts["message"])}
    return {"field": ".".join(loc[skip:]), "message": explain(kind, facts)}
