"""The published documents: complete, the same as the code, and readable without the internet."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command
from django.test import Client

from server.api import api
from server.management.commands.publish_docs import documents
from server.problems import Problem, catalogue
from tests.clients import Api
from tests.factories import make_person

DOCS = Path(settings.BASE_DIR) / "docs"
SCHEMA: dict[str, Any] = json.loads(documents()["openapi.json"])


def operations() -> Iterator[Any]:
    for path, methods in SCHEMA["paths"].items():
        for method, operation in methods.items():
            yield pytest.param(path, method, operation, id=operation["operationId"])


def test_the_published_documents_agree_with_the_code() -> None:
    call_command("publish_docs", check=True, stdout=StringIO())


@pytest.mark.thorough
def test_a_stale_document_is_noticed_and_written_again(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"openapi\.json, problems\.md"):
        call_command("publish_docs", check=True, to=tmp_path)
    assert not (tmp_path / "openapi.json").exists()
    call_command("publish_docs", to=tmp_path, stdout=StringIO())
    call_command("publish_docs", check=True, to=tmp_path, stdout=StringIO())
    (tmp_path / "problems.md").write_text("Something else.")
    with pytest.raises(CommandError, match=r"problems\.md"):
        call_command("publish_docs", check=True, to=tmp_path)


def test_operation_ids_are_plain_words_and_each_is_used_once() -> None:
    ids = [
        operation["operationId"]
        for methods in SCHEMA["paths"].values()
        for operation in methods.values()
    ]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)+", id) for id in ids)


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_each_operation_says_what_it_does_and_what_may_go_wrong(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert len(operation["description"]) > 20
    assert operation["tags"]
    answers = operation["responses"]
    assert [status for status in answers if status.startswith("2")]
    needed = {"400", "422", "429", "503"}
    needed |= {"404"} if "{" in path else set()
    needed |= {"401"} if not re.search(r"/(track|certificates)/", path) else set()
    needed |= {"403"} if "/desk/" in path else set()
    needed |= {"413"} if method != "get" else set()
    verb = method != "get" and re.search(r"/(requests|track)/\{", path)
    needed |= {"409", "412"} if verb else set()
    assert needed <= set(answers)
    for status in needed:
        shared = SCHEMA["components"]["responses"][answers[status]["$ref"].rsplit("/", 1)[1]]
        (kind, content) = next(iter(shared["content"].items()))
        assert str(content["example"]["status"]) == status
        assert kind == "application/problem+json"
        assert content["example"]["type"].removeprefix("/problems/") in catalogue()


@pytest.mark.parametrize(("path", "method", "operation"), list(operations()))
def test_each_operation_shows_an_example_of_what_goes_in_and_out(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    bodies = [operation["requestBody"]] if "requestBody" in operation else []
    for body in [*bodies, *operation["responses"].values()]:
        for content in body.get("content", {}).values():
            assert content["example"] not in (None, {}, [])
            _assert_fits(content["example"], content["schema"])


def _assert_fits(example: Any, schema: dict[str, Any]) -> None:
    """Every field of an example exists in its schema, and none that is required is missing."""
    if "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema and not isinstance(example, dict):
        return
    if schema.get("type") == "array":
        for item in example:
            _assert_fits(item, schema["items"])
    if "properties" in schema:
        is_problem = schema.get("title") == "Problem"
        assert set(schema.get("required", [])) <= set(example)
        assert is_problem or set(example) <= set(schema["properties"])
        for name, value in example.items():
            if value is not None and name in schema["properties"]:
                _assert_fits(value, schema["properties"][name])


@pytest.mark.django_db
def test_the_example_of_a_submission_can_be_submitted() -> None:
    from tests.factories import make_team, make_topic

    make_topic(make_team("internet"), "internet")
    body = SCHEMA["paths"]["/api/v1/requests"]["post"]["requestBody"]
    example = body["content"]["application/json"]["example"]
    made = Api(make_person()).post("/requests", example)
    assert made.status_code == 201, made.content


@pytest.mark.django_db
def test_every_problem_type_has_a_chapter_and_a_page(client: Client) -> None:
    text = (DOCS / "problems.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == sorted(catalogue())
    for slug, kind in catalogue().items():
        page = client.get(f"/problems/{slug}")
        assert page.status_code == 200
        assert slug in page.content.decode()
        for words in (kind.title, kind.detail, kind.what_to_do):
            assert str(words)
    assert client.get("/problems/nonsense").status_code == 404


def test_every_problem_in_the_code_has_a_type_of_its_own() -> None:
    def below(kind: type[Problem]) -> Iterator[type[Problem]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    used = {kind for kind in below(Problem) if kind.__module__.partition(".")[0] != "tests"}
    assert {kind.slug for kind in used if "slug" in kind.__dict__} == set(catalogue())
    sources = "".join(
        path.read_text()
        for folder in ("server", "requests", "notifications", "ambassadors")
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py")
    )
    mentioned = set(re.findall(r"/problems/([a-z-]+)", sources))
    assert mentioned <= set(catalogue())


class _Addresses(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.inline: list[str] = []
        self._script: dict[str, str | None] | None = None
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [
            str(given[name]) for name in ("src", "href", "action") if given.get(name)
        ]
        self.inline += [name for name in given if name.startswith("on") or name == "style"]
        # Data for a script is no script: the policy does not stop it.
        if tag == "style" or (
            tag == "script" and "src" not in given and given.get("type") != "application/json"
        ):
            self.inline.append(tag)


@pytest.mark.thorough
@pytest.mark.django_db
def test_the_api_reference_loads_nothing_from_elsewhere_and_our_policy_lets_it_run(
    client: Client,
) -> None:
    page = client.get("/api/v1/docs")
    assert page.status_code == 200
    html = page.content.decode()
    parsed = _Addresses(html)
    assert parsed.inline == []
    files = [address for address in parsed.addresses if address.startswith("/static/")]
    assert len(files) >= 3
    assert set(parsed.addresses) == set(files), "everything comes from our own /static/"
    for file in files:
        assert finders.find(file.removeprefix("/static/")), file
    policy = page["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    (spec,) = re.findall(r'"url":\s*"([^"]+)"', html)
    assert spec == "/api/v1/openapi.json"
    served = client.get(spec).json()
    assert set(served["paths"]) == set(api.get_openapi_schema()["paths"])
