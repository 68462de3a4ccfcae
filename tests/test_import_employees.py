"""The employee import: from a file as HR departments send them, through the real command."""

import io
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.utils import timezone

from notifications.models import Device
from server.accounts.management.commands.import_employees import Bar
from server.accounts.models import AuditEvent, Department, Role, RoleName, TeamMember, User
from tests.clients import Api
from tests.factories import make_agent, make_person, make_team

pytestmark = pytest.mark.django_db(transaction=True)

HEADER = "email;name;department;manager_email;language;time_zone;roles;active\n"
JOINED = "email;name;joined_on\n"
FAR_AHEAD = timezone.localdate() + timedelta(days=400)
MARK = "mark@example.org;Mark Visser;Bedrijf / Verkoop;;nl;Europe/Amsterdam;manager;ja\n"
SANNE = "sanne@example.org;Sanne de Vries;Bedrijf / Verkoop / Zuid;mark@example.org;nl;;;\n"

Run = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Import this text; gives back the summary. Extra arguments go to the command."""

    def imported(text: str | bytes, *arguments: str) -> str:
        file = tmp_path / "people.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        out = io.StringIO()
        call_command("import_employees", str(file), *arguments, stdout=out, stderr=io.StringIO())
        return out.getvalue().strip()

    return imported


@pytest.fixture
def errors(tmp_path: Path) -> Callable[..., list[str]]:
    """Import this text, which must be refused without a trace; gives back the lines of errors."""

    def refused(text: str | bytes, *arguments: str) -> list[str]:
        file = tmp_path / "people.csv"
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        before, err = everything(), io.StringIO()
        with pytest.raises(CommandError, match="nothing was changed"):
            call_command("import_employees", str(file), *arguments, stderr=err)
        assert everything() == before
        return err.getvalue().splitlines()

    return refused


def everything() -> list[Any]:
    tables = (User, Department, Role, AuditEvent)
    return [list(table.objects.order_by("pk").values()) for table in tables]


def counts(**given: int) -> str:
    usual = dict.fromkeys(("created", "updated", "unchanged", "deactivated", "reactivated"), 0)
    return ", ".join(f"{name} {count}" for name, count in {**usual, **given}.items())


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@example.org")


def test_a_first_import_makes_people_departments_and_roles(run: Run) -> None:
    assert run(HEADER + SANNE + MARK) == counts(created=2)

    sanne, mark = person("sanne"), person("mark")
    assert sanne.manager == mark
    assert (sanne.language, sanne.time_zone) == ("nl", "Europe/Amsterdam")
    south = sanne.department
    assert south is not None
    assert south.parent is not None
    assert [south.name, south.parent.name] == ["Zuid", "Verkoop"]
    assert mark.department == south.parent
    assert (mark.roles, sanne.roles) == (["manager"], [])
    assert not sanne.has_usable_password()


def test_the_same_file_again_changes_nothing(run: Run) -> None:
    run(HEADER + SANNE + MARK)
    before = everything()

    assert run(HEADER + SANNE + MARK) == counts(unchanged=2)
    assert everything() == before


def test_what_changed_is_updated_and_the_rest_is_left(run: Run) -> None:
    run(HEADER + SANNE + MARK)
    moved = "SANNE@example.org;Sanne Jansen;Bedrijf / Winkels;;en;Europe/Lisbon;editor|manager;\n"

    assert run(HEADER + moved) == counts(updated=1)
    sanne = person("sanne")
    assert (sanne.name, sanne.language, sanne.time_zone) == ("Sanne Jansen", "en", "Europe/Lisbon")
    assert sanne.manager is None
    assert sanne.department is not None
    assert sanne.department.name == "Winkels"
    assert sanne.roles == ["editor", "manager"]
    assert person("mark").is_active


@pytest.mark.parametrize("written", ["2019-03-01", "1-3-2019", "01-03-2019"])
def test_the_first_day_is_that_of_the_list(run: Run, written: str) -> None:
    run(JOINED + f"sanne@example.org;Sanne;{written}\n")
    midnight = datetime.fromisoformat("2019-03-01T00:00:00+01:00")
    assert person("sanne").joined_at == midnight
    # Again, empty, or without the column: nothing changes.
    assert run(JOINED + f"sanne@example.org;Sanne;{written}\n") == counts(unchanged=1)
    assert run(JOINED + "sanne@example.org;Sanne;\n") == counts(unchanged=1)
    assert run("email;name\nsanne@example.org;Sanne\n") == counts(unchanged=1)
    assert person("sanne").joined_at == midnight
    assert run(JOINED + "sanne@example.org;Sanne;2020-01-01\n") == counts(updated=1)
    assert person("sanne").joined_at == datetime.fromisoformat("2020-01-01T00:00:00+01:00")


def test_who_is_new_without_a_first_day_joins_today_and_the_list_may_say_so_too(run: Run) -> None:
    before = timezone.now()
    run(JOINED + "sanne@example.org;Sanne;\n")
    joined = person("sanne").joined_at
    assert joined >= before
    today = timezone.localdate(joined)
    assert run(JOINED + f"sanne@example.org;Sanne;{today}\n") == counts(unchanged=1)
    assert person("sanne").joined_at == joined


def test_columns_that_are_not_there_leave_things_alone(run: Run) -> None:
    run(HEADER + SANNE + MARK)

    assert run("name,email\nMark V.,mark@example.org\n") == counts(updated=1)
    mark = person("mark")
    assert mark.department is not None
    assert mark.roles == ["manager"]


def test_passwords_and_team_roles_are_never_touched(run: Run) -> None:
    agent = make_agent(make_team("internet"), email="daan@example.org", password="a-long-password")

    run(HEADER + "daan@example.org;Daan de Boer;;;;;editor;\n")
    agent = User.objects.get(pk=agent.pk)
    assert agent.check_password("a-long-password")
    assert agent.roles == ["agent", "editor"]
    assert TeamMember.objects.count() == 1


@pytest.mark.parametrize("arguments", [[], ["--deactivate-missing"]])
def test_deactivated_means_out_at_once(run: Run, arguments: list[str]) -> None:
    run(HEADER + SANNE + MARK)
    sanne = person("sanne")
    sanne.set_password("a-long-password")
    sanne.save()
    phone = Api()
    signed_in = phone.client.post(
        "/_allauth/app/v1/auth/login",
        {"email": "sanne@example.org", "password": "a-long-password"},
        content_type="application/json",
    )
    phone.headers["X-Session-Token"] = signed_in.json()["meta"]["session_token"]
    device = {"token": "token-of-sanne", "platform": "ios"}
    assert phone.put("/devices/installation-1", device).status_code == 201

    left = "" if arguments else SANNE.replace(";;;\n", ";;;nee\n")
    assert run(HEADER + MARK + left, *arguments) == counts(unchanged=1, deactivated=1)
    assert phone.get("/me").status_code == 401
    assert not Session.objects.exists()
    assert not Device.objects.exists()
    sanne.refresh_from_db()
    assert sanne.deactivated_at is not None
    assert AuditEvent.objects.filter(action="deactivated", subject_id=sanne.pk).count() == 1


def test_who_is_in_the_file_again_comes_back(run: Run) -> None:
    run(HEADER + SANNE + MARK)
    person("sanne").deactivate()

    assert run(HEADER + SANNE + MARK) == counts(unchanged=1, reactivated=1)
    assert (person("sanne").is_active, person("sanne").deactivated_at) == (True, None)


def test_who_is_missing_stays_unless_asked(run: Run) -> None:
    run(HEADER + SANNE + MARK)

    assert run(HEADER + MARK) == counts(unchanged=1)
    assert person("sanne").is_active


def test_superusers_are_not_missed(run: Run) -> None:
    User.objects.create_superuser("root@example.org", "a-long-password")

    assert run(HEADER + MARK, "--deactivate-missing") == counts(created=1)
    assert person("root").is_active


def test_a_dry_run_says_the_same_and_does_nothing(run: Run) -> None:
    run(HEADER + MARK)
    before = everything()

    said = run(HEADER + SANNE + MARK.replace("Visser", "Bakker"), "--dry-run")
    assert said == f"would be: {counts(created=1, updated=1)}"
    assert everything() == before


@pytest.mark.parametrize(
    ("left", "arguments"),
    [
        (HEADER + MARK, ["--deactivate-missing"]),
        (HEADER + MARK + "admin@example.org;Ada;;;;;admin;nee\n", []),
        (HEADER + MARK + "admin@example.org;Ada;;;;;editor;ja\n", []),
    ],
)
def test_the_last_administrator_stays(
    errors: Callable[..., list[str]], left: str, arguments: list[str]
) -> None:
    make_person("Ada", email="admin@example.org", roles=[RoleName.ADMIN])

    assert "no administrator would be left" in errors(left, *arguments)[0]


def test_an_administrator_may_be_replaced(run: Run) -> None:
    make_person("Ada", email="admin@example.org", roles=[RoleName.ADMIN])

    new = MARK.replace(";manager;", ";admin;")
    assert run(HEADER + new, "--deactivate-missing") == counts(created=1, deactivated=1)


@pytest.mark.parametrize(
    "text", ["email;name\na@example.org;Ann\n", "email,name\na@example.org,Ann"]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b"\r"])
def test_files_as_they_come(run: Run, text: str, mark: bytes, ending: bytes) -> None:
    assert run(mark + text.encode().replace(b"\n", ending)) == counts(created=1)


def test_an_old_excel_needs_its_encoding_said(run: Run, errors: Callable[..., list[str]]) -> None:
    text = "email;name\na@example.org;Ann\nz@example.org;Zoë Čapek\n".replace("Č", "C")

    said = errors(text.encode("cp1252"))
    assert said == [
        "people.csv, line 3: this is not utf-8. Save it as 'CSV UTF-8', or say --encoding cp1252 "
        "if it comes from an older Excel."
    ]
    assert run(text.encode("cp1252"), "--encoding", "cp1252") == counts(created=2)
    assert person("z").name == "Zoë Capek"


def test_every_error_is_told_at_once_with_its_line(errors: Callable[..., list[str]]) -> None:
    text = (
        HEADER
        + "not-an-address;;Bedrijf // Zuid;;fr;Europe/Venlo;koning;misschien\n"
        + "\n"
        + 'a@example.org;"Ann\nJansen";;;;;;\n'
        + "b@example.org;Bo;;nobody@example.org;;;;\n"
        + "c@example.org;Cas;;C@example.org;;;;\n"
        + "B@Example.org;Bo;;;;;;\n"
        + "d@example.org;Dirk\n"
    )

    places = [line.partition(": ")[0].removeprefix("people.csv, ") for line in errors(text)]
    assert places == [
        "line 2, active",
        "line 2, email",
        "line 2, language",
        "line 2, name",
        "line 2, roles",
        "line 2, time_zone",
        "line 4, name",
        "line 8, email",
        "line 9",
    ]


def test_managers_must_exist_and_be_somebody_else(errors: Callable[..., list[str]]) -> None:
    text = (
        "email,name,manager_email\n"
        "a@example.org,Ann,nobody@example.org\n"
        "b@example.org,Bo,B@EXAMPLE.org\n"
    )

    said = errors(text)
    assert said[0].startswith("people.csv, line 2, manager_email: nobody has the address nobody@")
    assert said[1].startswith("people.csv, line 3, manager_email: this is the person's own address")
    assert len(said) == 2


def test_a_circle_of_managers_is_told_once_also_through_people_outside_the_file(
    run: Run, errors: Callable[..., list[str]]
) -> None:
    head = "email,name,manager_email\n"
    run(f"{head}a@example.org,Ann,\nb@example.org,Bo,a@example.org\nc@example.org,Cas,\n")

    said = errors(f"{head}c@example.org,Cas,c2@example.org\nc2@example.org,Cor,c@example.org\n")
    assert len(said) == 1
    assert said[0].startswith("people.csv, line 2, manager_email: these people manage each other")

    said = errors(f"{head}a@example.org,Ann,b@example.org\n")
    assert "a@example.org -> b@example.org -> a@example.org" in said[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "file: it is empty."),
        ("email;name\n", "file: there is nobody in it."),
        ("email;name\n;\n", "file: there is nobody in it."),
        ("email;name;salary\n", "line 1, salary: this column is unknown."),
        ("email;name;name\na;b;c\n", "line 1, name: this column is there twice."),
        ("name\nAnn\n", "line 1, email: this column is missing."),
        (
            "email;name\na@example.org;Ann;extra\n",
            "line 2: there are 3 cells where the header has 2",
        ),
        ('email;name\na@example.org;"Ann\n', "file: it is not valid CSV"),
        ("email;name\na@example.org;Ann\tB\n", "line 2, name: there is a line break or control"),
        ("email;name\na@example.org;A\u2028nn\n", "line 2, name: there is a line break or control"),
        ("email;name\na@b.nl,c@d.nl;Ann\n", "line 2, email: 'a@b.nl,c@d.nl' is not an e-mail"),
        ("email;name\n\u212aim@example.org;Kim\n", "line 2, email:"),
        (f"email;name\na@example.org;{'A' * 121}\n", "line 2, name: it is 121 characters."),
        (f"email;name\n{'a' * 60}@{'b' * 200}.nl;Ann\n", "line 2, email:"),
        (
            f"email;name;department\na@example.org;A;{' / '.join('abcdefghijk')}\n",
            "line 2, department: there are 11 levels.",
        ),
        (
            "email;name;department\na@example.org;A;Bedrijf / / Zuid\n",
            "line 2, department: a level has no name.",
        ),
        (JOINED + "a@example.org;A;gisteren\n", "line 2, joined_on: 'gisteren' is not a day."),
        (JOINED + "a@example.org;A;2019-02-29\n", "line 2, joined_on: '2019-02-29' is not a day."),
        (JOINED + "a@example.org;A;03/01/2019\n", "line 2, joined_on: '03/01/2019' is not a day."),
        (JOINED + "a@example.org;A;1-3-19\n", "line 2, joined_on: '1-3-19' is not a day."),
        (JOINED + "a@example.org;A;\u0661-3-2019\n", "line 2, joined_on: "),
        (JOINED + "a@example.org;A;1919-03-01\n", "line 2, joined_on: '1919-03-01' is too long"),
        (
            JOINED + f"a@example.org;A;{FAR_AHEAD}\n",
            f"line 2, joined_on: '{FAR_AHEAD}' is too long ago, or more than a year ahead.",
        ),
    ],
)
def test_a_file_that_makes_no_sense(errors: Callable[..., list[str]], text: str, said: str) -> None:
    assert errors(text)[0].startswith(f"people.csv, {said}")


def test_a_name_with_the_separator_in_it_stays_one_name(run: Run) -> None:
    run('email,name,department\nl@example.org,"Vries, Lotte de","Zaken / Klein, Midden"\n')

    lotte = person("l")
    assert lotte.name == "Vries, Lotte de"
    assert lotte.department is not None
    assert lotte.department.name == "Klein, Midden"


def test_a_slash_without_spaces_is_part_of_a_name(run: Run) -> None:
    run("email,name,department\na@example.org,Ann,Bedrijf / Internet/tv\n")

    assert sorted(Department.objects.values_list("name", flat=True)) == ["Bedrijf", "Internet/tv"]


def test_a_failure_halfway_leaves_nothing_behind(run: Run) -> None:
    run(HEADER + SANNE + MARK)
    before = everything()

    def failing(user: User) -> None:
        raise RuntimeError("the directory is away")

    User.on_leaving.append(failing)
    try:
        with pytest.raises(RuntimeError):
            run(HEADER + MARK.replace("Visser", "Bakker"), "--deactivate-missing")
    finally:
        User.on_leaving.remove(failing)
    assert everything() == before


def test_a_file_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.csv cannot be read: No such file"):
        call_command("import_employees", str(tmp_path / "nowhere.csv"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_bar_is_for_terminals_only() -> None:
    terminal, pipe = Terminal(), io.StringIO()
    for stream in (terminal, pipe):
        Bar("saving", stream)(50, 100)
        Bar("saving", stream)(100, 100)

    assert "[###############...............] 50/100" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\033[K")
    assert pipe.getvalue() == ""


def test_the_columns_stand_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("import_employees", "--help")

    told = capsys.readouterr().out
    columns = {*HEADER.strip().split(";"), *JOINED.strip().split(";")}
    assert all(f"\n  {column} " in told for column in columns)


def test_a_department_full_of_people_costs_few_queries(
    run: Run, django_assert_max_num_queries: Any
) -> None:
    head = "email,name,department\n"

    def people(count: int, name: str) -> str:
        return head + "".join(
            f"p{n}@example.org,{name} {n},Bedrijf / {n % 7}\n" for n in range(count)
        )

    with django_assert_max_num_queries(20):
        run(people(240, "Nieuw"))
    with django_assert_max_num_queries(20):
        run(people(240, "Anders"))
