"""The shapes of the contract, written as values: what a field holds, and of which type."""

import re
import uuid
from datetime import datetime
from typing import Any

# RFC 3339 in UTC.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


class Maybe:
    """A value of this shape, or null."""

    def __init__(self, shape: Any) -> None:
        self.shape = shape


class OneOf:
    """One of these texts."""

    def __init__(self, *texts: str) -> None:
        self.texts = texts


def assert_shape(value: Any, shape: Any, at: str = "") -> None:
    """Fail where a value is not of the shape; an object may hold more than the shape names.

    A shape is a type, `uuid.UUID` or `datetime` for texts that are those, `[shape]` for a list,
    `{name: shape}` for an object, a text for exactly that text, `Maybe` or `OneOf`.
    """
    if isinstance(shape, Maybe):
        if value is not None:
            assert_shape(value, shape.shape, at)
    elif isinstance(shape, OneOf):
        assert value in shape.texts, f"{at}: {value!r}"
    elif isinstance(shape, dict):
        assert isinstance(value, dict), f"{at}: {value!r}"
        assert set(shape) <= set(value), f"{at}: {set(shape) - set(value)} is missing"
        for name, part in shape.items():
            assert_shape(value[name], part, f"{at}.{name}")
    elif isinstance(shape, list):
        assert isinstance(value, list), f"{at}: {value!r}"
        for place, part in enumerate(value):
            assert_shape(part, shape[0], f"{at}[{place}]")
    elif shape is uuid.UUID:
        assert str(uuid.UUID(value)) == value, f"{at}: {value!r}"
    elif shape is datetime:
        assert _MOMENT.fullmatch(value), f"{at}: {value!r}"
    else:
        # A bool is an int to Python, but not to whoever reads the JSON.
        assert type(value) is shape, f"{at}: {value!r}"


STATUS = OneOf("received", "in_progress", "waiting", "solved", "closed", "withdrawn")
STEP = {
    "id": uuid.UUID,
    "title": str,
    "state": OneOf("planned", "busy", "done", "skipped"),
    "expected_at": Maybe(datetime),
}
ATTACHMENT = {"id": uuid.UUID, "name": str, "content_type": str, "size": int, "url": str}
ENTRY = {
    "id": uuid.UUID,
    "at": datetime,
    "kind": str,
    "actor": {"name": str, "role": OneOf("employee", "agent", "customer", "clock")},
    "text": str,
    "step": Maybe({"id": uuid.UUID, "title": str, "state": str}),
}
REQUEST = {
    "id": uuid.UUID,
    "reference": str,
    "status": STATUS,
    "status_label": str,
    "waiting_on": Maybe(OneOf("customer", "employee", "third_party")),
    "closed_as": Maybe(OneOf("confirmed", "unanswered", "merged", "answered_by_employee")),
    "topic": str,
    "question": str,
    "customer": {"name": str, "channel": OneOf("email", "sms")},
    "team": str,
    "agent": Maybe({"name": str}),
    "steps": [STEP],
    "expected_by": Maybe(datetime),
    "created_at": datetime,
    "updated_at": datetime,
    "version": int,
    "attachments": [ATTACHMENT],
    "allowed": [str],
}
