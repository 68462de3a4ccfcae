"""The editor's week in a browser, in Dutch and in English: a post is written, sent back by a second
editor, made better, planned under an embargo, with employees and taken back; a new policy, and the
figures.
"""

import csv
import re
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import requests
from playwright.sync_api import Locator, Page, expect

from tests.clients import photo
from tests.e2e.conftest import DESKTOP, Say, SignIn, Site
from tests.e2e.looking import faults

HOME = "/champions/posts"


class Typed(NamedTuple):
    """What the editors and Sanne type themselves; in two languages where everybody reads it."""

    slug: str
    topic: tuple[str, str]
    title: tuple[str, str]
    opening: str
    words: str
    other_words: str
    on_x: str
    alt: str
    where: str
    better: str
    remark: str
    idea: str
    not_this: str
    rule: str
    changed: str


TYPED = {
    "nl": Typed(
        slug="bouwen",
        topic=("Bouwen aan morgen", "Building tomorrow"),
        title=("Een dag bij de bouw van ons netwerk", "A day with who builds our network"),
        opening="Ik werk bij Doe-het-gewoon.",
        words="Wat een ploeg!",
        other_words="Petje af voor de bouwers.",
        on_x="Wat een ploeg! 👷",
        alt="Drie bouwers bij een kabel",
        where="Zeg ook waar het is.",
        better="Wat een ploeg, hier in Zutphen!",
        remark="Die tweede is de mooiste.",
        idea="Mijn idee",
        not_this="Dit hebben we al.",
        rule="## Reageren\nBlijf vriendelijk, ook als het stormt.",
        changed="Nieuw: over reageren.",
    ),
    "en": Typed(
        slug="network",
        topic=("Het net van straks", "The network to come"),
        title=("Een ochtend in de sleuf", "A morning in the trench"),
        opening="I work at Doe-het-gewoon.",
        words="What a crew!",
        other_words="Hats off to the builders.",
        on_x="What a crew!!! 👷",
        alt="Three builders with a cable",
        where="Say where it is, too.",
        better="What a crew, here in Zutphen!",
        remark="The second one is best.",
        idea="My idea",
        not_this="We have this already.",
        rule="## Replying\nStay friendly, also in a storm.",
        changed="New: about replying.",
    ),
}
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


def test_a_post_from_the_first_word_to_the_employee(site: Site, sign_in: SignIn, say: Say) -> None:
    typed = TYPED[say.language]
    noor, second = sign_in("noor"), sign_in("admin")
    found = []
    # Monday: a topic, the words, and a picture.
    noor.goto(f"{site.base}{HOME}/topics")
    noor.get_by_label(say("Name, in Dutch")).fill(typed.topic[0])
    noor.get_by_label(say("Name, in English")).fill(typed.topic[1])
    noor.get_by_label(say("Short name for addresses")).fill(typed.slug)
    found += faults(noor, "posts-topics", language=say.language)
    press(noor, say("Add it"))
    tomorrow = datetime.now(ZoneInfo("Europe/Amsterdam")) + timedelta(days=1)
    embargo = tomorrow.replace(hour=9, minute=0)
    found += _write(noor, site, embargo, say)
    post = noor.url.rsplit("/", 1)[1]
    noor.locator("summary", has_text=say("Add a picture")).click()
    noor.locator("[name=file]").set_input_files(
        {"name": "ploeg.png", "mimeType": "image/png", "buffer": photo()}
    )
    noor.get_by_label(say("What can be seen, in Dutch")).fill(TYPED["nl"].alt)
    noor.get_by_label(say("What can be seen, in English")).fill(TYPED["en"].alt)
    press(noor, say("Add it"))
    expect(noor.locator(".preview-image").first).to_have_attribute("alt", typed.alt)
    press(noor, say("Ask for a review"))
    found += faults(noor, "posts-page", language=say.language)

    # Tuesday: a second pair of eyes, and better words.
    second.goto(f"{site.base}{HOME}?state=review")
    found += faults(second, "posts-list", language=say.language)
    second.get_by_role("link", name=_title(say)).click()
    second.locator("summary", has_text=say("Ask for changes")).click()
    second.locator("#judge_text").fill(typed.where)
    press(second, say("Give it back"))
    noor.reload()
    expect(noor.locator(".post-said")).to_contain_text(typed.where)
    noor.get_by_role("link", name=say("Write"), exact=True).click()
    noor.get_by_label(_on_linkedin(say)).first.fill(typed.better)
    press(noor, say("Save and see how it will look"))
    press(noor, say("Ask for a review"))
    second.reload()
    second.get_by_label(say("What do you want to say?")).last.fill(typed.remark)
    press(second, say("Comment"))
    press(second, say("Approve"))
    expect(second.locator(".said")).to_contain_text(say("Approved"))

    # Wednesday: its moment, in the calendar; not before the embargo ends.
    found += _plan(noor, site, embargo, say)
    assert not _employees_know(site, post, typed.slug)
    site.run(IT_IS_TIME.format(post=post))

    # Thursday: employees have it.
    assert _employees_know(site, post, typed.slug)
    got = site.call("sanne", "GET", f"/example-posts/{post}")
    assert got["title"] == _title(say)
    assert all(text["text"].startswith(typed.opening) for text in got["texts"])
    assert got["images"][0]["alt"] == typed.alt
    noor.goto(f"{site.base}{HOME}/{post}")
    expect(noor.locator(".pill", has_text=say("With employees"))).to_be_visible()

    # Friday: what a colleague suggests; and the post has had its time.
    body = {"id": post, "network": "x", "text": typed.idea, "credit": True}
    site.call("sanne", "POST", "/example-posts/suggestions", json=body)
    noor.goto(f"{site.base}{HOME}/suggestions")
    found += faults(noor, "posts-suggestions", language=say.language)
    idea = noor.locator("article", has_text=typed.idea)
    idea.locator("summary").click()
    idea.get_by_label(say("Why not?")).fill(typed.not_this)
    press(noor, say("Decline it"))
    inbox = site.call("sanne", "GET", "/inbox")["items"]
    assert any(typed.not_this in item["text"] for item in inbox)
    noor.goto(f"{site.base}{HOME}/{post}")
    noor.get_by_role("link", name=say("Retire it")).click()
    found += faults(noor, "post-retire", language=say.language)
    press(noor, say("Yes, retire it"))
    expect(noor.locator(".said")).to_contain_text(say("Retired. Employees do not see it any more."))
    assert not _employees_know(site, post, typed.slug)
    assert found == []


