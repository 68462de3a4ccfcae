"""What a question is about, and so which team gets it and how soon it has to answer."""

import uuid
from collections.abc import Collection
from typing import ClassVar

from django.db import models
from django.utils.translation import get_language

from server.accounts.models import Skill, Team


class Topic(models.Model):
    """A subject that an employee can choose. Targets are minutes of the team's working time.

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
    first_response_minutes = models.PositiveIntegerField(default=120)
    solve_minutes = models.PositiveIntegerField(default=1440)
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

    def name_in(self, language: str) -> str:
        return self.name_en if language.startswith("en") else self.name_nl
