"""That an agent saw a customer's details is in the audit trail; 0010 says what counts as that."""

import re
from collections.abc import Iterable
from uuid import UUID

from customer_requests import references
from server.accounts.models import AuditEvent, User

# An e-mail address, or so many digits that they are somebody's number.
_OF_SOMEBODY = re.compile(r"@|\d(?:[\s().-]*\d){5}")


def saw_customers(agent: User, ids: Iterable[UUID]) -> None:
    """Record it for each of these requests, where it was not within the hour; at most one query."""
    AuditEvent.looked_at(
        actor=agent,
        action="customer-details-seen",
        subject_type="customer_request",
        subject_ids=ids,
    )


def saw_file(agent: User, id: UUID) -> None:
    AuditEvent.looked(actor=agent, action="file-opened", subject_type="attachment", subject_id=id)


def asks_who(words: str) -> bool:
    """Whether these words to search for are an address or a number, so that the name that comes
    out says whose it is.
    """
    return references.parse(words) is None and bool(_OF_SOMEBODY.search(words))
