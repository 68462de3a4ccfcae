"""An SMS provider that keeps what it is given, spoken to by apprise's `json://` plugin."""

from __future__ import annotations

import argparse
import threading
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import web

from tests.standins import Journal, WebStandIn, serve_until_stopped


class SmsSink(WebStandIn):
    """A context manager; `messages` holds (number, text) and can be read from any thread."""

    def __init__(self, *, port: int = 0, journal: Path | None = None) -> None:
        self.messages: list[tuple[str, str]] = []
        self.posts = 0
        self._port = port
        self._journal = Journal(journal)
        self._lock = threading.Lock()
        self._failure = 500
        self._failures = 0

    @property
    def url(self) -> str:
        """What SMS_URL has to be; whoever sends puts the number in the place of `{to}`."""
        return f"json://127.0.0.1:{self._port}/sms/{{to}}"

    def fail(self, status: int = 500, times: int = 1) -> None:
        """Answer the next messages with this status and keep none of them."""
        with self._lock:
            self._failure, self._failures = status, times

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/sms/{to}", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        content = await request.json()
        to, body = request.match_info["to"], str(content["message"])
        with self._lock:
            self.posts += 1
            if self._failures > 0:
                self._failures -= 1
                return web.Response(status=self._failure)
            self.messages.append((to, body))
            self._journal.write({"at": datetime.now(UTC).isoformat(), "to": to, "body": body})
        return web.json_response({"accepted": True})


def main() -> None:
    """Serve until stopped: prints the URL on the first line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--log", type=Path, help="file to append messages to, as JSON lines")
    options = parser.parse_args()
    serve_until_stopped(SmsSink(port=options.port, journal=options.log), "url")


if __name__ == "__main__":
    main()
