"""Push through Firebase Cloud Messaging, with firebase-admin's app, messages and error classes.

Only the sending itself is ours: see docs/decisions/0003-push-sender.md for why. Nothing here
retries a POST, knows Django or writes a log line; every message comes back as an `Outcome` and
the outbox decides what follows from it.
"""

from __future__ import annotations

import asyncio
import enum
import functools
import json
import math
import os
import re
import threading
import time
import uuid
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import firebase_admin
import google.auth.exceptions
import google.auth.transport.requests
from firebase_admin import credentials, exceptions, messaging

Returned = TypeVar("Returned")

PAYLOAD_LIMIT = 4096  # bytes of notification and data together, FCM's limit
COLLAPSE_ID_LIMIT = 64  # bytes, APNs' limit for apns-collapse-id
LONGEST_TTL = timedelta(days=28)  # FCM's limit

TOKEN_MARGIN = 300.0  # seconds before its end at which an access token is renewed
# Seconds between two calls of the token endpoint, at least: where it is down or hangs, one message
# finds out for its whole batch.
TOKEN_PAUSE = 1.0
FORGET_PAUSE = 60.0  # seconds between two access tokens thrown away because of a 401

FIRST_WAIT = timedelta(seconds=10)  # FCM asks for at least this after a 500 or 503
QUOTA_WAIT = timedelta(seconds=60)  # after a 429 that does not say how long
LONGEST_WAIT = timedelta(hours=1)  # a Retry-After beyond this is asked again after it


class Verdict(enum.Enum):
    """What became of one message, and so what the outbox has to do."""

    SENT = "sent"  # FCM accepted it
    GONE = "gone"  # the app was removed: drop the device
    MISMATCH = "mismatch"  # the device belongs to another sender: switch it off
    RETRY = "retry"  # not accepted: try again after `retry_after`, with growing waits
    AMBIGUOUS = "ambiguous"  # may have been accepted: the kind of message decides
    PAUSE = "pause"  # the project's quota is used up: nobody sends before `retry_after`
    ALERT = "alert"  # our credentials or address are at fault: keep the device, tell the operator
    REJECTED = "rejected"  # this message, as it is, will never be accepted


