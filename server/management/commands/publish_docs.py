"""Writes docs/openapi.json and docs/problems.md from the code; `--check` only compares."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from server.api import api
from server.problems import catalogue

HEAD = """\
# Problem types

Every error of the API is an `application/problem+json` document (RFC 9457) with one of these
types. A type keeps its meaning for ever; `title` and `detail` are in the reader's language.
This file is made by `manage.py publish_docs`.
"""


def documents() -> Mapping[str, str]:
    """What belongs in docs/, by file name, in English whatever language is active."""
    with translation.override("en"):
        schema = json.loads(json.dumps(api.get_openapi_schema(), default=str))
        return {
            "openapi.json": json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=False)
            + "\n",
            "problems.md": _problems(),
        }


def _problems() -> str:
    parts = [HEAD]
    for slug, kind in sorted(catalogue().items()):
        status = HTTPStatus(kind.status)
        parts.append(
            f"## {slug}\n\n`/problems/{slug}` · {status.value} {status.phrase}\n\n"
            f"**{kind.title}.** {kind.described()}\n\n{kind.what_to_do}\n"
        )
    return "\n".join(parts)


class Command(BaseCommand):
    help = "Write docs/openapi.json and docs/problems.md from the code."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; exit with 1 when one is stale"
        )
        parser.add_argument(
            "--to", type=Path, default=settings.BASE_DIR / "docs", help="the folder (docs)"
        )

    def handle(self, *, check: bool, to: Path, **options: Any) -> None:
        made = documents()
        stale = [name for name, text in made.items() if _read(to / name) != text]
        if check:
            if stale:
                raise CommandError(
                    f"stale: {', '.join(stale)}. Run manage.py publish_docs and commit them."
                )
            self.stdout.write("docs agree with the code")
            return
        for name in stale:
            (to / name).write_text(made[name], encoding="utf-8")
        self.stdout.write(f"wrote {', '.join(stale)}" if stale else "nothing changed")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
