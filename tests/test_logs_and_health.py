"""What every call gets, what the logs may hold, and what the two health addresses say."""

import io
import json
import logging
import os
import re
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project
from django.db.utils import ConnectionHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from notifications.models import Channel, Delivery, DeliveryState, Notification
from server import health
from server.logs import JsonFormatter, cleaned
from server.problems import IdReused, NotFound, TooFast
from tests.clients import Api
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SECRET = "kX9vQ2mN7pL4sT8wZ1aB6cD3eF5gH0jR-_uYiOqWxEk"
ROOT = Path(__file__).resolve().parent.parent


def no_storage() -> None:
    """Open a database that cannot be opened."""
    nowhere = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/nowhere/at/all.sqlite3"}
    ConnectionHandler({"default": nowhere})["default"].cursor()


def away(request: HttpRequest) -> HttpResponse:
    no_storage()
    return HttpResponse()


def refuses(request: HttpRequest, slug: str) -> HttpResponse:
    raise {"not-found": NotFound(), "too-fast": TooFast(retry_after=7), "id-reused": IdReused()}[
        slug
    ]


def breaks(request: HttpRequest) -> HttpResponse:
    raise ValueError("Mevrouw Jansen, 0612345678")


def fine(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"language": request.LANGUAGE_CODE})


urlpatterns = [
    path("", include("server.urls")),
    path("test/away", away),
    path("test/refuses/<slug:slug>", refuses),
    path("test/breaks", breaks),
    path("test/fine", fine),
    path("api/test/breaks", breaks),
    path("api/test/away", away),
    path("api/test/refuses/<slug:slug>", refuses),
]


class LosesStorage:
    """A middleware that meets the missing database before any view, as loading a session can."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        no_storage()
        return self.get_response(request)


@pytest.fixture(autouse=True)
def _own_addresses(settings: Settings) -> None:
    settings.ROOT_URLCONF = __name__
    health.forget()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """Everything that is logged, as production writes it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield written
    logging.getLogger().removeHandler(handler)


def lines(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def browser(**headers: str) -> Client:
    return Client(
        raise_request_exception=False,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
    )


# --- The request's id and its line in the log -----------------------------------------------------


@pytest.mark.parametrize("offered", ["abc-DEF_123", "a" * 64])
def test_a_sane_request_id_is_kept(log: io.StringIO, offered: str) -> None:
    answer = browser(X_Request_Id=offered).get("/test/fine")

    assert answer["X-Request-Id"] == offered
    assert [line["request_id"] for line in lines(log)] == [offered]


@pytest.mark.parametrize("offered", ["", "a" * 65, "a b", "a\nb", "é", '{"a":1}'])
def test_any_other_request_id_is_replaced(offered: str) -> None:
    made = [browser(X_Request_Id=offered).get("/test/fine")["X-Request-Id"] for _ in range(2)]

    assert all(re.fullmatch(r"[0-9a-f]{32}", one) for one in made)
    assert made[0] != made[1]


def test_a_call_is_one_line_with_the_route_and_never_the_secret(log: io.StringIO) -> None:
    browser().get(f"/t/{SECRET}")
    browser().post(f"/api/v1/track/{SECRET}/confirm", "{}", content_type="application/json")
    browser().get(f"/t/{SECRET}/and/more?x={SECRET}")

    assert SECRET not in log.getvalue()
    calls = [line for line in lines(log) if line["logger"] == "server.access"]
    assert [(call["method"], call["status"]) for call in calls] == [
        ("GET", 404),
        ("POST", 404),
        ("GET", 404),
    ]
    assert [call["route"].partition("<")[0] for call in calls] == ["t/", "api/v1/track/", "(none)"]
    assert all(call["ms"] >= 0 for call in calls)


def test_the_line_names_who_called_by_id_only(log: io.StringIO) -> None:
    sanne = make_person("Sanne de Vries", email="sanne@example.org")
    Api(sanne).get("/me")

    assert lines(log)[-1]["user"] == str(sanne.pk)
    assert "anne" not in log.getvalue()


def test_health_checks_do_not_fill_the_log(log: io.StringIO) -> None:
    logging.getLogger("server.access").setLevel(logging.INFO)
    browser().get("/healthz")

    assert lines(log) == []


# --- What a log line holds ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (f"GET /t/{SECRET}?lang=nl", "GET /t/***?lang=nl"),
        (
            f"https://x.example/api/v1/track/{SECRET}/confirm",
            "https://x.example/api/v1/track/***/confirm",
        ),
        ("/accounts/password/reset/key/3-abc123-def/", "/accounts/password/reset/key/***/"),
        ("/t/<str:token> and /track/{token}", "/t/<str:token> and /track/{token}"),
        (
            f"https://iid.googleapis.com/iid/v1/{SECRET}/rel/topics/news",
            "https://iid.googleapis.com/iid/v1/***/rel/topics/news",
        ),
        ("target dKx93jfd0aB:APA91bHun4MxP5egoKMwt2KZ", "target ***"),
        ("Authorization: Bearer ya29.a0AfH6SMBx", "Authorization: Bearer ***"),
        ("token eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", "token ***"),
        ("mail to sanne.de-vries@shop.example.org failed", "mail to ***@*** failed"),
        ("sms to +31612345678 failed", "sms to +*** failed"),
        ("2026-11-22T05:00:00+00:00 took 12 ms", "2026-11-22T05:00:00+00:00 took 12 ms"),
    ],
)
def test_secrets_and_people_are_taken_out_of_what_libraries_say(said: str, kept: str) -> None:
    assert cleaned(said) == kept


