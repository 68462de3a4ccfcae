"""Taking a certificate back, and issuing it anew with another name. Editors find one by its
address; there is no list of who has one.
"""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ambassadors import credentials
from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.training_forms import ReasonForm
from ambassadors.models import Certificate
from ambassadors.models.certificate import LOOKED
from ambassadors.months import company_zone, last_day
from server.accounts.models import AuditEvent

SHOWN = 20


@require_safe
@editor_page
def find(http: ConsoleRequest) -> HttpResponse:
    """By address or id; for administrators by a work e-mail too, and that is written down."""
    q = http.GET.get("q", "").replace("\0", "").strip()[:500]
    if (held := Certificate.known_as(q)) is not None:
        return _to(held)
    rows = _of_person(http, q) if http.user.is_admin and "@" in q else []
    context = {"here": "courses", "q": q, "rows": rows}
    status = HTTPStatus.NOT_FOUND if q and not rows else HTTPStatus.OK
    return render(http, "champions/certificates.html", context, status=status)


def _of_person(http: ConsoleRequest, email: str) -> list[Certificate]:
    rows = Certificate.objects.shown().filter(user__email=email.lower())
    rows = rows.select_related("course", "user", "replaced_by")
    rows = rows.defer("credential", "replaced_by__credential")
    found = list(rows.order_by("-issued_at", "-number")[:SHOWN])
    for row in found:
        AuditEvent.looked(
            actor=http.user, action=LOOKED, subject_type="certificate", subject_id=row.pk
        )
    return found


def _to(held: Certificate) -> HttpResponse:
    address = reverse("champions-certificate", args=[held.pk])
    return HttpResponseRedirect(address, status=HTTPStatus.SEE_OTHER)


def _shown(id: UUID) -> Certificate:
    rows = Certificate.objects.shown()
    return get_object_or_404(
        rows.select_related("user", "course", "version", "revoked_by", "replaces"), pk=id
    )


@require_POST
@editor_page
def reissue(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Issue it anew, with its holder's name as it is in the staff list now."""
    held = _shown(id)
    made = held.reissue(by=http.user)
    if made is None:
        messages.warning(http, _("It does not hold any more, so nothing was issued."))
        return _to(held)
    messages.success(http, _("Issued anew. Its holder hears of it, and the old one leads to it."))
    return _to(made)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def certificate(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """One certificate as its public page tells it, and taking it back."""
    held = _shown(id)
    form = ReasonForm(http.POST if http.method == "POST" else None)
    if http.method == "POST" and form.is_valid():
        if held.revoke(by=http.user, because=form.cleaned_data["reason"]):
            messages.success(http, _("Taken back. Its holder hears why."))
        else:
            messages.warning(http, _("A colleague had taken it back already."))
        return _to(held)
    document, replacement = held.version.document, held.replacement
    zone = company_zone()
    context = {
        "here": "courses",
        "held": held,
        "state": held.state,
        "holder": held.holder,
        "name_now": held.user.name,
        "replacement": replacement,
        "replaces": held.replaces,
        "title": document.say(document.title, http.user.language).text,
        "issued_on": held.issued_at.astimezone(zone).date(),
        "last_day": last_day(held.expires_at) if held.expires_at else None,
        "revoked_on": held.revoked_at and held.revoked_at.astimezone(zone).date(),
        "page_url": credentials.page_address(held.pk),
        "form": form,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "champions/certificate_revoke.html", context, status=status)
