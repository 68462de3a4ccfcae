"""Training for editors: what there is, how it goes in numbers, and writing the next version."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ambassadors import starting
from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.training_forms import CourseFileForm, FileForm, NewCourseForm, RuleForm
from ambassadors.console.views.sure import sure
from ambassadors.course_document import CourseDocument
from ambassadors.course_schemas import block_out, sayer
from ambassadors.importing import FileRefused, course_package
from ambassadors.models import Course, CourseImage
from ambassadors.models.course_numbers import CourseNumbers
from ambassadors.posts_api import image_file
from server.problems import Invalid, NotFound, StaleVersion
from server.uploads import Upload


def course_of(slug: str) -> Course:
    return get_object_or_404(Course, slug=slug)


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
        newest = current or draft
        if newest is None:
            continue
        rows.append(
            {
                "course": course,
                "title": said(newest.document, newest.document.title),
                "current": current,
                "draft": draft,
                "numbers": numbers[course.pk],
            }
        )
    return {"here": "courses", "rows": rows, "form": form}


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def begin(http: ConsoleRequest) -> HttpResponse:
    """A course that is begun here: its title, and then the pages of its draft."""
    form = NewCourseForm(http.POST if http.method == "POST" else None)
    if http.method == "POST" and form.is_valid():
        course = Course.begin(form.title, by=http.user)
        messages.success(http, _("It is a draft. Each part says what to write there."))
        return redirect("champions-course", slug=course.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"here": "courses", "form": form}
    return render(http, "champions/course_new.html", context, status=status)


@require_POST
@editor_page
def install_starter(http: ConsoleRequest) -> HttpResponse:
    """The course that ships, as a draft: an editor reads it before others do."""
    begun = starting.install_starter(by=http.user, publish=False)
    if begun.new:
        said_so = _(
            "It is a draft: read it, and publish it. From then on whoever joins from today is "
            "asked to do it; see below under who is asked by themselves."
        )
        messages.success(http, said_so)
    return redirect("champions-course", slug=begun.course.slug)


def said(document: CourseDocument, words: dict[str, str]) -> str:
    return document.say(words, translation.get_language() or "nl").text


@require_POST
@editor_page
def upload_course(http: ConsoleRequest) -> HttpResponse:
    """A course from a file becomes the draft; nobody reads it before it is published. Where that
    would take the place of what somebody wrote, it is asked first.
    """
    form = CourseFileForm(http.POST, http.FILES)
    if form.is_valid():
        try:
            document, images = course_package.read(read(form))
            _take_in(document, images, http)
        except FileRefused as refused:
            for error in refused.errors[:50]:
                form.add_error("file", str(error))
        except Invalid as invalid:
            for wrong in invalid.facts["errors"][:50]:
                form.add_error("file", f"{wrong['field']}: {wrong['message']}")
        except StaleVersion:
            return _sure_to_replace(http, course_of(document.slug))
        else:
            messages.success(http, _("The file is the draft now."))
            return redirect("champions-course", slug=document.slug)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(http, "champions/courses.html", _listed(form), status=status)


@transaction.atomic
def _take_in(document: CourseDocument, images: dict[str, Upload], http: ConsoleRequest) -> None:
    """A course that a file names for the first time is made only if all of it can be used."""
    course = Course.named(document.slug)
    seen = http.POST.get("seen", "")
    course.write_draft(document.model_dump(), by=http.user, images=images, seen=seen)


def _sure_to_replace(http: ConsoleRequest, course: Course) -> HttpResponse:
    """The file has to be chosen again: a browser does not send one twice by itself."""
    draft = course.draft
    if draft is None:  # thrown away, or published, just now
        raise StaleVersion
    facts = {"title": said(draft.document, draft.document.title)}
    does = [_("What was written in the draft is gone, for all editors. There is no way back.")]
    if draft.made_by:
        last = _("%(name)s was the last to write in it.") % {"name": draft.made_by.name}
        does.insert(0, last)
    if http.POST.get("seen", "").startswith(f"{draft.pk}:"):
        does.insert(0, _("It has changed since you were asked."))
    form = CourseFileForm()
    form.fields["file"].help_text = _("Choose it once more: it was not kept.")
    response = sure(
        http,
        _("Put the file in place of the draft of “%(title)s”?") % facts,
        does,
        yes=_("Yes, replace the draft"),
        back=(reverse("champions-course", args=[course.slug]), _("Back to the course")),
        here="courses",
        seen={"seen": draft.edition},
        instead=(
            reverse("champions-course-download", args=[course.slug]),
            _("Keep it as a file first"),
        ),
        form=form,
    )
    response.status_code = HTTPStatus.CONFLICT
    return response


def read(form: CourseFileForm | FileForm) -> bytes:
    content: bytes = form.cleaned_data["file"].read(settings.PACKAGE_MAX_BYTES + 1)
    return content


@require_safe
@editor_page
def course(http: ConsoleRequest, slug: str) -> HttpResponse:
    return shown(http, course_of(slug))


def shown(
    http: ConsoleRequest,
    course: Course,
    status: HTTPStatus = HTTPStatus.OK,
    **forms: Any,
) -> HttpResponse:
    current, draft = course.current, course.draft
    newest = draft or current
    if newest is None:
        raise NotFound
    document = newest.document
    withdrawn = {row.question: row for row in course.withdrawn.all()}
    numbers = CourseNumbers.of([course])[course.pk]
    context = {
        "here": "courses",
        "course": course,
        "title": said(document, document.title),
        "summary": said(document, document.summary),
        "document": document,
        "languages": document.languages,
        "current": current,
        "draft": draft,
        "numbers": numbers,
        "lessons": [
            {
                "slug": lesson.slug,
                "title": said(document, lesson.title),
                "minutes": lesson.minutes,
                "done": numbers.by_lesson.get(lesson.slug, 0),
            }
            for lesson in document.lessons
        ],
        "questions": [
            {
                "id": question.id,
                "text": said(document, question.text),
                "withdrawn": withdrawn.get(question.id),
            }
            for question in document.quiz.questions
        ],
        "one_lesson": len(document.lessons) == 1,
        "one_question": len(document.quiz.questions) == 1,
        "versions": course.versions.published().defer("content").order_by("-number"),
        "rules": course.rules.filter(ended_at=None).select_related("department"),
        "rule_form": RuleForm(),
        "file_form": FileForm(),
        **forms,
    }
    return render(http, "champions/course.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def retire(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Say what retiring does, then do it; what is retired is given again."""
    course = course_of(slug)
    if http.method != "POST":
        return _sure_to_retire(http, course)
    if course.retired_at is None:
        course.retire(by=http.user)
    else:
        course.bring_back(by=http.user)
    return redirect("champions-course", slug=slug)


