"""Macros: words, a step and what comes after, all at once or not at all."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.models import CustomerRequest, Macro
from customer_requests.models.wording import Readers
from customer_requests.problems import NotNow, NotYours, NoValue
from notifications.models import Notification
from server.accounts.models import Team, User
from server.problems import IdReused, NotFound, StaleVersion
from tests import factories
from tests.clients import Api
from tests.factories import make_agent, make_team, make_topic
from tests.problems import assert_problem
from tests.tables import state

pytestmark = pytest.mark.django_db


@pytest.fixture
def team() -> Team:
    team = make_team("internet", name="Internet en tv")
    make_topic(team)
    return team


@pytest.fixture
def request_(team: Team, daan: User) -> CustomerRequest:
    return factories.claimed(agent=daan, topic=team.topics.get())


def macro(team: Team | None, **facts: Any) -> Macro:
    """The model's own rules count here as well."""
    made = Macro(team=team, name=uuid.uuid4().hex, **facts)
    made.full_clean()
    made.save()
    return made


def ask_for_modem(team: Team | None, **facts: Any) -> Macro:
    return macro(
        team,
        customer_nl="Dag {customer_name}, welk type staat er onder op uw modem?",
        employee_nl="Ik vraag {customer_name} om het type van de modem.",
        note_nl="Type nodig voor {reference}",
        step_title_nl="Modeltype gevraagd",
        step_title_en="Asked for the model",
        then="wait",
        wait_on="customer",
        wait_days=3,
        **facts,
    )


def kinds(request: CustomerRequest) -> list[str]:
    return list(request.entries.order_by("number").values_list("kind", flat=True))


def told(request: CustomerRequest) -> list[str]:
    """Of what was told, by kind; submitting and claiming left out."""
    rows = Notification.objects.filter(subject_id=request.pk).order_by("kind")
    return [kind for kind in rows.values_list("kind", flat=True) if "claimed" not in kind][0:9]


