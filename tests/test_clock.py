"""What happens because time passes, to the second; moments are moved, the clock is not."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests import clock
from customer_requests.models import CustomerRequest, Entry, TrackingLink
from customer_requests.models.life import Actor
from customer_requests.problems import NotNow
from notifications import housekeeping
from notifications.models import Device, Notification
from server.problems import NotFound
from tests.factories import (
    claimed,
    closed,
    holder,
    link_of,
    make_person,
    solved,
    waiting,
    withdrawn,
)

pytestmark = pytest.mark.django_db(transaction=True)
EDGE = timedelta(seconds=30)
WEEK = timedelta(days=7)


def moved(request: CustomerRequest, **moments: timedelta) -> CustomerRequest:
    """The request with these moments that long ago."""
    now = timezone.now()
    rows = CustomerRequest.objects.filter(pk=request.pk)
    rows.update(**{name: now - ago for name, ago in moments.items()})
    return rows.get()


def test_a_solution_is_closed_after_seven_days_and_not_before() -> None:
    early = moved(solved(), solved_at=WEEK - EDGE)
    late = moved(solved(), solved_at=WEEK)
    assert clock.close_solved() == 1
    early.refresh_from_db()
    late.refresh_from_db()
    assert early.status == "solved"
    assert (late.status, late.closed_as) == ("closed", "unanswered")
    assert clock.close_solved() == 0


def test_the_clock_that_comes_too_early_closes_nothing() -> None:
    request = moved(solved(), solved_at=WEEK - EDGE)
    request.close_unanswered()
    request.refresh_from_db()
    assert request.status == "solved"


def test_seven_days_count_from_the_last_solution() -> None:
    request = moved(solved(), solved_at=timedelta(days=8))
    request.reopen(by=Actor.customer(), reason="Nee.")
    request.solve(by=holder(request), text="Nu wel.")
    assert clock.close_solved() == 0


def test_a_wait_ends_when_its_date_has_passed_and_not_before() -> None:
    early = moved(waiting(), waiting_until=-EDGE)
    late = moved(waiting(), waiting_until=timedelta())
    endless = waiting()
    assert clock.end_waits() == 1
    for request, status in ((early, "waiting"), (late, "in_progress"), (endless, "waiting")):
        request.refresh_from_db()
        assert request.status == status
    assert Notification.objects.filter(kind="agent.resumed").count() == 1


def test_within_fourteen_days_it_is_reopened_and_later_followed_up() -> None:
    early = moved(closed(), closed_at=timedelta(days=14) - EDGE)
    assert early.reopen(by=Actor.customer(), reason="Nee.").pk == early.pk
    late = moved(closed(), closed_at=timedelta(days=14) + EDGE)
    follow_up = late.reopen(by=Actor.customer(), reason="Nee.")
    assert follow_up.pk != late.pk
    assert follow_up.follow_up_of_id == late.pk
    assert (follow_up.status, follow_up.question) == ("received", early.question)
    late.refresh_from_db()
    assert late.status == "closed"


def test_a_rating_can_be_changed_for_seven_days() -> None:
    request = solved()
    rating, new = request.rate(score=2)
    assert new
    assert request.rate(score=4)[0].score == 4
    type(rating).objects.update(created_at=timezone.now() - WEEK - EDGE)
    assert request.rate(score=4)[1] is False
    with pytest.raises(Exception, match="too-late-to-rate"):
        request.rate(score=1)


def test_a_link_works_until_ninety_days_after_closing() -> None:
    request = closed()
    token = link_of(request)
    moved(request, closed_at=timedelta(days=90) - EDGE)
    assert TrackingLink.open(token).pk == request.pk
    moved(request, closed_at=timedelta(days=90) + EDGE)
    with pytest.raises(NotFound):
        TrackingLink.open(token)


def test_what_may_no_longer_be_kept_is_forgotten(settings: Settings) -> None:
    settings.RETENTION_DAYS = 30
    ended = [moved(make(), closed_at=timedelta(days=30)) for make in (closed, withdrawn)]
    young = moved(closed(), closed_at=timedelta(days=30) - EDGE)
    going = claimed()
    assert clock.erase_old() == 2
    assert clock.erase_old() == 0
    for request in ended:
        status = request.status
        request.refresh_from_db()
        assert request.erased_at is not None
        assert request.status == status
        assert (request.customer_email, request.customer_phone) == ("", "")
        texts = Entry.objects.filter(request=request).values_list(
            "text_customer", "text_employee", "text_team"
        )
        assert set(texts) == {("", "", "")}
        assert not request.links.exists()
        with pytest.raises(NotNow):
            request.reopen(by=Actor.customer(), reason="Toch.")
    for request in (young, going):
        request.refresh_from_db()
        assert request.erased_at is None


def test_more_than_one_helping_is_done_in_one_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "HELPING", 2)
    for _ in range(5):
        moved(solved(), solved_at=WEEK)
    assert clock.close_solved() == 5


def test_a_device_is_forgotten_after_270_days_of_silence() -> None:
    for installation, days in (("old", 270), ("seen", 269)):
        Device.register(
            user=make_person(), installation_id=installation, token=installation * 3, platform="web"
        )
        moment = timezone.now() - timedelta(days=days)
        Device.objects.filter(installation_id=installation).update(last_seen_at=moment)
    housekeeping.forget_devices()
    assert list(Device.objects.values_list("installation_id", flat=True)) == ["seen"]
