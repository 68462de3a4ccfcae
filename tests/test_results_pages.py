"""What works: three levels of evidence per post, network and variant, and nothing of a few."""

import csv
import io
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from ambassadors import checks, sharing
from ambassadors.models import Click, ClickDay, ExamplePost, Programme, Share
from ambassadors.models.example_post_content import Words
from ambassadors.models.results import Order, page, results
from server.problems import BadCursor
from tests.clients import Api, browser_of, content_of
from tests.factories import make_person
from tests.posts import make_editor, published

pytestmark = pytest.mark.django_db
HOME = "/champions/posts/results"
FIRST = "Vanochtend liep ik mee met een monteur langs drie adressen in de stad."
SECOND = "Wist je dat een monteur vaak eerst in de meterkast van de buren moet zijn?"


def post_of_two(**facts: Any) -> ExamplePost:
    words = [Words("linkedin", "nl", FIRST), Words("linkedin", "nl", SECOND)]
    return published(words=words, link="https://example.org/monteur", **facts)


def share(post: ExamplePost, text: str | None = None, *, times: int = 1) -> list[Share]:
    """So many colleagues take the post to LinkedIn, with the same words."""
    made = []
    for _each in range(times):
        person = make_person()
        taken, _remarks, _new = sharing.take(
            by=person, id=uuid.uuid4(), post=post, network="linkedin", text=text
        )
        made.append(taken)
    return made


def click(share: Share, *, people: int, robots: int = 0) -> None:
    now = timezone.now()
    ClickDay.count(
        [
            Click(share.pk, share.post_id, share.network, now, robot, uuid.uuid4().hex)
            for robot in [""] * people + ["bot"] * robots
        ]
    )


def test_which_variant_it_was_is_told_by_its_words_and_own_words_are_no_variant() -> None:
    post = post_of_two()
    first, second = post.texts.all()
    assert share(post, post.whole(second))[0].variant == second.print
    (nearly,) = share(post, f"Ik werk bij Doe-het-gewoon. {FIRST} Mooi werk!")
    assert nearly.variant == first.print
    assert share(post, "Heel iets anders, van mijzelf.")[0].variant == ""
    given = share(post)[0]
    assert given.variant in {first.print, second.print}


def test_variants_have_their_own_figures_and_none_can_be_worked_out() -> None:
    post, editor = post_of_two(), make_editor("Bram")
    first, second = post.texts.all()
    shares = share(post, post.whole(first), times=6)
    share(post, post.whole(second), times=5)
    shares[0].confirm()
    click(shares[0], people=3, robots=2)
    (row,) = results(editor)
    assert (row["opened"], row["confirmed"], row["clicks"]) == (11, 1, {"raw": 5, "human": 3})
    one, two, _own = row["variants"]
    assert (one["variant"], one["opened"], one["confirmed"]) == (1, 6, 1)
    assert one["clicks"] == {"raw": 5, "human": 3}
    assert (two["variant"], two["opened"], two["confirmed"]) == (2, 5, 0)
    # Own words have a row before anybody used them: nobody is seen to come.
    assert _shown(row) == {("example", 1): 6, ("example", 2): 5, ("own", None): None}
    # One person in their own words: with them the smallest of the others is hidden.
    share(post, "Heel iets anders, van mijzelf.")
    (row,) = results(editor)
    assert _shown(row) == {("example", 1): 6, ("example", 2): None, ("own", None): None}
    assert row["opened"] == 12


def _shown(row: dict[str, Any]) -> dict[tuple[str, int | None], int | None]:
    return {(each["kind"], each["variant"]): each["opened"] for each in row["variants"]}


def test_a_network_has_no_row_before_five_people_shared_there() -> None:
    post, editor = post_of_two(), make_editor("Bram")
    share(post, times=4)
    assert results(editor) == []
    web = browser_of(editor)
    assert "door minstens 5 mensen" in web.get(HOME).content.decode()
    assert post.title_nl not in content_of(web.get(f"{HOME}.csv")).decode()
    share(post)
    (row,) = results(editor)
    assert row["opened"] == 5
    # Which of the two each of them took is not told where one of the two is of a few.
    assert len(row["variants"]) == 3


def test_a_company_that_hides_larger_groups_hides_them_here_too() -> None:
    post, editor = post_of_two(), make_editor("Bram")
    Programme.objects.update_or_create(pk=1, defaults={"smallest_group": 8})
    share(post, FIRST, times=7)
    assert results(editor) == []
    web = browser_of(editor)
    assert "door minstens 8 mensen" in web.get(HOME).content.decode()
    share(post, FIRST)
    (row,) = results(editor)
    assert row["opened"] == 8
    share(post, SECOND, times=7)
    text = content_of(web.get(f"{HOME}.csv")).decode()
    assert "minder dan 8 mensen" in text
    assert "minder dan 5 mensen" not in text
    checked = checks.check(SECOND, post=post, network="linkedin", by=editor)
    assert checked.colleagues is None


