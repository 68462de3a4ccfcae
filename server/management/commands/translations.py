"""Texts out of the code, Dutch into the program."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from server import translations


class Command(BaseCommand):
    help = "Keeps the Dutch up to date: extract, compile or check."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument(
            "what",
            choices=["extract", "compile", "check"],
            help="extract: code to .po; compile: .po to .mo; check: is the .po complete",
        )

    def handle(self, **options: Any) -> None:
        root, path = Path(settings.BASE_DIR), translations.po_path()
        if options["what"] == "extract":
            number, gone = translations.extract(root, path)
            for name in gone:
                self.stdout.write(f"taken out: {name}")
            self.stdout.write(f"{number} texts in {path.relative_to(root)}")
        elif options["what"] == "compile":
            if not path.exists():
                raise CommandError(f"{path.relative_to(root)} is missing")
            done = translations.compile_to_mo(path)
            self.stdout.write("translations compiled" if done else "translations are up to date")
        else:
            faults = translations.faults(root, path)
            for line in faults:
                self.stderr.write(line)
            if faults:
                raise CommandError(
                    f"{len(faults)} translations need attention; "
                    "python manage.py translations extract finds the new ones"
                )
            self.stdout.write("translations are complete")
