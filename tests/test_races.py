"""What happens when two people do it at the same moment: real threads, again and again."""

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db.models import Count
from django.utils import timezone

from customer_requests.models import Attachment, CustomerRequest, Entry, TrackingLink
from customer_requests.models.life import Actor
from customer_requests.problems import AlreadyClaimed, NotNow
from notifications import inbox, periodic
from notifications.models import Change, Device, Feed, Notification, PeriodicRun
from server.accounts.models import User
from server.problems import IdReused
from server.uploads import Upload
from tests.factories import (
    claimed,
    holder,
    link_of,
    make_agent,
    make_person,
    make_team,
    make_topic,
    solved,
    submit,
)
from tests.threads import together

pytestmark = [pytest.mark.usefixtures("_threads"), pytest.mark.thorough]
TIMES = 15


def again(request: CustomerRequest) -> CustomerRequest:
    """What another process has in its hands: the same row, read by itself."""
    return CustomerRequest.objects.get(pk=request.pk)


def kinds(request: CustomerRequest) -> list[str]:
    return list(request.entries.order_by("number").values_list("kind", flat=True))


def one_story(request: CustomerRequest) -> None:
    """Whatever happened: gapless numbers, and everything told at most once."""
    numbers = list(request.entries.order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))
    told = Notification.objects.filter(subject_id=request.pk)
    twice = told.values("kind", "entry_id", "user_id").annotate(n=Count("pk")).filter(n__gt=1)
    assert not twice


def test_of_two_agents_who_claim_one_wins_and_the_other_hears_who() -> None:
    team = make_team()
    agents = [make_agent(team, name) for name in ("Daan Bakker", "Fatima El Idrissi", "Els Dijk")]
    topic = make_topic(team)
    for _ in range(TIMES):
        request = submit(topic=topic)

        def claim(agent: User, request: CustomerRequest = request) -> str:
            again(request).claim(by=agent)
            return agent.name

        outcomes = together([partial(claim, agent) for agent in agents])
        winners = [outcome for outcome in outcomes if isinstance(outcome, str)]
        losers = [outcome for outcome in outcomes if isinstance(outcome, AlreadyClaimed)]
        assert (len(winners), len(losers)) == (1, 2), outcomes
        assert {loser.facts["holder"] for loser in losers} == set(winners)
        assert holder(again(request)).name == winners[0]
        assert kinds(request) == ["submitted", "claimed"]
        one_story(request)


def either(
    make: Callable[[], CustomerRequest],
    one: Callable[[CustomerRequest], object],
    other: Callable[[CustomerRequest], object],
) -> Counter[str]:
    """Do both at once, often; exactly one succeeds each time. Returns what it came to."""
    ends: Counter[str] = Counter()
    for _ in range(TIMES):
        request = make()
        first, second = again(request), again(request)
        outcomes = together([partial(one, first), partial(other, second)])
        refused = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
        assert [type(problem) for problem in refused] == [NotNow], outcomes
        one_story(request)
        ends[again(request).status] += 1
    return ends


def test_solving_and_withdrawing_at_once_never_both_happen() -> None:
    ends = either(
        claimed,
        lambda request: request.solve(by=holder(request), text="Hersteld."),
        lambda request: request.withdraw(by=Actor.customer(), reason="Laat maar."),
    )
    assert set(ends) <= {"solved", "withdrawn"}


def test_confirming_and_reopening_at_once_end_in_one_story() -> None:
    for _ in range(TIMES):
        request = solved()
        first, second = again(request), again(request)
        outcomes = together(
            [
                first.confirm,
                partial(second.reopen, by=Actor.employee(request.employee), reason="Nee."),
            ]
        )
        story = kinds(request)[3:]
        # Reopening what was just confirmed is allowed; confirming what was reopened is not.
        assert story in (["confirmed", "reopened"], ["reopened"]), outcomes
        assert isinstance(outcomes[0], NotNow) == (story == ["reopened"])
        assert again(request).status == "in_progress"
        one_story(request)


def test_confirming_and_the_clock_never_both_close() -> None:
    def week_old() -> CustomerRequest:
        request = solved()
        CustomerRequest.objects.update(solved_at=timezone.now() - timedelta(days=8))
        return request

    ends = either(
        week_old, lambda request: request.confirm(), lambda request: request.close_unanswered()
    )
    assert set(ends) == {"closed"}


