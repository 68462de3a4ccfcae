"""What an act on many would tell whom, for the page that shows it before it is asked for."""

import uuid
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customer_requests.desk.bulk_schemas import BulkIn
from customer_requests.desk.preview import preview
from customer_requests.desk.to_all import in_words, who_gets_what
from customer_requests.models import CustomerRequest
from customer_requests.models.bulk_verbs import BULK_VERBS
from customer_requests.models.foreseeing import foresee
from customer_requests.models.life import VERBS
from customer_requests.models.to_all import ToAll
from server.accounts.models import User
from server.problems import Problem

# Read word for word, each as the verb itself says it; of the others the numbers.
EXAMPLES = 3


def foreseen(data: BulkIn, agent: User) -> dict[str, Any] | None:
    """`n` where it would be done, `refused` where not and why, `ways` in which whom gets it, and
    `examples`. None for an act of which nobody outside the team gets a message.

    Whoever confirms it says `sure`: another one where it would tell something else by now.
    """
    ids = [pk for pk, _seen in data.picked(agent)]
    if data.put_under:
        return _under(data, ids, agent)
    facts = data.facts(agent)
    coming = foresee(data.verb, agent, facts, ids)
    if coming is None:
        return None
    return {
        "n": len(coming.goes),
        "refused": coming.refused,
        "ways": in_words(coming.ways),
        "examples": [
            {"reference": request.reference, "preview": told}
            for request in coming.examples(EXAMPLES)
            if (told := _told(request, data.verb, facts, agent)) is not None
        ],
        "sure": str(facts.get("seen", 1)),
    }


def _told(
    request: CustomerRequest, verb: str, facts: dict[str, Any], agent: User
) -> dict[str, Any] | None:
    """What it tells here, rehearsed; None where it was refused at the last moment."""
    do = BULK_VERBS[verb].do
    try:
        return preview(request, lambda row: do(row, agent, facts, uuid.uuid4()), reader=agent)
    except Problem:
        return None


def _under(data: BulkIn, ids: list[uuid.UUID], agent: User) -> dict[str, Any]:
    """The last update to all goes to whoever is put under the problem."""
    assert data.put_under is not None  # noqa: S101 - the caller looked
    last = data.put_under.known().last_update()
    mine = CustomerRequest.objects.on_desk_of(agent).filter(pk__in=ids)
    to_all = ToAll(mine, Q(status__in=VERBS["put_under"].statuses, problem_link=None))
    shown = who_gets_what(to_all, last.texts if last else {})
    over = shown["readers"]["over"]
    why = _("It has ended, or is under a known problem already.")
    return {
        **shown,
        "n": shown["readers"]["requests"],
        "refused": [(why, over)] if over else [],
        "ways": shown["ways"] if last else [],
        "sure": str(last.pk) if last else "1",
    }
