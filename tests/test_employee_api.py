"""The employee's table of the contract, row by row, and what holds for every answer."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests.models import CustomerRequest, Entry
from customer_requests.models.life import Actor
from notifications.models import Change, Delivery, Device, Notification
from server.accounts.models import User
from tests import factories
from tests.clients import Api, content_of, photo, question
from tests.factories import (
    holder,
    link_of,
    make_agent,
    make_person,
    make_staffed_team,
    make_team,
    make_topic,
    submit,
)
from tests.problems import assert_problem
from tests.shapes import ATTACHMENT, ENTRY, REQUEST, Maybe, OneOf, assert_shape
from tests.tables import state, tables_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def sanne() -> User:
    make_topic(make_team("internet"), "internet", hint_nl="Ook wifi.", hint_en="Wifi too.")
    return make_person("Sanne de Vries")


@pytest.fixture
def phone(sanne: User) -> Api:
    return Api(sanne)


def fresh(**facts: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **facts}


REASON = {"reason": "Het doet het weer."}


# --- Me, topics ---


def test_me_is_who_signed_in(phone: Api, sanne: User) -> None:
    me = phone.get("/me").json()
    department = {"id": uuid.UUID, "name": str}
    assert_shape(
        me,
        {
            "id": uuid.UUID,
            "name": str,
            "email": str,
            "language": OneOf("nl", "en"),
            "department": department,
            "roles": [str],
        },
    )
    assert (me["id"], me["email"], me["roles"]) == (str(sanne.pk), sanne.email, [])


def test_someone_without_a_department_has_none() -> None:
    assert Api(make_person(department=None)).get("/me").json()["department"] is None


def test_roles_name_everything_that_someone_is() -> None:
    person = make_agent(make_team(), roles=["editor", "admin"])
    assert Api(person).get("/me").json()["roles"] == ["admin", "agent", "editor"]


def test_a_changed_language_is_used_where_the_call_names_none(phone: Api) -> None:
    assert phone.get("/requests/nonsense").json()["title"] == "Niet gevonden"
    assert phone.patch("/me", {"language": "en"}).json()["language"] == "en"
    refused = phone.patch("/me", {"language": "fr"})
    assert refused.json()["title"] == "Some answers need another look"
    assert refused["Content-Language"] == "en"


@pytest.mark.parametrize(
    ("asked", "language", "label"),
    [
        ("", "nl", "Ontvangen"),
        ("nl", "nl", "Ontvangen"),
        ("en", "en", "Received"),
        ("en-GB,en;q=0.9,nl;q=0.1", "en", "Received"),
        ("fr, en;q=0.5", "en", "Received"),
        ("fr", "nl", "Ontvangen"),
        ("en;q=0", "nl", "Ontvangen"),
        ("*", "nl", "Ontvangen"),
        ("nonsense;;;", "nl", "Ontvangen"),
    ],
)
def test_an_answer_speaks_the_language_that_was_asked_for(
    phone: Api, sanne: User, asked: str, language: str, label: str
) -> None:
    request = submit(sanne)
    phone.headers["Accept-Language"] = asked
    shown = phone.get(f"/requests/{request.pk}")
    assert (shown["Content-Language"], shown.json()["status_label"]) == (language, label)
    assert "Accept-Language" in shown["Vary"]


def test_topics_are_those_in_use_in_the_readers_language(phone: Api) -> None:
    make_topic(slug="retired", is_active=False)
    listed = phone.get("/topics", **{"Accept-Language": "en"}).json()
    assert_shape(listed, [{"slug": str, "name": str, "team": str, "hint": str}])
    assert [(topic["slug"], topic["hint"]) for topic in listed] == [("internet", "Wifi too.")]
    assert phone.get("/topics").json()[0]["hint"] == "Ook wifi."


# --- Submitting ---


def test_a_submitted_request_has_the_shape_of_the_contract(phone: Api) -> None:
    body = question("internet", relation="neighbour")
    made = phone.post("/requests", body)
    assert made.status_code == 201
    request = made.json()
    assert_shape(request, REQUEST)
    assert request["id"] == body["id"]
    assert (request["status"], request["topic"], request["team"]) == (
        "received",
        "internet",
        "internet",
    )
    assert request["agent"] is request["waiting_on"] is request["closed_as"] is None
    assert request["steps"] == request["attachments"] == []
    assert request == phone.get(f"/requests/{body['id']}").json()


def test_the_same_submission_again_is_the_same_request(phone: Api) -> None:
    body = question("internet")
    first = phone.post("/requests", body)
    before = state()
    again = phone.post("/requests", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert state() == before


@pytest.mark.parametrize(
    "change",
    [
        {"question": "Iets anders."},
        {"relation": "friend"},
        {"solved_by_me": "Herstart hem."},
        {"customer": {"name": "Een ander", "email": "jansen@example.org", "channel": "email"}},
        {"customer": {"name": "Mevrouw Jansen", "email": "x@example.org", "channel": "email"}},
    ],
)
def test_other_content_with_the_same_id_is_refused(phone: Api, change: dict[str, Any]) -> None:
    body = question("internet")
    phone.post("/requests", body)
    before = state()
    assert_problem(phone.post("/requests", {**body, **change}), 409, "id-reused")
    assert state() == before


def test_an_id_of_somebody_elses_request_is_refused_and_tells_nothing(phone: Api) -> None:
    body = question("internet")
    assert Api(make_person()).post("/requests", body).status_code == 201
    refused = assert_problem(phone.post("/requests", body), 409, "id-reused")
    assert set(refused) == {"type", "title", "status", "detail"}


def test_solved_at_the_party_is_closed_at_once(phone: Api) -> None:
    made = phone.post("/requests", question("internet", solved_by_me="Zet hem uit en aan."))
    assert made.status_code == 201
    shown = made.json()
    assert (shown["status"], shown["closed_as"]) == ("closed", "answered_by_employee")
    assert_shape(shown, REQUEST)


def test_a_number_is_kept_as_the_world_writes_it(phone: Api) -> None:
    body = question("internet")
    body["customer"] = {"name": "Jan", "phone": "06 - 1234 5678", "channel": "sms"}
    assert phone.post("/requests", body).status_code == 201
    assert CustomerRequest.objects.get().customer_phone == "+31612345678"


# --- Lists ---


def test_requests_are_mine_newest_activity_first(phone: Api, sanne: User) -> None:
    older, newer, _foreign = submit(sanne), submit(sanne), submit()
    older.message(by=Actor.employee(sanne), id=uuid.uuid4(), text="Nog iets.")
    page = phone.get("/requests").json()
    assert_shape(page, {"items": [REQUEST], "next": Maybe(str)})
    assert [item["id"] for item in page["items"]] == [str(older.pk), str(newer.pk)]


def test_open_and_closed_divide_my_requests(phone: Api, sanne: User) -> None:
    for make in (submit, factories.solved, factories.closed, factories.withdrawn):
        make(by=sanne)
    status_of = {
        which: {item["status"] for item in phone.get(f"/requests?status={which}").json()["items"]}
        for which in ("open", "closed")
    }
    assert status_of == {"open": {"received", "solved"}, "closed": {"closed", "withdrawn"}}


def test_paging_through_120_requests_misses_and_repeats_none_while_more_come_in(
    phone: Api, sanne: User
) -> None:
    topic = make_topic()
    made = [str(submit(sanne, topic).pk) for _ in range(120)]
    # Many at the very same moment: the id has to put those in order.
    CustomerRequest.objects.filter(pk__in=made[:90]).update(updated_at=timezone.now())
    seen: list[str] = []
    sizes = []
    path = "/requests"
    while path:
        page = phone.get(path).json()
        sizes.append(len(page["items"]))
        seen += [item["id"] for item in page["items"]]
        submit(sanne, topic)
        path = f"/requests?cursor={page['next']}" if page["next"] else ""
    assert sizes == [50, 50, 20]
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(("limit", "size"), [(1, 1), (2, 2), (3, 3), (4, 3), (200, 3)])
def test_a_page_has_at_most_as_many_rows_as_asked_for(
    phone: Api, sanne: User, limit: int, size: int
) -> None:
    for _ in range(3):
        submit(sanne)
    page = phone.get(f"/requests?limit={limit}").json()
    assert len(page["items"]) == size
    assert (page["next"] is None) == (limit >= 3)


# --- One request ---


def test_the_timeline_is_oldest_first_in_the_shape_of_the_contract(phone: Api, sanne: User) -> None:
    request = factories.claimed(sanne)
    request.plan_step(by=holder(request), id=uuid.uuid4(), title="Lijn doormeten")
    timeline = phone.get(f"/requests/{request.pk}/timeline").json()
    assert_shape(timeline, [ENTRY])
    assert [entry["kind"] for entry in timeline] == ["submitted", "claimed", "step"]
    assert timeline[2]["step"]["title"] == "Lijn doormeten"
    assert timeline[1]["actor"] == {"name": "Daan Bakker", "role": "agent"}


def test_a_message_is_made_once_and_answers_what_waits_for_me(phone: Api, sanne: User) -> None:
    request = factories.waiting("employee", by=sanne)
    path, body = f"/requests/{request.pk}/messages", fresh(text="Na vijven.")
    first, again = phone.post(path, body), phone.post(path, body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_shape(first.json(), ENTRY)
    assert phone.get(f"/requests/{request.pk}").json()["status"] == "in_progress"
    assert_problem(phone.post(path, {**body, "text": "Anders."}), 409, "id-reused")
    assert Entry.objects.filter(kind="message").count() == 1


def test_a_message_does_not_answer_what_waits_for_the_customer(phone: Api, sanne: User) -> None:
    request = factories.waiting("customer", by=sanne)
    phone.post(f"/requests/{request.pk}/messages", fresh(text="Ik vraag het haar."))
    shown = phone.get(f"/requests/{request.pk}").json()
    assert (shown["status"], shown["waiting_on"]) == ("waiting", "customer")


def test_an_id_of_a_message_on_another_request_is_refused(phone: Api, sanne: User) -> None:
    one, other = submit(sanne), submit(sanne)
    body = fresh(text="Nog iets.")
    assert phone.post(f"/requests/{one.pk}/messages", body).status_code == 201
    assert_problem(phone.post(f"/requests/{other.pk}/messages", body), 409, "id-reused")


def test_a_photo_goes_up_once_and_comes_down_as_nothing_that_a_browser_runs(
    phone: Api, sanne: User
) -> None:
    request = submit(sanne)
    path, id = f"/requests/{request.pk}/attachments", uuid.uuid4()
    first = phone.upload(path, photo(), "De router é.png", id=id)
    again = phone.upload(path, photo(), "De router é.png", id=id)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert_shape(first.json(), ATTACHMENT)
    assert_problem(phone.upload(path, photo("JPEG"), id=id), 409, "id-reused")
    assert phone.get(f"/requests/{request.pk}").json()["attachments"] == [first.json()]

    down = phone.get(first.json()["url"].removeprefix("/api/v1"))
    assert len(content_of(down)) == first.json()["size"] == int(down["Content-Length"])
    assert down["Content-Type"] == "image/png"
    assert down["X-Content-Type-Options"] == "nosniff"
    assert down["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in down["Content-Security-Policy"]
    assert "no-store" in down["Cache-Control"]


@pytest.mark.parametrize("verb", ["withdraw", "reopen"])
def test_ending_and_beginning_again_answer_the_request(phone: Api, sanne: User, verb: str) -> None:
    request = submit(sanne) if verb == "withdraw" else factories.closed(by=sanne)
    done = phone.post(f"/requests/{request.pk}/{verb}", REASON)
    assert done.status_code == 200
    assert_shape(done.json(), REQUEST)
    assert done.json()["status"] == {"withdraw": "withdrawn", "reopen": "in_progress"}[verb]


def test_what_the_state_forbids_is_409_and_names_the_state(phone: Api, sanne: User) -> None:
    request = factories.withdrawn(by=sanne)
    before = state()
    refused = assert_problem(phone.post(f"/requests/{request.pk}/withdraw", REASON), 409, "not-now")
    assert (refused["verb"], refused["current"]) == ("withdraw", "withdrawn")
    assert state() == before


def test_reopening_after_14_days_opens_one_linked_follow_up(phone: Api, sanne: User) -> None:
    request = factories.closed(by=sanne)
    long_ago = timezone.now() - timedelta(days=14, minutes=1)
    CustomerRequest.objects.filter(pk=request.pk).update(closed_at=long_ago)
    request.topic.is_active = False
    request.topic.save()
    first = phone.post(f"/requests/{request.pk}/reopen", REASON).json()
    again = phone.post(f"/requests/{request.pk}/reopen", REASON).json()
    assert first == again
    assert first["id"] != str(request.pk)
    assert (first["follow_up_of"], first["status"]) == (str(request.pk), "received")
    assert phone.get(f"/requests/{request.pk}").json()["status"] == "closed"


VERSIONED: dict[str, Callable[[User], tuple[CustomerRequest, dict[str, Any]]]] = {
    "messages": lambda by: (submit(by), fresh(text="Nog iets.")),
    "withdraw": lambda by: (submit(by), REASON),
    "reopen": lambda by: (factories.solved(by=by), REASON),
}


@pytest.mark.parametrize("verb", VERSIONED)
def test_a_stale_version_is_refused_and_the_current_one_is_not(
    phone: Api, sanne: User, verb: str
) -> None:
    request, body = VERSIONED[verb](sanne)
    path = f"/requests/{request.pk}/{verb}"
    before = state()
    stale = {"If-Match": f'"{request.version - 1}"'}
    refused = assert_problem(phone.post(path, body, **stale), 412, "stale-version")
    assert refused["version"] == request.version
    assert state() == before
    current = {"If-Match": f'"{request.version}"'}
    assert phone.post(path, body, **current).status_code in {200, 201}


def test_a_file_for_a_stale_version_is_refused(phone: Api, sanne: User) -> None:
    request = submit(sanne)
    phone.headers["If-Match"] = '"0"'
    path = f"/requests/{request.pk}/attachments"
    assert_problem(phone.upload(path, photo()), 412, "stale-version")
    phone.headers["If-Match"] = f'"{request.version}"'
    assert phone.upload(path, photo()).status_code == 201


# --- In step after a tunnel ---


def test_changes_bring_everything_of_mine_once_and_then_nothing(phone: Api, sanne: User) -> None:
    request = factories.claimed(sanne)
    factories.claimed()
    first = phone.get("/changes").json()
    change = {"kind": OneOf("request", "timeline", "inbox"), "id": uuid.UUID, "deleted": bool}
    assert_shape(first, {"items": [change], "cursor": str, "more": bool})
    by_kind: dict[str, list[Any]] = {}
    for item in first["items"]:
        by_kind.setdefault(item["kind"], []).append(item["data"])
    assert by_kind["request"] == [phone.get(f"/requests/{request.pk}").json()]
    shown = [
        {**entry, "request_id": str(request.pk)}
        for entry in phone.get(f"/requests/{request.pk}/timeline").json()
    ]
    assert by_kind["timeline"] == shown
    assert by_kind["inbox"] == phone.get("/inbox").json()["items"]
    later = phone.get(f"/changes?since={first['cursor']}").json()
    assert later == {"items": [], "cursor": first["cursor"], "more": False}


def test_changes_in_small_helpings_are_the_same_changes(phone: Api, sanne: User) -> None:
    for _ in range(3):
        factories.solved(by=sanne)
    whole = phone.get("/changes?limit=200").json()
    assert not whole["more"]
    items: list[Any] = []
    cursor, more = "", True
    while more:
        part = phone.get(f"/changes?limit=2&since={cursor}").json()
        items += part["items"]
        cursor, more = part["cursor"], part["more"]
    assert (items, cursor) == (whole["items"], whole["cursor"])


# --- Devices ---

TOKEN = {"token": "token-of-a-phone", "platform": "android"}


def test_a_device_is_new_once(phone: Api) -> None:
    first, again = phone.put("/devices/phone-1", TOKEN), phone.put("/devices/phone-1", TOKEN)
    assert (first.status_code, again.status_code) == (201, 200)
    assert Device.objects.count() == 1


def test_a_phone_that_was_handed_on_belongs_to_whoever_signed_in_last(phone: Api) -> None:
    phone.put("/devices/phone-1", TOKEN)
    piet = make_person("Piet Smit")
    assert Api(piet).put("/devices/phone-1", TOKEN).status_code == 200
    assert Device.objects.get().user == piet


def test_a_token_that_moved_to_another_installation_leaves_the_first(phone: Api) -> None:
    phone.put("/devices/phone-1", TOKEN)
    phone.put("/devices/phone-2", TOKEN)
    assert Device.objects.get().installation_id == "phone-2"


def test_a_deleted_device_is_gone_and_was_only_mine_to_delete(phone: Api) -> None:
    phone.put("/devices/phone-1", TOKEN)
    assert_problem(Api(make_person()).delete("/devices/phone-1"), 404, "not-found")
    gone = phone.delete("/devices/phone-1")
    assert (gone.status_code, gone.content) == (204, b"")
    assert_problem(phone.delete("/devices/phone-1"), 404, "not-found")


# --- Inbox and preferences ---


def test_the_inbox_holds_what_was_sent_whether_or_not_a_push_arrived(
    phone: Api, sanne: User
) -> None:
    request = factories.solved(by=sanne)
    page = phone.get("/inbox").json()
    item = {
        "id": uuid.UUID,
        "at": datetime,
        "kind": str,
        "title": str,
        "text": str,
        "request_id": uuid.UUID,
        "subject": {"kind": OneOf("request"), "id": uuid.UUID, "course": Maybe(str)},
        "read_at": Maybe(datetime),
    }
    assert_shape(page, {"items": [item], "next": Maybe(str)})
    assert [row["kind"] for row in page["items"]] == ["employee.solved", "employee.claimed"]
    assert {row["request_id"] for row in page["items"]} == {str(request.pk)}
    assert Device.objects.count() == 0


def test_reading_up_to_an_item_reads_that_and_all_before_it(phone: Api, sanne: User) -> None:
    factories.closed(by=sanne)
    newest, middle, oldest = phone.get("/inbox").json()["items"]
    assert phone.post("/inbox/read", {"up_to": middle["id"]}).json()["read"] == 2
    read = {item["id"]: item["read_at"] for item in phone.get("/inbox").json()["items"]}
    assert read[newest["id"]] is None
    assert None not in (read[middle["id"]], read[oldest["id"]])
    before = state()
    assert phone.post("/inbox/read", {"up_to": middle["id"]}).json()["read"] == 0
    assert state() == before


def test_the_inbox_pages_by_key(phone: Api, sanne: User) -> None:
    factories.closed(by=sanne)
    first = phone.get("/inbox?limit=2").json()
    second = phone.get(f"/inbox?limit=2&cursor={first['next']}").json()
    assert second["next"] is None
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert len(set(ids)) == len(ids) == 3


def test_preferences_show_every_kind_and_keep_what_was_chosen(phone: Api) -> None:
    shape = {"quiet_hours": Maybe({"from": str, "to": str}), "kinds": dict}
    unset = phone.get("/me/notifications").json()
    assert_shape(unset, shape)
    assert unset["quiet_hours"] is None
    assert_shape(unset["kinds"]["employee.step"], {"push": bool, "email": bool, "label": str})
    choice = {
        "quiet_hours": {"from": "22:00", "to": "07:00"},
        "kinds": {"employee.step": {"email": True}},
    }
    changed = phone.patch("/me/notifications", choice).json()
    assert changed["quiet_hours"] == choice["quiet_hours"]
    step = changed["kinds"]["employee.step"]
    assert (step["push"], step["email"]) == (True, True)
    assert phone.get("/me/notifications").json() == changed
    # What is not named stays as it was; null takes the quiet hours away.
    assert phone.patch("/me/notifications", {}).json() == changed
    off = phone.patch("/me/notifications", {"quiet_hours": None}).json()
    assert (off["quiet_hours"], off["kinds"]) == (None, changed["kinds"])


# --- What holds for every GET ---

PLAIN = ["/me", "/topics", "/requests", "/changes", "/inbox", "/me/notifications"]
OF_ONE = ["", "/timeline", "/attachments/{file}"]


@pytest.mark.parametrize("path", [*PLAIN, *(f"/requests/{{id}}{part}" for part in OF_ONE)])
def test_a_get_that_was_answered_before_answers_304(phone: Api, sanne: User, path: str) -> None:
    request = submit(sanne)
    file = phone.upload(f"/requests/{request.pk}/attachments", photo()).json()
    path = path.format(id=request.pk, file=file["id"])
    first = phone.get(path)
    content_of(first)
    assert first["ETag"]
    again = phone.get(path, **{"If-None-Match": first["ETag"]})
    assert (again.status_code, content_of(again)) == (304, b"")
    assert again["ETag"] == first["ETag"]
    other = phone.get(path, **{"If-None-Match": '"something-else"'})
    content_of(other)
    assert other.status_code == 200


def test_an_etag_changes_with_what_it_is_of(phone: Api, sanne: User) -> None:
    request = submit(sanne)
    before = phone.get(f"/requests/{request.pk}")["ETag"]
    request.claim(by=make_agent(request.team))
    after = phone.get(f"/requests/{request.pk}", **{"If-None-Match": before})
    assert after.status_code == 200
    assert after["ETag"] != before


# --- Too fast, signed out, left ---


def test_who_calls_too_fast_waits_and_others_do_not(
    phone: Api, sanne: User, settings: Settings
) -> None:
    settings.RATE_LIMIT_PERSON = "3/h"
    assert [phone.get("/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = phone.post("/requests", question("internet"))
    assert_problem(refused, 429, "too-fast")
    assert 1 <= int(refused["Retry-After"]) <= 3600
    assert CustomerRequest.objects.count() == 0
    # Another phone of the same person is the same person.
    assert Api(sanne).get("/me").status_code == 429
    assert Api(make_person()).get("/me").status_code == 200


def _sign_in(email: str, password: str) -> Any:
    api = Api()
    return api.client.post(
        "/_allauth/app/v1/auth/login",
        {"email": email, "password": password},
        content_type="application/json",
    )


def test_a_session_from_signing_in_works_until_signing_out() -> None:
    sanne = make_person("Sanne de Vries", password="doe-het-gewoon")
    answer = _sign_in(sanne.email, "doe-het-gewoon")
    assert answer.status_code == 200, answer.content
    phone = Api()
    phone.headers["X-Session-Token"] = answer.json()["meta"]["session_token"]
    assert phone.get("/me").json()["email"] == sanne.email
    out = phone.client.delete("/_allauth/app/v1/auth/session", headers=phone.headers)
    assert out.status_code == 401
    assert_problem(phone.get("/me"), 401, "unauthenticated")


def test_guessing_a_password_is_soon_too_fast_and_tells_nothing_of_who_exists() -> None:
    sanne = make_person("Sanne de Vries", password="doe-het-gewoon")
    known = [_sign_in(sanne.email, f"wrong-{number}") for number in range(7)]
    unknown = [_sign_in("nobody@example.org", f"wrong-{number}") for number in range(7)]
    assert [answer.status_code for answer in known] == [400] * 5 + [429] * 2
    assert [answer.status_code for answer in unknown] == [400] * 5 + [429] * 2
    assert known[0].content == unknown[0].content


@pytest.mark.parametrize("token", ["", "nonsense", "a" * 5000])
def test_bad_credentials_are_401(token: str) -> None:
    stranger = Api()
    stranger.headers["X-Session-Token"] = token
    refused = stranger.get("/me")
    assert_problem(refused, 401, "unauthenticated")
    assert refused["WWW-Authenticate"]


def test_who_leaves_is_out_at_once_with_their_devices_and_pushes(phone: Api, sanne: User) -> None:
    phone.put("/devices/phone-1", TOKEN)
    request = submit(sanne)
    assert phone.get("/me").status_code == 200
    sanne.deactivate()
    assert_problem(phone.get("/me"), 401, "unauthenticated")
    assert_problem(phone.post("/requests", question("internet")), 401, "unauthenticated")
    assert Device.objects.count() == 0
    request.claim(by=make_agent(request.team))
    assert not Delivery.objects.filter(channel="push").exists()


# --- What the customer withheld ---

HIDDEN = "het wachtwoord op de kast"


def _with_secrets(by: User, sees: str) -> CustomerRequest:
    """A request where customer and agent said things that are not the employee's."""
    request = factories.claimed(by)
    request.correct_details(
        name="Mevrouw Jansen",
        email="jansen@example.org",
        phone="",
        channel="email",
        language="nl",
        employee_sees=sees,
    )
    agent = holder(request)
    request.message(by=Actor.customer(), id=uuid.uuid4(), text=f"Van mij: {HIDDEN}")
    request.update(
        by=agent,
        id=uuid.uuid4(),
        audience=["customer"],
        text_customer=f"Aan u: {HIDDEN}",
    )
    request.wait(by=agent, on="customer", text=f"Vraag: {HIDDEN}")
    request.message(by=Actor.customer(), id=uuid.uuid4(), text=f"Antwoord: {HIDDEN}")
    request.note(by=agent, id=uuid.uuid4(), text=f"Notitie: {HIDDEN}")
    request.transfer(make_staffed_team(), f"Overdracht: {HIDDEN}", by=agent)
    second = make_agent(request.team)
    request.claim(by=second)
    if sees == "steps":
        request.solve(by=second, text=f"Oplossing: {HIDDEN}")
        request.reopen(by=Actor.customer(), reason=f"Niet goed: {HIDDEN}")
    request.withdraw(by=Actor.customer(), reason=f"Laat maar: {HIDDEN}")
    return request


