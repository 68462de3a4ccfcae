"""What the agent who has the request reads; *je* in Dutch."""

from django.utils.translation import gettext as _

from customer_requests.letters.words import Fact, Words


def assigned(fact: Fact) -> Words:
    return Words(
        _("A request was assigned to you"),
        [_("It is about: %(topic)s.") % {"topic": fact.request.topic.name}],
    )


def released(fact: Fact) -> Words:
    return Words(
        _("One of your requests is back in the queue"),
        [_("You are away, so that a colleague can take it over.")],
    )


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
    return Words(
        _("The customer says: solved"),
        [_("The request is closed. You do not need to do anything.")],
    )


def reopened(fact: Fact) -> Words:
    return Words(_("One of your requests is open again"), quote=fact.text)


def withdrawn(fact: Fact) -> Words:
    return Words(_("One of your requests was withdrawn"), quote=fact.text)


def erased(fact: Fact) -> Words:
    return Words(
        _("One of your requests was erased"),
        [_("The customer had everything deleted. You do not need to do anything.")],
    )
