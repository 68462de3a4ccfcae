"""Who of a team can take a request now: at work, able, and with room; and why nobody can."""

import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import Count, F, FilteredRelation, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customer_requests.models.life import Status
from server.accounts.models import Absence, Away, Skill, TeamMember, TeamRole, User
from server.accounts.working_hours import NeverOpen, WorkCalendar

# What a topic asks for, by id.
Needed = Mapping[uuid.UUID, Skill]
_LONG_AGO = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Place:
    """One person's place in one team. `load` is how many of its requests they have in progress."""

    member: TeamMember
    skills: Mapping[uuid.UUID, Skill]
    load: int
    away: Away | None

    @property
    def user(self) -> User:
        return self.member.user

    @property
    def is_lead(self) -> bool:
        return self.member.role == TeamRole.LEAD

    @property
    def has_room(self) -> bool:
        return self.member.most_open is None or self.load < self.member.most_open

    @property
    def load_words(self) -> str:
        """What they have in progress, as in "2 of 5 in progress"."""
        if self.member.most_open is None:
            return _("%(load)s in progress") % {"load": self.load}
        if not (self.member.most_open or self.load):
            return _("takes no requests")
        facts = {"load": self.load, "most": self.member.most_open}
        return _("%(load)s of %(most)s in progress") % facts

    def can(self, needed: Collection[uuid.UUID]) -> bool:
        return all(skill in self.skills for skill in needed)

    def why_not(self, needed: Needed, zone: ZoneInfo) -> str:
        """Why a request that asks for this would not be handed to them; empty where it would."""
        if self.away:
            return _("Away %(spell)s") % {"spell": self.away.words(zone)}
        if lacking := [skill.name for id, skill in needed.items() if id not in self.skills]:
            return _("Lacks: %(skills)s") % {"skills": ", ".join(lacking)}
        if not self.member.most_open and not self.has_room:
            return _("Takes no requests")
        if not self.has_room:
            return _("Has all they can take: %(load)s") % {"load": self.load}
        return ""

    @property
    def _turn(self) -> tuple[int, datetime, uuid.UUID]:
        return self.load, self.member.given_at or _LONG_AGO, self.user.pk


@dataclass(slots=True)
class Crew:
    """The people of a team, or of several, as they are at one moment."""

    places: Sequence[Place]

    @classmethod
    def read(
        cls,
        teams: Iterable[uuid.UUID],
        *,
        people: Collection[uuid.UUID] | None = None,
        skills: bool = True,
        lock: bool = False,
    ) -> Self:
        """Everyone who works in these teams, or these people among them; one query, and another
        where `skills` are asked for.

        `lock` keeps anyone else from giving them work until the transaction ends. Take the lock
        of the request first, and that of one team's people in one call: so nobody waits in a ring.
        """
        rows = TeamMember.objects.employed().filter(team__in=list(teams))
        if people is not None:
            rows = rows.filter(user__in=list(people))
        if lock:
            # A statement of its own: one that had to wait would count from before the wait.
            locked = rows.order_by("pk").select_for_update(no_key=True, of=("self",))
            list(locked.values_list("pk", flat=True))
        loaded = _with_load(rows).select_related("user", "team")
        now = timezone.now()
        members: dict[int, TeamMember] = {}
        absences: dict[int, list[Absence]] = {}
        for row in _with_absences(loaded, now).order_by("team__name", "user__name", "pk", "begins"):
            members.setdefault(row.pk, row)
            if row.begins is not None:
                absences.setdefault(row.pk, []).append(Absence(begins=row.begins, ends=row.ends))
        able: dict[int, dict[uuid.UUID, Skill]] = {}
        held = TeamMember.skills.through.objects.filter(teammember__in=members.values())
        for row in held.select_related("skill") if skills else ():
            able.setdefault(row.teammember_id, {})[row.skill_id] = row.skill
        return cls(
            [
                Place(
                    member=member,
                    skills=able.get(member.pk, {}),
                    load=member.load,  # type: ignore[attr-defined] # _with_load adds it
                    away=Away.among(absences.get(pk, []), now),
                )
                for pk, member in members.items()
            ]
        )

    def next_for(self, needed: Collection[uuid.UUID]) -> Place | None:
        """Whose turn it is: of those at work, able and with room, who has the fewest in progress,
        then who got one longest ago. None where there is nobody.
        """
        able = [
            place
            for place in self.places
            if place.away is None and place.has_room and place.can(needed)
        ]
        return min(able, key=lambda place: place._turn, default=None)

    def why_nobody(self, needed: Needed, calendar: WorkCalendar) -> str:
        """Why a request that asks for this is not handed out now; empty where it will be."""
        if not self.places:
            return _("Nobody works in this team.")
        names = ", ".join(skill.name for skill in needed.values())
        able = [place for place in self.places if place.can(needed)]
        if not able:
            return _("Nobody in the team has the skill: %(skills)s.") % {"skills": names}
        nobody = _("Nobody with the skill %(skills)s") % {"skills": names} if names else _("Nobody")
        here = [place for place in able if place.away is None]
        if not here:
            backs = [place.away.until for place in able if place.away and place.away.until]
            back = _next_open(calendar, min(backs)) if backs else None
            if back is None:
                return _("%(nobody)s is at work until further notice.") % {"nobody": nobody}
            return _("%(nobody)s is at work until %(when)s.") % {
                "nobody": nobody,
                "when": date_format(back.astimezone(calendar.zone), "l j F H:i"),
            }
        now = timezone.now()
        if not calendar.is_open(now):
            opens = _next_open(calendar, now)
            if opens is None:
                return _("The team has no working hours.")
            when = date_format(opens.astimezone(calendar.zone), "l j F H:i")
            return _("The team is closed until %(when)s.") % {"when": when}
        if not any(place.has_room for place in here):
            return _("%(nobody)s has room for another request.") % {"nobody": nobody}
        return ""


def _next_open(calendar: WorkCalendar, moment: datetime) -> datetime | None:
    try:
        return calendar.next_open(moment)
    except NeverOpen:
        return None


def _with_absences(rows: "models.QuerySet[TeamMember]", now: datetime) -> "models.QuerySet[Any]":
    """A row per absence that is going on or to come, with `begins` and `ends`; or else one."""
    theirs = Q(user__absences__ends=None) | Q(user__absences__ends__gt=now)
    return rows.annotate(
        absence=FilteredRelation("user__absences", condition=theirs),
        begins=F("absence__begins"),
        ends=F("absence__ends"),
    )


def _with_load(rows: "models.QuerySet[TeamMember]") -> "models.QuerySet[TeamMember]":
    """Members with `load`: what they have in progress in the team. What waits on others does not
    count, because nobody can work on it.
    """
    from customer_requests.models.customer_request import CustomerRequest

    theirs = CustomerRequest.objects.filter(
        agent=OuterRef("user"), team=OuterRef("team"), status=Status.IN_PROGRESS
    )
    counted = theirs.order_by().values("agent").annotate(n=Count("pk")).values("n")
    return rows.annotate(load=Coalesce(Subquery(counted), 0))
