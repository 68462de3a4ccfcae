"""The name, logo and colour of the company for every page and mail: as its administrators set them,
or else as the environment says."""

import contextlib
from datetime import timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import cache_control

from server.accounts.models import CompanyLook


def look_facts() -> dict[str, str]:
    """name, logo_url (may be empty), css_url, brand and on_brand (colours as #rrggbb)."""
    look = CompanyLook.current()
    return {
        "name": look["name"],
        "logo_url": look["logo"],
        "css_url": reverse("look-css"),
        "brand": look["colour"],
        "on_brand": readable_on(look["colour"]),
        "base_url": settings.BASE_URL,
    }


# What a person chose to see, in a cookie: it holds nothing about them.
COOKIE = "look"
THEMES, DENSITIES, KEYS = ("light", "dark"), ("compact",), ("nokeys",)
KEPT = timedelta(days=365)


def chosen(request: HttpRequest) -> dict[str, str]:
    """`theme`, `density` and `keys` as this browser's person chose them; empty where they did not.
    With `keys` as nokeys a letter alone does nothing.
    """
    words = request.COOKIES.get(COOKIE, "").split(".")
    return {
        "theme": next((word for word in words if word in THEMES), ""),
        "density": next((word for word in words if word in DENSITIES), ""),
        "keys": next((word for word in words if word in KEYS), ""),
    }


def keep_choice(request: HttpRequest, *, home: str) -> HttpResponse:
    """Keep in this browser what was posted, and go back to the page of the console under `home`."""
    # Not each console asks all of it.
    asked = {request.POST.get(name, word) for name, word in chosen(request).items()}
    words = [word for word in (*THEMES, *DENSITIES, *KEYS) if word in asked]
    back = home
    # A browser says where it was, a program says anything.
    with contextlib.suppress(ValueError):
        came_from = urlsplit(request.headers.get("Referer", ""))
        path = came_from._replace(scheme="", netloc="").geturl()
        if came_from.netloc == request.get_host() and path.startswith(home):
            back = path
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


def look(request: HttpRequest) -> dict[str, Any]:
    return {"look": {**look_facts(), **chosen(request)}}


def luminance(colour: str) -> float:
    """Relative luminance of #rrggbb, 0 to 1 (WCAG 2.2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def readable_on(colour: str) -> str:
    """Black or white, whichever has more contrast on `colour`: at least 4.58 to 1."""
    light = luminance(colour)
    return "#ffffff" if 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 else "#000000"


# How much white (above 0) or black is mixed into the company's colour for each of the back
# office's shades. Texts in white stand on 600; 500 is the one for texts in the dark.
_SHADES = {
    "50": 0.93,
    "100": 0.84,
    "200": 0.66,
    "300": 0.48,
    "400": 0.28,
    "500": 0.14,
    "600": 0.0,
    "700": -0.18,
    "800": -0.34,
    "900": -0.5,
    "950": -0.72,
}
_IN_THE_DARK = "#111827"


def shades(colour: str) -> dict[str, str]:
    """The company's colour as a scale, with 600 and 500 readable where texts meet them."""
    while contrast(colour, "#ffffff") < 4.5:
        colour = _mixed(colour, -0.06)
    scale = {name: _mixed(colour, part) for name, part in _SHADES.items()}
    while contrast(scale["500"], _IN_THE_DARK) < 4.5:
        scale["500"] = _mixed(scale["500"], 0.06)
    return scale


def contrast(one: str, other: str) -> float:
    """Between two colours, 1 to 21 (WCAG 2.2)."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _mixed(colour: str, part: float) -> str:
    """With this part of white, or of black where it is below zero."""
    goal = 255 if part > 0 else 0
    channels = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(c + (goal - c) * abs(part)):02x}" for c in channels)


@cache_control(public=True, max_age=300)
def look_css(request: HttpRequest) -> HttpResponse:
    """The company's colours as custom properties; the only stylesheet that is made at run time."""
    facts = look_facts()
    css = f":root{{--brand:{facts['brand']};--on-brand:{facts['on_brand']}}}\n"
    return HttpResponse(css, content_type="text/css; charset=utf-8")
