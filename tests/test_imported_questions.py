"""Questions from elsewhere keep their meaning: what is right here gave full points there."""

import pytest
from django.utils import translation

from ambassadors.importing import FileRefused, cartridge, gift
from ambassadors.importing.questions import Found

GOOD = "Goed? {=Ja ~Nee}\n\n"


def from_gift(text: str, language: str = "nl") -> Found:
    return gift.read((GOOD + text).encode(), language=language)


def rights(found: Found) -> list[list[str]]:
    """The right answers of each question behind the good one."""
    return [
        [choice.text["nl"] for choice in question.choices if choice.right]
        for question in found.questions[1:]
    ]


@pytest.mark.parametrize(
    ("answers", "reason"),
    [
        ("{=A ~%50%B ~C}", "half goed"),
        ("{~%100%A ~%50%B ~%0%C}", "half goed"),
        ("{=A =B ~C}", "meer antwoorden"),
        ("{~%100%A ~%100%B ~C}", "meer antwoorden"),
        ("{~%30%A ~%30%B ~C}", "volle"),
        ("{~%half%A ~C}", "half"),
    ],
)
def test_gift_that_gives_points_otherwise_is_left_out_by_name(answers: str, reason: str) -> None:
    found = from_gift(f"::De vraag:: Wat mag? {answers}\n")
    assert rights(found) == []
    (line,) = found.left_out
    assert line.startswith("De vraag: ")
    assert reason in line


@pytest.mark.parametrize(
    ("answers", "right"),
    [
        ("{=A ~%-50%B ~C}", ["A"]),
        ("{~%100%A ~%-50%B ~%0%C}", ["A"]),
        ("{~%33.333%A ~%33.333%B ~%33.333%C ~%-100%D}", ["A", "B", "C"]),
        ("{=%100%A ~B}", ["A"]),
    ],
)
def test_gift_with_full_marks_in_one_way_comes_in(answers: str, right: list[str]) -> None:
    assert rights(from_gift(f"Wat mag? {answers}\n")) == [right]


def item(conditions: str, *, text: str, cardinality: str = "Single", lists: int = 1) -> str:
    labels = "".join(
        f'<response_label ident="{each}"><material><mattext>{each.upper()}</mattext></material>'
        "</response_label>"
        for each in "abc"
    )
    kind = f' rcardinality="{cardinality}"' if cardinality else ""
    several = "".join(
        f'<response_lid ident="r{n}"{kind}><render_choice>{labels}</render_choice></response_lid>'
        for n in range(lists)
    )
    return (
        f'<item title="De vraag"><presentation><material>{text}</material>{several}'
        f"</presentation><resprocessing>{conditions}</resprocessing></item>"
    )


def when(conditions: str, points: str, action: str = "Set", more: str = "") -> str:
    return (
        f"<respcondition{more}><conditionvar>{conditions}</conditionvar>"
        f'<setvar varname="SCORE" action="{action}">{points}</setvar></respcondition>'
    )


def chosen(choice: str) -> str:
    return f'<varequal respident="r0">{choice}</varequal>'


def from_qti(*items: str) -> Found:
    good = item(when(chosen("a"), "100"), text="<mattext>Goed?</mattext>")
    text = f"<questestinterop>{good}{''.join(items)}</questestinterop>"
    return cartridge.read(text.encode(), language="nl")


WORDS = "<mattext>Wat mag?</mattext>"
HALVES = when(chosen("a"), "50", "Add") + when(chosen("b"), "50", "Add")
EXACTLY = when(
    f"<and>{chosen('a')}{chosen('b')}<not>{chosen('c')}</not></and>", "100", more=' continue="No"'
)
FEEDBACK = (
    f"<respcondition><conditionvar>{chosen('c')}</conditionvar><displayfeedback/></respcondition>"
)


@pytest.mark.parametrize(
    ("conditions", "cardinality", "right"),
    [
        (HALVES, "Multiple", ["A", "B"]),
        (HALVES, "", ["A", "B"]),
        (EXACTLY, "Multiple", ["A", "B"]),
        (EXACTLY, "", ["A", "B"]),
        (FEEDBACK + when(chosen("c"), "1"), "Single", ["C"]),
        (when(chosen("b"), "0") + when("<other/>", "0") + when(chosen("c"), "1"), "", []),
        (when(f"<or>{chosen('b')}</or>", "100") + when("<other/>", "0"), "Single", ["B"]),
        (HALVES + when(chosen("c"), "50", "Subtract"), "Multiple", ["A", "B"]),
    ],
)
def test_qti_is_right_where_it_gives_full_points(
    conditions: str, cardinality: str, right: list[str]
) -> None:
    found = from_qti(item(conditions, cardinality=cardinality, text=WORDS))
    assert rights(found) == ([right] if right else [])
    assert len(found.left_out) == (0 if right else 1)


