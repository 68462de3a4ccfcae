"""What customers of the demo company asked, and what was done about it.

Together they show every status, every way of closing that exists, and waiting on each of the
three. Customers have addresses at example.org, and numbers that nobody sends to from here; or none,
where they asked under a post.
"""

from customer_requests.demo.acts import (
    Assign,
    Claim,
    Coming,
    Confirm,
    LetSee,
    Message,
    Note,
    NotMe,
    Photo,
    Plan,
    Rate,
    Release,
    Reopen,
    Resume,
    Silence,
    Solve,
    StepTo,
    Transfer,
    Update,
    Wait,
    Withdraw,
    Within,
)
from customer_requests.demo.outage import OUTAGE
from customer_requests.demo.telling import (
    Customer,
    MinutesAgo,
    SaturdaysAgo,
    Story,
    WorkdaysAgo,
)
from customer_requests.demo.under_posts import UNDER_POSTS
from customer_requests.models import EmployeeSees

_CONFIRMED = (
    Story(
        slug="wifi-op-zolder",
        by="sanne",
        topic="wifi",
        start=SaturdaysAgo(4, "21:34"),
        customer=Customer("Ria van Beek", "ria.vanbeek@example.org"),
        relation="neighbour",
        question=(
            "Op zolder valt de wifi steeds weg, precies waar ik werk. Beneden in de kamer is er "
            "niets aan de hand. Het modem staat in de meterkast."
        ),
        acts=(
            Claim(by="daan", after=35),
            Plan(by="daan", title="Signaal per verdieping meten", expected=Within(3)),
            Plan(by="daan", title="Versterker opsturen", expected=Within(16)),
            Plan(by="daan", title="Samen nameten", expected=Within(30)),
            StepTo(
                by="daan",
                after=110,
                nth=1,
                customer=(
                    "Ik heb van hieruit gemeten. Op zolder komt nog maar een tiende van het "
                    "signaal aan: twee betonnen vloeren houden het tegen. U doet niets verkeerd."
                ),
                employee=(
                    "Gemeten: het beton houdt het tegen. Er gaat een versterker naar haar toe."
                ),
            ),
            StepTo(
                by="daan",
                after=240,
                nth=2,
                customer="De versterker is onderweg. Hij past door de brievenbus, u betaalt niets.",
            ),
            Message(
                who="customer", after=1800, text="Hij hangt! Ik zie op zolder nu vier streepjes."
            ),
            StepTo(by="daan", after=70, nth=3),
            Solve(
                by="daan",
                after=6,
                text=(
                    "Samen nagemeten: op zolder is het signaal nu zes keer zo sterk. Fijn dat het "
                    "gelukt is. Mocht het toch haperen, dan hoor ik het graag."
                ),
            ),
            Confirm(after=95),
            Rate(
                score=5, text="Wat een vlotte jongen, en hij legde het uit zonder moeilijk te doen."
            ),
        ),
    ),
    Story(
        slug="tv-ontvanger-zwart-beeld",
        by="kevin.martens",
        topic="tv",
        start=WorkdaysAgo(16, "19:48"),
        customer=Customer("Henk Timmer", "henk.timmer@example.org"),
        relation="family",
        question=(
            "Sinds de update van vorige week is het beeld zwart na het opstarten. Geluid is er wel."
        ),
        acts=(
            Photo(),
            Claim(by="fatima", after=45),
            Wait(
                by="fatima",
                after=15,
                on="customer",
                text="Ziet u linksboven heel even een logo als u de stekker er opnieuw in doet?",
            ),
            Message(
                who="customer", after=190, text="Ja, een seconde ongeveer. Daarna is het zwart."
            ),
            Update(
                by="fatima",
                after=55,
                customer=(
                    "Dan weet ik genoeg: de ontvanger staat op een beeldstand die uw televisie "
                    "niet kent. Ik zet hem van hieruit goed. Wilt u over tien minuten kijken?"
                ),
                employee="Gevonden: een verkeerde beeldstand. Ik heb het op afstand goed gezet.",
            ),
            Solve(
                by="fatima",
                after=25,
                text="De beeldstand staat goed. U hoeft verder niets te doen.",
            ),
            Confirm(after=130),
            Rate(score=5, text="Binnen een dag, zonder monteur. Dank u wel!"),
        ),
    ),
    Story(
        slug="nummer-meenemen",
        by="lotte.vos",
        topic="mobiel",
        start=WorkdaysAgo(13, "18:20"),
        customer=Customer("Dewi Sutrisno", phone="+31612345601"),
        relation="friend",
        question=(
            "Ik stap over en wil mijn oude nummer houden, maar ik heb nog niets gehoord over de "
            "datum. Ben ik een dag onbereikbaar?"
        ),
        acts=(
            Claim(by="joris", after=50),
            Plan(by="joris", title="Overstapdatum bevestigen", expected=Within(6)),
            Plan(by="joris", title="Nummer overzetten", expected=Within(20)),
            StepTo(
                by="joris",
                after=140,
                nth=1,
                customer=(
                    "Uw nummer komt over in de nacht van morgen op overmorgen. U mist geen dag."
                ),
                employee="De datum staat vast; ze blijft gewoon bereikbaar.",
            ),
            StepTo(by="joris", after=800, nth=2),
            Solve(
                by="joris",
                after=20,
                text=(
                    "Uw nummer is over. Doe de nieuwe simkaart erin en zet de telefoon even uit en "
                    "aan."
                ),
            ),
            Confirm(after=60),
            Rate(score=4),
        ),
    ),
    Story(
        slug="dubbele-factuur",
        by="sanne",
        topic="factuur",
        start=WorkdaysAgo(18, "12:40"),
        customer=Customer("Gerda Molenaar", "g.molenaar@example.org"),
        relation="acquaintance",
        question=(
            "Deze maand is er twee keer € 54,50 afgeschreven. Bij de winkel konden ze het niet "
            "zien."
        ),
        acts=(
            Claim(by="youssef.amrani", after=80),
            Wait(
                by="youssef.amrani",
                after=30,
                on="customer",
                text=(
                    "Op welke twee dagen is het afgeschreven? Uw rekeningnummer heb ik niet nodig."
                ),
            ),
            Message(who="customer", after=300, text="Op de 2e en op de 5e, allebei € 54,50."),
            Note(
                by="youssef.amrani",
                after=20,
                text=(
                    "Incasso-run van de 5e is voor 212 klanten dubbel gegaan. Zie de melding van "
                    "Financiën."
                ),
            ),
            Plan(by="youssef.amrani", title="Bedrag terugstorten", expected=Within(16)),
            StepTo(
                by="youssef.amrani",
                after=300,
                nth=1,
                customer=(
                    "U had gelijk: de tweede afschrijving was een fout van ons. Ik heb € 54,50 "
                    "teruggestort. Het staat binnen twee werkdagen op uw rekening. Excuses."
                ),
                employee="Onze fout; het geld is terug. Goed dat je het doorgaf, er waren er meer.",
            ),
            Solve(by="youssef.amrani", after=15, text="Het bedrag is teruggestort."),
            Confirm(after=2000),
            Rate(score=4, text="Netjes opgelost, maar het had niet mogen gebeuren."),
        ),
    ),
    Story(
        slug="verhuizen-naar-groningen",
        by="anke.dijkstra",
        topic="verhuizen",
        start=WorkdaysAgo(21, "20:05"),
        customer=Customer("Fenna Huizinga", "fenna.huizinga@example.org"),
        relation="friend",
        question=(
            "Over drie weken krijg ik de sleutel van een nieuwbouwhuis. Kan het internet dan al "
            "werken? Ik werk vanuit huis."
        ),
        acts=(
            Claim(by="marieke.bos", after=60),
            Plan(by="marieke.bos", title="Aansluiting in de straat nakijken", expected=Within(4)),
            Plan(by="marieke.bos", title="Monteur inplannen", expected=Within(30)),
            StepTo(by="marieke.bos", after=90, nth=1),
            Wait(
                by="marieke.bos",
                after=10,
                on="third_party",
                text=(
                    "De netbeheerder moet de straat nog vrijgeven. Dat duurt meestal vier "
                    "werkdagen."
                ),
            ),
            Resume(by="marieke.bos", after=1600),
            StepTo(
                by="marieke.bos",
                after=30,
                nth=2,
                customer=(
                    "De straat is vrijgegeven. De monteur komt op de dag na uw sleutel, om 8:30 "
                    "uur."
                ),
                employee="Het is rond: de monteur komt de dag na de sleutel.",
            ),
            Solve(
                by="marieke.bos",
                after=5,
                text="Alles staat klaar voor uw verhuizing. Veel geluk in het nieuwe huis!",
            ),
            Confirm(after=700),
            Rate(score=5, text="Ik wist de hele tijd waar ik aan toe was."),
        ),
    ),
    Story(
        slug="storing-in-de-straat",
        by="emre.yilmaz",
        topic="storing",
        start=WorkdaysAgo(11, "07:55"),
        customer=Customer("Wim Oosterhuis", "wim.oosterhuis@example.org"),
        relation="neighbour",
        question=(
            "Sinds vanochtend doet niets het meer: geen internet, geen tv. Bij de buren ook niet."
        ),
        acts=(
            Claim(by="daan", after=12),
            Update(
                by="daan",
                after=8,
                customer=(
                    "Er is een kabel geraakt bij graafwerk in uw straat. De monteurs zijn onderweg."
                ),
                employee="Kabelbreuk door graafwerk; de hele straat ligt eruit.",
            ),
            Solve(
                by="daan", after=210, text="De kabel is hersteld. Alles zou het weer moeten doen."
            ),
            Reopen(
                who="customer",
                after=50,
                reason="Internet doet het, maar de televisie blijft op zoeken staan.",
            ),
            Update(
                by="daan",
                after=30,
                customer="De tv-ontvanger was zijn zenders kwijt. Ik stuur hem een nieuwe lijst.",
            ),
            Solve(
                by="daan", after=20, text="De zenderlijst staat er weer op. Nu is echt alles terug."
            ),
            Confirm(after=40),
            Rate(score=3, text="Fijn dat het werkt, maar de eerste keer was het te vroeg gevierd."),
        ),
    ),
    Story(
        slug="scherm-gebarsten",
        by="naomi.tromp",
        topic="mobiel",
        start=WorkdaysAgo(15, "13:10"),
        customer=Customer("Bram Aerts", phone="+31612345602"),
        relation="family",
        question=(
            "Het scherm van mijn telefoon van drie maanden oud is vanzelf gebarsten. Valt dat "
            "onder garantie?"
        ),
        acts=(
            Claim(by="aylin.kaya", after=40),
            Transfer(
                by="aylin.kaya",
                after=10,
                to="klantzaken",
                note="Geen netwerkvraag maar garantie. Klant is rustig en heeft de bon nog.",
            ),
            Claim(by="stefan.dekker", after=75),
            Wait(
                by="stefan.dekker",
                after=20,
                on="customer",
                text="Wilt u een foto van het scherm sturen, met het barstje goed in beeld?",
            ),
            Message(who="customer", after=150, text="Hierbij de foto.", photo=True),
            Solve(
                by="stefan.dekker",
                after=190,
                text=(
                    "De barst begint bij de rand, zonder een plek van een val. Dat valt onder de "
                    "garantie. Breng hem naar een winkel naar keuze, u krijgt een leentoestel mee."
                ),
            ),
            Confirm(after=900),
            Rate(score=5),
        ),
    ),
)

