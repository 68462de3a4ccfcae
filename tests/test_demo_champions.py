"""The demo company's champions: a past that people believe and the verbs could have made."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from ambassadors import counting_clock, post_clock, training_clock
from ambassadors.demo.past import in_month
from ambassadors.demo.posts import post_id
from ambassadors.demo.story import shares
from ambassadors.models import (
    Acceptance,
    Certificate,
    ClickDay,
    ClickMark,
    CountedMonth,
    DepartmentMonth,
    Enrolment,
    ExamplePost,
    Milestone,
    OptIn,
    PolicyVersion,
    PostState,
    PostSuggestion,
    Share,
    SuggestionState,
)
from ambassadors.models.counts import tally
from ambassadors.models.figures import read, trend
from ambassadors.models.headcount import after, begin, month_of
from ambassadors.models.standing import Standing
from notifications.models import Delivery, DeliveryState, Notification
from server.accounts.models import User
from tests.clients import Api, browser_of

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("company"),
    pytest.mark.thorough,
    pytest.mark.table,
]
MODELS = (
    Acceptance, Certificate, ClickDay, ClickMark, CountedMonth, DepartmentMonth, Enrolment,
    ExamplePost, Milestone, Notification, OptIn, PolicyVersion, PostSuggestion, Share,
)  # fmt: skip


@pytest.fixture(scope="module")
def company(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """One seeding for all these tests, since they only read; committed, and flushed afterwards."""
    own = override_settings(
        EMBEDDED=True,
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        MEDIA_ROOT=tmp_path_factory.mktemp("files"),
        EMAIL_BACKEND="notifications.channels.kept.EmailBackend",
    )
    with django_db_blocker.unblock(), own:
        call_command("seed_demo", stdout=io.StringIO())
        call_command("seed_champions", stdout=io.StringIO())
        yield
        call_command("flush", interactive=False, verbosity=0)


def somebody(name: str) -> User:
    return User.objects.get(email=f"{name}@demo.example")


def test_a_second_seeding_makes_nothing() -> None:
    before = {model: model._default_manager.count() for model in MODELS}
    out = io.StringIO()
    call_command("seed_champions", stdout=out)
    assert out.getvalue() == ""
    assert {model: model._default_manager.count() for model in MODELS} == before
    assert all(before[model] for model in MODELS if model is not ClickMark)


def test_a_company_of_its_own_gets_none_of_it(settings: Settings) -> None:
    settings.EMBEDDED = False
    with pytest.raises(CommandError, match="--anyway"):
        call_command("seed_champions")


def test_everything_happened_before_now_and_in_order() -> None:
    now = timezone.now()
    first, second = PolicyVersion.objects.order_by("number")
    assert first.published_at is not None
    assert second.published_at is not None
    assert first.published_at < second.published_at < now
    assert second.changed_nl
    assert second.changed_en
    for given in Acceptance.objects.select_related("version"):
        later = second.published_at if given.version == first else now
        assert given.version.published_at is not None
        assert given.version.published_at <= given.at < later
    for held in Certificate.objects.select_related("version", "attempt"):
        assert held.version.published_at is not None
        assert held.version.published_at < held.issued_at < now
        assert held.attempt is not None
        assert held.attempt.passed
    for share in Share.objects.select_related("post"):
        assert share.post.publish_at is not None
        assert share.post.publish_at < share.opened_at < now
        if share.post.state == PostState.RETIRED:
            assert share.opened_at < share.post.updated_at
        joined = OptIn.objects.filter(user=share.user, begins_at__lt=share.opened_at)
        assert joined.exists(), share.user.email
        assert share.clicks_human <= share.clicks_raw
    assert not ClickDay.objects.filter(day__gt=timezone.localdate()).exists()


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 3, 1, 0, 0, 5, tzinfo=UTC),
        datetime(2026, 3, 31, 21, 59, tzinfo=UTC),
        datetime(2028, 2, 29, 12, tzinfo=UTC),
    ],
)
def test_the_story_stays_in_its_months_whatever_day_it_is(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: now)
    month = month_of()
    for ago in range(14):
        moments = [in_month(ago, part) for part in (0.0, 0.2, 0.5, 0.95)]
        assert moments == sorted(moments)
        assert all(month_of(moment) == month and moment < now for moment in moments)
        month = month_of(begin(month).replace(hour=0) - timedelta(hours=3))
    told = [in_month(*share.at) for share in shares()]
    assert told == sorted(told)


def test_the_figures_are_what_the_rows_say_and_pass_the_goal() -> None:
    months = CountedMonth.objects.order_by("month")
    assert months.count() == 14
    for row in months:
        over = begin(after(row.month))
        if row.month == month_of():
            continue
        assert row.closed_at is not None
        stored = {each.department_id: each for each in row.rows.all()}
        for found in tally(row.month, over.fromtimestamp(over.timestamp() - 1e-6, UTC), None):
            kept = stored[found.department]
            assert (kept.eligible, kept.certified, kept.active) == (
                found.eligible,
                found.certified,
                found.active,
            )
    line = [row.total.percent for row in trend(month_of(), 14)]
    assert line[0] < 5 < 10 < max(line) < 25
    assert [each.percent for each in Milestone.objects.all()] == [5, 10, 15]
    now = read(month_of())
    assert now.total is not None
    assert now.total.active >= 4
    assert {each.name for each in now.departments} == {
        "Winkel Utrecht", "Internet en tv", "Monteurs"
    }  # fmt: skip
    assert now.rest is not None


def test_nobody_hears_today_of_what_was_then() -> None:
    assert training_clock.enrol() == training_clock.refresh() == training_clock.remind() == 0
    assert counting_clock.tell_of_policy() == counting_clock.tell_of_milestones() == 0
    assert post_clock.tell() == post_clock.warn() == post_clock.retire() == 0
    assert not Delivery.objects.filter(state=DeliveryState.QUEUED).exists()


@pytest.mark.parametrize(
    ("who", "status", "missing"),
    [
        ("sanne", "none", ["certificate"]),
        ("kevin.martens", "active", []),
        ("els", "certified", []),
        ("daan", "lapsed", ["policy"]),
        ("hanna.kok", "lapsed", ["certificate"]),
        ("rob.mulder", "none", ["opt_in", "policy"]),
        ("tim.peeters", "none", ["opt_in", "policy", "certificate"]),
    ],
)
def test_everybody_stands_where_the_story_has_them(
    who: str, status: str, missing: list[str]
) -> None:
    assert Standing.of(somebody(who)) == Standing(status, missing)


def test_sanne_finds_her_course_half_way_her_idea_published_and_her_own_figures() -> None:
    app = Api(somebody("sanne"))
    me = app.get("/ambassadors/me").json()
    assert me["mine"]["opened"] == 2
    assert me["mine"]["confirmed"] == 1
    (course,) = app.get("/courses").json()["items"]
    assert course["enrolment"]["due_at"] > timezone.now().isoformat()
    assert sum(lesson["done"] for lesson in course["lessons"]) == 3
    posts = app.get("/example-posts").json()["items"]
    assert len(posts) == 3
    assert {"first_name": "Sanne"} in [post["credit"] for post in posts]
    ideas = app.get("/example-posts/suggestions").json()["items"]
    assert {idea["state"] for idea in ideas} == set(SuggestionState.values)
    assert str(post_id("toonbank")) in {idea["post_id"] for idea in ideas}
    kinds = {item["kind"] for item in app.get("/inbox?limit=200").json()["items"]}
    assert {"suggestion.taken", "suggestion.declined", "training.enrolled"} <= kinds


@pytest.mark.parametrize("page", ["", "policy", "courses", "posts", "posts/calendar"])
def test_the_pages_of_the_editor_have_something_to_say(page: str) -> None:
    web = browser_of(somebody("noor"))
    answer = web.get(f"/champions/{page}")
    assert answer.status_code == 200
    text = answer.content.decode()
    assert 'class="empty"' not in text
    assert "post-none" not in text
