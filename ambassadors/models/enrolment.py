"""Who is asked to do a course, why, and by when."""

import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Self

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course
from ambassadors.models.privacy import Programme
from ambassadors.months import company_zone
from notifications import outbox
from notifications.outbox import Message, ToUser
from server.accounts.models import AuditEvent, Department, RoleName, User
from server.problems import Invalid

# How many people a transaction enrols or reminds.
HELPING = 500
# When somebody is reminded: so long before it is due, on the day, and a week and a month after.
REMINDERS = (timedelta(days=-7), timedelta(0), timedelta(days=7), timedelta(days=30))
ENROLLED, REMINDED = "training.enrolled", "training.reminder"
_REMINDER_IDS = uuid.UUID("6b0f8d1c-3c1e-4a55-9a0e-9e1d6a2f7c44")


class EnrolmentRule(models.Model):
    """Who is enrolled by themselves: everybody, or those of a department (with what is under it),
    with a role, or who joined since a day. What is empty is not asked.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="rules")
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    role = models.CharField(max_length=12, blank=True, choices=RoleName.choices)
    joined_since = models.DateField(null=True, blank=True)
    due_days = models.PositiveSmallIntegerField(default=30)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    @transaction.atomic
    def add(
        cls,
        course: Course,
        *,
        by: User | None,
        department: Department | None,
        role: str,
        joined_since: date | None,
        due_days: int,
    ) -> "EnrolmentRule":
        """From now on these people are asked to do the course; the clock enrols them.

        Raises Invalid where it singles out fewer people than the smallest group that is shown: by
        how many more are asked one could read who of them is certified. Who is new from today on
        can't be yet, however few they are.
        """
        made = cls(
            course=course,
            department=department,
            role=role,
            joined_since=joined_since,
            due_days=due_days,
            by=by,
        )
        made._refuse_a_few()
        made.save(force_insert=True)
        AuditEvent.record(by, "enrolment-rule-made", "course", course.pk, rule=str(made.pk))
        return made

    def _refuse_a_few(self) -> None:
        picks = self.department is not None or self.role or self.joined_since is not None
        new = self.joined_since is not None and self.joined_since >= timezone.localdate()
        few = Programme.current().smallest_group
        if picks and not new and self.people().distinct()[:few].count() < few:
            words = _(
                "This is for fewer than %(few)s people now, so its numbers would say who of them "
                "did the course. Choose more people, or only who is new from today on."
            )
            raise Invalid({"department": str(words % {"few": few})})

    @transaction.atomic
    def end(self, *, by: User) -> None:
        """Nobody new is enrolled by it; who was, stays so."""
        if EnrolmentRule.objects.filter(pk=self.pk, ended_at=None).update(ended_at=timezone.now()):
            AuditEvent.record(
                by, "enrolment-rule-ended", "course", self.course_id, rule=str(self.pk)
            )

    def people(self) -> models.QuerySet[User]:
        """Everybody whom it is for and who is at work here now: from their first day on."""
        wanted = Q(is_active=True, joined_at__lte=timezone.now())
        if self.department is not None:
            wanted &= Q(department__in=_with_what_is_under(self.department))
        if self.role:
            wanted &= Q(role_rows__name=self.role)
        if self.joined_since is not None:
            wanted &= Q(
                joined_at__gte=datetime.combine(self.joined_since, time.min, company_zone())
            )
        return User.objects.filter(wanted)

    def still_to_enrol(self) -> models.QuerySet[User]:
        """Those among them who are not asked to do the course now, and hold no certificate of it.

        Also who was asked before: the course was retired and came back, or they were away while
        their certificate ran out, or it was revoked.
        """
        mine = {"course": self.course_id, "user": OuterRef("pk")}
        asked = Enrolment.objects.open().filter(**mine)
        certified = Certificate.objects.valid_at(timezone.now()).filter(**mine)
        return self.people().filter(~Exists(asked), ~Exists(certified))


def _with_what_is_under(department: Department) -> list[uuid.UUID]:
    found, layer = [department.pk], [department.pk]
    while layer:
        under = Department.objects.filter(parent__in=layer).exclude(pk__in=found)
        layer = list(under.values_list("pk", flat=True))
        found += layer
    return found


class EnrolmentReason(models.TextChoices):
    RULE = "rule", _("For the first time")
    VERSION = "version", _("The course was renewed")
    POLICY = "policy", _("The policy has changed")
    EXPIRY = "expiry", _("The certificate is running out")


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def open(self) -> Self:
        return self.filter(finished_at=None, ended_at=None)


class Enrolment(models.Model):
    """That somebody is asked to do a course, from `made_at` until it is finished or ended.

    One at a time per person and course. `reminded` counts the reminders that were sent, and those
    that were past when it was made.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="enrolments")
    course = models.ForeignKey(Course, on_delete=models.PROTECT, related_name="enrolments")
    rule = models.ForeignKey(
        EnrolmentRule, null=True, on_delete=models.SET_NULL, related_name="enrolments"
    )
    reason = models.CharField(max_length=8, choices=EnrolmentReason.choices)
    made_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    reminded = models.PositiveSmallIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    certificate = models.ForeignKey(
        Certificate, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    ended_at = models.DateTimeField(null=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["due_at", "id"],
                name="enrolment_open",
                condition=Q(finished_at=None, ended_at=None),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user", "course"],
                name="enrolment_one_open",
                condition=Q(finished_at=None, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.course_id}"

    @classmethod
    @transaction.atomic(durable=True)
    def ask(
        cls,
        people: Sequence[User],
        course: Course,
        reason: EnrolmentReason,
        *,
        due_at: datetime,
        rule: EnrolmentRule | None = None,
        heard: Collection[uuid.UUID] = (),
    ) -> int:
        """Ask these people to do the course, and tell them, but for whom `heard` of it already;
        returns how many were not asked yet.

        A reminder that is due by now is the asking itself: nobody is reminded of what they were
        told a moment ago.
        """
        asked = cls.objects.open().filter(course=course, user__in=people)
        known = set(asked.values_list("user_id", flat=True))
        past = _passed(due_at, timezone.now())
        rows = [
            cls(user=person, course=course, rule=rule, reason=reason, due_at=due_at, reminded=past)
            for person in people
            if person.pk not in known
        ]
        cls.objects.bulk_create(rows, ignore_conflicts=True)
        # Another clock may have been first with some; those it tells of.
        made = cls.objects.filter(pk__in=[row.pk for row in rows]).select_related("user")
        outbox.put([row._message(ENROLLED, row.pk) for row in made if row.user_id not in heard])
        return len(made)

    def _message(self, kind: str, entry: uuid.UUID) -> Message:
        return Message(kind, ToUser(self.user), subject_id=self.pk, entry_id=entry)

    @classmethod
    def to_remind(cls, now: datetime) -> models.QuerySet["Enrolment"]:
        """Open ones of people at work, for whose next reminder it is time."""
        due = Q()
        for number, after in enumerate(REMINDERS):
            due |= Q(reminded=number, due_at__lte=now - after)
        open_ = cls.objects.open().filter(due, user__is_active=True, course__retired_at=None)
        return open_.select_related("user").order_by("due_at", "pk")

    @classmethod
    @transaction.atomic(durable=True)
    def remind(cls, rows: Iterable["Enrolment"], now: datetime) -> int:
        """Remind these people, once each for all reminders that have passed; returns how many."""
        messages = []
        for row in rows:
            passed = _passed(row.due_at, now)
            mine = cls.objects.open().filter(pk=row.pk, reminded=row.reminded)
            if passed > row.reminded and mine.update(reminded=passed):
                entry = uuid.uuid5(_REMINDER_IDS, f"{row.pk} {passed}")
                messages.append(row._message(REMINDED, entry))
        outbox.put(messages)
        return len(messages)


def _passed(due_at: datetime, now: datetime) -> int:
    """How many of the reminders it is past the time of."""
    return sum(due_at <= now - after for after in REMINDERS)


def in_helpings(people: models.QuerySet[User]) -> Iterator[list[User]]:
    """These people so many at a time, each once, also when the doing takes them out of the rows."""
    last: uuid.UUID | None = None
    while True:
        rows = people.order_by("pk").distinct()
        helping = list((rows.filter(pk__gt=last) if last else rows)[:HELPING])
        if not helping:
            return
        yield helping
        last = helping[-1].pk
