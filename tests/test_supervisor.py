"""`manage.py serve` with real processes: what people see when things end, crash or get killed."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from server.management.commands.serve import readable
from server.supervisor import NotStarted, Program, Supervisor
from tests.installs import ROOT, Install, call, free_port

pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module")
def install(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    with Install(tmp_path_factory.mktemp("supervised")) as made:
        yield made


@pytest.fixture
def served(install: Install) -> Iterator["Served"]:
    running = Served(install)
    yield running
    running.end()


class Served:
    """A running `manage.py serve`."""

    def __init__(self, install: Install) -> None:
        self._install = install
        self.port = free_port()
        self._said_before = len(install.said())
        self.process = install.start(sys.executable, "manage.py", "serve", f"--port={self.port}")
        wait_until(lambda: "Ctrl-C stops it" in self.said())

    def said(self) -> str:
        return self._install.said()[self._said_before :]

    def healthy(self) -> bool:
        with contextlib.suppress(OSError):
            return call(self.port, "GET", "/healthz")[0] == 200
        return False

    def child(self, word: str) -> int:
        """The process id of the child with this word in its command, 0 when there is none."""
        for pid, parent, command in processes():
            if parent == self.process.pid and word in command:
                return pid
        return 0

    def end(self) -> None:
        """Stop it, and what a failed test left of it."""
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)


def processes() -> list[tuple[int, int, str]]:
    """Process id, parent's id and command of everything that runs."""
    said = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,args="], capture_output=True, text=True, check=True
    ).stdout
    rows = [line.split(maxsplit=2) for line in said.splitlines()]
    return [(int(row[0]), int(row[1]), row[2]) for row in rows if len(row) == 3]


def family(root: int) -> set[int]:
    """Process ids of everything that descends from `root`, itself included."""
    found, size = {root}, 0
    while size != len(found):
        size = len(found)
        found |= {pid for pid, parent, _ in processes() if parent in found}
    return found


def alive(pids: set[int]) -> set[int]:
    """Which of these still run; a zombie's command is in brackets or empty."""
    return {pid for pid, _, command in processes() if pid in pids and "<defunct>" not in command}


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def test_it_says_where_to_go_and_ctrl_c_ends_everything_quietly(served: Served) -> None:
    everything = family(served.process.pid)
    assert served.healthy()
    assert f"http://localhost:{served.port}/api/v1/docs" in served.said()
    assert f"http://localhost:{served.port}/dev/mailbox" in served.said()
    assert served.child("granian")
    assert served.child("drain")

    served.process.send_signal(signal.SIGINT)

    assert served.process.wait(20) == 0
    assert served.said().rstrip().endswith("Stopped.")
    assert "Traceback" not in served.said()
    assert not alive(everything)


def test_a_child_that_is_killed_comes_back(served: Served) -> None:
    web, worker = served.child("granian"), served.child("drain")
    before = family(web)

    os.kill(web, signal.SIGKILL)
    os.kill(worker, signal.SIGKILL)

    wait_until(lambda: served.child("granian") not in {0, web})
    wait_until(lambda: served.child("drain") not in {0, worker})
    wait_until(served.healthy)
    assert not alive(before), "the killed server's own workers are still there"
    assert "ended by SIGKILL; starting it again in 0.5 s" in served.said()


def test_nothing_stays_behind_when_the_supervisor_is_killed(served: Served) -> None:
    everything = family(served.process.pid)
    assert len(everything) >= 5  # itself, its janitor, the web server and its worker, the drain

    served.process.kill()
    served.process.wait()

    wait_until(lambda: not alive(everything), seconds=15)


def test_a_port_in_use_is_named_with_the_way_out(install: Install) -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port: int = sock.getsockname()[1]
        with pytest.raises(RuntimeError) as refused:
            install.manage("serve", f"--port={port}")
    lines = str(refused.value).splitlines()[1:]
    assert len(lines) == 1
    assert f"Port {port}" in lines[0]
    assert f"PORT={port + 1} make run" in lines[0]


