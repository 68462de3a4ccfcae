"""Who is there: my own absences, and for a lead those of their people."""

import uuid
from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST
from pydantic import ValidationError as PydanticError

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.people_api import AbsenceIn
from customer_requests.models.crew import Crew, Place
from server.accounts.models import Absence, TeamMember, User
from server.fields import explain
from server.problems import Invalid


class AbsenceForm(forms.Form):
    """When somebody is away; `id` makes that a form that is sent twice is done once."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    person = forms.ChoiceField(label=gettext_lazy("Who?"), required=False)
    begins = forms.CharField(
        label=gettext_lazy("First day"),
        help_text=gettext_lazy("Leave it empty when it begins now."),
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
    )
    ends = forms.CharField(
        label=gettext_lazy("Last day"),
        help_text=gettext_lazy("Leave it empty while nobody knows."),
        widget=forms.DateInput(attrs={"type": "date"}),
        required=False,
    )

    def __init__(self, *args: Any, people: Sequence[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["person"]
        assert isinstance(person, forms.ChoiceField)  # noqa: S101 - declared above
        if people:
            person.choices = [("", _("Me")), *((str(other.pk), other.name) for other in people)]
        else:
            del self.fields["person"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        filled = {name: value for name, value in given.items() if value}
        try:
            given["data"] = AbsenceIn.model_validate(filled)
        except PydanticError as error:
            for each in error.errors():
                self.blame(str(each["loc"][0]), explain(each["type"], each.get("ctx", {})))
        return given

    def blame(self, field: str, message: str) -> None:
        if field not in self.errors:
            self.add_error(field if field in self.fields else None, message)


@require_http_methods(["GET", "HEAD", "POST"])
@agent_page
def page(http: AgentRequest) -> HttpResponse:
    """Who of my teams is there and what they have, and a form to say when I am away."""
    people = _led_by(http.user)
    if http.method != "POST":
        return _shown(http, AbsenceForm(initial={"id": uuid.uuid4()}, people=people))
    form = AbsenceForm(http.POST, people=people)
    if form.is_valid():
        try:
            absence, _new = Absence.enter(**form.cleaned_data["data"].facts(http.user))
        except Invalid as problem:
            for error in problem.facts["errors"]:
                form.blame(error["field"], error["message"])
        else:
            messages.success(http, _said(http.user, absence))
            return redirect("desk-availability")
    return _shown(http, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
@agent_page
def end(http: AgentRequest, absence_id: UUID) -> HttpResponse:
    """Be back, or take an absence back."""
    get_object_or_404(Absence.objects.managed_by(http.user), pk=absence_id).end(by=http.user)
    messages.success(http, _("Done. It no longer counts."))
    return redirect("desk-availability")


def _said(user: User, absence: Absence) -> str:
    if absence.person_id == user.pk:
        return _("Noted. While you are away, what you have goes to your colleagues.")
    return _("Noted. What they have goes to their colleagues.")


def _led_by(user: User) -> list[User]:
    """The others in the teams that this person leads, by name."""
    led = user.memberships.filter(role="lead").values("team")
    members = TeamMember.objects.employed().filter(team__in=led).exclude(user=user)
    return sorted(
        {member.user for member in members.select_related("user")}, key=lambda person: person.name
    )


def _shown(http: HttpRequest, form: AbsenceForm, status: int = HTTPStatus.OK) -> HttpResponse:
    user = http.user
    assert isinstance(user, User)  # noqa: S101 - agent_page saw to it
    context = {
        "form": form,
        "leads": "person" in form.fields,
        "absences": Absence.to_manage(user),
        "teams": _teams(Crew.read(user.team_ids).places, user),
    }
    return render(http, "desk/availability.html", context, status=status)


def _teams(places: Sequence[Place], reader: User) -> list[dict[str, Any]]:
    """Per team its people, those who are there first."""
    teams: dict[str, list[dict[str, Any]]] = {}
    for place in sorted(places, key=lambda place: place.away is not None):
        teams.setdefault(place.member.team.name, []).append(
            {
                "name": place.user.name,
                "is_lead": place.is_lead,
                "load": place.load_words,
                "full": place.load > 0 and not place.has_room,
                "skills": ", ".join(skill.name for skill in place.skills.values()),
                "away": place.away.words(reader.zone) if place.away else "",
            }
        )
    return [{"name": name, "people": people} for name, people in sorted(teams.items())]
