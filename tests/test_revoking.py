"""Taking a certificate back: by an editor, with a reason, for everybody to see, and kept."""

import uuid

import pytest

from ambassadors import credentials
from ambassadors.models import Certificate, OptIn
from ambassadors.models.learning import attempt
from ambassadors.models.standing import Standing
from notifications import kinds
from notifications.models import Delivery, Notification
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden
from tests.champions import make_policy
from tests.clients import Api, browser_of
from tests.courses import answers, make_course
from tests.factories import make_person
from tests.posts import make_editor

pytestmark = pytest.mark.django_db
HOME = "/champions/courses/certificates"
WHY = "De quiz is door iemand anders gemaakt."


def passed(user: User) -> Certificate:
    """A certificate as the course gives it."""
    course = make_course()
    made, _new = attempt(user, course, id=uuid.uuid4(), answers=answers(user, course))
    return Certificate.objects.get(attempt=made)


def test_an_editor_takes_one_back_and_people_and_programs_hear_it() -> None:
    sanne, noor = make_person("Sanne de Vries"), make_editor()
    make_policy(noor)
    OptIn.enter(sanne)
    held, web, app = passed(sanne), browser_of(noor), Api(sanne)
    # By the address that the holder gives to others.
    for address in (credentials.page_address(held.pk), f"{credentials.address(held.pk)}/status"):
        found = web.get(HOME, {"q": f" {address} "})
        assert found["Location"] == f"{HOME}/{held.pk}"
    page = web.get(f"{HOME}/{held.pk}").content.decode()
    assert "Sanne de Vries" in page
    assert sanne.email not in page
    for empty in ("", "   ", "x" * 301):
        assert web.post(f"{HOME}/{held.pk}", {"reason": empty}).status_code == 422
    held.refresh_from_db()
    assert held.revoked_at is None
    answer = web.post(f"{HOME}/{held.pk}", {"reason": WHY}, follow=True).content.decode()
    assert WHY in answer
    assert "Ingetrokken" in answer
    status = Api().get(f"/certificates/{held.pk}/status").json()
    assert status["state"] == "revoked"
    entry = Api().get(f"/certificates/{held.pk}").json()["credentialStatus"]
    listed = Api().get(f"/certificates/status/{held.number // credentials.LIST_LENGTH}").json()
    assert credentials.revoked_in(listed, int(entry["statusListIndex"]))
    assert "certificate" in Standing.of(sanne).missing
    (mine,) = app.get("/courses/proef").json()["certificates"]
    assert (mine["state"], mine["revoked_because"]) == ("revoked", WHY)
    assert mine["revoked_at"]
    events = AuditEvent.objects.filter(action="certificate-revoked", subject_id=held.pk)
    assert [event.actor for event in events] == [noor]
    assert WHY not in str(events.values())


def test_its_holder_hears_why_in_the_inbox_and_nothing_of_it_on_a_lock_screen() -> None:
    sanne = make_person("Sanne de Vries")
    phone = {"token": "a-token-of-a-phone", "platform": "android"}
    Api(sanne).client.put(
        "/api/v1/devices/phone", phone, "application/json", headers=Api(sanne).headers
    )
    held = passed(sanne)
    held.revoke(by=make_editor(), because=WHY)
    (item,) = [
        each
        for each in Api(sanne).get("/inbox").json()["items"]
        if each["kind"] == "training.revoked"
    ]
    assert WHY in item["text"]
    assert "ingetrokken" in item["title"]

    note = Notification.objects.get(kind="training.revoked")
    letter = kinds.compose([note], to_send=True)[note.pk]
    assert WHY not in letter.push_title + letter.push_body
    assert "ingetrokken" not in letter.push_body
    assert Delivery.objects.filter(notification=note, channel="push").count() == 1


def test_taking_it_back_twice_tells_once_and_a_new_one_leaves_it_as_it_is() -> None:
    sanne, noor = make_person("Sanne"), make_editor()
    held = passed(sanne)
    assert held.revoke(by=noor, because=WHY)
    web = browser_of(make_editor("Bram"))
    page = web.post(f"{HOME}/{held.pk}", {"reason": "Nog eens"}, follow=True).content.decode()
    assert WHY in page
    assert "Nog eens" not in page
    assert Notification.objects.filter(kind="training.revoked").count() == 1
    course = held.course
    made, _new = attempt(sanne, course, id=uuid.uuid4(), answers=answers(sanne, course))
    assert made.passed
    again = Certificate.objects.get(attempt=made)
    held.refresh_from_db()
    assert (held.state, again.state) == ("revoked", "valid")
    assert again.number != held.number
    states = [each["state"] for each in Api(sanne).get("/courses/proef").json()["certificates"]]
    assert states == ["valid", "revoked"]


def test_who_has_left_is_told_nothing() -> None:
    sanne = make_person("Sanne")
    held = passed(sanne)
    sanne.deactivate()
    held.refresh_from_db()
    assert held.revoke(by=make_editor(), because=WHY)
    assert not Notification.objects.filter(kind="training.revoked").exists()


def test_editors_have_no_list_and_administrators_look_under_a_name_and_leave_a_trace() -> None:
    sanne, noor = make_person("Sanne"), browser_of(make_editor())
    held = passed(sanne)
    for asked in (sanne.email, "nergens", str(uuid.uuid4()), "\0"):
        found = noor.get(HOME, {"q": asked})
        assert found.status_code in {200, 404}
        assert str(held.pk) not in found.content.decode()
    admin = make_person("Anouk", roles=["admin"])
    assert str(held.pk) in browser_of(admin).get(HOME, {"q": sanne.email.upper()}).content.decode()
    looks = AuditEvent.objects.filter(action="certificate-looked-up", actor=admin)
    assert [look.subject_id for look in looks] == [held.pk]


def test_nobody_else_comes_near_it() -> None:
    held = passed(make_person("Sanne"))
    for person in (held.user, make_person(roles=["manager"])):
        assert browser_of(person).get(f"{HOME}/{held.pk}").status_code == 403
        assert browser_of(person).post(f"{HOME}/{held.pk}", {"reason": WHY}).status_code == 403
        with pytest.raises(Forbidden):
            held.revoke(by=person, because=WHY)
    held.refresh_from_db()
    assert held.revoked_at is None
