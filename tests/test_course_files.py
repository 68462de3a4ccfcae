"""Courses and questions from files: what people wrote, and what somebody built to do harm."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ambassadors.importing import FileRefused, cartridge, course_file, gift
from ambassadors.models import Course
from server.accounts.models import AuditEvent
from tests.courses import make_course, small_document
from tests.factories import make_person
from tests.hostile_files import DAMAGED_ARCHIVES, MISTAGGED_YAML
from tests.installs import ROOT

STARTER = ROOT / "ambassadors/starter/mag-ik-dit-posten.yaml"

QTI = """<?xml version="1.0" encoding="UTF-8"?>
<questestinterop xmlns="http://www.imsglobal.org/xsd/ims_qtiasiv1p2"><assessment ident="a">
<section ident="s">
<item ident="i1" title="Afzender"><presentation>
  <material><mattext texttype="text/html">&lt;p&gt;Wie mag &lt;b&gt;dit&lt;/b&gt; zien?&lt;/p&gt;
  </mattext></material>
  <response_lid ident="r"><render_choice>
    <response_label ident="x"><material><mattext>Iedereen</mattext></material></response_label>
    <response_label ident="y"><material><mattext>Niemand</mattext></material></response_label>
  </render_choice></response_lid></presentation>
  <resprocessing><respcondition><conditionvar><varequal respident="r">y</varequal></conditionvar>
    <setvar varname="SCORE">100</setvar></respcondition></resprocessing></item>
<item ident="i2" title="Opstel"><presentation><material><mattext>Schrijf.</mattext></material>
  <response_str ident="r"/></presentation></item>
</section></assessment></questestinterop>"""

MANIFEST = """<manifest><resources>
<resource type="imsqti_xmlv1p2/imscc_xmlv1p1/assessment"><file href="quiz/a.xml"/></resource>
<resource type="webcontent"><file href="film.xml"/></resource></resources></manifest>"""


def zipped(**files: str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name.replace("__", "/").replace("_xml", ".xml"), text)
    return stream.getvalue()


def wrong(content: bytes | str, reader: Any = course_file, **options: Any) -> list[str]:
    content = content.encode() if isinstance(content, str) else content
    with pytest.raises(FileRefused) as refused:
        reader.read(content, **options)
    return [str(error) for error in refused.value.errors]


def test_the_course_that_ships_is_complete_in_both_languages_and_reads_back_the_same() -> None:
    course = course_file.read(STARTER.read_bytes())
    assert course.languages == ["nl", "en"]
    assert course.teaches_policy
    assert len(course.lessons) >= 6
    assert len(course.quiz.questions) >= course.quiz.ask * 3 // 2
    exercises = [block for lesson in course.lessons for block in lesson.blocks]
    assert sum(block.kind == "exercise" for block in exercises) == len(course.lessons)
    asked_about = {question.lesson for question in course.quiz.questions}
    assert asked_about == {lesson.slug for lesson in course.lessons}
    assert course_file.read(course_file.write(course).encode()) == course


def test_errors_say_the_line_and_the_field() -> None:
    text = STARTER.read_text()
    broken = text.replace("  ask: 8\n", "  ask: 40\n").replace("minutes: 3", "minutes: drie", 1)
    lines = broken.split("\n")
    number = lines.index("    minutes: drie") + 1
    (error,) = wrong(broken)
    assert error.startswith(f"regel {number}, lessons.0.minutes: ")
    (error,) = wrong(
        text.replace("          en: No, a hint", "          de: No, a hint").replace(
            "  ask: 8\n", "  ask: 40\n"
        )
    )
    assert "quiz.ask" in error
    (error,) = wrong(text.replace("    title:\n      nl: Waarom juist jij\n", "    title:\n", 1))
    assert error.startswith(f"regel {lines.index('    title:') + 1}, lessons.0.title: ")
    (error,) = wrong(text + "\nslug: nog-een\n")
    assert error.startswith(f"regel {len(lines) + 1}: ")


@pytest.mark.parametrize("address", ["http://example.org/v", "https://[naam].nl/v", "https://[x"])
def test_a_video_without_an_address_is_refused_in_words(address: str) -> None:
    course = small_document()
    video = {"kind": "video", "url": address, "title": {"nl": "Een film"}}
    course["lessons"][0]["blocks"].append(video)
    (error,) = wrong(json.dumps(course))
    assert error.endswith("Schrijf een adres dat met https:// begint.")


def test_a_yes_is_a_word_and_a_date_is_too() -> None:
    course = small_document()
    course["title"] = {"nl": "2026-01-01", "en": "Yes"}
    written = course_file.write(course_file.checked(course)).replace("'", "")
    assert course_file.read(written.encode()).title == {"nl": "2026-01-01", "en": "Yes"}


@pytest.mark.parametrize(
    "content",
    [
        "a: &a [x, x]\nb: *a\n",
        "[" * 5000,
        "a: !!python/object/apply:os.system ['true']\n",
        "? [a]\n: b\n",
        *MISTAGGED_YAML,
        "- slug: x\n",
        "",
        "a: 'x",
        "\x00",
        "a: \ufeff\x07",
        'a: "\\U00110000"',
        'a: "\\UFFFFFFFF"',
        b"\xff\xfe",
        b"#" * (1024 * 1024 + 1),
    ],
)
def test_a_file_that_is_no_course_is_refused_in_words(content: bytes | str) -> None:
    assert wrong(content)[0]


def test_gift_brings_choices_and_leaves_out_the_rest() -> None:
    found = gift.read(
        b"""// Een toets
$CATEGORY: top

