"""Which web server: granian, gunicorn and uvicorn side by side on the same three views.

`python -m bench.servers` starts each of those that are installed, one worker and `--threads`
threads, and asks them in turn, three rounds, so that a busy machine slows all of them. Printed:
requests/s as the median of the rounds, its ratio to gunicorn, and the milliseconds that half and
99% of answers take. `stalled` is `constant` while 24 phones hang in the middle of an upload.

The load comes from wrk where it is there, otherwise from asyncio in this process.
"""

import argparse
import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and finds our queue.py.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

ROOT = Path(__file__).resolve().parent.parent
CONNECTIONS = 32
STALLED = 24
SERVERS: dict[str, list[str]] = {
    "gunicorn": [
        "gunicorn", "bench.tiny_site:wsgi", "--bind=127.0.0.1:{port}", "--workers=1",
        "--threads={threads}", "--worker-class=gthread", "--log-level=critical",
    ],
    "granian": [
        "granian", "bench.tiny_site:wsgi", "--interface=wsgi", "--host=127.0.0.1", "--port={port}",
        "--workers=1", "--blocking-threads={threads}", "--no-ws", "--log-level=critical",
    ],
    "uvicorn": [
        "uvicorn", "bench.tiny_site:asgi", "--host=127.0.0.1", "--port={port}", "--workers=1",
        "--lifespan=off", "--no-access-log", "--log-level=critical",
    ],
}  # fmt: skip
SCENES = {"constant": "/constant", "read": "/read", "stalled": "/constant"}


@dataclass(frozen=True)
class Took:
    """One round: requests per second, and milliseconds for 50% and 99% of the answers."""

    rate: float
    p50: float
    p99: float


@dataclass
class Rounds:
    took: list[Took] = field(default_factory=list)

    @property
    def rate(self) -> float:
        return statistics.median(one.rate for one in self.took)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=int, default=3, help="per round (default 3)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=8, help="per server (default 8)")
    options = parser.parse_args()
    found = [name for name in SERVERS if importlib.util.find_spec(name)]
    print("load:", "wrk" if shutil.which("wrk") else "asyncio", "· servers:", ", ".join(found))
    results = {(name, scene): Rounds() for name in found for scene in SCENES}
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        database = Path(folder) / "tiny.sqlite3"
        with contextlib.closing(sqlite3.connect(database)) as connection:
            connection.execute("CREATE TABLE page (id INTEGER PRIMARY KEY, body TEXT)")
            connection.execute("INSERT INTO page VALUES (1, ?)", ["x" * 200])
            connection.commit()
        ports = {
            name: stack.enter_context(_started(name, database, options.threads)) for name in found
        }
        for name, port in ports.items():
            with contextlib.suppress(OSError):
                _load(port, "/constant", 1)
            print(f"{name}: up")
        for _ in range(options.rounds):
            for (name, scene), rounds in results.items():
                hanging = _hang(ports[name]) if scene == "stalled" else []
                rounds.took.append(_load(ports[name], SCENES[scene], options.seconds))
                for sock in hanging:
                    sock.close()
    _print(results)


@contextlib.contextmanager
def _started(name: str, database: Path, threads: int) -> Iterator[int]:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    program = str(Path(sys.executable).parent / SERVERS[name][0])
    arguments = [part.format(port=port, threads=threads) for part in SERVERS[name][1:]]
    child = subprocess.Popen(
        [program, *arguments], cwd=ROOT, env={**os.environ, "TINY_SITE_DB": str(database)}
    )
    try:
        _await_port(child, port)
        yield port
    finally:
        child.terminate()
        try:
            child.wait(5)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def _await_port(child: subprocess.Popen[bytes], port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if child.poll() is not None:
            break
        time.sleep(0.05)
    sys.exit(f"{child.args!r} does not start")


def _hang(port: int) -> list[socket.socket]:
    """Connections that promised 100,000 bytes, sent 1,000 and fell silent."""
    head = b"POST /upload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"
    hanging = []
    for _ in range(STALLED):
        sock = socket.create_connection(("127.0.0.1", port), 2)
        sock.sendall(head + b"x" * 1000)
        hanging.append(sock)
    time.sleep(0.3)
    return hanging


def _load(port: int, path: str, seconds: int) -> Took:
    if not (wrk := shutil.which("wrk")):
        return asyncio.run(_own_load(port, path, seconds))
    said = subprocess.run(
        [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency",
         f"http://127.0.0.1:{port}{path}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    rate = re.search(r"Requests/sec:\s+([\d.]+)", said)
    parts = {
        share: float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
        for share, value, unit in re.findall(r"(\d+)%\s+([\d.]+)(us|ms|s)\b", said)
    }
    nothing = float("nan")
    return Took(float(rate[1]) if rate else 0.0, parts.get("50", nothing), parts.get("99", nothing))


async def _own_load(port: int, path: str, seconds: int) -> Took:
    """Kept-alive connections that each ask again as soon as they were answered."""
    took: list[float] = []
    question = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()
    end = time.perf_counter() + seconds

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while (began := time.perf_counter()) < end:
            writer.write(question)
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"content-length: (\d+)", head.lower())
            await reader.readexactly(int(length[1]) if length else 0)
            took.append((time.perf_counter() - began) * 1000)
        writer.close()

    tasks = [asyncio.create_task(ask()) for _ in range(CONNECTIONS)]
    await asyncio.wait(tasks, timeout=seconds + 2)
    for task in tasks:
        task.cancel()
    if len(took) < 2:
        return Took(len(took) / seconds, float("nan"), float("nan"))
    shares = statistics.quantiles(took, n=100)
    return Took(len(took) / seconds, shares[49], shares[98])


def _print(results: dict[tuple[str, str], Rounds]) -> None:
    print(f"\n{'scene':10}{'server':10}{'requests/s':>12}{'ratio':>8}{'p50 ms':>9}{'p99 ms':>9}")
    for scene in SCENES:
        base = results.get(("gunicorn", scene))
        for (name, its_scene), rounds in results.items():
            if its_scene != scene:
                continue
            ratio = f"{rounds.rate / base.rate:.2f}" if base and base.rate else "-"
            p50 = statistics.median(one.p50 for one in rounds.took)
            p99 = statistics.median(one.p99 for one in rounds.took)
            print(f"{scene:10}{name:10}{rounds.rate:12,.0f}{ratio:>8}{p50:9.1f}{p99:9.1f}")


if __name__ == "__main__":
    main()
