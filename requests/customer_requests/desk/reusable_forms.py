"""The forms in which leads write canned texts and macros, judged by the API's own schemas."""

from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from customer_requests.desk.forms import DeskForm, Words
from customer_requests.desk.texts_schemas import CannedTextIn, MacroIn
from customer_requests.models import CannedText, Macro, StepState, WaitingOn
from customer_requests.models.macros import LONGEST_WAIT_DAYS, Then
from customer_requests.models.wording import WORDS, Reusable
from server.accounts.models import RoleName, Team, TeamRole, User

# What stands for every team in the form; no team is called so.
_EVERYONE = "*"


def teams_written_for(user: User) -> list[tuple[str, Any]]:
    """The teams whose texts this person writes, and everyone's for an administrator."""
    led = user.memberships.filter(role=TeamRole.LEAD).values("team")
    teams = [(team.slug, team.name) for team in Team.objects.filter(pk__in=led).order_by("name")]
    everyone = [(_EVERYONE, _("Every team"))] if RoleName.ADMIN in user.roles else []
    return [*teams, *everyone]


class ReusableForm(DeskForm):
    """What canned texts and macros have in common: for whom, the name and the words."""

    name = Words(label=_("Short name"), help_text=_("You find it by this."))
    team = forms.ChoiceField(label=_("For which team?"))
    position = forms.IntegerField(
        label=_("Place in the list"), initial=0, min_value=0, max_value=9999, required=False
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        help_text=_("What is not in use can't be chosen any more, and can come back later."),
        initial=True,
        required=False,
    )
    customer_nl = Words(label=_("To the customer, in Dutch"), rows=5, required=False)
    customer_en = Words(label=_("To the customer, in English"), rows=5, required=False)
    employee_nl = Words(label=_("To the employee, in Dutch"), rows=5, required=False)
    employee_en = Words(label=_("To the employee, in English"), rows=5, required=False)
    note_nl = Words(label=_("Internal note, in Dutch"), rows=3, required=False)
    note_en = Words(label=_("Internal note, in English"), rows=3, required=False)

    @classmethod
    def of(cls, row: Reusable, teams: list[tuple[str, Any]]) -> Self:
        """What is written now, or an empty form for what is new."""
        if row._state.adding:
            return cls(initial={"team": teams[0][0]})._for(teams)
        now = {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)}
        team = row.team.slug if row.team else _EVERYONE
        return cls(initial={**now, "team": team})._for(teams)

    @classmethod
    def sent(cls, given: QueryDict, teams: list[tuple[str, Any]]) -> Self:
        return cls(given)._for(teams)

    def _for(self, teams: list[tuple[str, Any]]) -> Self:
        field = self.fields["team"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = teams
        return self

    def as_api(self, given: dict[str, Any]) -> dict[str, Any]:
        """Empty is nothing said, except for what has a value of its own."""
        return {
            name: value
            for name, value in super().as_api(given).items()
            if name == "is_active" or value not in (None, "", _EVERYONE)
        }

    @property
    def words(self) -> list[forms.BoundField]:
        """By reader, one language beside the other."""
        return [self[name] for name in WORDS]

    @property
    def first(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "team")]

    @property
    def acts(self) -> list[forms.BoundField]:
        """What it does besides saying something."""
        return [self[name] for name in self.fields if name not in ReusableForm.base_fields]

    @property
    def last(self) -> list[forms.BoundField]:
        return [self[name] for name in ("position", "is_active")]


class CannedTextForm(ReusableForm):
    schema = CannedTextIn


class MacroForm(ReusableForm):
    schema = MacroIn

    step_title_nl = Words(label=_("Step of the plan, in Dutch"), required=False)
    step_title_en = Words(label=_("Step of the plan, in English"), required=False)
    step_state = forms.ChoiceField(
        label=_("How far is that step then?"),
        choices=[choice for choice in StepState.choices if choice[0] != StepState.SKIPPED],
        initial=StepState.BUSY,
        required=False,
    )
    then = forms.ChoiceField(label=_("And then?"), choices=Then.choices, required=False)
    wait_on = forms.ChoiceField(
        label=_("Wait on whom?"),
        choices=[("", _("Nobody")), *WaitingOn.choices],
        required=False,
    )
    wait_days = forms.IntegerField(
        label=_("How many days at most?"),
        help_text=_("Leave it empty to wait without an end."),
        min_value=1,
        max_value=LONGEST_WAIT_DAYS,
        required=False,
    )


FORMS: dict[type[Reusable], type[ReusableForm]] = {CannedText: CannedTextForm, Macro: MacroForm}
