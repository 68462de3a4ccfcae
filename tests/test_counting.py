"""Every count is the same as a plain recount of what happened, whatever happened and when."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from ambassadors.models import (
    Acceptance,
    Campaign,
    Certificate,
    CountedMonth,
    Course,
    CourseVersion,
    ExamplePost,
    OptIn,
    OwnPost,
    PolicyVersion,
    Programme,
    Share,
)
from ambassadors.models.counts import SETTLED, Tally, store, tally
from ambassadors.models.headcount import DepartmentMonth, after, begin, zone
from server.accounts.models import Department, User
from tests.factories import make_department, make_person

pytestmark = pytest.mark.thorough

FIRST = date(2026, 2, 1)
MONTHS = [date(2026, month, 1) for month in range(2, 12)]
ZONES = ("Europe/Amsterdam", "Pacific/Auckland", "America/Sao_Paulo", "Asia/Kolkata")
TEACHES = {"teaches_policy": True}
KINDS = (
    "join", "move", "leave", "opt in", "opt out", "accept", "certify", "revoke", "share", "post",
    "policy", "course", "other course",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that happened to the person with this number; `what` is which, or how long."""

    at: datetime
    kind: str
    who: int
    what: int


def _moments() -> st.SearchStrategy[Callable[[ZoneInfo], datetime]]:
    """Any moment, and most of all those around the end of a month, where the company is."""
    near = st.sampled_from(
        [timedelta(), timedelta(microseconds=-1), timedelta(hours=-1), timedelta(hours=1)]
    )
    ends = st.builds(
        lambda month, by: lambda zone: _midnight(month, zone).astimezone(UTC) + by,
        st.sampled_from(MONTHS[1:]),
        near,
    )
    anywhere = st.builds(
        lambda minutes: lambda zone: _midnight(FIRST, zone) + timedelta(minutes=minutes),
        st.integers(0, 60 * 24 * 270),
    )
    return st.one_of(ends, anywhere, anywhere)


def _midnight(month: date, zone: ZoneInfo) -> datetime:
    return datetime(month.year, month.month, 1, tzinfo=zone)


def _march(zone: ZoneInfo) -> datetime:
    return _midnight(date(2026, 3, 1), zone).astimezone(UTC)


def _in_march(zone: ZoneInfo) -> datetime:
    return _march(zone) + timedelta(days=3)


def _ends(certified: Happened, zone: ZoneInfo) -> datetime | None:
    """When this certificate does: never, after so many days, or with the month after its own."""
    if not certified.what:
        return None
    if certified.what < 3:
        return certified.at + timedelta(days=40 * certified.what)
    month = certified.at.astimezone(zone).date().replace(day=1)
    return _midnight(after(after(month)), zone)


def _ready(people: int, zone: ZoneInfo) -> list[Happened]:
    """So many of the four are certified from the first day on, so that what they do counts."""
    at = _midnight(FIRST, zone).astimezone(UTC) + timedelta(hours=12)
    later = at + timedelta(minutes=1)
    steps = ("join", "opt in", "accept", "certify")
    return [
        Happened(at, "policy", 0, 0),
        *(Happened(later, kind, who, who) for who in range(people) for kind in steps),
    ]


HISTORIES = st.lists(
    st.tuples(_moments(), st.sampled_from(KINDS), st.integers(0, 3), st.integers(0, 3)),
    min_size=5,
    max_size=40,
)


# --- The plain recount: every event from the beginning, person by person -----------------------


def _recount(
    story: list[Happened],
    month: date,
    zone: ZoneInfo,
    counts: Callable[[int | None], bool],
    until: datetime | None = None,
) -> dict[int | None, list[int]]:
    """{department: [eligible, certified, active, lapsing]} at the end of this month, or just
    before `until` while it goes on. Of who was here in its first moment, where they were then; of
    who never was, where they came first.
    """
    first, end = _midnight(month, zone), _midnight(after(month), zone)
    later = _midnight(after(after(month)), zone)
    until = until or end
    before = [each for each in story if each.at < until]
    policy = sum(each.kind == "policy" for each in before)
    found: dict[int | None, list[int]] = {}
    for who in range(4):
        mine = [each for each in before if each.who == who]
        department, is_counted = _place(mine, first)
        wants, stays = False, False
        accepted: set[int] = set()
        holds: list[list[Any]] = []
        acted, policies, there = False, 0, False
        for each in before:
            policies += each.kind == "policy"
            if each.who != who:
                continue
            if each.kind == "join":
                there = True
            elif each.kind == "leave":
                # What they wanted then counts until the month in which they left is over.
                stays = stays or (wants and each.at >= first)
                there, wants = False, False
            elif each.kind == "opt in" and there:
                wants = True
            elif each.kind == "opt out":
                wants, stays = False, False
            elif each.kind == "accept":
                accepted.add(policies)
            elif each.kind == "certify":
                holds.append([_ends(each, zone), False])
            elif each.kind == "revoke":
                holds = [[ends, True] for ends, _gone in holds]
            elif each.kind in {"share", "post"} and each.at >= first:
                acted = True
        wants = wants or stays
        if not is_counted or not counts(department):
            continue
        row = found.setdefault(department, [0, 0, 0, 0])
        row[0] += 1
        valid = [ends for ends, gone in holds if not gone and (ends is None or ends >= until)]
        if not (wants and valid and policy and policy in accepted):
            continue
        row[1] += 1
        row[2] += acted
        last = [later if ends is None else ends for ends in valid]
        row[3] += max(last) > end and None not in valid and max(last) <= later
    return found


