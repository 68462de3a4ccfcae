"""Canned texts: written once, checked when written, filled for each reader in their own way."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from customer_requests.models import CannedText, CustomerRequest
from customer_requests.models.life import Actor
from customer_requests.models.wording import VARIABLES, Readers, check_words, fill
from customer_requests.problems import NoValue, WordsTooLong
from server.accounts.models import Team, User
from tests import factories
from tests.clients import Api
from tests.factories import make_agent, make_person, make_team, make_topic
from tests.problems import assert_problem

VALUES = {name: f"<{name}>" for name in VARIABLES}
# Pieces that are most likely to be taken for what they are not.
PIECES = st.sampled_from(
    ["{", "}", "{{", "}}", "{}", "%(x)s", "{0}", "{customer_name!r}", "{customer_name.__class__}",
     "{team:>99999}", "$team", "\\1", "\n", "<script>", "é", "{ team }", "{Team}", "{naam}",
     *(f"{{{name}}}" for name in VARIABLES)]
)  # fmt: skip
HOSTILE = st.lists(PIECES | st.text(max_size=5), max_size=12).map("".join)


@given(HOSTILE)
def test_what_is_accepted_can_be_filled_and_has_no_brace_left(text: str) -> None:
    try:
        check_words(text)
    except ValidationError:
        # Refused: then it does hold a brace that is not part of a known variable.
        assert re.search(r"[{}]", re.sub("|".join(f"{{{name}}}" for name in VARIABLES), "", text))
    else:
        filled = fill(text, VALUES)
        assert "{" not in filled
        assert "}" not in filled
        assert len(filled) - len(text) == sum(
            text.count(f"{{{name}}}") * (len(VALUES[name]) - len(name) - 2) for name in VARIABLES
        )


@given(st.sampled_from(sorted(VARIABLES)), HOSTILE.filter(bool))
def test_a_value_goes_in_as_it_is_whatever_it_looks_like(name: str, value: str) -> None:
    assert fill(f"a {{{name}}} b {{reference}}", {**VALUES, "reference": "R", name: value}) == (
        f"a {value} b {value if name == 'reference' else 'R'}"
    )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Dag {naam}", "regel 1, teken 5"),
        ("Dag\n\nover {customer_name", "regel 3, teken 6"),
        ("Dag customer_name}", "regel 1, teken 18"),
        ("{customer_name}\n{ team }", "regel 2, teken 1"),
    ],
)
def test_a_wrong_variable_is_refused_with_its_place(text: str, place: str) -> None:
    with translation.override("nl"), pytest.raises(ValidationError) as refused:
        check_words(text)
    assert place in refused.value.messages[0].lower()
    assert "{customer_name}" in refused.value.messages[0], "the right names are offered"


def test_filled_in_it_may_not_become_longer_than_a_text_can_be() -> None:
    with pytest.raises(WordsTooLong):
        fill("{customer_name}" * 600, {**VALUES, "customer_name": "x" * 120})


# --- For each reader ---


@pytest.fixture
def team(db: None) -> Team:
    team = make_team("internet", name="Internet en tv", time_zone="Europe/Amsterdam")
    make_topic(team, "wifi", name_nl="Wifi thuis", name_en="Wifi at home")
    return team


@pytest.fixture
def els(team: Team) -> User:
    return make_agent(team, "Els van Dijk", role="lead")


def request_of(team: Team, **facts: Any) -> CustomerRequest:
    return factories.submit(facts.pop("by", None), team.topics.get(), **facts)


def planned(request: CustomerRequest, agent: User, moment: datetime) -> CustomerRequest:
    request.claim(by=agent)
    request.plan_step(by=agent, id=uuid.uuid4(), title="Monteur", expected_at=moment)
    return CustomerRequest.objects.to_show().get(pk=request.pk)


def filled(text: CannedText, request: CustomerRequest, agent: User) -> dict[str, Any]:
    return {words.audience: words for words in text.filled_for(Readers(request, agent))}


def test_each_reader_reads_their_own_words_in_their_language_and_time(
    team: Team, daan: User
) -> None:
    moment = (timezone.now() + timedelta(days=30)).replace(
        month=7, day=14, hour=10, minute=0, second=0, microsecond=0, tzinfo=UTC
    )
    moment = moment.replace(year=timezone.now().year + 1)
    sanne = make_person("Sanne de Vries", language="en", time_zone="Asia/Tokyo")
    request = planned(request_of(team, by=sanne), daan, moment)
    text = CannedText(
        customer_nl="Dag {customer_name}, {topic}: {expected_by}. {agent_first_name}, {team}",
        employee_nl="Hoi",
        employee_en="Hi {employee_first_name}, {topic} ({reference}): {expected_by}.",
        note_nl="{employee_first_name} belt terug",
    )
    words = filled(text, request, daan)
    assert words["customer"].text.startswith("Dag Mevrouw Jansen, Wifi thuis: ")
    assert "14 juli om 12:00" in words["customer"].text
    assert words["customer"].text.endswith("Daan, Internet en tv")
    assert words["employee"].text.startswith(f"Hi Sanne, Wifi at home ({request.reference}): ")
    assert "14 July at 19:00" in words["employee"].text
    assert words["note"].text == "Sanne belt terug"
    assert not any(one.warning or one.refused for one in words.values())


def test_words_that_are_missing_in_a_language_come_in_the_other_with_a_warning(
    team: Team, daan: User
) -> None:
    request = request_of(team, customer_language="en")
    words = filled(CannedText(customer_nl="{topic}"), request, daan)["customer"]
    assert (words.language, words.text) == ("nl", "Wifi thuis")
    assert "Engels" in words.warning
    assert "Nederlands" in words.warning


def test_a_variable_without_a_value_is_refused_in_plain_words_and_not_sent_as_a_hole(
    team: Team, daan: User
) -> None:
    request = request_of(team)
    request.claim(by=daan)
    request.wait(by=daan, on="customer", text="Welk lampje?")
    words = filled(CannedText(customer_nl="U hoort {expected_by} meer."), request, daan)["customer"]
    assert words.text == ""
    assert "stap met een datum" in words.refused
    assert isinstance(words.problem, NoValue)


def test_a_moment_that_has_passed_is_no_value(team: Team, daan: User) -> None:
    request = request_of(team)
    CustomerRequest.objects.update(queue_due=timezone.now() - timedelta(minutes=1))
    request.refresh_from_db()
    filled = Readers(request, daan).fill({"nl": "{expected_by}"}, "customer")
    assert (filled.text, isinstance(filled.problem, NoValue)) == ("", True)


def test_a_deleted_customer_has_no_name_to_fill_in(team: Team, daan: User) -> None:
    request = request_of(team)
    request.erase(by=Actor.customer())
    filled = Readers(request, daan).fill({"nl": "{customer_name}"}, "note")
    assert (filled.text, isinstance(filled.problem, NoValue)) == ("", True)


def test_a_name_that_looks_like_a_variable_or_like_markup_stays_what_it_is(
    team: Team, daan: User
) -> None:
    request = request_of(team, customer_name="<b>{team}</b> {{reference}}")
    words = filled(CannedText(customer_nl="Dag {customer_name}"), request, daan)["customer"]
    assert words.text == "Dag <b>{team}</b> {{reference}}"


# --- Over the API ---


def body(**facts: Any) -> dict[str, Any]:
    return {"team": "internet", "name": "Groet", "customer_nl": "Dag {customer_name}", **facts}


def test_a_lead_writes_changes_and_removes_and_agents_use_it(els: User, daan: User) -> None:
    lead, desk, id = Api(els), Api(daan), uuid.uuid4()
    assert lead.put(f"/desk/texts/{id}", body()).status_code == 201
    again = lead.put(f"/desk/texts/{id}", body(name="Groeten", note_en="x"), If_Match='"1"')
    assert again.status_code == 200
    (text,) = desk.get("/desk/texts").json()
    assert text["name"] == "Groeten"
    assert text["words"] == {"customer_nl": "Dag {customer_name}", "note_en": "x"}
    assert (text["version"], text["filled"]) == (2, None)
    stale = lead.put(f"/desk/texts/{id}", body(), If_Match='"1"')
    assert_problem(stale, 412, "stale-version")
    assert_problem(desk.put(f"/desk/texts/{id}", body()), 403, "forbidden")
    assert_problem(desk.delete(f"/desk/texts/{id}"), 403, "forbidden")
    assert lead.delete(f"/desk/texts/{id}").status_code == 204
    assert desk.get("/desk/texts").json() == []


def test_for_a_request_they_come_filled_and_only_those_that_fit_there(
    els: User, daan: User, team: Team
) -> None:
    other = make_team("mobiel")
    for facts in (
        {"team": team, "name": "Groet", "customer_nl": "Dag {customer_name}", "position": 2},
        {"team": None, "name": "Alle", "note_nl": "Gebeld", "position": 1},
        {"team": other, "name": "Anders", "note_nl": "x"},
        {"team": team, "name": "Oud", "note_nl": "x", "is_active": False},
        {"team": team, "name": "Later", "customer_nl": "{expected_by}", "position": 3},
    ):
        CannedText.objects.create(**facts)
    request = request_of(team)
    CustomerRequest.objects.update(queue_due=timezone.now() - timedelta(minutes=1))
    found = Api(daan).get(f"/desk/texts?request={request.pk}").json()
    assert [text["name"] for text in found] == ["Alle", "Groet", "Later"]
    assert found[1]["filled"] == [
        {
            "audience": "customer",
            "language": "nl",
            "text": "Dag Mevrouw Jansen",
            "warning": None,
            "refused": None,
        }
    ]
    assert found[2]["filled"][0]["text"] is None
    assert found[2]["filled"][0]["refused"]
    named = Api(daan).get("/desk/texts?q=GROE").json()
    assert [text["name"] for text in named] == ["Groet"]
    elsewhere = Api(make_agent(other)).get(f"/desk/texts?request={request.pk}")
    assert_problem(elsewhere, 404, "not-found")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"customer_nl": "Dag {naam}"}, "customer_nl"),
        ({"note_en": "}"}, "note_en"),
        ({"customer_nl": None}, "customer_nl"),
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"team": "nonsense"}, "team"),
        ({"html": "<b>"}, "html"),
        ({"position": -1}, "position"),
    ],
)
def test_what_cannot_be_filled_later_is_refused_when_it_is_written(
    els: User, wrong: dict[str, Any], field: str
) -> None:
    refused = Api(els).put(f"/desk/texts/{uuid.uuid4()}", body(**wrong))
    assert_problem(refused, 422, "invalid", field)
    assert not CannedText.objects.exists()


def test_a_name_is_used_once_in_a_team_and_once_among_everyones(els: User, team: Team) -> None:
    lead, admin = Api(els), make_agent(team, "Ans Dekker", roles=["admin"])
    assert lead.put(f"/desk/texts/{uuid.uuid4()}", body()).status_code == 201
    assert_problem(lead.put(f"/desk/texts/{uuid.uuid4()}", body()), 422, "invalid", "name")
    assert Api(admin).put(f"/desk/texts/{uuid.uuid4()}", body(team=None)).status_code == 201
    twice = Api(admin).put(f"/desk/texts/{uuid.uuid4()}", body(team=None))
    assert_problem(twice, 422, "invalid", "name")


def test_a_lead_writes_neither_everyones_texts_nor_those_of_another_team(els: User) -> None:
    make_agent(make_team("mobiel"), "Joris Visser", role="lead")
    theirs = CannedText.objects.create(team=Team.objects.get(slug="mobiel"), name="a", note_nl="x")
    lead = Api(els)
    assert_problem(lead.put(f"/desk/texts/{uuid.uuid4()}", body(team=None)), 403, "forbidden")
    assert_problem(lead.put(f"/desk/texts/{uuid.uuid4()}", body(team="mobiel")), 403, "forbidden")
    assert_problem(lead.put(f"/desk/texts/{theirs.pk}", body()), 403, "forbidden")
    theirs.refresh_from_db()
    assert theirs.name == "a"
