"""Days in pages are written as the reader's language writes them."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("language", "spec", "shown"),
    [
        ("nl", "j M Y H:i", "29 nov 2026 00:30"),
        ("en", "j M Y H:i", "29 Nov 2026 00:30"),
        ("nl", "M Y", "nov 2026"),
        ("nl", "j F", "29 november"),
    ],
)
def test_a_day_is_in_the_readers_language_and_time(language: str, spec: str, shown: str) -> None:
    page = Template(f'{{% load dates %}}{{{{ when|dated:"{spec}" }}}}')
    when = datetime(2026, 11, 28, 23, 30, tzinfo=UTC)
    with translation.override(language), timezone.override("Europe/Amsterdam"):
        assert page.render(Context({"when": when})) == shown
        assert page.render(Context({"when": None})) == ""


def test_march_is_no_english_month_in_dutch() -> None:
    with translation.override("nl"):
        page = Template('{% load dates %}{{ day|dated:"j M" }}')
        assert page.render(Context({"day": date(2026, 3, 1)})) == "1 mrt"


def test_no_page_of_ours_writes_short_months_in_another_way() -> None:
    pages = [*ROOT.glob("ambassadors/templates/**/*.html"), *ROOT.glob("server/**/*.html")]
    assert len(pages) > 50
    wrong = [
        f"{page.relative_to(ROOT)}: {found[0]}"
        for page in pages
        for found in re.finditer(r"\|date:[\"'][^\"']*[MNb][^\"']*[\"']", page.read_text())
    ]
    assert wrong == []
