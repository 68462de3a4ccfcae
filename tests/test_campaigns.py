"""Topics and campaigns: called otherwise, given days, retired; and whose idea a post was hears."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ambassadors import post_clock
from ambassadors.models import Campaign, ExamplePost, PostSuggestion
from notifications import kinds
from notifications.models import Delivery, Notification, Preferences
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden, Invalid
from tests.clients import Api, browser_of
from tests.factories import make_person
from tests.posts import draft, make_campaign, make_editor, published

pytestmark = pytest.mark.django_db
HOME = "/champions/posts/topics"


def sent(row: Campaign, **facts: Any) -> dict[str, Any]:
    return {
        "seen": row.print,
        "kind": "campaign",
        "name_nl": row.name_nl,
        "name_en": row.name_en,
        **facts,
    }


def test_an_editor_gives_a_campaign_another_name_and_days_and_its_address_stays() -> None:
    noor, row = make_editor(), make_campaign("glasvezel")
    post, web = published(campaign=row), browser_of(noor)
    page = web.get(f"{HOME}/glasvezel").content.decode()
    assert 'name="slug"' not in page
    given = sent(row, name_nl="Glas", begins_on="2026-03-01", ends_on="2026-04-30", slug="anders")
    assert web.post(f"{HOME}/glasvezel", given)["Location"] == HOME
    row.refresh_from_db()
    assert (row.name_nl, row.slug) == ("Glas", "glasvezel")
    assert (row.begins_on, row.ends_on) == (date(2026, 3, 1), date(2026, 4, 30))
    assert 'value="2026-03-01"' in web.get(f"{HOME}/glasvezel").content.decode()
    assert "1 mrt 2026 t/m 30 apr 2026" in web.get(HOME).content.decode()
    trail = AuditEvent.objects.filter(subject_id=row.pk, actor=noor)
    assert list(trail.values_list("action", flat=True)) == ["campaign-written"]
    topic = Api(make_person()).get(f"/example-posts/{post.pk}").json()["topic"]
    assert topic == {
        "slug": "glasvezel",
        "name": "Glas",
        "kind": "campaign",
        "begins_on": "2026-03-01",
        "ends_on": "2026-04-30",
    }


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name_nl": ""}, "name_nl"),
        ({"name_nl": "Warmte"}, "name_nl"),
        ({"name_en": "Warmte (en)"}, "name_en"),
        ({"name_nl": "x" * 81}, "name_nl"),
        ({"kind": "rubbish"}, "kind"),
        ({"begins_on": "2026-03-02", "ends_on": "2026-03-01"}, "ends_on"),
        ({"begins_on": "1026-03-02"}, "begins_on"),
        ({"ends_on": "gisteren"}, "ends_on"),
        ({"kind": "topic", "ends_on": "2026-03-01"}, "ends_on"),
    ],
)
def test_what_cannot_be_is_told_at_its_field_and_changes_nothing(
    wrong: dict[str, str], field: str
) -> None:
    make_campaign("warmte")
    row, web = make_campaign("glasvezel"), browser_of(make_editor())
    answer = web.post(f"{HOME}/glasvezel", sent(row, **wrong))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    before = row.print
    row.refresh_from_db()
    assert row.print == before


def test_two_editors_at_once_keep_both_their_words() -> None:
    noor, bram = browser_of(make_editor("Noor")), browser_of(make_editor("Bram"))
    row = make_campaign("glasvezel")
    stale = sent(row)
    bram.post(f"{HOME}/glasvezel", {**stale, "name_nl": "Van Bram"})
    answer = noor.post(f"{HOME}/glasvezel", {**stale, "name_nl": "Van Noor"})
    assert answer.status_code == 412
    page = answer.content.decode()
    assert "Van Bram" in page
    assert "Van Noor" in page
    again = {**stale, "name_nl": "Van Noor", "seen": answer.context["form"]["seen"].value()}
    assert noor.post(f"{HOME}/glasvezel", again).status_code == 303
    row.refresh_from_db()
    assert row.name_nl == "Van Noor"


def test_nothing_new_comes_under_what_is_retired_or_over_and_what_is_there_stays() -> None:
    noor = make_editor()
    web, app = browser_of(noor), Api(make_person())
    old, other = make_campaign("oud"), make_campaign("ander")
    post, begun = published(by=noor, campaign=old), draft(noor, campaign=other)
    assert {row["slug"] for row in app.get("/example-posts/topics").json()} == {"oud"}
    web.post(f"{HOME}/oud/retire", {"do": "retire"})
    assert app.get("/example-posts/topics").json() == []
    assert app.get(f"/example-posts/{post.pk}").status_code == 200
    new = web.get("/champions/posts/new").content.decode()
    assert 'value="ander"' in new
    assert 'value="oud"' not in new
    # The post that is under it can be written all the same; another one can't come to it.
    assert 'value="oud"' in web.get(f"/champions/posts/{post.pk}/write").content.decode()
    words: dict[str, Any] = {
        "words": [],
        "advice": [],
        "title_nl": "Anders",
        "seen": None,
        "by": noor,
    }
    post.write(campaign=old, **words)
    with pytest.raises(Invalid) as refused:
        begun.write(campaign=old, **words)
    assert refused.value.facts["errors"][0]["field"] == "campaign"
    yesterday = timezone.localdate() - timedelta(days=2)
    Campaign.objects.filter(pk=other.pk).update(ends_on=yesterday)
    assert web.get("/champions/posts/new")["Location"] == HOME
    web.post(f"{HOME}/oud/retire", {"do": "back"})
    assert 'value="oud"' in web.get("/champions/posts/new").content.decode()
    assert web.post(f"{HOME}/oud/retire", {"do": "else"}).status_code == 404
    trail = AuditEvent.objects.filter(subject_id=old.pk).values_list("action", flat=True)
    assert sorted(trail) == ["campaign-brought-back", "campaign-retired"]


def test_retiring_twice_is_once_and_for_editors_only() -> None:
    noor, row = make_editor(), make_campaign("oud")
    assert row.retire(by=noor)
    assert not row.retire(by=noor)
    for person in (make_person(), make_person(roles=["manager"])):
        with pytest.raises(Forbidden):
            row.bring_back(by=person)
        web = browser_of(person)
        assert web.get(f"{HOME}/oud").status_code == 403
        assert web.post(f"{HOME}/oud/retire", {"do": "back"}).status_code == 403
    row.refresh_from_db()
    assert row.retired_at is not None


# --- Whose idea it was ---


def suggested(*, credit: bool = True) -> tuple[User, ExamplePost]:
    """A colleague's idea, taken over and approved; it comes out with the next turn of the clock."""
    sanne, noor = make_person("Sanne de Vries"), make_editor()
    row, _new = PostSuggestion.suggest(
        by=sanne,
        id=uuid.uuid4(),
        network="linkedin",
        language="nl",
        text="Vandaag mocht ik mee.",
        why="",
        credit=credit,
    )
    post = row.take_over(
        by=noor, post_id=uuid.uuid4(), campaign=make_campaign(), title_nl="Een dag mee"
    )
    post.ask_review(by=noor)
    post.approve(by=make_editor("Bram"))
    post.plan(by=noor, publish_at=timezone.now())
    return sanne, post


