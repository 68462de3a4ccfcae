"""Answers given in public, between where they are given and where they are counted and kept.

The requests and the champions programme know nothing of each other. A request tells here that its
answer was placed, and the programme listens, in the same transaction; the programme asks here for
the answer of a request, to make an approved one of it.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.problems import NotFound

if TYPE_CHECKING:
    from server.accounts.models import User


@dataclass(frozen=True, slots=True)
class Answered:
    """A question that was answered under a post, without who asked it."""

    id: uuid.UUID
    reference: str
    question: str
    text: str
    language: str
    network: str
    # Who wrote it; None where that is forgotten.
    by: uuid.UUID | None


# Called with who answered, an id of that answer, the network, and where it stands or nothing.
Listener = Callable[["User", uuid.UUID, str, str], None]
# Gives what was answered with this id, where this person may see it.
Source = Callable[[uuid.UUID, "User"], Answered | None]
listeners: list[Listener] = []
sources: list[Source] = []


def tell(*, by: "User", of: uuid.UUID, number: int, network: str, permalink: str) -> None:
    """Somebody says that their `number`th answer to the question `of` stands on a network.

    Said again, it is the same answer; with a permalink that was not given before, it gets that.
    """
    id = uuid.uuid5(of, f"answer {number}")
    for listener in listeners:
        listener(by, id, network, permalink)


def answered(id: uuid.UUID, reader: "User") -> Answered:
    """What was answered; raises NotFound where this reader may not see it, or nothing was yet."""
    for source in sources:
        if found := source(id, reader):
            return found
    raise NotFound
