"""The audit trail: what is in it, that nothing changes it, and that who goes around is seen."""

import json
import pickle
import uuid
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from importlib import import_module
from io import StringIO
from typing import Any

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCacheClient
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.problems import AlreadyClaimed
from server.accounts.models import AuditEvent, AuditSeal, User, seals
from server.accounts.models.seals import verify
from server.caching import ForgivingRedisCache
from tests.clients import Api, browser_of
from tests.factories import claimed, holder, make_agent, make_person, make_team, make_topic, submit

pytestmark = pytest.mark.django_db

_guard = import_module("server.accounts.migrations.0004_audit_only_added")


@pytest.fixture
def admin() -> User:
    return make_person("Anouk Smit", email="anouk@example.org", roles=["admin"])


@pytest.fixture(autouse=True)
def _no_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are settled as soon as they are written, in a test that is alone."""
    monkeypatch.setattr(seals, "MARGIN", timedelta(seconds=-5))


@pytest.fixture
def _guarded(transactional_db: None) -> Iterator[None]:
    """With the triggers, which the other tests are without."""
    with connection.schema_editor() as editor:
        _guard.forward(None, editor)
    yield
    with connection.schema_editor() as editor:
        _guard.backward(None, editor)


def events(count: int) -> list[AuditEvent]:
    actor = make_person()
    for number in range(count):
        AuditEvent.record(actor, "request-claimed", "customer_request", uuid.uuid4(), entry=number)
    return list(AuditEvent.objects.order_by("pk"))


def sql(text: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def test_each_verb_of_the_desk_is_in_the_trail_with_who_did_it_and_where_it_stands() -> None:
    team = make_team()
    daan = make_agent(team)
    request = submit(topic=make_topic(team))
    request.claim(by=daan)
    request.note(by=daan, id=uuid.uuid4(), text="Alleen voor ons.")
    request.solve(by=daan, text="Opgelost.")

    found = AuditEvent.objects.filter(subject_id=request.pk).order_by("pk")
    assert [(event.actor, event.action, event.detail) for event in found] == [
        (daan, "request-claimed", {"entry": 2}),
        (daan, "request-note", {"entry": 3}),
        (daan, "request-solved", {"entry": 4}),
    ]


def test_a_verb_that_is_refused_leaves_nothing_in_the_trail() -> None:
    request = claimed()
    before = AuditEvent.objects.count()
    with pytest.raises(AlreadyClaimed):
        request.claim(by=make_agent(request.team))
    assert AuditEvent.objects.count() == before


def test_no_word_of_a_customer_is_in_the_trail() -> None:
    request = claimed(customer_name="Mevrouw Appelboom", question="Waar is mijn pakket?")
    request.update(
        by=holder(request), id=uuid.uuid4(), audience=["customer"], text_customer="Het is onderweg"
    )
    written = json.dumps(list(AuditEvent.objects.values()), default=str)
    for word in ("Appelboom", "pakket", "onderweg", "example.org"):
        assert word not in written


def test_the_model_and_its_queries_refuse_to_change_the_trail() -> None:
    (event,) = events(1)
    for act in (
        event.save,
        event.delete,
        AuditEvent.objects.all().delete,
        lambda: AuditEvent.objects.update(action="x"),
    ):
        with pytest.raises(TypeError):
            act()


@pytest.mark.usefixtures("_guarded")
@pytest.mark.parametrize("table", ["accounts_auditevent", "accounts_auditseal"])
@pytest.mark.parametrize("act", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_the_trail(table: str, act: str) -> None:
    events(1)
    assert AuditSeal.seal() == 1
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        sql(act.format(table))
    assert AuditEvent.objects.count() == AuditSeal.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.usefixtures("_guarded")
def test_the_database_refuses_to_empty_the_trail() -> None:
    events(1)
    with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
        sql("TRUNCATE accounts_auditevent")


def test_what_was_not_touched_is_as_it_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "HELPING", 3)
    events(4)
    assert AuditSeal.seal() == 4
    events(2)
    assert AuditSeal.seal() == 2
    assert AuditSeal.seal() == 0
    assert AuditSeal.objects.count() == 3
    assert list(verify()) == []


TAMPERED = {
    "action = 'request-note'": "changed",
    "actor_id = NULL": "changed",
    "at = '2020-01-01 00:00:00+00'": "changed",
    "detail = '{}'": "changed",
    "once = 'x'": "changed",
    "subject_type = 'user'": "changed",
}


@pytest.mark.parametrize("change", TAMPERED)
def test_a_changed_event_is_named(change: str) -> None:
    found = events(3)
    AuditSeal.seal()
    sql(f"UPDATE accounts_auditevent SET {change} WHERE id = %s", found[1].pk)  # noqa: S608
    assert list(verify()) == [f"event {found[1].pk}: changed"]


def test_a_removed_event_is_named() -> None:
    found = events(3)
    AuditSeal.seal()
    sql("DELETE FROM accounts_auditevent WHERE id = %s", found[1].pk)
    assert list(verify()) == [f"event {found[1].pk}: removed"]


@pytest.mark.parametrize("place", ["before all", "in a gap"])
def test_an_event_that_was_put_in_is_named(place: str) -> None:
    found = events(3)
    sql("DELETE FROM accounts_auditevent WHERE id = %s", found[1].pk)
    AuditSeal.seal()
    number = -7 if place == "before all" else found[1].pk
    sql(
        "INSERT INTO accounts_auditevent"
        " (id, action, subject_type, subject_id, detail, at, once)"
        " SELECT %s, action, subject_type, subject_id, detail, at, 'new'"
        " FROM accounts_auditevent WHERE id = %s",
        number,
        found[0].pk,
    )
    assert list(verify()) == [f"event {number}: put in afterwards"]


def test_a_seal_that_was_removed_or_made_again_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "HELPING", 1)
    events(3)
    AuditSeal.seal()
    first, second, third = AuditSeal.objects.all()
    sql("DELETE FROM accounts_auditseal WHERE id = %s", second.pk)
    findings = list(verify())
    assert f"seal {third.pk}: a seal before it was removed or put in" in findings

    sql("UPDATE accounts_auditseal SET prints = '{}' WHERE id = %s", first.pk)
    assert f"seal {first.pk}: changed, or made with another SECRET_KEY" in list(verify())


def test_the_newest_seals_are_missed_by_who_kept_the_head() -> None:
    events(2)
    head = said("head").strip()
    newest = AuditSeal.objects.get()
    sql("DELETE FROM accounts_auditseal")
    sql("DELETE FROM accounts_auditevent")

    assert "As it was written" in said("verify")
    with pytest.raises(CommandError):
        said("verify", head=head)
    assert next(verify(head)).startswith(f"seal {newest.pk}: it is gone")


def said(what: str, **options: str) -> str:
    out = StringIO()
    call_command("audit", what, stdout=out, **options)
    return out.getvalue()


def test_the_command_says_by_its_exit_that_something_is_wrong() -> None:
    found = events(2)
    assert said("head").startswith(f"{AuditSeal.objects.get().pk}:")
    assert "0 events wait" in said("verify")
    sql("DELETE FROM accounts_auditevent WHERE id = %s", found[0].pk)
    with pytest.raises(CommandError, match="1 findings"):
        said("verify")


def test_another_secret_key_seals_on_and_the_old_one_still_counts(settings: Settings) -> None:
    events(1)
    AuditSeal.seal()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-of-at-least-fifty-random-characters-x"
    events(1)
    AuditSeal.seal()
    assert list(verify()) == []

    settings.SECRET_KEY_FALLBACKS = []
    assert "another SECRET_KEY" in next(verify())


def test_events_that_nothing_seals_are_worth_a_word() -> None:
    AuditEvent(
        action="x",
        subject_type="user",
        subject_id=uuid.uuid4(),
        once="x",
        at=timezone.now() - timedelta(days=2),
    ).save()
    assert "does the worker run?" in next(verify())


def test_fresh_events_wait_for_their_seal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seals, "MARGIN", timedelta(minutes=1))
    events(1)
    assert AuditSeal.seal() == 0


@pytest.mark.postgres
@pytest.mark.usefixtures("transactional_db")
def test_an_event_of_a_transaction_that_still_runs_is_waited_for() -> None:
    import psycopg

    facts = connection.settings_dict
    with psycopg.connect(
        host=facts["HOST"], port=facts["PORT"], user=facts["USER"], dbname=facts["NAME"]
    ) as late:
        late.execute(
            "INSERT INTO accounts_auditevent"
            " (action, subject_type, subject_id, detail, at, once)"
            " VALUES ('x', 'user', gen_random_uuid(), '{}', now(), 'late')"
        )
        later = events(1)[0]
        AuditEvent.objects.filter(pk=later.pk).get()
        monkey = pytest.MonkeyPatch()
        monkey.setattr(seals, "MARGIN", timedelta(0))
        assert AuditSeal.seal() == 0
        late.commit()
    assert AuditSeal.seal() == 2
    monkey.undo()
    assert list(verify()) == []


def test_administrators_search_by_person_act_subject_and_moment(admin: User) -> None:
    team = make_team()
    daan, fatima = make_agent(team, "Daan Bakker"), make_agent(team, "Fatima El Idrissi")
    first, second = (submit(topic=team.topics.first() or make_topic(team)) for _ in range(2))
    first.claim(by=daan)
    second.claim(by=fatima)
    second.release(by=fatima)
    office = Api(admin)

    def found(**params: Any) -> list[tuple[str, str]]:
        answer = office.client.get("/api/v1/audit", params, headers=office.headers)
        assert answer.status_code == 200, answer.content
        return [
            (item["action"], item["subject_id"])
            for item in answer.json()["items"]
            if item["action"] != "audit-read"
        ]

    a, b = str(first.pk), str(second.pk)
    assert found() == [("request-released", b), ("request-claimed", b), ("request-claimed", a)]
    assert found(actor=str(daan.pk)) == [("request-claimed", a)]
    assert found(action="request-released") == [("request-released", b)]
    assert found(subject=first.reference) == [("request-claimed", a)]
    assert found(subject=b, action="request-claimed") == [("request-claimed", b)]
    assert found(subject="DHG-0000-0000") == []
    later = (timezone.now() + timedelta(minutes=1)).isoformat()
    assert found(**{"from": later}) == []
    assert len(found(to=later)) == 3


def test_pages_follow_each_other_without_a_gap(admin: User) -> None:
    made = [str(event.subject_id) for event in reversed(events(7))]
    office, seen, cursor = Api(admin), [], ""
    while cursor is not None:
        params = {"limit": "3", "action": "request-claimed", "cursor": cursor}
        params = {name: value for name, value in params.items() if value}
        page = office.client.get("/api/v1/audit", params, headers=office.headers).json()
        seen += [item["subject_id"] for item in page["items"]]
        cursor = page["next"]
    assert seen == made


def test_the_page_tells_who_did_what_in_words_and_that_one_looked(admin: User) -> None:
    request = submit(customer_name="Mevrouw Appelboom")
    request.claim(by=make_agent(request.team, "Daan Bakker"))
    page = browser_of(admin).get("/audit", {"subject": request.reference, "person": "daan"})

    text = page.content.decode()
    assert page.status_code == 200
    for word in ("Daan Bakker", "Opgepakt", request.reference):
        assert word in text
    assert "Appelboom" not in text
    assert page["Cache-Control"] == "no-store"
    assert AuditEvent.objects.get(action="audit-read").actor == admin


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"person": "nobody at all"}, "Niemand heeft deze naam"),
        ({"subject": "DHG-0000-0000"}, "kennen niets dat zo heet"),
        ({"begins": "yesterday"}, "Er klopt nog iets niet"),
    ],
)
def test_a_search_for_what_is_not_there_says_so(
    admin: User, query: dict[str, str], words: str
) -> None:
    page = browser_of(admin).get("/audit", query)
    assert page.status_code == 200
    assert words in page.content.decode()


def test_only_administrators_read_the_trail() -> None:
    assert Client().get("/audit").status_code == 302
    assert browser_of(make_agent(make_team())).get("/audit").status_code == 403


def test_a_page_costs_the_same_for_one_event_as_for_fifty(
    admin: User, django_assert_num_queries: Any, django_assert_max_num_queries: Any
) -> None:
    browser = browser_of(admin)
    request = claimed()
    browser.get("/audit")
    with django_assert_max_num_queries(8) as one:
        browser.get("/audit")
    for _ in range(10):
        request.note(by=holder(request), id=uuid.uuid4(), text="x")
    with django_assert_num_queries(len(one.captured_queries)):
        browser.get("/audit")


# --- Looking, and a cache that knows better ---


def look(admin: User, subject: uuid.UUID) -> None:
    AuditEvent.looked(
        actor=admin,
        action="customer-details-seen",
        subject_type="customer_request",
        subject_id=subject,
    )


def test_a_cache_that_forgets_adds_nothing_within_the_hour_and_the_next_hour_is_one_more(
    admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, now = uuid.uuid4(), timezone.now().replace(minute=5)
    monkeypatch.setattr(timezone, "now", lambda: now)
    for _ in range(3):
        look(admin, subject)
        cache.clear()
    assert AuditEvent.objects.count() == 1
    look(admin, subject)
    now += timedelta(hours=1)
    look(admin, subject)
    assert AuditEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_look_that_was_taken_back_is_not_remembered(admin: User) -> None:
    subject = uuid.uuid4()
    with transaction.atomic():
        look(admin, subject)
        transaction.set_rollback(True)
    look(admin, subject)
    assert AuditEvent.objects.filter(subject_id=subject).count() == 1


@pytest.mark.parametrize("cache_does", ["is away", "answers nonsense"])
def test_with_a_cache_that_fails_every_look_is_written_and_the_page_is_there(
    admin: User, cache_does: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """The customer's details are shown, and that they were is in the trail."""
    request = claimed()
    browser = browser_of(holder(request))
    monkeypatch.setattr(ForgivingRedisCache, "_away_until", 0.0)
    settings.CACHES = {
        "default": {
            "BACKEND": "server.caching.ForgivingRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    if cache_does == "answers nonsense":
        broken = partial(pickle.loads, b"nonsense")
        for name in ("get", "get_many", "set", "set_many"):
            monkeypatch.setattr(RedisCacheClient, name, lambda *args: broken())
    page = browser.get(reverse("desk-request", args=[request.reference]))
    assert page.status_code == 200
    assert AuditEvent.objects.filter(action="customer-details-seen").count() == 1
