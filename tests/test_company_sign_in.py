"""Signing in through the company, over the wire to a provider on loopback."""

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
from tests.factories import make_person
from tests.standins.oidc import CLIENT_ID, CLIENT_SECRET, OidcStandIn

pytestmark = pytest.mark.django_db

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


def test_nobody_makes_an_account_of_their_own() -> None:
    made = Client().post(
        "/_allauth/app/v1/auth/signup",
        {"email": "new@example.org", "password": "a-long-enough-password"},
        content_type="application/json",
    )

    assert made.status_code == 403
    assert not User.objects.exists()
