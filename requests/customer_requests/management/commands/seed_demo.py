"""`manage.py seed_demo`: a company to look around in, made once."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from customer_requests.demo import seeding
from customer_requests.demo.stories import STORIES
from customer_requests.models import CustomerRequest


class Command(BaseCommand):
    help = (
        "Make the demo company: 40 employees, 3 support teams, requests in every status. "
        "What exists is left alone, so a second run does nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="also where DATABASE_URL is set; the demo people have a published password",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED and not options["anyway"]:
            raise CommandError(
                "DATABASE_URL is set, so this is a company's own database. The demo people have a "
                "published password; use --anyway if you want them there."
            )
        if not seeding.missing_stories():
            self.stdout.write("The demo company is there already; nothing was changed.")
            return
        made = seeding.seed()
        self.stdout.write(f"The demo company: {made}.")
        counts = (
            CustomerRequest.objects.filter(pk__in=[story.id for story in STORIES])
            .values_list("status")
            .annotate(Count("id"))
            .order_by("status")
        )
        self.stdout.write("  " + ", ".join(f"{number} {status}" for status, number in counts))
