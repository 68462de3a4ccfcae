"""The editor's week in a browser: a post is written, sent back by a second editor, made better,
planned under an embargo, with employees and taken back; a new policy, and the figures.
"""

import csv
import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import requests
from playwright.sync_api import Locator, Page, expect

from tests.clients import photo
from tests.e2e.conftest import DESKTOP, SignIn, Site
from tests.e2e.looking import faults

TITLE = "Een dag bij de bouw van ons netwerk"
OPENING = "Ik werk bij Doe-het-gewoon."
HOME = "/champions/posts"
# The moment that it was planned for has come.
IT_IS_TIME = """
from datetime import timedelta
from django.utils import timezone
from ambassadors.models import ExamplePost
now = timezone.now() - timedelta(seconds=1)
ExamplePost.objects.filter(pk={post!r}).update(embargo_until=now, publish_at=now)
"""
ALL_SAY_YES = """
from ambassadors.models import Acceptance, OptIn
for row in OptIn.objects.filter(ends_at=None).select_related("user"):
    Acceptance.give({number}, by=row.user)
"""


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_a_post_from_the_first_word_to_the_employee(site: Site, sign_in: SignIn) -> None:
    noor, second = sign_in("noor"), sign_in("admin")
    found = []
    # Monday: a topic, the words, and a picture.
    noor.goto(f"{site.base}{HOME}/topics")
    noor.get_by_label("Naam, in het Nederlands").fill("Bouwen aan morgen")
    noor.get_by_label("Naam, in het Engels").fill("Building tomorrow")
    noor.get_by_label("Korte naam voor adressen").fill("bouwen")
    found += faults(noor, "posts-topics")
    press(noor, "Toevoegen")
    tomorrow = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(days=1)
    embargo = tomorrow.replace(hour=9, minute=0)
    found += _write(noor, site, embargo)
    post = noor.url.rsplit("/", 1)[1]
    noor.locator("summary", has_text="Afbeelding toevoegen").click()
    noor.locator("[name=file]").set_input_files(
        {"name": "ploeg.png", "mimeType": "image/png", "buffer": photo()}
    )
    noor.get_by_label("Wat er te zien is, in het Nederlands").fill("Drie bouwers bij een kabel")
    press(noor, "Toevoegen")
    expect(noor.locator(".preview-image").first).to_have_attribute(
        "alt", "Drie bouwers bij een kabel"
    )
    press(noor, "Vraag om een blik")
    found += faults(noor, "posts-page")

    # Tuesday: a second pair of eyes, and better words.
    second.goto(f"{site.base}{HOME}?state=review")
    found += faults(second, "posts-list")
    second.get_by_role("link", name=TITLE).click()
    second.locator("summary", has_text="Vraag om aanpassingen").click()
    second.locator("#judge_text").fill("Zeg ook waar het is.")
    press(second, "Geef terug")
    noor.reload()
    expect(noor.locator(".post-said")).to_contain_text("Zeg ook waar het is.")
    noor.get_by_role("link", name="Schrijven", exact=True).click()
    noor.get_by_label("LinkedIn, in het Nederlands", exact=False).first.fill(
        "Wat een ploeg, hier in Zutphen!"
    )
    press(noor, "Opslaan en bekijken")
    press(noor, "Vraag om een blik")
    second.reload()
    second.get_by_label("Wat wil je zeggen?").last.fill("Die tweede is de mooiste.")
    press(second, "Opmerking")
    press(second, "Goedkeuren")
    expect(second.locator(".said")).to_contain_text("Goedgekeurd")

    # Wednesday: its moment, in the calendar; not before the embargo ends.
    found += _plan(noor, site, embargo)
    assert not _employees_know(site, post)
    site.run(IT_IS_TIME.format(post=post))

    # Thursday: employees have it.
    assert _employees_know(site, post)
    got = site.call("sanne", "GET", f"/example-posts/{post}")
    assert got["title"] == TITLE
    assert all(text["text"].startswith(OPENING) for text in got["texts"])
    assert got["images"][0]["alt"] == "Drie bouwers bij een kabel"
    noor.goto(f"{site.base}{HOME}/{post}")
    expect(noor.locator(".pill", has_text="Bij medewerkers")).to_be_visible()

    # Friday: what a colleague suggests; and the post has had its time.
    body = {"id": post, "network": "x", "text": "Mijn idee", "credit": True}
    site.call("sanne", "POST", "/example-posts/suggestions", json=body)
    noor.goto(f"{site.base}{HOME}/suggestions")
    found += faults(noor, "posts-suggestions")
    idea = noor.locator("article", has_text="Mijn idee")
    idea.locator("summary").click()
    idea.get_by_label("Waarom niet?").fill("Dit hebben we al.")
    press(noor, "Wijs af")
    inbox = site.call("sanne", "GET", "/inbox")["items"]
    assert any("Dit hebben we al." in item["text"] for item in inbox)
    noor.goto(f"{site.base}{HOME}/{post}")
    noor.locator("summary", has_text="Haal hem terug").click()
    press(noor, "Haal hem weg")
    expect(noor.locator(".said")).to_contain_text("Medewerkers zien hem niet meer")
    assert not _employees_know(site, post)
    assert found == []


