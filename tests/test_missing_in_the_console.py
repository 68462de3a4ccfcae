"""What the API could and the console could not: unlink, describe a problem, whose, since when."""

import re
import uuid
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone
from django.utils.html import escape

from customer_requests.models import KnownProblem, RequestLink
from server.accounts.models import TeamMember, TeamRole
from tests.clients import browser_of
from tests.factories import make_agent, make_person, make_team, make_topic, submit
from tests.test_desk_pages import Desk, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    return Desk()


# --- A link ---------------------------------------------------------------------------------------


def test_a_link_is_taken_back_beside_it(desk: Desk) -> None:
    one, other = desk.claimed(), desk.claimed()
    one.link(other, by=desk.daan)
    page = desk.page(one)
    form = page[page.index(f"/desk/{one.reference}/unlink") :]
    form = form[: form.index("</form>")]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    assert fields["request"] == other.reference
    taken = desk.browser.post(f"/desk/{one.reference}/unlink", fields)
    assert taken.status_code == 303
    assert not RequestLink.objects.exists()
    assert "/unlink" not in desk.page(one)


def test_a_link_with_another_teams_request_is_taken_back_too(desk: Desk) -> None:
    one = desk.claimed()
    elsewhere = submit(topic=make_topic(make_team("factuur")))
    RequestLink.objects.create(request=one, other=elsewhere, by=desk.daan)
    sent = desk.browser.post(f"/desk/{one.reference}/unlink", {"request": elsewhere.reference})
    assert sent.status_code == 303
    assert not RequestLink.objects.exists()


@pytest.mark.parametrize("named", ["", "onzin", "DHG-0000-0000"])
def test_a_link_that_is_not_there_is_said_at_the_field(desk: Desk, named: str) -> None:
    one, other = desk.claimed(), desk.claimed()
    for name in (named, other.reference):
        refused = desk.browser.post(f"/desk/{one.reference}/unlink", {"request": name})
        assert refused.status_code == 422
        assert re.search(r'name="request"[^>]*aria-invalid="true"', refused.content.decode())


def test_what_was_split_off_has_no_button_to_unlink(desk: Desk) -> None:
    one = desk.claimed()
    one.split(by=desk.daan, id=uuid.uuid4(), topic=desk.topic, question="En de tv?")
    assert "/unlink" not in desk.page(one)


# --- A known problem ------------------------------------------------------------------------------


def problem_of(desk: Desk) -> KnownProblem:
    made, _new = KnownProblem.note_down(
        by=desk.daan,
        id=uuid.uuid4(),
        title="Storing",
        words="Geen internet.",
        team=desk.team,
        topic=desk.topic,
    )
    return made


def seen(response: Any) -> dict[str, str]:
    """The wording that the form is to take the place of."""
    found = re.search(r'name="was" value="([^"]+)"', response.content.decode())
    assert found
    return {"was": found[1]}


def test_a_known_problem_is_described_better(desk: Desk) -> None:
    problem = problem_of(desk)
    address = f"/desk/problems/{problem.pk}/describe"
    assert address in text_of(desk.browser.get(f"/desk/problems/{problem.pk}"))
    page = desk.browser.get(address)
    assert 'value="Storing"' in text_of(page)
    assert re.search(r'value="wifi" selected', text_of(page))
    given = {**seen(page), "title": "Storing Haarlem", "words": "Kabel geraakt.", "topic": ""}
    saved = desk.browser.post(address, given)
    assert saved.status_code == 302
    problem.refresh_from_db()
    assert (problem.title, problem.words, problem.topic) == (
        "Storing Haarlem",
        "Kabel geraakt.",
        None,
    )


def test_what_a_colleague_wrote_meanwhile_is_not_written_over(desk: Desk) -> None:
    problem = problem_of(desk)
    address = f"/desk/problems/{problem.pk}/describe"
    given = {**seen(desk.browser.get(address)), "title": "Mijn titel", "words": "Mijn woorden."}
    problem.describe(by=desk.fatima, title="Haar titel", words="Haar woorden.", topic=None)
    refused = desk.browser.post(address, given)
    html = text_of(refused, 422)
    for words in ("Haar titel", "Haar woorden.", "Mijn titel", "Mijn woorden."):
        assert words in html
    again = {**given, **seen(refused)}
    assert desk.browser.post(address, again).status_code == 302
    problem.refresh_from_db()
    assert problem.words == "Mijn woorden."


def test_a_word_to_all_meanwhile_is_no_other_description(desk: Desk) -> None:
    problem = problem_of(desk)
    address = f"/desk/problems/{problem.pk}/describe"
    given = {**seen(desk.browser.get(address)), "title": "Storing", "words": "Meer.", "topic": ""}
    texts = {"customer_nl": "Wij zijn bezig.", "employee_nl": "Wij zijn bezig."}
    problem.announce(by=desk.fatima, id=uuid.uuid4(), solves=False, texts=texts)
    assert desk.browser.post(address, given).status_code == 302


def test_what_is_missing_is_said_and_another_team_does_not_describe_it(desk: Desk) -> None:
    problem = problem_of(desk)
    address = f"/desk/problems/{problem.pk}/describe"
    empty = desk.browser.post(address, {**seen(desk.browser.get(address)), "title": " "})
    assert re.search(r'name="title"[^>]*aria-invalid="true"', text_of(empty, 422))
    elsewhere = browser_of(make_agent(make_team("factuur"), "Joris Visser"))
    page = text_of(elsewhere.get(f"/desk/problems/{problem.pk}"))
    assert address not in page
    assert elsewhere.get(address).status_code == 403
    assert elsewhere.post(address, {"title": "x", "words": "y"}).status_code == 403


