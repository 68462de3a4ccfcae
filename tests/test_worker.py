"""The loop that empties the outbox, as the real processes that run it."""

import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.installs import Install, free_port

pytestmark = pytest.mark.thorough


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


def wait_until(install: Install, condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, install.said()
        time.sleep(0.05)


@pytest.mark.postgres
def test_the_drain_waits_for_a_database_that_is_away_and_says_so_once(tmp_path: Path) -> None:
    with Install(tmp_path, postgres=True, LOG_LEVEL="INFO") as install:
        server, _, name = install.env["DATABASE_URL"].rpartition("/")
        drain = install.start(sys.executable, "manage.py", "drain")
        wait_until(install, lambda: the_clock_ran(install))

        with psycopg.connect(f"{server}/postgres", autocommit=True) as postgres:
            closed = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            ended = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            postgres.execute(closed.format(sql.Identifier(name), sql.SQL("false")))
            postgres.execute(ended, [name])
            wait_until(install, lambda: "the database is away" in install.said())
            time.sleep(1.5)
            postgres.execute(closed.format(sql.Identifier(name), sql.SQL("true")))
        wait_until(install, lambda: "the database is back" in install.said())

        assert install.said().count("the database is away") == 1
        drain.send_signal(signal.SIGTERM)
        assert drain.wait(5) == 0


def test_the_drain_ends_at_once_when_it_has_nothing_to_send(install: Install) -> None:
    drain = install.start(sys.executable, "manage.py", "drain")
    wait_until(install, lambda: the_clock_ran(install))
    drain.send_signal(signal.SIGTERM)
    assert drain.wait(5) == 0


def test_a_celery_worker_sweeps_while_its_broker_is_away(install: Install) -> None:
    install.env["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"
    worker = install.start_worker()
    wait_until(install, lambda: the_clock_ran(install))
    assert worker.poll() is None


def test_draining_once_says_how_much_it_tried_and_ends(install: Install) -> None:
    assert install.manage("drain", "--once") == "0 deliveries tried\n"
    assert the_clock_ran(install)
