"""From the first day to the first confirmed share: the app's calls, and each page met on the way.

Employees have the app; what opens in a browser is the page of their certificate, the network that
they share on, and the short link. What an editor sees of it is looked at as well.
"""

import re
import time
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from playwright.sync_api import Browser, Page, expect

from ambassadors import shipped
from ambassadors.importing import course_file
from tests.e2e.conftest import PASSWORD, SignIn, Site
from tests.e2e.looking import faults
from tests.visitors import PROGRAMS

SLUG = "mag-ik-dit-posten"
TEXT = "Mijn eerste week in de winkel zit erop. Wie komt ons team versterken?"
# The first day: the list of the personnel department comes in, and the clock enrols who is new.
HIRED = """
from django.core.management import call_command
from ambassadors import training_clock
from server.accounts.models import User
call_command("import_employees", {file!r})
lotte = User.objects.get(email="lotte@demo.example")
lotte.set_password({password!r})
lotte.save()
training_clock.enrol()
"""
A_DAY_LATER = """
from datetime import timedelta
from django.db.models import F
from ambassadors.models import Attempt
mine = Attempt.objects.filter(user__email="lotte@demo.example")
mine.update(at=F("at") - timedelta(hours=24))
"""
AN_HOUR_LATER = """
from datetime import timedelta
from django.db.models import F
from ambassadors.models import Share
mine = Share.objects.filter(user__email="lotte@demo.example")
mine.update(opened_at=F("opened_at") - timedelta(hours=1))
"""


def test_from_the_first_day_to_the_first_confirmed_share(
    site: Site, sign_in: SignIn, browser: Browser, tmp_path: Path
) -> None:
    noor = sign_in("noor")
    _have_a_policy(site, noor)
    people = tmp_path / "people.csv"
    people.write_text("email;name;language\nlotte@demo.example;Lotte Jansen;nl\n")
    site.run(HIRED.format(file=str(people), password=PASSWORD))

    def app(method: str, path: str, **body: Any) -> Any:
        return site.call("lotte", method, path, **({"json": body} if body else {}))

    phone = {"token": f"phone-{uuid.uuid4()}", "platform": "android"}
    app("PUT", "/devices/lottes-phone", **phone)
    [told] = app("GET", "/inbox")["items"]
    assert told["kind"] == "training.enrolled"
    app("POST", "/inbox/read", up_to=told["id"])
    before = site.call("noor", "GET", "/ambassadors/counts")
    found = _passes_the_course(site, browser, app)

    number = app("GET", "/policy")["version"]
    app("POST", f"/policy/{number}/acceptance")
    mine = app("PUT", "/ambassadors/me", on_board=False)
    assert (mine["status"], mine["missing"]) == ("certified", [])

    share = _shares(site, browser, app)
    _is_followed(site, browser, share)
    for _ in range(50):
        [kept] = app("GET", "/shares")["items"]
        if kept["clicks"]["raw"] == 3:
            break
        time.sleep(0.1)
    assert kept["clicks"] == {"raw": 3, "human": 1}
    link = "https://www.linkedin.com/posts/lotte_1"
    app("PATCH", f"/shares/{share['id']}", state="confirmed", permalink=link)
    mine = app("GET", "/ambassadors/me")
    assert mine["status"] == "active"
    assert mine["mine"] == {"opened": 1, "confirmed": 1, "clicks": 1}

    after = site.call("noor", "GET", "/ambassadors/counts")
    assert after["active"] == before["active"] + 1
    assert after["certified"] == before["certified"] + 1
    noor.goto(f"{site.base}/champions/")
    expect(noor.locator(".number", has_text="gecertificeerd").locator("strong")).to_have_text(
        str(after["certified"])
    )
    expect(noor.locator("body")).not_to_contain_text("Lotte")
    assert found + faults(noor, "share-counts") == []


def _have_a_policy(site: Site, noor: Page) -> None:
    """The one that ships, where the company has none yet."""
    noor.goto(f"{site.base}/champions/policy")
    begin = noor.get_by_role("link", name="Beginnen met de meegeleverde afspraken")
    if begin.count():
        begin.click()
        noor.get_by_role("button", name="Concept bewaren").click()
        noor.get_by_role("link", name="Publiceren").click()
        noor.get_by_role("button", name="Ja, publiceren").click()
    expect(noor.locator("#current-title")).to_contain_text("versie")


