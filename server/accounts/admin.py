"""The back office's pages about teams, people and the company."""

from collections.abc import Mapping
from datetime import time
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin import (
    BooleanFieldListFilter,
    ChoicesFieldListFilter,
    display,
    register,
)
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import ResolverMatch
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    INPUT_CLASSES,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminColorInputWidget,
    UnfoldAdminSelectWidget,
)

from server.accounts.models import (
    AuditEvent,
    ClosingDay,
    CompanyLook,
    Department,
    Role,
    RoleName,
    Skill,
    Team,
    TeamMember,
    User,
    WorkingPeriod,
)
from server.accounts.models.people import LastAdministrator
from server.accounts.models.teams import public_holidays
from server.accounts.working_hours import Holiday
from server.office import OfficeForm, OfficePage, OfficeRows, column, office, titled

# Whose public holidays a team keeps; the library `holidays` knows more, and nobody asked for them.
COUNTRIES = {
    "NL": gettext_lazy("The Netherlands"),
    "BE": gettext_lazy("Belgium"),
    "DE": gettext_lazy("Germany"),
    "LU": gettext_lazy("Luxembourg"),
    "FR": gettext_lazy("France"),
    "GB": gettext_lazy("United Kingdom"),
}


class Clock(forms.TimeInput):
    """A browser's own clock: a team's hours are local, so nothing warns of another time zone."""

    def __init__(self) -> None:
        super().__init__(format="%H:%M", attrs={"type": "time", "class": " ".join(INPUT_CLASSES)})

    def format_value(self, value: Any) -> str | None:
        """A period that lasts until midnight ends at 00:00 on a clock: see `WorkCalendar`."""
        midnight = isinstance(value, time) and value >= time(23, 59, 59)
        return super().format_value(time.min if midnight else value)


