"""Approved answers: the list, one answer, writing it, and what is done with it."""

import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from ambassadors.answer_problems import AlreadyProposed
from ambassadors.console.access import ConsoleRequest, answer_page
from ambassadors.console.answer_forms import AnswerForm, ChangesForm
from ambassadors.console.fields import refuse
from ambassadors.console.previews import near
from ambassadors.console.views.reviewing import acted, differing, listed, seen, still_holds, written
from ambassadors.console.views.sure import sure
from ambassadors.models import ApprovedAnswer, Campaign, Phrase, PostState
from ambassadors.models.example_post_base import LANGUAGES
from ambassadors.models.reviewed import is_editor
from server import disclosure, public_answers
from server.problems import Invalid, StaleVersion


@require_safe
@answer_page
def lists(http: ConsoleRequest) -> HttpResponse:
    """Every answer that the reader may see by where it stands, last changed first."""
    page = listed(http, ApprovedAnswer.objects.readable_by(http.user), PostState)
    context = {
        "here": "answers",
        **page,
        "answers": [(row, row.question_in(http.user.language)) for row in page["rows"]],
        "topics": Campaign.objects.known_to(http.user),
    }
    return render(http, "champions/answers/list.html", context)


def found(http: ConsoleRequest, id: UUID) -> ApprovedAnswer:
    rows = ApprovedAnswer.objects.readable_by(http.user).select_related("campaign", "owner")
    answer: ApprovedAnswer = get_object_or_404(rows, pk=id)
    return answer


