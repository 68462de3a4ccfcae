"""Words written once for many requests: their variables, who reads them, and how they are filled.

A variable is `{name}` with a name of the closed list below. Values are put in once, as text: what
looks like a variable or like markup in a customer's name stays what it is.
"""

import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Self
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.models.due import Due
from customer_requests.moments import written_moment
from customer_requests.problems import NoValue, WordsTooLong
from server.accounts.models import AuditEvent, RoleName, Team, TeamMember, TeamRole, User
from server.accounts.models.people import Language
from server.problems import Forbidden, IdReused, Invalid, NotFound, StaleVersion

# What each variable stands for, as it is offered to who writes the words.
VARIABLES: Mapping[str, str | Promise] = {
    "customer_name": gettext_lazy("the customer's name"),
    "employee_first_name": gettext_lazy("the first name of the employee"),
    "agent_first_name": gettext_lazy("the first name of the agent who writes"),
    "reference": gettext_lazy("the reference, such as DHG-7K3M-9Q2P"),
    "topic": gettext_lazy("the topic"),
    "team": gettext_lazy("the team"),
    "expected_by": gettext_lazy("when they will hear more"),
}
AUDIENCES = ("customer", "employee", "note")
LANGUAGES = tuple(Language.values)
WORDS = tuple(f"{audience}_{language}" for audience in AUDIENCES for language in LANGUAGES)
LONGEST = 10_000

_BRACES = re.compile(r"\{([a-z_]+)\}|[{}]")


def check_words(text: str) -> None:
    """Raise ValidationError, naming the place, for an unknown or a broken variable."""
    for found in _BRACES.finditer(text):
        if found[1] in VARIABLES:
            continue
        before = text[: found.start()]
        place = {
            "line": before.count("\n") + 1,
            "place": len(before) - (before.rfind("\n") + 1) + 1,
            "names": ", ".join(f"{{{name}}}" for name in VARIABLES),
        }
        if found[1]:
            wrong = _(
                "Line %(line)s, character %(place)s: {%(name)s} is not a variable. Choose one of "
                "%(names)s."
            )
        else:
            wrong = _(
                "Line %(line)s, character %(place)s: this brace is not part of a variable. Write a "
                "variable as one of %(names)s, and leave other braces out."
            )
        raise ValidationError(wrong % {**place, "name": found[1]}, code="variable")


def fill(text: str, values: Mapping[str, str]) -> str:
    """The words with every variable's value in its place.

    Raises NoValue where a variable has none here, rather than leaving a hole, and WordsTooLong.
    """

    def value(found: re.Match[str]) -> str:
        if not values[found[1]]:
            raise NoValue(variable=found[1])
        return values[found[1]]

    filled = re.sub(r"\{([a-z_]+)\}", value, text)
    if len(filled) > LONGEST:
        raise WordsTooLong(most=LONGEST)
    return filled


@dataclass(frozen=True, slots=True)
class Filled:
    """Words for one reader of one request.

    `warning` says what the agent should look at; `problem` why there is no text.
    """

    audience: str
    language: str
    text: str
    warning: str = ""
    problem: NoValue | WordsTooLong | None = None

    @property
    def refused(self) -> str:
        return self.problem.explained if self.problem else ""


class Readers:
    """Who reads words about this request: each in their own language and time zone."""

    def __init__(self, request: Due, agent: User) -> None:
        team_zone = ZoneInfo(request.team.time_zone)
        self._who: Mapping[str, tuple[str, ZoneInfo]] = {
            "customer": (request.customer_language, team_zone),
            "employee": (request.employee.language, request.employee.zone),
            "note": (agent.language, agent.zone),
        }
        self._values = cache(lambda language, zone: _values(request, agent, language, zone))

    def fill(self, words: Mapping[str, str], audience: str) -> Filled:
        """These words (a text per language) for one audience, in its language if they are in it."""
        picked = self.pick(words, audience)
        values = self._values(picked.language, self._who[audience][1])
        try:
            return replace(picked, text=fill(picked.text, values))
        except (NoValue, WordsTooLong) as problem:
            return replace(picked, text="", problem=problem)

    def pick(self, words: Mapping[str, str], audience: str) -> Filled:
        """The words as they were written, in the audience's language if they are in it."""
        wanted = self._who[audience][0]
        language = wanted if words.get(wanted) else next(name for name in words if words[name])
        warning = ""
        if language != wanted:
            warning = _("There is no text in %(wanted)s, so this is in %(language)s.") % {
                "wanted": _named(wanted),
                "language": _named(language),
            }
        return Filled(audience, language, words[language], warning)


def _named(language: str) -> str:
    return str(Language(language).label)


def _values(request: Due, agent: User, language: str, zone: ZoneInfo) -> dict[str, str]:
    """The value of each variable; empty where there is none."""
    expected = request.expected_by
    if expected is not None and expected <= timezone.now():
        expected = None
    with translation.override(language):
        return {
            "customer_name": "" if request.erased_at else request.customer_name,
            "employee_first_name": request.employee.first_name,
            "agent_first_name": agent.first_name,
            "reference": request.reference,
            "topic": request.topic.name,
            "team": request.team.name,
            "expected_by": written_moment(expected, zone),
        }


class ReusableQuerySet(models.QuerySet[Any]):
    def for_agent(self, agent: User) -> Self:
        """Everyone's, and those of the agent's teams; also what is not in use now."""
        return self.filter(models.Q(team=None) | models.Q(team__in=agent.team_ids))

    def usable_on(self, request: Due) -> Self:
        """What can be used on this request: in use, and everyone's or of its team."""
        return self.filter(models.Q(team=None) | models.Q(team=request.team_id), is_active=True)


