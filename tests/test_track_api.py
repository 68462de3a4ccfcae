"""The customer's table of the contract, for programs; the link is the key."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest, Rating, TrackingLink
from customer_requests.models.life import Actor
from tests import factories
from tests.clients import Api, content_of, photo
from tests.factories import holder, link_of, make_agent, make_person, submit
from tests.problems import assert_problem
from tests.shapes import ENTRY, STATUS, STEP, Maybe, OneOf, assert_shape
from tests.tables import state, tables_with

pytestmark = pytest.mark.django_db

TRACKED = {
    "reference": str,
    "status": STATUS,
    "status_label": str,
    "question": str,
    "steps": [STEP],
    "timeline": [ENTRY],
    "expected_by": Maybe(datetime),
    "agent": Maybe({"first_name": str}),
    "allowed": [str],
}
REASON = {"reason": "Het doet het nog niet."}


@pytest.fixture
def anyone() -> Api:
    return Api()


def fresh(**facts: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **facts}


@pytest.mark.parametrize(
    "make",
    [submit, factories.claimed, factories.waiting, factories.solved, factories.closed],
)
def test_every_status_has_the_shape_of_the_contract(
    anyone: Api, make: Callable[..., CustomerRequest]
) -> None:
    request = make()
    shown = anyone.get(f"/track/{link_of(request)}")
    assert shown.status_code == 200
    assert_shape(shown.json(), TRACKED)
    assert shown.json()["reference"] == request.reference
    assert "no-store" in shown["Cache-Control"]
    assert shown["X-Robots-Tag"] == "noindex"


def test_a_customer_reads_nobodys_last_name_or_address(anyone: Api) -> None:
    sanne = make_person("Sanne Achterberg", email="sanne.achterberg@example.org")
    request = factories.claimed(sanne)
    daan = holder(request)
    daan.name, daan.email = "Daan Overwater", "daan.overwater@example.org"
    daan.save()
    request.plan_step(by=daan, id=uuid.uuid4(), title="Meten", text_employee="Voor Sanne alleen")
    request.message(by=Actor.employee(sanne), id=uuid.uuid4(), text="Namens haar.")
    request.note(by=daan, id=uuid.uuid4(), text="Tussen ons.")
    request.update(
        by=daan, id=uuid.uuid4(), audience=["employee"], text_employee="Alleen voor de collega."
    )
    fatima = make_agent(request.team, "Fatima Onderdijk")
    request.release(by=daan)
    request.assign(fatima, by=daan)
    token = link_of(request)
    for answer in (anyone.get(f"/track/{token}"), anyone.client.get(f"/t/{token}")):
        text = answer.content.decode()
        for hidden in (
            "Achterberg",
            "Overwater",
            "Onderdijk",
            "@example.org",
            "Tussen ons",
            "Alleen voor de collega",
            "Voor Sanne alleen",
            str(daan.pk),
            str(sanne.pk),
        ):
            assert hidden not in text, hidden
        assert "Fatima" in text
        assert "Namens haar." in text


def test_a_message_is_made_once_and_answers_what_waits_for_the_customer(anyone: Api) -> None:
    request = factories.waiting()
    path, body = f"/track/{link_of(request)}", fresh(text="Het groene.")
    first = anyone.post(f"{path}/messages", body)
    # A repeat may come by another of the customer's links.
    again = anyone.post(f"/track/{link_of(request)}/messages", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_shape(first.json(), ENTRY)
    assert anyone.get(path).json()["status"] == "in_progress"
    other = anyone.post(f"{path}/messages", {**body, "text": "Het rode."})
    assert_problem(other, 409, "id-reused")


@pytest.mark.parametrize(
    ("verb", "make", "body", "status"),
    [
        ("confirm", factories.solved, {}, "closed"),
        ("reopen", factories.solved, REASON, "in_progress"),
        ("reopen", factories.closed, REASON, "in_progress"),
        ("withdraw", submit, REASON, "withdrawn"),
    ],
)
def test_each_verb_answers_what_a_get_would(
    anyone: Api,
    verb: str,
    make: Callable[..., CustomerRequest],
    body: dict[str, Any],
    status: str,
) -> None:
    path = f"/track/{link_of(make())}"
    done = anyone.post(f"{path}/{verb}", body)
    assert done.status_code == 200
    assert_shape(done.json(), TRACKED)
    assert done.json()["status"] == status
    assert done.json() == anyone.get(path).json()
    before = state()
    again = anyone.post(f"{path}/{verb}", body)
    assert assert_problem(again, 409, "not-now")["verb"] == verb
    assert state() == before


def test_a_confirmation_needs_no_body(anyone: Api) -> None:
    token = link_of(factories.solved())
    done = anyone.client.post(f"/api/v1/track/{token}/confirm")
    assert done.json()["closed_as"] == "confirmed"


def test_a_rating_is_given_once_and_may_be_changed_for_a_week(anyone: Api) -> None:
    request = factories.solved()
    path = f"/track/{link_of(request)}/rating"
    first = anyone.post(path, {"score": 4, "taken_seriously": True, "text": "Snel."})
    assert first.status_code == 201
    assert_shape(first.json(), {"score": int, "taken_seriously": Maybe(bool), "text": str})
    assert anyone.post(path, {"score": 5}).status_code == 200
    assert [rating.score for rating in Rating.objects.all()] == [5]
    Rating.objects.update(created_at=timezone.now() - timedelta(days=7, minutes=1))
    assert_problem(anyone.post(path, {"score": 1}), 409, "too-late-to-rate")
    assert anyone.post(path, {"score": 5}).status_code == 200


def test_each_solution_has_a_rating_of_its_own(anyone: Api) -> None:
    request = factories.solved()
    path = f"/track/{link_of(request)}"
    assert anyone.post(f"{path}/rating", {"score": 1}).status_code == 201
    anyone.post(f"{path}/reopen", REASON)
    assert_problem(anyone.post(f"{path}/rating", {"score": 2}), 409, "not-now")
    request.solve(by=holder(request), text="Nu echt.")
    assert anyone.get(path).json()["rating"] is None
    assert anyone.post(f"{path}/rating", {"score": 5}).status_code == 201
    assert sorted(rating.score for rating in Rating.objects.all()) == [1, 5]


def test_reopening_after_14_days_opens_a_follow_up(anyone: Api) -> None:
    request = factories.closed()
    long_ago = timezone.now() - timedelta(days=15)
    CustomerRequest.objects.filter(pk=request.pk).update(closed_at=long_ago)
    path = f"/track/{link_of(request)}"
    follow_up = anyone.post(f"{path}/reopen", REASON).json()
    assert_shape(follow_up, TRACKED)
    assert follow_up["reference"] != request.reference
    assert (follow_up["status"], follow_up["question"]) == ("received", request.question)
    assert follow_up["timeline"][-1]["text"] == REASON["reason"]
    assert anyone.get(path).json()["status"] == "closed"


VERSIONED: dict[str, tuple[Callable[..., CustomerRequest], dict[str, Any]]] = {
    "messages": (submit, {"text": "Nog iets."}),
    "confirm": (factories.solved, {}),
    "reopen": (factories.solved, REASON),
    "withdraw": (submit, REASON),
    "rating": (factories.solved, {"score": 5}),
}


@pytest.mark.parametrize("verb", VERSIONED)
def test_a_stale_version_is_refused_and_the_current_one_is_not(anyone: Api, verb: str) -> None:
    make, body = VERSIONED[verb]
    request = make()
    path = f"/track/{link_of(request)}/{verb}"
    sent = fresh(**body) if verb == "messages" else body
    before = state()
    stale = anyone.post(path, sent, **{"If-Match": f'"{request.version - 1}"'})
    assert assert_problem(stale, 412, "stale-version")["version"] == request.version
    assert state() == before
    current = anyone.post(path, sent, **{"If-Match": f'"{request.version}"'})
    assert current.status_code in {200, 201}


# --- The link ---


def _wrong(request: CustomerRequest) -> str:
    return "A" * 43


def _revoked(request: CustomerRequest) -> str:
    token = link_of(request)
    TrackingLink.revoke_all(request)
    return token


def _expired(request: CustomerRequest) -> str:
    token = link_of(request)
    long_ago = timezone.now() - timedelta(days=90, minutes=1)
    CustomerRequest.objects.filter(pk=request.pk).update(closed_at=long_ago)
    return token


def _erased(request: CustomerRequest) -> str:
    token = link_of(request)
    request.erase(by=Actor.customer())
    return token


def _shortened(request: CustomerRequest) -> str:
    return link_of(request)[:-1]


BAD_LINKS = [_wrong, _revoked, _expired, _erased, _shortened]
API = [
    ("GET", ""),
    ("POST", "/confirm"),
    ("POST", "/messages"),
    ("POST", "/reopen"),
    ("POST", "/withdraw"),
    ("POST", "/rating"),
]
BODIES = {
    "/messages": {"id": str(uuid.uuid4()), "text": "x"},
    "/reopen": REASON,
    "/withdraw": REASON,
    "/rating": {"score": 5},
}
PAGES = [
    ("GET", ""),
    ("GET", "/details"),
    ("GET", "/erase"),
    ("POST", "/confirm"),
    ("POST", "/message"),
    ("POST", "/erase"),
]


def _same(headers: Any) -> dict[str, str]:
    """The headers of an answer without its own id."""
    return {name: value for name, value in headers.items() if name != "X-Request-Id"}


@pytest.mark.parametrize(("method", "part"), API)
def test_wrong_expired_revoked_and_erased_links_answer_byte_for_byte_the_same(
    anyone: Api, method: str, part: str
) -> None:
    answers = []
    for bad in BAD_LINKS:
        token = bad(factories.closed())
        before = state()
        answers.append(anyone._call(method, f"/track/{token}{part}", BODIES.get(part)))
        assert state() == before
    for answer in answers:
        assert_problem(answer, 404, "not-found")
    assert len({answer.content for answer in answers}) == 1
    assert all(_same(answer.headers) == _same(answers[0].headers) for answer in answers)


@pytest.mark.parametrize(("method", "part"), PAGES)
def test_the_page_of_a_bad_link_is_byte_for_byte_the_same(
    anyone: Api, method: str, part: str
) -> None:
    answers = [
        anyone.client.generic(method, f"/t/{bad(factories.closed())}{part}") for bad in BAD_LINKS
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.content for answer in answers}) == 1
    assert all(_same(answer.headers) == _same(answers[0].headers) for answer in answers)


def test_a_link_is_kept_only_as_a_hash(anyone: Api) -> None:
    token = link_of(submit())
    anyone.get(f"/track/{token}")
    assert len(token) * 6 >= 128
    assert tables_with(token) == []


def test_a_link_works_until_90_days_after_closing(anyone: Api) -> None:
    request = factories.closed()
    token = link_of(request)
    nearly = timezone.now() - timedelta(days=90) + timedelta(minutes=1)
    CustomerRequest.objects.filter(pk=request.pk).update(closed_at=nearly)
    assert anyone.get(f"/track/{token}").status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_mail_scanner_that_opens_every_address_changes_nothing(anyone: Api, method: str) -> None:
    request = factories.solved()
    token = link_of(request)
    before = state()
    paths = [f"/t/{token}", f"/api/v1/track/{token}"]
    paths += [f"/t/{token}/{name}" for name in ("message", "confirm", "reopen", "withdraw")]
    paths += [f"/t/{token}/{name}" for name in ("rate", "details", "erase", "confirm?yes=1")]
    paths += [f"/api/v1/track/{token}/{name}" for name in ("confirm", "messages", "rating")]
    for path in paths:
        for headers in ({}, {"Sec-Fetch-Mode": "navigate"}):
            answer = anyone.client.generic(method, path, headers=headers)
            assert answer.status_code in {200, 302, 405}, path
    assert state() == before


def test_a_mail_scanner_that_asks_for_the_head_hears_that_the_link_is_good(anyone: Api) -> None:
    answer = anyone.client.head(f"/t/{link_of(submit())}")
    assert (answer.status_code, answer.content) == (200, b"")


def test_guessing_links_is_soon_too_fast_and_using_them_is_not(
    anyone: Api, settings: Settings
) -> None:
    settings.RATE_LIMIT_WRONG_LINK = "3/h"
    token = link_of(submit())
    used = [anyone.get(f"/track/{token}").status_code for _ in range(5)]
    guessed = [anyone.get(f"/track/{'B' * 43}") for _ in range(5)]
    assert used == [200] * 5
    assert [answer.status_code for answer in guessed] == [404] * 3 + [429] * 2
    assert_problem(guessed[-1], 429, "too-fast")
    assert 1 <= int(guessed[-1]["Retry-After"]) <= 3600
    page = anyone.client.get(f"/t/{'B' * 43}")
    assert page.status_code == 429
    assert int(page["Retry-After"]) > 0


def test_one_address_that_calls_too_fast_waits(anyone: Api, settings: Settings) -> None:
    settings.RATE_LIMIT_LINK = "3/h"
    path = f"/track/{link_of(submit())}"
    answers = [anyone.get(path) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert int(answers[-1]["Retry-After"]) > 0


# --- Languages, ETags, files ---


def test_labels_are_in_the_language_that_was_asked_for(anyone: Api) -> None:
    path = f"/track/{link_of(submit())}"
    assert anyone.get(path).json()["status_label"] == "Ontvangen"
    english = anyone.get(path, **{"Accept-Language": "en"})
    assert english.json()["status_label"] == "Received"


def test_a_file_of_the_request_comes_down_by_the_link(anyone: Api) -> None:
    request = submit()
    Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo(), "router.png")
    token = link_of(request)
    (file,) = anyone.get(f"/track/{token}").json()["attachments"]
    down = anyone.get(file["url"].removeprefix("/api/v1"))
    assert len(content_of(down)) == file["size"]
    assert down["Content-Disposition"] == 'attachment; filename="router.png"'
    assert down["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in down["Content-Security-Policy"]
    # Not by the link of another request.
    foreign = f"/track/{link_of(submit())}/attachments/{file['id']}"
    assert_problem(anyone.get(foreign), 404, "not-found")


@pytest.mark.parametrize("part", ["", "/attachments/{file}"])
def test_a_get_that_was_answered_before_answers_304(anyone: Api, part: str) -> None:
    request = submit()
    upload = Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo())
    path = f"/track/{link_of(request)}{part.format(file=upload.json()['id'])}"
    first = anyone.get(path)
    content_of(first)
    again = anyone.get(path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, content_of(again)) == (304, b"")


def test_what_the_clock_did_is_nobodys_name(anyone: Api) -> None:
    request = factories.solved()
    week_ago = timezone.now() - timedelta(days=8)
    CustomerRequest.objects.filter(pk=request.pk).update(solved_at=week_ago)
    request.close_unanswered()
    shown = anyone.get(f"/track/{link_of(request)}").json()
    assert_shape(shown["closed_as"], OneOf("unanswered"))
    assert shown["timeline"][-1]["actor"] == {"name": "", "role": "clock"}
