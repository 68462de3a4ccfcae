"""One act on many requests: nothing before the undo time, each once, and undone where it can be."""

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from customer_requests.desk.bulk_api import ask
from customer_requests.desk.bulk_schemas import BulkIn
from customer_requests.models import (
    BulkAction,
    BulkItem,
    CustomerRequest,
    Entry,
    KnownProblem,
    Macro,
)
from customer_requests.models.life import Actor
from notifications import kinds as kinds_of_letters
from notifications.models import Notification
from server.accounts.models import Team, TeamMember, User
from tests import factories
from tests.clients import Api
from tests.factories import make_agent, make_team, make_topic
from tests.problems import assert_problem
from tests.tables import state
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def fatima(team: Team) -> User:
    return make_agent(team, "Fatima Yilmaz")


def free(team: Team, count: int = 3) -> list[CustomerRequest]:
    return [factories.submit(topic=team.topics.get()) for _ in range(count)]


def held(team: Team, agent: User, count: int = 3) -> list[CustomerRequest]:
    return [factories.claimed(agent=agent, topic=team.topics.get()) for _ in range(count)]


def body(requests: list[CustomerRequest], **act: Any) -> dict[str, Any]:
    picked = [{"id": str(request.pk)} for request in requests]
    return {"id": str(uuid.uuid4()), "requests": picked, **act}


def asked(by: User, requests: list[CustomerRequest], **act: Any) -> BulkAction:
    return ask(BulkIn(**body(requests, **act)), by)[0]


def its_time(bulk: BulkAction) -> BulkAction:
    """The undo time is over, and whoever held it is no longer there."""
    BulkAction.objects.filter(pk=bulk.pk).update(due=timezone.now(), lease=None)
    return bulk


def run(bulk: BulkAction) -> BulkAction:
    its_time(bulk)
    BulkAction.run_due()
    return BulkAction.objects.get(pk=bulk.pk)


def outcomes(bulk: BulkAction) -> list[str]:
    return list(bulk.items.order_by("position").values_list("outcome", flat=True))


