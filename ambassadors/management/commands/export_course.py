"""`manage.py export_course SLUG`: a course as a file that `import_course` reads."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ambassadors.importing import course_file, course_package
from ambassadors.models import Course


class Command(BaseCommand):
    help = (
        "Write a course as YAML to standard output: what is published, or with --draft the draft. "
        "One with pictures needs --output, and becomes a zip with the YAML and the pictures in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("--draft", action="store_true")
        parser.add_argument(
            "--output", type=Path, metavar="FILE", help="instead of standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        course = Course.objects.filter(slug=options["slug"]).first()
        version = None
        if course is not None:
            version = course.draft if options["draft"] else course.current
        if version is None:
            kind = "draft" if options["draft"] else "published version"
            raise CommandError(f"There is no {kind} of a course called {options['slug']}.")
        path: Path | None = options["output"]
        if path is None:
            if missing := len(version.document.images):
                self.stderr.write(
                    f"left out: {missing} pictures; --output FILE.zip takes them along"
                )
            self.stdout.write(course_file.write(version.document), ending="")
            return
        content, ending = course_package.write(version)
        if path.suffix != ending:
            raise CommandError(f"This course is written to a file that ends in {ending}.")
        path.write_bytes(content)
