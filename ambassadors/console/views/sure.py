"""Asking first: what a press does and for whom, before it is done. Works without a script."""

from collections.abc import Mapping

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render

from ambassadors.console.access import ConsoleRequest


def sure(
    http: ConsoleRequest,
    title: str,
    does: list[str],
    *,
    yes: str,
    back: tuple[str, str],
    here: str,
    seen: Mapping[str, object] | None = None,
    instead: tuple[str, str] | None = None,
    form: Form | None = None,
) -> HttpResponse:
    """A page with what it `does`, whose button sends the same address a POST.

    `back` and `instead` are an address with its words; `seen` is what the reader had before them,
    and goes along. What has to be chosen again is in `form`.
    """
    context = {
        "here": here,
        "title": title,
        "does": does,
        "yes": yes,
        "back": back[0],
        "back_to": back[1],
        "seen": seen or {},
        "instead": instead,
        "form": form,
    }
    return render(http, "champions/sure.html", context)
