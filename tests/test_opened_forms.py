"""The address of a form, opened as a page: by reloading after an error, or from history."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from server.pages import page_above

pytestmark = pytest.mark.django_db

ID = "6f1f2c3e-2a5b-4d0e-9c57-0c8c1d7f9a10"


def _only_sent() -> list[str]:
    """The addresses that only take what a form sends, of every console and customer's page."""
    examples = {
        "key": "DHG-H9TS-99S3",
        "reference": "DHG-H9TS-99S3",
        "slug": "een",
        "lesson": "een",
        "question": "een",
        "kind": "texts",
        "verb": "approve",
    }
    found = []
    for route in _routes(get_resolver().url_patterns):
        if not route.startswith(("t/", "desk/", "champions/")):
            continue
        path = "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda part: examples.get(part[1], ID), route)
        if Client().get(path).status_code == 405:
            found.append(path)
    return found


def _routes(patterns: Any, before: str = "") -> Iterator[str]:
    for each in patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _routes(each.url_patterns, route)
        else:
            yield route


@pytest.mark.parametrize(("language", "title"), [("nl", "Hier is geen pagina"), ("en", "no page")])
def test_an_address_for_forms_only_opened_as_a_page_leads_to_its_page(
    language: str, title: str
) -> None:
    addresses = _only_sent()
    known = {"/t/DHG-H9TS-99S3/message", "/desk/problems/new", "/desk/bulk/", "/desk/bulk/new"}
    assert known < set(addresses)
    for address in addresses:
        answer = Client().get(address, headers={"Accept-Language": language, "Accept": "text/html"})
        page = answer.content.decode()
        assert (answer.status_code, title in page) == (405, True), address
        assert answer["Allow"] == "POST"
        back = re.search(r'class="button button-quiet" href="([^"]+)"', page)
        assert back, address
        assert address.startswith(back[1]), address
        assert Client().get(back[1]).status_code in {200, 302, 404}, (address, back[1])
    assert Client().head("/desk/bulk/").status_code == 405


@pytest.mark.parametrize(
    ("address", "page"),
    [
        ("/t/DHG-H9TS-99S3/message", "/t/DHG-H9TS-99S3"),
        ("/t/DHG-H9TS-99S3/along/DHG-H9TS-99S4", "/t/DHG-H9TS-99S3"),
        ("/desk/DHG-H9TS-99S3/preview", "/desk/DHG-H9TS-99S3"),
        (f"/desk/DHG-H9TS-99S3/macros/{ID}", "/desk/DHG-H9TS-99S3"),
        ("/desk/problems/new", "/desk/problems/"),
        (f"/desk/problems/{ID}/again/{ID}", f"/desk/problems/{ID}"),
        ("/desk/bulk/", "/desk/"),
        ("/desk/bulk/new", "/desk/"),
        (f"/desk/availability/{ID}/end", "/desk/availability"),
        (f"/champions/courses/een/rules/{ID}/end", "/champions/courses/een/"),
    ],
)
def test_the_page_above_is_one_to_read(address: str, page: str) -> None:
    assert page_above(address) == page
