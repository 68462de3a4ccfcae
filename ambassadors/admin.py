"""The back office's pages about the champions programme: its settings and the works council."""

from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import register
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.decorators import action

from ambassadors.models import Consent, Programme
from server.accounts.models import User
from server.office import OfficePage, column, office


@register(Programme, site=office)
class ProgrammePage(OfficePage):
    """One row: who opens the list is on it at once."""

    subject = "champions-programme"
    label = gettext_lazy("Goal and groups")
    plural = gettext_lazy("Goal and groups")
    fields = ["goal_percent", "smallest_group", "departments"]
    autocomplete_fields = ["departments"]
    labels = {
        "goal_percent": gettext_lazy("Goal, in percents of the employees"),
        "smallest_group": gettext_lazy("Smallest department that is shown on its own"),
        "departments": gettext_lazy("Departments that take part"),
    }
    hints = {
        "goal_percent": gettext_lazy("How many should be active in a month; the line in charts."),
        "smallest_group": gettext_lazy("At least 5. Smaller ones are shown together."),
        "departments": gettext_lazy(
            "Empty: everybody in the company. A change counts from the next month: this month "
            "keeps those that it began with, and closed months stay."
        ),
    }

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        row = Programme.current()
        return redirect("office:ambassadors_programme_change", row.pk)


@register(Consent, site=office)
class ConsentPage(OfficePage):
    """What the works council agreed to; written down once, and withdrawn with a button."""

    subject = "works-council-consent"
    label = gettext_lazy("Consent of the works council")
    plural = gettext_lazy("Consents of the works council")
    fields = ["decided_on", "reference", "document"]
    list_display = [
        column("reference", gettext_lazy("Reference")),
        column("decided_on", gettext_lazy("Decided on")),
        column("document", gettext_lazy("Name of the document")),
        column("withdrawn_at", gettext_lazy("Withdrawn")),
    ]
    ordering = ["-recorded_at"]
    actions_submit_line: ClassVar[list[str]] = ["withdraw"]
    labels = {
        "decided_on": gettext_lazy("Decided on"),
        "reference": gettext_lazy("Reference"),
        "document": gettext_lazy("Name of the document"),
    }
    hints = {
        "decided_on": gettext_lazy(
            "With a consent, ambassadors who want that see each other by name on a board."
        ),
        "document": gettext_lazy("Keep the document itself where your company keeps such papers."),
    }

    @classmethod
    def acts(cls) -> dict[str, Any]:
        return {**super().acts(), f"{cls.subject}-withdrawn": gettext_lazy("Withdrawn")}

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """It stays as history; it is withdrawn."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.fields if obj else []

    def get_actions_submit_line(self, request: HttpRequest, object_id: Any) -> list[Any]:
        usable = Consent.objects.filter(pk=object_id, withdrawn_at=None).exists()
        return [self.get_unfold_action("withdraw")] if usable else []

    def save_model(self, request: HttpRequest, obj: Consent, form: Any, change: bool) -> None:
        if not change:
            obj.recorded_by = request.user if isinstance(request.user, User) else None
        super().save_model(request, obj, form, change)

    @action(description=gettext_lazy("Withdraw"))  # type: ignore[untyped-decorator] # unfold's
    def withdraw(self, request: HttpRequest, obj: Consent) -> None:
        by = request.user if isinstance(request.user, User) else None
        if obj.withdraw(by=by):
            self._remember(request, obj, "withdrawn", {})
        messages.success(request, _("Withdrawn. Nobody is shown by name any more."))
