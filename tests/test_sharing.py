"""Making an example one's own, sharing it, and saying that it is there."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ambassadors import checks
from ambassadors.models import ExamplePost, Likeness, OwnPost, Phrase, Share
from ambassadors.models.example_post_content import Words
from server.accounts.models import User
from server.networks import RULES
from tests.clients import Api
from tests.factories import make_person
from tests.posts import make_editor, planned, published

pytestmark = pytest.mark.django_db

TEXT = (
    "Morgen openen we in Utrecht een werkplaats waar je je oude telefoon kunt laten maken. "
    "Kom je ook kijken? Er is koffie, en de monteurs laten zien hoe zij een scherm vervangen."
)
OPENING = "Ik werk bij Doe-het-gewoon."
LINK = "https://example.org/werkplaats?x=1"


def _post(**facts: Any) -> ExamplePost:
    words = [Words(network, "nl", TEXT) for network in ("linkedin", "x", "mastodon", "facebook")]
    return published(words=words, link=LINK, **facts)


def _share(api: Api, post: ExamplePost, network: str = "linkedin", **facts: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "network": network, **facts}
    return api.post(f"/example-posts/{post.pk}/shares", body)


def _check(api: Api, post: ExamplePost, text: str, network: str = "linkedin") -> Any:
    answer = api.post(f"/example-posts/{post.pk}/check", {"network": network, "text": text})
    assert answer.status_code == 200, answer.content
    return answer.json()


def _codes(answer: dict[str, Any]) -> list[str]:
    return [warning["code"] for warning in answer["warnings"]]


def _colleagues(post: ExamplePost, text: str, count: int) -> None:
    for _number in range(count):
        assert _share(Api(make_person()), post, text=text).status_code == 201


def test_an_example_goes_to_a_network_with_its_opening_and_a_link_of_its_own() -> None:
    post, api = _post(), Api(make_person())
    answer = _share(api, post)
    assert answer.status_code == 201
    share = answer.json()
    assert share["text"] == f"{OPENING}\n\n{TEXT}\n{share['short_url']}"
    assert share["intent_url"].startswith("https://www.linkedin.com/feed/?shareActive=true&text=Ik")
    assert share["short_url"].rpartition("/s/")[2] == Share.objects.get().code
    assert (share["state"], share["clicks"]) == ("opened", {"raw": 0, "human": 0})
    assert _codes(share) == ["like-the-example"]
    # The next one has another link.
    assert _share(api, post).json()["short_url"] != share["short_url"]


def test_the_same_share_twice_is_one_and_an_id_is_not_for_something_else() -> None:
    post, person = _post(), make_person()
    id = str(uuid.uuid4())
    first = _share(Api(person), post, id=id, text=f"{OPENING} {TEXT}")
    again = _share(Api(person), post, id=id, text=f"{OPENING} {TEXT}")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert _share(Api(person), post, id=id, text="Iets anders").status_code == 409
    assert _share(Api(make_person()), post, id=id, text=f"{OPENING} {TEXT}").status_code == 409
    assert Share.objects.count() == 1


@pytest.mark.parametrize("gone", ["retired", "rewritten", "over"])
def test_a_share_that_is_sent_again_is_there_also_when_its_post_is_gone(gone: str) -> None:
    post, person = _post(rewarded=True), make_person()
    id, text = str(uuid.uuid4()), f"{OPENING} #adv {TEXT}"
    first = _share(Api(person), post, id=id, text=text)
    if gone == "retired":
        post.retire(by=post.owner)
    elif gone == "rewritten":
        words = [Words("linkedin", "nl", "Nog geheim.")]
        facts: dict[str, Any] = {"campaign": post.campaign, "title_nl": "Geheim"}
        post.write(by=post.owner, seen=None, words=words, advice=[], **facts)
    else:
        past = timezone.now() - timedelta(days=1)
        ExamplePost.objects.update(publish_at=past - timedelta(days=1), valid_until=past)
    again = _share(Api(person), post, id=id, text=text)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "warnings": []}
    assert _share(Api(person), post, id=id, text="Iets anders").status_code == 409
    assert _share(Api(make_person()), post, id=id, text=text).status_code == 409
    assert _share(Api(person), post, text=text).status_code == 404
    assert Share.objects.count() == 1


def test_what_is_under_embargo_or_over_can_be_checked_nor_shared() -> None:
    early, over = planned(timedelta(hours=1), link=LINK), _post()
    ExamplePost.objects.filter(pk=over.pk).update(
        publish_at=timezone.now() - timedelta(days=2), valid_until=timezone.now()
    )
    for post in (early, over):
        assert _share(Api(make_person()), post).status_code == 404
        body = {"network": "x", "text": "Hallo"}
        path = f"/example-posts/{post.pk}/check"
        assert Api(make_person()).post(path, body).status_code == 404
    assert not Share.objects.exists()


def test_only_what_the_law_asks_is_put_right_and_the_rest_is_advice() -> None:
    post, api = _post(rewarded=True), Api(make_person())
    answer = _check(api, post, "Kom je ook?")
    assert answer["text"] == f"{OPENING} #adv\n\nKom je ook?"
    assert [(w["code"], w["level"]) for w in answer["warnings"]] == [("disclosure-added", "law")]
    said = _check(api, post, "Bij Doe-het-gewoon, waar ik werk, is het feest.")
    assert said["text"] == "Bij Doe-het-gewoon, waar ik werk, is het feest. #adv"
    assert _codes(said) == ["reward-added"]
    right = _check(api, post, "🎉 #adv Ik werk bij DOE-HET-GEWOON en daar ben ik trots op!")
    assert (right["text"][0], _codes(right)) == ("🎉", [])
    late = _check(api, post, "Feest! #adv Ik werk bij Doe-het-gewoon.")
    assert _codes(late) == ["disclosure-not-first"]
    assert _share(api, post, text="Kom je ook?").json()["text"].startswith(f"{OPENING} #adv")


def test_a_length_is_counted_as_the_network_counts_with_the_link() -> None:
    post, api = _post(), Api(make_person())
    text = f"{OPENING} {'a' * 230}"
    assert len(text) == 258
    at_x = _check(api, post, text, "x")
    assert (at_x["length"], at_x["limit"]) == (258 + 1 + 23, 280)
    assert _codes(at_x) == ["too-long"]
    assert "2 tekens" in at_x["warnings"][0]["text"]
    assert _codes(_check(api, post, text, "linkedin")) == []
    # It is advice: the network itself says no.
    assert _share(api, post, "x", text=text).status_code == 201


def test_phrases_are_whole_words_whatever_their_capitals_and_accents() -> None:
    editor, post, api = Api(make_editor()), _post(), Api(make_person())
    rows = [
        ("garander*", "forbidden", "Wat jij belooft, moet het bedrijf waarmaken."),
        ("één op één", "careful", "Zeg het gewoner."),
        ("best", "careful", "Waar blijkt dat uit?"),
    ]
    for text, risk, why in rows:
        body = {"text": text, "risk": risk, "reason_nl": why, "reason_en": "Why"}
        assert editor.put(f"/phrases/{uuid.uuid4()}", body).status_code == 201
    text = f"{OPENING} Dé béste winkel. Wij GARANDÉREN hulp, een  op EEN. Vast, best."
    found = _check(api, post, text)["warnings"]
    assert [(w["code"], text[w["start"] : w["end"]]) for w in found] == [
        ("phrase-forbidden", "GARANDÉREN"),
        ("phrase-careful", "een  op EEN"),
        ("phrase-careful", "best"),
    ]
    assert found[0]["text"] == rows[0][2]
    twice = {"text": "BEST", "risk": "careful", "reason_nl": "x", "reason_en": "x"}
    assert editor.put(f"/phrases/{uuid.uuid4()}", twice).status_code == 422
    assert len(editor.get("/phrases").json()) == Phrase.objects.count() == 3
    # What is on it may be secret: who writes learns what their own text says, and no more.
    assert api.get("/phrases").status_code == 403
    assert editor.delete(f"/phrases/{Phrase.objects.get(text='best').pk}").status_code == 204
    assert len(_check(api, post, text)["warnings"]) == 2


def test_colleagues_who_shared_nearly_this_are_counted_and_not_named() -> None:
    post, me = _post(), make_person()
    mine = f"{OPENING} {TEXT}"
    _colleagues(post, mine.replace("koffie", "koffie en taart"), 4)
    few = _check(Api(me), post, mine)
    # Of so few nothing is said, not even that there are some.
    assert few["colleagues"] is None
    assert _codes(few) == ["like-the-example"]
    _colleagues(post, mine, 2)
    # One's own count for nothing, nor does what is only about the same.
    _share(Api(me), post, text=mine)
    _colleagues(post, f"{OPENING} Zaterdag leer ik in onze werkplaats zelf een scherm maken.", 1)
    many = _check(Api(me), post, mine)
    assert many["colleagues"] == 6
    # They went to the network with it; nobody told yet that it stands there.
    assert many["warnings"][-1]["text"].startswith("6 collega's kozen bijna dezelfde woorden")
    assert not Share.objects.exclude(confirmed_at=None).exists()
    names = [person.name for person in User.objects.all()]
    assert not any(name in str(many) for name in names)


def test_looking_for_the_like_of_a_text_costs_the_same_among_many() -> None:
    post, me = _post(), make_person()
    _colleagues(post, f"{OPENING} {TEXT}", 1)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            checks.check(f"{OPENING} {TEXT}", post=post, network="x", by=me)
        return len(asked)

    before = queries()
    _colleagues(post, f"{OPENING} {TEXT}", 9)
    assert queries() == before
    piece = Likeness.objects.values_list("band", flat=True)[0]
    rows = Likeness.objects.filter(band=piece).order_by("-pk")[:100]
    assert "likeness_newest" in rows.explain()


OPENS: dict[str, tuple[str | None, bool]] = {
    "linkedin": ("https://www.linkedin.com/feed/?shareActive=true&text=Ik", True),
    "facebook": ("https://www.facebook.com/sharer/sharer.php?u=http", False),
    "x": ("https://x.com/intent/post?text=Ik", True),
    "whatsapp": ("https://wa.me/?text=Ik", True),
    "bluesky": ("https://bsky.app/intent/compose?text=Ik", True),
    "threads": ("https://www.threads.com/intent/post?text=Ik", True),
    "mastodon": ("https://mastodon.nl/share?text=Ik", True),
    "instagram": (None, False),
}


def test_each_network_is_opened_in_its_own_way() -> None:
    post, api = _post(), Api(make_person())
    assert set(OPENS) == set(RULES)
    for network, (begins, carries) in OPENS.items():
        answer = _share(api, post, network, text=f"{OPENING} Kom!", server="@ik@Mastodon.nl").json()
        assert answer["carries_text"] is carries
        if begins is None:
            assert answer["intent_url"] is None
            continue
        assert answer["intent_url"].startswith(begins)
        # The link is once in the address, however the network takes it.
        assert answer["intent_url"].count(answer["short_url"].rpartition("/")[2]) == 1


def test_facebook_without_a_link_is_for_the_share_sheet() -> None:
    post = published(words=[Words("facebook", "nl", TEXT), Words("instagram", "nl", TEXT)])
    for network in ("facebook", "instagram"):
        answer = _share(Api(make_person()), post, network).json()
        assert (answer["intent_url"], answer["short_url"]) == (None, None)
        assert answer["carries_text"] is False
        assert answer["text"] == f"{OPENING}\n\n{TEXT}"


def test_mastodon_asks_on_which_server_somebody_is() -> None:
    post, api = _post(), Api(make_person())
    assert _share(api, post, "mastodon").json()["intent_url"] is None
    wrong = _share(api, post, "mastodon", server="evil.example/x?y")
    assert wrong.status_code == 422
    assert wrong.json()["errors"][0]["field"] == "server"


def test_a_network_without_an_example_asks_for_words_of_ones_own() -> None:
    post, api = _post(), Api(make_person())
    answer = _share(api, post, "threads")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "network"
    assert _share(api, post, "threads", text="Kom!").status_code == 201


LINKS = [
    ("linkedin", "https://www.linkedin.com/posts/sanne_activity-71", 200),
    ("linkedin", "https://nl.linkedin.com/feed/update/urn:li:activity:7/", 200),
    ("x", "https://twitter.com/sanne/status/1", 200),
    ("mastodon", "https://mastodon.nl/@sanne/1122", 200),
    ("linkedin", "http://www.linkedin.com/posts/1", 422),
    ("linkedin", "https://linkedin.com.evil.example/posts/1", 422),
    ("linkedin", "https://evil-linkedin.com/posts/1", 422),
    ("linkedin", "https://sanne@linkedin.com/posts/1", 422),
    ("linkedin", "https://www.linkedin.com:8443/posts/1", 422),
    ("linkedin", "https://www.linkedin.com/", 422),
    ("linkedin", "https://www.linkedin.com\\@evil.example/1", 422),
    ("linkedin", "https://[::1/posts", 422),
    ("mastodon", "https://10.0.0.1/@sanne/1", 422),
    ("mastodon", "https://mastodon.nl/about", 422),
    ("whatsapp", "https://wa.me/31612345678", 422),
]


def test_a_permalink_is_an_address_on_that_network() -> None:
    post, api = _post(), Api(make_person())
    shares = {network: _share(api, post, network, text="Kom!").json() for network in RULES}
    for network, link, status in LINKS:
        path = f"/shares/{shares[network]['id']}"
        answer = api.patch(path, {"state": "confirmed", "permalink": link})
        assert answer.status_code == status, link
        if status == 422:
            assert [error["field"] for error in answer.json()["errors"]] == ["permalink"]
    confirmed = Share.objects.exclude(confirmed_at=None).values_list("network", flat=True)
    assert set(confirmed) == {network for network, _link, status in LINKS if status == 200}


def test_who_says_that_it_is_there_says_so_once_and_may_give_the_link_later() -> None:
    post, person = _post(), make_person()
    api = Api(person)
    share = _share(api, post).json()
    first = api.patch(f"/shares/{share['id']}", {"state": "confirmed"}).json()
    link = "https://www.linkedin.com/posts/1"
    later = api.patch(f"/shares/{share['id']}", {"state": "confirmed", "permalink": link}).json()
    assert first["confirmed_at"] == later["confirmed_at"]
    assert (later["state"], later["permalink"]) == ("confirmed", link)
    assert Share.objects.visible_to(person).evidence() == {
        "opened": 1,
        "confirmed": 1,
        "clicks": 0,
    }
    # Nobody else gets at it, an editor as little as a colleague.
    for other in (make_person(), make_editor()):
        answer = Api(other).patch(f"/shares/{share['id']}", {"state": "confirmed"})
        assert answer.status_code == 404
        assert Api(other).get("/shares").json()["items"] == []
    assert [row["id"] for row in api.get("/shares").json()["items"]] == [share["id"]]


def test_posts_and_answers_of_ones_own_are_told_once() -> None:
    api, id = Api(make_person()), str(uuid.uuid4())
    body = {
        "id": id,
        "kind": "answer",
        "network": "bluesky",
        "permalink": "https://bsky.app/profile/sanne.example/post/3k",
    }
    assert [api.post("/own-posts", body).status_code for _ in "12"] == [201, 200]
    assert api.post("/own-posts", {**body, "kind": "post"}).status_code == 409
    wrong = {**body, "id": str(uuid.uuid4()), "permalink": "https://example.org/1"}
    assert api.post("/own-posts", wrong).status_code == 422
    assert [row["kind"] for row in api.get("/own-posts").json()["items"]] == ["answer"]
    assert Api(make_person()).get("/own-posts").json()["items"] == []


def test_who_leaves_takes_words_and_links_along_and_the_counts_stay() -> None:
    post, person = _post(), make_person()
    api = Api(person)
    share = _share(api, post).json()
    link = "https://www.linkedin.com/posts/1"
    api.patch(f"/shares/{share['id']}", {"state": "confirmed", "permalink": link})
    own = {"id": str(uuid.uuid4()), "network": "linkedin", "permalink": link}
    api.post("/own-posts", own)
    person.deactivate()
    left = Share.objects.get()
    assert (left.text, left.permalink, bytes(left.signature)) == ("", "", b"")
    assert left.confirmed_at is not None
    assert OwnPost.objects.get().permalink == ""
    assert not Likeness.objects.exists()


def test_a_text_is_kept_for_a_while_and_the_share_for_the_counts() -> None:
    post, api = _post(), Api(make_person())
    for _ in range(2):
        _share(api, post)
    old = Share.objects.all()[0]
    Share.objects.filter(pk=old.pk).update(opened_at=timezone.now() - timedelta(days=91))
    Share.forget_texts()
    assert Share.objects.exclude(text="").count() == 1
    assert not Likeness.objects.filter(share=old).exists()
    assert Likeness.objects.count() == 8


def test_editors_see_what_works_and_nothing_of_fewer_than_five_people() -> None:
    post, quiet, editor = _post(), _post(title_nl="Stille post"), Api(make_editor())
    for number in range(5):
        api = Api(make_person())
        share = _share(api, post).json()
        if number < 2:
            api.patch(f"/shares/{share['id']}", {"state": "confirmed"})
    for _ in range(4):
        _share(Api(make_person()), quiet)
    (busy,) = editor.get("/example-posts/results").json()
    assert (busy["opened"], busy["confirmed"], busy["clicks"]) == (5, 2, {"raw": 0, "human": 0})
    # One more on another network is not to be seen anywhere.
    before = editor.get("/example-posts/results").json()
    _share(Api(make_person()), post, "x")
    assert editor.get("/example-posts/results").json() == before
    assert Api(make_person()).get("/example-posts/results").status_code == 403
