"""Who is warned of what is due, when, and how often."""

import uuid
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db.models import F
from django.test import Client
from django.utils import timezone

from customer_requests import clock
from customer_requests.models import CustomerRequest, Entry
from customer_requests.models.life import Actor
from notifications import kinds
from notifications.models import Delivery, Device, Notification
from server.accounts.models import Absence, ClosingDay, Team, User, WorkingPeriod
from tests.clients import Api
from tests.factories import (
    claimed,
    make_agent,
    make_team,
    make_topic,
    submit,
)

pytestmark = pytest.mark.django_db(transaction=True)


class Desk:
    """A team around the clock with an agent and a lead, and a topic: 60, 120 and 240 minutes."""

    def __init__(self) -> None:
        self.team: Team = make_team("internet")
        self.topic = make_topic(
            self.team, first_response_minutes=60, next_response_minutes=120, solve_minutes=240
        )
        self.daan: User = make_agent(self.team, "Daan Bakker")
        self.els: User = make_agent(self.team, "Els Prins", role="lead")

    def claimed(self) -> CustomerRequest:
        return claimed(topic=self.topic, agent=self.daan)


def minutes_pass(request: CustomerRequest, minutes: int) -> None:
    """As if all that was written so far was written that much earlier; then the clock looks."""
    columns = ["created_at", "response_due", "reply_due", "solve_due", "queue_due", "alert_at"]
    columns += ["team_time_at", "asked_at", "paused_at", "first_response_at"]
    rows = CustomerRequest.objects.filter(pk=request.pk)
    rows.update(**{name: F(name) - timedelta(minutes=minutes) for name in columns})
    clock.alert()


def told(request: CustomerRequest) -> list[tuple[str, str]]:
    """Who was warned of what, in order."""
    rows = Notification.objects.filter(subject_id=request.pk, user__isnull=False)
    rows = rows.filter(kind__regex=r"\.(due_soon|overdue)$").order_by("created_at", "kind")
    return [(row.kind, row.user.name if row.user else "") for row in rows.select_related("user")]


def test_who_has_it_is_warned_before_and_the_lead_after_each_once() -> None:
    desk = Desk()
    request = desk.claimed()
    minutes_pass(request, 44)
    assert told(request) == []
    minutes_pass(request, 1)
    assert told(request) == [("agent.due_soon", "Daan Bakker")]
    minutes_pass(request, 14)
    assert len(told(request)) == 1
    minutes_pass(request, 1)
    late = [("agent.overdue", "Daan Bakker"), ("lead.overdue", "Els Prins")]
    assert told(request)[1:] == late
    for _ in range(4):
        minutes_pass(request, 30)
    # Meanwhile the solution is due soon; the first response is not told of again.
    assert told(request)[3:] == [("agent.due_soon", "Daan Bakker")]
    kinds_told = [kind for kind, _who in told(request)]
    assert kinds_told.count("lead.overdue") == 1


def test_what_nobody_has_is_the_leads_to_hear_of() -> None:
    desk = Desk()
    request = submit(topic=desk.topic)
    minutes_pass(request, 45)
    assert told(request) == [("lead.due_soon", "Els Prins")]
    minutes_pass(request, 15)
    assert told(request)[1:] == [("lead.overdue", "Els Prins")]


def test_leads_who_are_away_find_what_is_overdue_when_they_are_back() -> None:
    desk = Desk()
    now = timezone.now()
    Absence.objects.create(person=desk.els, begins=now - timedelta(days=1), ends=None)
    Device.register(user=desk.els, installation_id="phone", token="token", platform="ios")
    request = submit(topic=desk.topic)
    minutes_pass(request, 60)
    overdue = Notification.objects.get(kind="lead.overdue", user=desk.els)
    assert not Delivery.objects.filter(notification=overdue).exists()
    # Where a lead is at work, those who are away are left in peace.
    make_agent(desk.team, "Bas Vos", role="lead")
    other = submit(topic=desk.topic)
    minutes_pass(other, 60)
    assert ("lead.overdue", "Els Prins") not in told(other)
    assert ("lead.overdue", "Bas Vos") in told(other)


def test_what_was_answered_in_time_warns_nobody() -> None:
    desk = Desk()
    request = desk.claimed()
    request.plan_step(by=desk.daan, id=uuid.uuid4(), title="Meten")
    minutes_pass(request, 100)
    assert told(request) == []
    # Who looked for nothing changed nothing that anybody sees.
    version = CustomerRequest.objects.get(pk=request.pk).version
    minutes_pass(request, 1)
    assert CustomerRequest.objects.get(pk=request.pk).version == version


def test_a_warning_leaves_what_somebody_is_writing_as_fresh_as_it_was() -> None:
    desk = Desk()
    request = desk.claimed()
    seen = CustomerRequest.objects.get(pk=request.pk)
    minutes_pass(request, 45)
    assert told(request) != []
    warned = CustomerRequest.objects.get(pk=request.pk)
    assert (warned.version, warned.entry_count) == (seen.version, seen.entry_count + 1)
    assert warned.updated_at > seen.updated_at  # so open consoles and the feed hear of it
    seen.expecting(seen.version).note(by=desk.daan, id=uuid.uuid4(), text="Rood lampje.")


def test_what_waits_warns_nobody() -> None:
    desk = Desk()
    request = desk.claimed()
    request.wait(by=desk.daan, on="customer", text="Welk lampje?")
    minutes_pass(request, 1000)
    assert told(request) == []
    assert CustomerRequest.objects.get(pk=request.pk).alert_at is None


