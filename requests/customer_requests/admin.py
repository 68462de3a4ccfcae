"""The back office's pages about topics and texts. Requests have none: they are at the desk."""

from typing import Any

from django import forms
from django.contrib.admin import BooleanFieldListFilter, RelatedFieldListFilter, register
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy
from unfold.widgets import UnfoldAdminSelectWidget

from customer_requests.models.canned import CannedText
from customer_requests.models.macros import Macro
from customer_requests.models.topic import Priority, Topic, TopicTarget
from customer_requests.models.wording import WORDS
from server.office import OfficeForm, OfficePage, OfficeRows, column, office, titled


class TargetForm(OfficeForm):
    priority = forms.ChoiceField(
        label=gettext_lazy("Priority"),
        choices=[choice for choice in Priority.choices if choice[0] != Priority.NORMAL],
        widget=UnfoldAdminSelectWidget,
    )


class Targets(OfficeRows):
    model = TopicTarget
    known_by = ("priority",)
    form = TargetForm
    verbose_name = gettext_lazy("target")
    verbose_name_plural = gettext_lazy("Targets at other priorities")
    labels = {
        "first_response_minutes": gettext_lazy("First response within (working minutes)"),
        "next_response_minutes": gettext_lazy("Next response within (working minutes)"),
        "solve_minutes": gettext_lazy("Solved within (working minutes)"),
    }


@register(Topic, site=office)
class TopicPage(OfficePage):
    subject = "topic"
    label = gettext_lazy("Topic")
    plural = gettext_lazy("Topics")
    in_use = gettext_lazy(
        "There are requests about this topic, so it stays. Switch it off instead: then nobody can "
        "choose it any more."
    )
    fields = [
        "name_nl",
        "name_en",
        "slug",
        "hint_nl",
        "hint_en",
        "team",
        "skills",
        "first_response_minutes",
        "next_response_minutes",
        "solve_minutes",
        "position",
        "is_active",
    ]
    autocomplete_fields = ["team", "skills"]
    inlines = [Targets]
    prepopulated_fields = {"slug": ["name_nl"]}
    list_display = [
        column("name_nl", gettext_lazy("Dutch name")),
        column("name_en", gettext_lazy("English name")),
        column("team", gettext_lazy("Team")),
        column("is_active", gettext_lazy("In use"), boolean=True),
    ]
    list_select_related = ["team"]
    list_filter = [
        ("is_active", titled(gettext_lazy("In use"), BooleanFieldListFilter)),
        ("team", titled(gettext_lazy("Team"), RelatedFieldListFilter)),
    ]
    search_fields = ["name_nl", "name_en", "slug"]
    labels = {
        "name_nl": gettext_lazy("Dutch name"),
        "name_en": gettext_lazy("English name"),
        "slug": gettext_lazy("Short name"),
        "hint_nl": gettext_lazy("Dutch hint"),
        "hint_en": gettext_lazy("English hint"),
        "team": gettext_lazy("Team"),
        "skills": gettext_lazy("Skills"),
        "first_response_minutes": gettext_lazy("First response within (working minutes)"),
        "next_response_minutes": gettext_lazy("Next response within (working minutes)"),
        "solve_minutes": gettext_lazy("Solved within (working minutes)"),
        "position": gettext_lazy("Place in the list"),
        "is_active": gettext_lazy("In use"),
    }
    hints = {
        "slug": gettext_lazy("For programs: small letters, numbers and hyphens."),
        "skills": gettext_lazy("Who is handed a question about it has all of these."),
        "is_active": gettext_lazy("What is not in use can't be chosen any more."),
    }


class ReusablePage(OfficePage):
    """Everyone's and every team's; leads write their team's at the desk."""

    autocomplete_fields = ["team"]
    list_display = [
        column("name", gettext_lazy("Name")),
        column("team", gettext_lazy("Team")),
        column("is_active", gettext_lazy("In use"), boolean=True),
    ]
    list_select_related = ["team"]
    list_filter = [
        ("is_active", titled(gettext_lazy("In use"), BooleanFieldListFilter)),
        ("team", titled(gettext_lazy("Team"), RelatedFieldListFilter)),
    ]
    search_fields = ["name"]
    ordering = ["name", "pk"]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """As `write` does, so that who changes it at the desk meanwhile hears so."""
        obj.version += change
        obj.updated_at = timezone.now()
        super().save_model(request, obj, form, change)


@register(CannedText, site=office)
class CannedTextPage(ReusablePage):
    subject = "canned-text"
    label = gettext_lazy("Canned text")
    plural = gettext_lazy("Canned texts")
    fields = ["name", "team", *WORDS, "position", "is_active"]


@register(Macro, site=office)
class MacroPage(ReusablePage):
    subject = "macro"
    label = gettext_lazy("Macro")
    plural = gettext_lazy("Macros")
    fields = [
        "name",
        "team",
        *WORDS,
        "step_title_nl",
        "step_title_en",
        "step_state",
        "then",
        "wait_on",
        "wait_days",
        "position",
        "is_active",
    ]
