"""The filters of the queue that are set, in words, each with what the others are without it."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from customer_requests.desk.views.asked import FILTERS

# What only says where in the queue one is.
_PLACE = ("view", "cursor")


def filters_set(
    filters: Mapping[str, str], choices: Mapping[str, Any]
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Of each filter its name, its label with its value, and the filters as they are without it."""
    named = _named(choices)
    for name, value in filters.items():
        rest = {each: filters[each] for each in filters if each not in {name, "cursor"}}
        if name == "q":
            yield name, _("Searched for “%(q)s”") % {"q": value}, rest
        elif name == "order" or value in {"me", "none"}:
            yield name, named.get((name, value), value), rest  # they say what they are
        elif name not in _PLACE:
            yield name, f"{FILTERS[name]}: {named.get((name, value)) or _day(value)}", rest


def without_filters(filters: Mapping[str, str]) -> dict[str, str]:
    """What is left where all of them are taken off: the view."""
    return {"view": filters["view"]} if filters.get("view") else {}


def _named(choices: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    of = {
        "team": "teams",
        "topic": "topics",
        "status": "statuses",
        "assignee": "people",
        "priority": "priorities",
    }
    named = {
        (name, choice["value"]): str(choice["label"])
        for name, kind in of.items()
        for choice in choices[kind]
    }
    return named | {
        ("status", "open"): _("Open"),
        ("assignee", "me"): _("Mine"),
        ("assignee", "none"): _("Nobody's"),
        ("channel", "social"): _("Social networks"),
        ("order", "newest"): _("Newest first"),
        ("order", "oldest"): _("Oldest first"),
    }


def _day(value: str) -> str:
    """A day as people write it; anything else as it stands in the address."""
    try:
        return date_format(date.fromisoformat(value), "j F Y")
    except ValueError:
        return value
