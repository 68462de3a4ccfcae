"""The project. Importing it makes the source root `requests/` importable.

The folder is appended, never inserted: a name that PyPI also has must stay PyPI's. Why it is a
source root and not a package is told in docs/decisions/0001-the-requests-folder.md.
"""

import sys
from pathlib import Path

_SOURCE_ROOT = str(Path(__file__).resolve().parent.parent / "requests")
if _SOURCE_ROOT not in sys.path:
    sys.path.append(_SOURCE_ROOT)

from server.celery import app as celery_app  # noqa: E402 - the source root has to be there first

__all__ = ["celery_app"]
