"""Training as the app meets it: lessons, the quiz, and who is told what when."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from ambassadors.models import Attempt, Certificate, Course, LessonDone
from server.accounts.models import User
from tests.clients import Api
from tests.courses import answers, body, make_course, publish, small_document, standing
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def sanne() -> User:
    return make_person()


@pytest.fixture
def course() -> Course:
    return make_course()


def ago(attempt_id: str, **span: float) -> None:
    Attempt.objects.filter(pk=attempt_id).update(at=timezone.now() - timedelta(**span))


def test_a_course_comes_with_lessons_and_questions_and_never_with_answers(
    sanne: User, course: Course
) -> None:
    shown = Api(sanne).get("/courses/proef").json()
    assert [lesson["slug"] for lesson in shown["lessons"]] == ["een", "twee"]
    assert shown["lessons"][0]["blocks"][0]["text"]["text"] == "Zeg wie je bent."
    quiz = shown["quiz"]
    assert (quiz["state"], quiz["attempts_left"], len(quiz["questions"])) == ("open", 2, 3)
    assert set(quiz["questions"][0]) == {"id", "text", "several", "choices"}
    assert {key for q in quiz["questions"] for choice in q["choices"] for key in choice} == {
        "id",
        "text",
    }
    assert "Omdat" not in json.dumps(shown)
    listed = Api(sanne).get("/courses").json()
    assert listed["next"] is None
    assert "quiz" not in listed["items"][0]
    assert listed["items"][0]["progress"] == {
        "lessons": 2,
        "done": 0,
        "last_score": None,
        "passed": False,
    }


def test_words_are_in_the_readers_language_or_else_in_the_courses_own(
    sanne: User, course: Course
) -> None:
    shown = Api(sanne, language="en").get("/courses/proef").json()
    assert shown["title"] == {"text": "Trial", "language": "en"}
    assert shown["summary"] == {"text": "Een kleine training.", "language": "nl"}
    assert shown["languages"] == ["nl"]


def test_a_lesson_is_done_once_however_often_a_bad_line_repeats_it(
    sanne: User, course: Course
) -> None:
    phone, tablet = Api(sanne), Api(sanne)
    tag = tablet.get("/courses/proef")["ETag"]
    for _time in range(3):
        assert phone.post("/courses/proef/lessons/een/done").json()["done"] == 1
    assert LessonDone.objects.count() == 1
    assert tablet.get("/courses/proef", If_None_Match=tag).status_code == 200
    again = tablet.get("/courses/proef")
    assert [lesson["done"] for lesson in again.json()["lessons"]] == [True, False]
    assert tablet.get("/courses/proef", If_None_Match=again["ETag"]).status_code == 304
    assert phone.post("/courses/proef/lessons/drie/done").status_code == 404


def test_what_was_shown_is_what_is_judged_and_a_repeat_answers_the_same(
    sanne: User, course: Course
) -> None:
    api = Api(sanne)
    sent = body(sanne, course)
    made = api.post("/courses/proef/attempts", sent)
    assert made.status_code == 201
    assert (made.json()["score"], made.json()["passed"]) == (100, True)
    again = api.post("/courses/proef/attempts", sent)
    assert (again.status_code, again.json()) == (200, made.json())
    other = {**sent, "answers": {**sent["answers"], next(iter(sent["answers"])): ["b"]}}
    assert api.post("/courses/proef/attempts", other).json()["type"] == "/problems/id-reused"
    stranger = Api(make_person()).post("/courses/proef/attempts", sent)
    assert stranger.json()["type"] == "/problems/id-reused"
    assert Certificate.objects.count() == 1


def test_right_answers_and_reasons_come_after_passing_only(sanne: User, course: Course) -> None:
    failed = Api(sanne).post("/courses/proef/attempts", body(sanne, course, right=1)).json()
    assert (failed["score"], failed["passed"], failed["certificate"]) == (33, False, None)
    assert sorted(row["right"] for row in failed["feedback"]) == [False, False, True]
    assert {(row["why"], row["right_choices"]) for row in failed["feedback"]} == {(None, None)}
    assert {row["lesson"] for row in failed["feedback"]} == {"een"}
    passed = Api(sanne).post("/courses/proef/attempts", body(sanne, course)).json()
    assert passed["feedback"][0]["right_choices"] == ["a"]
    assert passed["feedback"][0]["why"]["text"].startswith("Omdat")


def test_an_attempt_has_questions_of_its_own(sanne: User, course: Course) -> None:
    first = answers(sanne, course, right=0)
    assert first == answers(sanne, course, right=0)
    Api(sanne).post("/courses/proef/attempts", {"id": str(uuid.uuid4()), "answers": first})
    drawn = {frozenset(answers(make_person(), course)) for _person in range(8)}
    assert len(drawn) > 1
    # The other phone still shows the first attempt's questions.
    second = answers(sanne, course)
    stale = {"id": str(uuid.uuid4()), "answers": {**first, **second}}
    assert set(first) != set(second)
    refused = Api(sanne).post("/courses/proef/attempts", stale)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/quiz-changed")
    assert Attempt.objects.count() == 1


def test_an_attempt_that_is_sent_again_is_there_also_when_the_course_is_gone(
    sanne: User, course: Course
) -> None:
    sent = body(sanne, course)
    first = Api(sanne).post("/courses/proef/attempts", sent)
    Course.objects.update(retired_at=timezone.now() - timedelta(days=60))
    again = Api(sanne).post("/courses/proef/attempts", sent)
    assert (first.status_code, again.status_code) == (201, 200)
    assert (again.json()["id"], again.json()["passed"]) == (first.json()["id"], True)
    assert Api(sanne).post("/courses/proef/attempts", {**sent, "answers": {}}).status_code == 409
    other = {**sent, "id": str(uuid.uuid4())}
    assert Api(sanne).post("/courses/proef/attempts", other).status_code == 404
    assert Api(make_person()).post("/courses/proef/attempts", sent).status_code == 404
    assert Api(sanne).post("/courses/elders/attempts", sent).status_code == 404
    assert Attempt.objects.count() == 1


def test_what_was_wrong_a_moment_ago_is_not_asked_again_where_there_are_others(
    sanne: User, course: Course
) -> None:
    for person in [sanne, *(make_person() for _ in range(4))]:
        asked = {each.id for each in standing(person, course).questions()}
        Api(person).post("/courses/proef/attempts", body(person, course, right=0))
        # Of six three were wrong: the three others come now, the same on every device.
        drawn = standing(person, course).questions()
        assert asked.isdisjoint(each.id for each in drawn)
        assert drawn == standing(person, course).questions()
    # Where there are too few others the draw is whole all the same.
    publish(course, small_document("proef", ask=5))
    Api(sanne).post("/courses/proef/attempts", body(sanne, course, right=0))
    assert len(standing(sanne, course).questions()) == 5


def test_after_the_last_attempt_one_waits_and_hears_until_when(sanne: User, course: Course) -> None:
    api = Api(sanne)
    sent = [body(sanne, course, right=0)]
    assert api.post("/courses/proef/attempts", sent[0]).json()["attempts_left"] == 1
    sent.append(body(sanne, course, right=0))
    last = api.post("/courses/proef/attempts", sent[1]).json()
    assert last["attempts_left"] == 0
    quiz = api.get("/courses/proef").json()["quiz"]
    assert (quiz["state"], quiz["questions"]) == ("cooling", [])
    refused = api.post("/courses/proef/attempts", body(sanne, course))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/no-attempts-left")
    when = datetime.fromisoformat(refused.json()["when"])
    assert when == datetime.fromisoformat(last["next_attempt_at"])
    assert timedelta(hours=23) < when - timezone.now() <= timedelta(hours=24)
    ago(sent[1]["id"], hours=24, seconds=1)
    assert api.post("/courses/proef/attempts", body(sanne, course)).json()["passed"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"answers": {"nergens": ["a"]}}, "answers.nergens"),
        ({"answers": {"v1": ["z"]}}, "answers.v1"),
        ({"answers": {"v1": "a"}}, "answers.v1"),
        ({"answers": {}, "score": 100}, "score"),
        ({}, "answers"),
    ],
)
def test_a_wrong_answer_sheet_is_refused_at_its_place(
    sanne: User, course: Course, sent: dict[str, Any], field: str
) -> None:
    refused = Api(sanne).post("/courses/proef/attempts", {"id": str(uuid.uuid4()), **sent})
    assert refused.status_code == 422
    assert field in {error["field"] for error in refused.json()["errors"]}
    assert not Attempt.objects.exists()


def test_who_has_passed_does_not_do_it_again_until_it_has_to_be_renewed(
    sanne: User, course: Course
) -> None:
    api = Api(sanne)
    first = api.post("/courses/proef/attempts", body(sanne, course)).json()["certificate"]
    shown = api.get("/courses/proef").json()
    assert shown["quiz"]["state"] == "passed"
    assert shown["certificate"]["id"] == first["id"]
    refused = api.post("/courses/proef/attempts", body(sanne, course))
    assert refused.json()["certificate"] == first["id"]
    soon = timezone.now() + timedelta(days=29)
    Certificate.objects.update(expires_at=soon)
    renewed = api.post("/courses/proef/attempts", body(sanne, course)).json()["certificate"]
    assert renewed["id"] != first["id"]
    history = api.get("/courses/proef").json()["certificates"]
    assert [row["id"] for row in history] == [renewed["id"], first["id"]]


def test_a_new_version_gives_new_attempts_and_leaves_certificates_alone_unless_it_asks(
    sanne: User, course: Course
) -> None:
    api, joris = Api(sanne), make_person("Joris Visser")
    api.post("/courses/proef/attempts", body(sanne, course))
    for _time in range(2):
        Api(joris).post("/courses/proef/attempts", body(joris, course, right=0))
    old = body(joris, course)
    changed = small_document()
    changed["quiz"]["questions"] = [
        {**q, "id": f"n{q['id']}"} for q in changed["quiz"]["questions"]
    ]
    publish(course, changed)
    assert standing(joris, course).attempts_left == 2
    refused = Api(joris).post("/courses/proef/attempts", old)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/quiz-changed")
    assert api.get("/courses/proef").json()["quiz"]["state"] == "passed"
    publish(course, changed, refresh=True)
    assert api.get("/courses/proef").json()["quiz"]["state"] == "open"
    assert api.get("/courses/proef").json()["certificate"]["state"] == "valid"
    assert api.post("/courses/proef/attempts", body(sanne, course)).status_code == 201


def test_only_lessons_that_changed_are_open_again_after_a_refresher(
    sanne: User, course: Course
) -> None:
    api = Api(sanne)
    for lesson in ("een", "twee"):
        api.post(f"/courses/proef/lessons/{lesson}/done")

    def done() -> list[bool]:
        return [lesson["done"] for lesson in api.get("/courses/proef").json()["lessons"]]

    document = small_document()
    document["lessons"][1]["blocks"][0]["text"]["nl"] = "Geen cijfers, nooit."
    publish(course, document)
    assert done() == [True, True]
    publish(course, document, refresh=True)
    assert done() == [True, False]


def test_a_retired_course_is_finished_by_who_had_begun_and_taken_by_nobody_new(
    sanne: User, course: Course
) -> None:
    api = Api(sanne)
    api.post("/courses/proef/lessons/een/done")
    course.retire(by=make_person("Noor Jansen", roles=["editor"]))
    assert Api(make_person()).get("/courses/proef").status_code == 404
    assert Api(make_person()).get("/courses").json()["items"] == []
    assert api.get("/courses/proef").json()["retired_at"]
    assert api.post("/courses/proef/attempts", body(sanne, course)).json()["certificate"]
    Course.objects.update(retired_at=timezone.now() - timedelta(days=31))
    assert LessonDone.objects.update(at=datetime(2026, 1, 1, tzinfo=UTC))
    assert api.get("/courses/proef").status_code == 404


def test_a_draft_is_nowhere_for_employees(sanne: User) -> None:
    Course.named("straks").write_draft(small_document("straks"), by=None)
    assert Api(sanne).get("/courses").json()["items"] == []
    assert Api(sanne).get("/courses/straks").status_code == 404
    assert Api(sanne).post("/courses/straks/lessons/een/done").status_code == 404


def test_ten_courses_cost_as_many_queries_as_one(
    sanne: User, django_assert_max_num_queries: Any
) -> None:
    make_course("c-0")
    api = Api(sanne)
    api.get("/courses")
    with django_assert_max_num_queries(20) as first:
        api.get("/courses")
    for number in range(1, 10):
        make_course(f"c-{number}")
    with django_assert_max_num_queries(len(first.captured_queries)):
        assert len(api.get("/courses").json()["items"]) == 10