def _write(noor: Page, site: Site, embargo: datetime) -> list[str]:
    noor.goto(f"{site.base}{HOME}/new")
    noor.get_by_label("Onderwerp of campagne").select_option("bouwen")
    noor.get_by_label("Titel, in het Nederlands").fill(TITLE)
    noor.get_by_label("Embargo tot").fill(f"{embargo:%Y-%m-%dT%H:%M}")
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
    expect(noor.locator("[data-count-of=id_t_x_nl_0]")).to_have_text(
        f"{len(OPENING) + 2 + 15 + 2} van 280"
    )
    found = faults(noor, "posts-write")
    press(noor, "Opslaan en bekijken")
    expect(noor.locator(".preview")).to_have_count(3)
    expect(noor.locator(".preview-text").first).to_contain_text(OPENING)
    return found


def _plan(noor: Page, site: Site, embargo: datetime) -> list[str]:
    calendar = f"{site.base}{HOME}/calendar"

    def at(moment: datetime) -> Locator:
        noor.goto(calendar)
        waiting = noor.locator(".post-unplanned li", has_text=TITLE)
        waiting.get_by_label("Verschijnt").fill(f"{moment:%Y-%m-%dT%H:%M}")
        waiting.get_by_role("button", name="Plan hem").click()
        return noor.locator("main")

    early = at(embargo - timedelta(minutes=5))
    expect(early).to_contain_text("Het embargo is dan nog niet voorbij.")
    at(embargo)
    noor.goto(f"{calendar}?month={embargo:%Y-%m}")
    expect(noor.get_by_role("link", name=TITLE)).to_be_visible()
    return faults(noor, "posts-calendar")


def _employees_know(site: Site, post: str) -> bool:
    """Whether anything of it is told to an employee; all places have to say the same."""
    listed = [row["id"] for row in site.call("sanne", "GET", "/example-posts?network=x")["items"]]
    topics = [row["slug"] for row in site.call("sanne", "GET", "/example-posts/topics")]
    page = requests.get(
        f"{site.base}/api/v1/example-posts/{post}", headers=site.headers("sanne"), timeout=20
    )
    knows = [post in listed, "bouwen" in topics, page.status_code == 200]
    assert len(set(knows)) == 1, knows
    return knows[0]


def test_a_new_policy_who_has_not_yet_and_the_figures(site: Site, sign_in: SignIn) -> None:
    noor = sign_in("noor")
    found = []
    # The figures of this month, and the same in a spreadsheet.
    noor.goto(f"{site.base}/champions/")
    found += faults(noor, "counts")
    table = noor.locator("#departments tbody tr")
    shown = [table.nth(place).locator("td").all_inner_texts() for place in range(table.count())]
    with noor.expect_download() as download:
        noor.get_by_role("link", name="Bewaar als CSV").click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file)
    assert head[1:5] == ["Afdeling", "Medewerkers", "Gecertificeerd", "Actief"]
    # On the page: activation, active, certified, employees; without the company as a whole.
    assert [[row[4], row[3], row[2]] for row in lines[:-1]] == [row[1:4] for row in shown]

    # What works: three levels of evidence, by what is clicked most, and nobody's name.
    noor.set_viewport_size(DESKTOP)  # on a phone there is no head of a table to press
    noor.goto(f"{site.base}{HOME}/results")
    noor.get_by_role("link", name="Kliks van mensen").click()
    expect(noor.locator("[aria-sort]")).to_contain_text("Kliks van mensen")
    expect(noor.get_by_role("table")).to_contain_text("LinkedIn")
    expect(noor.get_by_role("table")).not_to_contain_text("Sanne")
    found += faults(noor, "results")

    # A new version of the policy: read by nobody yet, then by one, then by all.
    noor.goto(f"{site.base}/champions/policy")
    noor.get_by_role("link", name="Een nieuwe versie schrijven").click()
    press(noor, "Concept bewaren")
    expect(noor.locator(".errors")).to_be_visible()
    found += faults(noor, "policy-refused")
    words = noor.get_by_label("De afspraken in het Nederlands")
    words.fill(words.input_value() + "\n\n## Reageren\nBlijf vriendelijk, ook als het stormt.")
    noor.get_by_label("Wat er veranderd is, in het Nederlands").fill("Nieuw: over reageren.")
    noor.get_by_label("Wat er veranderd is, in het Engels").fill("New: about replying.")
    press(noor, "Concept bewaren")
    found += faults(noor, "policy-draft")
    noor.get_by_role("link", name="Publiceren").click()
    found += faults(noor, "policy-sure")
    press(noor, "Ja, publiceren")
    number = site.call("sanne", "GET", "/policy")["version"]
    expect(noor.locator("#current-title")).to_contain_text(f"versie {number}")
    asked = site.call("noor", "GET", "/policy/acceptances")["asked"]

    def not_yet() -> Locator:
        noor.reload()
        return noor.locator(".number", has_text="nog niet").locator("strong")

    expect(not_yet()).to_have_text(str(asked))
    assert site.call("sanne", "GET", "/policy")["changed"] == "Nieuw: over reageren."
    site.call("sanne", "POST", f"/policy/{number}/acceptance")
    expect(not_yet()).to_have_text(str(asked - 1))
    expect(noor.locator("main")).not_to_contain_text("Sanne")
    site.run(ALL_SAY_YES.format(number=number))
    expect(not_yet()).to_have_text("0")
    found += faults(noor, "policy")
    assert found == []
