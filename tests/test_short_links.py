"""Short links: where they lead, what is counted of who follows them, and what is kept."""

from datetime import timedelta
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.db import OperationalError
from django.test import Client
from django.utils import timezone

from ambassadors.models import Click, ClickDay, ClickMark, ExamplePost, Share, clicks
from ambassadors.models.click import Buffer
from ambassadors.models.example_post_content import Words
from ambassadors.models.example_post_review import PostReview
from tests.clients import Api
from tests.factories import make_person
from tests.posts import make_campaign, make_editor, planned, published
from tests.visitors import BROWSERS, PROGRAMS

pytestmark = pytest.mark.django_db

CHROME, SAFARI = BROWSERS[0].headers, BROWSERS[7].headers


@pytest.fixture
def share() -> Share:
    words = [Words("linkedin", "nl", "Kom je ook kijken?")]
    post = published(words=words, link="https://example.org/open?utm_source=ours&a=%C3%A9#top")
    return _of(post)


def _of(post: ExamplePost) -> Share:
    return Share.objects.create(
        user=make_person(),
        post=post,
        network="linkedin",
        text="Kom!",
        opened_at=timezone.now() - timedelta(hours=1),
    )


@pytest.fixture(autouse=True)
def _nothing_waits() -> None:
    """What a test before this one saw was taken back with its rows."""
    clicks._waiting.clear()


def _follow(share: Share, headers: dict[str, str], method: str = "get", **meta: Any) -> Any:
    call = getattr(Client(), method)
    return call(f"/s/{share.code}", headers=headers, **meta)


def _counted(share: Share) -> tuple[int, int]:
    clicks.flush()
    share.refresh_from_db()
    return share.clicks_raw, share.clicks_human


def test_a_short_link_leads_to_the_posts_own_link_with_nobody_in_it(share: Share) -> None:
    answer = _follow(share, CHROME)
    assert answer.status_code == 302
    parts = urlsplit(answer["Location"])
    assert (parts.scheme, parts.netloc, parts.path) == ("https", "example.org", "/open")
    assert parts.fragment == "top"
    assert parse_qs(parts.query) == {
        # What the company says itself stays as it is.
        "utm_source": ["ours"],
        "a": ["é"],
        "utm_medium": ["social"],
        "utm_campaign": ["warmte"],
    }
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ("https://example.org/?q=caf%E9", "https://example.org/?q=caf%E9&{ours}"),
        ("https://example.org/?b", "https://example.org/?b&{ours}"),
        ("https://example.org/?b=&c=1%2B1+2;d", "https://example.org/?b=&c=1%2B1+2;d&{ours}"),
        ("https://example.org/?", "https://example.org/?{ours}"),
        ("https://example.org/?a=1&", "https://example.org/?a=1&{ours}"),
        ("https://example.org", "https://example.org?{ours}"),
        ("https://example.org/#/open?x=1", "https://example.org/?{ours}#/open?x=1"),
        ("https://example.org/a%2Fb//c?x=a?b", "https://example.org/a%2Fb//c?x=a?b&{ours}"),
        (
            "https://example.org/?utm%5Fsource=a&utm_medium&utm_campaign=#b",
            "https://example.org/?utm%5Fsource=a&utm_medium&utm_campaign=#b",
        ),
    ],
)
def test_what_the_editor_wrote_stays_letter_for_letter(link: str, leads: str) -> None:
    share = _of(published(words=[Words("linkedin", "nl", "Kom!")], link=link))
    ours = "utm_source=linkedin&utm_medium=social&utm_campaign=warmte"
    assert _follow(share, CHROME)["Location"] == leads.format(ours=ours)


def test_a_code_cannot_be_guessed_and_leads_nowhere_else(share: Share) -> None:
    codes = {_of(share.post).code for _ in range(20)}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {11}
    for path in ("/s/nope", "/s/https://evil.example", f"/s/{share.code}?url=//evil.example"):
        answer = Client().get(path, headers=CHROME)
        assert "evil" not in answer.get("Location", "")
    assert Client().get("/s/nope", headers=CHROME).status_code == 404
    assert _follow(share, CHROME, "post").status_code == 405


