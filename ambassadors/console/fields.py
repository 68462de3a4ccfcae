"""What the forms of this console have in common. Moments are in the company's own time."""

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter, ValidationError

from ambassadors.models import Campaign
from ambassadors.months import company_zone
from server.accounts.models import User
from server.fields import explain

if TYPE_CHECKING:
    _TopicChoice = forms.ModelChoiceField[Campaign]
else:
    _TopicChoice = forms.ModelChoiceField


class Typed(forms.CharField):
    """Text judged as the API judges it; empty where that is allowed."""

    def __init__(self, kind: TypeAdapter[str], *, rows: int = 0, **kwargs: Any) -> None:
        self.kind = kind
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(**kwargs)

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        if not text:
            return ""
        try:
            return self.kind.validate_python(text)
        except ValidationError as error:
            (first, *_rest) = error.errors()
            raise forms.ValidationError(explain(first["type"], first.get("ctx", {}))) from error


class CompanyMoment(forms.CharField):
    """A moment in the company's time, as a browser asks for it.

    In the night in which an hour comes twice it is the later one, and in an hour that is skipped it
    is as long after midnight as it says: an embargo never ends too early.
    """

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value, company_zone()).strftime("%Y-%m-%dT%H:%M")
        return value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        wrong = forms.ValidationError(_("Write a day and a time, such as 2026-03-01 09:30."))
        try:
            moment = datetime.fromisoformat(text)
        except ValueError as error:
            raise wrong from error
        if moment.tzinfo is not None or not 2000 <= moment.year <= 2100:
            raise wrong
        zone = company_zone()
        return max(moment.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1))


class TopicField(_TopicChoice):
    """A topic or campaign, by its name in the writer's language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, empty_label=gettext_lazy("Choose a topic"), **kwargs)

    def label_from_instance(self, obj: Campaign) -> str:
        return obj.name


def embargo_field() -> CompanyMoment:
    return CompanyMoment(
        label=gettext_lazy("Embargo until"),
        help_text=gettext_lazy("Nobody outside this console knows of it before that."),
        required=False,
    )


def end_field() -> CompanyMoment:
    return CompanyMoment(
        label=gettext_lazy("Holds until"),
        help_text=gettext_lazy("Empty: half a year, and you hear before it goes."),
        required=False,
    )


def offer(field: forms.Field, under: uuid.UUID | None, *, to: User | None = None) -> None:
    """Let a field offer what a post can be put under today, and what it is under already.

    To somebody who is no editor, only what they may know of (`to`).
    """
    rows = Campaign.objects.taking_posts()
    if to is not None:
        rows = rows.known_to(to)
    if under is not None:
        rows |= Campaign.objects.filter(pk=under)
    cast("forms.ModelChoiceField[Campaign]", field).queryset = rows


def refuse(form: forms.Form, errors: list[dict[str, str]]) -> None:
    """Put what the model said at the field that it is about."""
    for error in errors:
        field = error["field"]
        form.add_error(field if field in form.fields else None, error["message"])
