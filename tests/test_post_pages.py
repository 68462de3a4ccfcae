"""The console of example posts: written, looked at, planned and answered without any script."""

import re
import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from ambassadors.console.fields import CompanyMoment
from ambassadors.models import Campaign, ExamplePost, Phrase, PostState, PostSuggestion, Shown
from ambassadors.models.example_post_content import Advised, Words
from notifications.models import Notification
from server.accounts.models import AuditEvent
from server.problems import Invalid
from tests.clients import browser_of, content_of, photo
from tests.factories import make_person
from tests.posts import approved, draft, make_campaign, make_editor, planned, published

pytestmark = pytest.mark.django_db
HOME = "/champions/posts"


def written(**facts: Any) -> dict[str, Any]:
    """The form of a post as a browser sends it."""
    return {
        "campaign": make_campaign().slug,
        "title_nl": "Onze monteurs",
        "t_linkedin_nl_0": "Trots op de collega's buiten.",
        **facts,
    }


def test_an_editor_writes_and_sees_how_it_will_look() -> None:
    noor = make_editor()
    make_campaign()
    web, id = browser_of(noor), uuid.uuid4()
    assert web.get(f"{HOME}/new").status_code == 200
    long = web.post(f"{HOME}/{id}/write", written(t_x_nl_0="a" * 260))
    assert long.status_code == 422
    assert "te lang voor X" in long.content.decode()
    assert not ExamplePost.objects.exists()
    sent = written(
        t_x_nl_0="Kort.",
        t_x_nl_1="Nog korter.",
        a_0_kind="dont",
        a_0_risk="red",
        a_0_text_nl="Noem geen klanten.",
        a_0_reason_nl="Dat is privé.",
    )
    for _twice in range(2):
        assert web.post(f"{HOME}/{id}/write", sent)["Location"] == f"{HOME}/{id}"
    post = ExamplePost.objects.get()
    page = web.get(f"{HOME}/{id}").content.decode()
    assert "Ik werk bij Doe-het-gewoon.<br><br>Nog korter." in page
    assert "Groot risico" in page
    assert post.texts.count() == 3
    upload = SimpleUploadedFile("bus.png", photo(), "image/png")
    picture = {"id": uuid.uuid4(), "file": upload, "alt_nl": "Een bus"}
    web.post(f"{HOME}/{id}/image", picture)
    image = post.images.get()
    shown = web.get(f"{HOME}/{id}/images/{image.pk}")
    assert content_of(shown).startswith(b"\x89PNG")
    web.post(f"{HOME}/{id}/image-remove", {"image": image.pk})
    assert not post.images.exists()
    assert AuditEvent.objects.filter(subject_id=id, actor=noor).count() == 4


def test_two_editors_at_once_keep_both_their_words() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram")
    post = draft(noor)
    seen = post.version
    ours = {**written(t_linkedin_nl_0="Van Bram."), "version": seen}
    browser_of(bram).post(f"{HOME}/{post.pk}/write", ours)
    mine = {**written(t_linkedin_nl_0="Van Noor."), "version": seen}
    answer = browser_of(noor).post(f"{HOME}/{post.pk}/write", mine)
    assert answer.status_code == 412
    page = answer.content.decode()
    assert "Van Bram." in page
    assert "Van Noor." in page
    assert post.texts.get().text == "Van Bram."
    again = {**mine, "version": answer.context["form"]["version"].value()}
    assert browser_of(noor).post(f"{HOME}/{post.pk}/write", again).status_code == 303
    assert post.texts.get().text == "Van Noor."


def test_editors_read_titles_in_their_own_language() -> None:
    post = draft(make_editor("Noor"), title_nl="Onze monteurs", title_en="Our engineers")
    dutch = draft(make_editor("Noor"), title_nl="Alleen Nederlands")
    web = browser_of(make_editor("Bram", language="en"))
    shown = web.get(HOME).content.decode()
    assert "Our engineers" in shown
    assert "Onze monteurs" not in shown
    assert dutch.title_nl in shown
    assert "<h1>Our engineers</h1>" in web.get(f"{HOME}/{post.pk}").content.decode()


def test_topics_are_offered_by_their_names() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram", language="en")
    post = draft(noor)
    other = make_campaign("op-pad")
    assert '<option value="op-pad">Op-pad</option>' in _text(browser_of(noor).get(f"{HOME}/new"))
    assert '<option value="op-pad">Op-pad (en)</option>' in _text(
        browser_of(bram).get(f"{HOME}/new")
    )
    moved = {**written(campaign=other.slug), "version": post.version}
    browser_of(noor).post(f"{HOME}/{post.pk}/write", moved)
    late = browser_of(bram).post(f"{HOME}/{post.pk}/write", {**moved, "campaign": "warmte"})
    assert late.status_code == 412
    assert "<dd>Op-pad (en)</dd>" in _text(late)


