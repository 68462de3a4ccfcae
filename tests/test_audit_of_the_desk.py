"""In the audit trail: what is written for many, acts on many, absences and words to everybody."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_requests.desk.bulk_api import ask
from customer_requests.desk.bulk_schemas import BulkIn
from customer_requests.models import CannedText, KnownProblem, Macro
from server.accounts import audit_views  # noqa: F401 - it knows how people are called
from server.accounts.models import Absence, AuditEvent, Team, User
from server.accounts.models.audit import subjects
from server.problems import Forbidden, Invalid
from tests import factories
from tests.clients import Api
from tests.factories import make_agent, make_person, make_team, make_topic

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    return make_team("internet")


@pytest.fixture
def els(team: Team) -> User:
    return make_agent(team, "Els van Dijk", role="lead")


def trail(subject: uuid.UUID) -> list[tuple[str, Any]]:
    found = AuditEvent.objects.filter(subject_id=subject).order_by("pk")
    for event in found:
        kind = subjects[event.subject_type]
        assert event.action in kind.actions
    return [(event.action, event.detail) for event in found]


@pytest.mark.parametrize(("model", "kind"), [(CannedText, "canned-text"), (Macro, "macro")])
def test_writing_changing_and_taking_away_a_text_says_which_fields_and_not_the_words(
    team: Team, els: User, model: type[CannedText] | type[Macro], kind: str
) -> None:
    row = model(pk=uuid.uuid4())
    id = row.pk
    row.write(by=els, team=team, name="Groet", customer_nl="Dag buur")
    row.write(by=els, team=team, name="Groet", customer_nl="Dag buren")
    assert subjects[kind].names([id]) == {id: "Groet"}
    with pytest.raises(Invalid):
        row.write(by=els, team=team, name="Groet", customer_nl="{onzin}")
    row = model.objects.get(pk=id)
    with pytest.raises(Forbidden):
        row.remove(by=make_agent(team))
    row.remove(by=els)
    assert trail(id) == [
        (f"{kind}-written", {}),
        (f"{kind}-rewritten", {"changed": {"customer_nl": []}}),
        (f"{kind}-removed", {}),
    ]
    assert set(AuditEvent.objects.values_list("actor", flat=True)) == {els.pk}


def test_asking_for_many_at_once_and_undoing_it_is_in_the_trail_once(team: Team, els: User) -> None:
    request = factories.submit(topic=make_topic(team))
    body: dict[str, Any] = {"requests": [{"id": request.pk}], "note": {"text": "Geheim"}}
    data = BulkIn(id=uuid.uuid4(), **body)
    for _twice in range(2):
        bulk, _new = ask(data, els)
    for _twice in range(2):
        bulk.undo()
    assert trail(bulk.pk) == [("bulk-asked", {"verb": "note", "count": 1}), ("bulk-undone", {})]
    assert "(1)" in subjects["bulk"].names([bulk.pk])[bulk.pk]


def test_an_absence_is_in_the_trail_of_the_person_with_who_wrote_it(team: Team, els: User) -> None:
    daan, id = make_agent(team, "Daan Bakker"), uuid.uuid4()
    ends = timezone.now() + timedelta(days=1)
    for _twice in range(2):
        absence, _new = Absence.enter(by=els, id=id, person=daan, ends=ends)
    for _twice in range(2):
        absence.end(by=els)
    what = {"absence": str(id)}
    assert trail(daan.pk) == [("absence-entered", what), ("absence-ended", what)]
    assert set(AuditEvent.objects.values_list("actor", flat=True)) == {els.pk}


def test_what_is_said_to_everybody_and_taken_back_is_in_the_trail(team: Team, els: User) -> None:
    problem, _new = KnownProblem.note_down(
        by=els, id=uuid.uuid4(), title="Storing", words="Kabel geraakt", team=team, topic=None
    )
    problem.describe(by=els, title="Storing Haarlem", words="Kabel geraakt", topic=None)
    words = {"customer_nl": "Hersteld.", "employee_nl": "Hersteld."}
    for _twice in range(2):
        said, _new = problem.announce(by=els, id=uuid.UUID(int=7), solves=True, texts=words)
    problem.undo_solved(by=els)
    assert trail(problem.pk) == [
        ("problem-made", {}),
        ("problem-changed", {}),
        ("problem-announced", {"announcement": str(said.pk), "solves": True}),
        ("problem-undone", {"announcement": str(said.pk)}),
    ]


def test_an_administrator_reads_it_by_name(team: Team, els: User) -> None:
    row = Macro(pk=uuid.uuid4())
    row.write(by=els, team=team, name="Modeltype gevraagd", customer_nl="Welk modem?")
    anouk, browser = make_person("Anouk Smit", roles=["admin"]), Client()
    browser.force_login(anouk)
    html = browser.get("/audit").content.decode()
    assert "Modeltype gevraagd" in html
    assert "Welk modem?" not in html


@pytest.mark.parametrize("kind", ["known-problem", "canned-text", "macro", "team", "topic", "user"])
def test_what_has_a_name_is_found_by_it(team: Team, els: User, kind: str) -> None:
    anouk, browser = make_person("Anouk Smit", roles=["admin"]), Client()
    browser.force_login(anouk)
    topic = make_topic(team, "zonnestroom", name_nl="Zonnestroom thuis")
    subject: Any
    match kind:
        case "known-problem":
            subject, _new = KnownProblem.note_down(
                by=els, id=uuid.uuid4(), title="Zonnestroom weg", words="x", team=team, topic=None
            )
        case "canned-text" | "macro":
            subject = (CannedText if kind == "canned-text" else Macro)(pk=uuid.uuid4())
            subject.write(by=els, team=team, name="Zonnestroom", customer_nl="Dag.")
        case "team":
            subject = make_team("zonneteam", name="Team Zonnestroom")
        case "topic":
            subject = topic
        case _:
            subject = make_person("Jan Zonnestroom")
    AuditEvent.record(els, "audit-read", kind, subject.pk)
    AuditEvent.record(els, "audit-read", kind, uuid.uuid4(), about="another")
    page = browser.get("/audit", {"subject": "zonnestroom"})
    assert page.status_code == 200
    html = page.content.decode()
    assert "another" not in html
    assert str(subject.pk) in html or "zonnestroom" in html.lower().replace(
        'value="zonnestroom"', ""
    )
    found = Api(anouk).get("/audit?subject=zonnestroom").json()["items"]
    assert str(subject.pk) in {event["subject_id"] for event in found}


def test_a_name_that_says_nothing_is_refused_in_plain_words(team: Team, els: User) -> None:
    anouk, browser = make_person("Anouk Smit", roles=["admin"]), Client()
    browser.force_login(anouk)
    assert "kennen niets" in browser.get("/audit?subject=onvindbaar").content.decode()
    assert Api(anouk).get("/audit?subject=onvindbaar").json()["items"] == []
    for n in range(21):
        make_topic(team, f"zonnestroom-{n}", name_nl=f"Zonnestroom {n}")
    assert "Te veel heet zo" in browser.get("/audit?subject=zonnestroom").content.decode()
    assert Api(anouk).get("/audit?subject=zonnestroom").status_code == 422
