"""The same call again and again, over a bad connection: made once, told once."""

import json
import random
import socket
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from hypothesis import settings as trying

from customer_requests.models import CustomerRequest, Entry, Topic
from notifications.models import Change, Delivery, Notification
from server.accounts.models import User
from server.problems import IdReused
from tests.clients import Api, question, session_token
from tests.factories import make_person, make_topic
from tests.threads import together

pytestmark = [pytest.mark.usefixtures("_threads"), pytest.mark.thorough]
THREADS = 4


def made_once(ids: list[uuid.UUID], sanne: User) -> None:
    """One request and one set of everything that follows from it for each of these ids."""
    found = CustomerRequest.objects.filter(employee=sanne)
    assert set(found.values_list("pk", flat=True)) == set(ids)
    assert found.count() == len(ids)
    for rows in (
        Entry.objects.filter(request__employee=sanne).values_list("request_id", flat=True),
        Notification.objects.values_list("subject_id", flat=True),
        Delivery.objects.values_list("notification__subject_id", flat=True),
    ):
        assert Counter(rows) == Counter(ids)
    feed = Change.objects.filter(user=sanne)
    assert sorted(feed.values_list("kind", flat=True)) == ["request"] * len(ids) + [
        "timeline"
    ] * len(ids)
    assert sorted(feed.values_list("number", flat=True)) == list(range(1, 2 * len(ids) + 1))


def calls_with_repeats(many: int, seed: int) -> tuple[list[uuid.UUID], list[tuple[uuid.UUID, int]]]:
    """Ids, and calls of (id, which text): a fifth repeats a call, a tenth changes one."""
    chance = random.Random(seed)
    ids: list[uuid.UUID] = []
    calls: list[tuple[uuid.UUID, int]] = []
    for _ in range(many):
        dice = chance.random()
        if ids and dice < 0.3:
            calls.append((chance.choice(ids[-50:]), int(dice < 0.1)))
        else:
            ids.append(uuid.UUID(int=chance.getrandbits(128), version=4))
            calls.append((ids[-1], 0))
    return ids, calls


def pass_on(sanne: User, topic: Topic, id: uuid.UUID, which: int) -> str:
    try:
        _made, new = CustomerRequest.submit(
            by=sanne,
            id=id,
            topic=topic,
            question=f"Vraag {which}",
            customer_name="Mevrouw Jansen",
            customer_email="jansen@example.org",
            customer_channel="email",
        )
    except IdReused:
        return "reused"
    return "made" if new else "repeated"


