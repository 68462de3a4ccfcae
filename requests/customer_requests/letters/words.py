"""What a letter is made of: the fact, what its reader may know of it, and the words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from customer_requests.models import ActorRole, CustomerRequest, Entry, EntryKind, StepState
from customer_requests.moments import written_moment


@dataclass(frozen=True, slots=True)
class Fact:
    """What a letter is about: the request, the entry, and what the recipient may read of it.

    `solution` is what was said to solve the request that this one was merged into, where it is.
    """

    request: CustomerRequest
    entry: Entry
    text: str
    zone: ZoneInfo
    solution: str = ""

    @property
    def agent(self) -> str:
        """The first name of the agent whom the entry is about, whoever has the request by now."""
        entry = self.entry
        if entry.kind == EntryKind.ASSIGNED and entry.text_team:
            return entry.text_team.split()[0]
        agent = entry.actor if entry.actor_role == ActorRole.AGENT else self.request.agent
        return agent.first_name if agent else _("A colleague")

    @property
    def to_place(self) -> str:
        """What the employee has to place under the post because of this; empty where nothing."""
        placed = self.request.to_place(self.entry)
        return str(placed["text"]) if placed else ""

    @property
    def own_words(self) -> str:
        """What was said to the employee beside what they have to place."""
        return self.text if self.text != self.entry.text_customer else ""

    @property
    def employee(self) -> str:
        return self.request.employee.first_name

    def when(self, moment: datetime | None) -> str:
        return written_moment(moment, self.zone)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: a headline without names, sentences, somebody's own words, and what to do."""

    headline: str
    lines: Sequence[str] = ()
    quote: str = ""
    action: str = ""


Say = Callable[[Fact], Words]


def expected(fact: Fact) -> list[str]:
    by = fact.request.expected_by
    if by is None or by < timezone.now():
        return []
    return [_("You will hear more by %(when)s.") % {"when": fact.when(by)}]


def writes(fact: Fact) -> list[str]:
    """Whose words the quote is, where there is one."""
    return [_("%(agent)s writes:") % {"agent": fact.agent}] if fact.text else []


def steps(fact: Fact) -> list[dict[str, str]]:
    return [
        {
            "title": step.title,
            "state_label": str(StepState(step.state).label),
            "state": step.state,
            "when": fact.when(step.expected_at) if not step.is_finished else "",
        }
        for step in fact.request.whole_plan()
    ]