def test_what_is_not_out_yet_or_points_at_nothing_leads_nowhere(share: Share) -> None:
    rows = ExamplePost.objects.filter(pk=share.post_id)
    later = timezone.now() + timedelta(hours=1)
    rows.update(embargo_until=later, publish_at=later)
    assert _follow(share, CHROME).status_code == 404
    rows.update(embargo_until=None, publish_at=timezone.now(), link="")
    assert _follow(share, CHROME).status_code == 404
    assert _counted(share) == (0, 0)


def _leads(share: Share) -> tuple[str, str] | int:
    """The page and the campaign that its short link brings along; the status where it does not."""
    answer = _follow(share, CHROME)
    if answer.status_code != 302:
        return int(answer.status_code)
    parts = urlsplit(answer["Location"])
    return f"{parts.netloc}{parts.path}", parse_qs(parts.query)["utm_campaign"][0]


OPEN, SECRET = ("example.org/open", "warmte"), ("example.org/figures", "jaarcijfers")


def _rewritten(share: Share, **facts: Any) -> ExamplePost:
    """The post of this share, with another link in another campaign, as one editor drafts it."""
    post = ExamplePost.objects.get(pk=share.post_id)
    said: dict[str, Any] = {"campaign": make_campaign("jaarcijfers"), "title_nl": "Cijfers"}
    said |= {"link": "https://example.org/figures", **facts}
    words = [Words("linkedin", "nl", "De cijfers.")]
    post.write(by=post.owner, seen=None, words=words, advice=[], **said)
    return post


def _its_moment_passes(post: ExamplePost) -> None:
    past = timezone.now() - timedelta(seconds=1)
    ExamplePost.objects.filter(pk=post.pk).update(publish_at=past, embargo_until=past)


def test_what_was_posted_goes_on_leading_there_when_the_post_is_retired(share: Share) -> None:
    share.post.retire(by=share.post.owner)
    assert _leads(share) == OPEN
    other = _of(published(link="https://example.org/open"))
    _rewritten(other).retire(by=other.post.owner)
    assert _leads(other) == OPEN


def test_a_draft_changes_no_link_that_is_out_and_approval_does(share: Share) -> None:
    post = _rewritten(share)
    owner, second = post.owner, make_editor("Bram Kuipers")
    assert _leads(share) == OPEN
    post.ask_review(by=owner)
    assert _leads(share) == OPEN
    post.ask_changes(by=second, text="Nog niet openbaar.")
    assert _leads(share) == OPEN
    # A picture, a later moment and a second draft leave it as little.
    post.plan(by=owner, publish_at=timezone.now() + timedelta(days=1))
    assert _leads(share) == OPEN
    _rewritten(share, link="")
    assert _leads(share) == OPEN
    post = _rewritten(share)
    post.plan(by=owner, publish_at=timezone.now())
    assert _leads(share) == OPEN
    post.ask_review(by=owner)
    post.approve(by=second)
    assert _leads(share) == SECRET


def test_what_was_approved_for_later_is_followed_from_then_on(share: Share) -> None:
    post = ExamplePost.objects.get(pk=share.post_id)
    later = timezone.now() + timedelta(days=1)
    _rewritten(share)
    post.plan(by=post.owner, publish_at=later)
    post = _rewritten(share, embargo_until=later)
    post.ask_review(by=post.owner)
    post.approve(by=make_editor("Bram Kuipers"))
    assert _leads(share) == OPEN
    _its_moment_passes(post)
    assert _leads(share) == SECRET
    post.retire(by=post.owner)
    assert _leads(share) == SECRET


def test_what_was_never_out_leads_nowhere_when_its_moment_passes_in_a_draft() -> None:
    post = planned(timedelta(hours=1), link="https://example.org/open")
    share = _of(post)
    _rewritten(share)
    _its_moment_passes(post)
    assert _leads(share) == 404
    post.retire(by=post.owner)
    assert _leads(share) == 404


def test_the_employee_keeps_the_link_that_was_posted_while_the_post_is_rewritten(
    share: Share,
) -> None:
    api = Api(share.user)
    before = api.get("/shares").json()["items"][0]["short_url"]
    assert before == share.short_url != ""
    _rewritten(share, link="")
    assert api.get("/shares").json()["items"][0]["short_url"] == before


