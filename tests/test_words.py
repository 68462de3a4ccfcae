"""What people read: Dutch and English both complete, *u* to customers and *je* to employees."""

import re
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from customer_requests import clock
from customer_requests.models import BulkAction, CustomerRequest, EntryKind, KnownProblem, Topic
from customer_requests.models.life import Actor
from notifications import kinds
from notifications.channels import Parcel
from notifications.channels.email import message
from notifications.kinds import Letter
from notifications.models import Delivery, KeptCopy, Notification
from server.accounts.demo import demo_people
from server.accounts.models import Absence, Team, TeamRole, User
from server.problems import catalogue
from server.uploads import Upload
from tests.factories import (
    claimed,
    closed,
    holder,
    link_of,
    make_agent,
    make_person,
    make_team,
    make_topic,
    solved,
    submit,
    under_post,
    waiting,
    withdrawn,
)
from tests.test_alerts import minutes_pass

pytestmark = pytest.mark.django_db

LANGUAGES = ["nl", "en"]
STATUSES = ["received", "in_progress", "waiting", "solved", "closed", "withdrawn"]
# Words that no sentence of the other language can do without, and that it does not have itself.
ENGLISH = {"the", "your", "you", "with", "this", "that", "and", "has", "are", "not", "from", "it"}
DUTCH = {"de", "het", "een", "uw", "u", "je", "niet", "van", "voor", "vraag", "en", "wij", "naar"}
INFORMAL = {"je", "jij", "jou", "jouw", "jullie", "hoi"}
FORMAL = {"u", "uw", "uzelf"}
# What people write themselves is in no language here, so that only our own words are looked at.
SAID = "1 2 3"


# Names stay as they are, also the two languages' own; so do codes and addresses.
NAMES = ["Nederlands", "English", *(person["name"] for person in demo_people())]
CODES = r"`[^`]+`|\S+@\S+|\S+/\S+|%\(\w+\)s|(?<=\w)-\w+-\w+"


def seen(html: str) -> str:
    """The text of a page on one line, with what only a screen reader hears."""
    body = re.sub(r"(?s)<(style|script|code)\b.*?</\1>", " ", html)
    said = " ".join(re.findall(r'(?:aria-label|title|alt)="([^"]*)"', body))
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body) + " " + said).split())


def strange_words(text: str, language: str, *, customer: bool) -> set[str]:
    """The words in this text that its reader must never meet."""
    for name in [settings.COMPANY_NAME, *NAMES]:
        text = text.replace(name, " ")
    words = set(re.findall(r"[^\W\d_]+", re.sub(CODES, " ", text).lower()))
    if language == "en":
        return words & DUTCH
    return words & (ENGLISH | (INFORMAL if customer else FORMAL))


