"""The demo company's approved answers: in use, waiting for an editor, and under embargo."""

import uuid
from datetime import timedelta
from typing import Any

from django.utils import timezone

from ambassadors import answering
from ambassadors.demo.past import people, told
from ambassadors.demo.posts import post_id
from ambassadors.models import AnswerUse, ApprovedAnswer, Campaign, OwnPost
from server import public_answers
from server.accounts.models import User
from server.problems import NotFound

# The question under a post that the demo company answered, among the stories of its requests.
_SOURCE = uuid.uuid5(uuid.UUID("2f0b6a4e-8f0e-4d0b-9d55-0d6f5b1c7a10"), "glasvezel-onder-een-post")
_CABLE = "kabel-geraakt"
_ANSWERS: dict[str, dict[str, Any]] = {
    _CABLE: {
        "campaign": "glasvezel",
        "question_nl": "Waarom ligt het internet eruit als er glasvezel wordt aangelegd?",
        "text_nl": (
            "Bij het graven wordt soms een oude kabel geraakt. Die herstellen wij dezelfde dag, op "
            "onze kosten. Ligt het er de dag erna nog uit? Meld het op example.org/storing."
        ),
        "question_en": "Why is the internet down while fibre is being laid?",
        "text_en": (
            "Digging sometimes hits an old cable. We repair that the same day, at our cost. Still "
            "down the day after? Tell us at example.org/storing."
        ),
    },
    "plek-van-het-modem": {
        "campaign": "winkels",
        "question_nl": "Wat helpt echt als de wifi thuis slecht is?",
        "text_nl": (
            "Begin met de plek van het modem: hoog, vrij, en niet in de meterkast. Dat scheelt "
            "vaak de helft, en het kost niets. In de winkel denken we graag mee."
        ),
    },
    "jaarcijfers": {
        "campaign": "jaarcijfers",
        "question_nl": "Wat doen jullie met de winst van dit jaar?",
        "text_nl": "Dat staat in ons jaarverslag, vanaf vandaag te lezen op example.org/jaar.",
    },
}
_USES = (
    ("kevin.martens", "x", 11, "https://x.com/kevinm/status/1858990000000000001"),
    ("monique.van.dam", "facebook", 6, ""),
    ("fatima", "linkedin", 2, "https://www.linkedin.com/posts/fatima-activity-7264"),
)


def seed() -> str:
    """What is missing of the answers and who used them; nothing where the people are not there."""
    there = people()
    noor, thijs, daan = (there.get(name) for name in ("noor", "thijs.gerritsen", "daan"))
    known = ApprovedAnswer.objects.filter(pk=_id(_CABLE))
    if noor is None or thijs is None or daan is None or known.exists():
        return ""
    topics = {topic.slug: topic for topic in Campaign.objects.all()}
    for name, facts in _ANSWERS.items():
        if facts["campaign"] in topics:
            _make(name, {**facts, "campaign": topics[facts["campaign"]]}, daan, noor, thijs)
    for name, network, days, permalink in _USES:
        if name in there and known.exists():
            _use(there[name], network, timedelta(days=days), permalink)
    return f"{ApprovedAnswer.objects.count()} approved answers"


def _id(name: str) -> uuid.UUID:
    return post_id(f"answer-{name}")


def _make(name: str, facts: dict[str, Any], daan: User, noor: User, thijs: User) -> None:
    begun = timezone.now() - timedelta(days=14)
    if name == "jaarcijfers":
        embargo = (timezone.now() + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)
        answer = ApprovedAnswer.begin(by=noor, id=_id(name), embargo_until=embargo, **facts)
        answer.ask_review(by=noor)
        answer.approve(by=thijs)
    else:
        answer = ApprovedAnswer.begin(
            by=daan, id=_id(name), source=_source(daan) if name == _CABLE else None, **facts
        )
        answer.ask_review(by=daan)
        if name == _CABLE:
            answer.approve(by=noor)
            ApprovedAnswer.objects.filter(pk=answer.pk).update(
                approved_at=begun, created_at=begun, updated_at=begun
            )
            answer.versions.update(at=begun)
            answer.reviews.update(at=begun)
            told([answer.pk], begun)
            return
    told([answer.pk], timezone.now() - timedelta(hours=3))


def _source(daan: User) -> uuid.UUID | None:
    """The request that it was the answer of, where the demo's requests are there too."""
    try:
        return public_answers.answered(_SOURCE, daan).id
    except NotFound:
        return None


def _use(person: User, network: str, ago: timedelta, permalink: str) -> None:
    """Somebody used it and says that it stands there; then at its own moment."""
    id = uuid.uuid5(_id(_CABLE), person.email)
    use, _remarks, _new = answering.take(
        by=person,
        id=id,
        answer=ApprovedAnswer.objects.get(pk=_id(_CABLE)),
        network=network,
        text=None,
        language="nl",
        permalink=permalink or None,
    )
    use.confirm(permalink=permalink)
    at = timezone.now() - ago
    AnswerUse.objects.filter(pk=id).update(taken_at=at, confirmed_at=at + timedelta(minutes=3))
    OwnPost.objects.filter(pk=id).update(posted_at=at + timedelta(minutes=3))
