"""What 500 consoles that lie open cost the 20 agents who work.

`python -m bench.consoles` starts the web server on a PostgreSQL database of its own, with ten teams
of 52 agents. Three scenes take turns: `idle` (500 consoles that only ask what changed, as live.js
does while somebody looks at them), `work` (20 agents, two per team, who click every few seconds and
ask every 4 s) and `both`. Printed per scene: clicks and their milliseconds (half, 95%, worst), asks
and theirs, processor time of the web server per second and per ask, its memory, and statements on
the database per ask, which counts every statement since each is a transaction of its own there.

A click is one of: the queue, a request, a preview, keeping a draft, an internal note, an update.
"""

import argparse
import asyncio
import itertools
import json
import random
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and finds our queue.py.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tests.installs import ROOT, Install, cpu_seconds

TEAMS, WORKING_PER_TEAM, REQUESTS_PER_TEAM, ROWS = 10, 2, 60, 30
IDLE_SECONDS, WORK_SECONDS, CLICK_SECONDS = 15.0, 4.0, 5.0
EVERY_ROW_SECONDS = 300.0  # so often all rows are drawn anew
COUNTS_SECONDS = 60.0  # and so often the views are counted, where something changed
CSRF = secrets.token_hex(16)
TEXT = "We hebben de lijn gemeten. U hoeft niets te doen."


