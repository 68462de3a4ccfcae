"""The desk's pages of known problems, and of what belongs together, without a script."""

import re
import uuid

import pytest
from django.test import Client

from customer_requests import clock
from customer_requests.models import Announcement, CustomerRequest, KnownProblem
from customer_requests.models.life import Actor
from server.accounts.models import Team, User
from server.uploads import Upload
from tests.clients import Api, content_of
from tests.factories import make_agent, make_person, make_team, make_topic, submit

pytestmark = pytest.mark.django_db


def noted_down(by: User, team: Team) -> KnownProblem:
    problem, _new = KnownProblem.note_down(
        by=by, id=uuid.uuid4(), title="Storing", words="Kabel.", team=team, topic=None
    )
    return problem


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
    form = {"id": uuid.uuid4(), "solves": "1", **texts}
    sure = browser.post(f"{address}/announce", form)
    assert sure.status_code == 200
    assert not Announcement.objects.exists()
    sent = browser.post(f"{address}/announce", {**form, "confirmed": "1"})
    assert sent.status_code == 302
    clock.tell_of_problems()
    assert CustomerRequest.objects.get().status == "solved"
    assert browser.get(address).status_code == 200
    asks = browser.post(f"{address}/undo")
    assert asks.status_code == 200
    clock.tell_of_problems()
    assert CustomerRequest.objects.get().status == "solved", "it was only asked"
    assert browser.post(f"{address}/undo", {"confirmed": "1"}).status_code == 302
    clock.tell_of_problems()
    assert CustomerRequest.objects.get().status == "received"


def test_a_word_that_is_also_a_name_can_be_said_to_be_none_on_the_page() -> None:
    team = make_team("internet")
    daan, browser = make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    problem = noted_down(daan, team)
    submit(make_person(), make_topic(team), customer_name="Oma").put_under(problem, by=daan)
    address = f"/desk/problems/{problem.pk}"
    form = {"id": uuid.uuid4(), "customer_nl": "Ook bij oma werkt alles weer."}
    refused = browser.post(f"{address}/announce", form)
    assert refused.status_code == 422
    assert 'name="names_nobody" value="1">' in refused.content.decode()
    sure = browser.post(f"{address}/announce", {**form, "names_nobody": "1"})
    assert 'type="hidden" name="names_nobody"' in sure.content.decode()
    back = browser.post(f"{address}/announce", {**form, "names_nobody": "1", "change": "1"})
    assert 'name="names_nobody" value="1" checked' in back.content.decode()
    sent = browser.post(f"{address}/announce", {**form, "names_nobody": "1", "confirmed": "1"})
    assert sent.status_code == 302
    assert Announcement.objects.exists()
    # Where there is no doubt nothing is asked.
    assert "names_nobody" not in browser.get(address).content.decode()


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


def test_before_a_word_goes_to_all_the_page_says_who_gets_which_text_and_how() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    problem = noted_down(daan, team)
    by_sms = {"customer_email": "", "customer_phone": "+31600000001", "customer_channel": "sms"}
    for customer in ({}, by_sms, {"customer_language": "en"}):
        submit(make_person(), topic, **customer).put_under(problem, by=daan)
    texts = {"customer_nl": "Hersteld.", "customer_en": "Repaired.", "employee_nl": "Is gemaakt."}
    form, address = {"id": uuid.uuid4(), **texts}, f"/desk/problems/{problem.pk}"
    page = browser.post(f"{address}/announce", form).content.decode()
    read = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    assert "1 Klanten · Nederlands · per e-mail Hersteld." in read
    assert "1 Klanten · Nederlands · per sms Hersteld." in read
    assert "1 Klanten · Engels · per e-mail Repaired." in read
    assert "3 Medewerkers · Nederlands · in de app Is gemaakt." in read
    again = browser.post(f"{address}/announce", {**form, "change": "1"})
    assert "Is gemaakt." in again.content.decode()
    assert not Announcement.objects.exists()


