"""The ways to reach someone, behind one interface: parcels in, results out, in order.

A channel sends each parcel once and says what came of it; when to try again is the outbox's rule.
"""

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notifications.kinds import Letter
    from notifications.models import Delivery


class Verdict(enum.Enum):
    """What came of one attempt."""

    SENT = "sent"
    KEPT = "kept"  # no provider: shown in the mailbox instead
    NOBODY = "nobody"  # there is nobody at this address any more
    RETRY = "retry"  # may work later
    REFUSED = "refused"  # the receiving side says no for good
    REJECTED = "rejected"  # what we made can't be sent: our mistake


@dataclass(frozen=True, slots=True)
class Result:
    """One attempt. `reason` is a code or class name, never an address, a token or a text.

    `pause` stops the whole channel; `drop_device` and `switch_off` say what the push service
    told us about the device.
    """

    verdict: Verdict
    provider_id: str = ""
    reason: str = ""
    retry_after: timedelta | None = None
    pause: timedelta | None = None
    drop_device: bool = False
    switch_off: bool = False


@dataclass(frozen=True, slots=True)
class Parcel:
    """A claimed delivery with its words."""

    delivery: "Delivery"
    letter: "Letter"


def send(channel: str, parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Result]]:
    """Send parcels over one channel; yields each with its result as soon as it is known."""
    from notifications.channels import email, pushes, sms

    senders = {"email": email.send, "sms": sms.send, "push": pushes.send}
    return senders[channel](parcels)
