"""The back office, where administrators set the company up; its pages are each app's `admin.py`.

Django's admin in django-unfold's clothes, closed by default: only what is registered here exists,
only administrators with a second factor come in, whatever is changed is in the audit trail in the
same transaction, and nothing is deleted that something else stands on. Customer requests are not
here at all: they are changed by their verbs, at the desk.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from copy import copy
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import messages
from django.contrib.admin import FieldListFilter
from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import ProtectedError
from django.forms import BaseFormSet, ModelChoiceField, ModelForm
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise, lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy
from unfold.admin import ModelAdmin, TabularInline
from unfold.sites import UnfoldAdminSite

from server.accounts.models import AuditEvent, User
from server.accounts.models.audit import MOST_CALLED, Subject, subjects
from server.accounts.second_factor import second_factor_missing
from server.look import look_facts, shades
from server.office_trail import Reader, called, changes, known_as, told_rows
from server.pages import console_refused
from server.problems import Unauthenticated

# Unfold's pages have code and styles in them and evaluate what stands in attributes (Alpine):
# docs/decisions/0011-back-office.md.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def named(row: models.Model) -> str:
    """A row as people know it; a person's own text is their id, for the logs."""
    return f"{row.name} ({row.email})" if isinstance(row, User) else called(row)


class _Shown:
    """A row in the titles of its page: with a name for people, and the page's words."""

    def __init__(self, row: models.Model, opts: Any) -> None:
        self.pk, self._meta, self._name = row.pk, opts, named(row)

    def __str__(self) -> str:
        return self._name


def _said(row: models.Model) -> _Shown:
    """A row in what is said after saving it."""
    return _Shown(row, row._meta)


class _Suggestions(AutocompleteJsonView):
    def serialize_result(self, obj: models.Model, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": named(obj)}


def _sign_in_first(request: HttpRequest) -> HttpResponse:
    """Where to sign in; for a form what was posted, so that a session that ended costs no words."""
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    response = console_refused(request, Unauthenticated())
    response["Cache-Control"] = "no-store"
    return response


if TYPE_CHECKING:
    OfficeForm = ModelForm[Any]
else:
    OfficeForm = ModelForm


class Office(UnfoldAdminSite):  # type: ignore[misc] # unfold has no types
    """One site at /office/; signing in is the product's own."""

    index_title = gettext_lazy("Set up")

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, User) and user.is_active and user.is_admin

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        shown = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            user = request.user
            if not isinstance(user, User):
                return _sign_in_first(request)
            if not self.has_permission(request):
                raise PermissionDenied
            if (detour := second_factor_missing(request)) is not None:
                return detour
            with translation.override(user.language), timezone.override(user.zone):
                response: HttpResponse = shown(request, *args, **kwargs)
                if isinstance(response, TemplateResponse):
                    response.render()
            response["Content-Language"] = user.language
            response["Content-Security-Policy"] = POLICY
            response["Cache-Control"] = "no-store"
            return response

        return guarded

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_login")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return _Suggestions.as_view(admin_site=self)(request)

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("account_logout")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("mfa_index")

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return redirect("office:accounts_team_changelist")

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        name = look_facts()["name"]
        return {**context, "site_title": name, "site_header": name, "site_subheader": _("Office")}


office = Office(name="office")

# Unfold has no Dutch of its own; these are its words, for our translations.
UNFOLDS_WORDS = (
    gettext_lazy("Add row"),
    gettext_lazy("Apply Filters"),
    gettext_lazy("Delete"),  # on a button, before what it deletes
    gettext_lazy("False"),
    gettext_lazy("Filters"),
    gettext_lazy("General"),
    gettext_lazy("Loading more results..."),
    gettext_lazy("More actions"),
    gettext_lazy("Next"),
    gettext_lazy("No results found"),
    gettext_lazy("Previous"),
    gettext_lazy("Reset filters"),
    gettext_lazy("Return to site"),
    gettext_lazy("Select value"),
    gettext_lazy("System"),
    gettext_lazy("This page yielded into no results. Create a new item or reset your filters."),
    gettext_lazy("True"),
    gettext_lazy("Type to search"),
)


# Django's own Dutch is behind its English here.
DJANGOS_WORDS = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)


def discover() -> None:
    """Have every page registered; not earlier than the addresses are needed."""
    for app in ("server.accounts", "customer_requests", "ambassadors"):
        import_module(f"{app}.admin")
    for model, page in office._registry.items():
        fresh = Subject(
            page.label, lambda text: None, _names(model), {}, _called(model, page.search_fields)
        )
        known = subjects.get(page.subject, fresh)
        acts = {**known.actions, **page.acts()}
        reader = Reader(page, page.inlines)
        subjects[page.subject] = replace(known, actions=acts, changes=reader)


