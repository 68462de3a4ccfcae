"""Where the links of the desk lead, and what a search makes of what it can't read."""

import re
import uuid
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.models import BulkAction, KnownProblem
from tests import factories
from tests.factories import make_agent, make_team, make_topic
from tests.test_bulk_pages import asked_for
from tests.test_desk_costs import STATES
from tests.test_desk_pages import Desk, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

PANEL = {"HX-Request": "true", "HX-Target": "request"}


@pytest.fixture
def desk() -> Desk:
    return Desk()


def noted_down(desk: Desk, title: str = "Storing internet Haarlem-Noord") -> KnownProblem:
    problem, _new = KnownProblem.note_down(
        by=desk.daan, id=uuid.uuid4(), title=title, words="", team=desk.team, topic=None
    )
    return problem


@pytest.mark.parametrize("state", STATES)
def test_a_link_in_the_panel_answers_with_a_panel_or_is_a_page_of_its_own(
    desk: Desk, state: Any
) -> None:
    panel = text_of(desk.browser.get(f"/desk/{state(desk).reference}", headers=PANEL))
    links = re.findall(r'<a [^>]*href="([^"]*)"[^>]*>', panel)
    assert links
    for tag in re.findall(r"<a [^>]*>", panel):
        address = re.search(r'href="([^"]*)"', tag)
        if address is None or 'hx-boost="false"' in tag or 'target="_blank"' in tag:
            continue
        target = "act-body" if 'hx-target="#act-body"' in tag else "request"
        answer = desk.browser.get(address[1], headers={**PANEL, "HX-Target": target})
        assert '<header class="bar"' not in text_of(answer), tag
        assert "<main" not in answer.content.decode(), tag


@pytest.mark.parametrize("words", ["\x00", "\x01", "\x7f", "\u202e", "a\x00b"])
def test_a_search_for_another_request_reads_what_it_can_and_breaks_on_nothing(
    desk: Desk, words: str
) -> None:
    problem, request = noted_down(desk), desk.claimed()
    assert desk.browser.get(f"/desk/problems/{problem.pk}", {"find": words}).status_code == 200
    for verb, field in (("merge", "into"), ("link", "request")):
        found = {"find": "1", field: words}
        answer = desk.browser.post(f"/desk/{request.reference}/{verb}", found)
        assert "Niets gevonden" in text_of(answer)


def test_what_belongs_together_is_a_link_only_where_it_can_be_opened(desk: Desk) -> None:
    one, near = desk.claimed(), desk.submit()
    elsewhere = make_topic(make_team("factuur"), "factuur")
    make_agent(elsewhere.team, "Joris Visser")
    far = desk.claimed()
    one.link(near, by=desk.daan)
    one.link(far, by=desk.daan)
    far.transfer(elsewhere.team, "Voor jullie.", by=desk.daan, topic=elsewhere)
    page = desk.page(one)
    linked = page[page.index('class="linked"') :]
    linked = linked[: linked.index("</ul>")]
    assert f'href="/desk/{near.reference}"' in linked
    assert far.reference in linked
    assert f'href="/desk/{far.reference}"' not in linked


def test_what_was_passed_on_in_bulk_is_no_link_to_a_page_that_is_gone(desk: Desk) -> None:
    other = make_team("mobiel")
    make_agent(other, "Joris Visser")
    request = desk.claimed()
    given = {**asked_for(desk.browser, "transfer"), "team": "mobiel", "note": "Voor jullie."}
    assert desk.browser.post("/desk/bulk/", given).status_code == 303
    bulk = BulkAction.objects.get()
    assert f'href="/desk/{request.reference}"' in text_of(desk.browser.get(f"/desk/bulk/{bulk.pk}"))
    BulkAction.objects.update(due=timezone.now())
    BulkAction.run_due()
    details = text_of(desk.browser.get(f"/desk/bulk/{bulk.pk}"))
    assert request.reference in details
    assert f'href="/desk/{request.reference}"' not in details


def test_what_is_gone_names_itself_in_an_open_page_too(desk: Desk) -> None:
    elsewhere = factories.submit()
    answer = desk.browser.get(f"/desk/{elsewhere.reference}", headers=PANEL)
    assert "<title>Niet bij jouw teams" in text_of(answer, 404)
