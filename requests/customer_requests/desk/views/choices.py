"""What an agent chooses of the look of the desk."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from customer_requests.desk.access import AgentRequest, agent_page
from server.look import keep_choice


@require_POST
@agent_page
def look(http: AgentRequest) -> HttpResponse:
    """Light, dark or as the system says; compact or comfortable."""
    return keep_choice(http, home=reverse("desk-queue"))
