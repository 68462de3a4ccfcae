"""Who and which team work can go to: the same for one request and for many."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext_lazy as _

from customer_requests.desk.forms import DeskForm, Words
from customer_requests.desk.inputs import AssignIn, TransferIn
from customer_requests.models import CustomerRequest, Topic
from customer_requests.models.crew import Crew, Needed, Place
from server.accounts.models import Team, User

Choices = list[tuple[Any, Any]]


def people_to_choose(
    needed: Mapping[UUID, Needed], zone: ZoneInfo, *, but: UUID | None = None
) -> Choices:
    """The people of these teams, with how much they have. Apart, with the reason, who can't take it
    now, or not in each of the teams. `needed` is what the requests of each team ask for.
    """
    places: dict[str, list[Place]] = {}
    for place in Crew.read(needed).places:
        if place.user.pk != but:
            places.setdefault(str(place.user.pk), []).append(place)
    free: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    for id, theirs in places.items():
        said = [(place, place.why_not(needed[place.member.team_id], zone)) for place in theirs]
        words = [
            f"{place.member.team.name}: {why_not or place.load_words}"
            if len(needed) > 1
            else why_not or place.load_words
            for place, why_not in said
        ]
        takes_all = len(theirs) == len(needed) and not any(why_not for _place, why_not in said)
        label = " · ".join([theirs[0].user.name, *words])
        (free if takes_all else others).append((id, label))
    groups = [(_("Can take it now"), free), (_("Rather not"), others)]
    by_name = [(name, sorted(people, key=lambda each: each[1])) for name, people in groups]
    return [("", _("Choose a colleague")), *(group for group in by_name if group[1])]


class PassOnForm(DeskForm):
    """To which team, and what it is about after all."""

    team = forms.ChoiceField(label=_("To which team?"), required=False)
    topic = forms.ChoiceField(label=_("What is it about after all?"), required=False)
    note = Words(
        label=_("What does the other team need to know?"),
        help_text=_("Only the teams read this."),
        rows=4,
        required=False,
    )

    def offer_teams(self, but: Collection[UUID]) -> None:
        """The teams with somebody in them, and what they take on; without those that have it."""
        topics: dict[UUID, list[tuple[str, str]]] = {}
        for topic in Topic.objects.filter(is_active=True).exclude(team__in=but):
            topics.setdefault(topic.team_id, []).append((topic.slug, topic.name))
        teams = list(Team.open_to_work().exclude(pk__in=but))
        to, about = self.fields["team"], self.fields["topic"]
        assert isinstance(to, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(about, forms.ChoiceField)  # noqa: S101 - declared above
        to.choices = [("", _("Choose a team")), *((team.slug, team.name) for team in teams)]
        about.choices = [
            ("", _("It stays what it is")),
            *((team.name, topics[team.pk]) for team in teams if team.pk in topics),
        ]


class AssignForm(DeskForm):
    schema = AssignIn
    agent = forms.ChoiceField(label=_("To whom?"), required=False)

    def offer(self, request: CustomerRequest, agent: User) -> None:
        field = self.fields["agent"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        needed = {request.team_id: request.needed()}
        field.choices = people_to_choose(needed, agent.zone, but=request.agent_id)


class TransferForm(PassOnForm):
    schema = TransferIn

    def offer(self, request: CustomerRequest, agent: User) -> None:
        self.offer_teams([request.team_id])
