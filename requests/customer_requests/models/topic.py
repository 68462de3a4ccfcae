"""What a question is about, and so which team gets it and how soon it has to answer."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from server.accounts.models import Skill, Team

# A year around the clock; what is never to be done is no target, and adding it up takes time.
AT_MOST = MaxValueValidator(366 * 24 * 60)


class Priority(models.TextChoices):
    LOW = "low", _("Low")
    NORMAL = "normal", _("Normal")
    HIGH = "high", _("High")
    URGENT = "urgent", _("Urgent")


class Clock(models.TextChoices):
    """What the team promises; each is a column `<clock>_due` of the request."""

    RESPONSE = "response", _("First response")
    REPLY = "reply", _("Next response")
    SOLVE = "solve", _("Solution")


# How much of the normal targets a priority gets on a topic that does not say so itself.
_SHARE: Mapping[str, float] = {
    Priority.LOW: 2,
    Priority.NORMAL: 1,
    Priority.HIGH: 0.5,
    Priority.URGENT: 0.25,
}


@dataclass(frozen=True, slots=True)
class Targets:
    """Within how much working time the team wants to respond, to answer again, and to solve."""

    response: timedelta
    reply: timedelta
    solve: timedelta


class Topic(models.Model):
    """A subject that an employee can choose.

    The targets, minutes of the team's working time, are those of a request of normal priority.
    `skills` are what somebody has to have, all of them, to be handed a request about it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name_nl = models.CharField(max_length=120)
    name_en = models.CharField(max_length=120)
    hint_nl = models.CharField(max_length=240, blank=True)
    hint_en = models.CharField(max_length=240, blank=True)
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="topics")
    skills = models.ManyToManyField(Skill, blank=True, related_name="topics")
    first_response_minutes = models.PositiveIntegerField(default=120, validators=[AT_MOST])
    next_response_minutes = models.PositiveIntegerField(default=240, validators=[AT_MOST])
    solve_minutes = models.PositiveIntegerField(default=1440, validators=[AT_MOST])
    is_active = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar[list[str]] = ["position", "slug"]

    def __str__(self) -> str:
        return self.slug

    @property
    def name(self) -> str:
        """The name in the language of whoever reads now."""
        return self.name_in(get_language() or "nl")

    @property
    def hint(self) -> str:
        return self.hint_en if (get_language() or "nl").startswith("en") else self.hint_nl

    def is_open_in(self, team: Team) -> bool:
        """Whether this team gets questions about it."""
        return self.is_active and self.team_id == team.pk and team.is_active

    @staticmethod
    def skills_needed(
        topics: Collection[uuid.UUID] | None = None,
    ) -> dict[uuid.UUID, dict[uuid.UUID, Skill]]:
        """By topic, the skills that it asks for; topics that ask for none are left out."""
        rows = Topic.skills.through.objects.select_related("skill").order_by("skill__slug")
        if topics is not None:
            rows = rows.filter(topic__in=topics)
        needed: dict[uuid.UUID, dict[uuid.UUID, Skill]] = {}
        for row in rows:
            needed.setdefault(row.topic_id, {})[row.skill_id] = row.skill
        return needed

    @staticmethod
    def all_targets() -> dict[str, dict[str, list[int]]]:
        """By topic and priority, the minutes that are written down, as JSON can keep them."""
        minutes = ["first_response_minutes", "next_response_minutes", "solve_minutes"]
        found: dict[str, dict[str, list[int]]] = {
            str(pk): {Priority.NORMAL: rest}
            for pk, *rest in Topic.objects.order_by().values_list("pk", *minutes)
        }
        for pk, priority, *rest in TopicTarget.objects.values_list("topic", "priority", *minutes):
            found.get(str(pk), {})[priority] = rest
        return found

    def name_in(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_nl

    def targets_at(self, priority: str) -> Targets:
        """The targets at a priority: the topic's own for it, or a share of the normal ones.

        Reads a table, unless the priority is normal or `targets` was prefetched.
        """
        own: Topic | TopicTarget | None = self
        if priority != Priority.NORMAL:
            own = next((row for row in self.targets.all() if row.priority == priority), None)
        share = _SHARE[priority] if own is None else 1
        row = own or self
        return Targets(
            response=timedelta(minutes=row.first_response_minutes) * share,
            reply=timedelta(minutes=row.next_response_minutes) * share,
            solve=timedelta(minutes=row.solve_minutes) * share,
        )


class TopicTarget(models.Model):
    """What a topic promises at a priority other than normal, in minutes of working time."""

    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, related_name="targets")
    priority = models.CharField(max_length=8, choices=Priority.choices)
    first_response_minutes = models.PositiveIntegerField(validators=[AT_MOST])
    next_response_minutes = models.PositiveIntegerField(validators=[AT_MOST])
    solve_minutes = models.PositiveIntegerField(validators=[AT_MOST])

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["topic", "priority"], name="topic_target_once"),
            models.CheckConstraint(
                condition=models.Q(priority__in=["low", "high", "urgent"]),
                name="topic_target_priority",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.priority} {self.topic_id}"
