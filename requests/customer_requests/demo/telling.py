"""Plays a story through the verbs, and then moves what they wrote to when it would have been.

The verbs write the present, and that is right. So after each act the rows that it made get the
act's moment, and the due times are counted again from there in the team's working hours.
"""

import uuid
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_requests.demo.acts import Act, Scene, workday
from customer_requests.models import (
    Attachment,
    CustomerRequest,
    Entry,
    EntryKind,
    Rating,
    SearchText,
    Step,
)
from customer_requests.models import Topic as TopicRow
from customer_requests.models.due import CLOCK_COLUMNS
from customer_requests.models.life import RUNNING
from notifications.models import Delivery, Notification
from server.accounts.models import Team, User
from server.accounts.working_hours import WorkCalendar

_STORIES = uuid.UUID("2f0b6a4e-8f0e-4d0b-9d55-0d6f5b1c7a10")
_WAKES, _SLEEPS = time(7, 40), time(22, 50)
# A verb writes these when it means "now".
_STAMPS = (
    "created_at",
    "updated_at",
    "customer_agreed_at",
    "customer_checked_at",
    "first_response_at",
    "first_solved_at",
    "solved_at",
    "closed_at",
    "placed_at",
    "paused_at",
    "erased_at",
)


@dataclass(frozen=True, slots=True)
class WorkdaysAgo:
    """A time on the so-manieth working day before today."""

    days: int
    at: str


@dataclass(frozen=True, slots=True)
class SaturdaysAgo:
    """A time on a Saturday: the birthday party. 1 is the last one before today."""

    weeks: int
    at: str


@dataclass(frozen=True, slots=True)
class MinutesAgo:
    minutes: int


@dataclass(frozen=True, slots=True)
class Customer:
    """Who asked; reached by SMS where there is only a number, and under their post."""

    name: str
    email: str = ""
    phone: str = ""
    language: str = "nl"
    post: str = ""

    @property
    def channel(self) -> str:
        if self.post:
            return "social"
        return "email" if self.email else "sms"

    @property
    def agrees(self) -> dict[str, Any]:
        """A stranger under a post is not asked."""
        if not self.post:
            return {}
        return {**CustomerRequest.post_facts(self.post), "customer_agrees": False}


@dataclass(frozen=True, slots=True)
class Story:
    """One customer request from the question on. `by` is a key of `company.PEOPLE`."""

    slug: str
    by: str
    topic: str
    start: WorkdaysAgo | SaturdaysAgo | MinutesAgo
    customer: Customer
    question: str
    acts: tuple[Act, ...] = ()
    relation: str = ""
    solved_by_me: str = ""

    @property
    def id(self) -> uuid.UUID:
        """The same for every seeding, so that a second one finds what there is."""
        return uuid.uuid5(_STORIES, self.slug)


