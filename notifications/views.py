"""The mailbox of the embedded default: both sides of the story on one page. Never outside it."""

import json
import re
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET

from notifications.models import KeptCopy
from server.paging import PageQuery, page_of
from server.problems import BadCursor

_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,)]")
PER_PAGE = 25


def _only_embedded() -> None:
    if not settings.EMBEDDED:
        raise Http404


@require_GET
def mailbox(request: HttpRequest) -> HttpResponse:
    """Everything that would have been sent, newest first; by person and by channel."""
    _only_embedded()
    person, channel = request.GET.get("person", ""), request.GET.get("channel", "")
    rows = KeptCopy.objects.all()
    if person:
        rows = rows.filter(address=person)
    if channel:
        rows = rows.filter(channel=channel)
    params = PageQuery(cursor=request.GET.get("cursor") or None, limit=PER_PAGE)
    try:
        found = page_of(rows, "-at", params, _item)
    except BadCursor as error:
        raise Http404 from error
    more = {"person": person, "channel": channel, "cursor": found["next"]}
    context = {
        "items": found["items"],
        "people": _people(person),
        "chosen_channel": channel,
        "next_url": f"?{urlencode(more)}" if found["next"] else "",
    }
    return render(request, "notifications/mailbox.html", context)


def _people(chosen: str) -> list[dict[str, Any]]:
    """The receivers with the newest messages, at most fifty."""
    rows = (
        KeptCopy.objects.values("address")
        .annotate(count=Count("id"))
        .order_by("-count", "address")[:50]
    )
    names = dict(
        KeptCopy.objects.filter(address__in=[row["address"] for row in rows])
        .order_by("at")
        .values_list("address", "person_name")
    )
    return [
        {
            "key": row["address"],
            "label": names.get(row["address"]) or row["address"],
            "count": row["count"],
            "chosen": row["address"] == chosen,
        }
        for row in rows
    ]


def _item(copy: KeptCopy) -> dict[str, Any]:
    return {
        "id": copy.pk,
        "at": copy.at,
        "channel": copy.channel,
        "person": {"name": copy.person_name or copy.address, "address": copy.address},
        "subject": copy.title,
        "text": copy.text,
        "html_url": reverse("mailbox-html", args=[copy.pk]) if copy.html else "",
        "data": json.dumps(copy.data, indent=2) if copy.data else "",
        "links": _LINK.findall(copy.text),
    }


@require_GET
@xframe_options_sameorigin
def mailbox_html(request: HttpRequest, copy_id: UUID) -> HttpResponse:
    """The HTML of one mail, boxed in: it may show itself and open links in a new tab."""
    _only_embedded()
    copy = get_object_or_404(KeptCopy, pk=copy_id)
    response = HttpResponse(copy.html, status=HTTPStatus.OK)
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    return response


@require_GET
def mailbox_json(request: HttpRequest) -> HttpResponse:
    """The newest messages of the mailbox for programs: the demo and the tests read this."""
    _only_embedded()
    rows = KeptCopy.objects.order_by("-at", "-id")
    if person := request.GET.get("person"):
        rows = rows.filter(address=person)
    if channel := request.GET.get("channel"):
        rows = rows.filter(channel=channel)
    if subject := request.GET.get("request"):
        try:
            rows = rows.filter(subject_id=UUID(subject))
        except ValueError as error:
            raise Http404 from error
    items = [{**_item(copy), "id": str(copy.pk), "at": copy.at.isoformat()} for copy in rows[:100]]
    return HttpResponse(json.dumps({"items": items}), content_type="application/json")
