"""The customer with a link and a phone: no account, no script, and an answer to "what now?"."""

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, expect

from tests.e2e.conftest import DESKTOP, NARROW, Site, shoot
from tests.e2e.looking import SIDEWAYS, faults


def photo(folder: Path) -> Path:
    path = folder / "lampjes.jpg"
    stream = io.BytesIO()
    Image.new("RGB", (640, 480), "darkred").save(stream, "JPEG")
    path.write_bytes(stream.getvalue())
    return path


def in_status(site: Site, status: str) -> dict[str, Any]:
    """A request of Daan's in this status, made by the calls that people make."""
    request = site.submit()
    if status == "received":
        return request
    if status == "withdrawn":
        site.call(
            "sanne", "POST", f"/requests/{request['id']}/withdraw", json={"reason": "Opgelost."}
        )
        return request
    site.desk(request, "claim")
    for title, state in (("Lijn doormeten", "done"), ("Monteur langs", "planned")):
        step = site.desk(
            request, "steps", id=str(uuid.uuid4()), title=title, expected_at="2030-03-05T13:00:00Z"
        )
        if state != "planned":
            path = f"/desk/requests/{request['id']}/steps/{step['id']}"
            site.call("daan", "PATCH", path, json={"state": state})
    if status == "waiting":
        site.desk(request, "wait", on="customer", text="Welke kleur heeft het lampje?")
    if status in {"solved", "closed"}:
        site.desk(request, "solve", text="De monteur heeft de kabel vervangen.")
    return request


def test_a_customer_answers_confirms_and_rates_without_javascript(
    site: Site, plain: BrowserContext, tmp_path: Path
) -> None:
    request = in_status(site, "waiting")
    page = plain.new_page()
    page.goto(site.link(request))
    expect(page).to_have_url(f"{site.base}/t/{request['reference']}")
    expect(page.get_by_role("heading", level=1)).to_have_text("We hebben een vraag voor u")
    shoot(page, "waiting-phone")

    page.get_by_role("textbox").fill("Het rode lampje. Zie de foto.")
    page.locator("input[type=file]").set_input_files(photo(tmp_path))
    page.locator("form[action$='/message'] button[type=submit]").click()
    expect(page.get_by_role("status")).to_be_visible()
    expect(page.get_by_text("Het rode lampje. Zie de foto.")).to_be_visible()
    expect(page.get_by_role("link", name="lampjes.jpg")).to_be_visible()
    status = site.call("sanne", "GET", f"/requests/{request['id']}")["status"]
    assert status == "in_progress"

    site.desk(request, "solve", text="De kabel is vervangen.")
    page.reload()
    shoot(page, "solved-phone")
    page.locator(f"form[action$='{request['reference']}/confirm'] button").click()
    shoot(page, "confirmed-phone")
    page.locator("input[name=score][value='5']").check()
    page.locator("input[name=taken_seriously][value=yes]").check()
    page.locator("form[action$='/rate'] button").click()
    shoot(page, "rated-phone")
    desk = site.call("daan", "GET", f"/desk/requests/{request['id']}")
    assert (desk["status"], desk["closed_as"]) == ("closed", "confirmed")
    assert [entry["kind"] for entry in desk["timeline"]][-2:] == ["confirmed", "rated"]


def test_what_is_missing_is_said_beside_the_field(site: Site, plain: BrowserContext) -> None:
    request = in_status(site, "solved")
    page = plain.new_page()
    page.goto(site.link(request))
    page.locator("a[href$='/reopen']").first.click()
    page.locator("main form button[type=submit]").click()
    shoot(page, "reopen-error-phone")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator("[aria-invalid=true]")).to_have_count(1)
    page.get_by_role("textbox").fill("Het lampje is nog steeds rood.")
    page.locator("main form button[type=submit]").click()
    expect(page.get_by_text("Het lampje is nog steeds rood.")).to_be_visible()
    status = site.call("sanne", "GET", f"/requests/{request['id']}")["status"]
    assert status == "in_progress"


