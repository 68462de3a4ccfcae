"""What happens in training because time passes: people enrolled, reminded, and asked to renew."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from ambassadors.models import (
    Certificate,
    Course,
    CourseCount,
    Enrolment,
    EnrolmentReason,
    EnrolmentRule,
    PolicyVersion,
)
from ambassadors.models.enrolment import HELPING, in_helpings
from notifications import periodic

# How long somebody has for a refresher that has no end of its own.
REFRESH = timedelta(days=30)


def register() -> None:
    periodic.register("training-enrol", every=timedelta(minutes=10), run=enrol)
    periodic.register("training-refresh", every=timedelta(hours=1), run=refresh)
    periodic.register("training-remind", every=timedelta(hours=1), run=remind)
    periodic.register("training-count", every=timedelta(minutes=5), run=CourseCount.store)


def enrol() -> int:
    """Enrol whoever a rule is for and was not enrolled yet; returns how many."""
    count = 0
    rules = EnrolmentRule.objects.filter(ended_at=None, course__in=Course.objects.given())
    for rule in rules.select_related("course", "department").order_by("made_at"):
        due_at = timezone.now() + timedelta(days=rule.due_days)
        for people in in_helpings(rule.still_to_enrol()):
            count += Enrolment.ask(
                people, rule.course, EnrolmentReason.RULE, due_at=due_at, rule=rule
            )
    return count


def refresh() -> int:
    """Ask whoever is certified to renew it: because it runs out, because a version asked for it,
    or because the policy changed since. One question at a time, for the first of these reasons.
    """
    count = 0
    for course in Course.objects.given():
        version = course.current
        if version is None:
            continue
        now = timezone.now()
        ends = now + timedelta(days=version.document.certificate.renew_days)
        count += _ask(course, EnrolmentReason.EXPIRY, Q(expires_at__gt=now, expires_at__lte=ends))
        asked = course.versions.filter(asks_refresher=True).order_by("-number").first()
        if asked is not None and asked.published_at is not None:
            before = Q(issued_at__lt=asked.published_at)
            count += _ask(course, EnrolmentReason.VERSION, before)
        if version.document.teaches_policy and (policy := PolicyVersion.in_force()):
            before = Q(issued_at__lt=policy.published_at)
            # Who learned of the first policy before it was in force has learned it all the same.
            if policy.number > 1:
                count += _ask(course, EnrolmentReason.POLICY, before)
    return count


def _ask(course: Course, reason: EnrolmentReason, which: Q) -> int:
    """Those whose newest certificate is one of `which` and holds, and who are not asked yet.

    Until the certificate's own end, where that comes first.
    """
    now = timezone.now()
    newer = Certificate.objects.filter(
        course=course, user=OuterRef("user"), issued_at__gt=OuterRef("issued_at")
    )
    open_ = Enrolment.objects.open().filter(course=course, user=OuterRef("user"))
    held = Certificate.objects.valid_at(now).filter(which, course=course, user__is_active=True)
    held = held.filter(~Exists(newer), ~Exists(open_))
    count = 0
    while rows := list(held.select_related("user").defer("credential").order_by("pk")[:HELPING]):
        due = {row.user_id: min(row.expires_at or now + REFRESH, now + REFRESH) for row in rows}
        for due_at in sorted(set(due.values())):
            people = [row.user for row in rows if due[row.user_id] == due_at]
            count += Enrolment.ask(people, course, reason, due_at=due_at)
    return count


def remind() -> int:
    """Remind whoever still has a course to do, for whom it is time; returns how many."""
    now, count = timezone.now(), 0
    while rows := list(Enrolment.to_remind(now)[:HELPING]):
        count += Enrolment.remind(rows, now)
    return count