def story(language: str) -> None:
    """Everything that can be told, told at least once, to people of this language."""
    team = make_team(name="Wifi")
    topic = make_topic(team)
    anna = make_person("Anna Smit", language=language)
    bob, eva = (make_agent(team, name, language=language) for name in ("Bob Prins", "Eva Prins"))

    def ask() -> CustomerRequest:
        return submit(
            anna, topic, customer_name="Kim", customer_language=language, question="4 5 6"
        )

    asked, tomorrow = ask(), timezone.now() + timedelta(days=1)
    asked.claim(by=bob)
    for state in ["busy", "done", "skipped"]:
        step, _new = asked.plan_step(by=bob, id=uuid.uuid4(), title="7", expected_at=tomorrow)
        asked.change_step(step.pk, by=bob, state=state)
    asked.update(
        by=bob,
        id=uuid.uuid4(),
        audience=["customer", "employee"],
        text_customer=SAID,
        text_employee=SAID,
    )
    photo = Upload(b"8", "image/jpeg", ".jpg", "8.jpg", sha256="8" * 64)
    asked.attach(by=Actor.employee(anna), id=uuid.uuid4(), upload=photo)
    for on in ["customer", "employee", "third_party"]:
        asked.wait(by=bob, on=on, text=SAID, until=tomorrow)
        if on != "third_party":
            by = Actor.customer() if on == "customer" else Actor.employee(anna)
            asked.message(by=by, id=uuid.uuid4(), text=SAID)
    CustomerRequest.objects.filter(pk=asked.pk).update(waiting_until=timezone.now())
    asked.end_wait()
    asked.solve(by=bob, text=SAID)
    asked.reopen(by=Actor.employee(anna), reason=SAID)
    asked.solve(by=bob, text=SAID)
    asked.reopen(by=Actor.customer(), reason=SAID)
    asked.assign(eva, by=bob)
    asked.solve(by=eva, text=SAID)
    asked.confirm()
    asked.customer_unreachable("550")

    late = ask()
    late.claim(by=bob)
    late.solve(by=bob, text=SAID)
    CustomerRequest.objects.filter(pk=late.pk).update(solved_at=timezone.now() - timedelta(days=8))
    late.close_unanswered()
    for by in (Actor.customer(), Actor.employee(anna)):
        dropped = ask()
        dropped.claim(by=bob)
        dropped.withdraw(by=by, reason=SAID)
    long_ago = ask()
    long_ago.withdraw(by=Actor.employee(anna), reason=SAID)
    CustomerRequest.objects.filter(pk=long_ago.pk).update(
        status="closed", closed_as="confirmed", closed_at=timezone.now() - timedelta(days=15)
    )
    follow_up = long_ago.reopen(by=Actor.customer(), reason=SAID)
    follow_up.claim(by=bob)
    erased = ask()
    erased.claim(by=bob)
    erased.erase(by=Actor.customer())
    moved = ask()
    moved.correct_details(
        name="Kim",
        email="kim@example.org",
        phone="",
        channel="email",
        language=language,
        employee_sees="updates",
    )
    submit(
        anna,
        topic,
        customer_name="Kim",
        customer_language=language,
        question="4 5 6",
        solved_by_me=SAID,
    )
    lead = make_agent(team, "Els Prins", role=TeamRole.LEAD, language=language)
    _under_posts([anna, make_person("Anna Smit", language=language)], topic, bob, language)
    _merged_and_apart(ask(), ask(), bob, lead)
    _under_a_problem(ask(), team, bob, lead)
    _given_and_taken_back(ask(), bob, lead)
    _late(ask(), bob)
    _late(ask(), None)
    sent_back = ask()
    sent_back.claim(by=bob)
    Absence.objects.create(person=bob, begins=timezone.now() - timedelta(hours=1))
    clock.release_absent()


def _under_posts(people: list[User], topic: Topic, bob: User, language: str) -> None:
    """Questions of strangers: what is to be placed, what a colleague places, and the ends of it."""

    def ask(by: User) -> CustomerRequest:
        asked = submit(
            by, topic, **under_post(customer_name="Kim", customer_language=language, question="4")
        )
        asked.claim(by=bob)
        return asked

    mine, theirs = (ask(by) for by in people)
    theirs.merge(mine, by=bob)
    mine.refresh_from_db()
    mine.plan_step(by=bob, id=uuid.uuid4(), title="7", text_customer=SAID, text_employee="9")
    mine.update(by=bob, id=uuid.uuid4(), audience=["customer"], text_customer=SAID)
    mine.wait(by=bob, on="customer", text=SAID)
    mine.message(by=Actor.employee(people[0]), id=uuid.uuid4(), text=SAID)
    mine.solve(by=bob, text=SAID, text_employee="9")
    mine.place(by=people[0])
    mine.confirm(by=Actor.employee(people[0]))
    late = ask(people[0])
    late.solve(by=bob, text=SAID)
    CustomerRequest.objects.filter(pk=late.pk).update(solved_at=timezone.now() - timedelta(days=8))
    late.close_unanswered()
    ask(people[0]).forget_stranger(by=Actor.employee(people[0]))


def _merged_and_apart(one: CustomerRequest, two: CustomerRequest, bob: User, lead: User) -> None:
    one.claim(by=bob)
    one.merge(two, by=lead)
    one.unmerge(by=lead)


