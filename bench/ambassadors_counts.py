"""Does the counts page cost the same as the company and its history grow?

`python -m bench.ambassadors_counts` fills a PostgreSQL database per size (people, months) with the
same 40 departments, a tenth of the people ambassadors, and asks the page, its sheet and the API's
counts in turn. Printed per size: milliseconds (half of them less), queries, and what counting and
closing a month takes the worker. `--large` for 200,000 employees and five years.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tests.installs import ROOT, Install

QUICK, LARGE = [(3_000, 6), (12_000, 12)], [(3_000, 6), (200_000, 60)]
DEPARTMENTS = 40
# People, where they were, who takes part, and what a fifth of those did this month.
FILL = """
INSERT INTO accounts_department (id, name)
SELECT gen_random_uuid(), 'Afdeling ' || d FROM generate_series(1, {departments}) d;
CREATE TEMP TABLE dep AS SELECT id, row_number() OVER () - 1 AS n FROM accounts_department;
INSERT INTO accounts_user (id, password, is_superuser, email, name, language, time_zone,
    department_id, is_active, is_staff, joined_at)
SELECT gen_random_uuid(), '', false, 'p' || i || '@example.org', 'Persoon ' || i, 'nl',
    'Europe/Amsterdam', dep.id, true, false, now() - interval '{months} months'
FROM generate_series(1, {people}) i JOIN dep ON dep.n = i % {departments};
CREATE TEMP TABLE who AS SELECT id, department_id, joined_at, row_number() OVER () AS n
FROM accounts_user;
INSERT INTO accounts_placement (user_id, department_id, begins_at)
SELECT id, department_id, joined_at FROM who ON CONFLICT DO NOTHING;
INSERT INTO ambassadors_optin (user_id, begins_at) SELECT id, joined_at FROM who WHERE n % 10 = 0;
INSERT INTO ambassadors_acceptance (version_id, user_id, at)
SELECT v.id, who.id, now() - interval '1 day' FROM who, ambassadors_policyversion v
WHERE n % 10 = 0;
INSERT INTO ambassadors_certificate (id, user_id, course_id, version_id, number, issued_at,
    expires_at, revoked_because, credential)
SELECT gen_random_uuid(), who.id, c.course_id, c.id, n, joined_at, now() + interval '90 days',
    '', '{{}}' FROM who, ambassadors_courseversion c WHERE n % 10 = 0;
INSERT INTO ambassadors_ownpost (id, user_id, kind, network, permalink, fingerprint, posted_at)
SELECT gen_random_uuid(), who.id, 'post', 'x', '', '', now() - m * interval '1 month'
FROM who, generate_series(0, {months} - 1) m WHERE n % 50 = 0;
ANALYZE;
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--large", action="store_true", help="200,000 employees and five years")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--inside", type=int, nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        print(json.dumps(_inside(*options.inside)))
        return
    print(f"{'people':>8} {'months':>6}  what: milliseconds (queries)")
    for people, months in LARGE if options.large else QUICK:
        with (
            tempfile.TemporaryDirectory() as folder,
            Install(Path(folder), postgres=True) as install,
        ):
            inside = [str(number) for number in (people, months, options.repeats)]
            done = subprocess.run(
                [sys.executable, "-m", "bench.ambassadors_counts", "--inside", *inside],
                cwd=ROOT, env=install.env, stdout=subprocess.PIPE, text=True, check=True,
            )  # fmt: skip
        found = json.loads(done.stdout.splitlines()[-1])
        told = ", ".join(f"{what}: {ms:.0f} ({queries})" for what, (ms, queries) in found.items())
        print(f"{people:>8,} {months:>6}  {told}", flush=True)


def _inside(people: int, months: int, repeats: int) -> dict[str, tuple[float, int]]:
    """{what: (milliseconds, queries)} in this process's database."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    settings.ALLOWED_HOSTS = ["testserver"]
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}
    from ambassadors.models import Course, CourseVersion
    from ambassadors.models.counts import store, store_due
    from ambassadors.models.headcount import month_of
    from tests.champions import make_policy
    from tests.clients import Api
    from tests.factories import make_person

    editor = make_person("Noor", roles=["editor"])
    make_policy(editor)
    course = Course.objects.create(slug="bench")
    CourseVersion.objects.create(
        course=course, number=1, content={}, published_at=course.created_at
    )
    with connection.cursor() as cursor:
        cursor.execute(FILL.format(people=people, months=months, departments=DEPARTMENTS))
    found: dict[str, tuple[float, int]] = {}
    began = time.perf_counter()
    closed = 0
    while len(done := store_due()) > 1:
        closed += len(done)
    found["closing a month"] = ((time.perf_counter() - began) * 1000 / max(closed, 1), 0)
    began = time.perf_counter()
    store(month_of())
    found["counting this month"] = ((time.perf_counter() - began) * 1000, 0)
    browser, api = Client(), Api(editor)
    browser.force_login(editor, settings.AUTHENTICATION_BACKENDS[0])
    asked: dict[str, Any] = {
        "page": lambda: browser.get("/champions/"),
        "sheet": lambda: browser.get("/champions/figures.csv"),
        "API": lambda: api.get("/ambassadors/counts"),
    }
    for what, ask in asked.items():
        took = []
        for _repeat in range(repeats):
            began = time.perf_counter()
            assert ask().status_code == 200
            took.append((time.perf_counter() - began) * 1000)
        with CaptureQueriesContext(connection) as queries:
            ask()
        found[what] = (statistics.median(took), len(queries))
    return found


if __name__ == "__main__":
    main()
