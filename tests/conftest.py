"""What every test gets: its own folder for files, an empty cache, and Dutch as the language."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import translation
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _own_surroundings(settings: Settings, tmp_path: Path) -> Iterator[None]:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
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
