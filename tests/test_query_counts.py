"""Reading costs the same number of queries for one row as for ten, and never more than a few."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customer_requests.models import BulkAction, CannedText, CustomerRequest, KnownProblem, Macro
from customer_requests.models.life import Actor
from server.accounts.models import Team, User
from server.uploads import Upload
from tests import factories
from tests.clients import Api, content_of
from tests.factories import holder, link_of, make_agent, make_person, make_team, make_topic

pytestmark = [pytest.mark.django_db, pytest.mark.thorough, pytest.mark.table]


UPLOAD = Upload(
    name="photo.png", content_type="image/png", extension=".png", content=b"x", sha256="0" * 64
)


class Company:
    """A team with one agent, and one employee whose requests grow."""

    def __init__(self) -> None:
        self.team: Team = make_team("internet")
        self.topic = make_topic(self.team)
        self.daan: User = make_agent(self.team, "Daan Bakker")
        self.sanne: User = make_person("Sanne de Vries")
        self.phone, self.desk, self.anyone = Api(self.sanne), Api(self.daan), Api()

    def request(self, things: int) -> CustomerRequest:
        """A request with this many steps, updates, messages and files."""
        request = factories.claimed(self.sanne, self.daan, topic=self.topic)
        for number in range(things):
            request.plan_step(by=self.daan, id=uuid.uuid4(), title=f"Stap {number}")
            request.update(
                by=self.daan, id=uuid.uuid4(), audience=["customer", "employee"], text_customer="x"
            )
            request.message(by=Actor.employee(self.sanne), id=uuid.uuid4(), text="y")
            request.attach(by=Actor.employee(self.sanne), id=uuid.uuid4(), upload=UPLOAD)
        assert holder(request) == self.daan
        return request

    def bulk(self) -> uuid.UUID:
        """An act on all that there are."""
        rows = list(CustomerRequest.objects.values_list("pk", flat=True))
        asked: dict[str, Any] = {
            "by": self.daan, "id": uuid.uuid4(), "verb": "note", "facts": {"text": "x"}
        }  # fmt: skip
        return BulkAction.ask(**asked, picked=[(pk, None) for pk in rows], print_="x")[0].pk

    def requests(self, count: int) -> None:
        for _ in range(count):
            self.request(1)
        for number in range(count):
            make_agent(self.team, f"Agent {number}")
            make_topic(self.team)
            self.written(f"{uuid.uuid4()}")

    def written(self, name: str) -> None:
        """A canned text, a macro and a known problem."""
        facts: dict[str, Any] = {"team": self.team, "name": name, "customer_nl": "Dag {team}"}
        CannedText.objects.create(**facts, employee_nl="Dag {customer_name}")
        Macro.objects.create(**facts, step_title_nl="Meten", then="solve")
        KnownProblem.note_down(
            by=self.daan, id=uuid.uuid4(), title=name, words="Kabel", team=self.team, topic=None
        )


def cost(call: Callable[[], Any]) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = call()
    content_of(answer)
    assert answer.status_code == 200
    return len(queries)


LISTS: dict[str, int] = {
    "/me": 6,
    "/topics": 4,
    "/me/notifications": 4,
    "/requests": 7,
    "/requests?status=open": 7,
    "/changes?limit=200": 15,
    "/inbox": 9,
    "/desk/requests": 10,
    "/desk/requests?order=newest": 10,
    "/desk/requests?assignee=me&q=buurvrouw": 7,
    "/desk/agents": 8,
    "/desk/absences": 7,
    "/desk/texts": 6,
    "/desk/texts?request={id}": 9,
    "/desk/macros": 6,
    "/desk/macros?request={id}": 10,
    "/desk/problems": 6,
    "/desk/bulk/{bulk}": 7,
}


def _costs_of_lists(company: Company, request: CustomerRequest) -> dict[str, int]:
    bulk, costs = company.bulk(), {}
    for path in LISTS:
        api = company.desk if path.startswith("/desk") else company.phone
        address = path.format(id=request.pk, bulk=bulk)
        costs[path] = cost(lambda api=api, address=address: api.get(address))  # type: ignore[misc]
    return costs


def test_a_list_of_ten_costs_what_a_list_of_one_costs() -> None:
    company = Company()
    company.requests(1)
    request = CustomerRequest.objects.get()
    _costs_of_lists(company, request)  # what is in the cache from then on
    one = _costs_of_lists(company, request)
    company.requests(9)
    assert _costs_of_lists(company, request) == one
    assert {path: count for path, count in one.items() if count > LISTS[path]} == {}


@pytest.mark.parametrize("path", ["/requests", "/inbox", "/desk/requests"])
def test_a_page_further_on_costs_what_the_first_one_costs(path: str) -> None:
    company = Company()
    api = company.desk if path.startswith("/desk") else company.phone
    company.requests(6)
    first = api.get(f"{path}?limit=2")
    costs = [cost(lambda: api.get(f"{path}?limit=2"))]
    cursor = first.json()["next"]
    for _ in range(2):
        following = f"{path}?limit=2&cursor={cursor}"
        costs.append(cost(lambda following=following: api.get(following)))  # type: ignore[misc]
        cursor = api.get(following).json()["next"]
    assert len(set(costs)) == 1, costs


DETAILS: dict[str, int] = {
    "/requests/{id}": 7,
    "/requests/{id}/timeline": 9,
    "/desk/requests/{id}": 12,
    "/track/{token}": 8,
    "page": 10,
}


def _calls(company: Company, request: CustomerRequest) -> dict[str, Callable[[], Any]]:
    token, id = link_of(request), request.pk
    return {
        "/requests/{id}": lambda: company.phone.get(f"/requests/{id}"),
        "/requests/{id}/timeline": lambda: company.phone.get(f"/requests/{id}/timeline"),
        "/desk/requests/{id}": lambda: company.desk.get(f"/desk/requests/{id}"),
        "/track/{token}": lambda: company.anyone.get(f"/track/{token}"),
        "page": lambda: company.anyone.client.get(f"/t/{token}"),
    }


def test_a_request_with_much_on_it_costs_what_a_bare_one_costs() -> None:
    company = Company()
    bare, full = company.request(1), company.request(10)
    for call in _calls(company, bare).values():
        call()  # the look of the company is kept for a minute
    one = {what: cost(call) for what, call in _calls(company, bare).items()}
    assert {what: cost(call) for what, call in _calls(company, full).items()} == one
    assert {what: count for what, count in one.items() if count > DETAILS[what]} == {}
