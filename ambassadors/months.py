"""Months as people count them: a certificate for a year holds through the same day next year."""

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _


def company_zone() -> ZoneInfo:
    return ZoneInfo(settings.TIME_ZONE)


def months_after(day: date, months: int) -> date:
    """The same day so many months later; the month's last where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def through(moment: datetime, months: int) -> datetime:
    """The end of the day, at the company, so many months after the day of `moment`."""
    zone = company_zone()
    last = months_after(moment.astimezone(zone).date(), months)
    return datetime.combine(last + timedelta(days=1), time.min, zone)


def spoken(moment: datetime, zone: ZoneInfo) -> str:
    """A moment as people say it, in the language that is active."""
    local = moment.astimezone(zone)
    facts = {"day": date_format(local, "l j F"), "time": date_format(local, "H:i")}
    return _("%(day)s at %(time)s") % facts


def last_day(ends: datetime) -> date:
    """The last day that something holds which ends at this moment."""
    return (ends - timedelta(microseconds=1)).astimezone(company_zone()).date()
