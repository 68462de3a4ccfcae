"""`manage.py import_questions SLUG FILE`: questions that were written elsewhere."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from pydantic import ValidationError

from ambassadors.importing import FileRefused, cartridge, course_file, gift
from ambassadors.models import Course


class Command(BaseCommand):
    help = (
        "Add the multiple-choice questions of a file to the draft of a course: GIFT (Moodle), "
        "QTI 1.2 (.xml) or a Common Cartridge (.imscc, .zip). All of them, or nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", metavar="SLUG")
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--language", default="nl", help="that the questions are in")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")

    def handle(self, *args: Any, **options: Any) -> None:
        course = Course.objects.filter(slug=options["slug"]).first()
        if course is None:
            raise CommandError(f"There is no course called {options['slug']}.")
        path: Path = options["file"]
        reader = cartridge if path.suffix.lower() in {".imscc", ".zip", ".xml"} else gift
        try:
            found = reader.read(path.read_bytes(), language=options["language"])
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except FileRefused as refused:
            raise CommandError(f"{path.name}, {refused} Nothing was changed.") from refused
        for line in found.left_out:
            self.stderr.write(f"left out: {line}")
        if options["dry_run"]:
            self.stdout.write(f"would be: {len(found.questions)} questions")
            return
        draft = course.begin_draft(by=None)
        try:
            added = draft.add_questions(found.questions, by=None, seen=draft.revision)
        except ValidationError as error:
            raise CommandError(
                f"{course_file.told(error)} Nothing was changed; --language says what the "
                "questions are in."
            ) from error
        self.stdout.write(f"{added} questions were added to the draft of {course.slug}.")
