"""What agents get: a request as its team sees it, with the customer in full."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.utils import timezone
from ninja import Schema
from pydantic import Field

from customer_requests.desk.queue_query import QueueQuery
from customer_requests.desk.seeing import asks_who, saw_customers
from customer_requests.models import ActorRole, CustomerRequest, Entry, EntryKind, Linked
from customer_requests.models.explaining import ClockFacts
from customer_requests.models.life import FAR
from customer_requests.schemas import (
    CustomerBrief,
    PersonOut,
    PostBrief,
    RatingOut,
    RequestOut,
    TimelineOut,
    attachment_out,
    common_out,
    entry_out,
    step_out,
)
from server.accounts.models import User
from server.paging import encode, page_of


class AgentOut(PersonOut):
    id: UUID


class CustomerInFull(CustomerBrief):
    email: str | None
    phone: str | None
    language: Literal["nl", "en"]
    failing: bool
    employee_sees: Literal["steps", "updates", "conversation"]


class DueOut(Schema):
    """When the team has to answer; moments in UTC, null where nothing is due."""

    first_response: datetime | None
    next_response: datetime | None
    solve: datetime | None
    next: datetime | None
    overdue: bool = Field(
        description="Whether the team has worked on since `next`: what was due at closing time is "
        "not overdue before it is back. Nothing is during a wait."
    )


class NextDueOut(DueOut):
    """`clock` names what is due next, `left` the working time until then, or since, in words."""

    clock: str | None
    left: str | None


class ClockOut(Schema):
    """One clock that runs; `left_minutes` of working time, negative where it is over."""

    clock: Literal["response", "reply", "solve"]
    label: str
    due: datetime
    overdue: bool = Field(
        description="Whether the team has worked on since; of a clock that a wait has stopped, "
        "whether it was over by then."
    )
    left: str
    left_minutes: int
    why: str


class DueWhyOut(DueOut):
    why: str
    clocks: list[ClockOut]
    promised_by: datetime | None = Field(
        description="What the followers were told, where the clocks by now leave more time."
    )


class DeskItemOut(Schema):
    """A request in the queue."""

    id: UUID
    reference: str
    status: str
    status_label: str
    waiting_on: str | None
    waiting_until: datetime | None
    closed_as: str | None
    priority: Literal["low", "normal", "high", "urgent"]
    priority_label: str
    topic: str
    topic_name: str
    question: str
    customer: CustomerBrief
    post: PostBrief | None
    team: str
    team_name: str
    agent: AgentOut | None
    employee: PersonOut
    due: NextDueOut
    created_at: datetime
    updated_at: datetime
    version: int


class DeskEntryOut(TimelineOut):
    """An entry as the team sees it: each audience's words, and who else can read it."""

    of: str | None = Field(
        description="The reference of the merged request that it was written on; null for this one."
    )
    internal: bool
    audience: list[Literal["customer", "employee"]]
    texts: dict[str, str]


class LinkedOut(Schema):
    """A request that has to do with this one, and where it stands."""

    id: UUID
    reference: str
    relation: Literal[
        "related",
        "split_off",
        "split_from",
        "follow_up",
        "follow_up_of",
        "merged_here",
        "merged_into",
        "same_post",
    ]
    relation_label: str
    status: str
    status_label: str
    team_name: str
    topic_name: str
    employee: PersonOut
    mine: bool = Field(description="Whether it is with one of my teams, so that I can open it.")


class ProblemBrief(Schema):
    id: UUID
    title: str
    state: Literal["open", "solved"]


class DeskRequestOut(RequestOut):
    """A request as its team sees it. `not_handed_out` says why nobody gets it now from the queue of
    a team that hands out in turn.
    """

    customer: CustomerInFull
    not_handed_out: str | None
    agent: AgentOut | None
    employee: AgentOut
    priority: Literal["low", "normal", "high", "urgent"]
    priority_label: str
    timeline: list[DeskEntryOut]
    internal: list[DeskEntryOut]
    due: DueWhyOut
    rating: RatingOut | None
    problem: ProblemBrief | None = Field(description="The known problem that it is under.")
    looks_like: ProblemBrief | None = Field(
        description="An open problem of its team that it resembles, where it is under none."
    )
    linked: list[LinkedOut] = Field(
        description="Merged with it, split off, following up or related; also of other teams."
    )


def _due(request: CustomerRequest) -> dict[str, Any]:
    due = None if request.queue_due == FAR else request.queue_due
    return {
        "first_response": None if request.first_response_at else request.response_due,
        "next_response": request.reply_due,
        "solve": request.solve_due,
        "next": due,
        "overdue": request.overdue,
    }


def _clock_out(facts: ClockFacts) -> dict[str, Any]:
    return {
        "clock": facts.clock,
        "label": facts.label,
        "due": facts.due,
        "overdue": facts.overdue,
        "left": facts.left_in_words,
        "left_minutes": round(facts.left.total_seconds() / 60),
        "why": facts.why,
    }


