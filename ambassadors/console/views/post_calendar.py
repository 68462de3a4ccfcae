"""What comes out when: a month of posts, and those that still need a date."""

import calendar as calendars
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.post_forms import PlanForm
from ambassadors.console.views.posts import waiting
from ambassadors.models import ExamplePost, PostState, Shown
from ambassadors.months import company_zone

# Posts without a date that the page has room for.
MOST_UNPLANNED = 20


@require_safe
@post_page
def calendar(http: ConsoleRequest) -> HttpResponse:
    """One month, its weeks from Monday; a list of days on a phone."""
    first = _month(http.GET.get("month", ""))
    after = _first_of(first + timedelta(days=31))
    by_day = _posts_by_day(first, after)
    weeks = [
        [_day(day, first, by_day) for day in week]
        for week in calendars.Calendar().monthdatescalendar(first.year, first.month)
    ]
    unplanned = (
        ExamplePost.objects.filter(publish_at=None)
        .exclude(state=PostState.RETIRED)
        .select_related("campaign")
        .order_by("-updated_at")[:MOST_UNPLANNED]
    )
    context = {
        "here": "posts",
        "first": first,
        "before": _first_of(first - timedelta(days=1)),
        "after": after,
        "weeks": weeks,
        "any": bool(by_day),
        "unplanned": [(post, PlanForm(post, prefix_id=str(post.pk))) for post in unplanned],
        **waiting(),
    }
    return render(http, "champions/posts/calendar.html", context)


def _posts_by_day(first: date, after: date) -> dict[date, list[ExamplePost]]:
    zone = company_zone()
    begins, ends = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (first, after))
    rows = ExamplePost.objects.filter(publish_at__gte=begins, publish_at__lt=ends)
    found: dict[date, list[ExamplePost]] = defaultdict(list)
    for post in rows.select_related("campaign").order_by("publish_at", "pk"):
        if post.publish_at and post.shown != Shown.RETIRED:
            found[timezone.localdate(post.publish_at, zone)].append(post)
    return found


def _day(day: date, first: date, by_day: dict[date, list[ExamplePost]]) -> dict[str, Any]:
    return {
        "day": day,
        "inside": day.month == first.month,
        "today": day == timezone.localdate(timezone=company_zone()),
        "posts": by_day.get(day, []),
    }


def _month(text: str) -> date:
    """The first day of YYYY-MM; of this month where it is none of ours."""
    try:
        moment = datetime.strptime(text, "%Y-%m")  # noqa: DTZ007 - a month has no time zone
        if 2000 <= moment.year <= 2100:
            return moment.date()
    except ValueError:
        pass
    return _first_of(timezone.localdate(timezone=company_zone()))


def _first_of(day: date) -> date:
    return day.replace(day=1)