def test_words_that_were_written_anew_are_words_of_before() -> None:
    post, editor = post_of_two(), make_editor("Bram")
    share(post, post.whole(post.texts.all()[0]), times=5)
    facts: dict[str, Any] = {"campaign": post.campaign, "title_nl": post.title_nl}
    post.write(by=editor, seen=None, words=[Words("linkedin", "nl", "Anders.")], advice=[], **facts)
    now, own, variant = results(editor)[0]["variants"]
    assert (now["kind"], now["opened"], own["kind"], own["opened"]) == (
        "example",
        None,
        "own",
        None,
    )
    assert variant["kind"] == "earlier"
    assert variant["opened"] == 5
    assert variant["text"] is None
    # So few of them that words of before would tell of one person have no row.
    post.write(by=editor, seen=None, words=[Words("linkedin", "nl", FIRST)], advice=[], **facts)
    Share.objects.filter(pk=Share.objects.all()[0].pk).update(variant="of-before")
    kinds = [each["kind"] for each in results(editor)[0]["variants"]]
    assert kinds == ["example", "own"]


def test_the_address_says_how_it_is_sorted_and_where_the_page_begins() -> None:
    editor = make_editor("Bram")
    for number, name in enumerate(("Appel", "Banaan", "Citroen")):
        made = share(post_of_two(title_nl=name), times=5 + number)
        made[0].confirm()
        click(made[0], people=3 - number)
    share(post_of_two(title_nl="Aardbei"), times=4)  # too few for a row

    def titles(order: str) -> list[str]:
        found, cursor = [], None
        for _page in range(3):
            rows, cursor = page(editor, order=order, network="", cursor=cursor, limit=1)
            found += [row["title"] for row in rows]
        assert cursor is None
        return found

    assert titles(Order.OPENED) == ["Citroen", "Banaan", "Appel"]
    assert titles(Order.CLICKS) == ["Appel", "Banaan", "Citroen"]
    assert titles(Order.CONFIRMED) == ["Appel", "Banaan", "Citroen"]
    assert titles(Order.TITLE) == ["Appel", "Banaan", "Citroen"]
    web = browser_of(editor)
    text = web.get(f"{HOME}?order=clicks").content.decode()
    assert text.index("Appel") < text.index("Citroen")
    assert 'aria-sort="descending"><a href="?order=clicks"' in text
    assert "minder dan 5 mensen" in text
    assert text.count('class="result-variant result-hidden"') == 3  # a line for all that are few
    assert "Appel" not in web.get(f"{HOME}?network=x").content.decode()
    assert web.get(f"{HOME}?order=nonsense&network=nonsense").status_code == 200


@pytest.mark.parametrize("cursor", ["x", "WzFd", "WzEsMiwzLDQsNV0", "é"])
def test_a_cursor_of_nobody_is_refused(cursor: str) -> None:
    editor = make_editor()
    with pytest.raises(BadCursor):
        page(editor, order=Order.OPENED, network="", cursor=cursor, limit=5)
    assert browser_of(editor).get(HOME, {"cursor": cursor}).status_code == 400


def test_a_spreadsheet_takes_nothing_for_a_formula() -> None:
    post, editor = post_of_two(title_nl="=1+1"), make_editor("Bram")
    share(post, times=5)
    share(post_of_two(title_nl="Klein"), times=2)  # too few for a line
    answer = browser_of(editor).get(f"{HOME}.csv")
    text = content_of(answer).decode("utf-8-sig")
    head, whole, *more = csv.reader(io.StringIO(text), delimiter=";")
    assert head[:3] == ["Post", "Onderwerp of campagne", "Netwerk"]
    assert whole[0] == "'=1+1"
    assert whole[4:] == ["5", "0", "0", "0"]
    assert more[-1][3:5] == ["in eigen woorden", "minder dan 5 mensen"]
    assert "Klein" not in text
    in_english = browser_of(make_editor("Joe", language="en")).get(f"{HOME}.csv?network=linkedin")
    assert "Clicks by people" in content_of(in_english).decode()


def test_it_is_for_editors_and_costs_the_same_for_ten_posts() -> None:
    editor = make_editor("Bram")
    for person in (make_person(), make_person(roles=["manager"])):
        assert browser_of(person).get(HOME).status_code == 403
        assert browser_of(person).get(f"{HOME}.csv").status_code == 403
    web = browser_of(editor)
    share(post_of_two(), times=5)
    with CaptureQueriesContext(connection) as one:
        web.get(HOME)
    for number in range(9):
        share(post_of_two(title_nl=f"Post {number}"), times=5)
    with CaptureQueriesContext(connection) as ten:
        web.get(HOME)
    assert len(ten) == len(one)
    assert len(Api(editor).get("/example-posts/results").json()) == 10
