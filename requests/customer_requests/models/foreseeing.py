"""What an act on many would come to now: who would hear of it, and what would be refused.

It asks the same guards as the verbs themselves and writes nothing, in a fixed number of queries.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from customer_requests.models.crew import Crew
from customer_requests.models.life import EmployeeSees
from customer_requests.models.macros import Macro, Planned
from customer_requests.models.to_all import Way
from customer_requests.models.wording import Readers
from customer_requests.problems import NotInTeam
from server.accounts.models import User
from server.problems import NotFound, Problem

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

Told = Collection[str]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """`goes` are the requests where it would be done, `refused` says why not and how often. The
    `ways` count whom a message goes to, by audience, language and channel.
    """

    goes: "list[CustomerRequest]"
    refused: list[tuple[str, int]]
    ways: list[Way]

    def examples(self, most: int) -> "list[CustomerRequest]":
        """The first of each way in which a customer gets it, and then the first of all."""
        first: dict[tuple[str, str], CustomerRequest] = {}
        for request in self.goes:
            first.setdefault((request.customer_language, _channel(request)), request)
        picked = list(first.values())[:most]
        rest = [request for request in self.goes if request not in picked]
        return [*picked, *rest][:most]


def foresee(
    verb: str, by: User, facts: Mapping[str, Any], ids: Collection[uuid.UUID]
) -> Foreseen | None:
    """For `assign` and `macro`; None for an act that sends nobody outside the team anything."""
    from customer_requests.models.customer_request import CustomerRequest

    if verb not in _LOOKS:
        return None
    rows = CustomerRequest.objects.on_desk_of(by).filter(pk__in=ids).for_team()
    found = {row.pk: row for row in rows.prefetch_related("steps", "merged_into__steps")}
    requests = [found[id] for id in dict.fromkeys(ids) if id in found]
    goes, refused, ways = [], Counter[str](), Counter[Way]()
    for request, told in _LOOKS[verb](requests, by, facts):
        if isinstance(told, Problem):
            refused[told.explained] += 1
            continue
        goes.append(request)
        if "customer" in told:
            ways[Way("customer", request.customer_language, _channel(request))] += 1
        if "employee" in told and request.employee_id != by.pk and request.employee.is_active:
            ways[Way("employee", request.employee.language, "app")] += 1
    order = sorted(ways, key=lambda way: (way.audience, way.language != "nl", way.channel))
    return Foreseen(goes, refused.most_common(), [way._replace(n=ways[way]) for way in order])


def _channel(request: "CustomerRequest") -> str:
    if request.is_social:
        return "social"
    return request.customer_channel if request.reach_customer_at() else "page"


_Looked = Iterator[tuple["CustomerRequest", Told | Problem]]


def _assigned(requests: "list[CustomerRequest]", by: User, facts: Mapping[str, Any]) -> _Looked:
    """Each fills up who gets it, as it does when they are done one by one."""
    teams = {request.team_id for request in requests}
    crew = Crew.read(teams, people=[uuid.UUID(facts["agent"])], skills=False)
    places = {place.member.team_id: place for place in crew.places}
    for request in requests:
        place = places.get(request.team_id)
        if place is None:
            yield request, NotInTeam()
        elif problem := request.why_not_to(place, by=by):
            yield request, problem
        elif request.agent_id == place.user.pk:
            yield request, ()  # it is so already, and nobody hears anything
        else:
            place.load += 1
            yield request, {"employee"} if request.is_social else {"customer", "employee"}


def _scripted(requests: "list[CustomerRequest]", by: User, facts: Mapping[str, Any]) -> _Looked:
    macro = Macro.objects.filter(pk=facts["macro"], is_active=True).first()
    for request in requests:
        if macro is None or macro.team_id not in {None, request.team_id}:
            yield request, NotFound()
            continue
        readers = Readers(request, by)
        planned, problem = request.preview_macro(macro, readers, request.reach(by))
        try:
            request.check_fits(planned.text("customer"))
        except Problem as too_long:
            problem = problem or too_long
        yield request, problem or _told(planned, request)


def _told(planned: Planned, request: "CustomerRequest") -> set[str]:
    """Who hears of it: of a step, a wait and a solution both do, of an update who it is for."""
    if planned.step or planned.then:
        return {"customer", "employee"}
    hidden = {"employee"} if request.employee_sees == EmployeeSees.STEPS else set[str]()
    return set(planned.said) - hidden


_LOOKS: Mapping[str, Callable[["list[CustomerRequest]", User, Mapping[str, Any]], _Looked]] = {
    "assign": _assigned,
    "macro": _scripted,
}
