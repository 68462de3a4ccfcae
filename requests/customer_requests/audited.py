"""How administrators find and name what happened to requests in the audit trail."""

from collections.abc import Collection
from functools import partial
from uuid import UUID

from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from customer_requests import references
from customer_requests.models import (
    Attachment,
    BulkAction,
    CannedText,
    CustomerRequest,
    KnownProblem,
    Macro,
)
from customer_requests.models.bulk_verbs import BULK_VERBS
from customer_requests.models.entry import EntryKind
from server.accounts.models.audit import Subject, called, subjects


def register() -> None:
    done = {f"request-{kind.value}": kind.label for kind in EntryKind}
    seen = {"customer-details-seen": _("Customer's details seen")}
    subjects["customer_request"] = Subject(_("Request"), _find, _references, done | seen)
    subjects["attachment"] = Subject(_("File"), _nothing, _files, {"file-opened": _("File opened")})
    for label, model in ((_("Canned text"), CannedText), (_("Macro"), Macro)):
        kind = model.audited
        did = {
            f"{kind}-written": _("Written"),
            f"{kind}-rewritten": _("Changed"),
            f"{kind}-removed": _("Taken away"),
        }
        names = partial(_called, model, "name")
        subjects[kind] = Subject(label, _nothing, names, did, called(model, "name"))
    subjects["known-problem"] = Subject(
        _("Known problem"),
        _nothing,
        partial(_called, KnownProblem, "title"),
        {
            "problem-made": _("Noted down"),
            "problem-changed": _("Changed"),
            "problem-announced": _("Said to everybody"),
            "problem-tried-again": _("Tried again where it failed"),
            "problem-undone": _("Solved, undone"),
        },
        called(KnownProblem, "title"),
    )
    subjects["bulk"] = Subject(
        _("Many at once"),
        _nothing,
        _bulks,
        {"bulk-asked": _("Asked for"), "bulk-undone": _("Undone")},
    )


def _nothing(text: str) -> None:
    """They have nothing unique that somebody types."""


def _called(model: type[Model], column: str, ids: Collection[UUID]) -> dict[UUID, str]:
    return dict(model._base_manager.filter(pk__in=ids).values_list("pk", column))


def _bulks(ids: Collection[UUID]) -> dict[UUID, str]:
    rows = BulkAction.objects.filter(pk__in=ids).values_list("pk", "verb", "count")
    return {pk: f"{BULK_VERBS[verb].label} ({count})" for pk, verb, count in rows}


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
