"""Sizes asked in turn: a process per size, because settings are per process, call by call.

Whatever else the machine does slows all of them alike. A process says "filled"; per page its name,
a line after each call, and its JSON; no name at the end. See `serve`.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from typing import Any

from tests.installs import ROOT, Install

# A page that takes longer is asked less often; so many seconds for each at all sizes together.
PATIENCE = 12.0
# What takes longer than so many seconds is asked once.
TOO_LONG = 60.0
MANY = 2_000
# Pages with at least this share of the rows are compared.
ALIKE = 0.9

Child = subprocess.Popen[str]
Found = dict[str, list[dict[str, Any]]]


def started(stack: ExitStack, install: Install, command: Sequence[str]) -> Child:
    """A measuring process on the database of `install`, once it is filled."""
    child = subprocess.Popen(
        command, cwd=ROOT, env=install.env, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    stack.callback(child.wait)
    stack.callback(child.kill)
    line(child)
    return child


def set_up() -> None:
    """Django in a measuring process: its own test client may ask, without collected files."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "server.settings")
    django.setup()
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["testserver"]
    plain = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": plain}}


def asked_in_turn(children: list[Child], repeats: int, patience: float = PATIENCE) -> Found:
    """Per page what each size said."""
    found: Found = {}
    while True:
        labels = [line(child) for child in children]
        if not labels[0]:
            return found
        began = time.monotonic()
        for turn in range(repeats + 1):
            # The first is to get warm; it is not counted. Two more there always are.
            spent = time.monotonic() - began
            if (turn > 2 and spent > patience * len(children)) or (turn == 1 and spent > TOO_LONG):
                break
            for child in children:
                say(child, "again")
                line(child)
        for child in children:
            say(child, "enough")
        found[labels[0]] = [json.loads(line(child)) for child in children]


def say(child: Child, word: str) -> None:
    assert child.stdin is not None
    child.stdin.write(f"{word}\n")
    child.stdin.flush()


def line(child: Child) -> str:
    assert child.stdout is not None
    said = child.stdout.readline()
    if not said:
        raise RuntimeError("a measuring process ended early")
    return said.rstrip("\n")


def half(page: dict[str, Any]) -> float:
    """The milliseconds that half of the calls took, without the first."""
    return float(statistics.median(_counted(page)))


def _counted(page: dict[str, Any]) -> list[float]:
    took: list[float] = page["took"]
    return took[1:] or took


def print_pages(whose: str, sizes: list[int], found: Found) -> None:
    """The ratio is to the smallest size whose page holds about as many rows: a page with fewer of
    them is quicker, whatever it costs to find them.
    """
    head = "".join(f"{f'p50/p95 at {size:,}':>22}" for size in sizes)
    print(f"\n{whose + ', ms':34}queries{head}  ratio   rows  besides an index")
    for label, pages in found.items():
        told = ""
        for page in pages:
            took = _counted(page)
            slow = statistics.quantiles(took, n=20)[-1] if len(took) > 1 else took[0]
            told += f"{half(page):13.1f} /{min(slow, max(took)):7.1f}"
        queries = max(page["queries"] for page in pages)
        rows = [page.get("rows", 0) for page in pages]
        like = next(place for place, many in enumerate(rows) if many >= ALIKE * rows[-1])
        alone = like == len(sizes) - 1
        ratio = "      -" if alone else f"{half(pages[-1]) / half(pages[like]):7.2f}"
        of_which = f" to {sizes[like]:,}" if like and not alone else ""
        told += f"{ratio}{of_which}   {'/'.join(map(str, rows))}"
        print(f"{label:34}{queries:7}{told}  {pages[-1].get('plan', '')}")


def serve(pages: Iterable[tuple[str, Callable[[], Any], int]]) -> None:
    """Ask a page for each "again" on stdin, and look at its status; see `asked_in_turn`."""
    for label, ask, status in pages:
        print(label, flush=True)
        took: list[float] = []
        while sys.stdin.readline().strip() != "enough":
            began = time.perf_counter()
            answer = ask()
            if answer.streaming:
                list(answer.streaming_content)
            took.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == status, (label, answer.content[:2000])
            print(flush=True)
        facts = {"took": took, "rows": _rows_of(answer), **plan_of(ask)}
        print(json.dumps(facts), flush=True)
    print(flush=True)


def _rows_of(answer: Any) -> int:
    """How many rows a page has, or a list of the API."""
    if answer.streaming or answer.status_code != 200:
        return 0
    if "json" in answer["Content-Type"]:
        facts = answer.json()
        return len(facts.get("items", ())) if isinstance(facts, dict) else len(facts)
    return int(answer.content.count(b"<li") + answer.content.count(b"<tr"))


def plan_of(ask: Callable[[], Any]) -> dict[str, Any]:
    """How many queries a page takes, and what they do besides following an index."""
    from django.db import connection

    asked: list[tuple[str, Any]] = []

    def remember(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        asked.append((sql, parameters))
        return execute(sql, parameters, many, context)

    with connection.execute_wrapper(remember):
        ask()
    besides: set[str] = set()
    for sql, parameters in asked:
        if not sql.startswith(("SELECT", "WITH")):
            continue
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", parameters)
            besides |= set(_large_steps(cursor.fetchone()[0][0]["Plan"]))
    return {"queries": len(asked), "plan": "; ".join(sorted(besides))}


def _large_steps(step: dict[str, Any]) -> Iterator[str]:
    """The steps of PostgreSQL's plan that sorted, or read in the table's order, many rows."""
    below = step.get("Plans", [])
    rows = sum(each["Actual Rows"] for each in below) + step.get("Rows Removed by Filter", 0)
    if rows > MANY and step["Node Type"] in {"Sort", "Seq Scan"}:
        yield f"{step['Node Type']} of {rows:,.0f} rows"
    for each in below:
        yield from _large_steps(each)
