"""The demo company's policy: two versions, who said yes to which, and who takes part since when."""

import re

from django.db import transaction

from ambassadors import shipped
from ambassadors.demo.past import in_month, people
from ambassadors.demo.story import (
    AMBASSADORS,
    POLICY_CHANGED,
    POLICY_OUT,
    SANNE,
    SANNE_SINCE,
    Moment,
)
from ambassadors.models import Acceptance, OptIn, PolicyVersion
from server.accounts.models import User

# The second version of the demo company's policy brought this part.
_NEW_PART = {"text_nl": "Is er iets misgegaan?", "text_en": "Did something go wrong?"}
_CHANGED = {
    "changed_nl": "Nieuw is wat je doet als er iets misgaat: weghalen en het meteen zeggen. "
    "Wie het snel zegt, heeft het goed gedaan.",
    "changed_en": "New is what you do when something goes wrong: take the post down and say so "
    "straight away. Speaking up quickly is the right thing to do.",
}


def seed() -> str:
    """What is missing of it; nothing where the company wrote a policy of its own."""
    there = people()
    noor = there.get("noor")
    first = {name: _without(text, _NEW_PART[name]) for name, text in shipped.policy().items()}
    known = PolicyVersion.objects.filter(number=1).first()
    if noor is None or (known is not None and known.text_nl != first["text_nl"]):
        return ""
    if PolicyVersion.objects.filter(number=2).exists():
        return ""
    if known is None:
        _publish(noor, {**first, "changed_nl": "", "changed_en": ""}, POLICY_OUT)
    for name, joined in AMBASSADORS.items():
        if name in there and joined.at[0] > POLICY_CHANGED[0]:
            _say_yes(1, there[name], joined.at)
    _publish(noor, {**shipped.policy(), **_CHANGED}, POLICY_CHANGED)
    for name, joined in AMBASSADORS.items():
        if name in there and joined.accepted is not None:
            _say_yes(2, there[name], joined.accepted)
    if SANNE in there:
        _say_yes(2, there[SANNE], SANNE_SINCE)
    return "a policy in two versions"


def take_part() -> str:
    """Who opted in, and who left again; the verbs, each at its moment."""
    there = people()
    since = {name: joined.at for name, joined in AMBASSADORS.items()} | {SANNE: SANNE_SINCE}
    made = 0
    for name, moment in since.items():
        if name not in there or there[name].optin_rows.exists():
            continue
        with transaction.atomic():
            OptIn.enter(there[name])
            rows = OptIn.objects.filter(user=there[name])
            rows.update(begins_at=in_month(*moment))
            left = AMBASSADORS[name].left if name in AMBASSADORS else None
            if left is not None:
                OptIn.leave(there[name])
                rows.update(ends_at=in_month(*left))
        made += 1
    return f"{made} people who take part" if made else ""


def _without(text: str, heading: str) -> str:
    """A policy without the part under this heading."""
    return re.sub(rf"## {re.escape(heading)}\n.*?(?=\n## |\Z)", "", text, flags=re.DOTALL).replace(
        "\n\n\n", "\n\n"
    )


def _publish(by: User, words: dict[str, str], moment: Moment) -> None:
    draft = PolicyVersion.write(by=by, revision=0, **words)
    draft.publish(by=by, revision=draft.revision)
    at = in_month(*moment)
    PolicyVersion.objects.filter(pk=draft.pk).update(published_at=at, told_at=at, reminded=2)


def _say_yes(number: int, by: User, moment: Moment) -> None:
    given, _new = Acceptance.give(number, by=by)
    Acceptance.objects.filter(pk=given.pk).update(at=in_month(*moment))
