"""Certificates: that somebody passed, for how long it holds, and how others can check it."""

import re
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import IntegrityError, models, transaction
from django.db.models import F, Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors import credentials, signing
from ambassadors.models.course import Course, CourseVersion
from ambassadors.models.course_progress import Attempt
from ambassadors.months import through
from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden

REVOKED = "training.revoked"
LOOKED = "certificate-looked-up"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
# How often a number is asked for that somebody else took a moment ago.
_TRIES = 20


class IssuerKey(models.Model):
    """A key that certificates are signed with. Its public half stays, so that old ones can be
    checked; `sealed` is the private half, encrypted with the install's SECRET_KEY.
    """

    id = models.CharField(primary_key=True, max_length=80)
    sealed = models.TextField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.pk

    @classmethod
    def current(cls) -> Self:
        """The newest that this install can sign with; made where there is none."""
        for key in cls.objects.order_by("-made_at"):
            if key._opens():
                return key
        made = signing.new_key()
        public = signing.public_multibase(made)
        return cls.objects.create(pk=public, sealed=signing.seal(made))

    def _opens(self) -> bool:
        try:
            signing.unseal(self.sealed)
        except signing.BadKey:
            return False
        return True

    def sign(self, document: dict[str, Any], at: datetime) -> dict[str, Any]:
        return signing.sign(
            document,
            signing.unseal(self.sealed),
            method=credentials.method_of(self.pk),
            created=credentials.stamp(at),
        )


class CertificateState(models.TextChoices):
    VALID = "valid", _("Valid")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def valid_at(self, moment: datetime) -> Self:
        """Those that held at a moment, also when they were revoked or ran out later."""
        held = Q(expires_at=None) | Q(expires_at__gt=moment)
        kept = Q(revoked_at=None) | Q(revoked_at__gt=moment)
        return self.filter(held, kept, issued_at__lte=moment)


class Certificate(models.Model):
    """One certificate, as it was issued. A new one is a new row, so what was true then stays.

    It holds from `issued_at` until `expires_at` (null: always) or `revoked_at`. `credential` is
    the signed document; `number` is its place in the list of revoked ones.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="certificates")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="certificates")
    version = models.ForeignKey(CourseVersion, on_delete=models.PROTECT, related_name="+")
    attempt = models.OneToOneField(
        Attempt, null=True, on_delete=models.SET_NULL, related_name="certificate"
    )
    number = models.PositiveIntegerField(unique=True)
    issued_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_because = models.CharField(max_length=300, blank=True)
    credential: "models.JSONField[Any, Any]" = models.JSONField()

    objects = CertificateQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["user", "course", "-issued_at"], name="certificate_of_user"),
            models.Index(fields=["expires_at"], name="certificate_by_expiry"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("issued_at")),
                name="certificate_expires_later",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def issue(
        cls,
        user: User,
        version: CourseVersion,
        *,
        attempt: Attempt | None = None,
        at: datetime | None = None,
    ) -> "Certificate":
        """Certify somebody from now on; earlier certificates of theirs stay what they are.

        `at` is for what is told of the past: a demo company, a test.
        """
        begins, months = at or timezone.now(), version.document.certificate.months
        made = cls(user=user, course=version.course, version=version, attempt=attempt)
        made.issued_at = begins
        made.expires_at = through(begins, months) if months else None
        for _try in range(_TRIES - 1):
            try:
                with transaction.atomic():
                    made._take_number()
            except IntegrityError:
                continue
            return made
        made._take_number()
        return made

    def _take_number(self) -> None:
        last = Certificate.objects.aggregate(last=Max("number"))["last"]
        self.number = 0 if last is None else last + 1
        document = credentials.credential(
            id=self.pk,
            number=self.number,
            holder=self.user,
            version=self.version,
            begins=self.issued_at,
            ends=self.expires_at,
        )
        self.credential = IssuerKey.current().sign(document, self.issued_at)
        self.save(force_insert=True)

    @classmethod
    def known_as(cls, text: str) -> "Certificate | None":
        """One by its id or by an address that has it at its end, as holders give it to others."""
        found = _ID.search(text.strip().rstrip("/").removesuffix("/status"))
        rows = cls.objects.select_related("user", "course", "version", "revoked_by")
        return rows.filter(pk=uuid.UUID(found[0])).first() if found else None

    @property
    def state(self) -> CertificateState:
        if self.revoked_at is not None:
            return CertificateState.REVOKED
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return CertificateState.EXPIRED
        return CertificateState.VALID

    @transaction.atomic
    def revoke(self, *, by: User | None, because: str) -> bool:
        """It does not hold from now on; returns whether it was not revoked before.

        Its holder hears why, and may do the course again: that makes a new one, and this stays
        what it is. Raises Forbidden where `by` is no editor; a program does it without `by`.
        """
        if by is not None and not (by.is_editor or by.is_admin):
            raise Forbidden
        changed = Certificate.objects.filter(pk=self.pk, revoked_at=None).update(
            revoked_at=timezone.now(), revoked_by=by, revoked_because=because
        )
        if changed:
            AuditEvent.record(by, "certificate-revoked", "certificate", self.pk)
            if self.user.is_active:
                outbox.put([Message(REVOKED, ToUser(self.user), self.pk, self.pk)])
        self.refresh_from_db()
        return bool(changed)

    @classmethod
    def revoked_in_list(cls, number: int) -> tuple[Iterable[int], datetime | None]:
        """The places in the list with this number that are revoked, and when the last of them was;
        None where no certificate has a place in it.
        """
        first = number * credentials.LIST_LENGTH
        rows = cls.objects.filter(number__gte=first, number__lt=first + credentials.LIST_LENGTH)
        began = rows.order_by("number").values_list("issued_at", flat=True).first()
        revoked = list(rows.exclude(revoked_at=None).values_list("number", "revoked_at"))
        moments = [at for _number, at in revoked if at is not None]
        return [place - first for place, _at in revoked], max(moments, default=began)