def test_who_gave_it_away_in_time_is_not_the_one_who_hears() -> None:
    desk = Desk()
    fatima = make_agent(desk.team, "Fatima El Idrissi")
    request = desk.claimed()
    request.assign(fatima, by=desk.daan)
    minutes_pass(request, 45)
    assert told(request) == [("agent.due_soon", "Fatima El Idrissi")]


def test_the_next_response_is_warned_of_anew_for_each_question() -> None:
    desk = Desk()
    desk.topic.solve_minutes = 10000
    desk.topic.save()
    request = desk.claimed()
    for _ in range(2):
        request.plan_step(by=desk.daan, id=uuid.uuid4(), title="Meten")
        request.message(by=Actor.customer(), id=uuid.uuid4(), text="En nu?")
        minutes_pass(request, 90)
    assert told(request) == [("agent.due_soon", "Daan Bakker")] * 2


def test_outside_working_hours_nobody_is_warned() -> None:
    desk = Desk()
    today = timezone.now().astimezone(desk.team.calendar().zone).date()
    request = desk.claimed()
    for weekday in range(7):
        WorkingPeriod.objects.create(
            team=desk.team, weekday=weekday, opens=time(0), closes=time.max
        )
    ClosingDay.objects.create(team=desk.team, day=today, name="Verhuizing")
    minutes_pass(request, 70)
    assert told(request) == []
    row = CustomerRequest.objects.get(pk=request.pk)
    # The look is put off to when the team is back.
    assert row.alert_at is not None
    assert row.alert_at > timezone.now()
    ClosingDay.objects.all().delete()
    CustomerRequest.objects.filter(pk=request.pk).update(alert_at=timezone.now())
    clock.alert()
    assert ("lead.overdue", "Els Prins") in told(request)


def test_late_means_the_same_everywhere_and_closing_time_is_not_late_before_the_team_is_back() -> (
    None
):
    desk = Desk()
    for weekday in range(7):
        WorkingPeriod.objects.create(
            team=desk.team, weekday=weekday, opens=time(0), closes=time.max
        )
    zone = desk.team.zone
    today = timezone.now().astimezone(zone).date()
    shut = ClosingDay.objects.create(team=desk.team, day=today, name="Verhuizing")
    request, closing = desk.claimed(), datetime.combine(today, time.min, zone)
    columns = ["response_due", "queue_due", "team_time_at", "alert_at"]
    CustomerRequest.objects.filter(pk=request.pk).update(**dict.fromkeys(columns, closing))

    def said() -> list[Any]:
        """By the API's list and its request, the row, the lead's count, and the warnings."""
        api, browser = Api(desk.daan), Client()
        browser.force_login(desk.daan)
        (item,) = api.get("/desk/requests").json()["items"]
        shown = api.get(f"/desk/requests/{request.pk}").json()["due"]
        late = "Internet: <strong>1</strong>" in browser.get("/desk/lead").content.decode()
        row = "row-late" in browser.get("/desk/").content.decode()
        clock.alert()
        found = [item["due"]["overdue"], shown["overdue"], shown["clocks"][0]["overdue"]]
        words = {item["due"]["left"], shown["clocks"][0]["left"]}
        return [*found, row, late, "lead.overdue" in dict(told(request)), words]

    assert said() == [False] * 6 + [{"bij opening"}]
    shut.delete()
    CustomerRequest.objects.filter(pk=request.pk).update(alert_at=closing)
    *truths, words = said()
    assert truths == [True] * 6
    assert "bij opening" not in words


def test_a_warning_is_the_teams_alone() -> None:
    desk = Desk()
    request = desk.claimed()
    minutes_pass(request, 60)
    entry = Entry.objects.get(request=request, kind="overdue")
    assert not entry.to_customer
    assert not entry.to_employee
    assert entry.team_reads == "Eerste reactie"
    row = CustomerRequest.objects.get(pk=request.pk)
    assert entry.pk not in {seen.pk for seen in [*row.seen_by_customer(), *row.seen_by_employee()]}


def test_a_warning_says_what_is_due_and_when_in_the_readers_language() -> None:
    desk = Desk()
    desk.els.choose_language("en")
    request = desk.claimed()
    minutes_pass(request, 60)
    rows = Notification.objects.filter(subject_id=request.pk, kind__contains="overdue")
    letters = {
        row.kind: letter for row in rows for letter in kinds.compose([row], to_send=False).values()
    }
    assert letters["lead.overdue"].title == "A request of your team is overdue"
    assert "First response: due" in letters["lead.overdue"].text
    assert letters["agent.overdue"].title == "Een van je vragen is te laat"
    assert "Eerste reactie: uiterlijk" in letters["agent.overdue"].text


def test_a_raised_priority_leaves_less_time_and_a_lowered_one_gives_it_back() -> None:
    desk = Desk()
    request = desk.claimed()
    before = request.solve_due
    request.prioritise("urgent", by=desk.daan)
    assert request.solve_due is not None
    assert before is not None
    assert request.solve_due - request.created_at == timedelta(minutes=60)
    request.prioritise("normal", by=desk.daan)
    assert request.solve_due == before
    entries = Entry.objects.filter(request=request, kind="priority").order_by("number")
    assert [entry.team_reads for entry in entries] == ["Dringend", "Normaal"]


def test_a_priority_is_not_told_to_who_follows() -> None:
    desk = Desk()
    request = desk.claimed()
    already = Notification.objects.count()
    request.prioritise("high", by=desk.daan)
    assert Notification.objects.count() == already
