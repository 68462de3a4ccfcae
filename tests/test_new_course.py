"""A course that begins in the console, without a file and without a command."""

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from ambassadors import new_course, training_clock
from ambassadors.models import Course, Enrolment, EnrolmentRule, Phrase
from server.accounts.models import AuditEvent
from tests.clients import browser_of
from tests.factories import make_person
from tests.posts import make_editor

pytestmark = pytest.mark.django_db
HOME = "/champions/courses"


@pytest.fixture
def editor() -> Client:
    return browser_of(make_editor())


def test_an_editor_begins_a_course_with_its_title_and_writes_on_in_the_draft(
    editor: Client,
) -> None:
    assert f"{HOME}/new" in editor.get(HOME).content.decode()
    assert editor.get(f"{HOME}/new").status_code == 200
    for wrong in ({"title_nl": "Veilig"}, {"title_nl": " ", "title_en": "Safe"}):
        assert editor.post(f"{HOME}/new", wrong).status_code == 422
    assert not Course.objects.exists()
    title = {"title_nl": "Veilig op het werk!", "title_en": "Safe at work"}
    answer = editor.post(f"{HOME}/new", title)
    assert answer["Location"] == f"{HOME}/veilig-op-het-werk/"
    course = Course.objects.get()
    draft = course.draft
    assert draft is not None
    assert draft.document.title == {"nl": "Veilig op het werk!", "en": "Safe at work"}
    assert draft.document.languages == ["nl", "en"]
    assert editor.get(answer["Location"]).status_code == 200
    # A second one with the same title has an address of its own.
    again = editor.post(f"{HOME}/new", title)
    assert again["Location"] == f"{HOME}/veilig-op-het-werk-2/"


def test_what_is_still_to_be_written_is_not_published(editor: Client) -> None:
    editor.post(f"{HOME}/new", {"title_nl": "Nieuw", "title_en": "New"})
    course = Course.objects.get()
    sent = {"revision": "1"}
    answer = editor.post(f"{HOME}/nieuw/publish", sent)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert new_course.WRITE["nl"]["text"] in page
    assert course.current is None
    draft = course.draft
    assert draft is not None
    written: Any = _without_first_words(draft.content)
    draft.rewrite(written, by=None, seen=1)
    assert editor.post(f"{HOME}/nieuw/publish", {"revision": "2"}).status_code == 302
    assert course.current is not None


def _without_first_words(part: Any) -> Any:
    if isinstance(part, dict):
        return {name: _without_first_words(value) for name, value in part.items()}
    if isinstance(part, list):
        return [_without_first_words(value) for value in part]
    first = {text for words in new_course.WRITE.values() for text in words.values()}
    return "Geschreven." if part in first else part


def test_where_there_is_no_course_a_button_begins_with_the_one_that_ships(editor: Client) -> None:
    assert f'action="{HOME}/starter"' in editor.get(HOME).content.decode()
    answer = editor.post(f"{HOME}/starter", follow=True)
    page = answer.content.decode()
    course = Course.objects.get()
    assert (course.current, course.draft is not None) == (None, True)
    assert Phrase.objects.exists()
    # The rule is there to see and to end, and asks nobody before the course is published.
    rule = EnrolmentRule.objects.get()
    assert rule.joined_since == timezone.localdate()
    assert f"rules/{rule.pk}/end" in page
    assert AuditEvent.objects.filter(action="enrolment-rule-made", subject_id=course.pk).exists()
    new = make_person()
    assert training_clock.enrol() == 0
    draft = course.draft
    assert draft is not None
    draft.publish(by=None)
    assert training_clock.enrol() >= 1
    assert Enrolment.objects.filter(user=new).exists()
    # Again, from a page of before, changes nothing.
    editor.post(f"{HOME}/starter")
    assert (Course.objects.count(), EnrolmentRule.objects.count()) == (1, 1)
    assert f'action="{HOME}/starter"' not in editor.get(HOME).content.decode()


def test_the_command_does_the_same_and_can_leave_the_rule_out() -> None:
    out = io.StringIO()
    call_command("install_starter", "--draft", "--no-rule", stdout=out)
    assert not EnrolmentRule.objects.exists()
    Course.objects.get().versions.all().delete()
    call_command("install_starter", stdout=out)
    assert EnrolmentRule.objects.get().by is None
    assert Course.objects.get().current is not None
    assert "/champions/courses/mag-ik-dit-posten/" in out.getvalue()


def test_it_is_for_editors() -> None:
    for person in (make_person(), make_person(roles=["manager"])):
        for path in ("new", "starter"):
            assert browser_of(person).post(f"{HOME}/{path}", {}).status_code == 403