class Teller:
    """Plays stories with these people and teams, as seen from `now`."""

    def __init__(
        self, people: Mapping[str, User], teams: Mapping[str, Team], now: datetime
    ) -> None:
        self.people, self.teams, self.now = dict(people), dict(teams), now
        self.topics = {topic.slug: topic for topic in TopicRow.objects.select_related("team")}
        self.calendars = {slug: team.calendar() for slug, team in self.teams.items()}

    def tell(self, story: Story) -> None:
        """Play one story, from the question to where it stands today."""
        topic = self.topics[story.topic]
        began, *moments = self._moments(story)
        self._play(
            None,
            story.id,
            began,
            lambda: CustomerRequest.submit(
                by=self.people[story.by],
                id=story.id,
                topic=topic,
                question=story.question,
                customer_name=story.customer.name,
                customer_email=story.customer.email,
                customer_phone=story.customer.phone,
                customer_channel=story.customer.channel,
                customer_language=story.customer.language,
                relation=story.relation,
                solved_by_me=story.solved_by_me,
                **story.customer.agrees,
            ),
        )
        for number, (act, moment) in enumerate(zip(story.acts, moments, strict=True)):
            request = _read(story.id)
            scene = Scene(
                people=self.people,
                teams=self.teams,
                calendar=self.calendars[request.team.slug],
                now=self.now,
                moment=moment,
                id=uuid.uuid5(story.id, str(number)),
            )
            self._play(request, story.id, moment, partial(act.play, request, scene))

    def _moments(self, story: Story) -> list[datetime]:
        """When it was asked, and when each act was: all before now.

        A story that would not be over yet is told of the same days of an earlier week.
        """
        calendar = self.calendars[self.topics[story.topic].team.slug]
        match story.start:
            case MinutesAgo(minutes):
                start = _awake_before(self.now - timedelta(minutes=minutes), calendar)
            case WorkdaysAgo(days, at):
                start = workday(calendar, self.now, -days, at)
            case SaturdaysAgo(weeks, at):
                start = _saturday(calendar, self.now, weeks, at)
        for earlier in range(8):
            moments = list(self._spread(story, start - timedelta(weeks=earlier), calendar))
            if moments[-1] < self.now:
                return moments
        raise ValueError(f"the story {story.slug} takes more than eight weeks")

    def _spread(self, story: Story, start: datetime, calendar: WorkCalendar) -> Iterable[datetime]:
        moment = start
        yield moment
        for number, act in enumerate(story.acts, start=1):
            passed = timedelta(minutes=act.after, seconds=number * 17 % 50)
            if act.by:
                moment = self._calendar_of(act.by, calendar).add(moment, passed)
            else:
                moment = _awake_after(moment + passed, calendar)
            yield moment

    def _calendar_of(self, agent: str, otherwise: WorkCalendar) -> WorkCalendar:
        membership = self.people[agent].memberships.select_related("team").first()
        return self.calendars[membership.team.slug] if membership else otherwise

    def _play(
        self,
        before: CustomerRequest | None,
        id: uuid.UUID,
        moment: datetime,
        act: Callable[[], object],
    ) -> None:
        """Do one act, and move what it wrote to its moment."""
        # The verb changes the object that it is called on; this is how it was.
        was = copy(before) if before else None
        began = timezone.now()
        act()
        with transaction.atomic():
            self._move(was, _read(id), began, moment)

    def _move(
        self,
        was: CustomerRequest | None,
        request: CustomerRequest,
        began: datetime,
        moment: datetime,
    ) -> None:
        """Give the rows that were written since `began` this moment."""
        number = was.entry_count if was else 0
        made = Entry.objects.filter(request_id=request.pk, number__gt=number)
        kinds = dict(made.values_list("pk", "kind"))
        self._move_request(was, request, set(kinds.values()), began, moment)
        made.update(at=moment)
        fresh = {"request_id": request.pk, "created_at__gte": began}
        Step.objects.filter(**fresh).update(created_at=moment)
        Attachment.objects.filter(**fresh).update(created_at=moment)
        Rating.objects.filter(**fresh).update(created_at=moment, changed_at=moment)
        told = Notification.objects.filter(entry_id__in=kinds)
        Delivery.objects.filter(notification__in=told).update(created_at=moment)
        told.update(created_at=moment)
        if was is None:
            SearchText.rebuild([request.pk])  # its key is the moment of submission

    def _move_request(
        self,
        was: CustomerRequest | None,
        request: CustomerRequest,
        kinds: set[str],
        began: datetime,
        moment: datetime,
    ) -> None:
        changed = {
            name: moment
            for name in _STAMPS
            if (value := getattr(request, name)) is not None and value >= began
        }
        for name, value in changed.items():
            setattr(request, name, value)
        self._count_again(was, request, kinds, moment)
        request.queue_due = request._queue_due()
        alert_at = request.alert_at if request.status in RUNNING else None
        CustomerRequest.objects.filter(pk=request.pk).update(
            **{**changed, **request._clock_columns()},
            queue_due=request.queue_due,
            alert_at=alert_at,
        )

    def _count_again(
        self,
        was: CustomerRequest | None,
        request: CustomerRequest,
        kinds: set[str],
        moment: datetime,
    ) -> None:
        """Let the clocks do at this moment what the verb let them do now."""
        request._hours = self.calendars[request.team.slug]
        if was is None:
            request.team_time_at = moment
            if request.status in RUNNING:
                request._start_clocks(request._hours)
            return
        status, request.status = request.status, was.status
        given = request._clock_columns()
        for name in CLOCK_COLUMNS:
            setattr(request, name, getattr(was, name))
        request._hours = self.calendars[was.team.slug]
        if EntryKind.REOPENED in kinds:
            request._restart_clocks(moment)
        if given["asked_at"] and not was.asked_at:
            request._hear(moment)
        if given["paused_at"] is None:
            request._leave_waiting(moment)
        if was.team_id != request.team_id:
            request._count(moment)
            request._hours = self.calendars[request.team.slug]
            request._set_dues()
        if given["first_response_at"] and not was.first_response_at:
            request._count_response(moment)
        if was.asked_at and not given["asked_at"]:
            request._answered()
        if given["paused_at"] and not was.paused_at:
            request._stand_still(moment)
        if EntryKind.SOLVED in kinds:
            request._count_solution(moment)
        if EntryKind.PRIORITY in kinds:
            request._count(moment)
            request._set_dues()
        request.status = status


def _read(id: uuid.UUID) -> CustomerRequest:
    return CustomerRequest.objects.select_related("topic", "team", "agent", "employee").get(pk=id)


def _saturday(calendar: WorkCalendar, now: datetime, weeks: int, at: str) -> datetime:
    today = now.astimezone(calendar.zone).date()
    since = (today.weekday() - 5) % 7 or 7
    day = today - timedelta(days=since + 7 * (weeks - 1))
    return datetime.combine(day, time.fromisoformat(at), calendar.zone)


def _awake_after(moment: datetime, calendar: WorkCalendar) -> datetime:
    """The moment itself, or the next morning for what would be at night."""
    local = moment.astimezone(calendar.zone)
    if _WAKES <= local.time() < _SLEEPS:
        return moment
    day = local.date() + timedelta(days=1 if local.time() >= _SLEEPS else 0)
    minutes = timedelta(minutes=moment.minute)
    return datetime.combine(day, _WAKES, calendar.zone) + minutes


def _awake_before(moment: datetime, calendar: WorkCalendar) -> datetime:
    """The moment itself, or the evening before for what would be at night."""
    local = moment.astimezone(calendar.zone)
    if _WAKES <= local.time() < _SLEEPS:
        return moment
    day = local.date() - timedelta(days=0 if local.time() >= _SLEEPS else 1)
    minutes = timedelta(minutes=moment.minute)
    return datetime.combine(day, _SLEEPS, calendar.zone) - minutes
