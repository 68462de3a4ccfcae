"""A moment as people say it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _


def written_moment(moment: datetime | None, zone: ZoneInfo) -> str:
    """A moment as people say it, in the language that is active; empty for none."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    facts = {"day": date_format(local, "l j F"), "time": date_format(local, "H:i")}
    return _("%(day)s at %(time)s") % facts
