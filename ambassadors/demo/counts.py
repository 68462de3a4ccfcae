"""The figures of the demo company: counted from its rows by the product's own count."""

from django.db import transaction
from django.utils import timezone

from ambassadors.models import Milestone, OptIn
from ambassadors.models.counts import store_due
from ambassadors.models.figures import trend
from ambassadors.models.headcount import begin, month_of


def seed() -> str:
    """Count the months since the first ambassador, and close those that are over."""
    if not OptIn.objects.exists():
        return ""
    counted = [month for month in store_due() if month != month_of()]
    with transaction.atomic():
        for row in trend(month_of(), months=24):
            Milestone.reach(row.month, row.total)
        # That was news then, and is none today.
        for milestone in Milestone.objects.filter(told_at=None):
            then = min(begin(milestone.month), timezone.now())
            Milestone.objects.filter(pk=milestone.pk).update(reached_at=then, told_at=then)
    return f"{len(counted)} months counted" if counted else ""
