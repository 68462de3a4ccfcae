"""What a submission costs: `POST /requests` against the same server answering a constant.

`python -m bench.submit` starts the web server of `make run` on SQLite and on PostgreSQL, side by
side, with one team, 8 employees and their sessions, and asks all four scenes in turn, so that a
busy machine slows them all alike. A submission writes the request, its timeline entry, the
notification, the outbox row and the feed in one transaction that is on the disk when it is
answered; no worker runs meanwhile. The constant gets the same body through the same middleware.

Printed: requests/s as the median of the rounds, the ratio to the constant on the same server, and
the milliseconds that 50% and 95% of the answers took, with 1 caller and with `--callers`. `cpu ms`
is the processor time of the web server per answer (Linux only): what other work on the machine
disturbs least.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and finds our queue.py.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.load import Rounds, ask
from tests.installs import Install, cpu_seconds

DATABASES = ("sqlite", "postgresql")
SCENES = ("constant", "submit")
WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    port: int
    topic: str
    tokens: list[str]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=4.0, help="per scene and round (4)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--callers", type=int, default=8, help="connections at once (8)")
    options = parser.parse_args()
    results: dict[tuple[str, str, int], Rounds] = {}
    with ExitStack() as stack:
        servers = {name: _started(stack, name) for name in DATABASES}
        for server in servers.values():
            for scene in SCENES:
                _ask(server, scene, options.callers, WARM_UP_SECONDS)
        for _ in range(options.rounds):
            for callers in sorted({1, options.callers}):
                for name, server in servers.items():
                    for scene in SCENES:
                        rounds = results.setdefault((name, scene, callers), Rounds())
                        before = cpu_seconds(server.process)
                        took = _ask(server, scene, callers, options.seconds)
                        rounds.cpu += cpu_seconds(server.process) - before
                        rounds.rates.append(len(took) / options.seconds)
                        rounds.took += took
    _print(results)


def _started(stack: ExitStack, database: str) -> Server:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    postgres = database == "postgresql"
    install = Install(folder, postgres=postgres, DJANGO_SETTINGS_MODULE="bench.settings")
    stack.enter_context(install)
    people = install.people(employees=8)
    process, port = install.start_web()
    print(f"{database}: up", flush=True)
    return Server(process, port, people["topic"], people["employees"])


def _ask(server: Server, scene: str, callers: int, seconds: float) -> list[float]:
    tokens = server.tokens

    def question(caller: int) -> bytes:
        return _question(server, scene, tokens[caller % len(tokens)])

    return ask(server.port, question, 200 if scene == "constant" else 201, callers, seconds)


def _question(server: Server, scene: str, token: str) -> bytes:
    body = json.dumps(
        {
            "id": str(uuid.uuid4()),
            "topic": server.topic,
            "question": "Mijn buurvrouw heeft sinds maandag geen internet. " * 4,
            "customer": {"name": "Mevrouw Jansen", "email": "j@example.org", "channel": "email"},
            "relation": "neighbour",
            "customer_agrees": True,
        }
    ).encode()
    path = "/bench/constant" if scene == "constant" else "/api/v1/requests"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"X-Session-Token: {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _print(results: dict[tuple[str, str, int], Rounds]) -> None:
    print(
        f"\n{'database':12}{'callers':>8}  {'scene':10}"
        f"{'requests/s':>11}{'ratio':>8}{'p50 ms':>9}{'p95 ms':>9}{'cpu ms':>9}"
    )
    for (name, scene, callers), rounds in sorted(results.items()):
        ratio = rounds.rate / results[name, "constant", callers].rate
        print(
            f"{name:12}{callers:>8}  {scene:10}{rounds.rate:11,.0f}{ratio:8.2f}"
            f"{rounds.percentile(50):9.1f}{rounds.percentile(95):9.1f}"
            f"{rounds.cpu / len(rounds.took) * 1000:9.2f}"
        )
    for callers in sorted({key[2] for key in results}):
        sqlite, postgres = (results[name, "submit", callers].rate for name in DATABASES)
        print(f"submissions, PostgreSQL to SQLite, {callers} callers: {postgres / sqlite:.2f}")


if __name__ == "__main__":
    main()
