"""Web server and worker under one process: what `make run` ends in."""

import argparse
import contextlib
import http.client
import io
import json
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import OperationalError
from django.utils import translation
from django.utils.translation.reloader import translation_file_changed

from server.accounts.demo import DEMO_PASSWORD, demo_people
from server.accounts.models import User
from server.supervisor import NotStarted, Program, Supervisor

# Threads per web worker. A phone on a bad line holds one for as long as its upload takes, and on
# PostgreSQL each keeps a connection: 4 workers of 16 stay under the 100 that it allows by default.
THREADS = {True: 32, False: 16}
WEB_GRACE_SECONDS = 15.0
# A batch takes at most 30 seconds; what is not finished by then goes back in the queue.
WORKER_GRACE_SECONDS = 40.0
PATIENCE_SECONDS = 60.0
NO_DATABASE = "The database does not answer; look at DATABASE_URL."


class Command(BaseCommand):
    help = "Runs the web server and the worker under one process, until Ctrl-C."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT or 8000")
        parser.add_argument(
            "--workers",
            type=int,
            # Without Redis the limits on calls are counted per process, so there is one.
            default=min(os.cpu_count() or 1, 4) if settings.REDIS_URL else 1,
            help="web processes",
        )
        parser.add_argument("--no-demo", action="store_true", help="do not print demo sign-ins")
        parser.add_argument(
            "--prepare",
            action="store_true",
            help="bring database, texts, static files and demo company up to date first",
        )
        parser.add_argument(
            "--only",
            choices=["web", "worker"],
            help="become one of the two, without supervision: for containers",
        )

    def handle(self, **options: Any) -> None:
        host, port = options["host"], options["port"]
        env = {name: value for name, value in os.environ.items() if name != "PORT_FILE"}
        env |= {"PORT": str(port), "PYTHONUNBUFFERED": "1"}
        programs = {
            "web": Program("web", _web(host, port, options["workers"]), WEB_GRACE_SECONDS),
            "worker": Program("worker", _worker(), WORKER_GRACE_SECONDS),
        }
        if options["only"] != "worker":
            _port_is_free(host, port)
        if options["prepare"]:
            self._prepare(demo=settings.EMBEDDED and not options["no_demo"])
        _database_is_ready()
        if options["only"]:
            command = programs[options["only"]].command
            os.execve(command[0], list(command), env)  # noqa: S606 - our own command, no shell
        # The supervisor never asks the database again; a connection would only be in the way.
        demo = [] if options["no_demo"] else _demo_addresses()
        connection.close()
        supervisor = Supervisor(list(programs.values()), env, _Relay(readable=settings.EMBEDDED))
        try:
            supervisor.run(
                ready=lambda: _answers(host, port),
                announce=lambda: self._announce(port, demo),
                patience=PATIENCE_SECONDS,
            )
        except NotStarted as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\nStopped.")

    def _prepare(self, *, demo: bool) -> None:
        """All in this one process: starting Django five times would be most of the wait."""
        self._step("database")
        try:
            call_command("migrate", verbosity=0)
        except OperationalError as error:
            raise CommandError(NO_DATABASE) from error
        self._step("translations")
        call_command("translations", "compile", stdout=io.StringIO())
        # Django read the catalogues of this process before they were made.
        for catalogue in settings.LOCALE_PATHS[0].rglob("*.mo"):
            translation_file_changed(None, catalogue)
        self._step("static files")
        call_command("collectstatic", interactive=False, verbosity=0)
        if demo:
            self._step("demo company")
            call_command("seed_demo", stdout=self.stdout)
            call_command("seed_champions", stdout=self.stdout)
        self._step("web and worker")

    def _step(self, name: str) -> None:
        self.stdout.write(f"\N{RIGHTWARDS ARROW} {name}")
        self.stdout.flush()

    def _announce(self, port: int, demo: list[str]) -> None:
        base = _base_url(port)
        lines = [
            "",
            f"  Doe-het-gewoon runs at  {base}/",
            f"  API documentation       {base}/api/v1/docs",
        ]
        if settings.EMBEDDED:
            lines.append(f"  Mailbox                 {base}/dev/mailbox")
        if demo:
            lines += ["", f"  Sign in with password {DEMO_PASSWORD} as", *demo]
        self.stdout.write("\n".join([*lines, "", "  Ctrl-C stops it.", ""]))
        self.stdout.flush()


