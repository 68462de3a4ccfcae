"""What ships says what the product does: the composer finds nothing in what is called right."""

import re
from collections.abc import Iterator

import pytest

from ambassadors import checks, shipped
from ambassadors.course_document import CourseDocument, ExerciseBlock, TextBlock
from ambassadors.importing import course_file
from ambassadors.models import AnswerUse, Phrase, Share
from ambassadors.models.course_progress import Attempt, LessonDone
from server.accounts.models import CompanyLook
from server.networks import Network
from tests.factories import make_person

LANGUAGES = ("nl", "en")


class NoExample:
    """A text that was made of no example."""

    link, rewarded = "", False

    def language_for(self, language: str) -> str:
        return language

    def examples(self) -> list[str]:
        return []


def quoted(text: str) -> list[str]:
    """The posts in a text: what stands between quotation marks, as somebody would post it."""
    company = str(CompanyLook.current()["name"])
    return [found.replace("{company}", company) for found in re.findall(r"“([^”]+)”", text)]


def called_right(document: CourseDocument, language: str) -> Iterator[str]:
    """The posts that are right as they are: of an exercise that says so, in the feedback to a right
    choice, in the text of a lesson with the opening in it, and the right choice of a question.
    """
    for lesson in document.lessons:
        for block in lesson.blocks:
            if isinstance(block, TextBlock):
                texts = quoted(block.text[language])
                yield from (text for text in texts if says_who(text, language))
            if isinstance(block, ExerciseBlock):
                for choice in block.choices:
                    fine = choice.text[language] in {"Ja, dit kan zo", "Yes, this is fine"}
                    if choice.right and fine:
                        yield from quoted(block.post[language])
                    if choice.right:
                        yield from quoted(choice.feedback[language])
    for question in document.quiz.questions:
        for each in question.choices:
            if each.right:
                yield from quoted(each.text[language])


def says_who(text: str, language: str) -> bool:
    return bool(re.search(r"[Ii]k werk bij|I work at", text))


def remarks(text: str, language: str) -> list[str]:
    checked = checks.check(
        text,
        post=NoExample(),
        network=Network.LINKEDIN,
        by=make_person(language=language),
        language=language,
    )
    return [remark.code for remark in checked.remarks]


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_course_calls_right_our_own_composer_finds_nothing_in(language: str) -> None:
    Phrase.install(shipped.phrases())
    posts = list(called_right(course_file.read(shipped.course()), language))
    assert len(posts) >= 5
    assert {text: codes for text in posts if (codes := remarks(text, language))} == {}


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_post_in_the_course_says_it_elsewhere_than_it_teaches(language: str) -> None:
    Phrase.install(shipped.phrases())
    text = shipped.course().decode()
    posts = [post for post in quoted(text) if says_who(post, language)]
    assert len(posts) > 15
    found = {post: set(remarks(post, language)) for post in posts}
    late = {"disclosure-not-first", "disclosure-added"}
    assert {post: codes for post, codes in found.items() if codes & late} == {}


@pytest.mark.django_db
def test_the_policy_names_the_company_and_the_composer_takes_its_example(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look = {"name": "Zilver Water", "logo": "", "colour": "#123456"}
    monkeypatch.setattr(CompanyLook, "current", lambda: look)
    for language in LANGUAGES:
        text = shipped.policy()[f"text_{language}"]
        assert "{company}" not in text
        (example,) = [each for each in re.findall(r'"([^"]+)"', text) if "Zilver Water" in each]
        assert remarks(example, language) == []
        # One tag in both languages: the one that the composer puts there.
        assert re.findall(r"#\w+", text) == ["#adv"]


@pytest.mark.django_db
def test_what_the_policy_says_that_we_keep_is_what_we_keep() -> None:
    assert Share.TEXT_KEPT.days == AnswerUse.TEXT_KEPT.days == 90
    assert (Attempt.ANSWERS_KEPT.days, LessonDone.KEPT.days) == (365, 730)
    text = shipped.policy()
    for days in ("90 dagen", "twee jaar", "een jaar"):
        assert days in text["text_nl"]
    for days in ("90 days", "two years", "a year"):
        assert days in text["text_en"]
