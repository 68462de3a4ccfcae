"""What happens because time passes: months are counted and closed, and people told what is new."""

import uuid
from datetime import timedelta
from uuid import NAMESPACE_URL

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from ambassadors.models import Acceptance, OptIn, PolicyVersion, PostCount
from ambassadors.models.counts import store_due
from ambassadors.models.figures import read
from ambassadors.models.headcount import month_of
from ambassadors.models.milestone import Milestone
from notifications import outbox, periodic
from notifications.models import Notification, Preferences
from notifications.outbox import Message, ToUser
from server.accounts.models import User

POLICY, MILESTONE = "ambassador.policy", "ambassador.milestone"
# People per transaction, and transactions per run.
HELPING, MOST = 200, 25
# After they were asked to say yes to a policy. Who does not want to by then was asked enough.
REMIND_AFTER = (timedelta(days=7), timedelta(days=30))


def register() -> None:
    periodic.register("count-ambassadors", every=timedelta(minutes=5), run=count)
    periodic.register("count-posts", every=timedelta(minutes=5), run=PostCount.store)
    periodic.register("tell-of-policy", every=timedelta(minutes=1), run=tell_of_policy)
    periodic.register("remind-of-policy", every=timedelta(hours=1), run=remind_of_policy)
    periodic.register("tell-of-milestones", every=timedelta(minutes=5), run=tell_of_milestones)


def count() -> None:
    """Count what is due, and see whether the company has reached a new height."""
    store_due()
    figures = read(month_of())
    if figures.total is not None:
        Milestone.reach(figures.month, figures.total)


def tell_of_policy() -> int:
    """Ask who takes part, or accepted an earlier one, to read the policy in force; to how many."""
    version = PolicyVersion.in_force()
    if version is None or version.told_at is not None:
        return 0
    mine = {"user": OuterRef("pk")}
    earlier = Acceptance.objects.filter(version__number__lt=version.number, **mine)
    people = User.objects.filter(
        Exists(OptIn.objects.filter(ends_at=None, **mine)) | Exists(earlier),
        ~Exists(Acceptance.objects.filter(version=version, **mine)),
        is_active=True,
    )
    return _tell(version, people, POLICY, version.pk)


def remind_of_policy() -> int:
    """Remind who takes part and has not said yes, a week and a month after they were asked, and
    then no more; to how many. They drop out of the count in silence otherwise.
    """
    version, now = PolicyVersion.in_force(), timezone.now()
    if version is None or version.told_at is None:
        return 0
    passed = sum(version.told_at + after <= now for after in REMIND_AFTER)
    if passed <= version.reminded:
        return 0
    mine = {"user": OuterRef("pk")}
    # Who came to take part a day ago was shown the policy a day ago.
    since = OptIn.objects.filter(ends_at=None, begins_at__lte=now - REMIND_AFTER[0], **mine)
    people = User.objects.filter(
        Exists(since),
        ~Exists(Acceptance.objects.filter(version=version, **mine)),
        is_active=True,
    )
    return _tell(version, people, POLICY, version.pk, reminder=passed)


def tell_of_milestones() -> int:
    """Tell the newest height to those who asked for that, by push or by e-mail; to how many."""
    newest = Milestone.objects.filter(told_at=None).order_by("-percent").first()
    if newest is None:
        return 0
    wish = f"kinds__{MILESTONE}"
    wishes = Preferences.objects.filter(
        Q(**{f"{wish}__push": True}) | Q(**{f"{wish}__email": True})
    )
    people = User.objects.filter(pk__in=wishes.values("user"), is_active=True)
    told = _tell(newest, people, MILESTONE, milestone_id(newest))
    # Who hears of ten percent does not have to hear of five.
    Milestone.objects.filter(told_at=None, percent__lt=newest.percent).update(
        told_at=timezone.now()
    )
    return told


def milestone_id(milestone: Milestone) -> uuid.UUID:
    """What the inbox knows it by, the same every time."""
    return uuid.uuid5(NAMESPACE_URL, f"milestone:{milestone.pk}")


def _tell(
    what: PolicyVersion | Milestone,
    people: "QuerySet[User]",
    kind: str,
    subject: uuid.UUID,
    reminder: int = 0,
) -> int:
    """Tell each once, in helpings; a run that was cut off goes on where it was."""
    told = 0
    entry = uuid.uuid5(subject, f"reminder {reminder}") if reminder else subject
    heard = Notification.objects.filter(kind=kind, entry_id=entry, user=OuterRef("pk"))
    for _helping in range(MOST):
        with transaction.atomic():
            row = _locked(what)
            if _is_told(row, reminder):
                return told
            helping = list(people.filter(~Exists(heard)).order_by("pk")[:HELPING])
            outbox.put([Message(kind, ToUser(user), subject, entry) for user in helping])
            if len(helping) < HELPING:
                _end(row, reminder)
        told += len(helping)
        if len(helping) < HELPING:
            break
    return told


def _is_told(row: PolicyVersion | Milestone, reminder: int) -> bool:
    if reminder and isinstance(row, PolicyVersion):
        return row.reminded >= reminder
    return row.told_at is not None


def _end(row: PolicyVersion | Milestone, reminder: int) -> None:
    """Everybody has been told, or reminded so often."""
    if reminder and isinstance(row, PolicyVersion):
        row.reminded = reminder
        row.save(update_fields=["reminded"])
    else:
        row.told_at = timezone.now()
        row.save(update_fields=["told_at"])


def _locked(what: PolicyVersion | Milestone) -> PolicyVersion | Milestone:
    if isinstance(what, PolicyVersion):
        return PolicyVersion.objects.select_for_update().get(pk=what.pk)
    return Milestone.objects.select_for_update().get(pk=what.pk)
