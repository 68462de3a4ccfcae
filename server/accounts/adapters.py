"""Sign-in: nobody makes an account here, and the company's identity provider says who someone is.

allauth does the protocol. What is added to it: a first sign-in finds the imported employee, a
token counts once, the provider's public documents are fetched once, and what allauth leaves to
chance (tokens without an end or a key id, two people in one answer) is refused.
"""

import hashlib
import json
import logging
import threading
import time
from contextvars import copy_context
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests
from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import LoginForm
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from server.accounts.models import User
from server.problems import Problem, TooFast

_log = logging.getLogger(__name__)

_DISCOVERY_SECONDS: Final = 60 * 60
# Also how long a key that the provider withdrew is still believed.
_KEYS_SECONDS: Final = 15 * 60
_REFETCH_SECONDS: Final = 60
_TIMEOUT_SECONDS: Final = 5
# The longest window of settings.ACCOUNT_RATE_LIMITS["login_failed"].
_GUESSES_SECONDS: Final = 5 * 60
_LONGEST_TOKEN: Final = 16_384
# Signatures that only the provider can make; `none` and those with a shared secret are not here.
_ALGORITHMS: Final = frozenset(
    ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
)


class NoAccess(Problem):
    slug = "no-access"
    status = HTTPStatus.FORBIDDEN
    title = _("You cannot sign in here yet")
    detail = _(
        "Your company knows you, but this app does not, or your access has ended. "
        "Ask whoever manages the app in your company."
    )
    what_to_do = _(
        "Check that this person was imported with the e-mail address that the company's sign-in "
        "gives, that the address is marked as verified there, and that the person is active."
    )


class SignInAway(Problem):
    slug = "sign-in-away"
    status = HTTPStatus.SERVICE_UNAVAILABLE
    title = _("Signing in is not possible right now")
    detail = _("Your company's sign-in does not answer. Try again in a minute.")
    what_to_do = _("Repeat the call after the seconds in Retry-After. Who is signed in stays so.")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc] # allauth has no types
    """Closed signup; people come from the employee import."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": _("This e-mail address and password do not belong together."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Agents to the queue, administrators to the back office, others to the front page."""
        user = request.user
        if isinstance(user, User) and user.is_agent:
            return reverse("desk-queue")
        if isinstance(user, User) and user.is_admin:
            return reverse("office:index")
        return reverse("front")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Not for who signed in a moment ago: they would give the same password twice."""
        records = get_authentication_records(self.request, self.request.user)
        if records and time.time() - records[-1]["at"] < app_settings.REAUTHENTICATION_TIMEOUT:
            return False
        return bool(super().is_reauthentication_required(app=app, **kwargs))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count a guess. Too many are 429 with Retry-After; allauth would call it a wrong field."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            raise TooFast(retry_after=_GUESSES_SECONDS) from error

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the mail, on BASE_URL: the Host header is what the asker made of it."""
        path = urlsplit(super().get_reset_password_from_key_url(key)).path
        return f"{settings.BASE_URL}{path}"

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail now, in the reader's language, and send it beside the request.

        Nobody waits for a mail server, nor hears from the time it takes whether an address is
        known. A mail that does not arrive is asked for again, so nothing remembers it.
        """
        context = {"request": self.request, "email": email, **context}
        mail = self.render_mail(template_prefix, email, context)
        if not settings.EMAIL_CONFIGURED:
            mail.send()
            return
        threading.Thread(
            target=copy_context().run, args=[_send, mail], name="sign-in-mail", daemon=True
        ).start()


def _send(mail: EmailMessage) -> None:
    try:
        mail.send()
    except Exception as error:  # nobody waits for this thread, so it must say so itself
        _log.error("a sign-in mail was not sent", extra={"error": type(error).__name__})


class SignInForm(LoginForm):  # type: ignore[misc] # allauth has no types
    """Without the way to a new password where that way is closed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if settings.OIDC_ISSUER:
            self.fields["password"].help_text = ""


class CompanyAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc] # allauth has no types
    """OpenID Connect of the company: only people who were imported come in."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Any:
        found = super().get_provider(request, provider, client_id=client_id)
        if isinstance(found, OpenIDConnectProvider):
            return CompanyProvider(request, app=found.app)
        return found

    def get_requests_session(self) -> requests.Session:
        return RememberingSession()

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: Any) -> Any:
        """Who someone is comes from the import, not from the token."""
        return sociallogin.user

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Let in who is linked and active; link a first sign-in by its verified work address.

        Only the configured issuer gets here, so its `email_verified` is the company's own word.
        """
        user = sociallogin.user if sociallogin.is_existing else _link(sociallogin)
        if user is None or not user.is_active:
            raise ImmediateHttpResponse(_refusal(request, NoAccess()))


