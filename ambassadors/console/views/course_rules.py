"""Who is asked to do a course by themselves, and since when nobody new is."""

from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.console.fields import refuse
from ambassadors.console.training_forms import RuleForm
from ambassadors.console.views.courses import course_of, shown
from ambassadors.console.views.sure import sure
from ambassadors.models import EnrolmentRule
from server.problems import Invalid


@require_POST
@editor_page
def add_rule(http: ConsoleRequest, slug: str) -> HttpResponse:
    course, form = course_of(slug), RuleForm(http.POST)
    if not form.is_valid():
        return shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    try:
        EnrolmentRule.add(course, by=http.user, **form.cleaned_data)
    except Invalid as problem:
        refuse(form, problem.facts["errors"])
        return shown(http, course, HTTPStatus.UNPROCESSABLE_ENTITY, rule_form=form)
    messages.success(http, _("Whoever it is for is asked within ten minutes."))
    return redirect("champions-course", slug=slug)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def end_rule(http: ConsoleRequest, slug: str, rule: UUID) -> HttpResponse:
    """Say what ending it does, then do it."""
    row = get_object_or_404(EnrolmentRule, pk=rule, course__slug=slug)
    if http.method != "POST":
        does = [
            _("Nobody new is asked to do the course by this rule."),
            _("Whoever was asked stays so, with the same last day."),
            _("Want it back? Add the rule again."),
        ]
        return sure(
            http,
            _("End the rule for “%(who)s”?") % {"who": row.department or _("Everybody")},
            does,
            yes=_("Yes, end it"),
            back=(reverse("champions-course", args=[slug]), _("Back to the course")),
            here="courses",
        )
    row.end(by=http.user)
    messages.success(http, _("Nobody new is asked by it."))
    return redirect("champions-course", slug=slug)
