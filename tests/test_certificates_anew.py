"""A certificate with another name, of somebody who left, and long after its end."""

import json
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ambassadors import credentials
from ambassadors.models import Attempt, Certificate, Enrolment, LessonDone
from ambassadors.models.learning import attempt, finish_lesson
from notifications import kinds, periodic
from notifications.models import Notification
from server.accounts.models import AuditEvent, User
from server.problems import Forbidden
from tests.clients import Api, browser_of
from tests.courses import answers, standing
from tests.factories import make_person
from tests.posts import make_editor
from tests.test_revoking import passed

pytestmark = pytest.mark.django_db
HOME = "/champions/courses/certificates"


def page_of(held: Certificate) -> str:
    return Client().get(f"/champions/certificates/{held.pk}").content.decode()


def is_revoked(held: Certificate) -> bool:
    listed = Api().get(f"/certificates/status/{held.number // credentials.LIST_LENGTH}").json()
    return credentials.revoked_in(listed, held.number % credentials.LIST_LENGTH)


def renamed(held: Certificate, name: str) -> None:
    User.objects.filter(pk=held.user_id).update(name=name)
    held.user.refresh_from_db()


def test_an_editor_issues_one_anew_with_the_name_as_it_is_now_and_the_old_one_leads_to_it() -> None:
    sanne, noor = make_person("Sane de Vreis"), make_editor()
    old = passed(sanne)
    given, web = old.attempt, browser_of(noor)
    Enrolment.objects.create(
        user=sanne, course=old.course, reason="rule", due_at=timezone.now(), certificate=old
    )
    renamed(old, "Sanne de Vries")
    # Who looks for it finds the way from the courses.
    assert "opnieuw uitgeven" in web.get("/champions/courses").content.decode()
    page = web.get(f"{HOME}/{old.pk}").content.decode()
    assert "Sane de Vreis" in page
    assert "Sanne de Vries" in page
    answer = web.post(f"{HOME}/{old.pk}/reissue")
    new = Certificate.objects.get(replaces=old)
    assert answer["Location"] == f"{HOME}/{new.pk}"
    old.refresh_from_db()
    # The same term and the same attempt: it is of the same quiz.
    assert (new.issued_at, new.expires_at) == (old.issued_at, old.expires_at)
    assert (new.attempt, old.attempt) == (given, None)
    assert "Sanne de Vries" in page_of(new)
    assert "Sanne de Vries" in json.dumps(Api().get(f"/certificates/{new.pk}").json())
    assert "Sane de Vreis" not in page_of(old)
    assert credentials.page_address(new.pk) in page_of(old)
    status = Api().get(f"/certificates/{old.pk}/status").json()
    assert (status["state"], status["replaced_by"]) == ("replaced", credentials.address(new.pk))
    assert Api().get(f"/certificates/{old.pk}").status_code == 404
    assert is_revoked(old)
    assert not is_revoked(new)
    mine = Api(sanne).get("/courses/proef").json()
    assert mine["certificate"]["id"] == str(new.pk)
    assert [each["state"] for each in mine["certificates"]] == ["valid", "replaced"]
    assert standing(sanne, new.course).holds
    events = AuditEvent.objects.filter(action="certificate-reissued", subject_id=old.pk)
    assert [event.actor for event in events] == [noor]
    assert "Sanne" not in str(events.values())
    note = Notification.objects.select_related("user").get(kind="training.reissued")
    assert "nieuw certificaat" in kinds.compose([note], to_send=True)[note.pk].title
    # A second time, and of one that does not hold, nothing is made.
    web.post(f"{HOME}/{old.pk}/reissue")
    assert Certificate.objects.count() == 2
    assert f"{HOME}/{new.pk}" in web.get(f"{HOME}/{old.pk}").content.decode()
    assert f"{HOME}/{old.pk}" in web.get(f"{HOME}/{new.pk}").content.decode()


