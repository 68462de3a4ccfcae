"""Known problems: many requests, one cause, one word to all of their followers."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_requests import clock
from customer_requests.models import (
    Announced,
    Announcement,
    CustomerRequest,
    EmployeeSees,
    Entry,
    KnownProblem,
)
from customer_requests.models.how_far import how_far
from customer_requests.models.life import Actor
from customer_requests.problems import NotTheLastWord, ProblemIsSolved, UnderAnotherProblem
from notifications.models import Notification
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, IdReused, Invalid, NotFound
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import make_agent, make_person, make_team, make_topic, submit

db = pytest.mark.django_db
TEXTS = {
    "customer_nl": "De kabel is geraakt. We herstellen het vandaag.",
    "customer_en": "A cable was hit. We repair it today.",
    "employee_nl": "De kabel is geraakt; vandaag werkt het weer.",
    "employee_en": "A cable was hit; it works again today.",
}


class Desk:
    def __init__(self) -> None:
        self.team, self.other_team = make_team("internet"), make_team("mobiel")
        self.topic = make_topic(self.team)
        self.daan = make_agent(self.team, "Daan Bakker")
        self.fatima = make_agent(self.team, "Fatima Yilmaz")
        self.joris = make_agent(self.other_team, "Joris Visser")
        self.sanne = make_person("Sanne de Vries")
        self.problem, _new = KnownProblem.note_down(
            by=self.daan,
            id=uuid.uuid4(),
            title="Storing internet Haarlem-Noord",
            words="Kabel geraakt bij graafwerk. Geen internet en tv.",
            team=self.team,
            topic=None,
        )

    def asked(self, n: int = 1, by: User | None = None, **facts: Any) -> CustomerRequest:
        facts.setdefault("customer_email", f"klant{n}@example.org")
        facts.setdefault("customer_name", f"Klant Nummer {n}")
        return submit(by or self.sanne, self.topic, **facts)

    def under(self, n: int = 1, by: User | None = None, **facts: Any) -> CustomerRequest:
        request = self.asked(n, by, **facts)
        request.put_under(self.problem, by=self.daan)
        return request

    def announce(self, *, solves: bool = False, **texts: str) -> Announcement:
        said, _new = self.problem.announce(
            by=self.daan, id=uuid.uuid4(), solves=solves, texts=texts or TEXTS
        )
        return said


@pytest.fixture
def desk() -> Desk:
    return Desk()


def texts_of(request: CustomerRequest, kind: str) -> list[tuple[str, str]]:
    rows = request.entries.filter(kind=kind).order_by("number")
    return list(rows.values_list("text_customer", "text_employee"))


def told(kind: str) -> int:
    return Notification.objects.filter(kind=kind).count()


def again(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.get(pk=request.pk)


# --- Linking -------------------------------------------------------------------------------------


@db
def test_a_request_is_under_one_problem_at_most(desk: Desk) -> None:
    request = desk.under()
    assert not request.put_under(desk.problem, by=desk.daan)
    other, _new = KnownProblem.note_down(
        by=desk.daan, id=uuid.uuid4(), title="Iets anders", words="x", team=desk.team, topic=None
    )
    with pytest.raises(UnderAnotherProblem):
        request.put_under(other, by=desk.daan)
    request.take_from_under(by=desk.daan)
    assert request.put_under(other, by=desk.daan)
    request.take_from_under(by=desk.daan)
    with pytest.raises(NotFound):
        request.take_from_under(by=desk.daan)


@db
def test_only_what_is_on_my_desk_can_be_linked_but_to_any_teams_problem(desk: Desk) -> None:
    theirs = submit(topic=make_topic(desk.other_team), customer_email="x@example.org")
    mine = desk.asked()
    path = f"/desk/problems/{desk.problem.pk}/requests"
    named = [theirs.reference, mine.reference, "onzin"]
    outcomes = Api(desk.joris).post(path, {"requests": named}).json()
    assert [row["outcome"] for row in outcomes] == ["linked", "not-found", "invalid"]
    shown = Api(desk.daan).get(path).json()["items"]
    assert [(row["reference"], row["question"]) for row in shown] == [(theirs.reference, None)]


@db
def test_the_followers_do_not_hear_that_it_was_linked(desk: Desk) -> None:
    request = desk.under()
    timeline = Api(desk.sanne).get(f"/requests/{request.pk}/timeline").json()
    assert [entry["kind"] for entry in timeline] == ["submitted"]
    assert "Storing" not in str(timeline)


@db
def test_noting_down_twice_with_one_id_makes_one(desk: Desk) -> None:
    body = {"id": str(uuid.uuid4()), "title": "Storing", "words": "x", "team": "internet"}
    api = Api(desk.daan)
    assert api.post("/desk/problems", body).status_code == 201
    assert api.post("/desk/problems", body).status_code == 200
    assert api.post("/desk/problems", {**body, "title": "Anders"}).status_code == 409
    assert (
        Api(desk.joris).post("/desk/problems", {**body, "id": str(uuid.uuid4())}).status_code == 403
    )


# --- One word to all -----------------------------------------------------------------------------


@db
def test_each_reads_it_in_their_own_wording_and_language(desk: Desk) -> None:
    english = make_person("Ellen Smith", language="en")
    nl, en = desk.under(1), desk.under(2, english, customer_language="en")
    desk.announce()
    assert clock.tell_of_problems() == 2
    assert texts_of(nl, "update") == [(TEXTS["customer_nl"], TEXTS["employee_nl"])]
    assert texts_of(en, "update") == [(TEXTS["customer_en"], TEXTS["employee_en"])]
    assert told("customer.update") == told("employee.update") == 2
    assert again(nl).first_response_at is not None
    assert again(nl).status == "received"
    assert clock.tell_of_problems() == 0


@db
def test_what_is_for_the_employees_alone_reaches_no_customer(desk: Desk) -> None:
    request = desk.under()
    desk.announce(employee_nl="Zeg maar dat we het weten.")
    clock.tell_of_problems()
    assert told("customer.update") == 0
    assert told("employee.update") == 1
    assert request.seen_by_customer()[-1].kind == "submitted"


@db
def test_who_is_linked_later_gets_the_last_update(desk: Desk) -> None:
    desk.under(1)
    desk.announce(customer_nl="Eerste bericht.", employee_nl="Eerste bericht.")
    clock.tell_of_problems()
    last = desk.announce(customer_nl="Tweede bericht.", employee_nl="Tweede bericht.")
    clock.tell_of_problems()
    late = desk.under(2)
    clock.tell_of_problems()
    assert texts_of(late, "update") == [("Tweede bericht.", "Tweede bericht.")]
    last.refresh_from_db()
    assert last.finished_at is not None
    late.take_from_under(by=desk.daan)
    late.put_under(desk.problem, by=desk.daan)
    clock.tell_of_problems()
    assert len(texts_of(late, "update")) == 1


@db
def test_whoever_was_taken_away_meanwhile_does_not_hear_it(desk: Desk) -> None:
    request = desk.under()
    desk.announce()
    request.take_from_under(by=desk.daan)
    clock.tell_of_problems()
    assert texts_of(request, "update") == []


@db
def test_saying_it_twice_with_one_id_says_it_once(desk: Desk) -> None:
    desk.under()
    id = uuid.uuid4()
    facts: dict[str, Any] = {"by": desk.daan, "id": id, "solves": False}
    _said, new = desk.problem.announce(**facts, texts=TEXTS)
    _again, newer = desk.problem.announce(**facts, texts=TEXTS)
    assert (new, newer) == (True, False)
    with pytest.raises(IdReused):
        desk.problem.announce(**facts, texts={**TEXTS, "customer_nl": "Anders."})


@db
@pytest.mark.parametrize(
    "text",
    [
        "Mevrouw Jansen belde hierover.",
        "Vraag het aan jansen@example.org.",
        "Zie DHG-7K3M-9Q2P.",
    ],
)
def test_a_text_that_names_a_customer_is_not_for_all(desk: Desk, text: str) -> None:
    desk.under(customer_name="Mevrouw Jansen", customer_email="jansen@example.org")
    texts = {**TEXTS, "customer_nl": text}
    with pytest.raises(Invalid) as refused:
        desk.problem.announce(by=desk.daan, id=uuid.uuid4(), solves=False, texts=texts)
    assert [error["field"] for error in refused.value.facts["errors"]] == ["customer_nl"]


@db
def test_a_word_that_is_somebodys_name_is_sent_by_who_says_that_it_is_none(desk: Desk) -> None:
    desk.under(customer_name="Oma")
    desk.under(customer_name="Mevrouw Jansen", customer_email="jansen@example.org")
    path = f"/desk/problems/{desk.problem.pk}/announcements"
    said = {"id": str(uuid.uuid4()), "customer_nl": "Ook bij oma werkt alles weer."}
    refused = Api(desk.daan).post(path, said)
    assert refused.status_code == 422
    assert "“Oma”" in refused.json()["errors"][0]["message"]
    assert Api(desk.daan).post(path, {**said, "names_nobody": True}).status_code == 201
    assert AuditEvent.objects.get(action="problem-announced").detail["names_nobody"] is True
    clock.tell_of_problems()
    assert Entry.objects.filter(text_customer=said["customer_nl"]).count() == 2
    # What is surely about somebody stays refused.
    for text in ("Oma is Mevrouw Jansen.", "Oma: jansen@example.org", "Oma: DHG-7K3M-9Q2P"):
        other = {"id": str(uuid.uuid4()), "customer_nl": text, "names_nobody": True}
        assert Api(desk.daan).post(path, other).status_code == 422


@db
def test_who_says_so_without_need_is_not_written_down(desk: Desk) -> None:
    desk.under(customer_name="Oma")
    path = f"/desk/problems/{desk.problem.pk}/announcements"
    said = {"id": str(uuid.uuid4()), "customer_nl": "Alles werkt weer.", "names_nobody": True}
    assert Api(desk.daan).post(path, said).status_code == 201
    assert "names_nobody" not in AuditEvent.objects.get(action="problem-announced").detail


@db
def test_part_of_a_word_is_no_name(desk: Desk) -> None:
    desk.under(customer_name="Jan")
    desk.announce(customer_nl="In januari werkt het weer.")


@db
def test_who_reads_another_language_needs_a_text_too(desk: Desk) -> None:
    desk.under(customer_language="en")
    with pytest.raises(Invalid) as refused:
        desk.announce(customer_nl="Alleen Nederlands.")
    assert [error["field"] for error in refused.value.facts["errors"]] == ["customer_en"]


@db
def test_only_its_own_team_writes_to_all(desk: Desk) -> None:
    with pytest.raises(Forbidden):
        desk.problem.announce(by=desk.joris, id=uuid.uuid4(), solves=False, texts=TEXTS)
    with pytest.raises(Forbidden):
        desk.problem.undo_solved(by=desk.joris)
    with pytest.raises(Forbidden):
        desk.problem.describe(by=desk.joris, title="x", words="x", topic=None)


@db
def test_the_counts_say_who_gets_what(desk: Desk) -> None:
    desk.under(1)
    desk.under(2, customer_language="en")
    desk.under(3, employee_sees=EmployeeSees.STEPS)
    desk.under(4).customer_unreachable("SMTP 550")
    over = desk.under(5)
    over.withdraw(by=Actor.customer(), reason="Laat maar.")
    assert desk.problem.to_all().readers() == {
        "requests": 4,
        "over": 1,
        "customers": {"nl": 2, "en": 1, "unreachable": 1},
        "employees": {"nl": 3, "en": 0, "steps_only": 1},
    }
    desk.announce()
    Notification.objects.all().delete()
    clock.tell_of_problems()
    assert told("customer.update") == 3
    assert told("employee.update") == 3


@db
def test_the_customer_of_a_merged_request_hears_the_next_word_once(desk: Desk) -> None:
    ends = desk.under(1)
    desk.announce()
    clock.tell_of_problems()
    goes_on = desk.asked(1, make_person("Piet Smit"))
    again(ends).merge(again(goes_on), by=desk.daan)
    clock.tell_of_problems()
    assert texts_of(goes_on, "update") == []  # the customer read it by the other link
    desk.announce(customer_nl="Om vier uur weer.", employee_nl="Om vier uur weer.")
    clock.tell_of_problems()
    assert texts_of(goes_on, "update") == [("Om vier uur weer.", "Om vier uur weer.")]
    assert [row["outcome"] for row in Announced.objects.filter(request=ends).values("outcome")] == [
        "told",
        "over",
    ]
    again(ends).unmerge(by=desk.daan)
    assert [link.request_id for link in desk.problem.links.all()] == [ends.pk]
    kinds = list(goes_on.entries.order_by("number").values_list("kind", flat=True))
    assert kinds == ["submitted", "merged", "linked", "update", "unmerged", "unlinked"]
    again(goes_on).put_under(desk.problem, by=desk.daan)  # its own, this time
    clock.tell_of_problems()
    assert len(texts_of(goes_on, "update")) == 1


@db
def test_by_way_of_another_it_is_taken_back_from_where_it_came(desk: Desk) -> None:
    first, between, last = desk.under(1), desk.asked(1), desk.asked(1)
    again(first).merge(again(between), by=desk.daan)
    again(between).merge(again(last), by=desk.daan)
    assert desk.problem.links.count() == 3
    again(first).unmerge(by=desk.daan)
    # It is the problem of that one alone again, so that its customer hears the next word once.
    assert [link.request_id for link in desk.problem.links.all()] == [first.pk]
    assert again(between).merged_into_id == last.pk
    for request in (between, last):
        kinds = request.entries.order_by("-number").values_list("kind", flat=True)
        assert kinds[0] == "unlinked"


@db
def test_a_merge_leaves_a_problem_of_its_own_and_a_later_choice_alone(desk: Desk) -> None:
    ends, goes_on = desk.under(1), desk.asked(1)
    other, _new = KnownProblem.note_down(
        by=desk.daan, id=uuid.uuid4(), title="Iets anders", words="x", team=desk.team, topic=None
    )
    goes_on.put_under(other, by=desk.daan)
    again(ends).merge(again(goes_on), by=desk.daan)
    assert list(other.links.values_list("request_id", flat=True)) == [goes_on.pk]
    again(ends).unmerge(by=desk.daan)
    again(goes_on).take_from_under(by=desk.daan)
    again(ends).merge(again(goes_on), by=desk.daan)
    again(goes_on).take_from_under(by=desk.daan)
    again(goes_on).put_under(desk.problem, by=desk.daan)
    again(ends).unmerge(by=desk.daan)
    assert desk.problem.links.filter(request=goes_on).exists()


# --- One "solved" for all, and back --------------------------------------------------------------


@db
def test_fifty_requests_are_solved_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "PASSING_ON", 600.0)  # however slow the machine is
    requests = [desk.under(n) for n in range(50)]
    requests[0].claim(by=desk.fatima)
    requests[1].claim(by=desk.fatima)
    requests[1].wait(by=desk.fatima, on="customer", text="Welk lampje?")
    said = desk.announce(solves=True)
    assert clock.tell_of_problems() == 50
    assert {again(request).status for request in requests} == {"solved"}
    assert told("customer.solved") == told("employee.solved") == 50
    shown = Api(desk.daan).get(f"/desk/problems/{desk.problem.pk}").json()
    assert shown["state"] == "solved"
    assert shown["announcements"][0]["progress"] == {
        "heard": 50,
        "told": 50,
        "over": 0,
        "failed": 0,
        "taken_back": 0,
        "stays": 0,
        "left": 0,
    }
    with pytest.raises(ProblemIsSolved):
        desk.announce()
    with pytest.raises(ProblemIsSolved):
        desk.under(99)
    assert said.solves


@db
def test_undone_everything_that_nobody_confirmed_is_what_it_was(desk: Desk) -> None:
    received, held, waiting, confirmed, reopened = (desk.under(n) for n in range(5))
    until = timezone.now() + timedelta(days=3)
    for request in (held, waiting, reopened):
        request.claim(by=desk.fatima)
    waiting.wait(by=desk.fatima, on="customer", text="Welk lampje?", until=until)
    before = {request.pk: again(request) for request in (received, held, waiting)}
    desk.announce(solves=True)
    clock.tell_of_problems()
    confirmed.confirm()
    reopened.reopen(by=Actor.customer(), reason="Het doet het niet.")
    desk.problem.undo_solved(by=desk.fatima)
    with pytest.raises(NotTheLastWord):
        desk.problem.undo_solved(by=desk.fatima)
    clock.tell_of_problems()
    for pk, was in before.items():
        now = CustomerRequest.objects.get(pk=pk)
        same = ("status", "agent_id", "waiting_on", "waiting_until", "first_solved_at")
        assert [getattr(now, name) for name in same] == [getattr(was, name) for name in same]
        assert (now.paused_at is None) == (was.paused_at is None)
        assert now.solved_at is None
    assert again(confirmed).status == "closed"
    assert again(reopened).status == "in_progress"
    assert told("customer.unsolved") == told("employee.unsolved") == 3
    outcomes = Announced.objects.values_list("outcome", flat=True)
    assert sorted(outcomes) == ["stays", "stays", "taken_back", "taken_back", "taken_back"]
    assert KnownProblem.objects.get(pk=desk.problem.pk).state == "open"
    desk.problem.refresh_from_db()
    desk.announce(solves=True)
    clock.tell_of_problems()
    assert again(received).status == "solved"


@db
def test_undone_halfway_nobody_else_is_told(desk: Desk) -> None:
    requests = [desk.under(n) for n in range(4)]
    said = desk.announce(solves=True)
    for request in requests[:2]:
        request.hear(said)
    desk.problem.undo_solved(by=desk.daan)
    clock.tell_of_problems()
    assert {again(request).status for request in requests} == {"received"}
    assert told("customer.solved") == told("customer.unsolved") == 2
    said.refresh_from_db()
    assert said.finished_at is not None


@db
def test_a_run_stops_when_its_time_is_over_and_the_next_one_goes_on(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        desk.under(n)
    said = desk.announce()
    monkeypatch.setattr(clock, "PASSING_ON", 0.0)
    assert clock.tell_of_problems() == 0
    said.refresh_from_db()
    assert (said.finished_at, how_far([said])[said.pk]["left"]) == (None, 3)
    monkeypatch.undo()
    monkeypatch.setattr(clock, "HELPING", 2)
    assert clock.tell_of_problems() == 3


@db
def test_a_crash_in_the_middle_does_it_once_each(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [desk.under(n) for n in range(12)]
    desk.announce(solves=True)
    plain, calls = CustomerRequest._tell, []

    def dies(self: CustomerRequest, *entries: Any, **more: Any) -> None:
        calls.append(self.pk)
        if len(calls) == 5:
            raise KeyboardInterrupt  # nothing catches it: the process is gone
        plain(self, *entries, **more)

    monkeypatch.setattr(CustomerRequest, "_tell", dies)
    with pytest.raises(KeyboardInterrupt):
        clock.tell_of_problems()
    monkeypatch.undo()
    assert Announced.objects.count() == 4
    clock.tell_of_problems()
    clock.tell_of_problems()
    assert Announced.objects.count() == 12
    assert told("customer.solved") == told("employee.solved") == 12
    assert all(len(texts_of(request, "solved")) == 1 for request in requests)


@db
def test_one_that_fails_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [desk.under(n) for n in range(3)]
    said = desk.announce()
    plain = CustomerRequest.hear

    def fails(self: CustomerRequest, announcement: Announcement) -> None:
        if self.pk == requests[1].pk:
            raise ValueError("broken")
        plain(self, announcement)

    monkeypatch.setattr(CustomerRequest, "hear", fails)
    clock.tell_of_problems()
    said.refresh_from_db()
    far = how_far([said])[said.pk]
    assert (far["told"], far["failed"], far["left"]) == (2, 1, 0)
    assert said.finished_at is not None


@db
def test_where_it_failed_it_is_tried_again_when_somebody_asks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = [desk.under(n) for n in range(3)]
    said = desk.announce(solves=True)
    broken = requests[1]

    def fails(verb: str) -> None:
        plain = getattr(CustomerRequest, verb)

        def once(self: CustomerRequest, *given: Any, **more: Any) -> None:
            if self.pk == broken.pk:
                raise ValueError("broken")
            plain(self, *given, **more)

        monkeypatch.setattr(CustomerRequest, verb, once)

    fails("hear")
    clock.tell_of_problems()
    monkeypatch.undo()
    page = f"/desk/problems/{desk.problem.pk}"
    shown = Api(desk.daan).get(page).json()["announcements"][0]
    assert shown["failed"] == [broken.reference]
    again_at = f"{page}/announcements/{said.pk}/try-again"
    assert Api(desk.joris).post(again_at).status_code == 403
    assert Api(desk.daan).post(again_at).json()["progress"]["left"] == 1
    clock.tell_of_problems()
    assert [again(one).status for one in requests] == ["solved"] * 3
    assert told("customer.solved") == 3

    desk.problem.undo_solved(by=desk.daan)
    fails("unhear")
    clock.tell_of_problems()
    monkeypatch.undo()
    assert [again(one).status for one in requests] == ["received", "solved", "received"]
    browser = browser_of(desk.daan)
    assert broken.reference in browser.get(page).content.decode()
    assert browser.post(f"{page}/again/{said.pk}").status_code == 302
    clock.tell_of_problems()
    assert again(broken).status == "received"
    said.refresh_from_db()
    far = how_far([said])[said.pk]
    assert (far["heard"], far["taken_back"], far["failed"]) == (3, 3, 0)


@db
def test_an_older_word_that_is_tried_again_is_for_those_alone_where_it_failed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = desk.under(1), desk.under(2)
    plain = CustomerRequest.hear

    def fails(self: CustomerRequest, announcement: Announcement) -> None:
        if self.pk == broken.pk:
            raise ValueError("broken")
        plain(self, announcement)

    monkeypatch.setattr(CustomerRequest, "hear", fails)
    first = desk.announce(customer_nl="Om twaalf uur.", employee_nl="Om twaalf uur.")
    clock.tell_of_problems()
    later = desk.announce(customer_nl="Om vier uur.", employee_nl="Om vier uur.")
    clock.tell_of_problems()
    monkeypatch.undo()
    late = desk.under(3)
    clock.tell_of_problems()
    assert first.try_again(by=desk.daan) == 1
    assert how_far([first])[first.pk]["left"] == first.left().count() == 1
    clock.tell_of_problems()
    assert later.try_again(by=desk.daan) == 1
    clock.tell_of_problems()
    assert [text for text, _ in texts_of(broken, "update")] == ["Om twaalf uur.", "Om vier uur."]
    assert [text for text, _ in texts_of(fine, "update")] == ["Om twaalf uur.", "Om vier uur."]
    assert [text for text, _ in texts_of(late, "update")] == ["Om vier uur."]
    far = how_far([first])[first.pk]
    assert (far["told"], far["failed"], far["left"]) == (2, 0, 0)
    first.refresh_from_db()
    assert first.finished_at is not None


@db
def test_an_older_word_is_not_tried_again_where_a_later_one_was_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = desk.under(1)
    first = desk.announce(customer_nl="Om twaalf uur.", employee_nl="Om twaalf uur.")

    def fails(self: CustomerRequest, announcement: Announcement) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(CustomerRequest, "hear", fails)
    clock.tell_of_problems()
    monkeypatch.undo()
    desk.announce(customer_nl="Om vier uur.", employee_nl="Om vier uur.")
    clock.tell_of_problems()
    assert first.try_again(by=desk.daan) == 1
    clock.tell_of_problems()
    assert [text for text, _ in texts_of(request, "update")] == ["Om vier uur."]
    far = how_far([first])[first.pk]
    assert (far["over"], far["failed"], far["left"]) == (1, 0, 0)


@db
def test_who_is_linked_between_two_words_hears_the_last_alone(desk: Desk) -> None:
    desk.under(1)
    desk.announce(customer_nl="Om twaalf uur.", employee_nl="Om twaalf uur.")
    clock.tell_of_problems()
    late = desk.under(2)
    desk.announce(customer_nl="Om vier uur.", employee_nl="Om vier uur.")
    clock.tell_of_problems()
    assert texts_of(late, "update") == [("Om vier uur.", "Om vier uur.")]


@db
def test_what_was_over_already_stays_as_it_is(desk: Desk) -> None:
    closed = factories.closed(by=desk.sanne, agent=desk.daan, topic=desk.topic)
    open_one = desk.under(1)
    solved = desk.under(2)
    solved.claim(by=desk.daan)
    solved.solve(by=desk.daan, text="Al klaar.")
    desk.announce(solves=True)
    clock.tell_of_problems()
    assert again(open_one).status == "solved"
    assert texts_of(solved, "solved") == [("Al klaar.", "Al klaar.")]
    outcomes = set(Announced.objects.values_list("request_id", "outcome"))
    assert outcomes == {(open_one.pk, "told"), (solved.pk, "over")}
    refused = Api(desk.daan).post(
        f"/desk/problems/{desk.problem.pk}/requests", {"requests": [closed.reference]}
    )
    assert (
        refused.json()[0]["outcome"] == "problem-is-solved"
        or refused.json()[0]["outcome"] == "not-now"
    )


# --- Look-alikes ---------------------------------------------------------------------------------


@db
def test_new_requests_that_resemble_it_are_offered(desk: Desk) -> None:
    alike = desk.asked(1, question="Door een storing geen internet en geen tv in Haarlem-Noord.")
    desk.asked(2, question="Waarom is mijn factuur hoger dan vorige maand?")
    linked = desk.under(3, question="Internet en tv doen het niet, storing in Haarlem-Noord.")
    found = Api(desk.daan).get(f"/desk/problems/{desk.problem.pk}/look-alikes").json()
    assert [row["reference"] for row in found] == [alike.reference]
    assert linked.reference not in str(found)
    assert Api(desk.joris).get(f"/desk/problems/{desk.problem.pk}/look-alikes").json() == []