def _link(sociallogin: SocialLogin) -> User | None:
    """Tie this identity to the one employee it belongs to; None when there is no such employee.

    An employee who is already tied to another identity is not tied again: the address may have
    been given to someone new.
    """
    verified = [item.email.strip().lower() for item in sociallogin.email_addresses if item.verified]
    identity = sociallogin.account
    with transaction.atomic():
        # The lock puts two first sign-ins in order, and a deactivation before or after both.
        user = (
            User.objects.select_for_update().filter(email__in=verified, is_active=True).first()
            if verified
            else None
        )
        if user is None:
            return None
        known = SocialAccount.objects.filter(provider=identity.provider, user=user).first()
        if known is not None and known.uid != identity.uid:
            _log.warning("second identity for one employee refused", extra={"user": user.pk})
            return None
        if known is None:
            identity.user = user
            identity.save()
            known = identity
    sociallogin.account, sociallogin.user = known, user
    return user


def _refusal(request: HttpRequest, problem: Problem) -> HttpResponse:
    """The problem as JSON for the app, as a page in a browser."""
    if hasattr(request.allauth, "headless"):  # type: ignore[attr-defined] # allauth's middleware
        return problem.response()
    facts = {"title": problem.title, "detail": problem.detail}
    response = render(request, "refused.html", facts, status=problem.status)
    if problem.retry_after is not None:
        response["Retry-After"] = str(problem.retry_after)
    return response