def _sure_to_retire(http: ConsoleRequest, course: Course) -> HttpResponse:
    current = course.current
    if current is None or course.retired_at is not None:
        return redirect("champions-course", slug=course.slug)
    does = [
        _("It takes nobody new, and nobody is reminded of it."),
        _("Whoever had begun has a month to finish."),
        _("Certificates hold until their own end."),
        _("Want it back? You can give it again from its page."),
    ]
    return sure(
        http,
        _("Retire “%(title)s”?") % {"title": said(current.document, current.document.title)},
        does,
        yes=_("Yes, retire it"),
        back=(reverse("champions-course", args=[course.slug]), _("Back to the course")),
        here="courses",
    )


@require_safe
@editor_page
def download(http: ConsoleRequest, slug: str) -> HttpResponse:
    """The draft where there is one, else what is published, as `import_course` reads it; with its
    pictures, where it has any, in one zip.
    """
    course = course_of(slug)
    version = course.draft or course.current
    if version is None:
        raise NotFound
    content, ending = course_package.write(version)
    kind = "application/yaml" if ending == ".yaml" else "application/zip"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{course.slug}{ending}"'
    return response


@require_safe
@editor_page
def image(http: ConsoleRequest, slug: str, id: UUID) -> HttpResponse:
    """A picture of a lesson, also of a draft."""
    return image_file(get_object_or_404(CourseImage, pk=id, course__slug=slug))


@require_safe
@editor_page
def preview(http: ConsoleRequest, slug: str) -> HttpResponse:
    """As an employee reads it, in the language that they choose."""
    course = course_of(slug)
    version = course.draft or course.current
    if version is None:
        raise NotFound
    document = version.document
    language = http.GET.get("language", "")
    if language not in document.languages:
        language = http.user.language
    say = sayer(document, language)

    def address(id: str) -> str:
        return reverse("champions-course-image", args=[slug, id])

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
                "blocks": [block_out(block, say, address) for block in lesson.blocks],
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
