"""Reads the company's list of employees from CSV; every error in it at once, by line.

Nothing here reads or writes the database; what one line means for the others is checked in
`employee_import`.
"""

import csv
import io
import re
import unicodedata
import zoneinfo
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone

from server.accounts.models import Department, RoleName, User
from server.accounts.models.people import Language

COLUMNS = {
    "email": "work e-mail address; who someone is, so a new address is a new person (required)",
    "name": "the whole name as people say it (required)",
    "department": "path from the top, ' / ' between levels: Customer care / Internet / Team 3",
    "manager_email": "the manager's work e-mail, in this file or imported before",
    "language": "nl or en; empty keeps what it is, nl for someone new",
    "time_zone": "such as Europe/Amsterdam; empty keeps what it is",
    "roles": "editor, manager, admin with ; between them; the team roles are set elsewhere",
    "joined_on": "first day here, as 2019-03-01 or 1-3-2019; empty keeps it, today for someone new",
    "active": "yes or no (ja, nee, true, false, 1, 0); empty is yes",
}
REQUIRED = ("email", "name")
ENCODINGS = ("utf-8", "cp1252")

_YES_NO = {"": True} | dict.fromkeys(("yes", "ja", "true", "1", "y", "j"), True)
_YES_NO |= dict.fromkeys(("no", "nee", "false", "0", "n"), False)
_DEEPEST = 10
# Nobody joined before, and nobody is on the list so long before they do.
_EARLIEST, _AHEAD = date(1940, 1, 1), timedelta(days=366)
_LANGUAGES = frozenset(Language.values)
_ZONES = frozenset(zoneinfo.available_timezones())
_LONGEST = {
    "email": User._meta.get_field("email").max_length or 254,
    "name": User._meta.get_field("name").max_length or 120,
    "department": Department._meta.get_field("name").max_length or 120,
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, order=True)
class LineError:
    """What is wrong where, and what to do. Line 1 is the header; 0 is the file as a whole."""

    line: int
    column: str
    problem: str
    advice: str

    def __str__(self) -> str:
        place = f"line {self.line}" if self.line else "file"
        return f"{place}{f', {self.column}' if self.column else ''}: {self.problem} {self.advice}"


class ImportRefused(Exception):
    """The file can't be imported; nothing was written."""

    def __init__(self, errors: list[LineError]) -> None:
        self.errors = sorted(errors)
        super().__init__(f"{len(errors)} errors")


@dataclass(frozen=True)
class Line:
    """One employee as the file has it. None is a cell that leaves things as they are."""

    number: int
    email: str
    name: str
    department: tuple[str, ...] = ()
    manager_email: str = ""
    language: str | None = None
    time_zone: str | None = None
    roles: frozenset[str] = frozenset()
    joined_on: date | None = None
    active: bool = True


@dataclass(frozen=True)
class Sheet:
    """The lines, and which columns the file has: a column that isn't there changes nothing."""

    columns: frozenset[str]
    lines: list[Line]


@dataclass
class _Cells:
    """The cells of one line, with the errors found in them."""

    number: int
    by_column: dict[str, str]
    errors: list[LineError] = field(default_factory=list)

    def get(self, column: str) -> str:
        return self.by_column.get(column, "").strip()

    def wrong(self, column: str, problem: str, advice: str) -> None:
        self.errors.append(LineError(self.number, column, problem, advice))


def read(path: Path, *, encoding: str = "utf-8", progress: Progress | None = None) -> Sheet:
    """The employees in the file.

    Raises ImportRefused with every error at once; OSError when the file can't be read.
    """
    text = _decoded(path.read_bytes(), encoding)
    rows = _rows(text)
    try:
        header = next(rows, None)
        if header is None:
            raise _whole("it is empty.", "The first line has to name the columns.")
        columns = _header(header[1])
        lines, errors = _lines(rows, columns, text.count("\n"), progress)
    except csv.Error as error:
        raise _whole(
            f"it is not valid CSV: {error}.", "Look for a quote that isn't closed."
        ) from error
    if not lines and not errors:
        raise _whole("there is nobody in it.", "Below the header comes one line for each employee.")
    errors += _twice(lines)
    if errors:
        raise ImportRefused(errors)
    return Sheet(frozenset(columns), lines)


def _whole(problem: str, advice: str) -> ImportRefused:
    return ImportRefused([LineError(0, "", problem, advice)])


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as error:
        advice = (
            "Save it as 'CSV UTF-8', or say --encoding cp1252 if it comes from an older Excel."
            if encoding == "utf-8"
            else "Save it as 'CSV UTF-8' and leave --encoding out."
        )
        line = raw.count(b"\n", 0, error.start) + 1
        raise ImportRefused([LineError(line, "", f"this is not {encoding}.", advice)]) from error


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that isn't blank, with the number of the line on which it begins."""
    first = text.partition("\n")[0]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        if any(cell.strip() for cell in row):
            yield begins, row
        begins = reader.line_num + 1


def _header(cells: list[str]) -> list[str]:
    columns = [cell.strip().lower() for cell in cells]
    errors = [
        LineError(
            1, name or "(no name)", "this column is unknown.", f"Known: {', '.join(COLUMNS)}."
        )
        for name in columns
        if name not in COLUMNS
    ]
    errors += [
        LineError(1, name, "this column is there twice.", "Keep one of them.")
        for name in COLUMNS
        if columns.count(name) > 1
    ]
    errors += [
        LineError(1, name, "this column is missing.", "Add it; see --help for what it holds.")
        for name in REQUIRED
        if name not in columns
    ]
    if errors:
        raise ImportRefused(errors)
    return columns


