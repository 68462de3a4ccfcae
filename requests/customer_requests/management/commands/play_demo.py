"""`manage.py play_demo`: the birthday party, played against the running server.

Everything goes through the public API and over HTTP, as an app and a customer's browser would; the
only other thing it reads is the mailbox of the embedded default, to show who received what.
"""

import http.client
import json
import os
import re
import sys
import time
import uuid
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NoReturn
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from customer_requests.demo.company import address_of, installation_of
from customer_requests.demo.picture import modem_photo
from server.accounts.demo import DEMO_PASSWORD

# How long we look on for what should not have come.
AFTERWARDS_SECONDS = 0.3
_TIMEOUT_SECONDS = 20.0
_LINES_SHOWN = 3
_TOKEN = re.compile(r"/t/([\w-]{20,})")

SANNE, DAAN = address_of("sanne"), address_of("daan")
CUSTOMER = "tineke.bosman@example.org"
STEPS = ("Lijn doormeten", "Modem op afstand bijwerken", "Samen nameten")
_NAMES = {SANNE: "Sanne, employee", DAAN: "Daan, agent", CUSTOMER: "Tineke, customer"}


class Surprise(CommandError):
    """Something that the story does not have: it ends here, with exit code 1."""


class Server:
    """The public API of one running server, over plain HTTP."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CommandError("--base-url is malformed; it must be like http://localhost:8000")
        self.base_url = base_url.rstrip("/")
        self._path = parts.path.rstrip("/")
        self._secure, self._netloc = parts.scheme == "https", parts.netloc

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        expect: Iterable[int] = (200, 201),
    ) -> Any:
        """The JSON that this call answers; a Surprise for any other status than expected."""
        content = b"" if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json", token, expect)

    def upload(self, path: str, name: str, content: bytes, *, token: str) -> Any:
        """Send one file with a new id, as a form."""
        mark = uuid.uuid4().hex
        form = (
            f'--{mark}\r\nContent-Disposition: form-data; name="id"\r\n\r\n{uuid.uuid4()}\r\n'
            f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        )
        body = form.encode() + content + f"\r\n--{mark}--\r\n".encode()
        kind = f"multipart/form-data; boundary={mark}"
        return self._send("POST", path, body, kind, token, (201,))

    def _send(
        self, method: str, path: str, body: bytes, kind: str, token: str, expect: Iterable[int]
    ) -> Any:
        headers = {"Content-Type": kind, "Accept": "application/json"}
        if token:
            headers["X-Session-Token"] = token
        kind_of = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind_of(self._netloc, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, self._path + path, body or None, headers)
            response = connection.getresponse()
            status, content = response.status, response.read()
        except OSError as error:
            raise CommandError(
                f"No server answers at {self.base_url}. Start it with `make run` in another "
                "terminal. Does it run on another port? Then: PORT=8001 make demo."
            ) from error
        except http.client.HTTPException as error:
            raise CommandError(f"What answers at {self.base_url} is not our server.") from error
        finally:
            connection.close()
        if status not in expect:
            self._surprise(method, path, status, content)
        try:
            return json.loads(content) if content else {}
        except ValueError as error:
            raise CommandError(f"What answers at {self.base_url} is not our server.") from error

    def _surprise(self, method: str, path: str, status: int, content: bytes) -> NoReturn:
        try:
            problem = json.loads(content)
            said = problem.get("detail") or problem.get("title") or json.dumps(problem)
        except (ValueError, AttributeError):
            said = "no explanation"
        shown = _TOKEN.sub("/t/...", re.sub(r"/track/[\w-]+", "/track/...", path))
        raise Surprise(f"{method} {shown} answered {status}: {said}")


class Ink:
    """A little colour on a terminal; none with NO_COLOR, or where a program reads along."""

    def __init__(self) -> None:
        self.on = sys.stdout.isatty() and not os.environ.get("NO_COLOR")

    def __call__(self, code: str, text: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.on else text

    def strong(self, text: str) -> str:
        return self("1", text)

    def soft(self, text: str) -> str:
        return self("2", text)

    def act(self, text: str) -> str:
        return self("1;36", text)

    def good(self, text: str) -> str:
        return self("32", text)

    def channel(self, name: str) -> str:
        return self({"push": "35", "email": "34", "sms": "33"}.get(name, "0"), f"{name:<5}")


@dataclass
class Party:
    """The story so far: who is signed in, which request it is, and what was received."""

    server: Server
    ink: Ink
    write: Any
    patience: float
    tokens: dict[str, str] = field(default_factory=dict)
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    link: str = ""
    steps: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)
    number: int = 0

    @property
    def base(self) -> str:
        return f"/api/v1/requests/{self.request_id}"

    @property
    def desk(self) -> str:
        return f"/api/v1/desk/requests/{self.request_id}"

    @property
    def track(self) -> str:
        return f"/api/v1/track/{self.link}"

    def sign_in(self, email: str) -> None:
        answer = self.server.call(
            "POST",
            "/_allauth/app/v1/auth/login",
            {"email": email, "password": DEMO_PASSWORD},
            expect=(200, 400, 401),
        )
        token = answer.get("meta", {}).get("session_token")
        if not token:
            raise Surprise(
                f"{email} cannot sign in. The demo people are made by `manage.py seed_demo`."
            )
        self.tokens[email] = token

    def as_(self, email: str, method: str, path: str, body: Any = None) -> Any:
        return self.server.call(method, path, body, token=self.tokens[email])

    def step(self, title: str, *details: str) -> None:
        self.number += 1
        self.write("")
        self.write(f"{self.ink.act(f'{self.number:>2}')}  {self.ink.strong(title)}")
        for detail in details:
            self.write(f"    {self.ink.soft(detail)}")

    def received(self, *expected: tuple[str, str]) -> list[dict[str, Any]]:
        """Wait for these (address, channel), each as often as it is named; show and return them.

        A Surprise when something does not come, or when somebody hears what they should not. Who
        has two phones may get a push twice.
        """
        wanted, got = Counter(expected), list[dict[str, Any]]()
        end = time.monotonic() + self.patience
        while missing := wanted - Counter(_receiver(item) for item in got):
            got += self._new()
            self._check_wanted(got, wanted)
            if time.monotonic() > end:
                raise Surprise(
                    f"After {self.patience:g} seconds there is no "
                    + ", no ".join(f"{channel} for {who}" for who, channel in sorted(missing))
                    + ". Is the worker running? `make run` starts it, or `manage.py drain`."
                )
            time.sleep(0.15)
        time.sleep(AFTERWARDS_SECONDS)
        got += self._new()
        self._check_wanted(got, wanted)
        self._show(got)
        return got

    def _new(self) -> list[dict[str, Any]]:
        query = urlencode({"request": self.request_id})
        answer = self.server.call("GET", f"/dev/mailbox.json?{query}", expect=(200, 404))
        if "items" not in answer:
            raise CommandError(
                "This server has no mailbox: it sends for real. The demo needs the embedded "
                "default, without DATABASE_URL."
            )
        new = [item for item in reversed(answer["items"]) if item["id"] not in self.seen]
        self.seen |= {item["id"] for item in new}
        return new

    def _check_wanted(self, got: list[dict[str, Any]], wanted: Container[tuple[str, str]]) -> None:
        for item in got:
            if _receiver(item) not in wanted:
                address, channel = _receiver(item)
                raise Surprise(f"{address} received an unexpected {channel}: {item['subject']}")

    def _show(self, got: list[dict[str, Any]]) -> None:
        if not got:
            self.write(f"    {self.ink.soft('nobody needs to hear of this')}")
        order = [CUSTOMER, SANNE, DAAN]
        for item in sorted(got, key=lambda item: order.index(item["person"]["address"])):
            who = _NAMES[item["person"]["address"]]
            subject = item["subject"]
            lines = _first_lines(item["text"])
            if item["channel"] == "push":
                subject, lines = f"{subject}  {item['text']}", []
            self.write(f"    {self.ink.channel(item['channel'])} {who:<17} {subject}")
            for line in lines:
                self.write(f"    {'':<5} {'':<17} {self.ink.soft(line)}")


def _receiver(item: Mapping[str, Any]) -> tuple[str, str]:
    return item["person"]["address"], item["channel"]


def _first_lines(text: str) -> list[str]:
    """What a mail says between its greeting and its link."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    end = next((place for place, line in enumerate(lines) if _TOKEN.search(line)), len(lines))
    return [_short(line, 96) for line in lines[1 : min(end, 1 + _LINES_SHOWN)]]


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1].rstrip() + "…"


