"""Who is calling: the session token of the app, and the roles that an operation asks for.

Closed by default: the API has `SessionToken` on everything, and an operation that anybody may call
says so. Roles are asked for by the operation (401, 403); which rows someone sees is the queryset's
business (404), and what a row's state allows is the verb's (409).
"""

from typing import TYPE_CHECKING

from allauth.headless.contrib.ninja.security import XSessionTokenAuth
from allauth.headless.internal.sessionkit import authenticate_by_x_session_token
from django.http import HttpRequest
from django.utils import translation

from server.problems import Forbidden, SecondFactorNeeded, Unauthenticated

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

    needs_second_factor = False
    openapi_name = "X-Session-Token"
    openapi_in = "header"
    openapi_description = "`meta.session_token` from `POST /_allauth/app/v1/auth/login`."

    def __call__(self, request: HttpRequest) -> "User":
        token = self.get_session_token(request)
        # What allauth's own class does; it keeps the session to itself.
        found = authenticate_by_x_session_token(token) if token else None
        if found is None or not found[0].is_active:
            raise Unauthenticated
        user: User = found[0]
        # allauth leaves request.user anonymous here.
        request.user = user
        if not request.headers.get("Accept-Language"):
            translation.activate(user.language)
        self.check_role(user)
        if self.needs_second_factor and user.lacks_second_factor(found[1]):
            raise SecondFactorNeeded
        return user

    def check_role(self, user: "User") -> None:
        """Raise Forbidden where the role may never do this; everybody may, here."""


class AgentToken(SessionToken):
    """Agents and leads of a support team."""

    needs_second_factor = True

    def check_role(self, user: "User") -> None:
        if not user.is_agent:
            raise Forbidden


class EditorToken(SessionToken):
    """Editors of the champions programme, and administrators."""

    needs_second_factor = True

    def check_role(self, user: "User") -> None:
        if not (user.is_editor or user.is_admin):
            raise Forbidden


class FiguresToken(EditorToken):
    """Who may see figures of departments: editors and administrators, and managers their own."""

    def check_role(self, user: "User") -> None:
        if not user.is_manager:
            super().check_role(user)


class AdminToken(SessionToken):
    """Administrators."""

    needs_second_factor = True

    def check_role(self, user: "User") -> None:
        if not user.is_admin:
            raise Forbidden


signed_in = SessionToken()
agents = AgentToken()
admins = AdminToken()
editors = EditorToken()
figures = FiguresToken()
