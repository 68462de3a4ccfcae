"""What a mail service tells us afterwards: a mail that was accepted and then came back.

A mail server says no while we are sending. A mail service accepts first and calls our webhook
later, which django-anymail checks and turns into one kind of event for all services.
"""

import uuid
from typing import Any

from anymail.signals import AnymailTrackingEvent, EventType, tracking
from django.db import transaction
from django.utils import timezone

from notifications import drain
from notifications.models import Channel, Delivery, DeliveryState

_CAME_BACK = {EventType.BOUNCED, EventType.REJECTED, EventType.COMPLAINED}


def listen() -> None:
    """Hear of every tracking event; django-anymail tells them by a signal and in no other way."""
    tracking.connect(mail_came_back, dispatch_uid="notifications.bounces")


def mail_came_back(sender: object, event: AnymailTrackingEvent, **_: Any) -> None:
    """Give the delivery up and tell who has to know; a repeat of the same news does nothing."""
    if event.event_type not in {*_CAME_BACK, EventType.FAILED}:
        return
    delivery = _delivery(event)
    if delivery is None:
        return
    reason = _reason(event)
    with transaction.atomic():
        if event.event_type != EventType.FAILED:
            drain.tell_of_address(delivery, reason)
        changed = (
            Delivery.objects.filter(pk=delivery.pk)
            .exclude(state__in=[DeliveryState.DEAD, DeliveryState.DROPPED])
            .update(
                state=DeliveryState.DEAD,
                settled_at=timezone.now(),
                lease=None,
                last_error=reason,
            )
        )
    if changed:
        drain.log_dead(delivery, reason)


def _delivery(event: AnymailTrackingEvent) -> Delivery | None:
    """The mail that it is about: by what we sent along, else by the service's own id."""
    mails = Delivery.objects.filter(channel=Channel.EMAIL).select_related("notification")
    try:
        key = uuid.UUID(str((event.metadata or {}).get("delivery", "")))
    except ValueError:
        return mails.filter(provider_id=event.message_id).first() if event.message_id else None
    return mails.filter(pk=key).first()


def _reason(event: AnymailTrackingEvent) -> str:
    """A code; the service's own sentence may name the address."""
    return f"{event.event_type}: {event.reject_reason or 'no reason given'}"[:300]
