"""Is the audit trail as it was written? For who runs the product."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from server.accounts.models import AuditEvent, AuditSeal
from server.accounts.models.seals import verify


class Command(BaseCommand):
    help = "Checks the audit trail against its seals, or prints the newest seal to keep elsewhere."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("what", choices=["verify", "head"])
        parser.add_argument(
            "--head", default="", metavar="SEAL", help="what `audit head` printed before"
        )

    def handle(self, **options: Any) -> None:
        if options["what"] == "head":
            AuditSeal.seal()
            newest = AuditSeal.objects.last()
            if newest is None:
                raise CommandError("Nothing is sealed yet: events are sealed after a minute.")
            self.stdout.write(str(newest))
            return
        wrong = 0
        for finding in verify(options["head"]):
            wrong += 1
            self.stdout.write(finding)
        if wrong:
            raise CommandError(f"The audit trail is not as it was written: {wrong} findings.")
        newest = AuditSeal.objects.last()
        waiting = AuditEvent.objects.filter(pk__gt=newest.last_id if newest else 0).count()
        self.stdout.write(f"As it was written; {waiting} events wait for their seal.")
