"""The desk's forms: asked in plain words, judged by the API's own schemas."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from django import forms
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from pydantic import ValidationError as PydanticError
from pydantic.fields import FieldInfo

from customer_requests.desk.inputs import (
    ContactIn,
    NoteIn,
    PriorityIn,
    SolveIn,
    SplitIn,
    StepChange,
    StepIn,
    UpdateIn,
    WaitIn,
)
from customer_requests.desk.problems_schemas import ProblemOfIn
from customer_requests.models import (
    CustomerRequest,
    KnownProblem,
    Priority,
    Step,
    StepState,
    Topic,
    WaitingOn,
)
from server.accounts.models import User
from server.fields import explain
from server.problems import Invalid

# The ids of a form's fields where it is asked on its own, so over a page that has it too.
ON_ITS_OWN = "act_%s"


class Words(forms.CharField):
    """Text as it was written; how much and which characters is the schema's to judge."""

    def __init__(self, *, rows: int = 0, **kwargs: Any) -> None:
        kwargs.setdefault("strip", False)
        if rows:
            kwargs["widget"] = forms.Textarea(attrs={"rows": rows})
        super().__init__(**kwargs)


class LocalMoment(forms.CharField):
    """A moment in the agent's own time, as browsers ask for it; the schema gets a moment in UTC."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"})

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            return timezone.localtime(value).strftime("%Y-%m-%dT%H:%M")
        return value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        try:
            return datetime.fromisoformat(text).replace(tzinfo=timezone.get_current_timezone())
        except ValueError:
            return text or None


class DeskForm(forms.Form):
    """A form of a verb: what its schema takes, the version that the agent saw, and an own id.

    With the same id a form that is sent twice is done once.
    """

    schema: ClassVar[type[Schema] | None] = None
    # What is needed or not by what else is filled in, or by who reads it: not called optional.
    may_be_needed: ClassVar[tuple[str, ...]] = ()
    required_css_class = "required"

    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    # What the agent saw of the story, and the version of the draft that this form sends.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    draft = forms.IntegerField(widget=forms.HiddenInput, required=False)

    @classmethod
    def fresh(cls, request: CustomerRequest, agent: User, **initial: Any) -> Self:
        """An empty form about the request as it is now."""
        now = {"version": request.version, "seen": request.seen_now()}
        given = {"id": uuid.uuid4(), **now, **initial}
        form = cls(initial=given, auto_id=f"{cls.__name__.removesuffix('Form').lower()}_%s")
        form.offer(request, agent)
        return form

    @classmethod
    def posted(cls, http: HttpRequest, request: CustomerRequest, agent: User) -> Self:
        form = cls(http.POST, auto_id=ON_ITS_OWN)
        form.offer(request, agent)
        return form

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        asked = self.asked()
        for name, field in self.fields.items():
            if name in self.may_be_needed:
                field.widget.is_required = True
            # The schema judges what is missing; the label says beforehand what may be.
            if name in asked and asked[name].is_required() and not field.widget.is_hidden:
                field.widget.is_required = True
                field.widget.attrs["aria-required"] = "true"

    def asked(self) -> Mapping[str, FieldInfo]:
        """What the schema takes, by the name that it has in this form."""
        return self.schema.model_fields if self.schema else {}

    def offer(self, request: CustomerRequest, agent: User) -> None:
        """Fill in what there is to choose from."""

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        """What was filled in, in the shape of the schema; by default by the same names."""
        assert self.schema is not None  # noqa: S101 - asked only where there is one
        return {name: given.get(name) for name in self.schema.model_fields if name in given}

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.schema is None:
            return given
        try:
            given["data"] = self.schema.model_validate(self.as_api(given))
        except PydanticError as error:
            for each in error.errors():
                self._blame(each)
        return given

    def _blame(self, error: Any) -> None:
        context = error.get("ctx", {})
        parts = [str(part) for part in (*error["loc"], context.get("field", "")) if part != ""]
        names = ["_".join(parts), *reversed(parts)]
        field = next((name for name in names if name in self.fields), None)
        if field is None or field not in self.errors:
            self.add_error(field, explain(error["type"], context))

    def blame(self, problem: Invalid) -> None:
        """Say at its fields what the verb did not take."""
        for error in problem.facts["errors"]:
            self.add_error(
                error["field"] if error["field"] in self.fields else None, error["message"]
            )

    def lay_again(self, request: CustomerRequest) -> None:
        """Make the form as it was filled in ready for the request as it is now."""
        again = QueryDict(mutable=True)
        again.update(self.data)
        again["version"], again["seen"] = str(request.version), request.seen_now()
        self.data = again


class PlainForm(DeskForm):
    """A verb that needs no words."""


class PriorityForm(DeskForm):
    schema = PriorityIn
    priority = forms.ChoiceField(
        label=_("How pressing is it?"),
        help_text=_("Only the team sees this. What is due when follows from it."),
        choices=Priority.choices,
        required=False,
    )

    @classmethod
    def fresh(cls, request: CustomerRequest, agent: User, **initial: Any) -> Self:
        return super().fresh(request, agent, priority=request.priority, **initial)


class StepForm(DeskForm):
    schema = StepIn
    title = Words(label=_("What are you going to do?"), required=False)
    expected_at = LocalMoment(label=_("When?"), required=False)
    text = Words(label=_("A word for customer and employee"), rows=2, required=False)
    text_employee = Words(label=_("Other words for the employee"), rows=2, required=False)

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        text = given.get("text", "")
        own = given.get("text_employee", "")
        words = {"text_customer": text, "text_employee": own if own.strip() else text}
        return {
            "id": given.get("id"),
            "title": given.get("title", ""),
            "expected_at": given.get("expected_at"),
            "text": _words(words),
        }


class StepChangeForm(DeskForm):
    schema = StepChange
    state = forms.ChoiceField(label=_("How far is it?"), choices=StepState.choices, required=False)
    expected_at = LocalMoment(label=_("When?"), required=False)
    text_customer = Words(label=_("A word for the customer"), rows=2, required=False)
    text_employee = Words(label=_("A word for the employee"), rows=2, required=False)

    @classmethod
    def of(cls, step: Step, request: CustomerRequest, agent: User) -> Self:
        return cls.fresh(request, agent, state=step.state, expected_at=step.expected_at)

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        changed = {"state": given.get("state") or None, "text": _words(given)}
        if "expected_at" in self.data:
            changed["expected_at"] = given.get("expected_at")
        return changed


class UpdateForm(DeskForm):
    schema = UpdateIn
    may_be_needed = ("text",)
    audience = forms.MultipleChoiceField(
        label=_("Who reads this?"),
        choices=[("customer", _("Customer")), ("employee", _("Employee"))],
        widget=forms.CheckboxSelectMultiple,
        initial=["customer", "employee"],
        required=False,
    )
    text = Words(label=_("Your update"), rows=4, required=False)
    text_employee = Words(label=_("Other words for the employee"), rows=2, required=False)

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        """One text for all, or one for each where the employee gets words of their own."""
        data = {"id": given.get("id"), "audience": given.get("audience", [])}
        text, own = given.get("text", ""), given.get("text_employee", "")
        if not own.strip() or "employee" not in data["audience"]:
            return {**data, "text": text}
        return {**data, "texts": {"employee": own, **({"customer": text} if text.strip() else {})}}


class NoteForm(DeskForm):
    schema = NoteIn
    text = Words(label=_("Internal note"), rows=3, required=False)


class WaitForm(DeskForm):
    schema = WaitIn
    on = forms.ChoiceField(label=_("On whom?"), choices=WaitingOn.choices, required=False)
    text = Words(label=_("What do you ask?"), rows=3, required=False)
    until = LocalMoment(label=_("Until when?"), required=False)


class SolveForm(DeskForm):
    schema = SolveIn
    text = Words(label=_("What was done?"), rows=3, required=False)
    text_employee = Words(label=_("Other words for the employee"), rows=2, required=False)

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        own = given.get("text_employee", "")
        return {"text": given.get("text", ""), "text_employee": own if own.strip() else None}


class SplitForm(DeskForm):
    schema = SplitIn
    topic = forms.ChoiceField(label=_("What is that part about?"), required=False)
    question = Words(
        label=_("That part of the question"),
        help_text=_("The customer and the employee read this back."),
        rows=4,
        required=False,
    )

    def offer(self, request: CustomerRequest, agent: User) -> None:
        field = self.fields["topic"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        topics = Topic.objects.filter(is_active=True, team__is_active=True)
        names = [(topic.slug, topic.name) for topic in topics]
        field.choices = [("", _("Choose a topic")), *names]


def problems_to_choose() -> list[tuple[str, Any]]:
    """The open known problems, the latest first."""
    newest = KnownProblem.objects.filter(state="open").order_by("-updated_at", "-pk")[:100]
    return [("", _("Choose a problem")), *((str(each.pk), each.title) for each in newest)]


class UnderForm(DeskForm):
    schema = ProblemOfIn
    problem = forms.ChoiceField(
        label=_("Which known problem?"),
        help_text=_("Customer and employee get its last update, if there was one."),
        required=False,
    )

    def offer(self, request: CustomerRequest, agent: User) -> None:
        field = self.fields["problem"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = problems_to_choose()


class ContactForm(DeskForm):
    schema = ContactIn
    may_be_needed = ("email", "phone")
    channel = forms.ChoiceField(
        label=_("How do we reach the customer?"),
        choices=[("email", _("By e-mail")), ("sms", _("By text message (SMS)"))],
        widget=forms.RadioSelect,
        required=False,
    )
    email = Words(label=_("E-mail address"), required=False)
    phone = Words(label=_("Mobile number"), required=False)

    @classmethod
    def fresh(cls, request: CustomerRequest, agent: User, **initial: Any) -> Self:
        known = {
            "channel": request.customer_channel,
            "email": request.customer_email,
            "phone": request.customer_phone,
        }
        return super().fresh(request, agent, **known, **initial)


def _words(given: dict[str, Any]) -> dict[str, str] | None:
    texts = {
        reader: given[f"text_{reader}"]
        for reader in ("customer", "employee")
        if (given.get(f"text_{reader}") or "").strip()
    }
    return texts or None