class Command(BaseCommand):
    help = "Play the story of a birthday party against the running server, and show who hears what."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--base-url", default=settings.BASE_URL, help="where the server is (%(default)s)"
        )

        parser.add_argument(
            "--patience",
            type=float,
            default=10.0,
            metavar="SECONDS",
            help="how long the worker gets to deliver (%(default)s)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        server = Server(options["base_url"])
        party = Party(server, Ink(), self.stdout.write, options["patience"])
        began = time.monotonic()
        party.server.call("GET", "/healthz")
        _arrive(party)
        _pass_on(party)
        _take_up(party)
        _plan(party)
        _ask_and_answer(party)
        _solve_and_confirm(party)
        _look_back(party)
        took = time.monotonic() - began
        self.stdout.write("")
        self.stdout.write(party.ink.good(f"The whole story, in {took:.0f} seconds. Look around:"))
        self.stdout.write(f"    Tineke's page   {party.server.base_url}/t/{party.link}")
        self.stdout.write(f"    the mailbox     {party.server.base_url}/dev/mailbox")


def _arrive(party: Party) -> None:
    party.step("Sanne and Daan sign in, each on their own phone", f"{SANNE}, {DAAN}")
    for email, key in ((SANNE, "sanne"), (DAAN, "daan")):
        party.sign_in(email)
        phone = {"token": f"demo-token-of-{key}", "platform": "android", "app_version": "1.0.0"}
        party.as_(email, "PUT", f"/api/v1/devices/{installation_of(key)}", phone)


def _pass_on(party: Party) -> None:
    question = (
        "Sinds maandag valt het internet elk kwartier weg. Op het modem brandt dan een rood lampje."
    )
    party.step(
        "At the party, Sanne passes on the question of her neighbour Tineke, with a photo",
        f"“{question}”",
    )
    made = party.as_(
        SANNE,
        "POST",
        "/api/v1/requests",
        {
            "id": party.request_id,
            "topic": "internet",
            "question": question,
            "customer": {
                "name": "Tineke Bosman",
                "email": CUSTOMER,
                "language": "nl",
                "channel": "email",
            },
            "relation": "neighbour",
            "customer_agrees": True,
        },
    )
    photo = party.server.upload(
        f"{party.base}/attachments", "modem.jpg", modem_photo(), token=party.tokens[SANNE]
    )
    party.write(f"    {made['reference']}, {made['status_label']}; {photo['name']} is with it")
    mails = party.received((CUSTOMER, "email"))
    found = [match for mail in mails if (match := _TOKEN.search(mail["text"]))]
    if not found:
        raise Surprise("The customer's e-mail has no link in it.")
    party.link = found[0].group(1)


def _take_up(party: Party) -> None:
    queue = party.as_(DAAN, "GET", "/api/v1/desk/requests?status=received&order=newest")
    if party.request_id not in [item["id"] for item in queue["items"]]:
        raise Surprise("The request is not in Daan's queue.")
    party.step("Daan finds it in the queue of his team, and claims it")
    claimed = party.as_(DAAN, "POST", f"{party.desk}/claim")
    _check(claimed["agent"]["name"], "Daan Bakker")
    party.received((CUSTOMER, "email"), (SANNE, "push"))


def _plan(party: Party) -> None:
    tomorrow = datetime.now(ZoneInfo("Europe/Amsterdam")).replace(
        hour=10, minute=0, second=0, microsecond=0
    ) + timedelta(days=1)
    for place, title in enumerate(STEPS):
        party.step(
            ("Daan makes a plan of three steps: the first", "the second", "and the third")[place],
            f"“{title}”",
        )
        party.steps.append(str(uuid.uuid4()))
        expected = tomorrow + timedelta(hours=3 * place)
        party.as_(
            DAAN,
            "POST",
            f"{party.desk}/steps",
            {"id": party.steps[-1], "title": title, "expected_at": expected.isoformat()},
        )
        party.received((CUSTOMER, "email"), (SANNE, "push"))
    party.step(
        "Daan ticks off the first one, and says what came of it: once, in two voices",
        "to Tineke: “De lijn is goed. Het modem verliest de verbinding, dat werken we bij.”",
        "to Sanne: “De lijn is goed; het ligt aan het modem.”",
    )
    done = party.as_(
        DAAN,
        "PATCH",
        f"{party.desk}/steps/{party.steps[0]}",
        {
            "state": "done",
            "text": {
                "customer": "De lijn is goed. Het modem verliest de verbinding, dat werken we bij.",
                "employee": "De lijn is goed; het ligt aan het modem.",
            },
        },
    )
    _check(done["state"], "done")
    party.received((CUSTOMER, "email"), (SANNE, "push"))
    party.step("The second step is done too")
    _tick_off(party, 1)


def _tick_off(party: Party, place: int) -> None:
    path = f"{party.desk}/steps/{party.steps[place]}"
    _check(party.as_(DAAN, "PATCH", path, {"state": "done"})["state"], "done")
    party.received((CUSTOMER, "email"), (SANNE, "push"))


def _ask_and_answer(party: Party) -> None:
    asked = "Wilt u kijken of het lampje nu groen blijft, ook als er iemand televisie kijkt?"
    party.step("Daan asks Tineke something; meanwhile his clock stands still", f"“{asked}”")
    waiting = party.as_(DAAN, "POST", f"{party.desk}/wait", {"on": "customer", "text": asked})
    _check(waiting["status"], "waiting")
    party.received((CUSTOMER, "email"), (SANNE, "push"))
    answer = "Het blijft groen, ook met twee televisies aan!"
    party.step(
        "Tineke opens the link in her e-mail, and answers: no account, no app", f"“{answer}”"
    )
    party.server.call("POST", f"{party.track}/messages", {"id": str(uuid.uuid4()), "text": answer})
    shown = party.server.call("GET", party.track)
    _check(shown["status"], "in_progress")
    party.received((DAAN, "push"))


def _solve_and_confirm(party: Party) -> None:
    party.step("Daan looks along once more, and ticks off the last step")
    _tick_off(party, 2)
    said = "Uw modem liep achter en is nu bij. Hapert het toch weer? Dan hoor ik het graag van u."
    party.step("Daan says that it is solved", f"“{said}”")
    solved = party.as_(DAAN, "POST", f"{party.desk}/solve", {"text": said})
    _check(solved["status"], "solved")
    party.received((CUSTOMER, "email"), (SANNE, "push"))
    party.step("Tineke says: yes, it is")
    confirmed = party.server.call("POST", f"{party.track}/confirm", {})
    _check(confirmed["closed_as"], "confirmed")
    party.received((SANNE, "push"), (DAAN, "push"))
    party.step("... and gives five stars", "“Ik wist steeds waar ik aan toe was.”")
    party.server.call(
        "POST",
        f"{party.track}/rating",
        {"score": 5, "taken_seriously": True, "text": "Ik wist steeds waar ik aan toe was."},
    )
    party.received()


def _look_back(party: Party) -> None:
    party.step("Sanne reads the story on her phone")
    for entry in party.as_(SANNE, "GET", f"{party.base}/timeline"):
        name, what = entry["actor"]["name"] or "-", entry["kind_label"]
        step = entry["step"]
        text = f"{step['title']}: {step['state']}" if step else entry["text"]
        party.write(f"    {what:<18} {name:<15} {party.ink.soft(_short(text, 70))}")


def _check(got: Any, expected: Any) -> None:
    if got != expected:
        raise Surprise(f"The server says {got!r} where the story has {expected!r}.")