def _text(page: Any) -> str:
    return str(page.content.decode())


def test_a_second_editor_judges_and_the_first_can_not() -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram")
    post = draft(noor)
    here, there = browser_of(noor), browser_of(bram)
    here.post(f"{HOME}/{post.pk}/review", {"version": post.version})
    assert "Na te kijken" in here.get(f"{HOME}?state=review").content.decode()
    assert here.post(f"{HOME}/{post.pk}/approve").status_code == 409
    assert (
        f'action="{HOME}/{post.pk}/approve"' not in here.get(f"{HOME}/{post.pk}").content.decode()
    )
    empty = there.post(f"{HOME}/{post.pk}/changes", {"text": " "})
    assert empty.status_code == 422
    stale = there.post(f"{HOME}/{post.pk}/approve", {"version": 0})
    assert stale.status_code == 412
    there.post(f"{HOME}/{post.pk}/approve")
    post.refresh_from_db()
    assert post.shown == Shown.UNPLANNED
    there.post(f"{HOME}/{post.pk}/comment", {"text": "Mooi geworden!", "id": uuid.uuid4()})
    assert "Mooi geworden!" in here.get(f"{HOME}/{post.pk}").content.decode()


@pytest.mark.parametrize("link", ["https://[naam].nl/pagina", "https://[x", "javascript:x"])
def test_what_is_no_address_is_refused_at_its_field_and_nothing_is_lost(link: str) -> None:
    web, sent = browser_of(make_editor()), written(link=link)
    answer = web.post(f"{HOME}/{uuid.uuid4()}/write", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Schrijf een heel adres" in page
    assert "Trots op de collega" in page
    assert not ExamplePost.objects.exists()


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        ("2030-03-31T01:59", "2030-03-31T00:59:00+00:00"),
        ("2030-03-31T02:30", "2030-03-31T01:30:00+00:00"),  # this hour is skipped
        ("2030-03-31T03:00", "2030-03-31T01:00:00+00:00"),
        ("2030-10-27T02:30", "2030-10-27T01:30:00+00:00"),  # this hour comes twice
    ],
)
def test_no_embargo_ends_early_in_the_nights_in_which_the_clock_changes(
    given: str, moment: str
) -> None:
    assert CompanyMoment().clean(given).isoformat() == moment


def test_planning_is_in_the_companys_time_and_shows_in_the_calendar() -> None:
    noor = make_editor(time_zone="America/New_York")
    post, web = approved(noor), browser_of(noor)
    assert "Onze monteurs" in web.get(f"{HOME}/calendar").content.decode()
    early = web.post(f"{HOME}/{post.pk}/plan", {"publish_at": "2020-01-01T09:00"})
    assert early.status_code == 422
    web.post(f"{HOME}/{post.pk}/plan", {"publish_at": "2030-07-31T23:30"})
    post.refresh_from_db()
    assert post.publish_at is not None
    assert post.publish_at.isoformat() == "2030-07-31T21:30:00+00:00"
    page = web.get(f"{HOME}/calendar?month=2030-07").content.decode()
    assert '<time datetime="2030-07-31T23:30:00+02:00">23:30</time>' in page
    assert "23:30" not in web.get(f"{HOME}/calendar?month=2030-09").content.decode()
    assert web.get(f"{HOME}/calendar?month=nonsense").status_code == 200


def test_the_calendar_is_of_whole_weeks_with_campaigns_and_what_goes(
    django_assert_max_num_queries: Any,
) -> None:
    noor = make_editor()
    web, days = browser_of(noor), {"begins_on": date(2030, 10, 30), "ends_on": date(2030, 11, 5)}
    campaign = make_campaign("open-dag", **days)
    post = approved(noor, campaign=campaign, title_nl="Kom kijken")
    # Friday 1 November stands in the last week of October, and it goes that Sunday.
    facts = {"publish_at": "2030-11-01T09:00", "valid_until": "2030-11-03T17:00"}
    web.post(f"{HOME}/{post.pk}/plan", facts)
    with django_assert_max_num_queries(14):
        october = web.get(f"{HOME}/calendar?month=2030-10").content.decode()
    assert "Kom kijken" in october
    assert "Loopt af" in october
    assert "In deze maand verschijnt er niets" in october
    assert october.count('class="post-line post-runs') == 5
    assert 'data-days="5"><a href="/champions/posts/topics/open-dag">Open-dag</a>' in october
    november = web.get(f"{HOME}/calendar?month=2030-11").content.decode()
    assert "In deze maand verschijnt er niets" not in november
    assert november.count('class="post-line post-runs') == 7


