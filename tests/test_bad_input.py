"""Whatever comes in: the right problem, nothing written, and nobody's name in the logs."""

import base64
import io
import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from PIL import Image
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest, TrackingLink
from notifications import drain
from notifications.models import Delivery, DeliveryState
from server.accounts.models import User
from server.logs import JsonFormatter
from tests.clients import Api, question
from tests.factories import claimed, link_of, make_agent, make_person, make_team, make_topic, submit
from tests.problems import assert_problem
from tests.standins.smtp import SmtpSink
from tests.tables import state

pytestmark = [pytest.mark.django_db, pytest.mark.thorough, pytest.mark.table]

SURROGATE = "\ud800"
OVERRIDE = "Jan\u202egnp.exe"


@pytest.fixture
def sanne() -> User:
    return make_person("Sanne de Vries")


@pytest.fixture
def phone(sanne: User) -> Api:
    make_topic(make_team("internet"), "internet")
    return Api(sanne)


def customer(**facts: Any) -> dict[str, Any]:
    return {
        "customer": {
            "name": "Mevrouw Jansen",
            "email": "jansen@example.org",
            "channel": "email",
            **facts,
        }
    }


def by_sms(phone: Any) -> dict[str, Any]:
    return customer(phone=phone, channel="sms")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"question": "x" * 100_000}, "question"),
        ({"question": ""}, "question"),
        ({"question": " \n\t "}, "question"),
        ({"question": "nul \x00 here"}, "question"),
        ({"question": "bell \x07"}, "question"),
        ({"question": f"half a character {SURROGATE}"}, "question"),
        ({"question": 7}, "question"),
        ({"question": ["a", "list"]}, "question"),
        ({"id": "not-a-uuid"}, "id"),
        ({"id": None}, "id"),
        ({"topic": "no-such-topic"}, "topic"),
        ({"topic": "nul\x00"}, "topic"),
        ({"topic": SURROGATE}, "topic"),
        ({"topic": "x" * 100_000}, "topic"),
        ({"relation": "boss"}, "relation"),
        ({"relation": float("1e400")}, None),
        ({"customer_agrees": False}, "customer_agrees"),
        ({"customer_agrees": "yes"}, "customer_agrees"),
        ({"customer_agrees": 1}, "customer_agrees"),
        ({"customer": None}, "customer"),
        ({"customer": []}, "customer"),
        ({"colour": "red"}, "colour"),
        (customer(colour="red"), "customer.colour"),
        (customer(name=""), "customer.name"),
        (customer(name="x" * 121), "customer.name"),
        (customer(name="Jan\r\nBcc: all@example.org"), "customer.name"),
        (customer(name="Jan\nBcc: all@example.org"), "customer.name"),
        (customer(name="Jan\u2028Bcc: all@example.org"), "customer.name"),
        (customer(name="Jan\x00"), "customer.name"),
        (customer(name=SURROGATE), "customer.name"),
        (customer(name=OVERRIDE), "customer.name"),
        (customer(email="a@example.org,b@example.org"), "customer.email"),
        (customer(email="a@example.org;b@example.org"), "customer.email"),
        (customer(email="a@example.org b@example.org"), "customer.email"),
        (customer(email="a@example.org\r\nBcc: b@example.org"), "customer.email"),
        (customer(email="a@example.org%0aBcc:b@example.org"), "customer.email"),
        (customer(email="Jan <a@example.org>"), "customer.email"),
        (customer(email='"a b"@example.org'), "customer.email"),
        (customer(email="a@"), "customer.email"),
        (customer(email="a" * 250 + "@example.org"), "customer.email"),
        (customer(email="jansen@example.org\x00"), "customer.email"),
        (customer(email=""), "customer.email"),
        (customer(email=None), "customer.email"),
        (customer(language="fr"), "customer.language"),
        (customer(channel="fax"), "customer.channel"),
        (by_sms(None), "customer.phone"),
        (by_sms("020 123 4567"), "customer.phone"),
        (by_sms("0900-1234"), "customer.phone"),
        (by_sms("+1 202 555 0123"), "customer.phone"),
        (by_sms("06 1234"), "customer.phone"),
        (by_sms("112"), "customer.phone"),
        (by_sms("+999 12345678"), "customer.phone"),
        (by_sms("0612345678;ext=9"), "customer.phone"),
        (by_sms("0612345678\r\nTo: +31687654321"), "customer.phone"),
        (by_sms("<script>"), "customer.phone"),
        (by_sms("6" * 5000), "customer.phone"),
        (by_sms(612345678), "customer.phone"),
    ],
    ids=lambda value: repr(value)[:50] if isinstance(value, dict) else None,
)
def test_a_wrong_question_names_the_field_and_writes_nothing(
    phone: Api, change: dict[str, Any], field: str | None
) -> None:
    body = json.dumps({**question("internet"), **change})
    before = state()
    if "Infinity" in body:
        assert_problem(phone.post("/requests", body), 400, "bad-request")
    else:
        assert_problem(phone.post("/requests", body), 422, "invalid", field)
    assert state() == before


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 422, "invalid"),
        (b"{", 400, "bad-request"),
        (b"nonsense", 400, "bad-request"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b'"text"', 422, "invalid"),
        (b"{}", 422, "invalid"),
        (b"1" * 5000, 400, "bad-request"),
        (b"NaN", 400, "bad-request"),
        (b'{"id": "\xff\xfe"}', 400, "bad-request"),
        (json.dumps({"id": "é"}, ensure_ascii=False).encode("latin-1"), 400, "bad-request"),
        (json.dumps({"id": "x"}).encode("utf-16"), 400, "bad-request"),
        (b'{"id": 1, "id": 2}', 400, "bad-request"),
        (b'{"customer": {"name": "a", "name": "b"}}', 400, "bad-request"),
        (b"[" * 100_000 + b"]" * 100_000, 400, "bad-request"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, 400, "bad-request"),
        (b" " * (2 * 1024 * 1024 + 1), 413, "too-large"),
        (b"a=b&c=d", 400, "bad-request"),
    ],
    ids=lambda value: repr(value[:24]) if isinstance(value, bytes) else None,
)
def test_a_body_that_cannot_be_read_is_refused(
    phone: Api, body: bytes, status: int, slug: str
) -> None:
    before = state()
    # A client library gives an empty body no content type at all.
    assert_problem(phone.post("/requests", body), status, slug)
    assert state() == before


