"""Words to leave out: kept by editors on a page, and a list that ships to begin with."""

import io
import uuid
from typing import Any

import pytest
from django.core.management import call_command

from ambassadors import shipped
from ambassadors.demo.post_texts import POSTS, SUGGESTIONS
from ambassadors.models import Course, Phrase, PhraseRisk
from ambassadors.sharing_schemas import PhraseIn
from server.accounts.models import AuditEvent
from tests.clients import Api, browser_of
from tests.factories import make_person
from tests.posts import make_editor

pytestmark = pytest.mark.django_db
HOME = "/champions/posts/phrases"


def sent(**facts: Any) -> dict[str, Any]:
    return {
        "seen": "",
        "text": "garander*",
        "risk": "forbidden",
        "reason_nl": "Dat kan niemand beloven.",
        "reason_en": "Nobody can promise that.",
        **facts,
    }


def test_an_editor_adds_changes_and_takes_off_and_all_of_it_is_written_down() -> None:
    noor = make_editor()
    web, id = browser_of(noor), uuid.uuid4()
    assert web.get(f"{HOME}/new").status_code == 200
    for _twice in range(2):
        answer = web.post(f"{HOME}/{id}", sent())
    assert answer.status_code == 412  # the second time it is there already
    phrase = Phrase.objects.get()
    changed = sent(seen=phrase.print, text="gegarandeerd", risk="careful")
    assert web.post(f"{HOME}/{id}", changed)["Location"] == HOME
    page = web.get(HOME).content.decode()
    assert "gegarandeerd" in page
    assert "Dat kan niemand beloven." in page
    web.post(f"{HOME}/{id}/remove")
    assert not Phrase.objects.exists()
    assert web.post(f"{HOME}/{id}/remove").status_code == 404
    trail = AuditEvent.objects.filter(subject_id=id, actor=noor).order_by("pk")
    assert list(trail.values_list("action", flat=True)) == [
        "phrase-written",
        "phrase-written",
        "phrase-removed",
    ]
    read = Api(make_person(roles=["admin"])).get("/audit").json()["items"]
    assert {"phrase-written", "phrase-removed"} <= {event["action"] for event in read}


def test_two_editors_at_once_keep_both_their_words() -> None:
    noor, bram = browser_of(make_editor("Noor")), browser_of(make_editor("Bram"))
    id = uuid.uuid4()
    noor.post(f"{HOME}/{id}", sent())
    seen = Phrase.objects.get().print
    bram.post(f"{HOME}/{id}", sent(seen=seen, reason_nl="Van Bram."))
    answer = noor.post(f"{HOME}/{id}", sent(seen=seen, reason_nl="Van Noor."))
    assert answer.status_code == 412
    page = answer.content.decode()
    assert "Van Bram." in page
    assert "Van Noor." in page
    assert Phrase.objects.get().reason_nl == "Van Bram."
    again = sent(seen=answer.context["form"]["seen"].value(), reason_nl="Van Noor.")
    assert noor.post(f"{HOME}/{id}", again).status_code == 303
    # And when a colleague took it off meanwhile, saving again puts it back.
    seen = Phrase.objects.get().print
    bram.post(f"{HOME}/{id}/remove")
    answer = noor.post(f"{HOME}/{id}", sent(seen=seen))
    assert answer.status_code == 412
    assert "haalde" in answer.content.decode()
    again = sent(seen=answer.context["form"]["seen"].value())
    assert noor.post(f"{HOME}/{id}", again).status_code == 303
    assert Phrase.objects.get().pk == id


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": ""}, "text"),
        ({"text": "***"}, "text"),
        ({"text": "a" * 121}, "text"),
        ({"text": "Al\u200b\x07"}, "text"),
        ({"text": "DE BESTE"}, "text"),
        ({"risk": "green"}, "risk"),
        ({"reason_nl": ""}, "reason_nl"),
        ({"reason_en": "x" * 301}, "reason_en"),
    ],
)
def test_what_cannot_be_on_the_list_is_told_at_its_field_and_nothing_is_lost(
    wrong: dict[str, str], field: str
) -> None:
    noor = make_editor()
    there = {name: text for name, text in sent(text="de béste").items() if name != "seen"}
    Phrase().write(by=noor, **there)
    answer = browser_of(noor).post(f"{HOME}/{uuid.uuid4()}", sent(**wrong))
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    if field != "reason_nl":
        assert "Dat kan niemand beloven." in answer.content.decode()
    assert Phrase.objects.count() == 1