class CompanyProvider(OpenIDConnectProvider):  # type: ignore[misc] # allauth has no types
    """The company's provider, with a token that counts once and claims that are all there."""

    package = OpenIDConnectProvider.get_package()

    def verify_token(self, request: HttpRequest, token: dict[str, Any]) -> SocialLogin:
        """The person whom an ID token from the app names; ValidationError when it isn't good."""
        wrong = CompanyAdapter().validation_error("invalid_token")
        id_token = token.get("id_token")
        if not isinstance(id_token, str) or len(id_token) > _LONGEST_TOKEN:
            raise wrong
        try:
            header = jwt.get_unverified_header(id_token)
        except jwt.PyJWTError as error:
            raise wrong from error
        kid = header.get("kid")
        if header.get("alg") not in _ALGORITHMS or not isinstance(kid, str):
            raise wrong
        try:
            _fetch_keys(self, kid)
            return super().verify_token(request, token)
        except requests.RequestException as error:
            raise ImmediateHttpResponse(SignInAway(retry_after=30).response()) from error
        except (ProviderException, KeyError, TypeError, ValueError) as error:
            # What allauth and PyJWT raise for keys and claims of a shape they don't expect.
            raise wrong from error

    def redirect(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().redirect(request, *args, **kwargs)
        except requests.RequestException as error:
            response = render_authentication_error(request, self, exception=error)
        return response

    def sociallogin_from_response(
        self, request: HttpRequest, response: dict[str, Any]
    ) -> SocialLogin:
        """Both flows end here with the claims of a decoded ID token, and userinfo in the browser.

        Raises ProviderException when they don't hold together or the token was used before, and
        answers 503 when nothing can remember that it was used.
        """
        told = {"id_token": response} if "iss" in response else response
        claims, userinfo = told.get("id_token"), told.get("userinfo")
        if not isinstance(claims, dict):
            raise ProviderException("no ID token")
        self._check(claims)
        if userinfo is not None and (
            not isinstance(userinfo, dict) or userinfo.get("sub") != claims["sub"]
        ):
            raise ProviderException("ID token and userinfo name two people")
        try:
            first_time = used_first_time(claims)
        except SignInAway as away:
            raise ImmediateHttpResponse(_refusal(request, away)) from away
        if not first_time:
            raise ProviderException("this ID token was used before")
        # One source for the address and for whether it is verified, never a mixture.
        person = userinfo if userinfo and "email" not in claims else claims
        return super().sociallogin_from_response(request, {"id_token": person})

    def _check(self, claims: dict[str, Any]) -> None:
        """What allauth takes for granted: an end, a subject, and that the token is for us."""
        subject, ends = claims.get("sub"), claims.get("exp")
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise ProviderException("no subject")
        if isinstance(ends, bool) or not isinstance(ends, int | float):
            raise ProviderException("no expiry")
        several = isinstance(claims.get("aud"), list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.app.client_id:
            raise ProviderException("made out to another app")

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """The address, verified only where the claim is true; the text "false" is not."""
        found: list[EmailAddress] = super().extract_email_addresses(data)
        for address in found:
            address.verified = address.verified is True or address.verified == "true"
        return found

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Nothing is kept of the claims: who someone is stands in the import."""
        return {}


def used_first_time(claims: dict[str, Any]) -> bool:
    """Remember an ID token until it ends; False when it was seen before.

    By its claims, not its text: the text of one token can be written in several ways. Raises
    SignInAway when it can't be remembered: a shared cache that is away says yes to everything.
    """
    text = json.dumps(claims, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    seconds = max(1, int(claims["exp"] - time.time()) + 1)
    key = f"oidc:used:{digest}"
    new = cache.add(key, 1, seconds)
    if cache.get(key) is None:
        raise SignInAway(retry_after=30)
    return bool(new)


class RememberingSession(requests.Session):
    """A session that takes the provider's discovery document and keys from the cache.

    allauth fetches both again for every sign-in; everything else goes out as usual.
    """

    def request(self, method: str, url: str, **kwargs: Any) -> requests.Response:  # type: ignore[override] # the rest by keyword
        kwargs.setdefault("timeout", _TIMEOUT_SECONDS)
        keep = _kept_for(url) if method.upper() == "GET" else 0
        if not keep:
            return super().request(method, url, **kwargs)
        key = _cache_key(url)
        text = cache.get(key)
        if text is not None:
            return _remembered(url, text)
        response = super().request(method, url, **kwargs)
        response.raise_for_status()
        document = response.json()
        if keep == _DISCOVERY_SECONDS:
            _check_discovery(document)
            cache.set(_cache_key("jwks-address"), document["jwks_uri"], _DISCOVERY_SECONDS)
        elif not isinstance(document, dict) or not isinstance(document.get("keys"), list):
            raise requests.RequestException("these are no keys")
        cache.set(key, response.text, keep)
        return response


def _kept_for(url: str) -> int:
    """Seconds to keep what is at this address; 0 for what is not public."""
    if not settings.OIDC_ISSUER:
        return 0
    if url == f"{settings.OIDC_ISSUER}/.well-known/openid-configuration":
        return _DISCOVERY_SECONDS
    return _KEYS_SECONDS if url == cache.get(_cache_key("jwks-address")) else 0


def _cache_key(name: str) -> str:
    digest = hashlib.sha256(f"{settings.OIDC_ISSUER} {name}".encode()).hexdigest()
    return f"oidc:document:{digest}"


def _remembered(url: str, text: str) -> requests.Response:
    response = requests.Response()
    response.status_code, response.url, response.encoding = 200, url, "utf-8"
    response._content = text.encode()
    return response


def _check_discovery(document: Any) -> None:
    """Raise RequestException unless this is the configured issuer's own document."""
    names = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint")
    if not isinstance(document, dict) or not all(
        isinstance(document.get(name), str) and urlsplit(document[name]).netloc for name in names
    ):
        raise requests.RequestException("the discovery document is not complete")
    # OpenID Connect Discovery 1.0, 4.3: it must be the issuer that was asked.
    if document["issuer"].rstrip("/") != settings.OIDC_ISSUER:
        raise requests.RequestException("the discovery document is of another issuer")


def _fetch_keys(provider: CompanyProvider, kid: str) -> None:
    """Have the provider's keys in the cache; once more when this one isn't among them.

    That finds new keys soon after a provider changed them. At most once a minute, so that made-up
    ids don't become calls to the provider. Raises RequestException when it doesn't answer.
    """
    address = provider.get_oauth2_adapter(provider.request).openid_config["jwks_uri"]
    with RememberingSession() as session:
        keys = session.get(address).json()["keys"]
        known = {key.get("kid") for key in keys if isinstance(key, dict)}
        if kid not in known and cache.add(_cache_key("refetched"), 1, _REFETCH_SECONDS):
            cache.delete(_cache_key(address))
            session.get(address)
