"""The secret link by which a customer follows their request without an account."""

import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from server.problems import NotFound

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

VALID_AFTER_CLOSING = timedelta(days=90)
_SALT = "customer_requests.TrackingLink"


def hashed(token: str) -> str:
    return salted_hmac(_SALT, token, algorithm="sha256").hexdigest()


class TrackingLink(models.Model):
    """One link, stored only as a keyed hash of its token.

    Each message to a customer has a link of its own, because a token that is only kept as a hash
    cannot be sent again. All links of a request die together when the address changes.
    """

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="links"
    )
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = []

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    @transaction.atomic
    def mint(cls, request: "CustomerRequest") -> str:
        """A new link's token: 256 random bits, told once and never kept.

        Takes the address that the customer has now over into `request`, under the row's lock: a
        link must not go to an address whose links were just ended.
        """
        rows = type(request).objects.select_for_update(of=("self",)).filter(pk=request.pk)
        now = rows.values_list("customer_email", "customer_phone", "erased_at").get()
        request.customer_email, request.customer_phone, request.erased_at = now
        token = secrets.token_urlsafe(32)
        cls.objects.create(request=request, token_hash=hashed(token))
        return token

    @staticmethod
    def address(token: str) -> str:
        return f"{settings.BASE_URL}/t/{token}"

    @classmethod
    def example(cls) -> str:
        """An address as long as a real one, that opens nothing; for showing a message unsent."""
        return cls.address("x" * 43)

    @classmethod
    def open(cls, token: str) -> "CustomerRequest":
        """The request behind a token; NotFound where it is wrong, revoked or expired alike."""
        link = (
            cls.objects.filter(token_hash=hashed(token), revoked_at=None)
            .select_related(
                "request__topic",
                "request__team",
                "request__agent",
                "request__employee",
                "request__merged_into",
            )
            .first()
        )
        if link is None:
            raise NotFound
        closed_at = link.request.closed_at
        if link.request.erased_at or (
            closed_at and closed_at + VALID_AFTER_CLOSING < timezone.now()
        ):
            raise NotFound
        return link.request

    @classmethod
    def revoke_all(cls, request: "CustomerRequest") -> None:
        cls.objects.filter(request=request, revoked_at=None).update(revoked_at=timezone.now())
