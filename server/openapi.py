"""What Ninja does not say of an operation by itself: its problems, and an example of every body.

Examples are put together from the schemas: a schema's own where it has one, else its fields'. So
no operation can be without, and none shows a field that does not exist.
"""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from django.utils import translation

from server.problems import catalogue

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail"],
    "description": "RFC 9457. `type` is documented at that address; facts are extra members.",
    "properties": {
        "type": {"type": "string", "example": "/problems/not-found"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
# Which problem stands as the example of a status; the others are at /problems.
_SHOWN = {
    400: "bad-request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not-found",
    409: "not-now",
    412: "stale-version",
    413: "too-large",
    422: "invalid",
    429: "too-fast",
    503: "unavailable",
}
_FACTS: Mapping[str, dict[str, Any]] = {
    "not-now": {"verb": "withdraw", "current": "closed"},
    "stale-version": {"version": 4},
    "invalid": {"errors": [{"field": "customer.email", "message": "This is missing."}]},
}
_RETRY_AFTER = {
    "Retry-After": {
        "description": "Seconds to wait before the next call.",
        "schema": {"type": "integer", "example": 5},
    }
}
_ETAG = {
    "ETag": {
        "description": "Send it back as `If-None-Match`; 304 when nothing changed.",
        "schema": {"type": "string", "example": '"5d41402abc4b2a76b9719d911017c592"'},
    }
}
# Examples of fields by name, where a type alone would say nothing.
_FIELDS: Mapping[str, Any] = {
    "actor": {"name": "Daan Bakker", "role": "agent"},
    "agent": "daan@demo.example",
    "app_version": "1.4.2",
    "audience": ["customer", "employee"],
    "channel": "email",
    "content_type": "image/jpeg",
    "current": "in_progress",
    "cursor": "184",
    "email": "jansen@example.org",
    "first_name": "Daan",
    "from": "22:00",
    "hint": "Ook voor wifi en televisie.",
    "installation_id": "4f9d0c1e-phone",
    "kind": "update",
    "kind_label": "Nieuws",
    "label": "Stappen van het plan",
    "language": "nl",
    "name": "Mevrouw Jansen",
    "next": "WyIyMDI2LTAzLTAyVDA5OjEyOjQ0KzAwOjAwIl0",
    "note": "Dit is een vraag over mobiel.",
    "phone": "+31612345678",
    "platform": "android",
    "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
    "reason": "Het doet het weer.",
    "reference": "DHG-7K3M-9Q2P",
    "role": "agent",
    "roles": [],
    "size": 184320,
    "slug": "internet",
    "state": "busy",
    "status_label": "In behandeling",
    "team": "internet",
    "team_name": "Internet en tv",
    "text": "We hebben de storing gevonden.",
    "title": "Lijn doormeten",
    "to": "07:00",
    "token": "fcm-registration-token",
    "topic": "internet",
    "topic_name": "Internet thuis",
    "url": "/api/v1/requests/9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10/attachments/"
    "c1e2f0aa-1f2a-4b5e-8d3e-4a9e9f3b7c10",
    "allowed": ["message", "withdraw"],
    "version": 3,
    "why": "Eerste antwoord vóór maandag 2 maart, 11:00.",
}
_FORMATS: Mapping[str, Any] = {
    "uuid": "9f7a1a52-0c58-4f86-8df4-5f0a0b7f1e10",
    "date-time": "2026-03-02T09:12:44Z",
    "date": "2026-03-02",
    "time": "22:00",
    "binary": "(the file)",
}
_TYPES: Mapping[str, Any] = {"boolean": False, "integer": 3, "number": 3, "null": None}


def complete(schema: Any) -> None:
    """Add to every operation of an OpenAPI document its problems, headers and examples."""
    components = schema.setdefault("components", {}).setdefault("schemas", {})
    components["Problem"] = PROBLEM
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            if path.endswith(("/attachments/{attachment_id}", "/images/{image_id}")):
                _is_a_file(operation)
            _add_examples(operation, components)
            if method == "get":
                operation["responses"][200].setdefault("headers", {}).update(_ETAG)
            for status in _error_statuses(path, method, operation):
                answer = {"$ref": f"#/components/responses/{_name(status)}"}
                operation["responses"].setdefault(status, answer)
    for component in components.values():
        component["example"] = example_of(component, components)
    schema["components"]["responses"] = {
        _name(status): _problem_answer(status) for status in _SHOWN
    }


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.replace(" ", "")


def _is_a_file(operation: Any) -> None:
    operation["responses"][200] = {
        "description": "The file, as an attachment.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }


def _add_examples(operation: Any, components: Mapping[str, Any]) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in [*bodies, *operation["responses"].values()]:
        for media in body.get("content", {}).values():
            media.setdefault("example", example_of(media["schema"], components))


def example_of(schema: Mapping[str, Any], components: Mapping[str, Any], name: str = "") -> Any:
    """An example of a value of this schema; `name` is the field that holds it."""
    own = schema.get("example")
    # A schema that extends another inherits its example, which then lacks fields.
    if own is not None and not (isinstance(own, dict) and _lacks(own, schema)):
        return own
    if "$ref" in schema:
        return example_of(components[schema["$ref"].rsplit("/", 1)[1]], components, name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], components, name)
    if "properties" in schema:
        return {
            field: example_of(part, components, field)
            for field, part in schema["properties"].items()
        }
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "array":
        if isinstance(_FIELDS.get(name), list):
            return _FIELDS[name]
        return [example_of(schema["items"], components, name)]
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        if not values or values is True:
            return {}
        return {"employee.step": example_of(values, components)}
    if "format" in schema:
        return _FORMATS[schema["format"]]
    if schema.get("type") in _TYPES:
        return _TYPES[schema["type"]]
    return _FIELDS.get(name, "text")


def _lacks(example: Mapping[str, Any], schema: Mapping[str, Any]) -> bool:
    return not set(schema.get("required", [])) <= set(example)


def _problem_answer(status: int) -> dict[str, Any]:
    kind = catalogue()[_SHOWN[status]]
    facts = _FACTS.get(kind.slug, {})
    with translation.override("en"):
        shown = {
            "type": f"/problems/{kind.slug}",
            "title": str(kind.title),
            "status": status,
            "detail": str(kind.detail),
            **facts,
        }
    answer: dict[str, Any] = {
        "description": HTTPStatus(status).phrase,
        "content": {
            "application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"},
                "example": shown,
            }
        },
    }
    if status in {429, 503}:
        answer["headers"] = _RETRY_AFTER
    return answer


def _error_statuses(path: str, method: str, operation: Any) -> Iterable[int]:
    changes = method != "get"
    yield from [400, 422, 429, 503]
    if operation.get("security"):
        yield 401
    if "/desk" in path:
        yield 403
    if "{" in path or path.endswith("/inbox/read"):
        yield 404
    if changes and any(noun in path for noun in ("/requests", "/track", "/desk/", "/suggestions")):
        yield 409
    about_one = any(noun in path for noun in ("/requests/", "/track/"))
    if (changes and about_one) or _if_match(operation):
        yield 412
    if changes:
        yield 413


def _if_match(operation: Any) -> bool:
    return any(parameter["name"] == "If-Match" for parameter in operation.get("parameters", []))