_CLOSED_OTHERWISE = (
    Story(
        slug="bundel-te-klein",
        by="ruud.claessen",
        topic="mobiel",
        start=WorkdaysAgo(19, "17:15"),
        customer=Customer("Sharon Pinas", phone="+31612345603"),
        relation="friend",
        question="Mijn bundel is elke maand een week te vroeg op. Kan ik halverwege wisselen?",
        acts=(
            Claim(by="tim.peeters", after=65),
            Solve(
                by="tim.peeters",
                after=40,
                text=(
                    "Dat kan per de eerste van de maand, zonder kosten. Zelf wisselen kan in de "
                    "app bij Bundel."
                ),
            ),
            Silence(),
        ),
    ),
    Story(
        slug="bestelling-kwijt",
        by="sanne",
        topic="winkel",
        start=WorkdaysAgo(20, "15:25"),
        customer=Customer("Olga Prins", "olga.prins@example.org"),
        relation="other",
        question="Het hoesje dat ik drie weken geleden bestelde is nooit gekomen. Wel betaald.",
        acts=(
            Claim(by="ingrid.postma", after=120),
            Assign(by="ingrid.postma", after=5, to="marieke.bos"),
            Update(
                by="marieke.bos",
                after=60,
                customer=(
                    "Het pakje is bij de bezorger zoekgeraakt. Ik stuur vandaag een nieuw hoesje."
                ),
                employee="Zoekgeraakt bij de bezorger; er gaat een nieuw hoesje naar haar toe.",
            ),
            Solve(
                by="marieke.bos",
                after=900,
                text="Volgens de bezorger ligt het nieuwe hoesje bij u in de bus.",
            ),
            Silence(),
        ),
    ),
    Story(
        slug="wachtwoord-van-de-wifi",
        by="sanne",
        topic="wifi",
        start=SaturdaysAgo(2, "22:12"),
        customer=Customer("Tante Joke", "joke.devries@example.org"),
        relation="family",
        question="Waar vind ik het wachtwoord van de wifi voor de tablet van de kleinkinderen?",
        solved_by_me=(
            "Op het feest samen gedaan: het staat op de sticker onder het modem. De tablet zit "
            "erop, en de kleinkinderen ook."
        ),
    ),
    Story(
        slug="voicemail-uit",
        by="jeroen.kuipers",
        topic="mobiel",
        start=SaturdaysAgo(1, "16:50"),
        customer=Customer("Pieter Nauta", phone="+31612345604"),
        relation="acquaintance",
        question="Hoe zet ik de voicemail uit? Ik luister hem toch nooit af.",
        solved_by_me="Even ##002# bellen. We hebben het meteen gedaan en de bevestiging is binnen.",
    ),
)

