"""Approved answers for tests, made by the verbs of agents and editors."""

import uuid
from typing import Any

from ambassadors.models import ApprovedAnswer
from server.accounts.models import User
from tests.posts import make_campaign, make_editor

QUESTION = "Waarom ligt glasvezel eruit als er gegraven wordt?"
TEXT = "Dan is er een kabel geraakt. Wij zetten er meteen iemand op, meestal is het diezelfde dag."


def words(**facts: Any) -> dict[str, Any]:
    given = {
        "campaign": make_campaign("glasvezel", kind="topic"),
        "question_nl": QUESTION,
        "text_nl": TEXT,
    }
    return {**given, **facts}


def draft(by: User | None = None, **facts: Any) -> ApprovedAnswer:
    """An answer that somebody began; an editor, unless `by` is given."""
    source = facts.pop("source", None)
    return ApprovedAnswer.begin(
        by=by or make_editor(), id=uuid.uuid4(), source=source, **words(**facts)
    )


def in_review(by: User | None = None, **facts: Any) -> ApprovedAnswer:
    answer = draft(by, **facts)
    answer.ask_review(by=answer.owner)
    return answer


def approved(by: User | None = None, **facts: Any) -> ApprovedAnswer:
    """An answer that a second person approved."""
    answer = in_review(by, **facts)
    answer.approve(by=make_editor("Bram Kuipers"))
    return answer
