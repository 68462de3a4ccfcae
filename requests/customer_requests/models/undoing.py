"""Taking back what handed a request to somebody else, as long as nothing happened since."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import Actor, Status
from customer_requests.models.macros import Scripted
from customer_requests.models.topic import Topic
from customer_requests.problems import ChangedSince
from notifications.models import Notification
from server.accounts.models import Team, User
from server.problems import NotFound


def followers_heard(entry: uuid.UUID) -> bool:
    """Whether a message about this entry went to the customer or the employee."""
    told = Q(kind__startswith="customer.") | Q(kind__startswith="employee.")
    return Notification.objects.filter(told, entry_id=entry).exists()


class Undoing(Scripted):
    class Meta:
        abstract = True

    def held(self) -> dict[str, Any]:
        """Who has it and how, as JSON can keep it: what `take_back` goes back to."""
        return {
            "team": str(self.team_id),
            "topic": str(self.topic_id),
            "agent": str(self.agent_id) if self.agent_id else None,
            "status": self.status,
            "priority": self.priority,
            "waiting_on": self.waiting_on,
            "waiting_until": self.waiting_until.isoformat() if self.waiting_until else None,
        }

    @transaction.atomic(durable=True)
    def take_back(self, done: uuid.UUID, held: Mapping[str, Any], *, by: User) -> bool:
        """Undo the assigning, transferring or prioritising that `by` did with the entry `done`.

        It is not among the verbs of a status: it is only for the last thing that happened, by who
        did it, and goes back to what was allowed before. Raises ChangedSince. Doing it twice does
        it once. Returns whether a follower had got a message of it: they get one of this too.
        """
        self._lock_row()
        id, told = uuid.uuid5(done, "taken back"), followers_heard(done)
        if self.has_entry(id):
            return told
        entries = Entry.objects.filter(request_id=self.pk)
        number = entries.filter(pk=done, actor=by).values_list("number", flat=True).first()
        # That something is due is nobody's act.
        since = entries.exclude(kind__in=[EntryKind.DUE_SOON, EntryKind.OVERDUE])
        if number is None or since.filter(number__gt=number).exists():
            raise ChangedSince
        passed_on, self.team = self.team, Team.objects.get(pk=held["team"])
        if not self._works_here(by):
            raise NotFound
        if self.priority != held["priority"]:
            entry = self._set_priority(held["priority"], by)
        else:
            entry = self._hand_back(held, passed_on, by)
        entry.id = id
        self.__dict__["_unsays"] = told
        self._tell(entry)
        return told

    def _hand_back(self, held: Mapping[str, Any], passed_on: Team, by: User) -> Entry:
        former = User.objects.filter(pk=held["agent"]).first() if held["agent"] else None
        # They were told that it is theirs.
        self.__dict__["_had_it"] = self.agent
        self.agent = former if former and self._works_here(former) else None
        entry = self._back_entry(by, passed_on)
        if passed_on.pk != self.team.pk:
            # What was asked before this was kept can't have gone to another topic.
            self.topic = Topic.objects.get(pk=held.get("topic", self.topic_id))
            self._move_clocks(passed_on.calendar(), self.team.calendar())
        status = self._back_in(held)
        self._save(
            team=self.team, topic=self.topic, agent=self.agent, **status, **self._clock_columns()
        )
        return entry

    def _back_in(self, held: Mapping[str, Any]) -> dict[str, Any]:
        """The status it had; a wait goes on where its moment has not passed."""
        until = datetime.fromisoformat(held["waiting_until"]) if held["waiting_until"] else None
        if self.agent is None:
            return {"status": Status.RECEIVED, "waiting_on": "", "waiting_until": None}
        if held["status"] != Status.WAITING or (until and until <= timezone.now()):
            return {"status": Status.IN_PROGRESS, "waiting_on": "", "waiting_until": None}
        self._stand_still(timezone.now())
        return {
            "status": Status.WAITING,
            "waiting_on": held["waiting_on"],
            "waiting_until": until,
        }

    def _back_entry(self, by: User, passed_on: Team) -> Entry:
        facts: dict[str, Any] = {"to_customer": True, "to_employee": True}
        if passed_on.pk != self.team.pk:
            name = self.team.name
            facts |= {"text_customer": name, "text_employee": name}
            return self._add(EntryKind.TRANSFERRED, Actor.agent(by), **facts)
        if self.agent is None:
            return self._add(EntryKind.RELEASED, Actor.agent(by), **facts)
        kind = EntryKind.CLAIMED if self.agent.pk == by.pk else EntryKind.ASSIGNED
        return self._add(kind, Actor.agent(by), text_team=self.agent.name, **facts)