@pytest.mark.parametrize("sees", ["steps", "updates"])
def test_the_employee_never_reads_what_the_customer_withheld(
    phone: Api, sanne: User, sees: str
) -> None:
    request = _with_secrets(sanne, sees)
    for path in (
        f"/requests/{request.pk}",
        f"/requests/{request.pk}/timeline",
        "/requests",
        "/changes",
        "/inbox",
    ):
        answer = phone.get(path)
        assert answer.status_code == 200
        assert HIDDEN not in answer.content.decode(), path
    # It is there, for those whom it was meant for.
    assert HIDDEN in Api().get(f"/track/{link_of(request)}").content.decode()
    # And in the index that only the desk searches.
    assert set(tables_with(HIDDEN)) - {"customer_requests.SearchText"} == {
        "customer_requests.Entry"
    }


def test_with_the_whole_conversation_the_employee_reads_along_but_no_internal_notes(
    phone: Api, sanne: User
) -> None:
    request = _with_secrets(sanne, "conversation")
    timeline = phone.get(f"/requests/{request.pk}/timeline").content.decode()
    for said in ("Van mij", "Aan u", "Vraag", "Antwoord", "Laat maar"):
        assert f"{said}: {HIDDEN}" in timeline
    for internal in ("Notitie", "Overdracht"):
        assert internal not in timeline
        assert f"{internal}: {HIDDEN}" not in phone.get("/changes?limit=200").content.decode()


