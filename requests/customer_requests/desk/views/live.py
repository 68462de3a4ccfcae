"""What changed since a console last asked, in as few queries as there are things to ask.

A console asks again and again, so the answer is mostly nothing (204). Whether something changed is
known from the newest rows of an index and from who is present: nothing is counted but what is asked
for once in a while, and nothing grows with the number of requests.
docs/decisions/0013-live-consoles.md says why.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST

from customer_requests import references
from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.composing import draft_out
from customer_requests.desk.schemas import desk_entry_out, desk_item_out, languages
from customer_requests.desk.views.asked import Asked
from customer_requests.desk.views.found import mark_found
from customer_requests.desk.views.queue import view_counts
from customer_requests.models import CustomerRequest, Draft, DraftKind, Presence
from customer_requests.models.life import OPEN
from server.accounts.models import Team, User

# A verb that began earlier may commit later, so the newest moment alone would miss it.
NEWEST = 3
# And so what is asked for reaches back a little; a row that comes twice does no harm.
OVERLAP = timedelta(seconds=5)
MOST_ROWS = 30
MOST_SHOWN = 100
# What is new is looked for this far back; what is shown always.
REACH = timedelta(hours=1)


@require_POST
@agent_page
def live(http: AgentRequest) -> HttpResponse:
    """204 when all is as the console knows it, with the moment in X-Since; else JSON with only what
    changed.

    The console says what it knows: `news` and `here` are stamps of an earlier answer, `since` when
    that was, `shown` the references in its queue, `open` the request beside it with its `version`,
    what was `seen` of its story and the versions of its drafts. It also says whether somebody is
    looking, and typing, and with `every=1` that it wants all its rows anew, because times go by in
    them. The `counts` of the saved views come along with those, and with `counts=1`.

    Of what moved, the rows in `shown` are always among `rows`. `much` says that more may be new
    than `fresh` names.
    """
    agent, said = http.user, http.POST
    answer: dict[str, Any] = {}
    now = timezone.now()
    news = _news(agent)
    present = list(Presence.now(agent.team_ids))
    opened = _opened(agent, references.parse(said.get("open", "")) or "")
    if opened is not None and said.get("looking") == "1":
        typing = said.get("typing", "")
        mine = [row for row in present if row.user_id == agent.pk]
        known = next((row for row in mine if row.request_id == opened.pk), None)
        Presence.say(opened.pk, agent, typing if typing in DraftKind.values else "", known)
    here = _here(present, agent)
    here_stamp = _stamp(here)
    if here_stamp != said.get("here"):
        answer |= {"here": here_stamp, "present": here}
    if news != said.get("news"):
        every = said.get("every") == "1"
        answer |= {"news": news, **_rows(http, _moment(said.get("since", ""), now), now, every)}
    elif said.get("every") == "1":
        # Nothing is new; what was new in the last moments has been named.
        answer |= {**_rows(http, now, now, every=True), "fresh": [], "much": False}
    if "1" in (said.get("every"), said.get("counts")):
        answer["counts"] = view_counts(agent)
    if said.get("open"):
        answer |= _of_open(opened, said)
    if not answer:
        return HttpResponse(status=204, headers={"X-Since": now.isoformat()})
    return JsonResponse({**answer, "since": now.isoformat()})


def _news(agent: User) -> str:
    """Changes whenever a request of the agent's teams does, comes or goes: one query."""
    newest = CustomerRequest.objects.filter(team=OuterRef("pk")).order_by("-updated_at")
    moments = {
        f"newest_{place}": Subquery(newest.values("updated_at")[place : place + 1])
        for place in range(NEWEST)
    }
    teams = Team.objects.filter(pk__in=agent.team_ids).order_by("pk")
    return _stamp(list(teams.annotate(**moments).values_list("pk", "departure__at", *moments)))


def _stamp(facts: Any) -> str:
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _here(present: list[Presence], agent: User) -> dict[str, list[dict[str, str]]]:
    """By reference who else is there, and which kind of text they are writing."""
    found: dict[str, list[dict[str, str]]] = {}
    for row in present:
        if row.user_id != agent.pk:
            people = found.setdefault(row.request.reference, [])
            people.append({"name": row.user.name, "typing": row.typing})
    return found


