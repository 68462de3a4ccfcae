"""Certificates for whoever has their address: employers, networks, and programs that check them."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from pydantic import ConfigDict, Field

from ambassadors import credentials
from ambassadors.models import Certificate, IssuerKey
from server.problems import NotFound
from server.rates import LinkRate

router = Router(tags=["Champions"], auth=None, throttle=[LinkRate()])


class LinkedDataOut(Schema):
    """A document of the W3C's and 1EdTech's standards (JSON-LD), with all that those ask for."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "example": {
                "@context": [*credentials.CONTEXT],
                "id": "https://help.example.org/api/v1/certificates/"
                "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
                "type": ["VerifiableCredential", "OpenBadgeCredential"],
            }
        },
    )
    context: list[str] = Field(alias="@context")
    id: str
    type: list[str]


class CertificateStateOut(Schema):
    """What of a certificate changes: whether it holds now."""

    state: str
    state_label: str
    replaced_by: str | None = Field(description="The address of the one issued in its place.")


@router.get(
    "/issuer",
    response={200: LinkedDataOut},
    operation_id="get_issuer",
    summary="Who issues the certificates, with the keys to check them with",
)
def get_issuer(request: HttpRequest) -> HttpResponse:
    """The profile of Open Badges 3.0, for anybody."""
    keys = IssuerKey.objects.order_by("made_at").values_list("pk", flat=True)
    return _linked_data(credentials.issuer_profile(keys))


@router.get(
    "/status/{int:number}",
    response={200: LinkedDataOut},
    operation_id="get_status_list",
    summary="Which certificates were revoked, as a list of bits",
)
def get_status_list(request: HttpRequest, number: int) -> HttpResponse:
    """A signed Bitstring Status List (W3C), for anybody."""
    revoked, since = Certificate.revoked_in_list(number)
    if since is None:
        raise NotFound
    listed = credentials.status_list(number, revoked, since)
    return _linked_data(IssuerKey.current().sign(listed, since))


@router.get(
    "/{uuid:certificate_id}",
    response={200: LinkedDataOut},
    operation_id="get_certificate",
    summary="A certificate, signed, for whoever has its address",
)
def get_certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """An Open Badges 3.0 credential with a Data Integrity proof (eddsa-jcs-2022). It stays what
    it was when it was issued: `validUntil` and the list of `credentialStatus` say whether it holds.
    404 once its name is told to nobody any more: another was issued in its place, or its holder
    has left.
    """
    held = get_object_or_404(Certificate.objects.shown().select_related("user"), pk=certificate_id)
    if not held.holder:
        raise NotFound
    return _linked_data(held.credential)


@router.get(
    "/{uuid:certificate_id}/status",
    response=CertificateStateOut,
    operation_id="get_certificate_status",
    summary="Whether a certificate holds now",
)
def get_certificate_status(request: HttpRequest, certificate_id: UUID) -> dict[str, Any]:
    """valid, expired, revoked, replaced (by another) or ended (its holder has left); for whoever
    has its address. 404 a year after its end.
    """
    held = get_object_or_404(Certificate.objects.shown().select_related("user"), pk=certificate_id)
    replaced = held.replacement
    return {
        "state": held.state,
        "state_label": str(held.state.label),
        "replaced_by": replaced and credentials.address(replaced.pk),
    }


def _linked_data(document: dict[str, Any]) -> HttpResponse:
    """For scripts of any site too: who checks a certificate in a browser needs it, the keys and
    the list of revoked ones. They are public, and whose session it is plays no part in them.
    """
    response = JsonResponse(document, content_type="application/ld+json")
    response["Access-Control-Allow-Origin"] = "*"
    return response
