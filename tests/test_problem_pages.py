"""The desk's pages of known problems, and of what belongs together, without a script."""

import re
import uuid

import pytest
from django.test import Client

from customer_requests import clock
from customer_requests.models import CustomerRequest, KnownProblem
from tests.factories import make_agent, make_person, make_team, make_topic, submit

pytestmark = pytest.mark.django_db


def test_a_problem_is_noted_down_linked_announced_solved_and_undone_on_its_pages() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    asked = submit(
        make_person(), topic, question="Storing: geen internet in Haarlem-Noord.", customer_name="K"
    )
    assert browser.get("/desk/problems/").status_code == 200
    missing = browser.post("/desk/problems/new", {"id": uuid.uuid4(), "team": "internet"})
    assert missing.status_code == 422
    facts = {"title": "Storing internet Haarlem-Noord", "words": "Kabel.", "team": "internet"}
    made = browser.post("/desk/problems/new", {"id": uuid.uuid4(), **facts})
    assert made.status_code == 302
    problem, address = KnownProblem.objects.get(), made["Location"]
    assert asked.reference in browser.get(address).content.decode()
    request_page = browser.get(f"/desk/{asked.reference}").content.decode()
    assert "Storing internet Haarlem-Noord" in request_page
    browser.post(f"{address}/link", {"requests": [asked.reference]})
    assert CustomerRequest.objects.get().problem_link.problem == problem
    refused = browser.post(
        f"{address}/announce", {"id": uuid.uuid4(), "customer_nl": f"Zie {asked.reference}."}
    )
    assert refused.status_code == 422
    assert f"Zie {asked.reference}." in refused.content.decode()
    texts = {"customer_nl": "Hersteld.", "employee_nl": "Hersteld."}
    sent = browser.post(f"{address}/announce", {"id": uuid.uuid4(), "solves": "1", **texts})
    assert sent.status_code == 302
    clock.tell_of_problems()
    assert CustomerRequest.objects.get().status == "solved"
    assert browser.get(address).status_code == 200
    assert browser.post(f"{address}/undo").status_code == 302
    clock.tell_of_problems()
    assert CustomerRequest.objects.get().status == "received"


def test_merging_on_the_desk_says_what_is_wrong_at_the_field_and_can_be_undone() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    goes_on, ends = submit(make_person(), topic), submit(make_person(), topic)
    address = f"/desk/{ends.reference}"
    wrong = browser.post(f"{address}/merge", {"into": "DHG-0000-0000", "id": uuid.uuid4()})
    assert wrong.status_code == 422
    done = browser.post(f"{address}/merge", {"into": goes_on.reference, "id": uuid.uuid4()})
    assert done.status_code in {302, 303}
    assert goes_on.reference in browser.get(address).content.decode()
    browser.post(f"{address}/unmerge", {"id": uuid.uuid4()})
    assert CustomerRequest.objects.get(pk=ends.pk).status == "received"


def test_a_request_is_taken_from_under_its_problem_on_its_own_page() -> None:
    team = make_team("internet")
    daan, browser = make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    request = submit(topic=make_topic(team))
    problem, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Storing", words="Kabel", team=team, topic=None
    )
    request.put_under(problem, by=daan)
    address = f"/desk/{request.reference}"
    html = browser.get(address).content.decode()
    form = html[html.index(f'action="{address}/take_from_under') :]
    sent = {
        name: re.search(rf'name="{name}" value="([^"]+)"', form)[1]  # type: ignore[index]
        for name in ("id", "version")
    }
    for _twice in range(2):
        assert browser.post(f"{address}/take_from_under", sent).status_code == 303
    assert not problem.links.exists()
    assert "take_from_under" not in browser.get(address).content.decode()