def test_a_database_that_was_not_migrated_is_named_with_the_way_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "serve", f"--port={free_port()}"],
        cwd=ROOT,
        env={**os.environ, "VAR_DIR": str(tmp_path), "DATABASE_URL": "", "REDIS_URL": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "python manage.py migrate" in done.stderr


class Heard:
    """Keeps what programs say, as `name: line`."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def __call__(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")


def small(name: str, code: str, grace: float = 5.0) -> Program:
    return Program(name, [sys.executable, "-I", "-u", "-c", code], grace)


def signal_later(seconds: float, *numbers: signal.Signals) -> threading.Timer:
    def send() -> None:
        for number in numbers:
            os.kill(os.getpid(), number)
            time.sleep(0.3)

    timer = threading.Timer(seconds, send)
    timer.start()
    return timer


def test_a_program_that_keeps_ending_is_started_ever_less_often() -> None:
    heard = Heard()
    supervisor = Supervisor([small("bad", "import sys; sys.exit(3)")], os.environ, heard)
    timer = signal_later(2.5, signal.SIGTERM)
    supervisor.run(ready=lambda: True, announce=lambda: None, patience=1)
    timer.join()
    pauses = [line.rpartition(" in ")[2] for line in heard.lines]
    assert pauses == ["0.5 s", "1 s", "2 s"][: len(pauses)]
    assert len(pauses) >= 2
    assert heard.lines[0].startswith("bad: ended with exit code 3")


def test_a_program_that_never_starts_ends_the_start_with_its_own_words() -> None:
    heard = Heard()
    code = "import sys; print('no such thing'); sys.exit(1)"
    supervisor = Supervisor([small("web", code)], os.environ, heard)
    with pytest.raises(NotStarted, match="web did not start"):
        supervisor.run(ready=lambda: False, announce=lambda: None, patience=10)
    assert heard.lines == ["web: no such thing"]


def test_a_program_may_finish_its_work_when_asked_to_stop() -> None:
    heard = Heard()
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(1), print('done'), exit()))\n"
        "print('up')\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor([small("worker", code)], os.environ, heard)
    timers: list[threading.Timer] = []
    supervisor.run(
        ready=lambda: "worker: up" in heard.lines,
        announce=lambda: timers.append(signal_later(0.1, signal.SIGTERM)),
        patience=10,
    )
    timers[0].join()
    assert heard.lines == ["worker: up", "worker: done"]


def test_a_second_ctrl_c_does_not_wait_for_a_program_that_will_not_stop() -> None:
    heard = Heard()
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up')\n"
        "time.sleep(60)"
    )
    supervisor = Supervisor([small("worker", code, grace=60)], os.environ, heard)
    timers: list[threading.Timer] = []
    began = time.monotonic()
    supervisor.run(
        ready=lambda: "worker: up" in heard.lines,
        announce=lambda: timers.append(signal_later(0.1, signal.SIGINT, signal.SIGINT)),
        patience=10,
    )
    timers[0].join()
    assert time.monotonic() - began < 10
    assert heard.lines[-1] == "worker: did not finish in time, killed"


def test_log_lines_are_readable_and_other_lines_stay_as_they_are() -> None:
    line = (
        '{"time": "2026-11-22T05:37:30.123Z", "level": "ERROR", "logger": "server",'
        ' "message": "it broke", "request_id": "abc",'
        ' "exception": [{"type": "ValueError", "stack": ["a.py:1 f"]}]}'
    )
    assert readable(line).splitlines() == [
        "05:37:30 ERROR   server: it broke (request_id=abc)",
        "           ValueError",
        "             a.py:1 f",
    ]
    assert readable("[ERROR] Address in use") == "[ERROR] Address in use"
    assert readable("[1, 2]") == "[1, 2]"
    assert readable('{"time": 1}') == '{"time": 1}'
    assert readable("17") == "17"
