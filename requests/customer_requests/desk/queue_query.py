"""Which requests of the queue an agent asks for, and finding them."""

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock_time
from functools import cached_property
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import Field, PrivateAttr

from customer_requests import references
from customer_requests.models import CustomerRequest, Topic
from customer_requests.models.customer_request import CustomerRequestQuerySet
from customer_requests.models.finding import COMPARED, Place, Sought
from customer_requests.models.life import HELD, OPEN, Status
from server.accounts.models import Team, User
from server.fields import Key
from server.paging import PageQuery, decode, encode
from server.problems import Invalid

# Working time of the team.
DUE_SOON = timedelta(hours=4)
LONGEST_SEARCH = 200
# How long all of a filter is looked for, in seconds.
LOOKED_FOR = 2.0


@dataclass(frozen=True, slots=True)
class View:
    """A way to look at the queue that has a name: what it fills in where nothing else is asked."""

    label: Promise
    statuses: tuple[str, ...] = OPEN
    assignee: str | None = None
    within: timedelta | None = None


VIEWS: Mapping[str, View] = {
    "mine": View(_("Mine"), HELD, "me"),
    "team": View(_("My team")),
    "unassigned": View(_("Unassigned"), (Status.RECEIVED,), "none"),
    "soon": View(_("Due soon"), (Status.RECEIVED, Status.IN_PROGRESS), within=DUE_SOON),
    "waiting": View(pgettext_lazy("a view of the queue", "Waiting"), (Status.WAITING,)),
    "solved": View(_("Solved"), (Status.SOLVED,)),
    "all": View(_("All"), tuple(Status)),
}


