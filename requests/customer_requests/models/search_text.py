"""The index behind searching: one row per request with its words, newest first by its key.

On PostgreSQL the words are tsvectors under a GIN index, on SQLite text under an FTS5 table that
triggers keep alike (migration 0009). The row is written in the transaction of the verb that wrote
the words, so what was said is found at once, and what was erased is not.

On PostgreSQL each word begins with a mark of the fortnight in which the request came in. So a
word's list in the index is as long as a fortnight and not as long as the past: `finding` asks one
fortnight after the other, and stops where it has enough (docs/decisions/0016).
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Case, F, Func, Value, When

from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.under_post import CustomerChannel
from customer_requests.stems import GAP, Indexed

if TYPE_CHECKING:
    from customer_requests.models.base import RequestRow

# A tsvector holds a megabyte. What is said after this many bytes of words is not found.
MOST_BYTES = 900_000
HELPING = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ID_BITS = 11
# As many numbers as there are in a fortnight.
FORTNIGHT = (timedelta(days=14) // timedelta(microseconds=1)) << _ID_BITS
_COLUMNS = (
    "reference", "question", "customer_name", "customer_email", "customer_phone",
    "team_id", "topic_id", "agent_id", "status", "priority", "created_at", "customer_channel",
)  # fmt: skip
_TEXTS = ("text_customer", "text_employee", "text_team")
# The question is the request's own; a score, a priority, why a message bounced: nobody's words.
SAYS_NOTHING = (
    EntryKind.SUBMITTED,
    EntryKind.RATED,
    EntryKind.PRIORITY,
    EntryKind.DUE_SOON,
    EntryKind.OVERDUE,
    EntryKind.UNREACHABLE,
)


def mark(fortnight: int) -> str:
    """What a fortnight's words begin with: three signs, until the year 2126."""
    return f"{fortnight:03x}"


@dataclass(frozen=True, slots=True)
class Dated:
    """The words of a request that came in in this fortnight."""

    words: Indexed
    fortnight: int


class Words(models.TextField):  # type: ignore[type-arg] # Django's has none when it runs
    """Words for a full-text index, given as `Dated`: `tsvector` on PostgreSQL, text on SQLite."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector" if connection.vendor == "postgresql" else "text"

    def get_placeholder(self, value: Any, compiler: Any, connection: BaseDatabaseWrapper) -> str:
        return "%s::tsvector" if connection.vendor == "postgresql" else "%s"

    def get_db_prep_value(
        self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False
    ) -> Any:
        if not isinstance(value, Dated):
            return value
        if connection.vendor == "postgresql":
            return vector(value.words, mark(value.fortnight))
        return _line(value.words)


def vector(words: Indexed, mark: str) -> str:
    """As PostgreSQL reads a tsvector: each word quoted, with its places."""
    places: dict[str, list[str]] = defaultdict(list)
    for place, word in enumerate(words.stems, start=1):
        if word != GAP:
            places[word].append(str(place))
    said = [f"'{mark}{word}':{','.join(numbers)}" for word, numbers in places.items()]
    return " ".join([*said, *(f"'{mark}{word}'" for word in words.others if word not in places)])


def _line(words: Indexed) -> str:
    """As FTS5 reads it; the leading space is for what it is put behind."""
    return " ".join(["", *words.stems, *sorted(words.others), GAP])


class _Joined(Func):
    arg_joiner = " || "
    template = "%(expressions)s"


class SearchText(models.Model):
    """What one request can be found by.

    `facets` are what it is filtered by (team, topic, status, priority, agent), as words of the
    same index: a common word and a rare filter meet in the index and not row by row. `size` is
    how many bytes of words were added so far.
    """

    number = models.BigIntegerField(primary_key=True)
    request = models.OneToOneField(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="search_text"
    )
    words = Words()
    facets = Words()
    size = models.PositiveIntegerField()

    class Meta:
        indexes: ClassVar[list[models.Index]] = []

    def __str__(self) -> str:
        return str(self.number)

    @classmethod
    def follow(cls, request: "RequestRow", entries: Sequence[Entry]) -> None:
        """Take over what a verb just wrote, inside the verb's transaction; one statement."""
        kinds = {entry.kind for entry in entries}
        if request.erased_at is not None:
            cls.objects.filter(request_id=request.pk).delete()
        elif EntryKind.SUBMITTED in kinds:
            cls(**_row(vars(request), _said(entries))).save(force_insert=True)
        elif EntryKind.DETAILS in kinds or not cls._append(request, Indexed.of(_said(entries))):
            cls.rebuild([request.pk])

    @classmethod
    def _append(cls, request: "RequestRow", words: Indexed) -> bool:
        """Set the facets, and add words. False where the request has no row yet."""
        fortnight = number_of(request.created_at) // FORTNIGHT
        changes: dict[str, Any] = {"facets": _facets(vars(request), fortnight)}
        if words.stems:
            joined = _Joined(F("words"), Value(Dated(words, fortnight), output_field=Words()))
            fits = When(size__lt=MOST_BYTES - words.size, then=joined)
            changes["words"] = Case(fits, default=F("words"), output_field=Words())
            changes["size"] = F("size") + words.size
        return bool(cls.objects.filter(request_id=request.pk).update(**changes))

    @classmethod
    def rebuild(cls, ids: Collection[uuid.UUID]) -> int:
        """Make the rows of these requests anew from what is written; returns how many."""
        from customer_requests.models.customer_request import CustomerRequest

        return rebuild(CustomerRequest, Entry, cls, ids)


