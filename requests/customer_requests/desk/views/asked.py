"""What the address of the queue asks for, and what of it can't be read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError

from customer_requests.desk.queue_query import LONGEST_SEARCH, QueueQuery
from server.accounts.models import User
from server.fields import explain

ROWS = 30
DEFAULT_VIEW: Literal["team"] = "team"
NARROWING = ("team", "topic", "status", "assignee", "priority", "channel", "since", "until", "q")
# As the form calls them. The words of a search are no filter among others: without them there is
# nothing to show.
FILTERS: Final[Mapping[str, Promise]] = {
    "view": _("View"),
    "team": _("Team"),
    "topic": _("Topic"),
    "status": _("Status"),
    "assignee": _("Whose"),
    "priority": _("Priority"),
    "channel": _("Where from"),
    "since": _("Passed on from"),
    "until": _("Up to and including"),
    "q": _("Search"),
    "order": _("Order"),
    "cursor": _("Page"),
}


@dataclass(slots=True)
class Asked:
    """The queue that an address asks for.

    `left_out` are the filters in it that say nothing here, with what they said: the queue is shown
    without them. `not_searched` says why there was no search, of the words in `q`; then there is
    nothing to show, because the whole queue would look like what was found.
    """

    query: QueueQuery
    q: str = ""
    left_out: dict[str, str] = field(default_factory=dict)
    not_searched: str = ""

    @classmethod
    def of(cls, address: QueryDict, agent: User) -> "Asked":
        given = {name: str(address[name]) for name in FILTERS if address.get(name)}
        q = given.get("q", "")
        try:
            query, wrong = QueueQuery.model_validate(given), {}
        except ValidationError as error:
            wrong = {str(each["loc"][0]): each for each in error.errors()}
            sane = {name: value for name, value in given.items() if name not in wrong}
            query = QueueQuery.model_validate(sane)
        asked = cls(query, q)
        if "q" in wrong:
            asked.not_searched = _why_not(q, wrong["q"])
        for name in (*wrong, *query.says_nothing(agent)):
            asked.leave_out(name, given[name])
        query.limit = ROWS
        if query.view is None:
            query.view = "all" if q else DEFAULT_VIEW
        return asked

    def leave_out(self, name: str, said: str) -> None:
        """Ask without this filter, and say so."""
        setattr(self.query, name, QueueQuery.model_fields[name].default)
        if name != "q":
            self.left_out[name] = said

    @property
    def told(self) -> list[dict[str, Any]]:
        """What was left out, for who reads the page."""
        return [{"label": FILTERS[name], "said": said} for name, said in self.left_out.items()]

    @property
    def filters(self) -> dict[str, str]:
        """The filters as they stand in the address; what goes without saying is left out."""
        given = {name: str(getattr(self.query, name, None) or "") for name in FILTERS}
        given["q"] = given["q"] or self.q
        if given["order"] == "due":
            given["order"] = ""
        return {name: value for name, value in given.items() if value}


def _why_not(q: str, error: Any) -> str:
    if len(q) <= LONGEST_SEARCH:
        return explain(error["type"], error.get("ctx", {}))
    long = _(
        "What you search for has %(length)s characters, and at most %(most)s fit. Search for a few "
        "words of it, or for a reference, an address or a number."
    )
    return str(long % {"length": len(q), "most": LONGEST_SEARCH})