@dataclass
class Scene:
    """What was measured: milliseconds of each click and of each ask, and what the server used."""

    seconds: float = 0.0
    clicks: list[float] = field(default_factory=list)
    asks: list[float] = field(default_factory=list)
    news: int = 0
    failed: int = 0
    cpu: float = 0.0
    statements: int = 0
    memory: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="of the scene `both` (10)")
    parser.add_argument("--idle", type=int, default=500, help="consoles that lie open (500)")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside is not None:
        _fill(options.inside)
        return
    with (
        tempfile.TemporaryDirectory() as folder,
        Install(Path(folder), postgres=True) as install,
    ):
        people = _people(install, -(-options.idle // TEAMS))
        install.manage("collectstatic", "--noinput", "--verbosity=0")
        process, port = install.start_web()
        each = options.minutes * 60
        # In the first round each console hears all, once; that is not what lying open costs.
        scenes = [("first", 1.2 * IDLE_SECONDS, True, True), ("idle", each / 15, True, False)]
        scenes += [("work", each / 15, False, True), ("both", each, True, True)]
        for name, seconds, idle, work in scenes:
            scene = Scene(seconds=seconds)
            before, cpu = _statements(install), cpu_seconds(process)
            consoles = people["idle"][: options.idle] if idle else []
            asyncio.run(_play(port, scene, consoles, people["working"] if work else []))
            scene.cpu = cpu_seconds(process) - cpu
            scene.memory = _memory(process)
            time.sleep(1.5)  # the statistics of the database come a second late
            scene.statements = _statements(install) - before
            _print(name, scene)


def _people(install: Install, idle_per_team: int) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.consoles", f"--inside={idle_per_team}"]
    done = subprocess.run(command, cwd=ROOT, env=install.env, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _fill(idle_per_team: int) -> None:
    """Teams, agents with a session each, and requests of which each working agent has some, with a
    reply begun.
    """
    import django

    from server import settings  # noqa: F401 - puts requests/ on the path

    django.setup()
    from tests.clients import session_token
    from tests.factories import make_agent, make_person, make_team, make_topic, submit

    employee = make_person()
    idle, working = [], []
    for number in range(TEAMS):
        team = make_team(f"team-{number}")
        topic = make_topic(team)
        requests = [submit(employee, topic) for _ in range(REQUESTS_PER_TEAM)]
        shown = ",".join(request.reference for request in requests[:ROWS])
        for each in range(idle_per_team):
            agent = make_agent(team, f"Kijker {each}")
            # Half of them have a request open beside the queue.
            beside = requests[each % REQUESTS_PER_TEAM].reference if each % 2 else ""
            idle.append({"token": session_token(agent), "open": beside, "shown": shown})
        for each in range(WORKING_PER_TEAM):
            agent = make_agent(team, f"Werker {each}")
            mine = requests[each * 10 : each * 10 + 10]
            for request in mine:
                request.claim(by=agent)
                # Whoever looks at it reads along, and has no form for it.
                request.save_draft(by=agent, kind="reply", version=0, text=TEXT * 20)
            references = [request.reference for request in mine]
            working.append({"token": session_token(agent), "mine": references, "shown": shown})
    print(json.dumps({"idle": idle, "working": working}))


async def _play(port: int, scene: Scene, idle: list[Any], working: list[Any]) -> None:
    end = time.perf_counter() + scene.seconds
    await asyncio.gather(
        *(_console(port, scene, end, each, IDLE_SECONDS) for each in idle),
        *(_console(port, scene, end, each, WORK_SECONDS) for each in working),
        *(_agent(port, scene, end, each["token"], each["mine"]) for each in working),
    )


async def _console(port: int, scene: Scene, end: float, agent: Any, every: float) -> None:
    """Asks as live.js does: what it was told it says again, and not in step with the others."""
    web = Web(port, agent["token"])
    nothing = {"news": "", "here": "", "since": datetime.now(UTC).isoformat()}
    nothing |= {"reply": "0", "note": "0"}  # as a page says that has no draft yet
    knows = agent.setdefault("knows", nothing)
    opened = agent["mine"][0] if "mine" in agent else agent["open"]
    looking = "1" if "mine" in agent else "0"
    said = {"open": opened, "seen": "9999", "looking": looking} if opened else {}
    said["shown"] = agent["shown"]
    drawn = agent.setdefault("drawn", time.perf_counter() - random.random() * EVERY_ROW_SECONDS)
    agent.setdefault("counted", time.perf_counter())
    await asyncio.sleep(random.random() * every)
    while time.perf_counter() < end:
        began = time.perf_counter()
        anew = {"every": "1"} if began - drawn > EVERY_ROW_SECONDS else {}
        if anew:
            drawn = agent["drawn"] = began
        if agent.get("moved") and began - agent["counted"] > COUNTS_SECONDS:
            anew["counts"] = "1"
        status, body = await web.call("POST", "/desk/live", {**knows, **said, **anew})
        scene.asks.append((time.perf_counter() - began) * 1000)
        if status == 200:
            scene.news += 1
            answer = json.loads(body)
            agent["moved"] = agent.get("moved", False) or bool(knows["news"] and "news" in answer)
            if "counts" in answer:
                agent["moved"], agent["counted"] = False, began
            knows |= {name: answer[name] for name in knows if name in answer}
            newer = answer.get("drafts", {})
            knows |= {kind: str(draft["version"]) for kind, draft in newer.items()}
        elif status != 204:
            scene.failed += 1
        await asyncio.sleep(every * random.uniform(0.85, 1.15))
    await web.close()


async def _agent(port: int, scene: Scene, end: float, token: str, mine: list[str]) -> None:
    """Clicks as somebody who works: the queue, a request, a few words, sent."""
    web = Web(port, token)
    await asyncio.sleep(random.random() * CLICK_SECONDS)
    drafts = dict.fromkeys(mine, 0)
    for reference in itertools.cycle(mine):
        at = f"/desk/{reference}"
        words = {"mode": "update", "audience": "customer", "text": TEXT}
        steps: list[tuple[str, str, dict[str, Any]]] = [
            ("GET", "/desk/?view=team", {}),
            ("GET", at, {}),
            ("POST", f"{at}/preview", words),
            ("POST", f"{at}/draft", {"kind": "note", "draft": drafts[reference], "text": TEXT}),
            ("POST", f"{at}/note", {"text": TEXT}),
            ("POST", f"{at}/update", words),
        ]
        for method, path, form in steps:
            began = time.perf_counter()
            if began >= end:
                await web.close()
                return
            sent = {**form, "id": uuid.uuid4()} if form else {}
            status, body = await web.call(method, path, sent)
            scene.clicks.append((time.perf_counter() - began) * 1000)
            scene.failed += status not in {200, 303}
            if path.endswith("/draft") and status == 200:
                drafts[reference] = json.loads(body)["version"]
            await asyncio.sleep(CLICK_SECONDS * random.uniform(0.5, 1.5))


class Web:
    """One browser: a kept-alive connection with a session."""

    def __init__(self, port: int, token: str) -> None:
        self._port, self._cookies = port, f"sessionid={token}; csrftoken={CSRF}"
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, form: Mapping[str, Any]) -> tuple[int, bytes]:
        """The status and body of one call; a connection that the server closed is opened again."""
        try:
            return await self._once(method, path, form)
        except (ConnectionError, asyncio.IncompleteReadError):
            await self.close()
            return await self._once(method, path, form)

    async def _once(self, method: str, path: str, form: Mapping[str, Any]) -> tuple[int, bytes]:
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        reader, writer = self._streams
        body = urlencode(form).encode()
        writer.write(
            f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {self._cookies}\r\n"
            f"X-CSRFToken: {CSRF}\r\nX-Part: 1\r\nContent-Length: {len(body)}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = re.search(rb"content-length: (\d+)", head.lower())
        return status, await reader.readexactly(int(length[1])) if length else b""

    async def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def _statements(install: Install) -> int:
    query = (
        "SELECT xact_commit + xact_rollback FROM pg_stat_database"
        " WHERE datname = current_database()"
    )
    return int(install.rows(query)[0][0])


def _memory(process: "subprocess.Popen[bytes]") -> float:
    """Megabytes in memory of a program and all in its group; Linux only."""
    pages = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            numbers = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(numbers[2]) == process.pid:
            pages += int(numbers[21])
    return pages * 4096 / 1e6


def _print(name: str, scene: Scene) -> None:
    print(
        f"{name:5} {scene.seconds:4.0f} s"
        f" · clicks {_times(scene.clicks)}"
        f" · asks {_times(scene.asks)} ({scene.news} with news)"
        f" · failed {scene.failed}"
        f" · cpu {scene.cpu / scene.seconds * 100:.0f}%"
        f" · memory {scene.memory:.0f} MB",
        flush=True,
    )
    if name == "idle" and scene.asks:
        print(
            f"      per ask: {scene.cpu / len(scene.asks) * 1000:.1f} ms cpu,"
            f" {scene.statements / len(scene.asks):.1f} statements"
        )


def _times(took: list[float]) -> str:
    if len(took) < 2:
        return "none"
    shares = statistics.quantiles(took, n=100)
    return f"{len(took)}: p50 {shares[49]:.0f}, p95 {shares[94]:.0f}, max {max(took):.0f} ms"


if __name__ == "__main__":
    main()
