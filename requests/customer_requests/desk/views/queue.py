"""The queue: which requests, in which order, and how many there are of each kind."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import TextChoices
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.queue_query import VIEWS, QueueQuery
from customer_requests.desk.schemas import queue_page
from customer_requests.desk.views.asked import DEFAULT_VIEW, NARROWING, Asked
from customer_requests.desk.views.bulk import toast
from customer_requests.desk.views.filters import filters_set, without_filters
from customer_requests.desk.views.found import mark_found
from customer_requests.models import CustomerRequest, Priority, Status, Topic
from customer_requests.models.bulk_verbs import BULK_VERBS
from customer_requests.models.customer_request import COUNT_MOST
from server.accounts.models import Team, TeamMember, User
from server.problems import BadCursor

CHOICES_KEPT_SECONDS = 60


@require_safe
@agent_page
def queue(http: AgentRequest) -> HttpResponse:
    """The queue, with room for a request beside it."""
    if wants_panel(http):
        return render(http, "desk/panel_none.html")
    return render(http, "desk/queue.html", {**queue_panel(http), **toast(http)})


def wants_panel(http: AgentRequest) -> bool:
    """Whether only the panel of the request is asked for, by a script in an open page."""
    return http.htmx.target == "request" and not http.htmx.history_restore_request


def queue_panel(http: AgentRequest, beside: CustomerRequest | None = None) -> dict[str, Any]:
    """The queue as the address asks for it: `rows`, `views` with their counts, and the filters.

    `further` is until when was searched, where there was no time to search all.
    `beside` is the request that the page shows too. A filter that says nothing here is left out,
    and the page says which: an old bookmark shows the queue and no error. Words that can't be
    searched for show nothing but why not, and stay where they were typed.
    """
    agent, address = http.user, Asked.of(http.GET, http.user)
    asked = address.query
    page = _page(address, agent, beside)
    mark_found(page["items"], asked.q)
    filters = address.filters
    choices = _choices(agent, filters.get("assignee", ""))
    return {
        "rows": page["items"],
        "next_url": _at({**filters, "cursor": page["next"]}) if page["next"] else "",
        "further": page["further"],
        # What a page fetches itself, to go on with a search, comes below what is there already.
        "first_url": _at({**filters, "cursor": ""}) if asked.cursor and not http.htmx else "",
        "filters": filters,
        "left_out": address.told,
        "not_searched": address.not_searched,
        "here": _query(filters),
        "views": _views(agent, asked),
        "view_name": VIEWS[asked.view or DEFAULT_VIEW].label,
        "narrowed": any(filters.get(name) for name in NARROWING),
        "only_words": [name for name in NARROWING if filters.get(name)] == ["q"],
        "choices": choices,
        "chips": [
            {"label": label, "url": _at(rest)}
            for name, label, rest in filters_set(filters, choices)
            if name != "q" or not address.not_searched
        ],
        "chips_none": _at(without_filters(filters)),
        "bulk_verbs": [(name, verb.label) for name, verb in BULK_VERBS.items()],
    }


def _page(asked: Asked, agent: User, beside: CustomerRequest | None) -> dict[str, Any]:
    if asked.not_searched:
        return {"items": [], "next": None, "further": None}
    try:
        return queue_page(asked.query, agent, beside)
    except BadCursor:
        asked.leave_out("cursor", asked.query.cursor or "")
        return queue_page(asked.query, agent, beside)


def _query(filters: Mapping[str, str]) -> str:
    return urlencode({name: value for name, value in filters.items() if value})


def _at(filters: Mapping[str, str]) -> str:
    return f"{reverse('desk-queue')}?{_query(filters)}"


def _views(agent: User, asked: QueueQuery) -> list[dict[str, Any]]:
    counts = view_counts(agent)
    return [
        {
            "name": name,
            "label": view.label,
            "count": counts[name],
            "url": _at({"view": name}),
            "current": name == asked.view,
        }
        for name, view in VIEWS.items()
    ]


def view_counts(agent: User) -> dict[str, str]:
    """By name of a saved view how many requests are in it, as people read it; one query."""
    every = {name: QueueQuery.model_validate({"view": name}).rows(agent) for name in VIEWS}
    counts = CustomerRequest.objects.counted(every)
    return {
        name: f"{COUNT_MOST}+" if count > COUNT_MOST else str(count)
        for name, count in counts.items()
    }


def _choices(agent: User, assignee: str) -> dict[str, Any]:
    """What the filters can be set to; teams, topics and people may be a minute old. Somebody who is
    in the address is among them, also where they work elsewhere by now.
    """
    ids = ",".join(sorted(map(str, agent.team_ids)))
    key = f"desk-filters:{sha256(ids.encode()).hexdigest()}"
    teams, topics, people = cache.get(key) or (None, None, None)
    if teams is None or topics is None or people is None:
        teams = list(
            Team.objects.filter(pk__in=agent.team_ids).order_by("name").values_list("slug", "name")
        )
        of_teams = Topic.objects.filter(team__in=agent.team_ids, is_active=True)
        topics = [(topic.slug, topic.name_in("nl"), topic.name_in("en")) for topic in of_teams]
        members = TeamMember.objects.employed().filter(team__in=agent.team_ids)
        of_whom = members.order_by("user__name").values_list("user", "user__name").distinct()
        people = [(str(id), name) for id, name in of_whom]
        cache.set(key, (teams, topics, people), CHOICES_KEPT_SECONDS)
    in_english = (get_language() or "nl").startswith("en")
    return {
        "teams": [{"value": slug, "label": name} for slug, name in teams],
        "topics": [{"value": slug, "label": en if in_english else nl} for slug, nl, en in topics],
        "people": [
            {"value": id, "label": name}
            for id, name in [*people, *_elsewhere(assignee, dict(people))]
        ],
        "statuses": _labelled(Status),
        "priorities": _labelled(Priority),
    }


def _elsewhere(assignee: str, people: Mapping[str, str]) -> list[tuple[str, str]]:
    """Who is asked for and not among the people of the teams, whose name is not ours to tell."""
    if not assignee or assignee in {"me", "none", *people}:
        return []
    return [(assignee, _("Somebody else"))]


def _labelled(choices: type[TextChoices]) -> list[dict[str, Any]]:
    return [{"value": value, "label": label} for value, label in choices.choices]
