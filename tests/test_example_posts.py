"""The life of an example post: written, looked at by a second editor, planned, out, retired."""

import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from ambassadors.models import ExamplePost, PostState, Shown
from ambassadors.models.example_post_content import Advised, Words, turn
from ambassadors.post_problems import OwnWriting, PostNotNow
from server.problems import Forbidden, Invalid, Problem, StaleVersion
from tests.factories import make_person
from tests.posts import approved, draft, make_editor, published

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def rewrite(post: ExamplePost, by: Any, **facts: Any) -> None:
    given = {
        "campaign": post.campaign,
        "title_nl": post.title_nl,
        "words": [Words("linkedin", "nl", "Anders gezegd.")],
        "advice": [],
        **facts,
    }
    post.write(by=by, seen=given.pop("seen", post.version), **given)


def test_a_second_editor_approves_and_never_one_who_wrote() -> None:
    noor, bram, els = make_editor("Noor"), make_editor("Bram"), make_editor("Els")
    post = draft(noor)
    rewrite(post, bram)
    post.ask_review(by=noor)
    for writer in (noor, bram):
        with pytest.raises(OwnWriting):
            post.approve(by=writer)
    with pytest.raises(Forbidden):
        post.approve(by=make_person())
    post.approve(by=els)
    assert post.state == PostState.APPROVED
    # After that, only who writes anew is a writer.
    rewrite(post, els)
    assert post.written_by() == {els.pk}


def test_a_change_after_approval_needs_another_approval() -> None:
    post = published()
    assert post in ExamplePost.objects.visible()
    rewrite(post, post.owner)
    assert post.shown == Shown.DRAFT
    assert post not in ExamplePost.objects.visible()
    with pytest.raises(PostNotNow):
        post.approve(by=make_editor())
    assert [version.number for version in post.versions.all()] == [post.version, 0]


def test_planning_leaves_the_approval_as_it_is_but_not_before_the_embargo() -> None:
    post = approved(embargo_until=timezone.now() + 2 * DAY)
    with pytest.raises(Invalid) as refused:
        post.plan(by=post.owner, publish_at=timezone.now() + DAY)
    assert refused.value.facts["errors"][0]["field"] == "publish_at"
    post.plan(by=post.owner, publish_at=timezone.now() + 3 * DAY)
    assert post.shown == Shown.PLANNED
    # What the code refuses, the table refuses too.
    with pytest.raises(IntegrityError), transaction.atomic():
        ExamplePost.objects.filter(pk=post.pk).update(publish_at=timezone.now())


def test_what_is_written_anew_after_it_was_retired_comes_out_when_it_is_planned_again() -> None:
    post, bram = published(), make_editor("Bram")
    post.plan(by=post.owner, publish_at=post.publish_at, valid_until=timezone.now() + DAY)
    post.retire(by=post.owner)
    rewrite(post, post.owner, embargo_until=timezone.now() + timedelta(hours=1))
    rewrite(post, post.owner)
    post.ask_review(by=post.owner)
    post.approve(by=bram)
    post.refresh_from_db()
    assert (post.shown, post.valid_until) == (Shown.UNPLANNED, None)
    assert not ExamplePost.objects.visible().exists()
    post.plan(by=post.owner, publish_at=timezone.now())
    assert post in ExamplePost.objects.visible()


def test_what_ran_out_and_is_written_anew_has_no_moment_either() -> None:
    post, past = published(), timezone.now() - DAY
    rows = ExamplePost.objects.filter(pk=post.pk)
    rows.update(publish_at=past - DAY, valid_until=past, retire_at=past)
    rewrite(post, post.owner)
    post.ask_review(by=post.owner)
    post.approve(by=make_editor("Bram"))
    assert rows.get().shown == Shown.UNPLANNED


@pytest.mark.parametrize(
    ("network", "language", "rewarded", "opening"),
    [
        ("x", "nl", False, "Ik werk bij Doe-het-gewoon."),
        ("bluesky", "en", True, "I work at Doe-het-gewoon. #adv"),
    ],
)
def test_the_opening_comes_first_and_counts(
    network: str, language: str, rewarded: bool, opening: str
) -> None:
    limit = {"x": 280, "bluesky": 300}[network]
    room = limit - len(opening) - 2
    post = draft(words=[Words(network, language, "a" * room)], rewarded=rewarded)
    (text,) = post.texts.all()
    assert post.whole(text) == f"{opening}\n\n{'a' * room}"
    with pytest.raises(Invalid) as refused:
        draft(words=[Words(network, language, "a" * (room + 1))], rewarded=rewarded)
    assert refused.value.facts["errors"][0]["field"] == "words.0"
    # With a page to point at, the short link needs its room as well.
    with pytest.raises(Invalid):
        draft(
            words=[Words(network, language, "a" * room)],
            rewarded=rewarded,
            link="https://example.org/",
        )


def test_whoever_was_slower_changes_nothing() -> None:
    post, bram = draft(), make_editor("Bram")
    seen = post.version
    rewrite(post, bram)
    with pytest.raises(StaleVersion):
        rewrite(post, post.owner, words=[], seen=seen)
    assert post.texts.get().text == "Anders gezegd."


def test_half_a_post_is_not_offered_for_review() -> None:
    english = [Words("linkedin", "en", "Proud of them.")]
    for facts, field in (({"words": []}, "words"), ({"words": english}, "title_en")):
        post = draft(**facts)
        with pytest.raises(Invalid) as refused:
            post.ask_review(by=post.owner)
        assert refused.value.facts["errors"][0]["field"] == field
    with pytest.raises(Invalid):
        draft(advice=[Advised("dont", "red", "Noem geen klanten.", "")])


def test_variants_come_up_as_often_and_each_person_gets_the_next_one() -> None:
    people = [uuid.uuid5(uuid.NAMESPACE_OID, str(n)) for n in range(3000)]
    post = uuid.UUID(int=7)
    counts = Counter(turn(post, person, 3) for person in people)
    assert all(900 < counts[number] < 1100 for number in range(3))
    one = people[0]
    assert {turn(post, one, 3, taken) for taken in range(3)} == {0, 1, 2}
    assert turn(post, one, 3) == turn(post, one, 3)


def test_employees_get_their_variant_in_their_language_or_in_the_other() -> None:
    words = [Words("x", "nl", "Eerste."), Words("x", "nl", "Tweede."), Words("x", "en", "One.")]
    post = draft(words=[*words, Words("threads", "nl", "Hier.")], title_en="Out in the rain")
    dutch, english = make_person(), make_person(language="en")
    mine = post.texts_for(dutch)
    assert mine["x"].text in {"Eerste.", "Tweede."}
    assert mine["x"] == post.texts_for(dutch)["x"]
    assert [text.text for text in post.texts_for(english).values()] == ["One.", "Hier."]


def test_a_post_that_is_over_may_not_be_told_to_be_out() -> None:
    post = published()
    with pytest.raises(Problem):
        post.plan(by=post.owner, publish_at=timezone.now() + DAY)
    post.plan(by=post.owner, publish_at=post.publish_at, valid_until=timezone.now() + DAY)
    ExamplePost.objects.filter(pk=post.pk).update(
        publish_at=timezone.now() - 2 * DAY, valid_until=timezone.now() - DAY
    )
    post.refresh_from_db()
    assert post.shown == Shown.RETIRED
    assert not ExamplePost.objects.visible().exists()
