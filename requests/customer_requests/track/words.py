"""What the customer's page says on top: where it stands, what happens now, what to react to."""

from collections.abc import Sequence

from django.utils.translation import gettext as _

from customer_requests.models import (
    ClosedAs,
    CustomerRequest,
    Entry,
    EntryKind,
    Status,
    WaitingOn,
)


def headline(request: CustomerRequest) -> str:
    """Where it stands, in a few words."""
    match request.status:
        case Status.RECEIVED:
            return _("Your question is with us")
        case Status.IN_PROGRESS:
            return _("We are working on your question")
        case Status.WAITING if request.waiting_on == WaitingOn.CUSTOMER:
            return _("We have a question for you")
        case Status.WAITING:
            return _("We are waiting for an answer")
        case Status.SOLVED:
            return _("We think your question is solved")
        case Status.WITHDRAWN:
            return _("Your question was withdrawn")
        case _ if request.closed_as == ClosedAs.MERGED:
            return _("Your question goes on together with another one")
        case _:
            return _("Your question is closed")


def what_now(request: CustomerRequest) -> str:
    """The answer to "what now?": what happens next, and who has to do something."""
    match request.status:
        case Status.RECEIVED:
            said = _("You do not need to do anything. The %(team)s team takes it up.")
            return said % {"team": request.team.name}
        case Status.IN_PROGRESS:
            return _("You do not need to do anything. We will tell you about every step.")
        case Status.WAITING if request.waiting_on == WaitingOn.CUSTOMER:
            return _("We carry on as soon as we have your answer.")
        case Status.WAITING if request.waiting_on == WaitingOn.EMPLOYEE:
            said = _("We asked %(employee)s something. You do not need to do anything.")
            return said % {"employee": request.employee.first_name}
        case Status.WAITING:
            return _("We are waiting for someone outside our team. You do not need to do anything.")
        case Status.SOLVED:
            return _("Tell us whether that is right. After 7 days we close your question.")
        case Status.WITHDRAWN:
            return _("We no longer work on it.")
    if request.closed_as == ClosedAs.ANSWERED_BY_EMPLOYEE:
        said = _("%(employee)s answered your question. Not solved after all? Tell us below.")
        return said % {"employee": request.employee.first_name}
    if request.merged_into:
        said = _("You asked the same in %(reference)s. We answer both questions there.")
        if request.merged_into.status == Status.SOLVED:
            said = _("You asked the same in %(reference)s, and we think that is solved.")
        return said % {"reference": request.merged_into.reference}
    return _("Is it not solved after all? Tell us, and we carry on.")


def last_word(request: CustomerRequest, story: Sequence[Entry]) -> str:
    """What the customer has to react to now: the question to them, or the solution."""
    asked = {Status.WAITING: EntryKind.WAITING, Status.SOLVED: EntryKind.SOLVED}
    kind = asked.get(Status(request.status))
    words = [entry.text_customer for entry in story if entry.kind == kind]
    return words[-1] if words else ""
