"""Who is asked to do a course, why, and by when."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ambassadors.models.certificate import Certificate
from ambassadors.models.course import Course
from server.accounts.models import Department, RoleName, User


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


class EnrolmentReason(models.TextChoices):
    RULE = "rule", _("For the first time")
    VERSION = "version", _("The course was renewed")
    POLICY = "policy", _("The policy has changed")
    EXPIRY = "expiry", _("The certificate is running out")


class Enrolment(models.Model):
    """That somebody is asked to do a course, from `made_at` until it is finished or ended.

    One at a time per person and course. `reminded` counts the reminders that were sent.
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
