"""Signing in with a password and a code from a phone; who must, and what is refused."""

import re
import time
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.usersessions.models import UserSession
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.http import HttpRequest
from django.test import Client, RequestFactory
from pytest_django.fixtures import Settings

from notifications import drain
from notifications.models import Delivery, KeptCopy
from server.accounts.models import AuditEvent, User
from server.accounts.second_factor import AFTERWARDS, second_factor_missing
from tests.clients import Api, browser_of, session_token
from tests.factories import make_agent, make_person, make_team
from tests.test_company_sign_in import company, from_app, me, through_browser  # noqa: F401

pytestmark = pytest.mark.django_db

PASSWORD = "een-lang-genoeg-wachtwoord"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def daan() -> User:
    return make_agent(make_team(), "Daan Bakker", email="daan@example.org", password=PASSWORD)


@pytest.fixture
def _required(settings: Settings) -> None:
    settings.SECOND_FACTOR = "REQUIRED"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> "Clock":
    """The half minutes that codes are made of stand still until a test moves them."""
    made = Clock()
    monkeypatch.setattr(totp, "time", SimpleNamespace(time=made))
    return made


class Clock:
    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def code(clock: Clock, *, steps: int = 0, secret: str = SECRET) -> str:
    counter = int(clock.now) // 30 + steps
    return str(totp.format_hotp_value(totp.hotp_value(secret, counter)))


def with_factor(user: User) -> list[str]:
    """Give this person an app with SECRET; returns their recovery codes."""
    totp.TOTP.activate(user, SECRET)
    codes: list[str] = RecoveryCodes.activate(user).generate_codes()
    return codes


def signs_in(email: str = "daan@example.org", password: str = PASSWORD, **more: Any) -> Any:
    """A browser after its password, and what it was answered."""
    browser = Client(**more.pop("client", {}))
    answer = browser.post("/accounts/login/", {"login": email, "password": password, **more})
    return browser, answer


def test_a_password_alone_is_not_enough_for_who_has_a_second_factor(
    daan: User, clock: Clock
) -> None:
    with_factor(daan)
    browser, answer = signs_in()

    assert answer["Location"] == "/accounts/2fa/authenticate/"
    assert SESSION_KEY not in browser.session
    assert browser.post(answer["Location"], {"code": code(clock)}).status_code == 302
    assert browser.session[SESSION_KEY] == str(daan.pk)


def test_a_wrong_code_is_refused_in_words(daan: User, clock: Clock) -> None:
    with_factor(daan)
    browser, answer = signs_in()

    page = browser.post(answer["Location"], {"code": "000000"})
    assert page.status_code == 200
    assert "Deze code klopt niet" in page.content.decode()
    assert SESSION_KEY not in browser.session


@pytest.mark.parametrize("cache_forgets", [False, True])
def test_a_code_counts_once_also_when_the_cache_forgot(
    daan: User, clock: Clock, cache_forgets: bool
) -> None:
    with_factor(daan)
    for counts in (True, False):
        browser, answer = signs_in()
        browser.post(answer["Location"], {"code": code(clock)})
        assert (SESSION_KEY in browser.session) is counts
        if cache_forgets:
            cache.clear()


