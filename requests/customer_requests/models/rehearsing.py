"""Seeing what a verb would tell before it is done."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from customer_requests.models.drafting import Drafting
from customer_requests.models.entry import Entry
from notifications import kinds
from notifications.kinds import Letter
from notifications.models import Delivery, Notification


@dataclass(frozen=True, slots=True)
class Told:
    """What followed from a verb: its entries, and who was told what over which channels."""

    entries: Sequence[Entry]
    notifications: Sequence[Notification]
    deliveries: Sequence[Delivery]
    letters: Mapping[uuid.UUID, Letter]


class _Rehearsed(Exception):
    """Ends a verb after its last act, so that its own transaction takes everything back."""

    def __init__(self, told: Told) -> None:
        super().__init__()
        self.told = told


class Rehearsing(Drafting):
    class Meta:
        abstract = True

    def rehearse(self, act: Callable[[Self], Any]) -> Told | None:
        """What `act` (one verb) would tell; nothing of it stays. None where it tells nothing.

        The verb itself runs up to its last act, with its own rules and its own letters, and is then
        rolled back: no second copy of either, and what is shown is what will be sent. Raises
        whatever the verb refuses with.
        """
        self.__dict__["_rehearsing"] = True
        try:
            act(self)
        except _Rehearsed as seen:
            return seen.told
        finally:
            self.__dict__.pop("_rehearsing", None)
        return None

    def _tell(self, *entries: Entry, **beside: Any) -> None:
        super()._tell(*entries, **beside)
        if self.__dict__.get("_rehearsing"):
            raise _Rehearsed(self._told(entries))

    def _told(self, entries: Sequence[Entry]) -> Told:
        """Read within the transaction of the verb; links are examples, none is made."""
        notifications = Notification.objects.filter(
            entry_id__in=[entry.pk for entry in entries]
        ).select_related("user")
        deliveries = Delivery.objects.filter(notification__in=notifications).select_related(
            "notification", "device"
        )
        return Told(
            entries,
            list(notifications),
            list(deliveries),
            kinds.compose(list(notifications), to_send=False),
        )
