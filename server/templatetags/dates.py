"""Days as they are written in the reader's language: "29 nov" in Dutch, "29 Nov" in English."""

from datetime import date

from django import template
from django.utils import translation
from django.utils.formats import date_format

register = template.Library()


@register.filter(expects_localtime=True)
def dated(moment: date | None, spec: str) -> str:
    """As Django's `date`, but for `M`: in Dutch names of months have no capital. Empty for None."""
    if moment is None:
        return ""
    dutch = (translation.get_language() or "nl").startswith("nl")
    return date_format(moment, spec.replace("M", "b") if dutch else spec)
