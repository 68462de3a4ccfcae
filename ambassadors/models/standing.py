"""Where one person stands, and what is missing: for that person alone."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from ambassadors.models.ambassador import OptIn
from ambassadors.models.certificate import Certificate
from ambassadors.models.counts import active_between, valid_at
from ambassadors.models.headcount import begin, month_of
from ambassadors.models.policy import Acceptance, PolicyVersion
from server.accounts.models import User


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one person stands now; only ever shown to that person."""

    status: str
    missing: list[str]

    @classmethod
    def of(cls, user: User) -> "Standing":
        now = timezone.now()
        mine = User.objects.filter(pk=user.pk)
        missing = _missing(user, now)
        if "opt_in" in missing:
            return cls("none", missing)
        if not missing:
            acts = active_between(begin(month_of(now)), now, "pk")
            return cls("active" if mine.filter(acts).exists() else "certified", [])
        return cls("lapsed" if _ever_certified(user) else "none", missing)


def _missing(user: User, moment: datetime) -> list[str]:
    policy = PolicyVersion.in_force(moment)
    there = {
        "opt_in": OptIn.objects.at(moment).filter(user=user),
        "policy": Acceptance.objects.filter(version=policy, at__lte=moment, user=user),
        "certificate": valid_at(moment).filter(user=user),
    }
    return [name for name, rows in there.items() if not rows.exists()]


def _ever_certified(user: User) -> bool:
    """Whether there was a moment with nothing missing; it would have begun with one of these."""
    begins = [
        *OptIn.objects.filter(user=user).values_list("begins_at", flat=True),
        *Acceptance.objects.filter(user=user).values_list("at", flat=True),
        *Certificate.objects.filter(user=user).values_list("issued_at", flat=True),
    ]
    return any(not _missing(user, moment) for moment in begins)
