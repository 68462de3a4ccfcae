"""What the desk's templates need besides Django's own filters."""

from datetime import date, datetime, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def when(moment: datetime | None) -> str:
    """A moment as short as it is clear, in the reader's zone.

    As in 13:50 (today), yesterday 13:50, Mon 09:20 (the days ahead), 3 Dec 09:20, 3 Dec 2027.
    """
    if moment is None:
        return ""
    local, today = timezone.localtime(moment), timezone.localtime()
    away = (local.date() - today.date()) // timedelta(days=1)
    clock = date_format(local, "H:i")
    if away == 0:
        return clock
    if away == 1:
        return _("tomorrow %(time)s") % {"time": clock}
    if away == -1:
        return _("yesterday %(time)s") % {"time": clock}
    if 1 < away < 7:
        return f"{date_format(local, 'D')} {clock}"
    shown = day(local)
    return f"{shown} {clock}" if local.year == today.year else f"{shown} {local.year}"


@register.filter
def day(moment: date) -> str:
    """As in 3 Dec; Dutch writes its months small."""
    dutch = (get_language() or "nl").startswith("nl")
    return f"{moment.day} {date_format(moment, 'b' if dutch else 'M')}"


@register.filter
def exactly(moment: datetime | None) -> str:
    """A moment in full, for who wants to know it exactly."""
    return date_format(timezone.localtime(moment), "l j F Y H:i") if moment else ""


@register.filter
def initials(name: str) -> str:
    """The first letters of the first and the last word of a name."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()
