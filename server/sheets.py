"""Tables for a spreadsheet, as CSV: one way for every page that gives one.

A spreadsheet opens a file as its country writes: where a comma is in numbers, a semicolon is
between columns. So the file goes by the reader's language: docs/decisions/0028-sheets.md.
"""

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import get_language

# Or Excel takes it for another encoding.
_MARK = "\ufeff"


def sheet(name: str, rows: Iterable[Iterable[Any]]) -> HttpResponse:
    """A file to download, in the language that is active."""
    return HttpResponse(_lines(rows, _dutch()), headers=_head(name))


def streamed_sheet(name: str, rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """`sheet` line by line, of any length. The language is put away before the rows are read, so
    their words have to be there.
    """
    return StreamingHttpResponse(_lines(rows, _dutch()), headers=_head(name))


def _dutch() -> bool:
    return (get_language() or "nl").startswith("nl")


def _head(name: str) -> dict[str, str]:
    return {
        "Content-Type": "text/csv; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
    }


class _Echo:
    """What csv writes to, where each line goes on by itself."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterable[Iterable[Any]], dutch: bool) -> Iterator[str]:
    writer = csv.writer(_Echo(), delimiter=";" if dutch else ",")
    yield _MARK
    for row in rows:
        yield writer.writerow([_cell(value, dutch) for value in row])


def _cell(value: Any, dutch: bool) -> Any:
    """A number as its country writes it; a text that a spreadsheet does not take for a formula."""
    if isinstance(value, float):
        return str(value).replace(".", ",") if dutch else value
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r", "\n"}:
        return f"'{value}"
    return value
