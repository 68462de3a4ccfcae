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
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/problems/")
    page.locator(".once-list a").first.click()
    address = page.url
    for size in (WIDE, PHONE):
        page.set_viewport_size(size)
        page.goto(address)
        tick, words = box(page, ".once-alike input"), box(page, ".once-alike label > span")
        assert tick["x"] + tick["width"] < words["x"]
        assert words["y"] - 4 <= tick["y"] < words["y"] + 24
