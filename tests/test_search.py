"""Searching finds what was meant, at once, on both databases alike, and nothing of others."""

import html
import importlib
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from customer_requests.models import CustomerRequest, SearchText, finding
from customer_requests.models.finding import Sought
from customer_requests.models.life import Actor
from customer_requests.models.search_text import FORTNIGHT, mark, moment_of, number_of
from customer_requests.stems import Asked, Indexed, stem
from server.accounts.models import Team, User
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import make_agent, make_team, make_topic, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(daan: User) -> Api:
    return Api(daan)


def passed_on(team: Team, question: str, **facts: Any) -> CustomerRequest:
    return submit(topic=team.topics.get(), question=question, **facts)


def found(desk: Api, q: str, **filters: str) -> list[str]:
    """The references of the first page."""
    answer = desk.client.get("/api/v1/desk/requests", {"q": q, **filters}, headers=desk.headers)
    assert answer.status_code == 200, answer.content
    return [item["reference"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    "asked",
    [
        "storing", "storingen", "STORINGEN", "stori", "huis", "huizen", "monteurs", "lopen",
        "café", "CAFE", "foto", "foto's", "huis storing", '"storing in"',
        "\u201estoringen in\u201d",
        '"grote storing', "mevrouw jansen", "jansen@example.org", "Jansen@Example.org", "example",
        "0612345678", "06-1234 5678", "+31 6 12345678", "wifi-6", "24u",
    ],
)  # fmt: skip
def test_a_word_is_found_however_it_is_written(desk: Api, team: Team, asked: str) -> None:
    wanted = passed_on(
        team,
        "Grote storingen in alle huizen bij het CAFÉ. Monteur loopt 24u met foto\u2019s (wifi-6).",
        customer_phone="+31612345678",
    )
    passed_on(
        team,
        "Iets heel anders.",
        customer_name="Fatima",
        customer_email="f@elders.test",
    )
    assert found(desk, asked) == [wanted.reference]


@pytest.mark.parametrize(
    "asked", ["orinoco", "storing orinoco", '"in storing"', "toring", "st", "???", "'\"", "=", "-"]
)
def test_what_is_not_there_is_not_found(desk: Api, team: Team, asked: str) -> None:
    passed_on(team, "Grote storing in huis.")
    assert found(desk, asked) == []


@pytest.mark.parametrize(
    "asked",
    [
        "storing)", "(storing", "storing & | !", "storing:*", "storing <-> :A", "NOT storing",
        'storing AND "', "{words}: storing", "storing*", "^storing", "storing\\", "'storing'",
        "storing\u0000", "storing %s %(x)s", "-storing", "storing " + "x" * 100,
    ],
)  # fmt: skip
def test_nothing_that_is_typed_is_syntax_that_can_fail(desk: Api, team: Team, asked: str) -> None:
    passed_on(team, "Grote storing in huis.")
    answer = desk.client.get("/api/v1/desk/requests", {"q": asked}, headers=desk.headers)
    assert answer.status_code in {200, 422}, answer.content


def test_every_word_has_to_be_there_and_only_the_last_may_be_a_beginning(
    desk: Api, team: Team
) -> None:
    both = passed_on(team, "De televisie heeft geen beeld.")
    passed_on(team, "De televisie heeft geen geluid.")
    assert found(desk, "televisie bee") == [both.reference]
    assert found(desk, "tele beeld") == []


def test_a_phrase_does_not_run_from_one_text_into_the_next(
    desk: Api, team: Team, daan: User
) -> None:
    request = passed_on(team, "Het lampje is rood")
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="water in de meterkast")
    assert found(desk, '"rood water"') == []
    assert found(desk, "rood water") == [request.reference]
    assert found(desk, '"in de meterkast"') == [request.reference]


@pytest.mark.parametrize("part", ["{0}", "{1}", "{2}", "DHG-{1}", "{1}{2}", "dhg {1} {2}"])
def test_a_reference_is_found_whole_and_by_its_parts(desk: Api, team: Team, part: str) -> None:
    request = passed_on(team, "Iets.")
    whole = request.reference
    _prefix, first, second = whole.split("-")
    assert found(desk, part.format(whole, first, second)) == [whole]