def again(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


def kinds(request: CustomerRequest) -> list[str]:
    return list(request.entries.order_by("number").values_list("kind", flat=True))


# --- Before ---


def test_nothing_happens_before_the_undo_time_is_over(team: Team, daan: User) -> None:
    requests = free(team)
    bulk = asked(daan, requests, assign={"agent": str(daan.pk)})
    before = state()
    assert BulkAction.run_due() == 0
    assert state() == before
    assert (bulk.state, outcomes(bulk)) == ("waiting", ["pending"] * 3)
    assert bulk.due - bulk.created_at == timedelta(seconds=10)


def test_undone_in_time_it_never_happened(team: Team, daan: User) -> None:
    requests = held(team, daan)
    bulk = asked(daan, requests, solve={"text": "De storing is voorbij."})
    told = Notification.objects.count()
    bulk.undo()
    bulk.undo()
    done = run(bulk)
    assert (done.state, outcomes(done)) == ("undone", ["left"] * 3)
    assert {again(request).status for request in requests} == {"in_progress"}
    assert Notification.objects.count() == told
    assert done.facts == {}, "what was written is not kept"


# --- Doing it ---


@pytest.mark.parametrize(
    ("act", "kind"),
    [
        ({"assign": {"agent": "fatima@example.org"}}, "assigned"),
        ({"transfer": {"team": "mobiel", "note": "Dit is mobiel."}}, "transferred"),
        ({"prioritise": {"priority": "urgent"}}, "priority"),
        ({"note": {"text": "Storing in de wijk"}}, "note"),
        ({"solve": {"text": "De storing is voorbij."}}, "solved"),
    ],
)
def test_each_request_gets_the_verb_as_it_would_one_by_one(
    team: Team, daan: User, act: dict[str, Any], kind: str
) -> None:
    make_agent(team, "Fatima Yilmaz", email="fatima@example.org")
    make_agent(make_team("mobiel"), "Joris Visser")
    requests = held(team, daan)
    done = run(asked(daan, requests, **act))
    assert (done.state, outcomes(done)) == ("done", ["done"] * 3)
    for request in requests:
        assert kinds(request) == ["submitted", "claimed", kind]
        assert request.entries.get(kind=kind).actor == daan
    assert done.facts == {}


def test_a_macro_can_be_used_on_many(team: Team, daan: User) -> None:
    macro = Macro.objects.create(team=team, name="Meten", step_title_nl="Lijn meten")
    requests = [*held(team, daan, 2), *free(team, 1)]
    done = run(asked(daan, requests, macro={"macro": str(macro.pk)}))
    assert outcomes(done) == ["done", "done", "refused"]
    assert [again(request).steps.count() for request in requests] == [1, 1, 0]


def test_what_cannot_be_done_is_refused_one_by_one_with_the_reason(
    team: Team, daan: User, fatima: User
) -> None:
    mine, hers = held(team, daan, 1), held(team, fatima, 1)
    done = run(asked(daan, [*mine, *hers, *free(team, 1)], solve={"text": "Klaar."}))
    assert outcomes(done) == ["done", "refused", "refused"]
    shown = Api(daan).get(f"/desk/bulk/{done.pk}").json()
    assert shown["outcomes"] == {"done": 1, "refused": 2}
    assert [bool(item["why"]) for item in shown["items"]] == [False, True, True]
    assert shown["items"][0]["reference"] == mine[0].reference


def test_what_speaks_to_followers_is_refused_where_the_request_changed_since(
    team: Team, daan: User
) -> None:
    quiet, changed = held(team, daan, 2)
    bulk = asked(daan, [quiet, changed], solve={"text": "Klaar."})
    changed.message(by=Actor.customer(), id=uuid.uuid4(), text="Er is nog iets.")
    done = run(bulk)
    assert outcomes(done) == ["done", "refused"]
    assert again(changed).status == "in_progress"


def test_a_note_is_added_whatever_happened_since(team: Team, daan: User) -> None:
    (request,) = held(team, daan, 1)
    bulk = asked(daan, [request], note={"text": "Storing"})
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Er is nog iets.")
    assert outcomes(run(bulk)) == ["done"]


@pytest.mark.parametrize("lost", ["membership", "account"])
def test_rights_count_at_the_moment_it_is_done(team: Team, daan: User, lost: str) -> None:
    requests = held(team, daan)
    bulk = asked(daan, requests, note={"text": "Storing"})
    if lost == "membership":
        TeamMember.objects.filter(user=daan).delete()
    else:
        daan.deactivate()
    done = run(bulk)
    assert (done.state, outcomes(done)) == ("done", ["refused"] * 3)
    assert not Entry.objects.filter(kind="note").exists()


def test_what_is_not_on_my_desk_is_left_out_and_counted(team: Team, daan: User) -> None:
    elsewhere = factories.submit()
    bulk = asked(daan, [*free(team, 1), elsewhere], note={"text": "x"})
    assert (bulk.count, bulk.left_out) == (1, 1)
    nothing = Api(daan).post("/desk/bulk", body([elsewhere], note={"text": "x"}))
    assert_problem(nothing, 404, "not-found")


# --- Cut off in the middle ---


class CutOff(BaseException):
    """The worker is killed: nothing catches this."""


def cut_off_after(monkeypatch: pytest.MonkeyPatch, items: int, *, halfway: bool) -> None:
    """Kill the worker at one item: before it, or when it was done but not yet written down."""
    settle, seen = BulkItem.settle, []

    def killed(item: BulkItem, bulk: BulkAction) -> None:
        seen.append(item)
        if len(seen) > items:
            if halfway:
                item._do(bulk)
            raise CutOff
        settle(item, bulk)

    monkeypatch.setattr(BulkItem, "settle", killed)


@pytest.mark.parametrize("halfway", [False, True])
@pytest.mark.parametrize(
    "act",
    [
        {"assign": {"agent": "fatima@example.org"}},
        {"transfer": {"team": "mobiel", "note": "Dit is mobiel."}},
        {"note": {"text": "Storing"}},
        {"solve": {"text": "Klaar."}},
    ],
)
def test_cut_off_in_the_middle_another_worker_goes_on_and_does_each_once(
    team: Team, daan: User, act: dict[str, Any], halfway: bool
) -> None:
    make_agent(team, "Fatima Yilmaz", email="fatima@example.org")
    make_agent(make_team("mobiel"), "Joris Visser")
    requests = held(team, daan, 4)
    bulk = its_time(asked(daan, requests, **act))
    with pytest.MonkeyPatch.context() as patched:
        cut_off_after(patched, 2, halfway=halfway)
        with pytest.raises(CutOff):
            BulkAction.run_due()
    assert BulkAction.run_due() == 0, "the one that was killed may still be alive"
    done = run(bulk)
    assert (done.state, outcomes(done)) == ("done", ["done"] * 4)
    assert {len(kinds(request)) for request in requests} == {3}
    told = Notification.objects.filter(subject_id__in=[request.pk for request in requests])
    keys = list(told.values_list("dedupe_key", flat=True))
    assert len(keys) == len(set(keys))


# --- Undoing it afterwards ---


def test_assigning_is_taken_back_to_who_had_it(team: Team, fatima: User) -> None:
    els = make_agent(team, "Els van Dijk", role="lead")
    had, queued = held(team, fatima, 1) + free(team, 1)
    done = run(asked(els, [had, queued], assign={"agent": str(els.pk)}))
    assert {again(request).agent for request in (had, queued)} == {els}
    assert done.can_undo
    done.undo()
    undone = run(done)
    assert (undone.state, outcomes(undone)) == ("undone", ["taken_back"] * 2)
    assert (again(had).agent, again(had).status) == (fatima, "in_progress")
    assert (again(queued).agent, again(queued).status) == (None, "received")
    assert kinds(had)[-1] == "assigned"
    assert kinds(queued)[-1] == "released"


@pytest.mark.parametrize("goes_back_to", ["nobody", "who asked", "a colleague"])
def test_who_was_told_that_it_is_theirs_hears_that_it_is_not(
    team: Team, daan: User, fatima: User, goes_back_to: str
) -> None:
    els = make_agent(team, "Els van Dijk", role="lead")
    [request] = {
        "nobody": lambda: free(team, 1),
        "who asked": lambda: held(team, els, 1),
        "a colleague": lambda: held(team, fatima, 1),
    }[goes_back_to]()
    done = run(asked(els, [request], assign={"agent": str(daan.pk)}))
    done.undo()
    assert outcomes(run(done)) == ["taken_back"]
    his = Notification.objects.filter(user=daan, subject_id=request.pk)
    assert sorted(his.values_list("kind", flat=True)) == ["agent.assigned", "agent.released"]
    note = his.get(kind="agent.released")
    letter = kinds_of_letters.compose([note], to_send=False)[note.pk]
    assert letter.title == "Een vraag is toch niet aan jou toegewezen"
    assert "afwezig" not in letter.text
    others = Notification.objects.filter(kind="agent.released").exclude(user=daan)
    assert not others.exists()


def test_transferring_is_taken_back_with_its_status(team: Team, daan: User) -> None:
    other = make_team("mobiel")
    make_agent(other, "Joris Visser")
    busy = held(team, daan, 1)[0]
    waits = factories.waiting(agent=daan, topic=team.topics.get())
    act = {"transfer": {"team": "mobiel", "note": "Voor jullie."}}
    done = run(asked(daan, [busy, waits], **act))
    assert {again(request).team for request in (busy, waits)} == {other}
    done.undo()
    assert outcomes(run(done)) == ["taken_back"] * 2
    for request, status in ((busy, "in_progress"), (waits, "waiting")):
        now = again(request)
        assert (now.team, now.agent, now.status) == (team, daan, status)
        assert kinds(request)[-1] == "transferred"
    assert again(waits).waiting_on == "customer"


def test_a_priority_is_taken_back_to_what_it_was(team: Team, daan: User) -> None:
    low, normal = free(team, 2)
    low.prioritise("low", by=daan)
    done = run(asked(daan, [low, normal], prioritise={"priority": "urgent"}))
    assert {again(request).priority for request in (low, normal)} == {"urgent"}
    done.undo()
    assert outcomes(run(done)) == ["taken_back"] * 2
    assert [again(request).priority for request in (low, normal)] == ["low", "normal"]


def test_what_somebody_worked_on_since_is_not_taken_back(
    team: Team, daan: User, fatima: User
) -> None:
    touched, quiet = free(team, 2)
    done = run(asked(daan, [touched, quiet], assign={"agent": str(fatima.pk)}))
    again(touched).note(by=fatima, id=uuid.uuid4(), text="Ik bel.")
    done.undo()
    undone = run(done)
    assert outcomes(undone) == ["kept", "taken_back"]
    shown = Api(daan).get(f"/desk/bulk/{undone.pk}").json()
    assert shown["items"][0]["why"]
    assert again(touched).agent == fatima


def test_that_the_clock_warned_since_is_nobodys_work(team: Team, daan: User, fatima: User) -> None:
    (request,) = free(team, 1)
    done = run(asked(daan, [request], assign={"agent": str(fatima.pk)}))
    CustomerRequest.objects.filter(pk=request.pk).update(
        alert_at=timezone.now(), response_due=timezone.now() - timedelta(hours=1)
    )
    again(request).alert()
    assert kinds(request)[-1] == "overdue"
    done.undo()
    assert outcomes(run(done)) == ["taken_back"]


def test_what_people_were_told_cannot_be_undone_afterwards(team: Team, daan: User) -> None:
    done = run(asked(daan, held(team, daan), solve={"text": "Klaar."}))
    assert not done.can_undo
    answer = Api(daan).post(f"/desk/bulk/{done.pk}/undo")
    assert_problem(answer, 409, "too-late-to-undo")


def test_an_undo_in_the_middle_leaves_the_rest(team: Team, daan: User) -> None:
    requests = held(team, daan, 4)
    bulk = its_time(asked(daan, requests, note={"text": "Storing"}))
    with pytest.MonkeyPatch.context() as patched:
        cut_off_after(patched, 1, halfway=True)
        with pytest.raises(CutOff):
            BulkAction.run_due()
    BulkAction.objects.get(pk=bulk.pk).undo()
    undone = run(bulk)
    assert (undone.state, outcomes(undone)) == ("undone", ["kept", "kept", "left", "left"])
    assert [kinds(request)[-1] for request in requests] == ["note", "note", "claimed", "claimed"]


def test_somebody_who_left_the_team_takes_nothing_back(team: Team, daan: User) -> None:
    requests = free(team)
    done = run(asked(daan, requests, assign={"agent": str(daan.pk)}))
    done.undo()
    TeamMember.objects.filter(user=daan).delete()
    assert outcomes(run(done)) == ["kept"] * 3


# --- At the same moment ---


@pytest.mark.usefixtures("_threads")
@pytest.mark.django_db(transaction=True)
def test_of_an_undo_and_the_worker_at_once_one_wins_for_all_of_it() -> None:
    team = make_team()
    make_topic(team)
    daan = make_agent(team)
    for _ in range(8):
        requests = free(team, 2)
        bulk = its_time(asked(daan, requests, note={"text": "Storing"}))
        mine = BulkAction.objects.get(pk=bulk.pk)
        together([BulkAction.run_due, mine.undo, BulkAction.run_due])
        for _again in range(2):
            run(bulk)
        bulk.refresh_from_db()
        noted = [kinds(request).count("note") for request in requests]
        assert max(noted) <= 1
        told = {"done": 1, "kept": 1, "left": 0}
        assert [told[outcome] for outcome in outcomes(bulk)] == noted
        assert bulk.state in {"done", "undone"}


@pytest.mark.usefixtures("_threads")
@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_each_once() -> None:
    team = make_team()
    make_topic(team)
    daan = make_agent(team)
    for _ in range(5):
        requests = free(team, 4)
        bulk = its_time(asked(daan, requests, assign={"agent": str(daan.pk)}))
        together([BulkAction.run_due] * 3)
        run(bulk)
        assert outcomes(bulk) == ["done"] * 4
        assert [kinds(request) for request in requests] == [["submitted", "claimed"]] * 4


@pytest.mark.usefixtures("_threads")
@pytest.mark.django_db(transaction=True)
def test_the_same_asked_twice_at_once_is_one() -> None:
    team = make_team()
    make_topic(team)
    daan = make_agent(team)
    data = BulkIn(**body(free(team, 2), note={"text": "Storing"}))
    answers = together([partial(ask, data, daan)] * 4)
    assert sorted(new for _bulk, new in answers) == [False, False, False, True]
    assert BulkItem.objects.count() == 2


# --- Over the API ---


def test_it_is_asked_for_once_looked_at_and_undone_over_the_api(team: Team, daan: User) -> None:
    desk, sent = Api(daan), body(free(team), note={"text": "Storing"})
    made = desk.post("/desk/bulk", sent)
    assert made.status_code == 201, made.content
    assert desk.post("/desk/bulk", sent).status_code == 200
    changed = desk.post("/desk/bulk", {**sent, "note": {"text": "Iets anders"}})
    assert_problem(changed, 409, "id-reused")
    shown = desk.get(f"/desk/bulk/{sent['id']}").json()
    assert (shown["state"], shown["can_undo"], shown["count"]) == ("waiting", True, 3)
    undone = desk.post(f"/desk/bulk/{sent['id']}/undo").json()
    assert (undone["state"], undone["outcomes"]) == ("undone", {"left": 3})
    colleague = Api(make_agent(team, "Fatima Yilmaz"))
    assert_problem(colleague.get(f"/desk/bulk/{sent['id']}"), 404, "not-found")


def test_all_of_a_filter_is_what_the_queue_shows_for_it(team: Team, daan: User) -> None:
    make_topic(team, "tv")
    wanted = [factories.submit(topic=team.topics.get(slug="tv")) for _ in range(2)]
    factories.submit(topic=team.topics.get(slug="wifi"))
    factories.submit()
    sent = {"id": str(uuid.uuid4()), "filter": {"topic": "tv"}, "note": {"text": "x"}}
    made = Api(daan).post("/desk/bulk", sent)
    assert {item["request"] for item in made.json()["items"]} == {
        str(request.pk) for request in wanted
    }
    factories.submit(topic=team.topics.get(slug="tv"))
    assert Api(daan).post("/desk/bulk", sent).json()["count"] == 2, "the same call, the same answer"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"requests": None}, "requests"),
        ({"filter": {}}, "requests"),
        ({"requests": []}, "requests"),
        ({"requests": None, "filter": {"topci": "tv"}}, "filter.topci"),
        ({"note": None}, ""),
        ({"solve": {"text": "Klaar."}}, ""),
        ({"note": {"text": " "}}, "note.text"),
        ({"note": None, "assign": {"agent": "nobody"}}, "agent"),
        ({"note": None, "transfer": {"team": "nonsense", "note": "x"}}, "team"),
    ],
)
def test_what_says_too_little_or_too_much_is_refused(
    team: Team, daan: User, wrong: dict[str, Any], field: str
) -> None:
    sent = body(free(team, 1), note={"text": "x"}) | wrong
    sent = {name: value for name, value in sent.items() if value is not None}
    assert_problem(Api(daan).post("/desk/bulk", sent), 422, "invalid", field)
    assert not BulkAction.objects.exists()


