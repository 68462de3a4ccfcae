"""Who hears what, over which channel, in whose language and in which words: the rules as data."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.models import CustomerRequest, Entry
from customer_requests.models.life import Actor
from notifications import drain
from notifications.models import Device, KeptCopy, Notification
from server.accounts.models import User
from server.uploads import Upload
from tests.clients import Api
from tests.factories import (
    holder,
    make_agent,
    make_person,
    make_staffed_team,
    make_team,
    make_topic,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]

QUESTION = "Mijn buurvrouw heeft sinds maandag geen internet."
NOTE = "Klant klinkt boos, voorzichtig."
FOR_CUSTOMER = "Wij hebben de storing gevonden."
FOR_EMPLOYEE = "De storing bij je buurvrouw is gevonden."
LIGHT = "Welk lampje brandt er?"
ANSWER = "Alleen het groene."
PDF = Upload(b"%PDF-1.4", "application/pdf", ".pdf", "brief.pdf", "0" * 64)


@dataclass
class Party:
    """Everyone around one request: Sanne reads Dutch, the agent Joris English."""

    request: CustomerRequest
    sanne: User
    joris: User
    els: User
    team: Any

    def again(self) -> CustomerRequest:
        return CustomerRequest.objects.get(pk=self.request.pk)


@pytest.fixture
def party() -> Party:
    team = make_team("internet", name="Internet en tv")
    people = {
        "sanne": make_person("Sanne de Vries", email="sanne@example.org"),
        "joris": make_agent(team, "Joris Visser", email="joris@example.org", language="en"),
        "els": make_agent(team, "Els van Dijk", role="lead", email="els@example.org"),
    }
    for name, person in people.items():
        Device.register(user=person, installation_id=name, token=f"token-of-{name}", platform="ios")
    request, _ = CustomerRequest.submit(
        by=people["sanne"],
        id=uuid.uuid4(),
        topic=make_topic(team),
        question=QUESTION,
        customer_name="Mevrouw Jansen",
        customer_email="jansen@example.org",
        customer_channel="email",
    )
    return Party(request=request, team=team, **people)


def deliver() -> list[KeptCopy]:
    seen = set(KeptCopy.objects.values_list("pk", flat=True))
    while drain.send_due():
        pass
    return list(KeptCopy.objects.exclude(pk__in=seen))


Do = Callable[[Party], object]


def received(party: Party) -> None:
    pass


def in_progress(party: Party) -> None:
    party.again().claim(by=party.joris)


def waiting(on: str) -> Do:
    def wait(party: Party) -> None:
        in_progress(party)
        until = timezone.now() + timedelta(days=1)
        party.again().wait(by=party.joris, on=on, text=LIGHT, until=until)

    return wait


def solved(party: Party) -> None:
    in_progress(party)
    party.again().solve(by=party.joris, text="Hersteld.")


def closed(party: Party) -> None:
    solved(party)
    party.again().confirm()


def week_later(party: Party) -> None:
    solved(party)
    CustomerRequest.objects.update(solved_at=timezone.now() - timedelta(days=7))


def wait_over(party: Party) -> None:
    waiting("third_party")(party)
    CustomerRequest.objects.update(waiting_until=timezone.now() - timedelta(seconds=1))


def update(*audience: str) -> Do:
    return lambda party: party.again().update(
        by=party.joris,
        id=uuid.uuid4(),
        audience=audience,
        text_customer=FOR_CUSTOMER,
        text_employee=FOR_EMPLOYEE,
    )


def employee(party: Party) -> Actor:
    return Actor.employee(party.sanne)


C, E, A = "customer", "employee", "agent"
# (what happens, what went before, by whom, what is done, who hears)
TABLE: list[tuple[str, Do, str, Do, set[str]]] = [
    ("claim", received, A, lambda p: p.again().claim(by=p.joris), {C, E}),
    ("assign", received, "lead", lambda p: p.again().assign(p.joris, by=p.els), {C, E, A}),
    ("assign to myself", received, A, lambda p: p.again().assign(p.joris, by=p.joris), {C, E}),
    ("release", in_progress, A, lambda p: p.again().release(by=p.joris), set()),
    ("release by the lead", in_progress, "lead", lambda p: p.again().release(by=p.els), set()),
    (
        "transfer",
        in_progress,
        A,
        lambda p: p.again().transfer(make_staffed_team(), NOTE, by=p.joris),
        set(),
    ),
    (
        "step",
        in_progress,
        A,
        lambda p: p.again().plan_step(by=p.joris, id=uuid.uuid4(), title="Lijn doormeten"),
        {C, E},
    ),
    ("update for both", in_progress, A, update(C, E), {C, E}),
    ("update for the customer", in_progress, A, update(C), {C}),
    ("update for the employee", in_progress, A, update(E), {E}),
    (
        "note",
        in_progress,
        A,
        lambda p: p.again().note(by=p.joris, id=uuid.uuid4(), text=NOTE),
        set(),
    ),
    (
        "question to the customer",
        in_progress,
        A,
        lambda p: p.again().wait(by=p.joris, on=C, text=LIGHT),
        {C, E},
    ),
    (
        "question to the employee",
        in_progress,
        A,
        lambda p: p.again().wait(by=p.joris, on=E, text=LIGHT),
        {C, E},
    ),
    ("resume", waiting("customer"), A, lambda p: p.again().resume(by=p.joris), set()),
    ("end of the wait", wait_over, "clock", lambda p: p.again().end_wait(), {A}),
    (
        "answer by the customer",
        waiting(C),
        C,
        lambda p: p.again().message(by=Actor.customer(), id=uuid.uuid4(), text=ANSWER),
        {A},
    ),
    (
        "answer by the employee",
        waiting(E),
        E,
        lambda p: p.again().message(by=employee(p), id=uuid.uuid4(), text=ANSWER),
        {A},
    ),
    (
        "message before anyone has it",
        received,
        C,
        lambda p: p.again().message(by=Actor.customer(), id=uuid.uuid4(), text=ANSWER),
        set(),
    ),
    (
        "file",
        in_progress,
        C,
        lambda p: p.again().attach(by=Actor.customer(), id=uuid.uuid4(), upload=PDF),
        {A},
    ),
    ("solve", in_progress, A, lambda p: p.again().solve(by=p.joris, text="Hersteld."), {C, E}),
    ("confirm", solved, C, lambda p: p.again().confirm(), {E, A}),
    ("close by the clock", week_later, "clock", lambda p: p.again().close_unanswered(), {C, E}),
    (
        "reopen by the customer",
        closed,
        C,
        lambda p: p.again().reopen(by=Actor.customer(), reason="Nee."),
        {E, A},
    ),
    (
        "reopen by the employee",
        solved,
        E,
        lambda p: p.again().reopen(by=employee(p), reason="Nee."),
        {C, A},
    ),
    (
        "withdraw by the customer",
        in_progress,
        C,
        lambda p: p.again().withdraw(by=Actor.customer(), reason="Laat maar."),
        {E, A},
    ),
    (
        "withdraw by the employee",
        in_progress,
        E,
        lambda p: p.again().withdraw(by=employee(p), reason="Laat maar."),
        {C, A},
    ),
    (
        "withdraw from the queue",
        received,
        E,
        lambda p: p.again().withdraw(by=employee(p), reason="Laat maar."),
        {C},
    ),
    ("rate", solved, C, lambda p: p.again().rate(score=2), set()),
    (
        "mail that comes back",
        in_progress,
        "clock",
        lambda p: p.again().customer_unreachable("SMTP 550"),
        {E},
    ),
]


@pytest.mark.parametrize(
    ("before", "by", "do", "hears"),
    [row[1:] for row in TABLE],
    ids=[row[0].replace(" ", "-") for row in TABLE],
)
def test_each_verb_is_heard_by_exactly_these(
    party: Party, before: Do, by: str, do: Do, hears: set[str]
) -> None:
    before(party)
    deliver()
    do(party)
    copies = deliver()
    channels = {
        C: ("email", "jansen@example.org"),
        E: ("push", "sanne@example.org"),
        A: ("push", "joris@example.org"),
    }
    assert sorted((copy.channel, copy.address) for copy in copies) == sorted(
        channels[audience] for audience in hears
    )
    for copy in copies:
        assert NOTE not in copy.text + copy.html
        assert party.request.reference in copy.title + copy.text
        if copy.channel == "push":
            neutral_only(copy)
        else:
            assert "/t/" in copy.text
            assert "/t/" in copy.html


def neutral_only(copy: KeptCopy) -> None:
    """A push passes through others' servers and lies on a lock screen."""
    words = f"{copy.title} {copy.text} {copy.data}"
    for private in ("Jansen", "Sanne", "Joris", "Els", QUESTION, LIGHT, ANSWER, FOR_EMPLOYEE, "@"):
        assert private not in words
    assert set(copy.data) == {"delivery_id", "notification_id", "kind", "request_id"}


