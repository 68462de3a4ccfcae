"""Pictures in lessons, and the parts of a course put in order: nothing lost, nothing half done."""

import io
import uuid
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from ambassadors.importing import FileRefused, course_package
from ambassadors.models import Course, CourseImage, CourseVersion
from server.problems import Invalid
from tests.clients import Api, browser_of, content_of, photo
from tests.courses import make_course, small_document, with_picture
from tests.factories import make_person
from tests.hostile_files import DAMAGED_ARCHIVES, png_bomb

pytestmark = pytest.mark.django_db
AT = "/champions/courses/proef"


@pytest.fixture
def editor() -> Client:
    return browser_of(make_person("Noor Jansen", roles=["editor"]))


def fields(page: Any) -> dict[str, Any]:
    """What a browser would send of the form on this page, unchanged."""
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in values.items() if value not in (None, False, "")}


def file(name: str = "bus.png", content: bytes | None = None) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, photo() if content is None else content)


def drafted(course: Course) -> CourseVersion:
    draft = course.draft
    assert draft is not None
    return draft


def test_an_editor_puts_a_picture_in_a_lesson_and_employees_get_it_once_it_is_published(
    editor: Client,
) -> None:
    course = make_course()
    editor.post(f"{AT}/draft")
    lesson = f"{AT}/lessons/een"
    sent = fields(editor.get(lesson))
    sent |= {"title_nl": "Met een bus", "picture": file(), "picture_alt_nl": "Een bus"}
    assert editor.post(lesson, sent).status_code == 302
    draft = drafted(course)
    block = draft.document.lessons[0].blocks[-1]
    assert block.kind == "image"
    assert block.alt == {"nl": "Een bus"}
    assert draft.document.lessons[0].title["nl"] == "Met een bus"
    page = editor.get(lesson).content.decode()
    address = f"{AT}/images/{block.image}"
    assert f'src="{address}" alt="Een bus"' in page
    assert content_of(editor.get(address)).startswith(b"\x89PNG")
    assert address in editor.get(f"{AT}/preview").content.decode()
    # Its words can be changed like any others.
    name = f"blocks_{len(draft.document.lessons[0].blocks) - 1}_alt_en"
    editor.post(lesson, {**fields(editor.get(lesson)), name: "A bus"})
    app = Api(make_person(language="en"))
    outside = f"/courses/proef/images/{block.image}"
    assert app.get(outside).status_code == 404
    drafted(course).publish(by=None)
    (shown,) = [
        each
        for each in app.get("/courses/proef").json()["lessons"][0]["blocks"]
        if each["kind"] == "image"
    ]
    assert shown["alt"] == {"text": "A bus", "language": "en"}
    assert shown["image"].endswith(f"/api/v1{outside}")
    answer = app.get(outside)
    assert content_of(answer).startswith(b"\x89PNG")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert app.get(f"/courses/proef/images/{uuid.uuid4()}").status_code == 404


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"picture": file()}, "picture_alt_nl"),
        ({"picture": file(), "picture_alt_en": "A bus"}, "picture_alt_nl"),
        ({"picture": file(), "picture_alt_nl": "x" * 121}, "picture_alt_nl"),
        ({"picture": file("x.png", b"no picture"), "picture_alt_nl": "Een bus"}, "picture"),
        ({"picture": file("x.pdf", b"%PDF-1.4\n%%EOF"), "picture_alt_nl": "Een bus"}, "picture"),
        ({"picture": file("x.png", png_bomb()), "picture_alt_nl": "Een bus"}, "picture"),
    ],
)
def test_a_picture_that_cannot_be_used_is_told_at_its_field_and_words_are_kept(
    editor: Client, given: dict[str, Any], field: str
) -> None:
    course = make_course()
    editor.post(f"{AT}/draft")
    lesson = f"{AT}/lessons/een"
    if "picture" in given:
        given["picture"].seek(0)
    sent = {**fields(editor.get(lesson)), "title_nl": "Niet kwijt", **given}
    answer = editor.post(lesson, sent)
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert "Niet kwijt" in answer.content.decode()
    assert not CourseImage.objects.exists()
    assert drafted(course).document.lessons[0].title["nl"] == "Les een"


def test_who_was_too_late_puts_up_nothing(editor: Client) -> None:
    course = make_course()
    editor.post(f"{AT}/draft")
    lesson = f"{AT}/lessons/een"
    sent = fields(editor.get(lesson))
    editor.post(lesson, {**sent, "title_nl": "Eerder"})
    late = editor.post(lesson, {**sent, "picture": file(), "picture_alt_nl": "Een bus"})
    assert late.status_code == 412
    assert not CourseImage.objects.exists()
    assert drafted(course).document.lessons[0].title["nl"] == "Eerder"


