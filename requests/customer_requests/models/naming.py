"""Whether a text that goes to many is about one of them."""

import re
from typing import Any

from django.db.models import F, Q, QuerySet, Value

from customer_requests.references import PREFIX

_COLUMNS = ("customer_name", "customer_email", "customer_phone")


def about_one(requests: "QuerySet[Any]", text: str) -> list[str]:
    """What of a text is about one of the customers of these requests: a name, an address, a number;
    or a reference, whoever's.
    """
    if not text:
        return []
    theirs = Q()
    for name in _COLUMNS:
        theirs |= Q(**{f"{name}__gt": "", "said__icontains": F(name)})
    rows = requests.filter(erased_at=None).annotate(said=Value(text)).filter(theirs)
    told = rows.order_by().values_list(*_COLUMNS).distinct()
    parts = sorted({part for row in told for part in row if part})
    # Somebody called Jan is not in "januari".
    found = [
        part for part in parts if re.search(rf"(?<!\w){re.escape(part)}(?!\w)", text, re.IGNORECASE)
    ]
    return [*found, f"{PREFIX}-"] if PREFIX in text.upper() else found


def may_be_a_word(part: str) -> bool:
    """Whether it may be no name at all, as "Oma" may: only a name of one word."""
    return part.isalpha()