@pytest.mark.parametrize("different", [False, True])
def test_one_submission_sent_at_once_by_many_is_made_once(different: bool) -> None:
    sanne, topic = make_person(), make_topic()
    for _ in range(TIMES):
        facts: dict[str, Any] = {
            "by": sanne,
            "id": uuid.uuid4(),
            "topic": topic,
            "customer_name": "Mevrouw Jansen",
            "customer_email": "jansen@example.org",
            "customer_channel": "email",
        }

        def pass_on(place: int, facts: dict[str, Any] = facts) -> bool:
            question = f"Vraag {place if different else 0}"
            return CustomerRequest.submit(**facts, question=question)[1]

        outcomes = together([partial(pass_on, n) for n in range(4)])
        assert outcomes.count(True) == 1, outcomes
        if different:
            assert sum(isinstance(outcome, IdReused) for outcome in outcomes) == 3
        else:
            assert outcomes.count(False) == 3
        request = CustomerRequest.objects.get(pk=facts["id"])
        assert kinds(request) == ["submitted"]
        assert Notification.objects.filter(subject_id=request.pk).count() == 1


def test_one_message_sent_at_once_by_many_is_said_once() -> None:
    request = claimed()
    for _ in range(TIMES):
        id = uuid.uuid4()

        def say(id: uuid.UUID = id) -> bool:
            return again(request).message(by=Actor.customer(), id=id, text="Het groene.")[1]

        assert sorted(together([say] * 4), key=str) == [False, False, False, True]
    assert kinds(request).count("message") == TIMES
    assert Notification.objects.filter(kind="agent.message").count() == TIMES
    one_story(request)


def test_one_id_used_at_once_on_two_requests_is_only_made_on_one() -> None:
    requests = [claimed(), claimed()]
    for _ in range(TIMES):
        id = uuid.uuid4()

        def say(request: CustomerRequest, id: uuid.UUID = id) -> bool:
            return again(request).message(by=Actor.customer(), id=id, text="Het groene.")[1]

        outcomes = together([partial(say, r) for r in requests])
        assert outcomes.count(True) == 1, outcomes
        assert sum(isinstance(outcome, IdReused) for outcome in outcomes) == 1
        assert Entry.objects.filter(pk=id).count() == 1
    for request in requests:
        one_story(request)


def test_one_file_sent_at_once_by_many_is_kept_once() -> None:
    upload = Upload(b"%PDF-1.4", "application/pdf", ".pdf", "brief.pdf", "0" * 64)
    for _ in range(TIMES):
        request, id = claimed(), uuid.uuid4()

        def attach(request: CustomerRequest = request, id: uuid.UUID = id) -> bool:
            return again(request).attach(by=Actor.customer(), id=id, upload=upload)[1]

        assert sorted(together([attach] * 4), key=str) == [False, False, False, True]
        assert Attachment.objects.filter(request=request).count() == 1
        assert kinds(request).count("file") == 1


def test_a_closing_that_is_reopened_late_by_both_has_one_follow_up() -> None:
    for _ in range(TIMES):
        request = solved()
        request.confirm()
        CustomerRequest.objects.filter(pk=request.pk).update(
            closed_at=timezone.now() - timedelta(days=15)
        )
        actors = [Actor.customer(), Actor.employee(request.employee)]

        def reopen(by: Actor, request: CustomerRequest = request) -> uuid.UUID:
            return again(request).reopen(by=by, reason=f"Nee, zegt {by.role}.").pk

        outcomes = together([partial(reopen, by) for by in actors])
        assert len(set(outcomes)) == 1, outcomes
        assert CustomerRequest.objects.filter(follow_up_of=request).count() == 1


def test_two_rating_at_once_leave_one_rating() -> None:
    for _ in range(TIMES):
        request = solved()
        outcomes = together([partial(again(request).rate, score=n) for n in (2, 5)])
        assert sorted(outcome[1] for outcome in outcomes if isinstance(outcome, tuple)) == [
            False,
            True,
        ]
        assert request.ratings.count() == 1
        assert kinds(request).count("rated") == 1


def test_a_token_that_many_phones_claim_ends_with_one_phone_and_one_person() -> None:
    people = [make_person() for _ in range(6)]
    for round in range(TIMES):

        def register(place: int, round: int = round) -> bool:
            return Device.register(
                user=people[place],
                installation_id=f"installation-{place}",
                token=f"token-{round}",
                platform="android",
            )[1]

        outcomes = together([partial(register, n) for n in range(6)])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        assert Device.objects.filter(token=f"token-{round}").count() == 1


