"""The customer's forms: the API's rules for text, asked in plain words."""

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from pydantic import TypeAdapter
from pydantic import ValidationError as PydanticError

from customer_requests.models import CustomerRequest, EmployeeSees
from server import uploads
from server.fields import Email, Name, Phone, Reason, Text, check_contact
from server.uploads import FileRefused, Upload

PHOTOS = "image/jpeg,image/png,image/webp,image/heic,image/heif,application/pdf"


def _as_api(kind: Any) -> Callable[[str], Any]:
    """A cleaner that says of a value what the API says of it."""
    adapter = TypeAdapter(kind)

    def clean(value: str) -> Any:
        try:
            return adapter.validate_python(value)
        except PydanticError as error:
            first = error.errors()[0]
            message = first.get("ctx", {}).get("message")
            if first["type"] == "string_too_long":
                most = first["ctx"]["max_length"]
                message = _("This is too long: at most %(most)s characters.") % {"most": most}
            raise ValidationError(message or _("This value is not possible here.")) from error

    return clean


clean_name, clean_text, clean_reason = _as_api(Name), _as_api(Text), _as_api(Reason)
clean_email, clean_phone = _as_api(Email), _as_api(Phone)


class MessageForm(forms.Form):
    """Something to say, with a photo or document if they like."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Your message"),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("Write your message first.")},
    )
    file = forms.FileField(
        label=_("Photo or document"),
        help_text=_("JPEG, PNG, WebP, HEIC or PDF."),
        required=False,
        widget=forms.FileInput(attrs={"accept": PHOTOS}),
    )

    @classmethod
    def fresh(cls) -> "MessageForm":
        """An empty form with an id of its own, so that sending it twice is saying it once."""
        return cls(auto_id="message_%s", initial={"id": uuid.uuid4()})

    def clean_text(self) -> str:
        return str(clean_text(self.cleaned_data["text"]))

    def clean_file(self) -> Upload | None:
        file = self.cleaned_data.get("file")
        if not file:
            return None
        try:
            return uploads.clean(file.name or "", file, file.size)
        except FileRefused as error:
            raise ValidationError(error.explained) from error


class ReasonForm(forms.Form):
    """Why a question is reopened or withdrawn."""

    reason = forms.CharField(
        label=_("What do you want to tell us?"),
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Tell us in a few words why.")},
    )

    def clean_reason(self) -> str:
        return str(clean_reason(self.cleaned_data["reason"]))


class RatingForm(forms.Form):
    score = forms.TypedChoiceField(
        label=_("How satisfied are you?"),
        coerce=int,
        choices=[
            (5, _("5: very satisfied")),
            (4, _("4: satisfied")),
            (3, _("3: it was all right")),
            (2, _("2: not satisfied")),
            (1, _("1: not satisfied at all")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how satisfied you are.")},
    )
    taken_seriously = forms.TypedChoiceField(
        label=_("Did you feel taken seriously?"),
        coerce=lambda value: {"yes": True, "no": False}.get(value),
        choices=[("yes", _("Yes")), ("no", _("No"))],
        widget=forms.RadioSelect,
        required=False,
        empty_value=None,
    )
    text = forms.CharField(
        label=_("What could we do better?"),
        widget=forms.Textarea(attrs={"rows": 3}),
        required=False,
    )

    def clean_text(self) -> str:
        text = self.cleaned_data["text"]
        return str(clean_text(text)) if text.strip() else ""


class DetailsForm(forms.Form):
    """How we reach the customer, and what the employee may see."""

    name = forms.CharField(
        label=_("Your name"), error_messages={"required": _("Write your name first.")}
    )
    channel = forms.ChoiceField(
        label=_("How do we reach you?"),
        choices=[("email", _("By e-mail")), ("sms", _("By text message (SMS)"))],
        widget=forms.RadioSelect,
    )
    email = forms.CharField(
        label=_("E-mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Mobile number"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    language = forms.ChoiceField(
        label=_("In which language?"),
        choices=[("nl", "Nederlands"), ("en", "English")],
        widget=forms.RadioSelect,
    )
    employee_sees = forms.ChoiceField(
        label=_("What may the person who passed on your question see?"),
        choices=EmployeeSees.choices,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("email", "phone"):
            # Which of the two is needed depends on the channel, so neither is called optional.
            self.fields[name].widget.is_required = True

    @classmethod
    def of(cls, request: CustomerRequest) -> "DetailsForm":
        return cls(
            auto_id="details_%s",
            initial={
                "name": request.customer_name,
                "channel": request.customer_channel,
                "email": request.customer_email,
                "phone": request.customer_phone,
                "language": request.customer_language,
                "employee_sees": request.employee_sees,
            },
        )

    def clean_name(self) -> str:
        return str(clean_name(self.cleaned_data["name"]))

    def clean_email(self) -> str:
        email = self.cleaned_data["email"].strip()
        return str(clean_email(email)) if email else ""

    def clean_phone(self) -> str:
        phone = self.cleaned_data["phone"].strip()
        return str(clean_phone(phone)) if phone else ""

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if "email" in given and "phone" in given and "channel" in given:
            try:
                check_contact(given["channel"], given["email"], given["phone"])
            except ValueError as error:
                field = "email" if given["channel"] == "email" else "phone"
                self.add_error(field, str(error))
        return given
