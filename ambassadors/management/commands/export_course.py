"""`manage.py export_course SLUG`: a course as a file that `import_course` reads."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ambassadors.importing import course_file
from ambassadors.models import Course


class Command(BaseCommand):
    help = (
        "Write a course as YAML to standard output: what is published, or with --draft the draft."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--draft", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        course = Course.objects.filter(slug=options["slug"]).first()
        version = None
        if course is not None:
            version = course.draft if options["draft"] else course.current
        if version is None:
            kind = "draft" if options["draft"] else "published version"
            raise CommandError(f"There is no {kind} of a course called {options['slug']}.")
        self.stdout.write(course_file.write(version.document), ending="")
