"""SMS through apprise, which speaks to some forty services by one address.

apprise gives no provider id and one answer, yes or no, so a no is tried again by the outbox.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import quote

import apprise
from django.conf import settings
from django.utils import timezone

from notifications.channels import Parcel, Result, Verdict
from notifications.channels.kept import keep
from notifications.models import Delivery, DeliveryState

# The alphabet of GSM 03.38: what is in it takes 7 bits, and what is in the second row twice that.
_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = set("^{}\\[~]|€\f")


def parts(text: str) -> int:
    """How many SMS this text takes: 160 characters fit in one, or 70 where one of them is not in
    the alphabet of GSM 03.38 (an ë is not); joined ones are a little shorter.
    """
    if set(text) <= _GSM | _GSM_TWICE:
        length, one, each = len(text) + sum(mark in _GSM_TWICE for mark in text), 160, 153
    else:
        length, one, each = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= one else math.ceil(length / each)


def send(parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Result]]:
    for parcel in parcels:
        yield parcel, _send_one(parcel)


def _send_one(parcel: Parcel) -> Result:
    if _too_many(parcel.delivery):
        # Our own limit, which says nothing about the number; later there may be room again.
        wait = timedelta(hours=1)
        return Result(Verdict.RETRY, reason="too many SMS to this number today", retry_after=wait)
    letter = parcel.letter
    if not settings.SMS_URL and not settings.EMBEDDED:
        return Result(Verdict.RETRY, reason="SMS_URL is not set")
    if not settings.SMS_URL:
        keep(
            channel="sms",
            name=letter.name,
            address=letter.phone,
            title="",
            text=letter.sms,
            subject_id=parcel.delivery.notification.subject_id,
        )
        return Result(Verdict.KEPT)
    service = apprise.Apprise()
    if not service.add(settings.SMS_URL.replace("{to}", quote(letter.phone, safe=""))):
        return Result(Verdict.REJECTED, reason="SMS_URL is not an address that apprise knows")
    if service.notify(body=letter.sms, body_format=apprise.NotifyFormat.TEXT):
        return Result(Verdict.SENT)
    return Result(Verdict.RETRY, reason="the SMS service did not accept it")


def _too_many(delivery: Delivery) -> bool:
    """Whether this number had its share of today; a stolen account must not flood a phone."""
    if not delivery.address_hash:
        return False
    sent = Delivery.objects.filter(
        address_hash=delivery.address_hash,
        created_at__gte=timezone.now() - timedelta(days=1),
        state__in=[DeliveryState.SENT, DeliveryState.KEPT],
    )
    return sent.count() >= settings.SMS_PER_NUMBER_PER_DAY
