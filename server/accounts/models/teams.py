"""Support teams: who is in them and when they work."""

import functools
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

import holidays
from django.core.cache import cache
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from server.accounts.models.availability import Absence, Skill
from server.accounts.models.people import User, check_time_zone
from server.accounts.working_hours import Holiday, NeverOpen, Period, WorkCalendar

KEPT_SECONDS = 60


class HandOut(models.TextChoices):
    """How requests get from a team's queue to its people."""

    PULL = "pull", _("Everyone takes what is on top")
    ROUND_ROBIN = "round_robin", _("Handed out in turn")


class Team(models.Model):
    """A support team with its working hours.

    `holidays` is a country code known to the library `holidays`; empty where the team works on
    public holidays; `works_on` are the holidays, by their Dutch names, on which it works all the
    same. A team that is not active gets no new work; what it has, its people finish.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(
        max_length=64, default="Europe/Amsterdam", validators=[check_time_zone]
    )
    holidays = models.CharField(max_length=2, default="NL", blank=True)
    works_on: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list, blank=True)
    hand_out = models.CharField(max_length=12, choices=HandOut.choices, default=HandOut.PULL)
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=models.Q(hand_out__in=HandOut.values), name="team_hand_out_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @classmethod
    def named(cls, text: str) -> "Team | None":
        """A team by id, slug or name, as people and programs write it."""
        try:
            return cls.objects.filter(pk=uuid.UUID(text)).first()
        except ValueError:
            return cls.objects.filter(slug=text).first() or cls.objects.filter(name=text).first()

    @classmethod
    def open_to_work(cls) -> "models.QuerySet[Team]":
        """The teams that can be passed work: active, with somebody in them."""
        somebody = TeamMember.objects.employed().filter(team=models.OuterRef("pk"))
        return cls.objects.filter(models.Exists(somebody), is_active=True).order_by("name")

    def calendar(self) -> WorkCalendar:
        """This team's working time, with two years of closing days around today."""
        return Team.calendars([self])[self.pk]

    @staticmethod
    def after_working(time: timedelta, teams: "Collection[uuid.UUID]") -> dict[uuid.UUID, datetime]:
        """When each of these teams will have worked for so long, from now; kept for a minute.

        A team that does not work in the next year counts by the clock on the wall.
        """
        seconds = round(time.total_seconds())
        keys = {f"after-working:{team}:{seconds}": team for team in teams}
        found = {keys[key]: moment for key, moment in cache.get_many(keys).items()}
        if unknown := [team for team in teams if team not in found]:
            now = timezone.now()
            calendars = Team.calendars(Team.objects.filter(pk__in=unknown))
            for team in unknown:
                try:
                    found[team] = calendars[team].add(now, time)
                except (KeyError, NeverOpen):
                    found[team] = now + time
            new = {key: found[team] for key, team in keys.items() if team in unknown}
            cache.set_many(new, KEPT_SECONDS)
        return found

    @staticmethod
    def calendars(teams: "Iterable[Team]") -> dict[uuid.UUID, WorkCalendar]:
        """The working time of several teams by their id; one query however many they are.

        A team without periods works around the clock, so that one that was just made isn't late
        for ever.
        """
        wanted = {team.pk: team for team in teams}
        periods: dict[uuid.UUID, dict[int, list[Period]]] = {team: {} for team in wanted}
        closing: dict[uuid.UUID | None, dict[date, str]] = defaultdict(dict)
        spans = WorkingPeriod.objects.filter(team__in=wanted).order_by()
        days = ClosingDay.objects.filter(models.Q(team__in=wanted) | models.Q(team=None))
        no_day = models.Value(None, output_field=models.DateField())
        no_time = models.Value(None, output_field=models.TimeField())
        both = spans.values_list(
            "team", "weekday", "opens", "closes", no_day, models.Value("")
        ).union(
            days.values_list("team", models.Value(0), no_time, no_time, "day", "name"), all=True
        )
        for team, weekday, opens, closes, day, name in both:
            if day is not None:
                closing[team][day] = name
            else:
                periods[team].setdefault(weekday, []).append((opens, closes))
        return {
            pk: team._calendar(periods[pk], closing[None] | closing[pk])
            for pk, team in wanted.items()
        }

    def _calendar(
        self, periods: Mapping[int, list[Period]], own: Mapping[date, str]
    ) -> WorkCalendar:
        zone = ZoneInfo(self.time_zone)
        if not periods:
            return WorkCalendar.around_the_clock(zone)
        closed: dict[date, str | Holiday] = {}
        if self.holidays:
            this_year = timezone.now().year
            for year in range(this_year - 1, this_year + 2):
                closed |= public_holidays(self.holidays, year)
            closed = {day: why for day, why in closed.items() if not self._works_on(why)}
        week = {day: tuple(sorted(spans)) for day, spans in periods.items()}
        return WorkCalendar(zone, week, {**closed, **own})

    def _works_on(self, why: str | Holiday) -> bool:
        return isinstance(why, Holiday) and why.nl in self.works_on