def test_what_ended_long_ago_is_forgotten(team: Team, daan: User) -> None:
    old = run(asked(daan, free(team, 1), note={"text": "x"}))
    asked(daan, free(team, 1), note={"text": "x"})
    BulkAction.objects.filter(pk=old.pk).update(due=timezone.now() - timedelta(days=31))
    BulkAction.forget_old()
    assert BulkAction.objects.count() == 1
    assert BulkItem.objects.count() == 1


# --- Under a known problem ---


def under(problem: KnownProblem) -> set[uuid.UUID]:
    return set(problem.links.values_list("request_id", flat=True))


@pytest.fixture
def problem(team: Team, daan: User) -> KnownProblem:
    made, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Storing Haarlem", words="Kabel", team=team, topic=None
    )
    return made


def test_many_are_put_under_a_problem_and_undone_they_no_longer_are(
    team: Team, daan: User, problem: KnownProblem
) -> None:
    before, *requests = free(team)
    before.put_under(problem, by=daan)
    bulk = asked(daan, [before, *requests], put_under={"problem": str(problem.pk)})
    assert under(problem) == {before.pk}, "not before the undo time"
    done = run(bulk)
    assert outcomes(done) == ["done"] * 3
    assert under(problem) == {request.pk for request in (before, *requests)}
    again(requests[0]).note(by=daan, id=uuid.uuid4(), text="Gebeld.")
    again(requests[1]).take_from_under(by=daan)
    again(requests[1]).put_under(problem, by=daan)
    done.undo()
    done = run(done)
    assert outcomes(done) == ["left", "taken_back", "kept"], "only what this act did is undone"
    assert under(problem) == {before.pk, requests[1].pk}
    assert kinds(requests[0])[-1] == "unlinked"


def test_taking_back_from_under_a_problem_is_done_once(
    team: Team, daan: User, problem: KnownProblem
) -> None:
    (request,) = free(team, 1)
    id = uuid.uuid4()
    request.under(id).put_under(problem, by=daan)
    for _twice in range(2):
        again(request).undo_put_under(id, by=daan)
    assert kinds(request) == ["submitted", "linked", "unlinked"]


def test_what_is_under_another_problem_is_refused_and_the_rest_is_done(
    team: Team, daan: User, problem: KnownProblem
) -> None:
    other, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Iets anders", words="x", team=team, topic=None
    )
    requests = free(team, 2)
    requests[0].put_under(other, by=daan)
    done = run(asked(daan, requests, put_under={"problem": str(problem.pk)}))
    assert outcomes(done) == ["refused", "done"]
    assert "Iets anders" in done.items.get(position=0).why
