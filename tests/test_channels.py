"""From the outbox to a real mail server, SMS service and push service, and back."""

import base64
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import include, path
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest
from customer_requests.models.life import Actor
from notifications import drain
from notifications.channels import pushes
from notifications.models import (
    ChannelPause,
    Delivery,
    DeliveryState,
    Device,
    Notification,
    Preferences,
)
from server import env
from server.accounts.models import User
from server.urls import urlpatterns as site_urls
from tests.factories import claimed, holder, make_person, submit
from tests.standins.fcm import FcmStandIn
from tests.standins.sms import SmsSink
from tests.standins.smtp import SmtpSink

pytestmark = pytest.mark.django_db(transaction=True)
# The site as it is where a mail service is configured.
urlpatterns = [*site_urls, path("anymail/", include("anymail.urls"))]


@pytest.fixture
def smtp(settings: Settings) -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", int(sink.url.rpartition(":")[2])
        settings.EMAIL_CONFIGURED = True
        settings.DEFAULT_FROM_EMAIL = "Gewone Hulp <no-reply@hulp.example>"
        yield sink


@pytest.fixture
def sms(settings: Settings) -> Iterator[SmsSink]:
    with SmsSink() as sink:
        settings.SMS_URL = sink.url
        yield sink


@pytest.fixture
def fcm(settings: Settings, tmp_path: Path) -> Iterator[FcmStandIn]:
    with FcmStandIn() as stand_in:
        credentials = stand_in.credentials_file(tmp_path)
        settings.GOOGLE_APPLICATION_CREDENTIALS = credentials
        settings.FCM_BASE_URL = stand_in.base_url
        yield stand_in
        pushes._sender(str(credentials), stand_in.base_url).close()
        pushes._sender.cache_clear()


def deliver() -> None:
    while drain.send_due():
        pass


def now_due() -> None:
    Delivery.objects.filter(state=DeliveryState.QUEUED).update(due=timezone.now())


def only_delivery(**which: Any) -> Delivery:
    return Delivery.objects.get(**which)


def with_phone(name: str = "Sanne de Vries", installation: str = "token-of-sanne") -> User:
    person = make_person(name)
    Device.register(
        user=person, installation_id=installation, token=installation, platform="android"
    )
    return person


def told_unreachable(request: CustomerRequest) -> int:
    return Notification.objects.filter(
        user=request.employee, kind="employee.unreachable", subject_id=request.pk
    ).count()


# --- E-mail ------------------------------------------------------------------------------------


def test_a_mail_arrives_with_its_headers_in_both_forms_and_with_a_name_in_any_script(
    smtp: SmtpSink,
) -> None:
    request = submit(customer_name="Zoë Müller-Øst 🦊, مريم")
    deliver()
    received = smtp.messages[0]
    mail = received.message
    delivery = only_delivery()
    assert (received.sender, received.recipients) == (
        "no-reply@hulp.example",
        ["jansen@example.org"],
    )
    assert mail["Message-ID"] == f"<{delivery.pk}@hulp.example>"
    assert mail["From"] == "Gewone Hulp <no-reply@hulp.example>"
    assert mail["To"].addresses[0].display_name == "Zoë Müller-Øst 🦊, مريم"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "nl"
    assert mail.get_content_type() == "multipart/alternative"
    plain, html = mail.get_body(["plain"]), mail.get_body(["html"])
    assert plain is not None
    assert html is not None
    for part in (plain, html):
        assert request.reference in part.get_content()
        assert "http://localhost:8000/t/" in part.get_content()
    assert delivery.state == DeliveryState.SENT


def test_a_mail_that_is_sent_twice_has_the_same_message_id(smtp: SmtpSink) -> None:
    submit()
    deliver()
    Delivery.objects.update(state=DeliveryState.QUEUED)
    deliver()
    assert len(smtp.messages) == 2
    assert len({str(received.message["Message-ID"]) for received in smtp.messages}) == 1


