"""Which choices of a QTI 1.2 question are right: those that give full points, and nothing less.

Its conditions are a small program. It is run for every answer that somebody could give, because
what is right is in no single condition: two may add fifty points each, a later one may set what an
earlier one set, and half the points are not a right answer here.
"""

from collections.abc import Sequence
from itertools import combinations

from django.utils.translation import gettext as _

from ambassadors.importing.elements import Element
from ambassadors.importing.questions import half_right, one_is_enough

Answer = frozenset[str]
# How often a condition of a whole file is looked at; a file of five hundred questions is far below.
MOST_WORK = 5_000_000


class NotRead(Exception):
    """Points are given in a way that we do not know."""


def right(item: Element, choices: Sequence[str], cardinality: str) -> tuple[set[str], str]:
    """The right ones of these choices, and why the question can't be used where it can't.

    `cardinality` is single or multiple; where the file does not say, several may be chosen if that
    brings more points than any choice alone.
    """
    single = [frozenset([choice]) for choice in choices]
    every = single
    if cardinality != "single":
        every = [
            frozenset(some) for n in range(len(choices) + 1) for some in combinations(choices, n)
        ]
    try:
        points = {answer: _points(item, answer) for answer in every}
    except NotRead:
        return set(), _("its points are given in a way that we do not read")
    best = max((points[answer] for answer in single), default=0.0)
    several = cardinality == "multiple" or (not cardinality and max(points.values()) > best)
    if several:
        return _right_together(points)
    if best <= 0:
        return set(), ""
    full = [answer for answer in single if points[answer] == best]
    if len(full) > 1:
        return set(), one_is_enough()
    if any(0 < points[answer] < best for answer in single):
        return set(), half_right()
    return set(full[0]), ""


def work(item: Element, choices: Sequence[str], cardinality: str) -> int:
    """How much there is to do for `right`."""
    answers = len(choices) if cardinality == "single" else 1 << len(choices)
    return answers * sum(1 for each in item.all("respcondition") for _part in each.everything())


def _right_together(points: dict[Answer, float]) -> tuple[set[str], str]:
    """The smallest answer with full points; there has to be one that all the others hold."""
    best = max(points.values())
    if best <= 0:
        return set(), ""
    full = [answer for answer, given in points.items() if given == best]
    shared = frozenset.intersection(*full)
    return (set(shared), "") if shared in full else (set(), one_is_enough())


def _points(item: Element, answer: Answer) -> float:
    """What this answer gives."""
    score, met_any = 0.0, False
    conditions = [
        (each, [change for change in each.all("setvar") if change.text.strip()])
        for each in item.all("respcondition")
    ]
    counted = _counted({_name(each) for _one, changes in conditions for each in changes})
    for condition, changes in conditions:
        asked = condition.first("conditionvar")
        changes = [each for each in changes if _name(each) == counted]
        # What only shows feedback gives no points and ends nothing.
        if asked is None or not changes or not _met(asked, answer, met_any):
            continue
        met_any = True
        for change in changes:
            score = _changed(score, change)
        if not _goes_on(condition, changes):
            break
    # A hundredth of a point is what thirds leave.
    return round(score, 2)


def _goes_on(condition: Element, changes: Sequence[Element]) -> bool:
    """Whether later conditions count too. Who adds points means more to come, also where the file
    does not say so.
    """
    if given := condition.facts.get("continue", "").lower():
        return given == "yes"
    return all(_action(each) != "set" for each in changes)


def _action(change: Element) -> str:
    return change.facts.get("action", "Set").lower()


def _name(change: Element) -> str:
    return change.facts.get("varname", "SCORE").upper()


def _counted(names: set[str]) -> str:
    """The variable that the points are in."""
    if "SCORE" in names or not names:
        return "SCORE"
    if len(names) > 1:
        raise NotRead
    return names.pop()


def _changed(score: float, change: Element) -> float:
    try:
        by = float(change.text)
    except ValueError as error:
        raise NotRead from error
    match _action(change):
        case "set":
            return by
        case "add":
            return score + by
        case "subtract":
            return score - by
    raise NotRead


def _met(part: Element, answer: Answer, met_any: bool) -> bool:
    """Whether a condition holds; several in one place have to hold together."""
    match part.name:
        case "conditionvar" | "and":
            return all(_met(each, answer, met_any) for each in part.parts)
        case "or":
            return any(_met(each, answer, met_any) for each in part.parts)
        case "not":
            return not any(_met(each, answer, met_any) for each in part.parts)
        case "varequal":
            return part.text.strip() in answer
        case "other":
            return not met_any
        case "unanswered":
            return not answer
    raise NotRead