def _title(say: Say) -> str:
    """The post's, as everybody reads it in this run."""
    return TYPED[say.language].title[say.language == "en"]


def _on_linkedin(say: Say) -> str:
    """What the field is called in which the words for LinkedIn are, in the language of this run."""
    return f"LinkedIn, {say('in Dutch') if say.language == 'nl' else say('in English')}"


def _write(noor: Page, site: Site, embargo: datetime, say: Say) -> list[str]:
    typed = TYPED[say.language]
    noor.goto(f"{site.base}{HOME}/new")
    noor.get_by_label(say("Topic or campaign")).select_option(typed.slug)
    noor.get_by_label(say("Title, in Dutch")).fill(typed.title[0])
    noor.get_by_label(say("Title, in English")).fill(typed.title[1])
    noor.get_by_label(say("Embargo until")).fill(f"{embargo:%Y-%m-%dT%H:%M}")
    noor.get_by_label(_on_linkedin(say)).first.fill(typed.words)
    noor.locator("summary", has_text="LinkedIn").locator("xpath=..").locator(
        ".post-more > summary"
    ).click()
    second = say("(variant %(nth)s)", nth=2)
    noor.get_by_label(f"{_on_linkedin(say)} {second}").fill(typed.other_words)
    noor.locator("summary", has_text=re.compile("^X ")).click()
    on_x = noor.locator(f"#id_t_x_{say.language}_0")
    count = noor.locator(f"[data-count-of=id_t_x_{say.language}_0]")
    begun = len(typed.opening) + 2
    on_x.fill("a" * 260)
    over = {"over": begun + 260 - 280, "n": begun + 260, "limit": 280}
    expect(count).to_have_text(say("{over} too long ({n} of {limit})").format(**over))
    on_x.fill("a" * 240 + "\N{PARTY POPPER}")  # which counts as two
    expect(count).to_have_text(say("{n} of {limit}").format(n=begun + 242, limit=280))
    on_x.fill(typed.on_x)
    expect(count).to_have_text("")  # the limit is far away
    found = faults(noor, "posts-write", language=say.language)
    press(noor, say("Save and see how it will look"))
    expect(noor.locator(".preview")).to_have_count(3)
    expect(noor.locator(".preview-text").first).to_contain_text(typed.opening)
    return found


def _plan(noor: Page, site: Site, embargo: datetime, say: Say) -> list[str]:
    calendar = f"{site.base}{HOME}/calendar"

    def at(moment: datetime) -> Locator:
        noor.goto(calendar)
        waiting = noor.locator(".post-unplanned li", has_text=_title(say))
        waiting.get_by_label(say("Comes out")).fill(f"{moment:%Y-%m-%dT%H:%M}")
        waiting.get_by_role("button", name=say("Plan it")).click()
        return noor.locator("main")

    early = at(embargo - timedelta(minutes=5))
    expect(early).to_contain_text(say("The embargo has not ended then."))
    at(embargo)
    noor.goto(f"{calendar}?month={embargo:%Y-%m}")
    expect(noor.get_by_role("link", name=_title(say))).to_be_visible()
    return faults(noor, "posts-calendar", language=say.language)