def test_a_long_list_goes_on_from_a_word_and_can_be_searched() -> None:
    noor = make_editor()
    for number in range(53):
        facts = sent(text=f"woord {number:02}", risk="careful" if number % 2 else "forbidden")
        del facts["seen"]
        Phrase().write(by=noor, **facts)
    web = browser_of(noor)
    first = web.get(HOME)
    assert len(first.context["phrases"]) == 50
    rest = web.get(HOME, {"after": first.context["next"]})
    assert [each.text for each in rest.context["phrases"]] == ["woord 50", "woord 51", "woord 52"]
    assert rest.context["next"] == ""
    assert len(web.get(HOME, {"risk": "careful"}).context["phrases"]) == 26
    assert len(web.get(HOME, {"q": "WÓORD 5"}).context["phrases"]) == 3
    assert "Geen woord" in web.get(HOME, {"q": "nergens"}).content.decode()


def test_it_is_for_editors() -> None:
    for person in (make_person(), make_person(roles=["manager"])):
        web = browser_of(person)
        for path in ("", "/new"):
            assert web.get(f"{HOME}{path}").status_code == 403
        for path in (f"/{uuid.uuid4()}", "/install"):
            assert web.post(f"{HOME}{path}", sent()).status_code == 403
    assert not Phrase.objects.exists()


def test_what_ships_is_put_in_place_once_and_what_was_taken_off_stays_off() -> None:
    out = io.StringIO()
    call_command("install_starter", stdout=out)
    assert f"{len(shipped.phrases())} phrases" in out.getvalue()
    course = Course.objects.get()
    assert course.current is not None
    noor = make_editor()
    Phrase.objects.get(text="de beste").remove(by=noor)
    call_command("install_starter", stdout=out)
    assert "0 phrases" in out.getvalue()
    assert "left alone" in out.getvalue()
    assert not Phrase.objects.filter(text="de beste").exists()
    assert course.versions.count() == 1


def test_an_empty_list_begins_with_the_one_that_ships_at_a_button() -> None:
    web = browser_of(make_editor())
    assert f"{HOME}/install" in web.get(HOME).content.decode()
    answer = web.post(f"{HOME}/install", follow=True)
    assert f"{len(shipped.phrases())} " in answer.content.decode()
    assert Phrase.objects.count() == len(shipped.phrases())


def test_what_ships_is_whole_and_our_own_examples_keep_to_it() -> None:
    rows = [PhraseIn(**facts) for facts in shipped.phrases()]
    assert {row.risk for row in rows} == set(PhraseRisk.values)
    assert len({row.text for row in rows}) == len(rows)
    Phrase.install(shipped.phrases())
    assert Phrase.objects.count() == len(rows)
    texts = [words.text for post in POSTS for words in post.facts["words"]]
    texts += [SUGGESTIONS["idee"]["text"], SUGGESTIONS["idee-3"]["text"]]
    found = [each for text in texts for each in Phrase.found_in(text)]
    assert [each.phrase.text for each in found if each.phrase.risk == "forbidden"] == []
    ours = "Wij GARANDÉREN 100% dekking, en de beste prijs. Win a phone!"
    assert {each.phrase.text for each in Phrase.found_in(ours)} == {
        "garander*", "100% dekking", "de beste", "win a"
    }  # fmt: skip