_SOLVED = (
    Story(
        slug="traag-na-acht-uur",
        by="sanne",
        topic="internet",
        start=WorkdaysAgo(4, "20:31"),
        customer=Customer("Marloes Kramer", "marloes.kramer@example.org"),
        relation="friend",
        question=(
            "Elke avond na achten is het internet traag. Films blijven steken, overdag is er niets."
        ),
        acts=(
            LetSee(after=25, sees=EmployeeSees.CONVERSATION),
            Claim(by="fatima", after=25),
            Plan(by="fatima", title="Drukte op de kabel meten", expected=Within(14)),
            Plan(by="fatima", title="Overzetten naar een rustiger kanaal", expected=Within(24)),
            StepTo(
                by="fatima",
                after=420,
                nth=1,
                customer=(
                    "Gemeten: om half negen zit uw wijk vol. Dat ligt aan ons, niet aan uw modem."
                ),
                employee="De wijk zit 's avonds vol. Het ligt aan ons.",
            ),
            StepTo(by="fatima", after=380, nth=2),
            Solve(
                by="fatima",
                after=10,
                text="U zit nu op een kanaal met ruimte. Kijkt u vanavond of de film doorloopt?",
            ),
        ),
    ),
    Story(
        slug="roaming-in-switzerland",
        by="priya.ramdin",
        topic="buitenland",
        start=WorkdaysAgo(3, "11:05"),
        customer=Customer("Ewan Campbell", "ewan.campbell@example.org", language="en"),
        relation="neighbour",
        question=(
            "I drive through Switzerland on Friday. Will my data work there, and what does it cost?"
        ),
        acts=(
            Claim(by="joris", after=55),
            Solve(
                by="joris",
                after=35,
                text=(
                    "Switzerland is not part of the EU bundle. I added a free day pass for Friday, "
                    "so you can use 1 GB there. Outside that day data stays off, so no surprises."
                ),
            ),
        ),
    ),
    Story(
        slug="afstandsbediening",
        by="petra.hendriks",
        topic="tv",
        start=WorkdaysAgo(5, "16:40"),
        customer=Customer("Jan van Gool", phone="+31612345605"),
        relation="neighbour",
        question=(
            "De afstandsbediening doet het alleen nog als ik er vlak voor sta. Nieuwe batterijen "
            "zitten erin."
        ),
        acts=(
            Claim(by="bas.willems", after=70),
            Solve(
                by="bas.willems",
                after=50,
                text=(
                    "Ik heb een nieuwe afstandsbediening naar u opgestuurd. De oude mag bij het "
                    "klein chemisch afval."
                ),
            ),
        ),
    ),
)

