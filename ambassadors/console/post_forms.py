"""The forms with which editors write and plan posts. Moments are in the company's own time."""

import uuid
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self, cast
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter, ValidationError

from ambassadors.models import AdviceKind, Campaign, CampaignKind, ExamplePost, Risk
from ambassadors.models.example_post_base import LANGUAGES
from ambassadors.models.example_post_content import Advised, Words
from server import disclosure
from server.accounts.models import User
from server.fields import Line, Reason, Text, explain
from server.networks import RULES, Network

if TYPE_CHECKING:
    _TopicChoice = forms.ModelChoiceField[Campaign]
else:
    _TopicChoice = forms.ModelChoiceField

# How much of each the form has room for.
MOST_VARIANTS = 3
MOST_ADVICE = 5

_LINE, _TEXT, _REASON = TypeAdapter(Line), TypeAdapter(Text), TypeAdapter(Reason)


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

    In the night in which an hour comes twice it is the later one: an embargo never ends too early.
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
        return moment.replace(tzinfo=company_zone(), fold=1)


class TopicField(_TopicChoice):
    """A topic or campaign, by its name in the writer's language."""

    def label_from_instance(self, obj: Campaign) -> str:
        return obj.name


def company_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


class PostForm(forms.Form):
    """All that a post says: the facts, three variants per network and language, and advice."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    campaign = TopicField(
        Campaign.objects.all(), label=gettext_lazy("Topic or campaign"), to_field_name="slug"
    )
    title_nl = Typed(_LINE, label=gettext_lazy("Title, in Dutch"), max_length=120)
    title_en = Typed(_LINE, label=gettext_lazy("Title, in English"), max_length=120, required=False)
    link = forms.CharField(
        label=gettext_lazy("Page it points at"),
        help_text=gettext_lazy("Each employee gets a short link to it, which is counted."),
        max_length=500,
        required=False,
        widget=forms.URLInput,
    )
    rewarded = forms.BooleanField(
        label=gettext_lazy("Employees can win or get something with this post"),
        help_text=gettext_lazy("Then every post says #adv in its first line."),
        required=False,
    )
    embargo_until = CompanyMoment(
        label=gettext_lazy("Embargo until"),
        help_text=gettext_lazy("Nobody outside this console knows of it before that."),
        required=False,
    )

    def __init__(self, *args: Any, under: uuid.UUID | None = None, **kwargs: Any) -> None:
        """`under` is the campaign that the post has now; there it may stay, ended or not."""
        super().__init__(*args, **kwargs)
        offer(self.fields["campaign"], under)
        for network in Network:
            for nth in range(MOST_VARIANTS):
                for language in LANGUAGES:
                    name = _text_name(network, language, nth)
                    self.fields[name] = self._text_field(network, language, nth)
        for nth in range(MOST_ADVICE):
            self.fields.update(_advice_fields(nth))

    @staticmethod
    def _text_field(network: Network, language: str, nth: int) -> forms.Field:
        field = Typed(_TEXT, rows=4, required=False, label=_label(network, language, nth))
        rules = RULES[network]
        field.widget.attrs |= {
            "lang": language,
            "data-network": network.value,
            "data-limit": "" if rules.limit is None else str(rules.limit),
            "data-link": "1" if rules.link_in_text else "",
        }
        return field

    @classmethod
    def of(cls, post: ExamplePost) -> Self:
        """The form with what the post says now."""
        names = ("version", "title_nl", "title_en", "link", "rewarded", "embargo_until")
        initial: dict[str, Any] = {name: getattr(post, name) for name in names}
        initial["campaign"] = post.campaign.slug if post.campaign_id else None
        if post._state.adding:
            return cls(initial=initial)
        under = post.campaign_id
        for row in post.texts.all():
            initial[_text_name(row.network, row.language, row.number)] = row.text
        for nth, advice in enumerate(post.advice.all()):
            for name in Advised._fields:
                initial[f"a_{nth}_{name}"] = getattr(advice, name)
        return cls(initial=initial, under=under)

    @classmethod
    def sent(cls, data: QueryDict, post: ExamplePost) -> Self:
        return cls(data, under=post.campaign_id)

    def facts(self) -> dict[str, Any]:
        """For `ExamplePost.begin` and `write`."""
        clean = self.cleaned_data
        names = ("campaign", "title_nl", "title_en", "link", "rewarded", "embargo_until")
        return {name: clean[name] for name in names} | {
            "words": [words for _name, words in self._words()],
            "advice": [advice for _nth, advice in self._advice()],
        }

    def _words(self) -> Iterator[tuple[str, Words]]:
        for network in Network:
            for language in LANGUAGES:
                for nth in range(MOST_VARIANTS):
                    name = _text_name(network, language, nth)
                    if text := self.cleaned_data.get(name):
                        yield name, Words(network.value, language, text)

    def _advice(self) -> Iterator[tuple[int, Advised]]:
        for nth in range(MOST_ADVICE):
            given = {name: self.cleaned_data.get(f"a_{nth}_{name}", "") for name in Advised._fields}
            if given["text_nl"] or given["reason_nl"] or given["text_en"]:
                yield nth, Advised(**given)

    def refuse(self, errors: list[dict[str, str]]) -> None:
        """Put what the model said at the field that it is about."""
        words = [name for name, _words in self._words()]
        advice = [f"a_{nth}_reason_nl" for nth, _advice in self._advice()]
        for error in errors:
            field, _dot, place = error["field"].partition(".")
            if place:
                field = (words if field == "words" else advice)[int(place)]
            self.add_error(field if field in self.fields else None, error["message"])

    def networks(self) -> Iterator[dict[str, Any]]:
        """Per network its fields by variant, and whether there is anything in them."""
        for network in Network:
            variants = [
                [self[_text_name(network, language, nth)] for language in LANGUAGES]
                for nth in range(MOST_VARIANTS)
            ]
            filled = [any(field.value() or field.errors for field in pair) for pair in variants]
            yield {
                "name": network.value,
                "label": network.label,
                "limit": RULES[network].limit,
                "first": variants[0],
                "more": variants[1:],
                "filled": sum(filled),
                "more_filled": any(filled[1:]),
                "wrong": any(field.errors for pair in variants for field in pair),
            }

    def advice_rows(self) -> Iterator[dict[str, Any]]:
        for nth in range(MOST_ADVICE):
            fields = [self[f"a_{nth}_{name}"] for name in Advised._fields]
            filled = any(field.value() for field in fields[2:])
            wrong = any(field.errors for field in fields)
            yield {"nth": nth + 1, "fields": fields, "filled": filled or wrong or nth == 0}

    def openings(self) -> Mapping[str, str]:
        """What the counters count with, by language and by whether there is a reward."""
        return {
            f"{language}{'-rewarded' if rewarded else ''}": disclosure.opening(
                language, rewarded=rewarded
            )
            for language in LANGUAGES
            for rewarded in (False, True)
        }

    def facts_fields(self) -> list[Any]:
        names = ("campaign", "title_nl", "title_en", "link", "embargo_until", "rewarded")
        return [self[name] for name in names]


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


def _text_name(network: str, language: str, nth: int) -> str:
    return f"t_{network}_{language}_{nth}"


def _label(network: Network, language: str, nth: int) -> str:
    spoken = _("in Dutch") if language == "nl" else _("in English")
    variant = "" if nth == 0 else " " + _("(variant %(nth)s)") % {"nth": nth + 1}
    return f"{network.label}, {spoken}{variant}"


def _advice_fields(nth: int) -> dict[str, forms.Field]:
    def line(label: Any) -> forms.Field:
        return Typed(_LINE, label=label, max_length=200, required=False)

    return {
        f"a_{nth}_kind": forms.ChoiceField(
            choices=AdviceKind.choices, label=_("Do or don't"), required=False, initial="do"
        ),
        f"a_{nth}_risk": forms.ChoiceField(
            choices=Risk.choices, label=_("Risk"), required=False, initial="green"
        ),
        f"a_{nth}_text_nl": line(_("What, in Dutch")),
        f"a_{nth}_reason_nl": line(_("Why, in Dutch")),
        f"a_{nth}_text_en": line(_("What, in English")),
        f"a_{nth}_reason_en": line(_("Why, in English")),
    }


class PlanForm(forms.Form):
    """When it comes out, and until when it holds."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    publish_at = CompanyMoment(label=gettext_lazy("Comes out"), required=False)
    valid_until = CompanyMoment(
        label=gettext_lazy("Holds until"),
        help_text=gettext_lazy("Empty: half a year, and you hear before it goes."),
        required=False,
    )

    def __init__(
        self, post: ExamplePost, data: QueryDict | None = None, *, prefix_id: str = "plan"
    ) -> None:
        names = ("version", "publish_at", "valid_until")
        initial = {name: getattr(post, name) for name in names}
        super().__init__(data, initial=initial, auto_id=f"{prefix_id}_%s")


