"""Policy, taking part, the count, and what nobody gets to see of somebody else."""

import csv
import re
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ambassadors import counting_clock, sharing
from ambassadors.console.urls import urlpatterns
from ambassadors.models import (
    Acceptance,
    BoardOptIn,
    Certificate,
    Consent,
    CountedMonth,
    CourseCount,
    LessonDone,
    Likeness,
    Milestone,
    OptIn,
    OwnPost,
    PolicyVersion,
    Programme,
    Share,
)
from ambassadors.models.counts import INSTANT, Tally, store, store_due, tally
from ambassadors.models.figures import Line, read, without_small_groups
from ambassadors.models.headcount import DepartmentMonth, after, begin, month_of
from notifications import kinds
from notifications.models import Delivery, Device, Notification, Preferences
from server.accounts.models import AuditEvent, Placement, User
from server.api import api
from tests.champions import CHANGED, POLICY, certify, confirm_share, make_ambassador, make_policy
from tests.clients import Api
from tests.courses import make_course
from tests.factories import make_agent, make_department, make_person, make_team
from tests.posts import published
from tests.test_champions_console import browser

pytestmark = pytest.mark.django_db
COURSE = "mag-ik-dit-posten"


# --- Policy -------------------------------------------------------------------------------------


def test_a_policy_is_read_accepted_once_and_an_old_one_is_refused() -> None:
    person = make_person()
    mine = Api(person)
    assert mine.get("/policy").status_code == 404
    make_policy()
    read = mine.get("/policy").json()
    assert (read["version"], read["accepted_at"]) == (1, None)
    assert read["text"] == POLICY["text_nl"]
    assert Api(person, language="en").get("/policy").json()["text"] == POLICY["text_en"]
    assert mine.post("/policy/2/acceptance").status_code == 404
    first = mine.post("/policy/1/acceptance")
    again = mine.post("/policy/1/acceptance")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert mine.get("/policy").json()["accepted_at"] == first.json()["accepted_at"]
    make_policy()
    old = mine.post("/policy/1/acceptance")
    assert (old.status_code, old.json()["type"]) == (409, "/problems/policy-outdated")
    assert old.json()["current"] == 2
    assert mine.get("/policy").json()["changed"] == CHANGED["changed_nl"]
    assert mine.post("/policy/2/acceptance").status_code == 201
    assert Acceptance.objects.filter(user=person).count() == 2


def test_a_new_policy_is_told_once_to_who_takes_part_and_to_nobody_else() -> None:
    takes_part, accepted_once, neither = make_ambassador(), make_ambassador(), make_person()
    OptIn.leave(accepted_once)
    gone = make_ambassador()
    gone.deactivate()
    counting_clock.tell_of_policy()  # the first version, which they have accepted
    make_policy()
    assert counting_clock.tell_of_policy() == 2
    assert counting_clock.tell_of_policy() == 0
    heard = Notification.objects.filter(kind="ambassador.policy").values_list("user", flat=True)
    assert set(heard) == {takes_part.pk, accepted_once.pk}
    assert neither.pk not in heard
    [item] = Api(takes_part).get("/inbox").json()["items"]
    assert item["title"] == "Er zijn nieuwe afspraken voor ambassadeurs"


def test_who_takes_part_and_says_nothing_is_reminded_twice_and_then_no_more() -> None:
    silent, said_yes, left, late = (make_ambassador() for _ in range(4))
    version = make_policy()
    assert counting_clock.tell_of_policy() == 4
    Acceptance.give(2, by=said_yes)
    OptIn.leave(left)

    def days_later(days: int) -> int:
        at = timezone.now() - timedelta(days=days)
        PolicyVersion.objects.filter(pk=version.pk).update(told_at=at)
        OptIn.objects.filter(ends_at=None).exclude(user=late).update(begins_at=at)
        return counting_clock.remind_of_policy()

    assert [days_later(days) for days in (6, 8, 9, 31, 32, 90)] == [0, 1, 0, 1, 0, 0]
    heard = Notification.objects.filter(kind="ambassador.policy", user=silent).order_by("pk")
    assert heard.count() == 3
    titles = [item["title"] for item in Api(silent).get("/inbox").json()["items"]]
    assert titles.count("Je hebt nog geen ja gezegd tegen de afspraken voor ambassadeurs") == 2
    # Said yes a moment before it would be sent.
    reminders = list(heard.exclude(entry_id=version.pk).select_related("user"))
    assert len(kinds.compose(reminders, to_send=True)) == 2
    Acceptance.give(2, by=silent)
    assert kinds.compose(reminders, to_send=True) == {}