@dataclass(frozen=True, slots=True)
class Push:
    """One message for one device; `ttl` is 0 to 28 days, `data` holds ids and no personal data."""

    delivery_id: str
    target: str = field(repr=False)  # whoever has it can push to the device: not for logs
    target_kind: Literal["token", "fid"]
    platform: Literal["android", "ios", "web"]
    title: str
    body: str
    data: Mapping[str, str]
    ttl: timedelta


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer for one message.

    `reason` is a code of FCM's or ours, with the names of refused fields, and is safe to log:
    it never holds a target or FCM's own sentence (which may quote one). `provider_id` is FCM's
    name for the message and may be empty although the message was sent.
    """

    verdict: Verdict
    provider_id: str = ""
    reason: str = ""
    retry_after: timedelta | None = None
    error: BaseException | None = None


def encode(push: Push) -> bytes:
    """The body of FCM's messages:send, as validated and encoded by firebase-admin.

    FCM knows neither order nor idempotency, so the delivery id travels in `data` and as the key
    by which a second copy replaces the first on the phone. There is no Android collapse key: FCM
    allows four per device and limits their rate.

    Raises ValueError when FCM could never accept the message; its text does not name the target.
    """
    if not timedelta() <= push.ttl <= LONGEST_TTL:
        raise ValueError("BAD_TTL")
    if not 0 < len(push.delivery_id.encode()) <= COLLAPSE_ID_LIMIT:
        raise ValueError("BAD_DELIVERY_ID")
    seconds = int(push.ttl.total_seconds())
    data = {**push.data, "delivery_id": push.delivery_id}
    message = messaging.Message(
        data=data,
        notification=messaging.Notification(title=push.title, body=push.body),
    )
    if push.target_kind == "fid":
        message.fid = push.target
    else:
        # Passing it to the constructor warns about the move to fid; silencing a warning is not
        # safe between threads.
        message.token = push.target
    match push.platform:
        case "android":
            message.android = messaging.AndroidConfig(
                ttl=timedelta(seconds=seconds),
                notification=messaging.AndroidNotification(tag=push.delivery_id),
            )
        case "ios":
            # Zero means to APNs: try once, keep nothing.
            expiration = int(time.time()) + seconds if seconds else 0
            message.apns = messaging.APNSConfig(
                headers={
                    "apns-collapse-id": push.delivery_id,
                    "apns-expiration": str(expiration),
                }
            )
        case "web":
            message.webpush = messaging.WebpushConfig(headers={"TTL": str(seconds)})
    encoded = str(message)
    payload = {"notification": {"title": push.title, "body": push.body}, "data": data}
    if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) > PAYLOAD_LIMIT:
        raise ValueError("PAYLOAD_TOO_LARGE")
    return b'{"message": ' + encoded.encode() + b"}"


class PushSender:
    """Sends messages over one long-lived client per process.

    The client (a thread with an event loop and its connections) starts at the first `send` and is
    never taken over a fork: a child starts its own. All threads of a process share it, at most
    `in_flight` messages at a time. `timeout` is per message, from connecting to the last byte.

    Raises OSError or ValueError when the service account file or the address is no good.
    """

    def __init__(
        self,
        credentials_path: str | Path,
        base_url: str,
        *,
        in_flight: int = 100,
        timeout: timedelta = timedelta(seconds=10),
    ) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"The push address is not an http(s) address: {base_url!r}")
        if in_flight < 1:
            raise ValueError(f"At least one message has to be in flight, not {in_flight}")
        # A name of its own: a second sender with another service account may live beside it.
        self._app = firebase_admin.initialize_app(
            credentials.Certificate(str(credentials_path)), name=f"push-{uuid.uuid4()}"
        )
        if not self._app.project_id:
            firebase_admin.delete_app(self._app)
            raise ValueError(f"The service account file names no project: {credentials_path}")
        self._url = f"{base_url.rstrip('/')}/v1/projects/{self._app.project_id}/messages:send"
        self._in_flight = in_flight
        self._timeout = timeout.total_seconds()
        self._client: _Client | None = None
        self._closed = False

    def send(self, pushes: Sequence[Push]) -> list[Outcome]:
        """Send all and wait; one outcome per message, in the same order.

        A message that fails never raises and never stops another. After a 429 the messages that
        had not left yet, and those of later calls, come back as PAUSE at once until the pause is
        over. When this call is interrupted, what had not left yet does not leave.

        Raises RuntimeError after `close`.
        """
        outcomes: list[Outcome | None] = []
        bodies: list[bytes] = []
        for push in pushes:
            try:
                bodies.append(encode(push))
            except Exception as error:
                # Whatever is wrong with this one, the others still have to go out.
                outcomes.append(Outcome(Verdict.REJECTED, reason=_reason(error), error=error))
            else:
                outcomes.append(None)
        delivered = iter(self._own_client().run(bodies) if bodies else ())
        return [outcome or next(delivered) for outcome in outcomes]

    def close(self) -> None:
        """Let what is in flight finish, give back the rest as RETRY, and end the thread."""
        with _starting:
            if self._closed:
                return
            self._closed = True
            client, self._client = self._client, None
            firebase_admin.delete_app(self._app)
            if client is not None and client.pid != os.getpid():
                _of_the_parent.append(client)
                return
        if client is not None:
            client.close()

    def _own_client(self) -> _Client:
        with _starting:
            if self._closed:
                raise RuntimeError("This push sender is closed")
            if self._client is not None and self._client.pid != os.getpid():
                _of_the_parent.append(self._client)
                self._client = None
            if self._client is None:
                self._client = _Client(
                    self._app.credential.get_credential(),
                    self._url,
                    in_flight=self._in_flight,
                    timeout=self._timeout,
                )
            return self._client


def _reason(error: Exception) -> str:
    """A code for a message that could not be encoded; firebase-admin's texts name only fields."""
    if isinstance(error, UnicodeError):
        return "NOT_UNICODE"  # its own text quotes what it could not encode
    return str(error) if isinstance(error, ValueError) else "MALFORMED"


# Taken for the moment in which a client is made. A fork may happen while another thread holds it,
# so a child gets a new one.
_starting = threading.Lock()

