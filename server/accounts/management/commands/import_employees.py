"""`manage.py import_employees FILE.csv`: bring people and departments up to date."""

import sys
from argparse import RawDescriptionHelpFormatter
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from server.accounts.employee_file import COLUMNS, ENCODINGS, ImportRefused, read
from server.accounts.employee_import import import_employees

_WIDTH = 30
_HELP = """Create, update and deactivate employees from a CSV file: all of it, or nothing.

The first line names the columns, in any order; ; or , between them; UTF-8.
A column that is not in the file leaves everyone's value alone. An empty cell of department,
manager_email or roles takes the value away.

{columns}

Errors are listed by line and nothing is written. Passwords are never touched, and the last
active administrator is never taken away.
"""


class Bar:
    """A bar on a terminal that goes when it is done; silent anywhere else."""

    def __init__(self, label: str, stream: TextIO) -> None:
        self.label, self.stream = label, stream

    def __call__(self, done: int, total: int) -> None:
        if self.stream.isatty():
            filled = _WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            end = "\r\033[K" if done >= total else ""
            self.stream.write(f"\r{self.label} [{bar}] {done}/{total}{end}")
            self.stream.flush()


class Command(BaseCommand):
    help = _HELP.format(columns="\n".join(f"  {name:<14}{text}" for name, text in COLUMNS.items()))

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.formatter_class = RawDescriptionHelpFormatter
        return parser

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE.csv")
        parser.add_argument("--dry-run", action="store_true", help="say what would change")
        parser.add_argument(
            "--deactivate-missing",
            action="store_true",
            help="end the access of everyone who is not in the file (superusers excepted)",
        )
        parser.add_argument("--encoding", choices=ENCODINGS, default="utf-8")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            sheet = read(path, encoding=options["encoding"], progress=Bar("reading", sys.stderr))
            summary = import_employees(
                sheet,
                dry_run=options["dry_run"],
                deactivate_missing=options["deactivate_missing"],
                progress=Bar("saving", sys.stderr),
            )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except ImportRefused as refused:
            for one in refused.errors:
                self.stderr.write(f"{path.name}, {one}")
            count = len(refused.errors)
            found = "1 error" if count == 1 else f"{count} errors"
            raise CommandError(f"{found}; nothing was changed.") from refused
        would = "would be: " if options["dry_run"] else ""
        self.stdout.write(f"{would}{summary}")