def test_who_did_not_yet_is_a_number_and_proof_is_for_administrators_who_are_seen_looking() -> None:
    people = [make_ambassador() for _ in range(5)]
    editor, admin = make_person(roles=["editor"]), make_person(roles=["admin"])
    make_policy(editor)
    Acceptance.give(2, by=people[0])
    counts = Api(editor).get("/policy/acceptances").json()
    assert counts == {"version": 2, "asked": 5, "accepted": 1, "not_yet": 4}
    assert Api(editor).get("/policy/2/proof").status_code == 403
    assert browser(editor).get(reverse("champions-policy-proof", args=[2])).status_code == 403
    [line] = Api(admin).get("/policy/2/proof").json()["items"]
    assert line["person"]["email"] == people[0].email
    sheet = browser(admin).get(reverse("champions-policy-proof", args=[2]))
    assert people[0].email in b"".join(sheet.streaming_content).decode()  # type: ignore[attr-defined]
    looks = AuditEvent.objects.filter(action="policy-proof-seen", actor=admin)
    assert looks.count() == 1  # once an hour for the same thing
    # Of fewer than five nobody hears how many: that would be about one of them.
    OptIn.leave(people[1])
    assert Api(editor).get("/policy/acceptances").json()["not_yet"] is None


def test_editors_write_and_publish_it_and_two_of_them_notice_each_other() -> None:
    editor = browser(make_person(roles=["editor"], language="en"))
    draft = reverse("champions-policy-draft")
    page = editor.get(draft).content.decode()
    assert "Say that you work here" in page  # the one that ships
    given = {**POLICY, "changed_nl": "", "changed_en": ""}
    assert editor.post(draft, {**given, "text_en": "", "revision": "0"}).status_code == 422
    assert PolicyVersion.draft() is None
    assert editor.post(draft, {**given, "revision": "0"}).status_code == 302
    late = editor.post(draft, {**given, "text_en": "Mine", "revision": "0"})
    assert "Somebody changed this while you were writing" in late.content.decode()
    written = PolicyVersion.draft()
    assert written is not None
    assert written.text_en == POLICY["text_en"]
    publish = reverse("champions-policy-publish")
    assert editor.post(publish, {"revision": "7"}).status_code == 412
    assert editor.post(publish, {"revision": str(written.revision)}).status_code == 302
    current = PolicyVersion.in_force()
    assert current == written
    # The next one has to say what changed.
    answer = editor.post(draft, {**given, "revision": "0"})
    assert "Say in a few plain words what is different now." in answer.content.decode()
    assert editor.get(reverse("champions-policy")).status_code == 200
    assert editor.get(reverse("champions-policy-version", args=[1])).status_code == 200
    assert editor.get(reverse("champions-policy-version", args=[9])).status_code == 404


def test_publishing_asks_first_and_tells_what_it_does_to_the_figures() -> None:
    people = [make_ambassador() for _ in range(5)]
    for person in people[:2]:
        confirm_share(person)
    noor = make_person("Noor", roles=["editor"], language="en")
    editor, publish = browser(noor), reverse("champions-policy-publish")
    assert editor.get(publish)["Location"] == reverse("champions-policy")
    draft = PolicyVersion.write(by=noor, revision=0, **POLICY, **CHANGED)
    page = editor.get(reverse("champions-policy")).content.decode()
    assert f'href="{publish}"' in page
    assert f'action="{publish}"' not in page
    before = read(month_of()).total
    assert before is not None
    asked = editor.get(publish).content.decode()
    assert "Publish version 2 of the policy?" in asked
    assert "5 of the 5 who take part said yes to version 1." in asked
    shown = f"This month {before.percent}% is active (2 of {before.eligible} employees)."
    assert shown in asked
    assert CHANGED["changed_en"] in asked
    current = PolicyVersion.in_force()
    assert current is not None
    assert current.number == 1
    editor.post(publish, {"revision": str(draft.revision)})
    after = read(month_of()).total
    assert after is not None
    assert (after.active, after.certified) == (0, 0)
    # Of fewer than five nobody hears how many.
    OptIn.leave(people[0])
    PolicyVersion.write(by=noor, revision=0, **POLICY, **CHANGED)
    few = editor.get(publish).content.decode()
    assert "Everybody who takes part is asked to say yes again." in few
    assert "who take part said yes" not in few


# --- Taking part --------------------------------------------------------------------------------


def test_a_status_follows_what_somebody_has_and_misses() -> None:
    person = make_person()
    mine = Api(person)
    make_policy()

    def status() -> tuple[str, list[str]]:
        found = mine.get("/ambassadors/me").json()
        return found["status"], found["missing"]

    assert status() == ("none", ["opt_in", "policy", "certificate"])
    assert mine.put("/ambassadors/me").status_code == 200
    assert mine.put("/ambassadors/me", {}).json()["missing"] == ["policy", "certificate"]
    assert OptIn.objects.filter(user=person).count() == 1
    mine.post("/policy/1/acceptance")
    held = certify(person)
    assert status() == ("certified", [])
    confirm_share(person)
    assert status() == ("active", [])
    assert mine.get("/ambassadors/me").json()["mine"] == {"opened": 1, "confirmed": 1, "clicks": 0}
    held.revoked_at = timezone.now()
    held.save()
    assert status() == ("lapsed", ["certificate"])
    certify(person)
    make_policy()
    assert status() == ("lapsed", ["policy"])
    assert mine.delete("/ambassadors/me").json()["status"] == "none"
    assert mine.delete("/ambassadors/me").status_code == 200
    rows = OptIn.objects.filter(user=person)
    assert [row.ends_at is None for row in rows] == [False]


