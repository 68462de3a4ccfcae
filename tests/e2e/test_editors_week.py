"""The editor's week in a browser: a post is written, looked at by a second editor, planned, and
with employees; nothing of it is known before.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from playwright.sync_api import Page, expect

from tests.e2e.conftest import SignIn, Site
from tests.e2e.looking import faults

TITLE = "Een dag bij de bouw van ons netwerk"
HOME = "/champions/posts"


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_post_from_the_first_word_to_the_employee(site: Site, sign_in: SignIn) -> None:
    noor, second = sign_in("noor"), sign_in("admin")
    found = []
    # Monday: a topic, and the words.
    noor.goto(f"{site.base}{HOME}/topics")
    noor.get_by_label("Naam, in het Nederlands").fill("Bouwen aan morgen")
    noor.get_by_label("Naam, in het Engels").fill("Building tomorrow")
    noor.get_by_label("Korte naam voor adressen").fill("bouwen")
    found += faults(noor, "posts-topics")
    press(noor, "Toevoegen")
    noor.goto(f"{site.base}{HOME}/new")
    noor.get_by_label("Onderwerp of campagne").select_option("bouwen")
    noor.get_by_label("Titel, in het Nederlands").fill(TITLE)
    noor.get_by_label("LinkedIn, in het Nederlands", exact=False).first.fill("Wat een ploeg!")
    noor.locator("summary", has_text="LinkedIn").locator("xpath=..").locator(
        ".post-more > summary"
    ).click()
    noor.get_by_label("LinkedIn, in het Nederlands (variant 2)").fill("Petje af voor de bouwers.")
    noor.locator("summary", has_text=re.compile("^X ")).click()
    on_x = noor.locator("#id_t_x_nl_0")
    on_x.fill("a" * 260)
    expect(noor.locator("[data-count-of=id_t_x_nl_0]")).to_contain_text("te lang")
    on_x.fill("Wat een ploeg! 👷")
    opening = "Ik werk bij Doe-het-gewoon."
    expect(noor.locator("[data-count-of=id_t_x_nl_0]")).to_have_text(
        f"{len(opening) + 2 + 15 + 2} van 280"
    )
    found += faults(noor, "posts-write")
    press(noor, "Opslaan en bekijken")
    expect(noor.locator(".preview")).to_have_count(3)
    expect(noor.locator(".preview-text").first).to_contain_text(opening)
    post = noor.url.rsplit("/", 1)[1]
    noor.locator("details", has_text="Afbeelding toevoegen").first.locator("summary").click()
    press(noor, "Vraag om een blik")
    found += faults(noor, "posts-page")
    # Tuesday: a second pair of eyes.
    second.goto(f"{site.base}{HOME}?state=review")
    found += faults(second, "posts-list")
    second.get_by_role("link", name=TITLE).click()
    second.get_by_label("Wat wil je zeggen?").last.fill("Die tweede is de mooiste.")
    press(second, "Opmerking")
    press(second, "Goedkeuren")
    expect(second.locator(".said")).to_contain_text("Goedgekeurd")
    # Wednesday: its moment, in the calendar.
    calendar = f"{site.base}{HOME}/calendar"
    noor.goto(calendar)
    later = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(days=1)
    waiting = noor.locator(".post-unplanned li", has_text=TITLE)
    waiting.get_by_label("Verschijnt").fill(later.strftime("%Y-%m-%dT%H:%M"))
    waiting.get_by_role("button", name="Plan hem").click()
    noor.goto(f"{calendar}?month={later:%Y-%m}")
    expect(noor.get_by_role("link", name=TITLE)).to_be_visible()
    found += faults(noor, "posts-calendar")
    assert post not in [row["id"] for row in site.call("sanne", "GET", "/example-posts")["items"]]
    # Thursday: today after all.
    noor.get_by_role("link", name=TITLE).click()
    now = datetime.now(ZoneInfo("Europe/Amsterdam"))
    noor.get_by_label("Verschijnt").fill(now.strftime("%Y-%m-%dT%H:%M"))
    press(noor, "Plan hem")
    expect(noor.locator(".pill", has_text="Bij medewerkers")).to_be_visible()
    got = site.call("sanne", "GET", f"/example-posts/{post}")
    assert got["title"] == TITLE
    assert all(text["text"].startswith(opening) for text in got["texts"])
    # Friday: what a colleague suggests.
    body = {"id": post, "network": "x", "text": "Mijn idee", "credit": True}
    site.call("sanne", "POST", "/example-posts/suggestions", json=body)
    noor.goto(f"{site.base}{HOME}/suggestions")
    found += faults(noor, "posts-suggestions")
    idea = noor.locator("article", has_text="Mijn idee")
    idea.locator("summary").click()
    idea.get_by_label("Waarom niet?").fill("Dit hebben we al.")
    press(noor, "Wijs af")
    inbox = site.call("sanne", "GET", "/inbox")["items"]
    assert "Dit hebben we al." in inbox[0]["text"]
    assert found == []
