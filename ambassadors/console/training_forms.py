"""The small forms about training: who is asked, why something is taken back, files."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.course_forms import LANGUAGES
from ambassadors.console.fields import Typed
from server.accounts.models import Department, RoleName
from server.fields import Line, Reason

_REASON: TypeAdapter[str] = TypeAdapter(Reason)
_LINE: TypeAdapter[str] = TypeAdapter(Line)


class RuleForm(forms.Form):
    """Who is enrolled by themselves. What is left empty is not asked."""

    department = forms.ModelChoiceField(
        Department.objects.order_by("name"),
        label=gettext_lazy("Department"),
        required=False,
        empty_label=gettext_lazy("Everybody"),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[("", gettext_lazy("Any")), *RoleName.choices],
    )
    joined_since = forms.DateField(
        label=gettext_lazy("Joined since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Choose today for new people only, from their first day."),
    )
    due_days = forms.IntegerField(
        label=gettext_lazy("Days to do it in"), min_value=1, max_value=365, initial=30
    )


class ReasonForm(forms.Form):
    """Why a question, or a certificate, is taken back. Who it touches reads it."""

    reason = Typed(_REASON, label=gettext_lazy("Reason"), max_length=300)


class FileForm(forms.Form):
    """A file to read in; its kind is told by its name."""

    file = forms.FileField(label=gettext_lazy("File"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the questions"), choices=list(LANGUAGES.items())
    )


class NewCourseForm(forms.Form):
    """The title, in both languages; the rest is written in the draft."""

    title_nl = Typed(_LINE, label=gettext_lazy("Title, in Dutch"), max_length=120)
    title_en = Typed(_LINE, label=gettext_lazy("Title, in English"), max_length=120)

    @property
    def title(self) -> dict[str, str]:
        return {language: self.cleaned_data[f"title_{language}"] for language in LANGUAGES}


class CourseFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Course as a file"),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml,.zip"}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["file"].help_text = _(
            "YAML, or with its pictures a zip of at most %(most)s MB, as this console saves it."
        ) % {"most": settings.PACKAGE_MAX_BYTES // 1024 // 1024}
