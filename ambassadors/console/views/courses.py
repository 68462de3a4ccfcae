"""Training for editors: what there is, how it goes in numbers, and writing the next version."""

import copy
from collections.abc import Callable
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from pydantic import ValidationError

from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.course_forms import (
    CourseFileForm,
    DocumentForm,
    FileForm,
    LessonForm,
    QuestionForm,
    ReasonForm,
    RuleForm,
    SettingsForm,
    new_lesson,
)
from ambassadors.course_document import CourseDocument
from ambassadors.course_schemas import block_out, sayer
from ambassadors.importing import FileRefused, cartridge, course_file, gift
from ambassadors.importing.cartridge import LARGEST_ZIP
from ambassadors.models import Course, CourseVersion, EnrolmentRule
from ambassadors.models.course_numbers import CourseNumbers
from ambassadors.models.learning import withdraw_question
from server.problems import Invalid, NotFound, StaleVersion


def _course(slug: str) -> Course:
    return get_object_or_404(Course, slug=slug)


def _draft(slug: str) -> CourseVersion:
    draft = _course(slug).draft
    if draft is None:
        raise NotFound
    return draft


@require_safe
@editor_page
def courses(http: ConsoleRequest) -> HttpResponse:
    return render(http, "champions/courses.html", _listed(CourseFileForm()))


def _listed(form: CourseFileForm) -> dict[str, Any]:
    rows = []
    there = list(Course.objects.order_by("retired_at", "created_at"))
    numbers = CourseNumbers.of(there)
    for course in there:
        current, draft = course.current, course.draft
        shown = current or draft
        if shown is None:
            continue
        rows.append(
            {
                "course": course,
                "title": _said(shown.document, shown.document.title),
                "current": current,
                "draft": draft,
                "numbers": numbers[course.pk],
            }
        )
    return {"here": "courses", "rows": rows, "form": form}


def _said(document: CourseDocument, words: dict[str, str]) -> str:
    return document.say(words, translation.get_language() or "nl").text


@require_POST
@editor_page
def upload_course(http: ConsoleRequest) -> HttpResponse:
    """A course from a file becomes the draft; nobody reads it before it is published."""
    form = CourseFileForm(http.POST, http.FILES)
    if form.is_valid():
        try:
            document = course_file.read(_read(form))
        except FileRefused as refused:
            for error in refused.errors[:50]:
                form.add_error("file", str(error))
        else:
            Course.named(document.slug).write_draft(document.model_dump(), by=http.user)
            messages.success(http, _("The file is the draft now."))
            return redirect("champions-course", slug=document.slug)
    wrong = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(http, "champions/courses.html", _listed(form), status=wrong)


def _read(form: CourseFileForm | FileForm) -> bytes:
    content: bytes = form.cleaned_data["file"].read(LARGEST_ZIP + 1)
    return content


@require_safe
@editor_page
def course(http: ConsoleRequest, slug: str) -> HttpResponse:
    return _shown(http, _course(slug))


def _shown(
    http: ConsoleRequest,
    course: Course,
    status: HTTPStatus = HTTPStatus.OK,
    **forms: Any,
) -> HttpResponse:
    current, draft = course.current, course.draft
    shown = draft or current
    if shown is None:
        raise NotFound
    document = shown.document
    withdrawn = {row.question: row for row in course.withdrawn.all()}
    numbers = CourseNumbers.of([course])[course.pk]
    context = {
        "here": "courses",
        "course": course,
        "title": _said(document, document.title),
        "summary": _said(document, document.summary),
        "document": document,
        "languages": document.languages,
        "current": current,
        "draft": draft,
        "numbers": numbers,
        "lessons": [
            {
                "slug": lesson.slug,
                "title": _said(document, lesson.title),
                "minutes": lesson.minutes,
                "done": numbers.by_lesson.get(lesson.slug, 0),
            }
            for lesson in document.lessons
        ],
        "questions": [
            {
                "id": question.id,
                "text": _said(document, question.text),
                "withdrawn": withdrawn.get(question.id),
            }
            for question in document.quiz.questions
        ],
        "versions": course.versions.published().defer("content").order_by("-number"),
        "rules": course.rules.filter(ended_at=None).select_related("department"),
        "rule_form": RuleForm(),
        "file_form": FileForm(),
        **forms,
    }
    return render(http, "champions/course.html", context, status=status)


