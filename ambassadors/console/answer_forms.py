"""The form with which agents and editors write approved answers."""

import uuid
from typing import Any, Self

from django import forms
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.fields import TopicField, Typed, embargo_field, end_field, offer
from ambassadors.models import ApprovedAnswer, Campaign
from ambassadors.models.approved_answer_base import WORDS
from server.accounts.models import User
from server.fields import Key, Reason, Text

_QUESTION, _TEXT, _REASON = TypeAdapter(Key), TypeAdapter(Text), TypeAdapter(Reason)


def _question(label: Any, language: str) -> Typed:
    field = Typed(_QUESTION, label=label, max_length=200, required=False)
    field.widget.attrs["lang"] = language
    return field


def _text(label: Any, language: str) -> Typed:
    field = Typed(_TEXT, rows=5, label=label, required=False)
    field.widget.attrs["lang"] = language
    return field


class AnswerForm(forms.Form):
    """All that an answer says, in Dutch, in English, or in both."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    source = forms.UUIDField(widget=forms.HiddenInput, required=False)
    campaign = TopicField(
        Campaign.objects.all(), label=gettext_lazy("Topic or campaign"), to_field_name="slug"
    )
    question_nl = _question(gettext_lazy("The question, in Dutch"), "nl")
    text_nl = _text(gettext_lazy("The answer, in Dutch"), "nl")
    question_en = _question(gettext_lazy("The question, in English"), "en")
    text_en = _text(gettext_lazy("The answer, in English"), "en")
    valid_until = end_field()
    embargo_until = embargo_field()

    def __init__(self, *args: Any, by: User, under: uuid.UUID | None = None, **kwargs: Any) -> None:
        """`by` is who writes, and `under` the topic or campaign that the answer has now; there it
        may stay.
        """
        super().__init__(*args, **kwargs)
        offer(self.fields["campaign"], under, to=by)

    @classmethod
    def of(cls, answer: ApprovedAnswer, *, by: User, **initial: Any) -> Self:
        """The form with what the answer says now; or, of a new one, with what is given."""
        names = ("version", *WORDS, "valid_until", "embargo_until")
        known: dict[str, Any] = {name: getattr(answer, name) for name in names}
        known["campaign"] = answer.campaign.slug if answer.campaign_id else None
        return cls(initial={**known, **initial}, by=by, under=answer.campaign_id)

    def facts(self) -> dict[str, Any]:
        """For `ApprovedAnswer.begin` and `write`."""
        names = ("campaign", *WORDS, "valid_until", "embargo_until")
        return {name: self.cleaned_data[name] for name in names}


class ChangesForm(forms.Form):
    """What has to be otherwise, in words for the writer."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    text = Typed(_REASON, rows=3, label=gettext_lazy("What has to be otherwise?"))

    def __init__(self, answer: ApprovedAnswer, data: Any = None) -> None:
        super().__init__(data, initial={"version": answer.version}, auto_id="changes_%s")