# --- Whose, and since when ------------------------------------------------------------------------


def selected(html: str, name: str) -> str:
    field = html[html.index(f'<select name="{name}"') :]
    found = re.search(r'<option value="([^"]*)" selected', field[: field.index("</select>")])
    return found[1] if found else ""


def shown(html: str) -> set[str]:
    return set(re.findall(r'data-reference="([^"]+)"', html))


def test_the_queue_is_narrowed_to_a_colleague_and_to_days(desk: Desk) -> None:
    hers, mine, today = desk.submit(), desk.claimed(), timezone.localdate().isoformat()
    hers.claim(by=desk.fatima)
    page = text_of(desk.browser.get("/desk/"))
    options = page[page.index('<select name="assignee"') :]
    options = options[: options.index("</select>")]
    assert f'value="{desk.fatima.pk}">{escape(desk.fatima.name)}<' in options
    asked = f"/desk/?assignee={desk.fatima.pk}&since={today}&until={today}"
    html = text_of(desk.browser.get(asked))
    assert shown(html) == {hers.reference}
    # And what the address has, the form has: pressing Show drops nothing of it.
    assert selected(html, "assignee") == str(desk.fatima.pk)
    for name in ("since", "until"):
        assert f'type="date" name="{name}" value="{today}"' in html
    nobody = text_of(desk.browser.get("/desk/?until=2020-01-01&view=all"))
    assert shown(nobody) == set()
    assert mine.reference in shown(page)


def test_somebody_of_elsewhere_in_the_address_stays_without_a_name(desk: Desk) -> None:
    stranger = make_person("Wilhelmina Onbekend")
    html = text_of(desk.browser.get(f"/desk/?assignee={stranger.pk}"))
    assert selected(html, "assignee") == str(stranger.pk)
    assert "Onbekend" not in html


def test_what_is_no_day_is_left_out_and_the_rest_is_kept(desk: Desk) -> None:
    request = desk.submit()
    html = text_of(desk.browser.get("/desk/?since=gisteren&topic=wifi"))
    assert shown(html) == {request.reference}
    assert 'name="since" value=""' in html


TOO_LONG = "mandarijn " * 21


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("nl", ["Er is niet gezocht", "209 tekens", "hoogstens 200", "Zoek op een paar woorden"]),
        ("en", ["There was no search", "209 characters", "at most 200", "Search for a few words"]),
    ],
)
def test_a_search_that_is_too_long_says_so_and_shows_nothing_as_if_it_was_found(
    desk: Desk, language: str, words: list[str]
) -> None:
    desk.daan.choose_language(language)
    request = desk.submit()
    q = TOO_LONG.strip()
    html = text_of(desk.browser.get("/desk/", {"q": q, "topic": "wifi"}))
    assert shown(html) == set()
    assert [each for each in words if each not in html] == []
    assert "“mandarijn" not in html  # as what was searched for
    # The words are in the box, all of them, to be made shorter.
    box = re.search(r'<input id="search"[^>]*>', html)
    assert box
    assert f'value="{q}"' in box[0]
    assert "maxlength" not in box[0]
    # Beside an open request, and to an open console, it is the same.
    beside = text_of(desk.browser.get(f"/desk/{request.reference}", {"q": q}))
    assert words[0] in beside
    told = desk.browser.post(f"/desk/live?{urlencode({'q': q})}", {"since": "2020-01-01T00:00:00Z"})
    assert told.json()["fresh"] == []
    whole = {"verb": "assign", "whole": urlencode({"q": q}) + "&"}
    assert desk.browser.post("/desk/bulk/new", whole).status_code == 422


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("view=onzin", "Weergave “onzin”"),
        ("status=verloren", "Status “verloren”"),
        ("since=gisteren", "Doorgegeven vanaf “gisteren”"),
        ("until=9999-12-31", "Tot en met “9999-12-31”"),
        ("assignee=jan", "Van wie “jan”"),
        ("topic=telegram", "Onderwerp “telegram”"),
        ("team=inkoop", "Team “inkoop”"),
        ("priority=x%3Cb%3E", "Prioriteit “x&lt;b&gt;”"),
        ("channel=fax", "Waarvandaan “fax”"),
        ("order=kleur", "Volgorde “kleur”"),
        ("cursor=bladzij", "Bladzijde “bladzij”"),
    ],
)
def test_an_old_bookmark_shows_the_queue_and_says_what_it_left_out(
    desk: Desk, asked: str, said: str
) -> None:
    request = desk.submit()
    page = desk.browser.get(f"/desk/?{asked}")
    html = text_of(page)
    assert shown(html) == {request.reference}
    assert f"hier onbekend: {said}<" in html
    # What was left out is not asked again by what stands in the page.
    assert f'value="{asked}&amp;"' not in html
    good = text_of(desk.browser.get("/desk/?view=all&status=received&topic=wifi"))
    assert "hier onbekend" not in good


def test_the_lead_goes_from_who_has_how_much_to_what_they_have(desk: Desk) -> None:
    els = make_agent(desk.team, "Els Prins")
    TeamMember.objects.filter(user=els).update(role=TeamRole.LEAD)
    hers: Any = desk.submit()
    hers.claim(by=desk.fatima)
    desk.claimed()
    browser = browser_of(els)
    page = text_of(browser.get("/desk/lead"))
    found = re.search(rf'<a href="([^"]+)">{escape(desk.fatima.name)}</a>', page)
    assert found
    there = text_of(browser.get(found[1].replace("&amp;", "&")))
    assert shown(there) == {hers.reference}
    assert selected(there, "assignee") == str(desk.fatima.pk)
