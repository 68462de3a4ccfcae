"""A Dutch telecom company of forty people, with three support teams and what they can be asked.

The eight people that the front page offers have their names in `server.accounts.demo`; only they
have a password.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from customer_requests.demo.acts import workday
from customer_requests.demo.wording import make_wording
from customer_requests.models import Topic, TopicTarget
from notifications.models import Device
from server.accounts.demo import DEMO_PASSWORD, demo_people
from server.accounts.models import (
    Absence,
    ClosingDay,
    Department,
    HandOut,
    Role,
    RoleName,
    Skill,
    Team,
    TeamMember,
    TeamRole,
    User,
    WorkingPeriod,
)
from server.accounts.working_hours import WorkCalendar

DOMAIN = "demo.example"

# A department's path from the top, and who leads it.
DEPARTMENTS = {
    "Directie": "willem.hoekstra",
    "Directie / Klantenservice": "els",
    "Directie / Klantenservice / Internet en tv": "els",
    "Directie / Klantenservice / Mobiel": "rob.mulder",
    "Directie / Klantenservice / Klantzaken": "ingrid.postma",
    "Directie / Winkels": "mark",
    "Directie / Winkels / Winkel Utrecht": "mark",
    "Directie / Winkels / Winkel Groningen": "jeroen.kuipers",
    "Directie / Winkels / Winkel Eindhoven": "petra.hendriks",
    "Directie / Techniek": "sjoerd.wiersma",
    "Directie / Techniek / Monteurs": "kees.vermeulen",
    "Directie / Techniek / Netwerk": "sjoerd.wiersma",
    "Directie / Marketing en communicatie": "linda.brouwer",
    "Directie / Personeel en systemen": "admin",
}

# Everyone by the part of their address before the @, under their department. Three departments are
# large enough (5) for figures of their own.
PEOPLE = {
    "Directie": {"willem.hoekstra": "Willem Hoekstra", "carla.smeets": "Carla Smeets"},
    "Directie / Klantenservice / Internet en tv": {
        "els": "",
        "daan": "",
        "fatima": "",
        "hanna.kok": "Hanna Kok",
        "bas.willems": "Bas Willems",
    },
    "Directie / Klantenservice / Mobiel": {
        "rob.mulder": "Rob Mulder",
        "joris": "",
        "aylin.kaya": "Aylin Kaya",
        "tim.peeters": "Tim Peeters",
    },
    "Directie / Klantenservice / Klantzaken": {
        "ingrid.postma": "Ingrid Postma",
        "youssef.amrani": "Youssef Amrani",
        "marieke.bos": "Marieke Bos",
        "stefan.dekker": "Stefan Dekker",
    },
    "Directie / Winkels / Winkel Utrecht": {
        "mark": "",
        "sanne": "",
        "kevin.martens": "Kevin Martens",
        "lotte.vos": "Lotte Vos",
        "priya.ramdin": "Priya Ramdin",
    },
    "Directie / Winkels / Winkel Groningen": {
        "jeroen.kuipers": "Jeroen Kuipers",
        "anke.dijkstra": "Anke Dijkstra",
        "emre.yilmaz": "Emre Yilmaz",
    },
    "Directie / Winkels / Winkel Eindhoven": {
        "petra.hendriks": "Petra Hendriks",
        "ruud.claessen": "Ruud Claessen",
        "naomi.tromp": "Naomi Tromp",
    },
    "Directie / Techniek": {"sjoerd.wiersma": "Sjoerd Wiersma"},
    "Directie / Techniek / Monteurs": {
        "kees.vermeulen": "Kees Vermeulen",
        "dennis.schouten": "Dennis Schouten",
        "mo.benali": "Mo Benali",
        "wouter.prins": "Wouter Prins",
        "gijs.van.leeuwen": "Gijs van Leeuwen",
    },
    "Directie / Techniek / Netwerk": {
        "esther.blom": "Esther Blom",
    },
    "Directie / Marketing en communicatie": {
        "linda.brouwer": "Linda Brouwer",
        "noor": "",
        "thijs.gerritsen": "Thijs Gerritsen",
    },
    "Directie / Personeel en systemen": {
        "admin": "",
        "monique.van.dam": "Monique van Dam",
        "arjan.koster": "Arjan Koster",
        "fleur.maas": "Fleur Maas",
    },
}
IN_ENGLISH = {"joris", "priya.ramdin"}
# Who came lately, so many days ago; everybody else came years before.
NEW_HERE = {"fleur.maas": 34, "emre.yilmaz": 150}
ROLES = {
    "noor": RoleName.EDITOR,
    "thijs.gerritsen": RoleName.EDITOR,
    "mark": RoleName.MANAGER,
    "admin": RoleName.ADMIN,
    "willem.hoekstra": RoleName.MANAGER,
    "sjoerd.wiersma": RoleName.MANAGER,
    "linda.brouwer": RoleName.MANAGER,
}

# Hours as (first weekday, last weekday, opens, closes); 0 is Monday.
Hours = tuple[int, int, time, time]


class TeamFacts(NamedTuple):
    name: str
    lead: str
    agents: tuple[str, ...]
    hours: tuple[Hours, ...]
    hand_out: HandOut = HandOut.PULL


TEAMS = {
    "internet": TeamFacts(
        "Internet en tv",
        "els",
        ("daan", "fatima", "hanna.kok", "bas.willems"),
        ((0, 4, time(8), time(20)), (5, 5, time(9), time(17))),
    ),
    "mobiel": TeamFacts(
        "Mobiel",
        "rob.mulder",
        ("joris", "aylin.kaya", "tim.peeters"),
        ((0, 4, time(8, 30), time(18)),),
        HandOut.ROUND_ROBIN,
    ),
    # Closed over lunch, so two periods a day.
    "klantzaken": TeamFacts(
        "Klantzaken",
        "ingrid.postma",
        ("youssef.amrani", "marieke.bos", "stefan.dekker"),
        ((0, 4, time(9), time(12, 30)), (0, 4, time(13, 15), time(17, 30))),
    ),
}


# A skill with its names in Dutch and English, the topics that ask for it, and who has it.
SKILLS = {"roaming": (("Roaming", "Roaming"), ("buitenland",), ("aylin.kaya",))}
# How much somebody can have in progress; a lead with 0 is handed nothing.
LIMITS = {"daan": 8, "fatima": 8, "joris": 5, "tim.peeters": 5, "aylin.kaya": 4, "rob.mulder": 0}
# Who is on leave: since the last working day, and back after so many.
ON_LEAVE = {"aylin.kaya": 6}


class TopicFacts(NamedTuple):
    """Targets are hours of the team's working time."""

    team: str
    name_nl: str
    name_en: str
    hint_nl: str
    hint_en: str
    first_response_hours: int
    solve_hours: int