def test_a_macro_does_its_words_its_step_and_its_status_in_one_go(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    assert request_.run_macro(ask_for_modem(team), by=daan, id=uuid.uuid4())
    request_.refresh_from_db()
    assert (request_.status, request_.waiting_on) == ("waiting", "customer")
    assert request_.waiting_until is not None
    left = request_.waiting_until - timezone.now()
    assert timedelta(days=2, hours=23) < left <= timedelta(days=3)
    step = request_.steps.get()
    assert (step.title, step.state) == ("Modeltype gevraagd", "busy")
    assert kinds(request_)[2:] == ["note", "step", "waiting"]
    note, _step, waits = request_.entries.order_by("number")[2:]
    assert note.text_team == f"Type nodig voor {request_.reference}"
    assert (note.to_customer, note.to_employee) == (False, False)
    assert waits.text_customer == "Dag Mevrouw Jansen, welk type staat er onder op uw modem?"
    assert waits.text_employee == "Ik vraag Mevrouw Jansen om het type van de modem."


def test_each_follower_gets_one_message_of_one_macro(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    request_.run_macro(ask_for_modem(team), by=daan, id=uuid.uuid4())
    assert told(request_) == ["customer.submitted", "customer.waiting", "employee.waiting"]


def test_who_gets_no_words_still_hears_of_the_step(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    only_customer = macro(team, customer_nl="We meten de lijn.", step_title_nl="Lijn meten")
    request_.run_macro(only_customer, by=daan, id=uuid.uuid4())
    assert kinds(request_)[2:] == ["step", "update"]
    assert told(request_) == ["customer.submitted", "customer.update", "employee.step"]


def test_what_one_of_its_verbs_forbids_leaves_everything_as_it_was(team: Team, daan: User) -> None:
    fatima = make_agent(team, "Fatima Yilmaz")
    waits = factories.waiting(agent=daan, topic=team.topics.get())
    free = factories.submit(topic=team.topics.get())
    held = factories.claimed(agent=fatima, topic=team.topics.get())
    asks = ask_for_modem(team)
    before = state()
    with pytest.raises(NotNow) as refused:
        waits.run_macro(asks, by=daan, id=uuid.uuid4())
    assert refused.value.facts == {"verb": "wait", "current": "waiting"}
    with pytest.raises(NotNow):
        free.run_macro(asks, by=daan, id=uuid.uuid4())
    with pytest.raises(NotYours):
        held.run_macro(asks, by=daan, id=uuid.uuid4())
    assert state() == before


def test_a_hole_in_the_words_refuses_all_of_it(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    CustomerRequest.objects.update(queue_due=timezone.now() - timedelta(hours=1))
    later = macro(team, customer_nl="U hoort {expected_by} meer.", step_title_nl="Bellen")
    before = state()
    with pytest.raises(NoValue):
        request_.run_macro(later, by=daan, id=uuid.uuid4())
    assert state() == before


def test_the_same_id_does_it_once_and_another_use_of_the_id_is_refused(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    asks, other, id = ask_for_modem(team), macro(team, note_nl="x"), uuid.uuid4()
    assert request_.run_macro(asks, by=daan, id=id)
    before = state()
    assert not request_.run_macro(asks, by=daan, id=id)
    with pytest.raises(IdReused):
        request_.run_macro(other, by=daan, id=id)
    assert state() == before


def test_a_version_that_is_not_the_latest_refuses_it(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    asks = ask_for_modem(team)
    with pytest.raises(StaleVersion):
        request_.expecting(1).run_macro(asks, by=daan, id=uuid.uuid4())
    Macro.objects.update(version=2)
    with pytest.raises(StaleVersion):
        request_.run_macro(asks, by=daan, id=uuid.uuid4(), seen=1)
    assert request_.run_macro(asks, by=daan, id=uuid.uuid4(), seen=2)


@pytest.mark.parametrize("change", [{"is_active": False}, {"team": "other"}])
def test_a_macro_that_is_not_for_this_request_is_not_there(
    request_: CustomerRequest, team: Team, daan: User, change: dict[str, Any]
) -> None:
    asks = ask_for_modem(team)
    change = {"team": make_team()} if "team" in change else change
    Macro.objects.filter(pk=asks.pk).update(**change)
    with pytest.raises(NotFound):
        request_.run_macro(asks, by=daan, id=uuid.uuid4())


def test_the_customers_choice_counts_for_the_employees_words_too(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    CustomerRequest.objects.update(employee_sees="steps")
    request_.refresh_from_db()
    request_.run_macro(ask_for_modem(team), by=daan, id=uuid.uuid4())
    waits = request_.entries.get(kind="waiting")
    assert request_.employee_reads(waits) == ""


def test_each_follower_reads_their_own_language(team: Team, daan: User) -> None:
    request = factories.claimed(agent=daan, topic=team.topics.get(), customer_language="en")
    done = macro(
        team, customer_en="All done.", customer_nl="Klaar.", employee_nl="Het is klaar.",
        step_title_nl="Afgerond", step_title_en="Finished", step_state="done", then="solve",
    )  # fmt: skip
    request.run_macro(done, by=daan, id=uuid.uuid4())
    request.refresh_from_db()
    said = request.entries.get(kind="solved")
    assert (said.text_customer, said.text_employee) == ("All done.", "Het is klaar.")
    assert (request.steps.get().title, request.status) == ("Finished", "solved")


def test_the_preview_says_what_will_be_done_and_does_nothing(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    asks = ask_for_modem(team)
    before = state()
    (shown,) = Api(daan).get(f"/desk/macros?request={request_.pk}").json()
    after = state()
    for looked in ("sessions.Session", "accounts.AuditEvent"):
        after.pop(looked), before.pop(looked)
    assert after == before
    preview = shown["preview"]
    assert preview["verbs"] == ["note", "plan", "wait"]
    assert preview["refused"] is None
    assert preview["step"]["text"] == "Modeltype gevraagd"
    planned = asks.planned_for(request_, Readers(request_, daan))
    assert [words["text"] for words in preview["said"]] == [
        words.text for words in planned.said.values()
    ]
    request_.release(by=daan)
    (shown,) = Api(daan).get(f"/desk/macros?request={request_.pk}").json()
    assert shown["preview"]["refused"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"step_title_nl": None}, "customer_nl"),
        ({"then": "wait"}, "wait_on"),
        ({"then": "wait", "wait_on": "customer"}, "customer_nl"),
        ({"then": "wait", "wait_on": "employee", "customer_nl": "x"}, "employee_nl"),
        ({"then": "solve", "employee_nl": "x"}, "customer_nl"),
        ({"wait_days": 3}, "wait_on"),
        ({"then": "wait", "wait_on": "customer", "customer_nl": "x", "wait_days": 0}, "wait_days"),
        ({"customer_nl": "{nonsense}"}, "customer_nl"),
        ({"then": "explode"}, "then"),
    ],
)
def test_a_macro_that_could_not_work_is_refused_when_it_is_written(
    team: Team, wrong: dict[str, Any], field: str
) -> None:
    lead = Api(make_agent(team, "Els van Dijk", role="lead"))
    body = {"team": "internet", "name": "Meten", "step_title_nl": "Lijn meten", **wrong}
    assert_problem(lead.put(f"/desk/macros/{uuid.uuid4()}", body), 422, "invalid", field)
    assert not Macro.objects.exists()


def test_a_lead_writes_one_and_an_agent_uses_it_over_the_api(
    request_: CustomerRequest, team: Team, daan: User
) -> None:
    lead, desk = Api(make_agent(team, "Els van Dijk", role="lead")), Api(daan)
    path = f"/desk/macros/{uuid.uuid4()}"
    body = {"team": "internet", "name": "Meten", "step_title_nl": "Lijn meten"}
    assert lead.put(path, body).status_code == 201
    assert lead.put(path, body, If_Match='"1"').json()["version"] == 2
    use = {"id": str(uuid.uuid4()), "macro_version": 2}
    on_request = f"/desk/requests/{request_.pk}/macros/{path.rsplit('/', 1)[1]}"
    done = desk.post(on_request, use, If_Match=f'"{request_.version}"')
    assert done.status_code == 200, done.content
    assert [step["title"] for step in done.json()["steps"]] == ["Lijn meten"]
    assert desk.post(on_request, use).json()["version"] == done.json()["version"]
    assert_problem(desk.delete(path), 403, "forbidden")
    assert lead.delete(path).status_code == 204
    assert_problem(desk.post(on_request, use), 404, "not-found")