def queue_page(
    asked: QueueQuery, agent: User, beside: CustomerRequest | None = None
) -> dict[str, Any]:
    """One page of the queue as `Page` has it, with as `further` the moment up to which a search had
    time to look, if it had not for all; reads the hours of its teams once, and not those of the
    request that is shown `beside` it.
    """
    rows = asked.rows(agent).select_related("topic", "team", "agent", "employee")
    page = page_of(rows, asked.ordering, asked, lambda row: row, parts=asked.parts(agent))
    CustomerRequest.keep_hours(page["items"], beside)
    if asks_who(asked.q or ""):
        saw_customers(agent, [row.pk for row in page["items"]])
    further = None if page["next"] else asked.further
    return {
        "items": [desk_item_out(row) for row in page["items"]],
        "next": encode(further) if further else page["next"],
        "further": further[0] if further else None,
    }


def desk_item_out(request: CustomerRequest) -> dict[str, Any]:
    """A row of the queue; `CustomerRequest.keep_hours` first, or it costs queries."""
    clock, left = request.next_in_words() or (None, None)
    return {
        **common_out(request),
        "priority": request.priority,
        "priority_label": request.get_priority_display(),
        "agent": request.agent,
        "employee": {"name": request.employee.name},
        "due": {**_due(request), "clock": clock, "left": left},
        "languages": languages(request),
    }


def languages(request: CustomerRequest) -> dict[str, str]:
    """What is said to each, or by them, is in this language; the console may be in another."""
    return {"customer": request.customer_language, "employee": request.employee.language}


def _language(request: CustomerRequest, entry: Entry) -> str:
    """Of what the team reads of an entry; empty where nobody wrote it."""
    if entry.actor_role == ActorRole.CUSTOMER or (entry.text_customer and not entry.text_team):
        return request.customer_language
    if entry.actor_role == ActorRole.EMPLOYEE or (entry.text_employee and not entry.text_team):
        return request.employee.language
    return entry.actor.language if entry.kind == EntryKind.NOTE and entry.actor else ""


def desk_entry_out(request: CustomerRequest, entry: Entry) -> dict[str, Any]:
    texts = {"customer": entry.text_customer, "employee": entry.text_employee}
    texts["team"] = entry.text_team
    audience = {"customer": entry.to_customer, "employee": entry.to_employee}
    return {
        **entry_out(request, entry, ActorRole.AGENT),
        "of": entry.request.reference if entry.request_id != request.pk else None,
        "language": _language(request, entry),
        "internal": not (entry.to_customer or entry.to_employee),
        "audience": [name for name, may in audience.items() if may],
        "texts": {name: text for name, text in texts.items() if text},
    }


def desk_out(request: CustomerRequest, reader: User) -> dict[str, Any]:
    """A request for an agent of its team, with the customer in full and the whole timeline. That
    the agent saw them is recorded, also for the requests that go on as this one.
    """
    base = f"/api/v1/desk/requests/{request.pk}"
    linked = request.related()
    merged = [other.request for other in linked if other.relation == "merged_here"]
    story = request.whole_story(merged)
    saw_customers(reader, {request.pk, *(entry.request_id for entry in story)})
    timeline = [desk_entry_out(request, entry) for entry in story]
    steps = request.plan_in(story)
    with timezone.override(reader.zone):
        clocks = request.clock_facts(story)
        why = request.why_due(clocks)
    common = common_out(request)
    if common["post"]:
        passed_on = [other for other in linked if other.request.post_url == request.post_url]
        common["post"]["passed_on_before"] = bool(passed_on)
    return {
        **common,
        "customer": {
            "name": request.customer_name,
            "channel": request.customer_channel,
            "email": request.customer_email or None,
            "phone": request.customer_phone or None,
            "language": request.customer_language,
            "failing": request.customer_failing,
            "employee_sees": request.employee_sees,
        },
        "agent": request.agent,
        "not_handed_out": request.why_not_handed_out() or None,
        "employee": request.employee,
        "priority": request.priority,
        "priority_label": request.get_priority_display(),
        "steps": [step_out(step) for step in steps],
        "expected_by": request.expected_with(steps),
        "attachments": [attachment_out(file, base) for file in request.files_in(story)],
        "allowed": request.allowed_to(reader),
        "timeline": timeline,
        "internal": [entry for entry in timeline if entry["internal"]],
        "due": {
            **_due(request),
            "why": why,
            "clocks": [_clock_out(one) for one in clocks],
            "promised_by": request.promised_by,
        },
        "rating": request.rating_in(story),
        "merged_into": (
            {"id": request.merged_into.pk, "reference": request.merged_into.reference}
            if request.merged_into
            else None
        ),
        "problem": request.problem_link.problem if hasattr(request, "problem_link") else None,
        "looks_like": request.looks_like(),
        "linked": [linked_out(other, reader) for other in linked],
    }


def linked_out(linked: Linked, reader: User) -> dict[str, Any]:
    other = linked.request
    return {
        "id": other.pk,
        "reference": other.reference,
        "relation": linked.relation,
        "relation_label": linked.label,
        "status": other.status,
        "status_label": other.get_status_display(),
        "team_name": other.team.name,
        "topic_name": other.topic.name,
        "employee": other.employee,
        "mine": other.team_id in reader.team_ids,
    }