def test_a_course_goes_out_and_comes_in_as_one_file_with_its_pictures(
    editor: Client, tmp_path: Path
) -> None:
    course = with_picture()
    current = course.current
    assert current is not None
    answer = editor.get(f"{AT}/file")
    assert answer["Content-Disposition"] == 'attachment; filename="proef.zip"'
    (image,) = course.images.all()
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        assert zipped.namelist() == ["course.yaml", f"images/{image.pk}.png"]
    path, errors = tmp_path / "proef.zip", io.StringIO()
    call_command("export_course", "proef", output=path, stderr=errors)
    assert path.read_bytes() == answer.content
    call_command("export_course", "proef", stdout=io.StringIO(), stderr=errors)
    assert "left out: 1 pictures" in errors.getvalue()
    with pytest.raises(CommandError, match=r"\.zip"):
        call_command("export_course", "proef", output=tmp_path / "proef.yaml")
    # Here it is the same course; elsewhere it is made with the same picture.
    said = io.StringIO()
    call_command("import_course", path, stdout=said)
    assert "is the same" in said.getvalue()
    sent = {"file": SimpleUploadedFile("proef.zip", answer.content)}
    assert editor.post("/champions/courses/upload", sent).status_code == 302
    assert drafted(course).content == current.content
    assert course.images.count() == 1
    other = answer.content.replace(b"slug: proef", b"slug: kopie")
    assert other == answer.content  # packed, so it is written anew
    document, images = course_package.read(answer.content)
    copied = Course.named("kopie")
    copied.write_draft({**document.model_dump(), "slug": "kopie"}, by=None, images=images)
    (copy,) = copied.images.all()
    assert copy.pk != image.pk
    assert list(drafted(copied).document.images) == [str(copy.pk)]


def test_a_file_may_be_as_large_as_a_request_and_the_page_says_how_large(
    editor: Client, settings: Settings
) -> None:
    with_picture()
    content = editor.get(f"{AT}/file").content
    settings.PACKAGE_MAX_BYTES = 3 * 1024 * 1024
    assert "hooguit 3 MB" in editor.get("/champions/courses").content.decode()

    def sent(size: int) -> Any:
        # A zip is read from its end, whatever stands before it.
        whole = b"PK" + bytes(size - 2 - len(content)) + content
        return editor.post("/champions/courses/upload", {"file": file("proef.zip", whole)})

    assert sent(settings.PACKAGE_MAX_BYTES).status_code == 302
    refused = sent(settings.PACKAGE_MAX_BYTES + 1)
    assert refused.status_code == 422
    assert "groter dan 3 MB" in refused.content.decode()


def test_a_file_without_the_pictures_that_it_shows_is_refused_and_makes_nothing(
    editor: Client, tmp_path: Path
) -> None:
    content = editor_file = course_package.write(_current(with_picture()))[0]
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        words = zipped.read("course.yaml").replace(b"slug: proef", b"slug: nieuw")
    sent = {"file": SimpleUploadedFile("nieuw.yaml", words)}
    answer = editor.post("/champions/courses/upload", sent)
    assert answer.status_code == 422
    assert "lessons.0.blocks.2.image" in answer.content.decode()
    path, errors = tmp_path / "nieuw.yaml", io.StringIO()
    path.write_bytes(words)
    with pytest.raises(CommandError, match="nothing was changed"):
        call_command("import_course", path, stderr=errors)
    assert "lessons.0.blocks.2.image" in errors.getvalue()
    assert not Course.objects.filter(slug="nieuw").exists()
    assert editor_file == content


def _current(course: Course) -> CourseVersion:
    current = course.current
    assert current is not None
    return current


def _zip(**files: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in files.items():
            zipped.writestr(name.replace("__", "/").replace("_yaml", ".yaml"), content)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04 no zip",
        _zip(other=b"x"),
        _zip(course_yaml=b"a: " + b"x" * 2_000_000),
        _zip(course_yaml=b"slug: x\n"),
        _zip(**{f"f{number}": b"" for number in range(600)}),
        *DAMAGED_ARCHIVES.values(),
    ],
)
def test_a_zip_that_is_no_course_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        course_package.read(content)
    assert str(refused.value)


def test_a_picture_in_the_zip_is_made_anew_or_the_whole_is_refused() -> None:
    content, _ending = course_package.write(_current(with_picture()))
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        words = zipped.read("course.yaml")
        name = zipped.namelist()[1]
    bad = io.BytesIO()
    with zipfile.ZipFile(bad, "w") as zipped:
        zipped.writestr("course.yaml", words)
        zipped.writestr(name, b"<svg onload=alert(1)>")
        zipped.writestr("images/../../evil.png", photo())
    with pytest.raises(FileRefused, match=name):
        course_package.read(bad.getvalue())


