"""The words of what is told: one fact, said to the customer, the employee and the agent apart.

Headlines carry no names and no question, because they are also what a lock screen shows.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.models import (
    ClosedAs,
    CustomerRequest,
    Entry,
    EntryKind,
    StepState,
    TrackingLink,
    WaitingOn,
)
from notifications import kinds
from notifications.kinds import Kind, Letter
from notifications.models import Notification
from server.accounts.models import User

Audience = str


@dataclass(frozen=True, slots=True)
class Fact:
    """What a letter is about: the request, the entry, and what the recipient may read of it."""

    request: CustomerRequest
    entry: Entry
    text: str
    zone: ZoneInfo

    @property
    def agent(self) -> str:
        """The first name of who has the request."""
        agent = self.request.agent or self.entry.actor
        return agent.first_name if agent else _("A colleague")

    @property
    def employee(self) -> str:
        return self.request.employee.first_name

    def when(self, moment: datetime | None) -> str:
        return written_moment(moment, self.zone)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said: a headline without names, sentences, somebody's own words, and what to do."""

    headline: str
    lines: Sequence[str] = ()
    quote: str = ""
    action: str = ""


Say = Callable[[Fact], Words]


def written_moment(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment as people say it, in the language that is active; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    facts = {"day": date_format(local, "l j F"), "time": date_format(local, "H:i")}
    return _("%(day)s at %(time)s") % facts


def _expected(fact: Fact) -> list[str]:
    by = fact.request.expected_by
    if by is None or by < timezone.now():
        return []
    return [_("You will hear more by %(when)s.") % {"when": fact.when(by)}]


def _writes(fact: Fact) -> list[str]:
    """Whose words the quote is, where there is one."""
    return [_("%(agent)s writes:") % {"agent": fact.agent}] if fact.text else []


def _steps(fact: Fact) -> list[dict[str, str]]:
    return [
        {
            "title": step.title,
            "state_label": str(StepState(step.state).label),
            "state": step.state,
            "when": fact.when(step.expected_at) if not step.is_finished else "",
        }
        for step in fact.request.steps.all()
    ]


# --- To the customer ---------------------------------------------------------------------------


def _customer_submitted(fact: Fact) -> Words:
    return Words(
        _("Your question is with us"),
        [
            _("%(employee)s passed your question on to us. The %(team)s team will take it up.")
            % {"employee": fact.employee, "team": fact.request.team.name},
            *_expected(fact),
            _("You do not need to do anything. We will tell you about every step."),
        ],
        quote=fact.request.question,
        action=_("Follow your question"),
    )


def _customer_claimed(fact: Fact) -> Words:
    return Words(
        _("Someone is working on your question"),
        [_("%(agent)s has your question now.") % {"agent": fact.agent}, *_expected(fact)],
        action=_("Follow your question"),
    )


def _customer_step(fact: Fact) -> Words:
    step = fact.entry.step
    title = step.title if step else ""
    said = {
        StepState.PLANNED: _("We planned a step: %(title)s."),
        StepState.BUSY: _("We are working on this step now: %(title)s."),
        StepState.DONE: _("This step is done: %(title)s."),
        StepState.SKIPPED: _("This step turned out not to be needed: %(title)s."),
    }[StepState(fact.entry.step_state or StepState.PLANNED)]
    when = [
        _("We expect it on %(when)s.") % {"when": fact.when(step.expected_at)}
        for step in [fact.entry.step]
        if step and step.expected_at and not step.is_finished
    ]
    return Words(
        _("There is news about your question"),
        [said % {"title": title}, *when, *_writes(fact)],
        quote=fact.text,
        action=_("See the plan"),
    )


def _customer_update(fact: Fact) -> Words:
    return Words(
        _("There is news about your question"),
        [_("%(agent)s writes:") % {"agent": fact.agent}],
        quote=fact.text,
        action=_("Follow your question"),
    )


def _customer_waiting(fact: Fact) -> Words:
    until = fact.request.waiting_until
    if fact.entry.text_team == WaitingOn.CUSTOMER:
        ask = _("We have a question for you")
        before = [_("Please answer by %(when)s.") % {"when": fact.when(until)}] if until else []
        return Words(
            ask,
            [
                _("%(agent)s needs your answer to carry on with your question.")
                % {"agent": fact.agent},
                *before,
            ],
            quote=fact.text,
            action=_("Answer"),
        )
    if fact.entry.text_team == WaitingOn.EMPLOYEE:
        who = _("We asked %(employee)s something. As soon as we have the answer, we carry on.")
        lines = [who % {"employee": fact.employee}]
    else:
        lines = [_("We are waiting for someone outside our team. As soon as we can, we carry on.")]
    if until:
        lines.append(_("We look at it again on %(when)s.") % {"when": fact.when(until)})
    return Words(
        _("We are waiting for an answer"),
        [*lines, *_writes(fact)],
        quote=fact.text,
        action=_("Follow your question"),
    )


def _customer_solved(fact: Fact) -> Words:
    return Words(
        _("We think your question is solved"),
        [
            _("Tell us whether that is right. After 7 days we close your question."),
            *_writes(fact),
        ],
        quote=fact.text,
        action=_("Tell us whether it is solved"),
    )


def _customer_closed(fact: Fact) -> Words:
    if fact.request.closed_as == ClosedAs.ANSWERED_BY_EMPLOYEE:
        return Words(
            _("Your question was answered"),
            [
                _(
                    "%(employee)s answered your question. Is it not solved after all? Use the "
                    "link, then our team takes it up."
                )
                % {"employee": fact.employee},
                _("This is the answer:"),
            ],
            quote=fact.text,
            action=_("See your question"),
        )
    return Words(
        _("Your question is closed"),
        [
            _("We had not heard from you for 7 days, so we closed your question."),
            _("Is it not solved after all? Use the link within 14 days and we carry on."),
        ],
        action=_("See your question"),
    )


def _customer_reopened(fact: Fact) -> Words:
    return Words(
        _("We are looking at your question again"),
        [
            _("%(employee)s told us that it is not solved yet.") % {"employee": fact.employee},
            *_expected(fact),
        ],
        quote=fact.text,
        action=_("Follow your question"),
    )


def _customer_withdrawn(fact: Fact) -> Words:
    return Words(
        _("Your question was withdrawn"),
        [
            _("%(employee)s withdrew your question, so we stop working on it.")
            % {"employee": fact.employee}
        ],
        quote=fact.text,
        action=_("See your question"),
    )


def _customer_details(fact: Fact) -> Words:
    return Words(
        _("Here is your new link"),
        [
            _("Your details have changed. Older links no longer work; this one does."),
        ],
        action=_("Follow your question"),
    )


# --- To the employee ---------------------------------------------------------------------------


def _employee_claimed(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is being worked on"),
        [_("%(agent)s has it now.") % {"agent": fact.agent}],
    )


def _employee_step(fact: Fact) -> Words:
    step = fact.entry.step
    state = str(StepState(fact.entry.step_state or StepState.PLANNED).label)
    line = _("%(title)s: %(state)s.") % {
        "title": step.title if step else "",
        "state": state.lower(),
    }
    return Words(
        _("There is news about the plan for your question"),
        [line, *_writes(fact)],
        quote=fact.text,
    )


def _employee_update(fact: Fact) -> Words:
    return Words(
        _("There is news about the question you passed on"),
        [_("%(agent)s writes:") % {"agent": fact.agent}],
        quote=fact.text,
    )


def _employee_waiting(fact: Fact) -> Words:
    if fact.entry.text_team == WaitingOn.EMPLOYEE:
        return Words(
            _("The team has a question for you"),
            [_("%(agent)s needs your answer to carry on.") % {"agent": fact.agent}],
            quote=fact.text,
        )
    if fact.entry.text_team == WaitingOn.CUSTOMER:
        lines = [_("The team asked the customer something and is waiting for the answer.")]
    else:
        lines = [_("The team is waiting for someone outside the team.")]
    return Words(
        _("The question you passed on is waiting for an answer"),
        [*lines, *_writes(fact)],
        quote=fact.text,
    )


def _employee_solved(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is solved"),
        [_("The customer can still say whether that is right."), *_writes(fact)],
        quote=fact.text,
    )


def _employee_confirmed(fact: Fact) -> Words:
    return Words(
        _("The customer says: solved"),
        [_("Thank you for passing the question on.")],
    )


def _employee_closed(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is closed"),
        [_("The customer did not answer for 7 days after the solution.")],
    )


def _employee_reopened(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is open again"),
        [_("It turned out not to be solved. The team carries on with it.")],
        quote=fact.text,
    )


def _employee_withdrawn(fact: Fact) -> Words:
    return Words(_("The customer withdrew the question"), [_("You do not need to do anything.")])


def _employee_unreachable(fact: Fact) -> Words:
    return Words(
        _("Our messages do not reach the customer"),
        [
            _(
                "Ask the customer for the right e-mail address or telephone number, and send it "
                "to the team as a message."
            )
        ],
    )


# --- To the agent ------------------------------------------------------------------------------


def _agent_assigned(fact: Fact) -> Words:
    return Words(
        _("A request was assigned to you"),
        [_("It is about: %(topic)s.") % {"topic": fact.request.topic.name}],
    )


def _agent_message(fact: Fact) -> Words:
    return Words(_("There is an answer on one of your requests"), quote=fact.text)


def _agent_file(fact: Fact) -> Words:
    return Words(
        _("There is a new file on one of your requests"),
        [_("You find it on the timeline of the request.")],
    )


def _agent_resumed(fact: Fact) -> Words:
    return Words(
        _("The wait on one of your requests is over"),
        [_("It is with you again, so that you can carry on.")],
    )


def _agent_confirmed(fact: Fact) -> Words:
    return Words(
        _("The customer says: solved"),
        [_("The request is closed. You do not need to do anything.")],
    )


def _agent_reopened(fact: Fact) -> Words:
    return Words(_("One of your requests is open again"), quote=fact.text)


def _agent_withdrawn(fact: Fact) -> Words:
    return Words(_("One of your requests was withdrawn"), quote=fact.text)


@dataclass(frozen=True, slots=True)
class _Row:
    audience: Audience
    entry: EntryKind
    say: Say
    label: Promise | str = ""
    urgent: bool = False


_ROWS = [
    _Row("customer", EntryKind.SUBMITTED, _customer_submitted),
    _Row("customer", EntryKind.CLAIMED, _customer_claimed),
    _Row("customer", EntryKind.ASSIGNED, _customer_claimed),
    _Row("customer", EntryKind.STEP, _customer_step),
    _Row("customer", EntryKind.UPDATE, _customer_update),
    _Row("customer", EntryKind.WAITING, _customer_waiting),
    _Row("customer", EntryKind.SOLVED, _customer_solved),
    _Row("customer", EntryKind.CLOSED, _customer_closed),
    _Row("customer", EntryKind.REOPENED, _customer_reopened),
    _Row("customer", EntryKind.WITHDRAWN, _customer_withdrawn),
    _Row("customer", EntryKind.DETAILS, _customer_details),
    _Row("employee", EntryKind.CLAIMED, _employee_claimed, gettext_lazy("Taken up")),
    _Row("employee", EntryKind.ASSIGNED, _employee_claimed, gettext_lazy("Assigned")),
    _Row("employee", EntryKind.STEP, _employee_step, gettext_lazy("Steps of the plan")),
    _Row("employee", EntryKind.UPDATE, _employee_update, gettext_lazy("Updates")),
    _Row("employee", EntryKind.WAITING, _employee_waiting, gettext_lazy("Questions and waiting")),
    _Row("employee", EntryKind.SOLVED, _employee_solved, gettext_lazy("Solved")),
    _Row("employee", EntryKind.CONFIRMED, _employee_confirmed, gettext_lazy("Confirmed")),
    _Row("employee", EntryKind.CLOSED, _employee_closed, gettext_lazy("Closed")),
    _Row("employee", EntryKind.REOPENED, _employee_reopened, gettext_lazy("Reopened")),
    _Row("employee", EntryKind.WITHDRAWN, _employee_withdrawn, gettext_lazy("Withdrawn")),
    _Row(
        "employee",
        EntryKind.UNREACHABLE,
        _employee_unreachable,
        gettext_lazy("Customer not reached"),
    ),
    _Row("agent", EntryKind.ASSIGNED, _agent_assigned, gettext_lazy("Assigned to you")),
    _Row("agent", EntryKind.MESSAGE, _agent_message, gettext_lazy("Answers")),
    _Row("agent", EntryKind.FILE, _agent_file, gettext_lazy("New files")),
    _Row("agent", EntryKind.RESUMED, _agent_resumed, gettext_lazy("Waiting is over")),
    _Row("agent", EntryKind.CONFIRMED, _agent_confirmed, gettext_lazy("Confirmed")),
    _Row("agent", EntryKind.REOPENED, _agent_reopened, gettext_lazy("Reopened")),
    _Row("agent", EntryKind.WITHDRAWN, _agent_withdrawn, gettext_lazy("Withdrawn")),
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
    """The letters of these notifications in three queries, and a link each for customers.

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
        for entry in Entry.objects.select_related("actor", "step").filter(
            pk__in={notification.entry_id for notification in notifications}
        )
    }
    letters = {}
    for notification in notifications:
        request = requests.get(notification.subject_id)
        entry = entries.get(notification.entry_id) if notification.entry_id else None
        if request is None or entry is None or (to_send and request.erased_at is not None):
            continue
        if notification.user is None:
            letters[notification.pk] = _to_customer(notification, request, entry, to_send)
        else:
            letters[notification.pk] = _to_user(notification, notification.user, request, entry)
    return letters


def _to_customer(
    notification: Notification, request: CustomerRequest, entry: Entry, to_send: bool
) -> Letter:
    link = TrackingLink.address(TrackingLink.mint(request)) if to_send else ""
    with translation.override(request.customer_language):
        fact = Fact(request, entry, entry.text_customer, ZoneInfo(request.team.time_zone))
        words = _SAY[notification.kind](fact)
        return Letter(
            language=request.customer_language,
            name=request.customer_name,
            title=words.headline,
            text="\n".join([*words.lines, words.quote]).strip(),
            sms=f"{settings.COMPANY_NAME}: {words.headline} ({request.reference}). {link}",
            subject=f"{words.headline} ({request.reference})",
            greeting=_("Hello %(name)s,") % {"name": request.customer_name},
            paragraphs=words.lines,
            quote=words.quote,
            steps=_steps(fact),
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


def _to_user(
    notification: Notification, user: User, request: CustomerRequest, entry: Entry
) -> Letter:
    with translation.override(user.language):
        for_agent = notification.kind.startswith("agent.")
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
            steps=[] if for_agent else _steps(fact),
            footer=[
                _("This is about %(reference)s.") % {"reference": request.reference},
                _("You chose e-mail for this in the app, under notifications."),
            ],
            email=user.email,
            data={"kind": notification.kind, "request_id": str(request.pk)},
        )