def test_the_customer_changes_the_address_and_gets_a_new_link(
    site: Site, plain: BrowserContext
) -> None:
    request = in_status(site, "received")
    old = site.link(request)
    page = plain.new_page()
    page.goto(old)
    page.locator("a[href$='/details']").first.click()
    shoot(page, "details-phone")
    address = f"nieuw-{uuid.uuid4().hex[:8]}@example.org"
    page.locator("input[name=email]").fill(address)
    page.locator("main form button[type=submit]").click()
    shoot(page, "details-saved-phone")
    assert plain.new_page().goto(old).status == 404  # type: ignore[union-attr] # goto of http
    new = site.link({**request, "email": address})
    fresh = plain.new_page()
    fresh.goto(new)
    expect(fresh.get_by_text(request["reference"]).first).to_be_visible()


def test_not_me_deletes_what_we_had(site: Site, plain: BrowserContext) -> None:
    request = in_status(site, "received")
    link = site.link(request)
    page = plain.new_page()
    page.goto(link)
    page.locator("a[href$='/erase']").first.click()
    shoot(page, "erase-phone")
    page.locator("main form button[type=submit]").click()
    shoot(page, "erased-phone")
    assert plain.new_page().goto(link).status == 404  # type: ignore[union-attr] # goto of http
    desk = site.call("daan", "GET", f"/desk/requests/{request['id']}")
    assert request["email"] not in str(desk)
    assert "lampje" not in str(desk)


@pytest.mark.parametrize(
    "status", ["received", "in_progress", "waiting", "solved", "closed", "withdrawn"]
)
def test_every_status_is_readable_for_everyone(site: Site, browser: Browser, status: str) -> None:
    """Nothing sticks out at 320 px either."""
    request = in_status(site, status)
    link = site.link(request)
    page = browser.new_page(locale="nl-NL")
    page.goto(link)
    assert faults(page, f"status-{status}") == []
    page.set_viewport_size(NARROW)
    assert page.evaluate(SIDEWAYS) == []
    page.close()


def test_the_api_reference_works_without_the_internet(site: Site, browser: Browser) -> None:
    page = browser.new_page(viewport=DESKTOP)
    elsewhere: list[str] = []
    page.on("request", lambda sent: elsewhere.append(sent.url))
    page.goto(f"{site.base}/api/v1/docs")
    expect(page.get_by_text("/api/v1/requests").first).to_be_visible()
    shoot(page, "api-docs-desktop")
    assert [url for url in elsewhere if not url.startswith((site.base, "data:"))] == []
    page.close()


def test_a_demo_person_signs_in_and_out_with_the_keyboard_alone(
    site: Site, phone: BrowserContext
) -> None:
    page = phone.new_page()
    page.goto(f"{site.base}/accounts/login/")
    page.locator("input[name=login]").focus()
    page.keyboard.type("sanne@demo.example")
    page.locator("input[name=password]").focus()
    page.keyboard.type("doe-het-gewoon")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{site.base}/")
    expect(page.get_by_text("Sanne de Vries").first).to_be_visible()
    page.goto(f"{site.base}/accounts/logout/")
    page.locator("main form button").first.click()
    expect(page.locator("a[href='/accounts/login/']").first).to_be_visible()


def test_a_word_without_end_makes_no_page_wider_than_a_phone(
    site: Site, plain: BrowserContext
) -> None:
    request = in_status(site, "waiting")
    page = plain.new_page()
    page.set_viewport_size(NARROW)
    page.goto(site.link(request))
    page.get_by_role("textbox").fill("x" * 6000)
    page.get_by_role("button", name="Antwoord versturen").click()
    expect(page.locator(".story-you .story-text").last).to_contain_text("xxxx")
    assert page.evaluate(SIDEWAYS) == []
