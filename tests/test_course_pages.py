"""Editors at work on a course: from a draft to a version, in numbers and never in names."""

from dataclasses import replace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ambassadors.console.course_forms import room
from ambassadors.importing import course_file
from ambassadors.models import Attempt, Course, CourseCount, EnrolmentRule
from server.accounts.models import AuditEvent
from tests.clients import Api, browser_of
from tests.courses import body, make_course, publish, small_document
from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor() -> Client:
    return browser_of(make_person("Noor Jansen", roles=["editor"]))


@pytest.fixture
def course() -> Course:
    return make_course()


def fields(page: Any) -> dict[str, Any]:
    """What a browser would send of the form on this page, unchanged."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def test_an_editor_writes_the_next_version_and_the_published_one_stays(
    editor: Client, course: Course
) -> None:
    before = course.current
    assert before is not None
    at = f"/champions/courses/{course.slug}"
    assert editor.get(f"{at}/lessons/een").status_code == 404
    editor.post(f"{at}/draft")
    lesson = editor.get(f"{at}/lessons/een").context["form"].fields
    called_optional = [not lesson[f"title_{name}"].widget.is_required for name in ("nl", "en")]
    assert called_optional == [False, True]  # the course is in Dutch
    sent = {**fields(editor.get(f"{at}/lessons/een")), "title_nl": "Anders", "add": "exercise"}
    assert editor.post(f"{at}/lessons/een", sent).status_code == 302
    stale = editor.post(f"{at}/lessons/een", sent)
    assert stale.status_code == 412
    question = fields(editor.get(f"{at}/questions/v1/edit"))
    wrong = editor.post(f"{at}/questions/v1/edit", {**question, "text_nl": "", "text_en": ""})
    assert wrong.status_code == 422
    assert "text_nl" in wrong.context["form"].errors
    made = {**fields(editor.get(f"{at}/new-question")), "text_nl": "Mag dit?"}
    made |= {"choices_0_text_nl": "Ja", "choices_1_text_nl": "Nee", "choices_1_right": "on"}
    assert editor.post(f"{at}/new-question", made).status_code == 302
    draft = course.draft
    assert draft is not None
    assert draft.document.lessons[0].title["nl"] == "Anders"
    assert draft.document.lessons[0].blocks[-1].kind == "exercise"
    assert draft.document.quiz.questions[-1].id == "mag-dit"
    # The course's own page asks first, and tells what it does.
    assert f'href="{at}/publish"' in editor.get(f"{at}/").content.decode()
    asked = editor.get(f"{at}/publish")
    assert "in plaats van versie 1" in asked.content.decode()
    assert f'name="revision" value="{draft.revision}"' in asked.content.decode()
    assert course.draft is not None
    assert editor.post(f"{at}/publish", {"revision": draft.revision - 1}).status_code == 412
    assert editor.post(f"{at}/publish", {"revision": draft.revision}).status_code == 302
    assert editor.get(f"{at}/publish")["Location"] == f"{at}/"
    before.refresh_from_db()
    assert before.document.lessons[0].title["nl"] == "Les een"
    after = course.current
    assert after is not None
    assert (after.number, after.document.lessons[0].title["nl"]) == (2, "Anders")


def test_a_lesson_that_is_as_long_as_it_may_be_is_saved(editor: Client) -> None:
    document = small_document()
    words = {"nl": "Mag dit?", "en": "May I?"}
    choices = [{"text": words, "right": n == 0, "feedback": words} for n in range(6)]
    exercise = {"kind": "exercise", "post": words, "choices": choices}
    document["lessons"][0]["blocks"] = [exercise] * 40
    course = Course.named("proef")
    publish(course, document)
    at = "/champions/courses/proef"
    editor.post(f"{at}/draft")
    sent = {**fields(editor.get(f"{at}/lessons/een")), "title_nl": "Anders"}
    assert len(sent) > 1000
    assert editor.post(f"{at}/lessons/een", sent).status_code == 302
    draft = course.draft
    assert draft is not None
    assert draft.document.lessons[0].title["nl"] == "Anders"


def test_pages_tell_numbers_from_five_up_and_no_names(editor: Client, course: Course) -> None:
    people = [make_person(f"Piet Puk{number}") for number in range(4)]
    for person in people:
        Api(person).post("/courses/proef/attempts", body(person, course))
        Api(person).post("/courses/proef/lessons/een/done")
    for path in ("", "/proef/", "/proef/preview"):
        page = editor.get(f"/champions/courses{path}")
        assert page.status_code == 200
        assert "Puk" not in page.content.decode()
    shown = editor.get("/champions/courses/proef/").context["numbers"]
    assert (shown.certified, shown.begun, shown.by_lesson["een"]) == (None, None, None)
    last = make_person("Piet Puk5")
    Api(last).post("/courses/proef/attempts", body(last, course))
    assert editor.get("/champions/courses/proef/").context["numbers"].certified == 5


def test_a_large_company_reads_numbers_that_were_stored_and_pages_cost_the_same(
    editor: Client, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        person = make_person()
        Api(person).post(f"/courses/{course.slug}/lessons/een/done")
        if number < 5:
            Api(person).post(f"/courses/{course.slug}/attempts", body(person, course))
    only_quiz = make_person()
    Api(only_quiz).post(f"/courses/{course.slug}/attempts", body(only_quiz, course, right=0))
    at = f"/champions/courses/{course.slug}/"
    live = editor.get(at).context["numbers"]
    assert (live.begun, live.certified, live.by_lesson) == (7, 5, {"een": 6})
    CourseCount.store()
    assert not CourseCount.objects.exists()  # nobody would read it
    monkeypatch.setattr("ambassadors.models.figures.LIVE_MOST", 3)
    assert editor.get(at).context["numbers"].begun == 0  # nothing was counted yet
    CourseCount.store()
    stored = editor.get(at).context["numbers"]
    assert replace(stored, counted_at=live.counted_at) == live
    Api(make_person()).post(f"/courses/{course.slug}/lessons/een/done")
    assert editor.get(at).context["numbers"] == stored
    CourseCount.store()
    assert editor.get(at).context["numbers"].begun == 8


def test_files_rules_and_withdrawing_through_the_pages(editor: Client, course: Course) -> None:
    at = "/champions/courses/proef"
    file = editor.get(f"{at}/file").content
    assert course_file.read(file).slug == "proef"
    bad = SimpleUploadedFile("x.yaml", file.replace(b"ask: 3", b"ask: 40"))
    refused = editor.post("/champions/courses/upload", {"file": bad})
    assert refused.status_code == 422
    assert "quiz.ask" in refused.content.decode()
    assert course.draft is None
    quiz = SimpleUploadedFile("x.gift", b"Mag dit? {=Nee ~Ja}\n\nSchrijf. {}\n")
    editor.post(f"{at}/questions/upload", {"file": quiz, "language": "nl"})
    draft = course.draft
    assert draft is not None
    assert len(draft.document.quiz.questions) == 7
    for _each in range(5):
        make_person(roles=["manager"])
    editor.post(f"{at}/rules", {"due_days": 14, "role": "manager"})
    assert EnrolmentRule.objects.get().due_days == 14
    sanne = make_person()
    sent = body(sanne, course, right=2)
    assert not Api(sanne).post("/courses/proef/attempts", sent).json()["passed"]
    wrong = next(name for name, given in sent["answers"].items() if given == ["b"])
    assert editor.post(f"{at}/questions/{wrong}/withdraw", {}).status_code == 422
    editor.post(f"{at}/questions/{wrong}/withdraw", {"reason": "Klopt niet."})
    assert Attempt.objects.get().passed
    rule = EnrolmentRule.objects.get()
    assert "met dezelfde laatste dag" in editor.get(f"{at}/rules/{rule.pk}/end").content.decode()
    editor.post(f"{at}/rules/{rule.pk}/end")
    rule.refresh_from_db()
    assert rule.ended_at is not None
    assert "heeft een maand" in editor.get(f"{at}/retire").content.decode()
    editor.post(f"{at}/retire")
    assert Api(make_person()).get("/courses/proef").status_code == 404


def test_more_questions_than_a_quiz_holds_are_refused_for_that_reason(
    editor: Client, course: Course
) -> None:
    many = "".join(f"Mag dit, keer {n}? {{=Nee ~Ja}}\n\n" for n in range(495)).encode()
    sent = {"file": SimpleUploadedFile("x.gift", many), "language": "nl"}
    answer = editor.post("/champions/courses/proef/questions/upload", sent)
    assert answer.status_code == 422
    form = answer.context["file_form"]
    assert "500" in form.errors["file"][0]
    assert "501" in form.errors["file"][0]
    assert "language" not in form.errors
    assert course.draft is None
    english = SimpleUploadedFile("x.gift", b"May I? {=No ~Yes}\n")
    sent = {"file": english, "language": "en"}
    answer = editor.post("/champions/courses/proef/questions/upload", sent)
    assert "Nederlands" in answer.context["file_form"].errors["file"][0]


def test_languages_stand_beside_each_other_and_choices_are_there_to_spare(
    editor: Client, course: Course
) -> None:
    at = f"/champions/courses/{course.slug}"
    editor.post(f"{at}/draft")
    form = editor.get(f"{at}/questions/v1/edit").context["form"]
    question, choices, _why = form.groups
    assert [field.name for field in question["rows"][0]["fields"]] == ["text_nl", "text_en"]
    assert choices["rows"][0]["right"].name == "choices_0_right"
    assert len(choices["rows"]) == 3
    assert len(choices["spare"]) == 3
    shown = [row for group in form.groups for row in [*group["rows"], *group.get("spare", [])]]
    fields = [field.name for row in shown for field in row["fields"]]
    fields += [row["right"].name for row in shown if "right" in row]
    assert sorted([*fields, "revision"]) == sorted(form.fields)  # none is left out
    settings = editor.get(f"{at}/settings").context["form"]
    fields = [f.name for group in settings.groups for row in group["rows"] for f in row["fields"]]
    assert sorted([*fields, "revision"]) == sorted(settings.fields)
    lesson = editor.get(f"{at}/lessons/een").context["form"]
    assert lesson.fields["blocks_0_text_nl"].widget.attrs["lang"] == "nl"


def test_a_box_is_as_high_as_its_text() -> None:
    assert room("") == 3
    assert room("Een regel.\n\n- een\n- twee\n- drie") == 5
    assert room("Een lange zin. " * 400) == 24


def test_a_draft_is_thrown_away_after_a_word_and_not_when_it_changed(
    editor: Client, course: Course
) -> None:
    at = f"/champions/courses/{course.slug}"
    away = f"{at}/draft/throw-away"
    assert editor.get(away).status_code == 302
    editor.post(f"{at}/draft")
    asked = editor.get(away)
    assert "versie 1 blijft zoals die is" in asked.content.decode()
    editor.post(f"{at}/lessons")
    assert editor.post(away, asked.context["seen"]).status_code == 412
    editor.post(away, editor.get(away).context["seen"])
    assert course.draft is None


@pytest.mark.parametrize("role", ["", "manager"])
def test_others_than_editors_do_not_get_in(course: Course, role: str) -> None:
    client = browser_of(make_person(roles=[role] if role else []))
    assert client.get("/champions/courses").status_code == 403
    assert client.post("/champions/courses/proef/retire").status_code == 403
    course.refresh_from_db()
    assert course.retired_at is None


def test_a_file_takes_the_place_of_what_a_colleague_wrote_only_after_a_question(
    editor: Client, course: Course
) -> None:
    at, upload = "/champions/courses/proef", "/champions/courses/upload"
    file = editor.get(f"{at}/file").content.replace(b"ask: 3", b"ask: 2")

    def sent(**more: str) -> dict[str, object]:
        return {"file": SimpleUploadedFile("proef.yaml", file), **more}

    # A draft that only copies what is published holds nothing to lose.
    editor.post(f"{at}/draft")
    assert editor.post(upload, sent()).status_code == 302
    draft = course.draft
    assert draft is not None
    assert draft.content["quiz"]["ask"] == 2
    # The same file once more neither.
    assert editor.post(upload, sent()).status_code == 302
    colleague = make_person(roles=["editor"], name="Fenna de Boer")
    draft.refresh_from_db()
    theirs = {**draft.content, "summary": {"nl": "Van Fenna.", "en": "Fenna's."}}
    draft.rewrite(theirs, by=colleague, seen=draft.revision)
    asked = editor.post(upload, sent())
    assert asked.status_code == 409
    assert "Fenna de Boer schreef er als laatste in." in asked.content.decode()
    seen = asked.context["seen"]["seen"]
    # She writes on meanwhile: what was seen is not what would be lost.
    draft.rewrite({**theirs, "summary": theirs["title"]}, by=colleague, seen=draft.revision)
    again = editor.post(upload, sent(seen=seen))
    assert again.status_code == 409
    assert "sinds de vraag veranderd" in again.content.decode()
    draft.refresh_from_db()
    assert draft.content["summary"] == theirs["title"]
    assert not AuditEvent.objects.filter(action="course-draft-replaced").exists()
    assert editor.post(upload, sent(**again.context["seen"])).status_code == 302
    row = AuditEvent.objects.get(action="course-draft-replaced")
    assert (row.subject_id, row.detail["revision"]) == (course.pk, draft.revision)
    draft.refresh_from_db()
    assert draft.content["summary"] != theirs["title"]


def test_a_draft_is_thrown_away_as_it_was_read_and_written_down(
    editor: Client, course: Course
) -> None:
    at = "/champions/courses/proef"
    editor.post(f"{at}/draft")
    draft = course.draft
    assert draft is not None
    seen = draft.revision
    assert (
        f'name="revision" value="{seen}"' in editor.get(f"{at}/draft/throw-away").content.decode()
    )
    # A colleague writes in it meanwhile.
    draft.rewrite(draft.content, by=make_person(roles=["editor"]), seen=seen)
    for old in ({"revision": seen}, {}):
        assert editor.post(f"{at}/draft/throw-away", old).status_code == 412
    assert course.draft is not None
    assert not AuditEvent.objects.filter(action="course-draft-thrown-away").exists()
    assert editor.post(f"{at}/draft/throw-away", {"revision": seen + 1}).status_code == 302
    assert course.draft is None
    row = AuditEvent.objects.get(action="course-draft-thrown-away")
    assert (row.subject_id, row.detail["revision"]) == (course.pk, seen + 1)
