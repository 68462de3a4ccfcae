"""References survive being read aloud, typed and mistyped."""

from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customer_requests import references
from customer_requests.references import ALPHABET

bodies = st.text(ALPHABET, min_size=7, max_size=7)


def completed(body: str) -> str:
    """The one reference that begins with these seven characters."""
    (reference,) = filter(None, (references.parse(body + check) for check in ALPHABET))
    return reference


def characters(reference: str) -> str:
    """The eight characters that carry meaning."""
    return reference.removeprefix("DHG-").replace("-", "")


@given(bodies)
def test_seven_characters_have_exactly_one_check_character(body: str) -> None:
    fitting = [check for check in ALPHABET if references.parse(body + check)]
    assert len(fitting) == 1


def test_every_new_reference_parses_to_itself() -> None:
    for _time in range(500):
        reference = references.new()
        assert references.parse(reference) == reference


def test_a_reference_looks_as_it_is_promised() -> None:
    prefix, first, second = references.new().split("-")
    assert (prefix, len(first), len(second)) == ("DHG", 4, 4)
    assert set(first + second) <= set(ALPHABET)


def test_characters_that_look_alike_are_not_used() -> None:
    assert len(set(ALPHABET)) == 32
    assert not set(ALPHABET) & set("ILOU")


@given(bodies)
@settings(max_examples=50, deadline=None)
def test_one_wrong_character_is_noticed(body: str) -> None:
    right = characters(completed(body))
    for place, other in ((place, other) for place in range(8) for other in ALPHABET):
        if other != right[place]:
            assert references.parse(right[:place] + other + right[place + 1 :]) is None


@given(bodies)
def test_two_characters_in_each_others_place_are_noticed(body: str) -> None:
    right = characters(completed(body))
    for one, other in combinations(range(8), 2):
        swapped = list(right)
        swapped[one], swapped[other] = swapped[other], swapped[one]
        if right[one] != right[other]:
            assert references.parse("".join(swapped)) is None


@given(bodies, st.data())
def test_a_character_too_few_or_too_many_is_noticed(body: str, data: st.DataObject) -> None:
    right = characters(completed(body))
    place = data.draw(st.integers(0, 7))
    assert references.parse(right[:place] + right[place + 1 :]) is None
    assert (
        references.parse(right[:place] + data.draw(st.sampled_from(ALPHABET)) + right[place:])
        is None
    )


@given(bodies, st.data())
def test_the_way_it_was_typed_does_not_matter(body: str, data: st.DataObject) -> None:
    reference = completed(body)
    gaps = st.sampled_from(["", " ", "-", " - ", "\u2011", "\u2013", "\u2212", ".", "\u00a0", "\n"])
    alike = {"0": "0Oo", "1": "1IiLl"}
    typed = data.draw(st.sampled_from(["", "DHG", "dhg", "Dhg"]))
    for character in characters(reference):
        either = alike.get(character, character + character.lower())
        typed += data.draw(gaps) + data.draw(st.sampled_from(either))
    assert references.parse(typed + data.draw(gaps)) == reference


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "DHG",
        "DHG-",
        "DHG-0000-000",
        "DHG-0000-000U",
        "DHG-0000-0001",
        "ABC-0000-0000",
        "DHGDHG-0000-0000",
        "DHG-0000-0000-0000",
        "DHG/0000/0000",
        "DHG-0000-000\0",
        "DHG-" + "\u0660" * 8,
        "' OR 1=1 --",
        "0" * 100_000,
    ],
    ids=lambda text: text[:20].encode("unicode_escape").decode() or "empty",
)
def test_what_is_no_reference_is_none(text: str) -> None:
    assert references.parse(text) is None


@given(st.text(max_size=40))
def test_no_text_breaks_it(text: str) -> None:
    found = references.parse(text)
    assert found is None or references.parse(found) == found


def test_new_references_follow_no_order_and_do_not_repeat() -> None:
    made = [references.new() for _time in range(2000)]
    # Two alike among two thousand happens once in 17,000 runs, four alike never.
    assert len(set(made)) >= 1999
    rising = sum(earlier < later for earlier, later in pairwise(made))
    # Half of the neighbours rise; twelve standard deviations on either side.
    assert 730 < rising < 1270


def test_every_character_is_as_likely_as_any_other_in_every_place() -> None:
    made = [characters(references.new()) for _time in range(16_000)]
    for place in range(8):
        counts = Counter(reference[place] for reference in made)
        # 500 of each are expected; eight standard deviations on either side.
        assert set(counts) == set(ALPHABET)
        assert 325 < min(counts.values()) <= max(counts.values()) < 675