def test_what_is_said_afterwards_is_found_at_once_by_the_team_alone(
    desk: Api, team: Team, daan: User
) -> None:
    request = passed_on(team, "Iets.")
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="Zekering doorgebrand")
    request.plan_step(by=daan, id=uuid.uuid4(), title="Lasapparaat bestellen")
    request.update(
        by=daan, id=uuid.uuid4(), audience=["customer"], text_customer="Een gloednieuw modem"
    )
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Dank voor de mandarijnen")
    for word in ("zekeringen", "lasapparaten", "gloednieuw", "mandarijn", "iets"):
        assert found(desk, word) == [request.reference], word
    joris = Api(make_agent(make_team("mobiel"), "Joris Visser"))
    assert found(joris, "zekeringen") == []


def test_who_gets_a_request_of_another_team_finds_it_and_who_gave_it_does_not(
    desk: Api, team: Team, daan: User
) -> None:
    mobile = make_team("mobiel")
    joris = Api(make_agent(mobile, "Joris Visser"))
    request = passed_on(team, "Mijn sinaasappels.")
    request.claim(by=daan)
    request.transfer(mobile, "Voor jullie.", by=daan)
    assert found(joris, "sinaasappel") == [request.reference]
    assert found(desk, "sinaasappel") == []


def test_filters_narrow_what_is_found(desk: Api, team: Team, daan: User) -> None:
    other = make_topic(team, "tv")
    topic = team.topics.exclude(pk=other.pk).get()
    free = submit(topic=topic, question="mandarijnen")
    mine = factories.claimed(agent=daan, topic=other, question="mandarijnen")
    done = factories.solved(agent=daan, topic=topic, question="mandarijnen")
    everything = [done.reference, mine.reference, free.reference]
    today = timezone.localdate()
    for filters, wanted in (
        ({}, everything),
        ({"order": "oldest"}, everything[::-1]),
        ({"status": "open"}, everything[1:]),
        ({"status": "solved"}, everything[:1]),
        ({"assignee": "me"}, everything[:2]),
        ({"assignee": "none"}, everything[2:]),
        ({"topic": "tv"}, [mine.reference]),
        ({"topic": "nonsense"}, []),
        ({"topic": "tv", "status": "solved"}, []),
        ({"view": "mine"}, [mine.reference]),
        ({"view": "soon"}, everything[1:]),
        ({"since": str(today)}, everything),
        ({"until": str(today)}, everything),
        ({"since": str(today + timedelta(days=1))}, []),
        ({"until": str(today - timedelta(days=1))}, []),
    ):
        assert found(desk, "mandarijn", **filters) == wanted, filters
    assert found(desk, "", order="newest", topic="tv") == [mine.reference]
    assert found(desk, "", order="oldest", assignee="me", status="solved") == [done.reference]


def test_pages_of_a_search_miss_and_repeat_none_also_of_the_same_moment(
    desk: Api, team: Team
) -> None:
    wanted = [passed_on(team, f"Mandarijn {number}").pk for number in range(12)]
    passed_on(team, "Peer")
    moment = timezone.now()
    CustomerRequest.objects.filter(pk__in=wanted[:8]).update(created_at=moment)
    SearchText.rebuild(wanted)
    for order in ("newest", "oldest"):
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            page = desk.get(
                f"/desk/requests?q=mandarijn&limit=5&order={order}&cursor={cursor}"
            ).json()
            seen += [item["id"] for item in page["items"]]
            cursor = page["next"]
        assert sorted(seen) == sorted(map(str, wanted))


def test_a_key_sorts_as_the_moment_and_then_as_the_id() -> None:
    now = timezone.now()
    low, high = uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)
    later = now + timedelta(microseconds=1)
    keys = [number_of(now), number_of(now, high), number_of(later, low), number_of(later, high)]
    assert keys == sorted(keys)
    assert len(set(keys)) == 4
    assert moment_of(keys[1]) == now


@pytest.fixture
def spread(team: Team) -> list[str]:
    """Seven that have both words and seven that have one, three weeks apart, newest first."""
    wanted = []
    for number in range(14):
        words = "Mandarijn en peer" if number % 2 else "Mandarijn"
        request = passed_on(team, words)
        moment = timezone.now() - timedelta(weeks=3 * number)
        CustomerRequest.objects.filter(pk=request.pk).update(created_at=moment)
        SearchText.rebuild([request.pk])
        wanted += [request.reference] if number % 2 else []
    return wanted


