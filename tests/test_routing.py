"""Work gets to who is at work, can do it and has room; what nobody can take says why."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_requests import clock
from customer_requests.desk.people_api import AbsenceIn
from customer_requests.models import CustomerRequest, Entry, Topic
from customer_requests.models.life import Actor
from notifications.models import Delivery, Device, Notification
from server.accounts.models import (
    Absence,
    Away,
    HandOut,
    Skill,
    Team,
    TeamMember,
    TeamRole,
    User,
    WorkingPeriod,
)
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import (
    claimed,
    holder,
    make_agent,
    make_person,
    make_staffed_team,
    make_team,
    make_topic,
    submit,
    waiting,
)
from tests.problems import assert_problem
from tests.threads import together

HOUR = timedelta(hours=1)


def in_turn(**fields: Any) -> Team:
    """A team that hands out in turn, around the clock."""
    return make_team(hand_out=HandOut.ROUND_ROBIN, **fields)


def member(team: Team, name: str = "Daan Bakker", **fields: Any) -> User:
    """Somebody of the team with these fields of their place, and `skills`."""
    skills = fields.pop("skills", [])
    agent = make_agent(team, name, role=fields.pop("role", TeamRole.AGENT))
    place = TeamMember.objects.get(team=team, user=agent)
    place.skills.set(skills)
    TeamMember.objects.filter(pk=place.pk).update(**fields)
    return agent


def skill(name: str) -> Skill:
    slug = name.lower()
    return Skill.objects.get_or_create(slug=slug, defaults={"name_nl": name, "name_en": name})[0]


def topic_of(team: Team, *skills: Skill) -> Topic:
    topic = make_topic(team)
    topic.skills.set(skills)
    return topic


def away(person: User, until: timedelta | None = HOUR, since: timedelta = HOUR) -> Absence:
    now = timezone.now()
    return Absence.objects.create(
        person=person, begins=now - since, ends=None if until is None else now + until
    )


def fresh(request: CustomerRequest) -> CustomerRequest:
    return CustomerRequest.objects.select_related("agent").get(pk=request.pk)


def kinds(request: CustomerRequest) -> list[str]:
    return list(request.entries.order_by("number").values_list("kind", flat=True))


# --- Handing out ----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_each_gets_one_in_turn_and_the_most_urgent_goes_first() -> None:
    team = in_turn()
    people = [member(team, name) for name in ("Daan Bakker", "Fatima El Idrissi", "Hanna Kok")]
    topic = make_topic(team)
    requests = [submit(topic=topic) for _ in range(6)]
    # The last one in is due first.
    for minutes, request in enumerate(reversed(requests)):
        CustomerRequest.objects.filter(pk=request.pk).update(
            queue_due=timezone.now() + timedelta(minutes=minutes)
        )
    assert clock.hand_out() == 6
    got = [fresh(request).agent for request in reversed(requests)]
    assert set(got[:3]) == set(people)
    assert got[3:] == got[:3]
    assert clock.hand_out() == 0


@pytest.mark.django_db
def test_what_went_to_a_team_that_takes_from_its_queue_is_handed_to_nobody() -> None:
    # As when it was passed on after the clock read the queue and before it locked the request.
    team = make_team()
    member(team)
    request = submit(topic=make_topic(team))
    assert request.hand_out() is None
    assert fresh(request).status == "received"


@pytest.mark.django_db
def test_who_gets_it_and_both_followers_hear_of_it_as_of_any_assignment() -> None:
    team = in_turn()
    daan = member(team)
    request = submit(topic=make_topic(team))
    clock.hand_out()
    assert kinds(request) == ["submitted", "assigned"]
    entry = request.entries.get(kind="assigned")
    assert (entry.actor_role, entry.actor) == ("clock", None)
    told = Notification.objects.filter(entry_id=entry.pk)
    assert set(told.values_list("kind", "user")) == {
        ("customer.assigned", None),
        ("employee.assigned", request.employee_id),
        ("agent.assigned", daan.pk),
    }


@pytest.mark.django_db
def test_what_asks_for_a_skill_waits_for_it_and_holds_nothing_else_up() -> None:
    team = in_turn()
    roaming = skill("Roaming")
    daan, aylin = member(team), member(team, "Aylin Kaya", skills=[roaming])
    away(aylin)
    hard, easy = submit(topic=topic_of(team, roaming)), submit(topic=make_topic(team))
    CustomerRequest.objects.filter(pk=hard.pk).update(queue_due=timezone.now())
    assert clock.hand_out() == 1
    assert fresh(hard).status == "received"
    assert fresh(easy).agent == daan
    Absence.objects.all().delete()
    assert clock.hand_out() == 1
    assert fresh(hard).agent == aylin


@pytest.mark.django_db
def test_nothing_is_handed_out_in_a_team_that_pulls_or_is_closed_or_retired() -> None:
    pull, closed, retired = make_team(), in_turn(), in_turn(is_active=False)
    for team in (pull, closed, retired):
        member(team)
    tomorrow = (timezone.now() + timedelta(days=2)).weekday()
    WorkingPeriod.objects.create(team=closed, weekday=tomorrow, opens=time(9), closes=time(17))
    topics = [make_topic(team) for team in (pull, closed)]
    requests = [submit(topic=topic) for topic in topics]
    requests.append(submit(topic=topics[0]))
    CustomerRequest.objects.filter(pk=requests[-1].pk).update(team=retired)
    assert clock.hand_out() == 0
    assert {fresh(request).status for request in requests} == {"received"}


Crew = list[tuple[frozenset[int], int | None, int, bool]]
SKILLS = st.frozensets(st.integers(0, 1))
CREWS = st.lists(
    # What they can, their limit, what they have already, and whether they are away.
    st.tuples(SKILLS, st.none() | st.integers(0, 3), st.integers(0, 2), st.booleans()),
    min_size=1,
    max_size=4,
)


@pytest.mark.django_db
@settings(max_examples=15)
@pytest.mark.thorough
@given(crew=CREWS, asked=st.lists(SKILLS, max_size=5))
def test_any_crew_is_dealt_with_as_a_plain_model_does(
    crew: Crew, asked: list[frozenset[int]]
) -> None:
    team, skills = in_turn(), [skill("Roaming"), skill("Zakelijk")]
    people = []
    for can, _most, has, _away in crew:
        person = member(team, skills=[skills[number] for number in can])
        for _ in range(has):
            claimed(agent=person, topic=make_topic(team))
        people.append(person)
    for person, (_can, most, _has, is_away) in zip(people, crew, strict=True):
        TeamMember.objects.filter(user=person).update(most_open=most, given_at=None)
        if is_away:
            away(person, until=None)
    queue = []
    for place, needs in enumerate(asked):
        request = submit(topic=topic_of(team, *(skills[number] for number in needs)))
        CustomerRequest.objects.filter(pk=request.pk).update(
            queue_due=datetime(2030, 1, 1, tzinfo=UTC) + place * HOUR
        )
        queue.append(request)

    clock.hand_out()
    TeamMember.objects.filter(team=team).update(most_open=0)  # the next example has its own team

    loads = {person: has for person, (_can, _most, has, _away) in zip(people, crew, strict=True)}
    turns = dict.fromkeys(people, -1)
    for place, (request, needs) in enumerate(zip(queue, asked, strict=True)):
        able = [
            person
            for person, (can, most, _has, is_away) in zip(people, crew, strict=True)
            if not is_away and needs <= can and (most is None or loads[person] < most)
        ]
        got = fresh(request).agent
        if not able:
            assert got is None
            continue
        first = min((loads[person], turns[person]) for person in able)
        assert got in [person for person in able if (loads[person], turns[person]) == first]
        loads[got], turns[got] = loads[got] + 1, place


@pytest.mark.django_db
def test_a_request_costs_the_same_with_a_large_crew_and_a_stuck_queue_costs_nothing_more() -> None:
    def cost(people: int, stuck: int, to_hand_out: int) -> int:
        team = in_turn()
        for number in range(people):
            member(team, f"Agent {number}")
        for _ in range(stuck):
            submit(topic=hard)
            CustomerRequest.objects.filter(topic=hard).update(team=team)
        topic = make_topic(team)
        for _ in range(to_hand_out):
            submit(topic=topic)
        with CaptureQueriesContext(connection) as queries:
            assert clock.hand_out() == to_hand_out
        team.hand_out = HandOut.PULL
        team.save()
        return len(queries)

    hard = topic_of(make_team(), skill("Chinees"))
    nothing = cost(people=2, stuck=1, to_hand_out=0)
    assert cost(people=8, stuck=6, to_hand_out=0) == nothing <= 12
    one = cost(people=2, stuck=0, to_hand_out=1)
    assert cost(people=8, stuck=6, to_hand_out=1) == one


# --- Limits ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_claiming_over_ones_own_limit_is_refused_and_a_lead_may_assign_over_it() -> None:
    team = make_team()
    daan, els = member(team, most_open=1), member(team, "Els van Dijk", role=TeamRole.LEAD)
    topic = make_topic(team)
    claimed(agent=daan, topic=topic)
    request = submit(topic=topic)
    desk, base = Api(daan), f"/desk/requests/{request.pk}"
    assert "claim" not in desk.get(base).json()["allowed"]
    refused = desk.post(f"{base}/claim")
    assert_problem(refused, 409, "limit-reached")
    assert (refused.json()["load"], refused.json()["most"]) == (1, 1)
    assert_problem(desk.post(f"{base}/assign", {"agent": daan.email}), 409, "limit-reached")
    assert Api(els).post(f"{base}/assign", {"agent": daan.email}).status_code == 200
    assert fresh(request).agent == daan


@pytest.mark.django_db
def test_what_waits_on_others_does_not_count_nor_what_another_team_gave() -> None:
    team, other = make_team(), make_team()
    daan = member(team, most_open=1)
    TeamMember.objects.create(team=other, user=daan)
    waiting(agent=daan, topic=make_topic(team))
    claimed(agent=daan, topic=make_topic(other))
    request = submit(topic=make_topic(team))
    request.claim(by=daan)
    assert fresh(request).agent == daan


# --- Away -----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_nobody_assigns_to_who_is_away_nor_claims_while_away() -> None:
    team = make_team()
    daan, els = member(team), member(team, "Els van Dijk", role=TeamRole.LEAD)
    absence = away(daan)
    base = f"/desk/requests/{submit(topic=make_topic(team)).pk}"
    refused = Api(els).post(f"{base}/assign", {"agent": daan.email})
    assert_problem(refused, 409, "not-at-work")
    assert absence.ends is not None
    assert datetime.fromisoformat(refused.json()["until"]) == absence.ends
    assert "Daan Bakker is afwezig tot" in refused.json()["detail"]
    assert "claim" not in Api(daan).get(base).json()["allowed"]
    assert_problem(Api(daan).post(f"{base}/claim"), 409, "not-at-work")
    absence.end(by=absence.person)
    assert Api(daan).post(f"{base}/claim").status_code == 200


@pytest.mark.django_db
def test_what_somebody_away_has_in_progress_goes_back_at_once_and_quietly() -> None:
    team = make_team()
    daan, fatima = member(team), member(team, "Fatima El Idrissi")
    topic = make_topic(team)
    Device.register(user=daan, installation_id="phone", token="token", platform="ios")
    busy, waits = claimed(agent=daan, topic=topic), waiting(agent=daan, topic=topic)
    other = claimed(agent=fatima, topic=topic)
    away(daan, until=None)
    assert clock.release_absent() == 1
    assert [fresh(request).status for request in (busy, waits, other)] == [
        "received",
        "waiting",
        "in_progress",
    ]
    entry = busy.entries.get(kind="released")
    assert entry.text_team == "Daan Bakker is afwezig tot nader bericht."
    assert (entry.to_customer, entry.to_employee) == (True, True)
    assert (entry.text_customer, entry.text_employee) == ("", "")
    told = Notification.objects.get(entry_id=entry.pk)
    assert (told.kind, told.user) == ("agent.released", daan)
    assert not Delivery.objects.filter(notification=told).exists()
    assert clock.release_absent() == 0


@pytest.mark.django_db
def test_what_waits_goes_back_where_nobody_else_would_set_it_going() -> None:
    team = make_team()
    daan, fatima = member(team), member(team, "Fatima El Idrissi")
    topic = make_topic(team)
    endless, dated = claimed(agent=daan, topic=topic), claimed(agent=daan, topic=topic)
    endless.wait(by=daan, on="third_party", text="Bij de monteur.")
    until = timezone.now() + timedelta(days=3)
    dated.wait(by=daan, on="third_party", text="Bij de monteur.", until=until)
    left = waiting(agent=fatima, topic=topic)
    away(daan, until=None)
    assert clock.release_absent() == 1
    assert [fresh(one).status for one in (endless, dated, left)] == [
        "received",
        "waiting",
        "waiting",
    ]
    assert fresh(endless).paused_at is None
    fatima.deactivate()
    assert clock.release_absent() == 1
    assert fresh(left).status == "received"


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["deactivated", "left the team"])
def test_what_somebody_has_who_left_goes_back_and_nobody_is_told_of_it(how: str) -> None:
    team = make_team()
    daan = member(team)
    request = claimed(agent=daan, topic=make_topic(team))
    if how == "deactivated":
        daan.deactivate()
    else:
        daan.memberships.all().delete()
    assert clock.release_absent() == 1
    entry = request.entries.get(kind="released")
    assert entry.text_team == "Daan Bakker werkt hier niet meer."
    assert not Notification.objects.filter(entry_id=entry.pk).exists()


def _answers(request: CustomerRequest) -> None:
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene.")


def _date_passes(request: CustomerRequest) -> None:
    CustomerRequest.objects.filter(pk=request.pk).update(
        waiting_until=timezone.now(), queue_due=timezone.now()
    )
    request.end_wait()


@pytest.mark.django_db
@pytest.mark.parametrize("going_on", [_answers, _date_passes])
def test_what_waited_goes_to_the_queue_when_it_goes_on(
    going_on: Callable[[CustomerRequest], None],
) -> None:
    request = waiting()
    away(holder(request))
    going_on(request)
    now = fresh(request)
    assert (now.status, now.agent, now.waiting_on, now.paused_at) == ("received", None, "", None)
    assert kinds(request)[-1] == "released"


@pytest.mark.django_db
def test_what_is_reopened_goes_to_the_queue_when_its_agent_is_away() -> None:
    request = factories.solved()
    away(holder(request))
    request.reopen(by=Actor.customer(), reason="Nee.")
    assert (fresh(request).status, fresh(request).agent) == ("received", None)


@pytest.mark.django_db
def test_a_colleague_need_not_wait_for_the_clock_to_take_over_from_who_is_away() -> None:
    team = make_team()
    daan, fatima = member(team), member(team, "Fatima El Idrissi")
    request = claimed(agent=daan, topic=make_topic(team))
    away(daan)
    request.claim(by=fatima)
    assert fresh(request).agent == fatima


@pytest.mark.django_db
def test_who_is_away_hears_of_an_answer_in_the_inbox_and_not_by_push() -> None:
    request = claimed()
    daan = holder(request)
    Device.register(user=daan, installation_id="phone", token="token", platform="ios")
    away(daan)
    _answers(request)
    told = Notification.objects.get(user=daan, kind="agent.message")
    assert not Delivery.objects.filter(notification=told).exists()


@pytest.mark.django_db
def test_absences_that_touch_or_overlap_are_one() -> None:
    daan, now = make_person(), timezone.now()
    for begins, ends in ((-2, 1), (1, 3), (2, 4), (6, 7)):
        Absence.objects.create(person=daan, begins=now + begins * HOUR, ends=now + ends * HOUR)
    assert Away.of([daan.pk], now) == {daan.pk: Away(now + 4 * HOUR)}
    assert Away.of([daan.pk], now + 4 * HOUR) == {}
    assert Away.of([daan.pk], now + 6.5 * HOUR) == {daan.pk: Away(now + 7 * HOUR)}
    Absence.objects.create(person=daan, begins=now + 3.5 * HOUR)
    assert Away.of([daan.pk], now) == {daan.pk: Away(None)}


ZONES = ["Europe/Amsterdam", "America/Havana", "Australia/Lord_Howe", "Asia/Beirut"]
# Summer time begins and ends, and months and years do.
DAYS = st.sampled_from(
    [
        date(2026, 2, 28),
        date(2026, 3, 8),
        date(2026, 3, 28),
        date(2026, 3, 29),
        date(2026, 10, 24),
        date(2026, 10, 25),
        date(2026, 11, 1),
        date(2026, 12, 31),
        date(2028, 2, 29),
    ]
)


@pytest.mark.thorough
@given(
    zone=st.sampled_from(ZONES),
    begins=DAYS,
    days=st.integers(0, 3),
    minute=st.integers(-1500, 4 * 1500),
)
def test_days_away_are_whole_days_on_the_wall_where_the_person_is(
    zone: str, begins: date, days: int, minute: int
) -> None:
    person = User(name="Daan", time_zone=zone)
    ends = begins + timedelta(days=days)
    data = AbsenceIn.model_validate({"id": uuid.uuid4(), "begins": f"{begins}", "ends": f"{ends}"})
    facts = data.facts(person)
    moment = datetime.combine(begins, time.min, UTC) + timedelta(minutes=minute)
    on_the_wall = moment.astimezone(ZoneInfo(zone)).date()
    assert (facts["begins"] <= moment < facts["ends"]) == (begins <= on_the_wall <= ends)


def test_a_day_away_may_have_twenty_five_hours() -> None:
    person = User(name="Daan", time_zone="Europe/Amsterdam")
    day = "2026-10-25"
    data = AbsenceIn.model_validate({"id": uuid.uuid4(), "begins": day, "ends": day})
    facts = data.facts(person)
    assert facts["ends"].astimezone(UTC) - facts["begins"].astimezone(UTC) == 25 * HOUR


# --- The API for absences -------------------------------------------------------------------------


@pytest.mark.django_db
def test_one_says_oneself_when_one_is_away_and_a_lead_for_their_people() -> None:
    team = make_team()
    daan, els = member(team), member(team, "Els van Dijk", role=TeamRole.LEAD)
    joris = make_agent(make_team(), "Joris Visser")
    body = {"id": str(uuid.uuid4()), "begins": "2026-12-24", "ends": "2027-01-03"}
    body = {**body, **_next_year(body)}
    assert Api(daan).post("/desk/absences", body).status_code == 201
    assert Api(daan).post("/desk/absences", body).status_code == 200
    assert_problem(Api(joris).post("/desk/absences", body), 409, "id-reused")
    for_daan = {"id": str(uuid.uuid4()), "person": daan.email}
    assert_problem(Api(joris).post("/desk/absences", for_daan), 403, "forbidden")
    assert Api(els).post("/desk/absences", for_daan).status_code == 201
    listed = Api(els).get("/desk/absences").json()
    assert [row["person"]["name"] for row in listed] == ["Daan Bakker"] * 2
    assert Api(joris).get("/desk/absences").json() == []
    for row in listed:
        assert_problem(Api(joris).delete(f"/desk/absences/{row['id']}"), 404, "not-found")
        assert Api(els).delete(f"/desk/absences/{row['id']}").status_code == 204
    assert Api(daan).get("/desk/absences").json() == []
    # What has been is kept, what was to come never was.
    assert Absence.objects.count() == 1


def _next_year(body: dict[str, str]) -> dict[str, str]:
    year = timezone.now().year
    return {
        "begins": body["begins"].replace("2026", str(year + 1)),
        "ends": body["ends"].replace("2027", str(year + 2)),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"begins": "24-12-2026"}, "begins"),
        ({"begins": "2026-12-24T10:00:00"}, "begins"),
        ({"begins": 20261224}, "begins"),
        ({"ends": "2020-01-01"}, "ends"),
        ({"ends": "2099-01-01"}, "ends"),
        ({"begins": "2099-01-01"}, "begins"),
        ({"person": "nobody@example.org"}, "person"),
    ],
)
def test_an_absence_that_makes_no_sense_is_refused(given: dict[str, Any], field: str) -> None:
    answer = Api(make_agent(make_team())).post("/desk/absences", {"id": str(uuid.uuid4()), **given})
    assert_problem(answer, 422, "invalid")
    assert [error["field"] for error in answer.json()["errors"]] == [field]


@pytest.mark.django_db
def test_for_a_request_the_list_of_agents_says_who_fits_and_why_not() -> None:
    team, roaming = make_team(), skill("Roaming")
    daan = member(team, "Daan Bakker", most_open=1, skills=[roaming])
    member(team, "Els van Dijk")
    away(member(team, "Fatima El Idrissi", skills=[roaming]), until=None)
    member(team, "Hanna Kok", skills=[roaming])
    claimed(agent=daan, topic=make_topic(team))
    request = submit(topic=topic_of(team, roaming))
    listed = Api(daan).get(f"/desk/agents?for_request={request.pk}").json()
    assert {row["name"]: row["why_not"] for row in listed} == {
        "Daan Bakker": "Zit vol: 1 in behandeling",
        "Els van Dijk": "Mist: Roaming",
        "Fatima El Idrissi": "Afwezig tot nader bericht",
        "Hanna Kok": None,
    }
    first = listed[0]
    assert (first["load"], first["limit"], first["skills"], first["away"]) == (
        1,
        1,
        ["roaming"],
        False,
    )
    elsewhere = submit()
    assert_problem(Api(daan).get(f"/desk/agents?for_request={elsewhere.pk}"), 404, "not-found")


# --- Why nobody takes it --------------------------------------------------------------------------


def why(request: CustomerRequest) -> str:
    return fresh(request).why_not_handed_out()


@pytest.mark.django_db
def test_what_nobody_can_take_says_why() -> None:
    team, roaming = in_turn(), skill("Roaming")
    request = submit(topic=topic_of(team, roaming))
    assert why(request) == "In dit team werkt niemand."
    daan = member(team)
    assert why(request) == "Niemand in het team heeft de vaardigheid: Roaming."
    aylin = member(team, "Aylin Kaya", skills=[roaming], most_open=0)
    assert why(request) == "Niemand met de vaardigheid Roaming heeft ruimte voor nog een vraag."
    TeamMember.objects.update(most_open=None)
    assert why(request) == ""
    away(aylin, until=None)
    assert why(request).startswith("Niemand met de vaardigheid Roaming is voorlopig")
    away(daan)
    assert why(submit(topic=make_topic(team))).startswith("Niemand is aan het werk tot ")
    team.hand_out = HandOut.PULL
    team.save()
    assert why(request) == ""


@pytest.mark.django_db
def test_who_is_back_outside_working_hours_is_at_work_when_the_team_opens() -> None:
    team = in_turn()
    daan = member(team)
    back = timezone.now() + timedelta(days=3)
    opens = time(9, 0)
    local = back.astimezone(team.zone)
    WorkingPeriod.objects.create(
        team=team, weekday=(local.weekday() + 1) % 7, opens=opens, closes=time(17)
    )
    away(daan, until=timedelta(days=3))
    assert why(submit(topic=make_topic(team))).endswith(" 09:00.")


# --- To another team ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_request_goes_to_another_team_with_its_topic() -> None:
    team, mobiel = make_team(), make_staffed_team("mobiel")
    daan = member(team)
    topic, retired = make_topic(mobiel, "bereik"), make_topic(mobiel, "oud", is_active=False)
    request = claimed(agent=daan, topic=make_topic(team))
    path, body = f"/desk/requests/{request.pk}/transfer", {"team": "mobiel", "note": "Voor jullie."}
    for wrong in (retired.slug, make_topic(team).slug, "onzin"):
        refused = Api(daan).post(path, {**body, "topic": wrong})
        assert_problem(refused, 422, "invalid")
        assert refused.json()["errors"][0]["field"] == "topic"
    assert Api(daan).post(path, {**body, "topic": topic.slug}).status_code == 200
    now = fresh(request)
    assert (now.team, now.topic, now.status, now.agent) == (mobiel, topic, "received", None)


@pytest.mark.django_db
def test_a_request_does_not_go_where_nobody_would_find_it() -> None:
    team = make_team()
    make_agent(make_team("leeg"), is_active=False)
    make_agent(make_team("oud", is_active=False))
    request = claimed(agent=member(team), topic=make_topic(team))
    for slug in ("leeg", "oud"):
        body = {"team": slug, "note": "Voor jullie."}
        answer = Api(holder(request)).post(f"/desk/requests/{request.pk}/transfer", body)
        assert_problem(answer, 409, "nobody-there")
    assert fresh(request).team == team


@pytest.mark.django_db
def test_a_team_that_was_retired_gets_no_questions_but_finishes_what_it_has() -> None:
    team = make_team(is_active=False)
    daan, topic, sanne = member(team), make_topic(team), make_person()
    assert Api(sanne).get("/topics").json() == []
    with pytest.raises(Exception, match="invalid"):
        submit(sanne, topic)
    Team.objects.update(is_active=True)
    request = submit(sanne, Topic.objects.get())
    Team.objects.update(is_active=False)
    request.claim(by=daan)
    request.solve(by=daan, text="Klaar.")
    request.reopen(by=Actor.customer(), reason="Nee.")
    assert fresh(request).agent == daan


# --- At the same moment ---------------------------------------------------------------------------


@pytest.mark.usefixtures("_threads")
def test_two_clocks_at_once_hand_out_each_request_once_and_nobody_gets_too_many() -> None:
    for _ in range(5):
        team = in_turn()
        people = [member(team, f"Agent {number}", most_open=2) for number in range(3)]
        topic = make_topic(team)
        requests = [submit(topic=topic) for _ in range(8)]
        outcomes = together([clock.hand_out] * 3)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        assert sum(outcomes) == 6
        held = [fresh(request).agent for request in requests]
        assert sorted(held.count(person) for person in people) == [2, 2, 2]
        assert held.count(None) == 2
        assert Entry.objects.filter(request__in=requests, kind="assigned").count() == 6
        Team.objects.filter(pk=team.pk).update(hand_out=HandOut.PULL)


@pytest.mark.usefixtures("_threads")
def test_claiming_while_the_clock_hands_out_never_goes_over_the_limit() -> None:
    for _ in range(5):
        team = in_turn()
        daan = member(team, most_open=1)
        requests = [submit(topic=make_topic(team)) for _ in range(3)]
        claims = [partial(fresh(request).claim, by=daan) for request in requests]
        together([*claims, clock.hand_out])
        held = [request for request in requests if fresh(request).agent == daan]
        assert len(held) == 1
        Team.objects.filter(pk=team.pk).update(hand_out=HandOut.PULL)


# --- The pages ------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_lead_notes_on_the_page_who_is_away_and_ends_it() -> None:
    team = make_team(name="Internet en tv")
    daan, els = member(team, most_open=3), member(team, "Els van Dijk", role=TeamRole.LEAD)
    browser = browser_of(els)
    shown = browser.get("/desk/availability").content.decode()
    assert "0 van 3 in behandeling" in shown
    last = f"{(timezone.now() + timedelta(days=7)).date()}"
    form = {"id": str(uuid.uuid4()), "person": str(daan.pk), "begins": "", "ends": last}
    for _ in range(2):  # a double click
        assert browser.post("/desk/availability", form).status_code == 302
    absence = Absence.objects.get()
    assert (absence.person, absence.entered_by) == (daan, els)
    assert "afwezig tot" in browser.get("/desk/availability").content.decode()
    path = f"/desk/availability/{absence.pk}/end"
    assert browser_of(make_agent(team)).post(path).status_code == 404
    assert browser.get(path).status_code == 405
    assert browser.post(path).status_code == 302
    assert Away.of([daan.pk], timezone.now()) == {}


@pytest.mark.django_db
def test_days_that_make_no_sense_are_named_at_their_field_and_stay_filled_in() -> None:
    browser = browser_of(make_agent(make_team()))
    form = {"id": str(uuid.uuid4()), "begins": "onzin", "ends": "2020-01-01"}
    answer = browser.post("/desk/availability", form)
    assert answer.status_code == 422
    shown = answer.content.decode()
    assert 'value="onzin"' in shown
    assert 'id="id_begins_error"' in shown
    later = browser.post("/desk/availability", {**form, "begins": ""})
    assert 'id="id_ends_error"' in later.content.decode()
    assert not Absence.objects.exists()


@pytest.mark.django_db
def test_at_assigning_those_who_fit_come_first_and_the_others_with_why_not() -> None:
    team, roaming = make_team(), skill("Roaming")
    daan = member(team, "Daan Bakker")
    member(team, "Aylin Kaya", skills=[roaming], most_open=4)
    away(member(team, "Fatima El Idrissi", skills=[roaming]), until=None)
    request = submit(topic=topic_of(team, roaming))
    shown = browser_of(daan).get(f"/desk/{request.reference}/assign").content.decode()
    parts = [
        "Kan hem nu aannemen",
        "Aylin Kaya · 0 van 4 in behandeling",
        "Liever niet",
        "Daan Bakker · Mist: Roaming",
        "Fatima El Idrissi · Afwezig tot nader bericht",
    ]
    assert sorted(parts, key=shown.index) == parts


@pytest.mark.django_db
def test_a_request_that_nobody_can_take_says_so_on_its_page() -> None:
    team, roaming = in_turn(), skill("Roaming")
    daan = member(team)
    request = submit(topic=topic_of(team, roaming))
    shown = browser_of(daan).get(f"/desk/{request.reference}").content.decode()
    assert "Niet uitgedeeld: Niemand in het team heeft de vaardigheid: Roaming." in shown


@pytest.mark.django_db
def test_somebody_in_no_team_has_no_business_there() -> None:
    assert browser_of(make_person()).get("/desk/availability").status_code == 403
    assert Client().get("/desk/availability").status_code == 302