# --- The count ----------------------------------------------------------------------------------


def _staff(name: str, people: int, certified: int = 0, active: int = 0) -> list[User]:
    department = make_department(name)
    made = [make_ambassador(department=department) for _ in range(certified)]
    for user in made[:active]:
        confirm_share(user)
    return made + [make_person(department=department) for _ in range(people - certified)]


def test_the_count_hides_small_departments_also_from_who_can_subtract() -> None:
    _staff("Winkels", 12, certified=4, active=3)
    _staff("Web", 6, certified=2, active=1)
    _staff("Directie", 2, certified=1, active=1)
    editor = make_person(roles=["editor"], department=make_department("Winkels"))
    found = Api(editor).get("/ambassadors/counts").json()
    eligible = User.objects.filter(is_active=True).count()
    assert (found["eligible"], found["certified"], found["active"]) == (eligible, 7, 5)
    assert found["goal_percent"] == 10
    # Directie is too small; alone in the rest it could be subtracted, so Web joins it.
    [row] = found["departments"]
    assert (row["name"], row["certified"], row["active"]) == ("Winkels", 4, 3)
    assert (found["rest"]["eligible"], found["rest"]["name"]) == (8, "Kleine afdelingen samen")
    assert found["activation_percent"] == round(100 * 5 / eligible, 1)
    manager = make_person(roles=["manager"], department=make_department("Directie"))
    theirs = Api(manager).get("/ambassadors/counts").json()
    assert (theirs["departments"], theirs["rest"]) == ([], None)
    manager.department = make_department("Winkels")
    manager.save()
    [own] = Api(manager).get("/ambassadors/counts").json()["departments"]
    assert own["name"] == "Winkels"
    assert (own["eligible"], own["certified"], own["active"]) == (14, None, None)
    assert Api(make_person()).get("/ambassadors/counts").status_code == 403
    wrong = Api(editor).get("/ambassadors/counts?month=2026-13")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "month")
    assert Api(editor).get("/ambassadors/counts?month=2020-01").status_code == 404


@pytest.mark.parametrize(
    ("sizes", "shown", "rest"),
    [
        ([12, 8], [8, 12], None),
        ([12, 3, 3], [12], 6),
        ([12, 8, 4], [12], 12),
        ([5, 1], [], 6),
        ([3], [], 3),
        ([20, 6, 4, 1], [6, 20], 5),
    ],
)
def test_what_is_hidden_is_never_too_few_to_hide(
    sizes: list[int], shown: list[int], rest: int | None
) -> None:
    large, others = without_small_groups([Tally(uuid.uuid4(), size) for size in sizes], 5)
    assert [each.eligible for each in large] == shown
    assert (others.eligible if others else None) == rest


def test_a_closed_month_stays_as_it_was_whatever_is_set_or_happens_later() -> None:
    _staff("Winkels", 6, certified=2, active=1)
    this = month_of()
    last = (this - timedelta(days=1)).replace(day=1)
    OptIn.objects.update(begins_at=timezone.now() - timedelta(days=40))
    assert last in store_due()
    before = list(DepartmentMonth.objects.filter(month=last).values())
    closed = CountedMonth.objects.get(month=last)
    assert closed.closed_at is not None
    Programme.objects.update(goal_percent=25)
    make_ambassador(department=make_department("Winkels"))
    store(last)
    assert list(DepartmentMonth.objects.filter(month=last).values()) == before
    assert CountedMonth.objects.get(month=last).goal_percent == 10
    assert store_due() == [this]  # only what goes on is counted anew
    assert CountedMonth.objects.get(month=this).goal_percent == 25


def test_a_goal_is_reached_exactly_and_not_by_rounding() -> None:
    almost, there = Tally(None, 2000, 200, 99), Tally(None, 2000, 200, 100)
    assert (almost.percent, almost.reaches(5), there.reaches(5)) == (5.0, False, True)
    assert not Tally(None).reaches(1)
    Milestone.reach(month_of(), almost)
    assert not Milestone.objects.exists()
    Milestone.reach(month_of(), there)
    assert Milestone.objects.get().percent == 5
    assert [Line.of(each, goal=5, few=0).reached for each in (almost, there)] == [False, True]


def test_another_course_makes_nobody_an_ambassador() -> None:
    people = _staff("Winkels", 6, certified=2)
    other = make_course("veilig-werken")
    version = other.current
    assert version is not None
    policy = PolicyVersion.in_force()
    assert policy is not None
    OptIn.enter(people[5])
    Acceptance.give(policy.number, by=people[5])
    Certificate.issue(people[5], version)
    assert Api(people[5]).get("/ambassadors/me").json()["missing"] == ["certificate"]
    editor = make_person(roles=["editor"], department=make_department("Winkels"))
    assert Api(editor).get("/ambassadors/counts").json()["certified"] == 2
    certify(people[5])
    assert Api(editor).get("/ambassadors/counts").json()["certified"] == 3