@pytest.mark.parametrize("patience", [0.0, 60.0])
def test_a_search_that_takes_long_is_done_in_parts_and_misses_nothing(
    monkeypatch: pytest.MonkeyPatch, desk: Api, spread: list[str], patience: float
) -> None:
    monkeypatch.setattr(finding, "NEWEST", 2)
    monkeypatch.setattr(finding, "FEW", 0)
    monkeypatch.setattr(finding, "PATIENCE", patience)
    monkeypatch.setattr(finding, "GOING_ON", patience)
    for order, wanted in (("newest", spread), ("oldest", spread[::-1])):
        pages: list[list[str]] = []
        cursor: str | None = ""
        while cursor is not None:
            asked = f"q=peer+mandar&limit=3&order={order}&cursor={cursor}"
            page = desk.get(f"/desk/requests?{asked}").json()
            pages.append([item["reference"] for item in page["items"]])
            cursor = page["next"]
        assert [each for page in pages for each in page] == wanted
        if connection.vendor != "postgresql" or patience:
            assert [len(page) for page in pages] == [3, 3, 1]
        else:
            assert len(pages) > 3


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_what_few_have_is_found_however_long_ago_and_whatever_time_it_takes(
    monkeypatch: pytest.MonkeyPatch, desk: Api, spread: list[str], order: str
) -> None:
    monkeypatch.setattr(finding, "NEWEST", 2)
    monkeypatch.setattr(finding, "PATIENCE", 0.0)
    monkeypatch.setattr(finding, "GOING_ON", 0.0)
    assert sorted(found(desk, "peer mandar", order=order)) == sorted(spread)


@pytest.mark.postgres
def test_the_queue_says_how_far_was_searched_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, daan: User, spread: list[str]
) -> None:
    monkeypatch.setattr(finding, "NEWEST", 2)
    monkeypatch.setattr(finding, "FEW", 0)
    monkeypatch.setattr(finding, "PATIENCE", 0.0)
    browser = browser_of(daan)
    for asked in ({"q": "peer"}, {"q": "peer", "order": "oldest"}, {"q": "kwaakzalver"}):
        page = browser.get("/desk/", asked).content.decode()
        assert "ezocht tot" in page
        assert "Verder zoeken" in page
        assert "Niets gevonden voor" not in page
    assert "Tot nu toe niets gevonden" in page
    # By itself from there, where there is more time: the last page says that that was all.
    goes_on = re.search(r'hx-get="([^"]+)" hx-trigger="load"', page)
    assert goes_on
    monkeypatch.setattr(finding, "GOING_ON", 60.0)
    last = browser.get(html.unescape(goes_on[1])).content.decode()
    assert "Niets gevonden voor “kwaakzalver”" in last
    assert "ezocht tot" not in last


@pytest.mark.postgres
def test_rows_from_before_words_had_a_mark_get_one(team: Team, daan: User) -> None:
    request = passed_on(team, "Mijn buurvrouw zegt 'storing' en foto\u2019s; jan@example.org.")
    request.claim(by=daan)
    migration = importlib.import_module("customer_requests.migrations.0017_search_in_fortnights")
    [update] = [each for each in migration.STATEMENTS if each.startswith("UPDATE")]
    read = "SELECT words::text, facets::text FROM customer_requests_searchtext"
    with connection.cursor() as cursor:
        cursor.execute(read)
        before = cursor.fetchall()
        cursor.execute(
            "UPDATE customer_requests_searchtext SET"
            " words = regexp_replace(words::text, $$(^| )'.{3}$$, $$\\1'$$, 'g')::tsvector,"
            " facets = regexp_replace(facets::text, $$(^| )'.{3}$$, $$\\1'$$, 'g')::tsvector"
        )
        cursor.execute(read)
        assert cursor.fetchall() != before
        for _twice in range(2):
            cursor.execute(update)
            cursor.execute(read)
            assert cursor.fetchall() == before


def test_an_erased_request_is_not_found_by_its_words_any_more(
    desk: Api, team: Team, daan: User
) -> None:
    request = passed_on(team, "Mijn sinaasappels.", customer_name="Zwaantje Uitdenbogaard")
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="Kumquat")
    assert found(desk, "zwaantje") == [request.reference]
    request.erase(by=Actor.customer())
    for word in ("sinaasappel", "zwaantje", "jansen@example.org", "kumquat"):
        assert found(desk, word) == []
    assert not SearchText.objects.filter(request_id=request.pk).exists()
    request.note(by=daan, id=uuid.uuid4(), text="Kumquat")
    SearchText.rebuild([request.pk])
    assert found(desk, "kumquat") == []
    assert found(desk, request.reference) == [request.reference]


def test_a_corrected_name_is_found_and_the_wrong_one_is_not(desk: Api, team: Team) -> None:
    request = passed_on(team, "Iets.", customer_name="Jantsen")
    request.correct_details(
        name="Janssen",
        email="nieuw@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees="updates",
    )
    assert found(desk, "janssen") == [request.reference]
    assert found(desk, "nieuw@example.org") == [request.reference]
    assert found(desk, "jantsen") == []
    assert found(desk, "jansen@example.org") == []


