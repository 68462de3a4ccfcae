"""Short links: what a redirect costs beside a constant, and that it waits for no count.

The web server of `make run` on SQLite and on PostgreSQL, side by side. Every scene is asked in
turn, so that a busy machine slows all of them alike: a constant; a link followed by people (each
call another visitor, which is the most that counting can cost), by robots, and with HEAD; and the
same link if it were counted before it answers (`bench/urls.py`). Then people follow links, both
ways, while something else keeps the tables of the count locked. At the end the servers stop, and
every answer has to have been counted.
"""

import itertools
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from bench.load import Rounds, ask
from tests.installs import ROOT, Install, cpu_seconds
from tests.visitors import BROWSERS, PROGRAMS

DATABASES = ("sqlite", "postgresql")
SCENES = ("constant", "person", "robot", "HEAD", "counted first")
HELD = ("person", "counted first")
SHARES = 50
WARM_UP_SECONDS = 1.0
# In the order in which they are counted, so that neither waits for the other.
COUNTED = ("ambassadors_clickmark", "ambassadors_share", "ambassadors_clickday")

_visitors = itertools.count(1)


@dataclass
class Server:
    install: Install
    process: "subprocess.Popen[bytes]"
    port: int
    codes: list[str]
    answered: int = 0
    held: dict[tuple[str, int], Rounds] = field(default_factory=dict)


def measure(*, seconds: float, rounds: int, callers: int) -> None:
    """Print both tables; raises AssertionError where clicks were not all counted."""
    results: dict[tuple[str, str, int], Rounds] = {}
    many = sorted({1, callers})
    with ExitStack() as stack:
        servers = {name: _started(stack, name) for name in DATABASES}
        for server in servers.values():
            for scene in SCENES:
                _ask(server, scene, callers, WARM_UP_SECONDS)
        for _ in range(rounds):
            for number in many:
                for name, server in servers.items():
                    for scene in SCENES:
                        one = results.setdefault((name, scene, number), Rounds())
                        _note(one, server, scene, number, seconds)
        for name, server in servers.items():
            for scene in HELD:
                for number in many:
                    one = server.held.setdefault((scene, number), Rounds())
                    with _counting_held(server.install, name, seconds):
                        _note(one, server, scene, number, seconds)
        _print(results)
        _print_held(servers, results)
        for name, server in servers.items():
            _all_counted(name, server)


def _note(rounds: Rounds, server: Server, scene: str, callers: int, seconds: float) -> None:
    before = cpu_seconds(server.process)
    took = _ask(server, scene, callers, seconds)
    rounds.cpu += cpu_seconds(server.process) - before
    rounds.rates.append(len(took) / max(seconds, sum(took) / 1000 / callers))
    rounds.took += took


def _started(stack: ExitStack, database: str) -> Server:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    postgres = database == "postgresql"
    install = Install(folder, postgres=postgres, DJANGO_SETTINGS_MODULE="bench.settings")
    stack.enter_context(install)
    said = subprocess.run(
        [sys.executable, "-m", "bench.short_links"],
        cwd=ROOT, env=install.env, stdout=subprocess.PIPE, text=True, check=True,
    ).stdout  # fmt: skip
    process, port = install.start_web()
    print(f"{database}: up", flush=True)
    return Server(install, process, port, json.loads(said.splitlines()[-1]))


def _ask(server: Server, scene: str, callers: int, seconds: float) -> list[float]:
    questions = _questions(server.codes, scene)
    wanted = 200 if scene == "constant" else 302
    took = ask(server.port, lambda _caller: questions(), wanted, callers, seconds)
    if scene != "constant":
        server.answered += len(took)
    return took


def _questions(codes: Sequence[str], scene: str) -> Callable[[], bytes]:
    """What makes the next request: another visitor each time, on another link."""
    path = {"constant": "/bench/constant", "counted first": "/bench/counted-first/{code}"}
    sent = dict((PROGRAMS if scene == "robot" else BROWSERS)[0].headers)
    method = "HEAD" if scene == "HEAD" else "GET"

    def question() -> bytes:
        number = next(_visitors)
        headers = {**sent, "User-Agent": f"{sent['User-Agent']} Visitor/{number}"}
        where = path.get(scene, "/s/{code}").format(code=codes[number % len(codes)])
        lines = [f"{method} {where} HTTP/1.1", "Host: 127.0.0.1"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    return question


@contextmanager
def _counting_held(install: Install, database: str, seconds: float) -> Iterator[None]:
    """For so many seconds nobody else can write what is counted."""
    with ExitStack() as stack:
        release = threading.Event()
        if database == "postgresql":
            postgres = stack.enter_context(psycopg.connect(install.env["DATABASE_URL"]))
            postgres.execute(f"LOCK TABLE {', '.join(COUNTED)} IN EXCLUSIVE MODE")
            let_go = postgres.rollback
        else:
            path = install.folder / "var" / "doe-het-gewoon.sqlite3"
            sqlite = stack.enter_context(
                closing(sqlite3.connect(path, timeout=20, check_same_thread=False))
            )
            sqlite.execute("BEGIN IMMEDIATE")
            let_go = sqlite.rollback

        def hold() -> None:
            release.wait(seconds)
            let_go()

        holding = threading.Thread(target=hold)
        holding.start()
        stack.callback(holding.join)
        yield


def _all_counted(database: str, server: Server) -> None:
    """A server that is stopped writes what it had not counted yet."""
    server.process.terminate()
    server.process.wait(60)
    raw = server.install.rows("SELECT SUM(raw) FROM ambassadors_clickday")[0][0]
    print(f"{database}: {server.answered:,} answered, {raw:,} counted")
    assert raw == server.answered, server.install.said()


def _print(results: dict[tuple[str, str, int], Rounds]) -> None:
    print(
        f"\n{'database':12}{'callers':>8}  {'scene':15}"
        f"{'answers/s':>11}{'ratio':>8}{'p50 ms':>9}{'p95 ms':>9}{'cpu ms':>9}"
    )
    for (name, scene, callers), rounds in sorted(
        results.items(), key=lambda item: (item[0][0], item[0][2], SCENES.index(item[0][1]))
    ):
        ratio = rounds.rate / results[name, "constant", callers].rate
        print(
            f"{name:12}{callers:>8}  {scene:15}{rounds.rate:11,.0f}{ratio:8.2f}"
            f"{rounds.percentile(50):9.1f}{rounds.percentile(95):9.1f}"
            f"{rounds.cpu / len(rounds.took) * 1000:9.2f}"
        )


def _print_held(servers: dict[str, Server], results: dict[tuple[str, str, int], Rounds]) -> None:
    print(f"\n{'while nothing can be counted':36}{'answers/s':>11}{'of before':>11}{'most ms':>9}")
    for name, server in servers.items():
        for (scene, callers), rounds in server.held.items():
            before = results[name, scene, callers].rate
            print(
                f"{name:12}{callers:>8}  {scene:14}{rounds.rate:11,.1f}"
                f"{rounds.rate / before:11.2f}{max(rounds.took):9.0f}"
            )


def _make_links() -> None:
    """The shares of a post with a link, in this process's database; prints their codes."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    from datetime import timedelta

    from django.utils import timezone

    from ambassadors.models import Share
    from tests.factories import make_person
    from tests.posts import published

    post = published(link="https://www.example.org/vacatures?van=collega")
    opened = timezone.now() - timedelta(hours=1)
    person = make_person()
    made = [
        Share.objects.create(user=person, post=post, network="linkedin", opened_at=opened)
        for _ in range(SHARES)
    ]
    print(json.dumps([share.code for share in made]))


if __name__ == "__main__":
    _make_links()
