"""What short links cost, and whether ambassadors' figures stay as cheap as company and clicks grow.

`python -m bench.ambassadors` measures the short links (`bench/short_links.py`) and then the
figures; `--links` or `--figures` one of them.

For the figures it fills a PostgreSQL database per size (`bench/ambassador_rows.py`: people, their
shares and fifty clicks per employee over the months) and asks the console's pages, the sheet and
the API of an editor, a manager, an administrator and an ambassador through the whole of Django;
all sizes take turns call by call. Printed as `bench.queue` prints: queries, p50 and p95, the ratio
of the largest to the smallest, and what the plans at the last size do besides following an index.
After that what the worker does: closing a month, counting the one that goes on, writing clicks
away; the milliseconds of each at each size. `--large` is 200,000 employees and ten million clicks.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench import short_links
from bench.turns import asked_in_turn, line, print_pages, say, serve, set_up, started
from tests.installs import Install

QUICK, LARGE = [1_000, 10_000], [1_000, 200_000]
MONTHS = 60
FLUSHED = 1_000

# Who asks what; {month} is three years ago.
PAGES = {
    "counts": ("editor", "/champions/"),
    "counts, three years ago": ("editor", "/champions/?month={month}"),
    "counts, of a manager": ("manager", "/champions/"),
    "sheet of the counts": ("editor", "/champions/figures.csv"),
    "API: counts": ("editor", "/api/v1/ambassadors/counts"),
    "API: counts, three years ago": ("editor", "/api/v1/ambassadors/counts?month={month}"),
    "API: board": ("ambassador", "/api/v1/ambassadors/board"),
    "API: board, three years ago": ("ambassador", "/api/v1/ambassadors/board?month={month}"),
    "results": ("editor", "/champions/posts/results"),
    "sheet of the results": ("editor", "/champions/posts/results.csv"),
    "API: results": ("editor", "/api/v1/example-posts/results"),
    "API: one's own figures": ("ambassador", "/api/v1/ambassadors/me"),
    "API: one's own shares": ("ambassador", "/api/v1/shares"),
    "API: example posts": ("ambassador", "/api/v1/example-posts"),
    "API: composer's check": ("ambassador", "POST /api/v1/example-posts/{post}/check"),
    "API: course": ("ambassador", "/api/v1/courses/mag-ik-dit-posten"),
    "posts": ("editor", "/champions/posts"),
    "courses": ("editor", "/champions/courses"),
    "course": ("editor", "/champions/courses/mag-ik-dit-posten/"),
    "policy, who has not yet": ("editor", "/champions/policy"),
    "API: policy, who has not yet": ("editor", "/api/v1/policy/acceptances"),
    "API: policy, proof": ("editor", "/api/v1/policy/{policy}/proof"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--links", action="store_true", help="only the short links")
    parser.add_argument("--figures", action="store_true", help="only the figures")
    parser.add_argument("--large", action="store_true", help="1,000 and 200,000 employees")
    parser.add_argument("--sizes", type=int, nargs="+", help="default 1,000 and 10,000")
    parser.add_argument("--keep", action="store_true", help="the databases, for the next time")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=4.0, help="per scene of the links (4)")
    parser.add_argument("--rounds", type=int, default=3, help="of the links")
    parser.add_argument("--callers", type=int, default=8, help="of the links, at once")
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options.inside)
        return
    both = options.links == options.figures
    if options.links or both:
        facts = {"seconds": options.seconds, "rounds": options.rounds}
        short_links.measure(**facts, callers=options.callers)
    if options.figures or both:
        _figures(options.sizes or (LARGE if options.large else QUICK), options)


def _figures(sizes: list[int], options: argparse.Namespace) -> None:
    with ExitStack() as stack:
        children = []
        for size in sizes:
            began = time.monotonic()
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            kept = f"bench_ambassadors_{size}" if options.keep else ""
            install = stack.enter_context(Install(folder, postgres=True, kept=kept))
            command = [sys.executable, "-m", "bench.ambassadors", f"--inside={size}"]
            children.append(started(stack, install, command))
            took = time.monotonic() - began
            print(f"{size:,}: filled and counted in {took:.0f} s", flush=True)
        print_pages("ambassadors", sizes, asked_in_turn(children, options.repeats))
        worked = []
        for child in children:
            say(child, "work")
            worked.append(json.loads(line(child)))
    print(f"\n{'the worker, ms':34}{''.join(f'{size:>12,}' for size in sizes)}")
    for what in worked[0]:
        print(f"{what:34}{''.join(f'{each[what]:12.0f}' for each in worked)}")


def _inside(people: int) -> None:
    """Fill this process's database, ask its pages in turn with the other sizes', and work."""
    set_up()
    from django.conf import settings
    from django.test import Client

    from ambassadors.models import CourseCount, ExamplePost, PolicyVersion, PostCount, Share
    from ambassadors.models.counts import store_due
    from ambassadors.models.headcount import month_of
    from bench.ambassador_rows import fill
    from server.accounts.models import User
    from tests.clients import Api

    if not Share.objects.exists():
        made = fill(people, MONTHS)
        assert made["clicks"] > 0.9 * people * 50, made
        while len(store_due()) > 1:
            pass
    CourseCount.store()
    PostCount.store()
    someone = User.objects.filter(boardoptin_rows__isnull=False).order_by("pk").first()
    assert someone is not None
    readers = {
        "editor": User.objects.get(email="noor@example.org"),
        "manager": User.objects.get(email="mark@example.org"),
        "ambassador": someone,
    }
    month = month_of()
    facts = {
        "month": f"{month.year - 3}-{month.month:02}",
        "post": ExamplePost.objects.visible().order_by("-publish_at")[0].pk,
        "policy": PolicyVersion.objects.order_by("-number")[0].number,
    }
    print("filled", flush=True)

    def pages() -> Iterator[tuple[str, Callable[[], Any], int]]:
        for label, (who, address) in PAGES.items():
            method, _space, path = address.format(**facts).rpartition(" ")
            if path.startswith("/api/v1"):
                api, where = Api(readers[who]), path.removeprefix("/api/v1")
                text = {"network": "linkedin", "text": "Drie adressen, één koffie."}
                ask = partial(api.post, where, text) if method else partial(api.get, where)
            else:
                browser = Client()
                browser.force_login(readers[who], settings.AUTHENTICATION_BACKENDS[0])
                ask = partial(browser.get, path)
            yield label, ask, 200

    serve(pages())
    sys.stdin.readline()
    print(json.dumps(_work()), flush=True)


def _work() -> dict[str, float]:
    """What the clock does, in milliseconds of each."""
    from django.utils import timezone

    from ambassadors.models import (
        Click,
        ClickDay,
        CountedMonth,
        DepartmentMonth,
        PostCount,
        Share,
    )
    from ambassadors.models.counts import store
    from ambassadors.models.course_numbers import count
    from ambassadors.models.headcount import month_of

    took: dict[str, float] = {}

    def timed(what: str, do: Callable[[], Any]) -> None:
        began = time.perf_counter()
        do()
        took[what] = (time.perf_counter() - began) * 1000

    closed = CountedMonth.objects.exclude(closed_at=None).order_by("-month")
    for what, row in (
        ("recounting last month", closed[0]),
        ("recounting the first", closed.last()),
    ):
        assert row is not None
        before = list(DepartmentMonth.objects.filter(month=row).values_list("active", flat=True))
        CountedMonth.objects.filter(pk=row.pk).update(closed_at=None)
        timed(what, partial(store, row.month))
        after = list(DepartmentMonth.objects.filter(month=row).values_list("active", flat=True))
        assert sorted(before) == sorted(after), what
    timed("counting this month", partial(store, month_of()))
    timed("counting who is where in courses", partial(count, timezone.now()))
    PostCount.objects.all().delete()
    timed("counting all posts, once", PostCount.store)
    timed("counting posts that changed", PostCount.store)
    now = timezone.now()
    clicks = [
        Click(share, post, network, now, "", f"bench-{number}-{now.timestamp()}")
        for number, (share, post, network) in enumerate(
            Share.objects.order_by("-opened_at").values_list("pk", "post", "network")[:FLUSHED]
        )
    ]
    timed(f"{FLUSHED:,} clicks on as many links", partial(ClickDay.count, clicks))
    return took


if __name__ == "__main__":
    main()
