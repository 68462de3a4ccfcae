"""Whether the desk costs the same at 1,000 and at 1,000,000 requests; django-helpdesk beside it.

`python -m bench.queue` fills a database of its own per size on PostgreSQL (`bench/rows.py`) and
asks the console's pages, the API's queue and searches through the whole of Django, for an agent of
three of six teams. With `--beside` the same database server gets django-helpdesk as well, from the
package index into an environment of its own that is thrown away, with as many tickets. All sizes
take turns call by call, so that whatever else the machine does slows them alike. With `--keep` the
filled databases stay (`bench_1000`, `bench_helpdesk_1000`, ...) and are used again the next time.

Printed per page: queries, p50 and p95 in milliseconds at each size, the ratio of the p50s of the
last size to the first, and what the plans at the last size do besides following an index.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and would take this one for its
    # own `queue`.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from bench.turns import Child, Found, asked_in_turn, half, print_pages, serve, set_up, started
from tests.installs import ROOT, Install

QUICK, LARGE = [1_000, 20_000], [1_000, 100_000, 1_000_000]
HELPDESK = "django-helpdesk==2.6.1"

PAGES = {
    "queue": "/desk/",
    "queue, mine": "/desk/?view=mine",
    "queue, unassigned": "/desk/?view=unassigned",
    "queue, solved": "/desk/?view=solved",
    "queue, all, newest": "/desk/?view=all&order=newest",
    "queue, all, oldest": "/desk/?view=all&order=oldest",
    "queue, one topic": "/desk/?topic=topic-0-0",
    "queue, one topic, newest": "/desk/?topic=topic-0-0&order=newest",
    "queue, closed of one topic": "/desk/?topic=topic-0-0&status=closed",
    "queue, closed, mine": "/desk/?assignee=me&status=closed",
    "queue, a topic of others": "/desk/?topic=topic-4-0&order=newest",
    "queue, 10th page": "/desk/?view=all&order=newest&cursor={10}",
    "request": "/desk/{reference}",
    "API: queue": "/api/v1/desk/requests?limit=25",
    "search, common": "/desk/?q=internet",
    "search, common, 10th page": "/desk/?q=internet&cursor={10}",
    "search, beginning": "/desk/?q=inter",
    "search, rare": "/desk/?q=zeldzaambaar",
    "search, not there": "/desk/?q=kwaakzalver",
    "search, two common": "/desk/?q=internet+buurvrouw",
    "search, two that rarely meet": "/desk/?q=glasvezel+kabel",
    "search, common long ago": "/desk/?q=adsl",
    "search, a street": "/desk/?q=Wilgenlaan",
    "search, phrase": '/desk/?q="geen+internet"',
    "search, name": "/desk/?q=fatima+yilmaz",
    "search, address": "/desk/?q=customer-7@example.org",
    "search, reference": "/desk/?q={reference}",
    "search, part of a reference": "/desk/?q={part}",
    "search, common, due soon": "/desk/?view=soon&q=internet",
    "search, rare, due soon": "/desk/?view=soon&q=zeldzaambaar",
    "queue, due soon, newest, a topic": "/desk/?view=soon&order=newest&topic=topic-0-0",
    "search, common, closed, mine": "/desk/?q=internet&assignee=me&status=closed",
    "search, common, withdrawn": "/desk/?q=internet&status=withdrawn",
    "search, common, topic of others": "/desk/?q=internet&topic=topic-4-0",
    "API: search, common": "/api/v1/desk/requests?limit=25&q=internet",
    "a console asks, no news": "/desk/live",
    "a console asks, news": "/desk/live",
    "known problem, look-alikes": "/desk/problems/{problem}",
    "lead, 30 days": "/desk/lead",
    "lead, a year": "/desk/lead?days=365",
    "lead, a year, CSV": "/desk/lead.csv?days=365",
    "audit, newest": "/audit",
    "audit, of a person": "/audit?person=agent-0-0@example.org",
    "audit, of a request": "/audit?subject={reference}",
    "audit, 10th page": "/audit?cursor={audit}",
}
# The others are asked by an agent of three teams.
ASKED_BY = {"lead": "lead@example.org", "audit": "admin@example.org"}
# What of ours does the work of what of django-helpdesk.
BESIDE = {
    "list: page and its rows": "queue",
    "search, common": "search, common",
    "search, rare": "search, rare",
    "API: list": "API: queue",
    "a ticket": "request",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", help="default 1,000 and 20,000")
    parser.add_argument("--large", action="store_true", help="1,000, 100,000 and 1,000,000")
    parser.add_argument("--beside", action="store_true", help=f"{HELPDESK} as well")
    parser.add_argument("--keep", action="store_true", help="the databases, for the next time")
    parser.add_argument("--repeats", type=int, default=20)
    parser.add_argument("--inside", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        _inside(options.inside)
        return
    sizes = options.sizes or (LARGE if options.large else QUICK)
    ours = _compare(sizes, options, None)
    print_pages("ours", sizes, ours)
    if not options.beside:
        return
    with tempfile.TemporaryDirectory() as folder:
        python = _environment(Path(folder))
        theirs = _compare(sizes, options, python)
    print_pages(HELPDESK, sizes, theirs)
    _print_beside(sizes, ours, theirs)


def _environment(folder: Path) -> str:
    """A Python with django-helpdesk."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    subprocess.run([*install, HELPDESK, "psycopg[binary]"], check=True)
    return python


