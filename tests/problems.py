"""What every refusal has to be: a documented problem, and nothing written."""

from typing import Any

from server.problems import catalogue


def assert_problem(response: Any, status: int, slug: str, field: str | None = None) -> Any:
    """The body of a refusal, after checking that it is a well-formed and documented problem."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["type"] == f"/problems/{slug}"
    assert body["status"] == status == catalogue()[slug].status
    assert body["title"]
    assert body["detail"]
    if field is not None:
        assert field in [error["field"] for error in body["errors"]], body["errors"]
        assert all(error["message"] for error in body["errors"])
    return body
