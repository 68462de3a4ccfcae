"""The outbox: what is put is sent once, or is visible; nothing else is in its way."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest
from customer_requests.models.life import Actor
from notifications import drain, kinds, outbox, periodic
from notifications.kinds import Kind, Letter
from notifications.models import (
    Change,
    Channel,
    ChannelPause,
    Delivery,
    DeliveryState,
    Device,
    KeptCopy,
    Notification,
    PeriodicRun,
    Preferences,
)
from notifications.outbox import Message, OutsideTransaction, ToUser
from server.accounts.models import User
from tests.factories import claimed, holder, make_person, submit
from tests.threads import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def poison() -> Iterator[str]:
    """A kind of notification whose words can't be made."""

    def compose(notifications: Any, to_send: bool) -> dict[uuid.UUID, Letter]:
        raise ZeroDivisionError

    name = f"test.{uuid.uuid4()}"[:30]
    kinds.register(Kind(name=name, label="", compose=compose, push=False, email=True))
    yield name
    del kinds._kinds[name]


def a_message(user: User, kind: str = "employee.claimed") -> Message:
    request = claimed(by=make_person())
    entry = request.entries.get(kind="claimed")
    return Message(kind, ToUser(user), request.pk, entry.pk)


def with_phone(**fields: Any) -> User:
    person = make_person(**fields)
    Device.register(
        user=person, installation_id=str(person.pk), token=str(person.pk), platform="web"
    )
    return person


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("channel", "state"))


# --- Putting -----------------------------------------------------------------------------------


def test_putting_outside_a_transaction_is_refused() -> None:
    message = a_message(make_person())
    with pytest.raises(OutsideTransaction):
        outbox.put([message])


def test_what_is_rolled_back_was_never_put() -> None:
    sanne = with_phone()
    message = a_message(sanne)
    before = Notification.objects.count(), Delivery.objects.count(), Change.objects.count()
    with transaction.atomic():
        outbox.put([message])
        assert Notification.objects.filter(user=sanne).exists()
        transaction.set_rollback(True)
    after = Notification.objects.count(), Delivery.objects.count(), Change.objects.count()
    assert after == before


def test_the_same_thing_is_never_told_twice_to_the_same_person() -> None:
    message = a_message(make_person())
    with transaction.atomic():
        outbox.put([message])
    with pytest.raises(IntegrityError), transaction.atomic():
        outbox.put([message])


