"""Counting while people go on: workers that count at once, and what they keep is a recount."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from ambassadors.models import Click, ClickDay, CountedMonth, OptIn, PostCount, Share
from ambassadors.models.counts import Tally, store, tally
from ambassadors.models.headcount import DepartmentMonth, month_of
from ambassadors.models.post_tally import count, tallies
from server.accounts.models import User
from tests.champions import confirm_share, make_ambassador
from tests.factories import make_department
from tests.posts import published
from tests.threads import together

pytestmark = [pytest.mark.usefixtures("_threads"), pytest.mark.thorough]
TIMES = 6


def opened(user: User) -> Share:
    """A share that its person did not confirm yet."""
    share = confirm_share(user)
    Share.objects.filter(pk=share.pk).update(confirmed_at=None)
    return share


def kept(month: CountedMonth) -> set[Tally]:
    rows = DepartmentMonth.objects.filter(month=month)
    return {
        Tally(row.department_id, row.eligible, row.certified, row.active, row.lapsing)
        for row in rows
    }


def test_two_workers_count_while_people_confirm_and_leave_and_keep_what_a_recount_says() -> None:
    month = month_of()
    departments = [make_department(name) for name in ("Winkels", "Kantoor", "Buiten")]
    people = [make_ambassador(f"Mens {n}", department=departments[n % 3]) for n in range(9)]
    for _ in range(TIMES):
        CountedMonth.objects.all().delete()
        Share.objects.all().delete()
        for person in people:
            OptIn.enter(person)

        def works() -> list[datetime]:
            return [store(month).counted_at for _turn in range(4)]

        sharing = [partial(opened(person).confirm) for person in people[:6]]
        # What somebody did does not count any more once they take no part.
        leaving = [partial(OptIn.leave, person) for person in people[4:8]]
        first, second, *others = together([works, works, *sharing, *leaving])
        assert others == [None] * len(others)
        assert isinstance(first, list), first
        assert isinstance(second, list), second
        row = CountedMonth.objects.get()
        # What is kept is the newest count: an earlier moment never takes the place of a later one.
        assert row.counted_at == max(*first, *second)
        assert together([partial(store, month)] * 2) == [row, row]
        row.refresh_from_db()
        found = kept(row)
        assert found == set(tally(month, row.counted_at, row.departments))
        total = Tally.together(found)
        assert (total.eligible, total.certified, total.active) == (len(User.objects.all()), 5, 4)


def test_who_waits_for_another_count_counts_as_things_stand_after_it() -> None:
    row, begun = store(month_of()), threading.Event()

    def other_count() -> datetime:
        with transaction.atomic():
            CountedMonth.objects.select_for_update().get(pk=row.pk)
            begun.set()
            time.sleep(0.5)
            return timezone.now()

    def count_too() -> datetime:
        assert begun.wait(30)
        return store(row.month).counted_at

    before, after = together([other_count, count_too])
    assert before < after


def test_two_workers_count_posts_while_people_confirm_and_click(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 0)
    posts = [published(title_nl=f"Post {n}", link="https://example.org/") for n in range(5)]
    people = [make_ambassador(f"Mens {n}") for n in range(4)]
    for _ in range(TIMES):
        shares = [
            Share.objects.create(user=person, post=post, network=network, text="Kijk")
            for person in people
            for post in posts
            for network in ("x", "linkedin")
        ]

        def click(share: Share) -> None:
            mark = uuid.uuid4().hex
            seen = Click(share.pk, share.post_id, share.network, timezone.now(), "", mark)
            ClickDay.count([seen])

        acts: list[Callable[[], Any]] = [PostCount.store, PostCount.store]
        acts += [share.confirm for share in shares[:6]]
        acts += [partial(click, share) for share in shares[-6:]]
        assert together(acts) == [None] * len(acts)
        assert together([PostCount.store] * 2) == [None, None]
        assert tallies() == count()
