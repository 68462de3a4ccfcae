"""No page of the desk costs more than twelve queries, whatever is on it and whoever looks first."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_requests.models import CustomerRequest, KnownProblem
from customer_requests.models.life import Actor
from server.accounts.models import Absence, HandOut, Skill, TeamMember, TeamRole
from server.uploads import Upload
from tests import factories
from tests.factories import make_agent
from tests.test_desk_pages import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.thorough, pytest.mark.table]

MOST = 12
PHOTO = Upload(
    name="photo.png", content_type="image/png", extension=".png", content=b"x", sha256="0" * 64
)


def cost(desk: Desk, path: str, *, panel: bool = False) -> int:
    headers = {"HX-Request": "true", "HX-Target": "request"} if panel else {}
    with CaptureQueriesContext(connection) as queries:
        assert desk.browser.get(path, headers=headers).status_code == 200
    return len(queries)


def photographed(request: CustomerRequest) -> CustomerRequest:
    request.attach(by=Actor.employee(request.employee), id=uuid.uuid4(), upload=PHOTO)
    return request


def problem_of(desk: Desk) -> KnownProblem:
    made, _new = KnownProblem.note_down(
        by=desk.daan, id=uuid.uuid4(), title="Storing", words="", team=desk.team, topic=None
    )
    return made


def free(desk: Desk) -> CustomerRequest:
    return photographed(desk.submit())


def mine(desk: Desk) -> CustomerRequest:
    request = photographed(desk.claimed())
    request.plan_step(by=desk.daan, id=uuid.uuid4(), title="Lijn meten")
    request.save_draft(by=desk.daan, kind="reply", version=0, text="We zijn")
    problem_of(desk)
    return request


def urgent(desk: Desk) -> CustomerRequest:
    request = desk.claimed()
    request.prioritise("urgent", by=desk.daan)
    return request


def waiting(desk: Desk) -> CustomerRequest:
    request = mine(desk)
    request.wait(by=desk.daan, on="customer", text="Welk lampje?")
    return request


def solved(desk: Desk) -> CustomerRequest:
    request = mine(desk)
    request.solve(by=desk.daan, text="Klaar.")
    request.rate(score=4)
    return request


def reopened(desk: Desk) -> CustomerRequest:
    request = solved(desk)
    request.reopen(by=Actor.customer(), reason="Toch niet.")
    return request


def a_colleagues(desk: Desk) -> CustomerRequest:
    request = photographed(desk.submit())
    request.claim(by=desk.fatima)
    return request


def of_somebody_away(desk: Desk) -> CustomerRequest:
    request = a_colleagues(desk)
    Absence.enter(by=desk.fatima, id=uuid.uuid4(), ends=timezone.now() + timedelta(days=3))
    return request


def linked(desk: Desk) -> CustomerRequest:
    request = mine(desk)
    request.link(desk.submit(), by=desk.daan)
    desk.claimed().merge(request, by=desk.daan)
    request.split(by=desk.daan, id=uuid.uuid4(), topic=desk.topic, question="En de tv?")
    return request


def merged(desk: Desk) -> CustomerRequest:
    request = desk.claimed()
    request.merge(mine(desk), by=desk.daan)
    return request


def under_a_problem(desk: Desk) -> CustomerRequest:
    request = mine(desk)
    request.put_under(problem_of(desk), by=desk.daan)
    return request


def resembling(desk: Desk) -> CustomerRequest:
    """A known problem, of which something was said to all, is offered beside it."""
    said = {"customer_nl": "Om 18 uur weer."}
    problem, _new = KnownProblem.note_down(
        by=desk.daan,
        id=uuid.uuid4(),
        title="Storing internet Haarlem-Noord",
        words="",
        team=desk.team,
        topic=None,
    )
    problem.announce(by=desk.daan, id=uuid.uuid4(), solves=False, texts=said)
    return photographed(desk.claimed(question="Storing: geen internet in Haarlem-Noord."))


def stuck(desk: Desk) -> CustomerRequest:
    """Nobody in the team can do what it asks for, and it waits to be handed out."""
    desk.team.hand_out = HandOut.ROUND_ROBIN
    desk.team.save()
    can, lacks = (
        Skill.objects.create(slug=slug, name_nl=slug, name_en=slug) for slug in ("tv", "chinees")
    )
    desk.topic.skills.set([lacks])
    TeamMember.objects.get(user=desk.daan).skills.set([can])
    return photographed(desk.submit())


STATES: tuple[Callable[[Desk], CustomerRequest], ...] = (
    free,
    mine,
    urgent,
    waiting,
    solved,
    reopened,
    a_colleagues,
    of_somebody_away,
    linked,
    merged,
    under_a_problem,
    resembling,
    stuck,
)


@pytest.mark.parametrize("state", STATES)
def test_a_request_in_any_state_costs_at_most_twelve_the_first_time_and_later(
    state: Callable[[Desk], CustomerRequest], django_capture_on_commit_callbacks: Any
) -> None:
    desk = Desk()
    desk.submit()
    request = state(desk)
    path = f"/desk/{request.reference}"
    desk.browser.get("/desk/")  # which teams and topics there are is kept for a minute
    with django_capture_on_commit_callbacks(execute=True):
        first = cost(desk, path)
    costs = {"first": first, "again": cost(desk, path), "panel": cost(desk, path, panel=True)}
    for _ in range(12):
        desk.submit()
        agent = make_agent(desk.team)
        Absence.enter(by=agent, id=uuid.uuid4(), ends=timezone.now() + timedelta(days=1))
    assert (cost(desk, path), cost(desk, path, panel=True)) == (costs["again"], costs["panel"])
    assert max(costs.values()) <= MOST, costs


PAGES = (
    "/desk/",
    "/desk/?view=mine&q=Jansen",
    "/desk/?view=all&topic=wifi&status=solved&q=lampje",
    "/desk/?team=internet&assignee=me&order=newest",
    "/desk/availability",
    "/desk/lead",
    "/desk/lead?days=365&team=internet",
    "/desk/problems/",
    "/desk/problems/{problem}",
    "/desk/{reference}?view=all&q=lampje",
    "/desk/{reference}/texts",
    "/desk/{reference}/note",
    "/desk/{reference}/assign",
    "/desk/{reference}/transfer",
    "/desk/{reference}/merge",
)


def test_a_page_costs_at_most_twelve_for_a_lead_with_little_and_with_much(
    django_capture_on_commit_callbacks: Any,
) -> None:
    desk = Desk()
    TeamMember.objects.filter(user=desk.daan).update(role=TeamRole.LEAD)
    request, problem = mine(desk), problem_of(desk)
    paths = {page: page.format(reference=request.reference, problem=problem.pk) for page in PAGES}
    desk.browser.get("/desk/")  # which teams and topics there are is kept for a minute
    with django_capture_on_commit_callbacks(execute=True):
        costs = {page: [cost(desk, path)] for page, path in paths.items()}
    for page, path in paths.items():
        costs[page].append(cost(desk, path))
    for number in range(10):
        said, _new = problem.announce(
            by=desk.daan, id=uuid.uuid4(), solves=False, texts={"customer_nl": f"Nieuws {number}."}
        )
        if number < 8:  # the last two are still being passed on
            said.finish()
        other = factories.claimed(desk.sanne, desk.fatima, topic=desk.topic)
        other.put_under(problem, by=desk.fatima)
        other.update(
            by=desk.fatima, id=uuid.uuid4(), audience=["customer"], text_customer="Welk lampje?"
        )
        make_agent(desk.team, f"Agent {number}")
    for page, path in paths.items():
        costs[page].append(cost(desk, path))
    # Beside a request, a search says where each was found: one more on PostgreSQL.
    most = {page: MOST + ("{reference}" in page and "q=" in page) for page in PAGES}
    assert {page: all_ for page, all_ in costs.items() if max(all_) > most[page]} == {}