def _place(mine: list[Happened], first: datetime) -> tuple[int | None, bool]:
    """In which department this person counts in the month that begins at `first`, and whether."""
    times: list[tuple[datetime, datetime | None, int | None]] = []  # in, out, where
    there, department, since = False, None, first
    for each in mine:
        if each.kind not in {"join", "move", "leave"} or (each.kind == "join" and there):
            continue
        if there:
            times.append((since, each.at, department))
        if each.kind != "leave":
            department = each.what
        there = each.kind == "join" or (there and each.kind == "move")
        since = each.at
    if there:
        times.append((since, None, department))
    lasted = [each for each in times if each[1] is None or each[1] > each[0]]
    for begun, over, where in lasted:
        if begun <= first and (over is None or over > first):
            return where, True
    if lasted and lasted[0][0] > first:
        return lasted[0][2], True
    return None, False


# --- The same story as rows ---------------------------------------------------------------------


class World:
    """Four people, four departments (the last is none), and what happened to them as rows."""

    def __init__(self) -> None:
        self.departments = [make_department(name) for name in ("Winkels", "Web", "Netwerk")]
        # Known long before they are let in, as an import of who begins later makes them.
        early = datetime(2025, 12, 1, tzinfo=UTC)
        self.people = [
            make_person(is_active=False, department=None, joined_at=early) for _ in range(4)
        ]
        self.course = Course.objects.create(slug="mag-ik-dit-posten")
        self.version = CourseVersion.objects.create(
            course=self.course, number=1, content=TEACHES, published_at=timezone.now()
        )
        other = Course.objects.create(slug="veilig-werken")
        self.other = CourseVersion.objects.create(
            course=other, number=1, content={}, published_at=timezone.now()
        )
        campaign = Campaign.objects.create(slug="werk", name_nl="Werk", name_en="Work")
        self.post = ExamplePost.objects.create(
            campaign=campaign, title_nl="Ons werk", owner=self.people[0]
        )
        self.policies: list[PolicyVersion] = []

    def department(self, which: int) -> Department | None:
        return self.departments[which] if which < 3 else None

    def happen(self, each: Happened) -> None:
        person = self.people[each.who]
        getattr(self, "_" + each.kind.replace(" ", "_"))(person, each)

    def _join(self, person: User, each: Happened) -> None:
        if not person.is_active:
            person.is_active, person.department = True, self.department(each.what)
            person.save()

    def _move(self, person: User, each: Happened) -> None:
        person.department = self.department(each.what)
        person.save()

    def _leave(self, person: User, each: Happened) -> None:
        person.deactivate()

    def _opt_in(self, person: User, each: Happened) -> None:
        if person.is_active:
            OptIn.enter(person)

    def _opt_out(self, person: User, each: Happened) -> None:
        OptIn.leave(person)

    def _accept(self, person: User, each: Happened) -> None:
        if self.policies:
            Acceptance.objects.get_or_create(
                version=self.policies[-1], user=person, defaults={"at": each.at}
            )

    def _certify(self, person: User, each: Happened) -> None:
        self._give(self.version, person, each)

    def _other_course(self, person: User, each: Happened) -> None:
        """A certificate of a course that does not teach the policy: no count knows of it."""
        self._give(self.other, person, each)

    def _give(self, version: CourseVersion, person: User, each: Happened) -> None:
        Certificate.objects.create(
            user=person,
            course=version.course,
            version=version,
            number=Certificate.objects.count() + 1,
            issued_at=each.at,
            expires_at=_ends(each, zone()),
            credential={},
        )

    def _revoke(self, person: User, each: Happened) -> None:
        held = Certificate.objects.filter(user=person, revoked_at=None)
        held.update(revoked_at=each.at)

    def _share(self, person: User, each: Happened) -> None:
        Share.objects.create(
            user=person, post=self.post, network="x", opened_at=each.at, confirmed_at=each.at
        )

    def _post(self, person: User, each: Happened) -> None:
        OwnPost.objects.create(user=person, kind="post", network="x", posted_at=each.at)

    def _policy(self, person: User, each: Happened) -> None:
        number = len(self.policies) + 1
        self.policies.append(PolicyVersion.objects.create(number=number, published_at=each.at))

    def _course(self, person: User, each: Happened) -> None:
        """Another version asks for a refresher; a certificate holds as long as it says."""
        self.version = CourseVersion.objects.create(
            course=self.course,
            number=self.version.number + 1 if self.version.number else 1,
            content=TEACHES,
            published_at=each.at,
            asks_refresher=True,
        )

    def number(self, department: uuid.UUID | None) -> int:
        return next((n for n, row in enumerate(self.departments) if row.pk == department), 3)


