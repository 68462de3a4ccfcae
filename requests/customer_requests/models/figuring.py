"""What a request adds to the figures of its team, and which days a change of it makes stale."""

from datetime import date, datetime
from typing import Any

from customer_requests.models.base import RequestRow
from customer_requests.models.figure_day import FigureDay
from customer_requests.models.life import ClosedAs, Status
from server.accounts.models import User

# The day, and all that is counted on it for one request.
Counted = tuple[date, tuple[Any, ...]]


class Figuring(RequestRow):
    class Meta:
        abstract = True

    def _lock_row(self, *, desk: User | None = None) -> None:
        super()._lock_row(desk=desk)
        self.__dict__["_counted"] = self._counts_as()

    def _save(self, **changes: Any) -> None:
        """Whatever a verb changed of what is counted, the days of before and of now are stale."""
        super()._save(**changes)
        now = self._counts_as()
        before: frozenset[Counted] = self.__dict__.get("_counted", now)
        FigureDay.recount({day for day, _what in before ^ now})
        self.__dict__["_counted"] = now

    def _counts_as(self) -> frozenset[Counted]:
        """What `DayFigures` counts of it, of which day of its team."""
        zone = self.team.zone
        received = self.closed_as != ClosedAs.ANSWERED_BY_EMPLOYEE
        ended = self.closed_at if self.first_solved_at is None else None
        facts: list[tuple[str, datetime | None, tuple[Any, ...]]] = [
            ("received", self.created_at if received else None, ()),
            ("withdrawn", ended if self.status == Status.WITHDRAWN else None, ()),
            ("merged", ended if self.closed_as == ClosedAs.MERGED else None, ()),
            ("response", self.first_response_at, (self.first_response_worked,)),
            ("solution", self.first_solved_at, (self.solve_worked, self.solve_waited)),
        ]
        return frozenset(
            (moment.astimezone(zone).date(), (self.team_id, self.topic_id, name, *amounts))
            for name, moment, amounts in facts
            if moment is not None
        )
