"""From the first day to the first confirmed share, in Dutch and in English: the app's calls, and
each page met on the way.

Employees have the app; what opens in a browser is the page of their certificate, the network that
they share on, and the short link. What an editor sees of it is looked at as well.
"""

import re
import time
import uuid
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import requests
from playwright.sync_api import Browser, Page, expect

from ambassadors import shipped
from ambassadors.importing import course_file
from tests.e2e.conftest import PASSWORD, Say, SignIn, Site
from tests.e2e.looking import faults
from tests.visitors import PROGRAMS

SLUG = "mag-ik-dit-posten"


class Newcomer(NamedTuple):
    """Somebody who begins today, the example that they take, and what they make of it."""

    key: str
    name: str
    course: str
    post: str
    text: str
    opening: str
    target: str


NEWCOMERS = {
    "nl": Newcomer(
        key="lotte",
        name="Lotte Jansen",
        course="Mag ik dit posten?",
        post="We zoeken mensen voor de winkel",
        text="Mijn eerste week in de winkel zit erop. Wie komt ons team versterken?",
        opening="Ik werk bij Doe-het-gewoon. #adv",
        target="https://www.example.org/vacatures"
        "?utm_source=linkedin&utm_medium=social&utm_campaign=werken-hier",
    ),
    "en": Newcomer(
        key="emma",
        name="Emma Clarke",
        course="May I post this?",
        post="A morning with an engineer",
        text="My first week is done, and most of it I spent in a van. I'd do it again.",
        opening="I work at Doe-het-gewoon.",
        target="https://www.example.org/verhalen/monteurs"
        "?utm_source=linkedin&utm_medium=social&utm_campaign=op-pad",
    ),
}
# The first day: the list of the personnel department comes in, and the clock enrols who is new.
HIRED = """
from django.core.management import call_command
from ambassadors import training_clock
from server.accounts.models import User
call_command("import_employees", {file!r})
newcomer = User.objects.get(email={email!r})
newcomer.set_password({password!r})
newcomer.save()
training_clock.enrol()
"""
A_DAY_LATER = """
from datetime import timedelta
from django.db.models import F
from ambassadors.models import Attempt
mine = Attempt.objects.filter(user__email={email!r})
mine.update(at=F("at") - timedelta(hours=24))
"""
AN_HOUR_LATER = """
from datetime import timedelta
from django.db.models import F
from ambassadors.models import Share
mine = Share.objects.filter(user__email={email!r})
mine.update(opened_at=F("opened_at") - timedelta(hours=1))
"""


def test_from_the_first_day_to_the_first_confirmed_share(
    site: Site, sign_in: SignIn, browser: Browser, tmp_path: Path, say: Say
) -> None:
    noor, newcomer = sign_in("noor"), NEWCOMERS[say.language]
    _have_a_policy(site, noor, say)
    people, email = tmp_path / "people.csv", f"{newcomer.key}@demo.example"
    people.write_text(f"email;name;language\n{email};{newcomer.name};{say.language}\n")
    site.run(HIRED.format(file=str(people), password=PASSWORD, email=email))

    def app(method: str, path: str, **body: Any) -> Any:
        return site.call(newcomer.key, method, path, **({"json": body} if body else {}))

    phone = {"token": f"phone-{uuid.uuid4()}", "platform": "android"}
    app("PUT", f"/devices/phone-of-{newcomer.key}", **phone)
    [told] = app("GET", "/inbox")["items"]
    assert told["kind"] == "training.enrolled"
    assert newcomer.course in f"{told['title']} {told['text']}"
    app("POST", "/inbox/read", up_to=told["id"])
    before = site.call("noor", "GET", "/ambassadors/counts")
    found = _passes_the_course(site, browser, app, say)

    number = app("GET", "/policy")["version"]
    app("POST", f"/policy/{number}/acceptance")
    mine = app("PUT", "/ambassadors/me", on_board=False)
    assert (mine["status"], mine["missing"]) == ("certified", [])

    share = _shares(browser, app, newcomer)
    _is_followed(site, browser, share, newcomer)
    for _ in range(50):
        [kept] = app("GET", "/shares")["items"]
        if kept["clicks"]["raw"] == 3:
            break
        time.sleep(0.1)
    assert kept["clicks"] == {"raw": 3, "human": 1}
    link = "https://www.linkedin.com/posts/mine_1"
    app("PATCH", f"/shares/{share['id']}", state="confirmed", permalink=link)
    mine = app("GET", "/ambassadors/me")
    assert mine["status"] == "active"
    assert mine["mine"] == {"opened": 1, "confirmed": 1, "clicks": 1}

    after = site.call("noor", "GET", "/ambassadors/counts")
    assert after["active"] == before["active"] + 1
    assert after["certified"] == before["certified"] + 1
    noor.goto(f"{site.base}/champions/")
    expect(noor.locator(".number", has_text=say("certified")).locator("strong")).to_have_text(
        str(after["certified"])
    )
    expect(noor.locator("body")).not_to_contain_text(newcomer.name)
    assert found + faults(noor, "share-counts", language=say.language) == []


