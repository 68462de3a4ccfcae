"""Phones that get pushes, the inbox that is the same without them, and what people want to hear."""

import uuid
from typing import Any

import pytest

from notifications.models import Delivery, Device, Notification
from server.accounts.models import User
from tests.clients import Api
from tests.factories import claimed, holder, make_person

pytestmark = pytest.mark.django_db(transaction=True)
PHONE: dict[str, Any] = {"token": "token-of-sanne", "platform": "android", "language": "nl"}


@pytest.fixture
def sanne() -> User:
    return make_person("Sanne de Vries")


def test_a_phone_is_registered_once_and_then_kept_up_to_date(sanne: User) -> None:
    api = Api(sanne)
    assert api.put("/devices/phone-1", PHONE).status_code == 201
    newer = {**PHONE, "token": "newer-token", "app_version": "2.0"}
    answer = api.put("/devices/phone-1", newer)
    assert answer.status_code == 200
    assert answer.json()["app_version"] == "2.0"
    assert "newer-token" not in answer.content.decode()
    assert Device.objects.get().token == "newer-token"


def test_a_token_belongs_to_one_installation_and_one_person_at_a_time(sanne: User) -> None:
    joris = make_person("Joris Visser")
    Api(sanne).put("/devices/phone-1", PHONE)
    assert Api(joris).put("/devices/phone-2", PHONE).status_code == 201
    device = Device.objects.get()
    assert (device.user, device.installation_id) == (joris, "phone-2")
    assert Api(sanne).put("/devices/phone-2", PHONE).status_code == 200
    assert Device.objects.get().user == sanne


def test_a_phone_that_was_switched_off_comes_back_when_it_registers_again(sanne: User) -> None:
    Api(sanne).put("/devices/phone-1", PHONE)
    Device.objects.get().switch_off("SENDER_ID_MISMATCH")
    claimed(by=sanne)
    assert not Delivery.objects.filter(channel="push").exists()
    Api(sanne).put("/devices/phone-1", PHONE)
    claimed(by=sanne)
    assert Delivery.objects.filter(channel="push").count() == 1


def test_every_phone_of_a_person_hears_it_once(sanne: User) -> None:
    api = Api(sanne)
    for number in range(3):
        api.put(f"/devices/phone-{number}", {**PHONE, "token": f"token-number-{number}"})
    claimed(by=sanne)
    assert Delivery.objects.filter(channel="push").count() == 3
    assert Notification.objects.filter(user=sanne).count() == 1


def test_a_phone_is_taken_off_by_its_owner_only(sanne: User) -> None:
    Api(sanne).put("/devices/phone-1", PHONE)
    assert Api(make_person()).delete("/devices/phone-1").status_code == 404
    assert Api(sanne).delete("/devices/phone-1").status_code == 204
    assert Api(sanne).delete("/devices/phone-1").status_code == 404


def test_who_leaves_takes_their_phones_along(sanne: User) -> None:
    api = Api(sanne)
    api.put("/devices/phone-1", PHONE)
    sanne.deactivate()
    assert not Device.objects.exists()
    assert api.put("/devices/phone-1", PHONE).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"token": ""},
        {"token": "has space in it"},
        {"token": "x" * 513},
        {"platform": "windows"},
        {"language": "de"},
        {"unknown": 1},
    ],
)
def test_a_phone_that_makes_no_sense_is_refused(sanne: User, change: dict[str, Any]) -> None:
    answer = Api(sanne).put("/devices/phone-1", {**PHONE, **change})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == next(iter(change))
    assert not Device.objects.exists()


def test_the_inbox_is_the_same_with_and_without_a_push(sanne: User) -> None:
    joris = make_person("Joris Visser")
    Api(sanne).put("/devices/phone-1", PHONE)
    for person in (sanne, joris):
        request = claimed(by=person)
        request.solve(by=holder(request), text="Hersteld.")
    shown = [
        [
            (item["kind"], item["title"], item["text"])
            for item in Api(p).get("/inbox").json()["items"]
        ]
        for p in (sanne, joris)
    ]
    assert shown[0] == shown[1]
    assert [kind for kind, _title, _text in shown[0]] == ["employee.solved", "employee.claimed"]


def test_reading_up_to_an_item_leaves_the_newer_ones_unread(sanne: User) -> None:
    api = Api(sanne)
    request = claimed(by=sanne)
    for _ in range(3):
        request.update(
            by=holder(request), id=uuid.uuid4(), audience=["employee"], text_employee="Nieuws."
        )
    items = api.get("/inbox").json()["items"]
    assert api.post("/inbox/read", {"up_to": items[1]["id"]}).json() == {"read": 3}
    assert api.post("/inbox/read", {"up_to": items[1]["id"]}).json() == {"read": 0}
    read = [item["read_at"] is not None for item in api.get("/inbox").json()["items"]]
    assert read == [False, True, True, True]


def test_nobody_reads_a_colleagues_inbox(sanne: User) -> None:
    claimed(by=sanne)
    item = Notification.objects.get(user=sanne)
    joris = Api(make_person("Joris Visser"))
    assert joris.get("/inbox").json() == {"items": [], "next": None}
    assert joris.post("/inbox/read", {"up_to": str(item.pk)}).status_code == 404
    item.refresh_from_db()
    assert item.read_at is None


def test_the_inbox_pages_through_everything_once(sanne: User) -> None:
    api = Api(sanne)
    request = claimed(by=sanne)
    for _ in range(6):
        request.update(
            by=holder(request), id=uuid.uuid4(), audience=["employee"], text_employee="Nieuws."
        )
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get(f"/inbox?limit=2{cursor}").json()
        seen += [item["id"] for item in page["items"]]
        if not page["next"]:
            break
        cursor = f"&cursor={page['next']}"
    expected = Notification.objects.filter(user=sanne).order_by("-created_at", "-id")
    assert seen == [str(row.pk) for row in expected]


def test_what_somebody_wants_to_hear_is_kept_per_kind_and_channel(sanne: User) -> None:
    api = Api(sanne)
    assert api.get("/me/notifications").json()["quiet_hours"] is None
    wanted = {
        "quiet_hours": {"from": "22:00", "to": "07:00"},
        "kinds": {"employee.step": {"email": True}},
    }
    api.patch("/me/notifications", wanted)
    shown = api.patch("/me/notifications", {"kinds": {"employee.step": {"push": False}}}).json()
    assert shown["quiet_hours"] == {"from": "22:00", "to": "07:00"}
    step = shown["kinds"]["employee.step"]
    assert (step["push"], step["email"]) == (False, True)
    assert shown["kinds"]["employee.solved"]["push"] is True
    assert not [kind for kind in shown["kinds"] if kind.startswith("customer.")]
    assert api.patch("/me/notifications", {"quiet_hours": None}).json()["quiet_hours"] is None


@pytest.mark.parametrize(
    "change",
    [
        {"kinds": {"employee.unknown": {"push": True}}},
        {"kinds": {"customer.solved": {"email": False}}},
        {"kinds": {"employee.step": {"sms": True}}},
        {"quiet_hours": {"from": "25:00", "to": "07:00"}},
        {"quiet_hours": {"from": "22:00"}},
    ],
)
def test_a_choice_that_does_not_exist_is_refused(sanne: User, change: dict[str, Any]) -> None:
    api = Api(sanne)
    before = api.get("/me/notifications").json()
    assert api.patch("/me/notifications", change).status_code == 422
    assert api.get("/me/notifications").json() == before
