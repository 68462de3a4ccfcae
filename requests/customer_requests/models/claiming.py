"""Who has the request: claim, assign, release, transfer."""

from django.db import transaction

from customer_requests.models.base import VERBS, Actor, Status
from customer_requests.models.due import Due
from customer_requests.models.entry import EntryKind
from customer_requests.problems import AlreadyClaimed, NotInTeam, SameTeam
from server.accounts.models import Team, User


class Claiming(Due):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def claim(self, *, by: User) -> None:
        """Take this request out of the queue; whoever comes second is told who was first."""
        self._lock_row(desk=by)
        self._check_version()
        held = self.status in {Status.IN_PROGRESS, Status.WAITING}
        if held and self.agent and VERBS["claim"].whose not in self._reach(by):
            raise AlreadyClaimed(holder=self.agent.name)
        self._check_status("claim")
        if self.agent_id == by.pk:
            return
        self._hand_to(by, EntryKind.CLAIMED, by=by)

    @transaction.atomic(durable=True)
    def assign(self, agent: User, *, by: User) -> None:
        """Give this request to someone of its team; taking it from another agent is for leads."""
        self._lock_row(desk=by)
        if self.agent_id == agent.pk:  # it is so already, whoever says it
            self._check_version()
            self._check_status("assign")
            return
        self._check("assign", desk=by)
        if not self._works_here(agent):
            raise NotInTeam
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