def test_what_was_retired_stays_in_the_month_in_which_it_came_out() -> None:
    noor = make_editor()
    post, web = published(by=noor), browser_of(noor)
    assert post.publish_at is not None
    month = f"{HOME}/calendar?month={timezone.localtime(post.publish_at):%Y-%m}"
    post.retire(by=noor)
    page = web.get(month).content.decode()
    assert 'data-state="retired"' in page
    assert "In deze maand verschijnt er niets" not in page
    never = planned(timedelta(days=2), by=noor, title_nl="Nooit verschenen")
    never.retire(by=noor)
    assert never.publish_at is not None
    month = f"{HOME}/calendar?month={timezone.localtime(never.publish_at):%Y-%m}"
    assert "Nooit verschenen" not in web.get(month).content.decode()


def test_a_preview_has_the_short_link_and_says_a_length_near_the_limit_only() -> None:
    words = [
        Words("facebook", "nl", "Kort."),
        Words("instagram", "nl", "Kort."),
        Words("linkedin", "nl", "Een verhaal. " * 30),
        Words("x", "nl", "a" * 200),
    ]
    noor = make_editor()
    post = draft(noor, words, link="https://www.example.org/verhalen/monteurs?lang=nl")
    page = browser_of(noor).get(f"{HOME}/{post.pk}").content.decode()
    looks = re.findall(r'<article class="preview preview-(\w+)"(.*?)</article>', page, re.DOTALL)
    seen = {network: look for network, look in looks if "van 63" not in look}
    assert list(seen) == ["linkedin", "facebook", "x", "instagram"]
    assert "/verhalen/monteurs" not in "".join(seen.values())
    assert "www.example.org" in seen["facebook"]
    assert "staat op het klembord" in seen["facebook"]
    assert "dus de link blijft weg" in seen["instagram"]
    assert "www.example.org" not in seen["instagram"]
    assert re.search(r"… meer</summary>[^<]*<br>.*/s/\w{11}<", seen["linkedin"])
    assert "253 van 280 tekens" in seen["x"]


def test_planning_in_the_calendar_keeps_until_when_it_holds() -> None:
    noor, post = make_editor(), approved()
    until = timezone.now() + timedelta(days=60)
    post.plan(by=post.owner, publish_at=None, valid_until=until)
    web, moment = browser_of(noor), timezone.localtime() + timedelta(days=2)
    assert 'name="valid_until"' not in web.get(f"{HOME}/calendar").content.decode()
    sent = {"version": post.version, "publish_at": moment.strftime("%Y-%m-%dT%H:%M")}
    assert web.post(f"{HOME}/{post.pk}/plan", sent).status_code == 303
    post.refresh_from_db()
    assert (post.valid_until, post.retire_at) == (until, until)
    assert post.publish_at is not None
    # Where it is asked and left empty it goes.
    sent |= {"version": post.version, "valid_until": ""}
    assert web.post(f"{HOME}/{post.pk}/plan", sent).status_code == 303
    post.refresh_from_db()
    assert post.valid_until is None


def test_what_is_over_is_not_approved_and_says_why() -> None:
    noor, bram = make_editor(), make_editor("Bram Kuipers")
    post = draft(noor)
    soon = timezone.now() + timedelta(minutes=1)
    post.plan(by=noor, publish_at=soon, valid_until=soon + timedelta(hours=1))
    post.ask_review(by=noor)
    past = timezone.now() - timedelta(hours=3)
    rows = ExamplePost.objects.filter(pk=post.pk)
    rows.update(publish_at=past, valid_until=past + timedelta(hours=1))
    answer = browser_of(bram).post(f"{HOME}/{post.pk}/approve", {"version": post.version})
    assert answer.status_code == 422
    assert "De tijd ervan is voorbij." in answer.content.decode()
    assert rows.get().state == PostState.REVIEW
    rows.update(publish_at=None)
    answer = browser_of(bram).post(f"{HOME}/{post.pk}/approve", {"version": post.version})
    assert answer.status_code == 422


