"""Firebase Cloud Messaging and Google's token endpoint, as far as a sender can tell.

Checks the JWT-bearer exchange and every message as Google documents it, answers with Google's
error JSON, and can be told per target what to answer.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import re
import secrets
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal, Self

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.standins import Journal, WebStandIn, serve_until_stopped

PROJECT = "doe-het-gewoon-test"
EMAIL = f"push@{PROJECT}.iam.gserviceaccount.com"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# What google-auth puts into `aud`, wherever the token endpoint really is.
AUDIENCE = "https://oauth2.googleapis.com/token"
SCOPES = {
    "https://www.googleapis.com/auth/firebase.messaging",
    "https://www.googleapis.com/auth/cloud-platform",
}
PAYLOAD_LIMIT = 4096
FCM_ERROR = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
BAD_REQUEST = "type.googleapis.com/google.rpc.BadRequest"

Kind = Literal[
    "unregistered",
    "invalid",
    "mismatch",
    "third_party_auth",
    "permission_denied",
    "quota",
    "unavailable",
    "internal",
    "bad_gateway",
    "not_found_page",
    "redirect",
    "reset",
    "cut_short",
    "slow",
    "not_json",
]
TokenKind = Literal["unavailable", "invalid_grant", "reset", "slow", "not_json"]

# kind: HTTP status, google.rpc status, FCM's errorCode, sentence
ERRORS: dict[str, tuple[int, str, str, str]] = {
    "unregistered": (404, "NOT_FOUND", "UNREGISTERED", "Requested entity was not found."),
    "invalid": (
        400,
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "The registration token is not a valid FCM registration token",
    ),
    "mismatch": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH", "SenderId mismatch"),
    "third_party_auth": (
        401,
        "UNAUTHENTICATED",
        "THIRD_PARTY_AUTH_ERROR",
        "Auth error from APNS or Web Push Service",
    ),
    "permission_denied": (403, "PERMISSION_DENIED", "", "Permission denied on the project."),
    "quota": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "Quota exceeded."),
    "unavailable": (503, "UNAVAILABLE", "UNAVAILABLE", "The service is currently unavailable."),
    "internal": (500, "INTERNAL", "INTERNAL", "Internal error encountered."),
}


@dataclass
class Script:
    """What one target is answered, `left` times (None: always)."""

    kind: str
    left: int | None
    retry_after: str | None
    seconds: float


class FcmStandIn(WebStandIn):
    """A context manager; everything it saw can be read from any thread.

    `sent` holds the accepted messages as `{"at": datetime, "name": str, "message": dict}`,
    `posts` counts every message that arrived, accepted or not, `busiest` how many were being
    answered at once. Access tokens live for `token_lifetime` seconds.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        token_lifetime: int = 3600,
        delay: float = 0.0,
        journal: Path | None = None,
    ) -> None:
        self.sent: list[dict[str, Any]] = []
        self.posts = 0
        self.busiest = 0
        self.token_requests = 0
        self.token_lifetime = token_lifetime
        self.delay = delay
        self._port = port
        self._journal = Journal(journal)
        self._lock = threading.Lock()
        self._script: dict[str, Script] = {}
        self._token_script: Script | None = None
        self._issued: dict[str, datetime] = {}
        self._busy = 0

    @property
    def base_url(self) -> str:
        """What FCM_BASE_URL has to be."""
        return f"http://127.0.0.1:{self._port}"

    def credentials_file(self, folder: Path, *, token_uri: str | None = None) -> Path:
        """Write a service account file whose key and token address are this stand-in's."""
        path = folder / "service-account.json"
        self.write_credentials(path, token_uri=token_uri)
        return path

    def write_credentials(self, path: Path, *, token_uri: str | None = None) -> None:
        """Write that file to exactly this path."""
        pem = _key().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        account = {
            "type": "service_account",
            "project_id": PROJECT,
            "private_key_id": "stand-in",
            "private_key": pem.decode(),
            "client_email": EMAIL,
            "client_id": "100000000000000000000",
            "token_uri": token_uri or f"{self.base_url}/token",
        }
        path.write_text(json.dumps(account))
        path.chmod(0o600)

    def answer(
        self,
        target: str,
        kind: Kind,
        *,
        times: int | None = None,
        retry_after: int | str | None = None,
        seconds: float = 60.0,
    ) -> None:
        """Answer this target (`*`: any without a script) so, `times` times or for ever.

        `retry_after` becomes the header, `seconds` is how long `slow` waits before it accepts.
        `reset` and `cut_short` break the connection: after reading the message, and in the middle
        of the body of a 200.
        """
        wait = None if retry_after is None else str(retry_after)
        with self._lock:
            self._script[target] = Script(kind, times, wait, seconds)

    def answer_token(
        self, kind: TokenKind, *, times: int | None = None, seconds: float = 60.0
    ) -> None:
        """Answer requests for an access token so, `times` times or for ever."""
        with self._lock:
            self._token_script = Script(kind, times, None, seconds)

    def revoke_tokens(self) -> None:
        """From now on every access token given out so far is answered with 401."""
        with self._lock:
            self._issued.clear()

    def reset_script(self) -> None:
        """Accept everything again; what was counted stays."""
        with self._lock:
            self._script.clear()
            self._token_script = None

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/token", self._token)
        app.router.add_post("/v1/projects/{project}/messages:send", self._send)
        return app

    def _take(self, target: str) -> Script | None:
        """The script for this target, one use further."""
        with self._lock:
            script = self._script.get(target) or self._script.get("*")
            return _used(script)

    async def _token(self, request: web.Request) -> web.StreamResponse:
        with self._lock:
            self.token_requests += 1
            script = _used(self._token_script)
        form = await request.post()
        if script is not None:
            match script.kind:
                case "unavailable":
                    return web.json_response({"error": "server_error"}, status=503)
                case "invalid_grant":
                    return _oauth_error("invalid_grant", "Invalid JWT Signature.")
                case "reset":
                    return _reset(request)
                case "not_json":
                    return web.Response(text="<html>not JSON</html>", content_type="text/html")
                case _:
                    await asyncio.sleep(script.seconds)
        if form.get("grant_type") != GRANT:
            return _oauth_error("unsupported_grant_type", "Invalid grant_type")
        try:
            claims = jwt.decode(
                str(form.get("assertion", "")),
                _key().public_key(),
                algorithms=["RS256"],
                audience=AUDIENCE,
                issuer=EMAIL,
                options={"require": ["exp", "iat", "iss", "aud"]},
            )
        except jwt.InvalidTokenError as error:
            return _oauth_error("invalid_grant", f"Invalid JWT: {error}")
        if claims["exp"] - claims["iat"] > 3600:
            return _oauth_error("invalid_grant", "Invalid JWT: it may live for an hour at most")
        if not SCOPES & set(str(claims.get("scope", "")).split()):
            return _oauth_error("invalid_scope", "No scope for messaging")
        token = f"ya29.{secrets.token_urlsafe(32)}"
        with self._lock:
            self._issued[token] = datetime.now(UTC) + timedelta(seconds=self.token_lifetime)
        return web.json_response(
            {"access_token": token, "expires_in": self.token_lifetime, "token_type": "Bearer"}
        )

    async def _send(self, request: web.Request) -> web.StreamResponse:
        with self._lock:
            self.posts += 1
            self._busy += 1
            self.busiest = max(self.busiest, self._busy)
        try:
            return await self._judge(request)
        finally:
            with self._lock:
                self._busy -= 1

    async def _judge(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if self.delay:
            await asyncio.sleep(self.delay)
        if not self._knows(request.headers.get("Authorization", "")):
            return _google_error(401, "UNAUTHENTICATED", "", "Invalid authentication credentials.")
        if request.match_info["project"] != PROJECT:
            return _google_error(403, "PERMISSION_DENIED", "", "Permission denied.")
        try:
            message = json.loads(raw)["message"]
            wrong = _wrong_fields(message)
        except (ValueError, LookupError, TypeError, AttributeError):
            return _google_error(
                400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Invalid JSON payload received."
            )
        if wrong:
            return _google_error(
                400, "INVALID_ARGUMENT", "INVALID_ARGUMENT", "Invalid value", fields=wrong
            )
        script = self._take(str(message.get("token") or message.get("fid") or ""))
        if script is not None and (answer := await self._scripted(request, script)) is not None:
            return answer
        name = self._accept(message)
        if script is not None and script.kind == "not_json":
            return web.Response(text="<html>accepted</html>", content_type="text/html")
        if script is not None and script.kind == "cut_short":
            return await _cut_short(request)
        return web.json_response({"name": name})

    async def _scripted(self, request: web.Request, script: Script) -> web.StreamResponse | None:
        """The answer that the script asks for, None when the message is to be accepted."""
        headers = {} if script.retry_after is None else {"Retry-After": script.retry_after}
        if script.kind in ERRORS:
            status, rpc, code, sentence = ERRORS[script.kind]
            return _google_error(status, rpc, code, sentence, headers=headers)
        match script.kind:
            case "reset":
                return _reset(request)
            case "slow":
                await asyncio.sleep(script.seconds)
            case "bad_gateway":
                return web.Response(status=502, text="<html>Bad gateway</html>")
            case "not_found_page":
                return web.Response(status=404, text="<html>Not found</html>")
            case "redirect":
                return web.Response(status=307, headers={"Location": "/token"})
        return None

    def _knows(self, authorization: str) -> bool:
        """Whether this is a bearer token of ours that has not ended."""
        scheme, _, token = authorization.partition(" ")
        with self._lock:
            ends = self._issued.get(token)
        return scheme == "Bearer" and ends is not None and datetime.now(UTC) < ends

    def _accept(self, message: dict[str, Any]) -> str:
        now = datetime.now(UTC)
        name = f"projects/{PROJECT}/messages/{secrets.token_hex(8)}"
        with self._lock:
            self.sent.append({"at": now, "name": name, "message": message})
            self._journal.write({"at": now.isoformat(), "name": name, "message": message})
        return name


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    """A key of this process: made afresh, but once, because making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _used(script: Script | None) -> Script | None:
    """This script if it still applies, with one use taken off."""
    if script is None or script.left == 0:
        return None
    if script.left is not None:
        script.left -= 1
    return script


def _reset(request: web.Request) -> web.StreamResponse:
    """Break the connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _cut_short(request: web.Request) -> web.StreamResponse:
    """A 200 whose body stops half-way."""
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    await response.prepare(request)
    await response.write(b'{"name": "projects/')
    if request.transport is not None:
        request.transport.close()
    return response


def _oauth_error(error: str, description: str) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=400)