def test_a_submission_is_confirmed_to_the_customer_with_the_question(party: Party) -> None:
    [copy] = deliver()
    assert copy.address == "jansen@example.org"
    for expected in ("Sanne", "Internet en tv", QUESTION, party.request.reference, "/t/"):
        assert expected in copy.text
        assert expected in copy.html


def test_each_reads_their_own_words(party: Party) -> None:
    in_progress(party)
    deliver()
    update(C, E)(party)
    deliver()
    mail = KeptCopy.objects.filter(channel="email").latest("at")
    item = Api(party.sanne).get("/inbox").json()["items"][0]
    assert FOR_CUSTOMER in mail.text
    assert FOR_EMPLOYEE not in mail.text + mail.html
    assert FOR_EMPLOYEE in item["text"]
    assert FOR_CUSTOMER not in item["text"]


def test_the_customers_own_words_reach_the_team_and_not_the_employee(party: Party) -> None:
    waiting(C)(party)
    party.again().message(by=Actor.customer(), id=uuid.uuid4(), text=ANSWER)
    party.again().withdraw(by=Actor.customer(), reason="Ik ga naar een ander.")
    texts = [item["text"] for item in Api(party.joris).get("/inbox").json()["items"]]
    assert any(ANSWER in text for text in texts)
    assert any("Ik ga naar een ander." in text for text in texts)
    phone = Api(party.sanne)
    seen = phone.get("/inbox").content + phone.get(f"/requests/{party.request.pk}/timeline").content
    assert ANSWER not in seen.decode()
    assert "Ik ga naar een ander." not in seen.decode()


