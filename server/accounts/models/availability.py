"""Who is at work and what they can do: absences and skills."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from server.accounts.models.audit import AuditEvent
from server.accounts.models.people import User
from server.problems import Forbidden, IdReused, Invalid

# Further ahead is a mistake in the year.
FURTHEST = timedelta(days=2 * 365)


class Skill(models.Model):
    """Something that not everyone in a team can do: a language, a system, a kind of customer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name_nl = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)

    class Meta:
        ordering: ClassVar[list[str]] = ["slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """The name in the language of whoever reads now."""
        return self.name_en if (get_language() or "nl").startswith("en") else self.name_nl


@dataclass(frozen=True, slots=True)
class Away:
    """Somebody is not at work; `until` is None where nobody knows until when."""

    until: datetime | None

    def words(self, zone: ZoneInfo) -> str:
        """Until when, for the middle of a sentence: "until Monday 30 November 09:00"."""
        if self.until is None:
            return _("until further notice")
        when = date_format(self.until.astimezone(zone), "l j F H:i")
        return _("until %(when)s") % {"when": when}

    @classmethod
    def of(cls, people: Iterable[uuid.UUID], moment: datetime) -> dict[uuid.UUID, "Away"]:
        """Who of these people is away at a moment, and until when; one query.

        Absences that touch or overlap count as one.
        """
        found: dict[uuid.UUID, list[Absence]] = {}
        rows = Absence.objects.filter(person__in=list(people)).not_over(moment)
        for absence in rows.order_by("begins"):
            found.setdefault(absence.person_id, []).append(absence)
        spells = {person: cls.among(absences, moment) for person, absences in found.items()}
        return {person: away for person, away in spells.items() if away}

    @classmethod
    def among(cls, absences: "Sequence[Absence]", moment: datetime) -> "Away | None":
        """What one person's absences, in the order in which they begin, come to at a moment."""
        end = moment
        for absence in absences:
            if absence.begins > end:
                break
            if absence.ends is None:
                return cls(None)
            end = max(end, absence.ends)
        return cls(end) if end > moment else None


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def at(self, moment: datetime) -> Self:
        """Those that are going on: from when they begin, up to but not including their end."""
        return self.not_over(moment).filter(begins__lte=moment)

    def not_over(self, moment: datetime) -> Self:
        """Those that are going on or still to come."""
        return self.filter(Q(ends=None) | Q(ends__gt=moment))

    def managed_by(self, user: User) -> Self:
        """One's own, and for a lead those of everyone in the teams they lead."""
        return self.filter(Q(person=user) | Q(person__in=led_by(user)))


def led_by(user: User) -> "models.QuerySet[User]":
    """Everyone in the teams that this person leads."""
    led = user.memberships.filter(role="lead").values("team")
    return User.objects.filter(memberships__team__in=led)


class Absence(models.Model):
    """A stretch of time in which somebody is not at work.

    Why is nobody's business and so there is no place to write it. `ends` is empty while nobody
    knows; the stretch does not include that moment.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    person = models.ForeignKey(User, on_delete=models.CASCADE, related_name="absences")
    begins = models.DateTimeField()
    ends = models.DateTimeField(null=True, blank=True)
    entered_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["person", "begins"], name="absence_of_person"),
            models.Index(fields=["ends", "begins"], name="absence_by_end"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(ends=None) | Q(ends__gt=models.F("begins")), name="absence_ends_later"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def to_manage(cls, user: User) -> "models.QuerySet[Absence]":
        """What this person may end, by when it begins: theirs, and for a lead their people's."""
        rows = cls.objects.managed_by(user).not_over(timezone.now())
        return rows.select_related("person").order_by("begins", "pk")

    @classmethod
    @transaction.atomic(durable=True)
    def enter(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        person: User | None = None,
        begins: datetime | None = None,
        ends: datetime | None = None,
    ) -> tuple["Absence", bool]:
        """Say when somebody is away: oneself, or for a lead someone in their team. Begins now
        where no moment is given. Returns the absence and whether it is new.
        """
        person, now = person or by, timezone.now()
        if person.pk != by.pk and not led_by(by).filter(pk=person.pk).exists():
            raise Forbidden
        started = begins or now
        if not cls.objects.filter(pk=id).exists():
            _check_dates(now, started, ends)
        made, new = cls.objects.get_or_create(
            pk=id, defaults={"person": person, "begins": started, "ends": ends, "entered_by": by}
        )
        same = (made.person_id, made.ends) == (person.pk, ends) and begins in {None, made.begins}
        if not new and not same:
            raise IdReused
        if new:
            AuditEvent.record(by, "absence-entered", "user", person.pk, absence=str(id))
        return made, new

    @transaction.atomic(durable=True)
    def end(self, *, by: User) -> None:
        """Be back: what has begun ends now, what was still to come is taken back."""
        row, now = Absence.objects.select_for_update().filter(pk=self.pk).first(), timezone.now()
        if row is None or (row.ends is not None and row.ends <= now):
            return
        AuditEvent.record(by, "absence-ended", "user", row.person_id, absence=str(row.pk))
        if row.begins >= now:
            row.delete()
            return
        row.ends = now
        row.save(update_fields=["ends"])


def _check_dates(now: datetime, begins: datetime, ends: datetime | None) -> None:
    if begins > now + FURTHEST:
        raise Invalid({"begins": _("Choose a moment within two years.")})
    if ends is not None and not max(begins, now) < ends < now + FURTHEST:
        raise Invalid({"ends": _("Choose an end after the beginning, and still to come.")})
