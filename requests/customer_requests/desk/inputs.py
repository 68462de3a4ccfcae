"""What agents send: filters of the queue, and the words and facts of each verb."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from pydantic import ConfigDict, Field, PrivateAttr, model_validator

from customer_requests import references
from customer_requests.models import CustomerRequest, Topic
from customer_requests.models.customer_request import CustomerRequestQuerySet
from customer_requests.models.finding import COMPARED, Place, Sought
from customer_requests.models.life import HELD, OPEN, Status
from server.accounts.models import Team, User
from server.fields import (
    Key,
    Line,
    Moment,
    OptionalEmail,
    OptionalPhone,
    Question,
    Strict,
    Text,
    check_contact,
    refuse,
)
from server.paging import PageQuery, decode
from server.problems import Invalid, NotFound

DUE_SOON = timedelta(hours=4)


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
        None, description="A saved view; `status` and `assignee` go before what it says of them."
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
        max_length=200,
        description="Words of the question, the customer or the timeline, all of them; the last "
        "may be a beginning. A phrase in quotes. Or a reference, an address, a number, the "
        "address of a post.",
    )
    since: date | None = Field(None, description="Passed on since this day, it included.")
    until: date | None = Field(None, description="Passed on until this day, it included.")
    order: Literal["due", "newest", "oldest"] = "due"
    _further: Place | None = PrivateAttr(None)

    def rows(self, agent: User) -> "QuerySet[CustomerRequest]":
        """All that is asked for; where the search index has to find it, what one page needs.

        Raises BadCursor.
        """
        teams = self._teams(agent)
        rows = self._asked(agent, teams, self.statuses)
        if not self._looks_up:
            return rows
        most = COMPARED if self._within else self.limit + 1
        found, self._further = rows.search(self._sought(agent, teams), most)
        return found

    @property
    def further(self) -> Place | None:
        """Where `rows` did not look any more, as the last row of a page; None where that is all."""
        return self._further

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
            rows = rows.filter(queue_due__lte=timezone.now() + self._within)
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
        later = datetime.combine(day + timedelta(days=days), time.min)
        return timezone.make_aware(later).astimezone(UTC)
    except OverflowError as error:
        raise Invalid({"since": _("This day is too far away.")}) from error


class AssignIn(Strict):
    agent: Key = Field(description="The agent's id or work e-mail.")

    def person(self) -> User:
        found = User.known_as(self.agent)
        if found is None:
            raise Invalid({"agent": _("This agent is unknown.")})
        return found


class PriorityIn(Strict):
    priority: Literal["low", "normal", "high", "urgent"]


class TransferIn(Strict):
    team: Key = Field(description="The other team's slug, name or id.")
    note: Text = Field(description="For the other team; never leaves the teams.")
    topic: Key | None = Field(None, description="The slug of one of that team's topics.")

    def destination(self) -> Team:
        team = Team.named(self.team)
        if team is None:
            raise Invalid({"team": _("This team is unknown.")})
        return team

    def about(self) -> Topic | None:
        if not self.topic:
            return None
        topic = Topic.objects.filter(slug=self.topic).select_related("team").first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown.")})
        return topic


class Words(Strict):
    """A text per audience; each reads their own."""

    customer: Text | None = None
    employee: Text | None = None


def said(words: Words | None) -> dict[str, str]:
    """The texts as the verbs take them; empty where nothing is said to that audience."""
    return {
        "text_customer": (words and words.customer) or "",
        "text_employee": (words and words.employee) or "",
    }


class StepIn(Strict):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "1d8f9d2e-8a0d-4b57-9a3c-0f6d2b8f4a01",
                "title": "Monteur komt langs",
                "expected_at": "2026-03-03T13:00:00Z",
                "text": {"customer": "De monteur belt een half uur van tevoren."},
            }
        },
    )
    id: UUID
    title: Line
    expected_at: Moment | None = None
    text: Words | None = None


class StepChange(Strict):
    state: Literal["planned", "busy", "done", "skipped"] | None = None
    expected_at: Moment | None = None
    text: Words | None = None


class UpdateIn(Strict):
    """One fact, told to one or both: `text` for all of them alike, or `texts` for each."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "7b0e8a1c-3c6e-49a2-8d3b-6a1e3e9b2f10",
                "audience": ["customer", "employee"],
                "texts": {
                    "customer": "We hebben de storing gevonden. U hoeft niets te doen.",
                    "employee": "De storing is gevonden; je buurvrouw hoeft niets te doen.",
                },
            }
        },
    )
    id: UUID
    audience: list[Literal["customer", "employee"]] = Field(min_length=1, max_length=2)
    text: Text | None = None
    texts: Words | None = None

    @model_validator(mode="after")
    def _a_text_for_each(self) -> "UpdateIn":
        if (self.text is None) == (self.texts is None):
            raise refuse(str(_("Give either `text` for all, or `texts` for each.")))
        if any(not self.said_to(reader) for reader in self.audience):
            raise refuse(str(_("Write a text for everyone in the audience.")))
        return self

    def said_to(self, reader: str) -> str:
        return self.text or (getattr(self.texts, reader) if self.texts else None) or ""


class NoteIn(Strict):
    id: UUID
    text: Text


class WaitIn(Strict):
    on: Literal["customer", "employee", "third_party"]
    text: Text
    until: Moment | None = None


class SolveIn(Strict):
    text: Text
    text_employee: Text | None = Field(
        None, description="What the employee reads instead, where that is something else."
    )


def on_desk_as_named(named: str, agent: User, field: str) -> CustomerRequest:
    """A request by its reference or id; NotFound where this agent may not see it, or none is."""
    rows = CustomerRequest.objects.on_desk_of(agent)
    if reference := references.parse(named):
        found = rows.filter(reference=reference).first()
    else:
        try:
            found = rows.filter(pk=UUID(named)).first()
        except ValueError as error:
            wrong = _("This is not a reference. It looks like DHG-7K3M-9Q2P.")
            raise Invalid({field: wrong}) from error
    if found is None:
        raise NotFound
    return found


class _Other(Strict):
    """Another request on the agent's desk, as people name it."""

    def other(self, agent: User, field: str) -> CustomerRequest:
        return on_desk_as_named(getattr(self, field), agent, field)


class MergeIn(_Other):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"into": "DHG-7K3M-9Q2P"}},
    )
    into: Key = Field(description="The reference or id of the request that goes on.")


class LinkIn(_Other):
    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={"example": {"request": "DHG-7K3M-9Q2P"}},
    )
    request: Key = Field(description="The reference or id of the other request.")


class SplitIn(Strict):
    """Part of a question, in the words that the customer will read back."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "5b6f4c1e-0f5a-4a3e-9d0c-2f1b7a6c9e02",
                "topic": "factuur",
                "question": "Mevrouw Jansen vraagt ook waarom haar factuur hoger is.",
            }
        },
    )
    id: UUID
    topic: Key = Field(description="A topic's slug; its team gets the new request.")
    question: Question

    def about(self) -> Topic:
        taken_up = Topic.objects.filter(is_active=True, team__is_active=True)
        topic = taken_up.filter(slug=self.topic).select_related("team").first()
        if topic is None:
            raise Invalid({"topic": _("This topic is unknown. Choose one from the list.")})
        return topic


class ContactIn(Strict):
    """Where the customer can be reached after all."""

    email: OptionalEmail = None
    phone: OptionalPhone = None
    channel: Literal["email", "sms"]

    @model_validator(mode="after")
    def _reachable(self) -> "ContactIn":
        check_contact(self.channel, self.email, self.phone)
        return self