def _moment(text: str, now: datetime) -> datetime:
    """When the console last knew all, a little earlier."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC) - OVERLAP
    except (ValueError, OverflowError):
        return now


def _rows(http: AgentRequest, since: datetime, now: datetime, every: bool) -> dict[str, Any]:
    """The rows that changed, as the queue shows them; those that belong there and those that
    no longer do.
    """
    agent, asked = http.user, Asked.of(http.GET, http.user)
    named = http.POST.get("shown", "").split(",")[:MOST_SHOWN]
    shown = {reference for each in named if (reference := references.parse(each))}
    still = CustomerRequest.objects.on_desk_of(agent).filter(reference__in=shown)
    moved = dict(still.values_list("reference", "updated_at"))
    gone = shown - moved.keys()
    reach = max(since, now - REACH)
    changed: dict[str, CustomerRequest] = {}
    much = since < reach
    for team in sorted(agent.team_ids) if since < now else ():
        newest = _shown(agent, Q(team=team, updated_at__gt=reach)).order_by("-updated_at")
        found = {row.reference: row for row in newest[:MOST_ROWS]}
        changed |= found
        much = much or len(found) == MOST_ROWS
    wanted = {reference for reference, at in moved.items() if every or at > since}
    if missed := wanted - changed.keys():
        changed |= {row.reference: row for row in _shown(agent, Q(reference__in=missed))}
    pks = [row.pk for row in changed.values()]
    fits: set[str] = set()
    if not asked.not_searched:
        fits = set(asked.query.among(agent, pks).values_list("reference", flat=True))
    return {
        "rows": _drawn(
            http, asked.query.q, [row for row in changed.values() if row.reference in shown]
        ),
        "fresh": [reference for reference in changed if reference in fits],
        "left": sorted(gone | (changed.keys() - fits)),
        "much": much,
    }


def _drawn(http: AgentRequest, q: str | None, rows: list[CustomerRequest]) -> dict[str, str]:
    """By reference the rows as the queue draws them."""
    CustomerRequest.keep_hours(rows)
    facts = [desk_item_out(row) for row in rows]
    mark_found(facts, q)
    here = http.GET.urlencode()
    return {
        row["reference"]: render_to_string("desk/row.html", {"row": row, "here": here})
        for row in facts
    }


def _shown(agent: User, which: Q) -> "QuerySet[CustomerRequest]":
    rows = CustomerRequest.objects.on_desk_of(agent).filter(which)
    return rows.select_related("topic", "team", "agent", "employee")


def _opened(agent: User, reference: str) -> CustomerRequest | None:
    if not reference:
        return None
    return CustomerRequest.objects.on_desk_of(agent).filter(reference=reference).first()


def _of_open(request: CustomerRequest | None, said: Any) -> dict[str, Any]:
    """What happened in the story of the open request after what was seen, and newer drafts."""
    if request is None:
        return {"gone": True}
    answer: dict[str, Any] = {}
    seen, version = said.get("seen", ""), str(request.version)
    # What is said on a request that was merged makes this one move without an entry of its own.
    if request.went_on_after(seen) or said.get("version", version) != version:
        answer["entries"] = [
            _happened(desk_entry_out(request, entry)) for entry in request.story_after(seen)
        ]
        answer["version"], answer["seen"] = request.version, request.seen_now()
    drafts = Draft.objects.filter(request=request).select_related("by")
    newer = [draft for draft in drafts if str(draft.version) != said.get(draft.kind, "0")]
    if newer:
        answer["drafts"] = {draft.kind: _draft(request, draft) for draft in newer}
    return answer


def _draft(request: CustomerRequest, draft: Draft) -> dict[str, Any]:
    """The draft, and as `shown` how it looks to whom it is not to write."""
    out = draft_out(draft)
    facts = {
        "draft": out,
        "written": not draft.says_nothing,
        "over": request.status not in OPEN,
        "post": request.is_social,
        "languages": languages(request),
    }
    return out | {"shown": render_to_string("desk/their_draft.html", facts)}


def _happened(entry: dict[str, Any]) -> dict[str, Any]:
    return {
        "who": entry["actor"]["name"],
        "what": entry["step"]["title"] if entry["step"] else entry["kind_label"],
        "text": entry["text"][:200],
    }
