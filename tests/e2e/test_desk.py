"""An agent's day at the desk in a browser: claiming, planning, joining, and when things go wrong.

Writing (notes, previews, drafts) is in test_desk_composer.py. Pictures of what an agent sees stay
in SCREENSHOTS.
"""

import functools
import time
import uuid
from collections.abc import Callable
from typing import Any

import requests
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import PHONE, SCREENSHOTS, WIDE, SignIn, Site, shoot, sign_in_page

TAKEN = "Jij hebt deze vraag nu"


def claimed(site: Site, **facts: Any) -> dict[str, Any]:
    request = site.submit(**facts)
    site.desk(request, "claim")
    return request


def shown(site: Site, request: dict[str, Any]) -> Any:
    return site.call("daan", "GET", f"/desk/requests/{request['id']}")


def mailbox(site: Site, **about: str) -> str:
    """The texts of everything that was sent about this."""
    answer = requests.get(f"{site.base}/dev/mailbox.json", params=about, timeout=10)
    return "\n".join(item["text"] for item in answer.json()["items"])


def was_told(site: Site, words: str, about: dict[str, str]) -> bool:
    return words in mailbox(site, **about)


def wait_for(what: Callable[[], bool], seconds: float = 60) -> None:
    """Until the worker has done it."""
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "the worker did not get to it"
        time.sleep(0.3)


def customers_page(page: Page, site: Site, request: dict[str, Any]) -> Page:
    """The customer's own page, in a browser without anybody's session."""
    browser = page.context.browser
    assert browser is not None
    theirs = browser.new_context(viewport=PHONE, locale="nl-NL").new_page()
    theirs.goto(site.link(request))
    return theirs


def test_two_agents_race_for_a_request_and_one_has_it(site: Site, sign_in: SignIn) -> None:
    request = site.submit()
    pages = {"Daan Bakker": sign_in("daan"), "Fatima El Idrissi": sign_in("fatima")}
    for page in pages.values():
        # An ask in between would take the button away from whoever is later.
        page.route("**/desk/live", lambda route: route.fulfill(status=204))
        page.goto(f"{site.base}/desk/{request['reference']}")
        expect(page.locator("[data-verb=claim]")).to_be_visible()
    # Both press within the same moment: neither page waits for the other's answer.
    for page in pages.values():
        page.evaluate("setTimeout(() => document.querySelector('[data-verb=claim]').click(), 100)")
    holder = ""
    for name, page in pages.items():
        told = page.locator("#request .said:visible, .errors:visible")
        expect(told.first).to_be_visible()
        if TAKEN in told.first.inner_text():
            assert holder == "", "both were told that they have it"
            holder = name
    assert shown(site, request)["agent"]["name"] == holder
    [loser] = [page for name, page in pages.items() if name != holder]
    expect(loser.locator(".errors")).to_contain_text(f"{holder} heeft deze vraag")
    shoot(loser, "desk-race-lost")
    entries = [entry["kind"] for entry in shown(site, request)["timeline"]]
    assert entries.count("claimed") == 1


def test_a_plan_is_written_and_ticked_off_and_the_customer_sees_it(
    site: Site, sign_in: SignIn
) -> None:
    request = claimed(site)
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/{request['reference']}")
    customer = customers_page(page, site, request)
    for title in ("Lijn doormeten", "Monteur langs"):
        page.keyboard.press("p")
        page.locator("#act-dialog [name=title]").fill(title)
        page.locator("#act-dialog .act-first").click()
        expect(page.locator(".plan-planned").filter(has_text=title)).to_be_visible()
    customer.reload()
    expect(customer.get_by_text("Lijn doormeten").first).to_be_visible()
    page.locator(".steps").get_by_role("link", name="Lijn doormeten").click()
    page.locator("#act-dialog [name=state]").select_option("done")
    page.locator("#act-dialog [name=text_customer]").fill("De lijn is in orde.")
    shoot(page, "desk-step-dialog")
    page.locator("#act-dialog .act-first").click()
    expect(page.locator(".plan-done")).to_contain_text("Lijn doormeten")
    expect(page.locator(".plan-planned")).to_contain_text("Monteur langs")
    customer.reload()
    expect(customer.locator("body")).to_contain_text("De lijn is in orde.")
    shoot(page, "desk-plan")
    shoot(customer, "desk-plan-customer")
    customer.context.close()


