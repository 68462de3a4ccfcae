"""Who has the request: claim, assign, release, transfer."""

from django.db import transaction

from customer_requests.models.base import Actor, Status
from customer_requests.models.due import Due
from customer_requests.models.entry import ActorRole, EntryKind
from customer_requests.problems import AlreadyClaimed, NotInTeam, NotYours, SameTeam
from server.accounts.models import Team, TeamMember, TeamRole, User

FOR_HOLDER = frozenset({"claim", "plan", "update", "wait", "resume", "solve"})
FOR_HOLDER_OR_LEAD = frozenset({"assign", "release", "transfer"})


class Claiming(Due):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def claim(self, *, by: User) -> None:
        """Take this request out of the queue; whoever comes second is told who was first."""
        self._lock_row(desk=by)
        self._check_version()
        held = self.status in {Status.IN_PROGRESS, Status.WAITING}
        if held and self.agent_id != by.pk and self.agent and not self._holder_left():
            raise AlreadyClaimed(holder=self.agent.name)
        self._check_status("claim")
        if self.agent_id == by.pk:
            return
        self._hand_to(by, EntryKind.CLAIMED, by=by)

    @transaction.atomic(durable=True)
    def assign(self, agent: User, *, by: User) -> None:
        """Give this request to someone of its team; taking it from another agent is for leads."""
        self._lock("assign", desk=by)
        if not self._works_here(agent):
            raise NotInTeam
        if self.agent_id == agent.pk:
            return
        self._check_holder_or_lead(by)
        kind = EntryKind.CLAIMED if agent.pk == by.pk else EntryKind.ASSIGNED
        self._hand_to(agent, kind, by=by)

    def _hand_to(self, agent: User, kind: EntryKind, *, by: User) -> None:
        self.agent = agent
        entry = self._add(
            kind, Actor.agent(by), to_customer=True, to_employee=True, text_team=agent.name
        )
        self._save(agent=agent, status=Status.IN_PROGRESS)
        self._tell(entry)

    @transaction.atomic(durable=True)
    def release(self, *, by: User) -> None:
        """Put this request back in its team's queue."""
        self._lock("release", desk=by)
        self._check_holder_or_lead(by)
        entry = self._add(EntryKind.RELEASED, Actor.agent(by), to_customer=True, to_employee=True)
        self._leave_waiting()
        self._save(
            agent=None,
            status=Status.RECEIVED,
            waiting_on="",
            waiting_until=None,
            **self._clock_columns(),
        )
        self._tell(entry)

    @transaction.atomic(durable=True)
    def transfer(self, team: Team, note: str, *, by: User) -> None:
        """Pass this request to another team's queue; the note stays among the teams."""
        self._lock("transfer", desk=by)
        self._check_holder_or_lead(by)
        if team.pk == self.team_id:
            raise SameTeam
        entry = self._add(
            EntryKind.TRANSFERRED,
            Actor.agent(by),
            to_customer=True,
            to_employee=True,
            text_customer=team.name,
            text_employee=team.name,
            text_team=note,
        )
        self._leave_waiting()
        self._move_clocks(self.team.calendar(), team.calendar())
        self.team = team
        self._save(
            team=team,
            agent=None,
            status=Status.RECEIVED,
            waiting_on="",
            waiting_until=None,
            **self._clock_columns(),
        )
        self._tell(entry)

    def allowed_to(self, agent: User) -> list[str]:
        """The verbs that this agent can use now, sorted; some are only for who has the request."""
        verbs = self.allowed(ActorRole.AGENT)
        if self.agent_id in {None, agent.pk}:
            return verbs
        if self._holder_left():
            not_mine = FOR_HOLDER - {"claim"}
        elif self._is_lead(agent):
            not_mine = FOR_HOLDER
        else:
            not_mine = FOR_HOLDER | FOR_HOLDER_OR_LEAD
        return [verb for verb in verbs if verb not in not_mine]

    def _is_lead(self, agent: User) -> bool:
        return TeamMember.objects.filter(
            team_id=self.team_id, user=agent, role=TeamRole.LEAD
        ).exists()

    def _check_holder(self, by: User) -> None:
        """Only who has the request takes the steps that others are told of."""
        if self.agent_id != by.pk:
            raise NotYours(holder=self.agent.name if self.agent else None)

    def _check_holder_or_lead(self, by: User) -> None:
        """The holder, or a lead of the team for somebody who is away."""
        if self.agent_id in {None, by.pk} or self._is_lead(by) or self._holder_left():
            return
        raise NotYours(holder=self.agent.name if self.agent else None)
