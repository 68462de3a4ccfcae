"""The policy as editors write and publish it, and how many accepted it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from ambassadors import shipped
from ambassadors.console.access import ConsoleRequest, editor_page
from ambassadors.models import PolicyVersion, Programme
from ambassadors.models.figures import read
from ambassadors.models.headcount import month_of
from ambassadors.models.refresher import would_be_asked
from ambassadors.policy_api import acceptances, proof_of
from server.problems import NotFound, StaleVersion
from server.sheets import streamed_sheet


class Lines(forms.CharField):
    """Many lines of text, as they were written."""

    def __init__(self, *, rows: int, most: int = 30_000, **kwargs: Any) -> None:
        area = forms.Textarea(attrs={"rows": rows})
        super().__init__(widget=area, max_length=most, **kwargs)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        return text.replace("\r\n", "\n").strip()


class PolicyForm(forms.Form):
    """A draft; both languages at once, because both readers say yes to the same."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text_nl = Lines(label=gettext_lazy("The policy, in Dutch"), rows=18)
    text_en = Lines(label=gettext_lazy("The policy, in English"), rows=18)
    changed_nl = Lines(
        label=gettext_lazy("What changed, in Dutch"), rows=3, most=2000, required=False
    )
    changed_en = Lines(
        label=gettext_lazy("What changed, in English"), rows=3, most=2000, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("changed_nl", "changed_en") if PolicyVersion.in_force() else ():
            field = self.fields[name]
            field.required = field.widget.is_required = True
            wanted = _("Say in a few plain words what is different now.")
            field.error_messages["required"] = wanted


@require_safe
@editor_page
def policy(http: ConsoleRequest) -> HttpResponse:
    """The version in force, its draft, and how many of those who take part said yes."""
    current = PolicyVersion.in_force()
    older = PolicyVersion.objects.filter(published_at__isnull=False).order_by("-number")
    context = {
        "here": "policy",
        "current": current,
        "draft": PolicyVersion.draft(),
        "versions": older.select_related("published_by")[:50],
        "counts": acceptances(current) if current else None,
    }
    return render(http, "champions/policy.html", context)


@editor_page
def policy_draft(http: ConsoleRequest) -> HttpResponse:
    """Write the next version. Who saved in the meantime is shown beside what you wrote."""
    draft, current = PolicyVersion.draft(), PolicyVersion.in_force()
    stale = False
    if http.method == "POST":
        form = PolicyForm(http.POST)
        if form.is_valid():
            try:
                PolicyVersion.write(by=http.user, **form.cleaned_data)
            except StaleVersion:
                stale, draft = True, PolicyVersion.draft()
                again = http.POST.copy()
                again["revision"] = str(draft.revision if draft else 0)
                form = PolicyForm(again)
            else:
                messages.success(http, _("Saved. Nobody sees it until you publish it."))
                return redirect("champions-policy")
    else:
        words: Any = shipped.policy()
        if (source := draft or current) is not None:
            names = ("text_nl", "text_en", *(("changed_nl", "changed_en") if draft else ()))
            words = {name: getattr(source, name) for name in names}
        form = PolicyForm(initial={**words, "revision": draft.revision if draft else 0})
    context = {
        "here": "policy",
        "form": form,
        "stale": stale,
        "theirs": draft if stale else None,
        "first": current is None,
    }
    return render(http, "champions/policy_draft.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@editor_page
def policy_publish(http: ConsoleRequest) -> HttpResponse:
    """Say what publishing does; then put the draft in force, as it was read: everybody is asked to
    say yes again.
    """
    draft = PolicyVersion.draft()
    if http.method != "POST":
        return _sure(http, draft) if draft else redirect("champions-policy")
    revision = http.POST.get("revision", "")
    if draft is None or not revision.isdecimal():
        raise StaleVersion
    draft.publish(
        by=http.user, revision=int(revision), asks_refresher="asks_refresher" in http.POST
    )
    messages.success(http, _("Published. Ambassadors are asked to read it and say yes."))
    return redirect("champions-policy")


def _sure(http: ConsoleRequest, draft: PolicyVersion) -> HttpResponse:
    current = PolicyVersion.in_force()
    try:
        total = read(month_of()).total if current else None
    except NotFound:  # a large company that was not counted yet
        total = None
    context = {
        "here": "policy",
        "draft": draft,
        "current": current,
        "counts": acceptances(current) if current else None,
        "total": total,
        "to_learn": would_be_asked() if current else 0,
        "few": Programme.current().smallest_group,
    }
    return render(http, "champions/policy_publish.html", context)


@require_safe
@editor_page
def policy_version(http: ConsoleRequest, number: int) -> HttpResponse:
    """One version in both languages, as it was or as it will be."""
    version = PolicyVersion.objects.filter(number=number).select_related("published_by").first()
    if version is None:
        raise NotFound
    context = {"here": "policy", "version": version}
    return render(http, "champions/policy_version.html", context)


@require_safe
@editor_page
def policy_proof(http: ConsoleRequest, number: int) -> HttpResponseBase:
    """Who accepted this version and when, for the auditor: for administrators, and recorded."""
    if not http.user.is_admin:
        raise PermissionDenied
    rows = proof_of(number, by=http.user).order_by("at", "pk")
    # In the reader's language: what streams is made after their language is put away.
    head = [_("Version"), _("Name"), _("Work e-mail"), _("Accepted at")]
    rows = _proof_rows(number, head, rows.iterator(chunk_size=500))
    return streamed_sheet(f"policy-{number}-accepted.csv", rows)


def _proof_rows(number: int, head: list[str], rows: Iterable[Any]) -> Iterator[Sequence[Any]]:
    yield head
    for row in rows:
        at = timezone.localtime(row.at).isoformat(timespec="seconds")
        yield [number, row.user.name, row.user.email, at]
