"""Writing at the desk in a browser: what stays inside, what survives, and two at once."""

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests
from playwright.sync_api import Page, Route, expect

from tests.e2e.conftest import PHONE, SignIn, Site, shoot, sign_in_page

NOTE = "Belt elke week, let op de toon."
UPDATE = "De lijn is gemeten. U hoeft niets te doen."
KEPT = re.compile("Concept opgeslagen")
ZONE = ZoneInfo("Europe/Amsterdam")


def _open(page: Page, site: Site, request: dict[str, Any]) -> None:
    page.goto(f"{site.base}/desk/{request['reference']}")


def _claimed(site: Site) -> dict[str, Any]:
    request = site.submit()
    site.desk(request, "claim")
    return request


def _sent_to(site: Site, request: dict[str, Any]) -> str:
    """Everything in the mailbox about this request, to whomever."""
    return requests.get(
        f"{site.base}/dev/mailbox.json", params={"request": request["id"]}, timeout=10
    ).text


def test_a_note_stays_internal(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    page.check("#write-note")
    # Another form, another colour, another button; the reply is no longer there to be sent.
    expect(page.locator("#write-reply")).to_be_hidden()
    page.fill("#note-text", NOTE)
    shoot(page, "composer-note")
    page.get_by_role("button", name="Interne notitie toevoegen").click()
    expect(page.locator(".entry-internal")).to_contain_text(NOTE)
    page.check("#write-update")
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    page.locator("#reply-text").press("Control+Enter")
    expect(page.locator("#timeline")).to_contain_text(UPDATE)
    customer = sign_in("daan").context.new_page()
    customer.goto(site.link(request))
    expect(customer.locator("body")).to_contain_text(UPDATE)
    expect(customer.locator("body")).not_to_contain_text(NOTE)
    assert NOTE not in _sent_to(site, request)


def test_the_preview_shows_what_each_reads_before_it_is_sent(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    customer = page.locator(".reading-customer")
    expect(customer).to_contain_text(request["email"])
    expect(customer).to_contain_text(UPDATE)
    expect(page.locator(".reading-employee")).to_contain_text("Sanne de Vries")
    shoot(page, "composer-preview")
    assert UPDATE not in _sent_to(site, request)


def test_a_draft_survives_a_crash_and_is_shared(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    page.context.close()
    again = sign_in("daan")
    _open(again, site, request)
    expect(again.locator("#reply-text")).to_have_value(UPDATE)
    found = site.call("fatima", "GET", f"/desk/requests/{request['id']}/drafts/reply")
    assert (found["text"], found["by"]) == (UPDATE, "Daan Bakker")


def test_what_could_not_be_saved_is_back_after_a_reload(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.route("**/draft", lambda route: route.abort())
    page.fill("#reply-text", UPDATE)
    expect(page.locator("#write-reply .write-state")).to_contain_text("Geen verbinding")
    page.unroute("**/draft")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)


def test_what_could_not_be_saved_is_of_whoever_wrote_it_and_not_for_ever(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.route("**/draft", lambda route: route.abort())
    page.check("#write-note")
    page.fill("#note-text", NOTE)
    expect(page.locator("#write-note-form .write-state")).to_contain_text("Geen verbinding")
    page.context.clear_cookies()
    sign_in_page(page, site, "fatima")
    _open(page, site, request)
    expect(page.locator("#composer")).to_have_class(re.compile("scripted"))
    expect(page.locator("#note-text")).to_have_value("")
    page.context.clear_cookies()
    sign_in_page(page, site, "daan")
    _open(page, site, request)
    expect(page.locator("#note-text")).to_have_value(NOTE)
    page.evaluate(
        """() => Object.keys(localStorage).filter((key) => key.startsWith("desk-draft:"))
        .forEach((key) => {
          const kept = JSON.parse(localStorage.getItem(key));
          kept.at -= 15 * 86400000;
          localStorage.setItem(key, JSON.stringify(kept));
        })"""
    )
    page.reload()
    expect(page.locator("#composer")).to_have_class(re.compile("scripted"))
    expect(page.locator("#note-text")).to_have_value("")


def _audience(page: Page) -> list[str]:
    ticked = page.locator("#write-reply [name=audience]:checked")
    return [tick.get_attribute("value") or "" for tick in ticked.all()]


def _draft(site: Site, request: dict[str, Any]) -> Any:
    return site.call("daan", "GET", f"/desk/requests/{request['id']}/drafts/reply")


def _untick(page: Page, reader: str) -> None:
    with page.expect_response(re.compile("/draft$")) as saved:
        page.uncheck(f"#write-reply [value={reader}]")
    assert saved.value.ok


def test_who_it_goes_to_is_there_after_a_reload_as_it_was_left(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    _untick(page, "customer")
    page.reload()
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    assert _audience(page) == ["employee"]
    assert _draft(site, request)["audience"] == ["employee"]


def test_who_it_goes_to_survives_where_it_could_not_be_saved(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    page.route("**/draft", lambda route: route.abort())
    page.uncheck("#write-reply [value=customer]")
    expect(page.locator("#write-reply .write-state")).to_contain_text("Geen verbinding")
    page.unroute("**/draft")
    page.reload()
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    assert _audience(page) == ["employee"]
    assert _draft(site, request)["audience"] == ["employee"]


def test_a_second_tab_takes_over_who_it_goes_to_and_never_puts_it_back(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    first = sign_in("daan")
    _open(first, site, request)
    second = first.context.new_page()
    _open(second, site, request)
    first.fill("#reply-text", UPDATE)
    expect(second.locator("#reply-text")).to_have_value(UPDATE)
    _untick(first, "customer")
    version = _draft(site, request)["version"]
    expect(second.locator("#write-reply [name=draft]")).to_have_value(str(version))
    assert _audience(second) == ["employee"]
    # As when one goes to another tab.
    second.evaluate(
        "Object.defineProperty(document, 'visibilityState', {value: 'hidden'});"
        "document.dispatchEvent(new Event('visibilitychange'))"
    )
    second.wait_for_timeout(2000)
    kept = _draft(site, request)
    assert (kept["audience"], kept["version"]) == (["employee"], version)


def _clash(site: Site, page: Page, request: dict[str, Any]) -> None:
    """Elsewhere the reply is for the employee alone; here it was meant for both."""
    page.route("**/desk/live*", lambda route: route.abort())
    _open(page, site, request)
    body = {"version": 0, "text": "Alleen voor jou.", "audience": ["employee"]}
    site.call("daan", "PUT", f"/desk/requests/{request['id']}/drafts/reply", json=body)
    page.fill("#reply-text", UPDATE)
    expect(page.locator(".merge")).to_contain_text("Gaat naar: Medewerker", use_inner_text=True)


def test_taking_the_other_text_takes_who_it_goes_to(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _clash(site, page, request)
    shoot(page, "composer-merge-reply")
    page.locator(".merge [data-merge=theirs]").click()
    expect(page.locator("#reply-text")).to_have_value("Alleen voor jou.")
    assert _audience(page) == ["employee"]


def test_of_two_texts_put_together_nobody_reads_what_was_not_meant_for_them(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _clash(site, page, request)
    with page.expect_response(re.compile("/draft$")):
        page.locator(".merge [data-merge=both]").click()
    assert _audience(page) == ["employee"]
    assert _draft(site, request)["audience"] == ["employee"]


def test_sending_from_an_old_tab_leaves_what_was_written_on(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    old = sign_in("daan")
    _open(old, site, request)
    old.fill("#reply-text", UPDATE)
    expect(old.locator("#write-reply .write-state")).to_contain_text(KEPT)
    old.route("**/desk/live*", lambda route: route.abort())
    new = old.context.new_page()
    _open(new, site, request)
    new.fill("#reply-text", UPDATE + " Morgen bellen we.")
    expect(new.locator("#write-reply .write-state")).to_contain_text(KEPT)
    new.close()
    old.get_by_role("button", name="Versturen", exact=True).click()
    expect(old.locator("#timeline")).to_contain_text(UPDATE)
    expect(old.locator("#reply-text")).to_have_value(UPDATE + " Morgen bellen we.")


def test_two_who_write_the_same_draft_keep_both_texts(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    # What the page asks by itself would bring Fatima's text before Daan writes.
    page.route("**/desk/live*", lambda route: route.abort())
    _open(page, site, request)
    page.check("#write-note")
    site.call(
        "fatima",
        "PUT",
        f"/desk/requests/{request['id']}/drafts/note",
        json={"version": 0, "text": "Van Fatima"},
    )
    page.fill("#note-text", "Van Daan")
    merge = page.locator(".merge")
    expect(merge).to_contain_text("Van Fatima")
    shoot(page, "composer-merge")
    merge.get_by_role("button", name="Zet die tekst boven de mijne").click()
    expect(page.locator("#note-text")).to_have_value("Van Fatima\n\nVan Daan")
    expect(page.locator("#write-note-form .write-state")).to_contain_text(KEPT)


def test_who_looks_and_what_happened_is_seen_while_the_page_lies_open(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    daan, fatima = sign_in("daan"), sign_in("fatima")
    _open(daan, site, request)
    _open(fatima, site, request)
    expect(daan.locator("#present")).to_contain_text("Fatima")
    fatima.fill("#note-text", "Ik zoek het uit")
    expect(daan.locator("#present")).to_contain_text("schrijft een notitie")
    daan.fill("#reply-text", UPDATE)
    fatima.get_by_role("button", name="Interne notitie toevoegen").click()
    changed = daan.locator("#changed")
    expect(changed).to_contain_text("Fatima")
    expect(changed).to_contain_text("Ik zoek het uit")
    shoot(daan, "composer-changed")
    changed.get_by_role("button").click()
    expect(daan.locator("#timeline")).to_contain_text("Ik zoek het uit")
    expect(daan.locator("#reply-text")).to_have_value(UPDATE)
    daan.get_by_role("button", name="Versturen", exact=True).click()
    expect(daan.locator("#timeline")).to_contain_text(UPDATE)


def test_a_session_that_ends_while_writing_costs_no_words(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Versturen", exact=True).click()
    expect(page.locator("#trouble")).to_contain_text("sessie")
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    shoot(page, "composer-signed-out")
    other = page.context.new_page()
    sign_in_page(other, site, "daan")
    page.locator("#trouble [data-again]").click()
    expect(page.locator("#timeline")).to_contain_text(UPDATE)
    entries = site.call("daan", "GET", f"/desk/requests/{request['id']}")["timeline"]
    assert [entry["text"] for entry in entries].count(UPDATE) == 1


def test_a_step_with_only_a_title_is_shown_before_it_goes(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.check("#write-step")
    page.fill("#write-reply [name=title]", "Monteur komt langs")
    expect(page.locator("#preview .reading-customer")).to_contain_text("Monteur komt langs")
    expect(page.locator("#preview .reading-employee")).to_contain_text("Monteur komt langs")
    shoot(page, "composer-step-preview")


def test_a_step_that_is_being_written_survives_a_note_and_a_reload(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.check("#write-step")
    with page.expect_response(re.compile("/draft$")) as saved:
        page.fill("[name=title]", "Monteur langs")
        page.fill("[name=expected_at]", "2030-12-03T14:00")
    assert saved.value.ok
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    page.check("#write-note")
    page.fill("#note-text", NOTE)
    page.get_by_role("button", name="Interne notitie toevoegen").click()
    expect(page.locator(".entry-internal")).to_contain_text(NOTE)
    for _each in range(2):
        expect(page.locator("#write-step")).to_be_checked()
        expect(page.locator("[name=title]")).to_have_value("Monteur langs")
        expect(page.locator("[name=expected_at]")).to_have_value("2030-12-03T14:00")
        page.reload()
    kept = _draft(site, request)
    assert kept["step_expected_at"] == "2030-12-03T13:00:00Z"
    # What was saved elsewhere stands here in the reader's own time, and as one's own.
    page.route("**/desk/live*", lambda route: route.abort())
    site.call(
        "daan",
        "PUT",
        f"/desk/requests/{request['id']}/drafts/reply",
        json={"version": kept["version"], "step_title": "Monteur belt"}
        | {"step_expected_at": "2030-12-03T15:00:00Z"},
    )
    page.fill("[name=title]", "Monteur langs om twee uur")
    merge = page.locator(".merge")
    expect(merge).to_contain_text("door jou", use_inner_text=True)
    expect(merge).to_contain_text("Monteur belt, 2030-12-03 16:00")
    merge.locator("[data-merge=theirs]").click()
    expect(page.locator("[name=title]")).to_have_value("Monteur belt")
    expect(page.locator("[name=expected_at]")).to_have_value("2030-12-03T16:00")


def test_on_whom_and_until_when_to_wait_survives_a_reload_and_another_tab(
    site: Site, sign_in: SignIn
) -> None:
    until = (datetime.now(ZONE) + timedelta(days=30)).replace(second=0, microsecond=0)
    longer = until + timedelta(hours=2)
    field, later = (each.strftime("%Y-%m-%dT%H:%M") for each in (until, longer))
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.fill("#reply-text", "Weet je het al?")
    page.check("#write-wait")
    with page.expect_response(re.compile("/draft$")) as saved:
        page.select_option("#write-reply [name=on]", "employee")
        page.fill("#write-reply [name=until]", field)
    assert saved.value.ok
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    other = page.context.new_page()
    for each in (page, other):
        _open(each, site, request)
        expect(each.locator("#write-wait")).to_be_checked()
        expect(each.locator("#write-reply [name=on]")).to_have_value("employee")
        expect(each.locator("#write-reply [name=until]")).to_have_value(field)
        # Opening it again is no change, and a note that is opened is none either.
        each.check("#write-note")
        each.check("#write-wait")
    kept = _draft(site, request)
    assert kept["way"] == "wait"
    assert datetime.fromisoformat(kept["wait_until"]) == until
    # What could not be kept on the server is back as well.
    page.route("**/draft", lambda route: route.abort())
    page.select_option("#write-reply [name=on]", "third_party")
    expect(page.locator("#write-reply .write-state")).to_contain_text("Geen verbinding")
    page.unroute("**/draft")
    page.reload()
    expect(page.locator("#write-reply [name=on]")).to_have_value("third_party")
    expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    # A tab that was left untouched takes it over; what two wrote at once is shown.
    _look_again(other)
    expect(other.locator("#write-reply [name=on]")).to_have_value("third_party")
    other.close()
    page.route("**/desk/live*", lambda route: route.abort())
    site.call(
        "daan",
        "PUT",
        f"/desk/requests/{request['id']}/drafts/reply",
        json={"version": _draft(site, request)["version"], "text": "Weet u het?"}
        | {"way": "wait", "wait_until": longer.isoformat()},
    )
    page.fill("#reply-text", "Weet jij het al?")
    merge = page.locator(".merge")
    expect(merge).to_contain_text(f"Vragen en wachten: Klant, {later.replace('T', ' ')}")
    merge.locator("[data-merge=theirs]").click()
    expect(page.locator("#write-reply [name=on]")).to_have_value("customer")
    expect(page.locator("#write-reply [name=until]")).to_have_value(later)
    page.get_by_role("button", name="Vragen en wachten").click()
    expect(page.locator("#timeline")).to_contain_text("Weet u het?")
    found = _draft(site, request)
    assert (found["text"], found["way"], found["wait_until"]) == ("", "", None)


def test_what_is_filled_in_over_a_request_is_back_until_it_is_sent(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    dialog = page.locator("#act-dialog")
    _open(page, site, request)
    page.locator("[data-verb=transfer]").click()
    dialog.locator("[name=note]").fill("Al drie keer gebeld.")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    for _each in range(2):
        page.locator("[data-verb=transfer]").click()
        expect(dialog.locator("[name=note]")).to_have_value("Al drie keer gebeld.")
        expect(dialog.locator(".said")).to_contain_text("vorige keer")
        shoot(page, "dialog-kept")
        page.reload()
    page.locator("[data-verb=transfer]").click()
    dialog.get_by_role("button", name="Opnieuw beginnen").click()
    expect(dialog.locator("[name=note]")).to_have_value("")
    page.reload()
    page.keyboard.press("p")
    expect(dialog.locator("[name=title]")).to_be_focused()
    dialog.locator("[name=title]").fill("Monteur komt langs")
    # What could not be sent is still there, with what each would read of it.
    page.route("**/step*", lambda route: route.abort())
    dialog.locator(".act-first").click()
    expect(page.locator("#trouble")).to_be_visible()
    page.unroute("**/step*")
    page.reload()
    page.keyboard.press("p")
    expect(dialog.locator("[name=title]")).to_have_value("Monteur komt langs")
    expect(dialog.locator(".reading-customer")).to_contain_text("Monteur komt langs")
    dialog.locator(".act-first").click()
    expect(page.locator(".steps")).to_contain_text("Monteur komt langs")
    # Sent is sent: the next one is a new one.
    page.keyboard.press("p")
    expect(dialog.locator("[name=title]")).to_have_value("")
    expect(dialog.locator(".said")).to_have_count(0)
    page.keyboard.press("Escape")
    page.locator("[data-verb=transfer]").click()
    expect(dialog.locator("[name=note]")).to_have_value("")


def test_a_word_to_all_is_back_until_it_is_sent(site: Site, sign_in: SignIn) -> None:
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/problems/")
    page.fill("[name=title]", "Storing in de wijk")
    page.fill("[name=words]", "Geen internet sinds vanochtend.")
    page.reload()
    expect(page.locator("[name=words]")).to_have_value("Geen internet sinds vanochtend.")
    page.get_by_role("button", name="Noteren").click()
    expect(page.locator("h1")).to_contain_text("Storing in de wijk")
    page.fill("[name=customer_nl]", "Er is een storing.")
    page.reload()
    expect(page.locator("[name=customer_nl]")).to_have_value("Er is een storing.")
    page.goto(f"{site.base}/desk/problems/")
    expect(page.locator("[name=words]")).to_have_value("")


def test_words_for_the_employee_alone_are_shown_before_they_go(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.locator("#reply-text").click()
    page.uncheck("#write-reply [value=customer]")
    page.locator("#write-reply .write-own summary").click()
    page.fill("#reply-employee", "Bel haar even.")
    expect(page.locator("#preview .reading-employee")).to_contain_text("Bel haar even.")
    expect(page.locator("#preview .reading-customer")).to_have_count(0)


def test_the_preview_that_is_asked_for_is_where_one_comes_to_read_it(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.locator("#reply-text").click()
    page.get_by_role("button", name="Voorbeeld").click()
    expect(page.locator("#preview .preview-no")).to_be_visible()
    page.fill("#reply-text", UPDATE)
    page.get_by_role("button", name="Voorbeeld").press("Enter")
    expect(page.locator("#preview .reading-customer")).to_contain_text(UPDATE)
    expect(page.locator("#preview")).to_be_focused()


def test_a_dialog_shows_what_goes_out_while_it_is_filled_in(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    page.keyboard.press("p")
    dialog = page.locator("#act-dialog")
    dialog.locator("[name=title]").fill("Monteur komt langs")
    expect(dialog.locator(".reading-customer")).to_contain_text("Monteur komt langs")
    shoot(page, "composer-dialog-preview")
    dialog.locator(".act-first").click()
    page.locator(".steps").get_by_role("link", name="Monteur komt langs").click()
    dialog.locator("[name=text_employee]").fill("Hij komt om tien uur.")
    expect(dialog.locator(".reading-employee")).to_contain_text("Hij komt om tien uur.")
    dialog.get_by_role("button", name="Voorbeeld").press("Enter")
    expect(dialog.locator(".preview")).to_be_focused()


def test_a_colleague_reads_along_with_the_reply_that_is_being_written(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    daan, fatima = sign_in("daan"), sign_in("fatima")
    _open(daan, site, request)
    _open(fatima, site, request)
    daan.fill("#reply-text", UPDATE)
    shown = fatima.locator("#their-draft")
    expect(shown).to_contain_text(UPDATE)
    expect(shown).to_contain_text("Concept, laatst van Daan Bakker")
    shoot(fatima, "composer-colleague")
    assert fatima.locator("#reply-text").count() == 0
    daan.get_by_role("button", name="Versturen", exact=True).click()
    expect(shown).to_be_empty()


def _heard(page: Page) -> list[str]:
    found: list[str] = page.evaluate("window.heard")
    return [each for each in found if "present" not in each]


LISTEN = """() => {
  window.heard = [];
  for (const each of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
    new MutationObserver(() => window.heard.push(each.id || each.className))
      .observe(each, { childList: true, subtree: true, characterData: true });
  }
}"""


def test_a_screen_reader_is_not_talked_over_while_somebody_types(
    site: Site, sign_in: SignIn
) -> None:
    request = _claimed(site)
    page = sign_in("daan")
    _open(page, site, request)
    expect(page.locator("#preview")).to_be_attached()
    page.evaluate(LISTEN)
    for words in ("De lijn is gemeten.", " U hoeft niets te doen."):
        page.locator("#reply-text").press_sequentially(words)
        expect(page.locator("#preview .reading-customer")).to_contain_text(words.strip())
        expect(page.locator("#write-reply .write-state")).to_contain_text(KEPT)
    assert _heard(page) == []
    # What asks for something to be done is said.
    page.route("**/draft", lambda route: route.abort())
    page.locator("#reply-text").press_sequentially(" Tot ziens.")
    aloud = page.locator("#write-reply .write-aloud")
    expect(aloud).to_contain_text("Geen verbinding")


def _look_again(page: Page) -> None:
    """As when one comes back to the tab."""
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "je mag deze wachtrij niet meer zien"),
        (429, "er is te veel tegelijk gevraagd"),
        (500, "er gaat iets mis aan onze kant"),
        (0, "er is geen verbinding"),
    ],
)
def test_a_page_that_is_not_live_any_more_says_so_and_goes_on_by_itself(
    site: Site, sign_in: SignIn, status: int, words: str
) -> None:
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/")

    def refuse(route: Route) -> None:
        if status:
            route.fulfill(status=status)
        else:
            route.abort()

    where = re.compile(r"/desk/live|/desk/$")
    page.route(where, refuse)
    notice = page.locator("#not-live")
    expect(notice).to_contain_text(words)
    assert notice.get_attribute("role") == "status"
    shoot(page, f"desk-not-live-{status}")
    page.unroute(where)
    _look_again(page)
    expect(notice).to_be_empty()
    expect(page.locator("#live")).to_contain_text("weer bij")


def test_a_page_that_is_signed_out_says_so_and_goes_on_after_signing_in_elsewhere(
    site: Site, sign_in: SignIn
) -> None:
    page = sign_in("daan")
    page.goto(f"{site.base}/desk/")
    page.context.clear_cookies(name="sessionid")
    _look_again(page)
    expect(page.locator("#not-live")).to_contain_text("je bent uitgelogd")
    sign_in_page(page.context.new_page(), site, "daan")
    _look_again(page)
    expect(page.locator("#not-live")).to_be_empty()


def test_the_times_in_a_queue_that_lies_open_go_on(site: Site, sign_in: SignIn) -> None:
    site.submit()
    page = sign_in("daan")
    page.clock.install()
    page.goto(f"{site.base}/desk/")
    page.clock.run_for(1000)
    with page.expect_request(lambda call: "every=1" in (call.post_data or "")):
        page.clock.run_for("06:00")


def test_letter_keys_can_be_switched_off_and_the_commands_stay(site: Site, sign_in: SignIn) -> None:
    request = site.submit()
    page = sign_in("daan")
    _open(page, site, request)
    page.locator("details.menu summary").click()
    with page.expect_navigation():
        page.get_by_role("group", name="Toetsen van één letter").get_by_label("Uit").click()
    page.keyboard.press("c")
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.locator("#help")).to_be_hidden()
    page.wait_for_timeout(1000)
    assert site.call("daan", "GET", f"/desk/requests/{request['id']}")["status"] == "received"
    named = page.locator("[aria-keyshortcuts]").all()
    assert [each.get_attribute("aria-keyshortcuts") for each in named] == ["Control+K"]
    page.keyboard.press("Control+k")
    page.keyboard.type("Welke toetsen")
    expect(page.locator("#palette kbd")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.locator("#help")).to_contain_text("staan uit")
    shoot(page, "desk-keys-off")


def test_without_a_script_it_all_works_on_a_phone(site: Site, sign_in: SignIn) -> None:
    request = _claimed(site)
    page = sign_in("daan", viewport=PHONE, java_script_enabled=False)
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    page.get_by_role("button", name="Voorbeeld").click()
    expect(page.locator(".reading-customer")).to_contain_text(UPDATE)
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    shoot(page, "composer-phone-no-script")
    page.goto(f"{site.base}/desk/{request['reference']}/step")
    page.fill("[name=title]", "Monteur komt langs")
    page.get_by_role("button", name="Voorbeeld").click()
    expect(page.locator(".reading-customer")).to_contain_text("Monteur komt langs")
    expect(page.locator("[name=title]")).to_have_value("Monteur komt langs")
    shoot(page, "composer-phone-step-preview")
    _open(page, site, request)
    page.fill("#reply-text", UPDATE)
    page.get_by_role("button", name="Opslaan als concept").first.click()
    expect(page.locator("#reply-text")).to_have_value(UPDATE)
    page.check("#write-solve")
    page.get_by_role("button", name="Versturen en oplossen").click()
    expect(page.locator("#timeline")).to_contain_text(UPDATE)
    shown = site.call("daan", "GET", f"/desk/requests/{request['id']}")
    assert shown["status"] == "solved"
    assert site.call("daan", "GET", f"/desk/requests/{request['id']}/drafts/reply")["text"] == ""