_WAITING = (
    Story(
        slug="rood-lampje",
        by="sanne",
        topic="storing",
        start=WorkdaysAgo(1, "08:12"),
        customer=Customer("Mevrouw De Graaf", "degraaf@example.org"),
        relation="neighbour",
        question=(
            "Het internet is sinds gisteravond weg. Op het modem brandt een rood lampje. De "
            "stekker is er al uit en in geweest."
        ),
        acts=(
            Photo(),
            Claim(by="daan", after=14),
            Plan(by="daan", title="Lijn doormeten", expected=Within(1)),
            Plan(by="daan", title="Monteur langs als dat nodig is", expected=Coming(2, "14:00")),
            StepTo(
                by="daan",
                after=45,
                nth=1,
                customer="De lijn tot aan uw voordeur is goed. Het zit dus in huis, bij het modem.",
                employee="De lijn is goed; het zit bij het modem.",
            ),
            Wait(
                by="daan",
                after=5,
                on="customer",
                text=(
                    "Wilt u kijken of de dunne witte kabel achter in het modem goed vastzit? En "
                    "welk lampje is het dat rood brandt: power, dsl of wifi?"
                ),
                until=Coming(3, "12:00"),
            ),
        ),
    ),
    Story(
        slug="opzeggen-na-overlijden",
        by="fleur.maas",
        topic="overstappen",
        start=WorkdaysAgo(3, "10:20"),
        customer=Customer("Annelies Vink", "annelies.vink@example.org"),
        relation="friend",
        question=(
            "Mijn vader is overleden. Hoe zeg ik zijn internet en telefoon op, zonder drie keer te "
            "bellen?"
        ),
        acts=(
            Claim(by="marieke.bos", after=30),
            Update(
                by="marieke.bos",
                after=10,
                customer=(
                    "Gecondoleerd met het verlies van uw vader. Ik regel het voor u, u hoeft niet "
                    "te bellen. Wat na vandaag is afgeschreven, betalen wij terug."
                ),
                employee="Ik neem alles over; ze hoeft niet te bellen. Fijn dat je haar zo hielp.",
            ),
            Wait(
                by="marieke.bos",
                after=5,
                on="customer",
                text=(
                    "Tot welke dag wilt u dat zijn telefoonnummer nog werkt? Er is geen haast bij."
                ),
            ),
        ),
    ),
    Story(
        slug="welk-adres",
        by="sanne",
        topic="verhuizen",
        start=WorkdaysAgo(2, "09:45"),
        customer=Customer("Familie Bouzid", "bouzid@example.org"),
        relation="acquaintance",
        question=(
            "We verhuizen op de 14e naar Amersfoort en willen alles meenemen: internet, tv en vast "
            "bellen."
        ),
        acts=(
            Claim(by="youssef.amrani", after=50),
            Wait(
                by="youssef.amrani",
                after=15,
                on="employee",
                text=(
                    "Sanne, er staat geen huisnummer bij. Kun jij het vragen? Dan plan ik de "
                    "monteur meteen in."
                ),
                until=Coming(2, "10:00"),
            ),
        ),
    ),
    Story(
        slug="bon-van-de-winkel",
        by="kevin.martens",
        topic="winkel",
        start=WorkdaysAgo(4, "14:30"),
        customer=Customer("Rachid Ouali", phone="+31612345606"),
        relation="other",
        question=(
            "Mijn oortjes zijn na twee weken stuk. Ik heb de bon niet meer, wel bij jullie gekocht."
        ),
        acts=(
            Claim(by="stefan.dekker", after=95),
            Wait(
                by="stefan.dekker",
                after=20,
                on="employee",
                text=(
                    "Kevin, jij stond die dag in de winkel. Kun jij de aankoop opzoeken in de "
                    "kassa?"
                ),
            ),
        ),
    ),
    Story(
        slug="glasvezel-wanneer",
        by="gijs.van.leeuwen",
        topic="internet",
        start=WorkdaysAgo(6, "19:15"),
        customer=Customer("Corrie Zijlstra", "corrie.zijlstra@example.org"),
        relation="family",
        question="In onze straat ligt de glasvezel al een jaar. Wanneer kan ik aangesloten worden?",
        acts=(
            Claim(by="hanna.kok", after=40),
            Plan(by="hanna.kok", title="Navragen bij de aannemer", expected=Within(8)),
            Plan(by="hanna.kok", title="Aansluitdatum afspreken", expected=Coming(6, "11:00")),
            StepTo(by="hanna.kok", after=300, nth=1),
            Wait(
                by="hanna.kok",
                after=5,
                on="third_party",
                text=(
                    "De aannemer wacht op een vergunning van de gemeente voor de laatste tien "
                    "meter."
                ),
                until=Coming(5, "09:00"),
            ),
        ),
    ),
    Story(
        slug="fabrikant-update",
        by="esther.blom",
        topic="tv",
        start=WorkdaysAgo(8, "21:05"),
        customer=Customer("Ton Beukers", "ton.beukers@example.org"),
        relation="neighbour",
        question=(
            "Ondertiteling loopt bij opgenomen programma's een paar seconden achter. Ik ben "
            "slechthorend."
        ),
        acts=(
            Claim(by="fatima", after=45),
            Note(
                by="fatima",
                after=20,
                text="Zelfde klacht bij vier anderen; staat bij de fabrikant als fout bekend.",
            ),
            Wait(
                by="fatima",
                after=10,
                on="third_party",
                text=(
                    "De fout zit in het programma van de ontvanger. De fabrikant maakt een nieuwe "
                    "versie; zodra die er is, zet ik hem er als eerste bij u op."
                ),
                until=Coming(8, "15:00"),
            ),
        ),
    ),
)