def test_nobody_but_editors_issues_one_anew() -> None:
    held = passed(make_person("Sanne"))
    for person in (held.user, make_person(roles=["manager"])):
        with pytest.raises(Forbidden):
            held.reissue(by=person)
        assert browser_of(person).post(f"{HOME}/{held.pk}/reissue").status_code == 403
    assert Client().post(f"{HOME}/{held.pk}/reissue").status_code == 401
    assert not Certificate.objects.filter(replaces=held).exists()
    held.revoke(by=None, because="Vergissing.")
    assert held.reissue(by=make_editor()) is None


def test_of_who_left_it_does_not_hold_and_names_nobody_and_who_returns_has_it_back() -> None:
    sanne = make_person("Sanne de Vries")
    held = passed(sanne)
    sanne.deactivate()
    assert Api().get(f"/certificates/{held.pk}/status").json()["state"] == "ended"
    page = page_of(held)
    assert "Niet meer in dienst" in page
    assert "Sanne" not in page
    assert "Sanne" not in browser_of(make_editor()).get(f"{HOME}/{held.pk}").content.decode()
    assert Api().get(f"/certificates/{held.pk}").status_code == 404
    assert is_revoked(held)
    sanne.activate()
    assert "Sanne" in page_of(held)
    assert Api().get(f"/certificates/{held.pk}/status").json()["state"] == "valid"
    assert not is_revoked(held)


@pytest.mark.parametrize("how", ["left", "expired", "revoked", "holds"])
def test_a_year_after_its_end_a_certificate_has_no_name_and_no_page(how: str) -> None:
    sanne = make_person("Sanne de Vries")
    held, now = passed(sanne), timezone.now()
    for days, there in ((360, True), (370, how == "holds")):
        then = now - timedelta(days=days)
        if how == "left":
            sanne.deactivate()
            User.objects.filter(pk=sanne.pk).update(deactivated_at=then)
        begun = {"issued_at": now - timedelta(days=800)}
        changed = {"expired": {"expires_at": then}, "revoked": {"revoked_at": then}}
        Certificate.objects.filter(pk=held.pk).update(**begun, **changed.get(how, {}))
        Certificate.forget_ended()
        held.refresh_from_db()
        assert ("Sanne" in json.dumps(held.credential)) is there
        page = Client().get(f"/champions/certificates/{held.pk}")
        assert (page.status_code == 200) is there
        assert (Api().get(f"/certificates/{held.pk}/status").status_code == 200) is there
        assert (Certificate.known_as(str(held.pk)) is not None) is there
    # That there was one is what the counts of before need.
    assert Certificate.objects.filter(pk=held.pk).exists()


def test_answers_go_after_a_year_or_with_who_leaves_and_lessons_after_two() -> None:
    sanne, joris = make_person("Sanne"), make_person("Joris")
    held = passed(sanne)
    finish_lesson(sanne, held.course, "een")
    made, _new = attempt(
        joris, held.course, id=uuid.uuid4(), answers=answers(joris, held.course, right=0)
    )
    finish_lesson(joris, held.course, "een")
    Attempt.forget_old_answers()
    LessonDone.forget_old()
    assert Attempt.objects.exclude(answers={}).count() == LessonDone.objects.count() == 2
    joris.deactivate()
    made.refresh_from_db()
    assert (made.answers, made.asked, made.fingerprint, made.score) == ({}, [], "", 0)
    assert held.attempt is not None
    Attempt.objects.filter(pk=held.attempt.pk).update(at=timezone.now() - timedelta(days=366))
    Attempt.forget_old_answers()
    held.attempt.refresh_from_db()
    assert (held.attempt.answers, held.attempt.passed) == ({}, True)
    # The course still opens for her, and tells her as before.
    assert Api(sanne).get("/courses/proef").json()["progress"]["passed"]
    LessonDone.objects.filter(user=sanne).update(at=timezone.now() - timedelta(days=731))
    User.objects.filter(pk=joris.pk).update(deactivated_at=timezone.now() - timedelta(days=366))
    LessonDone.forget_old()
    assert not LessonDone.objects.exists()


def test_what_is_forgotten_is_forgotten_by_a_clock() -> None:
    names = {"forget-certificates", "forget-quiz-answers", "forget-lessons-done"}
    assert names <= set(periodic._jobs)
