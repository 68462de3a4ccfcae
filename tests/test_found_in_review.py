"""What a second pair of eyes found, kept from coming back; each test says what went wrong."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest, Entry, EntryKind, TrackingLink
from customer_requests.models.base import Actor
from notifications import drain
from notifications.channels import Result, Verdict
from notifications.models import Delivery, DeliveryState, Device, KeptCopy, Notification
from server.accounts.models import AuditEvent, TeamMember
from server.problems import NotFound
from tests.clients import Api
from tests.factories import (
    claimed,
    closed,
    holder,
    make_agent,
    make_person,
    make_staffed_team,
    make_topic,
    submit,
)

pytestmark = pytest.mark.django_db(transaction=True)


def deliver() -> None:
    while drain.send_due():
        pass


def long_closed() -> CustomerRequest:
    request = closed()
    CustomerRequest.objects.filter(pk=request.pk).update(
        closed_at=timezone.now() - timedelta(days=20)
    )
    return request


def test_a_customer_who_opens_a_follow_up_is_sent_its_link() -> None:
    follow_up = long_closed().reopen(by=Actor.customer(), reason="Weer stuk.")
    deliver()
    copy = KeptCopy.objects.get(subject_id=follow_up.pk, channel="email")
    assert follow_up.reference in copy.title
    assert TrackingLink.objects.filter(request=follow_up).count() == 1


def test_a_follow_up_that_ended_makes_room_for_another() -> None:
    request = long_closed()
    first = request.reopen(by=Actor.customer(), reason="Weer stuk.")
    assert request.reopen(by=Actor.employee(request.employee), reason="Ja.").pk == first.pk
    first.withdraw(by=Actor.customer(), reason="Toch niet.")
    second = request.reopen(by=Actor.customer(), reason="Nu echt.")
    assert (second.pk != first.pk, second.status) == (True, "received")


def test_not_me_also_erases_what_follows() -> None:
    request = long_closed()
    follow_up = request.reopen(by=Actor.customer(), reason="Weer stuk.")
    request.forget_customer(by=Actor.customer())
    follow_up.refresh_from_db()
    assert (follow_up.customer_email, follow_up.erased_at is not None) == ("", True)


def test_the_agent_hears_that_a_request_was_erased() -> None:
    request = claimed()
    request.erase(by=Actor.customer())
    told = Notification.objects.filter(user=holder(request), kind="agent.erased")
    assert told.count() == 1


def test_words_stay_with_who_said_them() -> None:
    request = claimed()
    daan = holder(request)
    request.update(by=daan, id=uuid.uuid4(), audience=["employee"], text_employee="Van Daan.")
    request.release(by=daan)
    request.claim(by=make_agent(request.team, "Fatima Yilmaz"))
    inbox = Api(request.employee).get("/inbox").json()["items"]
    said = next(item["text"] for item in inbox if "Van Daan." in item["text"])
    assert "Daan schrijft" in said


def test_who_looked_before_a_transfer_cannot_claim_after_it() -> None:
    request = claimed()
    before = CustomerRequest.objects.get(pk=request.pk)
    colleague = make_agent(request.team, "Fatima Yilmaz")
    request.transfer(make_staffed_team(), "Voor jullie.", by=holder(request))
    with pytest.raises(NotFound):
        before.claim(by=colleague)
    assert CustomerRequest.objects.get(pk=request.pk).agent is None


def test_who_left_the_team_is_told_nothing_more() -> None:
    request = claimed()
    left = holder(request)
    TeamMember.objects.filter(user=left).delete()
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Mijn pincode is geheim.")
    assert not Notification.objects.filter(user=left, kind="agent.message").exists()


def test_what_somebody_held_who_left_can_be_claimed() -> None:
    request = claimed()
    holder(request).deactivate()
    colleague = make_agent(request.team, "Fatima Yilmaz")
    request.claim(by=colleague)
    assert holder(request) == colleague


def test_a_late_unregistered_leaves_a_phone_its_new_token() -> None:
    sanne = make_person()
    phone: dict[str, Any] = {"user": sanne, "installation_id": "phone", "platform": "android"}
    Device.register(token="old-token", **phone)
    request = submit(by=sanne)
    request.claim(by=make_agent(request.team))
    push = Delivery.objects.select_related("device").get(channel="push")
    Device.register(token="new-token", **phone)
    drain._settle(push, Result(Verdict.NOBODY, reason="UNREGISTERED", drop_device=True))
    assert Device.objects.get().token == "new-token"


def test_a_link_goes_to_the_address_that_the_customer_has_now() -> None:
    request = submit()
    stale = CustomerRequest.objects.get(pk=request.pk)
    details = {"name": "J", "phone": "", "channel": "email", "language": "nl"}
    request.correct_details(email="nieuw@example.org", employee_sees="updates", **details)
    TrackingLink.mint(stale)
    assert stale.customer_email == "nieuw@example.org"


def test_an_outage_of_ours_is_not_the_address_of_the_customer() -> None:
    request = submit()
    mail = Delivery.objects.select_related("notification").get(channel="email")
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=4))
    mail.refresh_from_db()
    drain._settle(mail, Result(Verdict.RETRY, reason="ConnectionRefusedError"))
    assert Delivery.objects.get(pk=mail.pk).state == DeliveryState.DEAD
    request.refresh_from_db()
    assert request.customer_failing is False


def test_without_a_mail_server_at_scale_mail_waits_and_is_not_called_sent(
    settings: Settings,
) -> None:
    settings.EMBEDDED = False
    submit()
    drain.send_due()
    mail = Delivery.objects.get(channel="email")
    assert (mail.state, mail.last_error) == (DeliveryState.QUEUED, "EMAIL_URL is not set")


def test_whoever_gets_the_customer_in_full_is_recorded() -> None:
    request = claimed()
    colleague = make_agent(request.team, "Fatima Yilmaz")
    Api(colleague).post(f"/desk/requests/{request.pk}/assign", {"agent": str(holder(request).pk)})
    seen = AuditEvent.objects.filter(actor=colleague, action="customer-details-seen")
    assert seen.get().subject_id == request.pk


def test_the_same_step_with_the_same_words_is_told_once() -> None:
    request = claimed()
    desk, base = Api(holder(request)), f"/desk/requests/{request.pk}/steps"
    step = str(uuid.uuid4())
    desk.post(base, {"id": step, "title": "Meten"})
    change = {"state": "done", "text": {"customer": "Gemeten."}}
    assert desk.patch(f"{base}/{step}", change).status_code == 200
    assert desk.patch(f"{base}/{step}", change).status_code == 200
    assert Entry.objects.filter(request=request, kind=EntryKind.STEP).count() == 2


def test_a_word_to_the_employee_alone_is_no_first_response() -> None:
    request = claimed()
    words: dict[str, Any] = {"audience": ["employee"], "text_employee": "Ik kijk."}
    request.update(by=holder(request), id=uuid.uuid4(), **words)
    request.refresh_from_db()
    assert request.first_response_at is None


def test_a_phone_that_repeats_an_erased_question_is_not_stuck() -> None:
    sanne, topic = make_person(), make_topic()
    key = uuid.uuid4()
    submit(sanne, topic, id=key).erase(by=Actor.customer())
    body = {
        "id": str(key),
        "topic": topic.slug,
        "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
        "customer": {"name": "Mevrouw Jansen", "email": "jansen@example.org", "channel": "email"},
        "customer_agrees": True,
    }
    assert Api(sanne).post("/requests", body).status_code == 200


def test_the_desk_reads_the_rating_as_it_is_now() -> None:
    request = closed()
    request.rate(score=1, text="Traag.")
    request.rate(score=5, text="Toch goed.")
    shown = Api(holder(request)).get(f"/desk/requests/{request.pk}").json()
    assert (shown["rating"]["score"], shown["rating"]["text"]) == (5, "Toch goed.")


def test_a_telephone_number_is_found_however_it_is_typed() -> None:
    topic = make_topic()
    agent = make_agent(topic.team)
    number: dict[str, Any] = {"customer_channel": "sms", "customer_phone": "+31612345678"}
    request = submit(topic=topic, customer_email="", **number)
    found = Api(agent).get("/desk/requests?q=06%2012345678").json()["items"]
    assert [item["reference"] for item in found] == [request.reference]


def test_a_full_disk_is_said_and_leaves_nothing(settings: Settings) -> None:
    request = submit()
    settings.MEDIA_ROOT.parent.joinpath("files").write_text("a file where the folder should be")
    from tests.clients import photo

    answer = Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert not Entry.objects.filter(request=request, kind=EntryKind.FILE).exists()


def test_a_body_that_is_far_too_large_is_refused_before_it_is_read(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 1000
    request = submit()
    answer = Api(request.employee).upload(f"/requests/{request.pk}/attachments", b"x" * 6000)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")
