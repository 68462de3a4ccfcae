"""Pushes through FCM: from parcels to the sender, and from its outcomes to results."""

import functools
import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Literal, cast

from django.conf import settings

from notifications.channels import Parcel, Result, Verdict
from notifications.channels.kept import keep
from notifications.channels.push import Outcome, Push, PushSender
from notifications.channels.push import Verdict as Fcm

logger = logging.getLogger(__name__)

TTL = timedelta(days=7)
_lock = threading.Lock()


def send(parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Result]]:
    if not settings.GOOGLE_APPLICATION_CREDENTIALS:
        for parcel in parcels:
            _keep(parcel)
            yield parcel, Result(Verdict.KEPT)
        return
    with _lock:
        sender = _sender(str(settings.GOOGLE_APPLICATION_CREDENTIALS), settings.FCM_BASE_URL)
    outcomes = sender.send([_push(parcel) for parcel in parcels])
    for parcel, outcome in zip(parcels, outcomes, strict=True):
        yield parcel, _result(outcome)


@functools.cache
def _sender(credentials: str, base_url: str) -> PushSender:
    return PushSender(credentials, base_url)


def _push(parcel: Parcel) -> Push:
    delivery, letter = parcel.delivery, parcel.letter
    device = delivery.device
    if device is None:
        raise ValueError("a push without a device is not sent")
    return Push(
        delivery_id=str(delivery.pk),
        target=device.token,
        target_kind=cast(Literal["token", "fid"], device.target_kind),
        platform=cast(Literal["android", "ios", "web"], device.platform),
        title=letter.push_title,
        body=letter.push_body,
        data={"notification_id": str(delivery.notification_id), **letter.data},
        ttl=TTL,
    )


def _keep(parcel: Parcel) -> None:
    letter, delivery = parcel.letter, parcel.delivery
    keep(
        channel="push",
        name=letter.name,
        address=letter.email,
        title=letter.push_title,
        text=letter.push_body,
        subject_id=delivery.notification.subject_id,
        data={
            "delivery_id": str(delivery.pk),
            "notification_id": str(delivery.notification_id),
            **letter.data,
        },
    )


def _result(outcome: Outcome) -> Result:
    """What the outbox does with FCM's answer; see docs/decisions/0003-push-sender.md."""
    match outcome.verdict:
        case Fcm.SENT:
            return Result(Verdict.SENT, provider_id=outcome.provider_id)
        case Fcm.GONE:
            return Result(Verdict.NOBODY, reason=outcome.reason, drop_device=True)
        case Fcm.MISMATCH:
            return Result(Verdict.NOBODY, reason=outcome.reason, switch_off=True)
        case Fcm.ALERT:
            logger.error("FCM does not accept our credentials", extra={"reason": outcome.reason})
            return Result(Verdict.RETRY, reason=outcome.reason, retry_after=timedelta(minutes=5))
        case Fcm.PAUSE:
            wait = outcome.retry_after or timedelta(seconds=60)
            return Result(Verdict.RETRY, reason=outcome.reason, retry_after=wait, pause=wait)
        case Fcm.REJECTED:
            return Result(Verdict.REJECTED, reason=outcome.reason)
        case Fcm.RETRY | Fcm.AMBIGUOUS:
            # An ambiguous push is sent again: the app drops a double by its delivery id, and
            # someone who waits for news would rather see it twice than not.
            return Result(Verdict.RETRY, reason=outcome.reason, retry_after=outcome.retry_after)