def test_nobody_approves_their_own_suggestion() -> None:
    noor, thijs = make_editor(), make_editor("Thijs Timmer")
    facts: dict[str, Any] = {
        "network": "linkedin",
        "language": "nl",
        "text": "Trots!",
        "why": "",
        "credit": False,
    }
    suggestion, _new = PostSuggestion.suggest(by=thijs, id=uuid.uuid4(), **facts)
    post = suggestion.take_over(
        by=noor, post_id=uuid.uuid4(), campaign=make_campaign(), title_nl="Trots"
    )
    post.ask_review(by=noor)
    assert not Notification.objects.filter(user=thijs, kind="post.review-asked").exists()
    web = browser_of(thijs)
    assert "/approve" not in web.get(f"{HOME}/{post.pk}").content.decode()
    answer = web.post(f"{HOME}/{post.pk}/approve", {"version": post.version})
    assert answer.status_code == 409
    post.approve(by=make_editor("Bram Kuipers"))
    # What a colleague writes in it later is not theirs.
    words = [Words("linkedin", "nl", "Trots en blij!")]
    post.write(by=noor, seen=None, words=words, advice=[], campaign=post.campaign, title_nl="Trots")
    post.ask_review(by=noor)
    post.approve(by=thijs)


def test_a_post_is_handed_over_to_who_is_there() -> None:
    noor, bram = make_editor(), make_editor("Bram Kuipers")
    someone, post = make_person("Karel Klant"), published(by=noor)
    web = browser_of(bram)
    page = web.get(f"{HOME}/{post.pk}").content.decode()
    assert "Bram Kuipers</option>" in page
    assert "Karel Klant</option>" not in page
    noor.deactivate()
    page = web.get(f"{HOME}/{post.pk}").content.decode()
    assert "Noor Mulder is hier geen redacteur meer" in page
    assert "werkt hier niet meer" in web.get(HOME).content.decode()
    for who in (someone, noor):
        sent = {"owner": who.pk, "version": post.version}
        assert web.post(f"{HOME}/{post.pk}/owner", sent).status_code == 422
        with pytest.raises(Invalid):
            post.hand_over(by=bram, to=who)
    assert web.post(f"{HOME}/{post.pk}/owner", {"owner": bram.pk, "version": 0}).status_code == 412
    sent = {"owner": bram.pk, "version": post.version}
    assert web.post(f"{HOME}/{post.pk}/owner", sent).status_code == 303
    post.refresh_from_db()
    assert (post.owner, post.shown) == (bram, Shown.PUBLISHED)
    row = AuditEvent.objects.get(action="post-handed-over")
    assert (row.actor, row.detail) == (bram, {"before": str(noor.pk), "to": str(bram.pk)})
    assert "geen redacteur meer" not in web.get(f"{HOME}/{post.pk}").content.decode()


def test_what_editors_do_with_what_is_out() -> None:
    noor = make_editor()
    post, web = published(by=noor), browser_of(noor)
    assert "Medewerkers hebben deze post nu" in web.get(f"{HOME}/{post.pk}/write").content.decode()
    asked = web.get(f"{HOME}/{post.pk}/retire").content.decode()
    assert "Medewerkers zien hem meteen niet meer." in asked
    post.refresh_from_db()
    assert post.shown == Shown.PUBLISHED  # it was only asked
    assert web.post(f"{HOME}/{post.pk}/retire", {"version": post.version - 1}).status_code == 412
    web.post(f"{HOME}/{post.pk}/retire", {"version": post.version})
    assert web.get(f"{HOME}/{post.pk}/retire").status_code == 303
    post.refresh_from_db()
    assert post.state == PostState.RETIRED
    first = web.get(f"{HOME}/{post.pk}/versions/0").content.decode()
    assert "Trots op de collega" in first
    assert web.get(f"{HOME}/{post.pk}/versions/77").status_code == 404


def test_what_employees_do_not_have_yet_is_retired_from_its_page_too() -> None:
    noor = make_editor()
    web = browser_of(noor)
    waiting = draft(noor)
    waiting.ask_review(by=noor)
    for post in (draft(noor), waiting, approved(noor), planned(by=noor)):
        at = f"{HOME}/{post.pk}"
        assert f'href="{at}/retire"' in web.get(at).content.decode()
        sent = {"version": post.version}
        said = web.post(f"{at}/retire", sent, follow=True).content.decode()
        assert "Weggehaald." in said
        assert "Weggehaald. Medewerkers" not in said
        assert f'href="{at}/retire"' not in said


def test_an_editor_reads_titles_and_advice_in_their_own_language() -> None:
    noor = make_editor()
    advice = [Advised("do", "green", "Vertel het zelf.", "Dat leest.", "Tell it.", "It reads.")]
    post = draft(noor, title_en="Our engineers", advice=advice)
    bram = browser_of(make_editor("Bram", language="en"))
    at = f"{HOME}/{post.pk}"
    for path in (HOME, at, f"{at}/write", f"{HOME}/calendar", f"{at}/versions/0"):
        assert "Our engineers" in bram.get(path).content.decode(), path
    page = bram.get(at).content.decode()
    assert page.index("Tell it.") < page.index("Vertel het zelf.")
    dutch = browser_of(noor).get(at).content.decode()
    assert dutch.index("Vertel het zelf.") < dutch.index("Tell it.")


