"""Who is asked to do a course, reminded, and asked to renew; and a question that was wrong."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from ambassadors import counting_clock, training_clock
from ambassadors.models import (
    Acceptance,
    Attempt,
    Certificate,
    Course,
    Enrolment,
    EnrolmentReason,
    EnrolmentRule,
    OptIn,
    PolicyVersion,
)
from ambassadors.models.enrolment import REMINDED
from ambassadors.models.learning import RESCORED, withdraw_question
from notifications import kinds
from notifications.models import Notification
from server.accounts.employee_file import read
from server.accounts.employee_import import import_employees
from server.accounts.models import User
from server.problems import Invalid
from tests.champions import CHANGED, POLICY, make_policy
from tests.clients import Api, browser_of
from tests.courses import body, make_course, publish, small_document, standing
from tests.factories import make_department, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def course() -> Course:
    return make_course()


@pytest.fixture
def noor() -> User:
    return make_person("Noor Jansen", roles=["editor"], department=make_department("Redactie"))


def rule(course: Course, noor: User, **facts: Any) -> EnrolmentRule:
    """One that is there, for however few people."""
    return EnrolmentRule.objects.create(course=course, by=noor, **facts)


def certified(user: User, course: Course) -> Certificate:
    Api(user).post(f"/courses/{course.slug}/attempts", body(user, course))
    return Certificate.objects.filter(user=user, course=course).latest("issued_at")


def told(user: User) -> list[str]:
    return list(Notification.objects.filter(user=user).values_list("kind", flat=True))


def test_a_rule_enrols_whom_it_is_for_once_and_tells_them(course: Course, noor: User) -> None:
    shops = make_department("Winkels")
    utrecht = make_department("Utrecht", parent=shops)
    long_here = timezone.now() - timedelta(days=400)
    new = make_person(department=utrecht)
    old = make_person(department=utrecht, joined_at=long_here)
    elsewhere = make_person(department=make_department("Kantoor"))
    make_person(department=utrecht, is_active=False)
    today = timezone.localdate()
    rule(course, noor, department=shops, joined_since=today - timedelta(days=1))
    assert training_clock.enrol() == 1
    assert training_clock.enrol() == 0
    assert [row.user for row in Enrolment.objects.all()] == [new]
    assert told(new) == ["training.enrolled"]
    assert told(old) == told(elsewhere) == []
    asked = Api(new).get("/courses/proef").json()["enrolment"]
    assert asked["reason"] == "rule"
    Api(new).post("/courses/proef/attempts", body(new, course))
    assert Api(new).get("/courses/proef").json()["enrolment"] is None
    rule(course, noor, role="editor").end(by=noor)
    assert training_clock.enrol() == 0


def test_who_has_no_certificate_any_more_is_asked_again(course: Course, noor: User) -> None:
    asked, away, revoked, holds = (make_person(name) for name in ("Asked", "Away", "Gone", "Holds"))
    rule(course, noor, department=asked.department)
    assert training_clock.enrol() == 4
    for user in (away, revoked, holds):
        certified(user, course)
    assert training_clock.enrol() == 0
    # Retired by mistake, and back: who had still to do it is asked again, the others not.
    course.retire(by=noor)
    assert training_clock.enrol() == 0
    course.bring_back(by=noor)
    assert [row.user for row in Enrolment.objects.open()] == [asked]
    assert training_clock.enrol() == 0
    assert Enrolment.objects.open().get().user == asked
    assert Enrolment.objects.filter(user=asked).count() == 1
    # Away until after the certificate had run out, and back at work.
    away.deactivate()
    past = timezone.now() - timedelta(days=1)
    Certificate.objects.filter(user=away).update(
        issued_at=past - timedelta(days=365), expires_at=past
    )
    assert training_clock.enrol() == 0
    away.activate()
    assert training_clock.enrol() == 1
    Certificate.objects.get(user=revoked).revoke(by=noor, because="Iemand anders deed het.")
    assert training_clock.enrol() == 1
    assert {row.user for row in Enrolment.objects.open()} == {asked, away, revoked}
    assert training_clock.enrol() == 0
    certified(away, course)
    assert not Enrolment.objects.open().filter(user=away).exists()


def test_reminders_come_when_it_is_time_and_each_once(course: Course, noor: User) -> None:
    joris = make_person("Joris Visser", language="en", department=make_department("IT"))
    rule(course, noor, department=joris.department, due_days=30)
    training_clock.enrol()
    assert training_clock.remind() == 0
    for due_in, new in ((6, 1), (5, 0), (-1, 1), (-40, 1), (-100, 0)):
        Enrolment.objects.update(due_at=timezone.now() + timedelta(days=due_in))
        assert training_clock.remind() == new
    reminders = Notification.objects.filter(user=joris, kind=REMINDED).select_related("user")
    letters = kinds.compose(list(reminders), to_send=True)
    assert len(letters) == 3
    assert all(letter.title == "You still have a training to do" for letter in letters.values())
    assert all(letter.push_body == letter.title for letter in letters.values())
    course.retire(by=noor)
    Enrolment.objects.update(reminded=0)
    assert training_clock.remind() == 0
    assert kinds.compose(list(reminders), to_send=True) == {}


def test_who_was_just_asked_is_not_reminded_in_the_same_hour(course: Course, noor: User) -> None:
    rule(course, noor, due_days=3)
    assert training_clock.enrol() == 1
    assert training_clock.remind() == 0
    assert told(noor) == ["training.enrolled"]
    Enrolment.objects.update(due_at=timezone.now())
    assert training_clock.remind() == 1
    # Also for a refresher, of a certificate that ends within the week.
    certified(noor, course)
    Certificate.objects.update(expires_at=timezone.now() + timedelta(days=2))
    assert training_clock.refresh() == 1
    assert training_clock.remind() == 0


def test_whose_certificate_runs_out_is_asked_once_and_history_stays(
    course: Course, noor: User
) -> None:
    first = certified(noor, course)
    assert training_clock.refresh() == 0
    soon = timezone.now() + timedelta(days=20)
    Certificate.objects.update(expires_at=soon)
    assert training_clock.refresh() == 1
    assert training_clock.refresh() == 0
    asked = Enrolment.objects.get()
    assert (asked.reason, asked.due_at) == ("expiry", soon)
    second = certified(noor, course)
    asked.refresh_from_db()
    assert asked.certificate == second
    assert training_clock.refresh() == 0
    assert Certificate.objects.filter(pk=first.pk, expires_at=soon, revoked_at=None).exists()


def test_a_version_and_a_policy_ask_for_a_refresher_only_where_they_say_so(
    course: Course, noor: User
) -> None:
    certified(noor, course)
    publish(course, small_document())
    words = {"text_nl": "a", "text_en": "a", "changed_nl": "b", "changed_en": "b"}
    for number in (1, 2):
        at = timezone.now()
        PolicyVersion.objects.create(number=number, published_at=at, told_at=at, **words)
    assert training_clock.refresh() == 0
    publish(course, {**small_document(), "teaches_policy": True})
    assert training_clock.refresh() == 1
    assert Enrolment.objects.open().get().reason == "policy"
    certified(noor, course)
    publish(course, small_document(), refresh=True)
    assert training_clock.refresh() == 1
    assert Enrolment.objects.open().get().reason == "version"


def test_a_new_policy_is_one_message_and_says_that_the_quiz_is_asked_again(
    course: Course, noor: User
) -> None:
    publish(course, {**small_document(), "teaches_policy": True})
    make_policy(noor)
    takes_part, learned, editor = make_person(language="en"), make_person(), Client()
    for person in (takes_part, learned):
        certified(person, course)
    OptIn.enter(takes_part)
    Acceptance.give(1, by=takes_part)
    assert counting_clock.tell_of_policy() == 0
    PolicyVersion.write(by=noor, revision=0, **POLICY, **CHANGED)
    editor.force_login(noor)
    page = editor.get("/champions/policy/publish").content.decode()
    assert "toets" in page
    assert "&lt; 5" in page
    assert 'name="asks_refresher"' in page
    sent = {"revision": "1", "asks_refresher": "on"}
    assert editor.post("/champions/policy/publish", sent).status_code == 302
    # Not before everybody was told of the policy, which is told within the minute.
    assert training_clock.refresh() == 0
    assert counting_clock.tell_of_policy() == 1
    assert training_clock.refresh() == 2
    assert Enrolment.objects.open().filter(reason="policy").count() == 2
    assert told(takes_part) == ["ambassador.policy"]
    assert told(learned) == ["training.enrolled"]
    (letter,) = kinds.compose(
        list(Notification.objects.filter(user=takes_part).select_related("user")), to_send=True
    ).values()
    assert "quiz of the training again" in letter.text


def test_the_quiz_is_open_from_the_moment_at_which_a_new_policy_asks_for_it(
    course: Course, noor: User
) -> None:
    other = make_course("ander")
    publish(course, {**small_document(), "teaches_policy": True})
    make_policy(noor)
    for each in (course, other):
        certified(noor, each)
    assert standing(noor, course).state == "passed"
    make_policy(noor)
    assert standing(noor, course).state == "open"
    assert standing(noor, other).state == "passed"
    certified(noor, course)
    assert standing(noor, course).state == "passed"
    assert Certificate.objects.filter(user=noor, course=course).count() == 2
    # Who did it at once is not asked by the clock any more.
    counting_clock.tell_of_policy()
    assert training_clock.refresh() == 0
    # And so it is where a version of the course asked for it before.
    publish(course, {**small_document(), "teaches_policy": True}, refresh=True)
    certified(noor, course)
    make_policy(noor)
    assert standing(noor, course).state == "open"


def test_a_comma_in_the_policy_asks_nobody_to_do_the_quiz_again(course: Course, noor: User) -> None:
    publish(course, {**small_document(), "teaches_policy": True})
    make_policy(noor)
    sanne = make_person()
    certified(sanne, course)
    OptIn.enter(sanne)
    counting_clock.tell_of_policy()
    Notification.objects.all().delete()
    draft = PolicyVersion.write(by=noor, revision=0, **POLICY, **CHANGED)
    draft.publish(by=noor, revision=1, asks_refresher=False)
    assert standing(sanne, course).state == "passed"
    assert counting_clock.tell_of_policy() == 1
    assert training_clock.refresh() == 0
    note = Notification.objects.select_related("user").get()
    assert "toets" not in kinds.compose([note], to_send=True)[note.pk].text
    # What an earlier version asked for, a comma after it does not take away.
    make_policy(noor)
    draft = PolicyVersion.write(by=noor, revision=0, **POLICY, **CHANGED)
    draft.publish(by=noor, revision=1, asks_refresher=False)
    counting_clock.tell_of_policy()
    assert training_clock.refresh() == 1


def test_a_question_that_was_wrong_counts_for_nobody(course: Course, noor: User) -> None:
    sanne, joris = make_person("Sanne de Vries"), make_person("Joris Visser", language="en")
    sent = {}
    publish_percent = small_document(pass_percent=100)
    publish(course, publish_percent)
    for person, right in ((sanne, 2), (joris, 1)):
        sent[person.pk] = body(person, course, right=right)
        assert not Api(person).post("/courses/proef/attempts", sent[person.pk]).json()["passed"]
    wrong = next(name for name, given in sent[sanne.pk]["answers"].items() if given == ["b"])
    passing = withdraw_question(course, wrong, by=noor, reason="Twee antwoorden waren goed.")
    assert passing == 1
    assert withdraw_question(course, wrong, by=noor, reason="Nog eens.") == 0
    held = Certificate.objects.get()
    assert held.user == sanne
    assert told(sanne) == [RESCORED]
    assert Attempt.objects.get(user=sanne).score == 100
    assert Attempt.objects.get(user=joris).score < 100
    again = Api(sanne).post("/courses/proef/attempts", sent[sanne.pk])
    assert (again.status_code, again.json()["certificate"]["id"]) == (200, str(held.pk))
    assert wrong not in {question.id for question in standing(joris, course).questions()}
    with pytest.raises(Invalid):
        publish(course, publish_percent)


@pytest.mark.parametrize("ended", ["it runs out", "it ran out", "revoked", "the policy changed"])
def test_who_was_renewing_passes_too_where_a_question_was_wrong(
    course: Course, noor: User, ended: str
) -> None:
    publish(course, {**small_document(pass_percent=100), "teaches_policy": True})
    make_policy(noor)
    now = timezone.now()
    first, rows = certified(noor, course), Certificate.objects.all()
    if ended == "revoked":
        first.revoke(by=noor, because="Iemand anders deed het.")
    elif ended == "the policy changed":
        make_policy(noor)
        PolicyVersion.objects.update(told_at=timezone.now())
    else:
        ends = now + timedelta(days=-1 if ended == "it ran out" else 9)
        rows.update(issued_at=now - timedelta(days=360), expires_at=ends)
    training_clock.refresh()
    sent = body(noor, course, right=2)
    assert not Api(noor).post("/courses/proef/attempts", sent).json()["passed"]
    wrong = next(name for name, given in sent["answers"].items() if given == ["b"])
    assert withdraw_question(course, wrong, by=noor, reason="Klopt niet.") == 1
    assert rows.count() == 2
    assert not Enrolment.objects.open().exists()
    assert standing(noor, course).holds


def test_who_passed_after_a_wrong_question_gets_no_second_certificate(
    course: Course, noor: User
) -> None:
    publish(course, small_document(pass_percent=100))
    sent = body(noor, course, right=2)
    Api(noor).post("/courses/proef/attempts", sent)
    passed = certified(noor, course)
    wrong = next(name for name, given in sent["answers"].items() if given == ["b"])
    # Not even where that one was taken back: an editor had a reason for it.
    passed.revoke(by=noor, because="Iemand anders deed het.")
    assert withdraw_question(course, wrong, by=noor, reason="Klopt niet.") == 0
    assert Attempt.objects.filter(passed=True).count() == 2
    assert Certificate.objects.count() == 1


def test_who_was_at_the_quiz_when_a_question_went_is_judged_on_the_rest(
    course: Course, noor: User
) -> None:
    sent = body(noor, course)
    withdraw_question(course, next(iter(sent["answers"])), by=noor, reason="Fout.")
    made = Api(noor).post("/courses/proef/attempts", sent).json()
    assert (made["score"], made["passed"]) == (100, True)
    assert sorted(row["withdrawn"] for row in made["feedback"]) == [False, False, True]


def test_the_last_question_stays(course: Course, noor: User) -> None:
    for number in range(1, 6):
        withdraw_question(course, f"v{number}", by=noor, reason="Fout.")
    with pytest.raises(Invalid):
        withdraw_question(course, "v6", by=noor, reason="Fout.")


def test_words_for_each_reason_are_in_both_languages(course: Course, noor: User) -> None:
    for reason in EnrolmentReason:
        Enrolment.objects.all().delete()
        Notification.objects.all().delete()
        Enrolment.ask([noor], course, reason, due_at=timezone.now() + timedelta(days=3))
        row = Notification.objects.select_related("user").get()
        said = set()
        for language in ("nl", "en"):
            User.objects.update(language=language)
            row.user.refresh_from_db()  # type: ignore[union-attr] # it is Noor's
            with translation.override("nl"):
                said.add(kinds.compose([row], to_send=True)[row.pk].title)
        assert len(said) == 2


def test_joining_on_the_day_itself_counts_by_the_companys_clock(course: Course, noor: User) -> None:
    day = date(2026, 3, 29)
    # Half an hour past midnight in Amsterdam, on the day that the clock goes forward.
    just = make_person(joined_at=datetime.fromisoformat("2026-03-28T23:30:00+00:00"))
    before = make_person(joined_at=datetime.fromisoformat("2026-03-28T22:30:00+00:00"))
    people = rule(course, noor, joined_since=day).people()
    assert just in people
    assert before not in people


def test_a_list_with_first_days_makes_nobody_new_who_is_not(
    course: Course, noor: User, tmp_path: Path
) -> None:
    today = timezone.localdate()
    file = tmp_path / "people.csv"

    def list_says(begins: date) -> None:
        file.write_text(
            "email;name;joined_on\n"
            "old@example.org;Old;2011-05-02\n"
            f"new@example.org;New;{today}\n"
            f"soon@example.org;Soon;{begins}\n"
        )
        import_employees(read(file))

    list_says(today + timedelta(days=20))
    rule(course, noor, joined_since=today)

    def asked() -> set[str]:
        training_clock.enrol()
        return set(Enrolment.objects.open().values_list("user__email", flat=True))

    assert asked() == {"new@example.org", noor.email}
    # Who begins later is asked on their first day; here that day has come.
    list_says(today)
    assert asked() == {"new@example.org", "soon@example.org", noor.email}


def test_a_rule_singles_nobody_out(course: Course, noor: User) -> None:
    """By how many more are asked one could read who of a few is certified."""
    shops, today = make_department("Winkels"), timezone.localdate()
    for _each in range(4):
        make_person(department=shops)
    given: dict[str, Any] = {"department": None, "role": "", "joined_since": None, "due_days": 30}
    for few in (
        {"department": shops},
        {"role": "manager"},
        {"department": shops, "role": "editor"},
    ):
        with pytest.raises(Invalid):
            EnrolmentRule.add(course, by=noor, **{**given, **few})
    with pytest.raises(Invalid):
        EnrolmentRule.add(
            course, by=noor, **{**given, "department": shops, "joined_since": date(2020, 1, 1)}
        )
    assert not EnrolmentRule.objects.exists()
    EnrolmentRule.add(course, by=noor, **{**given, "department": shops, "joined_since": today})
    make_person(department=shops)
    EnrolmentRule.add(course, by=noor, **{**given, "department": shops})
    EnrolmentRule.add(course, by=noor, **given)
    refused = browser_of(noor).post(
        f"/champions/courses/{course.slug}/rules", {"due_days": 14, "role": "manager"}
    )
    assert refused.status_code == 422
    assert "minder dan 5 mensen" in refused.content.decode()
    assert EnrolmentRule.objects.count() == 3


def test_a_course_that_comes_back_asks_who_was_asked_as_they_were(
    course: Course, noor: User
) -> None:
    people = [make_person() for _each in range(4)]
    asked, passed, anew, gone = people
    due = timezone.now() + timedelta(days=9)
    Enrolment.ask(people, course, EnrolmentReason.RULE, due_at=due)
    Enrolment.objects.filter(user=gone).update(ended_at=timezone.now() - timedelta(days=3))
    Api(passed).post(f"/courses/{course.slug}/lessons/een/done")
    course.retire(by=noor)
    assert not Enrolment.objects.open().exists()
    certified(passed, course)
    Enrolment.ask([anew], course, EnrolmentReason.VERSION, due_at=due + timedelta(days=5))
    before = Notification.objects.count()
    course.bring_back(by=noor)
    course.bring_back(by=noor)
    again = {row.user: (row.due_at, row.reason) for row in Enrolment.objects.open()}
    assert again == {
        asked: (due, "rule"),
        anew: (due + timedelta(days=5), "version"),
    }
    assert Notification.objects.count() == before
