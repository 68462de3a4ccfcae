"""Several people at the same moment: real threads that are let go together."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connection, connections


def together(acts: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each act in a thread with a connection of its own; returns what came of each, in order.

    All wait for the last one to be ready. Whatever an act raises is its outcome.
    """
    outcomes: list[Any] = [None] * len(acts)
    gate = threading.Barrier(len(acts))

    def run(place: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait(30)
            outcomes[place] = acts[place]()
        except Exception as error:
            outcomes[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=[place]) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive(), "a thread still waits: they hold each other up"
    return outcomes


@contextmanager
def database_for_threads(folder: Path) -> Iterator[None]:
    """A database in which threads meet as they do outside tests.

    On PostgreSQL that is the test database. Django's in-memory SQLite locks by table and does not
    wait; so its content moves to a file for as long as this lasts, without waiting for the disk.
    """
    if connection.vendor != "sqlite":
        yield
        return
    import sqlite3

    connection.ensure_connection()
    in_memory, name = connection.connection, connection.settings_dict["NAME"]
    options = connection.settings_dict["OPTIONS"]
    path = folder / "threads.sqlite3"
    on_disk = sqlite3.connect(path)
    in_memory.backup(on_disk)
    on_disk.close()
    connection.connection = None
    connection.settings_dict["NAME"] = str(path)
    connection.settings_dict["OPTIONS"] = {
        **options,
        "init_command": "PRAGMA synchronous=OFF; PRAGMA journal_mode=DELETE;",
    }
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name
        connection.settings_dict["OPTIONS"] = options
        connection.connection = in_memory