# Clients of the parent, kept in the child: if they were collected, aiohttp would take the parent's
# connections out of an epoll instance that parent and child share.
_of_the_parent: list[_Client] = []


def _after_fork() -> None:
    global _starting
    _starting = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


class _NoToken(Exception):
    """There is no access token; `outcome` says so for every message that waited for it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class _Client:
    """One process's line to FCM: a thread, its event loop, connections and access token."""

    def __init__(self, credential: Any, url: str, *, in_flight: int, timeout: float) -> None:
        self.pid = os.getpid()
        self._credential = credential
        self._url = url
        self._in_flight = in_flight
        self._timeout = timeout
        self._closing = False
        self._accepting = threading.Lock()
        # From here on only the loop's own thread touches these.
        self._session: aiohttp.ClientSession | None = None
        self._free = asyncio.Semaphore(in_flight)
        self._paused_until = -math.inf
        self._token = ""
        self._token_ends = -math.inf
        self._renew_at = -math.inf
        self._renewal: asyncio.Task[None] | None = None
        self._no_token = Outcome(Verdict.RETRY, reason="NO_TOKEN", retry_after=FIRST_WAIT)
        self._forgot_at = -math.inf
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="push-sender", daemon=True)
        self._thread.start()

    def run(self, bodies: Sequence[bytes]) -> list[Outcome]:
        """Deliver all; called from any thread but the client's own."""
        return self._do(self._deliver_all(bodies))

    def close(self) -> None:
        """Wait for what is in flight; whoever still waits in `run` gets outcomes."""
        with self._accepting:
            if self._closing:
                return
            self._closing = True
            # Queued under the lock, so it comes after everything that was accepted.
            ending = asyncio.run_coroutine_threadsafe(self._end(), self._loop)
        ending.result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _do(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        with self._accepting:
            if self._closing:
                work.close()
                raise RuntimeError("This push sender is closed")
            doing = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return doing.result()
        except BaseException:
            doing.cancel()
            raise

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
            self._loop.close()

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)
        if self._session is not None:
            await self._session.close()

    async def _deliver_all(self, bodies: Sequence[bytes]) -> list[Outcome]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # As many connections as messages in flight, so that nobody's time runs out while
                # waiting for one. Idle ones are closed early (aiohttp's 15 s): a connection that
                # FCM closes under a message leaves that message ambiguous.
                connector=aiohttp.TCPConnector(limit=self._in_flight),
                # Connecting gets half, so that a host that does not answer is told apart from an
                # answer that does not come.
                timeout=aiohttp.ClientTimeout(total=self._timeout, connect=self._timeout / 2),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={
                    "Content-Type": "application/json",
                    "X-GOOG-API-FORMAT-VERSION": "2",
                    "X-FIREBASE-CLIENT": f"fire-admin-python/{firebase_admin.__version__}",
                },
                proxy=_proxy(self._url),
            )
        return await asyncio.gather(*(self._deliver(self._session, body) for body in bodies))

    def _held_back(self) -> Outcome | None:
        """Why nothing may leave now, if so."""
        if self._closing:
            return Outcome(Verdict.RETRY, reason="CLOSING", retry_after=FIRST_WAIT)
        left = self._paused_until - self._loop.time()
        if left > 0:
            return Outcome(
                Verdict.PAUSE, reason="QUOTA_EXCEEDED", retry_after=timedelta(seconds=left)
            )
        return None

    async def _deliver(self, session: aiohttp.ClientSession, body: bytes) -> Outcome:
        async with self._free:
            if (held := self._held_back()) is not None:
                return held
            try:
                token = await self._bearer()
                outcome = await self._post(session, token, body)
            except _NoToken as missing:
                return missing.outcome
            except Exception as error:
                # Nothing is known about how far it came, and the others must go on.
                return Outcome(Verdict.AMBIGUOUS, reason=type(error).__name__, error=error)
            if outcome.verdict is Verdict.PAUSE and outcome.retry_after is not None:
                until = self._loop.time() + outcome.retry_after.total_seconds()
                self._paused_until = max(self._paused_until, until)
            elif type(outcome.error) is exceptions.UnauthenticatedError:
                # Exactly this one: a ThirdPartyAuthError is about APNs' key, not about our token.
                self._forget(token)
            return outcome

    async def _post(self, session: aiohttp.ClientSession, token: str, body: bytes) -> Outcome:
        """One POST, never repeated: neither here nor by aiohttp, which repeats no POST."""
        try:
            async with session.post(
                self._url,
                data=body,
                headers={"Authorization": f"Bearer {token}"},
                allow_redirects=False,  # the access token is for this address only
            ) as response:
                try:
                    answer = await response.read()
                except (aiohttp.ClientError, TimeoutError):
                    # The status line decided already; the body only says more about it.
                    answer = b""
                return read_answer(response.status, response.headers, answer)
        except (
            aiohttp.ClientConnectorError,  # refused, no such name, no route, TLS
            aiohttp.ConnectionTimeoutError,
            aiohttp.ClientHttpProxyError,
        ) as error:
            return Outcome(Verdict.RETRY, reason="UNREACHABLE", retry_after=FIRST_WAIT, error=error)
        except TimeoutError as error:
            return Outcome(Verdict.AMBIGUOUS, reason="TIMEOUT", error=error)
        except (aiohttp.ClientError, OSError) as error:
            return Outcome(Verdict.AMBIGUOUS, reason="CONNECTION_LOST", error=error)

    async def _bearer(self) -> str:
        """The access token; one renewal serves all who ask, and nobody waits while it is valid."""
        now = self._loop.time()
        if self._renewal is None and now >= self._renew_at:
            self._renewal = self._loop.create_task(self._renew())
        if now < self._token_ends:
            return self._token
        if self._renewal is not None:
            # Shielded: one interrupted caller must not take the token from all others.
            await asyncio.shield(self._renewal)
        if self._loop.time() < self._token_ends:
            return self._token
        raise _NoToken(self._no_token)

    async def _renew(self) -> None:
        """Fetch an access token in a worker thread: google-auth blocks."""
        fetch = google.auth.transport.requests.Request()
        # google-auth would wait two minutes.
        impatient = functools.partial(fetch, timeout=self._timeout)
        try:
            await self._loop.run_in_executor(None, self._credential.refresh, impatient)
        except Exception as error:
            self._no_token = _refusal(error)
            self._renew_at = self._loop.time() + TOKEN_PAUSE
        else:
            now = self._loop.time()
            # google-auth keeps UTC without saying so.
            expiry = self._credential.expiry.replace(tzinfo=UTC)
            self._token = self._credential.token
            self._token_ends = now + (expiry - datetime.now(UTC)).total_seconds()
            self._renew_at = max(self._token_ends - TOKEN_MARGIN, now + TOKEN_PAUSE)
        finally:
            fetch.session.close()
            self._renewal = None

    def _forget(self, token: str) -> None:
        """Fetch a new access token after a 401, but not again and again if that does not help."""
        now = self._loop.time()
        if token == self._token and now - self._forgot_at >= FORGET_PAUSE:
            self._forgot_at = now
            self._token_ends = self._renew_at = -math.inf


