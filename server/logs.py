"""Logs: one JSON object per line, with the request's id and without anything that names a person.

`JsonFormatter` is the only formatter. What libraries say is cleaned on the way out: tokens of
links and devices, e-mail addresses, phone numbers. The message of an exception is never written,
only its type and where it was raised, because messages quote what people typed.
"""

import json
import logging
import re
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

# Empty outside a request; `server.middleware.RequestId` sets it.
request_id: ContextVar[str] = ContextVar("request_id", default="")

_BUILT_IN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LONGEST = 4_000
_DEEPEST_STACK = 40
_CLEAN: tuple[tuple[re.Pattern[str], str], ...] = (
    # The secret links. A route pattern (`/t/<token>`) is no secret and stays.
    (re.compile(r"(/(?:t|track)/)(?![<{])[^\s/\"'?#&]+"), r"\1***"),
    (re.compile(r"(/reset/key/)(?![<{])[^\s/\"'?#&]+"), r"\1***"),
    # Google's instance-id addresses carry the device's token in the path.
    (
        re.compile(r"(googleapis\.com/(?:iid|v1/registrations|v1/web/iid)\S*?/)[\w:%-]{20,}"),
        r"\1***",
    ),
    (re.compile(r"[\w-]{8,}(?::|%3A)APA91[\w-]+", re.IGNORECASE), "***"),
    (re.compile(r"\b(Bearer|Basic)\s+[\w.~+/=-]{8,}", re.IGNORECASE), r"\1 ***"),
    (re.compile(r"\beyJ[\w-]{8,}\.[\w-]+\.[\w-]*"), "***"),
    (re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"), "***@***"),
    (re.compile(r"\+\d{8,15}\b"), "+***"),
)


def cleaned(text: str) -> str:
    """The text without link tokens, device tokens, credentials, addresses and phone numbers."""
    for pattern, instead in _CLEAN:
        text = pattern.sub(instead, text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


class JsonFormatter(logging.Formatter):
    """`time` (RFC 3339, UTC), `level`, `logger`, `message`, `request_id`, then the extra fields.

    An exception becomes `exception`: a list from the outermost to its root cause, each with `type`
    and `stack` (`file:line function`, innermost last). Never raises: a record that can't be
    formatted still gives a line.
    """

    def format(self, record: logging.LogRecord) -> str:
        try:
            return json.dumps(self._fields(record), ensure_ascii=False)
        except Exception as error:
            # A log line must not end what it tells of.
            return json.dumps(
                {
                    "time": _moment(record),
                    "level": record.levelname,
                    "logger": record.name,
                    "message": "a log record could not be formatted",
                    "problem": type(error).__name__,
                }
            )

    def _fields(self, record: logging.LogRecord) -> dict[str, Any]:
        error = record.exc_info[1] if record.exc_info else None
        message = _message(record)
        for one in _causes(error):
            said = str(one)
            if said:
                message = message.replace(said, type(one).__name__)
        fields: dict[str, Any] = {
            "time": _moment(record),
            "level": record.levelname,
            "logger": record.name,
            "message": cleaned(message),
        }
        if current := getattr(record, "request_id", "") or request_id.get():
            fields["request_id"] = current
        for name, value in vars(record).items():
            if name not in _BUILT_IN and name not in fields:
                fields[name] = _plain(value)
        if error is not None:
            fields["exception"] = [
                {"type": _name(type(one)), "stack": _stack(one)} for one in _causes(error)
            ]
        return fields


def _moment(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):
        # Arguments that don't fit are left out: they may be what a person wrote.
        return str(record.msg)


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; objects only by their type, since they may quote people."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return cleaned(value)
    if isinstance(value, UUID | datetime):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value[:50]]
    return f"<{type(value).__name__}>"


def _causes(error: BaseException | None) -> list[BaseException]:
    """The exception and what it came from, each once; at most ten."""
    found: list[BaseException] = []
    while error is not None and error not in found and len(found) < 10:
        found.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return found


def _stack(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_DEEPEST_STACK:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]


def _name(kind: type[BaseException]) -> str:
    return (
        kind.__qualname__
        if kind.__module__ == "builtins"
        else f"{kind.__module__}.{kind.__qualname__}"
    )