_IN_PROGRESS = (
    Story(
        slug="monteur-dinsdag",
        by="sanne",
        topic="internet",
        start=WorkdaysAgo(2, "18:35"),
        customer=Customer("Bart Verhoeven", "bart.verhoeven@example.org"),
        relation="friend",
        question=(
            "Het internet valt een paar keer per uur weg, ook met een kabel aan het modem. "
            "Vergaderen lukt zo niet."
        ),
        acts=(
            Claim(by="fatima", after=22),
            Plan(by="fatima", title="Lijn doormeten", expected=Within(2)),
            Plan(by="fatima", title="Monteur komt langs", expected=Coming(2, "14:00")),
            Plan(by="fatima", title="Dag later nabellen", expected=Coming(3, "10:30")),
            StepTo(
                by="fatima",
                after=75,
                nth=1,
                customer=(
                    "Gemeten: er zit een storing op de laatste meters naar uw huis. Daar is een "
                    "monteur voor nodig. Past de tijd in het plan? Anders schuiven we."
                ),
                employee="Storing op de laatste meters; er komt een monteur.",
            ),
        ),
    ),
    Story(
        slug="wifi-in-de-praktijk",
        by="monique.van.dam",
        topic="wifi",
        start=WorkdaysAgo(2, "13:20"),
        customer=Customer("Fysiotherapie De Brug", "balie.debrug@example.org"),
        relation="other",
        question=(
            "In onze behandelkamers is geen wifi, terwijl we er wel voor betalen. Wat kunnen we "
            "doen?"
        ),
        acts=(
            Assign(by="els", after=30, to="hanna.kok"),
            Update(
                by="hanna.kok",
                after=60,
                customer=(
                    "Ik heb de plattegrond bekeken: twee zenders op de gang lossen het op. Ik maak "
                    "een plan."
                ),
                employee="Ik ga ermee aan de slag; twee extra zenders.",
            ),
            Plan(by="hanna.kok", after=20, title="Zenders plaatsen", expected=Coming(3, "09:00")),
        ),
    ),
    Story(
        slug="simkaart-niet-herkend",
        by="thijs.gerritsen",
        topic="mobiel",
        start=WorkdaysAgo(5, "09:10"),
        customer=Customer("Lars Meijer", phone="+31612345607"),
        relation="friend",
        question=(
            "Mijn telefoon zegt sinds vanochtend dat er geen simkaart is. Ik zit erom te springen."
        ),
        acts=(
            Claim(by="joris", after=45),
            Note(
                by="joris",
                after=20,
                text="SIM is active on our side. Probably the tray; sent a new one to the shop.",
            ),
            Solve(
                by="joris",
                after=60,
                text="Er ligt een nieuwe simkaart voor u klaar in de winkel in Utrecht.",
            ),
            Reopen(
                who="customer",
                after=1300,
                reason="De nieuwe kaart doet het ook niet. In een andere telefoon wel, gek genoeg.",
            ),
        ),
    ),
    Story(
        slug="incasso-verplaatsen",
        by="carla.smeets",
        topic="factuur",
        start=WorkdaysAgo(1, "09:20"),
        customer=Customer("Yvonne Hofman", "yvonne.hofman@example.org"),
        relation="family",
        question=(
            "Kan de incasso naar de 26e? Mijn salaris komt de 24e en nu sta ik steeds kort rood."
        ),
        acts=(Claim(by="youssef.amrani", after=70),),
    ),
)