def told(user: User) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = Api(user).get("/inbox").json()["items"]
    return [item for item in items if item["kind"] == "suggestion.published"]


def test_whose_idea_it_was_hears_once_that_it_is_out_and_with_whose_name() -> None:
    sanne, post = suggested()
    assert told(sanne) == []
    # Also who asked for new posts hears of this one in one way only.
    Preferences.objects.create(user=sanne, kinds={"post.published": {"push": True}})
    for _turn in range(3):
        post_clock.tell()
    (item,) = told(sanne)
    assert "Een dag mee" in item["text"]
    assert "Je voornaam staat erbij." in item["text"]
    assert item["request_id"] is None
    assert item["subject"] == {"kind": "example-post", "id": str(post.pk), "course": None}
    assert not Notification.objects.filter(user=sanne, kind="post.published").exists()
    credit = Api(make_person()).get(f"/example-posts/{post.pk}").json()["credit"]
    assert credit == {"first_name": "Sanne"}
    # Written anew and approved again is no news.
    post.refresh_from_db()
    post.write(
        by=post.owner, seen=None, words=[], advice=[], campaign=post.campaign, title_nl="Weer"
    )
    post_clock.tell()
    assert len(Notification.objects.filter(kind="suggestion.published")) == 1


def test_a_push_says_nothing_of_the_post_and_what_is_taken_back_is_not_told() -> None:
    sanne, post = suggested(credit=False)
    Api(sanne).client.put(
        "/api/v1/devices/phone",
        {"token": "a-token-of-a-phone", "platform": "android"},
        "application/json",
        headers=Api(sanne).headers,
    )
    post_clock.tell()
    note = Notification.objects.get(kind="suggestion.published")
    assert Delivery.objects.get(notification=note).channel == "push"
    letter = kinds.compose([note], to_send=True)[note.pk]
    assert "Een dag mee" not in letter.push_title + letter.push_body
    assert "zonder je naam" in letter.text
    post.refresh_from_db()
    post.retire(by=post.owner)
    assert kinds.compose([note], to_send=True) == {}
    (item,) = told(sanne)
    assert item["title"] == item["text"] == ""


def test_they_choose_themselves_whether_a_phone_says_it_and_who_left_hears_nothing() -> None:
    sanne, _post = suggested()
    chosen = {"kinds": {"suggestion.published": {"push": False, "email": True}}}
    assert (
        Api(sanne)
        .client.patch(
            "/api/v1/me/notifications", chosen, "application/json", headers=Api(sanne).headers
        )
        .json()["kinds"]["suggestion.published"]["email"]
    )
    post_clock.tell()
    assert [row.channel for row in Delivery.objects.filter(notification__user=sanne)] == ["email"]
    other, _post = suggested()
    other.deactivate()
    post_clock.tell()
    assert not Notification.objects.filter(user=other, kind="suggestion.published").exists()
