"""Who is asked to do a course by themselves, and since when nobody new is."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.training_forms import RuleForm
from ambassadors.console.views.courses import course_of, shown
from ambassadors.models import EnrolmentRule


@require_POST
@editor_page
def add_rule(http: ConsoleRequest, slug: str) -> HttpResponse:
    course, form = course_of(slug), RuleForm(http.POST)
    if not form.is_valid():
        return shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    EnrolmentRule.add(course, by=http.user, **form.cleaned_data)
    messages.success(http, _("Whoever it is for is asked within ten minutes."))
    return redirect("champions-course", slug=slug)


@require_POST
@editor_page
def end_rule(http: ConsoleRequest, slug: str, rule: UUID) -> HttpResponse:
    get_object_or_404(EnrolmentRule, pk=rule, course__slug=slug).end(by=http.user)
    messages.success(http, _("Nobody new is asked by it."))
    return redirect("champions-course", slug=slug)
