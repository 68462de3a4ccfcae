"""Who saw a customer's details: every place that shows them leaves it in the audit trail."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customer_requests.models import CannedText, CustomerRequest, KnownProblem
from server.accounts.models import AuditEvent, User
from tests.clients import Api
from tests.factories import make_agent
from tests.test_desk_pages import Desk

pytestmark = pytest.mark.django_db

Act = Callable[[Desk, CustomerRequest], Any]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def page(path: str) -> Act:
    return lambda desk, request: desk.browser.get(f"/desk/{request.reference}{path}")


def post(path: str, **body: str) -> Act:
    return lambda desk, request: desk.browser.post(f"/desk/{request.reference}{path}", body)


def find(path: str) -> Act:
    return lambda desk, request: desk.browser.get(f"/desk/{path}")


def api(path: str, body: Any = None) -> Act:
    def call(desk: Desk, request: CustomerRequest) -> Any:
        to = f"/desk{path}".replace("{id}", str(request.pk))
        return Api(desk.daan).post(to, body) if body is not None else Api(desk.daan).get(to)

    return call


def saw(agent: User) -> set[uuid.UUID]:
    seen = AuditEvent.objects.filter(actor=agent, action="customer-details-seen")
    return set(seen.values_list("subject_id", flat=True))


UPDATE = {"id": str(uuid.uuid4()), "audience": ["customer"], "text": "Dag."}

SHOWN: dict[str, Act] = {
    "the request": page(""),
    "the address to correct": page("/contact"),
    "a wrong address": post("/contact", email="geen adres", channel="email"),
    "texts filled in": page("/texts"),
    "a preview": post("/preview", mode="update", text="Dag.", audience="customer"),
    "search for an address": find("?q=jansen@example.org"),
    "search for a number": find("?q=06-12345678"),
    "search for it to merge": post("/merge", find="1", into="jansen@example.org"),
    "API: the request": api("/requests/{id}"),
    "API: a preview": api("/requests/{id}/preview", {"update": UPDATE}),
    "API: texts filled in": api("/texts?request={id}"),
    "API: macros filled in": api("/macros?request={id}"),
    "API: search for an address": api("/requests?q=jansen@example.org"),
}
HIDDEN: dict[str, Act] = {
    "the queue": find(""),
    "search for a word": find("?q=internet"),
    "search for a reference": lambda desk, request: desk.browser.get(
        f"/desk/?q={request.reference}"
    ),
    "a note to write": page("/note"),
    "API: the queue": api("/requests"),
    "API: texts": api("/texts"),
    "API: a preview of a note": api(
        "/requests/{id}/preview", {"note": {"id": str(uuid.uuid4()), "text": "Dag."}}
    ),
}


def a_request(desk: Desk) -> CustomerRequest:
    facts: dict[str, Any] = {"customer_phone": "+31612345678"}
    request = desk.submit(**facts)
    desk.submit(**facts).claim(by=desk.daan)  # what a search for its customer finds to merge with
    request.claim(by=desk.daan)
    return request


@pytest.mark.parametrize("name", SHOWN)
def test_whoever_gets_a_customers_details_is_recorded(desk: Desk, name: str) -> None:
    request = a_request(desk)
    answer = SHOWN[name](desk, request)
    assert answer.status_code in {200, 422}, answer.content[:300]
    expected = request
    if name == "search for it to merge":
        expected = CustomerRequest.objects.exclude(pk=request.pk).get()
    assert expected.pk in saw(desk.daan)


@pytest.mark.parametrize("name", HIDDEN)
def test_what_everybody_needs_to_choose_their_work_is_not_recorded(desk: Desk, name: str) -> None:
    request = a_request(desk)
    assert HIDDEN[name](desk, request).status_code == 200
    assert saw(desk.daan) == set()


def test_the_queue_has_no_address_of_anybody(desk: Desk) -> None:
    request = a_request(desk)
    for path in ("/desk/", "/desk/?q=internet", f"/desk/?q={request.reference}"):
        html = desk.browser.get(path).content.decode()
        assert "Mevrouw Jansen" in html
        assert "jansen@example.org" not in html
        assert "12345678" not in html
    assert "jansen@example.org" not in str(Api(desk.daan).get("/desk/requests").json())


def test_who_reads_the_story_of_a_merged_request_saw_that_customer_too(desk: Desk) -> None:
    goes_on, ends, deepest = (a_request(desk) for _one in range(3))
    deepest.merge(ends, by=desk.daan)
    CustomerRequest.objects.get(pk=ends.pk).merge(goes_on, by=desk.daan)
    fatima = Api(desk.fatima)
    assert fatima.get(f"/desk/requests/{goes_on.pk}").status_code == 200
    assert saw(desk.fatima) == {goes_on.pk, ends.pk, deepest.pk}
    desk.browser.get(f"/desk/{goes_on.reference}")
    assert {goes_on.pk, ends.pk, deepest.pk} <= saw(desk.daan)


def test_a_problem_that_is_searched_for_somebody_says_who_looked(desk: Desk) -> None:
    request = a_request(desk)
    known, _new = KnownProblem.note_down(
        by=desk.daan, id=uuid.uuid4(), title="Storing", words="", team=desk.team, topic=None
    )
    desk.browser.get(f"/desk/problems/{known.pk}?find=internet")
    assert saw(desk.daan) == set()
    desk.browser.get(f"/desk/problems/{known.pk}?find=jansen@example.org")
    assert request.pk in saw(desk.daan)


@pytest.mark.parametrize("path", ["", "/contact", "/texts"])
def test_what_was_seen_within_the_hour_costs_nothing_more(
    desk: Desk, path: str, django_capture_on_commit_callbacks: Any
) -> None:
    request = a_request(desk)
    CannedText(pk=uuid.uuid4()).write(
        by=make_agent(desk.team, "Els van Dijk", role="lead"),
        team=desk.team,
        name="Groet",
        customer_nl="Dag {customer_name}",
    )
    address = f"/desk/{request.reference}{path}"
    desk.browser.get("/desk/")  # what belongs to no page in particular
    costs = []
    for _time in range(3):
        remembered = django_capture_on_commit_callbacks(execute=True)
        with remembered, CaptureQueriesContext(connection) as queries:
            desk.browser.get(address)
        costs.append(sum("audit" in query["sql"] for query in queries))
    assert costs == [1, 0, 0]
    assert AuditEvent.objects.filter(action="customer-details-seen").count() == 1
