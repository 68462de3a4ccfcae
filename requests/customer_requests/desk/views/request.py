"""One request beside the queue: everything about it, and what can be done with it now."""

import uuid
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_safe
from django_htmx.http import push_url

from customer_requests.desk.access import AgentRequest, agent_page
from customer_requests.desk.schemas import desk_out, languages
from customer_requests.desk.seeing import saw_file
from customer_requests.desk.to_all import last_word
from customer_requests.desk.views.composer import composer_panel
from customer_requests.desk.views.queue import queue_panel, wants_panel
from customer_requests.downloads import download
from customer_requests.models import ActorRole, CustomerRequest, EmployeeSees

# What is done by one press, with an id of its own so that a second one does nothing.
PRESSED = ("claim", "release", "resume", "put_under", "take_from_under")


@require_safe
@agent_page
def page(http: AgentRequest, reference: str) -> HttpResponse:
    """A request of one of my teams; that I looked is recorded."""
    request = found(http, reference)
    context = request_panel(http, request)
    if not wants_panel(http):
        return render(http, "desk/request.html", {**context, **queue_panel(http, request)})
    # After a verb the queue beside it has changed too.
    changed = bool(context["said"])
    beside = queue_panel(http, request) if changed else {}
    answer = render(http, "desk/request_beside.html", {**context, **beside, "changed": changed})
    stays = http.htmx.current_url_abs_path == http.get_full_path()
    return push_url(answer, False) if stays else answer


@require_GET
@agent_page
def file(http: AgentRequest, reference: str, file_id: UUID) -> HttpResponse:
    """A photo or document; always an attachment, also where a page shows it small."""
    answer = download(found(http, reference), file_id, ActorRole.AGENT)
    saw_file(http.user, file_id)
    return answer


def found(http: AgentRequest, reference: str) -> CustomerRequest:
    """The request with this reference, when it is with one of my teams."""
    rows = CustomerRequest.objects.on_desk_of(http.user).for_team()
    return get_object_or_404(rows, reference=reference)


def home(http: AgentRequest, request: CustomerRequest | None) -> str:
    """The address of a request, beside the queue as it was; of the queue alone where the request
    has left this agent's desk.
    """
    asked = f"?{http.GET.urlencode()}" if http.GET else ""
    if request is None or request.team_id not in http.user.team_ids:
        return reverse("desk-queue") + asked
    return reverse("desk-request", args=[request.reference]) + asked


def request_panel(http: AgentRequest, request: CustomerRequest) -> dict[str, Any]:
    """All that the page of a request shows."""
    agent = http.user
    shown = desk_out(request, agent)
    files = [
        {
            "name": file["name"],
            "size": file["size"],
            "is_image": file["content_type"].startswith("image/"),
            "url": reverse("desk-file", args=[request.reference, file["id"]]),
        }
        for file in shown["attachments"]
    ]
    return {
        "request": shown,
        "said": [str(each) for each in messages.get_messages(http)],
        "sees_label": EmployeeSees(request.employee_sees).label,
        "erased": request.erased_at is not None,
        "files": files,
        "allowed": shown["allowed"],
        "mine": request.agent_id == agent.pk,
        "asked": http.GET.urlencode(),
        "steps": shown["steps"],
        "ids": {verb: uuid.uuid4() for verb in PRESSED},
        "composer": composer_panel(request, shown["allowed"]),
        "opening": request.opening,
        "last_word": last_word(shown["looks_like"], request),
        "languages": languages(request),
        # Every ambassador could use it: the champions' console goes on from there.
        "may_propose": bool(request.post_url and request.solutions),
    }
