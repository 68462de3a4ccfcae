"""`manage.py seed_champions`: the champions programme of the demo company, made once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ambassadors.demo import STEPS


class Command(BaseCommand):
    help = (
        "Make the champions programme of the demo company, after seed_demo made its people. "
        "What exists is left alone, so a second run does nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--anyway", action="store_true", help="also where DATABASE_URL is set")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED and not options["anyway"]:
            raise CommandError(
                "DATABASE_URL is set, so this is a company's own database; use --anyway if you "
                "want the demo company's programme there."
            )
        made = [words for words in (step() for step in STEPS) if words]
        if made:
            self.stdout.write(f"The champions programme: {'; '.join(made)}.")
