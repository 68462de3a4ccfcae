"""The loop that empties the outbox, as the real processes that run it."""

import signal
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from tests.installs import Install, free_port


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Install]:
    with Install(tmp_path_factory.mktemp("worker"), LOG_LEVEL="INFO") as install:
        yield install


@pytest.fixture
def install(made: Install) -> Install:
    """One install for all, on which the clock has not run yet."""
    made.write("DELETE FROM notifications_periodicrun")
    return made


def the_clock_ran(install: Install) -> bool:
    return install.rows("SELECT count(*) FROM notifications_periodicrun") != [(0,)]


def wait_until(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "did not happen in time"
        time.sleep(0.05)


def test_the_drain_waits_for_a_database_that_is_away_and_says_so_once(install: Install) -> None:
    database = install.folder / "var" / "doe-het-gewoon.sqlite3"
    drain = install.start(sys.executable, "manage.py", "drain")
    wait_until(lambda: the_clock_ran(install))

    # A folder in its place can't be opened.
    database.rename(install.folder / "elsewhere")
    database.mkdir()
    wait_until(lambda: "the database is away" in install.said())
    time.sleep(1.5)
    database.rmdir()
    (install.folder / "elsewhere").rename(database)
    wait_until(lambda: "the database is back" in install.said())

    assert install.said().count("the database is away") == 1
    drain.send_signal(signal.SIGTERM)
    assert drain.wait(5) == 0


def test_a_celery_worker_sweeps_while_its_broker_is_away(install: Install) -> None:
    install.env["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    worker = install.start_worker()
    wait_until(lambda: the_clock_ran(install))
    assert worker.poll() is None


def test_draining_once_says_how_much_it_tried_and_ends(install: Install) -> None:
    assert install.manage("drain", "--once") == "0 deliveries tried\n"
    assert the_clock_ran(install)
