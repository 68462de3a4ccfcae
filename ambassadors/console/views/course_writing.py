"""The next version of a course: its draft, its lessons, their order, and publishing it."""

import copy
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ambassadors import course_edits
from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.course_forms import DocumentForm, LessonForm, new_lesson
from ambassadors.console.quiz_forms import SettingsForm
from ambassadors.console.views.courses import course_of, said, shown
from ambassadors.console.views.sure import sure
from ambassadors.course_document import CourseDocument
from ambassadors.models import Course, CourseVersion
from ambassadors.models.course_numbers import CourseNumbers
from server.problems import Invalid, NotFound, StaleVersion


def draft_of(slug: str) -> CourseVersion:
    draft = course_of(slug).draft
    if draft is None:
        raise NotFound
    return draft


@require_POST
@editor_page
def begin_draft(http: ConsoleRequest, slug: str) -> HttpResponse:
    course_of(slug).begin_draft(by=http.user)
    return redirect("champions-course", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def throw_draft_away(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Say what is lost, then forget it; not what a colleague wrote in the meantime."""
    course = course_of(slug)
    if http.method != "POST":
        return _sure_to_throw_away(http, course)
    draft = draft_of(slug)
    if str(draft.revision) != http.POST.get("revision"):
        raise StaleVersion
    draft.throw_away(by=http.user, seen=draft.revision)
    messages.success(http, _("The draft is gone."))
    return (
        redirect("champions-course", slug=slug) if course.current else redirect("champions-courses")
    )


def _sure_to_throw_away(http: ConsoleRequest, course: Course) -> HttpResponse:
    draft, current = course.draft, course.current
    if draft is None:
        return redirect("champions-course", slug=course.slug)
    does = [_("What was written in the draft is gone, for all editors. There is no way back.")]
    if current:
        stays = _("Employees notice nothing: version %(number)s stays as it is.")
        does.append(stays % {"number": current.number})
    else:
        does.append(_("Nothing of this course was published, so nothing of it is left."))
    return sure(
        http,
        _("Throw the draft away?"),
        does,
        yes=_("Yes, throw it away"),
        back=(reverse("champions-course", args=[course.slug]), _("Back to the course")),
        here="courses",
        seen={"revision": draft.revision},
        instead=(
            reverse("champions-course-download", args=[course.slug]),
            _("Keep it as a file first"),
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def publish(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Say what publishing does, then do it. What is published is what was read: another revision is
    refused.
    """
    if http.method != "POST":
        return _sure(http, course_of(slug))
    draft = draft_of(slug)
    if str(draft.revision) != http.POST.get("revision"):
        raise StaleVersion
    try:
        draft.publish(by=http.user, asks_refresher="asks_refresher" in http.POST)
    except Invalid as invalid:
        wrong = [error["message"] for error in invalid.facts["errors"]]
        return shown(http, draft.course, HTTPStatus.UNPROCESSABLE_ENTITY, refused=wrong)
    messages.success(http, _("Version %(number)s is published.") % {"number": draft.number})
    return redirect("champions-course", slug=slug)


def _sure(http: ConsoleRequest, course: Course) -> HttpResponse:
    draft = course.draft
    if draft is None:
        return redirect("champions-course", slug=course.slug)
    context = {
        "here": "courses",
        "course": course,
        "draft": draft,
        "title": said(draft.document, draft.document.title),
        "current": course.current,
        "numbers": CourseNumbers.of([course])[course.pk],
    }
    return render(http, "champions/course_publish.html", context)


def edited(
    http: ConsoleRequest, slug: str, make: Callable[..., DocumentForm], title: str, template: str
) -> HttpResponse:
    """Show a form of a part of the draft, or put in the draft what was written in it."""
    draft = draft_of(slug)
    content = draft.document.model_dump()
    given = [http.POST, http.FILES] if http.method == "POST" else []
    # Before anything of it is read: its parts may stand elsewhere by now.
    if given and http.POST.get("revision") != str(draft.revision):
        raise StaleVersion
    form = make(content, *given)
    form.fields["revision"].initial = draft.revision
    status = HTTPStatus.OK
    if given:
        if form.is_valid() and _kept(form, draft, http):
            messages.success(http, _("Saved in the draft."))
            if form.cleaned_data.get("add") or form.images:
                return HttpResponseRedirect(http.get_full_path())
            return redirect("champions-course", slug=slug)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"here": "courses", "course": draft.course, "form": form, "title": title}
    return render(http, template, context, status=status)


def _kept(form: DocumentForm, draft: CourseVersion, http: ConsoleRequest) -> bool:
    """Put it in the draft; False where a picture could not be kept, and then the form says so."""
    seen = form.cleaned_data["revision"]
    try:
        draft.rewrite(form.written, by=http.user, seen=seen, images=form.images)
    except Invalid as invalid:
        for error in invalid.facts["errors"]:
            field = "picture" if error["field"] == "file" else None
            form.add_error(field, error["message"])
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def settings(http: ConsoleRequest, slug: str) -> HttpResponse:
    title = _("Title, quiz and certificate")
    return edited(http, slug, SettingsForm, title, "champions/course_part.html")


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def lesson(http: ConsoleRequest, slug: str, lesson: str) -> HttpResponse:
    document = draft_of(slug).document
    places = {each.slug: place for place, each in enumerate(document.lessons)}
    if lesson not in places:
        raise NotFound

    def make(content: dict[str, Any], *args: Any) -> LessonForm:
        return LessonForm(content, places[lesson], *args)

    title = said(document, document.lessons[places[lesson]].title)
    return edited(http, slug, make, title, "champions/course_lesson.html")


@require_POST
@editor_page
def add_lesson(http: ConsoleRequest, slug: str) -> HttpResponse:
    draft = draft_of(slug)
    content = copy.deepcopy(draft.document.model_dump())
    made = new_lesson(content)
    draft.rewrite(
        CourseDocument.model_validate(content).model_dump(), by=http.user, seen=draft.revision
    )
    return redirect("champions-course-lesson", slug=slug, lesson=made)


@require_POST
@editor_page
def arrange_lesson(http: ConsoleRequest, slug: str, lesson: str) -> HttpResponse:
    """Put a lesson higher, lower, or out of the draft."""
    return put_in_order(http, slug, "lessons", lesson)


def put_in_order(http: ConsoleRequest, slug: str, what: str, name: str) -> HttpResponse:
    """What the buttons beside lessons and questions do, to the draft as its reader saw it."""
    draft = draft_of(slug)
    if http.POST.get("revision") != str(draft.revision):
        raise StaleVersion
    content, place = draft.document.model_dump(), f"{what}-at-{name}"
    try:
        match http.POST.get("do"):
            case "up":
                content = course_edits.moved(content, what, name, -1)
            case "down":
                content = course_edits.moved(content, what, name, 1)
            case "remove":
                content, place = course_edits.without(content, what, name), f"{what}-title"
            case _:
                raise NotFound
        draft.rewrite(content, by=http.user, seen=draft.revision)
    except Invalid as invalid:
        wrong = [error["message"] for error in invalid.facts["errors"]]
        title = _("That is not possible")
        return shown(
            http, draft.course, HTTPStatus.UNPROCESSABLE_ENTITY, refused=wrong, refused_title=title
        )
    messages.success(http, _("Saved in the draft."))
    address = reverse("champions-course", args=[slug])
    # Where that is, so that who works by keyboard goes on from there.
    return HttpResponseRedirect(f"{address}#{place}", status=HTTPStatus.SEE_OTHER)
