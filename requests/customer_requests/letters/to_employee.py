"""What the employee reads; *je* in Dutch."""

from django.utils.translation import gettext as _

from customer_requests.letters.words import Fact, Words, writes
from customer_requests.models import ActorRole, StepState, WaitingOn


def submitted(fact: Fact) -> Words:
    """What the customer or an agent made of it: an employee's own doing is no news to them."""
    if fact.entry.actor_role == ActorRole.AGENT:
        return Words(
            _("Part of a question you passed on goes on by itself"),
            [
                _("The team made it a question of its own. The team %(team)s takes it up.")
                % {"team": fact.request.team.name}
            ],
        )
    return Words(
        _("A question you passed on goes on as a new one"),
        [_("The customer told us that it is not solved after all. The team takes it up again.")],
    )


def claimed(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is being worked on"),
        [_("%(agent)s has it now.") % {"agent": fact.agent}],
    )


def released(fact: Fact) -> Words:
    """Only where they were told that somebody has it, and that is taken back."""
    return Words(
        _("The question you passed on is with the team again"),
        [
            _("We told you that somebody had it. That is not so yet.")
            + " "
            + _("The team %(team)s takes up the request.") % {"team": fact.request.team.name}
        ],
    )


def _to_place(fact: Fact, headline: str, *lines: str) -> Words:
    """What the team wrote for under the post, and what they say to the employee about it."""
    say = [_("%(agent)s writes to you: %(text)s") % {"agent": fact.agent, "text": fact.own_words}]
    return Words(
        headline,
        [
            *lines,
            *(say if fact.own_words else []),
            _("Place this under the post, in your own name. The link is with your question."),
        ],
        quote=fact.to_place,
    )


def step(fact: Fact) -> Words:
    step = fact.entry.step
    state = str(StepState(fact.entry.step_state or StepState.PLANNED).label)
    line = _("%(title)s: %(state)s.") % {
        "title": step.title if step else "",
        "state": state.lower(),
    }
    if fact.to_place:
        return _to_place(fact, _("There is something to place under the post"), line)
    return Words(
        _("There is news about the plan for your question"),
        [line, *writes(fact)],
        quote=fact.text,
    )


def update(fact: Fact) -> Words:
    if fact.to_place:
        return _to_place(fact, _("There is something to place under the post"))
    return Words(
        _("There is news about the question you passed on"),
        [_("%(agent)s writes:") % {"agent": fact.agent}],
        quote=fact.text,
    )


def waiting(fact: Fact) -> Words:
    if fact.entry.text_team == WaitingOn.EMPLOYEE:
        return Words(
            _("The team has a question for you"),
            [_("%(agent)s needs your answer to carry on.") % {"agent": fact.agent}],
            quote=fact.text,
        )
    if fact.to_place:
        return _to_place(
            fact,
            _("There is a question to ask under the post"),
            _("%(agent)s needs the answer to carry on. Send it to us when it is there.")
            % {"agent": fact.agent},
        )
    if fact.entry.text_team == WaitingOn.CUSTOMER:
        lines = [_("The team asked the customer something and is waiting for the answer.")]
    else:
        lines = [_("The team is waiting for someone outside the team.")]
    return Words(
        _("The question you passed on is waiting for an answer"),
        [*lines, *writes(fact)],
        quote=fact.text,
    )


def solved(fact: Fact) -> Words:
    if fact.to_place:
        return _to_place(
            fact,
            _("There is an answer to place under the post"),
            _("Tell us when it stands there. Do they say it is not solved? Open it again."),
        )
    if fact.request.is_social:
        return Words(
            _("The question you passed on is solved"),
            [_("A colleague passed it on too, and places the answer under the post.")],
            quote=fact.text,
        )
    return Words(
        _("The question you passed on is solved"),
        [_("The customer can still say whether that is right."), *writes(fact)],
        quote=fact.text,
    )


def confirmed(fact: Fact) -> Words:
    return Words(
        _("The customer says: solved"),
        [_("Thank you for passing the question on.")],
    )


def closed(fact: Fact) -> Words:
    if fact.request.is_social:
        placed = _("You did not say that you placed the answer. You still can.")
        return Words(
            _("The question you passed on is closed"),
            [
                _("It was answered 7 days ago, and nobody said that it is not solved."),
                *([] if fact.request.placed_at else [placed]),
            ],
        )
    return Words(
        _("The question you passed on is closed"),
        [_("The customer did not answer for 7 days after the solution.")],
    )


def reopened(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is open again"),
        [_("It turned out not to be solved. The team carries on with it.")],
        quote=fact.text,
    )


def withdrawn(fact: Fact) -> Words:
    return Words(_("The customer withdrew the question"), [_("You do not need to do anything.")])


def unreachable(fact: Fact) -> Words:
    return Words(
        _("Our messages do not reach the customer"),
        [
            _(
                "Ask the customer for the right e-mail address or telephone number, and send it "
                "to the team as a message."
            )
        ],
    )


def erased(fact: Fact) -> Words:
    return Words(
        _("The question you passed on was erased"),
        [_("The customer had everything deleted. You do not need to do anything.")],
    )


def merged(fact: Fact) -> Words:
    if fact.request.is_social:
        return Words(
            _("The question you passed on goes on together with another"),
            [
                _("It came from the same post as %(reference)s, and the answer is placed once.")
                % {"reference": fact.entry.text_team},
                _("You do not need to place anything. You keep following it here."),
            ],
        )
    return Words(
        _("The question you passed on goes on together with another"),
        [
            _("The customer asked the same in %(reference)s. The team answers both there.")
            % {"reference": fact.entry.text_team},
            _("You keep following it here."),
        ],
    )


def unmerged(fact: Fact) -> Words:
    return Words(
        _("The question you passed on goes on by itself again"),
        [
            _("It turned out not to be the same as %(reference)s.")
            % {"reference": fact.entry.text_team}
        ],
    )


def unsolved(fact: Fact) -> Words:
    return Words(
        _("The question you passed on is not solved after all"),
        [_("The team said that it was solved, and that was wrong. They carry on with it.")],
    )
