"""How administrators find and name what happened to courses and certificates in the audit trail."""

from collections.abc import Collection
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ambassadors.models import Certificate, Course
from ambassadors.models.certificate import LOOKED
from server.accounts.models.audit import Subject, subjects


def register() -> None:
    subjects["course"] = Subject(
        _("Training"),
        _course_called,
        lambda ids: dict(Course.objects.filter(pk__in=ids).values_list("pk", "slug")),
        {
            "course-published": _("Published"),
            "course-retired": _("Retired"),
            "course-brought-back": _("Brought back"),
            "course-draft-thrown-away": _("Draft thrown away"),
            "course-draft-replaced": _("Draft replaced by a file"),
            "question-withdrawn": _("Question withdrawn"),
            "enrolment-rule-made": _("Rule made"),
            "enrolment-rule-ended": _("Rule ended"),
        },
    )
    subjects["certificate"] = Subject(
        _("Certificate"),
        lambda text: None,
        _certificates,
        {
            "certificate-revoked": _("Revoked"),
            "certificate-reissued": _("Issued anew"),
            LOOKED: _("Looked up by a person"),
        },
    )


def _course_called(text: str) -> UUID | None:
    return Course.objects.filter(slug=text.strip()).values_list("pk", flat=True).first()


def _certificates(ids: Collection[UUID]) -> dict[UUID, str]:
    """By the course: whose it is, is not for a list."""
    return dict(Certificate.objects.filter(pk__in=ids).values_list("pk", "course__slug"))