@functools.cache
def public_holidays(country: str, year: int) -> Mapping[date, Holiday]:
    """A country's public holidays in a year. Kept for good: working them out takes longer than the
    rest of a calendar.

    Each in the language asked for, or else in the library's English, or else in the country's own:
    never by where the program runs, so that every process has the same.
    """
    known = holidays.country_holidays(country).supported_languages
    names = {}
    for language, choices in (("nl", ("nl", "en_US")), ("en", ("en_US", "en_GB", "en"))):
        chosen = next((name for name in choices if name in known), None)
        chosen = chosen or holidays.country_holidays(country).default_language
        names[language] = holidays.country_holidays(country, years=year, language=chosen)
    return {day: Holiday(name, names["en"][day]) for day, name in names["nl"].items()}


class WorkingPeriod(models.Model):
    """One stretch of work on one weekday, in the team's local time; a day may have several."""

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="periods")
    weekday = models.PositiveSmallIntegerField()
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta:
        ordering: ClassVar[list[str]] = ["weekday", "opens"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=models.Q(weekday__lte=6), name="period_weekday"),
            models.CheckConstraint(
                condition=models.Q(closes__gt=models.F("opens")), name="period_closes_later"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens:%H:%M}-{self.closes:%H:%M}"


class ClosingDay(models.Model):
    """A day on which one team, or every team, does not work."""

    team = models.ForeignKey(
        Team, null=True, blank=True, on_delete=models.CASCADE, related_name="closing_days"
    )
    day = models.DateField()
    name = models.CharField(max_length=80)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "day"], name="closing_day_once"),
            models.UniqueConstraint(
                fields=["day"], name="closing_day_of_all_once", condition=models.Q(team=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}"


class TeamRole(models.TextChoices):
    AGENT = "agent", _("Agent")
    LEAD = "lead", _("Lead")


class TeamMemberQuerySet(models.QuerySet["TeamMember"]):
    def employed(self) -> Self:
        """Those who still work in the company: they may find and do what their team has."""
        return self.filter(user__is_active=True)

    def at_work(self, moment: datetime) -> Self:
        """Those who can be given work: employed, and not away."""
        away = Absence.objects.at(moment).filter(person=models.OuterRef("user"))
        return self.employed().filter(~models.Exists(away))


class TeamMember(models.Model):
    """Someone who works a team's queue.

    `most_open` is how many requests of the team they can have in progress; empty is no limit.
    `given_at` is when they last got one, so that they take turns.
    """

    team = models.ForeignKey(Team, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=TeamRole.choices, default=TeamRole.AGENT)
    skills = models.ManyToManyField(Skill, blank=True, related_name="members")
    most_open = models.PositiveSmallIntegerField(null=True, blank=True)
    given_at = models.DateTimeField(null=True, editable=False)

    objects = TeamMemberQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["team", "user"], name="team_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id}"
