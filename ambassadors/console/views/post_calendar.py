"""What comes out and goes when: a month of posts and campaigns, and what still needs a date."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from ambassadors.console.access import ConsoleRequest, post_page
from ambassadors.console.post_forms import PlanForm
from ambassadors.console.views.posts import waiting
from ambassadors.models import Campaign, ExamplePost, PostState
from ambassadors.months import company_zone

# Posts without a date that the page has room for.
MOST_UNPLANNED = 20


class Period(NamedTuple):
    """A campaign and its days; where it has no first or last one, it goes on from or to there."""

    campaign: Campaign
    first: date
    last: date


@require_safe
@post_page
def calendar(http: ConsoleRequest) -> HttpResponse:
    """One month in whole weeks from Monday, also the days of other months in them; on a phone a
    list of days.
    """
    first = _month(http.GET.get("month", ""))
    after = _first_of(first + timedelta(days=31))
    weeks = _weeks(first, after)
    begins, ends = weeks[0][0], weeks[-1][-1] + timedelta(days=1)
    comes, goes = (
        _by_day(_coming(begins, ends), "publish_at"),
        _by_day(_going(begins, ends), "retire_at"),
    )
    periods = _periods(begins, ends)
    days = [[_day(day, first, comes, goes) for day in week] for week in weeks]
    for week in days:
        _draw(week, periods)
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
        "weeks": days,
        "any": any(day["posts"] for week in days for day in week if day["inside"]),
        "campaigns": [period.campaign for period in periods],
        "unplanned": [(post, PlanForm(post, prefix_id=str(post.pk))) for post in unplanned],
        **waiting(),
    }
    return render(http, "champions/posts/calendar.html", context)


def _weeks(first: date, after: date) -> list[list[date]]:
    day, weeks = first - timedelta(days=first.weekday()), []
    while day < after:
        weeks.append([day + timedelta(days=n) for n in range(7)])
        day += timedelta(days=7)
    return weeks


def _moment(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=company_zone())


def _coming(begins: date, ends: date) -> "QuerySet[ExamplePost]":
    """What comes out in these days, or came; not what was retired before it could."""
    never = Q(state=PostState.RETIRED, publish_at__gt=timezone.now())
    span = {"publish_at__gte": _moment(begins), "publish_at__lt": _moment(ends)}
    rows: QuerySet[ExamplePost] = ExamplePost.objects.filter(**span).exclude(never)
    return rows.order_by("publish_at", "pk")


def _going(begins: date, ends: date) -> "QuerySet[ExamplePost]":
    """What goes by itself in these days, or went."""
    went = Q(state=PostState.APPROVED) | Q(state=PostState.RETIRED, retire_at__lte=timezone.now())
    span = {"retire_at__gte": _moment(begins), "retire_at__lt": _moment(ends)}
    rows: QuerySet[ExamplePost] = ExamplePost.objects.filter(went, publish_at__isnull=False, **span)
    return rows.order_by("retire_at", "pk")


def _by_day(rows: Iterable[ExamplePost], column: str) -> dict[date, list[ExamplePost]]:
    found: dict[date, list[ExamplePost]] = defaultdict(list)
    for post in rows:
        found[timezone.localdate(getattr(post, column), company_zone())].append(post)
    return found


def _periods(begins: date, ends: date) -> list[Period]:
    """The campaigns that run in these days, until they were retired."""
    rows = Campaign.objects.exclude(begins_on=None, ends_on=None).order_by("begins_on", "pk")
    found = []
    for row in rows.filter(Q(begins_on=None) | Q(begins_on__lt=ends)):
        last = row.ends_on or date.max
        if row.retired_at:
            last = min(last, timezone.localdate(row.retired_at, company_zone()))
        if last >= begins:
            found.append(Period(row, row.begins_on or date.min, last))
    return found


def _draw(week: list[dict[str, Any]], periods: list[Period]) -> None:
    """Give each day its part of each line that a campaign is drawn as, at one height all week."""
    monday, sunday = week[0]["day"], week[-1]["day"]
    for period in periods:
        if period.first > sunday or period.last < monday:
            continue
        begins, until = max(period.first, monday), min(period.last, sunday)
        for each in week:
            day = each["day"]
            if not begins <= day <= until:
                each["lines"].append(None)
                continue
            each["lines"].append(
                {
                    "campaign": period.campaign,
                    "days": (until - begins).days + 1 if day == begins else 0,
                    "begins": day == period.first,
                    "ends": day == period.last,
                }
            )


def _day(
    day: date,
    first: date,
    comes: dict[date, list[ExamplePost]],
    goes: dict[date, list[ExamplePost]],
) -> dict[str, Any]:
    return {
        "day": day,
        "inside": day.month == first.month,
        "today": day == timezone.localdate(timezone=company_zone()),
        "posts": comes.get(day, []),
        "goes": goes.get(day, []),
        "lines": [],
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