def test_an_exception_is_its_type_and_stack_without_its_words(log: io.StringIO) -> None:
    try:
        try:
            int("Mevrouw Jansen")
        except ValueError as error:
            raise LookupError(f"no customer {error}") from error
    except LookupError as error:
        logging.getLogger("x").exception("could not find: %s", error)

    assert "Jansen" not in log.getvalue()
    line = lines(log)[0]
    assert line["message"] == "could not find: LookupError"
    assert [one["type"] for one in line["exception"]] == ["LookupError", "ValueError"]
    assert "test_an_exception_is_its_type" in line["exception"][0]["stack"][-1]


def test_a_crash_is_logged_once_without_what_was_typed(log: io.StringIO) -> None:
    answer = browser(X_Request_Id="crash-1").get("/test/breaks")

    assert answer.status_code == 500
    assert "Jansen" not in log.getvalue()
    crashed = [line for line in lines(log) if "exception" in line]
    assert [line["exception"][0]["type"] for line in crashed] == ["ValueError"]
    assert crashed[0]["request_id"] == "crash-1"
    assert [line["logger"] for line in lines(log)] == ["django.request", "server.access"]
    assert "<WSGIRequest>" in crashed[0].values()


def test_extra_fields_are_fields(log: io.StringIO) -> None:
    some_id = uuid.uuid4()
    facts = {"delivery": some_id, "attempt": 2, "late": True, "to": "a@b.nl", "who": object()}
    logging.getLogger("x").warning("not sent", extra=facts)

    line = lines(log)[0]
    assert (line["delivery"], line["attempt"], line["late"]) == (str(some_id), 2, True)
    assert (line["to"], line["who"]) == ("***@***", "<object>")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError("no")


_values = st.one_of(
    st.text(),
    st.binary(),
    st.floats(),
    st.none(),
    st.lists(st.text(), max_size=3),
    st.builds(Unprintable),
)


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(message=st.one_of(st.text(), st.builds(Unprintable)), args=st.lists(_values), extra=_values)
def test_whatever_is_logged_gives_one_line_of_json(
    message: Any, args: list[Any], extra: Any
) -> None:
    record = logging.LogRecord("x", logging.INFO, "x.py", 1, message, tuple(args), None)
    record.fact = extra

    line = JsonFormatter().format(record)
    assert "\n" not in line
    assert json.loads(line)["level"] == "INFO"


# --- Headers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/", "/healthz", "/accounts/login/", "/nowhere", "/test/breaks"]
)
def test_every_answer_forbids_foreign_and_inline_code(address: str) -> None:
    answer = browser().get(address)

    assert answer["Content-Security-Policy"] == (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "frame-ancestors 'none'; form-action 'self'"
    )
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("address", "hidden", "caching"),
    [
        (f"/t/{SECRET}", True, "no-store"),
        ("/api/v1/me", True, "no-store"),
        ("/_allauth/app/v1/config", True, "no-store"),
        ("/dev/mailbox", True, None),
        ("/test/fine", False, None),
    ],
)
def test_what_is_private_is_neither_indexed_nor_kept(
    address: str, hidden: bool, caching: str | None
) -> None:
    answer = browser().get(address)

    assert (answer.headers.get("X-Robots-Tag") == "noindex") == hidden
    if caching:
        assert caching in answer["Cache-Control"]