def _called(model: type[models.Model], columns: Sequence[str]) -> Callable[[str], list[uuid.UUID]]:
    """Rows by what the page of their kind is searched by, under the ids of the audit trail."""

    def found_by(text: str) -> list[uuid.UUID]:
        said = models.Q(pk__in=[])
        for column in columns:
            said |= models.Q(**{f"{column}__icontains": text})
        found = model._base_manager.filter(said).distinct()
        return [known_as(row) for row in found[: MOST_CALLED + 1]]

    return found_by


def _names(model: type[models.Model]) -> Callable[[Collection[uuid.UUID]], dict[uuid.UUID, str]]:
    """Names of rows by the ids that the audit trail knows them by."""

    def names(ids: Collection[uuid.UUID]) -> dict[uuid.UUID, str]:
        numbered = isinstance(model._meta.pk, models.AutoField)
        wanted = [known.int for known in ids if known.int < 2**63] if numbered else list(ids)
        return {known_as(row): called(row) for row in model._base_manager.filter(pk__in=wanted)}

    return names


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu, by what is set up with it."""

    def page(title: str, icon: str, model: str) -> dict[str, Any]:
        return {"title": title, "icon": icon, "link": reverse(f"office:{model}_changelist")}

    return [
        {
            "title": _("Work"),
            "items": [
                page(_("Teams"), "groups", "accounts_team"),
                page(_("Topics"), "sell", "customer_requests_topic"),
                page(_("Canned texts"), "chat", "customer_requests_cannedtext"),
                page(_("Macros"), "bolt", "customer_requests_macro"),
                page(_("Skills"), "school", "accounts_skill"),
                page(_("Closing days"), "event_busy", "accounts_closingday"),
            ],
        },
        {
            "title": _("People"),
            "items": [
                page(_("People and roles"), "person", "accounts_user"),
                page(_("Departments"), "account_tree", "accounts_department"),
            ],
        },
        {
            "title": _("Ambassadors"),
            "items": [
                page(_("Goal and groups"), "flag", "ambassadors_programme"),
                page(_("Works council"), "gavel", "ambassadors_consent"),
            ],
        },
        {
            "title": _("Company"),
            "items": [
                page(_("Look and name"), "palette", "accounts_companylook"),
                {"title": _("Audit trail"), "icon": "fact_check", "link": reverse("audit")},
            ],
        },
    ]


def company_colours(request: HttpRequest) -> dict[str, str]:
    return shades(look_facts()["brand"])


def stylesheet(request: HttpRequest) -> str:
    return static("office/office.css")


def script(request: HttpRequest) -> str:
    return static("office/office.js")


def account_links(request: HttpRequest) -> list[dict[str, Any]]:
    """What is behind one's own name."""
    return [
        {"title": _("Signing in safely"), "link": reverse("mfa_index")},
        {"title": _("Where you are signed in"), "link": reverse("usersessions_list")},
    ]


def titled(title: Promise | str, filter: type[FieldListFilter]) -> type[FieldListFilter]:
    """A filter of a list under a title in the reader's language."""

    class Titled(filter):  # type: ignore[valid-type,misc] # whichever it is given
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.title = title

    return Titled


def column(
    name: str, title: Promise | str, *, boolean: bool = False
) -> Callable[[models.Model], Any]:
    """A column of a list under a title in the reader's language."""

    def shown(row: models.Model) -> Any:
        display = getattr(row, f"get_{name}_display", None)
        return display() if display else getattr(row, name)

    shown.short_description = title  # type: ignore[attr-defined] # as the admin reads it
    shown.admin_order_field = name  # type: ignore[attr-defined]
    shown.boolean = boolean  # type: ignore[attr-defined]
    return shown


class Labelled:
    """Titles and hints of fields by name, so that they are written where people read them."""

    labels: ClassVar[dict[str, Any]] = {}
    hints: ClassVar[dict[str, Any]] = {}
    # What values of a field are called, where the model does not say.
    values: ClassVar[dict[str, dict[str, Any]]] = {}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.labels:
            kwargs["label"] = self.labels[db_field.name]
        if db_field.name in self.hints:
            kwargs["help_text"] = self.hints[db_field.name]
        field = super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]
        if isinstance(field, ModelChoiceField):
            setattr(field, "label_from_instance", named)  # noqa: B010 - mypy has no word for it
        return field