def _proxy(url: str) -> str | None:
    """The proxy that the environment prescribes for this address, as google-auth uses it too.

    Asked once: aiohttp's `trust_env` asks again for every message, in a thread (and reads
    ~/.netrc there, whose password would clash with our access token).
    """
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)


def _refusal(error: Exception) -> Outcome:
    """What no access token means for the messages: none of them was sent."""
    refused = isinstance(error, google.auth.exceptions.RefreshError)
    if refused and not getattr(error, "retryable", False):
        return Outcome(Verdict.ALERT, reason="TOKEN_REFUSED", error=error)
    return Outcome(Verdict.RETRY, reason="TOKEN_UNAVAILABLE", retry_after=FIRST_WAIT, error=error)


# FCM's own code decides. A status alone never drops a device: a wrong address answers 404 too.
_BY_CODE: Mapping[str, tuple[Verdict, Any]] = {
    "UNREGISTERED": (Verdict.GONE, messaging.UnregisteredError),
    "SENDER_ID_MISMATCH": (Verdict.MISMATCH, messaging.SenderIdMismatchError),
    "INVALID_ARGUMENT": (Verdict.REJECTED, exceptions.InvalidArgumentError),
    "THIRD_PARTY_AUTH_ERROR": (Verdict.ALERT, messaging.ThirdPartyAuthError),
    "APNS_AUTH_ERROR": (Verdict.ALERT, messaging.ThirdPartyAuthError),
    "QUOTA_EXCEEDED": (Verdict.PAUSE, messaging.QuotaExceededError),
    "INTERNAL": (Verdict.RETRY, exceptions.InternalError),
    "UNAVAILABLE": (Verdict.RETRY, exceptions.UnavailableError),
}
_BY_STATUS: Mapping[int, tuple[Verdict, Any]] = {
    400: (Verdict.REJECTED, exceptions.InvalidArgumentError),
    401: (Verdict.ALERT, exceptions.UnauthenticatedError),
    403: (Verdict.ALERT, exceptions.PermissionDeniedError),
    404: (Verdict.ALERT, exceptions.NotFoundError),
    413: (Verdict.REJECTED, exceptions.InvalidArgumentError),
    429: (Verdict.PAUSE, exceptions.ResourceExhaustedError),
    500: (Verdict.RETRY, exceptions.InternalError),
    # A gateway that lost the answer: FCM behind it may have accepted the message.
    502: (Verdict.AMBIGUOUS, exceptions.UnknownError),
    503: (Verdict.RETRY, exceptions.UnavailableError),
    504: (Verdict.AMBIGUOUS, exceptions.DeadlineExceededError),
}


