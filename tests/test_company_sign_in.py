"""Signing in through the company, over the wire to a provider on loopback."""

import logging
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from server.accounts.models import User
from server.caching import ForgivingRedisCache
from tests.factories import make_person
from tests.standins.oidc import CLIENT_ID, CLIENT_SECRET, OidcStandIn
from tests.standins.smtp import SmtpSink

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

LOGIN = "/accounts/oidc/company/login/"
SANNE = {"sub": "u-sanne", "email": "sanne@example.org", "email_verified": True}


@pytest.fixture
def company(settings: Settings) -> Iterator[OidcStandIn]:
    with OidcStandIn() as provider:
        settings.OIDC_ISSUER = provider.issuer
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "company",
                        "name": "Het bedrijf",
                        "client_id": CLIENT_ID,
                        "secret": CLIENT_SECRET,
                        "settings": {"server_url": provider.issuer},
                    }
                ],
            }
        }
        yield provider


@pytest.fixture
def sanne() -> User:
    return make_person("Sanne de Vries", email="sanne@example.org")


def from_app(id_token: Any, process: str = "login", **token: Any) -> Any:
    """What the app does with the ID token that it got from the company's sign-in."""
    return Client(raise_request_exception=True).post(
        "/_allauth/app/v1/auth/provider/token",
        {
            "provider": "company",
            "process": process,
            "token": {"client_id": CLIENT_ID, "id_token": id_token, **token},
        },
        content_type="application/json",
    )


def through_browser(company: OidcStandIn, person: dict[str, Any]) -> tuple[Client, Any]:
    """The round trip over the provider; gives back the browser and the last answer here."""
    company.signs_in = person
    browser = Client()
    leaving = browser.post(LOGIN)
    assert leaving.status_code == 302
    there = requests.get(leaving["Location"], allow_redirects=False, timeout=5)
    assert there.status_code == 302, there.text
    back = urlsplit(there.headers["Location"])
    return browser, browser.get(f"{back.path}?{back.query}")


def me(session_token: str) -> Any:
    return Client().get("/api/v1/me", headers={"X-Session-Token": session_token})


def test_a_first_sign_in_from_the_app_finds_the_imported_employee(
    company: OidcStandIn, sanne: User
) -> None:
    answer = from_app(company.id_token({**SANNE, "email": "Sanne@Example.org"}))

    assert answer.status_code == 200, answer.content
    known = me(answer.json()["meta"]["session_token"])
    assert known.json()["email"] == "sanne@example.org"
    account = SocialAccount.objects.get()
    assert (account.user_id, account.uid) == (sanne.pk, "u-sanne")


def test_nothing_of_the_claims_is_kept(company: OidcStandIn, sanne: User) -> None:
    from_app(company.id_token({**SANNE, "name": "S. de Vries", "picture": "https://x.example/s"}))
    from_app(company.id_token({**SANNE, "name": "S. de Vries", "picture": "https://x.example/s"}))

    assert SocialAccount.objects.get().extra_data == {}
    before = (sanne.name, sanne.email, sanne.password)
    sanne.refresh_from_db()
    assert (sanne.name, sanne.email, sanne.password) == before


def test_who_is_linked_comes_in_whatever_the_address_says_now(
    company: OidcStandIn, sanne: User
) -> None:
    assert from_app(company.id_token(SANNE)).status_code == 200

    renamed = {**SANNE, "email": "sanne.jansen@example.org", "email_verified": False}
    assert from_app(company.id_token(renamed)).status_code == 200


def test_ten_sign_ins_ask_once_for_discovery_and_keys(company: OidcStandIn, sanne: User) -> None:
    for _ in range(10):
        assert from_app(company.id_token(SANNE)).status_code == 200

    assert company.asked == {"/.well-known/openid-configuration": 1, "/keys": 1}


@pytest.mark.parametrize("jti", [None, "a-token-id"])
def test_a_token_counts_once(company: OidcStandIn, sanne: User, jti: str | None) -> None:
    token = company.id_token(SANNE, jti=jti)

    assert from_app(token).status_code == 200
    again = from_app(token)
    assert again.status_code == 400
    assert "session_token" not in again.json().get("meta", {})


def test_a_token_written_otherwise_is_the_same_token(company: OidcStandIn, sanne: User) -> None:
    claims = company.claims(SANNE, jti=None)
    first, second = company.sign(claims), company.sign(claims, written="otherwise")
    assert first != second

    assert from_app(first).status_code == 200
    assert from_app(second).status_code == 400


