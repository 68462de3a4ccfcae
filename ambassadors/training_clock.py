"""What happens in training because time passes: people enrolled, reminded, and asked to renew."""

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ambassadors.counting_clock import POLICY
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
from notifications.models import Notification

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
        if version.document.teaches_policy:
            count += _ask_of_policy(course)
    return count


def _ask_of_policy(course: Course) -> int:
    """Where the policy asks for it: after everybody who takes part has been told of the policy,
    which told them of the quiz too, so that nobody hears of one thing twice.
    """
    policy, since = PolicyVersion.in_force(), PolicyVersion.asks_again_since()
    if since is None or policy is None or policy.told_at is None:
        return 0
    asking = PolicyVersion.objects.filter(published_at__gte=since)
    told = Notification.objects.filter(kind=POLICY, subject_id__in=asking.values("pk"))
    return _ask(course, EnrolmentReason.POLICY, Q(issued_at__lt=since), told)


def _ask(
    course: Course,
    reason: EnrolmentReason,
    which: Q,
    told: QuerySet[Notification] | None = None,
) -> int:
    """Those whose newest certificate is one of `which` and holds, and who are not asked yet; who
    was `told` of it is not told again.

    Until the certificate's own end, where that comes first.
    """
    now, told = timezone.now(), Notification.objects.none() if told is None else told
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
            heard = told.filter(user__in=people).values_list("user_id", flat=True)
            count += Enrolment.ask(people, course, reason, due_at=due_at, heard=set(heard))
    return count


def remind() -> int:
    """Remind whoever still has a course to do, for whom it is time; returns how many."""
    now, count = timezone.now(), 0
    while rows := list(Enrolment.to_remind(now)[:HELPING]):
        count += Enrolment.remind(rows, now)
    return count