class TestCounts(TestCase):
    # A history is a hundred verbs over months: a third of what is tried elsewhere.
    @settings(max_examples=max(8, settings().max_examples // 3))
    # In the first moment of March: a share is March's, and who leaves was there all February.
    # A little later: who leaves, moves or comes back in March changes nothing of March.
    @example([(_in_march, "leave", 0, 0)], "Europe/Amsterdam", False, 2)
    @example([(_in_march, "move", 0, 2), (_in_march, "share", 0, 0)], "Asia/Kolkata", False, 2)
    @example(
        [(_march, "leave", 0, 0), (_in_march, "join", 0, 0), (_in_march, "opt in", 0, 0)],
        "Europe/Amsterdam",
        False,
        2,
    )
    @example([(_march, "share", 0, 0)], "Pacific/Auckland", False, 1)
    @example([(_march, "leave", 0, 0)], "America/Sao_Paulo", False, 1)
    # The fourth has a certificate that ends with March: in February it lapses next month, and in
    # March it does not.
    @example([], "Europe/Amsterdam", False, 4)
    # Only another course was passed: not certified.
    @example([(_march, "revoke", 1, 0), (_march, "other course", 1, 0)], "Asia/Kolkata", False, 2)
    @given(HISTORIES, st.sampled_from(ZONES), st.booleans(), st.integers(0, 4))
    def test_are_what_a_plain_recount_of_everything_says(
        self, history: list[Any], zone_name: str, part: bool, ready: int
    ) -> None:
        zone = ZoneInfo(zone_name)
        with override_settings(TIME_ZONE=zone_name):
            told = [Happened(at(zone), kind, who, what) for at, kind, who, what in history]
            story = sorted(_ready(ready, zone) + told, key=lambda each: each.at)
            world = World()
            if part:
                Programme.current().departments.set(world.departments[:2])
            stored = _live_through(story, world)

            def counted(which: int | None) -> bool:
                return not part or which in {0, 1}

            for month, rows in stored.items():
                plain = _recount(story, month, zone, counted)
                assert rows == plain, month
                # Looking back from today says the same as was stored then.
                kept = CountedMonth.objects.get(month=month)
                again = tally(
                    month, begin(after(month)) - timedelta(microseconds=1), kept.departments
                )
                assert {world.number(each.department): _numbers(each) for each in again} == plain
                assert store(month).closed_at == kept.closed_at
                # And so it was while the month went on.
                middle = _midnight(month, zone) + timedelta(days=15)
                then = tally(month, middle - timedelta(microseconds=1), kept.departments)
                found = {world.number(each.department): _numbers(each) for each in then}
                assert found == _recount(story, month, zone, counted, middle), month


def _live_through(story: list[Happened], world: World) -> dict[date, dict[int | None, list[int]]]:
    """Let it happen in order, closing each month once it is over; what was stored for each."""
    stored: dict[date, dict[int | None, list[int]]] = {}
    left = list(story)
    for month in MONTHS:
        end = begin(after(month)).astimezone(UTC)
        while left and left[0].at < end:
            each = left.pop(0)
            with patch("django.utils.timezone.now", lambda at=each.at: at):
                world.happen(each)
        with patch("django.utils.timezone.now", lambda at=end: at + SETTLED):
            store(month)
        rows = DepartmentMonth.objects.filter(month=month)
        stored[month] = {
            world.number(row.department_id): [row.eligible, row.certified, row.active, row.lapsing]
            for row in rows
        }
    return stored


def _numbers(each: Tally) -> list[int]:
    return [each.eligible, each.certified, each.active, each.lapsing]