def _web(host: str, port: int, workers: int) -> list[str]:
    return [
        str(Path(sys.executable).with_name("granian")),
        "--interface=wsgi",
        f"--host={host}",
        f"--port={port}",
        f"--workers={workers}",
        f"--blocking-threads={THREADS[settings.SQLITE]}",
        "--no-ws",
        "--log-level=error",
        # A worker that dies is replaced; one that hangs at the end does not hold up the stop.
        "--respawn-failed-workers",
        "--workers-kill-timeout=10",
        f"--working-dir={settings.BASE_DIR}",
        "server.wsgi:application",
    ]


def _worker() -> list[str]:
    if settings.REDIS_URL:
        return [
            sys.executable, "-m", "celery", f"--workdir={settings.BASE_DIR}", "-A", "server",
            "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle",
        ]  # fmt: skip
    return [sys.executable, str(settings.BASE_DIR / "manage.py"), "drain"]


def _port_is_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as sock:
        # As servers do, so that connections that linger from the last run are no obstacle.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
            sock.listen(1)
        except OSError as error:
            raise CommandError(
                f"Port {port} on {host} cannot be used ({error.strerror}). "
                f"Choose another one: PORT={min(port + 1, 65535)} make run"
            ) from error


def _database_is_ready() -> None:
    try:
        executor = MigrationExecutor(connection)
    except OperationalError as error:
        raise CommandError(NO_DATABASE) from error
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise CommandError(
            f"The database is behind by {len(waiting)} migrations: python manage.py migrate"
        )


def _demo_addresses() -> list[str]:
    """One line for each demo person that is in the database; none outside the embedded default."""
    if not settings.EMBEDDED:
        return []
    with translation.override("en"):
        people = demo_people()
    there = set(
        User.objects.filter(email__in=[person["email"] for person in people]).values_list(
            "email", flat=True
        )
    )
    return [
        f"    {person['email']:22} {person['role_label']}: {person['hint']}"
        for person in people
        if person["email"] in there
    ]


def _base_url(port: int) -> str:
    """BASE_URL, or this machine when it was left to its default."""
    if f"http://localhost:{settings.PORT}" == settings.BASE_URL:
        return f"http://localhost:{port}"
    return str(settings.BASE_URL)


def _answers(host: str, port: int) -> bool:
    """Whether the web server answers `/healthz`, whatever it says about our name for it."""
    name = urlsplit(settings.BASE_URL).hostname or "localhost"
    here = "127.0.0.1" if host in {"0.0.0.0", ""} else host  # noqa: S104 - a comparison
    web = http.client.HTTPConnection("::1" if here == "::" else here, port, timeout=2)
    with contextlib.closing(web), contextlib.suppress(OSError, http.client.HTTPException):
        web.request("GET", "/healthz", headers={"Host": name})
        return web.getresponse().status < 500
    return False


class _Relay:
    """Prints what programs say: as it is for machines, or as one readable line for people."""

    def __init__(self, *, readable: bool) -> None:
        self._readable = readable or sys.stdout.isatty()
        self._lock = threading.Lock()

    def __call__(self, name: str, line: str) -> None:
        if self._readable:
            line = f"{name:6} | {readable(line)}"
        with self._lock, contextlib.suppress(BrokenPipeError):
            print(line, flush=True)


def readable(line: str) -> str:
    """A JSON log line as `time LEVEL logger: message (field=value, ...)`; any other as it is."""
    try:
        fields = dict(json.loads(line))
        time, level, logger, message = (
            str(fields.pop(key)) for key in ("time", "level", "logger", "message")
        )
        causes = [(cause["type"], cause["stack"]) for cause in fields.pop("exception", [])]
    except (ValueError, KeyError, TypeError):
        return line
    extra = ", ".join(f"{key}={value}" for key, value in fields.items())
    parts = [f"{time[11:19]} {level:7} {logger}: {message}", f" ({extra})" if extra else ""]
    for kind, stack in causes:
        parts += [f"\n           {kind}", *(f"\n             {frame}" for frame in stack)]
    return "".join(parts)
