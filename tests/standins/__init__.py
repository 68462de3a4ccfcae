"""Servers on loopback that stand in for FCM, a mail server and an SMS provider.

Each is a context manager for tests and a program for the checks that kill processes
(`python -m tests.standins.fcm --help`).
"""

from __future__ import annotations

import asyncio
import json
import signal
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from aiohttp import web

Returned = TypeVar("Returned")


class LoopThread:
    """An event loop in a thread of its own, so that a test can talk to it with blocking clients."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name=name, daemon=True)
        self._thread.start()

    def _live(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, work: Coroutine[Any, Any, Returned]) -> Returned:
        """Run a coroutine in the loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=30)

    def stop(self) -> None:
        """Cancel whatever still runs and end the thread."""
        self.run(_cancel_the_others())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


async def _cancel_the_others() -> None:
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for other in others:
        other.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # Closed transports let go of their sockets in the next round.
    await asyncio.sleep(0)


class WebStandIn(ABC):
    """An aiohttp server in a thread of its own; a context manager. `app` gives its routes."""

    _port: int

    @abstractmethod
    def app(self) -> web.Application: ...

    def __enter__(self) -> Self:
        self._thread = LoopThread(type(self).__name__)
        self._port = self._thread.run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._thread.run(self._runner.cleanup())
        self._thread.stop()

    async def _start(self) -> int:
        self._runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port, backlog=1024).start()
        port: int = self._runner.addresses[0][1]
        return port


class Journal:
    """Appends one JSON object per line to a file, at once, so that a killed reader loses nothing.

    Without a path it keeps quiet.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def write(self, line: dict[str, Any]) -> None:
        """Append one line; readers in other processes see it when this returns."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as journal:
                journal.write(json.dumps(line, ensure_ascii=False) + "\n")


def serve_until_stopped(server: AbstractContextManager[Any], address: str) -> None:
    """Print the address of `server`'s `address` attribute and serve until SIGINT or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with server as running:
        print(getattr(running, address), flush=True)
        stop.wait()
