"""Makes the demo company once, and leaves the mailbox with what came in last.

Nothing is ever sent because of it: where a channel has a provider, its deliveries are dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from customer_requests.demo.company import DOMAIN, TEAMS, make_company, make_leave
from customer_requests.demo.outage import make_problem
from customer_requests.demo.stories import STORIES
from customer_requests.demo.telling import Story, Teller
from customer_requests.models import CustomerRequest
from notifications import drain
from notifications.models import (
    Channel,
    ChannelPause,
    Delivery,
    DeliveryState,
    KeptCopy,
    Notification,
)
from server.accounts.models import Department, Team, User

# What the mailbox begins with: enough to see who hears what, few enough to read.
SHOWN = 24
_READ_AFTER = timedelta(days=2)
_DELIVERED_AFTER = timedelta(seconds=7)
_PAUSE = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class Made:
    """How much there is of the demo company after seeding."""

    departments: int
    people: int
    teams: int
    requests: int
    messages: int

    def __str__(self) -> str:
        return (
            f"{self.people} people in {self.departments} departments, {self.teams} support teams, "
            f"{self.requests} customer requests, {self.messages} messages in the mailbox"
        )


def missing_stories() -> list[Story]:
    """The stories that were not told here yet; one query."""
    ids = {story.id for story in STORIES}
    told = set(CustomerRequest.objects.filter(pk__in=ids).values_list("pk", flat=True))
    return [story for story in STORIES if story.id not in told]


def seed() -> Made:
    """Make what is missing of the demo company."""
    now = timezone.now()
    make_company(today=timezone.localdate(now), phones=_stays_here(Channel.PUSH))
    people = {
        person.email.partition("@")[0]: person
        for person in User.objects.filter(email__endswith=f"@{DOMAIN}")
    }
    teams = {team.slug: team for team in Team.objects.filter(slug__in=TEAMS)}
    teller = Teller(people, teams, now)
    make_problem(people, teams["internet"], teller.calendars["internet"], now)
    with _nothing_sent():
        for story in missing_stories():
            teller.tell(story)
            _hold_back(story)
    make_leave(people, teller.calendars["mobiel"], now)
    ids = [story.id for story in STORIES]
    return Made(
        departments=Department.objects.count(),
        people=len(people),
        teams=len(teams),
        requests=CustomerRequest.objects.filter(pk__in=ids).count(),
        messages=_fill_mailbox(),
    )


def _stays_here(channel: Channel) -> bool:
    """Whether what goes over this channel ends in the mailbox of the embedded default."""
    provider = {
        Channel.EMAIL: settings.EMAIL_CONFIGURED,
        Channel.SMS: bool(settings.SMS_URL),
        Channel.PUSH: bool(settings.GOOGLE_APPLICATION_CREDENTIALS),
    }[channel]
    return bool(settings.EMBEDDED) and not provider


@contextmanager
def _nothing_sent() -> Iterator[None]:
    """Keep a worker that is running from sending what is made meanwhile.

    A pause that a provider asked for is put back as it was.
    """
    until = timezone.now() + _PAUSE
    before = dict(ChannelPause.objects.values_list("channel", "until"))
    for channel in Channel:
        ChannelPause.objects.update_or_create(channel=channel, defaults={"until": until})
    try:
        yield
    finally:
        ChannelPause.objects.filter(until=until).delete()
        for channel_name, earlier in before.items():
            ChannelPause.objects.get_or_create(channel=channel_name, defaults={"until": earlier})


@transaction.atomic
def _hold_back(story: Story) -> None:
    """Drop what would be sent, and keep what stays here for `_fill_mailbox`."""
    queued = Delivery.objects.filter(notification__subject_id=story.id, state=DeliveryState.QUEUED)
    sent_for_real = [channel for channel in Channel if not _stays_here(channel)]
    _drop(queued.filter(channel__in=sent_for_real))
    queued.update(due=timezone.now() + timedelta(hours=1))
    Notification.objects.filter(
        subject_id=story.id, user__isnull=False, created_at__lt=timezone.now() - _READ_AFTER
    ).update(read_at=F("created_at") + timedelta(hours=2))


def _drop(deliveries: "QuerySet[Delivery]") -> None:
    deliveries.update(
        state=DeliveryState.DROPPED, settled_at=F("created_at"), last_error="demo: not sent"
    )


def _fill_mailbox() -> int:
    """Deliver the newest messages to the mailbox, each at its own moment; returns how many."""
    queued = Delivery.objects.filter(
        notification__subject_id__in=[story.id for story in STORIES], state=DeliveryState.QUEUED
    )
    newest = list(queued.order_by("-created_at", "id")[:SHOWN])
    _drop(queued.exclude(pk__in=[delivery.pk for delivery in newest]))
    shown = 0
    for delivery in reversed(newest):
        began = timezone.now()
        Delivery.objects.filter(pk=delivery.pk).update(due=delivery.created_at)
        drain.send_these([str(delivery.pk)])
        arrived = delivery.created_at + _DELIVERED_AFTER
        Delivery.objects.filter(pk=delivery.pk).update(settled_at=arrived)
        shown += KeptCopy.objects.filter(
            at__gte=began, subject_id=delivery.notification.subject_id
        ).update(at=arrived)
    return shown
