"""The tickets of django-helpdesk, asked in its own environment: bench.queue starts this file.

It knows nothing of our code. A project of its own is made from settings written here, on the
database that HELPDESK_DATABASE names, with one staff member, six queues, and as many tickets as
asked, one comment each. Then it answers like the other measuring processes: see bench/queue.py.
"""

# It is about packages that our environment does not have, and its SQL is our own.
# mypy: ignore-errors
# ruff: noqa: S608

import argparse
import base64
import json
import os
import sys
import time

# Beside this file lies our queue.py, which Python would take for its own.
sys.path.pop(0)

PAGE = 25
COMMON = "internet"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("size", type=int)
    options = parser.parse_args()
    _set_up()
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from helpdesk.models import Ticket

    if not Ticket.objects.exists():
        _fill(options.size)
    print("filled", flush=True)
    _measure()


def _set_up() -> None:
    from django.conf import settings

    user, _at, rest = os.environ["HELPDESK_DATABASE"].partition("://")[2].rpartition("@")
    place, _slash, name = rest.partition("/")
    host, _colon, port = place.partition(":")
    settings.configure(
        SECRET_KEY="of-no-use-outside-this-bench",
        ALLOWED_HOSTS=["testserver"],
        ROOT_URLCONF="__main__",
        USE_TZ=True,
        SITE_ID=1,
        STATIC_URL="/static/",
        MEDIA_URL="/media/",
        LOGIN_URL="/login/",
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        HELPDESK_TEAMS_MODE_ENABLED=False,
        HELPDESK_ACTIVATE_API_ENDPOINT=True,
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": name,
                "HOST": host,
                "PORT": port or "5432",
                "USER": user.partition(":")[0],
                "PASSWORD": user.partition(":")[2],
                "CONN_MAX_AGE": 600,
            }
        },
        INSTALLED_APPS=[
            "django.contrib.admin",
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "django.contrib.messages",
            "django.contrib.sites",
            "django.contrib.humanize",
            "django.contrib.staticfiles",
            "rest_framework",
            "helpdesk",
        ],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.common.CommonMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
            "django.contrib.messages.middleware.MessageMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                        "django.contrib.messages.context_processors.messages",
                    ]
                },
            }
        ],
    )


def _urls() -> list:
    from django.contrib.auth.views import LoginView
    from django.urls import include, path

    return [
        path("login/", LoginView.as_view(), name="login"),
        path("", include("helpdesk.urls", namespace="helpdesk")),
    ]


def __getattr__(name: str) -> list:
    """Django asks this module for its addresses once it is set up, and not before."""
    if name == "urlpatterns":
        return _urls()
    raise AttributeError(name)


def _fill(size: int) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from helpdesk.models import FollowUp, Queue, Ticket

    staff = get_user_model().objects.create_superuser("staff", "staff@example.org", "staff")
    queues = [Queue.objects.create(title=f"Queue {n}", slug=f"queue-{n}").pk for n in range(6)]
    with connection.cursor() as cursor:
        _insert(
            cursor,
            Ticket,
            {
                "title": "'Vraag ' || g",
                "queue_id": f"(ARRAY{queues})[1 + mod(g, 6)]",
                "created": "timestamptz '2025-11-01' + make_interval(secs => g * 30)",
                "modified": "timestamptz '2025-11-01' + make_interval(secs => g * 30)",
                "submitter_email": "'customer-' || g || '@example.org'",
                # A quarter is open, as with ours.
                "assigned_to_id": f"CASE WHEN mod(g, 60) = 0 THEN {staff.pk} END",
                "status": "CASE WHEN mod(g, 4) = 0 THEN 1 ELSE 4 END",
                "description": (
                    "'Mijn buurvrouw heeft sinds ' || (ARRAY['maandag', 'gisteren', 'vorige week'])"
                    "[1 + mod(g, 3)] || CASE mod(g, 2) WHEN 0 THEN ' geen internet' ELSE ' blokjes"
                    " op televisie' END || '. Het adres is Wilgenlaan ' || g || '. Wie kan bellen?'"
                ),
                "secret_key": "md5(g::text)",
            },
            size,
        )
        _insert(
            cursor,
            FollowUp,
            {
                "ticket_id": "g + 1",
                "date": "timestamptz '2025-11-01' + make_interval(secs => g * 30 + 600)",
                "title": "'Antwoord'",
                "comment": "'We kijken ernaar. ' || g",
            },
            size,
        )
        cursor.execute("VACUUM ANALYZE")


def _insert(cursor, model, columns: dict, size: int) -> None:
    """These columns from the number g; the others as the model says."""
    from django.db import connection

    names, parts, values = [], [], []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        names.append(f'"{field.column}"')
        if field.column in columns:
            parts.append(columns[field.column])
        else:
            parts.append(f"%s::{field.db_type(connection)}")
            values.append(field.get_db_prep_save(field.get_default(), connection))
    cursor.execute(
        f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {', '.join(parts)} "
        f"FROM generate_series(0, {size - 1}) AS g",
        values,
    )


def _measure() -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    client = Client()
    client.force_login(get_user_model().objects.get(username="staff"))
    shown = {"filtering": {"status__in": [1, 2]}, "sorting": "created", "search_string": ""}
    common = {**shown, "filtering": {}, "search_string": COMMON}
    pages = {
        "list: page": ["/tickets/"],
        # What the browser asks for next: without it the page has no tickets on it.
        "list: page and its rows": ["/tickets/", _rows(shown)],
        "search, common": [_rows(common)],
        "search, rare": [_rows({**common, "search_string": "Wilgenlaan 77."})],
        "API: list": [f"/api/tickets/?page_size={PAGE}"],
        "a ticket": ["/tickets/5/"],
    }
    for label, paths in pages.items():
        print(label, flush=True)
        took = []
        queries = 0

        def count(execute, sql, parameters, many, context):
            nonlocal queries
            queries += 1
            return execute(sql, parameters, many, context)

        while sys.stdin.readline().strip() != "enough":
            queries = 0
            began = time.perf_counter()
            with connection.execute_wrapper(count):
                for path in paths:
                    answer = client.get(path)
                    assert answer.status_code == 200, (path, answer.status_code)
            took.append((time.perf_counter() - began) * 1000)
            print(flush=True)
        print(json.dumps({"took": took, "queries": queries}), flush=True)
    print(flush=True)


def _rows(query: dict) -> str:
    text = base64.b64encode(json.dumps(query).encode()).decode()
    return f"/datatables_ticket_list/{text}?draw=1&start=0&length={PAGE}"


if __name__ == "__main__":
    main()
