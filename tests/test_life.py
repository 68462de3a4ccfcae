"""The whole life of a request, walked at random against a table of its own.

`LIFE` below is written from the product's description and shares nothing with the code: where the
two disagree, one of them is wrong.
"""

import uuid
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db.models import F
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from hypothesis.stateful import run_state_machine_as_test as walk

from customer_requests.models import Attachment, CustomerRequest, Entry, Rating, Step
from customer_requests.models.life import Actor
from notifications.models import Change, Delivery, Notification
from server.accounts.models import Absence, TeamMember, User
from server.problems import Problem, catalogue
from server.uploads import Upload
from tests.factories import make_agent, make_person, make_team, make_topic, submit

# verb: (who may, from which statuses, to which status)
LIFE: dict[str, tuple[set[str], set[str], str]] = {
    "claim": ({"agent"}, {"received", "in_progress"}, "in_progress"),
    "assign": ({"agent"}, {"received", "in_progress"}, "in_progress"),
    "release": ({"agent"}, {"in_progress", "waiting"}, "received"),
    "transfer": ({"agent"}, {"in_progress", "waiting"}, "received"),
    "prioritise": ({"agent"}, {"received", "in_progress", "waiting"}, "the same"),
    "wait": ({"agent"}, {"in_progress"}, "waiting"),
    "resume": ({"agent"}, {"waiting"}, "in_progress"),
    "solve": ({"agent"}, {"in_progress", "waiting"}, "solved"),
    "confirm": ({"customer"}, {"solved"}, "closed"),
    "reopen": ({"customer", "employee"}, {"solved", "closed"}, "in_progress"),
    "withdraw": ({"customer", "employee"}, {"received", "in_progress", "waiting"}, "withdrawn"),
    "merge": ({"agent"}, {"received", "in_progress", "waiting"}, "closed"),
    "unmerge": ({"agent"}, {"closed"}, "what it was"),
    "close_unanswered": ({"clock"}, {"solved"}, "closed"),
    "end_wait": ({"clock"}, {"waiting"}, "in_progress"),
    "alert": ({"clock"}, {"received", "in_progress"}, "the same"),
    "hand_out": ({"clock"}, {"received"}, "in_progress"),
    "send_back": ({"clock"}, {"in_progress", "waiting"}, "received"),
}
OPEN = {"received", "in_progress", "waiting"}
# Who could hear of what, before taking away who did it.
HEARS: dict[str, set[str]] = {
    "submitted": {"customer", "employee"},
    "claimed": {"customer", "employee"},
    "assigned": {"customer", "employee", "agent"},
    "step": {"customer", "employee"},
    "update": {"customer", "employee"},
    "waiting": {"customer", "employee"},
    "resumed": {"agent"},
    "message": {"agent"},
    "file": {"agent"},
    "solved": {"customer", "employee"},
    "confirmed": {"employee", "agent"},
    "closed": {"customer", "employee"},
    "reopened": {"customer", "employee", "agent"},
    "withdrawn": {"customer", "employee", "agent"},
    "merged": {"customer", "employee", "agent"},
    "unmerged": {"customer", "employee", "agent"},
    "unreachable": {"employee"},
    "erased": {"employee", "agent"},
}
FAR = datetime(9999, 1, 1, tzinfo=UTC)
SEES = ["steps", "updates", "conversation"]


