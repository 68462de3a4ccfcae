"""What the clocks say when the team's working hours, or what a topic promises, are changed."""

from copy import copy
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from customer_requests.models.due import CLOCK_COLUMNS
from customer_requests.models.entry import EntryKind
from customer_requests.models.explaining import Explaining
from customer_requests.models.life import RUNNING
from notifications import outbox
from notifications.models.feed import Changed, ChangeKind
from server.accounts.working_hours import WorkCalendar

_COLUMNS = (*CLOCK_COLUMNS, "queue_due", "alert_at")


class Recounting(Explaining):
    class Meta:
        abstract = True

    def would_move(self, old: WorkCalendar, new: WorkCalendar, since: datetime) -> bool:
        """Whether `recount` would change anything; looks at what was read, without a lock."""
        after = copy(self)
        after._count_anew(old, new, since)
        return any(getattr(after, name) != getattr(self, name) for name in _COLUMNS)

    @transaction.atomic(durable=True)
    def recount(self, old: WorkCalendar, new: WorkCalendar, since: datetime) -> None:
        """The clock: since then its team works `new` hours, or its topic has other targets.

        Nobody hears a word of it and no version goes stale; the employee's app finds it in its
        feed where it moves what they expect. Doing it twice does it once.
        """
        team = self.team_id
        self._lock("recount")
        if self.team_id != team:
            return  # its clocks went on in another team's hours
        expected = self.queue_due
        self._count_anew(old, new, since)
        self.save(update_fields=_COLUMNS)
        if self.queue_due != expected:
            outbox.put([], [Changed(self.employee_id, ChangeKind.REQUEST, self.pk)])

    def _count_anew(self, old: WorkCalendar, new: WorkCalendar, since: datetime) -> None:
        """What was used stays used, in the hours that were; what was promised stays promised.

        What the change alone makes late, or nearly, warns nobody: else one word of an administrator
        would send a warning per request.
        """
        promised = self.queue_due
        self._use_up_to(old, new, since)
        self._hours = new
        targets, now = self._targets(), timezone.now()
        was = {one.clock: one.due for one in self._clocks(targets)}
        self._set_dues()
        for one in self._clocks(targets):
            if not one.due < was[one.clock] > now:
                continue
            warning = self._alert_moment(one)
            if one.due <= now:
                self.alerted = [*self.alerted, f"{one.clock}-{EntryKind.OVERDUE}"]
            elif warning is not None and warning <= now:
                self.alerted = [*self.alerted, f"{one.clock}-{EntryKind.DUE_SOON}"]
        self.alert_at = self._next_alert(targets) if self.status in RUNNING else None
        if self.status in RUNNING:
            self.promised_by = None
            self.promised_by = promised if promised < self._queue_due() else None
        self.queue_due = self._queue_due()

    def _use_up_to(self, old: WorkCalendar, new: WorkCalendar, since: datetime) -> None:
        """Bring the meter up to that moment, where the two count differently until then."""
        if self.status not in RUNNING or self.team_time_at >= since:
            return
        used = [hours.between(self.team_time_at, since) for hours in (old, new)]
        if used[0] != used[1]:
            self._hours = old
            self._count(since)