class SayForm(forms.Form):
    """Words of one editor to the others. `id` keeps them from being said twice."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    text = Typed(_REASON, rows=3, label=gettext_lazy("What do you want to say?"))

    def __init__(self, post: ExamplePost, data: QueryDict | None = None, **kwargs: Any) -> None:
        initial = {"version": post.version, "id": uuid.uuid4()}
        super().__init__(data, initial=initial, **kwargs)


class ImageForm(forms.Form):
    """A picture, with the words for who can't see it."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    file = forms.FileField(
        label=gettext_lazy("Picture"),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic"}),
    )
    alt_nl = Typed(
        _LINE,
        label=gettext_lazy("What can be seen, in Dutch"),
        help_text=gettext_lazy("For who can't see the picture."),
        max_length=120,
    )
    alt_en = Typed(
        _LINE, label=gettext_lazy("What can be seen, in English"), max_length=120, required=False
    )


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

    def refuse(self, errors: list[dict[str, str]]) -> None:
        """Put what the model said at the field that it is about."""
        for error in errors:
            field = error["field"]
            self.add_error(field if field in self.fields else None, error["message"])


class TakeOverForm(forms.Form):
    campaign = TopicField(
        Campaign.objects.all(), label=gettext_lazy("Topic or campaign"), to_field_name="slug"
    )
    title_nl = Typed(_LINE, label=gettext_lazy("Title, in Dutch"), max_length=120)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["campaign"], None)


class DeclineForm(forms.Form):
    reason = Typed(
        _REASON,
        rows=3,
        label=gettext_lazy("Why not?"),
        help_text=gettext_lazy("Your colleague reads this."),
    )
