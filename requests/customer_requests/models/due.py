"""When the team has to answer: due times in working hours that stand still during a wait."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customer_requests.models.base import FAR, OPEN, RequestRow, Status
from customer_requests.models.entry import Entry, EntryKind
from server.accounts.working_hours import WorkCalendar


class Due(RequestRow):
    class Meta:
        abstract = True

    def _start_clocks(self, calendar: WorkCalendar) -> None:
        """Set both due times from the submission and the topic's targets."""
        self.response_due = calendar.add(
            self.created_at, timedelta(minutes=self.topic.first_response_minutes)
        )
        self.solve_due = calendar.add(self.created_at, timedelta(minutes=self.topic.solve_minutes))

    def _leave_waiting(self) -> None:
        """Let the clocks run on: what was left when the wait began is left now.

        What was already late stays late. Does nothing when the request was not waiting.
        """
        if self.paused_at is None:
            return
        now, calendar = timezone.now(), self.team.calendar()
        self.waited += calendar.between(self.paused_at, now)
        self.solve_due = self._moved(self.solve_due, calendar, now)
        if self.first_response_at is None:
            self.response_due = self._moved(self.response_due, calendar, now)
        self.paused_at = None

    def _moved(
        self, due: datetime | None, calendar: WorkCalendar, now: datetime
    ) -> datetime | None:
        if due is None or self.paused_at is None or due <= self.paused_at:
            return due
        return calendar.add(now, calendar.between(self.paused_at, due))

    def _move_clocks(self, old: WorkCalendar, new: WorkCalendar) -> None:
        """Give another team as much of its own working time as the first one had left."""
        now = timezone.now()
        if self.solve_due and self.solve_due > now:
            self.solve_due = new.add(now, old.between(now, self.solve_due))
        if self.response_due and self.response_due > now and self.first_response_at is None:
            self.response_due = new.add(now, old.between(now, self.response_due))

    def _clock_columns(self) -> dict[str, Any]:
        """The columns that `_leave_waiting` and `_count_response` set, for `_save`."""
        return {
            "paused_at": self.paused_at,
            "waited": self.waited,
            "solve_due": self.solve_due,
            "response_due": self.response_due,
            "first_response_at": self.first_response_at,
        }

    def _count_response(self) -> None:
        """The first public word of an agent stops the clock of the first response."""
        if self.first_response_at is None:
            self.first_response_at = timezone.now()

    @property
    def expected_by(self) -> datetime | None:
        """When the followers will hear more: the next step, the wait's end, or what is due."""
        if self.status not in OPEN:
            return None
        upcoming: list[datetime] = [
            step.expected_at
            for step in self.steps.all()  # type: ignore[attr-defined] # the reverse of Step.request
            if step.expected_at and not step.is_finished and step.expected_at > timezone.now()
        ]
        if upcoming:
            return min(upcoming)
        due: datetime = self.queue_due
        return None if due == FAR else due

    def why_due(self) -> str:
        """Why the next due time is what it is, in the reader's language.

        As in: "Due Tuesday 24 November 10:30, because: received Friday 20 November 16:30, 2
        working hours, weekend."
        """
        if self.status == Status.WAITING:
            return _("The clock stands still while we wait for an answer.")
        due = None if self.queue_due == FAR else self.queue_due
        if due is None:
            return _("Nothing is due.")
        calendar, begun, reopened = self.team.calendar(), self.created_at, self._reopened_at()
        received = _("received %(when)s")
        if reopened:
            begun, received = reopened, _("reopened %(when)s")
        target = (
            self.topic.solve_minutes if due == self.solve_due else self.topic.first_response_minutes
        )
        reasons = [
            received % {"when": _moment(begun, calendar.zone)},
            _working_time(timedelta(minutes=target)),
        ]
        if self.waited:
            reasons.append(
                _("the clock stood still for %(time)s") % {"time": _working_time(self.waited)}
            )
        reasons += [
            _("weekend") if why == "weekend" else why for why in calendar.closed_between(begun, due)
        ]
        return _("Due %(when)s, because: %(reasons)s.") % {
            "when": _moment(due, calendar.zone),
            "reasons": ", ".join(reasons),
        }

    def _reopened_at(self) -> datetime | None:
        """When it was last reopened: the clocks began anew then."""
        return (
            Entry.objects.filter(request_id=self.pk, kind=EntryKind.REOPENED)
            .order_by("-number")
            .values_list("at", flat=True)
            .first()
        )


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return date_format(moment.astimezone(zone), "l j F H:i")


def _working_time(amount: timedelta) -> str:
    minutes = max(0, round(amount.total_seconds() / 60))
    if minutes % 60 or not minutes:
        return ngettext("%(n)s working minute", "%(n)s working minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s working hour", "%(n)s working hours", minutes // 60) % {
        "n": minutes // 60
    }