def _lines(
    rows: Iterator[tuple[int, list[str]]],
    columns: list[str],
    expected: int,
    progress: Progress | None,
) -> tuple[list[Line], list[LineError]]:
    lines: list[Line] = []
    errors: list[LineError] = []
    for number, row in rows:
        if len(row) != len(columns):
            problem = f"there are {len(row)} cells where the header has {len(columns)}."
            advice = "Put quotes around a cell that has the separator in it."
            errors.append(LineError(number, "", problem, advice))
            continue
        cells = _Cells(number, dict(zip(columns, row, strict=True)))
        lines.append(_line(cells))
        errors += cells.errors
        if progress and not number % 500:
            progress(number, max(number, expected))
    if progress:
        progress(expected, expected)
    return lines, errors


def _line(cells: _Cells) -> Line:
    for column, cell in cells.by_column.items():
        if any(unicodedata.category(letter) in {"Cc", "Zl", "Zp"} for letter in cell):
            cells.wrong(column, "there is a line break or control character in it.", "Take it out.")
    return Line(
        number=cells.number,
        email=_email(cells, "email", required=True),
        name=_name(cells),
        department=_department(cells),
        manager_email=_email(cells, "manager_email", required=False),
        language=_choice(cells, "language", _LANGUAGES, "Write nl or en."),
        time_zone=_choice(cells, "time_zone", _ZONES, "Write it as Europe/Amsterdam."),
        roles=_roles(cells),
        joined_on=_joined_on(cells),
        active=_active(cells),
    )


def _email(cells: _Cells, column: str, *, required: bool) -> str:
    written = cells.get(column)
    address = written.lower()
    if not address:
        if required:
            cells.wrong(column, "it is empty.", "Everyone needs a work e-mail address.")
        return ""
    try:
        validate_email(address)
        # Lower case makes plain letters of some that aren't.
        valid = written.isascii() and len(address) <= _LONGEST["email"]
    except ValidationError:
        valid = False
    if not valid:
        cells.wrong(column, f"{address!r} is not an e-mail address.", "Write one plain address.")
    return address


def _name(cells: _Cells) -> str:
    name = " ".join(cells.get("name").split())
    if not name:
        cells.wrong("name", "it is empty.", "Write the name.")
    elif len(name) > _LONGEST["name"]:
        cells.wrong("name", f"it is {len(name)} characters.", f"Use {_LONGEST['name']} at most.")
    return name


def _department(cells: _Cells) -> tuple[str, ...]:
    path = cells.get("department")
    if not path:
        return ()
    levels = tuple(" ".join(level.split()) for level in re.split(r"(?:^|\s)\s*/(?=\s|$)", path))
    if not all(levels):
        cells.wrong("department", "a level has no name.", "Write: Top / Middle / Team.")
    if any(len(level) > _LONGEST["department"] for level in levels):
        advice = f"Use {_LONGEST['department']} characters at most."
        cells.wrong("department", "the name of a level is too long.", advice)
    if len(levels) > _DEEPEST:
        cells.wrong("department", f"there are {len(levels)} levels.", f"Use {_DEEPEST} at most.")
    return levels


def _choice(cells: _Cells, column: str, known: frozenset[str], advice: str) -> str | None:
    value = cells.get(column)
    value = value.lower() if column == "language" else value
    if not value:
        return None
    if value not in known:
        cells.wrong(column, f"{value!r} is unknown.", advice)
    return value


def _roles(cells: _Cells) -> frozenset[str]:
    names = {part.strip().lower() for part in re.split(r"[;,|]", cells.get("roles"))} - {""}
    for name in sorted(names - set(RoleName.values)):
        cells.wrong(
            "roles", f"the role {name!r} is unknown.", f"Known: {', '.join(RoleName.values)}."
        )
    return frozenset(names)


def _joined_on(cells: _Cells) -> date | None:
    """A day as computers write it, or as people here do, with the day first.

    With slashes the month may come first, so those are refused: a guess would be wrong unseen.
    """
    written = cells.get("joined_on")
    if not written:
        return None
    advice = "Write it as 2019-03-01, or as 1-3-2019 with the day first."
    found = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", written, re.ASCII)
    parts = found.groups() if found else ()
    if found := re.fullmatch(r"(\d{1,2})-(\d{1,2})-(\d{4})", written, re.ASCII):
        parts = found.groups()[::-1]
    try:
        day = date(*map(int, parts))
    except (TypeError, ValueError):
        cells.wrong("joined_on", f"{written!r} is not a day.", advice)
        return None
    if not _EARLIEST <= day <= timezone.localdate() + _AHEAD:
        problem = f"{written!r} is too long ago, or more than a year ahead."
        cells.wrong("joined_on", problem, advice)
    return day


def _active(cells: _Cells) -> bool:
    word = cells.get("active").lower()
    if word not in _YES_NO:
        cells.wrong("active", f"{word!r} is neither yes nor no.", "Write yes or no.")
    return _YES_NO.get(word, True)


def _twice(lines: list[Line]) -> list[LineError]:
    """Each later line of someone who is already on an earlier one, in whatever spelling."""
    seen: dict[str, int] = {}
    errors: list[LineError] = []
    for line in lines:
        earlier = seen.setdefault(line.email, line.number)
        if line.email and earlier != line.number:
            problem = f"{line.email} is also on line {earlier} (capitals make no difference)."
            errors.append(LineError(line.number, "email", problem, "Keep one of the lines."))
    return errors
