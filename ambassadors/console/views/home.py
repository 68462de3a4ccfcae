"""Where the console begins, and how it looks."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ambassadors.console.access import ConsoleRequest, figures_page
from ambassadors.models import Programme
from server.look import keep_choice


@require_safe
@figures_page
def home(http: ConsoleRequest) -> HttpResponse:
    return render(http, "champions/home.html", {"programme": Programme.current()})


@require_POST
@figures_page
def look(http: ConsoleRequest) -> HttpResponse:
    """Light, dark or as the system says; compact or comfortable."""
    return keep_choice(http, home=reverse("champions"))
