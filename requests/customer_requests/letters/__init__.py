"""The words of what is told: one fact, said to the customer, the employee and the agent apart.

Headlines carry no names and no question, because they are also what a lock screen shows.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.letters import to_agent, to_customer, to_employee
from customer_requests.letters.words import Fact, Say, steps
from customer_requests.models import CustomerRequest, Entry, EntryKind, Status, TrackingLink
from notifications import kinds
from notifications.kinds import Kind, Letter
from notifications.models import Notification
from server.accounts.models import User
from server.look import look_facts


@dataclass(frozen=True, slots=True)
class _Row:
    audience: str
    entry: EntryKind
    say: Say
    label: Promise | str = ""
    urgent: bool = False


_ROWS = [
    _Row("customer", EntryKind.SUBMITTED, to_customer.submitted),
    _Row("customer", EntryKind.CLAIMED, to_customer.claimed),
    _Row("customer", EntryKind.ASSIGNED, to_customer.claimed),
    _Row("customer", EntryKind.RELEASED, to_customer.released),
    _Row("customer", EntryKind.STEP, to_customer.step),
    _Row("customer", EntryKind.UPDATE, to_customer.update),
    _Row("customer", EntryKind.WAITING, to_customer.waiting),
    _Row("customer", EntryKind.SOLVED, to_customer.solved),
    _Row("customer", EntryKind.CLOSED, to_customer.closed),
    _Row("customer", EntryKind.REOPENED, to_customer.reopened),
    _Row("customer", EntryKind.WITHDRAWN, to_customer.withdrawn),
    _Row("customer", EntryKind.DETAILS, to_customer.details),
    _Row("customer", EntryKind.MERGED, to_customer.merged),
    _Row("customer", EntryKind.UNMERGED, to_customer.unmerged),
    _Row("customer", EntryKind.UNSOLVED, to_customer.unsolved),
    _Row("employee", EntryKind.SUBMITTED, to_employee.submitted, gettext_lazy("Follow-up")),
    _Row("employee", EntryKind.CLAIMED, to_employee.claimed, gettext_lazy("Taken up")),
    _Row("employee", EntryKind.ASSIGNED, to_employee.claimed, gettext_lazy("Assigned")),
    _Row("employee", EntryKind.RELEASED, to_employee.released, gettext_lazy("Back in the queue")),
    _Row("employee", EntryKind.STEP, to_employee.step, gettext_lazy("Steps of the plan")),
    _Row("employee", EntryKind.UPDATE, to_employee.update, gettext_lazy("Updates")),
    _Row("employee", EntryKind.WAITING, to_employee.waiting, gettext_lazy("Questions and waiting")),
    _Row("employee", EntryKind.SOLVED, to_employee.solved, gettext_lazy("Solved")),
    _Row("employee", EntryKind.CONFIRMED, to_employee.confirmed, gettext_lazy("Confirmed")),
    _Row("employee", EntryKind.CLOSED, to_employee.closed, gettext_lazy("Closed")),
    _Row("employee", EntryKind.REOPENED, to_employee.reopened, gettext_lazy("Reopened")),
    _Row("employee", EntryKind.WITHDRAWN, to_employee.withdrawn, gettext_lazy("Withdrawn")),
    _Row(
        "employee",
        EntryKind.UNREACHABLE,
        to_employee.unreachable,
        gettext_lazy("Customer not reached"),
    ),
    _Row("employee", EntryKind.ERASED, to_employee.erased, gettext_lazy("Erased")),
    _Row("employee", EntryKind.MERGED, to_employee.merged, gettext_lazy("Merged")),
    _Row("employee", EntryKind.UNMERGED, to_employee.unmerged, gettext_lazy("Apart again")),
    _Row(
        "employee",
        EntryKind.UNSOLVED,
        to_employee.unsolved,
        gettext_lazy("Not solved after all"),
    ),
    _Row("agent", EntryKind.ASSIGNED, to_agent.assigned, gettext_lazy("Assigned to you")),
    _Row("agent", EntryKind.RELEASED, to_agent.released, gettext_lazy("Back in the queue")),
    _Row("agent", EntryKind.DUE_SOON, to_agent.due_soon, gettext_lazy("Soon due")),
    _Row("agent", EntryKind.OVERDUE, to_agent.overdue, gettext_lazy("Overdue")),
    _Row("lead", EntryKind.DUE_SOON, to_agent.nobody_has, gettext_lazy("Soon due, with nobody")),
    _Row("lead", EntryKind.OVERDUE, to_agent.team_overdue, gettext_lazy("Overdue in my team")),
    _Row("agent", EntryKind.MESSAGE, to_agent.message, gettext_lazy("Answers")),
    _Row("agent", EntryKind.FILE, to_agent.file, gettext_lazy("New files")),
    _Row("agent", EntryKind.RESUMED, to_agent.resumed, gettext_lazy("Waiting is over")),
    _Row("agent", EntryKind.CONFIRMED, to_agent.confirmed, gettext_lazy("Confirmed")),
    _Row("agent", EntryKind.PLACED, to_agent.placed, gettext_lazy("Placed under the post")),
    _Row("agent", EntryKind.REOPENED, to_agent.reopened, gettext_lazy("Reopened")),
    _Row("agent", EntryKind.WITHDRAWN, to_agent.withdrawn, gettext_lazy("Withdrawn")),
    _Row("agent", EntryKind.ERASED, to_agent.erased, gettext_lazy("Erased")),
    _Row("agent", EntryKind.MERGED, to_agent.merged, gettext_lazy("Merged")),
    _Row("agent", EntryKind.UNMERGED, to_agent.unmerged, gettext_lazy("Apart again")),
    _Row("agent", EntryKind.UNSOLVED, to_agent.unsolved, gettext_lazy("Not solved after all")),
]
_SAY: dict[str, Say] = {f"{row.audience}.{row.entry}": row.say for row in _ROWS}


def register() -> None:
    for row in _ROWS:
        kinds.register(
            Kind(
                name=f"{row.audience}.{row.entry}",
                label=row.label,
                compose=compose,
                failed=customer_not_reached if row.audience == "customer" else None,
            )
        )


def customer_not_reached(notification: Notification, reason: str) -> None:
    """A message to the customer was given up: the employee, who knows them, hears of it.

    Unless it went to an address that the customer has changed since: bounces may come days later.
    """
    request = CustomerRequest.objects.filter(pk=notification.subject_id).first()
    moved_since = Entry.objects.filter(
        request_id=notification.subject_id,
        kind=EntryKind.DETAILS,
        to_customer=True,
        at__gt=notification.created_at,
    ).exists()
    if request is not None and not moved_since:
        request.customer_unreachable(reason)


def compose(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    """The letters of these notifications in three queries, one more where a question was merged
    into a solved one, and a link each for customers.

    What was erased, or what the reader may no longer see, has no letter.
    """
    requests = {
        request.pk: request
        for request in CustomerRequest.objects.to_show().filter(
            pk__in={notification.subject_id for notification in notifications}
        )
    }
    entries = {
        entry.pk: entry
        for entry in Entry.objects.to_read().filter(
            pk__in={notification.entry_id for notification in notifications}
        )
    }
    solutions = _solutions(requests.values())
    letters = {}
    for notification in notifications:
        request = requests.get(notification.subject_id)
        entry = entries.get(notification.entry_id) if notification.entry_id else None
        if request is None or entry is None:
            continue
        if to_send and notification.user is None and request.erased_at:
            continue
        for_employee = notification.kind.startswith("employee.")
        if to_send and for_employee and not request.employee_may_read(entry):
            continue
        if notification.user is None:
            solution = solutions.get(request.merged_into_id, "")
            letters[notification.pk] = _for_customer(
                notification, request, entry, to_send, solution
            )
        else:
            letters[notification.pk] = _for_user(notification, notification.user, request, entry)
    return letters


def _solutions(requests: Iterable[CustomerRequest]) -> dict[uuid.UUID | None, str]:
    """What was said to the customer to solve what these were merged into, where it is solved."""
    into = {
        request.merged_into_id
        for request in requests
        if request.merged_into and request.merged_into.status == Status.SOLVED
    }
    if not into:
        return {}
    said = Entry.objects.filter(request_id__in=into, kind=EntryKind.SOLVED, copy_of=None)
    # The last one counts.
    return dict(said.order_by("number").values_list("request_id", "text_customer"))


def _for_customer(
    notification: Notification,
    request: CustomerRequest,
    entry: Entry,
    to_send: bool,
    solution: str,
) -> Letter:
    link = TrackingLink.address(TrackingLink.mint(request)) if to_send else TrackingLink.example()
    with translation.override(request.customer_language):
        zone = ZoneInfo(request.team.time_zone)
        fact = Fact(request, entry, entry.text_customer, zone, solution)
        words = _SAY[notification.kind](fact)
        return Letter(
            language=request.customer_language,
            name=request.customer_name,
            title=words.headline,
            text="\n".join([*words.lines, words.quote]).strip(),
            sms=f"{look_facts()['name']}: {words.headline} ({request.reference}). {link}",
            subject=f"{words.headline} ({request.reference})",
            greeting=_("Hello %(name)s,") % {"name": request.customer_name},
            paragraphs=words.lines,
            quote=words.quote,
            steps=steps(fact),
            action_label=words.action,
            action_url=link,
            footer=[
                _("Your reference is %(reference)s.") % {"reference": request.reference},
                _(
                    "The link is yours alone: whoever has it can read and answer. Is this not "
                    "about you? Open it and choose “Delete your details”; then we delete "
                    "everything."
                ),
                _("You cannot answer this e-mail itself; use the link."),
            ],
            email=request.customer_email,
            phone=request.customer_phone,
        )


def _for_user(
    notification: Notification, user: User, request: CustomerRequest, entry: Entry
) -> Letter:
    with translation.override(user.language):
        for_agent = notification.kind.startswith(("agent.", "lead."))
        text = (
            entry.text_team or entry.text_customer or entry.text_employee
            if for_agent
            else request.employee_reads(entry)
        )
        fact = Fact(request, entry, text, user.zone)
        words = _SAY[notification.kind](fact)
        return Letter(
            language=user.language,
            name=user.name,
            title=words.headline,
            text="\n".join([*words.lines, words.quote]).strip(),
            push_title=request.reference,
            push_body=words.headline,
            subject=f"{words.headline} ({request.reference})",
            greeting=_("Hi %(name)s,") % {"name": user.first_name},
            paragraphs=words.lines,
            quote=words.quote,
            steps=[] if for_agent else steps(fact),
            footer=[
                _("This is about %(reference)s.") % {"reference": request.reference},
                _("You chose e-mail for this in the app, under notifications."),
            ],
            email=user.email,
            data={"kind": notification.kind, "request_id": str(request.pk)},
        )
