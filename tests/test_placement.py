"""Where people were when: written down by whatever changes somebody's department or access."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from server.accounts.employee_file import read
from server.accounts.employee_import import import_employees
from server.accounts.models import Placement, User
from tests.factories import make_department, make_person

pytestmark = pytest.mark.django_db


def _history(person: User) -> list[tuple[str | None, bool]]:
    """The departments in order, and whether each row is still open."""
    rows = Placement.objects.filter(user=person).order_by("pk").select_related("department")
    return [(row.department.name if row.department else None, row.ends_at is None) for row in rows]


def test_joining_moving_and_leaving_are_written_down_where_they_are_saved() -> None:
    shops, web = make_department("Winkels"), make_department("Web")
    begun = timezone.now() - timedelta(days=40)
    person = make_person(department=shops, joined_at=begun)
    assert Placement.objects.get(user=person).begins_at == begun
    person.department = web
    person.save()
    person.deactivate()
    person.activate()
    assert _history(person) == [("Winkels", False), ("Web", False), ("Web", True)]
    # What changes neither is not history.
    person.choose_language("en")
    person.name = "Sanne Jansen"
    person.save()
    assert len(_history(person)) == 3
    first, second, third = Placement.objects.filter(user=person).order_by("pk")
    assert first.ends_at == second.begins_at
    assert second.ends_at is not None
    assert second.ends_at <= third.begins_at
    # At the moment of a move somebody is where they moved to, and never in two places.
    [there] = Placement.objects.at(second.begins_at).filter(user=person)
    assert there == second


def test_who_is_let_in_later_was_not_there_before(tmp_path: Path) -> None:
    long_ago = timezone.now() - timedelta(days=60)
    person = make_person(is_active=False, joined_at=long_ago)
    file = tmp_path / "people.csv"
    file.write_text("email;name;active\nlotte@example.org;Lotte;nee\n")
    import_employees(read(file))
    User.objects.filter(email="lotte@example.org").update(joined_at=long_ago)
    assert not Placement.objects.exists()
    let_in = timezone.now()
    person.activate()
    file.write_text("email;name;active\nlotte@example.org;Lotte;ja\n")
    import_employees(read(file))
    rows = Placement.objects.filter(user__email__in=[person.email, "lotte@example.org"])
    assert [row.begins_at >= let_in for row in rows] == [True, True]


def test_a_clock_that_was_put_back_ends_nothing_before_it_began() -> None:
    person = make_person(department=make_department("Winkels"))
    person.department = make_department("Web")
    Placement.note([person], at=timezone.now() - timedelta(hours=1))
    first, second = Placement.objects.filter(user=person).order_by("pk")
    assert first.ends_at == first.begins_at == second.begins_at


def test_the_import_and_the_back_office_write_it_down_too(tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text("email;name;department\na@example.org;Anna;Winkels\nb@example.org;Ben;Web\n")
    import_employees(read(file))
    file.write_text("email;name;department;active\na@example.org;Anna;Web;ja\n")
    import_employees(read(file), deactivate_missing=True)
    anna, ben = User.objects.get(email="a@example.org"), User.objects.get(email="b@example.org")
    assert _history(anna) == [("Winkels", False), ("Web", True)]
    assert _history(ben) == [("Web", False)]
    office = Client()
    office.force_login(make_person(roles=["admin"]), "server.accounts.backend.WithTeams")
    form = {"name": "Anna", "language": "nl", "time_zone": "Europe/Amsterdam"}
    rows = {"role_rows-TOTAL_FORMS": "0", "role_rows-INITIAL_FORMS": "0"}
    address = reverse("office:accounts_user_change", args=[anna.pk])
    answer = office.post(address, {**form, "department": "", **rows})
    assert answer.status_code == 302
    assert _history(anna)[-1] == (None, True)


def test_what_was_there_before_the_history_was_kept_is_written_down_once() -> None:
    person = make_person(department=make_department("Web"))
    gone = make_person()
    gone.deactivate()
    Placement.objects.all().delete()
    import_module("server.accounts.migrations.0007_where_people_are").write_down_where_people_are(
        apps, None
    )
    assert _history(person) == [("Web", True)]
    assert _history(gone) == [("Winkels", False)]
    person.department = None
    person.save()
    assert _history(person) == [("Web", False), (None, True)]