def _passes_the_course(site: Site, browser: Browser, app: Any) -> list[str]:
    """Lessons, a quiz that goes wrong three times and well a day later, and the certificate."""
    shown = app("GET", f"/courses/{SLUG}")
    assert shown["enrolment"]["reason"] == "rule"
    exercises = [b for each in shown["lessons"] for b in each["blocks"] if b["kind"] == "exercise"]
    for exercise in exercises:
        assert {choice["right"] for choice in exercise["choices"]} == {True, False}
        assert all(choice["feedback"]["text"] for choice in exercise["choices"])
    for lesson in shown["lessons"]:
        progress = app("POST", f"/courses/{SLUG}/lessons/{lesson['slug']}/done")
    assert progress["done"] == progress["lessons"] == len(shown["lessons"])

    right = {
        question.id: sorted(question.right)
        for question in course_file.read(shipped.course()).quiz.questions
    }

    def attempt(well: bool) -> dict[str, Any]:
        asked = app("GET", f"/courses/{SLUG}")["quiz"]["questions"]
        answers = {each["id"]: right[each["id"]] if well else [] for each in asked}
        made: dict[str, Any] = app(
            "POST", f"/courses/{SLUG}/attempts", id=str(uuid.uuid4()), answers=answers
        )
        return made

    assert [attempt(well=False)["attempts_left"] for _ in range(3)] == [2, 1, 0]
    cooling = app("GET", f"/courses/{SLUG}")["quiz"]
    assert (cooling["state"], cooling["questions"]) == ("cooling", [])
    site.run(A_DAY_LATER)
    passed = attempt(well=True)
    assert (passed["passed"], passed["score"]) == (True, 100)

    found = []
    for language, words in (("nl-NL", "Geldig"), ("en-GB", "Valid")):
        with browser.new_context(locale=language) as context:
            page = context.new_page()
            page.goto(passed["certificate"]["url"])
            expect(page.locator("h1")).to_have_text("Lotte Jansen")
            expect(page.locator(".status")).to_have_text(words)
            found += faults(page, f"share-certificate-{language[:2]}")
            with page.expect_response(re.compile("/api/v1/certificates/")) as answer:
                page.locator("dd a").first.click()
            assert answer.value.json()["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    return found


def _shares(site: Site, browser: Browser, app: Any) -> dict[str, Any]:
    """An example made her own, and the network that opens with it."""
    posts = app("GET", "/example-posts?network=linkedin")["items"]
    post = next(each for each in posts if each["title"] == "We zoeken mensen voor de winkel")
    checked = app("POST", f"/example-posts/{post['id']}/check", network="linkedin", text=TEXT)
    assert checked["text"] == f"Ik werk bij Doe-het-gewoon. #adv\n\n{TEXT}"
    assert [each["level"] for each in checked["warnings"]] == ["law"]
    share: dict[str, Any] = app(
        "POST",
        f"/example-posts/{post['id']}/shares",
        id=str(uuid.uuid4()),
        network="linkedin",
        text=checked["text"],
    )
    assert share["text"] == f"{checked['text']}\n{share['short_url']}"
    with browser.new_context() as context:
        page = context.new_page()
        page.route("https://www.linkedin.com/**", lambda route: route.fulfill(body="LinkedIn"))
        page.goto(share["intent_url"])
        asked = parse_qs(urlsplit(page.url).query)
        assert asked == {"shareActive": ["true"], "text": [share["text"]]}
    return share


def _is_followed(site: Site, browser: Browser, share: dict[str, Any]) -> None:
    """By LinkedIn's preview, by what only asks whether it is there, and by a person."""
    target = (
        "https://www.example.org/vacatures"
        "?utm_source=linkedin&utm_medium=social&utm_campaign=werken-hier"
    )
    for method in ("GET", "HEAD"):
        answer = requests.request(
            method,
            share["short_url"],
            headers=PROGRAMS[0].headers,
            allow_redirects=False,
            timeout=20,
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, target)
    site.run(AN_HOUR_LATER)
    with browser.new_context() as context:
        agent = context.new_page().evaluate("navigator.userAgent").replace("Headless", "")
    with browser.new_context(locale="nl-NL", user_agent=agent) as context:
        page = context.new_page()
        went: list[str] = []
        page.on("request", lambda request: went.append(request.url))
        page.set_content(f'<a href="{share["short_url"]}">{TEXT}</a>')
        page.get_by_role("link").click()
        for _ in range(100):
            if target in went:
                break
            page.wait_for_timeout(50)
        assert went[:2] == [share["short_url"], target]
