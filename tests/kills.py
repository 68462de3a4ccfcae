"""Submits and claims requests over HTTP while something keeps killing what sends the messages.

Shared by tests/test_kill.py and bench/kill.py. What should arrive is known beforehand: each
request is submitted and then claimed, so its customer gets two mails, and the employee one push to
their phone. What did arrive is read from the mail server and from FCM, not from our own database.
"""

import contextlib
import random
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.installs import Install, call, free_port, kill
from tests.standins.fcm import FcmStandIn
from tests.standins.smtp import SmtpSink

MAILS_PER_REQUEST = 2
PUSHES_PER_REQUEST = 1


@dataclass
class Scene:
    """An install whose mails and pushes go to stand-ins, with its people signed in."""

    install: Install
    smtp: SmtpSink
    fcm: FcmStandIn
    people: dict[str, Any]
    addresses: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    port: int = 0

    def submit(self, count: int, *, pace: float = 0.0, callers: int = 4) -> None:
        """Submit and claim this many requests, `pace` seconds apart per caller.

        A submission that got no answer, or 503, is repeated with the same id, as the app does.
        """
        numbers = iter(range(count))
        lock = threading.Lock()

        def caller() -> None:
            while True:
                with lock:
                    number = next(numbers, None)
                if number is None:
                    return
                self._submit_and_claim(f"customer-{uuid.uuid4().hex[:12]}@example.org", number)
                time.sleep(pace)

        threads = [threading.Thread(target=caller) for _ in range(callers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _submit_and_claim(self, address: str, number: int) -> None:
        employee = self.people["employees"][number % len(self.people["employees"])]
        request_id = str(uuid.uuid4())
        body = {
            "id": request_id,
            "topic": self.people["topic"],
            "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
            "customer": {"name": "Mevrouw Jansen", "email": address, "channel": "email"},
            "customer_agrees": True,
        }
        claim = f"/api/v1/desk/requests/{request_id}/claim"
        if self._until(lambda: self._ask("/api/v1/requests", body, employee), {200, 201}):
            self.addresses.append(address)
            self._until(lambda: self._ask(claim, {}, self.people["agents"][0]), {200})

    def _ask(self, path: str, body: dict[str, Any], token: str) -> int:
        return call(self.port, "POST", path, body, token=token)[0]

    def _until(self, ask: Callable[[], int], good: set[int]) -> bool:
        said = "no answer"
        for _ in range(20):
            with contextlib.suppress(OSError):
                status = ask()
                if status in good:
                    return True
                said = str(status)
                if status != 503:
                    break
            time.sleep(0.2)
        self.failures.append(said)
        return False

    def arrived(self) -> int:
        """How many mails and pushes were received so far."""
        return len(self.smtp.messages) + len(self.fcm.sent)

    def unsettled(self) -> int:
        """How many deliveries have not come to an end."""
        query = "SELECT count(*) FROM notifications_delivery WHERE state = 'queued'"
        return int(self.install.rows(query)[0][0])

    def wait_until_settled(self, seconds: float) -> float:
        """Wait until nothing is queued; returns how long that took, raises after `seconds`."""
        began = time.monotonic()
        while left := self.unsettled():
            if time.monotonic() - began > seconds:
                raise TimeoutError(f"{left} deliveries unsettled\n{self.install.said()[-3000:]}")
            time.sleep(0.1)
        return time.monotonic() - began

    def let_leases_run_out(self) -> None:
        """Make it a minute later for what a killed process had in hand."""
        self.install.write("UPDATE notifications_delivery SET lease = due WHERE lease IS NOT NULL")

    def outcome(self) -> "Outcome":
        arrived = [
            (mail.recipients[0], str(mail.message["Message-ID"])) for mail in self.smtp.messages
        ]
        mails = Counter(arrived)
        per_address = Counter(address for address, _message_id in mails)
        pushes = Counter(sent["message"]["data"]["delivery_id"] for sent in self.fcm.sent)
        states = self.install.rows(
            "SELECT state, count(*) FROM notifications_delivery GROUP BY state"
        )
        lost = sum(max(0, MAILS_PER_REQUEST - per_address[address]) for address in self.addresses)
        return Outcome(
            requests=len(self.addresses),
            states=dict(states),
            lost_mails=lost,
            lost_pushes=len(self.addresses) * PUSHES_PER_REQUEST - len(pushes),
            double_mails=mails.total() - len(mails),
            double_pushes=pushes.total() - len(pushes),
            failures=list(self.failures),
        )


@dataclass(frozen=True)
class Outcome:
    """What became of everything that had to be told."""

    requests: int
    states: dict[str, int]
    lost_mails: int
    lost_pushes: int
    double_mails: int
    double_pushes: int
    failures: list[str]


@contextlib.contextmanager
def staged(folder: Path, *, postgres: bool, **env: str) -> Iterator[Scene]:
    """An install with its web server running, and nothing that sends yet."""
    with SmtpSink() as smtp, FcmStandIn() as fcm:
        env |= {
            "EMAIL_URL": smtp.url,
            "FCM_BASE_URL": fcm.base_url,
            "GOOGLE_APPLICATION_CREDENTIALS": str(fcm.credentials_file(folder)),
        }
        with Install(folder, postgres=postgres, **env) as install:
            people = install.people(employees=4, devices=1)
            scene = Scene(install, smtp, fcm, people)
            scene.port = install.start_web()[1]
            yield scene


class Killer:
    """Keeps one program running, and kills it without warning at random moments.

    It is let live until `busy` gives another number than when it began (at most `patience`
    seconds), so that a slow machine does not kill it before it ever did something, and then for a
    random time of `between` seconds. A context manager: the killing goes on in a thread until it
    is left; the program that runs then is killed too. `kills` counts those that hit a living one.
    """

    def __init__(
        self,
        start: Callable[[], subprocess.Popen[bytes]],
        *,
        seed: int,
        between: tuple[float, float],
        busy: Callable[[], int] = lambda: 0,
        patience: float = 0.0,
    ) -> None:
        self.kills = 0
        self._start = start
        self._random = random.Random(seed)
        self._between = between
        self._busy = busy
        self._patience = patience
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="killer")

    def __enter__(self) -> "Killer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            before, began = self._busy(), time.monotonic()
            process = self._start()
            while self._busy() == before and time.monotonic() - began < self._patience:
                if self._stop.wait(0.01):
                    break
            self._stop.wait(self._random.uniform(*self._between))
            self.kills += process.poll() is None
            kill(process)


class Redis:
    """A Redis of our own that forgets everything when it is killed: never the machine's."""

    def __init__(self, install_log: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._log = install_log

    def start(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1",
                 "--save", "", "--appendonly", "no"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT,
                cwd=self._log.parent, start_new_session=True,
            )  # fmt: skip


def drain(install: Install) -> subprocess.Popen[bytes]:
    """The worker of the embedded default."""
    return install.start(sys.executable, "manage.py", "drain")
