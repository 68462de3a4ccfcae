"""Due times follow the team's working hours and a topic's targets when those are changed."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.urls import reverse
from django.utils import timezone, translation

from customer_requests import clock
from customer_requests.models import CountedBy, CustomerRequest, Topic, TopicTarget, counted_by
from customer_requests.models.life import FAR
from notifications.models import Change, Notification
from server.accounts.models import ClosingDay, Team, User, WorkingPeriod
from tests.clients import browser_of
from tests.factories import (
    claimed,
    holder,
    make_agent,
    make_person,
    make_team,
    make_topic,
    submit,
    waiting,
)

pytestmark = pytest.mark.django_db

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)


class Calendar:
    """The clock on the wall, put where a test wants it: Amsterdam's time in that week."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.moment = MONDAY
        calendar = self

        class Then(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> Any:
                return calendar.moment

        # Not `now` itself: the defaults of columns hold on to that one.
        monkeypatch.setattr(timezone, "datetime", Then)

    def at(self, text: str) -> datetime:
        day, hour = text.split()
        offset = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].index(day)
        clock = time.fromisoformat(hour)
        self.moment = MONDAY + timedelta(days=offset, hours=clock.hour - 1, minutes=clock.minute)
        return self.moment


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Calendar:
    monkeypatch.setattr(counted_by, "SETTLE", timedelta(0))
    monkeypatch.setattr(clock, "RECOUNTING", 600.0)  # however slow the machine is
    return Calendar(monkeypatch)


@pytest.fixture
def team() -> Team:
    """At work on working days from nine to five."""
    team = make_team("internet", name="Internet")
    for weekday in range(5):
        WorkingPeriod.objects.create(team=team, weekday=weekday, opens=time(9), closes=time(17))
    return team


@pytest.fixture
def topic(team: Team) -> Topic:
    return make_topic(team, first_response_minutes=120, solve_minutes=16 * 60)


def again(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


def numbers(user: User) -> list[int]:
    """Of all that the app of this person would fetch."""
    return list(
        Change.objects.filter(user=user).order_by("number").values_list("number", flat=True)
    )


def test_a_closing_day_moves_what_is_due_after_it(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 16:00")
    request = submit(topic=topic)
    assert request.response_due == wall.at("Tue 10:00")
    assert request.solve_due == wall.at("Wed 16:00")
    wall.at("Mon 16:30")
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    clock.recount()
    moved = again(request)
    assert moved.response_due == wall.at("Wed 10:00")
    assert moved.solve_due == wall.at("Thu 16:00")
    with translation.override("en"):
        wall.at("Mon 16:31")
        why = moved.clock_facts()[0].why
        assert "2 working hours, Verhuizing" in why
        assert "changed on the way" not in why
    ClosingDay.objects.all().delete()
    clock.recount()
    assert again(request).solve_due == request.solve_due


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (lambda team: WorkingPeriod.objects.filter(team=team).update(opens=time(12)), "Tue 13:00"),
        (lambda team: WorkingPeriod.objects.filter(weekday=1).delete(), "Wed 10:00"),
        (
            lambda team: WorkingPeriod.objects.bulk_create(
                [WorkingPeriod(team=team, weekday=0, opens=time(17), closes=time(20))]
            ),
            "Mon 18:00",
        ),
        (lambda team: Team.objects.filter(pk=team.pk).update(time_zone="UTC"), "Mon 18:00"),
        (lambda team: WorkingPeriod.objects.all().delete(), "Mon 18:00"),
        (lambda team: ClosingDay.objects.create(day=date(2026, 11, 17), name="Storm"), "Wed 10:00"),
    ],
)
def test_whoever_changes_the_hours_and_however_the_due_time_follows(
    wall: Calendar, topic: Topic, change: Any, due: str
) -> None:
    wall.at("Mon 16:00")
    request = submit(topic=topic)
    clock.recount()
    change(topic.team)
    clock.recount()
    assert again(request).response_due == wall.at(due)


def test_the_public_holidays_of_another_country_count(wall: Calendar, topic: Topic) -> None:
    monday = datetime(2026, 5, 22, 14, tzinfo=UTC)  # Friday before Whit Monday
    wall.moment = monday
    request = submit(topic=topic)
    clock.recount()
    due = request.response_due
    assert due is not None
    Team.objects.update(holidays="NL")
    clock.recount()
    assert again(request).response_due == due + timedelta(days=1)