def _cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts).encode()).decode().rstrip("=")


# Constant: it is part of the tests' names, which every test process has to agree on.
KEY = "5f0c1f43-8a52-4c1e-9a6d-0b1c2d3e4f50"


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%C3%A9",
        "%00",
        _cursor(),
        _cursor("2026-01-01T00:00:00+00:00"),
        _cursor("2026-01-01T00:00:00+00:00", "no-uuid"),
        _cursor("2026-01-01T00:00:00", KEY),
        _cursor("yesterday", KEY),
        _cursor(1, 2),
        _cursor("0001-01-01T00:00:00+14:00", KEY),
        _cursor("9999-12-31T23:59:59-14:00", KEY),
        base64.urlsafe_b64encode(b'{"a": 1, "b": 2}').decode(),
        base64.urlsafe_b64encode(b"[" * 3000).decode(),
    ],
)
@pytest.mark.parametrize("path", ["/requests", "/inbox", "/desk/requests"])
def test_a_cursor_of_somebody_elses_making_is_refused(path: str, cursor: str) -> None:
    agent = make_agent(make_team("internet"))
    assert_problem(Api(agent).get(f"{path}?cursor={cursor}"), 400, "bad-cursor")


@pytest.mark.parametrize("since", ["x", "-1", "1.5", "٣", "9" * 5000, "%00"])
def test_a_place_in_the_feed_that_was_never_given_out_is_refused(phone: Api, since: str) -> None:
    assert_problem(phone.get(f"/changes?since={since}"), 400, "bad-cursor")


