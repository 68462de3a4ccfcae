"""The same question twice: one request ends and goes on as the other, and can be taken apart.

Whoever holds rows of several requests took them in an order that lets nobody wait in a circle:
requests that stand on their own by id, and a merged one after the one that it goes on as.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_requests.models.attachment import Attachment
from customer_requests.models.draft import Draft
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.going_on import Moved, begun_anew
from customer_requests.models.known_problem import ProblemLink
from customer_requests.models.life import ENDED, Actor, ClosedAs, Status
from customer_requests.models.rating import Rating
from customer_requests.models.solving import Solving
from customer_requests.models.step import Step
from customer_requests.problems import (
    CannotGoOnThere,
    NotNow,
    OtherCustomer,
    SameRequest,
    TwoAddresses,
)
from server.accounts.models import User

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest


class Merging(Solving):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def merge(self, into: "CustomerRequest", *, by: User) -> None:
        """The same customer asked this twice: go on as the other one.

        The customer and the employee of this one are told once, and go on being informed: the
        customer by the other request, its employee on this timeline too. Where the other one is
        solved they hear the solution, and have as long to say no as if it were said now. Under a
        known problem, the other one is from now on, so that the customer hears the next word to
        all.
        """
        if into.pk == self.pk:
            raise SameRequest
        for row in sorted((self, into), key=lambda request: request.pk):
            row._lock_row(desk=by)
            # Refused before waiting for the next row: one that was merged just now is no longer
            # among those that are taken by id.
            if row is into:
                into._check_goes_on()
            elif self._is_merged_into(into):
                return
            else:
                self._check("merge", desk=by)
        self._check_customer_of(into)
        now = timezone.now()
        drafts = Draft.carry(self.pk, into.pk, reference=self.reference, by=by)
        link = ProblemLink.carry(self.pk, into.pk, by=by)
        self.before_merge = {
            **self._to_put_back(),
            "drafts": drafts,
            "problem_link": link.pk if link else None,
        }
        if self.paused_at is None:
            self._stand_still(now)
        self.merged_into = into
        mine = [self._add(EntryKind.MERGED, Actor.agent(by), **_of(into, followers=True))]
        theirs = [into._add(EntryKind.MERGED, Actor.agent(by), **_of(self))]
        solution = into._solution()
        if solution and self.employee_id != into.employee_id:
            mine.append(self._copy(solution, into.employee_sees))
        if link:
            title = link.problem.title
            theirs.append(into._add(EntryKind.LINKED, Actor.agent(by), text_team=title))
        self._save(
            status=Status.CLOSED,
            closed_as=ClosedAs.MERGED,
            closed_at=now,
            waiting_on="",
            waiting_until=None,
            merged_into=into,
            before_merge=self.before_merge,
            **self._clock_columns(),
        )
        into._save()
        onward = [(into, solution)] if solution else []
        self._tell(*mine, beside=[(into, theirs)], onward=onward)

    def _solution(self) -> Entry | None:
        """What was said to solve it, while it is solved."""
        if self.status != Status.SOLVED:
            return None
        said = Entry.objects.filter(request_id=self.pk, kind=EntryKind.SOLVED, copy_of=None)
        return said.select_related("actor").order_by("number").last()

    @begun_anew
    @transaction.atomic(durable=True)
    def unmerge(self, *, by: User) -> None:
        """Take it apart again: this one is what it was, and what was said since stays said. A known
        problem that came along from here is taken from wherever it came.
        """
        above = self._lock_above()
        into = above[0] if above else None
        self._lock("unmerge", desk=by)
        if into is None or self.merged_into_id != into.pk:
            raise NotNow(verb="unmerge", current=self.status)  # somebody was just before
        was = self.before_merge or {}
        back = self._put_back(was)
        mine = self._add(EntryKind.UNMERGED, Actor.agent(by), **_of(into, followers=True))
        theirs = {into: [into._add(EntryKind.UNMERGED, Actor.agent(by), **_of(self))]}
        carried = was.get("problem_link")
        for row in above:
            link = ProblemLink.bring_back(carried, row.pk)
            if link is None:
                break
            unlinked = row._add(EntryKind.UNLINKED, Actor.agent(by), text_team=link.problem.title)
            theirs.setdefault(row, []).append(unlinked)
            carried = (row.before_merge or {}).get("problem_link")
        self._save(
            **back,
            closed_as="",
            closed_at=None,
            merged_into=None,
            before_merge=None,
            **self._clock_columns(),
        )
        for row in theirs:
            row._save()
        Draft.bring_back(self.pk, into.pk, was.get("drafts", {}))
        self._tell(mine, beside=list(theirs.items()))

    def _lock_above(self) -> "list[CustomerRequest]":
        """Lock what this one goes on as, also by way of another; returns it, the nearest first."""
        rows: Any = type(self)._base_manager
        above: list[CustomerRequest] = []
        row = rows.filter(merged_here=self.pk).first()
        while row is not None:
            above.append(row)
            row = rows.filter(merged_here=row.pk).first()
        for row in reversed(above):
            row._lock_row()
        there = [row.merged_into_id for row in above]
        if above and there != [*(row.pk for row in above[1:]), None]:
            raise Moved
        return above

    def _check_goes_on(self) -> None:
        if self.status in ENDED:
            there = self.merged_into.reference if self.merged_into else None
            raise CannotGoOnThere(current=self.status, merged_into=there)

    def _is_merged_into(self, into: "CustomerRequest") -> bool:
        """Whether it is so already, as after a second click."""
        if self.merged_into_id != into.pk:
            return False
        self._check_version()
        return True

    def _to_put_back(self) -> dict[str, Any]:
        """What `_put_back` makes of the request again, as JSON."""
        until = self.waiting_until
        return {
            "status": self.status,
            "agent": str(self.agent_id) if self.agent_id else None,
            "waiting_on": self.waiting_on,
            "waiting_until": until.isoformat() if until else None,
        }

    def _put_back(self, was: dict[str, Any]) -> dict[str, Any]:
        """The columns of what it was, for `_save`; the clocks stood still since.

        With the agent who had it, unless they are not at work any more: then it is the queue's.
        """
        self.agent = User.objects.filter(pk=was["agent"]).first() if was["agent"] else None
        now, until = timezone.now(), was["waiting_until"]
        waits = was["status"] == Status.WAITING and not self._holder_away()
        if waits and self.paused_at is None:
            self.paused_at = now
        elif not waits and self.paused_at is not None:
            self._leave_waiting(now)
        elif not waits:
            self.team_time_at = now
            self._set_dues()
        if self._holder_away():
            self.agent = None
        return {
            "status": Status(was["status"]) if self.agent or not was["agent"] else Status.RECEIVED,
            "agent": self.agent,
            "waiting_on": was["waiting_on"] if waits else "",
            "waiting_until": datetime.fromisoformat(until) if waits and until else None,
        }

    def _check_customer_of(self, other: "Merging") -> None:
        """Refuse two customers, and one whom the answers would not reach any more.

        A number may be a household's, and what is said from now on goes to one address only: so
        each has to be one that the other request has too. Of one post the agent says whether it is
        one stranger: nothing is ever sent to either.
        """
        if self.is_social or other.is_social:
            if self.post_url is None or self.post_url != other.post_url:
                raise OtherCustomer
            return
        mine = {self.customer_email, self.customer_phone} - {""}
        theirs = {other.customer_email, other.customer_phone} - {""}
        if not mine & theirs:
            raise OtherCustomer
        if self.customer_address not in theirs or other.customer_address not in mine:
            raise TwoAddresses(other=other.reference)

    def can_go_on_as(self, other: "Merging") -> bool:
        """Whether the customer of this one would hear what is said on the other one."""
        try:
            self._check_customer_of(other)
        except (OtherCustomer, TwoAddresses):
            return False
        return other.status not in ENDED

    def _at_this_address(self) -> Q:
        """The requests of whoever reads the links of this one."""
        if self.is_social:
            return Q(post_url=self.post_url, post_url__isnull=False)
        if self.customer_channel == "sms":
            return Q(customer_phone=self.customer_phone, customer_phone__gt="")
        return Q(customer_email=self.customer_email, customer_email__gt="")

    def customer_goes_on_at(self) -> "CustomerRequest | None":
        """The request that this one goes on as, for whoever came by this one's link: the last one,
        where it goes by way of another.

        None where that link went to another address than the other request has by now.
        """
        rows: QuerySet[Any] = type(self)._base_manager.filter(self._at_this_address())
        found, there = None, self.merged_into_id
        while there is not None and (one := rows.filter(pk=there).first()) is not None:
            found, there = one, one.merged_into_id
        return found

    def merged_ids(self, first: "Iterable[CustomerRequest] | None" = None) -> list[UUID]:
        """The requests that go on as this one, also by way of another; a query per level.

        `first` are those of the first level, where the caller knows them; looks no further where
        none of those is known to have any (`related` says so).
        """
        rows = type(self)._base_manager.order_by("created_at", "pk")
        found: list[UUID] = []
        level: list[UUID] = [self.pk]
        if first is not None:
            first = list(first)
            found = [request.pk for request in first]
            deeper = any(request.__dict__.get("has_merged", True) for request in first)
            level = found if deeper else []
        while level:
            level = list(rows.filter(merged_into__in=level).values_list("pk", flat=True))
            found = [*found, *level]
        return found

    def whole_story(self, first: "Iterable[CustomerRequest] | None" = None) -> list[Entry]:
        """Every entry for the team, oldest first, with those of the requests that go on as this
        one; what was copied between them stands here once. `first` as for `merged_ids`.
        """
        merged = self.merged_ids(first)
        entries = Entry.objects.filter(request_id=self.pk)
        if merged:
            elsewhere = Q(request_id__in=merged, copy_of=None)
            entries = Entry.objects.filter(Q(request_id=self.pk) | elsewhere)
        rows = entries.select_related("actor", "step", "request")
        return list(rows.order_by("at", "number") if merged else rows.order_by("number"))

    def seen_now(self) -> str:
        """What whoever reads the whole story as this row has it has seen of it, for `story_after`:
        the number of the last entry here, and when the row last moved, which all that is said on
        the others makes it do.
        """
        return f"{self.entry_count}@{self.updated_at.isoformat()}"

    def went_on_after(self, seen: str) -> bool:
        """Whether there are entries here that were not seen; asks nothing of the database."""
        number, _moment = _read_seen(seen)
        return number is not None and self.entry_count > number

    def story_after(self, seen: str) -> list[Entry]:
        """What came in the whole story after this was `seen_now`; nothing where that can't be read,
        and only what is this request's own where no moment is in it.
        """
        number, moment = _read_seen(seen)
        if number is None:
            return []
        new = Q(request_id=self.pk, number__gt=number)
        if moment is not None and (merged := self.merged_ids()):
            new |= Q(request_id__in=merged, copy_of=None, at__gt=moment)
        rows = Entry.objects.filter(new).select_related("actor", "step", "request")
        return list(rows.order_by("at", "number"))

    def plan_in(self, story: Iterable[Entry]) -> list[Step]:
        """The plan, out of what was told of it: making a step is an entry of its own."""
        steps = {entry.step_id: entry.step for entry in story}.values()
        own = [step for step in steps if step is not None and step.request_id == self.pk]
        return sorted(own, key=lambda step: step.position)

    def files_in(self, story: Iterable[Entry]) -> list[Attachment]:
        """The files that the timeline tells of, also those of the requests that go on as this one,
        its own first; one query, or none.
        """
        of = {entry.request_id for entry in story if entry.kind == EntryKind.FILE}
        if not of:
            return []
        files = Attachment.objects.filter(request_id__in=of)
        return sorted(files, key=lambda file: file.request_id != self.pk)

    def rating_in(self, story: Iterable[Entry]) -> Rating | None:
        """`latest_rating`; looks only where the timeline tells of one."""
        rated = any(entry.kind == EntryKind.RATED for entry in story)
        return self.latest_rating() if rated else None


def _read_seen(seen: str) -> tuple[int | None, datetime | None]:
    number, _at, moment = seen.partition("@")
    if not (number.isdecimal() and len(number) <= 9):
        return None, None
    try:
        return int(number), datetime.fromisoformat(moment).astimezone(UTC)
    except (ValueError, OverflowError):
        return int(number), None


def _of(other: "Merging", *, followers: bool = False) -> dict[str, Any]:
    """What an entry says of the other request: its reference, to the followers as well or not.

    Two employees need not know of each other, so on the request that goes on it is the team's.
    """
    words = ["text_team", "text_customer", "text_employee"] if followers else ["text_team"]
    said: dict[str, Any] = dict.fromkeys(words, other.reference)
    return {"to_customer": followers, "to_employee": followers, **said}
