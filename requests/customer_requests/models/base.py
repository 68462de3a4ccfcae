"""The row of a customer request, and what every verb does: lock, refuse, write, tell.

A verb is one transaction. It locks and re-reads the row, refuses with a typed problem, writes the
row, the timeline entry and the outbox rows, and commits; `VERBS` in `life` says who may do what
from which status, for the verbs themselves and for `allowed` alike.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import IntegrityError, models
from django.utils import timezone

from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.life import (
    AUDIENCES,
    FAR,
    OPEN,
    RUNNING,
    VERBS,
    Actor,
    ClosedAs,
    EmployeeSees,
    Relation,
    Status,
    WaitingOn,
    Whose,
)
from customer_requests.models.reading import Reading
from customer_requests.models.search_text import SearchText
from customer_requests.models.topic import Priority, Topic
from customer_requests.models.under_post import CustomerChannel, UnderPost
from customer_requests.problems import NotNow, NotYours
from notifications import outbox
from notifications.models.feed import Changed, ChangeKind
from notifications.outbox import Message, ToCustomer, ToUser
from server.accounts.models import AuditEvent, Team, TeamMember, TeamRole, User
from server.problems import IdReused, NotFound, StaleVersion


class RequestRow(Reading, UnderPost):
    """The columns of a customer request, and the machinery that its verbs share.

    The customer's details live here and nowhere else, so that erasing them is one update.

    The clocks read one meter: `team_time` is the working time of the teams that had the request,
    waits apart, up to `team_time_at`. `begun` is its reading when it was received or reopened,
    `asked` when a follower said (`asked_at`) what no agent has answered yet. `alert_at` is when
    to look whether somebody has to be warned; `alerted` names the warnings that were given.
    `promised_by` is when the followers were told that they would hear more, where the clocks by now
    leave more time than that.
    `first_response_worked`, `solve_worked` and `solve_waited` are kept for the figures.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=13, unique=True)
    topic = models.ForeignKey(Topic, on_delete=models.PROTECT, related_name="requests")
    # Indexes of these alone would never be better than the longer ones that begin with them.
    team = models.ForeignKey(
        Team, db_index=False, on_delete=models.PROTECT, related_name="requests"
    )
    employee = models.ForeignKey(
        User, db_index=False, on_delete=models.PROTECT, related_name="requests"
    )
    agent = models.ForeignKey(
        User,
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="assigned_requests",
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.RECEIVED)
    priority = models.CharField(max_length=8, choices=Priority.choices, default=Priority.NORMAL)
    waiting_on = models.CharField(max_length=12, choices=WaitingOn.choices, blank=True)
    waiting_until = models.DateTimeField(null=True)
    closed_as = models.CharField(max_length=24, choices=ClosedAs.choices, blank=True)
    follow_up_of = models.ForeignKey(
        "customer_requests.CustomerRequest",
        null=True,
        on_delete=models.SET_NULL,
        related_name="follow_ups",
    )

    # Where a merged request goes on, and the columns that unmerging puts back as they were.
    merged_into = models.ForeignKey(
        "customer_requests.CustomerRequest",
        null=True,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="merged_here",
    )
    before_merge = models.JSONField(null=True)

    question = models.TextField()
    relation = models.CharField(max_length=12, choices=Relation.choices, blank=True)
    customer_name = models.CharField(max_length=120)
    customer_email = models.CharField(max_length=254, blank=True)
    customer_phone = models.CharField(max_length=16, blank=True)
    customer_channel = models.CharField(max_length=8, choices=CustomerChannel.choices)
    customer_language = models.CharField(max_length=2, default="nl")
    customer_agreed_at = models.DateTimeField(null=True, default=timezone.now)
    customer_checked_at = models.DateTimeField(null=True)
    customer_failing = models.BooleanField(default=False)
    employee_sees = models.CharField(
        max_length=12, choices=EmployeeSees.choices, default=EmployeeSees.UPDATES
    )
    fingerprint = models.CharField(max_length=64)
    erased_at = models.DateTimeField(null=True)

    version = models.PositiveIntegerField(default=1)
    entry_count = models.PositiveIntegerField(default=0)
    solutions = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    first_response_at = models.DateTimeField(null=True)
    first_solved_at = models.DateTimeField(null=True)
    solved_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    response_due = models.DateTimeField(null=True)
    reply_due = models.DateTimeField(null=True)
    solve_due = models.DateTimeField(null=True)
    paused_at = models.DateTimeField(null=True)
    waited = models.DurationField(default=timedelta)
    team_time = models.DurationField(default=timedelta)
    team_time_at = models.DateTimeField(default=timezone.now)
    begun = models.DurationField(default=timedelta)
    asked = models.DurationField(null=True)
    asked_at = models.DateTimeField(null=True)
    promised_by = models.DateTimeField(null=True)
    queue_due = models.DateTimeField(default=FAR)
    alert_at = models.DateTimeField(null=True)
    alerted: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    first_response_worked = models.DurationField(null=True)
    solve_worked = models.DurationField(null=True)
    solve_waited = models.DurationField(null=True)

    class Meta:
        abstract = True

    # The version that the caller saw; None when the caller did not say. Set by `expecting`.
    _expected: ClassVar[int | None] = None
    # Who had it until the clock put it back in the queue, or an undo took it away, to be told so.
    _had_it: ClassVar[User | None] = None
    # Whether a message went to the followers of what the next entry takes back: they get one too.
    _unsays: ClassVar[bool] = False
    # Where this one was merged: the request whose agent hears what is said here.
    _goes_on: ClassVar["RequestRow | None"] = None
    # The id that the next entry gets; None for any. Set by `under`.
    _entry_id: ClassVar[uuid.UUID | None] = None

    def expecting(self, version: int | None) -> Self:
        """Let the next verb refuse with StaleVersion unless the row is at this version."""
        self.__dict__["_expected"] = version
        return self

    def under(self, id: uuid.UUID) -> Self:
        """Give the entry of the next verb this id, so that whoever comes back sees it was done."""
        self.__dict__["_entry_id"] = id
        return self

    def has_entry(self, id: uuid.UUID | None) -> bool:
        """Whether an earlier verb on this request made the entry with this id."""
        return id is not None and Entry.objects.filter(pk=id, request_id=self.pk).exists()

    def _lock(self, verb: str, *, desk: User | None = None) -> None:
        """Re-read the row under a lock, and refuse what `_check` refuses."""
        self._lock_row(desk=desk)
        self._check(verb, desk=desk)

    def _check(self, verb: str, *, desk: User | None = None) -> None:
        """Refuse a stale version, a status that forbids the verb, or an agent whom it isn't for."""
        self._check_version()
        self._check_status(verb)
        if desk is not None:
            self._check_whose(verb, self._reach(desk, sure=True))

    def _check_whose(self, verb: str, reach: Collection[Whose]) -> None:
        if VERBS[verb].whose not in reach:
            raise NotYours(holder=self.agent.name if self.agent else None)

    def _lock_row(self, *, desk: User | None = None) -> None:
        """Re-read the row under a lock. For a verb of the desk, `desk` is the agent who uses it:
        since they looked the request may have gone to a team where they may not see it.
        """
        rows = type(self)._base_manager.filter(pk=self.pk)
        # Two statements: PostgreSQL reads a row that it had to wait for again, but not what was
        # joined to it, so the agent of a request that was just claimed would seem to be nobody.
        rows.select_for_update().values_list("pk").get()
        fresh = rows.select_related("topic", "team", "agent", "employee").get()
        # refresh_from_db would drop the related rows that were just read along.
        kept = ("_expected", "_entry_id", "_sending", "_rehearsing")
        said = {name: self.__dict__.get(name) for name in kept}
        self.__dict__.clear()
        self.__dict__.update(fresh.__dict__, **said)
        if desk is not None and not self._works_here(desk):
            self.__dict__.pop("_expected", None)
            raise NotFound

    def _works_here(self, agent: User) -> bool:
        """Whether this person works in the team that has the request, and so may find it."""
        members = TeamMember.objects.employed()
        return members.filter(team_id=self.team_id, user=agent).exists()

    def _at_work(self, agent: User) -> bool:
        """Whether work can be with this person now: they work here, and are not away."""
        members = TeamMember.objects.at_work(timezone.now())
        return members.filter(team_id=self.team_id, user=agent).exists()

    def _holder_away(self) -> bool:
        """Whether it is held by somebody who is not at work, and so by nobody."""
        if self.agent is None:
            return False
        # Read along by `for_team`; whoever locks the row reads it again.
        at_work: bool | None = self.__dict__.get("holder_at_work")
        return not (self._at_work(self.agent) if at_work is None else at_work)

    def _reach(self, by: User, *, sure: bool = False) -> Collection[Whose]:
        """Which verbs are for this agent of the team now. A verb wants to be `sure`: whoever came
        as a lead may be one no longer.
        """
        if self.agent_id in {None, by.pk}:
            return set(Whose)
        if self._holder_away():
            return {Whose.ANYONE, Whose.FREE, Whose.HOLDER_OR_LEAD}
        if self._is_lead(by) if sure else by.leads(self.team_id):
            return {Whose.ANYONE, Whose.HOLDER_OR_LEAD}
        return {Whose.ANYONE}

    def _is_lead(self, agent: User) -> bool:
        return TeamMember.objects.filter(
            team_id=self.team_id, user=agent, role=TeamRole.LEAD
        ).exists()

    def _check_version(self) -> None:
        expected = self.__dict__.pop("_expected", None)
        if expected is not None and expected != self.version:
            raise StaleVersion(version=self.version)

    def _check_status(self, verb: str) -> None:
        if self.status not in VERBS[verb].statuses or not self._may_still(verb):
            raise NotNow(verb=verb, current=self.status)

    def _may_still(self, verb: str) -> bool:
        """What the status alone does not say."""
        if self.erased_at is not None:
            return verb in {"note", "link"}
        if self.is_social:
            if verb in self.NOT_THERE:
                return False
        elif verb in self.ONLY_THERE:
            return False
        if verb == "place":
            return self.solutions > 0 and self.closed_as != ClosedAs.MERGED
        if verb == "unmerge":
            return self.closed_as == ClosedAs.MERGED
        if verb == "reopen":
            return self.closed_as != ClosedAs.MERGED
        if verb == "rate":
            return self.solutions > 0
        return True

    def allowed(self, role: ActorRole) -> list[str]:
        """The verbs that this role can use now, sorted."""
        return sorted(
            name
            for name, verb in VERBS.items()
            if self._is_for(role, name) and self.status in verb.statuses and self._may_still(name)
        )

    def _is_for(self, role: ActorRole, verb: str) -> bool:
        """Whether this role uses this verb here: for a stranger under a post the employee does."""
        if self.is_social and role == ActorRole.CUSTOMER:
            return False
        stands_in = self.is_social and role == ActorRole.EMPLOYEE and verb in self.STANDS_IN
        return stands_in or role in VERBS[verb].roles

    def _replay(self, entry_id: uuid.UUID | None, print_: str) -> Entry | None:
        """The entry that was made earlier with this id, when it says the same.

        Raises IdReused when the id is of something else. Call it under the row's lock and before
        the status is checked: a repeat of what succeeded must succeed again.
        """
        if entry_id is None:
            return None
        entry = Entry.objects.filter(pk=entry_id).first()
        if entry is None:
            return None
        if entry.request_id != self.pk or entry.fingerprint != print_:
            raise IdReused
        return entry

    def _save(self, *, new_version: bool = True, **changes: Any) -> None:
        """Write these columns, the queue's order and the next version.

        `new_version` is False where nothing changed that somebody who writes should first see:
        then what they saw of it is not stale, though its row and timeline moved.
        """
        now = timezone.now()
        for name, value in changes.items():
            setattr(self, name, value)
        self.version += new_version
        self.updated_at = now
        self.queue_due = self._queue_due()
        if self.status not in RUNNING:
            self.alert_at = None
        always = ["version", "updated_at", "queue_due", "alert_at", "entry_count"]
        self.save(update_fields=[*changes, *always])

    def _queue_due(self) -> datetime:
        """When the next thing is due, for the order of the queue."""
        if self.status == Status.WAITING:
            return self.waiting_until or FAR
        if self.status not in OPEN:
            return FAR
        response_due = None if self.first_response_at else self.response_due
        dues = [self.solve_due, response_due, self.reply_due, self.promised_by]
        return min((due for due in dues if due), default=FAR)

    def _add(self, kind: EntryKind, by: Actor, **facts: Any) -> Entry:
        """Make the next timeline entry; `tell` saves it."""
        self.entry_count += 1
        given = facts.pop("id", None) or self.__dict__.pop("_entry_id", None)
        return Entry(
            **({"id": given} if given else {}),
            request_id=self.pk,
            number=self.entry_count,
            kind=kind,
            actor=by.user,
            actor_role=by.role,
            **facts,
        )

    def _tell(
        self,
        *entries: Entry,
        also: Iterable[Changed] = (),
        beside: Sequence[tuple["RequestRow", Sequence[Entry]]] = (),
        onward: Sequence[tuple["RequestRow", Entry]] = (),
    ) -> None:
        """Save entries and put what follows from them in the outbox: the last act of a verb.

        Of what is told at once each hears the last; its letter shows the plan as it is by then.
        `beside` is what the verb wrote on other requests. It goes along in one: `outbox.put` holds
        people's feeds, and takes them in an order of its own. `onward` is what was said before, and
        where, and is news to the employees whose requests go on as this one.
        """
        told: list[tuple[RequestRow, Sequence[Entry]]] = []
        for request, written in [(self, entries), *beside]:
            said = [(request, entry) for entry in written]
            said += onward if request is self else ()
            told += [(request, written), *request._copies(said, {request.employee_id})]
        try:
            Entry.objects.bulk_create([entry for _request, written in told for entry in written])
        except IntegrityError as error:
            # Under the rows' locks only the id can clash: it was just used on another request.
            raise IdReused from error
        # A copy is no act of its own.
        by_agents = [
            (request, entry)
            for request, written in told
            for entry in written
            if entry.actor_role == ActorRole.AGENT and entry.copy_of_id is None
        ]
        AuditEvent.objects.bulk_create([request._audited(entry) for request, entry in by_agents])
        messages: list[Message] = []
        changes = list(also)
        for request, written in told:
            if not any(entry.copy_of_id for entry in written):  # found where it was said
                SearchText.follow(request, written)
            last = {note.to: note for entry in written for note in request._messages(entry)}
            messages += last.values()
            changes.append(Changed(request.employee_id, ChangeKind.REQUEST, request.pk))
            changes += [
                Changed(request.employee_id, ChangeKind.TIMELINE, entry.pk)
                for entry in written
                if request.employee_may_read(entry)
            ]
        outbox.put(messages, changes)
        self.__dict__["_copied"] = [
            entry.pk for _request, written in told for entry in written if entry.copy_of_id
        ]

    def _copies(
        self, said: Sequence[tuple["RequestRow", Entry]], told: set[uuid.UUID]
    ) -> list[tuple["RequestRow", Sequence[Entry]]]:
        """What the employees of requests that go on as this one get on their own timelines, also by
        way of another: each employee once, and whatever somebody other than the team may read.
        `said` has each entry with the request where it was said; `told` are the employees who have
        it, and is added to.

        Locks those requests: always after the one that they go on as, in the order of their ids.
        """
        public = [
            (where, entry)
            for where, entry in said
            if (entry.to_customer or entry.to_employee) and entry.copy_of_id is None
        ]
        if not public or self.version == 1:  # nothing goes on as what was just made
            return []
        stories: list[tuple[RequestRow, Sequence[Entry]]] = []
        for merged in type(self)._base_manager.filter(merged_into=self.pk).order_by("pk"):
            merged._lock_row()
            if merged.employee_id not in told:
                # What was said on another one of theirs they have there.
                new = [(on, entry) for on, entry in public if on.employee_id != merged.employee_id]
                copies = [merged._copy(entry, on.employee_sees) for on, entry in new]
                merged._save()
                stories.append((merged, copies))
            elif any(entry.step_id for _where, entry in public):
                stories.append((merged, []))  # told elsewhere, but this one shows the plan too
            told.add(merged.employee_id)
            stories += merged._copies(public, told)
        return stories

    def _copy(self, entry: Entry, chosen: str) -> Entry:
        """Another employee's words are not for this one, and a question to them is not either."""
        theirs = entry.actor_role == ActorRole.EMPLOYEE
        asked = entry.kind == EntryKind.WAITING and entry.text_team == WaitingOn.EMPLOYEE
        said = entry.kind in {EntryKind.MESSAGE, EntryKind.FILE}
        copy = self._add(
            EntryKind(entry.kind),
            Actor(ActorRole(entry.actor_role), entry.actor),
            to_customer=entry.to_customer,
            to_employee=entry.to_employee and not (theirs and said),
            text_customer=entry.text_customer,
            text_employee="" if theirs or asked else entry.text_employee,
            text_team=WaitingOn.THIRD_PARTY if asked else entry.text_team,
            step=entry.step,
            step_state=entry.step_state,
            copy_of=entry,
        )
        copy.__dict__["chosen_there"] = chosen
        return copy

    def _audited(self, entry: Entry) -> AuditEvent:
        action = f"request-{entry.kind}"
        return AuditEvent.of(entry.actor, action, "customer_request", self.pk, entry=entry.number)

    def _messages(self, entry: Entry) -> Iterable[Message]:
        """Who hears of this entry: `AUDIENCES` says who could, the entry says for whom it is."""
        audiences = AUDIENCES.get(EntryKind(entry.kind), frozenset())
        if self._unsays and entry.kind == EntryKind.RELEASED:
            audiences = audiences | {"customer", "employee"}
        is_customer = entry.actor_role == ActorRole.CUSTOMER
        # A new address or a follow-up needs a new link, whoever asked for it.
        needs_link = entry.kind in {EntryKind.DETAILS, EntryKind.SUBMITTED}
        is_copy = entry.copy_of_id is not None  # the others hear of it where it was written
        to_customer = "customer" in audiences and entry.to_customer and not is_copy
        if to_customer and (needs_link or not is_customer):
            address = self.reach_customer_at()
            if address:
                to = ToCustomer(self.customer_channel, address)
                yield Message(f"customer.{entry.kind}", to, self.pk, entry.pk)
        told = {entry.actor_id}
        to_employee = "employee" in audiences and self.employee_id not in told
        if to_employee and entry.to_employee and self.employee_may_read(entry):
            told.add(self.employee_id)
            yield Message(f"employee.{entry.kind}", ToUser(self.employee), self.pk, entry.pk)
        if is_copy:
            return
        goes_on = self._goes_on or self
        hears: dict[EntryKind, User | None] = {}
        if entry.kind in {EntryKind.RELEASED, EntryKind.CLAIMED, EntryKind.ASSIGNED}:
            hears[EntryKind.RELEASED] = self._had_it
        if "agent" in audiences:
            hears.setdefault(EntryKind(entry.kind), goes_on.agent)
        for kind, agent in hears.items():
            if agent is not None and agent.pk not in told and goes_on._works_here(agent):
                quiet = not goes_on._at_work(agent)
                yield Message(f"agent.{kind}", ToUser(agent), goes_on.pk, entry.pk, quiet=quiet)

    def reach_customer_at(self) -> str:
        """The customer's address on the channel they chose; empty where it fails or is erased, and
        under a post, where the employee answers.
        """
        if self.erased_at is not None or self.customer_failing or self.is_social:
            return ""
        return self.customer_address

    @property
    def customer_address(self) -> str:
        """Where the customer is written to, whether or not it arrives; empty when erased."""
        return self.customer_phone if self.customer_channel == "sms" else self.customer_email
