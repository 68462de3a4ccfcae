"""The forms of an act on many requests: what each asks, judged by the API's own schema."""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, ClassVar, Self
from urllib.parse import parse_qsl
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from customer_requests.desk.bulk_schemas import ACT_SCHEMAS, ACTS, BulkIn, QueueFilter
from customer_requests.desk.choosing import PassOnForm, people_to_choose
from customer_requests.desk.forms import DeskForm, Words, problems_to_choose
from customer_requests.desk.to_all import TextsForm
from customer_requests.models import CustomerRequest, Macro, Priority, Topic
from customer_requests.models.bulk import MOST
from customer_requests.models.bulk_verbs import BULK_VERBS
from server.accounts.models import User
from server.problems import Invalid

# What of the address of a queue says which requests, and not how they are shown.
_SHOWN_AS = {"cursor", "order", "limit", "bulk"}


class BulkForm(DeskForm):
    """One act on the requests that were ticked, or on all that a filter had when it was asked.

    Those are in `all`, as many as the page says: what comes in meanwhile is not acted on unseen.
    """

    schema = BulkIn
    verb: ClassVar[str]

    pick = forms.Field(widget=forms.MultipleHiddenInput, required=False)
    all = forms.CharField(widget=forms.HiddenInput, required=False)

    @classmethod
    def about(cls, agent: User, posted: QueryDict) -> Self:
        """An empty form about what was ticked, or about all of a filter (`whole`, as an address).

        Raises Invalid where that is too much, or can't be looked through to the end.
        """
        which: dict[str, Any] = {"pick": posted.getlist("pick")}
        if whole := posted.get("whole"):
            found = _filter_of(whole).all_of_it(agent, MOST)
            which = {"all": ",".join(f"{id}:{version}" for id, version in found)}
        form = cls(initial={"id": uuid.uuid4(), **which})
        form.offer_to(agent)
        return form

    @classmethod
    def sent(cls, agent: User, posted: QueryDict) -> Self:
        form = cls(posted)
        form.offer_to(agent)
        return form

    def asked(self) -> Mapping[str, FieldInfo]:
        """What the schema of the act itself takes."""
        return ACT_SCHEMAS[self.verb].model_fields

    @property
    def is_whole(self) -> bool:
        return bool(self["all"].value())

    @property
    def count(self) -> int:
        """How many requests it is about."""
        every = self["all"].value()
        return len(every.split(",")) if every else len(self["pick"].value() or [])

    @property
    def ids(self) -> list[UUID]:
        """The requests that it is about, as they were named."""
        every = self["all"].value()
        named = every.split(",") if every else self["pick"].value() or []
        found = []
        for each in named[:MOST]:
            with suppress(ValueError):
                found.append(UUID(str(each).partition(":")[0]))
        return found

    def about_what(self, agent: User) -> list[tuple[UUID, UUID]]:
        """The teams and topics of those of them that are on this agent's desk; one query."""
        rows = CustomerRequest.objects.on_desk_of(agent).filter(pk__in=self.ids)
        return list(rows.order_by().values_list("team_id", "topic_id").distinct())

    def offer_to(self, agent: User) -> None:
        """Fill in what there is to choose from."""

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        facts = {name: given[name] for name in self.asks() if given.get(name)}
        return {"id": given.get("id"), self.verb: facts, **self._which(given)}

    @classmethod
    def asks(cls) -> list[str]:
        """The fields of the act itself."""
        return [name for name in cls.base_fields if name not in BulkForm.base_fields]

    def _which(self, given: dict[str, Any]) -> dict[str, Any]:
        every = given["all"].split(",") if given.get("all") else given.get("pick")
        picked = [str(each).partition(":") for each in every or []]
        # What nobody outside the team hears of is done whatever else happened meanwhile.
        speaks = BULK_VERBS[self.verb].speaks
        return {
            "requests": [
                {"id": id, **({"version": version} if speaks and version else {})}
                for id, _colon, version in picked
            ]
        }


def _filter_of(address: str) -> QueueFilter:
    """The filter that stands in the address of a queue."""
    asked = {name: value for name, value in parse_qsl(address) if name not in _SHOWN_AS}
    try:
        return QueueFilter.model_validate(asked)
    except ValidationError as error:
        raise Invalid({"filter": _("This filter can't be read. Set it anew.")}) from error


def _choose(form: forms.Form, name: str, first: Any, choices: list[tuple[str, Any]]) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared by the form
    field.choices = [("", first), *choices]


class BulkAssign(BulkForm):
    verb = "assign"
    agent = forms.ChoiceField(label=_("To whom?"), required=False)

    def offer_to(self, agent: User) -> None:
        asked: dict[UUID, set[UUID]] = {id: set() for id in agent.team_ids}
        if about := self.about_what(agent):
            asked = {team: {topic for its, topic in about if its == team} for team, _t in about}
        skills = Topic.skills_needed({topic for topics in asked.values() for topic in topics})
        needed = {
            team: {id: skill for topic in topics for id, skill in skills.get(topic, {}).items()}
            for team, topics in asked.items()
        }
        field = self.fields["agent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = people_to_choose(needed, agent.zone)


class BulkTransfer(BulkForm, PassOnForm):
    verb = "transfer"

    def offer_to(self, agent: User) -> None:
        teams = {team for team, _topic in self.about_what(agent)}
        self.offer_teams(teams if len(teams) == 1 else ())


class BulkPrioritise(BulkForm):
    verb = "prioritise"
    priority = forms.ChoiceField(
        label=_("How pressing is it?"),
        choices=[("", _("Choose one")), *Priority.choices],
        required=False,
    )


class BulkPutUnder(BulkForm):
    verb = "put_under"
    problem = forms.ChoiceField(
        label=_("Which known problem?"),
        help_text=_("Customer and employee get its last update, if there was one."),
        required=False,
    )

    def offer_to(self, agent: User) -> None:
        first, *problems = problems_to_choose()
        _choose(self, "problem", first[1], problems)


class BulkNote(BulkForm):
    verb = "note"
    text = Words(label=_("Internal note"), rows=4, required=False)


class BulkSolve(BulkForm, TextsForm):
    verb = "solve"

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        return {"id": given.get("id"), "solve": self.written(given), **self._which(given)}


class BulkMacro(BulkForm):
    verb = "macro"
    macro = forms.ChoiceField(label=_("Which macro?"), required=False)

    def offer_to(self, agent: User) -> None:
        macros = Macro.objects.for_agent(agent).filter(is_active=True)
        _choose(self, "macro", _("Choose a macro"), [(str(each.pk), each.name) for each in macros])


BULK_FORMS: Mapping[str, type[BulkForm]] = {
    form.verb: form
    for form in (
        BulkAssign,
        BulkTransfer,
        BulkPrioritise,
        BulkPutUnder,
        BulkNote,
        BulkSolve,
        BulkMacro,
    )
}
assert set(BULK_FORMS) == set(ACTS)  # noqa: S101 - each act has a form
