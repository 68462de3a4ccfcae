"""What was searched for, marked where it was found."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from customer_requests.models import Entry, EntryKind
from customer_requests.models.search_text import SAYS_NOTHING
from customer_requests.stems import Asked, Term

# Before and after the first match: a row is one narrow line, and the mark has to be in sight.
AROUND = (15, 110)
# Of a page's timelines together; the latest of each come first.
MOST_ENTRIES = 2_000
_TEXTS = ("text_team", "text_customer", "text_employee", "step__title")
# In whose language those are; what the team says among itself may be in any.
_READERS = {"text_customer": "customer", "text_employee": "employee", "step__title": "customer"}


def mark_found(rows: Sequence[dict[str, Any]], q: str | None) -> None:
    """Give each row `found`: its `name` and `question` with the words marked, and `said` with
    `where` it was found else; one query, and only where name and question do not have it all.
    """
    asked = Asked.parse(q or "")
    if not asked:
        return
    missing: dict[UUID, frozenset[Term]] = {}
    for row in rows:
        name, question = row["customer"]["name"], row["question"]
        row["found"] = {
            "name": asked.marked(name),
            "question": asked.marked(question, AROUND),
        }
        if lacks := frozenset(asked.terms) - asked.found_in(
            f"{name} {question} {row['reference']}"
        ):
            missing[row["id"]] = lacks
    said = _said(asked, missing)
    for row in rows:
        if its := said.get(row["id"]):
            language = row["languages"].get(_READERS.get(its["in"], ""), "")
            row["found"] |= its | {"language": language}


def _said(asked: Asked, missing: dict[UUID, frozenset[Term]]) -> dict[UUID, dict[str, Any]]:
    """Of each request the latest words on its timeline that have one of what is missing."""
    found: dict[UUID, dict[str, Any]] = {}
    if not missing:
        return found
    entries = (
        Entry.objects.filter(request_id__in=missing)
        .exclude(kind__in=SAYS_NOTHING)
        .order_by("request_id", "-number")
        .values_list("request_id", "kind", *_TEXTS)
    )
    for request_id, kind, *texts in entries[:MOST_ENTRIES]:
        if request_id in found:
            continue
        for name, text in zip(_TEXTS, texts, strict=True):
            if text and asked.found_in(text) & missing[request_id]:
                where = EntryKind(kind).label
                found[request_id] = {
                    "said": asked.marked(text, AROUND),
                    "where": where,
                    "in": name,
                }
                break
    return found
