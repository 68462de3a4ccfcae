"""A stranger's question under a post: passed on, answered once, placed there, forgotten."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from ambassadors.models import OwnPost
from customer_requests import clock
from customer_requests.desk.queue_query import QueueQuery
from customer_requests.models import CustomerRequest, Entry, KnownProblem
from customer_requests.models.life import Actor, fingerprint
from customer_requests.models.to_all import Way
from notifications import drain
from notifications.models import Delivery, KeptCopy, Notification
from server import permalinks
from server.problems import Invalid
from tests.clients import Api, browser_of
from tests.factories import (
    claimed,
    holder,
    make_agent,
    make_person,
    make_team,
    make_topic,
    solved,
    submit,
    under_post,
)
from tests.problems import assert_problem
from tests.tables import tables_with

pytestmark = pytest.mark.django_db

POST = "https://x.com/winterswijker/status/1860000000000000001"
ANSWER = "In de wijk is een kabel geraakt. Vanmiddag om vier uur is het hersteld."
PLACED = f"Ik werk bij Doe-het-gewoon.\n\n{ANSWER}"


def body(topic: str, **facts: Any) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid4()),
        "topic": topic,
        "question": "Waarom ligt glasvezel in Winterswijk er steeds uit?",
        "customer": {"name": "@winterswijker", "channel": "social"},
        "post": {"url": POST, "network": "x"},
        **facts,
    }


def deliver() -> list[KeptCopy]:
    while drain.send_due():
        pass
    return list(KeptCopy.objects.order_by("at"))


def test_from_passing_on_to_an_answer_that_counts() -> None:
    team = make_team("internet")
    sanne, daan = make_person("Sanne de Vries"), make_agent(team, "Daan Bakker")
    topic = make_topic(team).slug
    mine, desk = Api(sanne), Api(daan)
    sent = body(topic, post={"url": f"{POST}/?s=20&utm_source=app#top", "network": "x"})
    got = mine.post("/requests", sent)
    assert got.status_code == 201, got.json()
    shown = got.json()
    assert shown["customer"] == {"name": "@winterswijker", "channel": "social"}
    assert shown["post"] == {
        "url": POST,
        "network": "x",
        "network_label": "X",
        "placed_at": None,
        "permalink": None,
        "passed_on_before": False,
    }
    assert {"erase", "message", "withdraw"} <= set(shown["allowed"])
    # The same with another tail from another app is the same.
    again = mine.post("/requests", {**sent, "post": {"url": f"{POST}?t=abc"}})
    assert again.status_code == 200
    request = CustomerRequest.objects.get(pk=shown["id"])
    assert request.customer_agreed_at is None

    path = f"/desk/requests/{request.pk}"
    assert desk.post(f"{path}/claim").status_code == 200
    assert desk.post(f"{path}/solve", {"text": ANSWER}).status_code == 200
    (entry,) = [
        entry
        for entry in mine.get(f"/requests/{request.pk}/timeline").json()
        if entry["kind"] == "solved"
    ]
    assert entry["to_place"] == {"text": PLACED, "length": len(PLACED), "limit": 280}

    permalink = "https://x.com/sanne/status/1860000000000000002"
    placed = mine.post(f"/requests/{request.pk}/placed", {})
    assert placed.status_code == 200
    assert placed.json()["post"]["placed_at"]
    counted = OwnPost.objects.get(user=sanne)
    assert (counted.kind, counted.network, counted.permalink) == ("answer", "x", "")
    version = placed.json()["version"]
    linked = mine.post(f"/requests/{request.pk}/placed", {"permalink": permalink}).json()
    assert (linked["post"]["permalink"], linked["version"]) == (permalink, version)
    counted.refresh_from_db()
    assert counted.permalink == permalink
    assert OwnPost.objects.count() == 1

    closed = mine.post(f"/requests/{request.pk}/confirm")
    assert (closed.status_code, closed.json()["closed_as"]) == (200, "confirmed")
    heard = Notification.objects.filter(user=daan).values_list("kind", flat=True)
    assert set(heard) == {"agent.placed", "agent.confirmed"}


def test_nothing_is_ever_sent_to_who_asks_and_the_employee_hears_each_step() -> None:
    request = claimed(by=make_person("Sanne de Vries"), **under_post())
    agent = holder(request)
    request.plan_step(by=agent, id=uuid.uuid4(), title="Kabel zoeken")
    request.update(
        by=agent, id=uuid.uuid4(), audience=["customer"], text_customer="Wij zoeken de kabel."
    )
    request.wait(by=agent, on="customer", text="Welke straat is het?")
    request.message(by=Actor.employee(request.employee), id=uuid.uuid4(), text="De Wooldseweg.")
    assert request.status == "in_progress"
    request.solve(by=agent, text=ANSWER, text_employee="Fijn dat je het doorgaf.")
    request.place(by=request.employee)
    CustomerRequest.objects.update(solved_at=timezone.now() - timedelta(days=7))
    clock.close_solved()
    assert not Notification.objects.filter(user=None).exists()
    assert not Delivery.objects.filter(channel__in=["email", "sms"]).exists()
    mine = Notification.objects.filter(user=request.employee).order_by("created_at")
    assert list(mine.values_list("kind", flat=True)) == [
        "employee.claimed",
        "employee.step",
        "employee.update",
        "employee.waiting",
        "employee.solved",
        "employee.closed",
    ]
    inbox = Api(request.employee).get("/inbox").json()["items"]
    words = {item["title"]: item["text"] for item in inbox}
    answer = words["Er is een antwoord om onder de post te plaatsen"]
    assert "Fijn dat je het doorgaf." in answer
    assert answer.endswith(PLACED)
    assert "Ik werk bij" in words["Er is een vraag om onder de post te stellen"]
    assert "niemand zei" in words["De vraag die je doorgaf, is afgerond"]
    assert deliver() == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"post": None}, "post"),
        ({"post": {"url": "https://example.org/post/1"}}, "post.url"),
        ({"post": {"url": "https://www.linkedin.com/posts/een-post", "network": "x"}}, "post.url"),
        ({"post": {"url": "http://x.com/a/status/1"}}, "post.url"),
        ({"post": {"url": "https://x.com/"}}, "post.url"),
        ({"post": {"url": "https://wa.me/31612345678", "network": "whatsapp"}}, "post.url"),
        (
            {"customer": {"name": "@w", "channel": "social", "email": "w@example.org"}},
            "customer.email",
        ),
        ({"customer": {"name": "Jan", "channel": "email", "email": "j@example.org"}}, "post"),
    ],
)
def test_what_is_no_question_under_a_post_is_refused(change: dict[str, Any], field: str) -> None:
    answer = Api(make_person()).post("/requests", body(make_topic().slug, **change))
    problem = assert_problem(answer, 422, "invalid")
    assert problem["errors"][0]["field"] == field
    assert not CustomerRequest.objects.exists()


def test_consent_is_still_asked_of_who_gets_messages() -> None:
    customer = {"name": "Jan", "channel": "email", "email": "j@example.org"}
    sent = body(make_topic().slug, customer=customer)
    del sent["post"]
    problem = assert_problem(Api(make_person()).post("/requests", sent), 422, "invalid")
    assert problem["errors"][0]["field"] == "customer_agrees"
    assert (
        Api(make_person()).post("/requests", {**sent, "customer_agrees": True}).status_code == 201
    )


def test_a_request_of_before_has_the_print_that_it_had() -> None:
    """An app that repeats what it sent before this came in still gets what exists."""
    request = submit()
    facts = {
        "question": request.question,
        "customer_name": request.customer_name,
        "customer_channel": "email",
        "customer_email": request.customer_email,
        "customer_phone": "",
        "customer_language": "nl",
        "relation": "",
        "by": request.employee_id,
        "topic": request.topic.slug,
        "solved_by_me": "",
    }
    assert request.fingerprint == fingerprint(facts)


@pytest.mark.parametrize(
    ("network", "given", "bare"),
    [
        ("x", "https://twitter.com/a/status/1?s=20", "https://x.com/a/status/1"),
        (
            "linkedin",
            "https://nl.linkedin.com/posts/a-activity-7-x/?utm_source=share&rcm=ACoAA",
            "https://www.linkedin.com/posts/a-activity-7-x",
        ),
        (
            "linkedin",
            "https://www.linkedin.com/feed/update/urn:li:activity:7/"
            "?commentUrn=urn%3Ali%3Acomment%3A%28activity%3A7%2C8%29&trk=x",
            "https://www.linkedin.com/feed/update/urn:li:activity:7"
            "?commentUrn=urn%3Ali%3Acomment%3A%28activity%3A7%2C8%29",
        ),
        (
            "facebook",
            "https://m.facebook.com/story.php?story_fbid=1&id=2&mibextid=Zx&__tn__=R",
            "https://www.facebook.com/story.php?id=2&story_fbid=1",
        ),
        ("instagram", "https://instagram.com/p/Abc/?igsh=1", "https://www.instagram.com/p/Abc"),
        ("threads", "https://threads.net/@a/post/1?xmt=2", "https://www.threads.com/@a/post/1"),
        ("mastodon", "https://mastodon.nl/@a/114", "https://mastodon.nl/@a/114"),
        (
            "bluesky",
            "https://bsky.app/profile/a.nl/post/3k?ref_src=embed",
            "https://bsky.app/profile/a.nl/post/3k",
        ),
    ],
)
def test_a_post_has_one_address_whoever_shared_it(network: str, given: str, bare: str) -> None:
    assert permalinks.network_of(given) == network
    assert permalinks.bare(network, permalinks.checked(network, given)) == bare
    assert permalinks.bare(network, bare) == bare


def test_the_panel_calls_it_the_answer_and_not_what_a_button_does() -> None:
    topic = make_topic(make_team("internet"))
    agent = make_agent(topic.team, language="nl")
    request = submit(topic=topic, **under_post())
    page = browser_of(agent).get(f"/desk/{request.reference}").content.decode()
    assert "<dt>Antwoord</dt><dd>nog niet geplaatst" in page


def test_who_comes_second_is_told_and_the_agent_makes_it_one() -> None:
    team = make_team("internet")
    topic, agent = make_topic(team), make_agent(team)
    first = claimed(by=make_person("Sanne"), topic=topic, agent=agent, **under_post())
    piet = make_person("Piet")
    told = Api(piet).post("/requests", body(topic.slug)).json()
    assert told["post"]["passed_on_before"] is True
    second = CustomerRequest.objects.get(pk=told["id"])
    # One that stands under another post is another one.
    other = submit(topic=topic, **under_post(post_url="https://x.com/winterswijker/status/2"))
    desk = Api(agent).get(f"/desk/requests/{second.pk}").json()
    assert desk["post"]["passed_on_before"] is True
    assert [(one["reference"], one["relation"]) for one in desk["linked"]] == [
        (first.reference, "same_post")
    ]
    merging = f"/desk/requests/{second.pk}/merge"
    assert_problem(Api(agent).post(merging, {"into": other.reference}), 409, "other-customer")
    assert Api(agent).post(merging, {"into": first.reference}).status_code == 200
    first.refresh_from_db()
    first.solve(by=agent, text=ANSWER)
    second.refresh_from_db()
    # Both hear of it, and one has something to place.
    entries = Api(piet).get(f"/requests/{second.pk}/timeline").json()
    assert [entry["to_place"] for entry in entries if entry["kind"] == "solved"] == [None]
    titles = {item["title"]: item["text"] for item in Api(piet).get("/inbox").json()["items"]}
    assert "plaatst het antwoord" in titles["De vraag die je doorgaf, is opgelost"]
    assert "place" not in second.allowed("employee")  # type: ignore[arg-type]
    assert_problem(Api(piet).post(f"/requests/{second.pk}/placed"), 409, "not-now")
    assert Api(first.employee).post(f"/requests/{first.pk}/placed").status_code == 200


def test_before_sending_it_says_who_places_it_and_how_long_that_is() -> None:
    request = claimed(by=make_person("Sanne de Vries"), **under_post())
    agent = Api(holder(request))
    path = f"/desk/requests/{request.pk}/preview"
    verb = {"id": str(uuid.uuid4()), "audience": ["customer"], "text": ANSWER}
    before = Entry.objects.count()
    seen = agent.post(path, {"update": verb}).json()
    readings = {reading["reader"]: reading for reading in seen["readings"]}
    (way,) = readings["customer"]["channels"]
    assert (way["channel"], way["to"], way["text"]) == ("post", "X", PLACED)
    assert (way["length"], way["limit"]) == (len(PLACED), 280)
    assert "Sanne plaatst dit onder de post" in readings["customer"]["beside"]
    assert readings["employee"]["gets"] is True
    # What is told of without words for there has nothing that stands there.
    step = {"step": {"id": str(uuid.uuid4()), "title": "Kabel zoeken"}}
    assert [each["reader"] for each in agent.post(path, step).json()["readings"]] == ["employee"]
    assert Entry.objects.count() == before
    request.employee.is_active = False
    request.employee.save()
    seen = agent.post(path, {"update": verb}).json()["readings"][0]
    assert (seen["gets"], seen["why_not"].startswith("Sanne de Vries werkt hier niet")) == (
        False,
        True,
    )


def test_what_is_too_long_for_the_network_is_refused_with_the_opening_counted_in() -> None:
    request = claimed(**under_post())
    agent = Api(holder(request))
    room = 280 - len("Ik werk bij Doe-het-gewoon.\n\n")
    path = f"/desk/requests/{request.pk}"
    for verb, sent in (
        ("solve", {"text": "a" * (room + 1)}),
        ("wait", {"on": "customer", "text": "a" * (room + 1)}),
        (
            "updates",
            {"id": str(uuid.uuid4()), "audience": ["customer"], "text": "a" * (room + 1)},
        ),
    ):
        problem = assert_problem(agent.post(f"{path}/{verb}", sent), 422, "invalid")
        assert problem["errors"][0]["field"] == "text"
        assert "1 te lang" in problem["errors"][0]["message"]
    # To the employee alone one may write as much as one likes.
    waits = agent.post(f"{path}/wait", {"on": "employee", "text": "a" * (room + 1)})
    assert waits.status_code == 200
    request.refresh_from_db()
    request.resume(by=holder(request))
    assert agent.post(f"{path}/solve", {"text": "a" * room}).status_code == 200


def test_what_a_stranger_has_not_is_not_possible() -> None:
    request = solved(**under_post())
    agent, mine = holder(request), Api(request.employee)
    contact = {"channel": "email", "email": "w@example.org"}
    answer = Api(agent).put(f"/desk/requests/{request.pk}/customer", contact)
    assert_problem(answer, 409, "not-now")
    assert request.allowed("customer") == []  # type: ignore[arg-type]
    shown = mine.get(f"/requests/{request.pk}").json()
    assert {"place", "confirm", "reopen", "erase"} <= set(shown["allowed"])
    other = solved(by=request.employee)
    for verb in ("confirm", "placed", "erase"):
        assert_problem(mine.post(f"/requests/{other.pk}/{verb}"), 409, "not-now")
    wrong = {"permalink": "https://bsky.app/profile/a/post/1"}
    assert_problem(mine.post(f"/requests/{request.pk}/placed", wrong), 422, "invalid")
    assert not OwnPost.objects.exists()


def test_a_new_answer_is_placed_anew() -> None:
    request = solved(**under_post())
    assert request.place(by=request.employee)
    assert not request.place(by=request.employee)
    request.reopen(by=Actor.employee(request.employee), reason="Het ligt er weer uit.")
    request.solve(by=holder(request), text="Nu echt hersteld.")
    assert request.placed_at is None
    assert request.place(by=request.employee)
    assert OwnPost.objects.count() == 2


@pytest.mark.parametrize("by_clock", [True, False])
def test_who_asked_is_forgotten(by_clock: bool) -> None:
    request = solved(**under_post())
    request.place(by=request.employee, permalink="https://x.com/sanne/status/9")
    assert "customer_requests.CustomerRequest" in tables_with("winterswijker")
    if by_clock:
        request.confirm(by=Actor.employee(request.employee))
        CustomerRequest.objects.update(closed_at=timezone.now() - timedelta(days=27))
        assert clock.erase_old() == 0
        CustomerRequest.objects.update(closed_at=timezone.now() - timedelta(days=29))
        assert clock.erase_old() == 1
    else:
        answer = Api(request.employee).post(f"/requests/{request.pk}/erase")
        assert answer.status_code == 200
        assert answer.json()["post"] is None
    assert tables_with("winterswijker") == []
    # That they answered stays theirs.
    assert OwnPost.objects.filter(user=request.employee, kind="answer").exists()


def test_the_queue_finds_what_came_from_networks() -> None:
    team = make_team("internet")
    topic, agent = make_topic(team), make_agent(team)
    social = submit(topic=topic, **under_post())
    submit(topic=topic, question="Waarom ligt glasvezel er bij mij uit?")
    desk = Api(agent)
    for query in (
        "channel=social",
        "channel=social&order=newest",
        "channel=social&priority=normal&order=newest",
        "channel=social&q=glasvezel",
        f"q={POST}%3Fs%3D20",
    ):
        found = desk.get(f"/desk/requests?{query}").json()["items"]
        assert [row["reference"] for row in found] == [social.reference], query
    assert found[0]["post"]["network_label"] == "X"
    assert len(desk.get("/desk/requests?q=glasvezel").json()["items"]) == 2


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL reads small tables whole")
@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "request_social_queue"),
        ({"order": "newest"}, "request_social_newest"),
        ({"order": "newest", "priority": "high"}, "request_social_newest"),
    ],
)
def test_the_queue_reads_those_from_networks_and_no_others(
    asked: dict[str, Any], index: str
) -> None:
    agent = make_agent(make_team())
    query = QueueQuery.model_validate({"channel": "social", **asked})
    for rows in query.parts(agent):
        way = "-" if query.ordering.startswith("-") else ""
        plan = rows.order_by(query.ordering, f"{way}id")[:31].explain()
        assert f"USING INDEX {index}" in plan, plan


def test_a_page_costs_the_same_with_ten_of_them() -> None:
    team = make_team("internet")
    topic, agent, sanne = make_topic(team), make_agent(team), make_person()
    first = submit(by=sanne, topic=topic, **under_post())
    calls = [
        (Api(sanne), "/requests"),
        (Api(agent), "/desk/requests?channel=social"),
        (Api(agent), f"/desk/requests/{first.pk}"),
    ]

    def costs() -> list[int]:
        counted = []
        for api, path in calls:
            assert api.get(path).status_code == 200  # what is looked up once is known
            with CaptureQueriesContext(
                connection,
            ) as queries:
                api.get(path)
            counted.append(len(queries))
        return counted

    few = costs()
    for _nth in range(9):
        submit(by=sanne if _nth % 2 else make_person(), topic=topic, **under_post())
    assert costs() == few


def test_word_to_all_reaches_them_by_their_employee() -> None:
    request = claimed(**under_post())
    agent = holder(request)
    problem = KnownProblem.note_down(
        by=agent, id=uuid.uuid4(), team=request.team, title="Kabel", words="x", topic=None
    )[0]
    request.put_under(problem, by=agent)
    assert problem.to_all().ways() == [
        Way("customer", "nl", "social", 1),
        Way("employee", "nl", "app", 1),
    ]
    texts = {"customer_nl": ANSWER, "employee_nl": ""}
    problem.announce(by=agent, id=uuid.uuid4(), solves=False, texts=texts)
    clock.tell_of_problems()
    told = Notification.objects.filter(user=request.employee, kind="employee.update")
    assert told.count() == 1
    assert not Notification.objects.filter(user=None).exists()


def test_a_word_to_all_is_held_to_the_limit_of_each_network() -> None:
    request = claimed(**under_post())
    agent, too_long = holder(request), "a" * 300
    english = submit(topic=request.topic, **under_post(customer_language="en"))
    mailed = submit(topic=request.topic)
    problem = KnownProblem.note_down(
        by=agent, id=uuid.uuid4(), team=request.team, title="Kabel", words="x", topic=None
    )[0]

    def announce(**texts: str) -> None:
        problem.announce(by=agent, id=uuid.uuid4(), solves=False, texts=texts)

    mailed.put_under(problem, by=agent)
    announce(customer_nl=too_long)
    clock.tell_of_problems()
    request.put_under(problem, by=agent)
    english.put_under(problem, by=agent)
    clock.tell_of_problems()
    said = problem.announcements.get()
    assert {each.request for each in said.failed()} == {request, english}
    assert not request.entries.filter(kind="update").exists()
    for texts in (
        {"customer_nl": too_long, "customer_en": ANSWER},
        {"customer_nl": ANSWER, "customer_en": too_long},
    ):
        with pytest.raises(Invalid) as refused:
            announce(**texts)
        [error] = refused.value.facts["errors"]
        assert texts[error["field"]] == too_long
        assert "te lang voor X" in error["message"]
    with pytest.raises(Invalid):
        problem.rehearse(by=agent, solves=False, texts={"customer_nl": too_long})
    announce(customer_nl=ANSWER, customer_en=ANSWER, employee_nl=too_long, employee_en=too_long)
    # Who does not hear it does not hold it up.
    for one in (request, english):
        CustomerRequest.objects.get(pk=one.pk).take_from_under(by=agent)
    announce(customer_nl=too_long)


def test_the_desk_shows_where_it_stands_and_writes_for_there(client: Client) -> None:
    request = claimed(by=make_person("Sanne de Vries"), **under_post())
    agent = holder(request)
    client.force_login(agent)
    page = client.get(reverse("desk-request", args=[request.reference])).content.decode()
    assert f'href="{POST}" target="_blank" rel="noopener noreferrer"' in page
    assert "Sanne de Vries plaatst dit onder de post op X" in page
    too_long = {"mode": "solve", "kind": "reply", "text": "a" * 300, "id": str(uuid.uuid4())}
    seen = client.post(reverse("desk-preview", args=[request.reference]), too_long)
    assert "te lang voor X" in seen.content.decode()
    fits = {**too_long, "text": ANSWER}
    shown = client.post(reverse("desk-preview", args=[request.reference]), fits).content.decode()
    assert "Onder de post op X" in shown
    assert "Er gaat geen bericht uit: Sanne plaatst dit" in shown
    sent = client.post(reverse("desk-act", args=[request.reference, "solve"]), fits, follow=True)
    after = sent.content.decode()
    assert "De medewerker krijgt het antwoord" in after
    # Who asked reads nothing of ours, so no entry says that they do.
    assert '<span class="badge">Klant</span>' not in after
    assert '<span class="badge">Onder de post</span>' in after


def test_an_answer_given_on_the_spot_can_be_told_to_stand_there() -> None:
    request = submit(solved_by_me="Even je modem uit en aan.", **under_post())
    assert request.place(by=request.employee)
    assert OwnPost.objects.filter(user=request.employee).count() == 1
    with pytest.raises(Invalid):
        request.place(by=request.employee, permalink="https://example.org/x")
