"""`manage.py import_course FILE`: a course from a file, as a draft or published at once."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from ambassadors.importing import FileRefused, course_package
from ambassadors.models import Course
from server.problems import Invalid, Problem, StaleVersion


class Command(BaseCommand):
    help = (
        "Read a course from a YAML file, or from a zip with its pictures, as `export_course` "
        "writes them: all of it, or errors by line and nothing. It becomes the draft of the "
        "course; --publish makes it what people read. A draft that somebody wrote in stays, unless "
        "--replace-draft."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--dry-run", action="store_true", help="say what would happen")
        parser.add_argument("--publish", action="store_true", help="make it the course from now on")
        parser.add_argument(
            "--asks-refresher",
            action="store_true",
            help="with --publish: whoever is certified has to do the course again",
        )

        parser.add_argument(
            "--replace-draft",
            action="store_true",
            help="throw away what was written in the draft of this course",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            document, images = course_package.read(path.read_bytes())
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except FileRefused as refused:
            for one in refused.errors:
                self.stderr.write(f"{path.name}, {one}")
            raise CommandError(f"{len(refused.errors)} wrong; nothing was changed.") from refused
        content = document.model_dump()
        what = f"{document.slug}: {len(document.lessons)} lessons, "
        what += f"{len(document.quiz.questions)} questions, in {' and '.join(document.languages)}"
        course = Course.objects.filter(slug=document.slug).first()
        current = course.current if course else None
        if current is not None and current.content == content:
            self.stdout.write(f"{what}. Version {current.number} is the same; nothing was changed.")
            return
        lost = course.lost_by(content) if course else None
        if lost is not None and not options["replace_draft"]:
            raise CommandError(
                f"{document.slug} has a draft that somebody wrote in; nothing was changed. See it "
                "in the console, or throw it away with --replace-draft."
            )
        if options["dry_run"]:
            self.stdout.write(f"would be: {what}")
            return
        try:
            with transaction.atomic():
                made = Course.named(document.slug)
                seen = lost.edition if lost else ""
                draft = made.write_draft(content, by=None, images=images, seen=seen)
        except StaleVersion as stale:
            raise CommandError(
                "Somebody wrote in the draft at this moment; nothing was changed."
            ) from stale
        except Invalid as invalid:
            for wrong in invalid.facts["errors"]:
                self.stderr.write(f"{path.name}, {wrong['field']}: {wrong['message']}")
            raise CommandError("Pictures are missing; nothing was changed.") from invalid
        if not options["publish"]:
            self.stdout.write(f"{what}. It is a draft.")
            return
        try:
            draft.publish(by=None, asks_refresher=options["asks_refresher"])
        except Problem as problem:
            raise CommandError(
                f"It is a draft and was not published. {problem.explained}"
            ) from None
        self.stdout.write(f"{what}. Published as version {draft.number}.")