@pytest.mark.parametrize("limit", ["0", "-1", "201", "x", "1e3", "9" * 400])
@pytest.mark.parametrize("path", ["/requests", "/inbox", "/desk/requests", "/changes"])
def test_a_limit_out_of_bounds_is_refused(path: str, limit: str) -> None:
    agent = make_agent(make_team("internet"))
    assert_problem(Api(agent).get(f"{path}?limit={limit}"), 422, "invalid", "limit")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=nonsense", "status"),
        ("order=nonsense", "order"),
        ("assignee=nonsense", "assignee"),
        ("assignee=%00", "assignee"),
        ("q=%00", "q"),
        ("q=" + "x" * 300, "q"),
        ("team=%00", "team"),
        ("topic=%00", "topic"),
    ],
)
def test_a_queue_that_cannot_exist_is_refused(query: str, field: str) -> None:
    agent = make_agent(make_team("internet"))
    assert_problem(Api(agent).get(f"/desk/requests?{query}"), 422, "invalid", field)


@pytest.mark.parametrize("path", ["/requests/nonsense", "/nonsense", "/track/%00", "/track/%FF"])
def test_an_address_that_does_not_exist_is_a_problem_too(phone: Api, path: str) -> None:
    assert_problem(phone.get(path), 404, "not-found")


def test_a_method_that_an_address_does_not_know_is_a_problem_too(phone: Api) -> None:
    response = phone.delete("/me")
    assert_problem(response, 405, "method-not-allowed")
    assert "GET" in response["Allow"]


@pytest.mark.parametrize(
    "moment",
    [
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T23:59:59Z",
        "2101-01-01T00:00:00Z",
        "9999-12-31T23:59:59-14:00",
        "2026-03-01T09:30:00",
        "2026-02-30T09:30:00Z",
        "tomorrow",
        1772357400,
        -62135596800,
    ],
)
@pytest.mark.parametrize(
    ("verb", "field", "body"),
    [
        ("steps", "expected_at", {"id": KEY, "title": "Meten"}),
        ("wait", "until", {"on": "customer", "text": "Welk lampje?"}),
    ],
)
def test_a_moment_that_no_calendar_holds_is_refused(
    verb: str, field: str, body: dict[str, Any], moment: Any
) -> None:
    request = claimed()
    agent = request.agent
    before = state()
    desk = Api(agent)
    sessions = state()["sessions.Session"]
    response = desk.post(f"/desk/requests/{request.pk}/{verb}", {**body, field: moment})
    assert_problem(response, 422, "invalid", field)
    assert state() == {**before, "sessions.Session": sessions}