def _under_a_problem(request: CustomerRequest, team: Team, bob: User, lead: User) -> None:
    """One solved for all, and taken back."""
    problem, _new = KnownProblem.note_down(
        by=lead, id=uuid.uuid4(), title="7", words="", team=team, topic=None
    )
    request.claim(by=bob)
    request.put_under(problem, by=lead)
    texts = {f"{who}_{code}": SAID for who in ("customer", "employee") for code in LANGUAGES}
    problem.announce(by=lead, id=uuid.uuid4(), solves=True, texts=texts)
    clock.tell_of_problems()
    problem.undo_solved(by=lead)
    clock.tell_of_problems()


def _given_and_taken_back(request: CustomerRequest, bob: User, lead: User) -> None:
    """As one of many: whoever had heard who has it hears that nobody has."""
    facts = {"agent": str(bob.pk)}
    picked = [(request.pk, None)]
    many, _new = BulkAction.ask(
        by=lead, id=uuid.uuid4(), verb="assign", facts=facts, picked=picked, print_=""
    )
    BulkAction.objects.filter(pk=many.pk).update(due=timezone.now())
    BulkAction.run_due()
    BulkAction.objects.get(pk=many.pk).undo()
    BulkAction.run_due()


def _late(request: CustomerRequest, agent: User | None) -> None:
    """Soon due, and then overdue."""
    if agent is not None:
        request.claim(by=agent)
    minutes = request.topic.first_response_minutes
    for passed in (minutes - 1, 2):
        minutes_pass(request, passed)


def letters() -> Iterator[tuple[str, Letter, EmailMultiAlternatives]]:
    """Every notification so far, as its receiver gets it."""
    told = {notification.pk: notification for notification in Notification.objects.all()}
    # What was on its way to a customer who was erased since has no letter any more.
    for key, letter in kinds.compose(list(told.values()), to_send=True).items():
        notification = told[key]
        mail = message(Parcel(Delivery(notification=notification), letter))
        yield notification.kind, letter, mail


def every_kind() -> set[str]:
    names = {
        f"{who}.{kind}" for who in ("customer", "employee", "agent", "lead") for kind in EntryKind
    }
    return {name for name in names if _is_told(name)}


def _is_told(name: str) -> bool:
    try:
        kinds.get(name)
    except KeyError:
        return False
    return True


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_letter_is_in_its_readers_own_words(language: str) -> None:
    story(language)
    told = set()
    # The language of whoever sends must not leak into what is sent.
    with translation.override("nl" if language == "en" else "en"):
        for kind, letter, mail in letters():
            told.add(kind)
            html = str(mail.alternatives[0][0])
            said = [letter.title, letter.text, letter.sms, letter.push_body, str(mail.subject)]
            said += [str(mail.body), seen(html)]
            customer = kind.startswith("customer.")
            assert not strange_words(" ".join(said), language, customer=customer), kind
            assert f'lang="{language}"' in html
            assert letter.title, kind
            if customer:
                assert letter.action_url in str(mail.body), kind
                assert letter.action_label in str(mail.body), kind
    assert told == every_kind()


def test_a_dutch_letter_says_moments_as_people_do() -> None:
    story("nl")
    planned = [mail.body for kind, _letter, mail in letters() if kind == "customer.step"]
    moment = (
        r"We verwachten dit op (maan|dins|woens|donder|vrij|zater|zon)dag \d+ [a-z]+ om \d\d:\d\d\."
    )
    assert re.search(moment, str(planned[0]))


def _in_status(status: str, language: str) -> CustomerRequest:
    make: dict[str, Callable[..., CustomerRequest]] = {
        "received": submit,
        "in_progress": claimed,
        "waiting": waiting,
        "solved": solved,
        "closed": closed,
        "withdrawn": withdrawn,
    }
    employee, team = make_person("Anna Smit"), make_team(name="Wifi")
    request = make[status](
        by=employee,
        topic=make_topic(team),
        customer_name="Kim",
        customer_language=language,
        question="4 5 6",
    )
    # The factories' own Dutch sentences are what people wrote, not what we say.
    request.entries.update(text_customer=SAID, text_employee=SAID)
    if request.agent:
        holder(request).name = "Bob"
        holder(request).save()
    return request


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUSES)
def test_the_customers_pages_speak_one_language(status: str, language: str) -> None:
    request = _in_status(status, language)
    token, browser = link_of(request), Client()
    pages = ["page", "reopen", "withdraw", "rate", "details", "erase"]
    shown = [browser.get(reverse(f"track-{name}", args=[token])) for name in pages]
    opened = [response for response in shown if response.status_code == 200]
    assert len(opened) >= 3
    for response in opened:
        text = seen(response.content.decode())
        assert not strange_words(text, language, customer=True), text
        assert f'lang="{language}"' in response.content.decode()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_customer_hears_what_is_wrong_in_their_language(language: str) -> None:
    request = _in_status("solved", language)
    token, browser = link_of(request), Client()
    nothing = {"name": "", "channel": "sms", "email": "x", "phone": "1", "language": "fr"}
    for name, form in [
        ("message", {"text": "", "id": "not-an-id"}),
        ("rate", {"score": "9", "text": ""}),
        ("reopen", {"reason": " "}),
        ("details", nothing),
    ]:
        response = browser.post(reverse(f"track-{name}", args=[token]), form)
        assert response.status_code == 422
        text = seen(response.content.decode())
        assert not strange_words(text, language, customer=True), text