def test_the_app_may_ask_whether_something_changed() -> None:
    phone = Api(make_person())
    first = phone.get("/me")
    assert first["Cache-Control"] == "private, no-cache"

    again = phone.get("/me", If_None_Match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    phone.patch("/me", {"language": "en"})
    changed = phone.get("/me", If_None_Match=first["ETag"])
    assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)


def test_pages_carry_no_etag() -> None:
    assert "ETag" not in browser().get("/test/fine")


# --- Language -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("", "nl"),
        ("en", "en"),
        ("en-GB,en;q=0.9,nl;q=0.8", "en"),
        ("de-DE,nl;q=0.5,en;q=0.7", "en"),
        ("nl-BE", "nl"),
        ("fr, *;q=0.5", "nl"),
        ("en;q=0", "nl"),
        ("en;q=oops", "nl"),
        ("x" * 5000, "nl"),
    ],
)
def test_the_reader_gets_dutch_or_english(asked: str, given: str) -> None:
    answer = browser(Accept_Language=asked).get("/test/fine")

    assert answer.json() == {"language": given}
    assert answer["Content-Language"] == given
    assert "Accept-Language" in answer["Vary"]


# --- When it goes wrong ---------------------------------------------------------------------------


def test_without_storage_a_program_gets_a_problem_and_a_person_a_page() -> None:
    problem = browser(Accept_Language="en").get("/api/test/away")
    assert problem.status_code == 503
    assert problem["Content-Type"] == "application/problem+json"
    assert problem["Retry-After"] == "5"
    assert problem.json()["type"] == "/problems/unavailable"
    assert browser(Accept="application/json").get("/test/away").json()["status"] == 503

    page = browser(Accept="text/html").get("/test/away")
    assert (page.status_code, page["Retry-After"]) == (503, "5")
    assert "unavailable.html" in [one.name for one in page.templates]


@pytest.mark.parametrize("address", ["/api/test/breaks", "/test/fine"])
def test_storage_that_goes_before_any_view_is_noticed_too(settings: Settings, address: str) -> None:
    settings.MIDDLEWARE = [*project.MIDDLEWARE, f"{__name__}.LosesStorage"]

    answer = browser(Accept_Language="en").get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert answer["Content-Security-Policy"]
    assert answer["Content-Type"].startswith(
        "application/problem+json" if "/api/" in address else "text/html"
    )


@pytest.mark.parametrize("address", ["/api/test/away", "/api/test/breaks", "/test/away"])
def test_what_went_wrong_is_logged_once(log: io.StringIO, address: str) -> None:
    browser(X_Request_Id="once").get(address)

    wrong = [line for line in lines(log) if line["level"] == "ERROR"]
    assert [line["request_id"] for line in wrong] == ["once"]
    assert "exception" in wrong[0]


def test_a_problem_of_a_page_is_a_page() -> None:
    refused = browser(Accept_Language="en").get("/test/refuses/id-reused")
    assert refused.status_code == 409
    assert "refused.html" in [one.name for one in refused.templates]
    assert "<h1>This id is taken</h1>" in refused.content.decode()
    assert '<html lang="en">' in refused.content.decode()
    assert '<html lang="nl">' in browser().get("/test/refuses/id-reused").content.decode()

    slow = browser().get("/test/refuses/too-fast")
    assert (slow.status_code, slow["Retry-After"]) == (429, "7")
    missing = browser().get("/test/refuses/not-found")
    assert missing.status_code == 404
    assert "404.html" in [one.name for one in missing.templates]
    assert browser().get("/api/test/refuses/too-fast").json()["type"] == "/problems/too-fast"


def test_a_crash_under_api_is_a_problem_with_the_request_id() -> None:
    answer = browser(X_Request_Id="crash-2").get("/api/test/breaks")

    assert answer.status_code == 500
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unexpected"
    assert answer["X-Request-Id"] == "crash-2"
    assert b"Jansen" not in answer.content


def test_an_address_under_api_that_does_not_exist_is_a_problem() -> None:
    answer = browser().get("/api/v9/nowhere")

    assert answer.status_code == 404
    assert answer.json()["type"] == "/problems/not-found"


