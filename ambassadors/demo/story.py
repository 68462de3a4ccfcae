"""Who of the demo company became an ambassador when: the first volunteers more than a year ago.

Moments are (months ago, part of that month). Who is certified and active in a month follows from
these rows by the count's own rules, and nowhere are figures written down.
"""

from typing import NamedTuple

Moment = tuple[int, float]

COURSE_OUT: Moment = (13, 0.1)
POLICY_OUT: Moment = (13, 0.15)
# The policy changed, and with it who is certified: until they say yes to the new words.
POLICY_CHANGED: Moment = (2, 0.15)


class Joined(NamedTuple):
    """When somebody passed the course and opted in, and what they did when the policy changed."""

    at: Moment
    accepted: Moment | None = None
    renewed: Moment | None = None
    left: Moment | None = None


AMBASSADORS = {
    # Their certificate ran out last month.
    "hanna.kok": Joined((13, 0.3), accepted=(2, 0.6)),
    "noor": Joined((13, 0.4), accepted=(2, 0.16), renewed=(2, 0.2)),
    "linda.brouwer": Joined((12, 0.3), accepted=(2, 0.3), renewed=(2, 0.5)),
    # Theirs ends next month.
    "els": Joined((11, 0.4), accepted=(2, 0.7)),
    "thijs.gerritsen": Joined((10, 0.2), accepted=(2, 0.2), renewed=(2, 0.25)),
    "mark": Joined((9, 0.2), accepted=(2, 0.3), renewed=(2, 0.9)),
    "kevin.martens": Joined((9, 0.3), accepted=(2, 0.4), renewed=(1, 0.2)),
    # Said yes to the first policy, and not yet to the second.
    "daan": Joined((8, 0.2)),
    "rob.mulder": Joined((8, 0.4), left=(4, 0.5)),
    "lotte.vos": Joined((6, 0.2), accepted=(2, 0.4), renewed=(1, 0.1)),
    "kees.vermeulen": Joined((6, 0.3), accepted=(1, 0.2), renewed=(1, 0.3)),
    "dennis.schouten": Joined((6, 0.5), accepted=(1, 0.5)),
    "wouter.prins": Joined((5, 0.3), accepted=(2, 0.8), renewed=(1, 0.4)),
    "bas.willems": Joined((4, 0.3), accepted=(1, 0.3), renewed=(1, 0.5)),
    "mo.benali": Joined((3, 0.3), accepted=(2, 0.5), renewed=(1, 0.1)),
    "fatima": Joined((3, 0.4), accepted=(2, 0.6), renewed=(1, 0.2)),
    "gijs.van.leeuwen": Joined((1, 0.2), accepted=(1, 0.2)),
    "priya.ramdin": Joined((1, 0.3), accepted=(1, 0.3)),
    "anke.dijkstra": Joined((1, 0.6), accepted=(1, 0.6)),
    "monique.van.dam": Joined((0, 0.2), accepted=(0, 0.2)),
}
# On their way: opted in and said yes, and half way the course.
SANNE = "sanne"
SANNE_SINCE: Moment = (0, 0.5)


class Shared(NamedTuple):
    """Somebody took a post to a network; `confirmed` where they said that it is there."""

    at: Moment
    who: str
    post: str
    network: str
    confirmed: bool


def shares() -> list[Shared]:
    """In the order in which they happened."""
    lines = [line.split() for line in _SHARED.strip().splitlines()]
    made = []
    for place, (ago, who, post, network, *said) in enumerate(lines):
        in_that_month = [at for at, line in enumerate(lines) if line[0] == ago]
        nth = in_that_month.index(place) + 1
        # In the second half of a month: by then its new posts are out.
        part = 0.45 + 0.5 * nth / (len(in_that_month) + 1)
        made.append(Shared((int(ago), part), who, post, network, bool(said)))
    return made


# Months ago, who, what (`post` and `answer` are their own), where, and whether they confirmed it.
_SHARED = """
13 noor             open-dag    linkedin  yes
12 noor             open-dag    linkedin  yes
12 linda.brouwer    open-dag    linkedin  yes
12 hanna.kok        open-dag    facebook
11 hanna.kok        open-dag    facebook  yes
11 noor             post        linkedin  yes
10 linda.brouwer    open-dag    linkedin  yes
10 thijs.gerritsen  open-dag    linkedin  yes
10 els              answer      facebook  yes
9  noor             stage       linkedin  yes
9  mark             stage       linkedin  yes
9  kevin.martens    stage       facebook  yes
8  thijs.gerritsen  stage       linkedin  yes
8  mark             stage       whatsapp
8  daan             answer      x         yes
7  noor             post        linkedin  yes
7  kevin.martens    stage       facebook  yes
7  hanna.kok        stage       facebook  yes
7  rob.mulder       stage       linkedin  yes
6  linda.brouwer    eindhoven   linkedin  yes
6  mark             eindhoven   linkedin  yes
6  kevin.martens    eindhoven   facebook  yes
6  lotte.vos        eindhoven   linkedin  yes
6  dennis.schouten  eindhoven   whatsapp
5  noor             eindhoven   linkedin  yes
5  lotte.vos        eindhoven   instagram yes
5  kees.vermeulen   eindhoven   whatsapp  yes
5  els              eindhoven   linkedin  yes
5  kevin.martens    answer      facebook  yes
4  thijs.gerritsen  eindhoven   linkedin  yes
4  mark             eindhoven   linkedin
4  wouter.prins     eindhoven   facebook  yes
4  bas.willems      eindhoven   bluesky   yes
4  lotte.vos        eindhoven   linkedin  yes
3  mo.benali        eindhoven   linkedin  yes
3  fatima           eindhoven   linkedin  yes
3  noor             eindhoven   linkedin  yes
3  kevin.martens    eindhoven   facebook  yes
3  wouter.prins     post        facebook  yes
2  noor             vacature    linkedin  yes
2  mark             vacature    linkedin  yes
2  lotte.vos        vacature    linkedin  yes
2  daan             vacature    facebook
1  noor             vacature    linkedin  yes
1  thijs.gerritsen  vacature    linkedin  yes
1  kevin.martens    vacature    facebook  yes
1  linda.brouwer    vacature    linkedin
1  fatima           vacature    linkedin  yes
1  mo.benali        monteurs    linkedin  yes
1  kees.vermeulen   monteurs    linkedin  yes
1  gijs.van.leeuwen monteurs    linkedin
1  lotte.vos        monteurs    instagram yes
0  noor             monteurs    linkedin  yes
0  thijs.gerritsen  monteurs    linkedin
0  kevin.martens    monteurs    linkedin  yes
0  priya.ramdin     vacature    threads   yes
0  fatima           monteurs    linkedin  yes
0  lotte.vos        toonbank    instagram yes
0  mo.benali        vacature    linkedin
0  monique.van.dam  vacature    linkedin  yes
0  wouter.prins     monteurs    x         yes
0  sanne            monteurs    linkedin  yes
0  sanne            vacature    facebook
"""