PAGES = [
    "/",
    "/problems",
    "/accounts/login/",
    "/accounts/password/reset/",
    "/dev/mailbox",
    "/no-such-page",
    "/t/no-such-link",
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", PAGES)
def test_a_page_for_everyone_speaks_the_readers_language(path: str, language: str) -> None:
    response = Client().get(path, headers={"Accept-Language": language})
    text = seen(response.content.decode())
    assert not strange_words(text, language, customer=path.startswith("/t/")), text


# How a page is asked for, and how it is answered.
ANYWHERE: list[tuple[str, str, int]] = [
    ("GET", "/", 200),
    ("GET", "/problems", 200),
    ("GET", "/no-such-page", 404),
    ("GET", "/desk/no/such/page", 404),
    ("GET", "/t/no-such-link", 404),
    ("GET", "/office/", 403),
    ("GET", "/audit", 403),
    ("GET", "/desk/bulk/", 405),
    ("POST", "/desk/look", 403),  # a form without its token
    ("POST", "/desk/bulk/", 413),
]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("method", "path", "status"), ANYWHERE)
def test_who_is_signed_in_reads_every_page_in_their_own_language(
    method: str, path: str, status: int, language: str
) -> None:
    other = next(each for each in LANGUAGES if each != language)
    me = make_agent(make_team("internet"), "Kim", language=language)
    browser = Client(enforce_csrf_checks=True, headers={"Accept-Language": other})
    browser.force_login(me)
    size = settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1 if status == 413 else 1
    body = "x" * size if method == "POST" else ""
    response = browser.generic(method, path, body, "application/x-www-form-urlencoded")
    assert (response.status_code, response["Content-Language"]) == (status, language)
    page = response.content.decode()
    assert f'<html lang="{language}"' in page
    text = seen(page)
    assert not strange_words(text, language, customer=path.startswith("/t/")), text


def test_what_is_the_same_for_everybody_does_not_look_up_who_asks(
    django_assert_num_queries: Any,
) -> None:
    browser = Client()
    browser.force_login(make_person("Kim"))
    for path in ("/look.css", "/healthz", "/api/v1/me"):
        Client().get(path)  # what is kept for a while is kept by now
        with CaptureQueriesContext(connection) as anybody:
            Client().get(path)
        with django_assert_num_queries(len(anybody)):
            assert "Cookie" not in browser.get(path).get("Vary", "")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("known", [True, False])
def test_who_forgot_a_password_gets_a_mail_of_ours(known: bool, language: str) -> None:
    email = make_person("Kim", language=language).email if known else "nobody@example.org"
    asked = Client(headers={"Accept-Language": language})
    assert asked.post("/accounts/password/reset/", {"email": email}).status_code == 302
    copy = KeptCopy.objects.get()
    assert not strange_words(f"{copy.title} {copy.text}", language, customer=False)
    assert settings.COMPANY_NAME in copy.text
    assert ("/accounts/password/reset/key/" in copy.text) == known


def test_every_problem_is_explained_in_dutch() -> None:
    with translation.override("nl"):
        for slug, kind in catalogue().items():
            said = f"{kind.title} {kind.detail} {kind.what_to_do}"
            assert not strange_words(said, "nl", customer=False), slug
