"""What the agent who has the request reads; *je* in Dutch."""

from django.utils.translation import gettext as _

from customer_requests.letters.words import Fact, Words
from customer_requests.models import ActorRole
from customer_requests.models.topic import Clock


def assigned(fact: Fact) -> Words:
    return Words(
        _("A request was assigned to you"),
        [_("It is about: %(topic)s.") % {"topic": fact.request.topic.name}],
    )


def released(fact: Fact) -> Words:
    if fact.entry.actor_role == ActorRole.AGENT:
        return Words(
            _("A request is not assigned to you after all"),
            [_("A colleague took that back. You do not need to do anything.")],
        )
    return Words(
        _("One of your requests is back in the queue"),
        [_("You are away, so that a colleague can take it over.")],
    )


def due_soon(fact: Fact) -> Words:
    return Words(_("One of your requests is due soon"), _which_clock(fact))


def overdue(fact: Fact) -> Words:
    return Words(
        _("One of your requests is overdue"),
        [
            *_which_clock(fact),
            _("Can you not manage? Put it back or tell your lead; then somebody can help."),
        ],
    )


def nobody_has(fact: Fact) -> Words:
    return Words(_("A request that nobody has is due soon"), _which_clock(fact))


def team_overdue(fact: Fact) -> Words:
    return Words(_("A request of your team is overdue"), _which_clock(fact))


def _which_clock(fact: Fact) -> list[str]:
    """What of it is due, and when; empty once that was erased."""
    lines = [_("It is about: %(topic)s.") % {"topic": fact.request.topic.name}]
    due = fact.request.due_of(fact.text)
    if due:
        label = Clock(fact.text).label
        lines.append(_("%(clock)s: due %(when)s.") % {"clock": label, "when": fact.when(due)})
    return lines


def message(fact: Fact) -> Words:
    return Words(_("There is an answer on one of your requests"), quote=fact.text)


def file(fact: Fact) -> Words:
    return Words(
        _("There is a new file on one of your requests"),
        [_("You find it on the timeline of the request.")],
    )


def resumed(fact: Fact) -> Words:
    return Words(
        _("The wait on one of your requests is over"),
        [_("It is with you again, so that you can carry on.")],
    )


def confirmed(fact: Fact) -> Words:
    if fact.entry.actor_role == ActorRole.EMPLOYEE:
        return Words(
            _("The employee says: solved"),
            [_("So says who asked under the post. The request is closed.")],
        )
    return Words(
        _("The customer says: solved"),
        [_("The request is closed. You do not need to do anything.")],
    )


def placed(fact: Fact) -> Words:
    return Words(
        _("Your answer stands under the post"),
        [_("%(employee)s placed it there.") % {"employee": fact.employee}],
    )


def reopened(fact: Fact) -> Words:
    return Words(_("One of your requests is open again"), quote=fact.text)


def withdrawn(fact: Fact) -> Words:
    return Words(_("One of your requests was withdrawn"), quote=fact.text)


def erased(fact: Fact) -> Words:
    return Words(
        _("One of your requests was erased"),
        [
            _("Who asked under the post wants to be forgotten. You do not need to do anything.")
            if fact.request.is_social
            else _("The customer had everything deleted. You do not need to do anything.")
        ],
    )


def merged(fact: Fact) -> Words:
    other = {"reference": fact.entry.text_team}
    if fact.entry.to_customer:
        return Words(
            _("One of your requests was merged"),
            [_("It goes on as %(reference)s.") % other],
        )
    return Words(
        _("Another request goes on as one of yours"),
        [_("You find everything of %(reference)s on the timeline of the request.") % other],
    )


def unmerged(fact: Fact) -> Words:
    other = {"reference": fact.entry.text_team}
    return Words(
        _("A merged request goes on by itself again"),
        [_("It no longer goes together with %(reference)s.") % other],
    )


def unsolved(fact: Fact) -> Words:
    return Words(
        _("One of your requests is open again"),
        [_("The known problem it is under was not solved after all.")],
    )