::Afzender:: Waar zeg je dat je hier werkt? {
  =In het bericht # Juist.

  ~In mijn profiel
  ~Nergens \\= nooit
  #### Lezers zien je profiel niet.
}

Een review zonder naam mag. {FALSE#Nee}

Noem %50%: {~%50%Utrecht ~%50%Zwolle ~%-100%Parijs}

Koppel. {=Vraag -> Antwoord =Nog -> Een}

Hoeveel? {#5}
""",
        language="nl",
    )
    first, second, third = found.questions
    assert first.text == {"nl": "Waar zeg je dat je hier werkt?"}
    assert [choice.text["nl"] for choice in first.choices][2] == "Nergens = nooit"
    assert [choice.right for choice in first.choices] == [True, False, False]
    assert first.why == {"nl": "Lezers zien je profiel niet."}
    assert [choice.right for choice in second.choices] == [False, True]
    assert [choice.right for choice in third.choices] == [True, True, False]
    assert len(found.left_out) == 2
    assert wrong("Wat? {=a ~b", gift, language="nl")[0].startswith("regel 1: ")


def test_a_cartridge_brings_the_questions_of_its_quizzes() -> None:
    content = zipped(imsmanifest_xml=MANIFEST, quiz__a_xml=QTI, film_xml="<!DOCTYPE x>")
    for source in (content, QTI.encode()):
        found = cartridge.read(source, language="nl")
        (question,) = found.questions
        assert question.text == {"nl": "Wie mag dit zien?"}
        assert {choice.text["nl"]: choice.right for choice in question.choices} == {
            "Iedereen": False,
            "Niemand": True,
        }
        assert found.left_out == ["Opstel: het is geen meerkeuzevraag"]


@pytest.mark.parametrize(
    "content",
    [
        '<!DOCTYPE l [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><l>&b;</l>',
        '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>',
        "<a>" * 100,
        "<a>" + "<b/>" * 100_001 + "</a>",
        "<open>",
        "<?xml version='1.0' encoding='utf-7'?><a/>",
        zipped(other="x"),
        zipped(imsmanifest_xml=MANIFEST, quiz__a_xml="<!DOCTYPE a><a/>"),
        zipped(imsmanifest_xml=MANIFEST, quiz__a_xml="<a>" + " " * (6 * 1024 * 1024) + "</a>"),
        zipped(imsmanifest_xml=MANIFEST, quiz__a_xml=QTI)[:-40],
        *DAMAGED_ARCHIVES.values(),
    ],
)
def test_a_cartridge_that_is_built_to_do_harm_is_refused(content: bytes | str) -> None:
    assert wrong(content, cartridge, language="nl")[0]


@pytest.mark.django_db
def test_a_file_becomes_a_draft_or_is_published_and_twice_is_once(tmp_path: Path) -> None:
    said = io.StringIO()
    call_command("import_course", STARTER, "--dry-run", stdout=said)
    assert not Course.objects.exists()
    call_command("import_course", STARTER, stdout=said)
    course = Course.objects.get()
    assert course.current is None
    call_command("import_course", STARTER, "--publish", stdout=said)
    call_command("import_course", STARTER, "--publish", stdout=said)
    assert [version.number for version in course.versions.all()] == [1]
    out = io.StringIO()
    call_command("export_course", course.slug, stdout=out)
    copy = tmp_path / "copy.yaml"
    copy.write_text(out.getvalue().replace("slug: mag-ik-dit-posten", "slug: kopie"))
    call_command("import_course", copy, "--publish", stdout=said)
    copied, original = Course.objects.get(slug="kopie").current, course.current
    assert copied is not None
    assert original is not None
    assert {**copied.content, "slug": course.slug} == original.content
    copy.write_text("slug: kopie\n")
    errors = io.StringIO()
    with pytest.raises(CommandError):
        call_command("import_course", copy, stderr=errors)
    assert "lessons: " in errors.getvalue()
    assert Course.objects.get(slug="kopie").draft is None


@pytest.mark.django_db
def test_the_command_leaves_what_somebody_wrote_in_a_draft(tmp_path: Path) -> None:
    course, file = make_course(), tmp_path / "proef.yaml"
    call_command("export_course", "proef", output=file)
    file.write_text(file.read_text().replace("ask: 3", "ask: 2"))
    draft = course.begin_draft(by=None)
    mine = {**draft.content, "summary": draft.content["title"]}
    draft.rewrite(mine, by=make_person(roles=["editor"]), seen=draft.revision)
    for options in ([], ["--publish"], ["--dry-run"]):
        with pytest.raises(CommandError, match="--replace-draft"):
            call_command("import_course", file, *options, stdout=io.StringIO())
    draft.refresh_from_db()
    assert draft.content["summary"] == draft.content["title"]
    call_command("import_course", file, "--replace-draft", stdout=io.StringIO())
    draft.refresh_from_db()
    assert draft.content["quiz"]["ask"] == 2
    assert AuditEvent.objects.get(action="course-draft-replaced").detail["revision"] == 2


@pytest.mark.django_db
def test_questions_from_elsewhere_go_into_the_draft_once(tmp_path: Path) -> None:
    course, file = make_course(), tmp_path / "quiz.gift"
    file.write_text("Mag dit? {=Nee ~Ja}\n")
    for _time in range(2):
        call_command("import_questions", "proef", file, stdout=io.StringIO())
    draft, current = course.draft, course.current
    assert draft is not None
    assert current is not None
    assert len(draft.document.quiz.questions) == 7
    assert len(current.document.quiz.questions) == 6
    file.write_text("Other? {=No ~Yes}\n")
    with pytest.raises(CommandError):
        call_command("import_questions", "proef", file, "--language", "en", stdout=io.StringIO())
