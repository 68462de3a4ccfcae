"""When the team has to answer, why then, and how the clock stands still during a wait."""

import uuid
from datetime import UTC, datetime, time, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.db.models import F
from django.utils import timezone, translation

from customer_requests.models import CustomerRequest, Topic
from customer_requests.models.life import FAR, Actor
from server.accounts.models import ClosingDay, Team, WorkingPeriod
from tests.clients import Api, browser_of
from tests.factories import (
    claimed,
    holder,
    make_agent,
    make_team,
    make_topic,
    solved,
    submit,
    waiting,
)

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
# A team that is always at work loses a microsecond at each midnight.
NEARLY = timedelta(seconds=5)


def office_hours() -> Team:
    """Monday to Friday from nine to five in Amsterdam."""
    team = make_team()
    for weekday in range(5):
        WorkingPeriod.objects.create(team=team, weekday=weekday, opens=time(9), closes=time(17))
    return team


def received_at(moment: str, topic: Topic) -> CustomerRequest:
    """A request that was submitted then."""
    request = submit(topic=topic)
    request.created_at = datetime.fromisoformat(moment)
    request._start_clocks(request.team.calendar())
    request.queue_due = request._queue_due()
    request.save()
    return request


def again(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


def hours_pass(request: CustomerRequest, hours: int) -> CustomerRequest:
    """As if all that was written so far was written that much earlier."""
    columns = [
        "created_at",
        "response_due",
        "reply_due",
        "solve_due",
        "paused_at",
        "first_response_at",
        "team_time_at",
        "asked_at",
        "alert_at",
    ]
    rows = CustomerRequest.objects.filter(pk=request.pk)
    rows.update(**{name: F(name) - timedelta(hours=hours) for name in columns})
    return rows.get()


@pytest.mark.parametrize(
    ("received", "response_due", "solve_due"),
    [
        # Tuesday morning, in winter time.
        ("2026-11-17T09:00:00Z", "2026-11-17T11:00:00Z", "2026-11-18T09:00:00Z"),
        # Friday half past four: the weekend lies between.
        ("2026-11-20T15:30:00Z", "2026-11-23T09:30:00Z", "2026-11-23T15:30:00Z"),
        # In the middle of the night, and on Sunday.
        ("2026-11-17T02:00:00Z", "2026-11-17T10:00:00Z", "2026-11-17T16:00:00Z"),
        ("2026-11-22T12:00:00Z", "2026-11-23T10:00:00Z", "2026-11-23T16:00:00Z"),
        # Summer time begins in that weekend: nine o'clock is an hour earlier in UTC.
        ("2026-03-27T15:30:00Z", "2026-03-30T08:30:00Z", "2026-03-30T14:30:00Z"),
    ],
)
def test_due_times_count_the_teams_working_hours(
    received: str, response_due: str, solve_due: str
) -> None:
    topic = make_topic(office_hours(), first_response_minutes=120, solve_minutes=480)
    request = received_at(received, topic)
    assert request.response_due == datetime.fromisoformat(response_due)
    assert request.solve_due == datetime.fromisoformat(solve_due)
    assert request.queue_due == request.response_due


def test_a_day_on_which_the_team_is_closed_does_not_count() -> None:
    team = office_hours()
    ClosingDay.objects.create(team=team, day="2026-11-18", name="Verhuizing")
    request = received_at("2026-11-17T15:30:00Z", make_topic(team, first_response_minutes=60))
    assert request.response_due == datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
    with translation.override("en"):
        assert "Verhuizing" in request.why_due()


def test_the_first_public_word_stops_the_clock_of_the_first_response() -> None:
    request = claimed()
    assert request.queue_due == request.response_due
    request.note(by=holder(request), id=uuid.uuid4(), text="Even nadenken.")
    assert request.first_response_at is None
    request.update(
        by=holder(request), id=uuid.uuid4(), audience=["customer"], text_customer="Wij kijken."
    )
    first = request.first_response_at
    assert first is not None
    assert request.queue_due == request.solve_due
    request.update(
        by=holder(request), id=uuid.uuid4(), audience=["customer"], text_customer="Nog even."
    )
    assert again(request).first_response_at == first


def test_the_clock_stands_still_while_others_are_waited_on() -> None:
    request = claimed(topic=make_topic(solve_minutes=600))
    request.wait(by=holder(request), on="customer", text="Welk lampje?")
    assert again(request).queue_due == FAR
    request = hours_pass(request, 4)
    due = request.solve_due
    assert due is not None
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene.")
    assert request.solve_due is not None
    assert abs(request.solve_due - due - 4 * HOUR) < NEARLY
    assert abs(request.waited - 4 * HOUR) < NEARLY
    assert request.paused_at is None
    assert request.queue_due == request.reply_due


def test_only_working_hours_stand_still() -> None:
    topic = make_topic(office_hours(), solve_minutes=6000)
    request = claimed(topic=topic)
    request.wait(by=holder(request), on="customer", text="Welk lampje?")
    request = hours_pass(request, 7 * 24)
    request.resume(by=holder(request))
    assert abs(request.waited - 40 * HOUR) < NEARLY


def test_what_was_already_late_stays_late() -> None:
    request = claimed(topic=make_topic(solve_minutes=60))
    request = hours_pass(request, 2)
    request.wait(by=holder(request), on="customer", text="Welk lampje?")
    request = hours_pass(request, 3)
    late = request.solve_due
    request.resume(by=holder(request))
    assert request.solve_due == late


def test_a_wait_until_a_date_is_in_the_queue_at_that_date() -> None:
    request = claimed()
    until = timezone.now() + timedelta(days=3)
    request.wait(by=holder(request), on="third_party", text="De monteur komt.", until=until)
    assert again(request).queue_due == until


def test_nothing_is_due_of_what_is_over_and_reopening_starts_a_new_clock() -> None:
    request = solved(topic=make_topic(solve_minutes=300))
    assert again(request).queue_due == FAR
    request = hours_pass(request, 50)
    request.reopen(by=Actor.customer(), reason="Nee.")
    request = again(request)
    assert request.solve_due is not None
    assert abs(request.solve_due - timezone.now() - 5 * HOUR) < NEARLY
    # Who says no wants to hear more: the topic's four hours.
    assert abs(request.queue_due - timezone.now() - 4 * HOUR) < NEARLY


def test_the_followers_hear_more_by_the_next_step_or_by_what_is_due() -> None:
    request = claimed()
    assert request.expected_by == request.response_due
    tomorrow = timezone.now() + timedelta(days=1)
    step, _new = request.plan_step(
        by=holder(request), id=uuid.uuid4(), title="Monteur", expected_at=tomorrow
    )
    assert again(request).expected_by == tomorrow
    request.change_step(step.pk, by=holder(request), state="done")
    assert again(request).expected_by == request.solve_due
    request.solve(by=holder(request), text="Hersteld.")
    assert again(request).expected_by is None


def test_the_reason_is_told_in_the_readers_language() -> None:
    topic = make_topic(office_hours(), first_response_minutes=120)
    request = received_at("2026-11-20T15:30:00Z", topic)
    with translation.override("en"):
        english = request.why_due()
    with translation.override("nl"):
        dutch = request.why_due()
    for expected in (
        "Monday 23 November 10:30",
        "Friday 20 November 16:30",
        "2 working hours",
        "weekend",
    ):
        assert expected in english
    for expected in ("maandag 23 november 10:30", "vrijdag 20 november 16:30", "weekend"):
        assert expected in dutch
    assert "Monday" not in dutch


def test_the_reason_is_told_in_the_readers_time_as_the_moment_beside_it() -> None:
    topic = make_topic(office_hours(), first_response_minutes=120)
    request = received_at("2026-11-20T15:30:00Z", topic)
    reader = make_agent(topic.team, time_zone="America/New_York", language="en")
    due = Api(reader).get(f"/desk/requests/{request.pk}").json()["due"]
    for why in (due["why"], due["clocks"][0]["why"]):
        assert "Monday 23 November 04:30" in why
        assert "Friday 20 November 10:30" in why
    page = browser_of(reader).get(f"/desk/{request.reference}").content.decode()
    assert "Monday 23 November 04:30" in page


def test_the_reason_says_when_the_clock_stood_still_or_stands_still() -> None:
    request = claimed(topic=make_topic(solve_minutes=600))
    request.wait(by=holder(request), on="customer", text="Welk lampje?")
    with translation.override("en"):
        assert "stands still" in again(request).why_due()
        request = hours_pass(request, 4)
        request.resume(by=holder(request))
        why = again(request).why_due()
    assert "10 working hours" in why
    assert "stood still for 4 working hours" in why
    with translation.override("en"):
        assert solved().why_due() == "Nothing is due."


def test_putting_back_a_waiting_request_lets_its_clock_run_on() -> None:
    request = waiting()
    request = hours_pass(request, 2)
    request.release(by=holder(request))
    assert request.paused_at is None
    assert request.queue_due == request.solve_due
    assert abs(request.waited - 2 * HOUR) < NEARLY


def test_what_was_there_before_the_clocks_is_counted_as_if_they_had_run() -> None:
    request = claimed()
    request.update(
        by=holder(request), id=uuid.uuid4(), audience=["customer"], text_customer="We kijken."
    )
    request.solve(by=holder(request), text="Klaar.")
    rows = CustomerRequest.objects.filter(pk=request.pk)
    rows.update(first_response_worked=None, solve_worked=None, solve_waited=timedelta())
    filling = import_module("customer_requests.migrations.0008_count_what_exists")
    filling.count_what_exists(apps, None)
    counted = rows.get()
    assert counted.first_response_at
    assert counted.first_solved_at
    answered = counted.first_response_at - counted.created_at
    assert abs((counted.first_response_worked or HOUR) - answered) < NEARLY
    assert (
        abs((counted.solve_worked or HOUR) - (counted.first_solved_at - counted.created_at))
        < NEARLY
    )