def test_ends_next_month_is_not_who_lapses_this_month() -> None:
    now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    with patch("django.utils.timezone.now", lambda: now):
        _staff("Winkels", 5)
        policy = make_policy()
        for days in (10, 25, 40, 60):  # 20 November, 5 and 20 December, 9 January
            user = make_person(department=make_department("Winkels"))
            OptIn.enter(user)
            Acceptance.give(policy.number, by=user)
            certify(user, days=days)
        Acceptance.objects.update(at=now)
        editor = make_person(roles=["editor"], department=make_department("Winkels"))
        found = Api(editor).get("/ambassadors/counts").json()
    assert (found["certified"], found["lapsing_next_month"]) == (4, 2)


def test_what_ends_with_a_month_ends_next_month_in_one_month_only() -> None:
    _staff("Winkels", 5, certified=5)
    begun = datetime(2026, 9, 1, tzinfo=UTC)
    Acceptance.objects.update(at=begun)
    OptIn.objects.update(begins_at=begun)
    PolicyVersion.objects.update(published_at=begun)
    # Its last day is 30 November.
    Certificate.objects.update(issued_at=begun, expires_at=begin(date(2026, 12, 1)))
    Placement.objects.update(begins_at=begun)
    found = []
    for month in (date(2026, 10, 1), date(2026, 11, 1)):
        for moment in (begin(month) + timedelta(days=9), begin(after(month)) - INSTANT):
            shops = [row for row in tally(month, moment, None) if row.certified]
            found.append([(row.certified, row.lapsing) for row in shops])
    assert found == [[(5, 5)], [(5, 5)], [(5, 0)], [(5, 0)]]