def test_an_address_that_is_refused_for_good_is_given_up_and_the_employee_hears_it_once(
    smtp: SmtpSink,
) -> None:
    smtp.refuse("gone@example.org")
    request = claimed(customer_email="gone@example.org")
    submit(customer_email="fine@example.org")
    deliver()
    dead = Delivery.objects.filter(notification__subject_id=request.pk)
    assert {delivery.state for delivery in dead} == {DeliveryState.DEAD}
    assert {delivery.last_error for delivery in dead} == {"SMTP [550]"}
    assert [received.recipients for received in smtp.messages] == [["fine@example.org"]]
    assert told_unreachable(request) == 1
    request.refresh_from_db()
    assert request.customer_failing

    request.solve(by=holder(request), text="Hersteld.")
    assert not Notification.objects.filter(kind="customer.solved").exists()
    request.correct_details(
        name="Mevrouw Jansen",
        email="right@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees="updates",
    )
    deliver()
    assert smtp.messages[-1].recipients == ["right@example.org"]


def test_a_mail_server_that_asks_to_come_back_is_tried_again(smtp: SmtpSink) -> None:
    smtp.defer("jansen@example.org")
    request = submit()
    deliver()
    delivery = only_delivery()
    assert (delivery.state, delivery.attempts) == (DeliveryState.QUEUED, 1)
    assert timedelta(seconds=50) < delivery.due - timezone.now() < timedelta(seconds=90)
    assert told_unreachable(request) == 0
    smtp.accept("jansen@example.org")
    assert drain.send_due() == 0
    now_due()
    deliver()
    assert only_delivery().state == DeliveryState.SENT
    assert len(smtp.messages) == 1


def test_a_dropped_connection_costs_one_mail_a_second_try_and_the_next_ones_nothing(
    smtp: SmtpSink,
) -> None:
    for place in range(4):
        submit(customer_email=f"person{place}@example.org")
    smtp.drop_connection_next()
    deliver()
    assert len(smtp.messages) == 3
    assert smtp.connections == 2
    again = only_delivery(state=DeliveryState.QUEUED)
    assert again.attempts == 1
    now_due()
    deliver()
    assert sorted(received.recipients[0] for received in smtp.messages) == [
        f"person{place}@example.org" for place in range(4)
    ]


def test_a_server_that_closes_with_421_does_not_cost_the_next_mail_a_try(smtp: SmtpSink) -> None:
    smtp.defer("busy@example.org", 421)
    submit(customer_email="busy@example.org")
    submit(customer_email="fine@example.org")
    deliver()
    assert [received.recipients for received in smtp.messages] == [["fine@example.org"]]


def test_a_mail_server_that_does_not_want_our_sender_says_nothing_about_the_customer(
    smtp: SmtpSink,
) -> None:
    smtp.refuse("no-reply@hulp.example")
    request = submit()
    deliver()
    assert smtp.messages == []
    assert told_unreachable(request) == 0
    assert only_delivery().state == DeliveryState.QUEUED


