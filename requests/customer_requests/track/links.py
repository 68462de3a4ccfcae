"""From a link to its request, and a brake on guessing links."""

from django.conf import settings
from django.http import HttpRequest

from customer_requests.models import CustomerRequest, TrackingLink
from server.problems import NotFound, TooFast
from server.rates import address_of, hit


def open_link(request: HttpRequest, token: str) -> CustomerRequest:
    """The request behind a token; the same NotFound for wrong, expired and revoked.

    Who tries many wrong tokens has to wait; a right one is not counted.
    """
    who = address_of(request)
    if wait := hit("wrong-link", who, settings.RATE_LIMIT_WRONG_LINK, count=0):
        raise TooFast(retry_after=wait)
    try:
        return TrackingLink.open(token)
    except NotFound:
        hit("wrong-link", who, settings.RATE_LIMIT_WRONG_LINK)
        raise