def test_the_index_can_be_made_anew_and_what_is_missing_filled_in(
    desk: Api, team: Team, daan: User
) -> None:
    request = passed_on(team, "Mijn sinaasappels.")
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="Kumquat")
    SearchText.objects.all().delete()
    assert found(desk, "kumquat") == []
    call_command("rebuild_search", "--missing", verbosity=0)
    assert found(desk, "kumquat sinaasappel") == [request.reference]
    call_command("rebuild_search", verbosity=0)
    assert found(desk, "kumquat sinaasappel", assignee="me") == [request.reference]


def test_a_request_without_a_row_gets_one_with_its_next_verb(
    desk: Api, team: Team, daan: User
) -> None:
    request = passed_on(team, "Mijn sinaasappels.")
    SearchText.objects.all().delete()
    request.claim(by=daan)
    assert found(desk, "sinaasappel", assignee="me") == [request.reference]


@pytest.mark.thorough
def test_a_very_long_story_does_not_stop_a_verb(desk: Api, team: Team, daan: User) -> None:
    request = passed_on(team, "Mijn sinaasappels.")
    request.claim(by=daan)
    long = [" ".join(f"woord{side}x{number}" for number in range(700)) for side in range(90)]
    for text in long:
        request.note(by=daan, id=uuid.uuid4(), text=text)
    assert found(desk, "woord3x699") == [request.reference]
    assert found(desk, "woord89x1") == []
    SearchText.rebuild([request.pk])
    assert found(desk, "sinaasappel") == [request.reference]


def test_open_requests_that_say_much_the_same_are_offered_the_most_alike_first(
    team: Team,
) -> None:
    for question in (
        "Mijn buurvrouw heeft een vraag over haar rekening van vorige maand.",
        "Mijn oom wil weten of zijn abonnement ook in Frankrijk werkt.",
        "De telefoon van mijn zus is gestolen en zij wil het nummer houden.",
        "Mijn vader krijgt reclame en wil die niet meer.",
        "Kan mijn nicht verhuizen met haar abonnement?",
    ):
        passed_on(team, question)
    near = passed_on(team, "Sinds vanochtend valt het internet in Hoorn steeds weg.")
    nearer = passed_on(team, "Mijn tante in Hoorn: internet valt steeds weg, sinds vanochtend!")
    closed = passed_on(team, "Internet in Hoorn valt sinds vanochtend steeds weg.")
    closed.withdraw(by=Actor.employee(closed.employee), reason="Klaar.")
    submit(question="Internet in Hoorn valt sinds vanochtend steeds weg.")
    offered = CustomerRequest.objects.like(
        "Het internet valt bij mijn tante in Hoorn sinds vanochtend steeds weg.", [team.pk]
    )
    assert [request for request, _share in offered] == [nearer, near]
    assert 1 >= offered[0][1] > offered[1][1] > 0.3
    assert CustomerRequest.objects.like("", [team.pk]) == []
    assert CustomerRequest.objects.like("Internet in Hoorn", []) == []


def test_what_was_found_is_marked_and_everything_else_escaped() -> None:
    asked = Asked.parse('storing "in hoorn" mont')
    text = 'Een <b>storing</b> in Hoorn & de Monteur: "storingen"'
    assert asked.marked(text) == (
        "Een &lt;b&gt;<mark>storing</mark>&lt;/b&gt; <mark>in</mark> <mark>Hoorn</mark> &amp; de "
        "<mark>Monteur</mark>: &quot;<mark>storingen</mark>&quot;"
    )
    assert Asked.parse("").marked("<i>") == "&lt;i&gt;"


def test_around_what_was_found_the_mark_comes_soon_and_words_are_whole() -> None:
    asked = Asked.parse("storing")
    long = "voor " * 50 + "een storing" + " daarna" * 50
    assert asked.marked(long, around=(15, 20)) == (
        "\u2026voor voor een <mark>storing</mark> daarna\u2026"
    )
    assert asked.marked("v" * 99 + "-storing", around=(15, 20)) == "\u2026<mark>storing</mark>"
    assert asked.marked("Een storing", around=(15, 20)) == "Een <mark>storing</mark>"
    short = asked.marked("Wat een storing is dit?", around=(15, 3))
    assert short == "Wat een <mark>storing</mark>\u2026"
    assert asked.marked("voor " * 50, around=(15, 20)) == "voor voor voor voor\u2026"