def test_phones_that_swap_their_tokens_at_once_do_not_hold_each_other_up() -> None:
    sanne, daan = make_person(), make_person()
    for round in range(TIMES):

        def register(user: User, phone: int, token: int, round: int = round) -> None:
            Device.register(
                user=user,
                installation_id=f"phone-{phone}",
                token=f"token-{(token + round) % 2}",
                platform="ios",
            )

        outcomes = together([partial(register, sanne, 0, 0), partial(register, daan, 1, 1)])
        assert outcomes == [None, None]
        assert Device.objects.count() in {1, 2}


def test_three_schedulers_run_each_job_once() -> None:
    runs: list[str] = []
    job = f"test-{uuid.uuid4()}"
    periodic.register(job, every=timedelta(days=9999), run=lambda: runs.append(job))
    try:
        for _ in range(5):
            PeriodicRun.objects.filter(job=job).delete()
            runs.clear()
            outcomes = together([periodic.run_due] * 3)
            assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
            assert runs == [job]
            assert PeriodicRun.objects.filter(job=job).count() == 1
    finally:
        del periodic._jobs[job]


def test_three_schedulers_close_each_late_request_once() -> None:
    requests = [solved() for _ in range(5)]
    CustomerRequest.objects.update(solved_at=timezone.now() - timedelta(days=8))
    PeriodicRun.objects.all().delete()
    together([periodic.run_due] * 3)
    for request in requests:
        assert kinds(request)[-2:] == ["solved", "closed"]
        one_story(request)


def test_reading_the_inbox_while_it_fills_loses_nothing() -> None:
    sanne = make_person()
    request = claimed(by=sanne)
    agent = holder(request)
    for _ in range(TIMES):
        newest = Notification.objects.filter(user=sanne).order_by("-created_at", "-id")[0]

        def write(request: CustomerRequest = request) -> None:
            words = {"text_employee": "Nieuws."}
            again(request).update(by=agent, id=uuid.uuid4(), audience=["employee"], **words)

        def read(newest: Notification = newest) -> int:
            return inbox.read_up_to(sanne, newest.pk)

        outcomes = together([write, read, read])
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)], outcomes
        # Each item is read by one of the two, not by both.
        assert sum(done for done in outcomes if isinstance(done, int)) == 1
    assert Notification.objects.filter(user=sanne, read_at=None).count() == 1
    numbers = list(Change.objects.filter(user=sanne).values_list("number", flat=True))
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) == Feed.objects.get(user=sanne).last


def test_two_verbs_that_tell_the_same_two_people_in_turn_do_not_block_each_other() -> None:
    team = make_team()
    topic = make_topic(team)
    sanne = make_agent(team, "Sanne de Vries")
    daan = make_agent(team, "Daan Bakker")
    # Each passed a question on that the other works on, so both feeds change with both verbs.
    requests = [
        claimed(by=sanne, agent=daan, topic=topic),
        claimed(by=daan, agent=sanne, topic=topic),
    ]

    def write(request: CustomerRequest) -> None:
        for _ in range(8):
            again(request).message(by=Actor.customer(), id=uuid.uuid4(), text="En nu?")
            again(request).update(
                by=holder(request),
                id=uuid.uuid4(),
                audience=["employee"],
                text_employee="Nieuws.",
            )

    acts = [partial(write, request) for request in requests * 2]
    assert together(acts) == [None] * 4
    for request in requests:
        one_story(request)
        assert Counter(kinds(request))["message"] == 16


def test_a_link_that_is_replaced_while_it_is_opened_shows_all_or_nothing() -> None:
    for round in range(TIMES):
        request = submit()
        token = link_of(request)

        def move(request: CustomerRequest = request, round: int = round) -> bool:
            return again(request).correct_details(
                name="Mevrouw Jansen",
                email=f"new{round}@example.org",
                phone="",
                channel="email",
                language="nl",
                employee_sees="updates",
            )

        def open_it(token: str = token) -> str:
            return TrackingLink.open(token).reference

        moved, opened = together([move, open_it])
        assert moved is True
        assert opened == request.reference or "not-found" in str(opened)
        assert "not-found" in str(together([open_it])[0])