def _employees_know(site: Site, post: str, topic: str) -> bool:
    """Whether anything of it is told to an employee; all places have to say the same."""
    listed = [row["id"] for row in site.call("sanne", "GET", "/example-posts?network=x")["items"]]
    topics = [row["slug"] for row in site.call("sanne", "GET", "/example-posts/topics")]
    page = requests.get(
        f"{site.base}/api/v1/example-posts/{post}", headers=site.headers("sanne"), timeout=20
    )
    knows = [post in listed, topic in topics, page.status_code == 200]
    assert len(set(knows)) == 1, knows
    return knows[0]


def test_a_new_policy_who_has_not_yet_and_the_figures(
    site: Site, sign_in: SignIn, say: Say
) -> None:
    typed = TYPED[say.language]
    noor = sign_in("noor")
    found = []
    # The figures of this month, and the same in a spreadsheet.
    noor.goto(f"{site.base}/champions/")
    found += faults(noor, "counts", language=say.language)
    table = noor.locator("#departments tbody tr")
    shown = [table.nth(place).locator("td").all_inner_texts() for place in range(table.count())]
    with noor.expect_download() as download:
        noor.get_by_role("link", name=say("Save as CSV")).click()
    with download.value.path().open(encoding="utf-8-sig", newline="") as file:
        head, *lines = csv.reader(file, delimiter=";" if say.language == "nl" else ",")
    columns = ("Department", "Employees", "Certified", "Active")
    assert head[1:5] == [say(each) for each in columns]
    # On the page: activation, active, certified, employees; without the company as a whole.
    assert [[row[4], row[3], row[2]] for row in lines[:-1]] == [row[1:4] for row in shown]

    # What works: three levels of evidence, by what is clicked most, and nobody's name.
    noor.set_viewport_size(DESKTOP)  # on a phone there is no head of a table to press
    noor.goto(f"{site.base}{HOME}/results")
    noor.get_by_role("link", name=say("Clicks by people")).click()
    expect(noor.locator("[aria-sort]")).to_contain_text(say("Clicks by people"))
    expect(noor.get_by_role("table")).to_contain_text("LinkedIn")
    expect(noor.get_by_role("table")).not_to_contain_text("Sanne")
    found += faults(noor, "results", language=say.language)

    # A new version of the policy: read by nobody yet, then by one, then by all.
    noor.goto(f"{site.base}/champions/policy")
    noor.get_by_role("link", name=say("Write a new version")).click()
    press(noor, say("Save the draft"))
    expect(noor.locator(".errors")).to_be_visible()
    found += faults(noor, "policy-refused", language=say.language)
    words = noor.get_by_label(say("The policy, in Dutch"))
    words.fill(f"{words.input_value()}\n\n{TYPED['nl'].rule}")
    english = noor.get_by_label(say("The policy, in English"))
    english.fill(f"{english.input_value()}\n\n{TYPED['en'].rule}")
    noor.get_by_label(say("What changed, in Dutch")).fill(TYPED["nl"].changed)
    noor.get_by_label(say("What changed, in English")).fill(TYPED["en"].changed)
    press(noor, say("Save the draft"))
    found += faults(noor, "policy-draft", language=say.language)
    noor.get_by_role("link", name=say("Publish"), exact=True).click()
    found += faults(noor, "policy-sure", language=say.language)
    press(noor, say("Yes, publish it"))
    number = site.call("sanne", "GET", "/policy")["version"]
    in_force = say("In force: version %(number)s, since %(when)s", number=number, when="")
    expect(noor.locator("#current-title")).to_contain_text(in_force)
    asked = site.call("noor", "GET", "/policy/acceptances")["asked"]

    def not_yet() -> Locator:
        noor.reload()
        return noor.locator(".number", has_text=say("not yet")).locator("strong")

    expect(not_yet()).to_have_text(str(asked))
    assert site.call("sanne", "GET", "/policy")["changed"] == typed.changed
    site.call("sanne", "POST", f"/policy/{number}/acceptance")
    expect(not_yet()).to_have_text(str(asked - 1))
    expect(noor.locator("main")).not_to_contain_text("Sanne")
    site.run(ALL_SAY_YES.format(number=number))
    expect(not_yet()).to_have_text("0")
    found += faults(noor, "policy", language=say.language)
    assert found == []
