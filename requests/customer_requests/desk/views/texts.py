"""Canned texts and macros for one request: what fits there, filled in, ready to use."""

import uuid
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import push_url

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.forms import PlainForm
from customer_requests.desk.schemas import languages
from customer_requests.desk.seeing import saw_customers
from customer_requests.desk.texts_schemas import MOST, previews
from customer_requests.desk.views.request import found
from customer_requests.desk.views.verbs import Act, perform
from customer_requests.models import CannedText, CustomerRequest, Macro
from customer_requests.models.wording import Readers
from server.accounts.models import User


class MacroForm(PlainForm):
    """`macro_version` is that of the words that the agent read; others are not sent."""

    macro_version = forms.IntegerField(widget=forms.HiddenInput, required=False)


@require_safe
@agent_page
def texts(http: AgentRequest, reference: str) -> HttpResponse:
    """What can be said and done here in one go; changes nothing."""
    request = found(http, reference)
    saw_customers(http.user, [request.pk])
    readers = Readers(request, http.user)
    canned = CannedText.objects.usable_on(request)[:MOST]
    macros = Macro.objects.usable_on(request)[:MOST]
    context = {
        "request": request,
        "asked": http.GET.urlencode(),
        "languages": languages(request),
        "texts": [{"name": text.name, "filled": text.filled_for(readers)} for text in canned],
        "macros": [
            {"macro": macro, "planned": planned, "refused": refused, "id": uuid.uuid4()}
            for macro, (planned, refused) in previews(macros, request, http.user)
        ],
    }
    if not http.htmx or http.htmx.history_restore_request:
        return render(http, "desk/texts.html", context)
    answer = render(http, "desk/panel_texts.html", {**context, "in_dialog": True})
    return push_url(answer, False)  # the request lies under it, and is what a reload shows


@require_POST
@agent_page
def use_macro(http: AgentRequest, reference: str, macro_id: UUID) -> HttpResponse:
    """Do all of it or nothing; refused with what forbids it."""
    request = found(http, reference)
    macro = get_object_or_404(Macro.objects.usable_on(request), pk=macro_id)
    form = MacroForm.posted(http, request, http.user)

    def run(request: CustomerRequest, agent: User, data: object) -> None:
        given = form.cleaned_data
        id, seen = given.get("id") or uuid.uuid4(), given.get("macro_version")
        request.run_macro(macro, by=agent, id=id, seen=seen)

    name: Any = macro.name  # a name of its own, not one of gettext's
    it = Act("note", MacroForm, run, name, _("Do it"), _("Done, all of it."))
    return perform(http, request, it, form)
