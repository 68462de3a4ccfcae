"""What somebody chooses of the look of the console."""

from django.http import HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_POST

from ambassadors.console.access import ConsoleRequest, any_page
from server.look import keep_choice


@require_POST
@any_page
def look(http: ConsoleRequest) -> HttpResponse:
    """Light, dark or as the system says; compact or comfortable."""
    return keep_choice(http, home=reverse("champions"))