def test_the_other_request_is_found_by_words_and_taken_with_a_press() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    goes_on = submit(make_person(), topic, question="De televisie hapert elke avond.")
    ends = submit(make_person(), topic, question="Ook de wifi is weg.")
    other = {"customer_email": "iemand@example.org", "customer_name": "Iemand Anders"}
    strange = submit(make_person(), topic, question="Mijn televisie hapert.", **other)
    merge = f"/desk/{ends.reference}/merge"
    offered = browser.get(merge).content.decode()
    assert goes_on.reference in offered
    assert strange.reference not in offered
    found = browser.post(merge, {"find": "1", "into": "televisie hapert"})
    assert goes_on.reference in found.content.decode()
    assert strange.reference not in found.content.decode()
    assert ">Samenvoegen</button>" not in found.content.decode(), "nothing was chosen yet"
    named = {"find": "1", "into": goes_on.reference.lower()}
    shown = browser.post(merge, named).content.decode()
    assert "reading-customer" in shown, "a whole reference is shown at once"
    assert f'name="into" value="{goes_on.reference}"' in shown
    assert ">Samenvoegen</button>" in shown
    assert "Deze vraag wordt gesloten" in shown
    again = browser.post(merge, {**named, "find": "another"}).content.decode()
    assert 'type="text" name="into"' in again
    refused = browser.post(merge, {"find": "1", "into": strange.reference})
    assert refused.status_code == 200
    assert "Alleen vragen van dezelfde klant" in refused.content.decode()
    linkable = browser.post(f"/desk/{ends.reference}/link", {"find": "1", "request": "anders"})
    assert strange.reference in linkable.content.decode()
    pressed = {"into": "televisie hapert", "chosen": goes_on.reference, "id": uuid.uuid4()}
    assert browser.post(merge, pressed).status_code == 303
    assert CustomerRequest.objects.get(pk=ends.pk).merged_into == goes_on


def test_requests_for_a_problem_are_found_by_name() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    problem = noted_down(daan, team)
    sought = submit(make_person(), topic, customer_name="Wilma Kuiper")
    address = f"/desk/problems/{problem.pk}"
    assert sought.reference in browser.get(f"{address}?find=kuiper").content.decode()
    sought.put_under(problem, by=daan)
    assert "Niets open" in browser.get(f"{address}?find=kuiper").content.decode()


def test_a_hundred_requests_are_put_under_a_problem_at_once() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    problem, sanne = noted_down(daan, team), make_person()
    ticked = [submit(sanne, topic).reference for _ in range(100)]
    sent = {"csrfmiddlewaretoken": "x", "references": "", "requests": ticked}
    assert browser.post(f"/desk/problems/{problem.pk}/link", sent).status_code == 302
    assert problem.links.count() == 100


def test_the_request_that_goes_on_shows_the_files_of_the_merged_one() -> None:
    team = make_team("internet")
    topic, daan, browser = make_topic(team), make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    goes_on, ends = submit(make_person(), topic), submit(make_person(), topic)
    upload = Upload(b"%PDF-1.4", "application/pdf", ".pdf", "brief.pdf", uuid.uuid4().hex)
    file, _new = ends.attach(by=Actor.employee(ends.employee), id=uuid.uuid4(), upload=upload)
    ends.merge(goes_on, by=daan)
    address = f"/desk/{goes_on.reference}"
    assert f"{address}/files/{file.pk}" in browser.get(address).content.decode()
    assert content_of(browser.get(f"{address}/files/{file.pk}")) == b"%PDF-1.4"
    shown = Api(daan).get(f"/desk/requests/{goes_on.pk}").json()
    assert [each["id"] for each in shown["attachments"]] == [str(file.pk)]


def test_a_form_with_an_old_token_comes_back_with_its_words_and_can_be_sent_again() -> None:
    team = make_team("internet")
    topic, daan = make_topic(team), make_agent(team, "Daan Bakker")
    browser, request = Client(enforce_csrf_checks=True), submit(make_person(), topic)
    browser.force_login(daan)
    address, text = f"/desk/{request.reference}/note?view=mine", "Zij belde net over de monteur."
    note = {"id": str(uuid.uuid4()), "text": text, "csrfmiddlewaretoken": "x" * 64}
    refused = browser.post(address, note, headers={"sec-fetch-site": "same-origin"})
    page = refused.content.decode()
    assert refused.status_code == 403
    assert text in page
    assert f'action="{address}"' in page
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    sent = browser.post(address, {**note, "csrfmiddlewaretoken": token[1]})
    assert sent.status_code == 303
    assert request.entries.filter(text_team=text).count() == 1
    elsewhere = browser.post(address, note, headers={"sec-fetch-site": "cross-site"})
    assert text not in elsewhere.content.decode()