def test_a_note_is_nowhere_but_with_the_team(party: Party) -> None:
    in_progress(party)
    party.again().note(by=party.joris, id=uuid.uuid4(), text=NOTE)
    party.again().transfer(make_staffed_team("glas"), NOTE, by=party.joris)
    deliver()
    assert not [copy for copy in KeptCopy.objects.all() if NOTE in copy.text + copy.html]
    phone = Api(party.sanne)
    base = f"/requests/{party.request.pk}"
    for path in (base, f"{base}/timeline", "/inbox", "/changes"):
        assert NOTE not in phone.get(path).content.decode()


def test_nobody_hears_of_what_they_did_themselves_when_they_are_both(party: Party) -> None:
    """An agent may pass on a question too, and even get it on their own desk."""
    request, _ = CustomerRequest.submit(
        by=party.joris,
        id=uuid.uuid4(),
        topic=party.request.topic,
        question=QUESTION,
        customer_name="Mevrouw Jansen",
        customer_email="jansen@example.org",
        customer_channel="email",
    )
    request.claim(by=party.joris)
    request.solve(by=party.joris, text="Hersteld.")
    assert not Notification.objects.filter(user=party.joris).exists()
    request.confirm()
    mine = Notification.objects.filter(user=party.joris)
    assert list(mine.values_list("kind", flat=True)) == ["employee.confirmed"]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_customer_is_written_to_in_their_own_language(party: Party, language: str) -> None:
    party.again().correct_details(
        name="Mevrouw Jansen",
        email="jansen@example.org",
        phone="",
        channel="email",
        language=language,
        employee_sees="updates",
    )
    deliver()
    in_progress(party)
    [mail] = [copy for copy in deliver() if copy.channel == "email"]
    assert f'lang="{language}"' in mail.html
    assert ("Hello Mevrouw Jansen" in mail.text) == (language == "en")


