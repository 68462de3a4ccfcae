"""The form of a phrase; judged as the API judges it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.fields import Typed
from ambassadors.models import Phrase, PhraseRisk
from ambassadors.sharing_schemas import Why
from server.fields import Line

_LINE, _WHY = TypeAdapter(Line), TypeAdapter(Why)


class PhraseForm(forms.Form):
    """`seen` is the print of what the writer had before them, empty for a new one."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)
    text = Typed(
        _LINE,
        label=gettext_lazy("Word or words"),
        help_text=gettext_lazy(
            "Found as whole words, whatever their capitals and accents. With * at the end any "
            "ending is found too: guarantee* also finds guaranteed."
        ),
        max_length=120,
    )
    risk = forms.ChoiceField(
        label=gettext_lazy("How serious"),
        choices=PhraseRisk.choices,
        widget=forms.RadioSelect,
        initial=PhraseRisk.CAREFUL.value,
    )
    reason_nl = Typed(
        _WHY,
        rows=3,
        label=gettext_lazy("Why, in Dutch"),
        help_text=gettext_lazy("Colleagues read this while they write. Say what to do instead."),
        max_length=300,
    )
    reason_en = Typed(_WHY, rows=3, label=gettext_lazy("Why, in English"), max_length=300)

    @classmethod
    def of(cls, phrase: Phrase) -> "PhraseForm":
        if phrase._state.adding:
            return cls(initial={"seen": ""})
        names = ("text", "risk", "reason_nl", "reason_en")
        return cls(
            initial={"seen": phrase.print, **{name: getattr(phrase, name) for name in names}}
        )

    def facts(self) -> dict[str, Any]:
        """For `Phrase.write`."""
        return dict(self.cleaned_data)