def test_a_broker_that_is_away_holds_nobody_up() -> None:
    program = (
        "import server, django, time; django.setup()\n"
        "from notifications.nudge import nudge\n"
        "begun = time.monotonic()\n"
        "for _ in range(5000): nudge(['9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10'])\n"
        "print(time.monotonic() - begun)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={
            **os.environ,
            "REDIS_URL": "redis://127.0.0.1:1/0",
            "DJANGO_SETTINGS_MODULE": "server.settings",
            "LOG_LEVEL": "CRITICAL",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 2, "5,000 nudges into a broker that is away"


# --- Claiming and leases -----------------------------------------------------------------------


@pytest.mark.usefixtures("_threads")
def test_no_delivery_is_claimed_by_two_drainers_at_once() -> None:
    for _ in range(40):
        submit()

    def drained() -> int:
        total = 0
        while done := drain.send_due(limit=7):
            total += done
        return total

    outcomes = together([drained] * 4)
    assert sum(outcomes) == 40, outcomes
    assert KeptCopy.objects.count() == 40
    assert set(Delivery.objects.values_list("attempts", "state")) == {(1, DeliveryState.KEPT)}


def test_what_a_dead_drainer_had_is_sent_by_another_when_its_lease_is_over() -> None:
    submit()
    [taken] = drain._claim(Q(), 10)
    assert drain.send_due() == 0
    lease = Delivery.objects.get().lease
    assert lease is not None
    assert timedelta(seconds=55) < lease - timezone.now() <= drain.LEASE
    Delivery.objects.update(lease=timezone.now())
    assert drain.send_due() == 1
    assert Delivery.objects.get(pk=taken.pk).attempts == 2
    assert KeptCopy.objects.count() == 1


def test_what_does_not_fit_in_a_batchs_time_goes_back_without_costing_a_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(3):
        submit()
    monkeypatch.setattr(drain, "BATCH_BUDGET_SECONDS", -1.0)
    assert drain.send_due() == 3
    rows = list(Delivery.objects.order_by("state").values_list("state", "attempts", "lease"))
    assert rows == [("kept", 1, None), ("queued", 0, None), ("queued", 0, None)]


def test_a_nudge_for_what_is_not_due_or_was_sent_does_nothing() -> None:
    submit()
    delivery = Delivery.objects.get()
    Delivery.objects.update(due=timezone.now() + timedelta(hours=1))
    assert drain.send_these([str(delivery.pk)]) == 0
    Delivery.objects.update(due=timezone.now())
    assert drain.send_these([str(delivery.pk)]) == 1
    assert drain.send_these([str(delivery.pk)]) == 0
    assert KeptCopy.objects.count() == 1


# --- Trying again ------------------------------------------------------------------------------

LASTS = {"email": timedelta(hours=72), "sms": timedelta(hours=24), "push": timedelta(minutes=60)}
FIRST = {"email": timedelta(minutes=1), "sms": timedelta(minutes=1), "push": timedelta(seconds=10)}


@given(
    channel=st.sampled_from(list(Channel)),
    attempts=st.integers(1, 60),
    age=st.timedeltas(timedelta(), timedelta(hours=80)),
    asked=st.none() | st.timedeltas(timedelta(), timedelta(hours=5)),
)
def test_the_wait_grows_within_bounds_and_ends_in_time(
    channel: Channel, attempts: int, age: timedelta, asked: timedelta | None
) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    due = drain.next_due(channel, attempts, now - age, now, asked)
    least = max(
        min(FIRST[channel] * 2 ** min(attempts - 1, 20), timedelta(hours=4)), asked or timedelta()
    )
    if due is None:
        assert age + max(least * 1.34, asked or timedelta()) >= LASTS[channel]
    else:
        assert due - now >= least
        assert due - now <= max(least * 1.34, asked or timedelta())
        assert due < now - age + LASTS[channel]


@pytest.mark.parametrize("channel", ["email", "sms", "push"])
def test_a_channel_that_never_works_is_tried_until_its_time_is_over(channel: str) -> None:
    now = begun = datetime(2026, 3, 2, 12, tzinfo=UTC)
    tries = 1
    while due := drain.next_due(Channel(channel), tries, begun, now, None):
        now, tries = due, tries + 1
    assert now - begun > LASTS[channel] / 4
    assert {"email": 15, "sms": 8, "push": 6}[channel] <= tries <= 40


def test_a_push_that_waited_for_the_morning_still_gets_all_its_tries() -> None:
    sanne = with_phone()
    now = timezone.now().astimezone(ZoneInfo("Europe/Amsterdam"))
    quiet = ((now - timedelta(hours=1)).time(), (now + timedelta(hours=3)).time())
    Preferences.change(sanne, choices={}, quiet=(True, *quiet))
    claimed(by=sanne)
    push = Delivery.objects.get(channel="push")
    assert push.due - timezone.now() > timedelta(hours=2, minutes=58)
    morning = push.due + timedelta(seconds=1)
    assert drain.next_due(Channel.PUSH, 1, push.created_at, morning, None) is not None


def test_a_letter_that_cannot_be_made_is_dead_and_those_around_it_are_sent(poison: str) -> None:
    sanne = make_person()
    submit()
    message = a_message(sanne, poison)
    with transaction.atomic():
        outbox.put([message])
    submit()
    while drain.send_due():
        pass
    dead = Delivery.objects.get(notification__kind=poison)
    assert (dead.state, dead.last_error) == (DeliveryState.DEAD, "ZeroDivisionError")
    others = Delivery.objects.exclude(pk=dead.pk).values_list("state", flat=True)
    assert set(others) == {DeliveryState.KEPT}


def test_a_kind_that_this_version_does_not_know_stops_nothing() -> None:
    submit()
    submit()
    Notification.objects.filter(pk=Notification.objects.order_by("pk")[0].pk).update(kind="newer")
    while drain.send_due():
        pass
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["dead", "kept"]


def test_our_own_mistake_does_not_make_the_customer_unreachable(poison: str) -> None:
    request = submit()
    Notification.objects.update(kind=poison)
    drain.send_due()
    assert Delivery.objects.get().state == DeliveryState.DEAD
    request.refresh_from_db()
    assert not request.customer_failing


def test_the_dead_are_visible_and_sent_again_with_one_act() -> None:
    submit()
    long_ago = timezone.now() - timedelta(days=4)
    Delivery.objects.update(
        state=DeliveryState.DEAD, attempts=30, created_at=long_ago, last_error="SMTP 451"
    )
    dead = list(Delivery.objects.filter(state=DeliveryState.DEAD))
    assert drain.send_again(dead) == 1
    assert drain.send_again(dead) == 0
    assert drain.send_due() == 1
    assert Delivery.objects.values_list("state", "attempts").get() == ("kept", 1)


def test_a_paused_channel_waits_and_the_others_go_on() -> None:
    ChannelPause.objects.create(channel="email", until=timezone.now() + timedelta(seconds=30))
    claimed(by=with_phone())
    drain.send_due()
    assert states() == {"email": DeliveryState.QUEUED, "push": DeliveryState.KEPT}
    ChannelPause.objects.update(until=timezone.now())
    drain.send_due()
    assert states() == {"email": DeliveryState.KEPT, "push": DeliveryState.KEPT}


# --- Who is still there ------------------------------------------------------------------------


def test_who_left_the_company_gets_nothing_that_was_still_waiting() -> None:
    sanne = with_phone()
    quiet = (False, None, None)
    Preferences.change(sanne, choices={"employee.claimed": {"email": True}}, quiet=quiet)
    claimed(by=sanne)
    sanne.deactivate()
    drain.send_due()
    mine = Delivery.objects.filter(notification__user=sanne)
    assert set(mine.values_list("channel", "state")) == {("push", "dropped"), ("email", "dropped")}


def test_a_phone_that_was_handed_to_a_colleague_does_not_show_what_was_for_the_first() -> None:
    sanne = with_phone()
    claimed(by=sanne)
    Device.register(
        user=make_person("Joris Visser"),
        installation_id=str(sanne.pk),
        token="another-token",
        platform="web",
    )
    drain.send_due()
    assert states()["push"] == DeliveryState.DROPPED
    assert not KeptCopy.objects.filter(channel="push").exists()


def test_who_does_not_want_a_kind_still_finds_it_in_the_inbox() -> None:
    sanne = with_phone()
    quiet = (False, None, None)
    Preferences.change(sanne, choices={"employee.claimed": {"push": False}}, quiet=quiet)
    request = claimed(by=sanne)
    request.solve(by=holder(request), text="Hersteld.")
    pushes = Delivery.objects.filter(channel="push")
    assert list(pushes.values_list("notification__kind", flat=True)) == ["employee.solved"]
    assert Notification.objects.filter(user=sanne).count() == 2


def test_what_was_erased_is_not_sent_any_more() -> None:
    request: CustomerRequest = submit()
    request.erase(by=Actor.customer())
    assert drain.send_due() == 0
    assert Delivery.objects.get().state == DeliveryState.DROPPED


# --- Quiet hours -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quiet", "now", "due"),
    [
        # Over midnight, in winter time (UTC+1).
        (("22:00", "07:00"), "2026-01-15T20:59:59Z", "2026-01-15T20:59:59Z"),
        (("22:00", "07:00"), "2026-01-15T21:00:00Z", "2026-01-16T06:00:00Z"),
        (("22:00", "07:00"), "2026-01-16T02:00:00Z", "2026-01-16T06:00:00Z"),
        (("22:00", "07:00"), "2026-01-16T06:00:00Z", "2026-01-16T06:00:00Z"),
        # Within a day.
        (("12:00", "13:00"), "2026-01-15T11:30:00Z", "2026-01-15T12:00:00Z"),
        (("12:00", "13:00"), "2026-01-15T12:00:00Z", "2026-01-15T12:00:00Z"),
        # The night in which the clock goes forward, and the one in which it goes back.
        (("22:00", "07:00"), "2026-03-28T22:00:00Z", "2026-03-29T05:00:00Z"),
        (("22:00", "07:00"), "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z"),
        # 02:30 does not exist on 29 March; half past two comes twice on 25 October.
        (("22:00", "02:30"), "2026-03-29T00:30:00Z", "2026-03-29T01:30:00Z"),
        (("22:00", "02:30"), "2026-10-25T00:15:00Z", "2026-10-25T00:30:00Z"),
        (("22:00", "02:30"), "2026-10-25T01:15:00Z", "2026-10-25T01:30:00Z"),
        # No quiet hours at all.
        (("09:00", "09:00"), "2026-01-15T08:00:00Z", "2026-01-15T08:00:00Z"),
    ],
)
def test_quiet_hours_are_local_and_know_midnight_and_summer_time(
    quiet: tuple[str, str], now: str, due: str
) -> None:
    begin, end = map(time.fromisoformat, quiet)
    chosen = Preferences(user=User(time_zone="Europe/Amsterdam"), quiet_from=begin, quiet_to=end)
    found = chosen.not_before(datetime.fromisoformat(now))
    assert found.astimezone(UTC) == datetime.fromisoformat(due)


