"""What the customer reads; *u* in Dutch."""

from django.utils.translation import gettext as _

from customer_requests.letters.words import Fact, Words, expected, writes
from customer_requests.models import ActorRole, ClosedAs, StepState, WaitingOn


def submitted(fact: Fact) -> Words:
    if fact.request.follow_up_of_id:
        return Words(
            _("We go on with your question"),
            [
                _("Your question was closed some time ago, so it has a new reference now."),
                _("The team %(team)s takes it up.") % {"team": fact.request.team.name},
                *expected(fact),
            ],
            quote=fact.request.question,
            action=_("Follow your question"),
        )
    if fact.entry.actor_role == ActorRole.AGENT:
        return Words(
            _("Part of your question goes on by itself"),
            [
                _("You asked more than one thing. This part now has a reference of its own.")
                + " "
                + _("The team %(team)s takes it up.") % {"team": fact.request.team.name},
                *expected(fact),
            ],
            quote=fact.request.question,
            action=_("Follow your question"),
        )
    return Words(
        _("Your question is with us"),
        [
            _("%(employee)s passed your question on to us. The %(team)s team will take it up.")
            % {"employee": fact.employee, "team": fact.request.team.name},
            *expected(fact),
            _("You do not need to do anything. We will tell you about every step."),
        ],
        quote=fact.request.question,
        action=_("Follow your question"),
    )


def claimed(fact: Fact) -> Words:
    return Words(
        _("Someone is working on your question"),
        [_("%(agent)s has your question now.") % {"agent": fact.agent}, *expected(fact)],
        action=_("Follow your question"),
    )


def released(fact: Fact) -> Words:
    """Only where they were told that somebody has it, and that is taken back."""
    return Words(
        _("Your question is with the team again"),
        [
            _("We told you that somebody was working on your question. That is not so yet.")
            + " "
            + _("The team %(team)s takes it up.") % {"team": fact.request.team.name},
            *expected(fact),
            _("You do not need to do anything. We will tell you about every step."),
        ],
        action=_("Follow your question"),
    )


def step(fact: Fact) -> Words:
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
        [said % {"title": title}, *when, *writes(fact)],
        quote=fact.text,
        action=_("See the plan"),
    )


def update(fact: Fact) -> Words:
    return Words(
        _("There is news about your question"),
        [_("%(agent)s writes:") % {"agent": fact.agent}],
        quote=fact.text,
        action=_("Follow your question"),
    )


def waiting(fact: Fact) -> Words:
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
        [*lines, *writes(fact)],
        quote=fact.text,
        action=_("Follow your question"),
    )


def solved(fact: Fact) -> Words:
    return Words(
        _("We think your question is solved"),
        [
            _("Tell us whether that is right. After 7 days we close your question."),
            *writes(fact),
        ],
        quote=fact.text,
        action=_("Tell us whether it is solved"),
    )


def closed(fact: Fact) -> Words:
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


def reopened(fact: Fact) -> Words:
    return Words(
        _("We are looking at your question again"),
        [
            _("%(employee)s told us that it is not solved yet.") % {"employee": fact.employee},
            *expected(fact),
        ],
        quote=fact.text,
        action=_("Follow your question"),
    )


def withdrawn(fact: Fact) -> Words:
    return Words(
        _("Your question was withdrawn"),
        [
            _("%(employee)s withdrew your question, so we stop working on it.")
            % {"employee": fact.employee}
        ],
        quote=fact.text,
        action=_("See your question"),
    )


def details(fact: Fact) -> Words:
    return Words(
        _("Here is your new link"),
        [
            _("Your details have changed. Older links no longer work; this one does."),
        ],
        action=_("Follow your question"),
    )


def merged(fact: Fact) -> Words:
    if fact.solution:
        return Words(
            _("We think your question is solved"),
            [
                _("We also have your question %(reference)s, and it is about the same thing.")
                % {"reference": fact.entry.text_customer},
                _(
                    "This is how we solved it. So we answer both there: tell us whether that is "
                    "right. After 7 days we close your question."
                ),
            ],
            quote=fact.solution,
            action=_("Tell us whether it is solved"),
        )
    return Words(
        _("Your two questions go on as one"),
        [
            _("We also have your question %(reference)s, and it is about the same thing.")
            % {"reference": fact.entry.text_customer},
            _("So we answer both there. You hear everything once."),
        ],
        action=_("See your question"),
    )


def unmerged(fact: Fact) -> Words:
    return Words(
        _("Your question goes on by itself again"),
        [
            _("It turned out not to be the same as %(reference)s, so we answer each of them.")
            % {"reference": fact.entry.text_customer},
            *expected(fact),
        ],
        action=_("Follow your question"),
    )


def unsolved(fact: Fact) -> Words:
    return Words(
        _("Your question is not solved after all"),
        [
            _("We told you that it was solved, and that was wrong. We are sorry."),
            _("We carry on with it. You do not need to do anything."),
            *expected(fact),
        ],
        action=_("Follow your question"),
    )
