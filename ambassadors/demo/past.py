"""When things happened in the demo company, and putting what the verbs wrote there.

The verbs write the present (docs/decisions/0002), so what they made gets its moment afterwards.
"""

import uuid
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from ambassadors.models.headcount import after, begin, month_of, zone
from notifications.models import Delivery, DeliveryState, Notification
from server.accounts.models import User

DOMAIN = "demo.example"
_READ_AFTER = timedelta(days=2)
_INSTANT = timedelta(microseconds=1)


def people() -> Mapping[str, User]:
    """The demo people who work here, by the part of their address before the @."""
    rows = User.objects.filter(email__endswith=f"@{DOMAIN}", is_active=True).order_by("email")
    return {person.email.partition("@")[0]: person for person in rows}


def in_month(ago: int, part: float) -> datetime:
    """A moment of the month so many months ago: its beginning at 0, its end (or now) at 1.

    By day where that has passed already: nobody here publishes at night.
    """
    month = month_of()
    for _each in range(ago):
        month = month_of(begin(month) - _INSTANT)
    now = timezone.now()
    first, last = begin(month), min(begin(after(month)), now)
    moment = first + (last - first) * part
    local = moment.astimezone(zone())
    by_day = local.replace(hour=9 + local.minute % 8, second=0, microsecond=0)
    return by_day if first <= by_day < last else moment


@transaction.atomic
def told(subjects: Collection[uuid.UUID], at: datetime) -> None:
    """What was told of these was told then; it is read where that is long ago, and not sent."""
    rows = Notification.objects.filter(subject_id__in=subjects)
    Delivery.objects.filter(notification__in=rows, state=DeliveryState.QUEUED).update(
        state=DeliveryState.DROPPED, settled_at=at, created_at=at, last_error="demo: not sent"
    )
    rows.update(created_at=at)
    if at < timezone.now() - _READ_AFTER:
        rows.update(read_at=F("created_at") + timedelta(hours=2))