def test_a_mail_server_that_is_away_keeps_the_mail_waiting(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_CONFIGURED = "127.0.0.1", 9, True
    request = submit()
    deliver()
    delivery = only_delivery()
    assert (delivery.state, delivery.last_error) == (DeliveryState.QUEUED, "ConnectionRefusedError")
    assert told_unreachable(request) == 0


@pytest.mark.parametrize(
    ("url", "backend", "facts"),
    [
        (
            "postmark://server-token",
            "anymail.backends.postmark.EmailBackend",
            {"POSTMARK_SERVER_TOKEN": "server-token"},
        ),
        (
            "mailgun://key-1@mg.example.org",
            "anymail.backends.mailgun.EmailBackend",
            {"MAILGUN_API_KEY": "key-1", "MAILGUN_SENDER_DOMAIN": "mg.example.org"},
        ),
    ],
)
def test_a_mail_service_is_one_address(
    monkeypatch: pytest.MonkeyPatch, url: str, backend: str, facts: dict[str, str]
) -> None:
    monkeypatch.setenv("EMAIL_URL", url)
    config = env.mail("EMAIL_URL")
    assert config["EMAIL_BACKEND"] == backend
    assert facts.items() <= config["ANYMAIL"].items()


# --- What a mail service tells afterwards ------------------------------------------------------


def bounce(delivery_id: object, kind: str = "HardBounce", **facts: Any) -> dict[str, Any]:
    """A bounce as Postmark posts it."""
    return {
        "RecordType": "Bounce",
        "MessageStream": "outbound",
        "ID": 4323372036854775807,
        "Type": kind,
        "TypeCode": 1,
        "Name": "Hard bounce",
        "Tag": "",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Metadata": {"delivery": str(delivery_id)},
        "ServerID": 23,
        "Description": "The server was unable to deliver your message.",
        "Details": "Test bounce details",
        "Email": "jansen@example.org",
        "From": "no-reply@hulp.example",
        "BouncedAt": "2026-03-02T09:12:44.0000000-05:00",
        "DumpAvailable": True,
        "Inactive": True,
        "CanActivate": True,
        "Subject": "Uw vraag",
        "Content": "",
        **facts,
    }


def post_bounce(body: dict[str, Any], credentials: str = "hook:secret") -> int:
    basic = base64.b64encode(credentials.encode()).decode()
    answer = Client(raise_request_exception=False).post(
        "/anymail/postmark/tracking/",
        body,
        content_type="application/json",
        headers={"Authorization": f"Basic {basic}"},
    )
    return answer.status_code


@pytest.fixture
def webhook(settings: Settings) -> None:
    settings.ANYMAIL = {"WEBHOOK_SECRET": "hook:secret"}


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("kind", ["HardBounce", "SpamComplaint", "BadEmailAddress"])
def test_a_mail_that_comes_back_later_is_dead_and_the_employee_hears_it_once(
    webhook: None, kind: str
) -> None:
    request = submit()
    deliver()
    delivery = only_delivery()
    for _ in range(2):
        assert post_bounce(bounce(delivery.pk, kind)) == 200
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.DEAD
    assert "jansen" not in delivery.last_error
    assert told_unreachable(request) == 1


@pytest.mark.urls(__name__)
def test_a_bounce_is_also_found_by_the_services_own_id(webhook: None) -> None:
    request = submit()
    deliver()
    Delivery.objects.update(
        state=DeliveryState.SENT, provider_id="883953f4-6105-42a2-a16a-77a8eac79483"
    )
    assert post_bounce(bounce("", Metadata={})) == 200
    assert only_delivery(notification__user=None).state == DeliveryState.DEAD
    assert told_unreachable(request) == 1


@pytest.mark.urls(__name__)
def test_a_bounce_of_an_address_that_was_changed_since_says_nothing_about_the_new_one(
    webhook: None,
) -> None:
    request = submit()
    deliver()
    delivery = only_delivery()
    request.correct_details(
        name="Mevrouw Jansen",
        email="right@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees="updates",
    )
    assert post_bounce(bounce(delivery.pk)) == 200
    request.refresh_from_db()
    assert not request.customer_failing


@pytest.mark.urls(__name__)
@pytest.mark.parametrize(
    "body",
    [
        bounce("", Metadata={"delivery": "no-uuid"}, MessageID=""),
        bounce("9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10"),
        bounce("", "Transient"),
    ],
)
def test_news_about_no_mail_of_ours_changes_nothing(webhook: None, body: dict[str, Any]) -> None:
    submit()
    deliver()
    assert post_bounce(body) == 200
    assert only_delivery().state == DeliveryState.KEPT


@pytest.mark.urls(__name__)
def test_whoever_does_not_know_the_secret_cannot_make_a_mail_bounce(webhook: None) -> None:
    submit()
    deliver()
    delivery = only_delivery()
    assert post_bounce(bounce(delivery.pk), "hook:guess") == 400
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.KEPT


# --- SMS ---------------------------------------------------------------------------------------


def test_an_sms_arrives_at_its_number_with_reference_and_link(sms: SmsSink) -> None:
    request = submit(customer_channel="sms", customer_email="", customer_phone="+31612345678")
    deliver()
    [(to, body)] = sms.messages
    assert to == "+31612345678"
    assert request.reference in body
    assert "http://localhost:8000/t/" in body
    assert only_delivery().state == DeliveryState.SENT


def test_an_sms_that_the_service_does_not_take_is_tried_again(sms: SmsSink) -> None:
    request = submit(customer_channel="sms", customer_email="", customer_phone="+31612345678")
    sms.fail(503)
    deliver()
    assert only_delivery().state == DeliveryState.QUEUED
    now_due()
    deliver()
    assert only_delivery().state == DeliveryState.SENT
    assert len(sms.messages) == 1
    assert told_unreachable(request) == 0


# --- Push --------------------------------------------------------------------------------------


def test_a_push_arrives_with_ids_and_a_neutral_line(fcm: FcmStandIn) -> None:
    request = claimed(by=with_phone())
    deliver()
    message = fcm.sent[0]["message"]
    delivery = only_delivery(channel="push")
    assert message["token"] == "token-of-sanne"
    assert message["notification"]["title"] == request.reference
    assert message["data"] == {
        "delivery_id": str(delivery.pk),
        "notification_id": str(delivery.notification_id),
        "kind": "employee.claimed",
        "request_id": str(request.pk),
    }
    said = str(message)
    for private in ("Jansen", "Sanne", "Daan", "buurvrouw", "jansen@example.org"):
        assert private not in said
    assert delivery.state == DeliveryState.SENT
    assert delivery.provider_id == fcm.sent[0]["name"]


def test_a_phone_without_the_app_is_forgotten(fcm: FcmStandIn) -> None:
    fcm.answer("token-of-sanne", "unregistered")
    claimed(by=with_phone())
    deliver()
    assert not Device.objects.exists()
    assert only_delivery(channel="push").state == DeliveryState.DROPPED


def test_a_phone_of_another_sender_is_switched_off_and_gets_nothing_more(fcm: FcmStandIn) -> None:
    fcm.answer("token-of-sanne", "mismatch")
    request = claimed(by=with_phone())
    deliver()
    device = Device.objects.get()
    assert device.off_since is not None
    assert device.off_reason == "SENDER_ID_MISMATCH"
    request.solve(by=holder(request), text="Hersteld.")
    assert Delivery.objects.filter(channel="push").count() == 1


def test_a_used_up_quota_pauses_every_push_and_no_mail(fcm: FcmStandIn) -> None:
    fcm.answer("token-of-sanne", "quota", retry_after=120)
    request = claimed(by=with_phone())
    deliver()
    assert ChannelPause.objects.get().channel == "push"
    assert only_delivery(channel="push").state == DeliveryState.QUEUED
    posts = fcm.posts
    fcm.reset_script()
    request.solve(by=holder(request), text="Hersteld.")
    now_due()
    deliver()
    assert fcm.posts == posts
    assert not Delivery.objects.filter(channel="email", state=DeliveryState.QUEUED).exists()
    ChannelPause.objects.update(until=timezone.now())


@pytest.mark.parametrize("kind", ["unavailable", "internal"])
def test_a_push_service_with_a_hiccup_is_asked_again_after_ten_seconds(
    fcm: FcmStandIn, kind: Any
) -> None:
    fcm.answer("token-of-sanne", kind, times=1)
    claimed(by=with_phone())
    deliver()
    delivery = only_delivery(channel="push")
    assert delivery.state == DeliveryState.QUEUED
    assert delivery.due - timezone.now() > timedelta(seconds=8)
    now_due()
    deliver()
    assert only_delivery(channel="push").state == DeliveryState.SENT


def test_a_broken_push_service_account_does_not_hold_up_the_mail(
    settings: Settings, tmp_path: Path
) -> None:
    broken = tmp_path / "service-account.json"
    broken.write_text("{}")
    settings.GOOGLE_APPLICATION_CREDENTIALS = broken
    claimed(by=with_phone())
    deliver()
    states = dict(Delivery.objects.values_list("channel", "state"))
    assert states == {"push": DeliveryState.QUEUED, "email": DeliveryState.KEPT}


def test_an_employee_who_wants_mail_gets_one_and_a_bounce_of_it_troubles_nobody(
    smtp: SmtpSink,
) -> None:
    sanne = make_person("Sanne de Vries", email="sanne@example.org")
    quiet = (False, None, None)
    Preferences.change(sanne, choices={"employee.claimed": {"email": True}}, quiet=quiet)
    smtp.refuse("sanne@example.org")
    request = claimed(by=sanne)
    deliver()
    assert only_delivery(notification__user=sanne).state == DeliveryState.DEAD
    assert told_unreachable(request) == 0
    request.message(by=Actor.employee(sanne), id=request.pk, text="Dank!")
