"""Why something is due then: in a sentence per clock, and in a few words for a row of the queue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customer_requests.models.due import Due, Running
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import FAR, RUNNING, Status
from customer_requests.models.topic import Clock, Priority
from server.accounts.models import Team

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ClockFacts:
    """A running clock as people read it. `left` is working time, negative where it is over."""

    clock: Clock
    due: datetime
    left: timedelta
    left_in_words: str
    why: str

    @property
    def label(self) -> str:
        return str(self.clock.label)

    @property
    def overdue(self) -> bool:
        return self.left < timedelta()


class Explaining(Due):
    class Meta:
        abstract = True

    def why_due(self, clocks: Sequence[ClockFacts] | None = None) -> str:
        """Why the next due time is what it is, in the reader's language and the current time zone;
        `clocks` if known.

        As in: "Due Tuesday 24 November 10:30, because: received Friday 20 November 16:30, 2
        working hours, weekend."
        """
        if self.status == Status.WAITING:
            return _("The clock stands still while we wait for an answer.")
        if self._promised_first():
            return _(
                "Due %(when)s, because that was promised before the hours or targets changed."
            ) % {"when": _moment(self.queue_due)}
        clocks = self.clock_facts() if clocks is None else clocks
        return clocks[0].why if clocks else _("Nothing is due.")

    def clock_facts(self, story: Iterable[Entry] | None = None) -> list[ClockFacts]:
        """Every clock that runs, or stands still during a wait: the most urgent one first.

        `story` are its entries where they were read already.
        """
        running = self.running()
        reopened = self._reopened_at(story) if running else None
        return [
            ClockFacts(
                one.clock,
                one.due,
                left := self._left(one.due),
                self._in_words(left),
                self._why(one, reopened),
            )
            for one in running
        ]

    @property
    def overdue(self) -> bool:
        """Whether the team has worked on since what is due next was due.

        The one meaning of late, also for warnings and counts (`WorkCalendar.worked_until`). Nothing
        is while it waits. Reads nothing where `keep_hours` was called before.
        """
        if self.status not in RUNNING or self.queue_due == FAR:
            return False
        return bool(self.queue_due < self.hours.worked_until(timezone.now()))

    def next_in_words(self) -> tuple[str, str] | None:
        """Which clock runs out first, and the working time left or over; None if none runs. Where
        something was promised before that, it is the promise.

        Reads nothing where `keep_hours` was called before.
        """
        if self.status not in RUNNING or self.queue_due == FAR:
            return None
        due = self.queue_due
        if self._promised_first():
            return _("Promised"), self._in_words(self._left(due))
        clock = next(one for one in (Clock.REPLY, Clock.RESPONSE, Clock.SOLVE) if self._is(one))
        return str(clock.label), self._in_words(self._left(due))

    def _promised_first(self) -> bool:
        """Whether what was promised comes before what the clocks say."""
        return self.promised_by is not None and self.promised_by == self.queue_due

    def _is(self, clock: Clock) -> bool:
        return clock == Clock.SOLVE or self.due_of(clock) == self.queue_due

    @staticmethod
    def keep_hours(requests: "Iterable[Due]", beside: "Due | None" = None) -> None:
        """Read the working hours of all their teams at once, for what is asked of each later;
        those of the request that is shown `beside` them are known.
        """
        requests = [request for request in requests if request.status in RUNNING]
        hours = {beside.team_id: beside.hours} if beside and beside._hours else {}
        teams = {request.team_id: request.team for request in requests}
        if unknown := [team for id, team in teams.items() if id not in hours]:
            hours |= Team.calendars(unknown)
        for request in requests:
            request._hours = hours[request.team_id]

    def _left(self, due: datetime) -> timedelta:
        """The working time until then, or, negative, since then; a wait has stopped it."""
        now = self.paused_at or timezone.now()
        if due >= now:
            return self.hours.between(now, due)
        return -self.hours.between(due, now)

    def _in_words(self, left: timedelta) -> str:
        if abs(left) < _MINUTE / 2:
            # What was due at closing time is the first thing to do, and nobody is late with it.
            here = self.hours.is_open(self.paused_at or timezone.now())
            return _("due now") if here else _("due at opening")
        words = {"time": short_time(abs(left))}
        return (_("%(time)s over") if left < timedelta() else _("%(time)s left")) % words

    def _why(self, running: Running, reopened: datetime | None) -> str:
        begun = reopened or self.created_at
        words = _("reopened %(when)s") if reopened else _("received %(when)s")
        if running.clock == Clock.REPLY and self.asked_at:
            begun, words = self.asked_at, _("a message came %(when)s")
        time = _working_time(running.target)
        reasons = [words % {"when": _moment(begun)}]
        if self.priority == Priority.NORMAL:
            reasons.append(time)
        else:
            label = Priority(self.priority).label.lower()
            reasons.append(
                _("%(time)s (priority %(priority)s)") % {"time": time, "priority": label}
            )
        # What lies between and was not counted: waits, as far as there were any.
        gap = self.hours.between(begun, running.due) - running.target
        still = max(timedelta(), min(gap, self.waited))
        if still >= _MINUTE:
            reasons.append(_("the clock stood still for %(time)s") % {"time": _working_time(still)})
        if abs(gap - still) >= _MINUTE:
            reasons.append(_("the priority, the team or its hours changed on the way"))
        reasons += self.hours.closed_between(begun, running.due)
        return _("Due %(when)s, because: %(reasons)s.") % {
            "when": _moment(running.due),
            "reasons": ", ".join(reasons),
        }

    def _reopened_at(self, story: Iterable[Entry] | None) -> datetime | None:
        """When it was last reopened: the clocks began anew then."""
        if not self.solutions:
            return None
        if story is not None:
            own = [entry for entry in story if entry.request_id == self.pk]
            return max((e.at for e in own if e.kind == EntryKind.REOPENED), default=None)
        return (
            Entry.objects.filter(request_id=self.pk, kind=EntryKind.REOPENED)
            .order_by("-number")
            .values_list("at", flat=True)
            .first()
        )


def _moment(moment: datetime) -> str:
    return date_format(timezone.localtime(moment), "l j F H:i")


def short_time(amount: timedelta) -> str:
    """Working time in a few characters: `45 min`, `3 h 20 min`, `26 h`."""
    minutes = max(0, round(amount.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)s min") % {"minutes": rest}
    if not rest or hours >= 10:
        return _("%(hours)s h") % {"hours": hours}
    return _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": rest}


def _working_time(amount: timedelta) -> str:
    minutes = max(0, round(amount.total_seconds() / 60))
    if minutes % 60 or not minutes:
        return ngettext("%(n)s working minute", "%(n)s working minutes", minutes) % {"n": minutes}
    return ngettext("%(n)s working hour", "%(n)s working hours", minutes // 60) % {
        "n": minutes // 60
    }
