"""The demo company's example posts: some with employees, one under embargo, one to review."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from ambassadors.models import Campaign, ExamplePost, PostSuggestion
from ambassadors.models.example_post_content import Advised, Words
from server.accounts.models import User

_TOPICS = (
    ("op-pad", "topic", "Op pad met onze mensen", "Out with our people"),
    ("werken-hier", "topic", "Werken bij ons", "Working here"),
    ("glasvezel", "campaign", "Glasvezel in de Achterhoek", "Fibre in the Achterhoek"),
    ("jaarcijfers", "campaign", "Jaarcijfers", "Annual figures"),
)
_RULES = [
    Advised(
        "do",
        "green",
        "Vertel wat jij zelf hebt gezien.",
        "Mensen geloven een collega eerder dan een folder.",
        "Tell what you saw yourself.",
        "People believe a colleague sooner than a leaflet.",
    ),
    Advised(
        "do",
        "amber",
        "Vraag collega's op de foto of het mag.",
        "Ook een collega beslist zelf over een foto.",
        "Ask colleagues in the picture first.",
        "A colleague decides about a picture, too.",
    ),
    Advised(
        "dont",
        "red",
        "Noem geen klant of adres.",
        "Wie bij ons klant is, gaat niemand anders aan.",
        "Name no customer and no address.",
        "Who our customers are is nobody else's business.",
    ),
]
_POSTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (
        "monteurs",
        "published",
        {
            "campaign": "op-pad",
            "title_nl": "Een ochtend met een monteur",
            "title_en": "A morning with an engineer",
            "words": [
                Words(
                    "linkedin",
                    "nl",
                    "Vanochtend liep ik mee met een monteur. Drie adressen, één koffie en "
                    "een meneer die na twee dagen stilte weer kon bellen met zijn dochter.\n\n"
                    "Dan weet je weer waar je het voor doet.",
                ),
                Words(
                    "linkedin",
                    "nl",
                    "Wist je dat een monteur vaak eerst in de meterkast van de buren moet zijn? "
                    "Ik niet, tot vanochtend.",
                ),
                Words(
                    "linkedin",
                    "en",
                    "I spent this morning with one of our engineers. Three addresses, one coffee, "
                    "and a man who could call his daughter again.",
                ),
                Words("x", "nl", "Een ochtend mee met een monteur: drie adressen, één koffie."),
                Words("whatsapp", "nl", "Vanochtend mee op pad met een monteur. Wat een vak!"),
                Words("instagram", "nl", "Vroeg op, laarzen aan, mee met de monteur."),
            ],
        },
    ),
    (
        "vacature",
        "published",
        {
            "campaign": "werken-hier",
            "title_nl": "We zoeken mensen voor de winkel",
            "title_en": "We are looking for people in our shops",
            "link": "https://www.example.org/vacatures",
            "rewarded": True,
            "words": [
                Words(
                    "linkedin",
                    "nl",
                    "Ons winkelteam kan er iemand bij gebruiken. Het leukste van mijn dag: iemand "
                    "die zuchtend binnenkomt en lachend weggaat.",
                ),
                Words("facebook", "nl", "Zin om bij ons in de winkel te komen werken?"),
                Words("bluesky", "nl", "We zoeken iemand voor de winkel. Iets voor jou?"),
                Words("threads", "en", "Our shop could do with one more. Is that you?"),
            ],
        },
    ),
    (
        "cijfers",
        "planned",
        {
            "campaign": "jaarcijfers",
            "title_nl": "Ons jaar in drie zinnen",
            "words": [
                Words("linkedin", "nl", "Het jaar zit erop. Waar ik trots op ben: onze klanten."),
                Words("x", "nl", "Het jaar zit erop. Trots op wat we deden."),
            ],
        },
    ),
    (
        "glasvezel",
        "review",
        {
            "campaign": "glasvezel",
            "title_nl": "De eerste straat is aangesloten",
            "words": [
                Words("linkedin", "nl", "De eerste straat in de Achterhoek heeft glasvezel."),
                Words("mastodon", "nl", "De eerste straat in de Achterhoek heeft glasvezel."),
            ],
        },
    ),
    (
        "koffie",
        "draft",
        {
            "campaign": "op-pad",
            "title_nl": "Koffie met de buren van de winkel",
            "words": [Words("facebook", "nl", "Elke vrijdag staat bij ons de koffie klaar.")],
        },
    ),
)


def _id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_URL, f"https://demo.example/example-posts/{name}")


def seed() -> str:
    """What is missing of the posts and suggestions; nothing where the people are not there."""
    people = {
        user.email.partition("@")[0]: user
        for user in User.objects.filter(email__endswith="@demo.example")
    }
    noor, thijs = people.get("noor"), people.get("thijs.gerritsen")
    if noor is None or thijs is None or ExamplePost.objects.filter(pk=_id("monteurs")).exists():
        return ""
    topics = {
        slug: Campaign.objects.get_or_create(
            slug=slug, defaults={"kind": kind, "name_nl": dutch, "name_en": english}
        )[0]
        for slug, kind, dutch, english in _TOPICS
    }
    now = timezone.now()
    for place, (name, stands, facts) in enumerate(_POSTS):
        if not ExamplePost.objects.filter(pk=_id(name)).exists():
            given = {**facts, "campaign": topics[facts["campaign"]]}
            _make(_id(name), stands, given, noor, thijs, now - timedelta(days=3 * (place + 1)))
    _suggest(people, noor)
    return f"{len(_POSTS)} example posts"


def _make(
    id: uuid.UUID, stands: str, facts: dict[str, Any], noor: User, thijs: User, out: datetime
) -> None:
    post = ExamplePost.begin(by=noor, id=id, advice=_RULES, **facts)
    if stands == "draft":
        return
    post.ask_review(by=noor)
    if stands == "review":
        post.comment(by=noor, id=uuid.uuid4(), text="Klopt de straat? Ik heb het van Gijs.")
        return
    post.approve(by=thijs, text="Mooi, en het mag zo.")
    if stands == "planned":
        embargo = (timezone.now() + timedelta(days=9)).replace(minute=0, second=0, microsecond=0)
        ExamplePost.objects.filter(pk=id).update(embargo_until=embargo, publish_at=embargo)
        return
    post.plan(by=noor, publish_at=timezone.now())
    ExamplePost.objects.filter(pk=id).update(publish_at=out, told_at=out)


def _suggest(people: dict[str, User], noor: User) -> None:
    sanne = people.get("sanne")
    if sanne is None or PostSuggestion.objects.filter(pk=_id("idee")).exists():
        return
    PostSuggestion.suggest(
        by=sanne,
        id=_id("idee"),
        network="instagram",
        language="nl",
        text="Achter de toonbank staan drie generaties telefoons. Welke was jouw eerste?",
        why="Klanten blijven hier altijd bij staan praten.",
        credit=True,
    )
    declined, new = PostSuggestion.suggest(
        by=sanne,
        id=_id("idee-2"),
        network="x",
        language="nl",
        text="Volgende week gaan de prijzen omlaag!",
        why="",
        credit=False,
    )
    if new:
        declined.decline(by=noor, reason="Dat is nog niet bekendgemaakt. Wel leuk geschreven!")
