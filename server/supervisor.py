"""Keeps a few programs running under one process: what `manage.py serve` does all day.

Each program runs in a session of its own, so Ctrl-C reaches only the supervisor, which stops them
one by one and gives each the time to finish. What they print is relayed line by line. One that
ends is started again, after a pause that doubles as long as it keeps ending.

Nothing is left behind when the supervisor itself is killed: `server/janitor.py` runs beside it,
sees its pipe close and stops what is still there. That holds on Linux and on macOS.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO

FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
# A program that ran this long was well; its next end starts from the first pause again.
WELL_AFTER_SECONDS = 60.0
POLL_SECONDS = 0.1

Say = Callable[[str, str], None]
"""Prints one line of the program that the first argument names."""


class NotStarted(Exception):
    """A program ended, or stayed silent, before it was ready for the first time."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. `grace` is the seconds it gets to finish before it is killed."""

    name: str
    command: Sequence[str]
    grace: float


class _Child:
    """One program and the process it is now."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.process: subprocess.Popen[str] | None = None
        self.relay: threading.Thread | None = None
        self.started_at = 0.0
        self.start_at = 0.0
        self.pause = FIRST_PAUSE_SECONDS


class Supervisor:
    def __init__(self, programs: Sequence[Program], env: Mapping[str, str], say: Say) -> None:
        self._children = [_Child(program) for program in programs]
        self._env = dict(env)
        self._say = say
        self._asked = 0
        self._janitor: subprocess.Popen[str] | None = None

    def run(self, ready: Callable[[], bool], announce: Callable[[], None], patience: float) -> None:
        """Start everything, `announce` once `ready`, and stay until SIGINT or SIGTERM.

        Raises `NotStarted` when a program ends before `ready`, or after `patience` seconds.
        Everything is stopped when this returns or raises. A second signal stops it at once.
        """
        before = {
            number: signal.signal(number, self._asked_to_stop)
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            self._janitor = subprocess.Popen(  # noqa: S603 - our own file, no shell
                [sys.executable, "-I", str(Path(__file__).with_name("janitor.py"))],
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            for child in self._children:
                self._start(child)
            self._wait_until(ready, patience)
            if not self._asked:
                announce()
            while not self._asked:
                for child in self._children:
                    self._look_after(child)
                time.sleep(POLL_SECONDS)
        finally:
            self._stop_all()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._asked += 1

    def _wait_until(self, ready: Callable[[], bool], patience: float) -> None:
        end = time.monotonic() + patience
        while not self._asked and not ready():
            for child in self._children:
                if child.process is not None and child.process.poll() is not None:
                    raise NotStarted(
                        f"{child.program.name} did not start ({_end(child.process.returncode)}); "
                        "the lines above say why"
                    )
            if time.monotonic() > end:
                raise NotStarted(f"no answer within {patience:.0f} seconds")
            time.sleep(POLL_SECONDS)

    def _start(self, child: _Child) -> None:
        process = subprocess.Popen(  # noqa: S603 - the programs are ours, no shell
            child.program.command,
            env=self._env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._tell_janitor(f"+{process.pid}")
        child.process = process
        child.started_at = time.monotonic()
        assert process.stdout is not None  # noqa: S101 - PIPE above; for the type checker
        child.relay = threading.Thread(
            target=self._relay, args=(child.program.name, process.stdout), daemon=True
        )
        child.relay.start()

    def _relay(self, name: str, lines: IO[str]) -> None:
        with lines:
            for line in lines:
                self._say(name, line.rstrip())

    def _look_after(self, child: _Child) -> None:
        """Start it again when it ended and its pause is over."""
        now = time.monotonic()
        if child.process is None:
            if now >= child.start_at:
                self._start(child)
            return
        if child.process.poll() is None:
            return
        if now - child.started_at >= WELL_AFTER_SECONDS:
            child.pause = FIRST_PAUSE_SECONDS
        self._clear(child, child.process)
        how = _end(child.process.returncode)
        self._say(child.program.name, f"{how}; starting it again in {child.pause:g} s")
        child.process = None
        child.start_at = now + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE_SECONDS)

    def _stop_all(self) -> None:
        """Ask all to finish, wait as long as each may take, kill what is left."""
        running = [(child, child.process) for child in self._children if child.process is not None]
        for _, process in running:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
        began, asked = time.monotonic(), self._asked
        for child, process in running:
            while process.poll() is None:
                late = time.monotonic() - began > child.program.grace
                if late or self._asked > max(asked, 1):
                    self._say(child.program.name, "did not finish in time, killed")
                    break
                time.sleep(POLL_SECONDS)
            self._clear(child, process)
        if self._janitor is not None and self._janitor.stdin is not None:
            with contextlib.suppress(OSError):
                self._janitor.stdin.close()
            self._janitor.wait()

    def _clear(self, child: _Child, process: subprocess.Popen[str]) -> None:
        """End what a program left in its group, such as workers of its own."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self._tell_janitor(f"-{process.pid}")
        if child.relay is not None:
            child.relay.join(2)

    def _tell_janitor(self, line: str) -> None:
        if self._janitor is not None and self._janitor.stdin is not None:
            with contextlib.suppress(OSError):
                self._janitor.stdin.write(f"{line}\n")
                self._janitor.stdin.flush()


def _end(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"ended by {signal.Signals(-code).name}"