TOPICS = {
    "storing": TopicFacts(
        "internet",
        "Storing",
        "Outage",
        "Niets doet het meer. Schrijf erbij sinds wanneer, en welke lampjes branden.",
        "Nothing works. Add since when, and which lights are on.",
        1,
        8,
    ),
    "internet": TopicFacts(
        "internet",
        "Internet thuis",
        "Internet at home",
        "Traag of haperend internet. Via de kabel ook? Dan weten we meteen waar we moeten zoeken.",
        "Slow or unsteady internet. By cable too? Then we know where to look.",
        2,
        16,
    ),
    "wifi": TopicFacts(
        "internet",
        "Wifi in huis",
        "Wifi at home",
        "Slecht bereik in een kamer. Vertel waar het modem staat en waar het misgaat.",
        "Bad reception in a room. Say where the modem is and where it goes wrong.",
        2,
        16,
    ),
    "tv": TopicFacts(
        "internet",
        "Televisie",
        "Television",
        "Zenders, beeld of de tv-ontvanger. Een foto van het scherm helpt.",
        "Channels, picture or the receiver. A photo of the screen helps.",
        2,
        16,
    ),
    "mobiel": TopicFacts(
        "mobiel",
        "Mobiel bellen en data",
        "Mobile calls and data",
        "Bereik, simkaart, bundel of nummerbehoud. Vraag naar het merk van de telefoon.",
        "Reception, SIM, bundle or keeping a number. Ask for the brand of the phone.",
        2,
        12,
    ),
    "buitenland": TopicFacts(
        "mobiel",
        "Op reis",
        "Travelling",
        "Bellen en internetten in het buitenland. Vraag naar het land en de vertrekdatum.",
        "Calls and data abroad. Ask for the country and the day of leaving.",
        2,
        12,
    ),
    "factuur": TopicFacts(
        "klantzaken",
        "Factuur en betalen",
        "Bills and paying",
        "Een bedrag dat niet klopt of een regeling. Stuur geen rekeningnummers mee.",
        "An amount that is wrong, or an arrangement. Don't send account numbers.",
        4,
        24,
    ),
    "verhuizen": TopicFacts(
        "klantzaken",
        "Verhuizen",
        "Moving house",
        "Het nieuwe adres en de datum van de sleutel zijn genoeg om te beginnen.",
        "The new address and the day of the key are enough to begin.",
        4,
        24,
    ),
    "overstappen": TopicFacts(
        "klantzaken",
        "Overstappen en opzeggen",
        "Switching and ending",
        "Klant worden, een ander abonnement of stoppen. Eerlijk antwoord, geen verkooppraatje.",
        "Becoming a customer, another plan, or ending. An honest answer, no sales talk.",
        4,
        24,
    ),
    "winkel": TopicFacts(
        "klantzaken",
        "Winkel en garantie",
        "Shop and warranty",
        "Een toestel dat stuk is of een bestelling die niet komt. Vraag naar de aankoopdatum.",
        "A broken phone, or an order that does not come. Ask for the day it was bought.",
        4,
        32,
    ),
}

