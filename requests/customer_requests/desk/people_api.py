"""Who works in my teams, what they have and can take, and when they are away."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from ninja import Router, Schema, Status
from pydantic import ConfigDict, Field

from customer_requests.models import CustomerRequest
from customer_requests.models.crew import Crew, Place
from server.accounts.models import Absence, User
from server.auth import Authed, agents
from server.fields import DayOrMoment, Key, Strict
from server.problems import Invalid

router = Router(tags=["Desk"], auth=agents)


class TeammateOut(Schema):
    """Somebody's place in a team. `load` is what they have in progress, `limit` what they can have
    (null is no limit). `away_until` is null too where nobody knows until when they are `away`.
    `why_not` says why the request that was asked about would not be handed to them; null where it
    would, or where none was asked about.
    """

    id: UUID
    name: str
    team: str
    role: str
    skills: list[str]
    load: int
    limit: int | None
    away: bool
    away_until: datetime | None
    why_not: str | None


class PersonRef(Schema):
    id: UUID
    name: str


class AbsenceOut(Schema):
    """`ends` is null while nobody knows."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": "4c0f4f9b-1d57-4c0c-8a3e-6f0f5b2a9d01",
                "person": {"id": "5f1b8f0e-54a1-4f3f-9d54-0e3c4f3a1c11", "name": "Daan Bakker"},
                "begins": "2026-12-23T23:00:00Z",
                "ends": "2027-01-03T23:00:00Z",
            }
        }
    )
    id: UUID
    person: PersonRef
    begins: datetime
    ends: datetime | None


class AbsenceIn(Strict):
    """Days count in the time zone of who is away, and the last day counts too."""

    model_config = ConfigDict(
        extra="forbid",
        str_strip_whitespace=True,
        json_schema_extra={
            "example": {
                "id": "4c0f4f9b-1d57-4c0c-8a3e-6f0f5b2a9d01",
                "begins": "2026-12-24",
                "ends": "2027-01-03",
            }
        },
    )
    id: UUID
    person: Key | None = Field(
        None, description="Id or work e-mail of somebody in a team that I lead; else it is me."
    )
    begins: DayOrMoment | None = Field(None, description="A day or a moment; now when left out.")
    ends: DayOrMoment | None = Field(
        None, description="The last day, or a moment; left out while nobody knows."
    )

    def facts(self, by: User) -> dict[str, Any]:
        """What `Absence.enter` takes."""
        person = self._person() or by
        begins, ends = self.begins, self.ends
        if ends is not None and not isinstance(ends, datetime):
            ends += timedelta(days=1)
        return {
            "by": by,
            "id": self.id,
            "person": person,
            "begins": _moment(begins, person),
            "ends": _moment(ends, person),
        }

    def _person(self) -> User | None:
        if not self.person:
            return None
        found = User.known_as(self.person)
        if found is None:
            raise Invalid({"person": _("This person is unknown.")})
        return found


def _moment(when: date | None, person: User) -> datetime | None:
    """A moment as it is; of a day its beginning, where the person is."""
    if when is None or isinstance(when, datetime):
        return when
    return datetime.combine(when, time.min, person.zone)


@router.get(
    "/agents",
    response=list[TeammateOut],
    operation_id="list_agents",
    summary="Who works in my teams, what they have, and who can take a request",
)
def list_agents(request: Authed, for_request: UUID | None = None) -> list[dict[str, Any]]:
    """By team and name, also who is away. With `for_request` only the team of that request, with
    `why_not` for whom it would not be handed to.
    """
    if for_request is None:
        return [teammate_out(place) for place in Crew.read(request.auth.team_ids).places]
    asked = get_object_or_404(CustomerRequest.objects.on_desk_of(request.auth), pk=for_request)
    needed, zone = asked.needed(), request.auth.zone
    return [
        teammate_out(place, place.why_not(needed, zone))
        for place in Crew.read([asked.team_id]).places
    ]


@router.get(
    "/absences",
    response=list[AbsenceOut],
    operation_id="list_absences",
    summary="When I am away; for leads also their people",
)
def list_absences(request: Authed) -> list[Absence]:
    """Those that are going on or still to come, by when they begin."""
    return list(Absence.to_manage(request.auth))


@router.post(
    "/absences",
    response={200: AbsenceOut, 201: AbsenceOut},
    operation_id="enter_absence",
    summary="Say when I am away; for leads also their people",
)
def enter_absence(request: Authed, data: AbsenceIn) -> Status[Absence]:
    """From then on nothing is assigned to that person, and what they have in progress goes back to
    the queue; what waits on others does when it goes on.
    """
    absence, new = Absence.enter(**data.facts(request.auth))
    return Status(201 if new else 200, absence)


@router.delete(
    "/absences/{uuid:absence_id}",
    response={204: None},
    operation_id="end_absence",
    summary="Be back, or take it back",
)
def end_absence(request: Authed, absence_id: UUID) -> Status[None]:
    """One that is going on ends now; one still to come is taken away."""
    get_object_or_404(Absence.objects.managed_by(request.auth), pk=absence_id).end(by=request.auth)
    return Status(204, None)


def teammate_out(place: Place, why_not: str = "") -> dict[str, Any]:
    return {
        "id": place.user.pk,
        "name": place.user.name,
        "team": place.member.team.slug,
        "role": place.member.role,
        "skills": sorted(skill.slug for skill in place.skills.values()),
        "load": place.load,
        "limit": place.member.most_open,
        "away": place.away is not None,
        "away_until": place.away.until if place.away else None,
        "why_not": why_not or None,
    }
