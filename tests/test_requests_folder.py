"""The folder `requests/` must never get in the way of PyPI's package of that name."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)


def test_the_folder_is_no_package() -> None:
    assert (ROOT / "requests").is_dir()
    assert not (ROOT / "requests" / "__init__.py").exists()
    assert (ROOT / "requests" / "customer_requests" / "__init__.py").exists()


def test_firebase_admin_got_the_library_and_not_our_folder() -> None:
    """In a new process that starts in the root, as manage.py and the worker do."""
    script = (
        "import server, requests, requests.adapters, firebase_admin.messaging, customer_requests\n"
        "print(requests.__file__)\nprint(customer_requests.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    library, ours = map(Path, done.stdout.split())
    assert ROOT / "requests" not in library.parents
    assert ours == ROOT / "requests" / "customer_requests" / "__init__.py"


def test_our_folder_comes_last_where_python_looks() -> None:
    found = [place for place, path in enumerate(sys.path) if Path(path) == ROOT / "requests"]
    packages = [
        place for place, path in enumerate(sys.path) if path.endswith(("site-packages", "lib"))
    ]
    assert len(found) == 1
    assert found[0] > max(packages)