def test_links_of_before_lead_to_what_was_approved_last(share: Share) -> None:
    retired = _of(published(link="https://example.org/open"))
    retired.post.retire(by=retired.post.owner)
    drafted = _of(published(link="https://example.org/open"))
    _rewritten(drafted)
    again = _of(published(link="https://example.org/open"))
    later = timezone.now() + timedelta(days=1)
    _rewritten(again).plan(by=again.post.owner, publish_at=later)
    post = _rewritten(again, embargo_until=later)
    post.ask_review(by=post.owner)
    post.approve(by=make_editor("Bram Kuipers"))
    Share.objects.update(opened_at=timezone.now())
    never = _of(planned(timedelta(hours=1), link="https://example.org/open"))
    Share.objects.filter(pk=never.pk).update(opened_at=timezone.now() - timedelta(days=1))
    PostReview.objects.filter(post=again.post, version=post.version).update(at=later)
    ExamplePost.objects.update(out_link="", out_slug="")
    assert [_leads(each) for each in (retired, drafted, again)] == [404, 404, 404]
    migration = import_module("ambassadors.migrations.0012_link_that_is_out")
    migration.keep_what_is_followed(apps, None)
    assert [_leads(each) for each in (share, retired, drafted, again)] == [OPEN] * 4
    assert _leads(never) == 404


def test_redirected_are_all_and_counted_as_people_only_people(share: Share) -> None:
    assert _follow(share, CHROME).status_code == 302
    assert _follow(share, CHROME, "head").status_code == 302
    for program in PROGRAMS[:5]:
        answer = _follow(share, program.headers, REMOTE_ADDR=program.address)
        assert answer.status_code == 302
    assert _counted(share) == (7, 1)
    day = ClickDay.objects.get()
    assert (day.day, day.raw, day.human) == (timezone.localdate(), 7, 1)


def test_the_same_visitor_counts_once_a_day_for_each_link(share: Share) -> None:
    other = _of(share.post)
    for _ in range(3):
        _follow(share, CHROME)
    _follow(other, CHROME)
    _follow(share, SAFARI)
    _follow(share, CHROME, REMOTE_ADDR="203.0.113.9")
    assert _counted(share) == (5, 3)
    _follow(share, CHROME)
    assert _counted(share) == (6, 3)
    assert _counted(other) == (1, 1)
    assert (ClickDay.objects.get().raw, ClickDay.objects.get().human) == (7, 4)


def test_of_a_visitor_a_mark_is_kept_that_no_other_day_repeats(share: Share) -> None:
    _follow(share, CHROME)
    assert _counted(share) == (1, 1)
    mark = ClickMark.objects.get()
    assert "127.0.0.1" not in str(vars(mark))
    # The same visitor tomorrow is marked otherwise, and so counts again.
    seen: list[Click] = []
    _follow(share, CHROME)
    seen += clicks._waiting
    clicks._waiting.clear()
    assert "127.0.0.1" not in str(seen)
    ClickMark.objects.update(at=timezone.now() - timedelta(hours=26))
    ClickMark.forget_old()
    assert not ClickMark.objects.exists()


def test_clicks_wait_while_the_database_is_away_and_are_bounded(
    share: Share, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    buffer = Buffer()
    buffer.MOST = 3
    click = Click(share.pk, share.post_id, "linkedin", timezone.now(), "", "m")
    for _ in range(5):
        buffer.note(click)

    def away(clicks: object) -> None:
        raise OperationalError

    with monkeypatch.context() as patched:
        patched.setattr(ClickDay, "count", away)
        buffer.flush()
    buffer.flush()
    assert (ClickDay.objects.get().raw, ClickDay.objects.get().human) == (3, 1)
    told = [record.getMessage() for record in caplog.records]
    assert told == ["clicks wait for the database", "clicks were not counted"]


def test_the_days_and_the_shares_say_the_same(share: Share) -> None:
    shares = [share, _of(share.post), _of(share.post)]
    visitors = [*PROGRAMS, *BROWSERS]
    for number, visitor in enumerate(visitors):
        _follow(shares[number % 3], visitor.headers, REMOTE_ADDR=visitor.address)
    clicks.flush()
    rows = Share.objects.values_list("clicks_raw", "clicks_human")
    day = ClickDay.objects.get()
    assert (sum(raw for raw, _h in rows), sum(human for _r, human in rows)) == (day.raw, day.human)
    assert day.raw == 60
    assert 29 <= day.human <= 31
