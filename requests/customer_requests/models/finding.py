"""Finding requests by words and filters, at a cost that does not grow with how many there are.

A word that many requests have is found among the newest few thousand, looked through one by one;
for one that few have the index gives those few. Which it is shows by itself: the newest are asked
first, and the index only where they did not fill the page. So both stay cheap, whatever the
database believes to know about its words.

The index is asked a fortnight at a time. Nearly always it says in an instant where the words are;
but two that half of all requests have and that hardly ever meet take it a while, the longer the
more there are. Then a page shows what was found until there, and the next one goes on: the first is
shown soon, and those that go on have longer, so that they need not be many.
"""

import math
import time
import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import F, Func, TextField

from customer_requests.models.life import OPEN
from customer_requests.models.search_text import (
    FORTNIGHT,
    SearchText,
    facet,
    mark,
    moment_of,
    number_of,
)
from customer_requests.stems import GAP, Asked, Indexed, Term

# A word that fills no page of 50 from these is in fewer than one in sixty requests.
NEWEST = 3_000
# What fewer than FEW of so many rows have, the index finds quickly.
SAMPLE, FEW = 600, 30
# Else it may be asked for so long for one page, in seconds, and so long for one that goes on; what
# it was asked last is waited for.
PATIENCE, GOING_ON = 0.005, 0.1
# The next time it is asked for at most so many times as many fortnights.
FASTER = 6
# How many of the newest open requests `alike` compares at most, and how alike they have to be.
COMPARED = 500
ALIKE = 0.3
_TABLE = SearchText._meta.db_table
# As the last row of a page: the moment and the id.
Place = tuple[datetime, uuid.UUID]
_FIRST_ID, _LAST_ID = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class Found:
    """The first of what is sought, each as its number and its request's id. `further` is where it
    was not looked any more: None where all is looked through, or enough found.
    """

    rows: list[tuple[int, uuid.UUID]]
    further: Place | None = None

    @property
    def ids(self) -> list[uuid.UUID]:
        return [id for _number, id in self.rows]

    @property
    def last(self) -> Place | None:
        """What comes after the last of them comes after this."""
        return (moment_of(self.rows[-1][0]), self.rows[-1][1]) if self.rows else None