@pytest.mark.parametrize("large", [False, True])
def test_a_month_keeps_the_departments_it_began_with(
    large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By changing them twice the difference would be what one person did."""
    if large:
        monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 1)
    _staff("Winkels", 7, certified=2)
    _staff("Directie", 1, certified=1, active=1)
    editor = make_person(roles=["editor"], department=make_department("Winkels"))
    shops, board = make_department("Winkels"), make_department("Directie")
    Programme.current().departments.set([shops, board])
    store(month_of())

    def told() -> dict[str, Any]:
        found: dict[str, Any] = Api(editor).get("/ambassadors/counts").json()
        return {name: value for name, value in found.items() if name != "counted_at"}

    before = told()
    assert before["active"] == 1
    Programme.current().departments.set([shops])
    store(month_of())
    assert told() == before
    later = begin(after(month_of())) + timedelta(minutes=1)
    with patch("django.utils.timezone.now", lambda: later):
        store(month_of())
        assert CountedMonth.objects.get(month=month_of()).departments == [str(shops.pk)]


def test_nobody_reads_on_the_board_that_none_or_all_of_a_few_posted() -> None:
    nobody = _staff("Niemand", 12, certified=2)
    _staff("Allen", 12, certified=12, active=12)
    _staff("Enkelen", 12, certified=6, active=5)
    _staff("Klein", 6, certified=6, active=6)
    for _ in range(10):
        make_person(department=None)
    reader = make_person(department=None)
    rows = Api(reader).get("/ambassadors/board").json()["departments"]
    assert [tuple(row.values())[1:] for row in rows] == [
        ("Allen", None, None, 58),
        ("Geen afdeling", None, 46, None),
        ("Enkelen", 41.7, None, None),
        ("Niemand", None, 42, None),
    ]
    named = Api(make_person(roles=["editor"])).get("/ambassadors/counts").json()
    assert [row["name"] for row in named["departments"] if row["id"] is None] == ["Geen afdeling"]
    # A first one where there was none changes nothing that is read, nor the order.
    confirm_share(nobody[0])
    assert Api(reader).get("/ambassadors/board").json()["departments"] == rows


def test_reading_the_count_takes_as_many_queries_for_a_large_company(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _staff("Winkels", 6, certified=1, active=1)
    editor = make_person(roles=["editor"])
    counting_clock.count()
    monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 3)

    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert browser_of_editor.get(reverse("champions")).status_code == 200
        return len(queries)

    browser_of_editor = browser(editor)
    cost()
    few = cost()
    for number in range(4):
        _staff(f"Afdeling {number}", 6, certified=1)
    counting_clock.count()
    assert cost() == few
    # What was stored is read: nothing is counted while somebody waits.
    _staff("Later", 7)
    assert "Later" not in browser_of_editor.get(reverse("champions")).content.decode()


def test_a_height_is_told_once_to_those_who_asked_for_it() -> None:
    wants, other = make_ambassador(department=make_department("Web")), make_person()
    choices = {"ambassador.milestone": {"push": True}}
    Preferences.change(wants, choices=choices, quiet=(False, None, None))
    Device.register(user=wants, installation_id="a", token="a", platform="ios")
    _staff("Winkels", 9, certified=2, active=2)
    counting_clock.count()
    percent = Milestone.objects.get().percent
    assert percent == 15  # two of thirteen
    assert counting_clock.tell_of_milestones() == 1
    counting_clock.count()
    assert counting_clock.tell_of_milestones() == 0
    assert Delivery.objects.filter(notification__kind="ambassador.milestone").count() == 1
    assert Api(other).get("/inbox").json()["items"] == []
    [item] = Api(wants).get("/inbox").json()["items"]
    assert item["title"] == "15% van ons is actief ambassadeur"


# --- Pages --------------------------------------------------------------------------------------


def test_the_page_and_its_sheet_say_the_same_and_no_name_is_a_formula() -> None:
    noor = make_person(roles=["editor"], language="en", department=make_department("Web"))
    editor = browser(noor)
    make_policy(noor)
    _staff("=HYPERLINK(1)", 6, certified=2, active=1)
    _staff("Web", 7, certified=1)
    page = editor.get(reverse("champions")).content.decode()
    assert "=HYPERLINK(1)" in page
    assert "16.7%" in page
    # What the chart colours as reached is what the table says of it, exactly.
    rows = re.findall(r"<tr data-drawn( data-reached)?>(.*?)</tr>", page, re.DOTALL)
    assert [bool(reached) for reached, _row in rows] == ["goal reached" in row for _r, row in rows]
    assert any(reached for reached, _row in rows)
    sheet = editor.get(reverse("champions-figures-csv"))
    rows = list(csv.reader(sheet.content.decode("utf-8-sig").splitlines()))
    assert rows[1][1:6] == ["'=HYPERLINK(1)", "6", "2", "1", "16.7"]
    assert rows[-1][1] == "The whole company"
    noor.choose_language("nl")  # whose spreadsheet would take 16.7 for a date
    dutch = editor.get(reverse("champions-figures-csv")).content.decode("utf-8-sig")
    assert dutch.splitlines()[1].split(";")[1:6] == ["'=HYPERLINK(1)", "6", "2", "1", "16,7"]
    manager = make_person(roles=["manager"], language="en", department=make_department("Web"))
    own = browser(manager).get(reverse("champions")).content.decode()
    assert "Your department" in own
    assert "HYPERLINK" not in own
    lines = browser(manager).get(reverse("champions-figures-csv")).content.decode()
    assert "HYPERLINK" not in lines
    refused = browser(manager).get(reverse("champions-policy"))
    assert refused.status_code == 403
    assert browser(manager).get(reverse("champions") + "?month=x").status_code == 404


def test_a_manager_reads_no_figure_that_would_say_who_did_not_post() -> None:
    editor = make_person(roles=["editor"], language="en", department=make_department("Winkels"))
    make_policy(editor)
    manager = make_person(roles=["manager"], language="en", department=make_department("Web"))
    _staff("Web", 11, certified=8)
    _staff("Winkels", 11, certified=6, active=6)
    found = Api(manager).get("/ambassadors/counts").json()
    assert (found["eligible"], found["certified"], found["active"]) == (24, 14, 6)
    assert found["lapsing_next_month"] is None
    [own] = found["departments"]
    assert own["eligible"] == 12
    hidden = ("certified", "active", "lapsing_next_month", "activation_percent")
    assert [own[name] for name in hidden] == [None] * 4
    page = browser(manager).get(reverse("champions")).content.decode()
    shown = page[page.index('<table id="departments">') :]
    for told in ("&gt; 7</abbr>", "&lt; 5</abbr>", "&lt; 42%</abbr>"):
        assert told in shown
    assert "data-value" not in shown

    def line(user: User, name: str) -> list[str]:
        sheet = browser(user).get(reverse("champions-figures-csv")).content.decode("utf-8-sig")
        return next(row[2:] for row in csv.reader(sheet.splitlines()) if row[1] == name)

    assert line(manager, "Web") == ["12", "> 7", "< 5", "< 42", "< 5"]
    # Who answers for the programme reads what it is.
    assert line(editor, "Web") == ["12", "8", "0", "0.0", "0"]
    exact = Api(editor).get("/ambassadors/counts").json()["departments"]
    assert [(row["certified"], row["active"]) for row in exact] == [(6, 6), (8, 0)]
    assert line(manager, "The whole company") == ["24", "14", "6", "25.0", "< 5"]


def test_a_department_of_a_few_is_the_same_to_its_manager_whether_none_or_all_posted() -> None:
    make_policy(make_person(roles=["editor"], department=make_department("Winkels")))
    manager = make_ambassador("Mark", roles=["manager"], department=make_department("Web"))
    team = [manager, *_staff("Web", 4, certified=4)]
    _staff("Winkels", 12, certified=8, active=6)

    def read_so() -> list[str]:
        page = _told(browser(manager).get(reverse("champions")))
        sheet = _told(browser(manager).get(reverse("champions-figures-csv")))
        whole = Api(manager).get("/ambassadors/counts").json()
        return [
            page[page.index('<table id="departments">') :],
            next(row for row in sheet.splitlines() if "Web" in row),
            str(whole["departments"]),
        ]

    none = read_so()
    assert "Web;5;;;;" in none[1]
    for user in team:
        confirm_share(user)
    assert read_so() == none


def test_nobody_active_in_the_company_is_nobody_in_a_department_of_it() -> None:
    manager = make_person(roles=["manager"], department=make_department("Web"))
    make_policy(make_person(roles=["editor"], department=make_department("Web")))
    _staff("Web", 10, certified=6)
    found = Api(manager).get("/ambassadors/counts").json()
    assert (found["eligible"], found["certified"], found["active"]) == (12, 6, None)
    page = browser(manager).get(reverse("champions")).content.decode()
    assert "&lt; 42%</abbr>" in page[: page.index("departments-title")]


def test_settings_and_consent_are_the_back_offices_and_written_down() -> None:
    admin = make_person(roles=["admin"])
    office = browser(admin)
    Programme.current()
    address = reverse("office:ambassadors_programme_change", args=[1])
    assert office.get(reverse("office:ambassadors_programme_changelist")).status_code == 302
    too_small = office.post(address, {"goal_percent": "12", "smallest_group": "3"})
    assert too_small.status_code == 200
    assert Programme.current().smallest_group == 5
    assert office.post(address, {"goal_percent": "12", "smallest_group": "8"}).status_code == 302
    assert Programme.current().goal_percent == 12
    changed = AuditEvent.objects.get(action="champions-programme-changed")
    assert changed.detail["changed"]["goal_percent"] == ["10", "12"]
    given = {"decided_on": "2026-01-15", "reference": "OR-2026-3", "document": "Instemming.pdf"}
    answer = office.post(reverse("office:ambassadors_consent_add"), given)
    assert answer.status_code == 302
    ahead = {**given, "decided_on": (timezone.localdate() + timedelta(days=1)).isoformat()}
    refused = office.post(reverse("office:ambassadors_consent_add"), ahead)
    assert refused.status_code == 200
    assert "Deze dag moet nog komen." in refused.content.decode()
    consent = Consent.objects.get()
    assert consent.recorded_by == admin
    assert Consent.in_force()
    change = reverse("office:ambassadors_consent_change", args=[consent.pk])
    assert office.get(change).status_code == 200
    # Written down is written down: only withdrawing changes it.
    office.post(change, {**given, "reference": "anders"})
    consent.refresh_from_db()
    assert consent.reference == "OR-2026-3"
    assert office.post(change, {"ambassadors_consent_withdraw": "1"}).status_code == 302
    assert not Consent.in_force()
    assert AuditEvent.objects.filter(action="works-council-consent-withdrawn").count() == 1


# --- Privacy ------------------------------------------------------------------------------------


def test_the_board_of_people_needs_consent_and_ones_own_yes_and_ends_at_once() -> None:
    busy, shy, quiet = (make_ambassador(name) for name in ("Bea Bezig", "Sjaan", "Stil"))
    on, off = {"on_board": True}, {"on_board": False}
    confirm_share(busy)  # before the own yes, and so never on the board
    for user in (busy, quiet):
        Api(user).put("/ambassadors/me", on)
    confirm_share(busy)  # before the consent, and so neither

    def people(user: User) -> Any:
        return Api(user).get("/ambassadors/board").json()["people"]

    assert people(busy) is None  # no consent
    consent = Consent.objects.create(decided_on=date(2026, 1, 15), reference="OR", document="x")
    for user in (busy, busy, shy):
        confirm_share(user)
    # Who did nothing is on no list; who is not on it sees nobody; an administrator neither.
    assert people(quiet) == [{"rank": 1, "name": "Bea Bezig", "told": 1}]
    confirm_share(busy, "x")
    assert people(quiet) == [{"rank": 1, "name": "Bea Bezig", "told": 2}]
    assert people(shy) is None
    assert people(make_person(roles=["admin", "editor", "manager"])) is None
    Api(busy).put("/ambassadors/me", off)
    assert people(quiet) == []
    Api(busy).put("/ambassadors/me", on)
    Api(busy).delete("/ambassadors/me")
    assert people(quiet) == []
    assert not BoardOptIn.objects.filter(user=busy, ends_at=None).exists()
    # A new yes begins anew.
    Api(busy).put("/ambassadors/me", on)
    assert people(quiet) == []
    confirm_share(busy)
    assert [row["told"] for row in people(quiet)] == [1]
    consent.withdraw(by=None)
    assert people(quiet) is None


def test_the_board_is_not_won_by_pressing_a_button() -> None:
    Consent.objects.create(decided_on=date(2026, 1, 15), reference="OR", document="x")
    keen, honest, nobody = (make_ambassador(name) for name in ("Keen", "Eerlijk", "Zonder"))
    for user in (keen, honest, nobody):
        BoardOptIn.enter(user)
    Certificate.objects.filter(user=nobody).update(revoked_at=timezone.now())

    def told(reader: User = honest) -> dict[str, int]:
        rows = Api(reader).get("/ambassadors/board").json()["people"]
        return {row["name"]: row["told"] for row in rows}

    def tell(user: User, permalink: str = "", network: str = "x", kind: str = "post") -> None:
        OwnPost.tell(by=user, id=uuid.uuid4(), kind=kind, network=network, permalink=permalink)

    same = "https://x.com/keen/status/1"
    for each in (same, f"{same}/", f"{same}?s=20", "https://twitter.com/keen/status/1") * 8:
        tell(keen, each)
        tell(nobody, f"{same}{uuid.uuid4().int}")
    assert told() == {"Keen": 1}
    # Given with a share as well, it is the same post.
    confirm_share(keen, "x").confirm(permalink=same)
    assert told() == {"Keen": 1}
    # Without an address: once a day per network, and per example post.
    for _each in range(9):
        tell(keen)
        confirm_share(keen, "linkedin")
    assert told() == {"Keen": 3}
    # However many addresses: five in a day.
    for number in range(9):
        tell(keen, f"https://x.com/keen/status/2{number}")
    tell(honest, kind="answer")
    assert told() == {"Keen": 5, "Eerlijk": 1}
    # Who is not certified neither stands on it nor reads it.
    assert Api(nobody).get("/ambassadors/board").json()["people"] is None
    # In the count somebody is active once, whatever they tell.
    total = read(month_of()).total
    assert total is None or total.active == 2


def test_the_board_reads_no_further_than_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who told most come first, and a helping of them is counted at a time."""
    monkeypatch.setattr("ambassadors.models.board.MANY", 2)
    monkeypatch.setattr("ambassadors.models.board.MOST", 2)
    Consent.objects.create(decided_on=date(2026, 1, 15), reference="OR", document="x")
    people = [make_ambassador(f"Persoon {number}") for number in range(6)]
    for number, user in enumerate(people):
        BoardOptIn.enter(user)
        for each in range(number):
            link = "https://x.com/a/status/1" if number > 3 else f"https://x.com/a/status/{each}"
            OwnPost.tell(by=user, id=uuid.uuid4(), kind="post", network="x", permalink=link)
    rows = Api(people[0]).get("/ambassadors/board").json()["people"]
    assert [(row["rank"], row["name"], row["told"]) for row in rows] == [
        (1, "Persoon 3", 3),
        (2, "Persoon 2", 2),
    ]


@pytest.mark.parametrize("what", ["move", "access"])
@pytest.mark.parametrize("stored", [False, True])
def test_who_moves_somebody_or_ends_their_access_reads_nothing_of_them(
    what: str, stored: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An administrator changes one person and looks, and changes them back: two people of whom one
    is certified and active make no difference, in any figure of this month.
    """
    web, shops = make_department("Web"), make_department("Winkels")
    busy = make_ambassador("Lotte", department=web)
    make_ambassador("Sanne", department=web)
    quiet = make_person("Kees", department=web)
    for department in (web, shops):
        for _each in range(6):
            confirm_share(make_ambassador(department=department))
    for _each in range(5):
        make_person(department=web)
    confirm_share(busy)
    admin = make_person("Ans", roles=["admin"])
    addresses = [
        "/champions/",
        "/champions/figures.csv",
        "/champions/courses",
        "/champions/policy",
    ]
    addresses.append(f"/champions/courses/{COURSE}/")
    if stored:
        monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 0)

    def seen() -> dict[str, str]:
        counting_clock.count()
        CourseCount.store()
        page, api = browser(admin), Api(admin)
        told = {each: _told(page.get(each)) for each in addresses}
        for each in ("/ambassadors/counts", "/ambassadors/board", "/policy/acceptances"):
            told[each] = _told(api.get(each))
        return told

    before = seen()
    assert "Web" in before["/champions/"]
    assert all(body.startswith("200") for body in before.values()), before
    for person in (busy, quiet):
        if what == "move":
            person.department = shops
            person.save()
        else:
            person.deactivate()
        assert seen() == before
        if what == "move":
            person.department = web
            person.save()
        else:
            person.activate()
        assert seen() == before
    # Next month it counts.
    ahead = begin(after(month_of())) + timedelta(minutes=1)
    busy.deactivate()
    with patch("django.utils.timezone.now", lambda: ahead):
        assert seen()["/ambassadors/counts"] != before["/ambassadors/counts"]
        assert read(month_of()).total == Tally(None, 21, 13, 0, 0)


def test_who_comes_back_and_opts_out_is_in_no_figure() -> None:
    people = [make_ambassador() for _each in range(6)]
    people[0].deactivate()
    people[0].activate()
    total = read(month_of()).total
    assert total is not None
    assert total.certified == 6
    OptIn.leave(people[0])
    total = read(month_of()).total
    assert total is not None
    assert total.certified == 5


def test_a_consent_of_a_day_to_come_is_none_yet() -> None:
    today = timezone.localdate()
    Consent.objects.create(decided_on=today + timedelta(days=3), reference="OR", document="x")
    assert not Consent.in_force()
    assert Consent.since() is None
    # Written down before that was refused, and decided by now.
    long_ago = timezone.now() - timedelta(days=90)
    Consent.objects.update(decided_on=today, recorded_at=long_ago)
    assert Consent.in_force()
    assert Consent.since() == begin(today)


@pytest.mark.thorough
@pytest.mark.table
def test_whatever_a_person_did_nobody_else_reads_it_anywhere() -> None:
    """Two colleagues swap everything they did, and its words change: nobody else can ever tell.

    Every reading operation of the API with every id of theirs and every word to search or order
    by, every page and export of the console, and the check of the very words that one of them
    shared, answer the same before and after.
    """
    one, two = make_ambassador("Vera Vink"), make_ambassador("Wim Wal")
    others = [make_ambassador() for _ in range(5)]
    shares = [confirm_share(one, network) for network in ("linkedin", "x", "mastodon")]
    example, very_words = published(), "Vandaag tilde ik een kabel van honderd kilo over de gracht."
    taken, _remarks, _new = sharing.take(
        by=one, id=uuid.uuid4(), post=example, network="x", text=very_words
    )
    taken.confirm()
    confirm_share(others[0])
    OwnPost.objects.create(user=one, kind="post", network="x")
    Api(one).post(f"/courses/{COURSE}/lessons/een/done")
    manager = make_person("Mark", roles=["manager"])
    for user in (one, two):
        user.manager = manager
        user.save()
    Consent.objects.create(decided_on=date(2026, 1, 15), reference="OR", document="x")
    BoardOptIn.enter(others[0])
    readers = [
        others[0],
        make_agent(make_team()),
        make_person("Noor", roles=["editor"]),
        manager,
        make_person("Ans", roles=["admin"]),
    ]
    counting_clock.count()
    words = [one.name, "-confirmed"]
    ids = [str(shares[0].pk), str(one.pk), str(shares[0].post_id)]
    calls, pages = _addresses_of_the_api(ids, words), _addresses_of_the_console(ids, words)

    def everything() -> dict[str, str]:
        cache.clear()
        said: dict[str, str] = {}
        for reader in readers:
            caller, page = Api(reader), browser(reader)
            said |= {f"{reader.name} {each}": _told(caller.get(each)) for each in calls}
            said |= {f"{reader.name} {each}": _told(page.get(each)) for each in pages}
            check = f"/example-posts/{example.pk}/check"
            checked = caller.post(check, {"network": "x", "text": very_words})
            said[f"{reader.name} {check}"] = _told(checked)
        return said

    everything()  # what looking itself leaves behind
    before = everything()
    assert sum("200" in body[:4] for body in before.values()) > 60
    assert "disclosure-added" in before[f"Mark /example-posts/{example.pk}/check"]
    assert before[f"Noor /champions/courses/{COURSE}/"].startswith("200")
    assert before[f"Noor /champions/posts/{ids[2]}"].startswith("200")
    assert "numbers-title" in before[f"Noor /champions/courses/{COURSE}/"]
    for rows in (Share.objects, OwnPost.objects, LessonDone.objects):
        rows.filter(user=one).update(user=two)
    # What only the one who wrote it reads; a list without names would show it.
    for posts in (Share.objects, OwnPost.objects):
        posts.filter(user=two).update(permalink="https://x.com/wim/status/1")
    Share.objects.filter(user=two).update(text="Alleen Wim leest dit", clicks_raw=9, clicks_human=8)
    Share.objects.filter(user=two).update(signature=b"")
    Likeness.objects.all().delete()
    after = everything()
    assert {name: body for name, body in after.items() if before[name] != body} == {}


def _addresses_of_the_api(ids: list[str], words: list[str]) -> list[str]:
    """Every address to read, with each id in it, and with each word for whatever can be asked.

    What is about customers' requests is only opened: nothing of ambassadors can be asked there.
    """
    addresses = []
    for path, operations in api.get_openapi_schema()["paths"].items():
        if "get" not in operations:
            continue
        bare = path.removeprefix("/api/v1")
        named = bare.replace("{slug}", COURSE)
        filled = [re.sub(r"{\w+}", id, named) for id in (ids if "{" in named else ids[:1])]
        if bare.startswith(("/desk", "/track", "/requests")):
            addresses.append(filled[0])
            continue
        given = operations["get"].get("parameters", [])
        asked = {each["name"] for each in given if each["in"] == "query"}
        addresses += filled
        addresses += [
            f"{filled[0]}?{name}={word}"
            for name in sorted(asked - {"limit", "cursor", "since"})
            for word in words
        ]
    return addresses


def _addresses_of_the_console(ids: list[str], words: list[str]) -> list[str]:
    """Every page and export, bare, searched and ordered."""
    addresses = []
    for pattern in urlpatterns:
        if str(pattern.pattern) in {"posts/new", "posts/phrases/new", "answers/new"}:
            continue  # an empty form, with a new id each time
        route = str(pattern.pattern).replace("<slug:slug>", COURSE)
        route = re.sub(r"<int:\w+>", "1", route)
        for id in ids if "<" in route else ids[:1]:
            address = "/champions/" + re.sub(r"<[^>]+>", id, route)
            addresses += [address, *(f"{address}?{n}={w}" for n in ("q", "order") for w in words)]
    return addresses


def _told(answer: Any) -> str:
    """What an answer says, without what differs every time."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    text = content.decode(errors="replace")
    text = re.sub(r'name="(csrfmiddlewaretoken|id)" value="[\w-]+"', "", text)
    text = re.sub(r'"counted_at": "[^"]+"|Geteld op [^.]+\.', "", text)
    return f"{answer.status_code} {text}"