def _have_a_policy(site: Site, noor: Page, say: Say) -> None:
    """The one that ships, where the company has none yet."""
    noor.goto(f"{site.base}/champions/policy")
    begin = noor.get_by_role("link", name=say("Begin with the policy that ships"))
    if begin.count():
        begin.click()
        noor.get_by_role("button", name=say("Save the draft")).click()
        noor.get_by_role("link", name=say("Publish")).click()
        noor.get_by_role("button", name=say("Yes, publish it")).click()
    expect(noor.locator("#current-title")).to_be_visible()


def _passes_the_course(site: Site, browser: Browser, app: Any, say: Say) -> list[str]:
    """Lessons, a quiz that goes wrong three times and well a day later, and the certificate."""
    newcomer = NEWCOMERS[say.language]
    shown = app("GET", f"/courses/{SLUG}")
    assert shown["enrolment"]["reason"] == "rule"
    assert shown["title"] == {"text": newcomer.course, "language": say.language}
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
    site.run(A_DAY_LATER.format(email=f"{newcomer.key}@demo.example"))
    passed = attempt(well=True)
    assert (passed["passed"], passed["score"]) == (True, 100)

    # As whoever they show it to sees it, in the same language.
    with browser.new_context(locale=say.language) as context:
        page = context.new_page()
        page.goto(passed["certificate"]["url"])
        expect(page.locator("h1")).to_have_text(newcomer.name)
        expect(page.locator(".status")).to_have_text(say("Valid"))
        found = faults(page, "share-certificate", language=say.language)
        with page.expect_response(re.compile("/api/v1/certificates/")) as answer:
            page.locator("dd a").first.click()
        assert answer.value.json()["type"] == ["VerifiableCredential", "OpenBadgeCredential"]
    return found


def _shares(browser: Browser, app: Any, newcomer: Newcomer) -> dict[str, Any]:
    """An example made their own, and the network that opens with it."""
    posts = app("GET", "/example-posts?network=linkedin")["items"]
    post = next(each for each in posts if each["title"] == newcomer.post)
    checked = app(
        "POST", f"/example-posts/{post['id']}/check", network="linkedin", text=newcomer.text
    )
    assert checked["text"] == f"{newcomer.opening}\n\n{newcomer.text}"
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


def _is_followed(site: Site, browser: Browser, share: dict[str, Any], newcomer: Newcomer) -> None:
    """By LinkedIn's preview, by what only asks whether it is there, and by a person."""
    for method in ("GET", "HEAD"):
        answer = requests.request(
            method,
            share["short_url"],
            headers=PROGRAMS[0].headers,
            allow_redirects=False,
            timeout=20,
        )
        assert (answer.status_code, answer.headers["Location"]) == (302, newcomer.target)
    site.run(AN_HOUR_LATER.format(email=f"{newcomer.key}@demo.example"))
    with browser.new_context() as context:
        agent = context.new_page().evaluate("navigator.userAgent").replace("Headless", "")
    # What a browser that somebody sees says of itself.
    brand = {"Sec-CH-UA": f'"Chromium";v="{agent.partition("Chrome/")[2].partition(".")[0]}"'}
    with browser.new_context(locale="nl-NL", user_agent=agent, extra_http_headers=brand) as context:
        page = context.new_page()
        went: list[str] = []
        page.on("request", lambda request: went.append(request.url))
        page.set_content(f'<a href="{share["short_url"]}">{newcomer.text}</a>')
        page.get_by_role("link").click()
        for _ in range(100):
            if newcomer.target in went:
                break
            page.wait_for_timeout(50)
        assert went[:2] == [share["short_url"], newcomer.target]
