"""The forms with which editors write and plan posts, and answer what employees suggest."""

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.fields import (
    CompanyMoment,
    TopicField,
    Typed,
    embargo_field,
    end_field,
    offer,
)
from ambassadors.models import AdviceKind, Campaign, ExamplePost, Risk
from ambassadors.models.example_post_base import LANGUAGES
from ambassadors.models.example_post_content import Advised, Words
from server import disclosure
from server.accounts.models import RoleName, User
from server.fields import Line, Reason, Text
from server.networks import RULES, Network

if TYPE_CHECKING:  # which Django itself can't say
    _EditorChoice = forms.ModelChoiceField[User]
else:
    _EditorChoice = forms.ModelChoiceField

# How much of each the form has room for.
MOST_VARIANTS = 3
MOST_ADVICE = 5

_LINE, _TEXT, _REASON = TypeAdapter(Line), TypeAdapter(Text), TypeAdapter(Reason)


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
    embargo_until = embargo_field()

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
    valid_until = end_field()

    def __init__(
        self, post: ExamplePost, data: QueryDict | None = None, *, prefix_id: str = "plan"
    ) -> None:
        names = ("version", "publish_at", "valid_until")
        initial = {name: getattr(post, name) for name in names}
        super().__init__(data, initial=initial, auto_id=f"{prefix_id}_%s")

    def clean(self) -> dict[str, Any]:
        """What a form does not ask, such as the end in the calendar, stays what it is."""
        cleaned = super().clean() or self.cleaned_data
        for name in ("publish_at", "valid_until"):
            if name not in self.data and name not in self.errors:
                cleaned[name] = self.initial[name]
        return cleaned


class _EditorField(_EditorChoice):
    def label_from_instance(self, editor: User) -> str:
        return editor.name


class OwnerForm(forms.Form):
    """Who looks after it. Those who do such work now; who left is no choice."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    owner = _EditorField(User.objects.none(), label=gettext_lazy("Who looks after it"))

    def __init__(self, post: ExamplePost, data: QueryDict | None = None) -> None:
        initial = {"version": post.version, "owner": post.owner}
        super().__init__(data, initial=initial, auto_id="owner_%s")
        roles = [RoleName.EDITOR, RoleName.ADMIN]
        editors = User.objects.filter(is_active=True, role_rows__name__in=roles)
        self.fields["owner"] = _EditorField(
            editors.distinct().order_by("name", "pk"),
            label=gettext_lazy("Who looks after it"),
            empty_label=None if post.owner_is_there else gettext_lazy("Choose a colleague"),
        )


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
