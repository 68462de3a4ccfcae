"""Solving many at once: each in their own language, shown first, and about none of them."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_requests.models import BulkAction, CustomerRequest, Entry
from server.accounts.models import AuditEvent, Team, User
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import make_person
from tests.test_bulk_pages import fields

pytestmark = pytest.mark.django_db

TEXTS = {
    "customer_nl": "Uw internet werkt weer.",
    "customer_en": "Your internet works again.",
    "employee_nl": "Het internet werkt weer.",
    "employee_en": "The internet works again.",
}


@pytest.fixture
def browser(daan: User) -> Client:
    return browser_of(daan)


def held(team: Team, daan: User, language: str = "nl", **facts: Any) -> CustomerRequest:
    """A request that Daan has, of a customer and an employee who read this language."""
    request = factories.submit(
        make_person("Sanne de Vries", language=language),
        team.topics.get(),
        customer_language=language,
        **facts,
    )
    request.claim(by=daan)
    return request


def ask(daan: User, requests: list[CustomerRequest], **solve: Any) -> Any:
    picked = [{"id": str(request.pk)} for request in requests]
    body = {"id": str(uuid.uuid4()), "requests": picked, "solve": solve}
    return Api(daan).post("/desk/bulk", body)


def run() -> None:
    BulkAction.objects.update(due=timezone.now())
    BulkAction.run_due()


def said(request: CustomerRequest) -> tuple[str, str]:
    entry = Entry.objects.get(request=request, kind="solved")
    return entry.text_customer, entry.text_employee


def wrong(answer: Any) -> dict[str, str]:
    assert answer.status_code == 422, answer.content
    return {each["field"].rpartition(".")[2]: each["message"] for each in answer.json()["errors"]}


def test_each_reads_it_in_their_own_language(team: Team, daan: User) -> None:
    nl, en = held(team, daan), held(team, daan, "en")
    assert ask(daan, [nl, en], **TEXTS).status_code == 201
    run()
    assert said(nl) == (TEXTS["customer_nl"], TEXTS["employee_nl"])
    assert said(en) == (TEXTS["customer_en"], TEXTS["employee_en"])


def test_whoever_reads_another_language_is_not_left_out(team: Team, daan: User) -> None:
    nl, en = held(team, daan), held(team, daan, "en")
    dutch = {name: text for name, text in TEXTS.items() if name.endswith("nl")}
    assert set(wrong(ask(daan, [nl, en], **dutch))) == {"customer_en", "employee_en"}
    assert set(wrong(ask(daan, [nl, en], text="Het werkt weer."))) == {"text"}
    assert ask(daan, [nl], **dutch).status_code == 201
    assert ask(daan, [nl], text="Het werkt weer.").status_code == 201
    assert ask(daan, [en], text="It works.", text_employee="It does.").status_code == 201
    run()
    assert said(en) == ("It works.", "It does.")
    assert set(wrong(ask(daan, [nl], customer_nl="Klaar."))) == {"employee_nl"}


def test_what_he_can_not_solve_himself_asks_for_no_language(team: Team, daan: User) -> None:
    nl, en = held(team, daan), held(team, daan, "en")
    en.release(by=daan)
    assert ask(daan, [nl, en], text="Het werkt weer.").status_code == 201


@pytest.mark.parametrize(
    "text",
    ["Mevrouw Jansen, het werkt.", "Mail naar jansen@example.org.", "Zie DHG-7K3M-9Q2P."],
)
def test_no_text_for_all_is_about_one_of_them(team: Team, daan: User, text: str) -> None:
    one, other = held(team, daan), held(team, daan, customer_name="De heer Wit")
    refused = wrong(ask(daan, [one, other], **{**TEXTS, "customer_nl": text}))
    assert set(refused) == {"customer_nl"}
    assert set(wrong(ask(daan, [one, other], text=text))) == {"text"}
    assert not BulkAction.objects.exists()


def test_a_text_that_does_not_fit_where_one_of_them_asked_is_refused(
    team: Team, daan: User
) -> None:
    requests = [held(team, daan), held(team, daan, **factories.under_post())]
    long = {**TEXTS, "customer_nl": "a" * 300}
    assert "te lang voor X" in wrong(ask(daan, requests, **long))["customer_nl"]
    assert set(wrong(ask(daan, requests, text="a" * 300))) == {"text"}
    assert ask(daan, requests[:1], **long).status_code == 201


def test_a_word_that_is_also_a_name_can_be_said_to_be_none(team: Team, daan: User) -> None:
    requests = [held(team, daan, customer_name="Oma"), held(team, daan)]
    texts = {**TEXTS, "employee_nl": "Het werkt weer bij oma."}
    assert "employee_nl" in wrong(ask(daan, requests, **texts))
    assert ask(daan, requests, **texts, names_nobody=True).status_code == 201
    event = AuditEvent.objects.get(action="bulk-asked")
    assert event.detail == {"verb": "solve", "count": 2, "names_nobody": True}


@pytest.mark.parametrize(
    "solve",
    [{}, {"text": "Ja.", "customer_nl": "Ja."}, {"text_employee": "Ja."}, {"tekst": "Ja."}],
)
def test_too_little_or_two_ways_at_once_is_refused(
    team: Team, daan: User, solve: dict[str, str]
) -> None:
    assert ask(daan, [held(team, daan)], **solve).status_code == 422


# --- In the console -------------------------------------------------------------------------------


def asked(browser: Client, requests: list[CustomerRequest]) -> dict[str, Any]:
    picked = [f"{request.pk}:{request.version}" for request in requests]
    page = browser.post("/desk/bulk/new", {"verb": "solve", "pick": picked})
    return fields(page.content.decode())


def test_who_gets_what_is_shown_before_anything_is_asked(
    browser: Client, team: Team, daan: User
) -> None:
    number: dict[str, Any] = {"customer_channel": "sms", "customer_phone": "+31612345678"}
    requests = [held(team, daan), held(team, daan), held(team, daan, **number)]
    requests.append(held(team, daan, "en"))
    not_mine = factories.submit(topic=team.topics.get())
    form = {**asked(browser, [*requests, not_mine]), **TEXTS}
    sure = browser.post("/desk/bulk/", form)
    assert sure.status_code == 200
    html = sure.content.decode()
    assert not BulkAction.objects.exists()
    rows = re.findall(
        r'once-count">(\d+)</strong> (\w+) · (\w+) · <span class="soft">([^<]+)', html
    )
    assert rows == [
        ("2", "Klanten", "Nederlands", "per e-mail"),
        ("1", "Klanten", "Nederlands", "per sms"),
        ("1", "Klanten", "Engels", "per e-mail"),
        ("3", "Medewerkers", "Nederlands", "in de app"),
        ("1", "Medewerkers", "Engels", "in de app"),
    ]
    for text in TEXTS.values():
        assert text in html
    assert "4 vragen worden opgelost" in html
    assert "1 vraag is niet van jou" in html
    sent = browser.post("/desk/bulk/", {**fields(html), "confirmed": "1"})
    assert sent.status_code == 303
    assert BulkAction.objects.get().count == 5
    run()
    assert said(requests[-1]) == (TEXTS["customer_en"], TEXTS["employee_en"])


def test_back_to_the_texts_nothing_is_lost(browser: Client, team: Team, daan: User) -> None:
    form = {**asked(browser, [held(team, daan), held(team, daan)]), **TEXTS}
    html = browser.post("/desk/bulk/", form).content.decode()
    back = browser.post("/desk/bulk/", {**fields(html), "change": "1"}).content.decode()
    for text in TEXTS.values():
        assert f">\n{text}</textarea>" in back
    assert len(fields(back)["pick"]) == 2


def test_a_name_is_refused_at_its_field_and_can_be_waved(
    browser: Client, team: Team, daan: User
) -> None:
    requests = [held(team, daan, customer_name="Oma"), held(team, daan)]
    form = {**asked(browser, requests), **TEXTS, "employee_nl": "Het werkt weer bij oma."}
    refused = browser.post("/desk/bulk/", form)
    assert refused.status_code == 422
    assert 'name="names_nobody"' in refused.content.decode()
    sure = browser.post("/desk/bulk/", {**form, "names_nobody": "1"})
    assert sure.status_code == 200
    sent = browser.post("/desk/bulk/", {**fields(sure.content.decode()), "confirmed": "1"})
    assert sent.status_code == 303


def test_where_none_of_them_is_mine_there_is_nothing_to_confirm(
    browser: Client, team: Team
) -> None:
    request = factories.submit(topic=team.topics.get())
    html = browser.post("/desk/bulk/", {**asked(browser, [request]), **TEXTS}).content.decode()
    assert 'name="confirmed"' not in html
