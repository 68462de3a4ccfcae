"""What an agent chooses of the look of the desk."""

from datetime import timedelta
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from customer_requests.desk.access import AgentRequest, agent_page
from server.look import COOKIE, DENSITIES, THEMES

KEPT = timedelta(days=365)


@require_POST
@agent_page
def look(http: AgentRequest) -> HttpResponse:
    """Light, dark or as the system says; compact or comfortable. Kept in this browser."""
    asked = {http.POST.get("theme", ""), http.POST.get("density", "")}
    words = [word for word in (*THEMES, *DENSITIES) if word in asked]
    came_from = urlsplit(http.headers.get("Referer", ""))
    back = came_from._replace(scheme="", netloc="").geturl()
    if came_from.netloc != http.get_host() or not back.startswith("/desk/"):
        back = reverse("desk-queue")
    response = HttpResponseRedirect(back, status=HTTPStatus.SEE_OTHER)
    response.set_cookie(
        COOKIE,
        ".".join(words),
        max_age=KEPT,
        secure=settings.SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
