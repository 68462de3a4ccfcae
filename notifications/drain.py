"""Sends what is in the outbox. Any number of processes may do this at the same time.

claim (one short transaction) -> compose and send (no transaction open) -> settle. A process that
dies in between leaves a lease that runs out after LEASE, and another one sends it again: at least
once, and as near to once as the channel allows.
"""

import logging
import random
import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, Q
from django.utils import timezone

from notifications import channels, kinds
from notifications.channels import Parcel, Result, Verdict
from notifications.kinds import Letter
from notifications.models import (
    Channel,
    ChannelPause,
    Delivery,
    DeliveryState,
    Device,
)

logger = logging.getLogger(__name__)

BATCH = 100
LEASE = timedelta(seconds=60)
# What is left of a batch by then goes back, so that no lease runs out while it is being sent.
BATCH_BUDGET_SECONDS = 30.0

GIVE_UP_AFTER = {
    Channel.EMAIL: timedelta(hours=72),
    Channel.SMS: timedelta(hours=24),
    Channel.PUSH: timedelta(minutes=60),
}
FIRST_WAIT = {
    Channel.EMAIL: timedelta(minutes=1),
    Channel.SMS: timedelta(minutes=1),
    Channel.PUSH: timedelta(seconds=10),
}
LONGEST_WAIT = timedelta(hours=4)


def send_due(limit: int = BATCH) -> int:
    """Send what is due now, up to `limit` deliveries. Returns how many were claimed."""
    return _send(_claim(Q(), limit))


def send_these(delivery_ids: Sequence[str]) -> int:
    """Send these deliveries as far as they are due and nobody else has them."""
    return _send(_claim(Q(pk__in=delivery_ids), len(delivery_ids)))


def _claim(which: Q, limit: int) -> list[Delivery]:
    now = timezone.now()
    with transaction.atomic():
        paused = ChannelPause.objects.filter(until__gt=now).values_list("channel", flat=True)
        ids = list(
            Delivery.objects.select_for_update(skip_locked=True)
            .filter(which, state=DeliveryState.QUEUED, due__lte=now)
            .filter(Q(lease=None) | Q(lease__lte=now))
            .exclude(channel__in=list(paused))
            .order_by("due", "id")
            .values_list("pk", flat=True)[:limit]
        )
        if not ids:
            return []
        Delivery.objects.filter(pk__in=ids).update(lease=now + LEASE, attempts=F("attempts") + 1)
    claimed = Delivery.objects.filter(pk__in=ids).select_related(
        "notification__user", "device__user"
    )
    return list(claimed.order_by("due", "id"))


def _send(claimed: list[Delivery]) -> int:
    started = time.monotonic()
    for channel in (Channel.PUSH, Channel.SMS, Channel.EMAIL):
        group = [delivery for delivery in claimed if delivery.channel == channel]
        if group:
            _send_group(channel, group, started)
    return len(claimed)


def _send_group(channel: Channel, group: list[Delivery], started: float) -> None:
    letters = _compose(group)
    sendable: list[Parcel] = []
    for delivery in group:
        letter = letters.get(delivery.notification_id)
        if letter is None or _nobody_home(delivery, letter):
            _settle(delivery, Result(Verdict.NOBODY, reason="nobody to send it to"))
        elif isinstance(letter, Exception):
            _settle(delivery, Result(Verdict.REJECTED, reason=type(letter).__name__))
        else:
            sendable.append(Parcel(delivery, letter))
    settled = 0
    try:
        results = channels.send(channel, sendable)
        if channel == Channel.PUSH:
            # They leave all at once: when the first outcome is known, all are.
            _settle_together(list(results))
            return
        for parcel, result in results:
            _settle(parcel.delivery, result)
            settled += 1
            if time.monotonic() - started > BATCH_BUDGET_SECONDS:
                _give_back([late.delivery for late in sendable[settled:]])
                return
    except (OperationalError, InterfaceError):
        raise  # our own database is away: nothing can be settled, the leases run out
    except Exception as error:  # a channel that is broken as a whole must not stop the others
        logger.exception("a channel failed", extra={"channel": channel})
        for late in sendable[settled:]:
            _settle(late.delivery, Result(Verdict.RETRY, reason=type(error).__name__))


def _compose(group: list[Delivery]) -> dict[uuid.UUID, Letter | Exception]:
    """The letters of a group; when one can't be made, only that one is lost."""
    notifications = {row.notification_id: row.notification for row in group}
    try:
        return dict(kinds.compose(list(notifications.values()), to_send=True))
    except Exception:
        logger.exception("a letter could not be made")
    letters: dict[uuid.UUID, Letter | Exception] = {}
    for key, notification in notifications.items():
        try:
            letters |= kinds.compose([notification], to_send=True)
        except Exception as error:  # whatever a composer raises: a poison message, not a full stop
            letters[key] = error
    return letters


