"""What the company's list of employees changes here: all of it in one transaction, or nothing."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from server.accounts.employee_file import ImportRefused, Line, LineError, Progress, Sheet
from server.accounts.models import AuditEvent, Department, Placement, Role, RoleName, User

# Rows per statement: SQLite's bulk_update grows with the square of it.
_CHUNK: Final = 250
# Any constant will do, as long as nothing else uses it.
_LOCK: Final = 0x44484701
_COMPARED: Final = (
    "name",
    "department_id",
    "manager_id",
    "language",
    "time_zone",
    "joined_at",
    "is_active",
)

T = TypeVar("T")


@dataclass
class Summary:
    """How many people the import created, changed, left alone, let go and took back."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deactivated: int = 0
    reactivated: int = 0

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in vars(self).items())


@dataclass
class _Company:
    """Who and what is here now."""

    people: dict[str, User]
    departments: dict[tuple[uuid.UUID | None, str], Department]
    roles: dict[uuid.UUID, dict[str, Role]]

    @classmethod
    def load(cls) -> "_Company":
        roles: dict[uuid.UUID, dict[str, Role]] = {}
        for role in Role.objects.all():
            roles.setdefault(role.user_id, {})[role.name] = role
        return cls(
            {user.email.strip().lower(): user for user in User.objects.all()},
            {(row.parent_id, row.name): row for row in Department.objects.all()},
            roles,
        )


@dataclass
class _Plan:
    """The rows to write. People in `changed` are listed with the fields that changed."""

    summary: Summary = field(default_factory=Summary)
    departments: list[list[Department]] = field(default_factory=list)
    created: list[User] = field(default_factory=list)
    changed: list[tuple[User, tuple[str, ...]]] = field(default_factory=list)
    leaving: list[User] = field(default_factory=list)
    roles_given: list[Role] = field(default_factory=list)
    roles_taken: list[Role] = field(default_factory=list)
    audit: list[AuditEvent] = field(default_factory=list)


