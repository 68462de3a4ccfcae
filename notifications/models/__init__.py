"""What is told to whom, and how that went."""

from notifications.models.devices import Device
from notifications.models.feed import Change, ChangeKind, Feed
from notifications.models.kept import KeptCopy
from notifications.models.outbox import Channel, ChannelPause, Delivery, DeliveryState, Notification
from notifications.models.periodic import PeriodicRun
from notifications.models.preferences import Preferences

__all__ = [
    "Change",
    "ChangeKind",
    "Channel",
    "ChannelPause",
    "Delivery",
    "DeliveryState",
    "Device",
    "Feed",
    "KeptCopy",
    "Notification",
    "PeriodicRun",
    "Preferences",
]
