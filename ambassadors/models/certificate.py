"""Certificates: that somebody passed, for how long it holds, and how others can check it."""

import re
import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
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

REVOKED, REISSUED = "training.revoked", "training.reissued"
LOOKED = "certificate-looked-up"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
# How often a number is asked for that somebody else took a moment ago.
_TRIES = 20
# How many are forgotten at a time.
HELPING = 500


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
    REPLACED = "replaced", _("Replaced by a new one")
    ENDED = "ended", _("No longer in service")


class CertificateQuerySet(models.QuerySet["Certificate"]):
    def shown(self) -> Self:
        """Those that still have a page."""
        return self.filter(forgotten_at=None)

    def valid_at(self, moment: datetime) -> Self:
        """Those that held at a moment, also when they were revoked or ran out later."""
        held = Q(expires_at=None) | Q(expires_at__gt=moment)
        kept = Q(revoked_at=None) | Q(revoked_at__gt=moment)
        return self.filter(held, kept, issued_at__lte=moment)


class Certificate(models.Model):
    """One certificate, as it was issued. A new one is a new row, so what was true then stays.

    It holds from `issued_at` until `expires_at` (null: always) or `revoked_at`, and while its
    holder works here: who leaves speaks for the company no more, and who comes back within its term
    has it back. `credential` is the signed document; `number` is its place in the list of revoked
    ones. One that was issued anew `replaces` another, which is revoked then. A year after its end
    it is forgotten: the row stays, for counts of before, without a name and without a page.
    """

    KEPT: ClassVar[timedelta] = timedelta(days=365)

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
    replaces = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="replaced_by"
    )
    forgotten_at = models.DateTimeField(null=True)

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
        made._put(signed_at=begins)
        return made

    def _put(self, *, signed_at: datetime) -> None:
        """Sign and keep this new one, also where others are issued at the same time."""
        for _try in range(_TRIES - 1):
            try:
                with transaction.atomic():
                    self._take_number(signed_at)
            except IntegrityError:
                continue
            return
        self._take_number(signed_at)

    def _take_number(self, signed_at: datetime) -> None:
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
        self.credential = IssuerKey.current().sign(document, signed_at)
        self.save(force_insert=True)

    @classmethod
    def known_as(cls, text: str) -> "Certificate | None":
        """One by its id or by an address that has it at its end, as holders give it to others."""
        found = _ID.search(text.strip().rstrip("/").removesuffix("/status"))
        rows = cls.objects.shown().select_related("user", "course", "version", "revoked_by")
        return rows.filter(pk=uuid.UUID(found[0])).first() if found else None

    @property
    def state(self) -> CertificateState:
        if self.revoked_at is not None:
            return CertificateState.REPLACED if self.replacement else CertificateState.REVOKED
        if not self.user.is_active:
            return CertificateState.ENDED
        if self.expires_at is not None and self.expires_at <= timezone.now():
            return CertificateState.EXPIRED
        return CertificateState.VALID

    @property
    def replacement(self) -> "Certificate | None":
        """The one that was issued in its place."""
        return getattr(self, "replaced_by", None)

    @property
    def holder(self) -> str:
        """The name that was signed; empty where it is told to nobody any more, because another
        one was issued in its place or its holder has left.
        """
        if self.state in {CertificateState.REPLACED, CertificateState.ENDED}:
            return ""
        if not self.user.is_active or not self.credential:
            return ""
        names = self.credential["credentialSubject"]["identifier"]
        return str(next(n["identityHash"] for n in names if n["identityType"] == "name"))

    @transaction.atomic
    def reissue(self, *, by: User) -> "Certificate | None":
        """Issue it anew with its holder's name as it is now: for the same version and term, since
        it is of the same quiz. This one does not hold from now on and leads to the new one.

        None where it did not hold any more. Raises Forbidden where `by` is no editor.
        """
        if not (by.is_editor or by.is_admin):
            raise Forbidden
        old = Certificate.objects.select_for_update(of=("self",)).select_related("user")
        held = old.get(pk=self.pk)
        if held.state != CertificateState.VALID:
            return None
        now, attempt = timezone.now(), held.attempt
        held.revoked_at, held.revoked_by, held.attempt = now, by, None
        held.save(update_fields=["revoked_at", "revoked_by", "attempt"])
        made = Certificate(
            user=held.user,
            course=held.course,
            version=held.version,
            attempt=attempt,
            issued_at=held.issued_at,
            expires_at=held.expires_at,
            replaces=held,
        )
        made._put(signed_at=now)
        AuditEvent.record(by, "certificate-reissued", "certificate", held.pk, new=str(made.pk))
        outbox.put([Message(REISSUED, ToUser(made.user), made.pk, made.pk)])
        self.refresh_from_db()
        return made

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
        ended = rows.filter(Q(revoked_at__isnull=False) | Q(user__is_active=False))
        revoked = list(ended.values_list("number", "revoked_at", "user__deactivated_at"))
        moments = [moment for _number, at, left in revoked if (moment := at or left) is not None]
        return [place - first for place, _at, _left in revoked], max(moments, default=began)

    @classmethod
    def forget_ended(cls) -> None:
        """A year after a certificate ended nobody has to check it any more."""
        now = timezone.now()
        before = now - cls.KEPT
        left = Q(user__is_active=False, user__deactivated_at__lt=before)
        ended = cls.objects.filter(left | Q(expires_at__lt=before) | Q(revoked_at__lt=before))
        rows = ended.filter(forgotten_at=None)
        while helping := list(rows.values_list("pk", flat=True)[:HELPING]):
            cls.objects.filter(pk__in=helping).update(
                credential={}, revoked_because="", forgotten_at=now
            )
