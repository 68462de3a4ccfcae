"""The console of approved answers: proposed from the desk, written, judged and taken back."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ambassadors.models import ApprovedAnswer, Campaign, Phrase
from tests.answers import QUESTION, TEXT, approved, draft, in_review
from tests.clients import browser_of
from tests.factories import holder, make_agent, make_person, make_team, solved, under_post
from tests.posts import make_campaign, make_editor

pytestmark = pytest.mark.django_db
HOME = "/champions/answers"


def written(**facts: Any) -> dict[str, Any]:
    """The form of an answer as a browser sends it."""
    campaign = make_campaign("glasvezel", kind="topic").slug
    return {"campaign": campaign, "question_nl": QUESTION, "text_nl": TEXT, **facts}


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_an_agent_proposes_the_answer_of_a_request_and_an_editor_approves_it() -> None:
    make_campaign("glasvezel", kind="topic")
    request = solved(**under_post())
    daan, noor = holder(request), make_editor("Noor")
    web = browser_of(daan)
    desk = text_of(web.get(reverse("desk-request", args=[request.reference])))
    proposing = f"{HOME}/new?request={request.pk}"
    assert f'href="{proposing}"' in desk
    form = web.get(proposing)
    assert form.status_code == 200
    assert request.reference in text_of(form)
    assert "De lijn is hersteld." in text_of(form)
    id, source = form.context["answer"].pk, form.context["form"]["source"].value()
    handle = web.post(f"{HOME}/{id}/write", written(text_nl="Dag @winterswijker!", source=source))
    assert handle.status_code == 422
    assert "@winterswijker" in text_of(handle)
    for _twice in range(2):
        sent = web.post(f"{HOME}/{id}/write", written(source=source, version=0))
        assert sent["Location"] == f"{HOME}/{id}"
    answer = ApprovedAnswer.objects.get()
    assert (answer.source, answer.owner) == (request.pk, daan)
    # A second proposal of the same request leads to the first.
    assert web.get(proposing)["Location"] == f"{HOME}/{id}"
    web.post(f"{HOME}/{id}/review", {"version": answer.version})
    answer.refresh_from_db()
    page = text_of(web.get(f"{HOME}/{id}"))
    assert f'action="{HOME}/{id}/approve"' not in page
    assert web.post(f"{HOME}/{id}/approve").status_code == 403
    there = browser_of(noor)
    assert QUESTION in text_of(there.get(f"{HOME}?state=review"))
    assert there.post(f"{HOME}/{id}/approve", {"version": 0}).status_code == 412
    assert there.post(f"{HOME}/{id}/changes", {"text": " "}).status_code == 422
    there.post(f"{HOME}/{id}/approve", {"version": answer.version})
    assert ApprovedAnswer.objects.visible().get() == answer
    assert "Ik werk bij Doe-het-gewoon.<br><br>Dan is er" in text_of(web.get(f"{HOME}/{id}"))


def test_two_writers_at_once_keep_both_their_words() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram")
    answer = draft(noor)
    seen = answer.version
    other = make_campaign("mobiel", kind="topic").slug
    theirs = written(text_nl="Van Bram.", campaign=other, version=seen)
    browser_of(bram).post(f"{HOME}/{answer.pk}/write", theirs)
    mine = written(text_nl="Van Noor.", version=seen)
    stale = browser_of(noor).post(f"{HOME}/{answer.pk}/write", mine)
    assert stale.status_code == 412
    assert "Van Bram." in text_of(stale)
    assert "<dd>Mobiel</dd>" in text_of(stale)  # its name, and not its slug
    assert "Van Noor." in text_of(stale)
    answer.refresh_from_db()
    assert answer.text_nl == "Van Bram."
    again = {**mine, "version": stale.context["form"]["version"].value()}
    assert browser_of(noor).post(f"{HOME}/{answer.pk}/write", again).status_code == 303
    answer.refresh_from_db()
    assert answer.text_nl == "Van Noor."


def test_what_is_given_back_retired_and_held_on_to() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram")
    answer = in_review(noor)
    there = browser_of(bram)
    there.post(f"{HOME}/{answer.pk}/changes", {"text": "Korter graag.", "version": answer.version})
    assert "Korter graag." in text_of(browser_of(noor).get(f"{HOME}/{answer.pk}"))
    held = approved(noor)
    ApprovedAnswer.objects.filter(pk=held.pk).update(warned_at=timezone.now())
    page = text_of(browser_of(noor).get(f"{HOME}/{held.pk}"))
    assert f'action="{HOME}/{held.pk}/still-holds"' in page
    browser_of(noor).post(f"{HOME}/{held.pk}/still-holds", {"version": held.version})
    held.refresh_from_db()
    assert held.warned_at is None
    asked = text_of(browser_of(noor).get(f"{HOME}/{held.pk}/retire"))
    assert "Ambassadeurs zien het meteen niet meer." in asked
    browser_of(noor).post(f"{HOME}/{held.pk}/retire", {"version": held.version})
    held.refresh_from_db()
    assert held.shown == "retired"
    late = browser_of(noor).post(f"{HOME}/{held.pk}/retire")
    assert late.status_code == 409
    assert browser_of(noor).post(f"{HOME}/{held.pk}/burn").status_code == 404


def test_writer_and_reviewer_see_what_is_on_the_list_of_words_to_leave_out(
    django_assert_max_num_queries: Any,
) -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram", language="en")
    reasons = {"reason_nl": "Dat belooft te veel.", "reason_en": "That promises too much."}
    Phrase().write(by=noor, text="meteen", risk="careful", **reasons)
    english = {"question_en": "Why is the fibre down?", "text_en": "A cable was hit."}
    answer = draft(noor, **english)
    page = text_of(browser_of(noor).get(f"{HOME}/{answer.pk}"))
    assert "1 tekst zegt iets dat op de lijst staat" in page
    assert '<strong lang="nl">meteen</strong>: Dat belooft te veel.' in page
    form = text_of(browser_of(noor).get(f"{HOME}/{answer.pk}/write"))
    assert "Het antwoord in het Nederlands zegt iets dat op de lijst" in form
    assert "Dat belooft te veel." in form
    # Also in what was sent and refused, of which nothing was kept.
    sent = written(**{**english, "text_en": "Meteen."}, campaign="", version=answer.version)
    refused = browser_of(noor).post(f"{HOME}/{answer.pk}/write", sent)
    assert refused.status_code == 422
    assert "Het antwoord in het Engels zegt iets dat op de lijst" in text_of(refused)
    assert '<strong lang="en">Meteen</strong>' in text_of(refused)
    answer.ask_review(by=noor)
    with django_assert_max_num_queries(30) as first:
        page = text_of(browser_of(bram).get(f"{HOME}/{answer.pk}"))
    assert "1 text says what is on the list" in page
    assert "That promises too much." in page
    Phrase().write(by=noor, text="cable", risk="forbidden", **reasons)
    with django_assert_max_num_queries(len(first)):
        page = text_of(browser_of(bram).get(f"{HOME}/{answer.pk}"))
    assert "2 texts say what is on the list" in page
    for phrase in Phrase.objects.all():
        phrase.remove(by=noor)
    assert "on the list" not in text_of(browser_of(bram).get(f"{HOME}/{answer.pk}"))
    assert "op de lijst" not in text_of(browser_of(noor).get(f"{HOME}/{answer.pk}/write"))


def test_who_comes_in_and_what_they_see() -> None:
    daan, joris = make_agent(make_team()), make_agent(make_team())
    mine, theirs = draft(daan, question_nl="Van Daan?"), draft(joris, question_nl="Van Joris?")
    hidden = approved(question_nl="Geheim?", embargo_until=timezone.now() + timedelta(days=1))
    everybodys = approved(question_nl="Van iedereen?")
    listed = text_of(browser_of(daan).get(HOME))
    assert "Van Daan?" in listed
    assert "Van iedereen?" in listed
    assert "Van Joris?" not in listed
    assert "Geheim?" not in listed
    for other in (theirs, hidden):
        assert browser_of(daan).get(f"{HOME}/{other.pk}").status_code == 404
        assert browser_of(daan).post(f"{HOME}/{other.pk}/retire").status_code == 404
        assert browser_of(daan).post(f"{HOME}/{other.pk}/write", written()).status_code == 404
    # What everybody reads an agent may read, and not change.
    assert browser_of(daan).get(f"{HOME}/{everybodys.pk}").status_code == 200
    assert browser_of(daan).get(f"{HOME}/{everybodys.pk}/write").status_code == 404
    editor = text_of(browser_of(make_editor()).get(HOME))
    assert all(each in editor for each in ("Van Daan?", "Van Joris?", "Geheim?"))
    for nobody in (make_person(), make_person(roles=["manager"])):
        assert browser_of(nobody).get(HOME).status_code == 403
    assert browser_of(daan).get(f"{HOME}/{mine.pk}/write").status_code == 200
    # An agent has no other page here, and is told so.
    home = browser_of(daan).get("/champions/")
    assert home.status_code == 403
    assert HOME in text_of(home)
    looks = browser_of(daan).post("/champions/look", {"theme": "dark"})
    assert looks.status_code in {302, 303}


def test_a_campaign_under_embargo_has_no_name_for_agents_also_when_it_was_retired() -> None:
    noor, daan = make_editor("Noor"), make_agent(make_team())
    secret = make_campaign("zonnet", name_nl="Overname Zonnet", name_en="Taking over Zonnet")
    secret_post = {"campaign": secret, "embargo_until": timezone.now() + timedelta(days=1)}
    approved(noor, **secret_post)
    make_campaign("factuur", kind="topic")
    out = make_campaign("bus", name_nl="De groene bus")
    approved(noor, question_nl="Welke bus?", campaign=out)
    mine = make_campaign("eigen", name_nl="Eigen campagne")
    draft(daan, campaign=mine)
    web = browser_of(daan)

    def named(who: Client) -> list[tuple[bool, bool]]:
        pages = [text_of(who.get(address)) for address in (HOME, f"{HOME}/new")]
        return [("zonnet" in page.lower(), "De groene bus" in page) for page in pages]

    assert named(web) == [(False, True), (False, True)]
    assert all("Eigen campagne" in text_of(web.get(each)) for each in (HOME, f"{HOME}/new"))
    assert '"factuur"' in text_of(web.get(f"{HOME}/new"))
    assert named(browser_of(noor)) == [(True, True), (True, True)]
    # Guessing the slug says no more than one that does not exist, and stores nothing.
    told = []
    for slug in ("zonnet", "bestaat-niet"):
        sent = web.post(f"{HOME}/{uuid.uuid4()}/write", {**written(), "campaign": slug})
        told.append((sent.status_code, sent.context["form"].errors["campaign"][0]))
    assert told[0][0] == 422
    assert told[0] == told[1]
    secret.retire(by=noor)
    assert named(web)[0] == (False, True)


def test_a_request_that_is_not_there_to_propose_from() -> None:
    make_campaign("glasvezel", kind="topic")
    daan = make_agent(make_team())
    web = browser_of(daan)
    for wrong in (uuid.uuid4(), solved(**under_post()).pk, "niets"):
        assert web.get(f"{HOME}/new?request={wrong}").status_code == 404
    assert web.get(f"{HOME}/new").status_code == 200
    Campaign.objects.all().delete()
    assert web.get(f"{HOME}/new")["Location"] == HOME
    assert browser_of(make_editor()).get(f"{HOME}/new")["Location"] == "/champions/posts/topics"


def test_the_list_is_found_by_words_topic_and_state() -> None:
    noor = make_editor()
    approved(noor, question_nl="Kabel stuk?", text_nl="Dat is een kabel.")
    draft(
        noor, question_nl="Rekening?", text_nl="Zie de factuur.", campaign=make_campaign("factuur")
    )
    web = browser_of(noor)
    for query, there, gone in (
        ("q=kabel", "Kabel stuk?", "Rekening?"),
        ("topic=factuur", "Rekening?", "Kabel stuk?"),
        ("state=approved", "Kabel stuk?", "Rekening?"),
        ("state=draft", "Rekening?", "Kabel stuk?"),
    ):
        page = text_of(web.get(f"{HOME}?{query}"))
        assert there in page, query
        assert gone not in page, query
    english = make_editor(language="en")
    assert "There are no answers yet" not in text_of(browser_of(english).get(HOME))
