"""Finding requests by words and filters, at a cost that does not grow with how many there are.

A word that many requests have is found among the newest few thousand, looked through one by one;
for one that few have the index gives those few. Which it is shows by itself: the newest are asked
first, and the index only where they did not fill the page. So both stay cheap, whatever the
database believes to know about its words.
"""

import math
import uuid
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Func, TextField

from customer_requests.models.life import OPEN
from customer_requests.models.search_text import SearchText, facet, number_of
from customer_requests.stems import GAP, Asked, Indexed, Term

# A word that fills no page of 50 from these is in fewer than one in a hundred requests.
NEWEST = 6_000
# How many of the newest open requests are compared by `alike`, and how alike they have to be.
COMPARED = 500
ALIKE = 0.3
_TABLE = SearchText._meta.db_table


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for: words, and of each filter which ones will do; empty is any.

    `agents` may hold None for what nobody has. `since` and `until` are moments of submission,
    `until` not itself included; `after` is the last row of the page before.
    """

    teams: frozenset[uuid.UUID]
    text: str = ""
    topics: frozenset[uuid.UUID] = frozenset()
    statuses: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    agents: frozenset[uuid.UUID | None] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    after: tuple[datetime, uuid.UUID] | None = None
    oldest_first: bool = False

    def first(self, most: int) -> list[uuid.UUID]:
        """The newest of what is sought, or the oldest, at most so many; one or two queries."""
        asked = Asked.parse(self.text)
        if not self.teams or (self.text.strip() and not asked):
            return []
        if connection.vendor != "postgresql":
            return self._in_fts(asked, most)
        found = self._among_first(asked, most)
        return found if len(found) == most else self._in_index(asked, most)

    def facets(self) -> list[list[str]]:
        """Of each group one has to be there."""
        groups: Iterable[tuple[str, Collection[uuid.UUID | str | None]]] = (
            ("team", self.teams),
            ("topic", self.topics),
            ("status", self.statuses),
            ("priority", self.priorities),
            ("agent", self.agents),
        )
        return [sorted(facet(name, one) for one in values) for name, values in groups if values]

    @property
    def _way(self) -> str:
        return "ASC" if self.oldest_first else "DESC"

    def _between(self) -> tuple[int, int]:
        """From which number up to which, the last not included."""
        begin = number_of(self.since) if self.since else 0
        end = number_of(self.until) if self.until else 2**63 - 1
        if self.after is None:
            return begin, end
        number = number_of(*self.after)
        return (max(begin, number + 1), end) if self.oldest_first else (begin, min(end, number))

    def _among_first(self, asked: Asked, most: int) -> list[uuid.UUID]:
        """Look through the first rows; the inner limit is what keeps PostgreSQL from planning."""
        where, values = self._matches(asked)
        return _ids(
            f"SELECT request_id FROM (SELECT * FROM {_TABLE} WHERE number >= %s AND number < %s"  # noqa: S608 - our own names
            f" ORDER BY number {self._way} LIMIT {NEWEST}) AS first"
            f" WHERE {where} ORDER BY number {self._way} LIMIT %s",
            [*self._between(), *values, most],
        )

    def _in_index(self, asked: Asked, most: int) -> list[uuid.UUID]:
        """All that the index has, then the newest of it: MATERIALIZED, or PostgreSQL might walk
        the whole table newest first in the hope of finding enough soon.
        """
        where, values = self._matches(asked)
        return _ids(
            f"WITH found AS MATERIALIZED (SELECT request_id, number FROM {_TABLE}"  # noqa: S608 - our own names
            f" WHERE {where} AND number >= %s AND number < %s)"
            f" SELECT request_id FROM found ORDER BY number {self._way} LIMIT %s",
            [*values, *self._between(), most],
        )

    def _matches(self, asked: Asked) -> tuple[str, list[str]]:
        facets = " & ".join(f"({' | '.join(map(_quoted, group))})" for group in self.facets())
        if not asked:
            return "facets @@ %s::tsquery", [facets]
        words = " & ".join(map(_tsquery, asked.terms))
        return "facets @@ %s::tsquery AND words @@ %s::tsquery", [facets, words]

    def _in_fts(self, asked: Asked, most: int) -> list[uuid.UUID]:
        """FTS5 gives rows by their number, the newest first, and stops at the limit."""
        groups = [" OR ".join(f'"{word}"' for word in group) for group in self.facets()]
        match = "{facets} : (" + " AND ".join(f"({group})" for group in groups) + ")"
        if asked:
            match += " AND {words} : (" + " AND ".join(map(_fts, asked.terms)) + ")"
        return _ids(
            f"SELECT row.request_id FROM {_TABLE}_fts AS fts"  # noqa: S608 - our own names
            f" JOIN {_TABLE} AS row ON row.number = fts.rowid"
            f" WHERE {_TABLE}_fts MATCH %s AND fts.rowid >= %s AND fts.rowid < %s"
            f" ORDER BY fts.rowid {self._way} LIMIT %s",
            [match, *self._between(), most],
        )


def alike(text: str, teams: Collection[uuid.UUID], most: int) -> list[tuple[uuid.UUID, float]]:
    """Open requests of these teams that say much the same, the most alike first.

    With each how alike: the share of the text's words that it has too, where a word counts for
    more the fewer of the compared have it.
    """
    newest = Sought(frozenset(teams), statuses=frozenset(OPEN)).first(COMPARED)
    own = set(Indexed.of([text]).stems) - {GAP}
    there = {id: own & words for id, words in _words_of(newest).items()}
    seen = Counter(word for words in there.values() for word in words)
    weight = {word: math.log((len(there) + 1) / (max(seen[word], 1) + 0.5)) for word in own}
    whole = sum(weight.values()) or 1
    scores = {id: sum(weight[word] for word in words) / whole for id, words in there.items()}
    best = sorted(scores, key=lambda id: scores[id], reverse=True)
    return [(id, scores[id]) for id in best[:most] if scores[id] >= ALIKE]


def _words_of(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, set[str]]:
    """The words of each of these requests, in no order."""
    rows = SearchText.objects.filter(request_id__in=ids)
    if connection.vendor == "postgresql":
        array = Func(F("words"), function="tsvector_to_array", output_field=TextField())
        return {id: set(words) for id, words in rows.values_list("request_id", array)}
    return {id: set(words.split()) for id, words in rows.values_list("request_id", "words")}


def _ids(query: str, values: list[Any]) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        # SQLite keeps an id as text.
        return [uuid.UUID(str(id)) for (id,) in cursor.fetchall()]


def _quoted(word: str) -> str:
    return f"'{word}'"


def _tsquery(term: Term) -> str:
    words = " <-> ".join(map(_quoted, term.stems))
    return f"({words} | {_quoted(term.prefix)}:*)" if term.prefix else f"({words})"


def _fts(term: Term) -> str:
    words = f'"{" ".join(term.stems)}"'
    return f'({words} OR "{term.prefix}" *)' if term.prefix else words
