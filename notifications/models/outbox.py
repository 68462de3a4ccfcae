"""The outbox: the rows that say what still has to be told, and to whom it was told."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from notifications.models.devices import Device
from server.accounts.models import User


class Channel(models.TextChoices):
    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"


class Notification(models.Model):
    """One thing told to one recipient: an employee's inbox item, or a message to a customer.

    Content is ids; words are made when it is read or sent. `user` is empty where the recipient is
    the customer of the request `subject_id`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(
        User, null=True, on_delete=models.CASCADE, related_name="notifications"
    )
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField()
    entry_id = models.UUIDField(null=True)
    dedupe_key = models.CharField(max_length=160, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "-created_at", "-id"], name="notification_inbox"),
            models.Index(fields=["subject_id"], name="notification_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DeliveryState(models.TextChoices):
    QUEUED = "queued"
    SENT = "sent"
    KEPT = "kept"  # the channel has no provider here
    DROPPED = "dropped"  # nobody to send it to any more: device gone, person left, text erased
    DEAD = "dead"  # given up; visible, and can be sent again


class Delivery(models.Model):
    """One notification over one channel to one address: the outbox row.

    Claimed by setting `lease` to a moment in the future and raising `attempts`; a claim that runs
    out is anyone's. `address_hash` counts SMS per number without keeping the number.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    notification = models.ForeignKey(
        Notification, on_delete=models.CASCADE, related_name="deliveries"
    )
    channel = models.CharField(max_length=8, choices=Channel.choices)
    device = models.ForeignKey(
        Device, null=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    dedupe_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(
        max_length=8, choices=DeliveryState.choices, default=DeliveryState.QUEUED
    )
    due = models.DateTimeField(default=timezone.now)
    lease = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    settled_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    last_error = models.CharField(max_length=300, blank=True)
    address_hash = models.CharField(max_length=64, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due", "id"],
                name="delivery_to_send",
                condition=models.Q(state="queued"),
            ),
            models.Index(
                fields=["-created_at", "-id"],
                name="delivery_dead",
                condition=models.Q(state="dead"),
            ),
            models.Index(
                fields=["address_hash", "created_at"],
                name="delivery_per_number",
                condition=~models.Q(address_hash=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel} {self.pk}"


class ChannelPause(models.Model):
    """A channel on which nothing is sent for a while, because its provider asked for that."""

    channel = models.CharField(max_length=8, primary_key=True, choices=Channel.choices)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.channel} until {self.until:%Y-%m-%dT%H:%M:%SZ}"