def test_a_merge_is_undone_and_each_is_what_it_was(site: Site, sign_in: SignIn) -> None:
    customer = {
        "name": "Meneer Pietersen",
        "email": f"pietersen-{uuid.uuid4().hex[:8]}@example.org",
        "channel": "email",
    }
    goes_on, ends = (
        site.submit(customer=customer, question=question)
        for question in ("De tv hapert.", "De tv hapert nog steeds.")
    )
    site.desk(ends, "claim")
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/{ends['reference']}")
    page.get_by_role("link", name="Samenvoegen").click()
    merge = page.locator("#act-dialog").get_by_role("button", name="Samenvoegen", exact=True)
    into = page.locator("#act-dialog [name=into]")
    expect(into).to_be_visible()
    expect(merge).to_have_count(0)  # only what was chosen and shown is merged
    into.fill(goes_on["reference"].lower())
    into.press("Enter")
    expect(page.locator("#act-dialog .reading-customer")).to_contain_text(goes_on["reference"])
    shoot(page, "desk-merge")
    merge.click()
    expect(page.locator(".said").first).to_contain_text("Samengevoegd")
    merged = shown(site, ends)
    assert (merged["status"], merged["closed_as"]) == ("closed", "merged")
    page.goto(f"{site.base}/desk/{goes_on['reference']}")
    expect(page.locator("#timeline")).to_contain_text("De tv hapert nog steeds.")

    page.goto(f"{site.base}/desk/{ends['reference']}")
    page.locator("[data-verb=unmerge]").click()
    expect(page.locator("#act-dialog .reading-customer")).to_contain_text("Pietersen")
    shoot(page, "desk-unmerge")
    page.locator("#act-dialog .act-first").click()
    expect(page.locator(".said").first).to_contain_text("weer zoals die was")
    shoot(page, "desk-unmerged")
    back = shown(site, ends)
    assert (back["status"], back["agent"]["name"]) == ("in_progress", "Daan Bakker")
    assert shown(site, goes_on)["status"] == "received"


def test_a_known_problem_is_solved_for_fifty_requests_and_taken_back(
    site: Site, sign_in: SignIn
) -> None:
    asked = [
        site.submit(question=f"Storing in de Zeilmakerswijk, huis {number}: geen beeld.")
        for number in range(50)
    ]
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/problems/")
    inside = f"Graafschade {uuid.uuid4().hex[:6]}, nog niet naar buiten."
    page.locator("[name=title]").fill("Storing Zeilmakerswijk")
    page.locator("[name=words]").fill(inside)
    page.get_by_role("button", name="Noteren").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Storing Zeilmakerswijk")
    site.call(
        "daan",
        "POST",
        f"/desk/problems/{page.url.rsplit('/', 1)[1]}/requests",
        json={"requests": [each["reference"] for each in asked]},
    )
    page.reload()
    expect(page.locator(".once-readers caption")).to_contain_text("50 open vragen")
    shoot(page, "desk-problem-linked")

    word = "De kabel is hersteld. U heeft weer beeld."
    page.locator("[name=customer_nl]").fill(word)
    page.locator("[name=employee_nl]").fill("De kabel in de Zeilmakerswijk is hersteld.")
    page.locator("[name=solves]").click()
    # Nothing is sent before what each will read was shown.
    expect(page.locator("main")).to_contain_text(word)
    shoot(page, "desk-problem-sure")
    assert word not in mailbox(site, request=asked[0]["id"])
    page.locator("[name=confirmed]").click()
    expect(page.locator(".said").first).to_be_visible()

    def statuses() -> set[str]:
        page.reload()
        return set(page.locator(".once-list .pill").all_inner_texts())

    wait_for(lambda: statuses() == {"Opgelost"})
    shoot(page, "desk-problem-solved")
    for each in (asked[0], asked[-1]):
        theirs = {"request": each["id"], "person": each["email"]}
        wait_for(functools.partial(was_told, site, word, theirs))
        assert mailbox(site, **theirs).count(word) == 1
        assert inside not in mailbox(site, request=each["id"])
    assert shown(site, asked[7])["status"] == "solved"

    page.get_by_role("button", name="ongedaan").click()
    # This is asked too: it tells fifty customers something.
    expect(page.locator(".once-ways li").first).to_contain_text("50")
    expect(page.locator("main")).to_contain_text("Uw vraag is toch niet opgelost")
    shoot(page, "desk-problem-undo-sure")
    page.locator("[name=confirmed]").click()
    # The page moves by itself; nobody reloads it.
    expect(page.locator("[data-far]").first).to_contain_text(
        "Bij 50 vragen is het verteld, en bij alle 50 is het ongedaan gemaakt.", timeout=60_000
    )
    wait_for(lambda: "Opgelost" not in statuses())
    shoot(page, "desk-problem-undone")
    assert {shown(site, each)["status"] for each in asked[:5]} == {"received"}


