"""What counts as saying that one works here: the first person, of today; in doubt it does not."""

import pytest

from ambassadors import checks, disclosures
from ambassadors.models import ExamplePost
from ambassadors.models.example_post_content import Words
from server.accounts.models import CompanyLook
from tests.factories import make_person
from tests.posts import published

pytestmark = pytest.mark.django_db

X = "Doe-het-gewoon"
SAYS_SO = [
    "Ik werk bij {X}.",
    "Ik werk al tien jaar met veel plezier bij {X}!",
    "Ik werk als monteur bij {X}, kom je ook!",
    "'s Avonds werk ik bij {X}.",
    "Zo'n mooie dag, en ik werk bij {X}.",
    "Ik werk bij {X} en lees 'De glasvezel'.",
    "Ik werk zelf voor {X} en dit wil je niet missen",
    "IK WERK BIJ @{X}",
    "🎉 #trots Ik werk bij {X} 💙",
    "Sinds maart werk ik bij {X}.",
    "Bij {X} werk ik met de leukste mensen.",
    "Trots, omdat ik bij {X} werk.",
    "Ik werk in de winkel van {X}.",
    "Bij {X}, waar ik werk, is het feest.",
    "Bij {X} waar ik zelf werk is het feest.",
    "{X}, het bedrijf waar ik al jaren werk, bestaat vijftig jaar.",
    "Ik ben in dienst van {X}.",
    "Ik ben medewerker van {X}.",
    "Mijn werkgever {X} plant bomen.",
    "Mijn werkgever, {X}, plant bomen.",
    "{X} is mijn werkgever.",
    "Wij bij {X} staan voor je klaar.",
    "Wij van {X} staan voor je klaar.",
    "Wij werken bij {X} aan snel internet.",
    "Als medewerker van {X} raad ik dit aan.",
    "Als trotse medewerker bij {X} nodig ik je uit.",
    "I work at {X}.",
    "I work for #{X} and we are hiring",
    "I\u2019m working for {X}.",
    "I proudly work as an engineer at {X}!",
    "I have been working at {X} for ten years.",
    "At {X}, where I work, we plant trees.",
    "My employer {X} plants trees.",
    "{X} is my employer.",
    "We at {X} are there for you.",
    "We work at {X}, and it shows.",
    "As an employee of {X} I can tell.",
    "I'm a proud {X} employee.",
]
SAYS_IT_NOT = [
    "Het internet van {X} werkt altijd!",
    "{X} werkt altijd.",
    "{X} werkt voor mij.",
    "Bij {X} werkt alles.",
    "Ik werk niet bij {X}, maar dit is top.",
    "Ik werk bij {X} niet meer.",
    "Ik werk bij {X}, niet dus.",
    "Ik heb nooit bij {X} gewerkt.",
    "Ik werkte bij {X}.",
    "Vroeger was {X} mijn werkgever.",
    "{X} is niet mijn werkgever.",
    "{X} is mijn werkgever niet.",
    "Mijn vorige werkgever {X} doet het goed.",
    "Mijn zus werkt bij {X}.",
    "Mijn broer zegt: ik werk bij {X}.",
    "“Ik werk bij {X}”, aldus de monteur.",
    "Stel dat ik bij {X} werk.",
    "Als ik bij {X} werk, krijg ik korting.",
    "Zou ik zeggen dat ik werk bij {X}?",
    "Ik werk thuis en kies voor {X}.",
    "Ik werk graag met {X}.",
    "Ik werk bij een klant van {X}.",
    "Ik werk bij {X}'s concurrent.",
    "Ik werk bij {X}-dealer Jansen.",
    "Ik werk bij {X}land.",
    "Werk bij {X}!",
    "Werken bij {X}? Dat wil iedereen.",
    "Een collega van {X} hielp mij.",
    "Gisteren waren wij bij {X}.",
    "Toen kwamen we bij {X} terecht.",
    "Als medewerker van {X} krijg je korting.",
    "Ik ben klant bij {X}.",
    "Ik werk hard. Kies {X}.",
    "Wifi from {X} works everywhere.",
    "{X} works for me.",
    "{X} just works.",
    "I don't work at {X}.",
    "I do not work for {X}, but they are great.",
    "I no longer work at {X}.",
    "I used to work at {X}.",
    "I worked at {X}.",
    "I wish I work at {X}.",
    "Do I work at {X}?",
    "If I work at {X}, I get a discount.",
    "She says I work at {X}.",
    "I work with {X} every day.",
    "I work at {X}'s competitor.",
    "I work at {X}, not!",
    "I work for a customer of {X}.",
    "My former employer {X} is great.",
    "My sister works at {X}.",
    "{X} is not my employer.",
    "An employee of {X} helped me.",
    "As an employee of {X} you get a discount.",
    "When we were at {X} we laughed.",
    "Ik werk bij {X}? Welnee, maar ik ben er wel fan van!",
    "Ik werk als monteur bij {X}, kom je ook?",
    "Ik werk bij {X}!? Welnee.",
    "Ik werk bij {X}\uff1f Welnee.",
    "'Ik werk bij {X}', zei mijn buurman.",
    "\u2018Ik werk bij {X}\u2019, zei mijn buurman.",
    "\u2018Ik werk bij {X}.\u2019 Dat zei mijn buurman.",
    "'Hallo! Ik werk bij {X}!' riep de monteur.",
    "\u201cHallo. Ik werk bij {X}.\u201d Dat zei de monteur.",
    "Mijn buurman: 'k wist het niet. Ik werk bij {X}', zei hij.",
    "I work at {X}? No, but I am a fan!",
    "'I work at {X}', said my neighbour.",
    "\u2018I work at {X}\u2019, said my neighbour.",
    "I work at {X}?! As if.",
]


