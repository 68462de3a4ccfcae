"""How pressing it is: the priority that the team gives, and warnings around what is due."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from customer_requests.models.due import WARN_AFTER, Running
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import Actor
from customer_requests.models.recounting import Recounting
from notifications.outbox import Message, ToUser
from server.accounts.models import TeamMember, TeamRole, User


class Alerting(Recounting):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def prioritise(self, priority: str, *, by: User) -> None:
        """Say how pressing it is; what the clocks have used stays used. For the team alone."""
        self._lock_row(desk=by)
        if self.priority == priority:
            self._check_version()
            self._check_status("prioritise")
            return
        self._check("prioritise", desk=by)
        self._tell(self._set_priority(priority, by))

    def _set_priority(self, priority: str, by: User) -> Entry:
        entry = self._add(EntryKind.PRIORITY, Actor.agent(by), text_team=priority)
        self._count(timezone.now())
        self.priority = priority
        self._set_dues()
        self._save(priority=priority, **self._clock_columns())
        return entry

    @transaction.atomic(durable=True)
    def alert(self) -> None:
        """The clock: warn who has it before something is due, and their leads after; each once.

        In the team's working time only. What was answered in time warns nobody. Whoever is
        writing when the warning comes can send it all the same: the version stays.
        """
        self._lock("alert")
        now = timezone.now()
        if self.alert_at is None or self.alert_at > now:
            return
        self._count(now)
        entries = []
        targets = self._targets()
        for running in self._clocks(targets) if self.hours.is_open(now) else []:
            kind = self._to_tell(running)
            if kind is not None:
                self.alerted = [*self.alerted, f"{running.clock}-{kind}"]
                entries.append(self._add(kind, Actor.clock(), text_team=running.clock))
        self.alert_at = self._next_alert(targets)
        if entries:
            self._save(new_version=False, **self._clock_columns())
            self._tell(*entries)
        else:  # nothing happened that a version or a reader should know of
            self.save(update_fields=["alert_at"])

    def _to_tell(self, running: Running) -> EntryKind | None:
        """What has to be told of a clock now, given what was told before."""
        if f"{running.clock}-{EntryKind.OVERDUE}" in self.alerted:
            return None
        if running.due < self.hours.worked_until(self.team_time_at):
            return EntryKind.OVERDUE
        soon = self.team_time >= running.begun + running.target * WARN_AFTER
        if soon and f"{running.clock}-{EntryKind.DUE_SOON}" not in self.alerted:
            return EntryKind.DUE_SOON
        return None

    def _messages(self, entry: Entry) -> Iterable[Message]:
        """Leads hear of what is overdue, and of what soon will be and nobody has."""
        yield from super()._messages(entry)
        overdue = entry.kind == EntryKind.OVERDUE
        if overdue or (entry.kind == EntryKind.DUE_SOON and self.agent is None):
            for lead, at_work in self._leads():
                if lead.pk != self.agent_id:
                    kind = f"lead.{entry.kind}"
                    yield Message(kind, ToUser(lead), self.pk, entry.pk, quiet=not at_work)

    def _leads(self) -> list[tuple[User, bool]]:
        """The leads of the team who are at work; where none of them is, all, for when they are
        back. With whether they are at work.
        """
        leads = TeamMember.objects.employed().filter(team_id=self.team_id, role=TeamRole.LEAD)
        rows = leads.select_related("user").order_by("user_id")
        working = set(
            TeamMember.objects.at_work(timezone.now())
            .filter(pk__in=leads)
            .values_list("pk", flat=True)
        )
        found = [(lead.user, lead.pk in working) for lead in rows]
        return [lead for lead in found if lead[1]] or found
