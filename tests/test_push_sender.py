"""The push sender against a server that answers as FCM does."""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import socket
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Literal

import pytest
from firebase_admin import exceptions, messaging
from google.auth.exceptions import RefreshError, TransportError

from notifications.channels import push
from notifications.channels.push import (
    PAYLOAD_LIMIT,
    Outcome,
    Push,
    PushSender,
    Verdict,
    encode,
    read_answer,
)
from tests.standins.fcm import PROJECT, FcmStandIn, Kind

# Real clients that wait, and processes that are killed.
pytestmark = pytest.mark.thorough

SECRET = "device-secret-fVx3:APA91b"

Senders = Callable[..., PushSender]


@pytest.fixture
def fcm() -> Iterator[FcmStandIn]:
    with FcmStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def senders(fcm: FcmStandIn, tmp_path: Path) -> Iterator[Senders]:
    """Makes senders to the stand-in, and closes them."""
    made: list[PushSender] = []

    def make(
        *,
        base_url: str | None = None,
        token_uri: str | None = None,
        in_flight: int = 100,
        timeout: timedelta = timedelta(seconds=10),
    ) -> PushSender:
        path = fcm.credentials_file(tmp_path, token_uri=token_uri)
        url = fcm.base_url if base_url is None else base_url
        made.append(PushSender(path, url, in_flight=in_flight, timeout=timeout))
        return made[-1]

    yield make
    for sender in made:
        sender.close()


@pytest.fixture
def sender(senders: Senders) -> PushSender:
    return senders()


def a_push(
    target: str = SECRET,
    *,
    delivery_id: str = "3f0c2a4e-9d8b-4c57-a0f3-6a1f0d3b7c11",
    target_kind: Literal["token", "fid"] = "token",
    platform: Literal["android", "ios", "web"] = "android",
    title: str = "Nieuws over DHG-7K3M-9Q2P",
    body: str = "Er is een stap gezet.",
    data: dict[str, str] | None = None,
    ttl: timedelta = timedelta(hours=1),
) -> Push:
    return Push(
        delivery_id=delivery_id,
        target=target,
        target_kind=target_kind,
        platform=platform,
        title=title,
        body=body,
        data={"kind": "step"} if data is None else data,
        ttl=ttl,
    )


def one(sender: PushSender, push: Push | None = None) -> Outcome:
    [outcome] = sender.send([push or a_push()])
    return outcome


def message(push: Push) -> dict[str, Any]:
    """What FCM reads of this push."""
    body = json.loads(encode(push))
    assert list(body) == ["message"]
    found: dict[str, Any] = body["message"]
    return found


