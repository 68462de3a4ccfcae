"""The audit trail as administrators read it, and who may open pages for administrators."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from server.accounts.models import AuditEvent, RoleName, User
from server.accounts.models.audit import (
    MOST_CALLED,
    Change,
    Subject,
    called,
    subjects,
    subjects_named,
)
from server.accounts.second_factor import second_factor_missing
from server.paging import PageQuery, page_of

if TYPE_CHECKING:

    class AdminRequest(HttpRequest):
        """A call of an administrator, as a view behind `admin_page` gets it."""

        user: User
else:
    AdminRequest = HttpRequest

View = Callable[..., HttpResponse]
# A name that half the company has is no way to find somebody.
MOST_PEOPLE = 20

subjects["user"] = Subject(
    gettext_lazy("Person"),
    lambda text: (
        User.objects.filter(email=text.strip().lower()).values_list("pk", flat=True).first()
    ),
    lambda ids: dict(User.objects.filter(pk__in=ids).values_list("pk", "name")),
    {
        "deactivated": gettext_lazy("Access ended"),
        "reactivated": gettext_lazy("Access given again"),
        "second-factor-added": gettext_lazy("Second factor set up"),
        "second-factor-removed": gettext_lazy("Second factor turned off"),
        "second-factor-reset": gettext_lazy("Second factor removed by an administrator"),
        "recovery-codes-renewed": gettext_lazy("New recovery codes made"),
        "absence-entered": gettext_lazy("Absence noted"),
        "absence-ended": gettext_lazy("Absence ended"),
        "audit-read": gettext_lazy("Audit trail read"),
        **{
            f"role {did}: {role.value}": format_lazy(words, role=role.label)
            for did, words in (
                ("given", gettext_lazy("Role given: {role}")),
                ("taken", gettext_lazy("Role taken away: {role}")),
            )
            for role in RoleName
        },
    },
    called(User, "name"),
)


def admin_page(view: View) -> View:
    """A page for administrators with a second factor, in their language, kept in no cache."""

    @wraps(view)
    def wrapped(http: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user = http.user
        if not isinstance(user, User):
            return redirect_to_login(http.get_full_path())
        if not user.is_admin:
            raise PermissionDenied
        if (detour := second_factor_missing(http)) is not None:
            return detour
        with translation.override(user.language), timezone.override(user.zone):
            response = view(http, *args, **kwargs)
        response["Content-Language"] = user.language
        response["Cache-Control"] = "no-store"
        return response

    return wrapped


class SearchForm(forms.Form):
    person = forms.CharField(
        label=gettext_lazy("Who"),
        help_text=gettext_lazy("Name or work e-mail"),
        max_length=254,
        required=False,
    )
    subject = forms.CharField(
        label=gettext_lazy("To what"),
        help_text=gettext_lazy("Reference, work e-mail or name"),
        max_length=120,
        required=False,
    )
    begins = forms.DateField(label=gettext_lazy("From"), required=False)
    ends = forms.DateField(label=gettext_lazy("Up to and including"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        by_subject = [(kind.label, list(kind.actions.items())) for kind in subjects.values()]
        self.fields["action"] = forms.ChoiceField(
            label=_("What"), required=False, choices=[("", _("Everything")), *by_subject]
        )
        self.order_fields(["person", "action"])
        for name in ("begins", "ends"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean_person(self) -> list[UUID] | None:
        text = self.cleaned_data["person"].strip()
        if not text:
            return None
        people = User.objects.filter(Q(email=text.lower()) | Q(name__icontains=text))
        found = list(people.values_list("pk", flat=True)[: MOST_PEOPLE + 1])
        if not found:
            raise forms.ValidationError(_("Nobody has this name or address."))
        if len(found) > MOST_PEOPLE:
            raise forms.ValidationError(_("Too many people have this name. Write more of it."))
        return found

    def clean_subject(self) -> list[UUID] | None:
        text = self.cleaned_data["subject"].strip()
        if not text:
            return None
        found = subjects_named(text)
        if not found:
            raise forms.ValidationError(_("We know nothing that is called like this."))
        if len(found) > MOST_CALLED:
            raise forms.ValidationError(_("Too much is called like this. Write more of it."))
        return found


@require_GET
@admin_page
def audit(http: AdminRequest) -> HttpResponse:
    """Search by person, act, reference and day; the newest first. Looking is recorded too."""
    me = http.user
    AuditEvent.looked(actor=me, action="audit-read", subject_type="user", subject_id=me.pk)
    form = SearchForm(http.GET)
    page: dict[str, Any] = {"items": [], "next": None}
    if form.is_valid():
        wanted = form.cleaned_data
        rows = AuditEvent.objects.found(
            actors=wanted["person"],
            action=wanted["action"],
            subjects=wanted["subject"],
            begins=_midnight(wanted["begins"]),
            ends=_midnight(wanted["ends"], after=1),
        )
        params = PageQuery(cursor=http.GET.get("cursor") or None, limit=50)
        page = page_of(rows, "-at", params, lambda event: event)
    asked = {name: value for name, value in http.GET.items() if name in form.fields and value}
    context = {
        "form": form,
        "lines": _lines(page["items"]),
        "next": urlencode({**asked, "cursor": page["next"]}) if page["next"] else "",
        "further": bool(http.GET.get("cursor")),
        "asked": urlencode(asked),
    }
    return render(http, "accounts/audit.html", context)


def _midnight(day: date | None, *, after: int = 0) -> datetime | None:
    """The start of a day, or of the one `after` it, where the reader is."""
    if day is None or day.year in {date.min.year, date.max.year}:
        return None
    return timezone.make_aware(datetime.combine(day + timedelta(days=after), time.min))


def _lines(events: Iterable[AuditEvent]) -> list[dict[str, Any]]:
    """The events in words; some queries per type of subject, however many there are."""
    of: dict[str, list[AuditEvent]] = defaultdict(list)
    for event in events:
        of[event.subject_type].append(event)
    names: dict[UUID, str] = {}
    changed: dict[int, list[Change]] = {}
    for name, some in of.items():
        # What is gone has the name that was kept with it.
        kept = ((event.subject_id, event.detail.get("name")) for event in reversed(some))
        names |= {id: str(name) for id, name in kept if name}
        if kind := subjects.get(name):
            names |= kind.names({event.subject_id for event in some})
            changed |= {
                event.pk: lines for event, lines in zip(some, kind.changes(some), strict=True)
            }
    lines = []
    for event in events:
        kind = subjects.get(event.subject_type)
        lines.append(
            {
                "at": event.at,
                "actor": event.actor,
                "did": kind.actions.get(event.action, event.action) if kind else event.action,
                "type": kind.label if kind else event.subject_type,
                "id": event.subject_id,
                "name": names.get(event.subject_id, ""),
                "nameless": kind.nameless if kind else "",
                "changed": changed.get(event.pk, []),
            }
        )
    return lines
