"""What can go wrong, as RFC 9457 problems: one class per type, declared beside its rule.

A problem is raised anywhere below an API or a page. The API answers it as
`application/problem+json`; a page shows its title and detail. `catalogue()` is where the page
`/problems/<slug>` and docs/problems.md come from, so a type without documentation can't exist.
"""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Problem(Exception):
    """A refusal that changes nothing. Subclasses name the type; facts fill in the detail.

    `detail` may hold %(name)s for each fact. Facts are also members of the JSON answer, so they
    must be values that JSON can hold.
    """

    slug: ClassVar[str]
    status: ClassVar[int]
    title: ClassVar[Text]
    detail: ClassVar[Text]
    what_to_do: ClassVar[Text]

    def __init__(self, *, retry_after: int | None = None, **facts: Any) -> None:
        self.facts = facts
        self.retry_after = retry_after
        super().__init__(self.slug)

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "slug" in cls.__dict__:
            if cls.slug in _catalogue:
                raise TypeError(f"two problems are called {cls.slug}")
            _catalogue[cls.slug] = cls

    @classmethod
    def described(cls) -> str:
        """The detail as documentation: <holder> stands where a fact will."""
        return re.sub(r"%\((\w+)\)s", r"<\1>", str(cls.detail))

    @property
    def explained(self) -> str:
        """The detail in the reader's language."""
        return str(self.detail) % self.facts if self.facts else str(self.detail)

    def as_dict(self) -> dict[str, Any]:
        """The body of the answer: type, title, status, detail and the facts."""
        return {
            "type": f"/problems/{self.slug}",
            "title": str(self.title),
            "status": self.status,
            "detail": self.explained,
            **self.facts,
        }

    def response(self) -> HttpResponse:
        response = JsonResponse(
            self.as_dict(), status=self.status, content_type="application/problem+json"
        )
        if self.retry_after is not None:
            response["Retry-After"] = str(self.retry_after)
        if self.status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Session"
        response["Cache-Control"] = "no-store"
        return response


_catalogue: dict[str, type[Problem]] = {}


def catalogue() -> Mapping[str, type[Problem]]:
    """Every documented problem type by slug."""
    return _catalogue


class Unauthenticated(Problem):
    slug = "unauthenticated"
    status = HTTPStatus.UNAUTHORIZED
    title = _("Please sign in")
    detail = _("You are not signed in, or your session has ended.")
    what_to_do = _("Sign in and send the call again with the new X-Session-Token.")


class Forbidden(Problem):
    slug = "forbidden"
    status = HTTPStatus.FORBIDDEN
    title = _("Not for your role")
    detail = _("Your role does not allow this.")
    what_to_do = _("Ask an administrator if you think that you should have this role.")


class SecondFactorNeeded(Problem):
    slug = "second-factor-needed"
    status = HTTPStatus.FORBIDDEN
    title = _("Set up a second factor first")
    detail = _("What your role can do needs a code from your phone besides your password.")
    what_to_do = _(
        "Set one up at /accounts/2fa/ or through /_allauth/app/v1/account/authenticators/totp, "
        "then send the call again."
    )


class NotFound(Problem):
    slug = "not-found"
    status = HTTPStatus.NOT_FOUND
    title = _("Not found")
    detail = _("There is nothing here that you can see.")
    what_to_do = _("Check the address. What you may not see answers the same.")


class MethodNotAllowed(Problem):
    slug = "method-not-allowed"
    status = HTTPStatus.METHOD_NOT_ALLOWED
    title = _("Not possible here")
    detail = _("This address does not know that method.")
    what_to_do = _("See the API reference for the methods of this address.")


class OnlySent(Problem):
    slug = "only-sent"
    status = HTTPStatus.METHOD_NOT_ALLOWED
    title = _("There is no page here")
    detail = _("This address only takes what a form sends. Nothing was sent or changed just now.")
    what_to_do = _("Go back to the page with the form.")


class BadRequest(Problem):
    slug = "bad-request"
    status = HTTPStatus.BAD_REQUEST
    title = _("The call could not be read")
    detail = _("The body is not valid JSON, or the form is broken.")
    what_to_do = _("Send UTF-8 JSON that matches the API reference.")


class Invalid(Problem):
    """Some fields are wrong. `errors` lists `{"field": "customer.email", "message": ...}`."""

    slug = "invalid"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = _("Some answers need another look")
    detail = _("Nothing was saved. See the errors per field.")
    what_to_do = _("Correct the fields named in `errors` and send it again with the same id.")

    def __init__(self, errors: Mapping[str, Text] | list[dict[str, str]]) -> None:
        if isinstance(errors, Mapping):
            listed = [{"field": field, "message": str(text)} for field, text in errors.items()]
        else:
            listed = errors
        super().__init__(errors=listed)

    @property
    def explained(self) -> str:
        return str(self.detail)


class TooLarge(Problem):
    slug = "too-large"
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = _("Too large")
    detail = _("What was sent is larger than we accept.")
    what_to_do = _("Send less text, or a smaller file.")


class TooFast(Problem):
    slug = "too-fast"
    status = HTTPStatus.TOO_MANY_REQUESTS
    title = _("One moment")
    detail = _("That was too much at once. Please wait a little.")
    what_to_do = _("Wait for the number of seconds in Retry-After, then go on.")


class IdReused(Problem):
    slug = "id-reused"
    status = HTTPStatus.CONFLICT
    title = _("This id is taken")
    detail = _("Something else was already made with this id.")
    what_to_do = _("Make a new id for new content. Repeat the same content with the same id.")


class StaleVersion(Problem):
    slug = "stale-version"
    status = HTTPStatus.PRECONDITION_FAILED
    title = _("It has changed in the meantime")
    detail = _("You were looking at an older version. Nothing was changed.")
    what_to_do = _("Fetch it again, look at what changed, and repeat with the new version.")


class BadCursor(Problem):
    slug = "bad-cursor"
    status = HTTPStatus.BAD_REQUEST
    title = _("This place in the list is unknown")
    detail = _("The cursor is not one that we gave you.")
    what_to_do = _("Use `next` or `cursor` from an earlier answer unchanged, or leave it out.")


class Unavailable(Problem):
    slug = "unavailable"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("Please try again in a moment")
    detail = _("Our storage cannot be reached now. Nothing was half saved.")
    what_to_do = _("Repeat the call with the same id after the seconds in Retry-After.")


class Unexpected(Problem):
    slug = "unexpected"
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = _("Something went wrong on our side")
    detail = _("We have been told. Nothing was half saved.")
    what_to_do = _("Try again later. Name the request id from the X-Request-Id header to us.")