class Reusable(models.Model):
    """What is written once and used on many requests, by one team or (without a team) by all.

    Words per audience and language; leads write those of their team, admins everyone's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    team = models.ForeignKey(
        Team,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="%(class)ss",
        verbose_name=gettext_lazy("team"),
        help_text=gettext_lazy("Leave empty for every team."),
    )
    name = models.CharField(gettext_lazy("short name"), max_length=80)
    position = models.PositiveSmallIntegerField(gettext_lazy("order"), default=0)
    is_active = models.BooleanField(gettext_lazy("in use"), default=True)
    customer_nl = models.TextField(gettext_lazy("to the customer, in Dutch"), blank=True)
    customer_en = models.TextField(gettext_lazy("to the customer, in English"), blank=True)
    employee_nl = models.TextField(gettext_lazy("to the employee, in Dutch"), blank=True)
    employee_en = models.TextField(gettext_lazy("to the employee, in English"), blank=True)
    note_nl = models.TextField(gettext_lazy("internal note, in Dutch"), blank=True)
    note_en = models.TextField(gettext_lazy("internal note, in English"), blank=True)
    version = models.PositiveIntegerField(default=1, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ReusableQuerySet.as_manager()
    # The audit trail's name for it.
    audited: ClassVar[str]

    class Meta:
        abstract = True
        ordering: ClassVar[list[str]] = ["position", "name", "id"]

    def __str__(self) -> str:
        return self.name

    def words_for(self, audience: str) -> dict[str, str]:
        """The words for an audience by language; empty when it has none."""
        words = {name: getattr(self, f"{audience}_{name}") for name in LANGUAGES}
        return words if any(words.values()) else {}

    @property
    def audiences(self) -> list[str]:
        return [audience for audience in AUDIENCES if self.words_for(audience)]

    def clean(self) -> None:
        """Refuse what could not be filled later; the API and the back office both come here."""
        super().clean()
        wrong: dict[str, Any] = {}
        for field in WORDS:
            text = getattr(self, field).replace("\r\n", "\n").strip()
            setattr(self, field, text)
            if len(text) > LONGEST:
                wrong[field] = _("This is too long: at most %(most)s characters.") % {
                    "most": LONGEST
                }
                continue
            try:
                check_words(text)
            except ValidationError as error:
                wrong[field] = error
        if wrong:
            raise ValidationError(wrong)

    @classmethod
    def writable_by(cls, user: User, team: Team | None) -> bool:
        """Leads write what is their team's; what is everyone's is for admins."""
        if team is None:
            return RoleName.ADMIN in user.roles
        return TeamMember.objects.filter(
            team=team, user=user, role=TeamRole.LEAD, user__is_active=True
        ).exists()

    @transaction.atomic
    def write(self, *, by: User, seen: int | None = None, **facts: Any) -> None:
        """Make it, or change it: `seen` is the version that the writer looked at.

        Raises Invalid, Forbidden, or StaleVersion when somebody else was faster.
        """
        new, was = self._state.adding, {}
        if not new:
            self._lock(by, seen)
            was = {name: getattr(self, name) for name in facts}
        for name, value in facts.items():
            setattr(self, name, value)
        if not self.writable_by(by, self.team):
            raise Forbidden
        try:
            self.full_clean()
        except ValidationError as error:
            raise Invalid(_messages(error)) from error
        self.version += not new
        self.updated_at = timezone.now()
        try:
            with transaction.atomic():
                self.save()
        except IntegrityError as error:  # somebody was just before us
            if type(self)._base_manager.filter(pk=self.pk, version=1).exists():
                raise IdReused from error
            raise Invalid({"name": _("There is one with this name already.")}) from error
        # Which fields only: the words themselves are too much for the trail.
        changed: dict[str, list[str]] = {
            name: [] for name in was if was[name] != getattr(self, name)
        }
        self._record(by, "rewritten" if was else "written", **({"changed": changed} if was else {}))

    @transaction.atomic
    def remove(self, *, by: User) -> None:
        """Take it away for good. What was written with it stays what it is."""
        self._lock(by, None)
        self._record(by, "removed")
        self.delete()

    def _record(self, by: User, did: str, **detail: Any) -> None:
        AuditEvent.record(by, f"{self.audited}-{did}", self.audited, self.pk, **detail)

    def _lock(self, by: User, seen: int | None) -> None:
        rows = type(self)._base_manager.filter(pk=self.pk).select_for_update(of=("self",))
        now = rows.select_related("team").first()
        if now is None:
            raise NotFound
        self.__dict__.update(now.__dict__)
        if not self.writable_by(by, self.team):
            raise Forbidden
        if seen is not None and seen != self.version:
            raise StaleVersion(version=self.version)


def _messages(error: ValidationError) -> dict[str, str]:
    """One message per field; what is about several stands at the name."""
    return {
        "name" if field == "__all__" else field: " ".join(_plain(texts))
        for field, texts in error.message_dict.items()
    }


def _plain(texts: Iterable[Any]) -> list[str]:
    return [str(text) for text in texts]


def once_per_team(prefix: str) -> list[models.BaseConstraint]:
    """A short name is used once in a team, and once among everyone's."""
    taken = gettext_lazy("There is one with this name already.")
    return [
        models.UniqueConstraint(
            fields=["team", "name"], name=f"{prefix}_name_once", violation_error_message=taken
        ),
        models.UniqueConstraint(
            fields=["name"],
            name=f"{prefix}_name_of_all_once",
            condition=models.Q(team=None),
            violation_error_message=taken,
        ),
    ]


def says_something() -> models.Q:
    """Whether there are words for anybody."""
    some = models.Q()
    for field in WORDS:
        some |= models.Q(**{f"{field}__gt": ""})
    return some
