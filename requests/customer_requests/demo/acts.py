"""What happens in a demo story: each act is one verb, some time after the act before it.

`after` is minutes: of the agent's working time where an agent acts, plain ones otherwise.
"""

import uuid
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from io import BytesIO
from typing import ClassVar, Literal

from customer_requests.demo.picture import modem_photo
from customer_requests.models import CustomerRequest, EmployeeSees, KnownProblem, Step
from customer_requests.models.life import Actor
from server import uploads
from server.accounts.models import Team, User
from server.accounts.working_hours import WorkCalendar

Follower = Literal["customer", "employee"]


@dataclass(frozen=True, slots=True)
class Within:
    """So many working hours after the act."""

    hours: int


@dataclass(frozen=True, slots=True)
class Coming:
    """A time ("14:00") on the so-manieth working day from today: always still to come."""

    days: int
    at: str


When = Within | Coming


@dataclass(frozen=True, slots=True)
class Scene:
    """Where an act is played: who there is, when it is, and ids that are the same every time."""

    people: dict[str, User]
    teams: dict[str, Team]
    calendar: WorkCalendar
    now: datetime
    moment: datetime
    id: uuid.UUID

    def at(self, when: When | None) -> datetime | None:
        match when:
            case None:
                return None
            case Within(hours):
                return self.calendar.add(self.moment, timedelta(hours=hours))
            case Coming(days, at):
                return workday(self.calendar, self.now, days, at)


def workday(calendar: WorkCalendar, now: datetime, days: int, at: str) -> datetime:
    """A local time on the `days`-th working day after today; before today where it is negative."""
    day, left = now.astimezone(calendar.zone).date(), abs(days)
    while left:
        day += timedelta(days=1 if days > 0 else -1)
        left -= any(True for _ in calendar.open_periods(day))
    return datetime.combine(day, time.fromisoformat(at), calendar.zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act(ABC):
    after: int = 20
    by: str = ""

    @abstractmethod
    def play(self, request: CustomerRequest, scene: Scene) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Act):
    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.claim(by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class Assign(Act):
    to: str

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.assign(scene.people[self.to], by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class Release(Act):
    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.release(by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer(Act):
    to: str
    note: str

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.transfer(scene.teams[self.to], self.note, by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Act):
    """Add a step; what is said with it, to each in their own words."""

    after: int = 4
    title: str
    expected: When | None = None
    customer: str = ""
    employee: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.plan_step(
            by=scene.people[self.by],
            id=scene.id,
            title=self.title,
            expected_at=scene.at(self.expected),
            text_customer=self.customer,
            text_employee=self.employee,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTo(Act):
    """Move the `nth` step, counted from 1, to a state."""

    nth: int
    state: Literal["busy", "done", "skipped"] = "done"
    customer: str = ""
    employee: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        step = Step.objects.get(request_id=request.pk, position=self.nth)
        request.change_step(
            step.pk,
            by=scene.people[self.by],
            state=self.state,
            text_customer=self.customer,
            text_employee=self.employee,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Update(Act):
    customer: str = ""
    employee: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        texts = {"customer": self.customer, "employee": self.employee}
        request.update(
            by=scene.people[self.by],
            id=scene.id,
            audience=[reader for reader, text in texts.items() if text],
            text_customer=self.customer,
            text_employee=self.employee,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Note(Act):
    text: str

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.note(by=scene.people[self.by], id=scene.id, text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait(Act):
    on: Literal["customer", "employee", "third_party"]
    text: str
    until: Coming | None = None

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.wait(
            by=scene.people[self.by], on=self.on, text=self.text, until=scene.at(self.until)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume(Act):
    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.resume(by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class Solve(Act):
    text: str
    employee: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.solve(by=scene.people[self.by], text=self.text, text_employee=self.employee)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(Act):
    """What customer or employee says, perhaps with a photo."""

    who: Follower
    text: str
    photo: bool = False

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        upload = taken_photo(request) if self.photo else None
        request.message(by=actor(request, self.who), id=scene.id, text=self.text, upload=upload)


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo(Act):
    """A photo of the employee's, right after passing the question on."""

    after: int = 1

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.attach(
            by=actor(request, "employee"), id=scene.id, upload=taken_photo(request, "modem.jpg")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirm(Act):
    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.confirm()


@dataclass(frozen=True, slots=True, kw_only=True)
class Place(Act):
    """The employee says that the answer stands under the post."""

    permalink: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.place(by=request.employee, permalink=self.permalink)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate(Act):
    after: int = 2
    score: int
    seriously: bool | None = True
    text: str = ""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.rate(score=self.score, taken_seriously=self.seriously, text=self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopen(Act):
    who: Follower
    reason: str

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.reopen(by=actor(request, self.who), reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw(Act):
    who: Follower
    reason: str

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.withdraw(by=actor(request, self.who), reason=self.reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class LetSee(Act):
    """The customer looks at their details and says what the employee may see."""

    sees: EmployeeSees

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.correct_details(
            name=request.customer_name,
            email=request.customer_email,
            phone=request.customer_phone,
            channel=request.customer_channel,
            language=request.customer_language,
            employee_sees=self.sees,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class NotMe(Act):
    """The customer has everything deleted."""

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.erase(by=Actor.customer())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prioritise(Act):
    priority: Literal["low", "normal", "high", "urgent"]

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.prioritise(self.priority, by=scene.people[self.by])


@dataclass(frozen=True, slots=True, kw_only=True)
class PutUnder(Act):
    """Count it among a known problem's."""

    problem: uuid.UUID

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.put_under(KnownProblem.objects.get(pk=self.problem), by=scene.people[self.by])
        request.problem_link.at = scene.moment
        request.problem_link.save(update_fields=["at"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence(Act):
    """A week goes by after the solution, and the clock closes the request."""

    WEEK: ClassVar[int] = 7 * 24 * 60
    after: int = field(default=WEEK + 1)

    def play(self, request: CustomerRequest, scene: Scene) -> None:
        request.close_unanswered()


def actor(request: CustomerRequest, who: Follower) -> Actor:
    return Actor.customer() if who == "customer" else Actor.employee(request.employee)


def taken_photo(request: CustomerRequest, name: str = "foto.jpg") -> uploads.Upload:
    """A photo that went through the same cleaning as one that is sent in."""
    content = modem_photo(request.pk.int)
    return uploads.clean(name, BytesIO(content), len(content))
