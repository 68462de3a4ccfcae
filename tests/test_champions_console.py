"""The console of the champions programme: who may come in, and in which language and clothes."""

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from server.accounts.models import User
from tests.factories import make_agent, make_person, make_team

pytestmark = pytest.mark.django_db


def browser(user: User | None = None) -> Client:
    """A browser of somebody who has signed in, or of nobody."""
    client = Client()
    if user is not None:
        client.force_login(user, "server.accounts.backend.WithTeams")
    return client


def test_editors_and_administrators_come_in_and_managers_to_the_figures() -> None:
    address = reverse("champions")
    nobody = browser().get(address)
    assert nobody.status_code == 302
    assert nobody["Location"].startswith(reverse("account_login"))
    assert browser(make_person()).get(address).status_code == 403
    assert browser(make_agent(make_team())).get(address).status_code == 403
    for role in ("editor", "admin", "manager"):
        answer = browser(make_person(roles=[role], language="en")).get(address)
        assert answer.status_code == 200
        assert answer["Cache-Control"] == "no-store"
        assert answer["Content-Language"] == "en"
        assert 'lang="en"' in answer.content.decode()


def test_who_may_be_here_no_longer_keeps_their_words() -> None:
    told = {"text": "Een heel lang verhaal dat niet weg mag zijn."}
    answer = browser(make_person(language="en")).post(reverse("champions-policy-draft"), told)
    assert answer.status_code == 403
    assert told["text"] in answer.content.decode()


def test_who_has_a_password_only_sets_up_a_second_factor_first(settings: Settings) -> None:
    settings.SECOND_FACTOR = "REQUIRED"
    for role in ("editor", "manager"):
        answer = browser(make_person(roles=[role])).get(reverse("champions"))
        assert answer["Location"] == reverse("mfa_activate_totp")


def test_colours_are_kept_and_lead_back_into_the_console_only() -> None:
    editor = browser(make_person(roles=["editor"]))
    address, home = reverse("champions-look"), reverse("champions")
    answer = editor.post(address, {"theme": "dark"}, headers={"Referer": "http://testserver/desk/"})
    assert answer["Location"] == home
    odd = editor.post(address, {"theme": "dark"}, headers={"Referer": "http://[x"})
    assert odd["Location"] == home
    assert 'data-theme="dark"' in editor.get(home).content.decode()
