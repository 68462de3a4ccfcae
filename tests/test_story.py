"""The birthday party from end to end, as in the issue: one test that reads like the story."""

import io
import re
import uuid
from typing import Any

import pytest
from PIL import Image

from notifications import drain
from notifications.models import KeptCopy
from tests.clients import Api, question
from tests.factories import make_agent, make_person, make_team, make_topic

pytestmark = pytest.mark.django_db(transaction=True)


def photo() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(stream, "JPEG")
    return stream.getvalue()


def deliver() -> list[KeptCopy]:
    """Send everything that is due; returns what came out, oldest first."""
    seen = set(KeptCopy.objects.values_list("pk", flat=True))
    while drain.send_due():
        pass
    return list(KeptCopy.objects.exclude(pk__in=seen).order_by("at"))


def token_in(copies: list[KeptCopy]) -> str:
    found = [re.search(r"/t/([\w-]+)", copy.text) for copy in copies if copy.channel == "email"]
    return next(match.group(1) for match in found if match)


def test_a_question_travels_from_the_party_to_a_rating() -> None:
    team = make_team("internet", name="Internet en tv")
    make_topic(team, "internet")
    sanne = make_person("Sanne de Vries", email="sanne@example.org")
    daan = make_agent(team, "Daan Bakker")
    phone, desk = Api(sanne), Api(daan)
    device = {"token": "device-token-of-sanne", "platform": "android"}
    assert phone.put("/devices/installation-1", device).status_code == 201

    made = phone.post("/requests", question("internet"))
    assert made.status_code == 201, made.content
    request: dict[str, Any] = made.json()
    base = f"/requests/{request['id']}"
    assert phone.upload(f"{base}/attachments", photo(), "router.jpg").status_code == 201
    received = deliver()
    assert [(copy.channel, copy.address) for copy in received] == [("email", "jansen@example.org")]
    token = token_in(received)
    customer = Api()

    assert desk.get("/desk/requests").json()["items"][0]["reference"] == request["reference"]
    assert desk.post(f"/desk{base}/claim").json()["agent"]["name"] == "Daan Bakker"
    heard = deliver()
    assert sorted((copy.channel, copy.person_name) for copy in heard) == [
        ("email", "Mevrouw Jansen"),
        ("push", "Sanne de Vries"),
    ]

    step = {"id": str(uuid.uuid4()), "title": "Lijn doormeten", "text": {"customer": "Vandaag."}}
    assert desk.post(f"/desk{base}/steps", step).status_code == 201
    done = desk.patch(f"/desk{base}/steps/{step['id']}", {"state": "done"})
    assert done.json()["state"] == "done"
    asked = desk.post(f"/desk{base}/wait", {"on": "customer", "text": "Welk lampje brandt?"})
    assert asked.json()["status"] == "waiting"
    assert any("Welk lampje brandt?" in copy.text for copy in deliver())

    answer = {"id": str(uuid.uuid4()), "text": "Het groene."}
    assert customer.post(f"/track/{token}/messages", answer).status_code == 201
    assert phone.get(base).json()["status"] == "in_progress"
    assert desk.post(f"/desk{base}/solve", {"text": "Hersteld."}).json()["status"] == "solved"
    assert customer.post(f"/track/{token}/confirm").json()["closed_as"] == "confirmed"
    rated = customer.post(f"/track/{token}/rating", {"score": 5, "taken_seriously": True})
    assert rated.status_code == 201
    deliver()

    shown = customer.get(f"/track/{token}").json()
    assert shown["status"] == "closed"
    kinds = [entry["kind"] for entry in phone.get(f"{base}/timeline").json()]
    assert kinds == [
        "submitted",
        "file",
        "claimed",
        "step",
        "step",
        "waiting",
        "solved",
        "confirmed",
    ]
    told = [item["kind"] for item in phone.get("/inbox").json()["items"]]
    assert told == [
        "employee.confirmed",
        "employee.solved",
        "employee.waiting",
        "employee.step",
        "employee.step",
        "employee.claimed",
    ]
