"""When the team has to answer: three clocks in its working time, and the moments they run out.

*First response* runs from submission to the first public word of an agent. After that *next
response* runs from whatever a follower says to the next public word of an agent. *Solving* runs
from submission, or from the last reopening, to the solution. All stand still during a wait.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from customer_requests.models.figuring import Figuring
from customer_requests.models.life import FAR, OPEN, RUNNING
from customer_requests.models.step import Step
from customer_requests.models.topic import Clock, Targets
from server.accounts.working_hours import WorkCalendar

# The part of a target after which who has it is warned.
WARN_AFTER = 0.75


@dataclass(frozen=True, slots=True)
class Running:
    """A clock that has not been stopped: its target, and the reading of the meter it began at."""

    clock: Clock
    due: datetime
    begun: timedelta
    target: timedelta


class Due(Figuring):
    class Meta:
        abstract = True

    # Kept for one object, so that a verb or a page reads the team's hours once.
    _hours: WorkCalendar | None = None

    @property
    def hours(self) -> WorkCalendar:
        """The working time of the team that has the request."""
        if self._hours is None:
            self._hours = self.team.calendar()
        return self._hours

    def _targets(self) -> Targets:
        return self.topic.targets_at(self.priority)

    def _count(self, now: datetime) -> None:
        """Bring the meter up to now; during a wait it stands still."""
        if self.status in RUNNING:
            self.team_time += self.hours.between(self.team_time_at, now)
            self.team_time_at = now

    def _start_clocks(self, calendar: WorkCalendar) -> None:
        """Let the first two clocks run from the submission."""
        self._hours, self.team_time_at = calendar, self.created_at
        self._set_dues()

    def _restart_clocks(self, now: datetime) -> None:
        """A request that was over goes on: what was promised counts from now."""
        self.team_time_at, self.begun, self.alerted = now, self.team_time, []
        if self.first_response_at is not None:
            self.asked, self.asked_at = self.team_time, now
        self._set_dues()

    def _stand_still(self, now: datetime) -> None:
        """Stop the meter for a wait; before the status changes."""
        self._count(now)
        self.paused_at = now

    def _leave_waiting(self, now: datetime | None = None) -> None:
        """Let the clocks run on: what was left when the wait began is left now.

        What was already late stays late. Does nothing when the request was not waiting.
        """
        if self.paused_at is None:
            return
        now = now or timezone.now()
        self.waited += self.hours.between(self.paused_at, now)
        self.paused_at, self.team_time_at = None, now
        self._set_dues()

    def _move_clocks(self, old: WorkCalendar, new: WorkCalendar) -> None:
        """Give another team as much of its own working time as the first one had left.

        Before the status changes, and after a wait was left.
        """
        self._hours = old
        self._count(timezone.now())
        self._hours = new
        self._set_dues()

    def _hear(self, now: datetime | None = None) -> None:
        """A follower said something: the next response is due. The oldest such word counts.

        Until the first response that clock speaks for both.
        """
        if self.first_response_at is None or self.asked is not None:
            return
        now = now or timezone.now()
        self._count(now)
        self.asked, self.asked_at = self.team_time, now
        self.alerted = [given for given in self.alerted if not given.startswith(Clock.REPLY)]
        self._set_dues()

    def _answered(self) -> None:
        """A public word of an agent stops the clock of the next response."""
        self.asked = self.asked_at = self.reply_due = None

    def _count_response(self, now: datetime | None = None) -> None:
        """An agent's first word to the customer also stops the clock of the first response; any
        word to them keeps what was promised.
        """
        self._answered()
        self.promised_by = None
        if self.first_response_at is None:
            now = now or timezone.now()
            self._count(now)
            self.first_response_at, self.first_response_worked = now, self.team_time

    def _count_solution(self, now: datetime) -> None:
        """Stop the meter; the first solution is kept for the figures."""
        self._count(now)
        if self.first_solved_at is None:
            self.first_solved_at = now
            self.solve_worked, self.solve_waited = self.team_time, self.waited

    def _set_dues(self) -> None:
        """Say when each clock runs out, counted on from what it has used, and when to warn."""
        targets, response = self._targets(), self.first_response_at is None
        if response:
            self.response_due = self._runs_out(self.response_due, self.begun + targets.response)
        if self.asked is not None:
            self.reply_due = self._runs_out(self.reply_due, self.asked + targets.reply)
        self.solve_due = self._runs_out(self.solve_due, self.begun + targets.solve)
        self.alert_at = self._next_alert(targets)

    def _runs_out(self, due: datetime | None, reading: timedelta) -> datetime:
        """When the meter will reach this reading; what is late is due when it became late."""
        left = reading - self.team_time
        if left <= timedelta():
            return min(due or self.team_time_at, self.team_time_at)
        return self.hours.add(self.team_time_at, left)

    def running(self, targets: Targets | None = None) -> list[Running]:
        """The clocks that have not been stopped, in the order in which they run out."""
        return self._clocks(targets or self._targets()) if self.status in OPEN else []

    def _clocks(self, targets: Targets) -> list[Running]:
        found = []
        if self.solve_due:
            found.append(Running(Clock.SOLVE, self.solve_due, self.begun, targets.solve))
        if self.response_due and self.first_response_at is None:
            found.append(Running(Clock.RESPONSE, self.response_due, self.begun, targets.response))
        if self.reply_due and self.asked is not None:
            found.append(Running(Clock.REPLY, self.reply_due, self.asked, targets.reply))
        return sorted(found, key=lambda running: running.due)

    def due_of(self, clock: str) -> datetime | None:
        """When a clock runs out, stopped or not; None where it never ran or is unknown."""
        dues = {
            Clock.RESPONSE: self.response_due,
            Clock.REPLY: self.reply_due,
            Clock.SOLVE: self.solve_due,
        }
        return dues[Clock(clock)] if clock in Clock else None

    def _next_alert(self, targets: Targets) -> datetime | None:
        """When somebody has to be warned next, in the team's working time; None for never.

        Verbs that only stop a clock leave it as it was: who looks then finds nothing to warn of
        and works it out anew.
        """
        moments = [self._alert_moment(running) for running in self._clocks(targets)]
        coming = [moment for moment in moments if moment is not None]
        return self.hours.next_open(min(coming)) if coming else None

    def _alert_moment(self, running: Running) -> datetime | None:
        if f"{running.clock}-overdue" in self.alerted:
            return None
        if f"{running.clock}-due_soon" in self.alerted:
            return running.due
        left = running.begun + running.target * WARN_AFTER - self.team_time
        if left <= timedelta():
            return min(self.team_time_at, running.due)
        return min(self.hours.add(self.team_time_at, left), running.due)

    def _clock_columns(self) -> Mapping[str, Any]:
        """The columns that the methods above set, for `_save`."""
        return {name: getattr(self, name) for name in CLOCK_COLUMNS}

    @property
    def expected_by(self) -> datetime | None:
        """When the followers will hear more: the next step, the wait's end, or what is due."""
        return self.expected_with(self.steps.all())  # type: ignore[attr-defined] # the reverse of Step.request

    def expected_with(self, plan: Iterable[Step]) -> datetime | None:
        """`expected_by`, where the plan was read already."""
        if self.status not in OPEN:
            return None
        upcoming: list[datetime] = [
            step.expected_at
            for step in plan
            if step.expected_at and not step.is_finished and step.expected_at > timezone.now()
        ]
        if upcoming:
            return min(upcoming)
        due: datetime = self.queue_due
        return None if due == FAR else due


CLOCK_COLUMNS = (
    "response_due",
    "reply_due",
    "solve_due",
    "first_response_at",
    "first_response_worked",
    "first_solved_at",
    "solve_worked",
    "solve_waited",
    "paused_at",
    "waited",
    "team_time",
    "team_time_at",
    "begun",
    "asked",
    "asked_at",
    "alerted",
    "promised_by",
)
