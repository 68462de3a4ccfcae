"""What the app fetches after a tunnel: nothing missed, all in order, from any old cursor."""

import threading
import uuid
from functools import partial
from typing import Any

import pytest
from django.db import connections

from customer_requests import syncing
from customer_requests.models import CustomerRequest, Entry
from customer_requests.models.life import Actor
from notifications.models import Change, Notification
from server.accounts.models import User
from tests.clients import Api
from tests.factories import claimed, holder, make_agent, make_person, make_team, make_topic, submit
from tests.threads import together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


class Phone:
    """Keeps what it was told, as an app does: by kind and id, in the order in which it came."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.cursor: str | None = None
        self.numbers: list[int] = []
        self.has: dict[tuple[str, uuid.UUID], Any] = {}

    def sync(self, limit: int = 100) -> int:
        """One call; returns how many items came."""
        answer = syncing.changes(self.user, self.cursor, limit)
        for item in answer["items"]:
            if item["deleted"]:
                self.has.pop((item["kind"], item["id"]), None)
            else:
                self.has[item["kind"], item["id"]] = item["data"]
        self.cursor = answer["cursor"]
        self.numbers.append(int(answer["cursor"]))
        return len(answer["items"])

    def sync_all(self, limit: int = 100) -> None:
        while self.sync(limit):
            pass


def everything(user: User) -> set[tuple[str, uuid.UUID]]:
    """What a person has, read from the tables themselves."""
    mine = CustomerRequest.objects.filter(employee=user)
    return (
        {("request", request.pk) for request in mine}
        | {("timeline", entry.pk) for request in mine for entry in request.seen_by_employee()}
        | {("inbox", row.pk) for row in Notification.objects.filter(user=user)}
    )


def details(request: CustomerRequest, sees: str) -> None:
    CustomerRequest.objects.get(pk=request.pk).correct_details(
        name="Mevrouw Jansen",
        email="jansen@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees=sees,
    )


@pytest.mark.usefixtures("_threads")
def test_a_phone_that_asks_all_the_time_while_many_write_misses_nothing() -> None:
    team = make_team()
    topic, sanne = make_topic(team), make_person()
    agents = [make_agent(team) for _ in range(4)]
    phone, over = Phone(sanne), threading.Event()

    def listen() -> None:
        while not over.is_set():
            phone.sync(limit=5)

    def work(agent: User) -> None:
        for _ in range(6):
            request = submit(by=sanne, topic=topic)
            request.claim(by=agent)
            request.plan_step(by=agent, id=uuid.uuid4(), title="Lijn doormeten")
            request.solve(by=agent, text="Hersteld.")

    def listen_and_close() -> None:
        try:
            listen()
        finally:
            connections.close_all()

    listener = threading.Thread(target=listen_and_close)
    listener.start()
    outcomes = together([partial(work, agent) for agent in agents])
    over.set()
    listener.join()
    assert outcomes == [None] * 4
    phone.sync_all()
    assert set(phone.has) == everything(sanne)
    assert phone.numbers == sorted(phone.numbers)
    states = {data["status"] for (kind, _id), data in phone.has.items() if kind == "request"}
    assert states == {"solved"}


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
def test_pages_of_any_size_come_to_the_same(limit: int) -> None:
    sanne = make_person()
    for _ in range(3):
        claimed(by=sanne)
    phone = Phone(sanne)
    phone.sync_all(limit)
    assert set(phone.has) == everything(sanne)
    numbers = Change.objects.filter(user=sanne).order_by("number")
    assert list(numbers.values_list("number", flat=True))[-1] == int(phone.cursor or 0)


def test_an_object_that_changed_often_comes_once_as_it_is_now() -> None:
    sanne = make_person()
    request = claimed(by=sanne)
    request.solve(by=holder(request), text="Hersteld.")
    answer = syncing.changes(sanne, None, 100)
    shown = [item for item in answer["items"] if item["kind"] == "request"]
    assert [item["data"]["status"] for item in shown] == ["solved"]
    assert not answer["more"]
    assert syncing.changes(sanne, answer["cursor"], 100)["items"] == []


def test_any_old_cursor_leads_to_where_everybody_is() -> None:
    sanne = make_person()
    request = claimed(by=sanne)
    phones = [Phone(sanne)]
    for number in range(6):
        request.update(
            by=holder(request),
            id=uuid.uuid4(),
            audience=["employee"],
            text_employee=f"Nieuws {number}.",
        )
        details(request, ["steps", "updates", "conversation"][number % 3])
        late = Phone(sanne)
        late.sync(limit=number + 1)
        phones.append(late)
    request.refresh_from_db()
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Dank.")
    for phone in phones:
        phone.sync_all(limit=3)
        assert set(phone.has) == everything(sanne)
    assert all(phone.has == phones[0].has for phone in phones)


def test_what_the_customer_withholds_is_taken_from_the_phone_and_may_come_back() -> None:
    sanne = make_person()
    request = claimed(by=sanne)
    entry, _new = request.update(
        by=holder(request), id=uuid.uuid4(), audience=["employee"], text_employee="Geheim nieuws."
    )
    phone = Phone(sanne)
    phone.sync_all()
    item = Notification.objects.get(user=sanne, kind="employee.update")
    assert "Geheim nieuws." in phone.has["inbox", item.pk]["text"]

    details(request, "steps")
    phone.sync_all()
    assert ("timeline", entry.pk) not in phone.has
    assert "Geheim nieuws." not in str(phone.has)

    details(request, "updates")
    phone.sync_all()
    assert phone.has["timeline", entry.pk]["text"] == "Geheim nieuws."
    assert "Geheim nieuws." in phone.has["inbox", item.pk]["text"]
    assert set(phone.has) == everything(sanne)


def test_what_was_erased_goes_from_the_phone_too() -> None:
    sanne = make_person()
    request = claimed(by=sanne)
    words = {"text_employee": "Geheim nieuws."}
    request.update(by=holder(request), id=uuid.uuid4(), audience=["employee"], **words)
    phone = Phone(sanne)
    phone.sync_all()
    request.erase(by=Actor.customer())
    phone.sync_all()
    for private in ("Geheim nieuws.", "Jansen", "buurvrouw"):
        assert private not in str(phone.has)
    assert set(phone.has) == everything(sanne)


def test_reading_on_one_phone_is_seen_on_the_other() -> None:
    sanne = make_person()
    claimed(by=sanne)
    other = Phone(sanne)
    other.sync_all()
    item = Notification.objects.get(user=sanne)
    assert other.has["inbox", item.pk]["read_at"] is None
    assert Api(sanne).post("/inbox/read", {"up_to": str(item.pk)}).json() == {"read": 1}
    other.sync_all()
    assert other.has["inbox", item.pk]["read_at"] is not None


def test_nobody_gets_anything_of_a_colleague() -> None:
    sanne, joris = make_person(), make_person()
    claimed(by=sanne)
    assert syncing.changes(joris, None, 100)["items"] == []
    assert Entry.objects.exists()


@pytest.mark.parametrize("cursor", ["x", "-1", "1e3", "٣", "9" * 19, "1 "])
def test_a_cursor_that_is_not_ours_is_a_clear_problem(cursor: str) -> None:
    answer = Api(make_person()).get(f"/changes?since={cursor}")
    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/bad-cursor"