WRONG: dict[str, Callable[[OidcStandIn], Any]] = {
    "of another audience": lambda company: company.id_token(SANNE, aud="another-app"),
    "of several audiences without azp": lambda company: company.id_token(
        SANNE, aud=[CLIENT_ID, "another-app"]
    ),
    "made out to another app": lambda company: company.id_token(SANNE, azp="another-app"),
    "of another issuer": lambda company: company.id_token(SANNE, iss="https://evil.example"),
    "expired": lambda company: company.id_token(SANNE, exp=1_700_000_000),
    "without an end": lambda company: company.id_token(SANNE, exp=None),
    "without a subject": lambda company: company.id_token({**SANNE, "sub": None}),
    "with an empty subject": lambda company: company.id_token({**SANNE, "sub": ""}),
    "with an endless subject": lambda company: company.id_token({**SANNE, "sub": "u" * 400}),
    "without an issuer": lambda company: company.id_token(SANNE, iss=None),
    "without a key id": lambda company: company.id_token(SANNE, kid=None),
    "with an unknown key id": lambda company: company.id_token(SANNE, kid="made-up"),
    "unsigned": lambda company: company.unsigned(SANNE),
    "signed with the public key": lambda company: company.signed_with_public_key(SANNE),
    "signed by somebody else": lambda company: company.signed_by_another(SANNE),
    "cut short": lambda company: company.id_token(SANNE)[:-9],
    "far too long": lambda company: company.id_token(SANNE, more="x" * 20_000),
    "not a token": lambda company: "not.a.token",
    "not a text": lambda company: {"sub": "u-sanne"},
    "not there": lambda company: None,
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_token_is_refused(company: OidcStandIn, sanne: User, what: str) -> None:
    answer = from_app(WRONG[what](company), access_token="something")

    assert answer.status_code == 400, answer.content
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize("verified", [False, None, "false", "no", 1, []])
def test_an_address_that_is_not_verified_finds_nobody(
    company: OidcStandIn, sanne: User, verified: Any
) -> None:
    answer = from_app(company.id_token({**SANNE, "email_verified": verified}))

    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/no-access"
    assert not SocialAccount.objects.exists()


def test_who_was_not_imported_is_refused_and_not_made(company: OidcStandIn) -> None:
    answer = from_app(company.id_token(SANNE))

    assert answer.status_code == 403
    assert answer.json()["title"]
    assert not User.objects.exists()


def test_who_has_left_is_not_linked(company: OidcStandIn, sanne: User) -> None:
    sanne.deactivate()

    assert from_app(company.id_token(SANNE)).status_code == 403
    assert not SocialAccount.objects.exists()


def test_deactivation_ends_the_session_and_closes_the_way_back(
    company: OidcStandIn, sanne: User
) -> None:
    session = from_app(company.id_token(SANNE)).json()["meta"]["session_token"]
    assert me(session).status_code == 200
    sanne.deactivate()

    assert me(session).status_code == 401
    assert from_app(company.id_token(SANNE)).status_code == 403


def test_an_address_that_was_given_to_someone_new_does_not_open_the_old_account(
    company: OidcStandIn, sanne: User
) -> None:
    assert from_app(company.id_token(SANNE)).status_code == 200

    assert from_app(company.id_token({**SANNE, "sub": "u-another-sanne"})).status_code == 403
    assert SocialAccount.objects.count() == 1


def test_new_keys_are_found_at_once_and_made_up_ones_not_looked_for(
    company: OidcStandIn, sanne: User
) -> None:
    assert from_app(company.id_token(SANNE)).status_code == 200
    company.rotate()
    assert from_app(company.id_token(SANNE)).status_code == 200
    assert company.asked["/keys"] == 2

    for number in range(5):
        assert from_app(company.id_token(SANNE, kid=f"made-up-{number}")).status_code == 400
    assert company.asked["/keys"] == 2


@pytest.mark.parametrize("process", ["connect", "login"])
def test_nobody_ties_an_identity_to_themselves_that_is_not_theirs(
    company: OidcStandIn, sanne: User, process: str
) -> None:
    make_person("Daan Bakker", email="daan@example.org")
    stranger = {"sub": "u-x", "email": "x@example.org", "email_verified": True}

    assert from_app(company.id_token(stranger), process=process).status_code in {401, 403}
    assert not SocialAccount.objects.exists()


def test_a_provider_that_is_away_is_said_to_be_away(company: OidcStandIn, sanne: User) -> None:
    token = company.id_token(SANNE)
    company.away = True

    answer = from_app(token)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer.json()["type"] == "/problems/sign-in-away"

    company.away = False
    assert from_app(token).status_code == 200


def test_keys_that_cannot_be_fetched_are_no_fault_of_the_token(
    company: OidcStandIn, sanne: User
) -> None:
    assert from_app(company.id_token(SANNE)).status_code == 200
    company.rotate()
    company.away = True

    assert from_app(company.id_token(SANNE)).status_code == 503


def test_a_discovery_document_of_another_issuer_is_not_believed(
    company: OidcStandIn, sanne: User
) -> None:
    company.said_issuer = "https://evil.example"

    assert from_app(company.id_token(SANNE, iss="https://evil.example")).status_code == 503
    assert not SocialAccount.objects.exists()


def test_the_browser_comes_back_signed_in(company: OidcStandIn, sanne: User) -> None:
    browser, answer = through_browser(company, SANNE)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert browser.session[SESSION_KEY] == str(sanne.pk)
    assert SocialAccount.objects.get().user_id == sanne.pk


def test_the_form_that_leaves_for_the_company_may_go_there(company: OidcStandIn) -> None:
    page = Client().get(LOGIN)

    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert f"form-action 'self' https: {company.issuer}" in policy


def test_the_token_of_a_browser_does_not_work_again_in_the_app(
    company: OidcStandIn, sanne: User
) -> None:
    _, answer = through_browser(company, SANNE)
    assert answer.status_code == 302

    assert from_app(company.issued[-1]).status_code == 400


def test_a_way_back_works_once(company: OidcStandIn, sanne: User) -> None:
    company.signs_in = SANNE
    browser = Client()
    there = requests.get(browser.post(LOGIN)["Location"], allow_redirects=False, timeout=5)
    back = urlsplit(there.headers["Location"])
    stolen = Client().get(f"{back.path}?{back.query}")
    assert (stolen.status_code, stolen.wsgi_request.user.is_authenticated) == (401, False)

    assert browser.get(f"{back.path}?{back.query}").status_code == 302
    assert browser.get(f"{back.path}?{back.query}").status_code == 401


def test_a_browser_of_somebody_unknown_gets_a_page_that_says_so(company: OidcStandIn) -> None:
    browser, answer = through_browser(company, SANNE)

    assert answer.status_code == 403
    assert answer["Content-Type"].startswith("text/html")
    assert "refused.html" in [template.name for template in answer.templates]
    assert SESSION_KEY not in browser.session


def test_a_browser_of_somebody_who_left_gets_that_page_too(
    company: OidcStandIn, sanne: User
) -> None:
    assert through_browser(company, SANNE)[1].status_code == 302
    sanne.deactivate()

    browser, answer = through_browser(company, SANNE)
    assert answer.status_code == 403
    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize(
    "wrong", [{"aud": "another-app"}, {"iss": "https://evil.example"}, {"exp": 1_700_000_000}]
)
def test_a_wrong_token_from_the_provider_itself_is_refused(
    company: OidcStandIn, sanne: User, wrong: dict[str, Any]
) -> None:
    company.wrong = wrong
    browser, answer = through_browser(company, SANNE)

    assert answer.status_code == 401
    assert SESSION_KEY not in browser.session


def test_userinfo_of_another_person_is_refused(company: OidcStandIn, sanne: User) -> None:
    company.userinfo = {**SANNE, "sub": "u-daan"}

    assert through_browser(company, SANNE)[1].status_code == 401


def test_the_address_may_stand_in_userinfo_alone(company: OidcStandIn, sanne: User) -> None:
    company.userinfo = SANNE

    assert through_browser(company, {"sub": "u-sanne"})[1].status_code == 302


def test_a_browser_hears_that_the_provider_is_away(company: OidcStandIn) -> None:
    cache.clear()
    company.away = True

    answer = Client().post(LOGIN)
    assert answer.status_code == 401
    assert "socialaccount/authentication_error.html" in [one.name for one in answer.templates]


@pytest.fixture
def _redis_away(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The shared cache as it is when nothing listens where Redis was."""
    monkeypatch.setattr(ForgivingRedisCache, "_away_until", 0.0)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
    settings.CACHES = {
        "default": {"BACKEND": "server.caching.ForgivingRedisCache", "LOCATION": address}
    }


@pytest.mark.usefixtures("_redis_away")
def test_a_token_that_cannot_be_remembered_does_not_count(
    company: OidcStandIn, sanne: User
) -> None:
    answer = from_app(company.id_token(SANNE))

    assert answer.status_code == 503
    assert answer["Retry-After"] == "30"
    assert answer.json()["type"] == "/problems/sign-in-away"
    assert not SocialAccount.objects.exists()


@pytest.mark.usefixtures("_redis_away")
def test_a_browser_hears_that_its_token_cannot_be_remembered(
    company: OidcStandIn, sanne: User
) -> None:
    browser, answer = through_browser(company, SANNE)

    assert (answer.status_code, answer["Retry-After"]) == (503, "30")
    assert "refused.html" in [template.name for template in answer.templates]
    assert SESSION_KEY not in browser.session


PASSWORD = "een-lang-genoeg-wachtwoord"
PASSWORD_PAGES = [
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-set-password/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/set/",
    "/accounts/password/change/",
]
PASSWORD_CALLS = [
    "/_allauth/app/v1/auth/password/request",
    "/_allauth/app/v1/auth/password/reset",
    "/_allauth/app/v1/account/password/change",
]


def with_password(email: str, password: str) -> Any:
    return Client().post(
        "/_allauth/app/v1/auth/login",
        {"email": email, "password": password},
        content_type="application/json",
    )


@pytest.mark.parametrize("path", [*PASSWORD_PAGES, *PASSWORD_CALLS])
def test_nobody_chooses_a_password_where_the_company_signs_in(
    company: OidcStandIn, sanne: User, path: str
) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sanne)
    for answer in (strict.get(path), strict.post(path, {}), Client().post(path, {})):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/email/",
        "/accounts/confirm-email/",
        "/accounts/signup/",
        "/accounts/3rdparty/signup/",
        "/_allauth/app/v1/account/email",
        "/_allauth/app/v1/account/phone",
        "/_allauth/app/v1/account/providers",
    ],
)
def test_a_work_address_is_never_changed_here(sanne: User, path: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(sanne)
    for answer in (strict.get(path), strict.post(path, {})):
        assert answer.status_code == 404


@pytest.mark.parametrize("path", [*PASSWORD_PAGES, *PASSWORD_CALLS])
def test_without_the_company_those_addresses_are_there(settings: Settings, path: str) -> None:
    settings.OIDC_ISSUER = ""
    assert Client().get(path).status_code != 404


def test_a_password_that_somebody_has_works_when_the_company_is_away(company: OidcStandIn) -> None:
    company.away = True
    make_person("Noor", email="noor@example.org", password=PASSWORD)

    answer = with_password("noor@example.org", PASSWORD)
    assert answer.status_code == 200
    assert me(answer.json()["meta"]["session_token"]).status_code == 200


def test_the_way_to_a_new_password_is_shown_where_there_is_one(
    company: OidcStandIn, settings: Settings
) -> None:
    assert "/accounts/password/" not in Client().get("/accounts/login/").content.decode()

    settings.OIDC_ISSUER = ""
    assert "/accounts/password/reset/" in Client().get("/accounts/login/").content.decode()


def asks_for_a_password(email: str, host: str = "testserver") -> Any:
    return Client(headers={"Host": host}).post("/accounts/password/reset/", {"email": email})


def mail_goes_to(settings: Settings, port: int) -> None:
    settings.EMAIL_CONFIGURED = True
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port


def until_sent() -> None:
    for thread in threading.enumerate():
        if thread.name == "sign-in-mail":
            thread.join(timeout=10)


def test_the_link_to_a_new_password_is_on_our_own_address(settings: Settings, sanne: User) -> None:
    settings.BASE_URL = "https://help.example.org"
    with SmtpSink() as sink:
        mail_goes_to(settings, int(sink.url.rpartition(":")[2]))
        assert asks_for_a_password(sanne.email, host="127.0.0.1").status_code == 302
        until_sent()
        (received,) = sink.messages
    assert received.recipients == [sanne.email]
    links = re.findall(r"https?://\S+", received.message.get_content())
    assert [link.partition("/accounts/")[0] for link in links] == [settings.BASE_URL]
    page = Client().get(urlsplit(links[0]).path, follow=True)
    assert b'name="password1"' in page.content


def test_nobody_waits_for_a_mail_server(settings: Settings, sanne: User) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        mail_goes_to(settings, silent.getsockname()[1])
        began = time.monotonic()
        assert asks_for_a_password(sanne.email).status_code == 302
        assert time.monotonic() - began < settings.EMAIL_TIMEOUT / 2
        assert any(thread.name == "sign-in-mail" for thread in threading.enumerate())
    until_sent()


def test_a_mail_server_that_is_away_is_said_in_the_log_alone(
    settings: Settings, sanne: User, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        mail_goes_to(settings, nobody.getsockname()[1])
        with caplog.at_level(logging.ERROR):
            assert asks_for_a_password(sanne.email).status_code == 302
            until_sent()
    (record,) = caplog.records
    assert record.__dict__["error"] == "ConnectionRefusedError"
    assert sanne.email not in record.getMessage()
    assert record.exc_info is None


def test_nobody_makes_an_account_of_their_own() -> None:
    made = Client().post(
        "/_allauth/app/v1/auth/signup",
        {"email": "new@example.org", "password": "a-long-enough-password"},
        content_type="application/json",
    )

    assert made.status_code == 403
    assert not User.objects.exists()
