"""Questions that employees of the demo company met under posts, and answered there."""

from customer_requests.demo.acts import Claim, Message, Place, Plan, Solve, Update, Wait, Within
from customer_requests.demo.telling import Customer, Story, WorkdaysAgo

UNDER_POSTS = (
    Story(
        slug="glasvezel-onder-een-post",
        by="sanne",
        topic="internet",
        start=WorkdaysAgo(4, "10:10"),
        customer=Customer(
            "@achterhoekonline",
            post="https://x.com/achterhoekonline/status/1858841236780048001",
        ),
        question=(
            "Ze graven hier de straat open voor glasvezel, en nu ligt bij de halve buurt het oude "
            "internet eruit. Hoe kan dat, en wie betaalt dat?"
        ),
        acts=(
            Claim(by="daan", after=18),
            Plan(by="daan", title="Navragen bij de ploeg die graaft", expected=Within(2)),
            Solve(
                by="daan",
                after=95,
                text=(
                    "Bij het graven is een oude kabel geraakt. Die herstellen wij dezelfde dag, op "
                    "onze kosten. Ligt het er morgen nog uit? Meld het op example.org/storing, "
                    "dan krijg je de dagen terug."
                ),
                employee="De ploeg bevestigt het; de straat doet het om vier uur weer.",
            ),
            Place(after=12, permalink="https://x.com/sannevries/status/1858867012345678901"),
        ),
    ),
    Story(
        slug="wifi-onder-een-post",
        by="kees.vermeulen",
        topic="wifi",
        start=WorkdaysAgo(1, "09:20"),
        customer=Customer(
            "Marloes Timmer",
            post=(
                "https://www.linkedin.com/feed/update/urn:li:activity:7264000000000000001"
                "?commentUrn=urn:li:comment:(activity:7264000000000000001,7264100000000000002)"
            ),
        ),
        question=(
            "Thuiswerken met drie mensen op één wifi: de een belt, de ander valt eruit. Wat raden "
            "jullie zelf eigenlijk aan?"
        ),
        acts=(
            Claim(by="fatima", after=25),
            Update(
                by="fatima",
                after=30,
                customer=(
                    "Begin met de plek van het modem: hoog, vrij, en niet in de meterkast. Dat "
                    "scheelt vaker de helft dan een duurder abonnement."
                ),
                employee="Ik zoek er nog een plattegrond bij. Dit kun je alvast plaatsen.",
            ),
            Wait(by="fatima", after=15, on="customer", text="Waar staat het modem nu bij je?"),
            Message(who="employee", after=40, text="Ze zegt: in de meterkast, achter de was."),
        ),
    ),
)
