"""Filters for the console of the champions programme."""

from collections.abc import Mapping
from itertools import groupby

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from ambassadors.models.example_post_base import LANGUAGES
from ambassadors.models.example_post_content import PostAdvice

register = template.Library()


@register.filter
def worded(text: str, heading: str = "h2") -> SafeString:
    """Plain text with `## ` headings and `- ` lists as HTML; everything in it is escaped."""
    above = "h3" if heading == "h3" else "h2"
    parts: list[SafeString] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for kind, group in groupby(lines, key=_kind):
        bodies = [line.removeprefix("## ").removeprefix("- ") for line in group]
        if kind == "list":
            items = format_html_join("", "<li>{}</li>", ((body,) for body in bodies))
            parts.append(format_html("<ul>{}</ul>", items))
        else:
            tag = mark_safe(above if kind == "heading" else "p")  # noqa: S308 - one of three words
            parts.append(format_html_join("", "<{}>{}</{}>", ((tag, body, tag) for body in bodies)))
    return SafeString("".join(parts))


@register.filter
def said(facts: Mapping[str, str], name: str) -> str:
    """Kept words in the reader's language, else in the other one."""
    other = "nl" if _language() == "en" else "en"
    return facts.get(f"{name}_{_language()}") or facts.get(f"{name}_{other}") or ""


@register.filter
def advised(advice: PostAdvice | Mapping[str, str]) -> list[dict[str, str]]:
    """An advice and its reason, in the reader's language first."""
    facts = advice if isinstance(advice, Mapping) else vars(advice)
    order = sorted(LANGUAGES, key=lambda language: language != _language())
    return [
        {
            "language": language,
            "text": facts.get(f"text_{language}", ""),
            "reason": facts.get(f"reason_{language}", ""),
        }
        for language in order
        if facts.get(f"text_{language}")
    ]


@register.filter
def grouped(number: int) -> str:
    """A number as it is written in the reader's language: 63.206, or 63,206."""
    return number_format(number, force_grouping=True)


def _language() -> str:
    return "en" if (get_language() or "nl").startswith("en") else "nl"


def _kind(line: str) -> str:
    if line.startswith("## "):
        return "heading"
    return "list" if line.startswith("- ") else "paragraph"