def test_by_keyboard_alone_from_signing_in_to_solved(site: Site, browser: Browser) -> None:
    made = site.submit(question="Het lampje op de router is rood.")
    context = browser.new_context(viewport=WIDE, locale="nl-NL")
    page = context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sign_in_page(page, site, "daan", "/desk/%3Fview=unassigned%26order=newest")
    keys = page.keyboard

    keys.press("j")
    expect(page.locator(f"a.row[data-reference='{made['reference']}']")).to_be_focused()
    keys.press("Enter")
    expect(page.locator("#request-title")).to_be_focused()
    assert page.url.endswith(f"/desk/{made['reference']}?view=unassigned&order=newest")

    keys.press("c")
    expect(page.locator(".said").first).to_contain_text(TAKEN)
    expect(page.locator("#live")).to_contain_text(TAKEN)

    keys.press("p")
    title = page.locator("#act-dialog [name=title]")
    expect(title).to_be_focused()
    keys.type("Lijn meten")
    while page.evaluate("document.activeElement.type") != "submit":
        keys.press("Tab")
    keys.press("Enter")
    expect(page.locator(".plan-planned")).to_contain_text("Lijn meten")

    keys.press("Control+k")
    keys.type("geven")
    keys.press("Enter")
    expect(page.locator("#act-dialog [name=agent]")).to_be_focused()
    keys.press("Escape")

    keys.press("s")
    expect(page.locator("#reply-text")).to_be_focused()
    keys.type("De lijn is hersteld.")
    keys.press("Control+Enter")
    expect(page.locator(".request-head .pill")).to_contain_text("Opgelost")
    shoot(page, "desk-solved-by-keyboard")
    assert shown(site, made)["status"] == "solved"
    assert wrong == []
    context.close()


def test_going_back_shows_what_was_open_and_leaves_the_queue_alone(
    site: Site, sign_in: SignIn
) -> None:
    one, other = site.submit(), site.submit()
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/?view=unassigned&order=newest")
    for made in (one, other):
        page.locator(f"a.row[data-reference='{made['reference']}']").click()
        expect_open(page, made)
    page.go_back()
    expect_open(page, one)
    page.go_back()
    expect(page.locator("#request .nothing")).to_be_visible()
    expect(page.locator("a.row[aria-current]")).to_have_count(0)
    page.go_forward()
    expect_open(page, one)


def expect_open(page: Page, request: dict[str, Any]) -> None:
    expect(page.locator(f"[data-open-request='{request['reference']}']")).to_be_visible()
    expect(page.locator("a.row[aria-current]")).to_have_attribute(
        "data-reference", request["reference"]
    )


def test_on_a_phone_there_is_one_thing_at_a_time(site: Site, sign_in: SignIn) -> None:
    made = site.submit()
    page = sign_in("daan", viewport=PHONE, is_mobile=True, has_touch=True)
    page.goto(f"{site.base}/desk/?view=unassigned&order=newest")
    page.locator(f"a.row[data-reference='{made['reference']}']").tap()
    expect(page.locator("#request-title")).to_be_visible()
    expect(page.locator("#queue")).to_be_hidden()
    page.locator("[data-verb=claim]").tap()
    expect(page.locator(".said").first).to_contain_text(TAKEN)
    page.locator("#write-wait").tap()
    page.fill("#reply-text", "Welke kleur heeft het lampje?")
    page.locator("button.only-wait").tap()
    expect(page.locator(".request-head .pill")).to_contain_text("Wacht")
    shoot(page, "desk-phone-waiting")
    page.locator("[data-back]").tap()
    expect(page.locator("#queue")).to_be_visible()
    assert shown(site, made)["waiting_on"] == "customer"


