"""Consoles that lie open: who looks and types, what changed, and how little it costs to ask."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests.desk.views import asked
from customer_requests.models import CustomerRequest, Presence
from customer_requests.models.life import Actor
from server.accounts.models import User
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_team, make_topic

pytestmark = pytest.mark.django_db


class Console:
    """A console that lies open: what it knows it says again with every question."""

    def __init__(self, user: User, open: CustomerRequest | None = None, view: str = "") -> None:
        self.client = Client()
        self.client.force_login(user)
        self.view = view
        self.knows = {"since": timezone.now().isoformat(), "looking": "1"}
        if open is not None:
            self.knows |= {"open": open.reference, "seen": open.seen_now()}
            self.knows["version"] = str(open.version)

    def ask(self, **more: str) -> dict[str, Any]:
        """What is new; empty where nothing is."""
        answer = self.client.post(f"/desk/live{self.view}", {**self.knows, **more})
        if answer.status_code == 204:
            self.knows["since"] = answer["X-Since"]
            return {}
        assert answer.status_code == 200, answer.content
        new: dict[str, Any] = answer.json()
        self.knows |= {name: new[name] for name in ("news", "here", "since") if name in new}
        if "seen" in new:
            self.knows |= {"seen": new["seen"], "version": str(new["version"])}
        return new


class Desk:
    def __init__(self) -> None:
        self.team = make_team("internet")
        self.topic = make_topic(self.team)
        self.daan = make_agent(self.team, "Daan Bakker")
        self.fatima = make_agent(self.team, "Fatima Yilmaz")

    def submit(self) -> CustomerRequest:
        return factories.submit(topic=self.topic)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_nothing_new_is_answered_with_nothing(desk: Desk) -> None:
    console = Console(desk.daan, desk.submit())
    console.ask()
    assert console.ask() == {}


def test_a_new_request_is_named_and_so_is_what_no_longer_fits(desk: Desk) -> None:
    console = Console(desk.daan, view="?view=unassigned")
    console.ask()
    made = desk.submit()
    assert console.ask()["fresh"] == [made.reference]
    assert console.ask() == {}
    made.claim(by=desk.fatima)
    new = console.ask(shown=made.reference)
    assert (new["fresh"], new["left"]) == ([], [made.reference])
    assert "Fatima Yilmaz" in new["rows"][made.reference]


def test_what_went_to_another_team_is_noticed(desk: Desk) -> None:
    first, second = desk.submit(), desk.submit()
    first.claim(by=desk.fatima)
    second.claim(by=desk.fatima)
    console = Console(desk.daan)
    console.ask()
    mobiel = make_team("mobiel")
    make_agent(mobiel, "Joris Visser")
    first.transfer(mobiel, "Dit is mobiel.", by=desk.fatima)
    new = console.ask(shown=f"{first.reference},{second.reference}")
    assert new["left"] == [first.reference]
    assert second.reference not in new["left"]


def test_other_teams_are_none_of_its_business(desk: Desk) -> None:
    console = Console(desk.daan)
    console.ask()
    other = make_team("mobiel")
    request = factories.claimed(topic=make_topic(other))
    Presence.say(request.pk, factories.holder(request), "reply")
    assert console.ask() == {}
    assert Console(desk.daan).ask(open=request.reference)["gone"] is True


def test_a_verb_that_commits_late_is_not_missed(desk: Desk) -> None:
    early, late = desk.submit(), desk.submit()
    console = Console(desk.daan)
    console.ask()
    # It began before the newest one and became visible after it.
    newest = CustomerRequest.objects.get(pk=late.pk).updated_at
    CustomerRequest.objects.filter(pk=early.pk).update(
        updated_at=newest - timedelta(milliseconds=5), question="Gewijzigd"
    )
    assert early.reference in console.ask(shown=early.reference)["rows"]


def test_who_looks_and_who_types_is_seen_by_the_others(desk: Desk) -> None:
    request = desk.submit()
    Console(desk.fatima, request).ask(typing="reply")
    here = Console(desk.daan, request).ask()["present"]
    assert here == {request.reference: [{"name": "Fatima Yilmaz", "typing": "reply"}]}
    assert Console(desk.fatima, request).ask()["present"] == {
        request.reference: [{"name": "Daan Bakker", "typing": ""}]
    }


def test_who_does_not_look_is_not_there(desk: Desk) -> None:
    Console(desk.fatima, desk.submit()).ask(looking="0")
    assert Presence.objects.count() == 0


def test_who_went_away_is_gone_after_a_while_and_then_forgotten(desk: Desk) -> None:
    request = desk.submit()
    Console(desk.fatima, request).ask()
    Presence.objects.update(seen_at=timezone.now() - timedelta(minutes=1))
    assert Console(desk.daan, request).ask(looking="0")["present"] == {}
    assert Presence.forget_old() == 0
    Presence.objects.update(seen_at=timezone.now() - timedelta(hours=2))
    assert Presence.forget_old() == 1


def test_being_there_is_written_once_in_ten_seconds(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan, request)
    console.ask()
    first = Presence.objects.get().seen_at
    console.ask()
    assert Presence.objects.get().seen_at == first
    Presence.objects.update(seen_at=first - timedelta(seconds=11))
    console.ask()
    assert Presence.objects.get().seen_at >= first


def test_what_happened_on_the_open_request_is_told_with_by_whom(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan, request)
    console.ask()
    request.claim(by=desk.fatima)
    request.note(by=desk.fatima, id=uuid.uuid4(), text="Belt vaker.")
    new = console.ask()
    assert [entry["who"] for entry in new["entries"]] == ["Fatima Yilmaz"] * 2
    assert new["entries"][1]["text"] == "Belt vaker."
    assert new["version"] == request.version
    assert console.ask() == {}


@pytest.mark.parametrize("nested", [False, True])
def test_what_is_said_on_a_merged_request_is_told_and_does_not_stop_the_reply_unsaid(
    desk: Desk, nested: bool
) -> None:
    asked, between, goes_on = (factories.claimed(agent=desk.daan, topic=desk.topic) for _ in "123")
    asked.merge(between, by=desk.daan)
    if nested:
        between.refresh_from_db()
        between.merge(goes_on, by=desk.daan)
    goes_on = CustomerRequest.objects.get(pk=(goes_on if nested else between).pk)
    console, browser = Console(desk.daan, goes_on), browser_of(desk.daan)
    address = f"/desk/{goes_on.reference}/update"
    page = browser.get(address).content.decode()
    given = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', page))
    console.ask()
    assert console.ask() == {}
    asked.refresh_from_db()
    by = Actor.employee(asked.employee)
    asked.message(by=by, id=uuid.uuid4(), text="Ze is na vijven thuis.")
    new = console.ask()
    assert [entry["text"] for entry in new["entries"]] == ["Ze is na vijven thuis."]
    assert console.ask() == {}
    # Whoever sends before that came hears what it is that they did not see, and only that.
    answer = browser.post(address, {**given, "text": "Nog even.", "audience": ["customer"]})
    assert answer.status_code == 412
    assert [entry["text"] for entry in answer.context["since"]] == ["Ze is na vijven thuis."]


def test_a_draft_that_a_colleague_saved_comes_along(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan, request)
    console.ask()
    request.save_draft(by=desk.fatima, kind="note", version=0, text="Zij belt vaker.")
    assert console.ask()["drafts"]["note"]["text"] == "Zij belt vaker."
    assert "drafts" not in console.ask(note="1")


def _note(request: CustomerRequest, by: User) -> None:
    request.note(by=by, id=uuid.uuid4(), text="Belt vaker.")


def test_after_a_sleep_each_row_that_is_shown_tells_what_became_of_it(desk: Desk) -> None:
    claimed, other = desk.submit(), desk.submit()
    console = Console(desk.daan)
    console.ask()
    claimed.claim(by=desk.fatima)
    now = timezone.now()
    CustomerRequest.objects.filter(pk=claimed.pk).update(updated_at=now - timedelta(hours=2))
    new = console.ask(
        shown=f"{claimed.reference},{other.reference}",
        since=(now - timedelta(hours=3)).isoformat(),
    )
    assert "Fatima Yilmaz" in new["rows"][claimed.reference]
    assert new["much"], "what else is new in three hours was not looked for"


def test_of_more_changes_than_one_answer_holds_those_that_are_shown_are_in_it(desk: Desk) -> None:
    shown, *others = [desk.submit() for _ in range(32)]
    console = Console(desk.daan)
    console.ask()
    shown.claim(by=desk.fatima)
    for other in others:
        _note(other, desk.fatima)
    new = console.ask(shown=shown.reference)
    assert "Fatima Yilmaz" in new["rows"][shown.reference]
    assert new["much"]
    _note(shown, desk.fatima)
    long_ago = timezone.now() - timedelta(minutes=2)
    CustomerRequest.objects.exclude(pk=shown.pk).update(updated_at=long_ago)
    assert not console.ask(shown=shown.reference)["much"]


def test_a_console_that_is_looked_at_has_its_rows_drawn_anew_for_their_times(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan)
    console.ask()
    assert console.ask(shown=request.reference) == {}
    # As changed working hours do: nobody hears of it, and nothing else moved.
    CustomerRequest.objects.update(queue_due=timezone.now() - timedelta(hours=1))
    new = console.ask(shown=request.reference, every="1")
    assert "row-late" in new["rows"][request.reference]
    assert (new["fresh"], new["much"]) == ([], False)


def test_the_counts_of_the_views_come_with_all_rows_and_when_they_are_asked_for(
    desk: Desk,
) -> None:
    console = Console(desk.daan)
    console.ask()
    desk.submit()
    assert "counts" not in console.ask()
    wanted = {"mine": "0", "team": "1", "unassigned": "1", "waiting": "0", "all": "1"}
    for why in ("every", "counts"):
        counts = console.ask(**{why: "1"})["counts"]
        assert {name: counts[name] for name in wanted} == wanted
    page = console.client.get("/desk/").content.decode()
    assert set(re.findall(r'data-view="(\w+)"', page)) == set(counts)
    with CaptureQueriesContext(connection) as queries:
        console.ask(counts="1")
    assert len(queries) <= 6


def test_a_quiet_night_is_no_sleep(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan)
    console.knows["since"] = (timezone.now() - timedelta(hours=9)).isoformat()
    console.ask()
    console.knows["since"] = (timezone.now() - timedelta(hours=9)).isoformat()
    assert console.ask() == {}, "all night it asked, and nothing was new"
    request.claim(by=desk.fatima)
    assert not console.ask(shown=request.reference)["much"]


def test_rows_are_drawn_anew_with_what_was_searched_for_marked(desk: Desk) -> None:
    request = desk.submit()
    console = Console(desk.daan, view="?q=internet")
    console.ask()
    _note(request, desk.fatima)
    assert "<mark>" in console.ask(shown=request.reference)["rows"][request.reference]


@pytest.mark.parametrize("q", ["internet", "{reference}"])
def test_what_a_search_found_further_on_stays_in_it(
    monkeypatch: pytest.MonkeyPatch, desk: Desk, q: str
) -> None:
    monkeypatch.setattr(asked, "ROWS", 1)
    old = desk.submit()
    desk.submit(), desk.submit()
    console = Console(desk.daan, view=f"?q={q.format(reference=old.reference)}")
    console.ask()
    _note(old, desk.fatima)
    assert old.reference not in console.ask(shown=old.reference)["left"]


@pytest.mark.parametrize("every", ["", "1"])
def test_many_rows_cost_no_more_queries_than_one(desk: Desk, every: str) -> None:
    def cost(many: int) -> int:
        requests = [desk.submit() for _ in range(many)]
        console = Console(desk.daan)
        console.ask()
        for request in requests:
            _note(request, desk.fatima)
        shown = ",".join(request.reference for request in requests)
        with CaptureQueriesContext(connection) as queries:
            assert len(console.ask(shown=shown, every=every)["rows"]) == many
        return len(queries)

    cost(1)  # what is remembered is remembered now
    assert cost(12) == cost(2)


def _page(console: Console, request: CustomerRequest) -> str:
    return console.client.get(f"/desk/{request.reference}").content.decode()


def _as_the_page_says(html: str) -> dict[str, str]:
    """The versions of the drafts, as the script reads them from the page."""
    composer = re.search(r'id="composer"[^>]*', html)
    assert composer
    return dict(re.findall(r'data-(reply|note)="(\d+)"', composer[0]))


def test_a_colleague_reads_the_reply_that_is_being_written_and_by_whom(desk: Desk) -> None:
    request = desk.submit()
    request.claim(by=desk.fatima)
    console = Console(desk.daan, request)
    assert "their-draft-title" not in _page(console, request)
    console.ask()
    request.save_draft(by=desk.fatima, kind="reply", version=0, text="We <b>meten</b> de lijn.")
    new = console.ask(reply="0")["drafts"]["reply"]
    for shown in (new["shown"], _page(console, request)):
        assert "We &lt;b&gt;meten&lt;/b&gt; de lijn." in shown
        assert "Concept, laatst van Fatima Yilmaz" in shown
    assert "reply-text" not in _page(console, request), "it is not mine to write"


def test_a_console_at_a_colleagues_draft_is_told_of_it_once(desk: Desk) -> None:
    request = desk.submit()
    request.claim(by=desk.fatima)
    request.save_draft(by=desk.fatima, kind="reply", version=0, text="We meten de lijn.")
    console = Console(desk.daan, request)
    console.knows |= _as_the_page_says(_page(console, request))
    console.ask()
    assert console.ask() == {}
    console.ask()
    assert _queries(console) <= 7


def test_a_console_at_what_is_over_and_had_a_draft_is_told_nothing(desk: Desk) -> None:
    request = desk.submit()
    request.claim(by=desk.fatima)
    request.save_draft(by=desk.fatima, kind="reply", version=0, text="We meten de lijn.")
    sent = request.sending("reply", 1, text="We meten de lijn.", text_employee="")
    sent.solve(by=desk.fatima, text="We meten de lijn.")
    console = Console(desk.daan, request)
    console.knows |= _as_the_page_says(_page(console, request))
    console.ask()
    assert console.ask() == {}


@pytest.mark.parametrize(
    "nonsense",
    [
        {"since": "gisteren"},
        {"since": "9999-12-31T23:59:59+00:00"},
        {"since": "0001-01-01T00:00:00+14:00"},
        {"seen": "9" * 40},
        {"seen": "-1"},
        {"seen": "0@gisteren"},
        {"seen": "0@0001-01-01T00:00:00+23:00", "version": "een"},
        {"open": "DHG"},
        {"shown": "," * 5000},
        {"typing": "haiku"},
        {"news": "x" * 100_000},
    ],
)
def test_nonsense_is_no_error(desk: Desk, nonsense: dict[str, str]) -> None:
    Console(desk.daan, desk.submit()).ask(**nonsense)


def test_who_is_signed_out_gets_nothing(desk: Desk) -> None:
    assert Client().post("/desk/live", {}).status_code == 401
    outsider = browser_of(factories.make_person())
    assert outsider.post("/desk/live", {}).status_code == 403


def _queries(console: Console) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert console.ask() == {}
    return len(queries)


def test_an_idle_console_costs_a_handful_of_queries_however_much_there_is(desk: Desk) -> None:
    alone, beside = Console(desk.daan), Console(desk.daan, desk.submit())
    alone.ask(), beside.ask(), alone.ask(), beside.ask()
    before = _queries(alone), _queries(beside)
    for _ in range(10):
        desk.submit()
    alone.ask(), beside.ask()
    assert (_queries(alone), _queries(beside)) == before
    assert before[0] <= 5
    assert before[1] <= 7
