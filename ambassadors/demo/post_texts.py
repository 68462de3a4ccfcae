"""What the demo company's example posts say, and when each of them came out."""

from typing import Any, NamedTuple

from ambassadors.demo.story import Moment
from ambassadors.models.example_post_content import Advised, Words

TOPICS = (
    ("op-pad", "topic", "Op pad met onze mensen", "Out with our people"),
    ("werken-hier", "topic", "Werken bij ons", "Working here"),
    ("winkels", "topic", "In onze winkels", "In our shops"),
    ("open-dag", "campaign", "Open dag", "Open day"),
    ("glasvezel", "campaign", "Glasvezel in de Achterhoek", "Fibre in the Achterhoek"),
    ("jaarcijfers", "campaign", "Jaarcijfers", "Annual figures"),
)
RULES = [
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


class Post(NamedTuple):
    """One post: its topic's slug, what it says, and how far it came.

    `out` is when employees got it; without it `stands` says where it waits. `gone` is when it
    was taken back.
    """

    name: str
    topic: str
    facts: dict[str, Any]
    out: Moment | None = None
    gone: Moment | None = None
    stands: str = "published"


POSTS = (
    Post(
        "open-dag",
        "open-dag",
        {
            "title_nl": "Zaterdag gaan onze deuren open",
            "title_en": "Our doors open on Saturday",
            "link": "https://www.example.org/open-dag",
            "words": [
                Words(
                    "linkedin",
                    "nl",
                    "Zaterdag laten we zien wat er achter een wifisignaal schuilgaat. Kabels, "
                    "kasten en heel veel koffie. Kom je kijken?",
                ),
                Words(
                    "linkedin",
                    "nl",
                    "Altijd al eens in een wijkkast willen kijken? Zaterdag mag het, en ik leg uit "
                    "wat je ziet.",
                ),
                Words("facebook", "nl", "Zaterdag open dag, ook leuk voor kinderen. Tot dan?"),
            ],
        },
        out=(13, 0.3),
        gone=(9, 0.05),
    ),
    Post(
        "stage",
        "werken-hier",
        {
            "title_nl": "Een stage bij ons team",
            "title_en": "An internship with our team",
            "link": "https://www.example.org/stages",
            "words": [
                Words(
                    "linkedin",
                    "nl",
                    "Onze stagiair van vorig jaar loste in week drie iets op waar wij al een jaar "
                    "omheen liepen. Er is weer een plek vrij.",
                ),
                Words("facebook", "nl", "Ken je iemand die een stage zoekt? Bij ons is plek."),
                Words("whatsapp", "nl", "Wij zoeken een stagiair! Ken jij iemand?"),
            ],
        },
        out=(9, 0.1),
        gone=(6, 0.9),
    ),
    Post(
        "eindhoven",
        "winkels",
        {
            "title_nl": "De winkel in Eindhoven is vernieuwd",
            "title_en": "The shop in Eindhoven is new again",
            "link": "https://www.example.org/winkels/eindhoven",
            "words": [
                Words(
                    "linkedin",
                    "nl",
                    "Drie weken stof, en nu is hij klaar: de winkel in Eindhoven. Het mooiste vind "
                    "ik de tafel waar je je telefoon zelf mag leren instellen.",
                ),
                Words(
                    "linkedin",
                    "nl",
                    "In Eindhoven zit je nu aan tafel in plaats van in de rij. Dat klinkt klein, "
                    "tot je er werkt.",
                ),
                Words("facebook", "nl", "De winkel in Eindhoven is weer open. Loop eens binnen!"),
                Words("instagram", "nl", "Nieuw jasje, zelfde mensen. Eindhoven is weer open."),
                Words("whatsapp", "nl", "De winkel in Eindhoven is weer open."),
                Words("bluesky", "nl", "De winkel in Eindhoven is vernieuwd: zitten mag."),
            ],
        },
        out=(6, 0.2),
        gone=(2, 0.1),
    ),
    Post(
        "vacature",
        "werken-hier",
        {
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
                Words(
                    "linkedin",
                    "nl",
                    "Je hoeft niets van telefoons te weten om bij ons te beginnen. Geduld is "
                    "moeilijker te leren.",
                ),
                Words("facebook", "nl", "Zin om bij ons in de winkel te komen werken?"),
                Words("bluesky", "nl", "We zoeken iemand voor de winkel. Iets voor jou?"),
                Words("threads", "en", "Our shop could do with one more. Is that you?"),
            ],
        },
        out=(2, 0.3),
    ),
    Post(
        "monteurs",
        "op-pad",
        {
            "title_nl": "Een ochtend met een monteur",
            "title_en": "A morning with an engineer",
            "link": "https://www.example.org/verhalen/monteurs",
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
        out=(1, 0.2),
    ),
    Post(
        "cijfers",
        "jaarcijfers",
        {
            "title_nl": "Ons jaar in drie zinnen",
            "words": [
                Words("linkedin", "nl", "Het jaar zit erop. Waar ik trots op ben: onze klanten."),
                Words("x", "nl", "Het jaar zit erop. Trots op wat we deden."),
            ],
        },
        stands="planned",
    ),
    Post(
        "glasvezel",
        "glasvezel",
        {
            "title_nl": "De eerste straat is aangesloten",
            "words": [
                Words("linkedin", "nl", "De eerste straat in de Achterhoek heeft glasvezel."),
                Words("mastodon", "nl", "De eerste straat in de Achterhoek heeft glasvezel."),
            ],
        },
        stands="review",
    ),
    Post(
        "koffie",
        "winkels",
        {
            "title_nl": "Koffie met de buren van de winkel",
            "words": [Words("facebook", "nl", "Elke vrijdag staat bij ons de koffie klaar.")],
        },
        stands="draft",
    ),
)
# What became of Sanne's suggestion, under this name and topic.
TAKEN, TAKEN_TOPIC, TAKEN_OUT = "toonbank", "winkels", (0, 0.3)
TAKEN_TITLE = "Drie generaties telefoons"
SUGGESTIONS: dict[str, dict[str, Any]] = {
    "idee": {
        "network": "instagram",
        "language": "nl",
        "text": "Achter de toonbank staan drie generaties telefoons. Welke was jouw eerste?",
        "why": "Klanten blijven hier altijd bij staan praten.",
        "credit": True,
    },
    "idee-2": {
        "network": "x",
        "language": "nl",
        "text": "Volgende week gaan de prijzen omlaag!",
        "why": "",
        "credit": False,
    },
    "idee-3": {
        "network": "linkedin",
        "language": "nl",
        "text": "Vandaag vroeg iemand of ik haar oude sms'jes kon redden. Het lukte.",
        "why": "Dit soort dingen maken we elke week mee, en niemand weet het.",
        "credit": True,
    },
}
