"""Who a session is of, read along with the teams they work in: every page asks for both."""

import uuid

from allauth.account.auth_backends import AuthenticationBackend

from server.accounts.models import User


class WithTeams(AuthenticationBackend):  # type: ignore[misc] # allauth has no types
    """Signs in as allauth does; knows whose session it is, and their teams, in one query."""

    def get_user(self, user_id: uuid.UUID) -> User | None:
        user = User.with_teams(user_id)
        return user if user is not None and self.user_can_authenticate(user) else None