def test_what_was_used_stays_used_in_the_hours_that_were(wall: Calendar, topic: Topic) -> None:
    wall.at("Fri 15:00")
    topic.solve_minutes = 5 * 60
    topic.save()
    request = submit(topic=topic)
    clock.recount()
    wall.at("Sun 12:00")
    # From now on also on Saturdays; the one that is over was a day off.
    WorkingPeriod.objects.create(team=topic.team, weekday=5, opens=time(9), closes=time(17))
    clock.recount()
    assert again(request).solve_due == request.solve_due
    assert again(request).team_time == timedelta(hours=2)


def test_what_was_late_stays_late(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 09:00")
    request = submit(topic=topic)
    clock.recount()
    wall.at("Mon 12:00")
    WorkingPeriod.objects.update(opens=time(11))
    clock.recount()
    assert again(request).response_due == request.response_due


def test_a_wait_has_as_much_left_as_before(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 09:00")
    request = waiting(topic=topic)
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    clock.recount()
    request = again(request)
    assert request.solve_due == wall.at("Wed 17:00")
    assert (request.queue_due, request.alert_at) == (FAR, None)
    [solve] = request.clock_facts()
    assert solve.left == timedelta(hours=16)
    wall.at("Mon 10:00")
    request.resume(by=holder(request))
    assert again(request).solve_due == wall.at("Thu 10:00")


def test_targets_that_change_count_for_what_is_open(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 09:00")
    request = submit(topic=topic)
    urgent = submit(topic=topic)
    urgent.prioritise("urgent", by=make_agent(topic.team))
    clock.recount()
    Topic.objects.filter(pk=topic.pk).update(first_response_minutes=60)
    TopicTarget.objects.create(
        topic=topic,
        priority="urgent",
        first_response_minutes=10,
        next_response_minutes=20,
        solve_minutes=30,
    )
    clock.recount()
    assert again(request).response_due == wall.at("Mon 10:00")
    assert again(urgent).response_due == wall.at("Mon 09:10")
    TopicTarget.objects.all().delete()
    clock.recount()
    # A quarter of an hour.
    assert again(urgent).response_due == wall.at("Mon 09:15")


def test_what_a_change_makes_late_is_late_and_warns_nobody(wall: Calendar, topic: Topic) -> None:
    make_agent(topic.team, "Els Prins", role="lead")
    wall.at("Mon 09:00")
    request = claimed(topic=topic)
    other = submit(topic=make_topic(topic.team, first_response_minutes=120))
    clock.recount()
    told = Notification.objects.count()
    wall.at("Mon 10:00")
    Topic.objects.filter(pk=topic.pk).update(first_response_minutes=30, solve_minutes=70)
    clock.recount()
    clock.alert()
    late = again(request)
    assert late.queue_due == wall.at("Mon 09:30")
    assert Notification.objects.count() == told
    wall.at("Mon 10:11")
    clock.alert()
    kinds = Notification.objects.filter(subject_id=request.pk).values_list("kind", flat=True)
    assert "lead.overdue" in kinds  # the solution became late by itself
    wall.at("Mon 11:01")
    clock.alert()
    assert Notification.objects.filter(subject_id=other.pk, kind="lead.overdue").exists()


# --- What was promised ---


def test_what_followers_were_told_gets_no_later_until_they_hear_more(
    wall: Calendar, topic: Topic
) -> None:
    wall.at("Mon 16:00")
    request = claimed(topic=topic)
    promised = request.expected_by
    clock.recount()
    seen = numbers(request.employee)
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    clock.recount()
    moved = again(request)
    assert moved.expected_by == promised == moved.queue_due == wall.at("Tue 10:00")
    assert numbers(request.employee) == seen
    with translation.override("en"):
        assert moved.next_in_words() is not None
        assert "that was promised before" in moved.why_due()
    browser = browser_of(holder(request))
    page = browser.get(reverse("desk-request", args=[request.reference])).content.decode()
    assert "toegezegd" in page
    wall.at("Mon 16:40")
    moved.update(
        by=holder(request), id=uuid.uuid4(), audience=["customer"], text_customer="Wij kijken."
    )
    assert again(request).expected_by == wall.at("Thu 16:00")


def test_a_word_to_the_employee_alone_is_none_to_the_customer(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 16:00")
    request = claimed(topic=topic)
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    clock.recount()
    request.update(
        by=holder(request), id=uuid.uuid4(), audience=["employee"], text_employee="Wij kijken."
    )
    assert again(request).expected_by == wall.at("Tue 10:00")


def test_a_change_that_is_taken_back_leaves_no_promise_behind(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 16:00")
    request = submit(topic=topic)
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    clock.recount()
    assert again(request).promised_by is not None
    ClosingDay.objects.all().delete()
    clock.recount()
    assert again(request).promised_by is None


def test_the_app_finds_what_is_expected_sooner_and_nobody_gets_a_message(
    wall: Calendar, topic: Topic
) -> None:
    sanne = make_person()
    wall.at("Mon 16:00")
    mine = [submit(sanne, topic), submit(sanne, topic)]
    other = submit(sanne, make_topic())
    clock.recount()
    before, told, was = numbers(sanne)[-1], Notification.objects.count(), again(mine[0])
    WorkingPeriod.objects.create(team=topic.team, weekday=0, opens=time(17), closes=time(20))
    clock.recount()
    fresh = Change.objects.filter(user=sanne, number__gt=before)
    assert {row.object_id for row in fresh} == {request.pk for request in mine}
    assert Notification.objects.count() == told
    now = again(mine[0])
    # Who is writing on it can still send, and it keeps its place in the employee's list.
    assert (now.version, now.updated_at) == (was.version, was.updated_at)
    assert now.entry_count == was.entry_count
    assert again(other).queue_due == other.queue_due


# --- The job ---


def test_it_goes_on_where_it_was_and_counts_nothing_twice(
    wall: Calendar, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall.at("Mon 16:00")
    requests = [submit(topic=topic) for _ in range(5)]
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    monkeypatch.setattr(clock, "MOST_PER_RUN", 2)
    due = wall.at("Wed 10:00")
    wall.at("Mon 16:10")
    looked = [clock.recount() for _ in range(4)]
    assert looked == [2, 2, 1, 0]
    assert {again(request).response_due for request in requests} == {due}


def test_a_change_while_it_runs_is_not_lost(
    wall: Calendar, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall.at("Mon 16:00")
    requests = [submit(topic=topic) for _ in range(5)]
    clock.recount()
    monkeypatch.setattr(clock, "MOST_PER_RUN", 2)
    for change in (
        lambda: ClosingDay.objects.create(
            team=topic.team, day=date(2026, 11, 17), name="Verhuizing"
        ),
        lambda: Topic.objects.filter(pk=topic.pk).update(first_response_minutes=180),
        # Back to what it was before it began: some were counted by what was in between.
        lambda: Topic.objects.filter(pk=topic.pk).update(first_response_minutes=120),
        lambda: ClosingDay.objects.all().delete(),
    ):
        change()
        clock.recount()
    while clock.recount():
        pass
    assert {again(request).response_due for request in requests} == {wall.at("Tue 10:00")}
    assert {again(request).promised_by for request in requests} == {None}
    assert not CountedBy.objects.filter(to__isnull=False)


def test_it_waits_until_who_read_the_old_hours_is_done(
    wall: Calendar, topic: Topic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counted_by, "SETTLE", timedelta(seconds=30))
    wall.at("Mon 16:00")
    request = submit(topic=topic)
    clock.recount()
    wall.at("Mon 16:01")
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    assert clock.recount() == 0
    wall.at("Mon 16:02")
    assert clock.recount() == 1
    assert again(request).response_due != request.response_due


def test_one_that_fails_does_not_hold_up_the_others(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 16:00")
    requests = [submit(topic=topic) for _ in range(3)]
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 11, 17), name="Verhuizing")
    recount = CustomerRequest.recount

    def failing(self: CustomerRequest, *args: Any) -> None:
        if self.pk == requests[1].pk:
            raise ValueError
        recount(self, *args)

    with patch.object(CustomerRequest, "recount", failing):
        clock.recount()
    moved = [again(request).response_due != request.response_due for request in requests]
    assert moved == [True, False, True]


def test_what_changes_nothing_writes_nothing(wall: Calendar, topic: Topic) -> None:
    wall.at("Mon 16:00")
    submit(topic=topic)
    clock.recount()
    ClosingDay.objects.create(team=topic.team, day=date(2026, 12, 31), name="Oudjaarsdag")
    with patch.object(CustomerRequest, "recount") as verb:
        assert clock.recount() == 1
    assert not verb.called