def test_stems_are_the_ones_that_the_index_was_made_with() -> None:
    """A newer stemmer needs `rebuild_search`: say so in the change log, then change these."""
    words = "storingen huizen loopt gelopen facturen televisies opgelost rekeningen tantes"
    assert [stem(word) for word in words.split()] == [
        "stoor", "huis", "loop", "loop", "factuur", "televisie", "oplos", "rekeen", "tant",
    ]  # fmt: skip
    assert Indexed.of(["Jan.Jansen@Example.org"]).others >= {"jan.jansen@example.org", "jansen"}


@pytest.mark.parametrize(
    "pair",
    [
        "groot grote", "rood rode", "nieuw nieuwe", "heel hele", "half halve", "traag trage",
        "langzaam langzame", "kapot kapotte", "boos boze", "duur dure", "slecht slechte",
        "tante tantes", "site sites", "buren buur", "kabels kabel",
    ],
)  # fmt: skip
def test_forms_of_a_word_are_one_word(pair: str) -> None:
    one, other = pair.split()
    assert stem(one) == stem(other)


def test_different_words_stay_different() -> None:
    words = [
        "beter",
        "beet",
        "mode",
        "modem",
        "kas",
        "kast",
        "rekening",
        "reken",
        "tv",
        "storing",
        "stoer",
        "internet",
        "intern",
    ]
    assert len({stem(word) for word in words}) == len(words)


def test_the_queue_marks_what_was_found_and_says_where_else_it_is(team: Team, daan: User) -> None:
    request = passed_on(team, "Het <b>modem</b> knippert.", customer_name="Zwaan & Zoon")
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="<i>Zekering</i> doorgebrand")
    browser = browser_of(daan)
    page = browser.get("/desk/", {"q": "modem zekeringen"}).content.decode()
    assert "Het &lt;b&gt;<mark>modem</mark>&lt;/b&gt; knippert." in page
    said = r"Interne notitie:</span> <span[^>]*>&lt;i&gt;<mark>Zekering</mark>&lt;/i&gt; door"
    assert re.search(said, page)
    page = browser.get("/desk/", {"q": "zwaan"}).content.decode()
    assert "<mark>Zwaan</mark> &amp; Zoon" in page
    assert "<mark>" not in browser.get("/desk/").content.decode()


def test_a_cursor_of_nobody_shows_the_first_page_of_the_search(team: Team, daan: User) -> None:
    passed_on(team, "Het modem knippert.")
    browser = browser_of(daan)
    page = browser.get("/desk/", {"q": "modem", "cursor": "nonsense"})
    assert "<mark>modem</mark>" in page.content.decode()


@pytest.mark.postgres
def test_on_postgresql_the_index_is_used_and_no_table_is_read_through(team: Team) -> None:
    """Three that say this, and many newer rows that say other things."""
    wanted = {passed_on(team, f"Mandarijn nummer {number}").pk for number in range(3)}
    last = SearchText.objects.latest("number")
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH made AS (INSERT INTO customer_requests_customerrequest"
            " SELECT (jsonb_populate_record(request, jsonb_build_object("
            "'id', gen_random_uuid(), 'reference', 'DHG-' || g))).*"
            " FROM customer_requests_customerrequest AS request, generate_series(1, 10000) AS g"
            " WHERE request.id = %s RETURNING id, reference)"
            " INSERT INTO customer_requests_searchtext (number, request_id, words, facets, size)"
            " SELECT text.number + row_number() OVER (), made.id,"
            " array_to_tsvector(ARRAY[%s || made.reference, %s, %s]), facets, 9"
            " FROM made, customer_requests_searchtext AS text WHERE text.number = %s",
            [
                last.request_id,
                *(mark(last.number // FORTNIGHT) + word for word in ("woord", "storing", "peer")),
                last.number,
            ],
        )
        cursor.execute("ANALYZE customer_requests_searchtext")
    asked: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(remember):
        for text in ("mandarijn", "nummer mandarijn", '"mandarijn nummer"', "mandar"):
            assert set(Sought(frozenset([team.pk]), text=text).first(10).ids) == wanted
    plans = []
    for sql, parameters in asked:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {sql}", parameters)
            plans.append("\n".join(row[0] for row in cursor.fetchall()))
    assert len(plans) == 16
    assert not [plan for plan in plans if "Seq Scan" in plan]
    for place in (0, 1, 2):  # where the newest begin, they, and a sample of them
        assert all("searchtext_pkey" in plan for plan in plans[place::4])
    assert all("Bitmap Index Scan on search_text_words" in plan for plan in plans[3::4])
