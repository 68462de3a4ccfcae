"""What employees get of example posts, what they suggest, and that nothing is known too early."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from ambassadors import post_clock, post_news
from ambassadors.models import ExamplePost, PostState, PostSuggestion
from ambassadors.models.example_post_content import Advised, Words
from ambassadors.models.reviewed import KEPT_FOR, WARNED_BEFORE
from ambassadors.post_problems import SuggestionDecided
from notifications.models import Delivery, Device, Notification, Preferences
from notifications.worker import send_once
from server.accounts.models import User
from server.problems import Invalid, NotFound
from tests.clients import Api, browser_of, content_of
from tests.factories import make_person
from tests.posts import draft, make_campaign, make_editor, planned, published

pytestmark = pytest.mark.django_db
SECRET = "Jaarcijfers"


def test_a_post_reads_as_its_reader_needs_it() -> None:
    advice = [
        Advised(
            "do", "green", "Vertel wat jij zag.", "Dat gelooft men.", "Say what you saw.", "Yes."
        ),
        Advised("dont", "red", "Noem geen klant.", "Dat is privé."),
    ]
    words = [Words("x", "en", "Out in the rain."), Words("linkedin", "nl", "In de regen.")]
    idea = make_person("Piet Smit")
    post = published(
        words=words, advice=advice, title_en="Rain", credit=idea, rewarded=True, with_image=True
    )
    got = Api(make_person(language="en")).get(f"/example-posts/{post.pk}").json()
    assert (got["title"], got["disclosure"]) == ("Rain", "I work at Doe-het-gewoon. #adv")
    by_network = {text["network"]: text for text in got["texts"]}
    assert list(by_network) == ["linkedin", "x"]
    assert by_network["x"]["text"] == "I work at Doe-het-gewoon. #adv\n\nOut in the rain."
    assert by_network["x"]["length"] == len(by_network["x"]["text"])
    assert by_network["linkedin"]["text"].startswith("Ik werk bij Doe-het-gewoon. #adv")
    assert got["dos"] == [
        {"text": "Say what you saw.", "reason": "Yes.", "risk": "green", "risk_label": "No risk"}
    ]
    assert got["donts"][0]["risk"] == "red"
    assert got["credit"] == {"first_name": "Piet"}
    assert got["images"][0]["alt"] == "A blue bus"
    idea.deactivate()
    assert Api(make_person()).get(f"/example-posts/{post.pk}").json()["credit"] is None


def test_lists_are_filtered_and_go_on_after_the_last_row(
    django_assert_max_num_queries: Any,
) -> None:
    sport, warmth = make_campaign("sport"), make_campaign("warmte")
    made = [published(campaign=sport) for _nth in range(3)]
    published(campaign=warmth, words=[Words("x", "nl", "Kort.")])
    api = Api(make_person())
    api.get("/example-posts")
    with django_assert_max_num_queries(9):
        first = api.get("/example-posts?topic=sport&network=linkedin&limit=2").json()
    rest = api.get(f"/example-posts?topic=sport&limit=2&cursor={first['next']}").json()
    found = [row["id"] for row in [*first["items"], *rest["items"]]]
    assert found == [str(post.pk) for post in reversed(made)]
    assert rest["next"] is None
    assert [
        row["topic"]["slug"] for row in api.get("/example-posts?network=x").json()["items"]
    ] == ["warmte"]
    assert len(api.get("/example-posts?q=KORT").json()["items"]) == 1
    assert {row["slug"] for row in api.get("/example-posts/topics").json()} == {"sport", "warmte"}


def test_what_is_under_embargo_is_nowhere_before_its_time() -> None:
    """For editors neither: what the app gets can lie on any phone."""
    noor = make_editor()
    visible = published(by=noor, campaign=make_campaign("gewoon"))
    api, editor = Api(make_person()), Api(noor)
    paths = ["/example-posts", "/example-posts/topics", f"/example-posts?q={SECRET}"]
    paths += ["/example-posts?topic=cijfers", "/example-posts?network=linkedin&limit=1"]
    before = [(api.get(path).content, api.get(path)["ETag"]) for path in paths]
    hidden = planned(
        by=noor,
        campaign=make_campaign("cijfers"),
        title_nl=SECRET,
        words=[Words("linkedin", "nl", SECRET)],
        embargo_until=timezone.now() + timedelta(hours=1),
        with_image=True,
    )
    waiting = draft(by=noor, campaign=make_campaign("cijfers"), title_nl=SECRET)
    for caller in (api, editor):
        after = [(caller.get(path).content, caller.get(path)["ETag"]) for path in paths]
        assert after == before
        for post in (hidden, waiting):
            unknown = caller.get(f"/example-posts/{uuid.uuid4()}")
            answer = caller.get(f"/example-posts/{post.pk}")
            assert (answer.status_code, answer.content) == (404, unknown.content)
        image = f"/example-posts/{hidden.pk}/images/{hidden.images.get().pk}"
        assert caller.get(image).status_code == 404
    assert post_clock.tell() == 0
    # Its moment comes.
    past = timezone.now() - timedelta(seconds=1)
    ExamplePost.objects.filter(pk=hidden.pk).update(embargo_until=past, publish_at=past)
    assert api.get(f"/example-posts/{hidden.pk}").json()["title"] == SECRET
    assert api.get("/example-posts?topic=cijfers").json()["items"]
    served = api.get(f"/example-posts/{hidden.pk}/images/{hidden.images.get().pk}")
    assert served["Content-Disposition"].startswith("attachment")
    assert content_of(served).startswith(b"\x89PNG")
    assert visible in ExamplePost.objects.visible()


def wanting(*names: str) -> list[User]:
    people = [make_person(name) for name in names]
    for person in people:
        choice = {post_news.PUBLISHED: {"push": True}}
        Preferences.change(person, choices=choice, quiet=(False, None, None))
        Device.register(
            user=person, installation_id=person.pk.hex, token=person.pk.hex, platform="ios"
        )
    return people


def test_those_who_want_it_hear_once_in_helpings_and_neutrally(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    people = wanting("Sanne", "Piet", "Ans")
    make_person("Jan")
    monkeypatch.setattr(post_clock, "HELPING", 2)
    monkeypatch.setattr(post_clock, "MOST_PER_RUN", 2)
    post = published(title_nl=SECRET)
    assert [post_clock.tell() for _nth in range(3)] == [2, 1, 0]
    told = Notification.objects.filter(kind=post_news.PUBLISHED)
    assert {row.user_id for row in told} == {person.pk for person in people}
    send_once()
    pushes = Api(people[0]).client.get("/dev/mailbox.json").json()["items"]
    assert pushes
    assert not any(SECRET in str(push) for push in pushes)
    inbox = Api(people[0]).get("/inbox").json()["items"]
    assert inbox[0]["text"].endswith(SECRET)
    # Out of sight again, the inbox does not know its title either.
    post.retire(by=post.owner)
    assert SECRET not in Api(people[0]).get("/inbox").content.decode()


def test_who_heard_hears_again_of_what_comes_out_anew_and_whose_idea_it_was_does_not() -> None:
    (sanne,) = wanting("Sanne")
    idea, _new = PostSuggestion.suggest(
        by=make_person("Piet"),
        id=uuid.uuid4(),
        network="x",
        language="nl",
        text="Mee op pad.",
        why="",
        credit=False,
    )
    noor, bram = make_editor("Noor"), make_editor("Bram")
    post = idea.take_over(
        by=noor, post_id=uuid.uuid4(), campaign=make_campaign(), title_nl="Op pad"
    )
    words = [Words("x", "nl", "Mee op pad.")]
    for _nth in range(2):
        facts: dict[str, Any] = {"campaign": post.campaign, "title_nl": "Op pad"}
        post.write(by=noor, seen=None, words=words, advice=[], **facts)
        post.ask_review(by=noor)
        post.approve(by=bram)
        assert post_clock.tell() == 0
        post.plan(by=noor, publish_at=timezone.now())
        assert post_clock.tell() == 1
        post.retire(by=noor)
    told = Notification.objects.filter(subject_id=post.pk)
    assert told.filter(kind=post_news.PUBLISHED, user=sanne).count() == 2
    assert told.filter(kind=post_news.SUGGESTION_OUT).count() == 1


def test_who_leaves_takes_their_suggestions_along_and_what_became_a_post_stays() -> None:
    noor, piet = make_editor("Noor"), make_person("Piet Smit")

    def suggested(by: User, text: str) -> PostSuggestion:
        facts: dict[str, Any] = {
            "network": "x",
            "language": "nl",
            "why": "Daarom.",
            "credit": False,
        }
        return PostSuggestion.suggest(by=by, id=uuid.uuid4(), text=text, **facts)[0]

    waits, declined, taken = (suggested(piet, text) for text in ("Een", "Twee", "Drie"))
    other = suggested(make_person(), "Vier")
    declined.decline(by=noor, reason="Dit hebben we al.")
    post = taken.take_over(by=noor, post_id=uuid.uuid4(), campaign=make_campaign(), title_nl="Drie")
    piet.deactivate()
    assert set(PostSuggestion.objects.values_list("pk", "text", "why")) == {
        (taken.pk, "", ""),
        (other.pk, "Vier", "Daarom."),
    }
    assert post.texts.get().text == "Drie"
    assert piet.pk in post.written_by()
    assert "Piet Smit" in _suggestions_page(noor, "taken")
    assert "Piet Smit" not in _suggestions_page(noor, "waiting")
    piet.activate()
    (mine,) = Api(piet).get("/example-posts/suggestions").json()["items"]
    assert (mine["id"], mine["text"]) == (str(taken.pk), "")
    with pytest.raises(NotFound):
        waits.decline(by=noor, reason="Te laat.")


def _suggestions_page(editor: User, state: str) -> str:
    page = browser_of(editor).get(f"/champions/posts/suggestions?state={state}")
    return str(page.content.decode())


def test_a_push_that_waited_is_not_sent_of_what_went_back_under_embargo() -> None:
    wanting("Sanne")
    post = published()
    post_clock.tell()
    post.write(
        by=post.owner,
        seen=None,
        words=[Words("linkedin", "nl", SECRET)],
        advice=[],
        campaign=post.campaign,
        title_nl=SECRET,
        embargo_until=None,
    )
    send_once()
    assert Delivery.objects.get(notification__kind=post_news.PUBLISHED).state == "dropped"


def test_owners_hear_before_what_is_stale_retires() -> None:
    post, now = published(), timezone.now()
    assert post_clock.warn() == 0
    ExamplePost.objects.filter(pk=post.pk).update(retire_at=now + WARNED_BEFORE / 2)
    assert [post_clock.warn(), post_clock.warn(), post_clock.retire()] == [1, 0, 0]
    heard = Notification.objects.filter(user=post.owner, kind=post_news.GOES_SOON)
    assert heard.count() == 1
    post.still_holds(by=post.owner)
    assert post.retire_at is not None
    assert post.retire_at > now + KEPT_FOR - timedelta(minutes=1)
    ExamplePost.objects.filter(pk=post.pk).update(retire_at=now)
    assert [post_clock.retire(), post_clock.retire()] == [1, 0]
    post.refresh_from_db()
    assert post.state == PostState.RETIRED
    assert Notification.objects.filter(user=post.owner, kind=post_news.GONE).exists()


@pytest.mark.parametrize("days", [7, 0])
def test_the_end_until_which_a_post_was_approved_stays(days: int) -> None:
    post, now = published(), timezone.now()
    end = now + timedelta(days=days)
    begun = now - timedelta(days=1)
    rows = ExamplePost.objects.filter(pk=post.pk)
    rows.update(publish_at=begun, valid_until=end, retire_at=end, warned_at=now)
    with pytest.raises(Invalid) as refused:
        post.still_holds(by=post.owner)
    assert [error["field"] for error in refused.value.facts["errors"]] == ["valid_until"]
    post.refresh_from_db()
    assert (post.valid_until, post.retire_at) == (end, end)
    # Another end is planned, and seen as such.
    later = now + timedelta(days=30)
    post.plan(by=post.owner, publish_at=begun, valid_until=later)
    assert (post.valid_until, post.retire_at) == (later, later)


def test_the_editors_of_a_post_hear_of_each_other() -> None:
    noor, bram, els = make_editor("Noor"), make_editor("Bram"), make_editor("Els")
    post = draft(noor, title_nl=SECRET)
    post.ask_review(by=noor)
    asked = Notification.objects.filter(kind=post_news.REVIEW_ASKED)
    assert {row.user_id for row in asked} == {bram.pk, els.pk}
    post.comment(by=els, id=uuid.uuid4(), text="Mooi!")
    post.ask_changes(by=bram, text="Korter, graag.")
    heard = Notification.objects.filter(user=noor).values_list("kind", flat=True)
    assert set(heard) == {post_news.COMMENTED, post_news.CHANGES}
    assert SECRET not in Api(noor).get("/inbox").content.decode()


def test_a_suggestion_is_made_once_and_answered_once() -> None:
    sanne, noor = make_person(), make_editor()
    body = {"id": str(uuid.uuid4()), "network": "x", "text": "Mee met een monteur!", "credit": True}
    api = Api(sanne)
    assert [api.post("/example-posts/suggestions", body).status_code for _n in (1, 2)] == [201, 200]
    other = api.post("/example-posts/suggestions", {**body, "text": "Anders"})
    assert other.json()["type"] == "/problems/id-reused"
    suggestion = PostSuggestion.objects.get()
    post = suggestion.take_over(
        by=noor, post_id=uuid.uuid4(), campaign=make_campaign(), title_nl=SECRET
    )
    assert (post.credit, post.texts.get().text) == (sanne, "Mee met een monteur!")
    with pytest.raises(SuggestionDecided):
        suggestion.decline(by=noor, reason="Toch niet.")
    (mine,) = api.get("/example-posts/suggestions").json()["items"]
    # What became of it is a draft still, so nobody outside the editors can ask for it.
    assert (mine["state"], mine["post_id"]) == ("taken", None)
    assert [row["kind"] for row in api.get("/inbox").json()["items"]] == ["suggestion.taken"]
    assert SECRET not in api.get("/inbox").content.decode()
    assert Api(make_person()).get("/example-posts/suggestions").json()["items"] == []


def test_somebody_whose_idea_was_declined_reads_why() -> None:
    sanne, noor = make_person(), make_editor()
    suggestion, _new = PostSuggestion.suggest(
        by=sanne, id=uuid.uuid4(), network="x", language="nl", text="Hoi", why="", credit=False
    )
    suggestion.decline(by=noor, reason="Dit hebben we al.")
    assert Api(sanne).get("/inbox").json()["items"][0]["text"].endswith("Dit hebben we al.")
    for nth in range(11):
        answer = Api(sanne).post(
            "/example-posts/suggestions",
            {"id": str(uuid.uuid4()), "network": "x", "text": f"Idee {nth}"},
        )
    assert answer.json()["type"] == "/problems/too-many-suggestions"
