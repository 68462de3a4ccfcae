"""How long a text is on each network, counted as that network counts."""

import pytest

from server.networks import RULES, Network

FAMILY = "\U0001f468‍\U0001f469‍\U0001f467‍\U0001f466"
LINK = "https://www.example.org/een/heel/lang/adres?met=van&alles=erin"


@pytest.mark.parametrize(
    ("network", "text", "length"),
    [
        ("x", "Café", 4),
        ("x", "Cafe\u0301", 4),  # two ways to write one letter
        ("x", "日本語", 6),
        ("x", "€ 5", 4),
        ("x", FAMILY, 2),
        ("x", "👍🏽🇳🇱", 4),
        ("x", "“Zo”, echt…", 12),
        ("x", f"Lees {LINK}.", 5 + 23 + 1),
        ("x", "Lees example.nl/nieuws, en bel", 5 + 23 + 8),
        ("x", "Ga.naar huis, 1.5 keer", 22),
        ("bluesky", FAMILY + "e\u0301", 2),
        ("bluesky", LINK, len(LINK)),
        ("mastodon", f"{FAMILY} {LINK}", 1 + 1 + 23),
        ("mastodon", "Dank @sanne@social.example!", len("Dank @sanne!")),
        ("threads", "Hoi 👍", 4 + 4),
        ("linkedin", "Hoi 👍", 4 + 2),
        ("whatsapp", "Hoi", 3),
    ],
)
def test_each_network_counts_in_its_own_way(network: str, text: str, length: int) -> None:
    assert RULES[network].length(text) == length


@pytest.mark.parametrize(
    ("network", "limit"),
    [
        ("linkedin", 3000),
        ("facebook", 63_206),
        ("x", 280),
        ("instagram", 2200),
        ("bluesky", 300),
        ("mastodon", 500),
        ("threads", 500),
    ],
)
def test_a_text_fits_up_to_the_limit_and_not_one_further(network: str, limit: int) -> None:
    assert RULES[network].over("a" * limit) == 0
    assert RULES[network].over("a" * (limit + 2)) == 2


def test_the_short_link_counts_where_it_ends_up_among_the_words() -> None:
    assert RULES["x"].length("Hoi", LINK) == 3 + 1 + 23
    assert RULES["facebook"].length("Hoi", LINK) == 3
    assert RULES["whatsapp"].over("a" * 100_000, LINK) == 0
    assert set(RULES) == set(Network.values)
