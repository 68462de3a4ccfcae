"""What the composer shows: both drafts of a request, and the ways to send a reply."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

from django.http import QueryDict

from customer_requests.desk.composing import draft_out
from customer_requests.desk.forms import LocalMoment
from customer_requests.models import CustomerRequest, Draft, DraftKind, WaitingOn
from customer_requests.models.life import OPEN

# The ways to send a reply: its name in the console, and among the verbs of the model.
WAYS: Mapping[str, str] = {"update": "update", "wait": "wait", "solve": "solve", "step": "plan"}
# What belongs to one way of sending only.
_BESIDE = ("on", "until", "title", "expected_at")


def composer_panel(
    request: CustomerRequest,
    allowed: Collection[str],
    posted: QueryDict | None = None,
    theirs: Draft | None = None,
) -> dict[str, Any]:
    """What the composer shows: both drafts, or what was posted from it. One query, or none.

    `theirs` is a draft that a colleague saved in between: shown beside what was posted.
    """
    rows = request.drafts.select_related("by")
    drafts = {draft.kind: draft for draft in rows} if getattr(request, "has_drafts", True) else {}
    reply = drafts.get(DraftKind.REPLY) or Draft(kind=DraftKind.REPLY)
    note = drafts.get(DraftKind.NOTE) or Draft(kind=DraftKind.NOTE)
    ways = [way for way, verb in WAYS.items() if verb in allowed]
    mode = (posted.get("mode", "") if posted else "") or reply.opens_at
    kind = posted.get("kind", "reply") if posted else ""
    if kind == "note" or (note.text and not mode):
        mode = "note"
    panel: dict[str, Any] = {
        "ways": ways,
        "mode": mode if mode in {*ways, "note"} else (ways[0] if ways else "note"),
        "over": request.status not in OPEN,
        "written": not reply.says_nothing,
        "waiting_on": WaitingOn.choices,
        "seen": request.seen_now(),
        "id": uuid.uuid4(),
        "note_id": uuid.uuid4(),
        "reply": draft_out(reply),
        "note": draft_out(note),
        "versions": {draft.kind: draft.version for draft in (reply, note)},
        "fields": {
            "on": reply.wait_on,
            "until": LocalMoment().prepare_value(reply.wait_until) or "",
            "title": reply.step_title,
            "expected_at": LocalMoment().prepare_value(reply.step_expected_at) or "",
        },
        "theirs": draft_out(theirs) if theirs else None,
        "theirs_kind": theirs.kind if theirs else "",
    }
    if posted is not None:
        own = panel["note" if kind == "note" else "reply"]
        own["text"], own["text_employee"] = posted.get("text", ""), posted.get("text_employee", "")
        own["audience"] = posted.getlist("audience")
    if posted is not None and kind != "note":
        panel["fields"] = {name: posted.get(name, "") for name in _BESIDE}
    return panel