@pytest.fixture
def post() -> ExamplePost:
    return published(words=[Words("linkedin", "nl", "Kom je kijken?")])


def _codes(text: str, post: ExamplePost) -> tuple[str, list[str]]:
    checked = checks.check(text, post=post, network="linkedin", by=make_person())
    return checked.text, [remark.code for remark in checked.remarks]


@pytest.mark.parametrize("text", SAYS_SO)
def test_who_says_it_in_the_first_person_is_taken_at_their_word(
    text: str, post: ExamplePost
) -> None:
    text = text.format(X=X)
    assert _codes(text, post) == (text, [])
    # What is compared is what is left of it.
    rest = "Vanavond laten we zien hoe een glasvezel wordt gelast."
    assert disclosures.bare(f"{text}\n{rest}") == rest


@pytest.mark.parametrize("text", SAYS_IT_NOT)
def test_what_only_sounds_like_it_gets_the_opening(text: str, post: ExamplePost) -> None:
    text = text.format(X=X)
    whole, codes = _codes(text, post)
    assert whole == f"Ik werk bij {X}.\n\n{text}"
    assert codes == ["disclosure-added"]
    assert disclosures.bare(text) == text
    assert disclosures.bare(whole) == text


@pytest.mark.parametrize("name", ["KPN", "Doe.nl", "T-Mobile", "Bel & Co.", "Yes!", "Zeg 't"])
def test_our_own_opening_counts_whatever_the_company_is_called(
    name: str, post: ExamplePost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CompanyLook, "current", lambda: {"name": name})
    post.rewarded = True
    once, codes = _codes("Kom je ook?", post)
    assert codes == ["disclosure-added"]
    assert _codes(once, post) == (once, [])


LONG = "Vandaag is het zover en dat vieren we de hele dag in alle winkels van het land met taart"
FAR_DOWN = "Vandaag is het feest! " * 90 + "Ik werk bij {X}."
ONE_SENTENCE = "Vandaag is het feest en dat vieren we met taart, " * 4 + "want ik werk bij {X}."


@pytest.mark.parametrize("text", [FAR_DOWN, ONE_SENTENCE])
def test_what_networks_fold_away_is_not_said(text: str, post: ExamplePost) -> None:
    text = text.format(X=X)
    whole, codes = _codes(text, post)
    assert whole == f"Ik werk bij {X}.\n\n{text}"
    assert "disclosure-added" in codes
    assert _codes(whole, post)[0] == whole


def test_the_second_sentence_is_read_too_and_the_first_by_more(post: ExamplePost) -> None:
    text = f"Kom je ook kijken? Ik werk bij {X}."
    assert _codes(text, post) == (text, ["disclosure-not-first"])


def test_what_is_cut_off_behind_it_can_still_deny_it(post: ExamplePost) -> None:
    told = "na al die lange jaren vol plezier op kantoor tussen alle leuke mensen van de afdeling"
    text = f"Ik werk bij {X} {told} daar beneden bij de ingang niet meer."
    assert len(text) > disclosures.SEEN
    assert _codes(text, post)[1] == ["disclosure-added"]


REWARDS = [
    ("#adv Ik werk bij {X}.", True),
    ("🎉 #adv Ik werk bij {X}.", True),
    ("Ik werk bij {X}. #reclame Kom je ook?", True),
    ("Ik werk bij {X}. 🎉 #taart #Adv\nKom je ook?", True),
    ("Ik werk bij {X} #ad en er is taart.", True),
    ("Ik werk bij {X}. Kom je ook? #adv", False),
    ("Ik werk bij {X}.\n\nKom je ook?\n\n#taart #adv", False),
    ("Ik werk bij {X}, " + LONG + ", en met koffie erbij #adv", False),
    ("Ik werk bij {X}. #advies voor wie komt.", False),
]


@pytest.mark.parametrize(("text", "seen"), REWARDS)
def test_a_reward_is_told_where_readers_see_it_at_once(
    text: str, seen: bool, post: ExamplePost
) -> None:
    text, post.rewarded = text.format(X=X), True
    whole, codes = _codes(text, post)
    assert codes == ([] if seen else ["reward-added"])
    if not seen:
        # Who wrote it first, as in the opening that we put on top ourselves.
        assert whole.startswith((f"Ik werk bij {X}. #adv", f"Ik werk bij {X} #adv"))
        assert whole.replace(" #adv", "", 1).endswith(text)
    assert _codes(whole, post) == (whole, [])


def test_a_tag_that_would_come_too_late_takes_the_opening_along(post: ExamplePost) -> None:
    text, post.rewarded = f"Ik werk bij {X}, {LONG}, en met koffie erbij.", True
    assert _codes(text, post)[0] == f"Ik werk bij {X}. #adv\n\n{text}"
    text = f"Kom je ook kijken? Ik werk bij {X}."
    assert _codes(text, post)[0] == f"Ik werk bij {X}. #adv\n\n{text}"