def test_pictures_that_no_version_shows_go_after_a_day_and_the_others_stay() -> None:
    course = with_picture()
    (kept,) = course.images.all()
    draft = course.begin_draft(by=None)
    content = draft.document.model_dump()
    lone = CourseImage.put(course, uuid.uuid4(), _upload())
    draft.rewrite(content, by=None, seen=draft.revision)
    path = CourseImage.objects.get(pk=lone).path
    assert CourseImage.forget_unused() == 0
    CourseImage.objects.update(created_at=timezone.now() - timedelta(days=2))
    # What an old version shows stays, also when the newest does not.
    content["lessons"][0]["blocks"].pop()
    draft.rewrite(content, by=None, seen=draft.revision)
    draft.publish(by=None)
    assert CourseImage.forget_unused() == 1
    assert list(CourseImage.objects.all()) == [kept]
    assert default_storage.exists(kept.path)
    assert path != kept.path


def _upload() -> Any:
    from server import uploads

    return uploads.clean("x.jpg", io.BytesIO(photo("JPEG")), None)


def test_a_document_with_somebody_elses_picture_is_refused() -> None:
    theirs = with_picture("ander")
    (image,) = theirs.images.all()
    document = small_document()
    picture = {"kind": "image", "image": str(image.pk), "alt": {"nl": "Bus"}}
    document["lessons"][0]["blocks"].append(picture)
    with pytest.raises(Invalid):
        Course.named("proef").write_draft(document, by=None)


def names(course: Course, what: str) -> list[str]:
    document = drafted(course).document
    if what == "lessons":
        return [lesson.slug for lesson in document.lessons]
    return [question.id for question in document.quiz.questions]


@pytest.mark.parametrize(
    ("what", "first", "second"), [("lessons", "een", "twee"), ("questions", "v1", "v2")]
)
def test_lessons_and_questions_are_put_in_order_and_out_with_buttons(
    editor: Client, what: str, first: str, second: str
) -> None:
    course = make_course()
    editor.post(f"{AT}/draft")
    page = editor.get(f"{AT}/").content.decode()
    assert f'action="{AT}/{what}/{first}/arrange"' in page

    def press(name: str, do: str, revision: int | None = None) -> Any:
        seen = drafted(course).revision if revision is None else revision
        return editor.post(f"{AT}/{what}/{name}/arrange", {"do": do, "revision": seen})

    old = drafted(course).revision
    # Back at what was moved, which a keyboard can go on from.
    assert press(first, "down")["Location"] == f"{AT}/#{what}-at-{first}"
    assert f'<a id="{what}-at-{first}" href=' in editor.get(f"{AT}/").content.decode()
    assert names(course, what)[:2] == [second, first]
    assert press(first, "down", old).status_code == 412
    press(first, "up")
    assert names(course, what)[:2] == [first, second]
    press(first, "up")  # it is the first already
    assert names(course, what)[:2] == [first, second]
    assert press(second, "remove")["Location"] == f"{AT}/#{what}-title"
    assert f'id="{what}-title" tabindex="-1"' in editor.get(f"{AT}/").content.decode()
    assert second not in names(course, what)
    assert press(second, "remove").status_code == 404
    assert press(first, "sideways").status_code == 404
    assert _current(course).document.model_dump()["slug"] == "proef"
    assert second in str(_current(course).content)


def test_what_has_to_stay_stays_and_says_why(editor: Client) -> None:
    course = make_course()
    editor.post(f"{AT}/draft")

    def press(what: str, name: str) -> Any:
        seen = drafted(course).revision
        return editor.post(f"{AT}/{what}/{name}/arrange", {"do": "remove", "revision": seen})

    # Questions that the lesson explained stay, and are explained in none.
    press("lessons", "een")
    assert all(each.lesson is None for each in drafted(course).document.quiz.questions)
    answer = press("lessons", "twee")
    assert answer.status_code == 422
    assert "laatste les" in answer.content.decode()
    assert names(course, "lessons") == ["twee"]
    for name in ("v1", "v2", "v3"):
        press("questions", name)
    answer = press("questions", "v4")
    assert answer.status_code == 422
    assert "Laat er eerst minder stellen" in answer.content.decode()
    assert names(course, "questions") == ["v4", "v5", "v6"]


def test_without_a_draft_or_as_somebody_else_nothing_is_moved(editor: Client) -> None:
    make_course()
    address = f"{AT}/lessons/een/arrange"
    assert editor.post(address, {"do": "down", "revision": 1}).status_code == 404
    assert editor.get(address).status_code == 405
    other = browser_of(make_person(roles=["manager"]))
    assert other.post(address, {"do": "down", "revision": 1}).status_code == 403
    assert other.get(f"{AT}/images/{uuid.uuid4()}").status_code == 403
