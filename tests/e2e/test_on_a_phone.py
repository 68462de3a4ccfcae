"""What only a browser tells: what stands out, what is in sight at 360 px, and a quiet console."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import PHONE, SignIn, Site

LABELLED = """cells => cells.every(cell =>
    getComputedStyle(cell, "::before").content.includes(cell.dataset.label))"""
OUT_OF_SIGHT = """table => [...table.querySelectorAll("tbody *")].filter(each =>
    each.getBoundingClientRect().right > innerWidth).map(each => each.outerHTML)"""


def looks(page: Page, selector: str) -> tuple[str, ...]:
    """The colours of words and background of the first of these."""
    script = "each => [getComputedStyle(each).color, getComputedStyle(each).backgroundColor]"
    return tuple(page.locator(selector).first.evaluate(script))


def test_the_filter_that_is_on_looks_otherwise(site: Site, sign_in: SignIn) -> None:
    for who, path in (("daan", "/desk/problems/"), ("noor", "/champions/posts/suggestions")):
        page = sign_in(who)
        page.goto(f"{site.base}{path}")
        here = "a.act[aria-current]"
        assert looks(page, here) != looks(page, f"nav:has({here}) a.act:not([aria-current])"), path


def test_each_value_of_a_table_says_what_it_is(site: Site, sign_in: SignIn) -> None:
    for who, path in (
        ("noor", "/champions/courses"),
        ("noor", "/champions/policy"),
        ("daan", "/desk/lead"),
    ):
        page = sign_in(who, viewport=PHONE)
        page.goto(f"{site.base}{path}")
        tables = page.locator("table.table-stack")
        expect(tables.first).to_be_visible()
        assert page.locator("table:not(.table-stack):visible").count() == 0, path
        cells = tables.locator("td[data-label]")
        assert cells.count() > 1, path
        assert cells.evaluate_all(LABELLED), path
        for table in tables.all():
            assert table.evaluate(OUT_OF_SIGHT) == [], path


def test_dots_of_a_list_stand_inside_the_page(site: Site, sign_in: SignIn) -> None:
    page = sign_in("sanne", viewport=PHONE)
    page.goto(f"{site.base}/accounts/password/change/")
    dots = page.locator(".hint ul")
    assert dots.first.evaluate("each => parseFloat(getComputedStyle(each).paddingLeft)") >= 16


def test_the_desk_logs_nothing_in_the_console(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    made = site.submit()
    page.goto(f"{site.base}/desk/{made['reference']}")
    page.locator("textarea").first.fill("Een paar woorden.")
    page.goto(f"{site.base}/desk/lead")
    expect(page.locator("canvas").first).to_be_visible()
    assert [each for each in said if "Content Security Policy" in each] == []
