"""What employees suggest: taken over as a draft, or declined with a reason."""

import uuid
from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.post_forms import DeclineForm, TakeOverForm
from ambassadors.console.views.posts import to_post, waiting
from ambassadors.models import PostSuggestion, SuggestionState
from server.paging import PageQuery, page_of


@require_safe
@post_page
def lists(http: ConsoleRequest) -> HttpResponse:
    """What waits for an answer, and on request what was answered."""
    return _listed(http)


def _listed(
    http: ConsoleRequest,
    wrong: "tuple[UUID, TakeOverForm | DeclineForm] | None" = None,
) -> HttpResponse:
    state = http.GET.get("state", SuggestionState.WAITING)
    state = state if state in SuggestionState.values else SuggestionState.WAITING
    rows = PostSuggestion.objects.filter(state=state)
    params = PageQuery(cursor=http.GET.get("cursor") or None, limit=25)
    page = page_of(
        rows.select_related("by", "decided_by", "post"), "-created_at", params, lambda row: row
    )
    items = []
    for row in page["items"]:
        take = TakeOverForm(auto_id=f"take_{row.pk}_%s")
        decline = DeclineForm(auto_id=f"decline_{row.pk}_%s")
        if wrong and wrong[0] == row.pk:
            form = wrong[1]
            form.auto_id = f"{'take' if isinstance(form, TakeOverForm) else 'decline'}_{row.pk}_%s"
            take, decline = (form, decline) if isinstance(form, TakeOverForm) else (take, form)
        items.append({"row": row, "take": take, "decline": decline})
    context = {
        "here": "posts",
        "items": items,
        "next": page["next"],
        "state": state,
        "states": SuggestionState.choices,
        **waiting(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return render(http, "champions/posts/suggestions.html", context, status=status)


@require_POST
@post_page
def decide(http: ConsoleRequest, id: UUID) -> HttpResponse:
    """Take one over as a draft, or decline it with a reason; its writer hears which."""
    row = get_object_or_404(PostSuggestion, pk=id)
    if http.POST.get("do") == "take":
        take = TakeOverForm(http.POST)
        if not take.is_valid():
            return _listed(http, (id, take))
        post = row.take_over(by=http.user, post_id=uuid.uuid4(), **take.cleaned_data)
        messages.success(http, _("Taken over. Now make it a post."))
        return to_post(post.pk)
    decline = DeclineForm(http.POST)
    if not decline.is_valid():
        return _listed(http, (id, decline))
    row.decline(by=http.user, reason=decline.cleaned_data["reason"])
    messages.success(http, _("Declined. Your colleague reads why."))
    return HttpResponseRedirect(reverse("champions-suggestions"), status=HTTPStatus.SEE_OTHER)