def test_a_customer_who_closes_the_conversation_takes_it_off_the_employees_phone(
    phone: Api, sanne: User
) -> None:
    request = factories.claimed(sanne)
    details: dict[str, Any] = {
        "name": "Mevrouw Jansen",
        "email": "jansen@example.org",
        "phone": "",
        "channel": "email",
        "language": "nl",
    }
    request.correct_details(**details, employee_sees="conversation")
    entry, _new = request.message(by=Actor.customer(), id=uuid.uuid4(), text=HIDDEN)
    synced = phone.get("/changes").json()
    assert HIDDEN in str(synced)
    request.correct_details(**details, employee_sees="updates")
    later = phone.get(f"/changes?since={synced['cursor']}").json()["items"]
    (gone,) = [item for item in later if item["id"] == str(entry.pk)]
    assert (gone["deleted"], gone["data"]) == (True, None)
    assert HIDDEN not in phone.get("/changes").content.decode()


def test_the_employee_does_not_learn_how_the_customer_can_be_reached(
    phone: Api, sanne: User
) -> None:
    request = submit(sanne, customer_phone="+31612345678")
    for path in (f"/requests/{request.pk}", "/requests", "/changes"):
        shown = phone.get(path).content.decode()
        assert "jansen@example.org" not in shown
        assert "612345678" not in shown


def test_nobody_hears_of_what_they_did_themselves(phone: Api, sanne: User) -> None:
    request = factories.claimed(sanne)
    told = Notification.objects.filter(user=sanne).count()
    phone.post(f"/requests/{request.pk}/messages", fresh(text="Nog iets."))
    phone.post(f"/requests/{request.pk}/withdraw", REASON)
    assert Notification.objects.filter(user=sanne).count() == told
    assert Change.objects.filter(user=sanne, object_id=request.pk).exists()
