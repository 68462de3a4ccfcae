"""What works: figures per example post, network and variant, of nobody, for editors.

Three levels that are never added up: opened, confirmed, and clicks, raw and by people.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy as _

from ambassadors.models.example_post import ExamplePost
from ambassadors.models.example_post_content import PostText, print_of
from ambassadors.models.post_tally import Tallies, Tally, tallies
from ambassadors.models.privacy import Programme
from server.accounts.models import User
from server.paging import encode
from server.problems import BadCursor


class Order(models.TextChoices):
    """What can be sorted by; numbers begin with the most."""

    OPENED = "opened", _("Opened")
    CONFIRMED = "confirmed", _("Confirmed")
    CLICKS = "clicks", _("Clicks by people")
    TITLE = "title", _("Title")


class _Said(NamedTuple):
    """A variant that a post has now; of thousands at once, so no row of a model."""

    language: str
    number: int
    text: str


_HIDDEN: dict[str, Any] = {"opened": None, "confirmed": None, "clicks": None}


def _figures(tally: Tally) -> dict[str, Any]:
    clicks = {"raw": tally.raw, "human": tally.human}
    return {"opened": tally.opened, "confirmed": tally.confirmed, "clicks": clicks}


def results(reader: User, order: str = Order.OPENED) -> list[dict[str, Any]]:
    """A row per post and network on which as many people shared it as the smallest group that is
    shown, in this order; with its variants. Where fewer did there is no row: that it appears would
    tell that somebody shared.

    As many queries for a thousand posts as for one; in a large company none of them counts shares.
    """
    counted = tallies()
    return _with_variants(_rows(reader, order, counted), counted)


def _rows(reader: User, order: str, counted: Tallies) -> list[dict[str, Any]]:
    group = Programme.current().smallest_group
    posts = ExamplePost.objects.select_related("campaign")
    shared = posts.in_bulk({post for post, _network in counted})
    found = []
    for (post_id, network), tally in counted.items():
        if tally.whole.people < group:
            continue
        post = shared[post_id]
        found.append(
            {
                "post": post_id,
                "title": post.title_in(reader.language),
                "campaign": post.campaign.name,
                "network": network,
                **_figures(tally.whole),
            }
        )
    return sorted(found, key=lambda row: _key(row, order))


def _with_variants(rows: list[dict[str, Any]], counted: Tallies) -> list[dict[str, Any]]:
    """These rows with the figures of each variant, whose words are read for these alone."""
    group = Programme.current().smallest_group
    texts: dict[tuple[Any, str], dict[str, _Said]] = {
        (row["post"], row["network"]): {} for row in rows
    }
    there = PostText.objects.filter(post__in={row["post"] for row in rows})
    for post, network, *said in there.values_list("post", "network", *_Said._fields):
        if (post, network) in texts:
            each = _Said(*said)
            texts[post, network][print_of(network, each.language, each.text)] = each
    for row in rows:
        of = (row["post"], row["network"])
        row["variants"] = _variants(texts[of], counted[of].variants, group)
    return rows


def page(
    reader: User, *, order: str, network: str, cursor: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """So many rows behind the cursor, and the next cursor; BadCursor where it is none of ours."""
    counted = tallies()
    rows = [row for row in _rows(reader, order, counted) if network in ("", row["network"])]
    if cursor:
        last = _decode(cursor)
        rows = [row for row in rows if list(_key(row, order)) > last]
    shown = _with_variants(rows[:limit], counted)
    return shown, _encode(_key(shown[-1], order)) if len(rows) > limit else None


def _variants(
    texts: dict[str, _Said], tallies: dict[str | None, Tally], group: int
) -> list[dict[str, Any]]:
    """Each variant with its figures; none of a few, nor one that the total would give away.

    What the post says and words of one's own are there whether somebody shared them or not: a row
    that comes would tell of one person.
    """
    shown = _large_enough(tallies, group)
    made = [
        {
            **_called(print_, texts),
            **(_figures(tallies[print_]) if print_ in shown else _HIDDEN),
        }
        for print_ in dict.fromkeys([*texts, "", *(each for each in tallies if each in shown)])
    ]
    kinds = ("example", "own", "earlier")
    return sorted(
        made,
        key=lambda row: (kinds.index(row["kind"]), row["language"] or "", row["variant"] or 0),
    )


def _large_enough(tallies: dict[str | None, Tally], group: int) -> set[str | None]:
    """Those of enough people. Where one is not, the smallest of the others is hidden with it:
    else it would be what is left of the total.
    """
    large = sorted(
        (name for name, tally in tallies.items() if tally.people >= group),
        key=lambda name: (tallies[name].people, str(name)),
    )
    return set(large if len(large) == len(tallies) else large[1:])


def _called(print_: str | None, texts: dict[str, _Said]) -> dict[str, Any]:
    text = texts.get(print_ or "")
    if text is not None:
        return {
            "kind": "example",
            "variant": text.number + 1,
            "language": text.language,
            "text": text.text,
        }
    kind = "own" if print_ == "" else "earlier"
    return {"kind": kind, "variant": None, "language": None, "text": None}


def _key(row: dict[str, Any], order: str) -> tuple[Any, ...]:
    number = 0
    if order != Order.TITLE:
        number = row["clicks"]["human"] if order == Order.CLICKS else row[order]
    return (-number, row["title"].casefold(), row["network"], str(row["post"]))


def _encode(key: Iterable[Any]) -> str:
    return encode(list(key))


def _decode(cursor: str) -> list[Any]:
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        number, title, network, post = json.loads(raw)
        texts: Sequence[Any] = (title, network, post)
        if not all(isinstance(text, str) for text in texts):
            raise BadCursor
        return [int(number), *texts]
    except (ValueError, TypeError, RecursionError) as error:
        raise BadCursor from error