_RECEIVED = (
    Story(
        slug="net-binnen",
        by="sanne",
        topic="tv",
        start=MinutesAgo(38),
        customer=Customer("Opa Wil", "wil.devries@example.org"),
        relation="family",
        question=(
            "De regionale zender is weg sinds de zenders opnieuw zijn ingedeeld. Op welk nummer "
            "zit hij nu?"
        ),
    ),
    Story(
        slug="korting-studenten",
        by="lotte.vos",
        topic="overstappen",
        start=MinutesAgo(155),
        customer=Customer("Julia Schipper", phone="+31612345608"),
        relation="friend",
        question="Is er een abonnement voor een studentenhuis met zes mensen op één aansluiting?",
    ),
    Story(
        slug="eu-number",
        by="wouter.prins",
        topic="mobiel",
        start=MinutesAgo(260),
        customer=Customer("Ines Carvalho", "ines.carvalho@example.org", language="en"),
        relation="neighbour",
        question=(
            "I get calls from a number that says it is your company. Is it you, or is it fraud?"
        ),
    ),
    # Asks for a skill that only somebody on leave has: nobody is handed it.
    Story(
        slug="bellen-uit-marokko",
        by="naomi.tromp",
        topic="buitenland",
        start=MinutesAgo(150),
        customer=Customer("Karima Haddad", "karima.haddad@example.org"),
        relation="friend",
        question=(
            "Mijn moeder is in Marokko en kan niet bellen of gebeld worden. Roaming staat aan."
        ),
    ),
    Story(
        slug="teruggelegd",
        by="dennis.schouten",
        topic="internet",
        start=WorkdaysAgo(2, "11:50"),
        customer=Customer("Peter Slot", "peter.slot@example.org"),
        relation="acquaintance",
        question=(
            "De uploadsnelheid is een tiende van wat ik betaal. Voor foto's van mijn werk is dat "
            "te weinig."
        ),
        acts=(
            Claim(by="bas.willems", after=35),
            Note(
                by="bas.willems",
                after=30,
                text="Ik ben vanmiddag vrij; wie pakt hem op? Meting staat klaar.",
            ),
            Release(by="bas.willems", after=3),
        ),
    ),
    Story(
        slug="niet-voor-ons",
        by="linda.brouwer",
        topic="internet",
        start=WorkdaysAgo(2, "10:05"),
        customer=Customer("Saskia Evers", "saskia.evers@example.org"),
        relation="friend",
        question="Op mijn rekening staat een modem dat ik een half jaar geleden al terugstuurde.",
        acts=(
            Claim(by="hanna.kok", after=30),
            Transfer(
                by="hanna.kok",
                after=12,
                to="klantzaken",
                note="Retour is bij ons geboekt op de 3e; alleen de factuur loopt nog door.",
            ),
        ),
    ),
)