def closed_port() -> int:
    """A port of loopback on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


# What is sent


def test_an_accepted_message_comes_back_with_its_name(fcm: FcmStandIn, sender: PushSender) -> None:
    outcome = one(sender)

    assert outcome == Outcome(Verdict.SENT, provider_id=fcm.sent[0]["name"])
    assert fcm.sent[0]["message"]["token"] == SECRET
    assert fcm.sent[0]["message"]["notification"]["body"] == "Er is een stap gezet."


def test_the_delivery_id_is_in_the_data_whatever_the_caller_put_there() -> None:
    push = a_push(delivery_id="d-1", data={"kind": "step", "delivery_id": "other"})

    assert message(push)["data"] == {"kind": "step", "delivery_id": "d-1"}


def test_a_second_copy_replaces_the_first_on_android_without_a_collapse_key() -> None:
    android = message(a_push(delivery_id="d-1", ttl=timedelta(hours=2)))["android"]

    assert android == {"ttl": "7200s", "notification": {"tag": "d-1"}}


def test_a_second_copy_replaces_the_first_on_ios_and_expires_by_its_ttl() -> None:
    before = int(time.time())
    headers = message(a_push(delivery_id="d-1", platform="ios", ttl=timedelta(hours=2)))["apns"][
        "headers"
    ]

    assert headers["apns-collapse-id"] == "d-1"
    assert before + 7200 <= int(headers["apns-expiration"]) <= time.time() + 7200


def test_a_ttl_of_nothing_tells_apns_to_keep_nothing() -> None:
    headers = message(a_push(platform="ios", ttl=timedelta()))["apns"]["headers"]

    assert headers["apns-expiration"] == "0"


def test_a_browser_gets_its_ttl_in_seconds() -> None:
    encoded = message(a_push(platform="web", ttl=timedelta(minutes=5)))

    assert encoded["webpush"] == {"headers": {"TTL": "300"}}
    assert "android" not in encoded
    assert "apns" not in encoded


@pytest.mark.parametrize("kind", ["token", "fid"])
def test_the_target_goes_under_its_own_kind(kind: Literal["token", "fid"]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        encoded = message(a_push("t", target_kind=kind))

    assert {key: encoded[key] for key in ("token", "fid") if key in encoded} == {kind: "t"}


def test_a_fid_is_accepted_like_a_token(fcm: FcmStandIn, sender: PushSender) -> None:
    assert one(sender, a_push("installation", target_kind="fid")).verdict is Verdict.SENT
    assert fcm.sent[0]["message"]["fid"] == "installation"


@pytest.mark.parametrize(
    ("push", "reason"),
    [
        (a_push(target=""), "Message.token must be a non-empty string."),
        (a_push(ttl=timedelta(seconds=-1)), "BAD_TTL"),
        (a_push(ttl=timedelta(days=28, seconds=1)), "BAD_TTL"),
        (a_push(delivery_id=""), "BAD_DELIVERY_ID"),
        (a_push(delivery_id="x" * 65), "BAD_DELIVERY_ID"),
        (a_push(body="\ud800"), "NOT_UNICODE"),
        (a_push(data={"n": 1}), "Message.data must not contain non-string values."),  # type: ignore[dict-item]  # the mistake to be caught
        (a_push(data=7), "MALFORMED"),  # type: ignore[arg-type]  # the mistake to be caught
    ],
)
def test_a_malformed_message_is_rejected_and_the_others_go(
    fcm: FcmStandIn, sender: PushSender, push: Push, reason: str
) -> None:
    outcomes = sender.send([a_push("first"), push, a_push("last")])

    assert [outcome.verdict for outcome in outcomes] == [
        Verdict.SENT,
        Verdict.REJECTED,
        Verdict.SENT,
    ]
    assert outcomes[1].reason == reason
    assert fcm.posts == 2


def test_a_payload_over_the_limit_is_rejected_without_sending(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    def of_size(extra: int) -> Push:
        empty = {"notification": {"title": "", "body": ""}, "data": {"x": "", "delivery_id": "d"}}
        frame = len(json.dumps(empty, separators=(",", ":")))
        # Two bytes each, so that characters and bytes differ.
        filling = "é" * ((PAYLOAD_LIMIT - frame) // 2) + "e" * ((PAYLOAD_LIMIT - frame) % 2)
        return a_push(delivery_id="d", title="", body="", data={"x": filling + "e" * extra})

    fits, too_large = sender.send([of_size(0), of_size(1)])

    assert fits.verdict is Verdict.SENT
    assert (too_large.verdict, too_large.reason) == (Verdict.REJECTED, "PAYLOAD_TOO_LARGE")
    assert fcm.posts == 1


def test_nothing_to_send_asks_nobody(fcm: FcmStandIn, sender: PushSender) -> None:
    assert sender.send([]) == []
    assert (fcm.posts, fcm.token_requests) == (0, 0)


# What the answers mean


@pytest.mark.parametrize(
    ("kind", "verdict", "reason", "error"),
    [
        ("unregistered", Verdict.GONE, "UNREGISTERED", messaging.UnregisteredError),
        ("invalid", Verdict.REJECTED, "INVALID_ARGUMENT", exceptions.InvalidArgumentError),
        ("mismatch", Verdict.MISMATCH, "SENDER_ID_MISMATCH", messaging.SenderIdMismatchError),
        (
            "third_party_auth",
            Verdict.ALERT,
            "THIRD_PARTY_AUTH_ERROR",
            messaging.ThirdPartyAuthError,
        ),
        ("permission_denied", Verdict.ALERT, "HTTP_403", exceptions.PermissionDeniedError),
        ("quota", Verdict.PAUSE, "QUOTA_EXCEEDED", messaging.QuotaExceededError),
        ("internal", Verdict.RETRY, "INTERNAL", exceptions.InternalError),
        ("unavailable", Verdict.RETRY, "UNAVAILABLE", exceptions.UnavailableError),
        ("bad_gateway", Verdict.AMBIGUOUS, "HTTP_502", exceptions.UnknownError),
        ("not_found_page", Verdict.ALERT, "HTTP_404", exceptions.NotFoundError),
        ("redirect", Verdict.ALERT, "HTTP_307", exceptions.UnknownError),
    ],
)
def test_an_error_answer_is_read_and_not_repeated(
    fcm: FcmStandIn,
    sender: PushSender,
    kind: Kind,
    verdict: Verdict,
    reason: str,
    error: type[Exception],
) -> None:
    fcm.answer(SECRET, kind)

    outcome = one(sender)

    assert (outcome.verdict, outcome.reason) == (verdict, reason)
    assert type(outcome.error) is error
    assert outcome.provider_id == ""
    assert fcm.posts == 1


@pytest.mark.parametrize(
    ("kind", "asked", "waits"),
    [
        ("quota", None, 60),
        ("quota", 7, 7),
        ("quota", "nonsense", 60),
        ("quota", 10**20, 3600),
        ("unavailable", None, 10),
        ("unavailable", 45, 45),
        ("unavailable", 1, 10),
        ("internal", 30, 30),
        ("unregistered", 30, None),
        ("third_party_auth", 30, None),
    ],
)
def test_the_wait_is_what_fcm_asks_within_bounds(
    fcm: FcmStandIn, sender: PushSender, kind: Kind, asked: int | str | None, waits: int | None
) -> None:
    fcm.answer(SECRET, kind, retry_after=asked)

    expected = None if waits is None else timedelta(seconds=waits)
    assert one(sender).retry_after == expected


def test_a_wait_may_be_a_date() -> None:
    moment = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)

    waits = read_answer(429, {"Retry-After": moment}, b"").retry_after

    assert waits is not None
    assert timedelta(seconds=95) < waits <= timedelta(seconds=100)


def test_a_date_that_has_passed_asks_for_no_wait() -> None:
    past = "Sun, 06 Nov 1994 08:49:37 GMT"

    assert read_answer(429, {"Retry-After": past}, b"").retry_after == timedelta()


def test_a_429_pauses_the_whole_project_and_then_it_goes_on(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(in_flight=1)
    fcm.answer("second", "quota", retry_after=1, times=1)
    targets = ["first", "second", "third", "fourth"]

    first, second, third, fourth = sender.send([a_push(target) for target in targets])
    later = one(sender)

    assert first.verdict is Verdict.SENT
    assert second.retry_after == timedelta(seconds=1)
    for held in (third, fourth, later):
        assert held.verdict is Verdict.PAUSE
        assert held.retry_after is not None
        assert timedelta() < held.retry_after <= timedelta(seconds=1)
    assert fcm.posts == 2

    time.sleep(1.05)
    assert one(sender).verdict is Verdict.SENT


@pytest.mark.parametrize("kind", ["not_json", "cut_short"])
def test_an_accepted_message_is_sent_even_if_the_answer_cannot_be_read(
    fcm: FcmStandIn, sender: PushSender, kind: Kind
) -> None:
    fcm.answer(SECRET, kind)

    assert one(sender) == Outcome(Verdict.SENT, provider_id="")
    assert len(fcm.sent) == 1


def test_an_unreadable_answer_does_not_cost_the_others_theirs(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.answer("odd", "not_json")

    outcomes = sender.send([a_push("a"), a_push("odd"), a_push("b")])

    assert [bool(outcome.provider_id) for outcome in outcomes] == [True, False, True]
    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}


@pytest.mark.parametrize(
    ("status", "body", "verdict", "reason"),
    [
        (404, b"", Verdict.ALERT, "HTTP_404"),
        (404, b"[" * 100_000, Verdict.ALERT, "HTTP_404"),
        (
            404,
            b'{"error": {"details": [{"errorCode": "UNREGISTERED"}]}}',
            Verdict.ALERT,
            "HTTP_404",
        ),
        (400, b'{"error": "token"}', Verdict.REJECTED, "HTTP_400"),
        (400, b'{"error": {"details": {"@type": 1}}}', Verdict.REJECTED, "HTTP_400"),
        (401, b"null", Verdict.ALERT, "HTTP_401"),
        (429, b"\xff", Verdict.PAUSE, "HTTP_429"),
        (418, b"", Verdict.ALERT, "HTTP_418"),
        (504, b"", Verdict.AMBIGUOUS, "HTTP_504"),
        (507, b"", Verdict.RETRY, "HTTP_507"),
    ],
)
def test_an_answer_that_is_not_fcms_never_drops_a_device(
    status: int, body: bytes, verdict: Verdict, reason: str
) -> None:
    outcome = read_answer(status, {}, body)

    assert (outcome.verdict, outcome.reason) == (verdict, reason)


def test_a_refused_field_is_named_and_its_value_is_not() -> None:
    quoting = {"field": "message.token", "description": f'Invalid value (TYPE_STRING), "{SECRET}"'}
    details = [
        {
            "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
            "errorCode": "INVALID_ARGUMENT",
        },
        {"fieldViolations": [quoting, {"field": f"message {SECRET}"}]},
    ]
    body = json.dumps({"error": {"message": f"bad {SECRET}", "details": details}}).encode()

    outcome = read_answer(400, {}, body)

    assert outcome.reason == "INVALID_ARGUMENT message.token"
    assert SECRET not in repr(outcome)


# Connections


def test_a_reset_is_ambiguous_and_not_repeated(fcm: FcmStandIn, sender: PushSender) -> None:
    fcm.answer(SECRET, "reset")

    outcome = one(sender)

    assert (outcome.verdict, outcome.reason) == (Verdict.AMBIGUOUS, "CONNECTION_LOST")
    assert fcm.posts == 1


def test_a_reset_of_a_used_connection_is_not_repeated_either(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(in_flight=1)
    one(sender, a_push("warm"))
    fcm.answer(SECRET, "reset")

    assert one(sender).verdict is Verdict.AMBIGUOUS
    assert fcm.posts == 2


def test_an_answer_that_does_not_come_is_ambiguous_and_not_repeated(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(timeout=timedelta(seconds=0.3))
    fcm.answer(SECRET, "slow", seconds=2)

    slow, quick = sender.send([a_push(), a_push("quick")])

    assert (slow.verdict, slow.reason) == (Verdict.AMBIGUOUS, "TIMEOUT")
    assert quick.verdict is Verdict.SENT
    assert fcm.posts == 2


def test_nothing_was_sent_where_nobody_listens(fcm: FcmStandIn, senders: Senders) -> None:
    outcome = one(senders(base_url=f"http://127.0.0.1:{closed_port()}"))

    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "UNREACHABLE")
    assert outcome.retry_after == timedelta(seconds=10)


def test_nothing_was_sent_to_a_name_that_does_not_exist(senders: Senders) -> None:
    outcome = one(senders(base_url="http://fcm.invalid"))

    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "UNREACHABLE")


def test_nothing_was_sent_to_a_host_that_does_not_take_the_connection(senders: Senders) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        waiting = []
        for _ in range(3):  # more than the queue holds: the next one gets no answer at all
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(deaf.getsockname())
        sender = senders(
            base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}", timeout=timedelta(seconds=0.6)
        )
        outcome = one(sender)
        for connection in waiting:
            connection.close()

    assert (outcome.verdict, outcome.reason) == (Verdict.RETRY, "UNREACHABLE")


def test_a_proxy_of_the_environment_is_used(
    fcm: FcmStandIn, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", fcm.base_url)
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert one(senders(base_url="http://fcm.invalid")).verdict is Verdict.SENT


def test_a_proxy_is_not_used_where_the_environment_says_so(
    fcm: FcmStandIn, senders: Senders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    assert one(senders()).verdict is Verdict.SENT


def test_four_hundred_refusals_leave_nothing_behind(fcm: FcmStandIn, sender: PushSender) -> None:
    fcm.answer("*", "unavailable", times=400)

    refused = sender.send([a_push(f"device-{number}") for number in range(400)])
    accepted = sender.send([a_push(f"device-{number}") for number in range(400)])

    assert {outcome.verdict for outcome in refused} == {Verdict.RETRY}
    assert {outcome.verdict for outcome in accepted} == {Verdict.SENT}
    assert (fcm.posts, len(fcm.sent)) == (800, 400)


def test_no_more_are_in_flight_than_was_allowed(fcm: FcmStandIn, senders: Senders) -> None:
    fcm.delay = 0.02
    sender = senders(in_flight=5)

    outcomes = sender.send([a_push(f"device-{number}") for number in range(40)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert fcm.busiest == 5


# The access token


def test_two_hundred_cold_messages_ask_for_one_access_token(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    outcomes = sender.send([a_push(f"device-{number}") for number in range(200)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.SENT}
    assert fcm.token_requests == 1


def test_the_access_token_is_renewed_five_minutes_before_it_ends(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.token_lifetime = 301
    one(sender)
    one(sender)
    assert fcm.token_requests == 1

    time.sleep(1.1)
    # Nobody waits for the new one: the old one is still good.
    assert one(sender).verdict is Verdict.SENT
    deadline = time.monotonic() + 5
    while fcm.token_requests < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert fcm.token_requests == 2


def test_a_renewal_that_fails_does_not_stop_a_token_that_is_still_good(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.token_lifetime = 60
    one(sender)
    fcm.answer_token("reset")

    time.sleep(1.1)

    assert [one(sender).verdict for _ in range(50)] == [Verdict.SENT] * 50
    assert fcm.token_requests < 10


def test_a_revoked_access_token_is_an_alert_and_is_replaced(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    one(sender)
    fcm.revoke_tokens()

    outcome = one(sender)

    assert (outcome.verdict, outcome.reason) == (Verdict.ALERT, "HTTP_401")
    assert one(sender).verdict is Verdict.SENT
    assert fcm.token_requests == 2


def test_a_key_that_apple_refuses_does_not_cost_our_access_token(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.answer(SECRET, "third_party_auth")

    one(sender)
    one(sender, a_push("other"))

    assert fcm.token_requests == 1


def test_a_token_endpoint_that_is_down_means_that_nothing_was_sent(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(token_uri=f"http://127.0.0.1:{closed_port()}/token")

    outcomes = sender.send([a_push(f"device-{number}") for number in range(150)])

    assert {(outcome.verdict, outcome.reason) for outcome in outcomes} == {
        (Verdict.RETRY, "TOKEN_UNAVAILABLE")
    }
    assert isinstance(outcomes[0].error, TransportError)
    assert outcomes[0].retry_after == timedelta(seconds=10)
    assert fcm.posts == 0


def test_a_token_endpoint_that_comes_back_is_asked_again(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.answer_token("not_json", times=1)

    assert one(sender).reason == "TOKEN_UNAVAILABLE"
    time.sleep(1.05)
    assert one(sender).verdict is Verdict.SENT


def test_a_token_endpoint_that_hangs_costs_a_batch_one_wait(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(timeout=timedelta(seconds=0.3), in_flight=2)
    fcm.answer_token("slow", seconds=5)

    began = time.monotonic()
    outcomes = sender.send([a_push(f"device-{number}") for number in range(20)])

    assert {outcome.verdict for outcome in outcomes} == {Verdict.RETRY}
    assert fcm.token_requests == 1
    assert time.monotonic() - began < 2


def test_a_service_account_that_google_refuses_is_an_alert(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.answer_token("invalid_grant")

    outcome = one(sender)

    assert (outcome.verdict, outcome.reason) == (Verdict.ALERT, "TOKEN_REFUSED")
    assert isinstance(outcome.error, RefreshError)
    assert fcm.posts == 0


# Threads, processes, beginning and end


def test_four_threads_share_one_client(fcm: FcmStandIn, sender: PushSender) -> None:
    def batch(thread: int) -> list[Outcome]:
        return sender.send([a_push(f"{thread}-{number}") for number in range(100)])

    with ThreadPoolExecutor(4) as threads:
        batches = list(threads.map(batch, range(4)))

    names = {sent["message"]["token"]: sent["name"] for sent in fcm.sent}
    for thread, outcomes in enumerate(batches):
        expected = [names[f"{thread}-{number}"] for number in range(100)]
        assert [outcome.provider_id for outcome in outcomes] == expected
    assert fcm.token_requests == 1
    assert [t.name for t in threading.enumerate()].count("push-sender") == 1


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_child_sends_over_a_client_of_its_own_and_the_parent_goes_on(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    one(sender, a_push("before"))
    context = multiprocessing.get_context("fork")
    results = context.Queue()

    def child(number: int) -> None:
        outcomes = sender.send([a_push(f"child-{number}-{each}") for each in range(20)])
        sender.close()
        # Whatever the child drops of its parent must not reach the parent's connections.
        gc.collect()
        results.put([outcome.verdict.value for outcome in outcomes])

    children = [context.Process(target=child, args=(number,), daemon=True) for number in range(2)]
    for process in children:
        process.start()
    verdicts = [results.get(timeout=30) for _ in children]
    for process in children:
        process.join(timeout=30)
    after = one(sender, a_push("after"))

    assert verdicts == [["sent"] * 20] * 2
    assert [process.exitcode for process in children] == [0, 0]
    assert after.verdict is Verdict.SENT
    assert (len(fcm.sent), fcm.token_requests) == (42, 3)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_fork_at_the_moment_in_which_a_client_is_made_leaves_the_child_free(
    sender: PushSender,
) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    process = context.Process(target=lambda: results.put(one(sender).verdict.value), daemon=True)
    with push._starting:
        process.start()

    assert results.get(timeout=10) == "sent"
    process.join(timeout=10)


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_a_fork_while_messages_are_in_flight_breaks_neither_side(
    fcm: FcmStandIn, sender: PushSender
) -> None:
    fcm.delay = 0.2
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(sender.send, [a_push(f"parent-{each}") for each in range(50)])
        while fcm.posts == 0:
            time.sleep(0.01)
        context = multiprocessing.get_context("fork")
        results = context.Queue()
        process = context.Process(
            target=lambda: results.put(one(sender, a_push("child")).verdict.value), daemon=True
        )
        process.start()
        in_child = results.get(timeout=30)
        process.join(timeout=30)
        in_parent = sending.result(timeout=30)

    assert in_child == "sent"
    assert {outcome.verdict for outcome in in_parent} == {Verdict.SENT}
    assert len(fcm.sent) == 51


def test_an_interrupted_call_sends_no_more_of_its_batch(fcm: FcmStandIn, senders: Senders) -> None:
    sender = senders(in_flight=1)
    fcm.delay = 0.1
    threading.Timer(0.35, os.kill, (os.getpid(), signal.SIGALRM)).start()

    def interrupt(number: int, frame: object) -> None:
        raise TimeoutError("the task took too long")

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        with pytest.raises(TimeoutError, match="too long"):
            sender.send([a_push(f"device-{number}") for number in range(100)])
    finally:
        signal.signal(signal.SIGALRM, before)
    time.sleep(0.15)
    posts = fcm.posts
    time.sleep(0.3)

    assert fcm.posts == posts < 10
    fcm.delay = 0
    assert one(sender).verdict is Verdict.SENT


def test_closing_lets_what_is_in_flight_finish_and_gives_back_the_rest(
    fcm: FcmStandIn, senders: Senders
) -> None:
    sender = senders(in_flight=2)
    fcm.delay = 0.2
    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(sender.send, [a_push(f"device-{each}") for each in range(10)])
        while fcm.posts == 0:
            time.sleep(0.01)
        sender.close()
        outcomes = sending.result(timeout=10)

    reasons = [(outcome.verdict, outcome.reason) for outcome in outcomes]
    assert reasons.count((Verdict.SENT, "")) == len(fcm.sent) == fcm.posts
    assert reasons.count((Verdict.RETRY, "CLOSING")) == 10 - fcm.posts > 0
    assert "push-sender" not in [thread.name for thread in threading.enumerate()]


def test_a_closed_sender_says_so(sender: PushSender) -> None:
    sender.close()
    sender.close()

    with pytest.raises(RuntimeError, match="closed"):
        one(sender)


@pytest.mark.parametrize("address", ["fcm.googleapis.com", "ftp://fcm.test", "https://", ""])
def test_an_address_that_is_none_is_refused_at_the_start(senders: Senders, address: str) -> None:
    with pytest.raises(ValueError, match="push address"):
        senders(base_url=address)


def test_a_service_account_file_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "account.json").write_text("{}")

    with pytest.raises(ValueError, match="service account"):
        PushSender(tmp_path / "account.json", "https://fcm.test")
    with pytest.raises(OSError, match="nowhere"):
        PushSender(tmp_path / "nowhere.json", "https://fcm.test")


def test_the_project_of_the_service_account_is_in_the_address(
    fcm: FcmStandIn, senders: Senders
) -> None:
    outcome = one(senders(base_url=fcm.base_url + "/"))

    assert outcome.provider_id.startswith(f"projects/{PROJECT}/messages/")


def test_no_log_line_and_no_outcome_names_a_device_or_an_access_token(
    fcm: FcmStandIn, senders: Senders, caplog: pytest.LogCaptureFixture
) -> None:
    sender = senders(timeout=timedelta(seconds=0.3))
    kinds: tuple[Kind, ...] = ("unregistered", "invalid", "reset", "slow", "not_json", "quota")
    with caplog.at_level("DEBUG"):
        outcomes = []
        for kind in kinds:
            fcm.answer(SECRET, kind, seconds=1)
            outcomes.append(one(sender))
        outcomes.append(one(sender, a_push(body="\ud800")))

    for written in (caplog.text, repr(outcomes), repr(a_push())):
        assert SECRET not in written
        assert "ya29." not in written
    assert len({outcome.reason for outcome in outcomes}) == 7
