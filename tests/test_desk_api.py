"""The desk's table of the contract, row by row."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.models import CustomerRequest, Entry
from customer_requests.models.life import Actor
from server.accounts.models import AuditEvent, Team, TeamRole, User
from tests import factories
from tests.clients import Api, content_of, photo
from tests.factories import holder, make_agent, make_staffed_team, make_team, make_topic, submit
from tests.problems import assert_problem
from tests.shapes import ENTRY, REQUEST, STATUS, STEP, Maybe, assert_shape
from tests.tables import state

pytestmark = pytest.mark.django_db

DESK_ENTRY = {**ENTRY, "internal": bool, "audience": [str], "texts": dict}
TEAMMATE = {
    "id": uuid.UUID,
    "name": str,
    "team": str,
    "role": str,
    "skills": [str],
    "load": int,
    "limit": Maybe(int),
    "away": bool,
    "away_until": Maybe(datetime),
    "why_not": Maybe(str),
}
DESK_REQUEST = {
    "not_handed_out": Maybe(str),
    **REQUEST,
    "customer": {
        "name": str,
        "channel": str,
        "email": Maybe(str),
        "phone": Maybe(str),
        "language": str,
    },
    "internal": [DESK_ENTRY],
    "timeline": [DESK_ENTRY],
    "due": {"first_response": Maybe(datetime), "solve": Maybe(datetime), "why": str},
}
ITEM = {
    "id": uuid.UUID,
    "reference": str,
    "status": STATUS,
    "topic": str,
    "team": str,
    "agent": Maybe({"id": uuid.UUID, "name": str}),
    "version": int,
}


@pytest.fixture
def desk(daan: User) -> Api:
    return Api(daan)


def made(team: Team, make: Callable[..., CustomerRequest], **facts: Any) -> CustomerRequest:
    return make(topic=team.topics.get(), **facts)


def fresh(**facts: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **facts}


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [item["id"] for item in answer.json()["items"]]


# --- The queue ---


def test_the_queue_is_what_is_open_in_my_teams_most_urgent_first(
    desk: Api, daan: User, team: Team
) -> None:
    late, later = made(team, submit), made(team, submit)
    CustomerRequest.objects.filter(pk=late.pk).update(queue_due=timezone.now())
    waits = made(team, factories.waiting, agent=daan)
    made(team, factories.solved, agent=daan)
    submit()
    page = desk.get("/desk/requests").json()
    assert_shape(page, {"items": [ITEM], "next": Maybe(str)})
    assert [item["id"] for item in page["items"]] == [
        str(late.pk),
        str(later.pk),
        str(waits.pk),
    ]


def test_each_filter_of_the_queue_leaves_what_it_names(desk: Api, daan: User, team: Team) -> None:
    other = make_topic(team, "tv")
    topic = team.topics.exclude(pk=other.pk).get()
    free = submit(topic=topic)
    mine = factories.claimed(agent=daan, topic=other)
    theirs = factories.claimed(agent=make_agent(team, "Fatima Yilmaz"), topic=topic)
    done = factories.solved(agent=daan, topic=topic)
    for query, wanted in {
        "assignee=none": {free},
        "assignee=me": {mine},
        f"assignee={holder(theirs).pk}": {theirs},
        "topic=tv": {mine},
        "team=internet": {free, mine, theirs},
        f"team={team.pk}": {free, mine, theirs},
        "team=nonsense": set(),
        "status=in_progress": {mine, theirs},
        "status=open": {free, mine, theirs},
        "status=solved": {done},
        f"q={free.reference}": {free},
        f"q={free.reference.lower().replace('-', '%20')}": {free},
        f"q={done.reference}": {done},
        "q=jansen@example.org": {free, mine, theirs, done},
        "q=buurvrouw": {free, mine, theirs, done},
        "q=buurvrouw&status=solved": {done},
        "q=nonsense": set(),
        "status=received&assignee=me": set(),
    }.items():
        assert set(ids(desk.get(f"/desk/requests?{query}"))) == {
            str(request.pk) for request in wanted
        }, query
    newest = ids(desk.get("/desk/requests?order=newest"))
    assert newest == [str(theirs.pk), str(mine.pk), str(free.pk)]


@pytest.mark.parametrize("query", ["q=jansen@example.org", "q={reference}", "team={team}", ""])
def test_agents_of_other_teams_find_nothing_of_ours(team: Team, query: str) -> None:
    request = made(team, submit)
    joris = Api(make_agent(make_team("mobiel"), "Joris Visser"))
    filled = query.format(reference=request.reference, team=team.slug)
    assert ids(joris.get(f"/desk/requests?{filled}")) == []


@pytest.mark.parametrize("order", ["due", "newest"])
def test_paging_through_120_requests_misses_and_repeats_none(
    desk: Api, team: Team, order: str
) -> None:
    topic = team.topics.get()
    wanted = [str(submit(topic=topic).pk) for _ in range(120)]
    moment = timezone.now()
    CustomerRequest.objects.filter(pk__in=wanted[:70]).update(queue_due=moment, created_at=moment)
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = desk.get(f"/desk/requests?order={order}&cursor={cursor}").json()
        seen += [item["id"] for item in page["items"]]
        # What comes in meanwhile may show up, but moves nothing.
        submit(topic=topic, question="Kwam er tussendoor bij.")
        cursor = page["next"]
    assert len(set(seen)) == len(seen)
    assert set(wanted) <= set(seen)


def test_agents_are_those_who_work_in_my_teams(desk: Api, daan: User, team: Team) -> None:
    els = make_agent(team, "Els Prins", role=TeamRole.LEAD)
    make_agent(team, "Weg Gegaan", is_active=False)
    make_agent(make_team())
    listed = desk.get("/desk/agents").json()
    assert_shape(listed, [TEAMMATE])
    assert [(row["id"], row["role"]) for row in listed] == [
        (str(daan.pk), "agent"),
        (str(els.pk), "lead"),
    ]


# --- One request ---


def test_a_request_on_the_desk_has_the_customer_in_full_and_the_internal_entries(
    desk: Api, daan: User, team: Team
) -> None:
    request = made(team, factories.claimed, agent=daan, customer_phone="+31612345678")
    request.note(by=daan, id=uuid.uuid4(), text="Belt vaker.")
    request.wait(by=daan, on="customer", text="Welk lampje brandt er?")
    shown = desk.get(f"/desk/requests/{request.pk}").json()
    assert_shape(shown, DESK_REQUEST)
    assert (shown["customer"]["email"], shown["customer"]["phone"]) == (
        "jansen@example.org",
        "+31612345678",
    )
    assert [entry["text"] for entry in shown["internal"]] == ["Belt vaker."]
    assert [entry["text"] for entry in shown["timeline"]][-1] == "Welk lampje brandt er?"
    assert shown["due"]["why"]


def test_who_looked_at_a_customers_details_is_written_down(
    desk: Api, daan: User, team: Team
) -> None:
    request = made(team, submit)
    desk.get(f"/desk/requests/{request.pk}")
    seen = AuditEvent.objects.get(action="customer-details-seen")
    assert (seen.actor, seen.subject_id) == (daan, request.pk)


def test_a_file_comes_down_at_the_desk_as_nothing_that_a_browser_runs(
    desk: Api, team: Team
) -> None:
    request = made(team, submit)
    Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo())
    (file,) = desk.get(f"/desk/requests/{request.pk}").json()["attachments"]
    down = desk.get(file["url"].removeprefix("/api/v1"))
    assert len(content_of(down)) == file["size"]
    assert down["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in down["Content-Security-Policy"]


# --- Verbs ---


def test_a_claim_makes_it_mine_and_a_second_one_names_the_holder(
    desk: Api, daan: User, team: Team
) -> None:
    request = made(team, submit)
    path = f"/desk/requests/{request.pk}/claim"
    taken = desk.post(path)
    assert_shape(taken.json(), DESK_REQUEST)
    assert (taken.json()["status"], taken.json()["agent"]["id"]) == ("in_progress", str(daan.pk))
    before = state()
    assert desk.post(path).status_code == 200
    assert state() == before
    fatima = Api(make_agent(team, "Fatima Yilmaz"))
    before = state()
    lost = assert_problem(fatima.post(path), 409, "already-claimed")
    assert lost["holder"] == "Daan Bakker"
    assert "Daan Bakker" in lost["detail"]
    # Also who says which version they saw: it is old because somebody was first.
    raced = fatima._call("post", path, None, **{"If-Match": f'"{request.version}"'})
    assert assert_problem(raced, 409, "already-claimed")["holder"] == "Daan Bakker"
    assert state() == before


def test_released_is_back_in_the_queue(desk: Api, daan: User, team: Team) -> None:
    request = made(team, factories.claimed, agent=daan)
    back = desk.post(f"/desk/requests/{request.pk}/release").json()
    assert_shape(back, DESK_REQUEST)
    assert (back["status"], back["agent"]) == ("received", None)


def test_assigning_is_within_the_team(desk: Api, team: Team) -> None:
    request, fatima = made(team, submit), make_agent(team, "Fatima Yilmaz")
    path = f"/desk/requests/{request.pk}/assign"
    stranger = make_agent(make_team())
    assert_problem(desk.post(path, {"agent": str(stranger.pk)}), 409, "not-in-team")
    given = desk.post(path, {"agent": fatima.email.upper()}).json()
    assert (given["agent"]["id"], given["status"]) == (str(fatima.pk), "in_progress")
    # Now it is hers: only she or a lead gives it away again.
    third = make_agent(team, "Kees Mol")
    assert_problem(desk.post(path, {"agent": str(third.pk)}), 409, "not-yours")


def test_transferred_is_the_other_teams_and_no_longer_ours(
    desk: Api, daan: User, team: Team
) -> None:
    request, mobiel = made(team, factories.claimed, agent=daan), make_staffed_team("mobiel")
    path = f"/desk/requests/{request.pk}"
    assert_problem(
        desk.post(f"{path}/transfer", {"team": "internet", "note": "Hier?"}), 409, "same-team"
    )
    gone = desk.post(f"{path}/transfer", {"team": "mobiel", "note": "Simkaart."})
    assert gone.status_code == 200
    assert (gone.json()["team"], gone.json()["status"], gone.json()["agent"]) == (
        "mobiel",
        "received",
        None,
    )
    assert_problem(desk.get(path), 404, "not-found")
    theirs = Api(make_agent(mobiel)).get(path).json()
    assert "Simkaart." in [entry["text"] for entry in theirs["timeline"]]


def test_a_step_is_planned_once_and_moves_on(desk: Api, daan: User, team: Team) -> None:
    request = made(team, factories.claimed, agent=daan)
    path = f"/desk/requests/{request.pk}/steps"
    body = fresh(
        title="Lijn doormeten",
        expected_at="2026-12-01T14:00:00+01:00",
        text={"customer": "We meten uw lijn.", "employee": "We meten de lijn van je buurvrouw."},
    )
    first, again = desk.post(path, body), desk.post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_shape(first.json(), STEP)
    assert first.json()["expected_at"] == "2026-12-01T13:00:00Z"
    assert_problem(desk.post(path, {**body, "title": "Anders"}), 409, "id-reused")
    moved = desk.patch(f"{path}/{body['id']}", {"state": "busy", "expected_at": None})
    assert (moved.status_code, moved.json()["state"]) == (200, "busy")
    assert moved.json()["expected_at"] is None
    before = state()
    assert desk.patch(f"{path}/{body['id']}", {"state": "busy"}).status_code == 200
    assert state() == before
    assert desk.patch(f"{path}/{body['id']}", {"state": "done"}).json()["state"] == "done"
    assert_problem(desk.patch(f"{path}/{body['id']}", {"state": "planned"}), 409, "step-finished")
    assert_problem(desk.patch(f"{path}/{uuid.uuid4()}", {"state": "done"}), 404, "not-found")


def test_a_plan_is_a_short_list(desk: Api, daan: User, team: Team) -> None:
    request = made(team, factories.claimed, agent=daan)
    path = f"/desk/requests/{request.pk}/steps"
    answers = [desk.post(path, fresh(title=f"Stap {number}")) for number in range(21)]
    assert [answer.status_code for answer in answers] == [201] * 20 + [409]
    assert assert_problem(answers[-1], 409, "too-many-steps")["most"] == 20


@pytest.mark.parametrize(
    ("audience", "words", "customer", "employee"),
    [
        (["customer", "employee"], {"text": "Bezig."}, "Bezig.", "Bezig."),
        (["customer"], {"text": "Bezig."}, "Bezig.", None),
        (["employee"], {"text": "Bezig."}, None, "Bezig."),
        (
            ["customer", "employee"],
            {"texts": {"customer": "Aan u.", "employee": "Aan jou."}},
            "Aan u.",
            "Aan jou.",
        ),
        (["employee"], {"texts": {"customer": "Aan u.", "employee": "x"}}, None, "x"),
    ],
)
def test_one_fact_reaches_each_audience_in_its_own_words(
    desk: Api,
    daan: User,
    team: Team,
    audience: list[str],
    words: dict[str, Any],
    customer: str | None,
    employee: str | None,
) -> None:
    request = made(team, factories.claimed, agent=daan)
    path, body = f"/desk/requests/{request.pk}/updates", fresh(audience=audience, **words)
    first, again = desk.post(path, body), desk.post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_shape(first.json(), DESK_ENTRY)
    other = fresh(audience=["customer"], text="Iets anders.") | {"id": body["id"]}
    assert_problem(desk.post(path, other), 409, "id-reused")

    def read(answer: Any) -> str | None:
        entries = answer if isinstance(answer, list) else answer["timeline"]
        return next((entry["text"] for entry in entries if entry["kind"] == "update"), None)

    assert read(Api().get(f"/track/{factories.link_of(request)}").json()) == customer
    assert read(Api(request.employee).get(f"/requests/{request.pk}/timeline").json()) == employee


def test_a_note_is_written_once_and_never_leaves_the_team(desk: Api, team: Team) -> None:
    request = made(team, submit)
    path, body = f"/desk/requests/{request.pk}/notes", fresh(text="Zeer geheim.")
    first, again = desk.post(path, body), desk.post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert_shape(first.json(), DESK_ENTRY)
    assert first.json()["internal"] is True
    assert_problem(desk.post(path, {**body, "text": "Anders."}), 409, "id-reused")
    phone, track = Api(request.employee), f"/track/{factories.link_of(request)}"
    for answer in (
        phone.get(f"/requests/{request.pk}"),
        phone.get(f"/requests/{request.pk}/timeline"),
        phone.get("/changes"),
        phone.get("/inbox"),
        Api().get(track),
        Api().client.get(track.replace("/track/", "/t/")),
    ):
        assert answer.status_code == 200
        assert "geheim" not in answer.content.decode()


@pytest.mark.parametrize("on", ["customer", "employee", "third_party"])
def test_waiting_says_on_whom_and_until_when(desk: Api, daan: User, team: Team, on: str) -> None:
    request = made(team, factories.claimed, agent=daan)
    until = timezone.now() + timedelta(days=2)
    body = {"on": on, "text": "Welk lampje brandt er?", "until": until.isoformat()}
    waits = desk.post(f"/desk/requests/{request.pk}/wait", body)
    assert_shape(waits.json(), DESK_REQUEST)
    assert (waits.json()["status"], waits.json()["waiting_on"]) == ("waiting", on)
    assert waits.json()["waiting_until"]
    assert waits.json()["timeline"][-1]["text"] == "Welk lampje brandt er?"
    past = {**body, "until": (timezone.now() - timedelta(seconds=1)).isoformat()}
    assert desk.post(f"/desk/requests/{request.pk}/resume").json()["status"] == "in_progress"
    assert_problem(desk.post(f"/desk/requests/{request.pk}/wait", past), 422, "invalid", "until")


def test_solved_is_solved(desk: Api, daan: User, team: Team) -> None:
    request = made(team, factories.claimed, agent=daan)
    done = desk.post(f"/desk/requests/{request.pk}/solve", {"text": "Hersteld."})
    assert_shape(done.json(), DESK_REQUEST)
    assert done.json()["status"] == "solved"


def test_a_better_address_ends_the_old_links(desk: Api, team: Team) -> None:
    request = made(team, submit)
    token = factories.link_of(request)
    body = {"channel": "sms", "phone": "06 12345678"}
    moved = desk.put(f"/desk/requests/{request.pk}/customer", body)
    assert_shape(moved.json(), DESK_REQUEST)
    assert moved.json()["customer"]["phone"] == "+31612345678"
    assert_problem(Api().get(f"/track/{token}"), 404, "not-found")


# What every verb needs: a state, and a body.
VERBS: dict[str, tuple[Callable[..., CustomerRequest], Callable[[User], Any]]] = {
    "claim": (submit, lambda agent: None),
    "release": (factories.claimed, lambda agent: None),
    "assign": (submit, lambda agent: {"agent": str(agent.pk)}),
    "transfer": (factories.claimed, lambda agent: {"team": "mobiel", "note": "x"}),
    "steps": (factories.claimed, lambda agent: fresh(title="Meten")),
    "steps/{step}": (factories.claimed, lambda agent: {"state": "done"}),
    "updates": (factories.claimed, lambda agent: fresh(audience=["customer"], text="x")),
    "notes": (factories.claimed, lambda agent: fresh(text="x")),
    "wait": (factories.claimed, lambda agent: {"on": "customer", "text": "x"}),
    "resume": (factories.waiting, lambda agent: None),
    "solve": (factories.claimed, lambda agent: {"text": "x"}),
    "customer": (submit, lambda agent: {"channel": "email", "email": "x@example.org"}),
}
METHODS = {"steps/{step}": "PATCH", "customer": "PUT"}
FOR_THE_HOLDER = {"steps", "steps/{step}", "updates", "wait", "resume", "solve"}


@pytest.mark.parametrize("verb", VERBS)
def test_a_stale_version_is_refused_and_the_current_one_is_not(
    desk: Api, daan: User, team: Team, verb: str
) -> None:
    make_staffed_team("mobiel")
    make, body = VERBS[verb]
    facts = {} if make is submit else {"agent": daan}
    request = made(team, make, **facts)
    step = ""
    if "{" in verb:
        planned, _new = request.plan_step(by=daan, id=uuid.uuid4(), title="Meten")
        step = str(planned.pk)
    path = f"/desk/requests/{request.pk}/{verb.format(step=step)}"
    method, sent = METHODS.get(verb, "POST"), body(daan)
    before = state()
    for stale in (request.version - 1, request.version + 1):
        refused = desk._call(method, path, sent, **{"If-Match": f'"{stale}"'})
        assert assert_problem(refused, 412, "stale-version")["version"] == request.version
    assert state() == before
    current = desk._call(method, path, sent, **{"If-Match": f'W/"{request.version}"'})
    assert current.status_code in {200, 201}, current.content


@pytest.mark.parametrize("verb", sorted(FOR_THE_HOLDER))
def test_only_who_has_the_request_takes_the_steps_that_others_hear_of(
    daan: User, team: Team, verb: str
) -> None:
    make, body = VERBS[verb]
    request = made(team, make, agent=daan)
    planned, _new = (
        request.plan_step(by=daan, id=uuid.uuid4(), title="Meten") if "{" in verb else (None, False)
    )
    path = f"/desk/requests/{request.pk}/{verb.format(step=planned and planned.pk)}"
    fatima = Api(make_agent(team, "Fatima Yilmaz"))
    before = state()
    refused = fatima._call(METHODS.get(verb, "POST"), path, body(daan))
    assert assert_problem(refused, 409, "not-yours")["holder"] == "Daan Bakker"
    assert state() == before


def test_a_lead_takes_a_request_from_who_is_away(daan: User, team: Team) -> None:
    request, fatima = made(team, factories.claimed, agent=daan), make_agent(team, "Fatima Yilmaz")
    path, body = f"/desk/requests/{request.pk}/assign", {"agent": str(fatima.pk)}
    assert_problem(Api(fatima).post(path, body), 409, "not-yours")
    els = Api(make_agent(team, "Els Prins", role=TeamRole.LEAD))
    assert els.post(path, body).json()["agent"]["id"] == str(fatima.pk)


@pytest.mark.parametrize("path", ["", "/agents", "/{id}", "/{id}/attachments/{file}"])
def test_a_get_that_was_answered_before_answers_304(desk: Api, team: Team, path: str) -> None:
    request = made(team, submit)
    upload = Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo())
    path = path.format(id=request.pk, file=upload.json()["id"])
    path = "/desk/agents" if path == "/agents" else f"/desk/requests{path}"
    first = desk.get(path)
    content_of(first)
    again = desk.get(path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, content_of(again)) == (304, b"")


def test_a_message_of_the_customer_is_read_at_the_desk(desk: Api, team: Team) -> None:
    request = made(team, submit)
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene lampje.")
    last = desk.get(f"/desk/requests/{request.pk}").json()["timeline"][-1]
    assert (last["text"], last["actor"]) == (
        "Het groene lampje.",
        {"name": "Mevrouw Jansen", "role": "customer"},
    )
    assert Entry.objects.filter(request=request).count() == 2


def test_someone_who_left_the_team_is_no_agent_any_more(desk: Api, daan: User, team: Team) -> None:
    request = made(team, factories.claimed, agent=daan)
    daan.memberships.all().delete()
    assert_problem(desk.get(f"/desk/requests/{request.pk}"), 403, "forbidden")
