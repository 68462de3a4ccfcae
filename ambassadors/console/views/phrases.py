"""The words that colleagues are asked to leave out or be careful with, and why: kept by editors."""

import uuid
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ambassadors import shipped
from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.fields import refuse
from ambassadors.console.phrase_forms import PhraseForm
from ambassadors.console.views.posts import waiting
from ambassadors.console.views.reviewing import differing
from ambassadors.models import Phrase, PhraseRisk
from ambassadors.similarity import folded
from server.problems import Invalid, StaleVersion

ROWS = 50


@require_safe
@post_page
def lists(http: ConsoleRequest) -> HttpResponse:
    """In the order of the alphabet, from the word in the address on."""
    risk, q = http.GET.get("risk", ""), http.GET.get("q", "").replace("\0", "").strip()[:80]
    after = http.GET.get("after", "")[:240].replace("\0", "")
    rows = Phrase.objects.all()
    if risk in PhraseRisk.values:
        rows = rows.filter(risk=risk)
    if q:
        rows = rows.filter(folded__contains=folded(q))
    shown = list(rows.filter(folded__gt=after)[: ROWS + 1])
    context = {
        "here": "posts",
        "phrases": shown[:ROWS],
        "next": shown[ROWS - 1].folded if len(shown) > ROWS else "",
        "risks": PhraseRisk.choices,
        "risk": risk,
        "q": q,
        "any": bool(shown) or Phrase.objects.exists(),
        **waiting(),
    }
    return render(http, "champions/posts/phrases.html", context)


@require_safe
@post_page
def new(http: ConsoleRequest) -> HttpResponse:
    """An empty form. Its id is chosen here, so that it is made once however often it is sent."""
    phrase = Phrase(pk=uuid.uuid4())
    return _asked(http, phrase, PhraseForm.of(phrase))


@require_http_methods(["GET", "HEAD", "POST"])
@post_page
def phrase(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Change one, or put one on the list that is not there yet."""
    if http.method != "POST":
        found = get_object_or_404(Phrase, pk=id)
        return _asked(http, found, PhraseForm.of(found))
    row = Phrase.objects.filter(pk=id).first() or Phrase(pk=id)
    form = PhraseForm(http.POST)
    if form.is_valid():
        try:
            row.write(by=http.user, **form.facts())
        except Invalid as problem:
            refuse(form, problem.facts["errors"])
        except StaleVersion:
            return _both(http, id)
        else:
            messages.success(http, _("Saved. The next text is held against it."))
            return _to_list()
    return _asked(http, row, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _both(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Somebody else was faster: my words in the form, theirs above it. Sent again mine stay."""
    now = Phrase.objects.filter(pk=id).first() or Phrase(pk=id)
    given = http.POST.copy()
    given["seen"] = now.print
    form, theirs = PhraseForm(given), PhraseForm.of(now)
    form.is_valid()
    others = differing(theirs, form)
    return _asked(
        http,
        now,
        form,
        status=HTTPStatus.PRECONDITION_FAILED,
        stale=True,
        theirs=[] if now._state.adding else others,
    )


def _asked(
    http: ConsoleRequest,
    phrase: Phrase,
    form: PhraseForm,
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    context = {
        "here": "posts",
        "phrase": phrase,
        "new": phrase._state.adding,
        "form": form,
        **waiting(),
        **more,
    }
    return render(http, "champions/posts/phrase.html", context, status=status)


@require_POST
@post_page
def remove(http: ConsoleRequest, id: UUID) -> HttpResponse:
    get_object_or_404(Phrase, pk=id).remove(by=http.user)
    messages.success(http, _("Taken off the list. Texts are no longer held against it."))
    return _to_list()


@require_POST
@post_page
def install(http: ConsoleRequest) -> HttpResponse:
    """The list that ships, without what somebody took off before."""
    made = Phrase.install(shipped.phrases(), by=http.user)
    said = ngettext("%(n)s phrase was added.", "%(n)s phrases were added.", made)
    messages.success(http, said % {"n": made})
    return _to_list()


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("champions-phrases"), status=HTTPStatus.SEE_OTHER)
