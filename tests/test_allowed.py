"""`allowed` is a promise: what it names works, what it does not name is refused with 409."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.models import CustomerRequest, KnownProblem
from customer_requests.models.life import Actor
from server.accounts.models import TeamRole, User
from tests import factories
from tests.clients import Api, photo
from tests.factories import (
    link_of,
    make_agent,
    make_person,
    make_staffed_team,
    make_team,
    make_topic,
)
from tests.tables import taken_back

pytestmark = [pytest.mark.django_db, pytest.mark.thorough, pytest.mark.table]

Verbs = dict[str, Callable[[], Any]]


def _unanswered(**facts: Any) -> CustomerRequest:
    request = factories.solved(**facts)
    CustomerRequest.objects.filter(pk=request.pk).update(
        solved_at=timezone.now() - timedelta(days=8)
    )
    request.close_unanswered()
    return request


def _long_closed(**facts: Any) -> CustomerRequest:
    request = factories.closed(**facts)
    CustomerRequest.objects.filter(pk=request.pk).update(
        closed_at=timezone.now() - timedelta(days=15)
    )
    return request


def _answered_at_the_party(**facts: Any) -> CustomerRequest:
    facts.pop("agent")
    return factories.submit(solved_by_me="Zet de router eens uit en aan.", **facts)


def _erased(**facts: Any) -> CustomerRequest:
    request = factories.claimed(**facts)
    request.erase(by=Actor.customer())
    return request


def _without_agent(make: Callable[..., CustomerRequest]) -> Callable[..., CustomerRequest]:
    return lambda agent, **facts: make(**facts)


def _merged(**facts: Any) -> CustomerRequest:
    goes_on, ends = factories.claimed(**facts), factories.claimed(**facts)
    ends.merge(goes_on, by=facts["agent"])
    return ends


STATES: dict[str, Callable[..., CustomerRequest]] = {
    "received": _without_agent(factories.submit),
    "in progress": factories.claimed,
    "waiting on the customer": factories.waiting,
    "waiting on the employee": lambda **facts: factories.waiting("employee", **facts),
    "waiting on others": lambda **facts: factories.waiting("third_party", **facts),
    "solved": factories.solved,
    "confirmed": factories.closed,
    "closed by the clock": _unanswered,
    "closed long ago": _long_closed,
    "answered at the party": _answered_at_the_party,
    "merged": _merged,
    "withdrawn": _without_agent(factories.withdrawn),
    "erased": _erased,
}


def _text(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "text": "Iets.", **more}


def _of_employee(request: CustomerRequest) -> tuple[Any, Verbs]:
    phone, base = Api(request.employee), f"/requests/{request.pk}"
    verbs: Verbs = {
        "attach": lambda: phone.upload(f"{base}/attachments", photo()),
        "message": lambda: phone.post(f"{base}/messages", _text()),
        "reopen": lambda: phone.post(f"{base}/reopen", {"reason": "Toch niet."}),
        "withdraw": lambda: phone.post(f"{base}/withdraw", {"reason": "Hoeft niet."}),
    }
    return phone.get(base), verbs


def _of_customer(request: CustomerRequest) -> tuple[Any, Verbs]:
    token, api = link_of(request), Api()
    base = f"/track/{token}"
    verbs: Verbs = {
        "confirm": lambda: api.post(f"{base}/confirm"),
        "message": lambda: api.post(f"{base}/messages", _text()),
        "rate": lambda: api.post(f"{base}/rating", {"score": 4}),
        "reopen": lambda: api.post(f"{base}/reopen", {"reason": "Toch niet."}),
        "withdraw": lambda: api.post(f"{base}/withdraw", {"reason": "Hoeft niet."}),
    }
    return api.get(base), verbs


def _problem(request: CustomerRequest) -> str:
    member = request.team.members.first()
    assert member is not None
    facts: dict[str, Any] = {"title": "Storing", "words": "x", "team": request.team, "topic": None}
    return str(KnownProblem.note_down(by=member.user, id=uuid.uuid4(), **facts)[0].pk)


def _of_agent(request: CustomerRequest, agent: User) -> tuple[Any, Verbs]:
    desk, base = Api(agent), f"/desk/requests/{request.pk}"
    contact = {"channel": "email", "email": "nieuw@example.org"}
    same = factories.submit(topic=request.topic)
    part = {"id": str(uuid.uuid4()), "topic": request.topic.slug, "question": "Deel."}
    verbs: Verbs = {
        "merge": lambda: desk.post(f"{base}/merge", {"into": same.reference}),
        "unmerge": lambda: desk.post(f"{base}/unmerge"),
        "split": lambda: desk.post(f"{base}/split", part),
        "put_under": lambda: desk.post(f"{base}/problem", {"problem": _problem(request)}),
        "link": lambda: desk.post(f"{base}/links", {"request": same.reference}),
        "assign": lambda: desk.post(f"{base}/assign", {"agent": str(agent.pk)}),
        "claim": lambda: desk.post(f"{base}/claim"),
        "contact": lambda: desk.put(f"{base}/customer", contact),
        "draft": lambda: desk.put(f"{base}/drafts/note", {"version": 0, "text": "Belt"}),
        "note": lambda: desk.post(f"{base}/notes", _text()),
        "plan": lambda: desk.post(f"{base}/steps", {"id": str(uuid.uuid4()), "title": "Meten"}),
        "prioritise": lambda: desk.post(f"{base}/priority", {"priority": "urgent"}),
        "release": lambda: desk.post(f"{base}/release"),
        "resume": lambda: desk.post(f"{base}/resume"),
        "solve": lambda: desk.post(f"{base}/solve", {"text": "Klaar."}),
        "transfer": lambda: desk.post(f"{base}/transfer", {"team": "mobiel", "note": "Voor jou."}),
        "update": lambda: desk.post(f"{base}/updates", _text(audience=["customer"])),
        "wait": lambda: desk.post(f"{base}/wait", {"on": "customer", "text": "Welk lampje?"}),
    }
    return desk.get(base), verbs


READERS = ["employee", "customer", "holder", "colleague", "lead"]


def _read(reader: str, state: str, people: dict[str, User]) -> tuple[Any, Verbs]:
    """The request as this reader gets it, and what they could try."""
    agent = people["holder"]
    topic = agent.memberships.get().team.topics.get()
    request = STATES[state](by=people["employee"], agent=agent, topic=topic)
    if reader == "employee":
        return _of_employee(request)
    if reader == "customer":
        return _of_customer(request)
    return _of_agent(request, people[reader])


# What holds for whoever has it holds for others of the team; where they differ, each of them tries.
DIFFER = {"received", "in progress", "waiting on the customer", "solved", "merged"}
CELLS = [
    (reader, state)
    for reader in READERS
    for state in STATES
    if reader not in {"colleague", "lead"} or state in DIFFER
]


@pytest.mark.parametrize(("reader", "state"), CELLS)
def test_what_is_allowed_works_and_what_is_not_is_refused(reader: str, state: str) -> None:
    team, _other = make_team("internet"), make_staffed_team("mobiel")
    make_topic(team)
    people = {
        "employee": make_person(),
        "holder": make_agent(team),
        "colleague": make_agent(team, "Fatima Yilmaz"),
        "lead": make_agent(team, "Els Prins", role=TeamRole.LEAD),
    }
    shown, verbs = _read(reader, state, people)
    if reader == "customer" and state == "erased":
        assert shown.status_code == 404
        return
    allowed = shown.json()["allowed"]
    assert allowed == sorted(allowed)
    got = {}
    for verb, attempt in verbs.items():
        with taken_back():
            got[verb] = attempt().status_code
    works = {verb for verb, status in got.items() if status in {200, 201, 302}}
    assert works == set(allowed), got
    assert {status for verb, status in got.items() if verb not in works} <= {409}, got
