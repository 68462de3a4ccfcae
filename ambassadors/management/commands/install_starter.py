"""`manage.py install_starter`: what ships with the programme, for a company that begins."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ambassadors import starting


class Command(BaseCommand):
    help = (
        "Put in place what ships: the starter course, published, a rule that asks whoever joins "
        "from today on to do it, and the list of words to leave out or be careful with. What is "
        "there already, or was taken off the list, is left alone. "
        "The policy is for people to read first: /champions/policy begins with the one that ships."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--draft", action="store_true", help="do not publish the course yet")
        parser.add_argument("--no-rule", action="store_true", help="ask nobody by themselves")

    def handle(self, *args: Any, **options: Any) -> None:
        begun = starting.install_starter(
            by=None, publish=not options["draft"], rule=not options["no_rule"]
        )
        slug = begun.course.slug
        if not begun.new:
            self.stdout.write(f"{slug} is there already; it was left alone.")
        else:
            state = "a draft" if options["draft"] else "published"
            self.stdout.write(f"{slug}: {state}.")
            if not options["no_rule"]:
                self.stdout.write(
                    "Whoever joins from today on is asked to do it, within "
                    f"{starting.DAYS} days; see /champions/courses/{slug}/ to change that."
                )
        self.stdout.write(f"{begun.phrases} phrases were put on the list.")