@pytest.mark.parametrize(
    ("conditions", "reason"),
    [
        (when(chosen("b"), "50") + when(chosen("a"), "100"), "half goed"),
        (HALVES, "meer antwoorden"),
        (when(f"<or>{chosen('a')}{chosen('b')}</or>", "100"), "meer antwoorden"),
        (when(f"<vargte>{1}</vargte>", "100"), "op een manier"),
        (when(chosen("a"), "SCORE.max"), "op een manier"),
    ],
)
def test_qti_that_gives_points_otherwise_is_left_out_by_name(conditions: str, reason: str) -> None:
    found = from_qti(item(conditions, text=WORDS))
    assert rights(found) == []
    (line,) = found.left_out
    assert line.startswith("De vraag: ")
    assert reason in line


def test_pairs_are_left_out_and_not_made_a_choice_of_the_first() -> None:
    found = from_qti(item(when(chosen("a"), "50", "Add"), lists=2, text=WORDS))
    assert rights(found) == []
    assert found.left_out == ["De vraag: er is meer dan één lijst om uit te kiezen"]


def test_a_file_built_to_keep_us_counting_is_refused() -> None:
    many = when(chosen("a"), "1", "Add") * 30_000
    labels = "".join(f'<response_label ident="{n}"/>' for n in range(8))
    text = f'<a><item><response_lid ident="r">{labels}</response_lid>{many}</item></a>'
    with pytest.raises(FileRefused):
        cartridge.read(text.encode(), language="nl")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Is 3 < 5 and 7 > 2 true", "Is 3 < 5 and 7 > 2 true"),
        ("Is a<b and c>d true", "Is a<b and c>d true"),
        ("<p>Wie mag <b class='x'>dit</b><br/>zien?</p>", "Wie mag dit\nzien?"),
        ("<p>Is 3 &lt; 5?</p>", "Is 3 < 5?"),
        ("[plain]Zet <b> om een woord", "Zet <b> om een woord"),
        ("Dit <!-- niet --> wel", "Dit wel"),
        ("[html]<p>Mag&nbsp;ik dit&nbsp;posten?</p>", "Mag ik dit posten?"),
        ("10\u202f000\u3000euro\u2028en\u2009meer", "10 000 euro\nen meer"),
        (
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 mag",
            "\U0001f468\u200d\U0001f469\u200d\U0001f467 mag",
        ),
        ("on\u00adzicht\u200bbaar\u2060 \u200d", "onzichtbaar \u200d"),
    ],
)
def test_only_what_is_html_is_taken_out_of_words(written: str, read: str) -> None:
    hidden = written.replace("=", "\\=")
    (_good, question) = from_gift(f"{hidden} {{=Ja ~Nee}}\n").questions
    assert question.text == {"nl": read}


def test_a_joiner_alone_asks_nothing() -> None:
    found = from_gift("&zwj; &#8205; {=Ja ~Nee}\n\nEen? {=Ja ~&zwj;}\n")
    assert len(found.questions) == 1


def test_more_questions_than_a_quiz_holds_are_refused() -> None:
    def held(count: int) -> str:
        return "".join(f"Vraag {number}? {{=Ja ~Nee}}\n\n" for number in range(count))

    # The good one before them is one, and what is there twice is one as well.
    assert len(from_gift(held(499) + held(499)).questions) == 500
    with pytest.raises(FileRefused) as refused:
        from_gift(held(10_000))
    assert "500" in str(refused.value)
    items = [
        item(when(chosen("a"), "100"), text=f"<mattext>Vraag {number}?</mattext>")
        for number in range(500)
    ]
    with pytest.raises(FileRefused):
        from_qti(*items)


def test_a_text_that_says_it_is_plain_is_taken_as_it_is() -> None:
    words = '<mattext texttype="text/plain">Zet &lt;b&gt; om &amp;amp;</mattext>'
    found = from_qti(item(when(chosen("a"), "100"), text=words))
    assert found.questions[1].text == {"nl": "Zet <b> om &amp;"}


def test_true_and_not_true_are_in_the_language_of_the_file() -> None:
    with translation.override("en"):
        dutch = from_gift("Dit mag. {T}\n").questions[1]
    assert [choice.text for choice in dutch.choices] == [{"nl": "Waar"}, {"nl": "Niet waar"}]
    with translation.override("nl"):
        english = from_gift("This is fine. {T}\n", "en").questions[1]
    assert [choice.text for choice in english.choices] == [{"en": "True"}, {"en": "Not true"}]
    assert len(from_gift("Das darf man. {T}\n", "de").left_out) == 1