def test_on_a_phone_what_was_done_to_many_covers_nothing_and_goes_but_stays_to_be_found(
    site: Site, sign_in: SignIn
) -> None:
    made = claimed(site)
    page = sign_in("daan", viewport=PHONE)
    page.goto(f"{site.base}/desk/?view=mine&order=newest")
    page.locator(f".row-pick input[value^='{made['id']}']").check()
    page.locator("#bulk-verb").select_option("prioritise")
    page.locator("#bulk-bar [type=submit]").click()
    page.locator("[name=priority]").select_option("high")
    page.locator(".act-page form [type=submit]").click()
    toast = page.locator(".toast")
    expect(toast.locator("[data-key=z]")).to_be_visible()
    page.mouse.move(1, 1)

    page.locator(f"a.row[data-reference='{made['reference']}']").click()
    send = page.locator("button.only-update[type=submit]").first
    expect(send).to_be_visible()
    send.evaluate("(button) => button.scrollIntoView({ block: 'nearest' })")  # as the Tab key does
    page.screenshot(path=SCREENSHOTS / "desk-phone-toast.png")
    seen = """(button) => {
      const box = button.getBoundingClientRect();
      return button.contains(document.elementFromPoint(box.x + box.width / 2, box.bottom - 4));
    }"""
    assert send.evaluate(seen), "the button that sends is under the toast"

    expect(page.locator(".bulk-state[data-over]")).to_be_visible(timeout=60_000)
    expect(toast.locator("[data-key=z]")).to_have_count(0)
    expect(toast).to_have_count(0, timeout=30_000)
    page.locator("[data-back]").click()
    line = page.locator("[data-bulk-last]")
    expect(line).to_contain_text("gedaan voor één vraag")
    line.locator("a").click()
    expect(page.locator(".bulk-items")).to_contain_text(made["reference"])


def test_without_a_script_the_desk_does_the_same(site: Site, sign_in: SignIn) -> None:
    made = site.submit()
    page = sign_in("daan", viewport=PHONE, java_script_enabled=False)
    page.goto(f"{site.base}/desk/{made['reference']}")
    page.locator("[data-verb=claim]").click()
    expect(page.locator(".said").first).to_contain_text(TAKEN)
    page.locator("[data-verb=transfer]").click()
    page.locator(".act-page .act-first").click()
    expect(page.locator(".errors")).to_be_visible()


def test_offline_and_signed_out_a_form_keeps_its_words_and_is_sent_at_the_second_try(
    site: Site, sign_in: SignIn
) -> None:
    made = claimed(site)
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/{made['reference']}")
    title = page.locator("#act-dialog [name=title]")
    for words in ("Monteur bellen", "Monteur komt langs"):
        page.keyboard.press("p")
        title.fill(words)
        if words == "Monteur bellen":
            page.context.set_offline(True)
            page.locator("#act-dialog .act-first").click()
            expect(page.locator("#trouble")).to_contain_text("geen verbinding")
            shoot(page, "desk-offline-dialog")
            expect(title).to_have_value(words)
            page.context.set_offline(False)
        else:
            page.context.clear_cookies(name="sessionid")
            page.locator("#act-dialog .act-first").click()
            expect(page.locator("#trouble")).to_contain_text("Je sessie is afgelopen")
            shoot(page, "desk-signed-out-dialog")
            expect(title).to_have_value(words)
            elsewhere = page.context.new_page()
            sign_in_page(elsewhere, site, "daan")
            elsewhere.close()
        page.locator("#trouble [data-again]").click()
        expect(page.locator(".plan-planned").filter(has_text=words)).to_have_count(1)
    assert [step["title"] for step in shown(site, made)["steps"]] == [
        "Monteur bellen",
        "Monteur komt langs",
    ]


def test_pressed_twice_it_is_done_once(site: Site, sign_in: SignIn) -> None:
    made = claimed(site)
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/{made['reference']}")
    page.fill("#reply-text", "Dit hoort er één keer te staan.")
    page.locator("button.only-update").dblclick()
    expect(page.locator("#timeline")).to_contain_text("Dit hoort er één keer te staan.")
    texts = [entry["text"] for entry in shown(site, made)["timeline"]]
    assert texts.count("Dit hoort er één keer te staan.") == 1
