"""What can be done to many requests at once, each as if it were done alone."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customer_requests.models.known_problem import KnownProblem
from customer_requests.models.macros import Macro
from customer_requests.models.to_all import LANGUAGES, ToAll, said_to
from customer_requests.models.topic import Topic
from server.accounts.models import Team, User
from server.problems import Invalid, NotFound

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class BulkVerb:
    """A verb that can be used on many. `do` gets the request, who asked, the facts and an id.

    One that `speaks` to followers rests on what the agent saw, so it is refused where the request
    changed since; one with a `back` can be taken back afterwards. `back` gets the request, who
    asked, the id that the act had, and what the request was before it; it returns whether somebody
    outside the team had been told. What then holds for them is said by `heard`.
    """

    label: Promise
    do: "Callable[[CustomerRequest, User, Facts, uuid.UUID], object]"
    speaks: bool = False
    back: "Callable[[CustomerRequest, User, uuid.UUID, Facts], bool] | None" = None
    heard: Promise | str = ""


def _assign(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    agent = User.objects.filter(pk=facts["agent"]).first()
    if agent is None:
        raise NotFound
    request.under(id).assign(agent, by=by)


def _transfer(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    team = Team.objects.filter(pk=facts["team"]).first()
    if team is None:
        raise NotFound
    topic = None
    if facts.get("topic"):
        topic = Topic.objects.select_related("team").filter(pk=facts["topic"]).first()
    request.under(id).transfer(team, facts["note"], by=by, topic=topic)


def _note(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    request.note(by=by, id=id, text=facts["text"])


def _solve(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    """In the language of each."""
    texts = facts["texts"]
    request.under(id).solve(
        by=by,
        text=said_to(texts, "customer", request.customer_language),
        text_employee=said_to(texts, "employee", request.employee.language),
    )


def check_solve(hears: ToAll, facts: Facts) -> bool:
    """Refuse texts that are about one of them, or leave some without words of their language.

    Returns whether it needed to be said that a word is no name. Where one text is for all `alike`,
    all of them have to read one language.
    """
    if facts["alike"]:
        readers = hears.readers()
        both = all(
            readers["customers"][language] or readers["employees"][language]
            for language in LANGUAGES
        )
        if both:
            raise Invalid({"text": _("Some of them read Dutch, others English: write both.")})
    try:
        return hears.check(facts["texts"], solves=True, names_nobody=facts["names_nobody"])
    except Invalid as refused:
        if not facts["alike"]:
            raise
        errors = {error["field"]: error["message"] for error in refused.facts["errors"]}
        raise Invalid({"text": next(iter(errors.values()))}) from refused


def _macro(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    request.run_macro(Macro(pk=facts["macro"]), by=by, id=id, seen=facts["seen"])


def _prioritise(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    request.under(id).prioritise(facts["priority"], by=by)


def _put_under(request: "CustomerRequest", by: User, facts: Facts, id: uuid.UUID) -> None:
    problem = KnownProblem.objects.filter(pk=facts["problem"]).first()
    if problem is None:
        raise NotFound
    request.under(id).put_under(problem, by=by)


def _back(request: "CustomerRequest", by: User, done: uuid.UUID, held: Facts) -> bool:
    return request.take_back(done, held, by=by)


def _from_under(request: "CustomerRequest", by: User, done: uuid.UUID, held: Facts) -> bool:
    return request.undo_put_under(done, by=by)


BULK_VERBS: Mapping[str, BulkVerb] = {
    "assign": BulkVerb(
        _("Give to a colleague"),
        _assign,
        back=_back,
        heard=_("Whoever had heard who has it hears how it is now."),
    ),
    "transfer": BulkVerb(_("Pass to another team"), _transfer, back=_back),
    "prioritise": BulkVerb(_("Change the priority"), _prioritise, back=_back),
    "put_under": BulkVerb(
        _("Put under a known problem"),
        _put_under,
        back=_from_under,
        heard=_("The last update of the problem stays said: write to them if it was not theirs."),
    ),
    "note": BulkVerb(_("Add an internal note"), _note),
    "solve": BulkVerb(_("Say that it is solved"), _solve, speaks=True),
    "macro": BulkVerb(_("Use a macro"), _macro, speaks=True),
}