@require_safe
@answer_page
def page(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """An answer as ambassadors get it, how it fits, and what was done and said."""
    return show(http, found(http, id))


def show(
    http: ConsoleRequest, answer: ApprovedAnswer, *, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    mine = answer.written_by_leave_of(http.user)
    in_review = answer.state == PostState.REVIEW
    wholes = [answer.whole(language) for language in answer.languages]
    on_list = Phrase.said_in_each(wholes)
    context = {
        "here": "answers",
        "answer": answer,
        "question": answer.question_in(http.user.language),
        "texts": [
            {
                "language": language,
                "question": answer.question_in(language),
                "text": whole,
                "fits": _fits(answer, language),
                "found": found,
            }
            for language, whole, found in zip(answer.languages, wholes, on_list, strict=True)
        ],
        "advised": sum(map(bool, on_list)),
        "mine": mine,
        "said": answer.reviews.select_related("by") if mine else [],
        "versions": answer.versions.select_related("by") if mine else [],
        "used": answer.used(),
        "may_approve": in_review
        and is_editor(http.user)
        and http.user.pk not in answer.written_by(),
        "changes": ChangesForm(answer),
        **more,
    }
    return render(http, "champions/answers/page.html", context, status=status)


def _fits(answer: ApprovedAnswer, language: str) -> list[dict[str, Any]]:
    """Per network whether it fits, and whether its length is worth a word there."""
    rows = answer.fits(language)
    return [{**row, "near": near(row["length"], row["limit"])} for row in rows]


@require_http_methods(["GET", "HEAD", "POST"])
@answer_page
def new(http: ConsoleRequest) -> HttpResponse:
    """An empty form, or one with the answer of a request (`?request=`). Its id is chosen here, so
    that it is made once however often it is sent.
    """
    if not Campaign.objects.taking_posts().known_to(http.user).exists():
        if is_editor(http.user):
            messages.info(http, _("First make a topic or a campaign to put answers under."))
            return HttpResponseRedirect(reverse("champions-topics"), status=HTTPStatus.SEE_OTHER)
        messages.info(http, _("There is no topic to put answers under yet. Ask an editor."))
        return HttpResponseRedirect(reverse("champions-answers"), status=HTTPStatus.SEE_OTHER)
    answer, initial = ApprovedAnswer(pk=uuid.uuid4()), {}
    if given := http.GET.get("request", ""):
        try:
            source = public_answers.answered(UUID(given), http.user)
        except ValueError as error:
            raise Http404 from error
        if earlier := ApprovedAnswer.objects.filter(source=source.id).first():
            return _already(http, earlier)
        initial = {
            "source": source.id,
            f"question_{source.language}": source.question[:200],
            f"text_{source.language}": source.text,
        }
        return _asked(http, answer, AnswerForm.of(answer, by=http.user, **initial), source=source)
    return _asked(http, answer, AnswerForm.of(answer, by=http.user))


def _already(http: ConsoleRequest, earlier: ApprovedAnswer) -> HttpResponse:
    """To the answer that was made of it; to the list for who may not read that one."""
    messages.info(http, _("An approved answer was made of this request before."))
    there = ApprovedAnswer.objects.readable_by(http.user).filter(pk=earlier.pk).exists()
    if there:
        return to_answer(earlier.pk)
    return HttpResponseRedirect(reverse("champions-answers"), status=HTTPStatus.SEE_OTHER)


@require_http_methods(["GET", "HEAD", "POST"])
@answer_page
def write(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Change what an answer says, or make what is not there yet."""
    if http.method != "POST":
        answer = found(http, id)
        if not answer.written_by_leave_of(http.user):
            raise Http404
        return _asked(http, answer, AnswerForm.of(answer, by=http.user))
    rows = ApprovedAnswer.objects.readable_by(http.user).select_related("campaign", "owner")
    answer = rows.filter(pk=id).first() or ApprovedAnswer(pk=id)
    if answer._state.adding and ApprovedAnswer.objects.filter(pk=id).exists():
        raise Http404  # a colleague's
    form = AnswerForm(http.POST, by=http.user, under=answer.campaign_id)
    if not form.is_valid():
        return _asked(http, answer, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        if answer._state.adding:
            source = form.cleaned_data["source"]
            ApprovedAnswer.begin(by=http.user, id=id, source=source, **form.facts())
        else:
            # A form of before there was an answer has no version, and is stale here.
            answer.write(by=http.user, seen=form.cleaned_data["version"] or 0, **form.facts())
    except Invalid as problem:
        refuse(form, problem.facts["errors"])
        now = rows.filter(pk=id).first() or answer
        return _asked(http, now, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    except AlreadyProposed as problem:
        return _already(http, ApprovedAnswer.objects.get(pk=problem.facts["answer"]))
    except StaleVersion:
        return _both(http, found(http, id))
    messages.success(http, _("Saved. This is what ambassadors will read."))
    return to_answer(id)


def to_answer(id: UUID) -> HttpResponse:
    return HttpResponseRedirect(reverse("champions-answer", args=[id]), status=HTTPStatus.SEE_OTHER)


def _both(http: ConsoleRequest, now: ApprovedAnswer) -> HttpResponse:
    """Somebody else was faster: my words in the form, theirs above it. Sent again mine stay."""
    given = http.POST.copy()
    given["version"] = str(now.version)
    form, theirs = (
        AnswerForm(given, by=http.user, under=now.campaign_id),
        AnswerForm.of(now, by=http.user),
    )
    form.is_valid()
    others = differing(theirs, form)
    return _asked(http, now, form, status=HTTPStatus.PRECONDITION_FAILED, theirs=others, stale=True)


def _asked(
    http: ConsoleRequest,
    answer: ApprovedAnswer,
    form: AnswerForm,
    *,
    status: int = HTTPStatus.OK,
    **more: Any,
) -> HttpResponse:
    on_list = Phrase.said_in_each(written(form[f"text_{name}"]) for name in LANGUAGES)
    context = {
        "here": "answers",
        "answer": answer,
        "form": form,
        "on_list": [
            {"language": name, "found": found}
            for name, found in zip(LANGUAGES, on_list, strict=True)
            if found
        ],
        "new": answer._state.adding,
        "public": not answer._state.adding and answer.shown == PostState.APPROVED,
        "openings": [disclosure.opening(name, rewarded=False) for name in LANGUAGES],
        **more,
    }
    return render(http, "champions/answers/write.html", context, status=status)


@require_POST
@answer_page
def act(http: ConsoleRequest, id: UUID, verb: str) -> HttpResponse:
    """Do it, and go back to the answer; what was refused stands at its place there."""
    if verb not in VERBS:
        raise Http404
    stale = _("A colleague changed this answer. Look at it again, and decide then.")
    return acted(http, VERBS[verb], lambda: found(http, id), show, to_answer(id), stale=stale)


@require_http_methods(["GET", "HEAD", "POST"])
@answer_page
def retire(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Say what retiring does, then do it."""
    if http.method == "POST":
        return act(http, id, "retire")
    answer = found(http, id)
    if not answer.written_by_leave_of(http.user):
        raise Http404
    if answer.shown == PostState.RETIRED:
        return to_answer(id)
    first = _("It stands among what was retired, and no ambassador gets it.")
    if answer.shown == PostState.APPROVED:
        first = _("Ambassadors do not see it any more at once.")
    does = [
        first,
        _("What they placed under posts stays where it is."),
        _("Want it back? Write it anew: an editor approves it again."),
    ]
    return sure(
        http,
        _("Retire “%(title)s”?") % {"title": answer.question_in(http.user.language)},
        does,
        yes=_("Yes, retire it"),
        back=(reverse("champions-answer", args=[id]), _("Back to the answer")),
        here="answers",
        seen={"version": answer.version},
    )


def _ask_review(http: ConsoleRequest, answer: ApprovedAnswer) -> str:
    answer.ask_review(by=http.user, seen=seen(http))
    return _("The editors were asked to look at it.")


def _approve(http: ConsoleRequest, answer: ApprovedAnswer) -> str:
    answer.approve(by=http.user, seen=seen(http))
    if answer.under_embargo:
        return _("Approved. Ambassadors get it when its embargo ends.")
    return _("Approved. Every ambassador can use it now.")


def _changes(http: ConsoleRequest, answer: ApprovedAnswer) -> str | HttpResponse:
    form = ChangesForm(answer, http.POST)
    if not form.is_valid():
        return show(http, answer, status=HTTPStatus.UNPROCESSABLE_ENTITY, changes=form)
    answer.ask_changes(by=http.user, seen=seen(http), text=form.cleaned_data["text"])
    return _("Given back. The writer hears what has to be otherwise.")


def _retire(http: ConsoleRequest, answer: ApprovedAnswer) -> str:
    answer.retire(by=http.user, seen=seen(http))
    return _("Retired. Ambassadors do not see it any more.")


VERBS: Mapping[str, Any] = {
    "review": _ask_review,
    "approve": _approve,
    "changes": _changes,
    "retire": _retire,
    "still-holds": still_holds,
}
