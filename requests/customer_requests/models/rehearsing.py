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
class Story:
    """What a verb writes on one request. A `copy` is for the employee of a request that was merged
    into the one where it was written.
    """

    request: Any
    entries: Sequence[Entry]
    copy: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """What followed from a verb: what it wrote where, that of the request itself first, and who was
    told what over which channels.
    """

    stories: Sequence[Story]
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

    def _tell(self, *entries: Entry, **more: Any) -> None:
        super()._tell(*entries, **more)
        if self.__dict__.get("_rehearsing"):
            written = [(self, entries), *more.get("beside", ())]
            raise _Rehearsed(self._told([Story(*each) for each in written]))

    def _told(self, written: Sequence[Story]) -> Told:
        """Read within the transaction of the verb; links are examples, none is made."""
        copies: dict[uuid.UUID, list[Entry]] = {}
        here = {entry.pk for story in written for entry in story.entries}
        copied = [pk for pk in self.__dict__.pop("_copied") if pk not in here]
        made = Entry.objects.to_read().filter(pk__in=copied)
        for entry in made.select_related("request__employee").order_by("request_id", "number"):
            copies.setdefault(entry.request_id, []).append(entry)
        others = (Story(rows[0].request, rows, copy=True) for rows in copies.values())
        stories = [*written, *others]
        notifications = Notification.objects.filter(
            entry_id__in=[entry.pk for story in stories for entry in story.entries]
        ).select_related("user")
        deliveries = Delivery.objects.filter(notification__in=notifications).select_related(
            "notification", "device"
        )
        return Told(
            stories,
            list(notifications),
            list(deliveries),
            kinds.compose(list(notifications), to_send=False),
        )
