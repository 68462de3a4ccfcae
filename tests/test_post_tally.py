"""What became of posts in a large company: stored by the clock, and only what changed anew."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ambassadors.models import Click, ClickDay, PostCount, Share
from ambassadors.models.post_tally import count, tallies
from tests.champions import confirm_share
from tests.factories import make_person
from tests.posts import published

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 0)


def _click(share: Share) -> None:
    mark = uuid.uuid4().hex
    ClickDay.count([Click(share.pk, share.post_id, share.network, timezone.now(), "", mark)])


def _share(variant: str | None = None) -> Share:
    post = published(title_nl=uuid.uuid4().hex, link="https://example.org/")
    return Share.objects.create(
        user=make_person(), post=post, network="x", text="Kijk", variant=variant
    )


def test_what_is_stored_is_what_a_count_says_and_is_read_without_counting() -> None:
    confirm_share(make_person())
    _click(_share("print"))
    _share("")
    _share(None)
    assert tallies() == {}  # nothing was counted yet
    PostCount.store()
    assert tallies() == count()
    assert len(tallies()) == 4
    with CaptureQueriesContext(connection) as queries:
        tallies()
    assert not any("ambassadors_share" in query["sql"] for query in queries)


def test_only_what_changed_is_counted_anew() -> None:
    opened, confirmed, clicked, quiet = (_share() for _ in range(4))
    long_ago = timezone.now() - timedelta(days=3)
    Share.objects.update(opened_at=long_ago)
    PostCount.store()
    PostCount.objects.update(counted_at=long_ago + timedelta(days=1))
    Share.objects.create(user=make_person(), post=opened.post, network="x", text="Ook")
    confirmed.confirm()
    _click(clicked)
    PostCount.store()
    stored = tallies()
    assert stored == count()
    assert stored[opened.post_id, "x"].whole.people == 2
    assert stored[confirmed.post_id, "x"].whole.confirmed == 1
    assert (stored[clicked.post_id, "x"].whole.raw, stored[clicked.post_id, "x"].whole.human) == (
        1,
        1,
    )
    anew = PostCount.objects.filter(counted_at__gt=timezone.now() - timedelta(minutes=1))
    assert {row.post_id for row in anew} == {opened.post_id, confirmed.post_id, clicked.post_id}
    assert PostCount.objects.filter(post=quiet.post_id).exists()


def test_a_small_company_is_counted_while_one_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 2000)
    share = _share()
    PostCount.store()
    assert not PostCount.objects.exists()
    assert tallies()[share.post_id, "x"].whole.opened == 1
