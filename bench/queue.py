"""Whether a page of the desk's queue costs the same at 1,000 and at 200,000 requests.

`python -m bench.queue` fills a database of its own per size, on SQLite and on PostgreSQL, with
requests over 6 teams, and asks `GET /desk/requests` through the whole of Django for an agent of
three teams, one of one team and one of a quiet team, which has ten open requests and a long
history. In the other teams a quarter is open. Asked are the first page and, by its cursors, the
100th, or the last full one where there are fewer. Printed: milliseconds per page as the median of
`--repeats` and the rows on it, the ratio of the last size to the first on the same database, and
what the database's own plan at the last size does besides following an index, which a busy machine
does not change. A page that is not full at 1,000 says nothing by its ratio.
"""

import argparse
import itertools
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and would take this one for its
    # own `queue`.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tests.installs import ROOT, Install

TEAMS, TOPICS_PER_TEAM, AGENTS_PER_TEAM = 6, 3, 10
PAGE, DEEP = 50, 100
MANY = 2_000
SCENES = {
    "open, due": "",
    "open, newest": "order=newest",
    "mine": "assignee=me",
    "unheld": "assignee=none",
    "one topic": "topic=topic-0-0",
    "received": "status=received",
    "closed": "status=closed",
    "closed, newest": "status=closed&order=newest",
}
ONLY_SEVERAL = {"one topic", "closed"}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[1_000, 200_000])
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--databases", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options.inside, options.repeats)
        return
    for database in options.databases:
        with ExitStack() as stack:
            children = [_filled(stack, database, size, options.repeats) for size in options.sizes]
            _print(database, options.sizes, _asked_in_turn(children, options.repeats))


def _filled(stack: ExitStack, database: str, size: int, repeats: int) -> "subprocess.Popen[str]":
    """A process with a database of one size, ready to be asked: settings are per process."""
    began = time.monotonic()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    install = stack.enter_context(Install(folder, postgres=database == "postgresql"))
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.queue", f"--inside={size}", f"--repeats={repeats}"],
        cwd=ROOT, env=install.env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    stack.callback(child.wait)
    stack.callback(child.kill)
    _line(child)
    print(f"{database}, {size:,}: filled in {time.monotonic() - began:.0f} s", flush=True)
    return child


def _asked_in_turn(
    children: "list[subprocess.Popen[str]]", repeats: int
) -> dict[str, list[dict[str, Any]]]:
    """Per page what each size said. They take turns call by call, so that what else the machine
    does slows them alike.
    """
    found: dict[str, list[dict[str, Any]]] = {}
    while True:
        labels = [_line(child) for child in children]
        if not labels[0]:
            return found
        for _ in range(repeats):
            for child in children:
                assert child.stdin is not None
                child.stdin.write("\n")
                child.stdin.flush()
                _line(child)
        found[labels[0]] = [json.loads(_line(child)) for child in children]


def _line(child: "subprocess.Popen[str]") -> str:
    assert child.stdout is not None
    line = child.stdout.readline()
    if not line:
        raise RuntimeError("a measuring process ended early")
    return line.rstrip("\n")


def _print(database: str, sizes: list[int], found: dict[str, list[dict[str, Any]]]) -> None:
    head = "".join(f"{f'{size:,}':>9} rows" for size in sizes)
    print(f"\n{database + ', ms per page':34}{head}  ratio  besides an index")
    for label, pages in found.items():
        line = "".join(f"{page['ms']:9.1f}{page['rows']:>5}" for page in pages)
        ratio = pages[-1]["ms"] / pages[0]["ms"]
        print(f"{label:34}{line}{ratio:7.2f}  {pages[-1]['plan']}")


def _inside(size: int, repeats: int) -> None:
    """Fill this process's database, then measure one call per line on stdin.

    Says "filled"; per page its name, a line after each call, and its JSON; no name at the end.
    """
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    from django.conf import settings

    from server.accounts.models import TeamMember, User
    from tests.clients import Api

    settings.ALLOWED_HOSTS = ["testserver"]
    _fill(size)
    several = User.objects.get(email="agent-0-0@example.org")
    one = User.objects.get(email="agent-1-1@example.org")
    quiet = User.objects.get(email="agent-5-1@example.org")
    assert TeamMember.objects.filter(user=several).count() == 3
    print("filled", flush=True)
    for people, agent in (("3 teams", several), ("1 team", one), ("quiet team", quiet)):
        api = Api(agent)
        for name, query in SCENES.items():
            if people != "3 teams" and name in ONLY_SEVERAL:
                continue
            path = f"/desk/requests?limit={PAGE}&{query}"
            for page, cursor in (("1st", ""), ("100th", _cursor(api, path))):
                deep = f"{path}&cursor={cursor}" if cursor else path
                print(f"{people}, {name}, {page}", flush=True)
                facts = {
                    "ms": _median(api, deep, repeats),
                    "rows": len(api.get(deep).json()["items"]),
                    "plan": _plan(api, deep),
                }
                print(json.dumps(facts), flush=True)
    print(flush=True)


def _cursor(api: Any, path: str) -> str:
    """The cursor of page `DEEP`, or of the last page before it that is full."""
    cursor = ""
    for _ in range(DEEP - 1):
        answer = api.get(f"{path}&cursor={cursor}" if cursor else path).json()
        if not answer["next"] or len(answer["items"]) < PAGE:
            break
        cursor = answer["next"]
    return cursor


