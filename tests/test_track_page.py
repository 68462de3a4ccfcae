"""The customer's page as a browser without JavaScript uses it: pages, forms and redirects."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest, Rating, conversing
from customer_requests.models.life import Actor
from notifications import drain
from notifications.models import KeptCopy
from tests import factories
from tests.clients import Api, content_of, photo
from tests.factories import holder, link_of, make_person, submit
from tests.tables import state, tables_with

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """What stands on a page: its text, forms with their fields, links, and anything inline."""

    def __init__(self, response: Any) -> None:
        super().__init__()
        self.text = ""
        self.links: list[str] = []
        self.forms: dict[str, dict[str, str]] = {}
        self.inline: list[str] = []
        self.external: list[str] = []
        self.errors = 0
        self._form: dict[str, str] = {}
        self.html = response.content.decode()
        self.feed(self.html)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        if tag in {"script", "style"} and "src" not in given:
            self.inline.append(tag)
        for name in ("src", "href", "action"):
            if given.get(name, "").startswith(("http:", "https:", "//")):
                self.external.append(given[name])
        if tag == "a":
            self.links.append(given.get("href", ""))
        if tag == "form":
            self._form = self.forms.setdefault(given.get("action", ""), {})
        if tag in {"input", "textarea", "select"} and given.get("name"):
            self._form.setdefault(given["name"], given.get("value", ""))
        if given.get("aria-invalid") == "true":
            self.errors += 1

    def handle_data(self, data: str) -> None:
        self.text += f" {data}"


@pytest.fixture
def browser() -> Client:
    return Client()


def opened(browser: Client, request: CustomerRequest, part: str = "", status: int = 200) -> Page:
    response = browser.get(f"/t/{link_of(request)}{part}")
    assert response.status_code == status
    return Page(response)


STATUSES: dict[str, tuple[Callable[..., CustomerRequest], str, set[str]]] = {
    "received": (submit, "Ontvangen", {"message"}),
    "in progress": (factories.claimed, "In behandeling", {"message"}),
    "waiting on the customer": (factories.waiting, "Wacht op antwoord", {"message"}),
    "waiting on the employee": (
        lambda **facts: factories.waiting("employee", **facts),
        "Wacht op antwoord",
        {"message"},
    ),
    "solved": (factories.solved, "Opgelost", {"confirm"}),
    "closed": (factories.closed, "Afgerond", {"rate"}),
    "withdrawn": (factories.withdrawn, "Ingetrokken", set()),
}


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_status_has_its_page_with_the_forms_that_fit(
    browser: Client, status: str, language: str
) -> None:
    make, label, forms = STATUSES[status]
    request = make(customer_language=language)
    page = opened(browser, request)
    assert request.reference in page.text
    assert "Mijn buurvrouw heeft sinds maandag geen internet." in page.text
    assert (label in page.text) == (language == "nl")
    assert {action.rsplit("/", 1)[1] for action in page.forms if "/t/" in action} == forms
    assert f'lang="{language}"' in page.html
    assert page.inline == page.external == []


def test_the_page_shows_the_plan_and_the_story(browser: Client) -> None:
    request = factories.claimed()
    daan = holder(request)
    request.plan_step(by=daan, id=uuid.uuid4(), title="Lijn doormeten", text_customer="Vandaag.")
    request.update(by=daan, id=uuid.uuid4(), audience=["customer"], text_customer="Gevonden!")
    page = opened(browser, request)
    for shown in ("Lijn doormeten", "Vandaag.", "Gevonden!", "Daan"):
        assert shown in page.text
    assert "Bakker" not in page.text


# --- The address without the token ---


def test_a_browser_is_sent_to_an_address_without_the_token(browser: Client) -> None:
    request = submit()
    token = link_of(request)
    sent = browser.get(f"/t/{token}", headers={"Sec-Fetch-Mode": "navigate"})
    assert (sent.status_code, sent["Location"]) == (302, f"/t/{request.reference}")
    cookie = sent.cookies["link"]
    assert cookie["httponly"] is True
    assert (cookie["path"], cookie["samesite"]) == (f"/t/{request.reference}", "Lax")
    page = Page(browser.get(sent["Location"]))
    assert request.reference in page.text
    assert token not in page.html


def test_the_cookie_is_secure_where_the_address_is(browser: Client, settings: Settings) -> None:
    settings.SECURE = True
    sent = browser.get(f"/t/{link_of(submit())}", headers={"Sec-Fetch-Mode": "navigate"})
    assert sent.cookies["link"]["secure"] is True


@pytest.mark.parametrize("mode", [None, "cors", "no-cors", "same-origin"])
def test_what_does_not_navigate_is_served_at_the_link(browser: Client, mode: str | None) -> None:
    headers = {"Sec-Fetch-Mode": mode} if mode else {}
    answer = browser.get(f"/t/{link_of(submit())}", headers=headers)
    assert answer.status_code == 200
    assert "link" not in answer.cookies


def test_a_reference_without_its_cookie_opens_nothing(browser: Client) -> None:
    request, other = submit(), submit()
    assert browser.get(f"/t/{request.reference}").status_code == 404
    browser.cookies["link"] = link_of(other)
    assert browser.get(f"/t/{request.reference}").status_code == 404
    browser.cookies["link"] = link_of(request)
    assert browser.get(f"/t/{request.reference}").status_code == 200


def test_forms_work_at_the_address_without_the_token(browser: Client) -> None:
    request = factories.solved()
    sent = browser.get(
        f"/t/{link_of(request)}", headers={"Sec-Fetch-Mode": "navigate"}, follow=True
    )
    (action,) = [action for action in Page(sent).forms if action.endswith("/confirm")]
    assert action == f"/t/{request.reference}/confirm"
    done = browser.post(action, follow=True)
    assert done.status_code == 200
    request.refresh_from_db()
    assert request.closed_as == "confirmed"


@pytest.mark.parametrize("part", ["", "/details", "/erase", "/withdraw"])
def test_pages_are_kept_and_found_by_nobody(browser: Client, part: str) -> None:
    answer = browser.get(f"/t/{link_of(submit())}{part}")
    assert answer["Cache-Control"] == "no-store"
    assert answer["X-Robots-Tag"] == "noindex"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


# --- Forms ---


def test_an_answer_with_a_photo_sets_the_work_going_again(browser: Client) -> None:
    request = factories.waiting()
    token = link_of(request)
    form = Page(browser.get(f"/t/{token}")).forms[f"/t/{token}/message"]
    sent = {"id": form["id"], "text": "Het groene.", "file": _photo_file()}
    done = browser.post(f"/t/{token}/message", sent, follow=True)
    page = Page(done)
    assert "Het groene." in page.text
    assert "router.png" in page.text
    request.refresh_from_db()
    assert request.status == "in_progress"
    (link,) = [link for link in page.links if "/files/" in link]
    file = browser.get(link)
    assert content_of(file).startswith(b"\x89PNG")
    assert file["Content-Disposition"].startswith("attachment;")


def _photo_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("router.png", photo(), "image/png")


def test_a_form_that_was_sent_twice_is_one_message(browser: Client) -> None:
    request = submit()
    token = link_of(request)
    sent = {"id": str(uuid.uuid4()), "text": "Nog iets."}
    for _ in range(2):
        assert browser.post(f"/t/{token}/message", sent).status_code == 302
    assert request.entries.filter(kind="message").count() == 1


@pytest.mark.parametrize(
    ("part", "make", "sent", "status"),
    [
        ("confirm", factories.solved, {}, "closed"),
        ("reopen", factories.solved, {"reason": "Het lampje brandt niet."}, "in_progress"),
        ("reopen", factories.closed, {"reason": "Het lampje brandt niet."}, "in_progress"),
        ("withdraw", submit, {"reason": "Het doet het weer."}, "withdrawn"),
        ("rate", factories.solved, {"score": "4", "taken_seriously": "yes"}, "solved"),
    ],
)
def test_each_form_does_what_it_says_and_shows_that_it_did(
    browser: Client,
    part: str,
    make: Callable[..., CustomerRequest],
    sent: dict[str, str],
    status: str,
) -> None:
    request = make()
    done = browser.post(f"/t/{link_of(request)}/{part}", sent, follow=True)
    assert done.status_code == 200
    assert 'role="status"' in Page(done).html
    request.refresh_from_db()
    assert request.status == status
    if part == "rate":
        rating = Rating.objects.get()
        assert (rating.score, rating.taken_seriously) == (4, True)


DETAILS = {
    "name": "Mevrouw Jansen",
    "channel": "email",
    "email": "jansen@example.org",
    "phone": "",
    "language": "nl",
    "employee_sees": "updates",
}


@pytest.mark.parametrize(
    ("part", "make", "sent", "fields"),
    [
        ("message", submit, {"id": str(uuid.uuid4()), "text": ""}, ["message_text"]),
        ("message", submit, {"id": str(uuid.uuid4()), "text": "x" * 10_001}, ["message_text"]),
        ("message", submit, {"id": str(uuid.uuid4()), "text": "nul\x00"}, ["message_text"]),
        ("reopen", factories.solved, {"reason": " "}, ["act_reason"]),
        ("withdraw", submit, {"reason": ""}, ["act_reason"]),
        ("withdraw", submit, {"reason": "x" * 2001}, ["act_reason"]),
        ("rate", factories.solved, {}, ["rating_score"]),
        ("rate", factories.solved, {"score": "6"}, ["rating_score"]),
        ("rate", factories.solved, {"score": "5", "text": "x" * 10_001}, ["rating_text"]),
        ("details", submit, {**DETAILS, "name": ""}, ["details_name"]),
        ("details", submit, {**DETAILS, "name": "Jan\r\nBcc: x@example.org"}, ["details_name"]),
        ("details", submit, {**DETAILS, "email": "a@example.org,b@example.org"}, ["details_email"]),
        ("details", submit, {**DETAILS, "email": ""}, ["details_email"]),
        ("details", submit, {**DETAILS, "channel": "sms"}, ["details_phone"]),
        ("details", submit, {**DETAILS, "channel": "sms", "phone": "020 123"}, ["details_phone"]),
        ("details", submit, {**DETAILS, "channel": "fax"}, ["details_channel"]),
        ("details", submit, {**DETAILS, "employee_sees": "all"}, ["details_employee_sees"]),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_written(
    browser: Client,
    part: str,
    make: Callable[..., CustomerRequest],
    sent: dict[str, str],
    fields: list[str],
) -> None:
    token = link_of(make())
    before = state()
    answer = browser.post(f"/t/{token}/{part}", sent)
    assert answer.status_code == 422
    page = Page(answer)
    # The summary on top leads to the field.
    pointed_at = {link.removeprefix("#") for link in page.links if link.startswith("#")}
    assert any(link.startswith(field) for field in fields for link in pointed_at), pointed_at
    assert page.text.startswith("Fout:")
    assert state() == before


def test_what_was_typed_is_still_there_when_it_was_wrong(browser: Client) -> None:
    token = link_of(submit())
    sent = {"id": str(uuid.uuid4()), "text": "Een heel verhaal.", "file": _text_file()}
    answer = browser.post(f"/t/{token}/message", sent)
    assert answer.status_code == 422
    assert "Een heel verhaal." in answer.content.decode()


def test_a_hundred_messages_a_day_are_enough_and_the_next_one_is_not_lost(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversing, "MOST_MESSAGES", 2)
    request = factories.claimed()
    address = f"/t/{link_of(request)}/message"
    for number in range(2):
        request.message(by=Actor.customer(), id=uuid.uuid4(), text=f"Nog iets {number}")
    words = {"id": str(uuid.uuid4()), "text": "En dit nog."}
    answer = browser.post(address, words)
    assert answer.status_code == 409
    assert "hoogstens 2 berichten" in answer.content.decode()
    assert "En dit nog.</textarea>" in answer.content.decode()
    assert request.entries.filter(kind="message").count() == 2
    # Who else says something has a day of their own, and tomorrow there is a new one.
    request.message(by=Actor.employee(request.employee), id=uuid.uuid4(), text="Ik ook.")
    request.entries.update(at=timezone.now() - timedelta(days=1, minutes=1))
    assert browser.post(address, words).status_code == 302


def _text_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("notes.txt", b"no picture", "text/plain")


@pytest.mark.parametrize("part", ["confirm", "message", "withdraw", "rate"])
def test_what_the_status_forbids_is_said_on_a_page(browser: Client, part: str) -> None:
    request = factories.withdrawn()
    token = link_of(request)
    sent = {"id": str(uuid.uuid4()), "text": "x", "reason": "x", "score": "5"}
    before = state()
    answer = browser.post(f"/t/{token}/{part}", sent)
    assert answer.status_code == 409
    assert f"/t/{token}" in Page(answer).links
    assert state() == before


@pytest.mark.parametrize("part", ["message", "confirm", "reopen", "withdraw", "rate", "details"])
def test_a_form_from_elsewhere_is_refused(part: str) -> None:
    request = factories.solved()
    token = link_of(request)
    careful = Client(enforce_csrf_checks=True)
    sent = {"reason": "x", "score": "1", **DETAILS}
    before = state()
    assert careful.post(f"/t/{token}/{part}", sent).status_code == 403
    assert careful.post(f"/t/{token}/erase").status_code == 403
    assert state() == before


def test_a_form_of_ours_passes_that_check() -> None:
    request = factories.solved()
    token = link_of(request)
    careful = Client(enforce_csrf_checks=True)
    form = Page(careful.get(f"/t/{token}")).forms[f"/t/{token}/confirm"]
    assert careful.post(f"/t/{token}/confirm", form).status_code == 302
    request.refresh_from_db()
    assert request.status == "closed"


# --- Details and erasure ---


def deliver() -> list[KeptCopy]:
    """Send all that is due; what came out, oldest first."""
    seen = set(KeptCopy.objects.values_list("pk", flat=True))
    while drain.send_due():
        pass
    return list(KeptCopy.objects.exclude(pk__in=seen).order_by("at"))


def test_a_new_address_ends_every_link_and_gets_a_new_one(browser: Client) -> None:
    request = submit()
    deliver()
    first, second = link_of(request), link_of(request)
    moved = {**DETAILS, "email": "nieuw@example.org", "employee_sees": "steps"}
    done = browser.post(f"/t/{first}/details", moved)
    assert done.status_code == 200
    assert [browser.get(f"/t/{token}").status_code for token in (first, second)] == [404, 404]
    (mail,) = deliver()
    assert mail.address == "nieuw@example.org"
    fresh = re.findall(r"/t/([\w-]+)", mail.text)
    assert browser.get(f"/t/{fresh[0]}").status_code == 200
    request.refresh_from_db()
    assert (request.customer_email, request.employee_sees) == ("nieuw@example.org", "steps")


def test_details_that_keep_the_address_keep_the_link(browser: Client) -> None:
    request = submit()
    deliver()
    token = link_of(request)
    sent = {**DETAILS, "name": "Mevrouw Jansen-Smit", "language": "en"}
    done = browser.post(f"/t/{token}/details", sent)
    assert (done.status_code, done["Location"]) == (302, f"/t/{token}")
    assert 'lang="en"' in browser.get(f"/t/{token}").content.decode()
    assert deliver() == []


NAME, EMAIL, NUMBER = "Wilhelmina Zonderland", "wilhelmina@zonderland.example", "612345678"
SAID = "knippert-het-lampje-op-zolder"


def test_erased_is_gone_from_every_table_and_every_file(
    browser: Client,
    settings: Settings,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    sanne = make_person("Sanne de Vries")
    request = factories.claimed(
        sanne,
        question=f"Waarom {SAID}?",
        customer_name=NAME,
        customer_email=EMAIL,
        customer_phone=f"+31{NUMBER}",
    )
    daan, phone = holder(request), Api(sanne)
    assert (
        phone.upload(f"/requests/{request.pk}/attachments", photo(), f"{SAID}.png").status_code
        == 201
    )
    request.plan_step(by=daan, id=uuid.uuid4(), title=SAID, text_customer=SAID)
    request.note(by=daan, id=uuid.uuid4(), text=f"{NAME} zegt {SAID}")
    request.update(by=daan, id=uuid.uuid4(), audience=["customer"], text_customer=SAID)
    request.wait(by=daan, on="customer", text=SAID)
    request.message(by=Actor.customer(), id=uuid.uuid4(), text=SAID)
    request.solve(by=daan, text=SAID)
    request.rate(score=1, text=SAID)
    deliver()
    token = link_of(request)
    for secret in (NAME, EMAIL, NUMBER, SAID):
        assert tables_with(secret) != []
    with django_capture_on_commit_callbacks(execute=True):
        assert browser.post(f"/t/{token}/erase").status_code == 200
    while drain.send_due():
        pass
    assert {secret: tables_with(secret) for secret in (NAME, EMAIL, NUMBER, SAID)} == {
        secret: [] for secret in (NAME, EMAIL, NUMBER, SAID)
    }
    assert [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()] == []
    assert browser.get(f"/t/{token}").status_code == 404
    # The employee's phone hears that it is gone, and the statistics keep their row.
    shown = phone.get(f"/requests/{request.pk}").json()
    assert (shown["status"], shown["allowed"]) == ("closed", [])
    assert Rating.objects.get().score == 1


def test_erasing_an_open_question_ends_it(browser: Client) -> None:
    request = submit()
    assert browser.post(f"/t/{link_of(request)}/erase").status_code == 200
    request.refresh_from_db()
    assert request.status == "withdrawn"


def test_a_page_of_an_erased_question_is_the_page_of_a_bad_link(browser: Client) -> None:
    request = submit()
    token = link_of(request)
    browser.post(f"/t/{token}/erase")
    assert browser.get(f"/t/{token}/details").status_code == 404


# --- Hostile texts ---

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'>{{ 7*7 }}{% now 'Y' %}"


def test_hostile_texts_are_shown_and_not_run(browser: Client) -> None:
    sanne = make_person(f"Sanne{HOSTILE}"[:120])
    request = factories.claimed(sanne, question=HOSTILE, customer_name=HOSTILE)
    daan = holder(request)
    request.plan_step(by=daan, id=uuid.uuid4(), title=HOSTILE, text_customer=HOSTILE)
    request.update(by=daan, id=uuid.uuid4(), audience=["customer"], text_customer=HOSTILE)
    request.message(by=Actor.customer(), id=uuid.uuid4(), text=HOSTILE)
    for part in ("", "/details", "/withdraw", "/erase"):
        page = opened(browser, request, part)
        assert page.inline == page.external == []
        assert "<script" not in page.html
    # As it was written, so no template was made of it.
    assert "{{ 7*7 }}{% now 'Y' %}" in opened(browser, request).text
    for copy in deliver():
        assert "<script" not in copy.html
        assert "onerror" not in re.sub(r"&lt;.*?&gt;", "", copy.html)
    shown = browser.get(reverse("mailbox")).content.decode()
    assert "<script>alert" not in shown