@pytest.mark.parametrize(
    ("verb", "body", "field"),
    [
        ("assign", {"agent": "nobody@example.org"}, "agent"),
        ("assign", {"agent": "\x00"}, "agent"),
        ("assign", {"agent": SURROGATE}, "agent"),
        ("transfer", {"team": "no-such-team", "note": "x"}, "team"),
        ("transfer", {"team": "\x00", "note": "x"}, "team"),
        ("transfer", {"team": "internet", "note": ""}, "note"),
        ("steps", {"id": KEY, "title": "two\nlines"}, "title"),
        ("steps", {"id": KEY, "title": "x" * 121}, "title"),
        ("updates", {"id": KEY, "audience": [], "text": "x"}, "audience"),
        ("updates", {"id": KEY, "audience": ["press"], "text": "x"}, "audience.0"),
        ("updates", {"id": KEY, "audience": ["customer"], "text": "x" * 10_001}, "text"),
        ("updates", {"id": KEY, "audience": ["customer"]}, ""),
        ("updates", {"id": KEY, "audience": ["customer"], "texts": {"employee": "x"}}, ""),
        ("updates", {"id": KEY, "audience": ["customer"], "texts": {"press": "x"}}, "texts.press"),
        ("notes", {"id": KEY, "text": "\x00"}, "text"),
        ("wait", {"on": "godot", "text": "x"}, "on"),
        ("solve", {}, "text"),
        ("solve", {"text": "x", "colour": "red"}, "colour"),
    ],
)
def test_a_wrong_word_of_an_agent_names_the_field_and_writes_nothing(
    verb: str, body: dict[str, Any], field: str
) -> None:
    request = claimed()
    desk = Api(request.agent)
    before = state()
    assert_problem(
        desk.post(f"/desk/requests/{request.pk}/{verb}", json.dumps(body)), 422, "invalid", field
    )
    assert state() == before


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/me", {"language": "fr"}, "language"),
        ("PATCH", "/me", {"name": "Someone Else"}, "name"),
        ("PUT", "/devices/a%20b", {"token": "12345678", "platform": "ios"}, "installation_id"),
        (
            "PUT",
            "/devices/" + "a" * 65,
            {"token": "12345678", "platform": "ios"},
            "installation_id",
        ),
        ("PUT", "/devices/a", {"token": "short", "platform": "ios"}, "token"),
        ("PUT", "/devices/a", {"token": "with a space", "platform": "ios"}, "token"),
        ("PUT", "/devices/a", {"token": "12345678", "platform": "fridge"}, "platform"),
        (
            "PUT",
            "/devices/a",
            {"token": "12345678", "platform": "ios", "app_version": "1\x00"},
            "app_version",
        ),
        ("POST", "/inbox/read", {"up_to": "nonsense"}, "up_to"),
        ("PATCH", "/me/notifications", {"kinds": {"nonsense": {"push": True}}}, "kinds.nonsense"),
        (
            "PATCH",
            "/me/notifications",
            {"kinds": {"customer.claimed": {"push": True}}},
            "kinds.customer.claimed",
        ),
        (
            "PATCH",
            "/me/notifications",
            {"quiet_hours": {"from": "22:00+02:00", "to": "07:00"}},
            "quiet_hours.from",
        ),
        (
            "PATCH",
            "/me/notifications",
            {"quiet_hours": {"from": 79200, "to": "07:00"}},
            "quiet_hours.from",
        ),
        ("PATCH", "/me/notifications", {"quiet_hours": {"from": "22:00"}}, "quiet_hours.to"),
        (
            "PATCH",
            "/me/notifications",
            {"quiet_hours": {"from": "25:00", "to": "07:00"}},
            "quiet_hours.from",
        ),
    ],
)
def test_a_wrong_choice_of_an_employee_names_the_field_and_writes_nothing(
    phone: Api, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    before = state()
    assert_problem(phone._call(method, path, body), 422, "invalid", field)
    assert state() == before


@pytest.mark.parametrize("score", [0, 6, True, 4.5, "5", None])
def test_a_rating_is_a_whole_number_from_one_to_five(score: Any) -> None:
    request = claimed()
    assert request.agent is not None
    request.solve(by=request.agent, text="Klaar.")
    token = link_of(request)
    before = state()
    response = Api().post(f"/track/{token}/rating", {"score": score})
    assert_problem(response, 422, "invalid", "score")
    assert state() == before


@pytest.mark.parametrize(
    "version", ['"x"', '"-1"', '""', '"1", "2"', '"' + "9" * 5000 + '"', "\u0661"]
)
def test_a_version_that_is_none_is_stale(version: str) -> None:
    request = claimed()
    desk = Api(request.agent)
    before = state()
    response = desk.client.post(
        f"/api/v1/desk/requests/{request.pk}/release",
        headers={**desk.headers, "If-Match": version},
    )
    assert_problem(response, 412, "stale-version")
    assert state() == before


@pytest.mark.parametrize(
    ("content_type", "body", "status", "slug"),
    [
        ("multipart/form-data", b"junk", 400, "bad-request"),
        ("multipart/form-data; boundary=x", b"junk", 422, "invalid"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Dispos", 422, "invalid"),
        ("application/json", b'{"id": "x"}', 422, "invalid"),
        ("image/png", b"\x89PNG", 422, "invalid"),
    ],
)
def test_a_form_that_is_broken_attaches_nothing(
    phone: Api, sanne: User, content_type: str, body: bytes, status: int, slug: str
) -> None:
    request = submit(sanne)
    before = state()
    response = phone.client.generic(
        "POST",
        f"/api/v1/requests/{request.pk}/attachments",
        body,
        content_type=content_type,
        headers=phone.headers,
    )
    assert_problem(response, status, slug)
    assert state() == before


def test_a_form_with_more_fields_than_anyone_sends_is_refused(phone: Api, sanne: User) -> None:
    request = submit(sanne)
    before = state()
    response = phone.client.post(
        f"/api/v1/requests/{request.pk}/attachments",
        {f"field-{number}": "x" for number in range(5001)},
        headers=phone.headers,
    )
    assert_problem(response, 400, "bad-request")
    assert state() == before


def test_a_file_that_is_too_large_is_refused_with_its_reason(phone: Api, sanne: User) -> None:
    request = submit(sanne)
    before = state()
    response = phone.upload(f"/requests/{request.pk}/attachments", b"x" * 11_000_000)
    assert assert_problem(response, 422, "file-refused", "file")["reason"] == "too-large"
    assert state() == before


@pytest.mark.parametrize(
    "text",
    [
        "Mijn wifi doet het niet 😭🤷🏽‍♀️ 👨‍👩‍👧‍👦",
        "الإنترنت لا يعمل منذ يوم الاثنين",
        "אין לי אינטרנט",
        "Zoë's naïve façade — “€ 3,50”",
        "网络坏了\n\n第二行\tmet een tab",
        "<script>alert('x')</script> & {{ 7*7 }} %s %(name)s {0}",
        "'; DROP TABLE customer_requests; --",
    ],
)
def test_what_people_write_comes_back_as_they_wrote_it(phone: Api, text: str) -> None:
    body = {**question("internet"), "question": text}
    made = phone.post("/requests", body)
    assert made.status_code == 201, made.content
    assert made.json()["question"] == text
    assert phone.get(f"/requests/{body['id']}").json()["question"] == text
    shown = Api().get(f"/track/{link_of(CustomerRequest.objects.get())}").json()
    assert shown["question"] == text


def test_a_name_in_any_script_arrives_in_the_mail_as_it_was_written(
    phone: Api, settings: Settings
) -> None:
    """The display name is a header: it must be encoded, not refused and not broken in two."""
    name = "Zoë 'De Boer', \"מירי\" 😀"
    with SmtpSink() as sink:
        _mail_to(settings, sink)
        assert (
            phone.post("/requests", {**question("internet"), **customer(name=name)}).status_code
            == 201
        )
        while drain.send_due():
            pass
        (received,) = sink.messages
    (to,) = received.message["To"].addresses
    assert (to.display_name, to.addr_spec) == (name, "jansen@example.org")
    assert received.recipients == ["jansen@example.org"]


def _mail_to(settings: Settings, sink: SmtpSink) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, port = sink.url.removeprefix("smtp://").split(":")
    settings.EMAIL_PORT = int(port)
    settings.EMAIL_CONFIGURED = True


@pytest.fixture
def log_lines() -> Iterator[io.StringIO]:
    """All that is logged, down to the last detail, as it is written in production."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    # Django's own log of SQL is only there under DEBUG, which no installation with people has.
    yield written
    root.setLevel(level)
    root.removeHandler(handler)


SECRET = {
    "name": "Wilhelmina Zonderland",
    "email": "wilhelmina.zonderland@example.org",
    "phone": "+31612345678",
    "question": "Waarom knippert het lampje op zolder?",
    "answer": "Het lampje is vervangen door een gele.",
    "reason": "Toch weer donker op zolder.",
}


def _assert_nobody_is_named(log: str, *more: str) -> None:
    assert log.count('"answered"') or log.count("delivery")
    for secret in [*SECRET.values(), "Zonderland", "612345678", "zolder", *more]:
        assert secret.lower() not in log.lower(), secret


def _whole_story(sanne: User, daan: User) -> list[str]:
    """From question to rating and erasure; returns every token that was given out."""
    phone, desk, nobody = Api(sanne), Api(daan), Api()
    body = {
        **question("internet"),
        "question": SECRET["question"],
        "customer": {
            "name": SECRET["name"],
            "email": SECRET["email"],
            "phone": SECRET["phone"],
            "channel": "email",
        },
    }
    assert phone.post("/requests", body).status_code == 201
    base = f"/desk/requests/{body['id']}"
    token = link_of(CustomerRequest.objects.get())
    stream = io.BytesIO()
    Image.new("RGB", (4, 3)).save(stream, "PNG")
    name = f"{SECRET['name']}.png"
    assert (
        phone.upload(f"/requests/{body['id']}/attachments", stream.getvalue(), name).status_code
        == 201
    )
    assert desk.get(f"/desk/requests?q={SECRET['email']}").status_code == 200
    assert desk.get(base).status_code == 200
    assert desk.post(f"{base}/claim").status_code == 200
    asked = {"on": "customer", "text": SECRET["answer"]}
    assert desk.post(f"{base}/wait", asked).status_code == 200
    answer = {"id": str(uuid.uuid4()), "text": SECRET["answer"]}
    assert nobody.post(f"/track/{token}/messages", answer).status_code == 201
    assert desk.post(f"{base}/solve", {"text": SECRET["answer"]}).status_code == 200
    assert nobody.post(f"/track/{token}/reopen", {"reason": SECRET["reason"]}).status_code == 200
    assert nobody.client.get(f"/t/{token}").status_code == 200
    assert nobody.client.get(f"/t/{token}", headers={"Sec-Fetch-Mode": "navigate"}).status_code
    assert nobody.client.post(f"/t/{token}/erase").status_code == 200
    assert nobody.get(f"/track/{token}").status_code == 404
    return [token, *(value for client in (phone, desk) for value in client.headers.values())]


def test_no_log_names_a_person_when_all_goes_well(log_lines: io.StringIO) -> None:
    team = make_team("internet")
    make_topic(team, "internet")
    sanne, daan = make_person("Sanne Achterberg"), make_agent(team, "Daan Overwater")
    secrets = _whole_story(sanne, daan)
    while drain.send_due():
        pass
    log = log_lines.getvalue()
    _assert_nobody_is_named(log, *secrets, "Achterberg", "Overwater", sanne.email, daan.email)


def test_no_log_names_a_person_when_input_is_refused(log_lines: io.StringIO, phone: Api) -> None:
    wrong: list[dict[str, Any]] = [
        {"question": SECRET["question"] + "\x00"},
        {"customer": {"name": SECRET["name"], "email": f"{SECRET['email']},x", "channel": "email"}},
        {"customer": {"name": SECRET["name"], "phone": SECRET["phone"] + "9", "channel": "sms"}},
        {"topic": SECRET["question"]},
        {SECRET["name"]: 1},
    ]
    for change in wrong:
        response = phone.post("/requests", {**question("internet"), **change})
        assert response.status_code == 422
    assert phone.post("/requests", SECRET["question"].encode()).status_code == 400
    for path in (f"/requests/{SECRET['name']}", f"/requests?cursor={SECRET['email']}"):
        assert phone.get(path.replace(" ", "%20")).status_code in {400, 404}
    token = "a-wrong-token-of-somebody"
    assert Api().get(f"/track/{token}").status_code == 404
    assert Api().client.get(f"/t/{token}").status_code == 404
    _assert_nobody_is_named(log_lines.getvalue(), token)


def test_no_log_names_a_person_when_mail_is_refused(
    log_lines: io.StringIO, phone: Api, settings: Settings
) -> None:
    with SmtpSink() as sink:
        _mail_to(settings, sink)
        sink.refuse(SECRET["email"])
        body = {
            **question("internet"),
            "question": SECRET["question"],
            "customer": {"name": SECRET["name"], "email": SECRET["email"], "channel": "email"},
        }
        assert phone.post("/requests", body).status_code == 201
        while drain.send_due():
            pass
    assert Delivery.objects.filter(channel="email", state=DeliveryState.DEAD).count() == 1
    log = log_lines.getvalue()
    assert "given up" in log
    _assert_nobody_is_named(log)


def test_no_log_holds_what_stands_in_a_crash(
    log_lines: io.StringIO, phone: Api, sanne: User
) -> None:
    """A request whose link table is gone crashes with the token in the query's parameters."""
    token = link_of(submit(sanne, question=SECRET["question"], customer_name=SECRET["name"]))
    table = TrackingLink._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    assert Api().get(f"/track/{token}").status_code in {500, 503}
    log = log_lines.getvalue()
    assert '"level": "ERROR"' in log
    _assert_nobody_is_named(log, token)
