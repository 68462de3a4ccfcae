"""Pages by key: the next page begins after the last row of this one, however deep that is."""

import base64
import contextlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.core.exceptions import EmptyResultSet
from django.db.models import AutoField, F, Model, Q, QuerySet
from django.db.models.expressions import RawSQL
from ninja import Query, Schema
from pydantic import Field

from server.problems import BadCursor

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

LIMIT_DEFAULT, LIMIT_MOST = 50, 200


class PageQuery(Schema):
    """How much of a list, and from where."""

    cursor: str | None = Field(
        None, description="`next` of the page before; leave out for the first."
    )
    limit: int = Field(LIMIT_DEFAULT, ge=1, le=LIMIT_MOST, description="Rows per page.")


class Page(Schema, Generic[Item]):
    """One page of a list; `next` is the cursor of the next page, null on the last."""

    items: list[Item]
    next: str | None


PageParams = Query[PageQuery]


def encode(values: Sequence[Any]) -> str:
    texts = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps(texts).encode()).decode().rstrip("=")


def decode(cursor: str, key_of: Callable[[str], Any] = UUID) -> tuple[datetime, Any]:
    """The moment and id that a cursor stands for; BadCursor where it is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        moment, key = json.loads(raw)
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise BadCursor
        return at.astimezone(UTC), key_of(key)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise BadCursor from error


def page_of(
    rows: QuerySet[Row],
    order: str,
    params: PageQuery,
    present: Callable[[Row], Item],
    *,
    parts: Sequence[QuerySet[Row]] = (),
) -> dict[str, Any]:
    """One page of `rows` ordered by the moment `order` (`-order` for newest first) and id.

    Reads limit + 1 rows by an index on exactly those columns. The moment is compared twice, once
    loosely, because a lone OR keeps PostgreSQL from starting in the middle of the index.

    No index gives the rows of several teams or statuses in order: the database would sort them
    all. There `parts` are the same rows, divided so that each part has such an index; the first
    keys of each are read and put together, in one query however many parts there are.
    """
    down = order.startswith("-")
    column = order.lstrip("-")
    order_by = (order, "-id" if down else "id")
    # Rows that are only ours are numbered; what the app makes has a UUID.
    numbered = isinstance(rows.model._meta.pk, AutoField)
    after = _after(params, column, int if numbered else UUID, down=down)
    count = params.limit + 1
    if parts:
        firsts = [
            part.filter(after).order_by(*order_by).values(m=F(column), k=F("pk"))[:count]
            for part in parts
        ]
        after = _among_the_first(firsts, count, down=down)
    found = list(rows.filter(after).order_by(*order_by)[:count])
    shown = found[: params.limit]
    more = len(found) > params.limit
    return {
        "items": [present(row) for row in shown],
        "next": encode([getattr(shown[-1], column), shown[-1].pk]) if more else None,
    }


def _among_the_first(parts: Sequence[QuerySet[Any, Any]], count: int, *, down: bool) -> Q:
    """The first rows of all parts together, each a query for moments and ids in order.

    Written out, because Django can't put queries with an order and a limit in a UNION on SQLite.
    """
    each = []
    for part in parts:
        with contextlib.suppress(EmptyResultSet):  # it is known without asking that it has no rows
            each.append(part.query.sql_with_params())
    if not each:
        return Q(pk__in=[])
    union = " UNION ALL ".join(
        f"SELECT * FROM ({sql}) AS part_{number}"  # noqa: S608 - Django's own SQL, with parameters
        for number, (sql, _params) in enumerate(each)
    )
    way = "DESC" if down else "ASC"
    firsts = f"SELECT m, k FROM ({union}) AS parts ORDER BY m {way}, k {way} LIMIT {count}"  # noqa: S608 - the same
    params = [param for _sql, params in each for param in params]
    return Q(pk__in=RawSQL(f"SELECT k FROM ({firsts}) AS firsts", params))  # noqa: S608, S611 - the same


def _after(params: PageQuery, column: str, key_of: Callable[[str], Any], *, down: bool) -> Q:
    """The rows behind the cursor; all of them where there is none."""
    if not params.cursor:
        return Q()
    at, key = decode(params.cursor, key_of)
    side = "lt" if down else "gt"
    return Q(**{f"{column}__{side}e": at}) & (
        Q(**{f"{column}__{side}": at}) | Q(**{f"{column}": at, f"id__{side}": key})
    )
