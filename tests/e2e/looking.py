"""Whether a page can be read and worked by everyone.

A page is loaded once and looked at as an agent sees it at a desk by day, and as one on the move
sees it on a phone at night: between those only styles change, and no colour depends on a size.
"""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.sync_api import Page, ViewportSize

from tests.e2e.conftest import DESKTOP, PHONE, shoot

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
# All of axe's rules: WCAG 2.2 A and AA and its best practices. It leaves out the size of targets.
RULES = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
LOOKS: dict[str, tuple[ViewportSize, Any]] = {
    "desktop": (DESKTOP, "light"),
    "phone": (PHONE, "dark"),
}

# The whole of a page fits in its width.
SIDEWAYS = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.querySelectorAll("body *")]
    .filter((each) => each.getBoundingClientRect().right > room + 1 && !each.children.length)
    .slice(0, 4).map((each) => `sticks out sideways: ${each.outerHTML.slice(0, 160)}`);
}"""

# Where a part of the page scrolls by itself, the window does not go on behind its end.
TALLER = """() => {
  const page = document.documentElement;
  const scrolls = [...document.querySelectorAll("body *")].some((each) =>
    each.clientHeight > innerHeight / 2 && each.clientHeight <= innerHeight
    && each.clientWidth > innerWidth / 2 && each.scrollHeight > each.clientHeight + 1
    && /auto|scroll/.test(getComputedStyle(each).overflowY) && each.checkVisibility());
  const more = page.scrollHeight - page.clientHeight;
  return scrolls && more > 1 ? [`the window goes on for ${more} px`] : [];
}"""

# By keyboard: on each thing in turn one sees where one is, and nothing lies over it.
FOCUS = """() => {
  const things = [...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled);
  const look = (each) => {
    const style = getComputedStyle(each);
    return [style.outlineStyle, style.outlineWidth, style.boxShadow, style.borderColor,
      style.backgroundColor].join();
  };
  const wrong = [];
  const is = (what, thing) => wrong.push(`focus is ${what}: ${thing.outerHTML.slice(0, 160)}`);
  for (const thing of things) {
    document.activeElement?.blur();
    const shows = [thing, thing.nextElementSibling, thing.parentElement].filter(Boolean);
    const before = shows.map(look);
    thing.focus();
    thing.scrollIntoView({ block: "nearest", inline: "nearest" }); // as the Tab key does
    if (document.activeElement !== thing) continue;
    if (shows.every((each, at) => look(each) === before[at])) is("not seen", thing);
    const boxes = [...thing.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
    const seen = boxes.some((box) => [0.1, 0.5, 0.9].some((part) => {
      const middle = (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2;
      const at = document.elementFromPoint(box.x + box.width * part, middle);
      return at && (thing.contains(at) || at.contains(thing) || at.control === thing);
    }));
    if (boxes.length && !seen) is("under something", thing);
  }
  document.activeElement?.blur();
  for (const each of document.querySelectorAll("*")) if (each.scrollTop) each.scrollTop = 0;
  return wrong.slice(0, 6);
}"""


def faults(
    page: Page,
    name: str,
    *,
    language: str = "",
    known: Collection[str] = (),
    again: bool = False,
    by_key: bool = True,
) -> list[str]:
    """What is wrong with the page that is open now, in words; a picture of each look is kept.

    Where it is to be in one `language`, it has to say so, and its pictures are named after it.

    `known` are rules that are left out. `again` loads the page for each look, for pages that choose
    their colours when they are loaded. Without `by_key` nothing is focused: what is open now closes
    by that.
    """
    found = []
    if language:
        name = f"{name}-{language}"
        if page.locator("html").get_attribute("lang") != language:
            found.append(f"{name}: is in another language")
    for look, (size, colours) in LOOKS.items():
        page.emulate_media(color_scheme=colours, reduced_motion="reduce")
        page.set_viewport_size(size)
        if again:
            page.reload()
        if again or look == next(iter(LOOKS)):
            page.evaluate(AXE)
        shoot(page, f"{name}-{look}")
        wrong = [*_violations(page, known), *page.evaluate(SIDEWAYS), *page.evaluate(TALLER)]
        if not page.locator("h1").locator("visible=true").count():
            wrong.append("no title (h1) to be seen")
        if by_key:
            page.keyboard.press("Shift")  # from now on focus is shown as to who uses keys
            wrong += page.evaluate(FOCUS)
        found += [f"{name}, {look}: {each}" for each in wrong]
    return found


def _violations(page: Page, known: Collection[str]) -> list[str]:
    result = page.evaluate("(rules) => axe.run(document, rules)", RULES)
    return [
        f"{rule['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:200]})"
        for rule in result["violations"]
        if rule["id"] not in known
        for node in rule["nodes"]
    ]