def test_an_agent_who_works_in_english_is_told_in_english(party: Party) -> None:
    waiting(C)(party)
    deliver()
    party.again().message(by=Actor.customer(), id=uuid.uuid4(), text=ANSWER)
    [push] = deliver()
    assert push.text.startswith("There is an answer")
    item = Api(party.joris).get("/inbox").json()["items"][0]
    assert item["title"] == push.text


def test_an_sms_says_what_it_is_about_and_where_to_go(party: Party) -> None:
    party.again().correct_details(
        name="Mevrouw Jansen",
        email="",
        phone="+31612345678",
        channel="sms",
        language="en",
        employee_sees="updates",
    )
    in_progress(party)
    update(C)(party)
    copies = [copy for copy in deliver() if copy.channel == "sms"]
    assert len(copies) == 3
    for copy in copies:
        assert copy.address == "+31612345678"
        assert party.request.reference in copy.text
        assert "/t/" in copy.text
        for private in (QUESTION, FOR_CUSTOMER, "Jansen", "Sanne"):
            assert private not in copy.text


def test_what_was_answered_at_the_party_is_told_in_one_message(party: Party) -> None:
    deliver()
    request, _ = CustomerRequest.submit(
        by=party.sanne,
        id=uuid.uuid4(),
        topic=party.request.topic,
        question=QUESTION,
        customer_name="Mevrouw Jansen",
        customer_email="jansen@example.org",
        customer_channel="email",
        solved_by_me="De stekker zat los.",
    )
    [copy] = deliver()
    assert "De stekker zat los." in copy.text
    assert "Sanne" in copy.text
    assert request.reference in copy.title


def test_a_customer_who_withholds_updates_stops_those_that_are_still_waiting(party: Party) -> None:
    in_progress(party)
    deliver()
    update(E)(party)
    party.again().correct_details(
        name="Mevrouw Jansen",
        email="jansen@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees="steps",
    )
    assert deliver() == []
    assert FOR_EMPLOYEE not in Api(party.sanne).get("/inbox").content.decode()
    before = Notification.objects.filter(user=party.sanne).count()
    update(E)(party)
    assert Notification.objects.filter(user=party.sanne).count() == before


def test_a_follow_up_keeps_what_the_customer_chose(party: Party) -> None:
    closed(party)
    party.again().correct_details(
        name="Mevrouw Jansen",
        email="jansen@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees="steps",
    )
    CustomerRequest.objects.update(closed_at=timezone.now() - timedelta(days=15))
    follow_up = party.again().reopen(by=Actor.customer(), reason="Het is weer stuk.")
    assert follow_up.employee_sees == "steps"
    told = [entry.kind for entry in Entry.objects.filter(request=follow_up).order_by("number")]
    assert told == ["submitted", "message"]
    assert (
        "Het is weer stuk."
        not in Api(party.sanne).get(f"/requests/{follow_up.pk}").content.decode()
    )
    heard = [(copy.channel, copy.address) for copy in deliver()]
    assert ("email", "jansen@example.org") in heard
    assert ("push", party.sanne.email) in heard
    assert holder(party.again()) == party.joris