# What a topic promises at another priority: minutes to a first answer, to a next one, to solving.
# Where nothing is said it is a share of the topic's own.
TARGETS = {
    "storing": {"urgent": (15, 30, 240), "high": (30, 60, 360)},
}

# The people whose phones are known, so that the mailbox shows what they get.
WITH_PHONE = ("sanne", "daan", "fatima", "joris", "els", "mark")


def address_of(key: str) -> str:
    """The work e-mail of someone in PEOPLE."""
    return f"{key}@{DOMAIN}"


def installation_of(key: str) -> str:
    """The id of the app on a demo person's phone; `play_demo` registers the same one again."""
    return f"demo-phone-of-{key}"


@transaction.atomic
def make_company(*, today: date, phones: bool) -> None:
    """Make what is not there yet: departments, people, teams, hours, topics, closing days.

    `phones` registers a phone for some, with tokens that only the mailbox takes for real.
    """
    departments = _departments()
    people = _people(departments)
    teams = _teams(people)
    _closing_days(teams["klantzaken"], today)
    for position, (slug, facts) in enumerate(TOPICS.items(), start=1):
        Topic.objects.get_or_create(
            slug=slug,
            defaults={
                "team": teams[facts.team],
                "name_nl": facts.name_nl,
                "name_en": facts.name_en,
                "hint_nl": facts.hint_nl,
                "hint_en": facts.hint_en,
                "first_response_minutes": facts.first_response_hours * 60,
                "solve_minutes": facts.solve_hours * 60,
                "position": position,
            },
        )
    _targets()
    _skills(people)
    make_wording(teams["internet"])
    if phones:
        for key in WITH_PHONE:
            Device.objects.get_or_create(
                installation_id=installation_of(key),
                defaults={
                    "user": people[key],
                    "token": f"demo-token-of-{key}",
                    "platform": "android",
                    "app_version": "1.0.0",
                },
            )


def _departments() -> dict[str, Department]:
    made: dict[str, Department] = {}
    for path in DEPARTMENTS:
        above, _, name = path.rpartition(" / ")
        made[path] = Department.objects.get_or_create(name=name, parent=made.get(above))[0]
    return made