def test_a_suggestion_becomes_a_draft_or_gets_its_reason() -> None:
    web, sanne = browser_of(make_editor()), make_person()
    rows = [
        PostSuggestion.suggest(
            by=sanne, id=uuid.uuid4(), network="x", language="nl", text=text, why="", credit=True
        )[0]
        for text in ("Eerste idee", "Tweede idee")
    ]
    make_campaign()
    assert "Eerste idee" in web.get(f"{HOME}/suggestions").content.decode()
    wrong = web.post(f"{HOME}/suggestions/{rows[0].pk}", {"do": "take"})
    assert wrong.status_code == 422
    taken = {"do": "take", "campaign": "warmte", "title_nl": "Mee op pad"}
    answer = web.post(f"{HOME}/suggestions/{rows[0].pk}", taken)
    assert answer["Location"] == f"{HOME}/{ExamplePost.objects.get().pk}"
    web.post(f"{HOME}/suggestions/{rows[1].pk}", {"reason": "Dit hebben we al."})
    page = web.get(f"{HOME}/suggestions?state=declined").content.decode()
    assert "Dit hebben we al." in page


def test_topics_are_made_once() -> None:
    web = browser_of(make_editor())
    assert web.get(f"{HOME}/new")["Location"] == f"{HOME}/topics"
    topic = {"kind": "topic", "name_nl": "Werken hier", "name_en": "Working here", "slug": "werk"}
    assert [web.post(f"{HOME}/topics", topic).status_code for _n in (1, 2)] == [303, 422]
    assert Campaign.objects.count() == 1


@pytest.mark.parametrize("role", ["employee", "manager"])
def test_only_editors_come_here_and_what_is_planned_stays_inside(role: str) -> None:
    post = planned(timedelta(days=2), title_nl="Jaarcijfers")
    roles = [] if role == "employee" else [role]
    web = browser_of(make_person(roles=roles))
    for path in (HOME, f"{HOME}/{post.pk}", f"{HOME}/calendar", f"{HOME}/{post.pk}/write"):
        answer = web.get(path)
        assert answer.status_code == 403
        assert "Jaarcijfers" not in answer.content.decode()
    assert web.post(f"{HOME}/{post.pk}/retire").status_code == 403
    assert Client().get(HOME).status_code == 302


def test_writer_and_reviewer_see_what_is_on_the_list_of_words_to_leave_out(
    django_assert_max_num_queries: Any,
) -> None:
    noor, bram = make_editor("Noor"), make_editor("Bram", language="en")
    reasons = {"reason_nl": "Cijfers staan niet vast.", "reason_en": "Figures are not settled."}
    Phrase().write(by=noor, text="100%", risk="forbidden", **reasons)
    texts = [Words("linkedin", "nl", "Trots op de winkel."), Words("x", "nl", "Vandaag 100% raak")]
    post = draft(noor, words=texts)
    page = browser_of(noor).get(f"{HOME}/{post.pk}").content.decode()
    assert "1 tekst zegt iets dat op de lijst staat" in page
    assert '<strong lang="nl">100%</strong>: Cijfers staan niet vast.' in page
    post.ask_review(by=noor)
    more = [Words("x", "nl", f"Ook {nth}: 100%") for nth in range(3)]
    other = draft(noor, words=[*texts, *more], title_nl="Nog een")
    with django_assert_max_num_queries(33) as first:
        page = browser_of(bram).get(f"{HOME}/{post.pk}").content.decode()
    assert "1 text says what is on the list" in page
    assert "Figures are not settled." in page
    with django_assert_max_num_queries(len(first)):
        page = browser_of(bram).get(f"{HOME}/{other.pk}").content.decode()
    assert "4 texts say what is on the list" in page
    Phrase.objects.get().remove(by=noor)
    page = browser_of(noor).get(f"{HOME}/{post.pk}").content.decode()
    assert "op de lijst" not in page


def test_lists_cost_the_same_for_ten_as_for_one(django_assert_max_num_queries: Any) -> None:
    noor = make_editor()
    web = browser_of(noor)
    for _nth in range(10):
        planned(timedelta(days=1), by=noor)
    web.get(HOME)
    month = timezone.localdate() + timedelta(days=1)
    with django_assert_max_num_queries(12):
        web.get(HOME)
    with django_assert_max_num_queries(12):
        web.get(f"{HOME}/calendar?month={month:%Y-%m}")