@pytest.mark.parametrize(("steps", "counts"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_a_code_of_the_half_minute_before_or_after_counts(
    daan: User, clock: Clock, steps: int, counts: bool
) -> None:
    with_factor(daan)
    browser, answer = signs_in()
    browser.post(answer["Location"], {"code": code(clock, steps=steps)})
    assert (SESSION_KEY in browser.session) is counts


def test_an_older_code_does_not_count_after_a_newer_one(daan: User, clock: Clock) -> None:
    with_factor(daan)
    browser, answer = signs_in()
    browser.post(answer["Location"], {"code": code(clock)})
    assert SESSION_KEY in browser.session

    browser, answer = signs_in()
    browser.post(answer["Location"], {"code": code(clock, steps=-1)})
    assert SESSION_KEY not in browser.session


def test_a_recovery_code_counts_once(daan: User) -> None:
    codes = with_factor(daan)
    for counts in (True, False):
        browser, answer = signs_in()
        browser.post(answer["Location"], {"code": codes[3]})
        assert (SESSION_KEY in browser.session) is counts


def test_guessing_codes_stops_after_five_also_with_the_right_one(daan: User, clock: Clock) -> None:
    with_factor(daan)
    browser, answer = signs_in()
    for _ in range(5):
        browser.post(answer["Location"], {"code": "000000"})
    browser.post(answer["Location"], {"code": code(clock)})
    assert SESSION_KEY not in browser.session


def test_nobody_learns_from_the_password_page_who_has_a_second_factor_or_exists(
    daan: User,
) -> None:
    with_factor(daan)
    answers = [
        signs_in(email, "een-ander-lang-wachtwoord")[1]
        for email in ("daan@example.org", "nobody@example.org")
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    said = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers]
    assert said[0] == said[1]


def test_the_secret_is_not_readable_in_the_database_and_survives_a_new_secret_key(
    daan: User, clock: Clock, settings: Settings
) -> None:
    with_factor(daan)
    kept = Authenticator.objects.get(type="totp").data["secret"]
    assert SECRET not in kept

    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-of-at-least-fifty-random-characters-x"
    assert totp.decrypt(kept) == SECRET


@pytest.mark.usefixtures("_required")
def test_an_agent_without_a_second_factor_sets_one_up_and_goes_on_where_they_wanted(
    daan: User, clock: Clock
) -> None:
    browser, answer = signs_in(next="/desk/?view=mine")
    assert answer["Location"] == "/desk/?view=mine"
    detour = asked_for("/desk/?view=mine", browser)
    assert detour == "/accounts/2fa/totp/activate/"

    page = browser.get(detour)
    assert page.status_code == 200, page
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    secret = browser.session[totp.SECRET_SESSION_KEY]
    done = browser.post(detour, {"code": code(clock, secret=secret)})
    assert done["Location"] == "/accounts/2fa/recovery-codes/"
    codes = browser.get(done["Location"]).content.decode()
    assert 'href="/desk/?view=mine"' in codes
    assert asked_for("/desk/?view=mine", browser) is None


def asked_for(path: str, browser: Client) -> str | None:
    """Where a page of the desk would send this browser; None where it would be shown."""
    session = browser.session
    http: HttpRequest = RequestFactory().get(path)
    http.session = session
    http.user = User.objects.get(pk=session[SESSION_KEY])
    answer = second_factor_missing(http)
    session.save()
    assert (answer is None) or session[AFTERWARDS] == path
    return answer["Location"] if answer else None


@pytest.mark.usefixtures("_required")
@pytest.mark.parametrize(
    ("roles", "path", "first"),
    [
        ([], "/desk/", None),
        (["editor"], "/champions/", "/accounts/2fa/totp/activate/"),
        (["manager"], "/champions/", "/accounts/2fa/totp/activate/"),
    ],
)
def test_who_works_in_no_console_needs_no_second_factor(
    roles: list[str], path: str, first: str | None
) -> None:
    make_person("Sanne", email="sanne@example.org", password=PASSWORD, roles=roles)
    browser, _answer = signs_in("sanne@example.org")
    assert asked_for(path, browser) == first


@pytest.mark.usefixtures("_required")
def test_recovery_codes_alone_are_no_second_factor(daan: User) -> None:
    RecoveryCodes.activate(daan)
    browser, _answer = signs_in()
    assert asked_for("/desk/", browser) == "/accounts/2fa/totp/activate/"


@pytest.mark.usefixtures("_required")
def test_who_comes_through_the_company_needs_no_second_factor_here(
    company: Any,  # noqa: F811
    daan: User,
) -> None:
    known = {"sub": "u-daan", "email": "daan@example.org", "email_verified": True}
    browser, answer = through_browser(company, known)
    assert answer.status_code == 302
    assert asked_for("/desk/", browser) is None

    token = from_app(company.id_token(known)).json()["meta"]["session_token"]
    listed = Client().get("/api/v1/desk/requests", headers={"X-Session-Token": token})
    assert listed.status_code == 200


@pytest.mark.usefixtures("_required")
def test_the_api_refuses_the_desk_and_nothing_else_to_an_agent_without_a_second_factor(
    daan: User, clock: Clock
) -> None:
    token = in_app({"email": "daan@example.org", "password": PASSWORD}).json()["meta"][
        "session_token"
    ]
    headers = {"X-Session-Token": token}
    refused = Client().get("/api/v1/desk/requests", headers=headers)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/second-factor-needed")
    assert me(token).status_code == 200

    factor = "/_allauth/app/v1/account/authenticators/totp"
    offered = Client().get(factor, headers=headers)
    assert offered.status_code == 404
    made = Client().post(
        factor,
        {"code": code(clock, secret=offered.json()["meta"]["secret"])},
        content_type="application/json",
        headers=headers,
    )
    assert made.status_code == 200, made.content
    assert Client().get("/api/v1/desk/requests", headers=headers).status_code == 200


def in_app(body: dict[str, str], path: str = "login", **headers: str) -> Any:
    return Client().post(
        f"/_allauth/app/v1/auth/{path}", body, content_type="application/json", headers=headers
    )


def test_the_app_gives_the_code_in_a_second_call(daan: User, clock: Clock) -> None:
    with_factor(daan)
    first = in_app({"email": "daan@example.org", "password": PASSWORD})
    assert first.status_code == 401
    pending = [flow["id"] for flow in first.json()["data"]["flows"] if flow.get("is_pending")]
    assert pending == ["mfa_authenticate"]
    token = first.json()["meta"]["session_token"]
    assert me(token).status_code == 401

    second = in_app({"code": code(clock)}, "2fa/authenticate", **{"X-Session-Token": token})
    assert second.status_code == 200
    token = second.json()["meta"]["session_token"]
    assert me(token).status_code == 200


def test_changing_a_factor_asks_who_is_there_unless_they_just_signed_in(daan: User) -> None:
    with_factor(daan)
    idle = browser_of(daan)
    for path in ("totp/deactivate/", "recovery-codes/generate/", "recovery-codes/"):
        answer = idle.get(f"/accounts/2fa/{path}")
        assert answer["Location"].startswith("/accounts/reauthenticate/"), path
    assert idle.post("/accounts/2fa/totp/deactivate/").status_code == 302
    assert Authenticator.objects.filter(type="totp").exists()


@pytest.mark.django_db(transaction=True)
def test_a_new_factor_ends_the_sessions_that_had_none(daan: User, clock: Clock) -> None:
    elsewhere, _answer = signs_in()
    browser, _answer = signs_in()
    browser.get("/accounts/2fa/totp/activate/")
    secret = browser.session[totp.SECRET_SESSION_KEY]
    done = browser.post("/accounts/2fa/totp/activate/", {"code": code(clock, secret=secret)})
    assert done.status_code == 302
    assert browser.get("/accounts/2fa/").status_code == 200
    assert elsewhere.get("/accounts/2fa/").status_code == 302
    assert AuditEvent.objects.get(action="second-factor-added").actor == daan


def test_an_administrator_lets_somebody_start_again_and_that_is_remembered(daan: User) -> None:
    with_factor(daan)
    admin = make_person("Anouk", roles=["admin"])
    token = session_token(daan)
    UserSession.objects.create(user=daan, session_key=token, ip="127.0.0.1", user_agent="x")

    daan.reset_second_factor(by=admin)
    assert not Authenticator.objects.filter(user=daan).exists()
    assert me(token).status_code == 401
    event = AuditEvent.objects.get(action="second-factor-reset")
    assert (event.actor, event.subject_id) == (admin, daan.pk)
    _browser, answer = signs_in()
    assert "2fa" not in answer["Location"]


def test_one_sees_and_ends_ones_own_sessions_and_nobody_elses(daan: User) -> None:
    firefox = {"HTTP_USER_AGENT": "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Firefox/140.0"}
    here, _ = signs_in(client=firefox)
    there, _ = signs_in()
    stranger = make_person("Joris", email="joris@example.org", password=PASSWORD)
    other, _ = signs_in("joris@example.org")

    page = here.get("/accounts/sessions/").content.decode()
    assert "Firefox, Windows" in page
    assert page.count('class="card"') == 2
    of_other = UserSession.objects.get(user=stranger)
    assert here.post("/accounts/sessions/", {"session": of_other.pk}).status_code == 404
    of_there = UserSession.objects.get(session_key=there.session.session_key)
    assert here.post("/accounts/sessions/", {"session": of_there.pk}).status_code == 302
    assert there.get("/accounts/sessions/").status_code == 302
    assert other.get("/accounts/sessions/").status_code == 200
    assert here.get("/accounts/sessions/").status_code == 200


def test_ending_all_others_leaves_this_one(daan: User) -> None:
    here, _ = signs_in()
    there, _ = signs_in()
    here.post("/accounts/sessions/", {"session": "others"})
    assert there.get("/accounts/sessions/").status_code == 302
    assert here.get("/accounts/sessions/").status_code == 200


@pytest.mark.parametrize(
    "evil", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_the_way_back_stays_on_this_site(daan: User, evil: str) -> None:
    _browser, answer = signs_in(next=evil)
    assert answer["Location"].startswith("/")
    assert not answer["Location"].startswith("//")


def test_the_pages_are_there_in_both_languages(daan: User) -> None:
    with_factor(daan)
    browser, answer = signs_in(client={"headers": {"Accept-Language": "en"}})
    page = browser.get(answer["Location"])
    assert "Open the app on your phone" in page.content.decode()
    assert (
        "Open de app"
        in Client(headers={"Cookie": f"sessionid={browser.session.session_key}"})
        .get(answer["Location"])
        .content.decode()
    )


def test_somebody_without_a_session_of_the_api_hears_nothing_new(daan: User) -> None:
    assert Api(daan).get("/desk/requests").status_code == 200
    assert Api().get("/desk/requests").status_code == 401


# --- What the person hears of it ---


def mails() -> list[str]:
    """What was told over e-mail, oldest first; and nothing over anything else."""
    rows = Delivery.objects.order_by("notification__created_at").select_related("notification")
    assert {row.channel for row in rows} <= {"email"}
    return [row.notification.kind.removeprefix("account.") for row in rows]


@pytest.mark.django_db(transaction=True)
def test_who_gets_changes_or_loses_a_second_factor_is_told_by_mail(
    daan: User, clock: Clock
) -> None:
    browser, _answer = signs_in()
    browser.get("/accounts/2fa/totp/activate/")
    secret = browser.session[totp.SECRET_SESSION_KEY]
    browser.post("/accounts/2fa/totp/activate/", {"code": code(clock, secret=secret)})
    assert mails() == ["second-factor-added"]
    browser.post("/accounts/2fa/recovery-codes/generate/")
    assert mails()[1:] == ["recovery-codes-renewed"]
    browser.post("/accounts/2fa/totp/deactivate/")
    assert mails()[2:] == ["second-factor-removed"]
    daan.reset_second_factor(by=make_person("Anouk", roles=["admin"]))
    assert mails()[3:] == ["second-factor-reset"]
    # The app shows what is about requests.
    assert Api(daan).get("/inbox").json()["items"] == []
    assert Api(daan).get("/changes").json()["items"] == []


@pytest.mark.parametrize(
    ("language", "was_it_you", "do"),
    [("nl", "Was jij dit niet?", "ander wachtwoord"), ("en", "Was it not?", "another password")],
)
def test_the_mail_says_what_to_do_if_it_was_somebody_else_and_nothing_secret(
    daan: User, language: str, was_it_you: str, do: str
) -> None:
    daan.choose_language(language)
    codes = with_factor(daan)
    for did in (
        "second-factor-added",
        "second-factor-removed",
        "second-factor-reset",
        "recovery-codes-renewed",
    ):
        daan.factor_changed(did, by=daan)
    drain.send_due()
    kept = KeptCopy.objects.filter(address="daan@example.org")
    assert kept.count() == 4
    assert len({copy.title for copy in kept}) == 4
    for copy in kept:
        assert was_it_you in copy.text
        assert do in copy.text
        assert "/accounts/sessions/" in copy.text
        assert SECRET not in copy.text
        assert not [one for one in codes if one in copy.text]
