"""Where a merged request goes on, for those who still follow it here.

Whoever works on both holds them from the top: first the request that goes on, then this one.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property, wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from customer_requests.models.entry import ActorRole, Entry
from customer_requests.models.life import VERBS, Actor
from customer_requests.models.step import Step
from customer_requests.models.waiting import Waiting
from customer_requests.problems import NotNow
from server.accounts.models import User

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

P = ParamSpec("P")
T = TypeVar("T")

# What an employee whose request was merged still does here, as if it had not been.
STILL = ("attach", "message")


class Moved(Exception):
    """It was merged or taken apart while its rows were waited for."""


def begun_anew(verb: Callable[P, T]) -> Callable[P, T]:
    """Begin a verb anew, in another transaction, where its locks came too late."""

    @wraps(verb)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        while True:
            with suppress(Moved):
                return verb(*args, **kwargs)

    return wrapped


class GoingOn(Waiting):
    class Meta:
        abstract = True

    def goes_on_as(self) -> "CustomerRequest":
        """The request that the team works on: this one, unless it was merged."""
        here = self
        while here.merged_into is not None:
            here = here.merged_into
        return here  # type: ignore[return-value] # the one concrete class

    def whole_plan(self) -> list[Step]:
        """The steps that the followers of this one see: also those of where it goes on."""
        here, steps = self, list(self.steps.all())  # type: ignore[attr-defined] # of Step.request
        while here.merged_into is not None:
            here = here.merged_into
            steps += here.steps.all()
        return steps

    def allowed(self, role: ActorRole) -> list[str]:
        """The verbs that this role can use now, sorted."""
        names = set(super().allowed(role))
        if role == ActorRole.EMPLOYEE and self.merged_into_id is not None:
            goes_on = self.goes_on_as()
            names |= {verb for verb in STILL if self._may_say_onward(verb, goes_on)}
        return sorted(names)

    def _may_say_onward(self, verb: str, goes_on: "CustomerRequest") -> bool:
        open_there = goes_on.status in VERBS[verb].statuses and goes_on._may_still(verb)
        return open_there and self.erased_at is None

    def _lock_from_top(self) -> "CustomerRequest":
        """Lock the request that the team works on, and this one; returns the first."""
        goes_on = self._top()
        if goes_on is not None:
            goes_on._lock_row()
        self._lock_row()
        if goes_on is None and self.merged_into_id is None:
            return self  # type: ignore[return-value] # the one concrete class
        top = self._top()
        if goes_on is None or top is None or top.pk != goes_on.pk:
            raise Moved
        return goes_on

    def _lock_family(self, *, desk: User | None = None) -> "list[CustomerRequest]":
        """Lock this request with all that it was merged with, and return those others, the one that
        goes on first.
        """
        family: list[GoingOn] = []

        def lock(row: GoingOn) -> None:
            one = self if row.pk == self.pk else row
            one._lock_row(desk=desk if one is self else None)
            family.append(one)
            for merged in type(self)._base_manager.filter(merged_into=one.pk).order_by("pk"):
                lock(merged)

        top = self._top() or self
        lock(top)
        if top.merged_into_id is not None or not any(one is self for one in family):
            raise Moved
        return [one for one in family if one is not self]  # type: ignore[misc] # the one concrete class

    @cached_property
    def merged_with_it(self) -> "list[CustomerRequest]":
        """The requests that go on as this one, also by way of another; a query per level."""
        rows = type(self)._base_manager.select_related("employee").order_by("created_at", "pk")
        found: list[CustomerRequest] = []
        level = [self.pk]
        while level:
            here: list[Any] = list(rows.filter(merged_into__in=level))
            found, level = [*found, *here], [row.pk for row in here]
        return found

    def _top(self) -> "CustomerRequest | None":
        """Where it goes on as the rows say now; None where it was not merged."""
        rows = type(self)._base_manager
        top = None
        above = rows.filter(merged_here=self.pk).first()  # type: ignore[misc] # the reverse of merged_into
        while above is not None:
            top = above
            above = rows.filter(merged_here=top.pk).first()  # type: ignore[misc]
        return top  # type: ignore[return-value]

    def _check_say(self, verb: str, by: Actor, goes_on: "CustomerRequest") -> None:
        """`_check`, for what a follower says: an employee goes on where they always did."""
        if goes_on is self:
            self._check(verb)
            return
        self._check_version()
        if by.role != ActorRole.EMPLOYEE or not self._may_say_onward(verb, goes_on):
            raise NotNow(verb=verb, current=self.status)

    def _tell_onward(self, entry: Entry, goes_on: "CustomerRequest") -> None:
        """`_tell` what the employee said here to whoever has the request that goes on."""
        goes_on._hear()
        goes_on._save(**goes_on._clock_columns())
        self._save()
        self.__dict__["_goes_on"] = goes_on
        self._tell(entry, beside=[(goes_on, [])])
