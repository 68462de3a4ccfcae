"""The only door to notifications: `put` writes rows in the caller's transaction.

What is put commits or rolls back together with the fact that it tells of. Sending is another
process's work (`notifications.drain`); `on_commit` only nudges it.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from notifications import kinds
from notifications.models import Change, Channel, Delivery, Device, Notification, Preferences
from notifications.models.feed import Changed, ChangeKind
from notifications.nudge import nudge
from server.accounts.models import User


@dataclass(frozen=True, slots=True)
class ToUser:
    """An employee: an inbox item, a push to each device, an e-mail where they want one."""

    user: User


@dataclass(frozen=True, slots=True)
class ToCustomer:
    """The customer of the request in `subject_id`, over the channel that they chose."""

    channel: str
    address: str


@dataclass(frozen=True, slots=True)
class Message:
    """One thing to tell one recipient about one object (`subject_id`) and its `entry_id`.

    A quiet one only waits in the inbox: nothing is sent to somebody who is away.
    """

    kind: str
    to: ToUser | ToCustomer
    subject_id: uuid.UUID
    entry_id: uuid.UUID
    quiet: bool = False

    @property
    def dedupe_key(self) -> str:
        recipient = self.to.user.pk if isinstance(self.to, ToUser) else "customer"
        return f"{self.kind}:{self.entry_id}:{recipient}"


class OutsideTransaction(RuntimeError):
    """`put` was called where its rows would not commit together with the fact."""


def put(messages: Sequence[Message], changes: Iterable[Changed] = ()) -> None:
    """Write what has to be told, and what has changed in whose feed; last act of a verb.

    Raises OutsideTransaction when there is no transaction to be part of, IntegrityError when the
    same thing was told to the same recipient before.
    """
    if not connection.in_atomic_block:
        raise OutsideTransaction("outbox.put belongs inside the transaction of its verb")
    notifications = [_notification(message) for message in messages]
    deliveries: list[Delivery] = []
    users = [message.to.user for message in messages if isinstance(message.to, ToUser)]
    devices, choices = _devices(users), _choices(users)
    for message, notification in zip(messages, notifications, strict=True):
        if message.quiet:
            continue
        if isinstance(message.to, ToUser):
            user = message.to.user
            chosen = choices.get(user.pk) or Preferences(user=user)
            deliveries += _to_user(notification, chosen, devices.get(user.pk, []), user)
        else:
            deliveries.append(_to_customer(notification, message.to))
    Notification.objects.bulk_create(notifications)
    Delivery.objects.bulk_create(deliveries)
    Change.record(
        [
            *changes,
            *(
                Changed(notification.user_id, ChangeKind.INBOX, notification.pk)
                for notification in notifications
                if notification.user_id is not None and kinds.get(notification.kind).inbox
            ),
        ]
    )
    ids = [str(delivery.pk) for delivery in deliveries]
    if ids:
        # A lambda: on Django 5.2 a failing robust functools.partial raises AttributeError.
        transaction.on_commit(lambda: nudge(ids), robust=True)


def address_hash(address: str) -> str:
    """A number as it is counted: enough to cap it, not to read it."""
    return salted_hmac("notifications.address", address, algorithm="sha256").hexdigest()


def _notification(message: Message) -> Notification:
    return Notification(
        user=message.to.user if isinstance(message.to, ToUser) else None,
        kind=message.kind,
        subject_id=message.subject_id,
        entry_id=message.entry_id,
        dedupe_key=message.dedupe_key,
    )


def _devices(users: Sequence[User]) -> dict[uuid.UUID, list[Device]]:
    found: dict[uuid.UUID, list[Device]] = {}
    if users:
        for device in Device.objects.filter(user__in=users, off_since=None):
            found.setdefault(device.user_id, []).append(device)
    return found


def _choices(users: Sequence[User]) -> dict[uuid.UUID, Preferences]:
    if not users:
        return {}
    rows = Preferences.objects.filter(user__in=users).select_related("user")
    return {row.user_id: row for row in rows}


def _to_user(
    notification: Notification, chosen: Preferences, devices: list[Device], user: User
) -> list[Delivery]:
    kind = kinds.get(notification.kind)
    rows: list[Delivery] = []
    if chosen.wants(kind.name, "push", default=kind.push):
        now = timezone.now()
        due = now if kind.urgent else chosen.not_before(now)
        rows += [
            Delivery(
                notification=notification,
                channel=Channel.PUSH,
                device=device,
                due=due,
                # How long it is tried counts from when it may be sent, not from before the night.
                created_at=due,
                dedupe_key=f"{notification.dedupe_key}:push:{device.pk}",
            )
            for device in devices
        ]
    if chosen.wants(kind.name, "email", default=kind.email):
        rows.append(
            Delivery(
                notification=notification,
                channel=Channel.EMAIL,
                dedupe_key=f"{notification.dedupe_key}:email",
            )
        )
    return rows


def _to_customer(notification: Notification, to: ToCustomer) -> Delivery:
    return Delivery(
        notification=notification,
        channel=to.channel,
        dedupe_key=f"{notification.dedupe_key}:{to.channel}",
        address_hash=address_hash(to.address) if to.channel == Channel.SMS else "",
    )