def _google_error(
    status: int,
    rpc: str,
    code: str,
    sentence: str,
    *,
    fields: list[str] | None = None,
    headers: dict[str, str] | None = None,
) -> web.Response:
    """An error as Google's APIs write it, with FCM's own code among the details."""
    details: list[dict[str, Any]] = []
    if code:
        details.append({"@type": FCM_ERROR, "errorCode": code})
    if fields:
        violations = [
            {"field": field, "description": f"Invalid value at '{field}'"} for field in fields
        ]
        details.append({"@type": BAD_REQUEST, "fieldViolations": violations})
    error: dict[str, Any] = {"code": status, "message": sentence, "status": rpc}
    if details:
        error["details"] = details
    return web.json_response({"error": error}, status=status, headers=headers)


def _wrong_fields(message: dict[str, Any]) -> list[str]:
    """The paths of the fields that FCM would refuse."""
    wrong = []
    targets = [message.get(key) for key in ("token", "fid", "topic", "condition")]
    if len([target for target in targets if target]) != 1:
        wrong.append("message.token")
    data = message.get("data", {})
    if not all(isinstance(value, str) for value in data.values()):
        wrong.append("message.data")
    if any(re.match(r"(from|message_type)$|google\.|gcm\.", key) for key in data):
        wrong.append("message.data")
    ttl = message.get("android", {}).get("ttl", "0s")
    if not re.fullmatch(r"\d{1,7}(\.\d{1,9})?s", ttl) or float(ttl[:-1]) > 28 * 86400:
        wrong.append("message.android.ttl")
    for platform in ("apns", "webpush"):
        headers = message.get(platform, {}).get("headers", {})
        if not all(isinstance(value, str) for value in headers.values()):
            wrong.append(f"message.{platform}.headers")
    payload = {key: message[key] for key in ("notification", "data") if key in message}
    if len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()) > PAYLOAD_LIMIT:
        wrong.append("message")
    return wrong


def main() -> None:
    """Serve until stopped: prints the base URL on the first line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument(
        "--credentials", type=Path, required=True, help="service account file to write"
    )
    parser.add_argument(
        "--log", type=Path, help="file to append accepted messages to, as JSON lines"
    )
    parser.add_argument("--delay", type=float, default=0.0, help="seconds before each answer")
    options = parser.parse_args()
    serve_until_stopped(
        _Program(options.credentials, port=options.port, delay=options.delay, journal=options.log),
        "base_url",
    )


class _Program(FcmStandIn):
    """The stand-in that writes its service account file as soon as it knows its port."""

    def __init__(self, credentials: Path, *, port: int, delay: float, journal: Path | None) -> None:
        super().__init__(port=port, delay=delay, journal=journal)
        self._credentials = credentials

    def __enter__(self) -> Self:
        super().__enter__()
        self.write_credentials(self._credentials)
        return self


if __name__ == "__main__":
    main()
