"""The pages about one's own sign-in that allauth does not have."""

import re

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

# In this order: every browser names others before itself.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR", "Opera"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone|iPad", "iOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@login_required
@require_http_methods(["GET", "POST"])
def sessions(http: HttpRequest) -> HttpResponse:
    """Where I am signed in, in a browser or the app; POST ends one of those, or all the others."""
    current = http.session.session_key
    mine = UserSession.objects.filter(user=http.user)
    if http.method == "POST":
        wanted = http.POST.get("session", "")
        ended = mine.exclude(session_key=current)
        if wanted != "others":
            ended = ended.filter(pk=int(wanted) if wanted.isdecimal() else 0)
            if not ended:
                raise Http404
        for session in ended:
            session.end()
        messages.success(http, _("Ended. Whoever was there has to sign in again."))
        return redirect("usersessions_list")
    listed = sorted(
        UserSession.objects.purge_and_list(http.user),
        key=lambda session: (session.session_key != current, -session.created_at.timestamp()),
    )
    for session in listed:
        session.device = device(session.user_agent)
    return render(http, "usersessions/usersession_list.html", {"sessions": listed})


def device(user_agent: str) -> str:
    """What people call the thing that sends this User-Agent: "Firefox, Windows"."""
    names = [
        next((name for pattern, name in known if re.search(pattern, user_agent)), "")
        for known in (_BROWSERS, _SYSTEMS)
    ]
    return ", ".join(filter(None, names)) or _("The app, or another program")
