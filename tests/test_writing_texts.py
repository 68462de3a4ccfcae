"""The pages on which canned texts and macros are found, read, written, changed and taken away."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customer_requests.models import CannedText, Macro
from server.accounts.models import RoleName, Team, User
from tests.clients import browser_of
from tests.factories import make_agent, make_person, make_team

pytestmark = pytest.mark.django_db
HIDDEN = re.compile(r'<input type="hidden" name="(version|id)" value="([^"]*)"')


@pytest.fixture
def team() -> Team:
    return make_team("internet")


@pytest.fixture
def els(team: Team) -> User:
    return make_agent(team, "Els van Dijk", role="lead")


def signed_in(user: User) -> Client:
    return browser_of(user)


def page(browser: Client, address: str) -> str:
    answer = browser.get(address)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def form_of(html: str, kind: str) -> tuple[str, dict[str, Any]]:
    """Where the form goes, and what it knows already."""
    action = re.search(rf'action="(/desk/{kind}/[-0-9a-f]+)"', html)
    assert action
    return action[1], {name: value for name, value in HIDDEN.findall(html) if value}


def test_a_lead_writes_changes_sets_aside_and_takes_away_a_text_without_a_script(
    team: Team, els: User
) -> None:
    browser = signed_in(els)
    assert "/desk/texts" in page(browser, "/desk/availability"), "there is a link in the menu"
    address, known = form_of(page(browser, "/desk/texts/new"), "texts")
    words = {"name": "Groet", "team": "internet", "is_active": "on", "customer_nl": "Dag {team}"}
    for _twice in range(2):
        saved = browser.post(address, {**known, **words})
        assert (saved.status_code, saved["Location"]) == (303, "/desk/texts")
    text = CannedText.objects.get()
    assert (text.name, text.team, text.customer_nl) == ("Groet", team, "Dag {team}")
    assert "Groet" in page(browser, "/desk/texts")
    address, known = form_of(page(browser, f"/desk/texts/{text.pk}"), "texts")
    aside = {name: value for name, value in words.items() if name != "is_active"}
    assert browser.post(address, {**known, **aside}).status_code == 303
    text.refresh_from_db()
    assert not text.is_active
    assert "niet in gebruik" in page(browser, "/desk/texts")
    assert browser.post(f"{address}/remove").status_code == 303
    assert not CannedText.objects.exists()


def test_a_macro_is_written_with_its_step_and_what_comes_after(team: Team, els: User) -> None:
    browser = signed_in(els)
    address, known = form_of(page(browser, "/desk/macros/new"), "macros")
    given = {"name": "Modeltype", "team": "internet", "customer_nl": "Welk modem?", "then": "wait"}
    refused = browser.post(address, {**known, **given})
    assert refused.status_code == 422
    assert re.search(r'name="wait_on"[^>]*aria-invalid="true"', refused.content.decode())
    more = {"wait_on": "customer", "wait_days": "3", "step_title_nl": "Gevraagd"}
    assert browser.post(address, {**known, **given, **more}).status_code == 303
    macro = Macro.objects.get()
    assert (macro.then, macro.wait_on, macro.wait_days) == ("wait", "customer", 3)
    assert (macro.step_title_nl, macro.step_state) == ("Gevraagd", "busy")


def test_a_broken_variable_is_said_at_its_field_with_the_place_and_everything_is_kept(
    els: User,
) -> None:
    browser = signed_in(els)
    html = page(browser, "/desk/texts/new")
    assert "{customer_name}" in html
    address, known = form_of(html, "texts")
    given = {"name": "Groet", "team": "internet", "customer_nl": "Dag,\r\nmijn {naam} </textarea>"}
    refused = browser.post(address, {**known, **given})
    assert refused.status_code == 422
    html = refused.content.decode()
    assert re.search(r'name="customer_nl"[^>]*aria-invalid="true"', html)
    assert "Regel 2, teken 6" in html
    assert "mijn {naam} &lt;/textarea&gt;" in html
    taken = CannedText.objects.create(team=els.memberships.get().team, name="Groet", note_nl="x")
    again = browser.post(address, {**known, **given, "customer_nl": "Dag"})
    assert again.status_code == 422
    assert CannedText.objects.get() == taken


def test_who_was_second_keeps_their_text_and_reads_the_other_one(team: Team, els: User) -> None:
    browser = signed_in(els)
    text = CannedText.objects.create(team=team, name="Groet", customer_nl="Dag")
    address, known = form_of(page(browser, f"/desk/texts/{text.pk}"), "texts")
    text.write(by=els, team=team, name="Groet", customer_nl="Goedemiddag")
    mine = {**known, "name": "Groet", "team": "internet", "customer_nl": "Hallo", "is_active": "on"}
    refused = browser.post(address, mine)
    assert refused.status_code == 412
    html = refused.content.decode()
    assert "Hallo" in html
    assert re.search(r"<dd>Goedemiddag</dd>", html)
    assert html.count("<dd>Groet</dd>") == 0, "only what differs"
    assert CannedText.objects.get().customer_nl == "Goedemiddag"
    _address, known = form_of(html, "texts")
    assert browser.post(address, {**mine, **known}).status_code == 303
    assert CannedText.objects.get().customer_nl == "Hallo"


def test_agents_read_and_other_teams_do_not_even_see_it(team: Team, els: User) -> None:
    text = CannedText.objects.create(team=team, name="Groet", customer_nl="Dag <b>buur</b>")
    agent, other = signed_in(make_agent(team)), signed_in(make_agent(make_team(), role="lead"))
    address = f"/desk/texts/{text.pk}"
    html = page(agent, address)
    assert "Dag &lt;b&gt;buur&lt;/b&gt;" in html
    assert "<textarea" not in html
    assert "/desk/texts/new" not in page(agent, "/desk/texts")
    sent = {"name": "x", "team": "internet", "customer_nl": "x"}
    assert agent.get("/desk/texts/new").status_code == 403
    assert agent.post(address, sent).status_code == 403
    assert agent.post(f"{address}/remove").status_code == 403
    assert "Groet" not in page(other, "/desk/texts")
    assert other.get(address).status_code == 404
    assert other.post(f"{address}/remove").status_code == 404
    assert other.post(address, sent).status_code == 422
    text.refresh_from_db()
    assert text.name == "Groet"
    assert signed_in(make_person()).get("/desk/texts").status_code == 403
    assert Client().get("/desk/texts").status_code == 302


def test_what_is_everyones_is_for_administrators(team: Team, els: User) -> None:
    everyones = CannedText.objects.create(name="Voor allen", customer_nl="Dag")
    address = f"/desk/texts/{everyones.pk}"
    given = {"name": "Voor iedereen", "team": "*", "customer_nl": "Dag", "is_active": "on"}
    assert signed_in(els).post(address, {**given, "team": "internet"}).status_code == 403
    els.role_rows.create(name=RoleName.ADMIN)
    boss = signed_in(User.objects.get(pk=els.pk))
    assert "<textarea" in page(boss, address)
    assert boss.post(address, given).status_code == 303
    assert CannedText.objects.get().name == "Voor iedereen"


def test_the_lists_are_searched_by_name_and_cost_the_same_for_one_as_for_a_hundred(
    team: Team, els: User
) -> None:
    browser = signed_in(els)

    def cost(address: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            page(browser, address)
        return len(queries)

    CannedText.objects.create(team=team, name="Modem 100%", customer_nl="x")
    Macro.objects.create(team=team, name="Klaar", customer_nl="x", then="solve")
    page(browser, "/desk/texts")
    one = cost("/desk/texts")
    assert one <= 12
    for number in range(110):
        CannedText.objects.create(team=team, name=f"Tekst {number}", customer_nl="x" * 100)
    assert cost("/desk/texts") == one
    assert cost(f"/desk/texts/{CannedText.objects.all()[0].pk}") <= 12
    html = page(browser, "/desk/texts?q=100%25")
    assert "Modem 100%" in html
    assert "Klaar" not in html
    assert page(browser, "/desk/texts").count('href="/desk/texts/') == 101, "a hundred and one new"
    assert browser.get("/desk/texts?q=%00" + "x" * 500).status_code == 200
    assert browser.get(f"/desk/macros/{uuid.uuid4()}").status_code == 404
