"""The tables of the last run on SQLite, to begin with: making them takes as long as many tests.

They are in VAR_DIR, under a name that changes with every migration.
"""

import hashlib
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings


def kept_tables() -> Path | None:
    """Where the tables of these migrations are or will be kept; None outside of Django."""
    if not apps.ready:
        return None
    digest = hashlib.sha256(django.__version__.encode())
    for app in sorted(apps.get_app_configs(), key=lambda app: app.label):
        for file in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(app.label.encode() + file.name.encode() + file.read_bytes())
    return Path(settings.VAR_DIR) / f"migrated-{digest.hexdigest()[:16]}.sqlite3"
