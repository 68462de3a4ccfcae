"""How administrators find and name what happened to requests in the audit trail."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from customer_requests import references
from customer_requests.models import Attachment, CustomerRequest
from customer_requests.models.entry import EntryKind
from server.accounts.models.audit import Subject, subjects


def register() -> None:
    done = {f"request-{kind.value}": kind.label for kind in EntryKind}
    seen = {"customer-details-seen": _("Customer's details seen")}
    subjects["customer_request"] = Subject(_("Request"), _find, _references, done | seen)
    subjects["attachment"] = Subject(
        _("File"), lambda text: None, _files, {"file-opened": _("File opened")}
    )


def _find(text: str) -> UUID | None:
    reference = references.parse(text)
    if reference is None:
        return None
    return CustomerRequest.objects.filter(reference=reference).values_list("pk", flat=True).first()


def _references(ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(CustomerRequest.objects.filter(pk__in=ids).values_list("pk", "reference"))


def _files(ids: Collection[UUID]) -> dict[UUID, str]:
    """By the request they belong to: a file's own name may be a person's."""
    files = Attachment.objects.filter(pk__in=ids)
    return dict(files.values_list("pk", "entry__request__reference"))
