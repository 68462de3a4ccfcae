"""Who has the request: claim, assign, hand out, release, transfer."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from customer_requests.models.alerting import Alerting
from customer_requests.models.crew import Crew, Needed, Place
from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.life import VERBS, Actor, Status, WaitingOn
from customer_requests.models.topic import Topic
from customer_requests.problems import (
    AlreadyClaimed,
    LimitReached,
    NobodyThere,
    NotAtWork,
    NotInTeam,
    SameTeam,
)
from server.accounts.models import Away, HandOut, Team, TeamMember, User
from server.problems import Invalid, Problem


class Claiming(Alerting):
    class Meta:
        abstract = True

    # Kept for one object, so that a page reads it once; a verb that locks the row forgets it.
    _crew: Crew | None = None

    @transaction.atomic(durable=True)
    def claim(self, *, by: User) -> None:
        """Take this request out of the queue; whoever comes second is told who was first."""
        self._lock_row(desk=by)
        held = self.status in {Status.IN_PROGRESS, Status.WAITING}
        if held and self.agent and VERBS["claim"].whose not in self._reach(by):
            # Before the version: whoever lost a race wants to know who has it.
            raise AlreadyClaimed(holder=self.agent.name)
        self._check_version()
        self._check_status("claim")
        if self.agent_id == by.pk:
            return
        self._check_taker(self._place_of(by))
        self._hand_to(by, EntryKind.CLAIMED, by=Actor.agent(by))

    @transaction.atomic(durable=True)
    def assign(self, agent: User, *, by: User) -> None:
        """Give this request to someone of its team who is at work; taking it from another agent,
        and going over someone's limit, is for leads.
        """
        self._lock_row(desk=by)
        if self.agent_id == agent.pk:  # it is so already, whoever says it
            self._check_version()
            self._check_status("assign")
            return
        self._check("assign", desk=by)
        self._check_taker(self._place_of(agent), over=self._is_lead(by))
        kind = EntryKind.CLAIMED if agent.pk == by.pk else EntryKind.ASSIGNED
        self._hand_to(agent, kind, by=Actor.agent(by))

    @transaction.atomic(durable=True)
    def hand_out(self) -> User | None:
        """The clock: give this request to whose turn it is. Returns who that was; None where
        nobody is at work, able and with room, and then nothing changes.
        """
        self._lock("hand_out")
        if self.team.hand_out != HandOut.ROUND_ROBIN:
            return None  # since the clock looked it went to a team that takes from its queue
        crew = Crew.read([self.team_id], lock=True)
        place = crew.next_for(self.needed())
        if place is None:
            return None
        self._hand_to(place.user, EntryKind.ASSIGNED, by=Actor.clock())
        return place.user

    def why_not_handed_out(self) -> str:
        """Why nobody gets this request from the queue now, in the reader's language; empty where it
        is about to be handed out, and in teams where everyone takes what is on top.
        """
        if self.status != Status.RECEIVED or self.team.hand_out != HandOut.ROUND_ROBIN:
            return ""
        needed = self.needed()
        self._crew = Crew.read([self.team_id], skills=bool(needed))
        return self._crew.why_nobody(needed, self.hours)

    def needed(self) -> Needed:
        """The skills that this request asks for."""
        if not self.__dict__.get("has_needs", True):  # read along by `for_team`
            return {}
        return Topic.skills_needed([self.topic_id]).get(self.topic_id, {})

    def _place_of(self, agent: User) -> Place:
        """This person's place in the team, locked so that nobody else gives them work meanwhile."""
        crew = Crew.read([self.team_id], people=[agent.pk], lock=True)
        if not crew.places:
            raise NotInTeam
        return crew.places[0]

    def _check_taker(self, place: Place, *, over: bool = False) -> None:
        """Refuse somebody who is away, or (unless `over`) has as much as they can take."""
        if place.away:
            until = place.away.until
            raise NotAtWork(
                person=place.user.name,
                until=until.isoformat() if until else None,
                spell=place.away.words(self.team.zone),
            )
        if not over and not place.has_room:
            raise LimitReached(person=place.user.name, load=place.load, most=place.member.most_open)

    def why_not_to(self, place: Place, *, by: User) -> Problem | None:
        """Why `assign` would refuse to give it to this person now; no query on a row `for_team`."""
        try:
            self._check_status("assign")
            if self.agent_id != place.user.pk:
                self._check_whose("assign", self._reach(by))
                self._check_taker(place, over=by.leads(self.team_id))
        except Problem as problem:
            return problem
        return None

    def allowed_to(self, agent: User) -> list[str]:
        """The verbs that this agent can use now, sorted; some are only for who has the request."""
        reach = self._reach(agent)
        verbs = [verb for verb in self.allowed(ActorRole.AGENT) if VERBS[verb].whose in reach]
        if "claim" in verbs and self.agent_id != agent.pk and not self._may_take(agent):
            verbs.remove("claim")
        return verbs

    def _may_take(self, agent: User) -> bool:
        """Whether this person of the team is at work and has room for this request."""
        crew = self._crew or Crew.read([self.team_id], people=[agent.pk], skills=False)
        mine = [place for place in crew.places if place.user.pk == agent.pk]
        return any(place.away is None and place.has_room for place in mine)

    def _hand_to(self, agent: User, kind: EntryKind, *, by: Actor) -> None:
        self.agent = agent
        entry = self._add(kind, by, to_customer=True, to_employee=True, text_team=agent.name)
        self._save(agent=agent, status=Status.IN_PROGRESS)
        members = TeamMember.objects.filter(team_id=self.team_id, user=agent)
        members.update(given_at=timezone.now())
        self._tell(entry)

    @transaction.atomic(durable=True)
    def release(self, *, by: User) -> None:
        """Put this request back in its team's queue."""
        self._lock("release", desk=by)
        entry = self._add(EntryKind.RELEASED, Actor.agent(by), to_customer=True, to_employee=True)
        self._to_queue()
        self._tell(entry)

    @transaction.atomic(durable=True)
    def send_back(self) -> None:
        """The clock: put this request back in the queue when who has it is not at work.

        What waits stays with somebody who comes back, as long as an answer or a date ends the wait;
        with somebody who left it would never be anybody's again.
        """
        self._lock("send_back")
        ends = self.waiting_until is not None or self.waiting_on != WaitingOn.THIRD_PARTY
        waits = self.status == Status.WAITING and ends
        if self._holder_away() and not (waits and self.agent and self._works_here(self.agent)):
            self._tell(self._let_go())

    def _let_go(self) -> Entry:
        """Back to the queue, because who has it is not at work. Returns the entry; the team reads
        why, and who had it finds it in their inbox.
        """
        entry = self._add(
            EntryKind.RELEASED,
            Actor.clock(),
            to_customer=True,
            to_employee=True,
            text_team=self._why_let_go(),
        )
        self.__dict__["_had_it"] = self.agent
        self._to_queue()
        return entry

    def _why_let_go(self) -> str:
        """In the company's language: it is written down once, for everyone in the team."""
        holder = self.agent
        if holder is None:
            return ""
        with translation.override(settings.LANGUAGE_CODE):
            away = Away.of([holder.pk], timezone.now()).get(holder.pk)
            if away is None or not self._works_here(holder):
                return _("%(person)s no longer works here.") % {"person": holder.name}
            facts = {"person": holder.name, "spell": away.words(self.team.zone)}
            return _("%(person)s is away %(spell)s.") % facts

    def _to_queue(self, **changes: Any) -> None:
        """Nobody has it any more; the clocks of a wait run on."""
        self._leave_waiting()
        self._save(
            **changes,
            agent=None,
            status=Status.RECEIVED,
            waiting_on="",
            waiting_until=None,
            **self._clock_columns(),
        )

    @transaction.atomic(durable=True)
    def transfer(self, team: Team, note: str, *, by: User, topic: Topic | None = None) -> None:
        """Pass this request to another team's queue; the note stays among the teams. It may turn
        out to be about another topic, one of that team's.
        """
        self._lock("transfer", desk=by)
        if team.pk == self.team_id:
            raise SameTeam
        if topic is not None and topic.pk != self.topic_id and not topic.is_open_in(team):
            raise Invalid({"topic": _("Choose a topic of the other team that is in use.")})
        if not Team.open_to_work().filter(pk=team.pk).exists():
            raise NobodyThere(team=team.name)
        entry = self._add(
            EntryKind.TRANSFERRED,
            Actor.agent(by),
            to_customer=True,
            to_employee=True,
            text_customer=team.name,
            text_employee=team.name,
            text_team=note,
        )
        # The clocks go on in the other team's hours with what was used in this one's.
        self._leave_waiting()
        self.topic = topic or self.topic
        self._move_clocks(self.team.calendar(), team.calendar())
        self.team = team
        self._to_queue(team=team, topic=self.topic)
        self._tell(entry)