# --- SMS per number ----------------------------------------------------------------------------


def test_a_number_gets_no_more_sms_a_day_than_is_allowed(settings: Settings) -> None:
    settings.SMS_PER_NUMBER_PER_DAY = 3
    sms: dict[str, Any] = {"customer_channel": "sms", "customer_email": ""}
    requests = [submit(**sms, customer_phone="+31612345678") for _ in range(5)]
    submit(**sms, customer_phone="+31687654321")
    while drain.send_due():
        pass
    assert KeptCopy.objects.filter(address="+31612345678").count() == 3
    assert KeptCopy.objects.filter(address="+31687654321").count() == 1
    # The others wait until there is room again; they are not lost at once.
    assert Delivery.objects.filter(state=DeliveryState.QUEUED).count() == 2
    # The number works: tomorrow it is told again.
    failing = CustomerRequest.objects.filter(pk__in=[request.pk for request in requests])
    assert not failing.filter(customer_failing=True).exists()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=1, minutes=1))
    submit(**sms, customer_phone="+31612345678")
    drain.send_due()
    assert KeptCopy.objects.filter(address="+31612345678").count() == 4


# --- Periodic jobs -----------------------------------------------------------------------------


def test_a_job_that_fails_does_not_keep_the_others_from_running() -> None:
    ran: list[str] = []
    first, second = f"a-{uuid.uuid4()}", f"b-{uuid.uuid4()}"
    every = timedelta(days=9999)

    def fail() -> None:
        raise ZeroDivisionError

    periodic.register(first, every=every, run=fail)
    periodic.register(second, every=every, run=lambda: ran.append(second))
    try:
        assert {first, second} <= set(periodic.run_due())
        assert periodic.run_due() == [] or first not in periodic.run_due()
    finally:
        del periodic._jobs[first], periodic._jobs[second]
    assert ran == [second]
    assert PeriodicRun.objects.get(job=first).error == "ZeroDivisionError"
    assert PeriodicRun.objects.get(job=second).finished_at is not None