def test_thousands_of_submissions_with_repeats_and_changes_are_each_made_once() -> None:
    sanne, topic = make_person(), make_topic()
    # Ten thousand take the better part of a minute: for the thorough profile.
    many = 10_000 if trying().max_examples > 100 else 1_500
    ids, calls = calls_with_repeats(many, seed=1)
    # Every thread has all repeats of its share's neighbours too: parallel repeats.
    shares = [
        calls[max(0, n * many // THREADS - 20) : (n + 1) * many // THREADS + 20]
        for n in range(THREADS)
    ]

    def work(share: list[tuple[uuid.UUID, int]]) -> Counter[str]:
        return Counter(pass_on(sanne, topic, id, which) for id, which in share)

    done: Counter[str] = sum(together([partial(work, share) for share in shares]), Counter())
    assert done["made"] == len(ids)
    assert done["repeated"] > many / 10
    assert done["reused"] > many / 20
    made_once(ids, sanne)


def test_the_same_through_the_api_answers_201_then_200_then_409() -> None:
    sanne, topic = make_person(), make_topic()
    phone = Api(sanne)
    bodies = [question(topic.slug) for _ in range(25)]

    def send(body: dict[str, Any]) -> int:
        return int(phone.post("/requests", body).status_code)

    answers: Counter[int] = Counter()
    for body in bodies:
        answers.update(together([partial(send, body)] * 3))
        changed = {**body, "question": "Een andere vraag."}
        refused = phone.post("/requests", changed)
        assert refused.json()["type"] == "/problems/id-reused"
        answers[refused.status_code] += 1
    assert answers == {201: 25, 200: 50, 409: 25}
    made_once([uuid.UUID(body["id"]) for body in bodies], sanne)


def test_a_colleague_who_uses_the_same_id_learns_nothing_and_changes_nothing() -> None:
    sanne, topic = make_person(), make_topic()
    body = question(topic.slug)
    assert Api(sanne).post("/requests", body).status_code == 201
    refused = Api(make_person()).post("/requests", body)
    assert refused.status_code == 409
    assert "Jansen" not in refused.content.decode()
    made_once([uuid.UUID(body["id"])], sanne)


@pytest.mark.parametrize(
    "change",
    [
        {"topic": "another"},
        {"question": "Een andere vraag."},
        {"relation": "friend"},
        {"solved_by_me": "De stekker zat los."},
        {"customer": {"name": "Jansen", "email": "jansen@example.org", "channel": "email"}},
        {"customer": {"name": "Mevrouw Jansen", "email": "j@example.org", "channel": "email"}},
    ],
)
def test_other_content_with_the_same_id_is_refused_whatever_is_different(
    change: dict[str, Any],
) -> None:
    sanne, topic = make_person(), make_topic()
    make_topic(slug="another")
    body = question(topic.slug)
    assert Api(sanne).post("/requests", body).status_code == 201
    assert Api(sanne).post("/requests", {**body, **change}).status_code == 409
    made_once([uuid.UUID(body["id"])], sanne)


def test_the_same_content_in_another_spelling_is_the_same() -> None:
    sanne, topic = make_person(), make_topic()
    body = question(topic.slug)
    assert Api(sanne).post("/requests", body).status_code == 201
    spelled = {
        **body,
        "id": body["id"].upper(),
        "question": f"  {body['question']}\r\n",
        "customer": {**body["customer"], "email": " JANSEN@example.org "},
        "relation": None,
    }
    assert Api(sanne).post("/requests", spelled).status_code == 200
    made_once([uuid.UUID(body["id"])], sanne)


@pytest.fixture
def server(_threads: None) -> Iterator[tuple[str, int]]:
    """The site behind a real socket, each call in a thread and a connection of its own."""
    with ThreadedWSGIServer(("127.0.0.1", 0), WSGIRequestHandler) as running:
        running.daemon_threads = False
        running.set_app(WSGIHandler())
        thread = threading.Thread(target=running.serve_forever, args=[0.02])
        thread.start()
        yield "127.0.0.1", running.server_port
        running.shutdown()
        thread.join()


def test_a_submission_whose_answer_got_lost_is_repeated_until_it_arrives(
    server: tuple[str, int],
) -> None:
    """The phone hangs up at any moment: in the middle of its call, or before the answer."""
    sanne, topic = make_person(), make_topic()
    token = session_token(sanne)
    chance = random.Random(2)
    bodies = [question(topic.slug) for _ in range(40)]

    def call(body: dict[str, Any], *, hang_up: bool) -> int:
        content = json.dumps(body).encode()
        head = (
            f"POST /api/v1/requests HTTP/1.1\r\nHost: localhost\r\n"
            f"X-Session-Token: {token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        ).encode()
        with socket.create_connection(server, 10) as line:
            whole = head + content
            if hang_up:
                line.sendall(whole[: chance.choice([len(whole), len(whole), len(whole) - 9])])
                return 0
            line.sendall(whole)
            answer = b""
            while piece := line.recv(65536):
                answer += piece
        return int(answer.split(b" ", 2)[1])

    answers: Counter[int] = Counter()
    for body in bodies:
        for _ in range(chance.randint(0, 3)):
            call(body, hang_up=True)
        answers[call(body, hang_up=False)] += 1
    assert set(answers) <= {200, 201}
    assert answers.total() == len(bodies)
    assert all(call(body, hang_up=False) == 200 for body in bodies)
    made_once([uuid.UUID(body["id"]) for body in bodies], sanne)


def test_a_crash_after_the_commit_is_mended_by_repeating() -> None:
    """The server dies between the commit and the answer: the app only knows that it failed."""
    sanne, topic = make_person(), make_topic()
    ids = [uuid.uuid4() for _ in range(20)]
    for id in ids:
        assert pass_on(sanne, topic, id, 0) == "made"  # and nobody heard
        assert pass_on(sanne, topic, id, 0) == "repeated"
        assert pass_on(sanne, topic, id, 1) == "reused"
    made_once(ids, sanne)
