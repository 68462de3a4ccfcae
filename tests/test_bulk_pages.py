"""Acting on many requests in the console, without a script: tick, choose, send, undo."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_requests.models import BulkAction, CustomerRequest
from server.accounts.models import Absence, Team, TeamMember, User
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_team, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(daan: User) -> Client:
    return browser_of(daan)


def free(team: Team, count: int = 2) -> list[CustomerRequest]:
    return [factories.submit(topic=team.topics.get()) for _ in range(count)]


def ticks(html: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]+)"', html)


def fields(html: str) -> dict[str, Any]:
    """The hidden fields of the form that asks what the act needs."""
    form = html[html.index('<input type="hidden" name="verb"') :]
    found: dict[str, Any] = {}
    for tag in re.findall(r'<input type="hidden"[^>]*>', form):
        name = re.search(r'name="([^"]+)"', tag)
        value = re.search(r'value="([^"]*)"', tag)
        assert name
        found.setdefault(name[1], []).append(value[1].replace("&amp;", "&") if value else "")
    return found


def asked_for(browser: Client, verb: str) -> dict[str, Any]:
    picked = ticks(browser.get("/desk/").content.decode())
    return fields(browser.post("/desk/bulk/new", {"verb": verb, "pick": picked}).content.decode())


def test_tick_choose_send_and_undo_without_a_script(
    browser: Client, team: Team, daan: User
) -> None:
    requests = free(team)
    picked = ticks(browser.get("/desk/?view=team").content.decode())
    assert len(picked) == 2
    asks = browser.post("/desk/bulk/new?view=team", {"verb": "assign", "pick": picked})
    assert asks.status_code == 200
    form = fields(asks.content.decode())
    assert form["pick"] == picked
    chosen = {**form, "agent": str(daan.pk)}
    shown = browser.post("/desk/bulk/?view=team", chosen)  # who hears of it, before it is asked
    form = {**fields(shown.content.decode()), "confirmed": "1"}
    sent = browser.post("/desk/bulk/?view=team", form)
    assert sent.status_code == 303, sent.content.decode()
    bulk = BulkAction.objects.get()
    assert sent["Location"] == f"/desk/?view=team&bulk={bulk.pk}"
    undo = f"/desk/bulk/{bulk.pk}/undo"
    assert undo in browser.get(sent["Location"]).content.decode()
    again = browser.post("/desk/bulk/?view=team", form)
    assert again.status_code == 303
    assert BulkAction.objects.count() == 1, "a double click asks once"
    assert browser.post(undo).status_code == 303
    page = browser.get(f"/desk/bulk/{bulk.pk}").content.decode()
    assert all(request.reference in page for request in requests)
    BulkAction.objects.update(due=timezone.now())
    BulkAction.run_due()
    assert not CustomerRequest.objects.filter(agent=daan).exists()


def test_all_of_a_filter(browser: Client, team: Team) -> None:
    free(team, 3)
    picked = ticks(browser.get("/desk/?view=team&topic=wifi").content.decode())
    sent = {"verb": "note", "pick": picked[:1], "whole": "view=team&topic=wifi&"}
    form = fields(browser.post("/desk/bulk/new?view=team", sent).content.decode())
    browser.post("/desk/bulk/", {**form, "text": "Storing in de wijk"})
    assert BulkAction.objects.get().count == 3


@pytest.mark.parametrize(
    ("verb", "given", "wrong"),
    [
        ("assign", {}, "agent"),
        ("transfer", {"team": "internet"}, "note"),
        ("put_under", {}, "problem"),
        ("note", {"text": " "}, "text"),
        ("solve", {"customer_nl": "Klaar."}, "employee_nl"),
        ("macro", {}, "macro"),
        ("prioritise", {"priority": "x"}, "priority"),
    ],
)
def test_what_is_missing_is_said_at_its_field_and_the_rest_is_kept(
    browser: Client, team: Team, verb: str, given: dict[str, str], wrong: str
) -> None:
    free(team)
    form = asked_for(browser, verb)
    refused = browser.post("/desk/bulk/", {**form, **given})
    assert refused.status_code == 422
    html = refused.content.decode()
    assert re.search(rf'name="{wrong}"[^>]*aria-invalid="true"', html), html[-3000:]
    assert fields(html)["pick"] == form["pick"]
    assert not BulkAction.objects.exists()


def test_nothing_ticked_goes_back_and_nonsense_is_not_found(browser: Client) -> None:
    assert browser.post("/desk/bulk/new", {"verb": "note"})["Location"] == "/desk/"
    assert browser.post("/desk/bulk/new", {"verb": "explode"}).status_code == 404
    assert browser.get(f"/desk/bulk/{uuid.uuid4()}").status_code == 404


def test_only_who_asked_sees_and_undoes_it(browser: Client, team: Team) -> None:
    free(team)
    browser.post("/desk/bulk/", {**asked_for(browser, "note"), "text": "Storing"})
    bulk = BulkAction.objects.get()
    other = browser_of(make_agent(team, "Fatima Yilmaz"))
    assert other.get(f"/desk/bulk/{bulk.pk}").status_code == 404
    assert other.post(f"/desk/bulk/{bulk.pk}/undo").status_code == 404
    assert 'class="toast"' not in other.get(f"/desk/?bulk={bulk.pk}").content.decode()


def test_who_is_at_the_undo_button_gets_time_but_not_for_ever(browser: Client, team: Team) -> None:
    free(team)
    browser.post("/desk/bulk/", {**asked_for(browser, "note"), "text": "Storing"})
    bulk = BulkAction.objects.get()
    BulkAction.objects.update(due=timezone.now())
    part = browser.post(f"/desk/bulk/{bulk.pk}/hold", headers={"X-Part": "1"})
    assert "<html" not in part.content.decode()
    assert BulkAction.run_due() == 0
    long_ago = bulk.created_at - timedelta(minutes=3)
    BulkAction.objects.update(created_at=long_ago, due=timezone.now())
    browser.post(f"/desk/bulk/{bulk.pk}/hold")
    assert BulkAction.run_due() == 2


@pytest.mark.parametrize(
    ("verb", "field"),
    [("assign", "agent"), ("transfer", "team"), ("prioritise", "priority"), ("macro", "macro")],
)
def test_nothing_is_chosen_beforehand_and_what_is_needed_is_not_called_optional(
    browser: Client, team: Team, verb: str, field: str
) -> None:
    free(team)
    picked = ticks(browser.get("/desk/").content.decode())
    page = browser.post("/desk/bulk/new", {"verb": verb, "pick": picked}).content.decode()
    label = re.search(rf'<label for="id_{field}">(.*)', page)
    assert label
    assert "niet verplicht" not in label[1]
    chosen = re.search(rf'<select name="{field}"[^>]*>\s*<option value="([^"]*)"', page)
    assert chosen
    assert chosen[1] == ""
    assert "selected" not in page.replace('<option value="" selected>', "")


def test_a_priority_has_to_be_chosen(browser: Client, team: Team) -> None:
    (request,) = free(team, 1)
    form = asked_for(browser, "prioritise")
    refused = browser.post("/desk/bulk/", {**form, "priority": ""})
    assert refused.status_code == 422
    assert not BulkAction.objects.exists()
    assert request.reference not in refused.content.decode()
    assert browser.post("/desk/bulk/", {**form, "priority": "low"}).status_code == 303


def options(page: str, name: str) -> dict[str, list[str]]:
    """What a select offers, by the group that it stands in."""
    chosen = page[page.index(f'<select name="{name}"') :]
    chosen = chosen[: chosen.index("</select>")]
    groups = re.findall(r'<optgroup label="([^"]*)">(.*?)</optgroup>', chosen, re.DOTALL)
    return {
        label: [escape.strip() for escape in re.findall(r"<option[^>]*>([^<]*)", inside)]
        for label, inside in groups or [("", chosen)]
    }


def test_the_same_people_are_offered_for_many_as_for_one(
    browser: Client, team: Team, daan: User
) -> None:
    (request,) = free(team, 1)
    away = make_agent(team, "Fatima Yilmaz")
    Absence.enter(by=away, id=uuid.uuid4(), ends=timezone.now() + timedelta(days=2))
    factories.claimed(agent=daan, topic=team.topics.get())
    one = browser.get(f"/desk/{request.reference}/assign").content.decode()
    picked = [f"{request.pk}:{request.version}"]
    many = browser.post("/desk/bulk/new", {"verb": "assign", "pick": picked}).content.decode()
    assert options(many, "agent") == options(one, "agent")
    assert "1 in behandeling" in options(many, "agent")["Kan hem nu aannemen"][0]
    assert "Afwezig" in options(many, "agent")["Liever niet"][0]


def test_the_same_teams_and_topics_are_offered_for_many_as_for_one(
    browser: Client, team: Team, daan: User
) -> None:
    requests = [factories.claimed(agent=daan, topic=team.topics.get()) for _ in range(2)]
    mobile, empty = make_team("mobiel", name="Mobiel"), make_team("leeg", name="Leeg")
    make_agent(mobile, "Joris Visser")
    sim = make_topic(mobile, "sim", name_nl="Simkaart")
    one = browser.get(f"/desk/{requests[0].reference}/transfer").content.decode()
    picked = [f"{request.pk}:{request.version}" for request in requests]
    many = browser.post("/desk/bulk/new", {"verb": "transfer", "pick": picked}).content.decode()
    for name in ("team", "topic"):
        assert options(many, name) == options(one, name)
    assert empty.name not in many
    form = {**fields(many), "team": "mobiel", "topic": "sim", "note": "Voor jullie."}
    assert browser.post("/desk/bulk/", form).status_code == 303
    BulkAction.objects.update(due=timezone.now())
    BulkAction.run_due()
    now = CustomerRequest.objects.filter(pk__in=[request.pk for request in requests])
    assert set(now.values_list("team", "topic")) == {(mobile.pk, sim.pk)}


def test_of_several_teams_each_is_offered_and_who_is_in_one_of_them_only_is_apart(
    browser: Client, team: Team, daan: User
) -> None:
    (here,) = free(team, 1)
    other = make_team("mobiel", name="Mobiel")
    TeamMember.objects.create(team=other, user=daan)
    make_agent(other, "Joris Visser")
    there = factories.submit(topic=make_topic(other, "sim"))
    picked = [f"{request.pk}:{request.version}" for request in (here, there)]
    page = browser.post("/desk/bulk/new", {"verb": "assign", "pick": picked}).content.decode()
    offered = options(page, "agent")
    assert [each.split(" · ")[0] for each in offered["Kan hem nu aannemen"]] == ["Daan Bakker"]
    assert [each.split(" · ")[0] for each in offered["Liever niet"]] == ["Joris Visser"]
    page = browser.post("/desk/bulk/new", {"verb": "transfer", "pick": picked}).content.decode()
    assert 'value="mobiel"' in page
    assert 'value="internet"' in page
