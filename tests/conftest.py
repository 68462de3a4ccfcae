"""What every test gets: its own folder for files, an empty cache, and Dutch as the language."""

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from server.accounts.models import Team, User
from tests.factories import make_agent, make_team, make_topic
from tests.migrated import kept_tables
from tests.threads import database_for_threads

# How long Hypothesis looks: `pytest --hypothesis-profile=thorough` takes minutes.
hypothesis_settings.register_profile(
    "fast", max_examples=30, stateful_step_count=25, deadline=None, database=None
)
# For a second look at what was looked at well already, on another database.
hypothesis_settings.register_profile(
    "brief", max_examples=8, stateful_step_count=20, deadline=None, database=None
)
hypothesis_settings.register_profile(
    "thorough", max_examples=500, stateful_step_count=60, deadline=None, database=None
)
hypothesis_settings.load_profile("fast")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL's way of locking where the tests run on SQLite; and on
    PostgreSQL what never sees a database, which the run on SQLite has told already.

    What starts programs mostly waits for them, and comes first: at the end it would wait alone.
    """
    if connection.vendor == "postgresql":
        left_out = [item for item in items if not _meets_a_database(item)]
    else:
        left_out = [item for item in items if item.get_closest_marker("postgres")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    items.sort(key=lambda item: not _starts_programs(item))


def _starts_programs(item: pytest.Item) -> bool:
    """Whether it uses installs of its own, and not the database of the tests."""
    own = any(item.get_closest_marker(name) for name in ("postgres", "slow"))
    return own and not (item.get_closest_marker("django_db") or _asks_for_rows(item))


def _meets_a_database(item: pytest.Item) -> bool:
    """Whether a test reads or writes rows, or starts a program that does."""
    if any(item.get_closest_marker(name) for name in ("django_db", "postgres", "slow", "browser")):
        return True
    return _asks_for_rows(item)


def _asks_for_rows(item: pytest.Item) -> bool:
    return bool({"db", "transactional_db"} & set(getattr(item, "fixturenames", ())))


@pytest.fixture(scope="session")
def _migrated(django_db_modify_db_settings_parallel_suffix: None) -> Iterator[Path | None]:
    """On SQLite the tables come from a copy of the last run's. Yields where to leave them for the
    next run, where there was none.
    """
    kept = kept_tables()
    if connection.vendor != "sqlite" or connection.settings_dict["TEST"]["NAME"] or kept is None:
        yield None
        return
    if not kept.exists():
        yield kept
        return
    # The name that Django gives it. A database in memory lives as long as somebody has it open.
    memory = sqlite3.connect("file:memorydb_default?mode=memory&cache=shared", uri=True)
    with closing(memory), closing(sqlite3.connect(kept)) as source:
        source.backup(memory)
        yield None


@pytest.fixture(scope="session")
def django_db_modify_db_settings(_migrated: Path | None) -> None:
    """pytest-django asks for this before it makes the database."""


@pytest.fixture(scope="session")
def django_db_setup(
    _migrated: Path | None, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """Tests empty tables, which the audit trail's triggers refuse; tests/test_audit.py has them.

    Fails where the migrations left a trigger out.
    """
    with django_db_blocker.unblock():
        if _migrated:
            _keep(_migrated)
        with connection.schema_editor() as editor:
            import_module("server.accounts.migrations.0004_audit_only_added").backward(None, editor)
    if connection.vendor == "postgresql":
        # Django would TRUNCATE, which makes a new file for each of hundreds of tables and indexes.
        setattr(connection.ops, "sql_flush", _emptied)  # noqa: B010 - mypy minds an assignment


def _emptied(style: object, tables: Iterable[str], **_options: bool) -> list[str]:
    """Statements that empty these tables; keys between them are only looked at at the end."""
    return ["; ".join(f"DELETE FROM {connection.ops.quote_name(table)}" for table in tables)]  # noqa: S608


def _keep(path: Path) -> None:
    """Leave the tables as they are for the next run, in the place of older ones."""
    path.parent.mkdir(parents=True, exist_ok=True)
    for old in path.parent.glob("migrated-*.sqlite3"):
        old.unlink(missing_ok=True)
    whole = path.with_suffix(f".{os.getpid()}")
    with closing(sqlite3.connect(whole)) as target:
        connection.cursor()  # opens it
        connection.connection.backup(target)
    whole.replace(path)


@pytest.fixture
def _threads(transactional_db: None, tmp_path: Path) -> Iterator[None]:
    """For tests with several threads: they meet in the database as they do outside tests."""
    with database_for_threads(tmp_path):
        yield


def _own_redis(address: str) -> str:
    """A database of Redis for this process, counted on from the one given."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    server, _slash, number = address.rpartition("/")
    return f"{server}/{int(number) + int(worker)}"


@pytest.fixture(autouse=True)
def _own_surroundings(settings: Settings, tmp_path: Path) -> Iterator[None]:
    if settings.REDIS_URL:
        # Tests empty the cache; each process its own.
        own = _own_redis(settings.REDIS_URL)
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": own}}
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    # The tests read what was sent from the mailbox, also on the database of an install at scale.
    settings.EMBEDDED = True
    settings.SECOND_FACTOR = "OFFERED"
    # Django's test runner would put its own in place of the one under test.
    settings.EMAIL_BACKEND = "notifications.channels.kept.EmailBackend"
    # Hashing passwords well is slow on purpose; no test is about how slow.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    cache.clear()
    translation.activate("nl")
    yield
    translation.activate("nl")


# Where most tests of the desk begin; a module that begins elsewhere has its own of this name.


@pytest.fixture
def team() -> Team:
    team = make_team("internet")
    make_topic(team, "wifi")
    return team


@pytest.fixture
def daan(team: Team) -> User:
    return make_agent(team, "Daan Bakker")
