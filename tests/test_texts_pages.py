"""Canned texts and macros on the page of a request."""

import re
import uuid

import pytest
from django.test import Client

from customer_requests.models import CannedText, Macro
from tests import factories
from tests.clients import browser_of
from tests.factories import make_agent, make_team, make_topic

pytestmark = pytest.mark.django_db


def test_an_agent_reads_what_a_macro_will_do_and_does_it_once() -> None:
    team = make_team("internet")
    daan, browser = make_agent(team, "Daan Bakker"), Client()
    browser.force_login(daan)
    request = factories.claimed(agent=daan, topic=make_topic(team), customer_name="<b>Jansen</b>")
    CannedText.objects.create(team=team, name="Groet", customer_nl="Dag {customer_name}")
    macro = Macro.objects.create(
        team=team, name="Klaar", customer_nl="Het werkt weer.", then="solve"
    )
    html = browser.get(f"/desk/{request.reference}/texts").content.decode()
    assert "Dag &lt;b&gt;Jansen&lt;/b&gt;" in html
    assert "Het werkt weer." in html
    address = f"/desk/{request.reference}/macros/{macro.pk}"
    form = html[html.index(address) :]
    sent = {
        name: re.search(rf'name="{name}" value="([^"]+)"', form)[1]  # type: ignore[index]
        for name in ("id", "version")
    }
    for _twice in range(2):
        assert browser.post(address, sent).status_code == 303
    request.refresh_from_db()
    assert (request.status, request.solutions) == ("solved", 1)
    refused = browser.post(address, {"id": str(uuid.uuid4()), "version": str(request.version)})
    assert refused.status_code == 409
    other = browser_of(make_agent(make_team()))
    assert other.get(f"/desk/{request.reference}/texts").status_code == 404
    assert other.post(address, sent).status_code == 404