def fill(requests: Any, entries: Any, rows: Any, *, anew: bool = False) -> Iterator[int]:
    """Make the rows that are missing, or all of them anew, in helpings; yields how many each made.

    Each helping is a transaction of its own and locks its requests, so that no verb writes
    meanwhile what would then be missing.
    """
    last = uuid.UUID(int=0)
    while True:
        wanted = requests._base_manager.filter(pk__gt=last, erased_at=None)
        if not anew:
            wanted = wanted.filter(search_text=None)
        with transaction.atomic():
            ids = list(
                wanted.select_for_update(of=("self",))
                .order_by("pk")
                .values_list("pk", flat=True)[:HELPING]
            )
            if not ids:
                return
            last = ids[-1]
            made = rebuild(requests, entries, rows, ids)
        yield made


def rebuild(requests: Any, entries: Any, rows: Any, ids: Collection[uuid.UUID]) -> int:
    """`SearchText.rebuild` with the models given, as a migration has them. In a transaction."""
    known = requests._base_manager.filter(pk__in=ids, erased_at=None)
    found = {facts["id"]: facts for facts in known.values("id", *_COLUMNS)}
    said: dict[uuid.UUID, list[str]] = defaultdict(list)
    for request_id, *texts in (
        entries.objects.filter(request_id__in=list(found))
        .exclude(kind__in=SAYS_NOTHING)
        .order_by("request_id", "number")
        .values_list("request_id", *_TEXTS, "step__title")
    ):
        said[request_id] += _different(texts)
    rows.objects.filter(request_id__in=ids).delete()
    made = [rows(**_row(facts, said[id])) for id, facts in found.items()]
    taken = set(
        rows.objects.filter(number__in=[row.number for row in made]).values_list("pk", flat=True)
    )
    for row in made:
        while row.number in taken:
            row.number += 1
        taken.add(row.number)
    rows.objects.bulk_create(made)
    return len(made)


def _said(entries: Iterable[Entry]) -> list[str]:
    """What was said, by whomever to whomever."""
    said: list[str] = []
    for entry in entries:
        if entry.kind not in SAYS_NOTHING:
            texts = [getattr(entry, name) for name in _TEXTS]
            said += _different([*texts, entry.step.title if entry.step else ""])
    return said


def _different(texts: Iterable[str | None]) -> list[str]:
    """What was said to two in the same words, once."""
    return list(dict.fromkeys(text for text in texts if text))


def _row(facts: Mapping[str, Any], said: Sequence[str]) -> dict[str, Any]:
    """The columns of a request's row."""
    words = Indexed.of([*(facts[name] for name in _COLUMNS[:5]), *said], most=MOST_BYTES)
    number = number_of(facts["created_at"], facts["id"])
    return {
        "number": number,
        "request_id": facts["id"],
        "words": Dated(words, number // FORTNIGHT),
        "facets": _facets(facts, number // FORTNIGHT),
        "size": words.size,
    }


def _facets(facts: Mapping[str, Any], fortnight: int) -> Dated:
    rows = {facet(name, facts[f"{name}_id"]) for name in ("team", "topic", "agent")}
    rows |= {facet(name, facts[name]) for name in ("status", "priority")}
    if facts["customer_channel"] == CustomerChannel.SOCIAL:
        rows.add(facet("channel", CustomerChannel.SOCIAL))
    return Dated(Indexed(others=rows), fortnight)


def facet(name: str, value: uuid.UUID | str | None) -> str:
    """A fact as a word of the index."""
    return f"{name}-{value.hex if isinstance(value, uuid.UUID) else str(value or 'none')}"


def number_of(moment: datetime, id: uuid.UUID | None = None) -> int:
    """The key of a request: sorts as its moment, and in the same microsecond about as its id.

    Without an id the least number of that moment.
    """
    microseconds = (moment - _EPOCH) // timedelta(microseconds=1)
    return (microseconds << _ID_BITS) | (id.int >> (128 - _ID_BITS) if id else 0)


def moment_of(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number >> _ID_BITS)
