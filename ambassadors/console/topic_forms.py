"""The form of a topic or campaign."""

from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.fields import Typed
from ambassadors.models import Campaign, CampaignKind
from server.fields import Line

_LINE = TypeAdapter(Line)


class CampaignForm(forms.Form):
    """A topic or campaign: what it is called, and of a campaign when it runs."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=CampaignKind.choices, initial=CampaignKind.CAMPAIGN
    )
    name_nl = Typed(_LINE, label=gettext_lazy("Name, in Dutch"), max_length=80)
    name_en = Typed(_LINE, label=gettext_lazy("Name, in English"), max_length=80)
    slug = forms.SlugField(
        label=gettext_lazy("Short name for addresses"),
        help_text=gettext_lazy("Small letters, digits and hyphens."),
        max_length=60,
    )
    begins_on = forms.DateField(
        label=gettext_lazy("First day"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )
    ends_on = forms.DateField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Of a campaign. After it nothing new is put under it."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    @classmethod
    def of(cls, campaign: Campaign, data: QueryDict | None = None) -> Self:
        """To change one; its slug stands in addresses and stays."""
        names = ("kind", "name_nl", "name_en")
        form = cls(
            data,
            initial={
                "seen": campaign.print,
                **{name: getattr(campaign, name) for name in names},
                # As a browser's own field for a day wants it, whatever the language.
                "begins_on": campaign.begins_on and campaign.begins_on.isoformat(),
                "ends_on": campaign.ends_on and campaign.ends_on.isoformat(),
            },
        )
        del form.fields["slug"]
        return form

    def clean(self) -> dict[str, Any]:
        for name in ("begins_on", "ends_on"):
            day = self.cleaned_data.get(name)
            if day is not None and not 2000 <= day.year <= 2100:
                self.add_error(name, _("Choose a day between 2000 and 2100."))
        return self.cleaned_data
