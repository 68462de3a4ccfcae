"""What a designer's eye saw at the desk, where a machine can hold it: sizes, places, and focus."""

import pytest
from playwright.sync_api import FloatRect, Page, ViewportSize, expect

from tests.e2e.conftest import PHONE, WIDE, SignIn, Site

IN_SIGHT = """marks => marks.filter(mark => {
    const box = mark.getBoundingClientRect(), line = mark.parentElement.getBoundingClientRect();
    return box.right > line.right || box.bottom > line.bottom + 2;
}).map(mark => mark.parentElement.textContent)"""


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).first.bounding_box()
    assert found, selector
    return found


@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["desktop", "phone"])
def test_what_was_found_is_in_sight_in_its_row(
    site: Site, sign_in: SignIn, size: ViewportSize
) -> None:
    page = sign_in("daan", viewport=size)
    for words in ("internet", "modem"):
        page.goto(f"{site.base}/desk/?q={words}")
        marks = page.locator("#rows mark")
        assert marks.count() > 3
        assert page.locator("#rows .row mark:first-child").evaluate_all(IN_SIGHT) == []


def test_filters_that_are_set_leave_the_queue_its_room(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan", viewport=PHONE)
    page.goto(f"{site.base}/desk/?topic=storing&order=newest")
    assert box(page, "#rows")["y"] < PHONE["height"] / 2
    page.locator(".filter summary").click()
    cut = "all => all.filter(each => each.scrollWidth > each.clientWidth).map(each => each.name)"
    assert page.locator(".filter-form select").evaluate_all(cut) == []
    page.get_by_role("link", name="Onderwerp: Storing").click()
    expect(page.locator(".chip")).to_have_count(1)
    page.get_by_role("link", name="Wis filters").click()
    expect(page.locator(".chip")).to_have_count(0)


def test_what_is_ticked_is_counted_in_words(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/?view=all")
    page.locator(".row-pick input").nth(0).check()
    expect(page.locator("[data-bulk-count]")).to_have_text("Eén vraag aangevinkt")
    page.locator(".row-pick input").nth(1).check()
    expect(page.locator("[data-bulk-count]")).to_have_text("2 vragen aangevinkt")


def test_after_new_rows_were_asked_for_the_focus_is_on_the_first(
    site: Site, sign_in: SignIn
) -> None:
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/?view=team&order=newest")
    made = site.submit()
    news = page.locator("#news button")
    expect(news).to_be_visible()
    news.focus()
    page.keyboard.press("Enter")
    expect(page.locator(f"[data-reference='{made['reference']}']")).to_be_focused()


def test_a_tick_stands_beside_what_it_is_for(site: Site, sign_in: SignIn) -> None:
    page, found = sign_in("daan"), site.submit()["reference"]
    page.goto(f"{site.base}/desk/problems/")
    page.locator(".once-list a").first.click()
    address = f"{page.url}?find={found}"
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        page.goto(address)
        tick, words = box(page, ".once-alike input"), box(page, ".once-alike label > span")
        assert tick["x"] + tick["width"] < words["x"]
        assert words["y"] - 4 <= tick["y"] < words["y"] + 24


def opened(page: Page, site: Site) -> None:
    made = site.submit()
    site.desk(made, "claim")
    page.goto(f"{site.base}/desk/{made['reference']}")
    expect(page.locator("#reply-text")).to_be_visible()


def test_what_both_read_is_in_sight_while_one_writes(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    opened(page, site)
    page.locator("#reply-text").fill("We zijn ermee bezig.")
    expect(page.locator("#preview .reading")).to_have_count(2)
    at = "each => [each.top, each.left, each.right]"
    places = page.locator("#preview .reading").evaluate_all(
        f"all => all.map(each => each.getBoundingClientRect()).map({at})"
    )
    assert places[0][0] == places[1][0]
    assert places[0][2] <= places[1][1]
    preview, card = box(page, "#preview"), box(page, "#write-reply")
    assert preview["y"] + preview["height"] <= WIDE["height"]
    assert box(page, "#reply-text")["width"] > card["width"] - 40
    ticks = page.locator(".write-readers .tick")
    tops = ticks.evaluate_all("all => all.map(each => each.getBoundingClientRect().top)")
    assert tops[0] == tops[1]
    assert box(page, "#composer")["height"] < 0.46 * WIDE["height"]


def test_until_one_writes_the_timeline_has_the_room(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    opened(page, site)
    assert box(page, "#composer")["height"] < 0.18 * WIDE["height"]
    composer, first = box(page, "#composer"), box(page, "#timeline .entry")
    assert first["y"] + first["height"] < composer["y"]
    expect(page.get_by_role("button", name="Versturen")).to_be_hidden()
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Versturen")).to_be_visible()
    # What was pressed stays under the pointer: it does not close again.
    tall = box(page, "#composer")["height"]
    page.locator("#request-title").focus()
    assert box(page, "#composer")["height"] == tall


def test_what_is_pressed_does_not_move_away_from_the_pointer(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    opened(page, site)
    page.locator("#write-step").click()
    expect(page.locator("#write-step")).to_be_checked()
    expect(page.get_by_label("Wat ga je doen?")).to_be_visible()


def test_every_box_of_the_composer_says_what_it_is_for(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    opened(page, site)
    names = {
        "r": "Je tekst voor klant en medewerker",
        "w": "Wat wil je weten?",
        "s": "Je tekst voor klant en medewerker",
    }
    for key, name in names.items():
        page.locator("#request-title").focus()
        page.keyboard.press(key)
        expect(page.locator("#reply-text")).to_have_accessible_name(name)
        expect(page.locator("label[for=reply-text]")).to_be_visible()
    page.locator("#write-step").check(force=True)
    expect(page.locator("#reply-text")).to_have_accessible_name(
        "Wat je erbij zegt (niet verplicht)"
    )
    page.locator("#request-title").focus()
    page.keyboard.press("t")
    expect(page.locator("label[for=texts-find]")).to_be_visible()
    assert box(page, "label[for=texts-find]")["height"] > 10
