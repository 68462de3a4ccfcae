"""Seeding the demo company: once, whole, only where it is wanted, and without sending a thing."""

import io
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.demo.stories import STORIES
from customer_requests.models import (
    Attachment,
    CustomerRequest,
    Entry,
    Rating,
    Step,
    TrackingLink,
)
from notifications.models import (
    ChannelPause,
    Delivery,
    DeliveryState,
    Device,
    KeptCopy,
    Notification,
)
from server.accounts.models import Department, Team, TeamMember, User

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def seed(*args: str) -> str:
    out = io.StringIO()
    call_command("seed_demo", *args, stdout=out)
    return out.getvalue()


def rows() -> dict[str, int]:
    models = (
        Attachment,
        CustomerRequest,
        Delivery,
        Department,
        Device,
        Entry,
        KeptCopy,
        Notification,
        Rating,
        Step,
        Team,
        TeamMember,
        TrackingLink,
        User,
    )
    return {model.__name__: model.objects.count() for model in models}


def test_a_second_seeding_changes_nothing_and_says_so() -> None:
    assert "40 people" in seed()
    before = rows()
    versions = dict(CustomerRequest.objects.values_list("pk", "version"))
    assert "there already" in seed()
    assert rows() == before
    assert dict(CustomerRequest.objects.values_list("pk", "version")) == versions


def test_what_is_missing_is_made_up_for() -> None:
    seed()
    before = CustomerRequest.objects.count()
    CustomerRequest.objects.get(pk=STORIES[-1].id).delete()
    seed()
    assert CustomerRequest.objects.count() == before


def test_nothing_is_sent_where_a_channel_has_a_provider(settings: Settings) -> None:
    settings.EMAIL_CONFIGURED = True
    settings.SMS_URL = "json://127.0.0.1:1/{to}"
    seed()
    assert set(KeptCopy.objects.values_list("channel", flat=True)) <= {"push"}
    for_customers = Delivery.objects.filter(channel__in=["email", "sms"])
    assert set(for_customers.values_list("state", flat=True)) == {DeliveryState.DROPPED}


def test_a_pause_that_a_provider_asked_for_stays() -> None:
    until = timezone.now() + timedelta(minutes=9)
    ChannelPause.objects.create(channel="email", until=until)
    seed()
    assert list(ChannelPause.objects.values_list("channel", "until")) == [("email", until)]


def test_a_company_with_its_own_database_gets_no_demo_people(settings: Settings) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="--anyway"):
        seed()
    assert not User.objects.exists()


def test_demo_people_come_to_an_own_database_when_asked_and_nothing_is_kept_or_sent(
    settings: Settings,
) -> None:
    settings.EMBEDDED = False
    seed("--anyway")
    assert User.objects.count() == 40
    assert not KeptCopy.objects.exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DROPPED}
