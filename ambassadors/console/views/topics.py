"""The topics and campaigns under which posts are: made, changed and retired."""

from http import HTTPStatus

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.fields import refuse
from ambassadors.console.topic_forms import CampaignForm
from ambassadors.console.views.posts import waiting
from ambassadors.console.views.reviewing import differing
from ambassadors.models import Campaign, ExamplePost
from server.problems import Invalid, StaleVersion


@require_http_methods(["GET", "HEAD", "POST"])
@post_page
def topics(http: ConsoleRequest) -> HttpResponse:
    """All topics and campaigns, and one more."""
    form = CampaignForm(http.POST if http.method == "POST" else None)
    if http.method == "POST" and form.is_valid():
        facts = {name: value for name, value in form.cleaned_data.items() if name != "seen"}
        try:
            Campaign.make(by=http.user, **facts)
        except Invalid as problem:
            refuse(form, problem.facts["errors"])
        else:
            messages.success(http, _("It is there: posts can be put under it."))
            return _to_list()
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    rows = Campaign.objects.order_by("retired_at", "name_nl")
    context = {"here": "posts", "topics": rows, "form": form, **waiting()}
    return render(http, "champions/posts/topics.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@post_page
def topic(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Change what one is called or when it runs; who was faster is shown beside what I wrote."""
    row = get_object_or_404(Campaign, slug=slug)
    if http.method != "POST":
        return _asked(http, row, CampaignForm.of(row))
    form = CampaignForm.of(row, http.POST)
    if form.is_valid():
        try:
            row.write(by=http.user, **form.cleaned_data)
        except Invalid as problem:
            refuse(form, problem.facts["errors"])
        except StaleVersion:
            return _both(http, row)
        else:
            messages.success(http, _("Saved."))
            return _to_list()
    row.refresh_from_db()
    return _asked(http, row, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _both(http: ConsoleRequest, now: Campaign) -> HttpResponse:
    given = http.POST.copy()
    given["seen"] = now.print
    form, theirs = CampaignForm.of(now, given), CampaignForm.of(now)
    form.is_valid()
    others = differing(theirs, form)
    return _asked(http, now, form, status=HTTPStatus.PRECONDITION_FAILED, theirs=others)


def _asked(
    http: ConsoleRequest,
    row: Campaign,
    form: CampaignForm,
    *,
    status: int = HTTPStatus.OK,
    theirs: list[dict[str, str]] | None = None,
) -> HttpResponse:
    out = Count("pk", filter=Q(pk__in=ExamplePost.objects.visible().values("pk")))
    context = {
        "here": "posts",
        "topic": row,
        "form": form,
        "stale": theirs is not None,
        "theirs": theirs or [],
        "counts": row.posts.aggregate(all=Count("pk"), out=out),
        **waiting(),
    }
    return render(http, "champions/posts/topic.html", context, status=status)


@require_POST
@post_page
def retire(http: ConsoleRequest, slug: str) -> HttpResponse:
    """Out of the choices for new posts, or back among them."""
    row = get_object_or_404(Campaign, slug=slug)
    match http.POST.get("do"):
        case "retire":
            row.retire(by=http.user)
            messages.success(http, _("Retired. Nothing new is put under it."))
        case "back":
            row.bring_back(by=http.user)
            messages.success(http, _("It is back: posts can be put under it."))
        case _:
            raise Http404
    return _to_list()


def _to_list() -> HttpResponse:
    return HttpResponseRedirect(reverse("champions-topics"), status=HTTPStatus.SEE_OTHER)