class OfficePage(Labelled, ModelAdmin):  # type: ignore[misc] # unfold has no types
    """What every page of the back office does: who may, and what is remembered.

    `subject` is the audit trail's name for it. With `tells_values` a change is remembered with what
    it was and what it is; that is for configuration and never for what is about a person.
    """

    actions = None
    subject: ClassVar[str]
    label: ClassVar[Any]
    plural: ClassVar[Any]
    tells_values = True
    in_use: ClassVar[Any] = gettext_lazy("This is in use and stays.")
    compressed_fields = True
    warn_unsaved_form = True
    show_full_result_count = False

    def __init__(self, model: type[models.Model], admin_site: Office) -> None:
        super().__init__(model, admin_site)
        # Names for people belong to these pages; on the model each would be a migration.
        self.opts = copy(model._meta)
        self.opts.verbose_name = lazy(lambda: str(self.label).lower(), str)()
        self.opts.verbose_name_plural = lazy(lambda: str(self.plural).lower(), str)()

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        if context.get("original") is not None:
            context["original"] = _Shown(context["original"], self.opts)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def render_delete_form(self, request: HttpRequest, context: Any) -> HttpResponse:
        context["object"] = _Shown(context["object"], self.opts)
        response: HttpResponse = super().render_delete_form(request, context)
        return response

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        shown = super().get_changelist_instance(request)
        shown.opts, shown.title = self.opts, str(self.plural)
        return shown

    @classmethod
    def acts(cls) -> dict[str, Any]:
        """What can be done to it here, in the audit trail's words."""
        return {
            f"{cls.subject}-made": gettext_lazy("Made in the back office"),
            f"{cls.subject}-changed": gettext_lazy("Changed in the back office"),
            f"{cls.subject}-deleted": gettext_lazy("Deleted in the back office"),
        }

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return office.has_permission(request)

    has_change_permission = has_view_permission
    has_delete_permission = has_view_permission

    def has_add_permission(self, request: HttpRequest) -> bool:
        return office.has_permission(request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return office.has_permission(request)

    def construct_change_message(
        self,
        request: HttpRequest,
        form: OfficeForm,
        formsets: "Iterable[BaseFormSet[Any]]",
        add: bool = False,
    ) -> dict[str, Any]:
        """What the audit trail keeps of it; empty lists where values are not told."""
        changed, rows = changes(form, formsets or [])
        if not changed:
            return {}
        if self.tells_values:
            return {"changed": changed, **({"rows": rows} if rows else {})}
        return {"changed": {name: [] for name in changed}}

    def _remember(
        self, request: HttpRequest, obj: models.Model, did: str, detail: dict[str, Any]
    ) -> None:
        user = request.user
        name = {"name": called(obj)[:200]} if self.tells_values else {}
        AuditEvent.record(
            user if isinstance(user, User) else None,
            f"{self.subject}-{did}",
            self.subject,
            known_as(obj),
            **detail,
            **name,
        )

    def log_addition(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        self._remember(request, obj, "made", message)

    def log_change(self, request: HttpRequest, obj: models.Model, message: Any) -> None:
        if message:
            self._remember(request, obj, "changed", message)

    def log_deletions(self, request: HttpRequest, queryset: Sequence[models.Model]) -> None:
        for obj in queryset:
            self._remember(request, obj, "deleted", {})

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        obj = self.get_object(request, object_id)
        return redirect(f"{reverse('audit')}?subject={known_as(obj) if obj else ''}")

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """Deletes what nothing stands on; says in plain words what to do with the rest."""
        obj = self.get_object(request, object_id)
        if obj is not None and self._stands_under_something(obj):
            messages.error(request, str(self.in_use))
            opts = self.opts
            return redirect(
                reverse(f"office:{opts.app_label}_{opts.model_name}_change", args=[object_id])
            )
        try:
            response: HttpResponse = super().delete_view(request, object_id, extra_context)
        except ProtectedError:  # somebody began to use it a moment ago
            messages.error(request, str(self.in_use))
            return redirect("office:index")
        return response

    def _stands_under_something(self, obj: models.Model) -> bool:
        """Whether the database would refuse, or something would go on without it, such as a topic
        that asks for a skill; asks for one row per kind, however many there are.
        """
        return any(
            relation.related_model._base_manager.filter(**{relation.field.name: obj}).exists()
            for relation in obj._meta.related_objects
            if relation.many_to_many or getattr(relation, "on_delete", None) is models.PROTECT
        )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> tuple[Any, ...]:
        """What goes along, by the words of this page and its rows: nothing else can."""
        _all, _count, lacking, protected = super().get_deleted_objects(objs, request)
        going: list[Any] = []
        count = {str(self.plural): len(objs)}
        for obj in objs:
            going.append(f"{self.label}: {named(obj)}")
            told, numbers = told_rows(self, obj)
            going += [told] if told else []
            count |= {name: count.get(name, 0) + number for name, number in numbers.items()}
        return going, count, lacking, protected

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().response_add(request, _said(obj), post_url_continue)
        return response

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        response: HttpResponse = super().response_change(request, _said(obj))
        return response


class OfficeRows(Labelled, TabularInline):  # type: ignore[misc] # unfold has no types
    """Rows of a page, with the page's permissions."""

    # The fields that say which row it is.
    known_by: ClassVar[tuple[str, ...]] = ()
    extra = 0
    tab = True
    hide_title = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.known_by = self.known_by
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return office.has_permission(request)

    has_change_permission = has_view_permission
    has_add_permission = has_view_permission
    has_delete_permission = has_view_permission