def _median(api: Any, path: str, repeats: int) -> float:
    took = []
    for _ in range(repeats):
        sys.stdin.readline()
        began = time.perf_counter()
        answer = api.get(path)
        took.append((time.perf_counter() - began) * 1000)
        print(flush=True)
        assert answer.status_code == 200, answer.content
    return statistics.median(took)


def _plan(api: Any, path: str) -> str:
    """What the page's own queries do besides following an index to their rows.

    The last query of a page of several teams fetches its rows by their ids and sorts those.
    """
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(remember):
        api.get(path)
    besides: set[str] = set()
    for sql, parameters in asked:
        if "customer_requests_customerrequest" not in sql or '."id" IN (' in sql:
            continue
        with connection.cursor() as cursor:
            # With its parameters apart, as it was asked: written into the text SQLite plans better.
            if connection.vendor == "sqlite":
                cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
                lines = [str(row[3]) for row in cursor.fetchall()]
                besides |= {line for line in lines if "TEMP B-TREE" in line}
                besides |= {line for line in lines if line.startswith("SCAN ")}
            else:
                cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
                besides |= set(_large_steps(cursor.fetchone()[0][0]["Plan"]))
    return "; ".join(sorted(besides))


def _large_steps(step: dict[str, Any]) -> Iterator[str]:
    """The steps of PostgreSQL's plan that sorted, or read in the table's order, many rows."""
    below = step.get("Plans", [])
    rows = sum(each["Actual Rows"] for each in below) + step.get("Rows Removed by Filter", 0)
    if rows > MANY and step["Node Type"] in {"Sort", "Seq Scan"}:
        yield f"{step['Node Type']} of {rows:,} rows"
    for each in below:
        yield from _large_steps(each)


def _fill(size: int) -> None:
    from django.db import connection, transaction

    from customer_requests.models import CustomerRequest
    from server.accounts.models import TeamMember
    from tests.factories import make_agent, make_person, make_team, make_topic

    teams = [make_team(f"team-{number}") for number in range(TEAMS)]
    topics = [
        [make_topic(team, f"topic-{number}-{each}") for each in range(TOPICS_PER_TEAM)]
        for number, team in enumerate(teams)
    ]
    agents = [
        [
            make_agent(team, email=f"agent-{number}-{each}@example.org")
            for each in range(AGENTS_PER_TEAM)
        ]
        for number, team in enumerate(teams)
    ]
    for team in teams[1:3]:
        TeamMember.objects.create(team=team, user=agents[0][0])
    employees = [make_person() for _ in range(20)]
    rng = random.Random(20)
    rows = (
        CustomerRequest(
            **_row(rng, number, teams, topics, agents, employees[number % len(employees)])
        )
        for number in range(size)
    )
    # Not bulk_create: on SQLite it takes an INSERT per 20 of these wide rows.
    fields = CustomerRequest._meta.concrete_fields
    names = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    table = connection.ops.quote_name(CustomerRequest._meta.db_table)
    insert = f"INSERT INTO {table} ({names}) VALUES ({places})"  # noqa: S608 - our own names
    with connection.cursor() as cursor:
        for batch in _batches(rows, 10_000):
            with transaction.atomic():
                cursor.executemany(
                    insert,
                    [
                        [
                            field.get_db_prep_save(getattr(row, field.attname), connection)
                            for field in fields
                        ]
                        for row in batch
                    ],
                )
        cursor.execute("ANALYZE")


def _row(
    rng: random.Random, number: int, teams: Any, topics: Any, agents: Any, employee: Any
) -> dict[str, Any]:
    """The columns of a believable request: a quarter is open, and half of those are held."""
    from customer_requests.models.base import FAR

    team = number % TEAMS
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=number * 30 + rng.random())
    status = rng.choices(
        ["received", "in_progress", "waiting", "solved", "closed", "withdrawn"],
        [13, 9, 3, 10, 60, 5],
    )[0]
    if team == TEAMS - 1:  # the quiet one: a long history, and its oldest ten are still open
        status = "received" if number < TEAMS * 10 else "closed"
    is_open = status in {"received", "in_progress", "waiting"}
    ended = status in {"closed", "withdrawn"}
    held = status not in {"received", "withdrawn"}
    return {
        "id": UUID(int=rng.getrandbits(128), version=4),
        "reference": f"DHG-{number:08d}",
        "topic": topics[team][number // TEAMS % TOPICS_PER_TEAM],
        "team": teams[team],
        "employee": employee,
        "agent": rng.choice(agents[team]) if held else None,
        "status": status,
        "waiting_on": "customer" if status == "waiting" else "",
        "closed_as": "confirmed" if status == "closed" else "",
        "closed_at": created + timedelta(days=3) if ended else None,
        "solved_at": created + timedelta(days=2) if status in {"solved", "closed"} else None,
        "question": "Mijn buurvrouw heeft sinds maandag geen internet. " * 4,
        "customer_name": "Mevrouw Jansen",
        "customer_email": f"customer-{number}@example.org",
        "customer_channel": "email",
        "fingerprint": uuid4().hex * 2,
        "created_at": created,
        "updated_at": created,
        "queue_due": created + timedelta(hours=8 + rng.random() * 60) if is_open else FAR,
    }


def _batches(rows: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(itertools.islice(rows, size)):
        yield batch


if __name__ == "__main__":
    main()