class PeriodForm(OfficeForm):
    opens = forms.TimeField(label=gettext_lazy("From"), widget=Clock)
    closes = forms.TimeField(
        label=gettext_lazy("Until"), widget=Clock, help_text=gettext_lazy("00:00 is midnight.")
    )
    weekday = forms.TypedChoiceField(
        label=gettext_lazy("Day"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        opens, closes = given.get("opens"), given.get("closes")
        if closes == time.min:
            closes = given["closes"] = time.max
        if opens and closes and closes <= opens:
            self.add_error("closes", _("The end has to be later than the beginning."))
        return given


class Periods(OfficeRows):
    model = WorkingPeriod
    known_by = ("weekday", "opens", "closes")
    form = PeriodForm
    verbose_name = gettext_lazy("period")
    verbose_name_plural = gettext_lazy("Working hours")


class ClosingDays(OfficeRows):
    model = ClosingDay
    known_by = ("day", "name")
    verbose_name = gettext_lazy("closing day")
    verbose_name_plural = gettext_lazy("Closing days")
    labels = {"day": gettext_lazy("Day"), "name": gettext_lazy("Why")}


class Members(OfficeRows):
    model = TeamMember
    known_by = ("user",)
    verbose_name = gettext_lazy("member")
    verbose_name_plural = gettext_lazy("Members")
    autocomplete_fields = ["user"]
    fields = ["user", "role", "skills", "most_open"]
    labels = {
        "user": gettext_lazy("Person"),
        "role": gettext_lazy("Role"),
        "skills": gettext_lazy("Skills"),
        "most_open": gettext_lazy("At most in progress"),
    }


class WorksOn(forms.MultipleChoiceField):
    """Holidays by their Dutch names, which is how they are kept; shown in the reader's language."""

    def __init__(self, known: Mapping[str, Holiday]) -> None:
        super().__init__(
            label=_("Works on these holidays all the same"),
            required=False,
            choices=[(name, str(holiday)) for name, holiday in known.items()],
            widget=UnfoldAdminCheckboxSelectMultipleWidget,
        )


def _holidays_of(where: ResolverMatch | None) -> dict[str, Holiday]:
    """The public holidays of the team on this page this year and next, by their Dutch names."""
    shown = where.kwargs.get("object_id") if where else None
    team = Team.objects.filter(pk=shown).first() if shown else None
    country = team.holidays if team else Team().holidays
    years = range(timezone.now().year, timezone.now().year + 2) if country else []
    days = [holiday for year in years for holiday in public_holidays(country, year).values()]
    kept = {name: Holiday(name, name) for name in (team.works_on if team else [])}
    return kept | {holiday.nl: holiday for holiday in days}


@register(Team, site=office)
class TeamPage(OfficePage):
    subject = "team"
    label = gettext_lazy("Team")
    plural = gettext_lazy("Teams")
    in_use = gettext_lazy(
        "This team has topics, requests, known problems, canned texts or macros, and stays. Switch "
        "it off instead: then it gets no new work, and its people finish what they have."
    )
    list_display = [
        column("name", gettext_lazy("Name")),
        column("hand_out", gettext_lazy("How work is handed out")),
        "members_count",
        column("is_active", gettext_lazy("In use"), boolean=True),
    ]
    search_fields = ["name", "slug"]
    ordering = ["name"]
    prepopulated_fields = {"slug": ["name"]}
    inlines = [Periods, ClosingDays, Members]
    fields = ["name", "slug", "time_zone", "holidays", "works_on", "hand_out", "is_active"]
    labels = {
        "name": gettext_lazy("Name"),
        "slug": gettext_lazy("Short name"),
        "time_zone": gettext_lazy("Time zone"),
        "holidays": gettext_lazy("Public holidays"),
        "works_on": gettext_lazy("Works on these holidays all the same"),
        "hand_out": gettext_lazy("How work is handed out"),
        "is_active": gettext_lazy("In use"),
    }
    values = {"holidays": COUNTRIES}
    hints = {
        "slug": gettext_lazy("For programs: small letters, numbers and hyphens."),
        "is_active": gettext_lazy("A team that is not in use gets no new work."),
        "time_zone": gettext_lazy(
            "Within a minute or so after a change of hours, due times of open requests follow. "
            "What customers were told gets no later."
        ),
    }

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "works_on":
            return WorksOn(_holidays_of(request.resolver_match))
        if db_field.name != "holidays":
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        given = set(Team.objects.values_list("holidays", flat=True)) - {""}
        known = COUNTRIES | {code: code for code in sorted(given - COUNTRIES.keys())}
        return forms.ChoiceField(
            label=_("Public holidays"),
            required=False,
            initial="NL",
            choices=[("", _("Works on public holidays")), *known.items()],
            widget=UnfoldAdminSelectWidget,
        )

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[Team]":
        teams: models.QuerySet[Team] = super().get_queryset(request)
        return teams.annotate(number=models.Count("members"))

    @display(description=gettext_lazy("Members"), ordering="number")
    def members_count(self, team: Any) -> int:
        return int(team.number)


@register(ClosingDay, site=office)
class ClosingDayPage(OfficePage):
    """Days on which every team is closed; a team's own are on the team's page."""

    subject = "closing-day"
    label = gettext_lazy("Closing day")
    plural = gettext_lazy("Closing days")
    fields = ["day", "name"]
    list_display = [column("day", gettext_lazy("Day")), column("name", gettext_lazy("Why"))]
    ordering = ["-day"]
    labels = {"day": gettext_lazy("Day"), "name": gettext_lazy("Why")}

    def get_queryset(self, request: HttpRequest) -> "models.QuerySet[ClosingDay]":
        days: models.QuerySet[ClosingDay] = super().get_queryset(request)
        return days.filter(team=None)


@register(Skill, site=office)
class SkillPage(OfficePage):
    subject = "skill"
    label = gettext_lazy("Skill")
    plural = gettext_lazy("Skills")
    in_use = gettext_lazy(
        "Topics or people have this skill, so it stays. Take it off them first: without it, "
        "anybody would be handed the questions that ask for it."
    )
    fields = ["name_nl", "name_en", "slug"]
    list_display = [
        column("name_nl", gettext_lazy("Dutch name")),
        column("name_en", gettext_lazy("English name")),
    ]
    prepopulated_fields = {"slug": ["name_nl"]}
    search_fields = ["name_nl", "name_en", "slug"]
    labels = {
        "name_nl": gettext_lazy("Dutch name"),
        "name_en": gettext_lazy("English name"),
        "slug": gettext_lazy("Short name"),
    }


@register(Department, site=office)
class DepartmentPage(OfficePage):
    subject = "department"
    label = gettext_lazy("Department")
    plural = gettext_lazy("Departments")
    fields = ["name", "parent"]
    autocomplete_fields = ["parent"]
    list_display = [
        column("name", gettext_lazy("Name")),
        column("parent", gettext_lazy("Part of")),
    ]
    list_select_related = ["parent"]
    search_fields = ["name"]
    ordering = ["name"]
    in_use = gettext_lazy(
        "People or other departments belong to this one, or it takes part in the programme of "
        "ambassadors, so it stays."
    )
    labels = {"name": gettext_lazy("Name"), "parent": gettext_lazy("Part of")}


class RoleForm(OfficeForm):
    name = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=RoleName.choices, widget=UnfoldAdminSelectWidget
    )


class Roles(OfficeRows):
    model = Role
    known_by = ("name",)
    form = RoleForm
    verbose_name = gettext_lazy("role")
    verbose_name_plural = gettext_lazy("Roles in the company")


class PersonForm(OfficeForm):
    """Who somebody is. The address is given once: it is what the company's sign-in knows."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"].strip().lower()
        if User.objects.filter(email__iexact=email).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("Somebody has this address already."))
        return email


@register(User, site=office)
class PersonPage(OfficePage):
    subject = "user"
    label = gettext_lazy("Person")
    plural = gettext_lazy("People")
    tells_values = False
    form = PersonForm
    fields = ["name", "email", "language", "time_zone", "department", "manager"]
    autocomplete_fields = ["department", "manager"]
    inlines = [Roles]
    list_display = [
        column("name", gettext_lazy("Name")),
        column("email", gettext_lazy("Work e-mail")),
        column("department", gettext_lazy("Department")),
        column("is_active", gettext_lazy("Has access"), boolean=True),
    ]
    list_select_related = ["department"]
    list_filter = [
        ("is_active", titled(gettext_lazy("Has access"), BooleanFieldListFilter)),
        ("role_rows__name", titled(gettext_lazy("Role"), ChoicesFieldListFilter)),
    ]
    search_fields = ["name", "email"]
    ordering = ["name", "pk"]
    actions_submit_line = ["end_access", "give_access", "reset_factor"]
    labels = {
        "name": gettext_lazy("Name"),
        "email": gettext_lazy("Work e-mail"),
        "language": gettext_lazy("Language"),
        "time_zone": gettext_lazy("Time zone"),
        "department": gettext_lazy("Department"),
        "manager": gettext_lazy("Manager"),
    }

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody is deleted: what they did stays theirs. Their access ends."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["email"] if obj else []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Only what can be done now."""
        person = self.get_object(request, object_id) if object_id else None
        usable = {
            "end_access": person is not None and person.is_active and person != request.user,
            "give_access": person is not None and not person.is_active,
            "reset_factor": person is not None and person.has_second_factor,
        }
        return [self.get_unfold_action(name) for name in self.actions_submit_line if usable[name]]

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Roles; but nobody takes the last administrator's. Each is in the audit trail by its name,
        as what an import gives and takes is.
        """
        by = request.user if isinstance(request.user, User) else None
        person: User = form.instance
        with Role.keeping_an_admin():
            had = set(person.role_rows.values_list("name", flat=True))
            super().save_formset(request, form, formset, change)
            has = set(person.role_rows.values_list("name", flat=True))
            for did, roles in (("given", has - had), ("taken", had - has)):
                for role in sorted(roles):
                    AuditEvent.record(by, f"role {did}: {role}", "user", person.pk)

    def construct_change_message(
        self, request: HttpRequest, form: OfficeForm, formsets: Any, add: bool = False
    ) -> dict[str, Any]:
        """Without the roles, which are events of their own."""
        return super().construct_change_message(request, form, [], add)

    def changeform_view(
        self, request: HttpRequest, object_id: Any = None, form_url: str = "", extra: Any = None
    ) -> Any:
        try:
            return super().changeform_view(request, object_id, form_url, extra)
        except LastAdministrator:
            messages.error(request, _("Nothing was saved: there has to be an administrator left."))
            return redirect(request.path)

    @action(description=gettext_lazy("End access"))  # type: ignore[untyped-decorator] # unfold's
    def end_access(self, request: HttpRequest, obj: User) -> None:
        obj.deactivate()
        self._tell(request, obj, "deactivated", _("%(name)s has no access any more."))

    @action(description=gettext_lazy("Give access again"))  # type: ignore[untyped-decorator] # too
    def give_access(self, request: HttpRequest, obj: User) -> None:
        obj.activate()
        self._tell(request, obj, "reactivated", _("%(name)s has access again."))

    @action(description=gettext_lazy("Remove second factor"))  # type: ignore[untyped-decorator] # too
    def reset_factor(self, request: HttpRequest, obj: User) -> None:
        by = request.user if isinstance(request.user, User) else None
        obj.reset_second_factor(by=by)
        messages.success(request, _("%(name)s can set up a new one.") % {"name": obj.name})

    def _tell(self, request: HttpRequest, person: User, did: str, words: str) -> None:
        by = request.user if isinstance(request.user, User) else None
        AuditEvent.record(by, did, "user", person.pk)
        messages.success(request, words % {"name": person.name})


class LookForm(OfficeForm):
    class Meta:
        model = CompanyLook
        fields = ["name", "logo", "colour"]
        widgets = {"colour": UnfoldAdminColorInputWidget}


@register(CompanyLook, site=office)
class LookPage(OfficePage):
    """One row: who opens the list is on it at once."""

    subject = "company-look"
    label = gettext_lazy("Look and name")
    plural = gettext_lazy("Look and name")
    form = LookForm
    labels = {
        "name": gettext_lazy("Name"),
        "logo": gettext_lazy("Address of the logo"),
        "colour": gettext_lazy("Colour"),
    }
    hints = {
        "name": gettext_lazy("In letters, messages and on top of every page."),
        "logo": gettext_lazy("A path on this server, such as /static/logo.svg. Empty: the name."),
        "colour": gettext_lazy("Of the top of every page and of buttons."),
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        look = CompanyLook.current_row()
        return redirect("office:accounts_companylook_change", look.pk)
