"""What is in the whole database: how much, whether it changed, whether a text is anywhere; and
how to have it as it was.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.apps import apps
from django.db import connection, transaction


def _contents() -> Iterator[tuple[str, list[str]]]:
    """By hand and not by the models: a hundred tables, read in hundreds of tests."""
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            meta = model._meta
            if not meta.managed or meta.proxy:
                continue
            name = connection.ops.quote_name
            key = meta.pk.attname  # every model here names its key as its column
            cursor.execute(f"SELECT * FROM {name(meta.db_table)} ORDER BY {name(key)}")  # noqa: S608
            yield meta.label, [" ".join(map(str, row)) for row in cursor.fetchall()]


def state() -> dict[str, tuple[int, str]]:
    """Per table the number of rows and a digest of them; equal when nothing was written."""
    return {
        label: (len(rows), hashlib.sha256("\n".join(rows).encode(errors="replace")).hexdigest())
        for label, rows in _contents()
    }


def tables_with(text: str) -> list[str]:
    """The tables that hold this text anywhere, in any case of letters."""
    return [
        label for label, rows in _contents() if any(text.lower() in row.lower() for row in rows)
    ]


@contextmanager
def taken_back() -> Iterator[None]:
    """What is written inside is taken back at the end, so that the next try finds it as it was.

    A bare savepoint: a verb refuses to be part of a transaction other than the test's own.
    """
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.savepoint_rollback(before)