@require_POST
@editor_page
def begin_draft(http: ConsoleRequest, slug: str) -> HttpResponse:
    _course(slug).begin_draft(by=http.user)
    return redirect("champions-course", slug=slug)


@require_POST
@editor_page
def throw_draft_away(http: ConsoleRequest, slug: str) -> HttpResponse:
    course = _course(slug)
    _draft(slug).throw_away()
    messages.success(http, _("The draft is gone."))
    return (
        redirect("champions-course", slug=slug) if course.current else redirect("champions-courses")
    )


@require_POST
@editor_page
def publish(http: ConsoleRequest, slug: str) -> HttpResponse:
    """What is published is what was read: another revision is refused."""
    draft = _draft(slug)
    if str(draft.revision) != http.POST.get("revision"):
        raise StaleVersion
    try:
        draft.publish(by=http.user, asks_refresher="asks_refresher" in http.POST)
    except Invalid as invalid:
        wrong = [error["message"] for error in invalid.facts["errors"]]
        return _shown(http, draft.course, HTTPStatus.UNPROCESSABLE_ENTITY, refused=wrong)
    messages.success(http, _("Version %(number)s is published.") % {"number": draft.number})
    return redirect("champions-course", slug=slug)


def _edited(
    http: ConsoleRequest, slug: str, make: Callable[..., DocumentForm], title: str, template: str
) -> HttpResponse:
    """Show a form of a part of the draft, or put in the draft what was written in it."""
    draft = _draft(slug)
    content = draft.document.model_dump()
    given = [http.POST] if http.method == "POST" else []
    # Before anything of it is read: its parts may stand elsewhere by now.
    if given and http.POST.get("revision") != str(draft.revision):
        raise StaleVersion
    form = make(content, *given)
    form.fields["revision"].initial = draft.revision
    status = HTTPStatus.OK
    if given:
        if form.is_valid():
            draft.rewrite(form.written, by=http.user, seen=form.cleaned_data["revision"])
            messages.success(http, _("Saved in the draft."))
            if form.cleaned_data.get("add"):
                return HttpResponseRedirect(http.get_full_path())
            return redirect("champions-course", slug=slug)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"here": "courses", "course": draft.course, "form": form, "title": title}
    return render(http, template, context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def settings(http: ConsoleRequest, slug: str) -> HttpResponse:
    title = _("Title, quiz and certificate")
    return _edited(http, slug, SettingsForm, title, "champions/course_part.html")


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def lesson(http: ConsoleRequest, slug: str, lesson: str) -> HttpResponse:
    document = _draft(slug).document
    places = {each.slug: place for place, each in enumerate(document.lessons)}
    if lesson not in places:
        raise NotFound

    def make(content: dict[str, Any], *args: Any) -> LessonForm:
        return LessonForm(content, places[lesson], *args)

    title = _said(document, document.lessons[places[lesson]].title)
    return _edited(http, slug, make, title, "champions/course_lesson.html")


@require_POST
@editor_page
def add_lesson(http: ConsoleRequest, slug: str) -> HttpResponse:
    draft = _draft(slug)
    content = copy.deepcopy(draft.document.model_dump())
    made = new_lesson(content)
    draft.rewrite(
        CourseDocument.model_validate(content).model_dump(), by=http.user, seen=draft.revision
    )
    return redirect("champions-course-lesson", slug=slug, lesson=made)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def question(http: ConsoleRequest, slug: str, question: str = "") -> HttpResponse:
    """One of the draft, or a new one where there is no id."""
    document = _draft(slug).document
    places = {each.id: place for place, each in enumerate(document.quiz.questions)}
    if question and question not in places:
        raise NotFound

    def make(content: dict[str, Any], *args: Any) -> QuestionForm:
        return QuestionForm(content, places.get(question), *args)

    title = _("Question of the quiz") if question else _("New question")
    return _edited(http, slug, make, title, "champions/course_part.html")


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def withdraw(http: ConsoleRequest, slug: str, question: str) -> HttpResponse:
    """Of what is published; whoever failed on it is judged again."""
    course = _course(slug)
    form = ReasonForm(http.POST if http.method == "POST" else None)
    if http.method == "POST" and form.is_valid():
        try:
            count = withdraw_question(
                course, question, by=http.user, reason=form.cleaned_data["reason"]
            )
        except Invalid as invalid:
            form.add_error(None, invalid.facts["errors"][0]["message"])
        else:
            messages.success(
                http,
                _("It is not asked any more. Passed after all: %(count)s.") % {"count": count},
            )
            return redirect("champions-course", slug=slug)
    version = course.current
    asked = version.document.quiz.questions if version else []
    found = next((each for each in asked if each.id == question), None)
    if version is None or found is None:
        raise NotFound
    context = {
        "here": "courses",
        "course": course,
        "form": form,
        "question": _said(version.document, found.text),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "champions/course_withdraw.html", context, status=status)


@require_POST
@editor_page
def upload_questions(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Questions from GIFT, QTI or a cartridge, into the draft."""
    course, form = _course(slug), FileForm(http.POST, http.FILES)
    if form.is_valid():
        name = form.cleaned_data["file"].name.lower()
        reader = cartridge if name.endswith((".imscc", ".zip", ".xml")) else gift
        try:
            found = reader.read(_read(form), language=form.cleaned_data["language"])
            draft = course.begin_draft(by=http.user)
            count = draft.add_questions(found.questions, by=http.user, seen=draft.revision)
        except FileRefused as refused:
            form.add_error("file", str(refused.errors[0]))
        except ValidationError:
            form.add_error("language", _("Questions have to be in the course's own language."))
        else:
            messages.success(http, _("Questions added: %(count)s.") % {"count": count})
            for line in found.left_out[:20]:
                messages.warning(http, _("Left out: %(line)s") % {"line": line})
            return redirect("champions-course", slug=slug)
    return _shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, file_form=form)


@require_POST
@editor_page
def add_rule(http: ConsoleRequest, slug: str) -> HttpResponse:
    course, form = _course(slug), RuleForm(http.POST)
    if not form.is_valid():
        return _shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    EnrolmentRule.add(course, by=http.user, **form.cleaned_data)
    messages.success(http, _("Whoever it is for is asked within ten minutes."))
    return redirect("champions-course", slug=slug)


@require_POST
@editor_page
def end_rule(http: ConsoleRequest, slug: str, rule: UUID) -> HttpResponse:
    get_object_or_404(EnrolmentRule, pk=rule, course__slug=slug).end(by=http.user)
    messages.success(http, _("Nobody new is asked by it."))
    return redirect("champions-course", slug=slug)


@require_POST
@editor_page
def retire(http: ConsoleRequest, slug: str) -> HttpResponse:
    course = _course(slug)
    if course.retired_at is None:
        course.retire(by=http.user)
    else:
        course.bring_back(by=http.user)
    return redirect("champions-course", slug=slug)


@require_safe
@editor_page
def download(http: ConsoleRequest, slug: str) -> HttpResponse:
    """The draft where there is one, else what is published, as `import_course` reads it."""
    course = _course(slug)
    version = course.draft or course.current
    if version is None:
        raise NotFound
    response = HttpResponse(course_file.write(version.document), content_type="application/yaml")
    response["Content-Disposition"] = f'attachment; filename="{course.slug}.yaml"'
    return response


@require_safe
@editor_page
def preview(http: ConsoleRequest, slug: str) -> HttpResponse:
    """As an employee reads it, in the language that they choose."""
    course = _course(slug)
    version = course.draft or course.current
    if version is None:
        raise NotFound
    document = version.document
    language = http.GET.get("language", "")
    if language not in document.languages:
        language = http.user.language
    say = sayer(document, language)
    context = {
        "here": "courses",
        "course": course,
        "version": version,
        "title": say(document.title),
        "summary": say(document.summary),
        "language": language,
        "languages": document.languages,
        "minutes": document.minutes,
        "lessons": [
            {
                "title": say(lesson.title),
                "minutes": lesson.minutes,
                "blocks": [block_out(block, say) for block in lesson.blocks],
            }
            for lesson in document.lessons
        ],
        "questions": [
            {
                "text": say(question.text),
                "several": len(question.right) > 1,
                "choices": [say(choice.text) for choice in question.choices],
            }
            for question in document.quiz.questions
        ],
        "quiz": document.quiz,
    }
    return render(http, "champions/course_preview.html", context)
