"""One cause behind many questions: six under a known problem, and one that only looks like it.

Nobody has written to all of them yet: that is what there is to try.
"""

import uuid
from collections.abc import Mapping
from datetime import datetime

from customer_requests.demo.acts import Claim, LetSee, Prioritise, PutUnder, Update, workday
from customer_requests.demo.telling import Customer, MinutesAgo, Story, WorkdaysAgo
from customer_requests.models import EmployeeSees, KnownProblem, Topic
from server.accounts.models import Team, User
from server.accounts.working_hours import WorkCalendar

PROBLEM = uuid.UUID("6f6a4f0e-1d5b-4c8e-9a30-2b7c51d0e4a7")


def make_problem(
    people: Mapping[str, User], team: Team, calendar: WorkCalendar, now: datetime
) -> None:
    """The known problem, noted down yesterday morning; the stories below come under it."""
    if KnownProblem.objects.filter(pk=PROBLEM).exists():
        return
    made, _new = KnownProblem.note_down(
        by=people["daan"],
        id=PROBLEM,
        title="Storing internet en tv in Haarlem-Noord",
        words=(
            "Wijkkast aan de Rijksstraatweg valt uit door vocht: geen internet en tv, of om het "
            "kwartier weg. Netwerk vervangt de voeding; tot dan helpt opnieuw opstarten even."
        ),
        team=team,
        topic=Topic.objects.get(slug="storing"),
    )
    noted = workday(calendar, now, -1, "08:40")
    KnownProblem.objects.filter(pk=made.pk).update(created_at=noted, updated_at=noted)


OUTAGE = (
    Story(
        slug="haarlem-eerste",
        by="sanne",
        topic="storing",
        start=WorkdaysAgo(1, "08:05"),
        customer=Customer("Wilma Kuiper", "wilma.kuiper@example.org"),
        relation="neighbour",
        question=(
            "In Haarlem-Noord hebben we sinds gisteravond geen internet en geen tv. Opnieuw "
            "opstarten helpt een kwartier."
        ),
        acts=(
            Claim(by="daan", after=10),
            Update(
                by="daan",
                after=15,
                customer="Het ligt aan de kast in uw wijk, niet aan uw modem. We zijn ermee bezig.",
                employee="Storing in de wijkkast; haar modem is goed.",
            ),
            PutUnder(by="daan", after=10, problem=PROBLEM),
        ),
    ),
    Story(
        slug="haarlem-huisarts",
        by="petra.hendriks",
        topic="storing",
        start=WorkdaysAgo(1, "08:50"),
        customer=Customer("Huisartsenpraktijk Delftwijk", "balie.delftwijk@example.org"),
        relation="acquaintance",
        question=(
            "Onze praktijk in Haarlem-Noord kan niet bij de dossiers: het internet valt telkens "
            "weg. Wanneer is de storing over?"
        ),
        acts=(
            Prioritise(by="daan", after=5, priority="urgent"),
            PutUnder(by="daan", after=2, problem=PROBLEM),
        ),
    ),
    Story(
        slug="haarlem-expat",
        by="priya.ramdin",
        topic="storing",
        start=WorkdaysAgo(1, "09:20"),
        customer=Customer("Marta Nowak", "marta.nowak@example.org", language="en"),
        relation="colleague",
        question="No internet and no tv in Haarlem-Noord since last night. Is it an outage?",
        acts=(PutUnder(by="fatima", after=20, problem=PROBLEM),),
    ),
    Story(
        slug="haarlem-alleen-nummer",
        by="jeroen.kuipers",
        topic="storing",
        start=WorkdaysAgo(1, "10:10"),
        customer=Customer("Joop Vink", phone="+31612345609"),
        relation="family",
        question="Mijn oom in Haarlem-Noord heeft geen internet en zijn alarmknop werkt niet.",
        acts=(
            Prioritise(by="fatima", after=6, priority="high"),
            PutUnder(by="fatima", after=4, problem=PROBLEM),
        ),
    ),
    Story(
        slug="haarlem-alleen-stappen",
        by="emre.yilmaz",
        topic="tv",
        start=WorkdaysAgo(1, "11:35"),
        customer=Customer("Anouk Prins", "anouk.prins@example.org"),
        relation="friend",
        question="De tv in Haarlem-Noord blijft op zwart staan, internet valt om het kwartier weg.",
        acts=(
            LetSee(after=12, sees=EmployeeSees.STEPS),
            PutUnder(by="hanna.kok", after=30, problem=PROBLEM),
        ),
    ),
    Story(
        slug="haarlem-kan-wachten",
        by="lotte.vos",
        topic="internet",
        start=WorkdaysAgo(1, "13:15"),
        customer=Customer("Frits Jonker", "frits.jonker@example.org"),
        relation="neighbour",
        question=(
            "We zijn nog twee weken weg, maar de buren in Haarlem-Noord zeggen dat het internet "
            "eruit ligt. Komt dat goed?"
        ),
        acts=(
            Prioritise(by="hanna.kok", after=25, priority="low"),
            PutUnder(by="hanna.kok", after=2, problem=PROBLEM),
        ),
    ),
    # Nobody linked this one yet: the desk offers it.
    Story(
        slug="haarlem-zelfde-vraag",
        by="kevin.martens",
        topic="storing",
        start=MinutesAgo(35),
        customer=Customer("Sem de Graaf", "sem.degraaf@example.org"),
        relation="friend",
        question="Storing in Haarlem-Noord? Al de hele dag geen internet en tv op ons adres.",
    ),
)
