"""From the first day to the first confirmed share, in the calls that the app makes."""

import uuid
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from ambassadors import signing, training_clock
from ambassadors.models import Course, EnrolmentRule, Share, clicks
from ambassadors.models.example_post_content import Words
from notifications import drain
from notifications.models import KeptCopy
from tests.champions import make_policy
from tests.clients import Api
from tests.courses import answers, publish, small_document
from tests.factories import make_department, make_person
from tests.posts import planned, published
from tests.visitors import BROWSERS, PROGRAMS

pytestmark = pytest.mark.django_db(transaction=True)

SLUG = "mag-ik-dit-posten"
OPENING = "Ik werk bij Doe-het-gewoon."


class App(Api):
    """A phone with a bad line: what it creates it sends twice, and it asks only for what is new."""

    def create(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send it, and again: it is there once, and with other content it is refused."""
        first, again = self.post(path, body), self.post(path, body)
        assert (first.status_code, again.status_code) == (201, 200), first.content
        assert first.json() == again.json()
        made: dict[str, Any] = first.json()
        return made

    def fresh(self, path: str) -> dict[str, Any]:
        """What stands there; asked again with its ETag it answers 304 without a body."""
        answer = self.get(path)
        assert answer.status_code == 200, answer.content
        again = self.get(path, If_None_Match=answer["ETag"])
        assert (again.status_code, again.content) == (304, b""), path
        found: dict[str, Any] = answer.json()
        return found


def refused(answer: Any, status: int, slug: str) -> dict[str, Any]:
    """The problem that this answer is."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert problem["title"]
    assert problem["detail"]
    return problem


def _hand_in(app: App, course: Course, me: Any, *, right: int) -> dict[str, Any]:
    body = {"id": str(uuid.uuid4()), "answers": answers(me, course, right=right)}
    made = app.create(f"/courses/{SLUG}/attempts", body)
    other = {**body, "answers": {}}
    refused(app.post(f"/courses/{SLUG}/attempts", other), 409, "id-reused")
    return made


def test_from_the_first_day_to_the_first_confirmed_share() -> None:
    shops = make_department("Winkels")
    noor = make_person("Noor Mulder", roles=["editor"], department=shops)
    for _ in range(4):
        make_person(department=shops)
    course = Course.named(SLUG)
    publish(course, {**small_document(SLUG), "teaches_policy": True})
    EnrolmentRule.add(
        course,
        by=noor,
        department=shops,
        role="",
        joined_since=timezone.localdate() - timedelta(days=1),
        due_days=30,
    )
    make_policy(noor)
    link = "https://www.example.org/vacatures"
    words = [Words("linkedin", "nl", "We zoeken iemand voor de winkel. Kom je langs?")]
    post = published(by=noor, words=words, link=link, title_nl="We zoeken een collega")
    early = planned(timedelta(days=3), by=noor, words=words, link=link)

    # The first day: a phone, and a training that she is told of.
    me = make_person("Lotte Jansen", email="lotte@example.org", department=shops)
    lotte = App(me)
    phone = {"token": "device-token-of-lotte", "platform": "ios"}
    assert lotte.put("/devices/installation-1", phone).status_code == 201
    assert training_clock.enrol() > 0
    while drain.send_due():
        pass
    [push] = KeptCopy.objects.filter(channel="push", person_name="Lotte Jansen")
    assert push.text
    [item] = lotte.fresh("/inbox")["items"]
    assert (item["kind"], item["read_at"]) == ("training.enrolled", None)
    assert lotte.post("/inbox/read", {"up_to": item["id"]}).status_code == 200
    assert lotte.fresh("/inbox")["items"][0]["read_at"] is not None
    mine = lotte.fresh("/ambassadors/me")
    assert (mine["status"], mine["missing"]) == ("none", ["opt_in", "policy", "certificate"])

    # The lessons, of which one is sent twice over a bad line.
    [asked] = lotte.fresh("/courses")["items"]
    assert asked["enrolment"]["reason"] == "rule"
    shown = lotte.fresh(f"/courses/{SLUG}")
    [exercise] = [
        block
        for lesson in shown["lessons"]
        for block in lesson["blocks"]
        if block["kind"] == "exercise"
    ]
    assert all(choice["feedback"]["text"] for choice in exercise["choices"])
    assert {frozenset(choice) for q in shown["quiz"]["questions"] for choice in q["choices"]} == {
        frozenset({"id", "text"})
    }
    for lesson in ("een", "een", "twee"):
        done = lotte.post(f"/courses/{SLUG}/lessons/{lesson}/done")
        assert done.status_code == 200
    assert (done.json()["done"], done.json()["lessons"]) == (2, 2)
    refused(lotte.post(f"/courses/{SLUG}/lessons/drie/done"), 404, "not-found")

    # The quiz: failed twice, a day to sleep on it, and passed.
    wrong = lotte.post(f"/courses/{SLUG}/attempts", {"id": "x", "answers": {}})
    assert refused(wrong, 422, "invalid")["errors"][0]["field"] == "id"
    for left in (1, 0):
        failed = _hand_in(lotte, course, me, right=1)
        assert (failed["passed"], failed["attempts_left"]) == (False, left)
        assert all(each["right_choices"] is None for each in failed["feedback"])
    body = {"id": str(uuid.uuid4()), "answers": answers(me, course)}
    none_left = refused(lotte.post(f"/courses/{SLUG}/attempts", body), 409, "no-attempts-left")
    again = datetime.fromisoformat(none_left["when"])
    assert timedelta(hours=23) < again - timezone.now() < timedelta(hours=25)
    assert lotte.fresh(f"/courses/{SLUG}")["quiz"]["state"] == "cooling"
    with patch("django.utils.timezone.now", lambda: again + timedelta(minutes=1)):
        passed = lotte.create(f"/courses/{SLUG}/attempts", body)
    assert (passed["passed"], passed["score"]) == (True, 100)
    assert all(each["right_choices"] == ["a"] for each in passed["feedback"])
    body["id"] = str(uuid.uuid4())
    with patch("django.utils.timezone.now", lambda: again + timedelta(minutes=2)):
        refused(lotte.post(f"/courses/{SLUG}/attempts", body), 409, "already-passed")
        _the_rest(lotte, passed["certificate"], str(post.pk), str(early.pk), noor, me)


def _the_rest(
    lotte: App, certificate: dict[str, Any], post: str, early: str, noor: Any, me: Any
) -> None:
    # Her certificate, as anybody checks it.
    anybody = Api()
    path = urlsplit(certificate["credential_url"]).path.removeprefix("/api/v1")
    signed, issuer = anybody.get(path).json(), anybody.get("/certificates/issuer").json()
    keys = {row["id"]: row["publicKeyMultibase"] for row in issuer["verificationMethod"]}
    assert signing.is_signed_by(signed, keys[signed["proof"]["verificationMethod"]])
    page = Client().get(urlsplit(certificate["url"]).path).content.decode()
    assert "Lotte Jansen" in page
    assert "lotte@example.org" not in page

    # The policy and taking part.
    policy = lotte.fresh("/policy")
    assert (policy["version"], policy["accepted_at"]) == (1, None)
    refused(lotte.post("/policy/2/acceptance"), 404, "not-found")
    said = [lotte.post("/policy/1/acceptance") for _ in range(2)]
    assert [each.status_code for each in said] == [201, 200]
    assert lotte.put("/ambassadors/me", {}).json()["status"] == "certified"

    # An example, made her own, and on its way.
    listed = lotte.fresh("/example-posts")["items"]
    assert [each["id"] for each in listed] == [post]
    refused(lotte.get(f"/example-posts/{early}"), 404, "not-found")
    mine = "Zaterdag stond ik voor het eerst in de winkel. Wat een dag! Kom je bij ons werken?"
    checked = lotte.post(f"/example-posts/{post}/check", {"network": "linkedin", "text": mine})
    assert checked.json()["text"] == f"{OPENING}\n\n{mine}"
    assert [each["code"] for each in checked.json()["warnings"]] == ["disclosure-added"]
    nowhere = lotte.post(f"/example-posts/{post}/check", {"network": "hyves", "text": mine})
    assert refused(nowhere, 422, "invalid")["errors"][0]["field"] == "network"
    body = {"id": str(uuid.uuid4()), "network": "linkedin", "text": mine}
    share = lotte.create(f"/example-posts/{post}/shares", body)
    other = lotte.post(f"/example-posts/{post}/shares", {**body, "text": "Iets anders"})
    refused(other, 409, "id-reused")
    assert share["short_url"] in share["text"]
    assert lotte.fresh("/ambassadors/me")["mine"] == {"opened": 1, "confirmed": 0, "clicks": 0}

    # Who follows the link: a preview, and an hour later a person, twice.
    path = urlsplit(share["short_url"]).path
    Share.objects.update(opened_at=timezone.now() - timedelta(hours=1))
    for visitor in (PROGRAMS[0], BROWSERS[0], BROWSERS[0]):
        followed = Client().get(path, headers=visitor.headers)
        assert followed.status_code == 302
        assert followed["Location"].startswith("https://www.example.org/vacatures?utm_source=")
    clicks.flush()
    assert lotte.fresh("/shares")["items"][0]["clicks"] == {"raw": 3, "human": 1}

    # It is there, she says; and nobody else's word counts.
    confirm = {"state": "confirmed", "permalink": "https://www.linkedin.com/posts/lotte_1"}
    refused(App(noor).patch(f"/shares/{share['id']}", confirm), 404, "not-found")
    elsewhere = {**confirm, "permalink": "https://evil.example/lotte"}
    wrong = lotte.patch(f"/shares/{share['id']}", elsewhere)
    assert refused(wrong, 422, "invalid")["errors"][0]["field"] == "permalink"
    for _ in range(2):
        assert lotte.patch(f"/shares/{share['id']}", confirm).json()["state"] == "confirmed"
    own = lotte.fresh("/ambassadors/me")
    assert (own["status"], own["missing"]) == ("active", [])
    assert own["mine"] == {"opened": 1, "confirmed": 1, "clicks": 1}

    # What others see of that: one of eight, and no name.
    refused(lotte.get("/ambassadors/counts"), 403, "forbidden")
    refused(Api().get("/ambassadors/counts"), 401, "unauthenticated")
    month = f"{timezone.localdate():%Y-%m}"
    counts = App(noor).fresh(f"/ambassadors/counts?month={month}")
    assert (counts["eligible"], counts["certified"], counts["active"]) == (8, 1, 1)
    assert counts["activation_percent"] == 12.5
    [shops] = [each for each in counts["departments"] if each["name"] == "Winkels"]
    assert (shops["active"], shops["certified"]) == (1, 1)
    assert "Lotte" not in str(counts)
    assert lotte.fresh("/ambassadors/board")["people"] is None