def _compare(sizes: list[int], options: argparse.Namespace, python: str | None) -> Found:
    with ExitStack() as stack:
        children = [_filled(stack, size, python, keep=options.keep) for size in sizes]
        return asked_in_turn(children, options.repeats)


def _filled(stack: ExitStack, size: int, python: str | None, *, keep: bool) -> Child:
    """A process with a database of one size, ready to be asked: settings are per process."""
    began = time.monotonic()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    kept = f"bench_{'helpdesk_' if python else ''}{size}" if keep else ""
    install = Install(folder, postgres=True, kept=kept, SECOND_FACTOR="OFFERED")
    install.migrated = python is None
    stack.enter_context(install)
    command = [sys.executable, "-m", "bench.queue", f"--inside={size}"]
    if python:
        install.env["HELPDESK_DATABASE"] = install.env["DATABASE_URL"]
        command = [python, str(ROOT / "bench" / "django_helpdesk.py"), str(size)]
    child = started(stack, install, command)
    print(f"{size:,}: filled in {time.monotonic() - began:.0f} s", flush=True)
    return child


def _print_beside(sizes: list[int], ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    head = "".join(f"{f'{size:,}':>12}" for size in sizes)
    print(f"\n{HELPDESK + ' takes so many times ours':44}{head}")
    for theirs_label, our_label in BESIDE.items():
        pairs = zip(theirs[theirs_label], ours[our_label], strict=True)
        ratios = "".join(f"{half(one) / half(other):12.1f}" for one, other in pairs)
        print(f"{theirs_label:44}{ratios}")


def _inside(size: int) -> None:
    """Fill this process's database, then ask its pages in turn with the other sizes'."""
    set_up()
    from django.db import connection
    from django.test import Client

    from bench.rows import fill
    from customer_requests import references
    from customer_requests.models import CustomerRequest, SearchText
    from server.accounts.models import TeamMember, User
    from tests.clients import Api

    connection.ensure_connection()
    if not CustomerRequest.objects.exists():
        fill(size)
    agent = User.objects.get(email="agent-0-0@example.org")
    assert TeamMember.objects.filter(user=agent).count() == 3
    browsers = {email: Client() for email in [agent.email, *ASKED_BY.values()]}
    for email, browser in browsers.items():
        browser.force_login(User.objects.get(email=email))
    api = Api(agent)
    print("filled", flush=True)
    # The made up references have no right check character; one that a page is asked by needs it.
    some = CustomerRequest.objects.filter(agent=agent, status="in_progress")[0]
    CustomerRequest.objects.filter(pk=some.pk).update(reference=references.new())
    some.refresh_from_db()
    SearchText.rebuild([some.pk])

    def pages() -> Iterator[tuple[str, Callable[[], Any], int]]:
        for label, path in PAGES.items():
            who = next((ASKED_BY[name] for name in ASKED_BY if label.startswith(name)), agent.email)
            where = _filled_in(path, some.reference, api, browsers[who])
            ask = partial(browsers[who].get, where)
            if where.startswith("/api/v1"):
                ask = partial(api.get, where.removeprefix("/api/v1"))
            elif label.startswith("a console asks"):
                knows = _known(browsers[who], some.reference, news="no news" not in label)
                ask = partial(browsers[who].post, where, knows)
            yield label, ask, 204 if "no news" in label else 200

    serve(pages())


def _known(browser: Any, reference: str, *, news: bool) -> dict[str, str]:
    """What a console says that has a request open: all as it is now, or as it was an hour ago."""
    opened = {"open": reference, "seen": "9999", "looking": "0"}
    told = browser.post("/desk/live", opened).json()
    knows = {name: str(told[name]) for name in ("news", "here", "since") if name in told}
    knows |= {"news": "", "since": "2020-01-01T00:00:00+00:00"} if news else {}
    return opened | {"here": "", **knows}


def _filled_in(path: str, reference: str, api: Any, browser: Any) -> str:
    """The address with a request's reference, a part of it, or the cursor of the tenth page."""
    from customer_requests.models import KnownProblem

    path = path.replace("{reference}", reference).replace("{part}", reference[4:8])
    path = path.replace("{problem}", str(KnownProblem.objects.values_list("pk", flat=True)[0]))
    if "{audit}" in path:
        cursor = ""
        for _ in range(9):
            page = browser.get("/audit", {"cursor": cursor} if cursor else {})
            found = re.search(r"\?cursor=([^\"&]+)", page.content.decode())
            if not found:
                break
            cursor = unquote(found[1])
        return path.replace("{audit}", cursor)
    if "{10}" not in path:
        return path
    asked = path.partition("?")[2].replace("&cursor={10}", "")
    cursor = ""
    for _ in range(9):
        page = api.get(f"/desk/requests?limit=30&{asked}&cursor={cursor}").json()
        if not page["next"]:
            break
        cursor = page["next"]
    return path.replace("{10}", cursor)


if __name__ == "__main__":
    main()