def read_answer(status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """FCM's answer as an outcome.

    A 2xx is SENT even when its body cannot be read: FCM accepted the message, and sending it
    again would only make a second one. Statuses that nobody documented are ALERT from 300 on
    (the sender or its address is wrong) and RETRY from 500 on.
    """
    answer = _json_object(body)
    if 200 <= status < 300:
        name = answer.get("name")
        return Outcome(Verdict.SENT, provider_id=name if isinstance(name, str) else "")
    told = answer.get("error")
    details = _objects(told.get("details")) if isinstance(told, dict) else []
    code = _fcm_code(details)
    fallback = (Verdict.RETRY if status >= 500 else Verdict.ALERT, exceptions.UnknownError)
    verdict, kind = _BY_CODE.get(code) or _BY_STATUS.get(status, fallback)
    reason = " ".join([code or f"HTTP_{status}", *_refused_fields(details)])
    wait: timedelta | None = None
    if verdict is Verdict.RETRY:
        wait = max(_retry_after(headers) or FIRST_WAIT, FIRST_WAIT)
    elif verdict is Verdict.PAUSE:
        asked = _retry_after(headers)
        wait = QUOTA_WAIT if asked is None else asked
    return Outcome(verdict, reason=reason, retry_after=wait, error=kind(reason))


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _objects(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _fcm_code(details: Iterable[Mapping[str, Any]]) -> str:
    """FCM's errorCode, empty when there is none."""
    for detail in details:
        code = detail.get("errorCode")
        if (
            str(detail.get("@type", "")).endswith("google.firebase.fcm.v1.FcmError")
            and isinstance(code, str)
            and re.fullmatch(r"[A-Z_]{1,40}", code)
        ):
            return code
    return ""


def _refused_fields(details: Iterable[Mapping[str, Any]]) -> list[str]:
    """Paths of at most five fields that FCM did not accept; its descriptions may quote a target."""
    paths = (
        violation.get("field")
        for detail in details
        for violation in _objects(detail.get("fieldViolations"))
    )
    named = [path for path in paths if isinstance(path, str)]
    return [path for path in named if re.fullmatch(r"[\w.\[\]]{1,80}", path)][:5]


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """The wait that was asked for, in seconds or as a date, between nothing and an hour."""
    asked = headers.get("Retry-After", "").strip()
    if asked.isascii() and asked.isdigit():
        # Nobody counts further than nine digits; more would overflow.
        wait = timedelta(seconds=int(asked[:9]))
    else:
        try:
            moment = parsedate_to_datetime(asked)
        except (ValueError, OverflowError):
            return None
        wait = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)
    return min(max(wait, timedelta()), LONGEST_WAIT)
