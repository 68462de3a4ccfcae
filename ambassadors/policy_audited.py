"""How administrators find in the audit trail what was done with the policy."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ambassadors.models import PolicyVersion
from server.accounts.models.audit import Subject, subjects


def register() -> None:
    subjects["policy"] = Subject(
        _("Policy of ambassadors"),
        lambda text: None,
        _numbers,
        {
            "policy-written": _("Draft written"),
            "policy-published": _("Published"),
            "policy-proof-seen": _("Proof of acceptance seen"),
        },
    )


def _numbers(ids: Collection[UUID]) -> dict[UUID, str]:
    rows = PolicyVersion.objects.filter(pk__in=ids).values_list("pk", "number")
    return {pk: str(number) for pk, number in rows}