_WITHDRAWN = (
    Story(
        slug="doet-het-weer",
        by="sanne",
        topic="internet",
        start=WorkdaysAgo(10, "19:55"),
        customer=Customer("Ruben Vos", "ruben.vos@example.org"),
        relation="friend",
        question="Sinds het onweer is er geen internet meer.",
        acts=(
            Withdraw(
                who="employee",
                after=90,
                reason="Het doet het weer: de stekker van het modem zat los. Sorry!",
            ),
        ),
    ),
    Story(
        slug="al-opgelost-in-de-winkel",
        by="mo.benali",
        topic="mobiel",
        start=WorkdaysAgo(9, "12:15"),
        customer=Customer("Els Kamp", "els.kamp@example.org"),
        relation="neighbour",
        question="Mijn telefoon laadt niet meer op met de kabel die ik van jullie kreeg.",
        acts=(
            Claim(by="aylin.kaya", after=90),
            Withdraw(
                who="customer",
                after=240,
                reason="In de winkel kreeg ik meteen een andere kabel. Dank voor de moeite.",
            ),
        ),
    ),
    Story(
        slug="verkeerd-adres",
        by="arjan.koster",
        topic="factuur",
        start=WorkdaysAgo(12, "14:05"),
        customer=Customer("Een ander dan bedoeld", "verkeerd@example.org"),
        relation="other",
        question="Waarom is mijn rekening deze maand hoger?",
        acts=(NotMe(after=180),),
    ),
)

STORIES = (
    *_CONFIRMED,
    *_CLOSED_OTHERWISE,
    *_WITHDRAWN,
    *_SOLVED,
    *_WAITING,
    *_IN_PROGRESS,
    *_RECEIVED,
    *UNDER_POSTS,
    *OUTAGE,
)
