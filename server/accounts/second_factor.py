"""A second factor for who signs in with a password: an app that makes codes, and recovery codes.

allauth.mfa does the protocol. What is added to it: who must have one, a code that counts once also
when the cache is away, secrets that are encrypted in the database, and what is remembered of it in
the audit trail.
"""

import base64
import hashlib
from typing import Any

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import signals
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.encoding import force_bytes
from django.utils.translation import gettext_lazy as _

from server.accounts.models import CompanyLook, User

# allauth has no Dutch for these; they are its words, for our translations.
ALLAUTHS_WORDS = (
    _("Authenticator code"),
    _("Use authenticator app or code"),
    _("Use your password"),
)
AFTERWARDS = "after_second_factor"


def second_factor_missing(http: HttpRequest) -> HttpResponse | None:
    """Where to send somebody who first has to set up a second factor; None where nothing is wrong.

    For pages of the desk and the back office, after the sign-in itself was checked. The address
    they wanted is kept in their session; the page with their recovery codes leads back to it.
    """
    user = http.user
    if not isinstance(user, User) or not user.lacks_second_factor(http.session):
        return None
    if http.method in {"GET", "HEAD"}:
        http.session[AFTERWARDS] = http.get_full_path()
    return redirect("mfa_activate_totp")


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """The company's name in the app, our words, and no secret readable in the database."""

    error_messages = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right, or it was used before. Try the next one."),
    }

    def get_totp_issuer(self) -> str:
        return CompanyLook.current()["name"]

    def encrypt(self, text: str) -> str:
        return _keys().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _keys().decrypt(encrypted_text.encode()).decode()


def _keys() -> MultiFernet:
    """Keys derived from SECRET_KEY and what it was before, so that it can be changed."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [
        hashlib.sha256(b"second factor\0" + force_bytes(secret)).digest() for secret in secrets
    ]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def validate_once(self: totp.TOTP, code: str) -> bool:
    """Whether this code is right now and later than the last one that counted.

    allauth remembers used codes in the cache, and shorter than a code is accepted here; the row
    remembers for good.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().filter(pk=self.instance.pk).first()
        if row is None:
            return False
        secret = totp.decrypt(row.data["secret"])
        for counter in totp.yield_hotp_counters_from_time():
            value = totp.format_hotp_value(totp.hotp_value(secret, counter))
            right = compare_user_code(actual=code, expected=value)
            if right and counter > row.data.get("counter", 0):
                row.data["counter"] = counter
                row.save(update_fields=["data"])
                return True
    return False


# allauth has no setting for this class; `Authenticator.wrap` looks it up by name.
totp.TOTP.validate_code = validate_once


@receiver(signals.authenticator_added, dispatch_uid="second-factor-added")
def _added(request: HttpRequest, user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    """allauth's own hook, for the web and the app alike: other sessions had no second factor."""
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        return
    user.factor_changed("second-factor-added", by=user)
    for session in UserSession.objects.filter(user=user).exclude(
        session_key=request.session.session_key
    ):
        session.end()


@receiver(signals.authenticator_removed, dispatch_uid="second-factor-removed")
def _removed(user: User, authenticator: Authenticator, **kwargs: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        user.factor_changed("second-factor-removed", by=user)


@receiver(signals.authenticator_reset, dispatch_uid="second-factor-codes-renewed")
def _renewed(user: User, **kwargs: Any) -> None:
    user.factor_changed("recovery-codes-renewed", by=user)
