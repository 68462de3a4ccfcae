"""What the desk's pages say about themselves: the filters that are set, the keys, the names."""

import re
import uuid
from pathlib import Path
from typing import Any

import pytest

from tests.test_desk_pages import Desk, text_of

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = ROOT / "requests" / "customer_requests" / "templates" / "desk"
CHIP = r'<a class="chip" href="([^"]+)"><span>([^<]+)</span>'

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


def chips(html: str) -> dict[str, str]:
    found = re.findall(CHIP, html)
    return {label: address.replace("&amp;", "&") for address, label in found}


def test_each_filter_that_is_set_can_be_taken_off(desk: Desk) -> None:
    desk.submit()
    asked = {
        "view": "team",
        "topic": "wifi",
        "assignee": "none",
        "since": "2020-02-01",
        "order": "newest",
        "cursor": "",
    }
    html = text_of(desk.browser.get("/desk/", asked))
    rest = {name: value for name, value in asked.items() if value}
    named = {
        "topic": "Onderwerp: Wifi",
        "assignee": "Van niemand",
        "since": "Doorgegeven vanaf: 1 februari 2020",
        "order": "Nieuwste bovenaan",
    }
    assert list(chips(html)) == list(named.values())
    for name, label in named.items():
        without = "&".join(f"{each}={value}" for each, value in rest.items() if each != name)
        assert chips(html)[label] == f"/desk/?{without}"
    assert re.search(r'class="chips-none" href="/desk/\?view=team"', html)
    assert '<details class="filter">' in html, "closed: the rows are what one wants to see"


def test_what_was_searched_for_is_taken_off_like_a_filter(desk: Desk) -> None:
    request = desk.submit()
    html = text_of(desk.browser.get(f"/desk/{request.reference}", {"q": "<b>", "status": "open"}))
    assert chips(html) == {
        "Status: Open": "/desk/?view=all&q=%3Cb%3E",
        "Gezocht op “&lt;b&gt;”": "/desk/?view=all&status=open",
    }


def test_without_a_filter_there_is_nothing_to_take_off(desk: Desk) -> None:
    assert "chip" not in text_of(desk.browser.get("/desk/?view=mine"))


def test_the_help_and_the_readme_tell_of_every_key() -> None:
    pages = "".join(path.read_text() for path in TEMPLATES.glob("*.html"))
    keys = set(re.findall(r'key="([^"{]+)"', pages)) | {"j", "k", "x"}
    assert {"c", "p", "z"} <= keys
    told = set(re.findall(r"<kbd>([^<]+)</kbd>", pages.partition('<dl class="keys">')[2]))
    told |= set(re.findall(r"<kbd>([^<]+)</kbd>", (TEMPLATES / "queue.html").read_text()))
    assert keys <= told
    readme = (ROOT / "README.md").read_text()
    table = readme[readme.index("| key | what") :].split("\n\n")[0]
    assert keys | {"Ctrl Enter"} <= set(re.findall(r"`([^`]+)`", table))


def test_no_two_commands_have_the_same_name(desk: Desk) -> None:
    html = desk.page(desk.claimed())
    named = re.findall(r'data-command="([^"]+)"', html)
    assert sorted(named) == sorted(set(named))


def test_what_others_wrote_is_in_its_own_language_whatever_the_console_is_in() -> None:
    desk = Desk()
    desk.daan.choose_language("en")
    request = desk.claimed(customer_language="nl", question="De wifi valt weg.")
    english = desk.submit(customer_language="en", question="The wifi is gone.")
    desk.sanne.choose_language("en")
    said = {"text_customer": "Ik kijk ernaar.", "text_employee": "I am on it."}
    request.update(by=desk.daan, id=uuid.uuid4(), audience=["customer", "employee"], **said)
    html = desk.page(request)
    assert '<html lang="en"' in html
    assert re.search(r'class="question" lang="nl"><p>De wifi', html)
    assert re.search(r'<dd lang="nl"><p>Ik kijk ernaar', html)
    assert re.search(r'<dd lang="en"><p>I am on it', html)
    assert re.search(r'id="reply-text"[^>]* lang="nl"', html)
    assert re.search(r'id="reply-employee"[^>]* lang="en"', html)
    assert re.search(r'class="row-question" lang="nl">De wifi', html)
    assert re.search(r'class="row-question" lang="en">The wifi', html)
    assert "<dd>Dutch</dd>" in html
    asked: dict[str, Any] = {
        "mode": "update",
        "kind": "reply",
        "id": uuid.uuid4(),
        "text": "Hallo.",
    }
    asked["audience"] = ["customer"]
    shown = desk.browser.post(
        f"/desk/{request.reference}/preview", asked, headers={"X-Part": "1"}
    ).content.decode()
    assert re.search(r'class="way-text"[^>]* lang="nl"', shown)
    found = text_of(desk.browser.get("/desk/", {"q": "am on it"}))
    assert re.search(r'row-where">[^<]*</span> <span lang="en">I <mark>am', found)
    assert english.reference in html
