"""What the demo company's teams say often: canned texts in two languages, and two macros."""

from collections.abc import Mapping
from typing import Any

from customer_requests.models import CannedText, Macro
from server.accounts.models import Team

TEXTS: Mapping[str, Mapping[str, Any]] = {
    "Groet en ontvangst": {
        "customer_nl": "Dag {customer_name},\n\nBedankt voor uw vraag. Ik zoek het voor u uit en "
        "u hoort {expected_by} meer.\n\nVriendelijke groet,\n{agent_first_name}",
        "customer_en": "Hello {customer_name},\n\nThank you for your question. I will find out "
        "and you will hear more {expected_by}.\n\nKind regards,\n{agent_first_name}",
        "employee_nl": "Hoi {employee_first_name}, ik heb je vraag {reference} opgepakt.",
        "employee_en": "Hi {employee_first_name}, I have taken up {reference}.",
    },
    "Storing in de wijk": {
        "customer_nl": "Dag {customer_name},\n\nEr is een storing bij u in de buurt. Onze monteurs "
        "werken eraan. U hoeft zelf niets te doen.",
        "customer_en": "Hello {customer_name},\n\nThere is a fault in your area. Our engineers are "
        "working on it. You do not need to do anything.",
        "employee_nl": "Het is een storing in de wijk. {customer_name} hoeft niets te doen.",
        "employee_en": "It is a fault in the area. {customer_name} does not need to do anything.",
    },
    "Niet bereikt": {"note_nl": "Gebeld over {reference}, niet bereikt. Voicemail ingesproken."},
}
MACROS: Mapping[str, Mapping[str, Any]] = {
    "Vraag naar het type modem": {
        "customer_nl": "Dag {customer_name},\n\nWilt u onder op uw modem kijken welk type het is? "
        "Het staat naast het woord Model.",
        "customer_en": "Hello {customer_name},\n\nCould you look under your modem which type it "
        "is? It is beside the word Model.",
        "employee_nl": "Ik vraag {customer_name} welk type modem er staat.",
        "employee_en": "I am asking {customer_name} which type of modem there is.",
        "step_title_nl": "Type van de modem gevraagd",
        "step_title_en": "Asked for the type of the modem",
        "then": "wait",
        "wait_on": "customer",
        "wait_days": 3,
    },
    "Storing voorbij": {
        "customer_nl": "Dag {customer_name},\n\nDe storing bij u in de buurt is voorbij. Werkt het "
        "nog niet? Zet dan uw modem een minuut uit en weer aan.",
        "customer_en": "Hello {customer_name},\n\nThe fault in your area is over. Does it not work "
        "yet? Then switch your modem off for a minute.",
        "employee_nl": "De storing is voorbij; het zou het weer moeten doen.",
        "employee_en": "The fault is over; it should work again.",
        "step_title_nl": "Storing verholpen",
        "step_title_en": "Fault repaired",
        "step_state": "done",
        "then": "solve",
    },
}


def make_wording(team: Team) -> None:
    """Make what is not there yet."""
    for position, (name, words) in enumerate(TEXTS.items(), start=1):
        facts = {**words, "position": position}
        CannedText.objects.get_or_create(team=team, name=name, defaults=facts)
    for position, (name, words) in enumerate(MACROS.items(), start=1):
        facts = {**words, "position": position}
        Macro.objects.get_or_create(team=team, name=name, defaults=facts)
