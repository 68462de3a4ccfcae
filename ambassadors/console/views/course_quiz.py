"""The questions of a quiz: written, put in order, brought in from a file, and withdrawn."""

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError

from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.quiz_forms import QuestionForm
from ambassadors.console.training_forms import FileForm, ReasonForm
from ambassadors.console.views.course_writing import draft_of, edited, put_in_order
from ambassadors.console.views.courses import course_of, read, said, shown
from ambassadors.importing import FileRefused, cartridge, course_file, gift
from ambassadors.models.learning import withdraw_question
from server.problems import Invalid, NotFound


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def question(http: ConsoleRequest, slug: str, question: str = "") -> HttpResponse:
    """One of the draft, or a new one where there is no id."""
    document = draft_of(slug).document
    places = {each.id: place for place, each in enumerate(document.quiz.questions)}
    if question and question not in places:
        raise NotFound

    def make(content: dict[str, Any], *args: Any) -> QuestionForm:
        return QuestionForm(content, places.get(question), *args)

    title = _("Question of the quiz") if question else _("New question")
    return edited(http, slug, make, title, "champions/course_part.html")


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def withdraw(http: ConsoleRequest, slug: str, question: str) -> HttpResponse:
    """Of what is published; whoever failed on it is judged again."""
    course = course_of(slug)
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
        "question": said(version.document, found.text),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(http, "champions/course_withdraw.html", context, status=status)


@require_POST
@editor_page
def upload_questions(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Questions from GIFT, QTI or a cartridge, into the draft."""
    course, form = course_of(slug), FileForm(http.POST, http.FILES)
    if form.is_valid():
        name = form.cleaned_data["file"].name.lower()
        reader = cartridge if name.endswith((".imscc", ".zip", ".xml")) else gift
        try:
            found = reader.read(read(form), language=form.cleaned_data["language"])
            with transaction.atomic():
                draft = course.begin_draft(by=http.user)
                count = draft.add_questions(found.questions, by=http.user, seen=draft.revision)
        except FileRefused as refused:
            for error in refused.errors[:20]:
                form.add_error("file", str(error))
        except ValidationError as error:
            form.add_error("file", course_file.told(error))
        else:
            messages.success(http, _("Questions added: %(count)s.") % {"count": count})
            for line in found.left_out[:20]:
                messages.warning(http, _("Left out: %(line)s") % {"line": line})
            return redirect("champions-course", slug=slug)
    return shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, file_form=form)


@require_POST
@editor_page
def arrange_question(http: ConsoleRequest, slug: str, question: str) -> HttpResponse:
    """Put a question higher, lower, or out of the draft."""
    return put_in_order(http, slug, "questions", question)