class Life(RuleBasedStateMachine):
    """Two agents of two teams, a lead of the first, the employee, the customer and the clock."""

    @initialize(party=st.booleans())
    def begin(self, party: bool) -> None:
        self.teams = [make_team(hand_out="round_robin") for _ in range(2)]
        self.daan = make_agent(self.teams[0], "Daan Bakker")
        self.fatima = make_agent(self.teams[0], "Fatima El Idrissi")
        self.els = make_agent(self.teams[0], "Els van Dijk", role="lead")
        for agent in (self.daan, self.fatima):
            TeamMember.objects.create(team=self.teams[1], user=agent)
        self.sanne = make_person("Sanne de Vries")
        self.stale, _ = CustomerRequest.submit(
            by=self.sanne,
            id=uuid.uuid4(),
            topic=make_topic(self.teams[0]),
            question="Mijn buurvrouw heeft geen internet.",
            customer_name="Mevrouw Jansen",
            customer_email="jansen@example.org",
            customer_channel="email",
            solved_by_me="De stekker zat los." if party else "",
        )
        self.other = submit(self.sanne, make_topic(self.teams[0]))
        self.was: dict[str, Any] = {}
        self.status = "closed" if party else "received"
        self.closed_as = "answered_by_employee" if party else ""
        self.agent: User | None = None
        self.team = self.teams[0]
        self.waiting_on = ""
        self.solutions = int(party)
        self.days_solved = self.days_closed = self.days_waiting = 0
        self.erased = False
        self.away: set[User] = set()
        self.finished_steps: set[uuid.UUID] = set()
        self.before = self.snapshot()
        if party:
            assert self.told() == {"customer.closed"}
        else:
            assert self.told() == {"customer.submitted"}

    # --- What there is --------------------------------------------------------------------------

    def row(self) -> dict[str, Any]:
        return {**CustomerRequest.objects.filter(pk=self.stale.pk).values().get()}

    def snapshot(self) -> dict[str, Any]:
        """Everything that a verb could touch."""
        mine = {"request_id": self.stale.pk}
        told = Notification.objects.filter(subject_id=self.stale.pk)
        people = [self.sanne, self.daan, self.fatima, self.els]
        return {
            "row": self.row(),
            "entries": list(Entry.objects.filter(**mine).order_by("number").values()),
            "steps": list(Step.objects.filter(**mine).order_by("position").values()),
            "files": list(Attachment.objects.filter(**mine).order_by("pk").values()),
            "ratings": list(Rating.objects.filter(**mine).order_by("pk").values()),
            "told": list(told.order_by("pk").values()),
            "deliveries": list(
                Delivery.objects.filter(notification__in=told).order_by("pk").values()
            ),
            "changes": list(Change.objects.filter(user__in=people).order_by("pk").values()),
        }

    def told(self, entries: Iterable[dict[str, Any]] | None = None) -> set[str]:
        """The kinds that were told, each once."""
        rows = Notification.objects.filter(subject_id=self.stale.pk)
        if entries is not None:
            rows = rows.filter(entry_id__in=[entry["id"] for entry in entries])
        kinds = list(rows.values_list("kind", flat=True))
        assert entries is None or len(kinds) == len(set(kinds))
        return set(kinds)

    # --- One act --------------------------------------------------------------------------------

    def act(
        self,
        do: Callable[[CustomerRequest], Any],
        *,
        refused: str = "",
        nothing: bool = False,
        seen: bool | None = None,
        desk: User | None = None,
        **then: Any,
    ) -> Any:
        """Do it on an object that was read long ago, and hold what happened against the table.

        `seen` is whether the caller names the right version (None: names none). `refused` is the
        problem that must come, `nothing` that nothing may change, `then` what it is afterwards.
        `desk` is the agent whose verb it is, who has to be in the team to find the request at all.
        """
        if seen is False and refused != "already-claimed":  # it is old because somebody was first
            refused = "stale-version"
        if desk == self.els and self.team == self.teams[1]:
            refused = "not-found"
        version = self.before["row"]["version"]
        self.stale.expecting(None if seen is None else version if seen else version + 7)
        outcome, problem = None, None
        try:
            outcome = do(self.stale)
        except Problem as raised:
            problem = raised
        assert (problem.slug if problem else "") == refused
        if problem:
            assert problem.slug in catalogue()
            assert str(problem.as_dict()["detail"])
        else:
            for name, value in then.items():
                setattr(self, name, value)
        after = self.snapshot()
        if refused or nothing:
            assert after == self.before
        else:
            self.check_change(after)
        self.before = after
        return outcome

    def check_change(self, after: dict[str, Any]) -> None:
        assert after["row"]["version"] > self.before["row"]["version"]
        known = {entry["id"] for entry in self.before["entries"]}
        new = [entry for entry in after["entries"] if entry["id"] not in known]
        # What goes on while who has it is away goes on to the queue, and that is told as well.
        assert [entry["kind"] for entry in new[1:]] in ([], ["released"])
        assert self.told(new) == set.union(
            *(self.should_hear(entry, after["row"]) for entry in new)
        )
        feed = {
            (change["kind"], change["object_id"]): change["number"]
            for change in after["changes"]
            if change["user_id"] == self.sanne.pk
        }
        assert feed["request", self.stale.pk] > max(
            (c["number"] for c in self.before["changes"] if c["user_id"] == self.sanne.pk),
            default=0,
        )

    def should_hear(self, entry: dict[str, Any], row: dict[str, Any]) -> set[str]:
        kind, role, actor = entry["kind"], entry["actor_role"], entry["actor_id"]
        hears = set(HEARS.get(kind, set()))
        if role == "customer" or not entry["to_customer"] or row["customer_failing"]:
            hears.discard("customer")
        if actor == self.sanne.pk or not entry["to_employee"]:
            hears.discard("employee")
        if kind == "update" and row["employee_sees"] == "steps":
            hears.discard("employee")
        if row["agent_id"] is None or row["agent_id"] == actor:
            hears.discard("agent")
        if kind == "released" and role == "clock":
            hears.add("agent")  # who had it
        if self.closed_as == "merged" and kind in {"message", "file"}:
            hears.discard("agent")  # the one of the request that goes on, and there
        return {f"{audience}.{kind}" for audience in hears}

    def refusal(self, verb: str) -> str:
        merged = self.closed_as == "merged"
        if (verb == "unmerge" and not merged) or (verb == "reopen" and merged):
            return "not-now"
        return "" if self.status in LIFE[verb][1] and not self.erased else "not-now"

    def says(self, role: str) -> str:
        """An employee whose request was merged goes on here; the other one is open."""
        goes_on = role == "employee" and self.closed_as == "merged" and not self.erased
        return "" if self.status in OPEN or goes_on else "not-now"

    def not_holder(self, by: User) -> str:
        return "" if self.agent == by else "not-yours"

    def not_holder_or_lead(self, by: User) -> str:
        leads = by == self.els and self.team == self.teams[0]
        mine = self.agent in {None, by} or self.agent in self.away
        return "" if mine or leads else "not-yours"

    def going_on(self) -> dict[str, Any]:
        """What becomes of it when a wait is over."""
        if self.agent in self.away:
            return {"status": "received", "waiting_on": "", "agent": None}
        return {"status": "in_progress", "waiting_on": ""}

    agents = st.sampled_from(["daan", "fatima", "els"])
    seen = st.sampled_from([None, None, None, True, False])
    followers = st.sampled_from(["customer", "employee"])

    def actor(self, role: str) -> Actor:
        return Actor.customer() if role == "customer" else Actor.employee(self.sanne)

    # --- Who has it -----------------------------------------------------------------------------

    @rule(who=agents, seen=seen)
    def claim(self, who: str, seen: bool | None) -> None:
        by: User = getattr(self, who)
        held = self.status in {"in_progress", "waiting"}
        taken = held and self.agent != by and self.agent not in self.away
        mine = self.status == "in_progress" and self.agent == by
        gone = "not-at-work" if by in self.away and not mine else ""
        self.act(
            desk=by,
            do=lambda request: request.claim(by=by),
            refused="already-claimed" if taken else self.refusal("claim") or gone,
            nothing=mine,
            seen=seen,
            agent=by,
            status="in_progress",
        )

    @rule(who=agents, to=agents, seen=seen)
    def assign(self, who: str, to: str, seen: bool | None) -> None:
        by, agent = getattr(self, who), getattr(self, to)
        outsider = agent == self.els and self.team == self.teams[1]
        same = self.agent == agent
        gone = "not-at-work" if agent in self.away else ""
        unfit = self.not_holder_or_lead(by) or ("not-in-team" if outsider else gone)
        self.act(
            desk=by,
            do=lambda request: request.assign(agent, by=by),
            refused=self.refusal("assign") or ("" if same else unfit),
            nothing=same,
            seen=seen,
            agent=agent,
            status="in_progress",
        )

    @rule(who=agents, seen=seen)
    def release(self, who: str, seen: bool | None) -> None:
        by = getattr(self, who)
        self.act(
            desk=by,
            do=lambda request: request.release(by=by),
            refused=self.refusal("release") or self.not_holder_or_lead(by),
            seen=seen,
            agent=None,
            status="received",
            waiting_on="",
        )

    @rule(who=agents, to=st.integers(0, 1))
    def transfer(self, who: str, to: int) -> None:
        by, team = getattr(self, who), self.teams[to]
        same = "same-team" if team == self.team else ""
        self.act(
            desk=by,
            do=lambda request: request.transfer(team, "Hoort bij jullie.", by=by),
            refused=self.refusal("transfer") or self.not_holder_or_lead(by) or same,
            agent=None,
            team=team,
            status="received",
            waiting_on="",
        )

    @rule(
        who=agents,
        priority=st.sampled_from(["low", "normal", "high", "urgent"]),
        seen=seen,
    )
    def prioritise(self, who: str, priority: str, seen: bool | None) -> None:
        by = getattr(self, who)
        self.act(
            desk=by,
            do=lambda request: request.prioritise(priority, by=by),
            refused=self.refusal("prioritise"),
            nothing=priority == self.before["row"]["priority"],
            seen=seen,
        )

    # --- The same question twice ------------------------------------------------------------------

    @rule(who=agents, seen=seen)
    def merge(self, who: str, seen: bool | None) -> None:
        by = getattr(self, who)
        refused = self.refusal("merge") or self.not_holder_or_lead(by)
        already = self.closed_as == "merged"
        was = {name: getattr(self, name) for name in ("status", "waiting_on", "days_waiting")}
        self.act(
            desk=by,
            do=lambda request: request.merge(self.other, by=by),
            refused="" if already else refused,
            nothing=already,
            seen=seen,
            status="closed",
            closed_as="merged",
            waiting_on="",
        )
        if not already and self.closed_as == "merged":
            self.was, self.days_closed = was, 0

    @rule(who=agents, seen=seen)
    def unmerge(self, who: str, seen: bool | None) -> None:
        by = getattr(self, who)
        refused = self.refusal("unmerge") or self.not_holder_or_lead(by)
        back = {} if refused else {**self.was, "closed_as": ""}
        self.act(
            desk=by,
            do=lambda request: request.unmerge(by=by),
            refused=refused,
            seen=seen,
            **back,
        )

    # --- The work -------------------------------------------------------------------------------

    @rule(
        who=agents,
        on=st.sampled_from(["customer", "employee", "third_party"]),
        until=st.booleans(),
        seen=seen,
    )
    def wait(self, who: str, on: str, until: bool, seen: bool | None) -> None:
        by = getattr(self, who)
        moment = datetime.now(UTC) + timedelta(days=2) if until else None
        self.act(
            desk=by,
            do=lambda request: request.wait(by=by, on=on, text="Welk lampje brandt?", until=moment),
            refused=self.refusal("wait") or self.not_holder(by),
            seen=seen,
            status="waiting",
            waiting_on=on,
            days_waiting=0,
        )

    @rule(who=agents)
    def resume(self, who: str) -> None:
        by = getattr(self, who)
        self.act(
            desk=by,
            do=lambda request: request.resume(by=by),
            refused=self.refusal("resume") or self.not_holder(by),
            **self.going_on(),
        )

    def working(self, by: User) -> str:
        busy = self.status in {"in_progress", "waiting"}
        return (
            ""
            if busy and not self.erased and self.agent == by
            else ("not-now" if not busy or self.erased else "not-yours")
        )

    @rule(who=agents, twice=st.booleans())
    def plan(self, who: str, twice: bool) -> None:
        by, id = getattr(self, who), uuid.uuid4()
        refused = self.working(by)
        self.act(
            desk=by,
            do=lambda request: request.plan_step(by=by, id=id, title="Meten"),
            refused=refused,
        )
        if twice and not refused:
            again = {"by": by, "id": id, "title": "Meten"}
            self.act(desk=by, do=lambda request: request.plan_step(**again), nothing=True)
            self.act(
                desk=by,
                do=lambda request: request.plan_step(**{**again, "title": "Anders"}),
                refused="id-reused",
            )

    @rule(who=agents, place=st.integers(0), state=st.sampled_from(["busy", "done", "skipped"]))
    def move_step(self, who: str, place: int, state: str) -> None:
        by, steps = getattr(self, who), self.before["steps"]
        if not steps:
            # Not a precondition: of two with as much to do it is chance who is handed the request
            # and so may plan, and Hypothesis gives up where a second run draws otherwise.
            return
        step = steps[place % len(steps)]
        finished = step["state"] in {"done", "skipped"}
        same = step["state"] == state
        refused = "" if same else self.working(by) or ("step-finished" if finished else "")
        self.act(
            desk=by,
            do=lambda request: request.change_step(step["id"], by=by, state=state),
            refused=refused,
            nothing=same,
        )

    @rule(
        who=agents,
        audience=st.sampled_from([["customer"], ["employee"], ["customer", "employee"]]),
        twice=st.booleans(),
    )
    def update(self, who: str, audience: list[str], twice: bool) -> None:
        by, id = getattr(self, who), uuid.uuid4()
        words = {"text_customer": "Voor de klant.", "text_employee": "Voor de collega."}
        refused = self.working(by)
        say = {"by": by, "id": id, "audience": audience, **words}
        self.act(lambda request: request.update(**say), refused=refused)
        if twice and not refused:
            self.act(lambda request: request.update(**say), nothing=True)

    @rule(who=agents)
    def note(self, who: str) -> None:
        by = getattr(self, who)
        self.act(
            desk=by, do=lambda request: request.note(by=by, id=uuid.uuid4(), text="Moeilijk geval.")
        )

    @rule(who=agents, seen=seen)
    def solve(self, who: str, seen: bool | None) -> None:
        by = getattr(self, who)
        self.act(
            desk=by,
            do=lambda request: request.solve(by=by, text="Hersteld."),
            refused=self.refusal("solve") or self.not_holder(by),
            seen=seen,
            status="solved",
            waiting_on="",
            solutions=self.solutions + 1,
            days_solved=0,
        )

    # --- What the followers do ------------------------------------------------------------------

    @rule(role=followers, twice=st.booleans())
    def message(self, role: str, twice: bool) -> None:
        by, id, refused = self.actor(role), uuid.uuid4(), self.says(role)
        then: dict[str, Any] = {}
        if self.status == "waiting" and self.waiting_on == role:
            then = self.going_on()
        self.act(
            lambda request: request.message(by=by, id=id, text="Het groene."),
            refused=refused,
            **then,
        )
        if twice and not refused:
            self.act(
                lambda request: request.message(by=by, id=id, text="Het groene."), nothing=True
            )
            self.act(
                lambda request: request.message(by=by, id=id, text="Het rode."),
                refused="id-reused",
            )

    @rule(role=followers)
    def attach(self, role: str) -> None:
        upload = Upload(b"%PDF-1.4", "application/pdf", ".pdf", "brief.pdf", uuid.uuid4().hex)
        full = "quota-full" if len(self.before["files"]) >= 20 else ""
        self.act(
            lambda request: request.attach(by=self.actor(role), id=uuid.uuid4(), upload=upload),
            refused=self.says(role) or full,
        )

    @rule(seen=seen)
    def confirm(self, seen: bool | None) -> None:
        self.act(
            lambda request: request.confirm(),
            refused=self.refusal("confirm"),
            seen=seen,
            status="closed",
            closed_as="confirmed",
            days_closed=0,
        )

    @rule(role=followers, seen=seen)
    def reopen(self, role: str, seen: bool | None) -> None:
        refused = self.refusal("reopen")
        back = (
            self.agent is not None
            and self.agent not in self.away
            and TeamMember.objects.filter(team=self.team, user=self.agent).exists()
        )
        if refused or seen is False or not (self.status == "closed" and self.days_closed >= 14):
            self.act(
                lambda request: request.reopen(by=self.actor(role), reason="Nog niet."),
                refused=refused,
                seen=seen,
                status="in_progress" if back else "received",
                agent=self.agent if back else None,
                closed_as="",
            )
            return
        follow_up = self.stale.reopen(by=self.actor(role), reason="Nog niet.")
        after = self.snapshot()
        # The follow-up is in the same people's feeds.
        assert {**after, "changes": []} == {**self.before, "changes": []}
        self.before = after
        assert follow_up.pk != self.stale.pk
        assert follow_up.follow_up_of_id == self.stale.pk
        assert follow_up.status == "received"
        assert self.stale.reopen(by=Actor.customer(), reason="Echt niet.").pk == follow_up.pk

    @rule(role=followers, seen=seen)
    def withdraw(self, role: str, seen: bool | None) -> None:
        self.act(
            lambda request: request.withdraw(by=self.actor(role), reason="Hoeft niet meer."),
            refused=self.refusal("withdraw"),
            seen=seen,
            status="withdrawn",
            waiting_on="",
        )

    @rule(score=st.integers(1, 5))
    def rate(self, score: int) -> None:
        may = self.status in {"solved", "closed"} and self.solutions > 0 and not self.erased
        given = [row for row in self.before["ratings"] if row["solution"] == self.solutions]
        if may and given:
            self.stale.rate(score=score)
            after = self.snapshot()
            assert {**after, "ratings": []} == {**self.before, "ratings": []}
            assert len(after["ratings"]) == len(self.before["ratings"])
            self.before = after
            return
        self.act(lambda request: request.rate(score=score), refused="" if may else "not-now")

    @rule(sees=st.sampled_from(SEES))
    def choose_what_the_employee_sees(self, sees: str) -> None:
        row = self.before["row"]
        self.act(
            lambda request: request.correct_details(
                name="Mevrouw Jansen-de Wit",
                email=row["customer_email"],
                phone="",
                channel="email",
                language="nl",
                employee_sees=sees,
            ),
            refused="not-now" if self.erased else "",
        )

    @rule()
    def mail_comes_back(self) -> None:
        known = self.erased or self.before["row"]["customer_failing"]
        self.act(lambda request: request.customer_unreachable("SMTP 550"), nothing=known)

    @rule(chance=st.integers(0, 9))
    def not_me_delete(self, chance: int) -> None:
        if chance:
            return  # rarely, because little can happen afterwards
        ends = {"solved": "closed", "closed": "closed"}.get(self.status, "withdrawn")
        self.act(
            lambda request: request.erase(by=Actor.customer()),
            nothing=self.erased,
            erased=True,
            status=ends,
            days_closed=0 if self.status == "solved" else self.days_closed,
            waiting_on="",
            closed_as="unanswered" if self.status == "solved" else self.closed_as,
        )
        texts = {"text_customer", "text_employee", "text_team"}
        if not any(entry["kind"] == "note" for entry in self.before["entries"]):
            assert not any(entry[text] for entry in self.before["entries"] for text in texts)

    # --- The clock ------------------------------------------------------------------------------

    @rule(weeks=st.integers(1, 2))
    def weeks_pass(self, weeks: int) -> None:
        self.move_back(timedelta(days=7 * weeks))
        self.days_solved += 7 * weeks
        self.days_closed += 7 * weeks
        self.days_waiting += 7 * weeks

    def move_back(self, by: timedelta) -> None:
        """Time passes for what only time ends; the due times are another test's."""
        mine = CustomerRequest.objects.filter(pk=self.stale.pk)
        mine.update(solved_at=F("solved_at") - by, closed_at=F("closed_at") - by)
        waits = mine.filter(status="waiting", waiting_until__isnull=False)
        waits.update(waiting_until=F("waiting_until") - by, queue_due=F("queue_due") - by)
        self.before = self.snapshot()

    @rule(who=agents)
    def goes_away_or_comes_back(self, who: str) -> None:
        person = getattr(self, who)
        if person in self.away:
            self.away.remove(person)
            Absence.objects.get(person=person).delete()
        else:
            self.away.add(person)
            Absence.objects.create(person=person, begins=datetime.now(UTC) - timedelta(minutes=1))

    @rule()
    def clock_hands_out(self) -> None:
        there = {self.daan, self.fatima} | ({self.els} if self.team == self.teams[0] else set())
        refused = self.refusal("hand_out")
        nobody = not there - self.away
        then: dict[str, Any] = {} if nobody else {"status": "in_progress"}
        chosen = self.act(
            lambda request: request.hand_out(), refused=refused, nothing=nobody, **then
        )
        if not refused and not nobody:
            assert chosen in there - self.away
            self.agent = chosen

    @rule()
    def clock_sends_back(self) -> None:
        row = self.before["row"]
        # An answer, or a date, ends a wait; then it goes back by itself.
        ends = row["waiting_on"] != "third_party" or row["waiting_until"] is not None
        goes = self.agent in self.away and not (self.status == "waiting" and ends)
        then: dict[str, Any] = {"status": "received", "agent": None, "waiting_on": ""}
        self.act(
            lambda request: request.send_back(),
            refused=self.refusal("send_back"),
            nothing=not goes,
            **(then if goes else {}),
        )

    @rule()
    def clock_closes(self) -> None:
        late = self.days_solved >= 7
        then: dict[str, Any] = {"status": "closed", "closed_as": "unanswered", "days_closed": 0}
        self.act(
            lambda request: request.close_unanswered(),
            refused=self.refusal("close_unanswered"),
            nothing=not late,
            **(then if late else {}),
        )

    @rule()
    def clock_ends_wait(self) -> None:
        over = self.days_waiting > 2 and self.before["row"]["waiting_until"] is not None
        then = self.going_on()
        self.act(
            lambda request: request.end_wait(),
            refused=self.refusal("end_wait"),
            nothing=not over,
            **(then if over else {}),
        )

    @rule()
    def clock_warns_of_nothing_that_is_in_time(self) -> None:
        refused = self.refusal("alert")
        self.act(lambda request: request.alert(), refused=refused, nothing=True)

    # --- What always holds ----------------------------------------------------------------------

    @invariant()
    def it_is_where_the_table_says(self) -> None:
        row = self.before["row"]
        there = (row["status"], row["agent_id"], row["waiting_on"], row["closed_as"])
        agent_id = self.agent.pk if self.agent else None
        assert there == (self.status, agent_id, self.waiting_on, self.closed_as)
        assert row["team_id"] == self.team.pk
        assert row["solutions"] == self.solutions

    @invariant()
    def the_timeline_has_no_gaps_and_keeps_its_notes(self) -> None:
        entries = self.before["entries"]
        assert [entry["number"] for entry in entries] == list(range(1, len(entries) + 1))
        assert self.before["row"]["entry_count"] == len(entries)
        notes = {entry["id"] for entry in entries if entry["kind"] == "note"}
        if notes:
            request = CustomerRequest.objects.get(pk=self.stale.pk)
            seen = [*request.seen_by_customer(), *request.seen_by_employee()]
            assert not notes & {entry.pk for entry in seen}
            assert not notes & {told["entry_id"] for told in self.before["told"]}

    @invariant()
    def the_queue_is_in_order(self) -> None:
        row = self.before["row"]
        if row["status"] == "waiting":
            due = row["waiting_until"]
        elif row["status"] in OPEN:
            response = row["response_due"] if row["first_response_at"] is None else None
            dues = (row["solve_due"], response, row["reply_due"])
            due = min((moment for moment in dues if moment), default=None)
        else:
            due = None
        assert row["queue_due"] == (due or FAR)

    @invariant()
    def every_message_has_its_deliveries(self) -> None:
        to_customer = {told["id"] for told in self.before["told"] if told["user_id"] is None}
        deliveries = [
            row["notification_id"]
            for row in self.before["deliveries"]
            if row["notification_id"] in to_customer
        ]
        assert sorted(deliveries) == sorted(to_customer)

    @invariant()
    def what_is_allowed_is_what_the_table_allows(self) -> None:
        request = CustomerRequest.objects.get(pk=self.stale.pk)
        for role in ("employee", "agent", "customer", "clock"):
            allowed = set(request.allowed(role))  # type: ignore[arg-type] # a text enum's value
            expected = {
                verb
                for verb, (who, _statuses, _to) in LIFE.items()
                if role in who
                and not (self.says(role) if verb in {"message", "attach"} else self.refusal(verb))
            }
            assert allowed & set(LIFE) == expected


@pytest.mark.thorough
@pytest.mark.django_db
def test_every_walk_through_the_life_of_a_request_keeps_to_the_table() -> None:
    # Without shrinking: on a database that takes longer than reading the steps that it prints.
    walk(Life, settings=settings(phases=[Phase.explicit, Phase.generate]))
