"""The demo company: made once, whole, and in no state that the verbs could not have made."""

import io
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

import pytest
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone
from pytest_django.plugin import DjangoDbBlocker

from customer_requests.demo import seeding
from customer_requests.demo.company import DOMAIN, PEOPLE
from customer_requests.models import (
    Attachment,
    ClosedAs,
    CustomerRequest,
    Entry,
    KnownProblem,
    Priority,
    Rating,
    Status,
    Topic,
    WaitingOn,
)
from customer_requests.models.life import FAR, OPEN
from notifications.models import (
    ChannelPause,
    Delivery,
    DeliveryState,
    KeptCopy,
)
from server.accounts.demo import DEMO_PASSWORD, demo_people
from server.accounts.models import Team, User
from server.fields import clean_phone
from tests.clients import Api

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("company"),
    pytest.mark.thorough,
    pytest.mark.table,
]


@pytest.fixture(scope="module")
def company(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """One seeding for all these tests, since they only read; committed, and flushed afterwards."""
    quick = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    own = override_settings(
        EMBEDDED=True,
        PASSWORD_HASHERS=quick,
        MEDIA_ROOT=tmp_path_factory.mktemp("files"),
        # Django's test runner would keep mails in memory instead.
        EMAIL_BACKEND="notifications.channels.kept.EmailBackend",
    )
    with django_db_blocker.unblock(), own:
        call_command("seed_demo", stdout=io.StringIO())
        yield
        call_command("flush", interactive=False, verbosity=0)


def test_there_is_a_request_in_every_status_and_of_every_ending() -> None:
    requests = CustomerRequest.objects.all()
    assert set(requests.values_list("status", flat=True)) == set(Status.values)
    endings = set(requests.filter(status=Status.CLOSED).values_list("closed_as", flat=True))
    # Merging is not there yet.
    assert endings == set(ClosedAs.values) - {ClosedAs.MERGED}
    waits = requests.filter(status=Status.WAITING).values_list("waiting_on", flat=True)
    assert set(waits) == set(WaitingOn.values)
    assert {"nl", "en"} == set(requests.values_list("customer_language", flat=True))
    assert {"email", "sms", "social"} == set(requests.values_list("customer_channel", flat=True))
    assert Rating.objects.count() >= 5
    assert Attachment.objects.count() >= 2


def test_every_story_is_in_the_past_and_in_order() -> None:
    now = timezone.now()
    for request in CustomerRequest.objects.prefetch_related("entries"):
        times = [entry.at for entry in sorted(request.entries.all(), key=lambda row: row.number)]
        assert all(earlier <= later for earlier, later in pairwise(times)), request.pk
        assert times[0] == request.created_at
        assert times[-1] == request.updated_at < now
        for moment in (
            request.first_response_at,
            request.first_solved_at,
            request.solved_at,
            request.closed_at,
            request.paused_at,
            request.erased_at,
        ):
            assert moment is None or moment in times, request.pk


def test_what_is_due_is_due_in_working_time_after_the_question() -> None:
    for request in CustomerRequest.objects.select_related("team", "topic"):
        assert request.queue_due == request._queue_due()
        if request.response_due is None or request.solve_due is None:
            assert request.closed_as == ClosedAs.ANSWERED_BY_EMPLOYEE
            continue
        first = request.topic.team.calendar().between(request.created_at, request.response_due)
        assert first == request.topic.targets_at(request.priority).response
        assert request.solve_due >= request.response_due
        assert (request.queue_due == FAR) == (
            request.status not in OPEN
            or (request.status == Status.WAITING and request.waiting_until is None)
        )


def test_agents_act_while_their_team_is_at_work() -> None:
    calendars = {team.pk: team.calendar() for team in Team.objects.all()}
    entries = Entry.objects.filter(actor_role="agent").select_related("actor")
    for entry in entries:
        assert entry.actor is not None
        (team,) = entry.actor.team_ids
        # A minute, since a story's seconds may take an act just over closing time.
        minute_before = entry.at.replace(second=0, microsecond=0)
        assert calendars[team].is_open(entry.at) or calendars[team].is_open(
            minute_before - timedelta(minutes=1)
        ), entry.pk


def test_the_company_has_forty_people_and_everyone_but_the_director_a_manager() -> None:
    people = User.objects.filter(email__endswith=f"@{DOMAIN}")
    assert people.count() == 40 == sum(len(members) for members in PEOPLE.values())
    assert [person.name for person in people.filter(manager=None)] == ["Willem Hoekstra"]
    sanne = people.get(email="sanne@demo.example")
    assert sanne.manager is not None
    assert sanne.manager.email == "mark@demo.example"
    assert all(team.members.filter(role="lead").count() == 1 for team in Team.objects.all())


@pytest.mark.parametrize(
    ("who", "roles", "teams", "language"),
    [
        ("sanne", [], [], "nl"),
        ("daan", ["agent"], ["internet"], "nl"),
        ("fatima", ["agent"], ["internet"], "nl"),
        ("joris", ["agent"], ["mobiel"], "en"),
        ("els", ["lead"], ["internet"], "nl"),
        ("noor", ["editor"], [], "nl"),
        ("mark", ["manager"], [], "nl"),
        ("admin", ["admin"], [], "nl"),
    ],
)
def test_the_demo_people_are_who_the_front_page_says(
    who: str, roles: list[str], teams: list[str], language: str
) -> None:
    person = User.objects.get(email=f"{who}@demo.example")
    assert person.roles == roles
    assert [row.team.slug for row in person.memberships.select_related("team")] == teams
    assert person.language == language
    assert person.check_password(DEMO_PASSWORD)


def test_the_demo_people_can_sign_in_and_nobody_else_has_a_password() -> None:
    for person in demo_people():
        answer = Client().post(
            "/_allauth/app/v1/auth/login",
            {"email": person["email"], "password": DEMO_PASSWORD},
            content_type="application/json",
        )
        assert answer.status_code == 200, answer.content
        assert answer.json()["meta"]["session_token"]
    offered = [person["email"] for person in demo_people()]
    others = User.objects.exclude(email__in=offered)
    assert not any(person.has_usable_password() for person in others)


def test_the_mailbox_begins_with_a_handful_whose_links_work() -> None:
    assert KeptCopy.objects.count() == seeding.SHOWN
    assert not KeptCopy.objects.filter(at__gt=timezone.now()).exists()
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {DeliveryState.KEPT, DeliveryState.DROPPED}
    assert not ChannelPause.objects.exists()
    items = Client().get("/dev/mailbox.json").json()["items"]
    tokens = [link.rpartition("/t/")[2] for item in items for link in item["links"]]
    assert tokens
    for token in tokens:
        assert Api().get(f"/track/{token}").status_code == 200


def test_a_known_problem_waits_for_one_word_to_all_and_one_more_looks_like_it() -> None:
    problem, els = KnownProblem.objects.get(), User.objects.get(email="els@demo.example")
    readers = problem.to_all().readers()
    assert readers["requests"] == 6
    assert readers["customers"]["nl"]
    assert readers["customers"]["en"] == readers["employees"]["steps_only"] == 1
    assert "Sem de Graaf" in {row.customer_name for row, _score in problem.look_alikes(els)}
    linked = problem.links.select_related("request")
    assert all(link.request.created_at < link.at < timezone.now() for link in linked)


def test_every_priority_is_there_and_one_topic_has_targets_of_its_own() -> None:
    assert set(CustomerRequest.objects.values_list("priority", flat=True)) == set(Priority.values)
    storing = Topic.objects.get(slug="storing")
    assert storing.targets_at(Priority.URGENT).response == timedelta(minutes=15)


def test_every_telephone_number_is_one_that_can_be_saved_again() -> None:
    for request in CustomerRequest.objects.exclude(customer_phone=""):
        assert clean_phone(request.customer_phone) == request.customer_phone
