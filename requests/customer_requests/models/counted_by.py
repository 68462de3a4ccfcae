"""By which hours and targets the due times of open requests were counted, team by team.

Due times are written down. What they were counted by is written down too, and the clock compares it
with what holds now: so a change is seen whoever made it and however, in the back office, by a
command or in the database itself.
"""

import uuid
from datetime import timedelta
from typing import Any, Self

from django.db import models
from django.utils import timezone

from customer_requests.models.customer_request import CustomerRequest, CustomerRequestQuerySet
from customer_requests.models.topic import Topic
from server.accounts.models import Team
from server.accounts.working_hours import WorkCalendar

# A verb that began before a change has ended by then, and its request is found.
SETTLE = timedelta(seconds=30)


class CountedBy(models.Model):
    """`facts` is what all open requests of the team were counted by; empty where nobody knows.

    While they are counted anew, `to` is by what, `since` when that was noticed, and `after` the id
    of the last one that was looked at. A further change begins anew: the next `round`.
    """

    team = models.OneToOneField(Team, primary_key=True, on_delete=models.CASCADE, related_name="+")
    facts: "models.JSONField[dict[str, Any], dict[str, Any]]" = models.JSONField(default=dict)
    to: "models.JSONField[dict[str, Any] | None, dict[str, Any] | None]" = models.JSONField(
        null=True
    )
    since = models.DateTimeField(null=True)
    after = models.UUIDField(null=True)
    round = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.team_id} {self.round}"

    @classmethod
    def to_go_on(cls) -> list[Self]:
        """What is being counted anew, with what began to differ just now."""
        found, targets = {row.pk: row for row in cls.objects.all()}, Topic.all_targets()
        going_on = []
        for pk, hours in Team.calendars(Team.objects.order_by("pk")).items():
            row = found.get(pk) or cls.objects.get_or_create(team_id=pk)[0]
            facts = {"hours": hours.facts(), "targets": targets}
            last = row.facts if row.to is None else row.to
            if facts != last and not row._begin(facts):
                continue  # another worker has just seen it too
            if row.to is not None:
                going_on.append(row)
        return going_on

    def _begin(self, facts: dict[str, Any]) -> bool:
        changes: dict[str, Any] = {"to": facts, "since": timezone.now(), "after": None}
        if self.to is not None and self.facts:
            # Some were counted by what just changed again: no topic's targets are known any more.
            changes["facts"] = {**self.facts, "targets": {}}
        return self._note(**changes, round=self.round + 1)

    def _note(self, **changes: Any) -> bool:
        """Write this down, unless somebody else began anew meanwhile."""
        same = CountedBy.objects.filter(pk=self.pk, round=self.round)
        if not same.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True

    @property
    def has_settled(self) -> bool:
        return self.since is not None and timezone.now() >= self.since + SETTLE

    def calendars(self) -> tuple[WorkCalendar, WorkCalendar]:
        """The hours of before and those of now; the same where nobody knows of before."""
        now = (self.to or self.facts)["hours"]
        before = self.facts.get("hours", now)
        return WorkCalendar.from_facts(before), WorkCalendar.from_facts(now)

    def left(self) -> CustomerRequestQuerySet:
        """The open requests that were not looked at yet, in the order of their ids."""
        rows = CustomerRequest.objects.filter(team=self.team_id).open().order_by("pk")
        rows = rows if self.after is None else rows.filter(pk__gt=self.after)
        before, now = self.facts, self.to or {}
        if before and before["hours"] == now["hours"]:
            was, targets = before["targets"], now["targets"]
            changed = [topic for topic in targets if targets[topic] != was.get(topic)]
            rows = rows.filter(topic__in=changed)
        return rows.select_related("team", "topic").prefetch_related("topic__targets")

    def looked_at(self, last: uuid.UUID) -> bool:
        return self._note(after=last)

    def finish(self) -> bool:
        return self._note(facts=self.to, to=None, since=None, after=None)