def _people(departments: dict[str, Department]) -> dict[str, User]:
    """Everyone by key, with their manager: who leads their department, or the one above it."""
    offered = {person["email"]: person["name"] for person in demo_people()}
    # Hashing is slow on purpose, and these share one published password.
    password = make_password(DEMO_PASSWORD)
    people: dict[str, User] = {}
    made: set[str] = set()
    now = timezone.now()
    for path, members in PEOPLE.items():
        for key, name in members.items():
            email = address_of(key)
            person, new = User.objects.get_or_create(
                email=email,
                defaults={
                    "name": offered.get(email, name),
                    "language": "en" if key in IN_ENGLISH else "nl",
                    "department": departments[path],
                    "joined_at": now - timedelta(NEW_HERE.get(key, 600 + 61 * len(people))),
                    "password": password if email in offered else make_password(None),
                },
            )
            people[key] = person
            if new:
                made.add(key)
    for path, members in PEOPLE.items():
        for key in made & members.keys():
            people[key].manager = people.get(_leader(path, but_not=key))
            people[key].save(update_fields=["manager"])
    for key in made & ROLES.keys():
        Role.objects.create(user=people[key], name=ROLES[key])
    return people


def _leader(path: str, *, but_not: str) -> str:
    """Who leads this department for someone in it; empty at the very top."""
    while path:
        if DEPARTMENTS[path] != but_not:
            return DEPARTMENTS[path]
        path = path.rpartition(" / ")[0]
    return ""


def _teams(people: dict[str, User]) -> dict[str, Team]:
    teams: dict[str, Team] = {}
    for slug, facts in TEAMS.items():
        teams[slug], new = Team.objects.get_or_create(
            slug=slug, defaults={"name": facts.name, "hand_out": facts.hand_out}
        )
        if not new:
            continue
        TeamMember.objects.create(team=teams[slug], user=people[facts.lead], role=TeamRole.LEAD)
        for key in facts.agents:
            TeamMember.objects.create(team=teams[slug], user=people[key], role=TeamRole.AGENT)
        for key in LIMITS.keys() & {facts.lead, *facts.agents}:
            teams[slug].members.filter(user=people[key]).update(most_open=LIMITS[key])
        WorkingPeriod.objects.bulk_create(_periods(teams[slug], facts.hours))
    return teams


def _targets() -> None:
    for slug, by_priority in TARGETS.items():
        for priority, (response, reply, solve) in by_priority.items():
            TopicTarget.objects.get_or_create(
                topic=Topic.objects.get(slug=slug),
                priority=priority,
                defaults={
                    "first_response_minutes": response,
                    "next_response_minutes": reply,
                    "solve_minutes": solve,
                },
            )


def _skills(people: dict[str, User]) -> None:
    for slug, ((name_nl, name_en), topics, experts) in SKILLS.items():
        skill, new = Skill.objects.get_or_create(
            slug=slug, defaults={"name_nl": name_nl, "name_en": name_en}
        )
        if not new:
            continue
        for topic in Topic.objects.filter(slug__in=topics):
            topic.skills.add(skill)
        experts_here = [people[key] for key in experts]
        for member in TeamMember.objects.filter(user__in=experts_here):
            member.skills.add(skill)


def make_leave(people: dict[str, User], calendar: WorkCalendar, now: datetime) -> None:
    """Who is on leave; after the stories, because who is away takes nothing up."""
    for key, days in ON_LEAVE.items():
        if not people[key].absences.exists():
            Absence.objects.create(
                person=people[key],
                begins=workday(calendar, now, -1, "18:00"),
                ends=workday(calendar, now, days, "08:30"),
                entered_by=people[key],
            )


def _periods(team: Team, hours: Iterable[Hours]) -> list[WorkingPeriod]:
    return [
        WorkingPeriod(team=team, weekday=weekday, opens=opens, closes=closes)
        for first, last, opens, closes in hours
        for weekday in range(first, last + 1)
    ]


def _closing_days(klantzaken: Team, today: date) -> None:
    """Days off beside the public holidays: New Year's Eve for all, a day out for one team."""
    for year in (today.year - 1, today.year, today.year + 1):
        ClosingDay.objects.get_or_create(
            team=None, day=date(year, 12, 31), defaults={"name": "Oudjaarsdag"}
        )
    if not ClosingDay.objects.filter(team=klantzaken).exists():
        thursday = today + timedelta(days=21 + (3 - today.weekday()) % 7)
        ClosingDay.objects.create(team=klantzaken, day=thursday, name="Teamdag Klantzaken")
