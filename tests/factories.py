"""People, teams and requests for tests, made by calling the verbs: no impossible states."""

import itertools
import uuid
from typing import Any

from customer_requests.models import CustomerRequest, Topic, TrackingLink
from customer_requests.models.life import Actor
from server.accounts.models import Department, Role, Team, TeamMember, TeamRole, User

_numbers = itertools.count(1)


def make_department(name: str = "Winkels", parent: Department | None = None) -> Department:
    return Department.objects.get_or_create(name=name, parent=parent)[0]


def make_person(name: str = "Sanne de Vries", **fields: Any) -> User:
    """An employee; fields as on User, and `roles` for company-wide ones."""
    roles = fields.pop("roles", [])
    email = fields.pop("email", f"person{next(_numbers)}@example.org")
    fields.setdefault("department", make_department())
    user = User.objects.create_user(email, name=name, **fields)
    for role in roles:
        Role.objects.create(user=user, name=role)
    return user


def make_team(slug: str | None = None, **fields: Any) -> Team:
    """A team that works around the clock, so that due times are easy to say."""
    slug = slug or f"team-{next(_numbers)}"
    fields.setdefault("name", slug.capitalize())
    fields.setdefault("holidays", "")
    return Team.objects.create(slug=slug, **fields)


def make_agent(team: Team, name: str = "Daan Bakker", role: str = TeamRole.AGENT, **f: Any) -> User:
    agent = make_person(name, **f)
    TeamMember.objects.create(team=team, user=agent, role=role)
    return agent


def make_staffed_team(slug: str | None = None, **fields: Any) -> Team:
    """A team with somebody in it, so that requests can be passed to it."""
    team = make_team(slug, **fields)
    make_agent(team, "Ingrid Postma")
    return team


def make_topic(team: Team | None = None, slug: str | None = None, **fields: Any) -> Topic:
    slug = slug or f"topic-{next(_numbers)}"
    fields.setdefault("name_nl", slug)
    fields.setdefault("name_en", slug)
    return Topic.objects.create(slug=slug, team=team or make_team(), **fields)


def submit(by: User | None = None, topic: Topic | None = None, **facts: Any) -> CustomerRequest:
    """A request in the queue."""
    given = {
        "id": uuid.uuid4(),
        "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
        "customer_name": "Mevrouw Jansen",
        "customer_email": "jansen@example.org",
        "customer_channel": "email",
        **facts,
    }
    made, _new = CustomerRequest.submit(
        by=by or make_person(), topic=topic or make_topic(), **given
    )
    return made


def claimed(by: User | None = None, agent: User | None = None, **facts: Any) -> CustomerRequest:
    """A request that an agent has."""
    topic = facts.pop("topic", None) or make_topic()
    request = submit(by, topic, **facts)
    request.claim(by=agent or make_agent(topic.team))
    return request


def waiting(on: str = "customer", **facts: Any) -> CustomerRequest:
    request = claimed(**facts)
    request.wait(by=holder(request), on=on, text="Welk lampje brandt er?")
    return request


def solved(**facts: Any) -> CustomerRequest:
    request = claimed(**facts)
    request.solve(by=holder(request), text="De lijn is hersteld.")
    return request


def closed(**facts: Any) -> CustomerRequest:
    request = solved(**facts)
    request.confirm()
    return request


def withdrawn(**facts: Any) -> CustomerRequest:
    request = submit(**facts)
    request.withdraw(by=Actor.employee(request.employee), reason="Het doet het weer.")
    return request


def holder(request: CustomerRequest) -> User:
    assert request.agent is not None
    return request.agent


def link_of(request: CustomerRequest) -> str:
    """A fresh token of the customer's link."""
    return TrackingLink.mint(request)


def under_post(**facts: Any) -> dict[str, Any]:
    """The facts of a stranger's question under a post, for `submit` and the states after it."""
    return {
        "question": "Waarom ligt glasvezel in Winterswijk er steeds uit?",
        "customer_name": "@winterswijker",
        "customer_email": "",
        "customer_channel": "social",
        "post_network": "x",
        "post_url": "https://x.com/winterswijker/status/1860000000000000001",
        "customer_agrees": False,
        **facts,
    }
