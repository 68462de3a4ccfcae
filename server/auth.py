"""Who is calling: the session token of the app, and the roles that an operation asks for.

Closed by default: the API has `SessionToken` on everything, and an operation that anybody may call
says so. Roles are asked for by the operation (401, 403); which rows someone sees is the queryset's
business (404), and what a row's state allows is the verb's (409).
"""

from typing import TYPE_CHECKING

from allauth.headless.contrib.ninja.security import XSessionTokenAuth
from django.http import HttpRequest
from django.utils import translation

from server.problems import Forbidden, Unauthenticated

if TYPE_CHECKING:
    from server.accounts.models import User

    class Authed(HttpRequest):
        """A request of somebody who signed in."""

        auth: User
else:
    Authed = HttpRequest


class SessionToken(XSessionTokenAuth):  # type: ignore[misc] # allauth has no types
    """`X-Session-Token` as django-allauth's headless sign-in gives it out.

    Sessions of people who were deactivated are refused like any ended session.
    """

    openapi_name = "X-Session-Token"
    openapi_in = "header"
    openapi_description = "`meta.session_token` from `POST /_allauth/app/v1/auth/login`."

    def __call__(self, request: HttpRequest) -> "User":
        user: User | None = super().__call__(request)
        if user is None or not user.is_active:
            raise Unauthenticated
        # allauth leaves request.user anonymous here.
        request.user = user
        if not request.headers.get("Accept-Language"):
            translation.activate(user.language)
        self.check_role(user)
        return user

    def check_role(self, user: "User") -> None:
        """Raise Forbidden where the role may never do this; everybody may, here."""


class AgentToken(SessionToken):
    """Agents and leads of a support team."""

    def check_role(self, user: "User") -> None:
        if not user.is_agent:
            raise Forbidden


signed_in = SessionToken()
agents = AgentToken()
