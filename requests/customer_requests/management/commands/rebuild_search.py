"""`manage.py rebuild_search`: the search index made anew from what is written."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from customer_requests.models import CustomerRequest, Entry, SearchText
from customer_requests.models.search_text import fill


class Command(BaseCommand):
    help = (
        "Make the search index anew, in helpings, while everything goes on. For after an upgrade "
        "that changes how words are stemmed, or where requests came in past the application."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--missing", action="store_true", help="only what is not in the index yet"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began, done = time.monotonic(), 0
        for made in fill(CustomerRequest, Entry, SearchText, anew=not options["missing"]):
            done += made
            if options["verbosity"] > 1:
                self.stdout.write(f"{done} requests")
        self.stdout.write(f"{done} requests indexed in {time.monotonic() - began:.0f} s.")