# --- Health ---------------------------------------------------------------------------------------


def test_healthz_touches_nothing(django_db_blocker: Any) -> None:
    with django_db_blocker.block():
        answer = browser().get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_names_each_check_and_its_milliseconds() -> None:
    answer = browser().get("/readyz")

    assert answer.status_code == 200, answer.content
    facts = answer.json()
    assert facts["status"] == "ok"
    assert set(facts["checks"]) >= {"database", "migrations", "outbox"}
    assert all(check["ok"] and check["ms"] >= 0 for check in facts["checks"].values())
    assert "no-store" in answer["Cache-Control"]


def test_asking_often_costs_the_database_nothing(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    browser().get("/readyz")

    with django_assert_num_queries(0):
        for _ in range(5):
            browser().get("/readyz")


def test_an_outbox_that_is_behind_is_told_without_going_out_of_service() -> None:
    now = timezone.now()
    told = Notification.objects.create(kind="received", subject_id=uuid.uuid4(), dedupe_key="1")
    for number, (state, due) in enumerate(
        [
            (DeliveryState.QUEUED, now - timedelta(minutes=10)),
            (DeliveryState.QUEUED, now + timedelta(hours=3)),
            (DeliveryState.SENT, now - timedelta(days=3)),
            (DeliveryState.DEAD, now - timedelta(hours=3)),
        ]
    ):
        Delivery.objects.create(
            notification=told,
            channel=Channel.EMAIL,
            dedupe_key=str(number),
            state=state,
            due=due,
            settled_at=due if state == DeliveryState.DEAD else None,
        )

    answer = browser().get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    outbox = answer.json()["checks"]["outbox"]
    assert (outbox["ok"], outbox["dead_last_day"]) == (False, 1)
    assert 600 <= outbox["oldest_due_seconds"] < 660


def test_a_broker_that_refuses_or_keeps_silent_is_told_soon(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        for port in (silent.getsockname()[1], 1):
            settings.REDIS_URL = f"redis://:geheim@127.0.0.1:{port}/0"
            health.forget()
            began = time.monotonic()
            answer = browser().get("/readyz")
            assert time.monotonic() - began < 5
            assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
            assert answer.json()["checks"]["broker"]["ok"] is False
            assert b"geheim" not in answer.content


def elsewhere(tmp_path: Path, **environment: str) -> list[dict[str, Any]]:
    """Three calls to a process of its own with these settings."""
    script = """
import json, server, django
django.setup()
from django.test import Client
client = Client(raise_request_exception=False, SERVER_NAME="localhost")
client.cookies["sessionid"] = "a" * 32
for address, headers in [
    ("/readyz", {}),
    ("/api/v1/me", {"X-Session-Token": "a" * 32}),
    ("/accounts/login/", {"Accept": "text/html", "Accept-Language": "en"}),
]:
    answer = client.get(address, headers=headers)
    print(json.dumps({
        "status": answer.status_code, "body": answer.content.decode(), **dict(answer.headers)
    }))
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={
            "PATH": os.environ["PATH"],
            "DJANGO_SETTINGS_MODULE": "server.settings",
            "VAR_DIR": str(tmp_path),
            "SECRET_KEY": "s" * 60,
            "DEBUG": "1",
            **environment,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "geheim" not in done.stdout + done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_database_that_is_away_is_503_everywhere(tmp_path: Path) -> None:
    ready, me, login = elsewhere(tmp_path, DATABASE_URL="postgres://dhg:geheim@127.0.0.1:1/dhg")

    assert ready["status"] == 503
    assert json.loads(ready["body"])["status"] == "unavailable"
    assert json.loads(ready["body"])["checks"]["database"]["error"] == "OperationalError"
    assert (me["status"], me["Content-Type"]) == (503, "application/problem+json")
    assert (me["Retry-After"], json.loads(me["body"])["type"]) == ("5", "/problems/unavailable")
    assert (login["status"], login["Retry-After"]) == (503, "5")
    assert "<h1>" in login["body"]


def test_a_schema_that_is_behind_is_not_ready(tmp_path: Path) -> None:
    ready = elsewhere(tmp_path)[0]

    assert ready["status"] == 503
    assert json.loads(ready["body"])["checks"]["migrations"]["pending"] > 0
    assert "outbox" not in json.loads(ready["body"])["checks"]
