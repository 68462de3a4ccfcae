"""The product as a newcomer runs it, in a folder of its own, and a browser to use it with.

Marked `browser`: these run in `make browser`, and not in the fast suite.
"""

import functools
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils.translation import gettext, override
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from tests.migrated import kept_tables

ROOT = Path(__file__).resolve().parent.parent.parent
SCREENSHOTS = Path(os.environ.get("SCREENSHOTS", ROOT / "var" / "screenshots"))
PASSWORD = "doe-het-gewoon"
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in Path(item.path).parents:
            item.add_marker(pytest.mark.browser)


class Site:
    """The running product: calls as the demo people make them, and the mailbox."""

    def __init__(self, base: str, env: dict[str, str]) -> None:
        self.base = base
        self._env = env
        self._tokens: dict[str, str] = {}

    def run(self, code: str) -> str:
        """Run Python beside the product, as the clock would; returns what it printed."""
        command = [sys.executable, str(ROOT / "manage.py"), "shell", "-v0", "-c", code]
        done = subprocess.run(command, env=self._env, check=True, stdout=subprocess.PIPE, text=True)
        return done.stdout

    def call(self, who: str, method: str, path: str, **kwargs: Any) -> Any:
        """One call to the API as a demo person; fails loudly when it is refused."""
        answer = requests.request(
            method, f"{self.base}/api/v1{path}", headers=self.headers(who), timeout=60, **kwargs
        )
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def headers(self, who: str) -> dict[str, str]:
        return {"X-Session-Token": self._token(who)}

    def _token(self, who: str) -> str:
        if who not in self._tokens:
            answer = requests.post(
                f"{self.base}/_allauth/app/v1/auth/login",
                json={"email": f"{who}@demo.example", "password": PASSWORD},
                timeout=20,
            )
            self._tokens[who] = answer.json()["meta"]["session_token"]
        return self._tokens[who]

    def submit(self, **facts: Any) -> dict[str, Any]:
        """A fresh question of a fresh customer, passed on by Sanne."""
        topic = next(
            topic["slug"]
            for topic in self.call("sanne", "GET", "/topics")
            if self._is_of_daan(topic["team"])
        )
        customer = {
            "name": "Mevrouw Jansen",
            "email": f"jansen-{uuid.uuid4().hex[:8]}@example.org",
            "channel": "email",
        }
        body = {
            "id": str(uuid.uuid4()),
            "topic": topic,
            "question": "Sinds maandag heb ik geen internet. Het lampje op de router is rood.",
            "customer": customer,
            "relation": "neighbour",
            "customer_agrees": True,
            **facts,
        }
        made = self.call("sanne", "POST", "/requests", json=body)
        return {**made, "email": body["customer"]["email"]}

    def _is_of_daan(self, team: str) -> bool:
        return any(agent["team"] == team for agent in self.call("daan", "GET", "/desk/agents"))

    def desk(self, request: dict[str, Any], verb: str, **body: Any) -> Any:
        return self.call("daan", "POST", f"/desk/requests/{request['id']}/{verb}", json=body)

    def link(self, request: dict[str, Any]) -> str:
        """The newest link that the customer of this request was sent; waits for the worker."""
        for _ in range(100):
            answer = requests.get(
                f"{self.base}/dev/mailbox.json",
                params={"person": request["email"], "request": request["id"]},
                timeout=10,
            )
            for item in answer.json()["items"]:
                if found := re.search(r"https?://\S+(/t/[\w-]+)", item["text"]):
                    return f"{self.base}{found.group(1)}"
            time.sleep(0.1)
        raise AssertionError("the customer was not sent a link within ten seconds")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """`manage.py serve` on a free port with a database and files of its own."""
    folder = tmp_path_factory.mktemp("site")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {
        **{name: value for name, value in os.environ.items() if not _is_setting(name)},
        "VAR_DIR": str(folder),
        "PORT": str(port),
    }
    manage = [sys.executable, str(ROOT / "manage.py")]
    # One agent claims more in these tests than anybody in a day.
    unlimited = (
        "from server.accounts.models import TeamMember as T; T.objects.update(most_open=None)"
    )
    commands = (
        ["migrate", "-v0"],
        ["collectstatic", "--noinput", "-v0"],
        ["seed_demo"],
        ["seed_champions"],
        ["shell", "-v0", "-c", unlimited],
    )
    tables = kept_tables()
    if tables is not None and tables.exists():
        shutil.copy(tables, folder / "doe-het-gewoon.sqlite3")
    for command in commands:
        subprocess.run([*manage, *command], env=env, check=True, stdout=subprocess.DEVNULL)
    log = (folder / "log").open("w")
    server = subprocess.Popen([*manage, "serve"], env=env, stdout=log, stderr=log)
    base = f"http://localhost:{port}"
    try:
        _wait_until_it_answers(base, folder / "log")
        yield Site(base, env)
    finally:
        server.terminate()
        server.wait(60)
        log.close()


