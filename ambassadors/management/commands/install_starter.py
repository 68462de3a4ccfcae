"""`manage.py install_starter`: what ships with the programme, for a company that begins."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ambassadors import shipped
from ambassadors.importing import course_file
from ambassadors.models import Course, Phrase


class Command(BaseCommand):
    help = (
        "Put in place what ships: the starter course, published, and the list of words to leave "
        "out or be careful with. What is there already, or was taken off the list, is left alone. "
        "The policy is for people to read first: /champions/policy begins with the one that ships."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--draft", action="store_true", help="do not publish the course yet")

    def handle(self, *args: Any, **options: Any) -> None:
        document = course_file.read(shipped.course())
        course = Course.named(document.slug)
        if course.versions.exists():
            self.stdout.write(f"{document.slug} is there already; it was left alone.")
        else:
            draft = course.write_draft(document.model_dump(), by=None)
            if not options["draft"]:
                draft.publish(by=None)
            state = "a draft" if options["draft"] else "published"
            self.stdout.write(f"{document.slug}: {len(document.lessons)} lessons, {state}.")
        made = Phrase.install(shipped.phrases())
        self.stdout.write(f"{made} phrases were put on the list.")
