"""What works: figures per example post, network and variant, on a page and as CSV."""

from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.views.posts import waiting
from ambassadors.models import Programme
from ambassadors.models.results import Order, page, results
from server.networks import Network
from server.sheets import sheet

ROWS = 25


@require_safe
@post_page
def lists(http: ConsoleRequest) -> HttpResponse:
    """So many rows at a time, in the order that the address says."""
    order, network = _order(http), _network(http)
    cursor = http.GET.get("cursor") or None
    rows, after = page(http.user, order=order, network=network, cursor=cursor, limit=ROWS)
    asked = {"order": order, **({"network": network} if network else {})}
    context = {
        "here": "posts",
        "rows": [_shown(row) for row in rows],
        "orders": Order.choices,
        "sort": {each.value: _address(asked, order=each.value) for each in Order},
        "order": order,
        "networks": Network.choices,
        "network": network,
        "next": _address(asked, cursor=after) if after else "",
        "first": not cursor,
        "few": Programme.current().smallest_group,
        **waiting(),
    }
    return render(http, "champions/posts/results.html", context)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row with its variants that have figures, and those that have none in one line."""
    told = [each for each in row["variants"] if each["opened"] is not None]
    few = [called(each) for each in row["variants"] if each["opened"] is None]
    return {**row, "label": Network(row["network"]).label, "variants": told, "hidden": few}


def _address(asked: dict[str, str], **more: str) -> str:
    return f"?{urlencode({**asked, **more})}"


def _order(http: ConsoleRequest) -> str:
    given = http.GET.get("order", "")
    return given if given in Order.values else Order.OPENED.value


def _network(http: ConsoleRequest) -> str:
    given = http.GET.get("network", "")
    return given if given in Network.values else ""


@require_safe
@post_page
def results_csv(http: ConsoleRequest) -> HttpResponse:
    """The whole table, a line per variant under the line of its post and network."""
    network = _network(http)
    rows = [row for row in results(http.user, _order(http)) if network in ("", row["network"])]
    return sheet("example-posts.csv", _sheet_rows(rows))


def _sheet_rows(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[Any]]:
    yield [
        _("Post"),
        _("Topic or campaign"),
        _("Network"),
        _("Variant"),
        _("Opened"),
        _("Confirmed"),
        _("Clicks by people"),
        _("Clicks in all"),
    ]
    few = Programme.current().smallest_group
    for row in rows:
        about = [row["title"], row["campaign"], str(Network(row["network"]).label)]
        yield [*about, _("all together"), *_figures(row, few)]
        for each in row["variants"]:
            yield [*about, called(each), *_figures(each, few)]


def _figures(row: dict[str, Any], few: int) -> list[Any]:
    if row["opened"] is None:
        return [_("fewer than %(few)s people") % {"few": few}, "", "", ""]
    return [row["opened"], row["confirmed"], row["clicks"]["human"], row["clicks"]["raw"]]


def called(variant: dict[str, Any]) -> str:
    """What a variant is called in a list."""
    match variant["kind"]:
        case "example":
            facts = {"n": variant["variant"], "language": variant["language"].upper()}
            return _("variant %(n)s, %(language)s") % facts
        case "own":
            return _("in their own words")
    return _("words of before")
