"""Employees, departments and the roles that come on top of being an employee."""

import uuid
import zoneinfo
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.sessions.backends.base import SessionBase
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Language(models.TextChoices):
    DUTCH = "nl", _("Dutch")
    ENGLISH = "en", _("English")


def check_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("%(name)s is not a time zone."), params={"name": name})


class Department(models.Model):
    """A part of the company; a tree by `parent`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["parent", "name"], name="department_name_once"),
            models.UniqueConstraint(
                fields=["name"], name="department_root_once", condition=models.Q(parent=None)
            ),
            models.CheckConstraint(
                condition=~models.Q(parent=models.F("id")), name="department_not_its_own_parent"
            ),
        ]

    def __str__(self) -> str:
        return self.name


# What a placement is made of.
_PLACE = frozenset({"department", "department_id", "is_active"})


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """A person who can sign in; without a password only through the company's sign-in."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        from server.accounts.models.audit import AuditEvent

        with transaction.atomic():
            user = self.create_user(
                email, password, is_staff=True, is_superuser=True, **{"name": email, **fields}
            )
            Role.objects.create(user=user, name=RoleName.ADMIN)
            AuditEvent.record(None, f"role given: {RoleName.ADMIN}", "user", user.pk)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """An employee. Roles, and membership of support teams, come on top."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("work e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(
        _("language"), max_length=2, choices=Language.choices, default=Language.DUTCH
    )
    time_zone = models.CharField(
        max_length=64, default="Europe/Amsterdam", validators=[check_time_zone]
    )
    department = models.ForeignKey(
        Department, null=True, blank=True, on_delete=models.PROTECT, related_name="people"
    )
    manager = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="reports"
    )
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)
    deactivated_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[UserManager] = UserManager()
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # What else has to end with a person's access; apps above this one add theirs when they start.
    on_leaving: ClassVar[list[Callable[["User"], None]]] = []
    # Who tells somebody that their second factor or recovery codes changed, in the same way.
    on_factor_changed: ClassVar[list[Callable[["User", str], None]]] = []

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(Lower("email"), name="user_email_once"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    def get_full_name(self) -> str:
        """The name, as the back office asks for it."""
        return self.name

    @classmethod
    def known_as(cls, text: str) -> "User | None":
        """Somebody by id or work e-mail, as people and programs write it."""
        try:
            return cls.objects.filter(pk=uuid.UUID(text)).first()
        except ValueError:
            return cls.objects.filter(email=text.strip().lower()).first()

    @classmethod
    def with_teams(cls, id: uuid.UUID) -> "User | None":
        """Somebody with their place in each team, in one query: a row per team, or just one."""
        places = {
            "in_team": models.F("memberships__team"),
            "as_role": models.F("memberships__role"),
        }
        rows: list[Any] = list(cls.objects.filter(pk=id).annotate(**places).order_by())
        if not rows:
            return None
        user: User = rows[0]
        user._team_roles = {row.in_team: row.as_role for row in rows if row.in_team}
        return user

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Where somebody works, and whether they have access, is written down as history too."""
        from server.accounts.models.placement import Placement

        fields = kwargs.get("update_fields")
        if fields is not None and _PLACE.isdisjoint(fields):
            super().save(*args, **kwargs)
            return
        new = self._state.adding
        with transaction.atomic():
            super().save(*args, **kwargs)
            Placement.note([self], new=new)

    @property
    def first_name(self) -> str:
        return self.name.split()[0] if self.name.split() else ""

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @cached_property
    def roles(self) -> list[str]:
        """Every role, sorted: editor, manager, admin, and agent or lead where in a team."""
        names = set(self.role_rows.values_list("name", flat=True))
        return sorted(names | set(self._team_roles.values()))

    @cached_property
    def _team_roles(self) -> dict[uuid.UUID, str]:
        return dict(self.memberships.values_list("team_id", "role"))

    @property
    def team_ids(self) -> frozenset[uuid.UUID]:
        """The support teams this person works in."""
        return frozenset(self._team_roles)

    def leads(self, team: uuid.UUID) -> bool:
        return self._team_roles.get(team) == "lead"

    @property
    def is_agent(self) -> bool:
        return bool(self._team_roles)

    @property
    def is_admin(self) -> bool:
        return RoleName.ADMIN in self.roles

    @property
    def is_editor(self) -> bool:
        return RoleName.EDITOR in self.roles

    @property
    def is_manager(self) -> bool:
        return RoleName.MANAGER in self.roles

    @property
    def has_second_factor(self) -> bool:
        from allauth.mfa.models import Authenticator

        codes = Authenticator.Type.RECOVERY_CODES
        return bool(Authenticator.objects.filter(user=self).exclude(type=codes).exists())

    def lacks_second_factor(self, session: SessionBase) -> bool:
        """Whether this person has to set up a second factor before they do what their role can.

        `session` is the one they came with. Who came through the company's sign-in in it is
        exempt: a second factor is that provider's business.
        """
        from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY

        if settings.SECOND_FACTOR != "REQUIRED" or not self.roles:
            return False
        ways = session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
        if any(way["method"] == "socialaccount" for way in ways):
            return False
        return not self.has_second_factor

    def deactivate(self) -> None:
        """End this person's access now: sessions, devices and whatever else was registered.

        Raises LastAdministrator.
        """
        with Role.keeping_an_admin():
            self.is_active = False
            self.deactivated_at = self.deactivated_at or timezone.now()
            self.save(update_fields=["is_active", "deactivated_at"])
            User.end_access([self])

    @classmethod
    def end_access(cls, people: Sequence["User"]) -> None:
        """What ends with the access of these people besides their own rows; for many at once."""
        from allauth.usersessions.models import UserSession

        for session in UserSession.objects.filter(user__in=people):
            session.end()
        for person in people:
            for end in cls.on_leaving:
                end(person)

    @transaction.atomic
    def reset_second_factor(self, *, by: "User | None") -> None:
        """Let somebody who lost theirs set up a new one: what they had is gone, and so are their
        sessions. `by` is the administrator; None where it was done on the server itself.
        """
        from allauth.mfa.models import Authenticator
        from allauth.usersessions.models import UserSession

        Authenticator.objects.filter(user=self).delete()
        for session in UserSession.objects.filter(user=self):
            session.end()
        self.factor_changed("second-factor-reset", by=by)

    @transaction.atomic
    def factor_changed(self, did: str, *, by: "User | None") -> None:
        """Write down what was done to this person's second factor, and tell them: it may not have
        been them.
        """
        from server.accounts.models.audit import AuditEvent

        AuditEvent.record(by, did, "user", self.pk)
        for tell in User.on_factor_changed:
            tell(self, did)

    def choose_language(self, language: str) -> None:
        self.language = language
        self.save(update_fields=["language"])

    def activate(self) -> None:
        """Give a person access again; old sessions stay ended."""
        self.is_active, self.deactivated_at = True, None
        self.save(update_fields=["is_active", "deactivated_at"])


class RoleName(models.TextChoices):
    EDITOR = "editor", _("Editor")
    MANAGER = "manager", _("Manager")
    ADMIN = "admin", _("Administrator")


class Role(models.Model):
    """A role for the whole company; agent and lead belong to a team (`TeamMember`)."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="role_rows")
    name = models.CharField(max_length=12, choices=RoleName.choices)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["user", "name"], name="role_once"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.user_id}"

    @classmethod
    def hold_admins(cls) -> None:
        """Let nobody else take an administrator's role or access until this transaction ends."""
        rows = cls.objects.filter(name=RoleName.ADMIN).order_by("pk")
        list(rows.select_for_update().values_list("pk"))

    @classmethod
    @contextmanager
    def keeping_an_admin(cls) -> Iterator[None]:
        """Around what takes a role or access: of two who take each other's, the second is refused.

        Raises LastAdministrator, and undoes it, where nobody would be left.
        """
        active = cls.objects.filter(name=RoleName.ADMIN, user__is_active=True)
        with transaction.atomic():
            cls.hold_admins()
            there_was_one = active.exists()
            yield
            if there_was_one and not active.exists():
                raise LastAdministrator


class LastAdministrator(Exception):
    """There has to be somebody left who can set things up."""