def _is_setting(name: str) -> bool:
    return name.startswith(("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "SMS_URL", "BASE_URL"))


def _wait_until_it_answers(base: str, log: Path) -> None:
    for _ in range(1200):
        try:
            if requests.get(f"{base}/healthz", timeout=2).ok:
                return
        except (requests.ConnectionError, requests.Timeout):
            time.sleep(0.1)
    raise AssertionError(f"the site did not start:\n{log.read_text()}")


class Say:
    """The language of this run: a text of the pages, by its English, as they show it in that."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, english: str, **facts: object) -> str:
        with override(self.language):
            text = gettext(english)
        return text % facts if facts else text


@pytest.fixture(params=["nl", "en"])
def say(request: pytest.FixtureRequest, site: Site) -> Iterator[Say]:
    """The editors and Sanne have this language in their profile, for as long as a test lasts."""
    people = ("noor", "admin", "sanne")
    for who in people:
        site.call(who, "PATCH", "/me", json={"language": request.param})
    yield Say(request.param)
    for who in people:
        site.call(who, "PATCH", "/me", json={"language": "nl"})


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    # The shell is the same browser without windows and toolbars, and a quarter quicker.
    names = ("chromium-headless-shell", "chromium", "google-chrome")
    executable = next(filter(None, map(shutil.which, names)), names[0])
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=QUIET)
        yield chromium
        chromium.close()


PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=900)
NARROW = ViewportSize(width=320, height=640)
WIDE = ViewportSize(width=1440, height=900)

# A busy machine is slow, not wrong.
expect.set_options(timeout=20_000)

SignIn = Callable[..., Page]


def tab_to(page: Page, selector: str, most: int = 20) -> None:
    """Press Tab, from where the focus is, until it is on this."""
    for _press in range(most):
        if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by keyboard")


def sign_in_page(page: Page, site: Site, who: str, path: str = "/desk/") -> None:
    """Through the page that people sign in with, by keyboard."""
    page.goto(f"{site.base}/accounts/login/?next={path}")
    tab_to(page, "[name=login]")
    page.keyboard.type(f"{who}@demo.example")
    tab_to(page, "[name=password]")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda address: "/accounts/" not in address)


@pytest.fixture(scope="session")
def sessions(browser: Browser, site: Site) -> Callable[[str], Any]:
    """The cookies of somebody who has signed in; each person does that once."""

    @functools.cache
    def signed_in(who: str) -> Any:
        with browser.new_context(locale="nl-NL") as context:
            sign_in_page(context.new_page(), site, who, "/")
            return context.storage_state()

    return signed_in


@pytest.fixture
def sign_in(browser: Browser, sessions: Callable[[str], Any]) -> Iterator[SignIn]:
    """An empty page of somebody who is signed in, in a browser of their own."""
    contexts = []

    def page_of(who: str, **how: Any) -> Page:
        facts = {"viewport": WIDE, "locale": "nl-NL", "storage_state": sessions(who), **how}
        contexts.append(browser.new_context(**facts))
        return contexts[-1].new_page()

    yield page_of
    for context in contexts:
        context.close()


@pytest.fixture
def phone(browser: Browser) -> Iterator[BrowserContext]:
    """A Dutch phone, with JavaScript, as most customers have."""
    context = browser.new_context(viewport=PHONE, locale="nl-NL", is_mobile=True, has_touch=True)
    yield context
    context.close()


@pytest.fixture
def plain(browser: Browser) -> Iterator[BrowserContext]:
    """A phone on which no script runs."""
    context = browser.new_context(viewport=PHONE, locale="nl-NL", java_script_enabled=False)
    yield context
    context.close()


# How tall a window has to be for all of the page, where parts of it scroll as in consoles.
TALL = """() => Math.max(innerHeight, ...[...document.querySelectorAll("main, main *")]
  .filter((each) => each.scrollHeight > each.clientHeight + 1 && !each.matches("textarea")
    && ["auto", "scroll"].includes(getComputedStyle(each).overflowY))
  .map((each) => Math.ceil(each.getBoundingClientRect().top + scrollY + each.scrollHeight)))"""
MOST_PIXELS = 8_000


def shoot(page: Page, name: str) -> None:
    """Keep a picture of the whole page, for people to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    size = page.viewport_size or DESKTOP
    tall = min(page.evaluate(TALL), MOST_PIXELS)
    page.set_viewport_size({"width": size["width"], "height": tall})
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)
    page.set_viewport_size(size)
