"""The page of a certificate, for whoever gets its address from the holder."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.http import require_GET

from ambassadors import credentials
from ambassadors.models import Certificate
from ambassadors.months import company_zone, last_day


@require_GET
def certificate(request: HttpRequest, certificate_id: UUID) -> HttpResponse:
    """Who holds it, for what, and whether it holds now. The name is the one that was signed, and
    is not told any more where another was issued in its place or its holder has left.
    """
    rows = Certificate.objects.shown().select_related("version", "course", "user")
    held = get_object_or_404(rows, pk=certificate_id)
    document = held.version.document
    language = translation.get_language() or document.language
    replacement = held.replacement
    context = {
        "held": held,
        "state": held.state,
        "holder": held.holder,
        "replacement_url": replacement and credentials.page_address(replacement.pk),
        "title": document.say(document.title, language),
        "asked_about": credentials.asked_about(document, language),
        "quiz": document.quiz,
        "issued_on": held.issued_at.astimezone(company_zone()).date(),
        "last_day": last_day(held.expires_at) if held.expires_at else None,
        "revoked_on": held.revoked_at and held.revoked_at.astimezone(company_zone()).date(),
        "credential_url": credentials.address(held.pk),
        "issuer_url": credentials.issuer_address(),
    }
    response = render(request, "champions/certificate.html", context)
    response["Cache-Control"] = "no-store"
    return response