@dataclass(frozen=True, slots=True)
class Sought:
    """What to look for: words, and of each filter which ones will do; empty is any.

    `agents` may hold None for what nobody has; of `channels` the index knows `social` alone.
    `since` and `until` are moments of submission, `until` not itself included; `after` is the last
    row of the page before.
    """

    teams: frozenset[uuid.UUID]
    text: str = ""
    topics: frozenset[uuid.UUID] = frozenset()
    statuses: frozenset[str] = frozenset()
    priorities: frozenset[str] = frozenset()
    agents: frozenset[uuid.UUID | None] = frozenset()
    channels: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    after: Place | None = None
    oldest_first: bool = False

    def first(self, most: int, *, long_ago: bool = True) -> Found:
        """The newest of what is sought, or the oldest, at most so many. Without `long_ago` it need
        not be looked for beyond the newest few thousand requests.
        """
        asked = Asked.parse(self.text)
        if not self.teams or (self.text.strip() and not asked):
            return Found([])
        if connection.vendor != "postgresql":
            return Found(self._in_fts(asked, most))
        return self._in_postgresql(asked, most, long_ago=long_ago)

    def among(self, ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
        """Which of these requests have the words; whether they are what else is sought is not
        looked at.
        """
        asked = Asked.parse(self.text)
        if not asked or not ids:
            return [] if self.text.strip() else list(ids)
        rows = SearchText.objects.filter(request_id__in=ids)
        numbers = list(rows.values_list("number", flat=True))
        some = ", ".join(["%s"] * len(numbers))
        if not numbers:
            return []
        if connection.vendor != "postgresql":
            have = _rows(
                f"SELECT row.request_id FROM {_TABLE}_fts AS fts"  # noqa: S608 - our own names
                f" JOIN {_TABLE} AS row ON row.number = fts.rowid"
                f" WHERE {_TABLE}_fts MATCH %s AND fts.rowid IN ({some})",
                [_fts_words(asked), *numbers],
            )
            return [uuid.UUID(id) for (id,) in have]
        fortnights = sorted({number // FORTNIGHT for number in numbers})
        values = [v for one in fortnights for v in (one, self._queries(asked, one)[-1])]
        have = _rows(
            f"SELECT request_id FROM {_TABLE} WHERE number IN ({some})"  # noqa: S608 - our own names
            f" AND {_matches('words', fortnights)}",
            [*numbers, *values],
        )
        return [id for (id,) in have]

    def facets(self) -> list[list[str]]:
        """Of each group one has to be there."""
        groups: Iterable[tuple[str, Collection[uuid.UUID | str | None]]] = (
            ("team", self.teams),
            ("topic", self.topics),
            ("status", self.statuses),
            ("priority", self.priorities),
            ("agent", self.agents),
            ("channel", self.channels),
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

    def _in_postgresql(self, asked: Asked, most: int, *, long_ago: bool) -> Found:
        begin, end = self._between()
        walked, low, high, oldest, newest = _rows(
            "SELECT count(*), min(number), max(number),"  # noqa: S608 - our own names
            f" (SELECT min(number) FROM {_TABLE}), (SELECT max(number) FROM {_TABLE})"
            f" FROM (SELECT number FROM {_TABLE} WHERE number >= %s AND number < %s"
            f" ORDER BY number {self._way} LIMIT {NEWEST}) AS first",
            [begin, end],
        )[0]
        if not walked:
            return Found([])
        found = self._among(asked, most, low, high)
        if walked < NEWEST or len(found) == most or not long_ago:
            return Found(found)
        if self.oldest_first:
            begin, end = high + 1, min(end, newest + 1)
        else:
            begin, end = max(begin, oldest), low
        quick = self._is_quick(asked, low, high)
        more = self._in_index(asked, most - len(found), begin, end, quick=quick)
        return Found(found + more.rows, more.further)

    def _among(self, asked: Asked, most: int, low: int, high: int) -> list[tuple[int, uuid.UUID]]:
        """Look through the rows from the number `low` to `high`, one by one in their order: the
        index is of no use for a condition with CASE in it.
        """
        columns, values = self._columns(asked), []
        for place in range(len(columns)):
            each = _each_fortnight(low, high)
            values += [v for one in each for v in (one, self._queries(asked, one)[place])]
        fortnights = _each_fortnight(low, high)
        matches = " AND ".join(_matches(column, fortnights) for column in columns)
        return _rows(
            f"SELECT number, request_id FROM {_TABLE} WHERE number >= %s AND number <= %s"  # noqa: S608 - our own names
            f" AND {matches} ORDER BY number {self._way} LIMIT %s",
            [low, high, *values, most],
        )

    def _is_quick(self, asked: Asked, low: int, high: int) -> bool:
        """Whether the index has a short list to begin with, and none that it reads to the end
        anyhow; as far as a sample says. It is about time and not about what is found.
        """
        parts: list[tuple[str, Callable[[str], str]]] = [
            *(("facets", partial(_any, group)) for group in self.facets()),
            *(("words", partial(_tsquery, term)) for term in asked.terms),
        ]
        values = [
            v
            for _column, query in parts
            for one in _each_fortnight(low, high)
            for v in (one, query(mark(one)))
        ]
        counts = ", ".join(
            f"count(*) FILTER (WHERE {_matches(column, _each_fortnight(low, high))})"
            for column, _query in parts
        )
        shares = _rows(
            f"SELECT {counts} FROM (SELECT number, facets, words FROM {_TABLE}"  # noqa: S608 - our own names
            f" WHERE number >= %s AND number <= %s ORDER BY number {self._way}"
            f" LIMIT {SAMPLE}) AS sample",
            [*values, low, high],
        )[0]
        begins = bool(asked and asked.terms[-1].prefix)
        return min(shares) < FEW and not (begins and shares[-1] >= FEW)

    def _in_index(self, asked: Asked, most: int, begin: int, end: int, *, quick: bool) -> Found:
        """Ask the index for one fortnight after the other, more at a time the faster it is, until
        there are so many, nothing is left, or it took too long for what is not quick.
        """
        fortnights = range(begin // FORTNIGHT, (end - 1) // FORTNIGHT + 1)
        left = list(fortnights if self.oldest_first else reversed(fortnights))
        rows: list[tuple[int, uuid.UUID]] = []
        began, done, next_time = time.monotonic(), 0, 1
        patience = GOING_ON if self.after else PATIENCE
        while left and next_time:
            now, left = left[:next_time], left[next_time:]
            rows += self._in_fortnights(asked, most - len(rows), now, begin, end)
            if len(rows) == most:
                return Found(rows)
            done += len(now)
            spent = time.monotonic() - began
            affordable = int((patience - spent) / (spent / done))
            next_time = len(left) if quick else max(0, min(affordable, FASTER * len(now)))
        return Found(rows, self._place_before(left[0]) if left else None)

    def _in_fortnights(
        self, asked: Asked, most: int, fortnights: list[int], begin: int, end: int
    ) -> list[tuple[int, uuid.UUID]]:
        """OFFSET 0 is what keeps PostgreSQL from walking the whole table in the order of numbers,
        in the hope of finding enough soon.
        """
        columns = self._columns(asked)
        names = ["facets_asked", "words_asked"][: len(columns)]
        row = f"(%s::bigint{', %s::tsquery' * len(columns)})"
        values = [v for one in fortnights for v in (one, *self._queries(asked, one))]
        matches = " AND ".join(f"{c} @@ {n}" for c, n in zip(columns, names, strict=True))
        return _rows(
            "SELECT number, request_id FROM (SELECT * FROM"  # noqa: S608 - our own names
            f" (VALUES {', '.join([row] * len(fortnights))})"
            f" AS each (fortnight, {', '.join(names)})"
            f" ORDER BY fortnight {self._way} OFFSET 0) AS asked"
            " CROSS JOIN LATERAL (SELECT * FROM"
            f" (SELECT request_id, number FROM {_TABLE} WHERE {matches} OFFSET 0) AS matching"
            " WHERE number >= %s AND number < %s"
            f" ORDER BY number {self._way} LIMIT %s) AS found"
            f" ORDER BY fortnight {self._way}, number {self._way} LIMIT %s",
            [*values, begin, end, most, most],
        )

    def _place_before(self, fortnight: int) -> Place:
        """What comes after it begins with this fortnight."""
        if self.oldest_first:
            return moment_of(fortnight * FORTNIGHT - 1), _LAST_ID
        return moment_of((fortnight + 1) * FORTNIGHT), _FIRST_ID

    def _columns(self, asked: Asked) -> list[str]:
        return ["facets", "words"] if asked else ["facets"]

    def _queries(self, asked: Asked, fortnight: int) -> list[str]:
        """What each column has to match, in the words of a fortnight."""
        sign = mark(fortnight)
        facets = " & ".join(_any(group, sign) for group in self.facets())
        words = " & ".join(_tsquery(term, sign) for term in asked.terms)
        return [facets, words] if asked else [facets]

    def _in_fts(self, asked: Asked, most: int) -> list[tuple[int, uuid.UUID]]:
        """FTS5 gives rows by their number, the newest first, and stops at the limit."""
        groups = [" OR ".join(f'"{word}"' for word in group) for group in self.facets()]
        match = "{facets} : (" + " AND ".join(f"({group})" for group in groups) + ")"
        if asked:
            match += f" AND {_fts_words(asked)}"
        rows = _rows(
            f"SELECT fts.rowid, row.request_id FROM {_TABLE}_fts AS fts"  # noqa: S608 - our own names
            f" JOIN {_TABLE} AS row ON row.number = fts.rowid"
            f" WHERE {_TABLE}_fts MATCH %s AND fts.rowid >= %s AND fts.rowid < %s"
            f" ORDER BY fts.rowid {self._way} LIMIT %s",
            [match, *self._between(), most],
        )
        return [(number, uuid.UUID(id)) for number, id in rows]  # SQLite keeps an id as text


def alike(text: str, teams: Collection[uuid.UUID], most: int) -> list[tuple[uuid.UUID, float]]:
    """Open requests of these teams that say much the same, the most alike first.

    With each how alike: the share of the text's words that it has too, where a word counts for
    more the fewer of the compared have it.
    """
    open_ones = Sought(frozenset(teams), statuses=frozenset(OPEN))
    newest = open_ones.first(COMPARED, long_ago=False).ids
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
        sign = len(mark(0))
        return {
            id: {word[sign:] for word in words}
            for id, words in rows.values_list("request_id", array)
        }
    return {id: set(words.split()) for id, words in rows.values_list("request_id", "words")}


def _rows(query: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _each_fortnight(low: int, high: int) -> range:
    return range(low // FORTNIGHT, high // FORTNIGHT + 1)


def _matches(column: str, fortnights: Sequence[int]) -> str:
    """That a column matches the query of its row's fortnight; of each is given which, and its."""
    whens = " ".join(["WHEN %s THEN %s::tsquery"] * len(fortnights))
    return f"{column} @@ CASE number / {FORTNIGHT} {whens} END"


def _any(words: Iterable[str], sign: str) -> str:
    return f"({' | '.join(_quoted(f'{sign}{word}') for word in words)})"


def _quoted(word: str) -> str:
    return f"'{word}'"


def _tsquery(term: Term, sign: str) -> str:
    words = " <-> ".join(_quoted(f"{sign}{stem}") for stem in term.stems)
    return f"({words} | {_quoted(sign + term.prefix)}:*)" if term.prefix else f"({words})"


def _fts_words(asked: Asked) -> str:
    return "{words} : (" + " AND ".join(map(_fts, asked.terms)) + ")"


def _fts(term: Term) -> str:
    words = f'"{" ".join(term.stems)}"'
    return f'({words} OR "{term.prefix}" *)' if term.prefix else words
