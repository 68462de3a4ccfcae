"""Filters for the console of the champions programme."""

from itertools import groupby

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from ambassadors.models.counts import Tally

register = template.Library()


@register.filter
def worded(text: str) -> SafeString:
    """Plain text with `## ` headings and `- ` lists as HTML; everything in it is escaped."""
    parts: list[SafeString] = []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for kind, group in groupby(lines, key=_kind):
        bodies = [line.removeprefix("## ").removeprefix("- ") for line in group]
        if kind == "list":
            items = format_html_join("", "<li>{}</li>", ((body,) for body in bodies))
            parts.append(format_html("<ul>{}</ul>", items))
        else:
            tag = mark_safe("h2" if kind == "heading" else "p")  # noqa: S308 - one of two words
            parts.append(format_html_join("", "<{}>{}</{}>", ((tag, body, tag) for body in bodies)))
    return SafeString("".join(parts))


@register.filter
def reaches(row: Tally, percent: int) -> bool:
    """Whether this department has come to the goal, exactly and not by rounding."""
    return row.reaches(percent)


def _kind(line: str) -> str:
    if line.startswith("## "):
        return "heading"
    return "list" if line.startswith("- ") else "paragraph"
