"""A fresh install in a folder of its own, run as the real programs that `make run` starts.

For checks that kill processes or time them: its database, secret, files and ports are its own, so
nothing here meets the test database, the developer's data or another run.
"""

import contextlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from tests.migrated import kept_tables

ROOT = Path(__file__).resolve().parent.parent
POSTGRES = "postgres://postgres@127.0.0.1:5432/postgres"
# What the surroundings may say of another install.
_NOT_OURS = (
    "BASE_URL",
    "DATABASE_URL",
    "DJANGO_SETTINGS_MODULE",
    "EMAIL_URL",
    "FCM_BASE_URL",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "REDIS_URL",
    "SMS_URL",
)


class Install:
    """A context manager: a migrated, empty database, and every process killed at the end.

    With `kept` it is a PostgreSQL database of that name, as an earlier install left it, and stays.
    `env` is what its programs are started with; it can be changed until they are. Set `migrated`
    to False for a database with somebody else's tables.
    """

    def __init__(self, folder: Path, *, postgres: bool = False, kept: str = "", **env: str) -> None:
        self.folder = folder
        self._kept = bool(kept)
        self._name = kept or (f"install_{secrets.token_hex(6)}" if postgres else "")
        # The database of this name exists on every server, to connect to when there is no other.
        given = os.environ.get("DATABASE_URL") or POSTGRES
        self._server = f"{given.rpartition('/')[0]}/postgres"
        self.migrated = True
        self._running: list[subprocess.Popen[bytes]] = []
        self.env = {name: value for name, value in os.environ.items() if name not in _NOT_OURS}
        self.env |= {
            "VAR_DIR": str(folder / "var"),
            "SECRET_KEY": "of-no-use-outside-this-install-" * 2,
            "LOG_LEVEL": "WARNING",
            "SECOND_FACTOR": "OFFERED",
            "RATE_LIMIT_PERSON": "10000000/m",
            "PYTHONUNBUFFERED": "1",
            **env,
        }
        if self._name:
            self.env["DATABASE_URL"] = self._server.rpartition("/")[0] + f"/{self._name}"

    def __enter__(self) -> Self:
        (self.folder / "var" / "static").mkdir(parents=True, exist_ok=True)
        if self._name:
            with contextlib.suppress(psycopg.errors.DuplicateDatabase):
                self._on_server(f'CREATE DATABASE "{self._name}"')
        if self.migrated:
            tables = kept_tables()
            if not self._name and tables is not None and tables.exists():
                shutil.copy(tables, self.folder / "var" / "doe-het-gewoon.sqlite3")
            self.manage("migrate", "--verbosity=0")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in self._running:
            kill(process)
        if self._name and not self._kept:
            self._on_server(f'DROP DATABASE "{self._name}" WITH (FORCE)')

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; returns what it printed, raises when it fails."""
        return self._run([sys.executable, "manage.py", *arguments])

    def people(self, *, agents: int = 1, employees: int = 1, devices: int = 0) -> dict[str, Any]:
        """One team with one topic, its agents and some employees with their session tokens.

        `{"topic": slug, "agents": [token], "employees": [token], "devices": [token]}`; each
        employee has that many devices.
        """
        wanted = {"agents": agents, "employees": employees, "devices": devices}
        said = self._run([sys.executable, "-m", "tests.install_people", json.dumps(wanted)])
        found: dict[str, Any] = json.loads(said)
        return found

    def _run(self, command: Sequence[str]) -> str:
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{command} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def start(self, *command: str) -> subprocess.Popen[bytes]:
        """Start a program in a process group of its own; what it says goes to `programs.log`."""
        with (self.folder / "programs.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._running.append(process)
        return process

    def start_web(self) -> tuple[subprocess.Popen[bytes], int]:
        """Start the web server of `make run`; returns it and its port once it answers."""
        port = free_port()
        self.env["PORT"] = str(port)
        process = self.start(sys.executable, "manage.py", "serve", "--only=web", f"--port={port}")
        end = time.monotonic() + 60
        while time.monotonic() < end and process.poll() is None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                if call(port, "GET", "/healthz")[0] == 200:
                    return process, port
            time.sleep(0.05)
        raise RuntimeError(f"the web server does not answer:\n{self.said()}")

    def start_worker(self) -> subprocess.Popen[bytes]:
        """Start the worker of `make run`: `manage.py drain`, or Celery where there is Redis."""
        return self.start(sys.executable, "manage.py", "serve", "--only=worker")

    def said(self) -> str:
        """What the programs printed so far."""
        log = self.folder / "programs.log"
        return log.read_text(errors="replace") if log.exists() else ""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on this install's database, from outside its programs."""
        if self._name:
            with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as postgres:
                return list(postgres.execute(query).fetchall())
        path = self.folder / "var" / "doe-het-gewoon.sqlite3"
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as sqlite:
            return list(sqlite.execute(query).fetchall())

    def write(self, statement: str) -> None:
        """Change this install's database from outside its programs."""
        if self._name:
            with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as postgres:
                postgres.execute(statement)
            return
        path = self.folder / "var" / "doe-het-gewoon.sqlite3"
        with contextlib.closing(sqlite3.connect(path, timeout=20)) as sqlite, sqlite:
            sqlite.execute(statement)

    def _on_server(self, command: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as server:
            server.execute(command)


def kill(process: subprocess.Popen[bytes]) -> None:
    """`kill -9` for a program and all that it started; does nothing when they have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def cpu_seconds(process: subprocess.Popen[bytes]) -> float:
    """Processor time that a program and all in its group used so far; Linux only, else NaN."""
    if not Path("/proc/self/stat").exists():
        return float("nan")
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name before the last bracket may hold anything, spaces too.
            numbers = path.read_text().rpartition(")")[2].split()
            if int(numbers[2]) == process.pid:
                ticks += int(numbers[11]) + int(numbers[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def call(
    port: int,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    token: str = "",
) -> tuple[int, dict[str, Any]]:
    """One call to a web server on loopback; returns its status and JSON."""
    web = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(web):
        headers = {"Content-Type": "application/json", "X-Session-Token": token}
        web.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = web.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