def _nobody_home(delivery: Delivery, letter: Letter | Exception) -> bool:
    user = delivery.notification.user
    if user is not None and not user.is_active:
        return True
    if isinstance(letter, Exception):
        return False
    if delivery.channel == Channel.PUSH:
        device = delivery.device
        # A phone that was handed to a colleague must not show what was meant for the first owner.
        return device is None or device.off_since is not None or device.user != user
    return not (letter.email if delivery.channel == Channel.EMAIL else letter.phone)


def _give_back(late: list[Delivery]) -> None:
    Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in late], state=DeliveryState.QUEUED
    ).update(lease=None, attempts=F("attempts") - 1)


def next_due(
    channel: Channel, attempts: int, created_at: datetime, now: datetime, asked: timedelta | None
) -> datetime | None:
    """When to try again after `attempts` tries; None when it is time to give up.

    Doubles from FIRST_WAIT to LONGEST_WAIT with a third of jitter; waits at least what the
    provider asked for.
    """
    wait = min(FIRST_WAIT[channel] * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    wait += wait * random.uniform(0, 0.33)  # noqa: S311 - spreads retries, guards nothing
    due = now + max(wait, asked or timedelta())
    return due if due < created_at + GIVE_UP_AFTER[channel] else None


def _settle_together(results: list[tuple[Parcel, Result]]) -> None:
    """Settle what has already left, so that little is sent again when we are killed now.

    In one transaction those that touch nothing but their own row; the others could make two
    senders wait for each other, and go one by one.
    """
    simple = {Verdict.SENT, Verdict.KEPT}
    with transaction.atomic():
        for parcel, result in results:
            if result.verdict in simple:
                _settle(parcel.delivery, result)
    for parcel, result in results:
        if result.verdict not in simple:
            _settle(parcel.delivery, result)


def _settle(delivery: Delivery, result: Result) -> None:
    """Write down how a delivery went, and what follows from it."""
    now = timezone.now()
    facts: dict[str, object] = {"lease": None, "last_error": result.reason[:300]}
    state: DeliveryState | None
    match result.verdict:
        case Verdict.SENT:
            state = DeliveryState.SENT
        case Verdict.KEPT:
            state = DeliveryState.KEPT
        case Verdict.NOBODY:
            state = DeliveryState.DROPPED
        case Verdict.REJECTED | Verdict.REFUSED:
            state = DeliveryState.DEAD
        case Verdict.RETRY:
            channel = Channel(delivery.channel)
            due = next_due(channel, delivery.attempts, delivery.created_at, now, result.retry_after)
            state = None if due else DeliveryState.DEAD
            if due:
                facts["due"] = due
    if state:
        facts |= {"state": state, "settled_at": now, "provider_id": result.provider_id[:200]}
    with transaction.atomic():
        if state == DeliveryState.DEAD and result.verdict == Verdict.REFUSED:
            tell_of_address(delivery, result.reason)
        changed = Delivery.objects.filter(pk=delivery.pk, state=DeliveryState.QUEUED).update(
            **facts
        )
        if result.pause:
            ChannelPause.objects.update_or_create(
                channel=delivery.channel, defaults={"until": now + result.pause}
            )
        if delivery.device is not None:
            # By token: the phone may have sent a new one since, and that one is good.
            device = Device.objects.filter(pk=delivery.device.pk, token=delivery.device.token)
            if result.drop_device:
                device.delete()
            elif result.switch_off:
                device.update(off_since=now, off_reason=result.reason[:40])
    if state == DeliveryState.DEAD and changed:
        log_dead(delivery, result.reason)


def log_dead(delivery: Delivery, reason: str) -> None:
    logger.error(
        "delivery given up",
        extra={"delivery": str(delivery.pk), "channel": delivery.channel, "reason": reason},
    )


def tell_of_address(delivery: Delivery, reason: str) -> None:
    """Let the feature know that this customer's address does not work.

    Call it inside the transaction that gives the delivery up and before the delivery's row is
    touched: erasing locks the request first and its deliveries second, and so does this. Only an
    address that was refused is at fault; an outage of ours is not.
    """
    notification = delivery.notification
    failed = kinds.get(notification.kind).failed
    still_queued = Delivery.objects.filter(pk=delivery.pk).exclude(state=DeliveryState.DEAD)
    if failed and notification.user_id is None and still_queued.exists():
        failed(notification, reason)


def send_again(deliveries: Sequence[Delivery]) -> int:
    """Put dead deliveries back in the queue with a fresh start; returns how many."""
    now = timezone.now()
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=DeliveryState.DEAD
    ).update(
        state=DeliveryState.QUEUED,
        due=now,
        created_at=now,
        lease=None,
        attempts=0,
        settled_at=None,
        last_error="",
    )