def import_employees(
    sheet: Sheet,
    *,
    dry_run: bool = False,
    deactivate_missing: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Make the people here what the sheet says; with `dry_run` only say what that would change.

    Passwords and team roles are never touched. Raises ImportRefused, with nothing written, when
    lines contradict each other or what is here, or when no active administrator would be left.
    """
    with transaction.atomic(durable=True):
        if connection.vendor == "postgresql":
            # Two imports at once would each create the same people.
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        Role.hold_admins()
        company = _Company.load()
        before = _admins(company.people.values(), company.roles)
        errors = _managers_wrong(sheet, company.people)
        if errors:
            raise ImportRefused(errors)
        plan = _planned(sheet, company, deactivate_missing=deactivate_missing)
        if before and not _admins([*company.people.values()], _roles_after(company, plan)):
            advice = "Keep one active person with the role admin."
            raise ImportRefused([LineError(0, "", "no administrator would be left.", advice)])
        if not dry_run:
            _write(plan, progress)
    return plan.summary


def _admins(people: Iterable[User], roles: dict[uuid.UUID, dict[str, Role]]) -> set[uuid.UUID]:
    return {
        user.pk for user in people if user.is_active and RoleName.ADMIN in roles.get(user.pk, {})
    }


def _roles_after(company: _Company, plan: _Plan) -> dict[uuid.UUID, dict[str, Role]]:
    after = {user_id: dict(held) for user_id, held in company.roles.items()}
    for role in plan.roles_taken:
        del after[role.user_id][role.name]
    for role in plan.roles_given:
        after.setdefault(role.user_id, {})[role.name] = role
    return after


# --- Managers ---------------------------------------------------------------------------------


def _managers_wrong(sheet: Sheet, people: dict[str, User]) -> list[LineError]:
    """Managers whom nobody knows, people who manage themselves, and circles."""
    if "manager_email" not in sheet.columns:
        return []
    listed = {line.email: line for line in sheet.lines}
    known = {"", *listed, *people}
    errors: list[LineError] = []
    for line in sheet.lines:
        if line.manager_email not in known:
            problem = f"nobody has the address {line.manager_email}."
            advice = "Correct it, or add the manager to the file."
            errors.append(LineError(line.number, "manager_email", problem, advice))
        if line.manager_email == line.email:
            problem = "this is the person's own address."
            advice = "Name the manager, or leave it empty for who has none."
            errors.append(LineError(line.number, "manager_email", problem, advice))
    return errors or _circles(listed, people)


def _circles(listed: dict[str, Line], people: dict[str, User]) -> list[LineError]:
    """One error for each circle of managers, at its first line in the file."""
    emails = {user.pk: email for email, user in people.items()}
    above = {email: emails[user.manager_id] for email, user in people.items() if user.manager_id}
    for email, line in listed.items():
        above.pop(email, None)
        if line.manager_email:
            above[email] = line.manager_email
    errors: list[LineError] = []
    done: set[str] = set()
    for start in above:
        path: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in done and here not in path:
            path[here] = None
            here = above.get(here)
        if here is not None and here in path:
            circle = list(path)[list(path).index(here) :]
            errors += _circle(circle, listed)
        done.update(path)
    return errors


def _circle(circle: Sequence[str], listed: dict[str, Line]) -> list[LineError]:
    own = [email for email in circle if email in listed]
    if not own:
        # Without anyone of this file it was there before, and isn't this file's to mend.
        return []
    first = min(own, key=lambda email: listed[email].number)
    place = circle.index(first)
    chain = " -> ".join([*circle[place:], *circle[:place], first])
    problem = f"these people manage each other in a circle: {chain}."
    return [
        LineError(listed[first].number, "manager_email", problem, "Correct one of their managers.")
    ]


# --- The plan ---------------------------------------------------------------------------------


def _planned(sheet: Sheet, company: _Company, *, deactivate_missing: bool) -> _Plan:
    """What to write. Changes the people in `company` to what they will be."""
    plan, now = _Plan(), timezone.now()
    departments = _departments(sheet, company, plan)
    for line in sheet.lines:
        if line.email not in company.people:
            user = User(email=line.email, name=line.name, time_zone=settings.TIME_ZONE)
            user.set_unusable_password()
            company.people[line.email] = user
            plan.created.append(user)
    new = {user.pk for user in plan.created}
    for line in sheet.lines:
        user = company.people[line.email]
        before = [getattr(user, name) for name in _COMPARED]
        _set(user, line, sheet.columns, departments, company.people, now)
        changed = tuple(
            name for name, old in zip(_COMPARED, before, strict=True) if getattr(user, name) != old
        )
        roles_changed = _plan_roles(user, line, sheet.columns, company, plan)
        _count(plan, user, changed, new=user.pk in new, roles_changed=roles_changed)
    if deactivate_missing:
        listed = {line.email for line in sheet.lines}
        for email, user in company.people.items():
            # Superusers are made by hand, for when the company's sign-in is away.
            if email not in listed and user.is_active and not user.is_superuser:
                user.is_active, user.deactivated_at = False, now
                _count(plan, user, ("is_active",), new=False, roles_changed=False)
    return plan


def _set(
    user: User,
    line: Line,
    columns: frozenset[str],
    departments: dict[tuple[str, ...], Department],
    people: dict[str, User],
    now: datetime,
) -> None:
    user.name = line.name
    if "department" in columns:
        user.department_id = departments[line.department].pk if line.department else None
    if "manager_email" in columns:
        user.manager_id = people[line.manager_email].pk if line.manager_email else None
    user.language = line.language or user.language
    user.time_zone = line.time_zone or user.time_zone
    if line.joined_on and line.joined_on != timezone.localdate(user.joined_at, _zone()):
        user.joined_at = datetime.combine(line.joined_on, time.min, _zone())
    if user.is_active != line.active:
        user.is_active = line.active
        user.deactivated_at = None if line.active else now


def _zone() -> ZoneInfo:
    """Days begin where the company is."""
    return ZoneInfo(settings.TIME_ZONE)


def _departments(sheet: Sheet, company: _Company, plan: _Plan) -> dict[tuple[str, ...], Department]:
    """Every department that a line names, by its path; new ones planned level by level."""
    found: dict[tuple[str, ...], Department] = {}
    paths = {line.department[:depth] for line in sheet.lines for depth in _depths(line.department)}
    for path in sorted(paths, key=lambda path: (len(path), path)):
        parent = found.get(path[:-1])
        key = (parent.pk if parent else None, path[-1])
        if key not in company.departments:
            company.departments[key] = Department(name=path[-1], parent=parent)
            while len(plan.departments) < len(path):
                plan.departments.append([])
            plan.departments[len(path) - 1].append(company.departments[key])
        found[path] = company.departments[key]
    return found


def _depths(path: tuple[str, ...]) -> range:
    return range(1, len(path) + 1)


def _plan_roles(
    user: User, line: Line, columns: frozenset[str], company: _Company, plan: _Plan
) -> bool:
    if "roles" not in columns:
        return False
    held = company.roles.get(user.pk, {})
    given = [Role(user=user, name=name) for name in sorted(line.roles - held.keys())]
    taken = [role for name, role in held.items() if name not in line.roles]
    plan.roles_given += given
    plan.roles_taken += taken
    plan.audit += [_event(f"role given: {role.name}", user) for role in given]
    plan.audit += [_event(f"role taken: {role.name}", user) for role in taken]
    return bool(given or taken)


def _count(
    plan: _Plan, user: User, changed: tuple[str, ...], *, new: bool, roles_changed: bool
) -> None:
    """Put one person where they belong in the plan and in the summary."""
    if new:
        plan.summary.created += 1
        return
    if "is_active" in changed:
        changed = (*changed, "deactivated_at")
        if user.is_active:
            plan.summary.reactivated += 1
        else:
            plan.summary.deactivated += 1
            plan.leaving.append(user)
        plan.audit.append(_event("reactivated" if user.is_active else "deactivated", user))
    elif changed or roles_changed:
        plan.summary.updated += 1
    else:
        plan.summary.unchanged += 1
    if changed:
        plan.changed.append((user, changed))


def _event(action: str, user: User) -> AuditEvent:
    """An act of the import itself, so without an actor."""
    once = f"import:{uuid.uuid4()}"
    return AuditEvent(action=action, subject_type="user", subject_id=user.pk, once=once)


# --- Writing ----------------------------------------------------------------------------------


def _write(plan: _Plan, progress: Progress | None) -> None:
    total = len(plan.created) + len(plan.changed) + len(plan.leaving)
    done = 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(done, total)

    for level in plan.departments:
        Department.objects.bulk_create(level, batch_size=_CHUNK)
    for people in _chunks(plan.created):
        User.objects.bulk_create(people)
        step(len(people))
    for fields, changed in _by_fields(plan.changed):
        for people in _chunks(changed):
            User.objects.bulk_update(people, fields)
            step(len(people))
    moved = [user for user, fields in plan.changed if {"department_id", "is_active"} & set(fields)]
    Placement.note(plan.created, new=True)
    Placement.note(moved)
    for roles in _chunks(plan.roles_taken):
        Role.objects.filter(pk__in=[role.pk for role in roles]).delete()
    Role.objects.bulk_create(plan.roles_given, batch_size=_CHUNK)
    AuditEvent.objects.bulk_create(plan.audit, batch_size=_CHUNK)
    for people in _chunks(plan.leaving):
        User.end_access(people)
        step(len(people))


def _by_fields(changed: Iterable[tuple[User, tuple[str, ...]]]) -> Iterator[tuple[Any, list[User]]]:
    groups: dict[tuple[str, ...], list[User]] = {}
    for user, fields in changed:
        groups.setdefault(fields, []).append(user)
    for fields, people in groups.items():
        yield [name.removesuffix("_id") for name in fields], people


def _chunks(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(rows), _CHUNK):
        yield rows[start : start + _CHUNK]