class QueueQuery(PageQuery):
    """Which requests; without anything: those of my teams that are open, most urgent first."""

    view: Literal["mine", "team", "unassigned", "soon", "waiting", "solved", "all"] | None = Field(
        None,
        description="A saved view; `status` and `assignee` go before what it says of them. `soon` "
        "is what is due within four working hours of its team, or should have been.",
    )
    team: Key | None = Field(None, description="A team's slug, name or id.")
    status: (
        Literal["open", "received", "in_progress", "waiting", "solved", "closed", "withdrawn"]
        | None
    ) = None
    assignee: Key | None = Field(None, description="`me`, `none` or an agent's id.")
    topic: Key | None = Field(None, description="A topic's slug.")
    priority: Literal["low", "normal", "high", "urgent"] | None = None
    channel: Literal["social"] | None = Field(
        None, description="Only questions from under a post on a social network."
    )
    q: Key | None = Field(
        None,
        max_length=LONGEST_SEARCH,
        description="Words of the question, the customer or the timeline, all of them; the last "
        "may be a beginning. A phrase in quotes. Or a reference, an address, a number, the "
        "address of a post.",
    )
    since: date | None = Field(None, description="Passed on since this day, it included.")
    until: date | None = Field(None, description="Passed on until this day, it included.")
    order: Literal["due", "newest", "oldest"] = "due"
    _further: Place | None = PrivateAttr(None)
    _moments: dict[UUID, datetime] = PrivateAttr(default_factory=dict)

    def rows(self, agent: User) -> "QuerySet[CustomerRequest]":
        """All that is asked for; where the search index has to find it, what one page needs.

        Raises BadCursor.
        """
        teams, self._further = self._teams(agent), None
        rows = self._asked(agent, teams, self.statuses)
        if not self._looks_up:
            return rows
        sought = self._sought(agent, teams)
        if self._within and not references.parse(sought.text):
            return rows.filter(pk__in=self._among_what_is_due(sought))
        found, self._further = rows.search(sought, self.limit + 1)
        return found

    def among(self, agent: User, ids: Collection[UUID]) -> "QuerySet[CustomerRequest]":
        """Which of these requests it finds, on whatever page."""
        teams = self._teams(agent)
        rows = self._asked(agent, teams, self.statuses).filter(pk__in=ids)
        return rows.with_words(self._sought(agent, teams), ids) if self.searches else rows

    def all_of_it(self, agent: User, most: int) -> list[tuple[UUID, int]]:
        """Each request that it finds with its version, whatever page is asked for.

        Raises Invalid where there are more than `most`, or where it takes too long to be sure that
        there are no more.
        """
        until = time.monotonic() + LOOKED_FOR
        query = self.model_copy(update={"limit": most, "cursor": None})
        found: dict[UUID, int] = {}
        while True:
            found |= dict(query.rows(agent).values_list("pk", "version")[: most + 1])
            if len(found) > most:
                many = _("This filter has more than %(most)s requests. Narrow it down.")
                raise Invalid({"filter": many % {"most": most}})
            if query.further is None:
                return list(found.items())
            if time.monotonic() > until:
                raise Invalid(
                    {
                        "filter": _(
                            "It takes too long to look through all requests for this. Choose a "
                            "status or days as well, so that nothing is left out unseen."
                        )
                    }
                )
            query = query.model_copy(update={"cursor": encode(query.further)})

    def _among_what_is_due(self, sought: Sought) -> list[UUID]:
        """Of what has to be done by then, what is sought.

        Mostly that is little, and all of it is looked through, however long ago it came in. Where
        it is more than is compared at once, the search goes from page to page instead.
        """
        due = CustomerRequest.objects.filter(self._by_then(sought.teams))
        due = due.filter(team__in=sought.teams, status__in=self.statuses).order_by()
        ids = list(due.values_list("pk", flat=True)[: COMPARED + 1])
        if len(ids) <= COMPARED:
            return sought.among(ids)
        found = sought.first(COMPARED)
        self._further = found.further
        if len(found.ids) == COMPARED:  # it stopped because that is enough
            self._further = found.last
        return found.ids

    def _by_then(self, teams: frozenset[UUID]) -> Q:
        """What is due while its team works on for so long; by team, as each has its own hours."""
        due = Q(pk__in=[])
        if self._within is not None and not teams <= self._moments.keys():
            self._moments = Team.after_working(self._within, teams)
        for moment in {self._moments[team] for team in teams}:
            of = [team for team in teams if self._moments[team] == moment]
            due |= Q(team__in=of, queue_due__lte=moment)
        return due

    @property
    def further(self) -> Place | None:
        """Where `rows` did not look any more, as the last row of a page; None where that is all."""
        return self._further

    def says_nothing(self, agent: User) -> list[str]:
        """The filters with which nothing can be found, whatever there is: of a team, a topic, a
        person or a day that is not there.
        """
        found = []
        if self.team and not self._teams(agent):
            found.append("team")
        if self.topic and not self._topic_id:
            found.append("topic")
        tried: Mapping[str, Callable[[], object]] = {
            "assignee": lambda: self._holder_id(agent),
            "since": lambda: _midnight(self.since),
            "until": lambda: _midnight(self.until, days=1),
        }
        for name, read in tried.items():
            try:
                read()
            except Invalid:
                found.append(name)
        return found

    def parts(self, agent: User) -> "list[QuerySet[CustomerRequest]]":
        """The same rows in parts of which an index has each in order: one team, one status.

        What is looked up has none: it is a page of its own already.
        """
        if self._looks_up:
            return []
        teams = self._teams(agent)
        statuses = self.statuses
        if self._holder == "none":
            # What is in progress has an agent, says a constraint; looking would read them all.
            statuses = tuple(status for status in statuses if status not in HELD)
        by_agent = self._holder not in {None, "", "none"}
        groups = [teams] if by_agent else [frozenset([team]) for team in sorted(teams)]
        return [self._asked(agent, group, (status,)) for group in groups for status in statuses]

    @property
    def statuses(self) -> tuple[str, ...]:
        """Which statuses; a search that names none looks in all."""
        if self.status is not None:
            return OPEN if self.status == "open" else (str(self.status),)
        if self.view:
            return VIEWS[self.view].statuses
        return tuple(Status) if self.searches else OPEN

    @property
    def ordering(self) -> str:
        """Most urgent first; newest first where that is asked, where nothing can be due, and of
        what is searched or of a period.
        """
        if self.order == "oldest":
            return "created_at"
        by_due = self.order == "due" and not self.searches and not self._period
        return "queue_due" if by_due and set(self.statuses) <= set(OPEN) else "-created_at"

    @property
    def searches(self) -> bool:
        """Whether there are words to search for."""
        return bool(self.q and self.q.strip())

    @property
    def _holder(self) -> str | None:
        """Whose requests: as asked, or else as the view says."""
        return self.assignee or (VIEWS[self.view].assignee if self.view else None)

    @property
    def _within(self) -> timedelta | None:
        return VIEWS[self.view].within if self.view else None

    @property
    def _period(self) -> bool:
        return bool(self.since or self.until)

    @property
    def _looks_up(self) -> bool:
        """Whether the search index has to find the page: by words, or by when of a filter."""
        filtered = self.topic or self.priority or self._holder or self._period
        # Those from social networks are few, with an index of their own in each order.
        return self.searches or bool(filtered and self.ordering != "queue_due" and not self.channel)

    def _sought(self, agent: User, teams: frozenset[UUID]) -> Sought:
        every = set(self.statuses) == set(Status)
        return Sought(
            teams,
            text=self.q or "",
            topics=frozenset([self._topic_id] if self._topic_id else []),
            statuses=frozenset([] if every else self.statuses),
            priorities=frozenset([self.priority] if self.priority else []),
            agents=frozenset([self._holder_id(agent)] if self._holder else []),
            channels=frozenset([self.channel] if self.channel else []),
            since=_midnight(self.since),
            until=_midnight(self.until, days=1),
            after=decode(self.cursor) if self.cursor else None,
            oldest_first=self.order == "oldest",
        )

    def _teams(self, agent: User) -> frozenset[UUID]:
        """The agent's teams that were asked for."""
        if not self.team:
            return agent.team_ids
        team = self._team
        return agent.team_ids & {team.pk} if team else frozenset()

    def _asked(
        self, agent: User, teams: frozenset[UUID], statuses: tuple[str, ...]
    ) -> CustomerRequestQuerySet:
        rows = CustomerRequest.objects.on_desk_of(agent, teams).filter(status__in=statuses)
        if self._within:
            rows = rows.filter(self._by_then(teams))
        if self.topic:
            rows = rows.filter(topic=self._topic_id) if self._topic_id else rows.none()
        if self.priority:
            rows = rows.filter(priority=self.priority)
        if self.channel:
            rows = rows.filter(post_url__isnull=False)
        if begin := _midnight(self.since):
            rows = rows.filter(created_at__gte=begin)
        if end := _midnight(self.until, days=1):
            rows = rows.filter(created_at__lt=end)
        if self._holder == "none" and statuses == (Status.RECEIVED,):
            # They have no agent, says a constraint. Asked all the same, SQLite takes the index by
            # agent and reads what nobody has in all teams.
            return rows
        return rows.filter(agent=self._holder_id(agent)) if self._holder else rows

    @cached_property
    def _team(self) -> Team | None:
        return Team.named(self.team or "")

    @cached_property
    def _topic_id(self) -> UUID | None:
        if not self.topic:
            return None
        return Topic.objects.filter(slug=self.topic).values_list("pk", flat=True).first()

    def _holder_id(self, agent: User) -> UUID | None:
        """Whose; None for what nobody has."""
        if self._holder in {None, "", "me", "none"}:
            return agent.pk if self._holder == "me" else None
        try:
            return UUID(str(self._holder))
        except ValueError as error:
            raise Invalid({"assignee": _("Give `me`, `none` or an id.")}) from error


def _midnight(day: date | None, days: int = 0) -> datetime | None:
    """When a day begins where the reader is, or so many days later."""
    if day is None:
        return None
    try:
        later = datetime.combine(day + timedelta(days=days), clock_time.min)
        return timezone.make_aware(later).astimezone(UTC)
    except OverflowError as error:
        raise Invalid({"since": _("This day is too far away.")}) from error
