"""What an agent is shown before sending is what is sent, and showing it writes nothing."""

import re
import uuid
from datetime import time
from typing import Any

import pytest
from django.test import Client

from customer_requests.models import CustomerRequest, EmployeeSees
from customer_requests.models.life import Actor
from notifications import drain
from notifications.channels import sms
from notifications.models import Delivery, Device, KeptCopy, Notification, Preferences
from server.accounts.models import User
from tests import factories
from tests.clients import Api, browser_of
from tests.factories import holder, make_agent, make_person, make_team
from tests.problems import assert_problem
from tests.tables import state

pytestmark = pytest.mark.django_db

LINK = re.compile(r"/t/[\w-]+")
UPDATE = {"audience": ["customer", "employee"], "text": "De lijn wordt gemeten."}


def _preview(request: CustomerRequest, **verb: Any) -> Any:
    return Api(holder(request)).post(f"/desk/requests/{request.pk}/preview", verb)


def _readings(request: CustomerRequest, **verb: Any) -> dict[str, Any]:
    answer = _preview(request, **verb)
    assert answer.status_code == 200, answer.json()
    return {reading["reader"]: reading for reading in answer.json()["readings"]}


def _ways(reading: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {way["channel"]: way for way in reading["channels"]}


def _update(**more: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), **UPDATE, **more}


def _phone_of(user: User) -> None:
    name = uuid.uuid4().hex
    Device.register(user=user, installation_id=name, token=name, platform="ios")


def _sent(channel: str) -> KeptCopy:
    """What really went out over this channel last."""
    while drain.send_due():
        pass
    return KeptCopy.objects.filter(channel=channel).latest("at", "pk")


def _written() -> Any:
    """All there is, but that the customer's address was seen in what shows it."""
    return {label: rows for label, rows in state().items() if label != "accounts.AuditEvent"}


VERBS: dict[str, dict[str, Any]] = {
    "update": {"update": _update()},
    "update in words for each": {
        "update": {
            "id": str(uuid.uuid4()),
            "audience": ["customer", "employee"],
            "texts": {"customer": "U hoeft niets te doen.", "employee": "Ze hoeft niets te doen."},
        }
    },
    "note": {"note": {"id": str(uuid.uuid4()), "text": "Belt vaker."}},
    "wait": {"wait": {"on": "customer", "text": "Welk lampje brandt er?"}},
    "wait on others": {"wait": {"on": "third_party", "text": "De netbeheerder meet."}},
    "solve": {"solve": {"text": "De lijn is hersteld."}},
    "step": {"step": {"id": str(uuid.uuid4()), "title": "Monteur komt langs"}},
}


@pytest.mark.parametrize("verb", VERBS)
def test_showing_writes_nothing(verb: str) -> None:
    request = factories.claimed()
    api, before = Api(holder(request)), _written()
    answer = api.post(f"/desk/requests/{request.pk}/preview", VERBS[verb])
    assert answer.status_code == 200
    assert _written() == before


@pytest.mark.parametrize("verb", [verb for verb in VERBS if verb != "note"])
def test_the_customer_gets_the_mail_that_was_shown(verb: str) -> None:
    request = factories.claimed()
    shown = _ways(_readings(request, **VERBS[verb])["customer"])["email"]
    name = verb.split()[0]
    body = VERBS[verb][name]
    path = {"update": "updates", "step": "steps"}.get(name, name)
    done = Api(holder(request)).post(f"/desk/requests/{request.pk}/{path}", body)
    assert done.status_code in {200, 201}
    sent = _sent("email")
    assert sent.address == shown["to"] == "jansen@example.org"
    assert sent.title == shown["title"]
    assert LINK.sub("/t/…", sent.text.strip()) == LINK.sub("/t/…", shown["text"])
    assert len(sent.text.strip()) == len(shown["text"])


def test_the_employee_gets_the_push_and_the_inbox_that_were_shown() -> None:
    request = factories.claimed()
    _phone_of(request.employee)
    _phone_of(request.employee)
    shown = _ways(_readings(request, update=_update())["employee"])
    Api(holder(request)).post(f"/desk/requests/{request.pk}/updates", _update())
    sent = _sent("push")
    assert (sent.title, sent.text) == (shown["push"]["title"], shown["push"]["text"])
    assert shown["push"]["devices"] == 2
    item = Api(request.employee).get("/inbox").json()["items"][0]
    assert (item["title"], item["text"]) == (shown["inbox"]["title"], shown["inbox"]["text"])


def test_an_sms_is_shown_as_it_goes_and_with_its_length() -> None:
    request = factories.claimed(customer_channel="sms", customer_phone="+31612345678")
    shown = _ways(_readings(request, update=_update())["customer"])["sms"]
    Api(holder(request)).post(f"/desk/requests/{request.pk}/updates", _update())
    sent = _sent("sms")
    assert LINK.sub("/t/…", sent.text) == LINK.sub("/t/…", shown["text"])
    assert shown["to"] == "+31612345678"
    assert shown["parts"] == sms.parts(sent.text) >= 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("ë" * 70, 1),
        ("ë" * 71, 2),
        ("🙂" * 35, 1),
        ("🙂" * 36, 2),
    ],
)
def test_how_many_sms_a_text_takes(text: str, count: int) -> None:
    assert sms.parts(text) == count


def test_each_reads_their_own_words_in_their_own_language() -> None:
    employee = make_person("Emma Clark", language="en")
    request = factories.claimed(by=employee)
    shown = _readings(request, **VERBS["update in words for each"])
    assert (shown["customer"]["language"], shown["employee"]["language"]) == ("nl", "en")
    assert "U hoeft niets te doen." in _ways(shown["customer"])["email"]["text"]
    inbox = _ways(shown["employee"])["inbox"]
    assert "Ze hoeft niets te doen." in inbox["text"]
    assert inbox["title"] == "There is news about the question you passed on"
    assert "Ze hoeft" not in str(shown["customer"])


def test_a_note_is_shown_as_read_by_nobody_outside() -> None:
    assert _preview(factories.claimed(), **VERBS["note"]).json() == {
        "internal": True,
        "readings": [],
    }


def test_who_is_not_addressed_is_not_shown() -> None:
    request = factories.claimed()
    assert set(_readings(request, update=_update(audience=["employee"]))) == {"employee"}
    assert set(_readings(request, update=_update(audience=["customer"]))) == {"customer"}


def test_a_failing_address_is_said_before_it_is_written_to() -> None:
    request = factories.claimed()
    request.customer_unreachable("550")
    shown = _readings(request, update=_update())["customer"]
    assert not shown["gets"]
    assert "bereiken de klant niet" in shown["why_not"]
    assert set(_ways(shown)) == {"page"}


def test_what_the_customer_does_not_let_the_employee_read_is_said() -> None:
    request = factories.claimed(employee_sees=EmployeeSees.STEPS)
    update = _readings(request, update=_update())["employee"]
    assert not update["gets"]
    assert update["why_not"]
    solved = _readings(request, solve={"text": "De lijn is hersteld."})["employee"]
    assert solved["gets"]
    assert solved["beside"]
    assert "hersteld" not in str(solved["channels"])


def test_an_employee_who_left_is_said_to_get_nothing() -> None:
    request = factories.claimed()
    request.employee.deactivate()
    shown = _readings(request, update=_update())["employee"]
    assert (shown["gets"], shown["channels"]) == (False, [])
    assert request.employee.name in shown["why_not"]


def test_in_quiet_hours_it_is_said_when_the_push_comes() -> None:
    request = factories.claimed()
    _phone_of(request.employee)
    Preferences.objects.create(
        user=request.employee, quiet_from=time(0, 0), quiet_to=time(23, 59, 59)
    )
    shown = _ways(_readings(request, update=_update())["employee"])
    assert shown["push"]["after"]


def test_what_the_verb_would_refuse_the_preview_refuses() -> None:
    request = factories.claimed()
    request.solve(by=holder(request), text="Klaar.")
    assert_problem(_preview(request, update=_update()), 409, "not-now")
    request.forget_customer(by=Actor.customer())
    assert_problem(_preview(request, solve={"text": "Klaar."}), 409, "not-now")


# --- The verbs that are no reply ---


@pytest.fixture
def there() -> CustomerRequest:
    """Where a request of the same customer, passed on by somebody else, goes on."""
    return factories.claimed()


def _ends(there: CustomerRequest) -> CustomerRequest:
    return factories.claimed(
        by=make_person("Piet Smit"),
        topic=there.topic,
        agent=holder(there),
        customer_name="P. Jansen",
    )


def _unchanged(request: CustomerRequest, verb: dict[str, Any]) -> list[dict[str, Any]]:
    api, before = Api(holder(request)), _written()
    answer = api.post(f"/desk/requests/{request.pk}/preview", verb)
    assert answer.status_code == 200, answer.json()
    assert _written() == before
    readings: list[dict[str, Any]] = answer.json()["readings"]
    return readings


def _mail_of(readings: list[dict[str, Any]]) -> dict[str, Any]:
    return next(_ways(each)["email"] for each in readings if each["reader"] == "customer")


def _is_what_was_sent(shown: dict[str, Any]) -> None:
    sent = _sent("email")
    assert (sent.address, sent.title) == (shown["to"], shown["title"])
    assert LINK.sub("/t/…", sent.text.strip()) == LINK.sub("/t/…", shown["text"])


def test_a_step_that_moves_on_is_shown() -> None:
    request = factories.claimed()
    step, _new = request.plan_step(by=holder(request), id=uuid.uuid4(), title="Lijn meten")
    change = {"state": "done", "text": {"customer": "De lijn is goed."}}
    shown = _unchanged(request, {"step_change": {"step": str(step.pk), **change}})
    assert "De lijn is goed." in _mail_of(shown)["text"]
    Api(holder(request)).patch(f"/desk/requests/{request.pk}/steps/{step.pk}", change)
    _is_what_was_sent(_mail_of(shown))


def test_a_merge_is_shown_to_the_customer_and_to_the_employee_whose_request_ends(
    there: CustomerRequest,
) -> None:
    ends = _ends(there)
    shown = _unchanged(ends, {"merge": {"into": there.reference}})
    assert {each["name"] for each in shown} == {"P. Jansen", "Piet Smit"}
    assert there.reference in _mail_of(shown)["text"]
    Api(holder(ends)).post(f"/desk/requests/{ends.pk}/merge", {"into": there.reference})
    _is_what_was_sent(_mail_of(shown))
    apart = _unchanged(ends, {"unmerge": {}})
    Api(holder(ends)).post(f"/desk/requests/{ends.pk}/unmerge")
    _is_what_was_sent(_mail_of(apart))


def test_the_employee_of_what_was_merged_into_it_is_shown_too(there: CustomerRequest) -> None:
    ends = _ends(there)
    ends.merge(there, by=holder(there))
    shown = _unchanged(there, {"update": _update()})
    assert [(each["reader"], each["name"]) for each in shown] == [
        ("customer", there.customer_name),
        ("employee", there.employee.name),
        ("employee", "Piet Smit"),
    ]


def test_what_is_split_off_is_shown_with_a_reference_that_is_not_known_yet() -> None:
    request = factories.claimed()
    topic = factories.make_topic(factories.make_team("tv"), "tv")
    body = {"id": str(uuid.uuid4()), "topic": "tv", "question": "En de tv doet het ook niet."}
    shown = _unchanged(request, {"split": body})
    assert [(each["reader"], each["gets"]) for each in shown] == [
        ("customer", True),
        ("employee", True),
    ]
    assert "DHG-····-····" in _mail_of(shown)["text"]
    assert "DHG-" not in str(shown).replace("DHG-····-····", "")
    Api(holder(request)).post(f"/desk/requests/{request.pk}/split", body)
    made = CustomerRequest.objects.get(topic=topic)
    sent = _sent("email").text.replace(made.reference, "DHG-····-····")
    assert LINK.sub("/t/…", sent.strip()) == LINK.sub("/t/…", _mail_of(shown)["text"])


def test_a_better_address_is_shown_with_what_goes_there() -> None:
    request = factories.claimed()
    body = {"channel": "email", "email": "beter@example.org"}
    shown = _mail_of(_unchanged(request, {"contact": body}))
    assert shown["to"] == "beter@example.org"
    Api(holder(request)).put(f"/desk/requests/{request.pk}/customer", body)
    _is_what_was_sent(shown)


def test_passing_it_on_is_shown_on_the_page_and_the_note_is_not() -> None:
    request = factories.claimed()
    make_agent(make_team("mobiel", name="Mobiel"), "Joris Visser")
    shown = _unchanged(request, {"transfer": {"team": "mobiel", "note": "Lastig."}})
    customer = next(each for each in shown if each["reader"] == "customer")
    assert (customer["gets"], _ways(customer)["page"]["text"]) == (False, "Mobiel")
    assert "Lastig." not in str(shown)


def test_who_gets_it_is_told_as_was_shown() -> None:
    request = factories.claimed()
    fatima = make_agent(request.team, "Fatima Yilmaz")
    body = {"agent": str(fatima.pk)}
    shown = _mail_of(_unchanged(request, {"assign": body}))
    Api(holder(request)).post(f"/desk/requests/{request.pk}/assign", body)
    _is_what_was_sent(shown)


# --- And on the pages, also without a script ---


def _console(request: CustomerRequest) -> Client:
    return browser_of(holder(request))


PAGES: dict[str, dict[str, Any]] = {
    "step": {"title": "Lijn meten"},
    "split": {"topic": "tv", "question": "En de tv doet het ook niet."},
    "contact": {"channel": "email", "email": "beter@example.org"},
    "transfer": {"team": "mobiel", "note": "Voor jullie."},
}


@pytest.mark.parametrize("verb", PAGES)
def test_a_page_shows_what_goes_out_before_it_goes(verb: str) -> None:
    request = factories.claimed()
    factories.make_topic(factories.make_team("tv"), "tv")
    make_agent(make_team("mobiel", name="Mobiel"), "Joris Visser")
    browser, address = _console(request), f"/desk/{request.reference}/{verb}"
    assert 'name="preview"' in browser.get(address).content.decode()
    before = _written()
    fields = {"id": str(uuid.uuid4()), "version": str(request.version), **PAGES[verb]}
    html = browser.post(address, {**fields, "preview": "1"}).content.decode()
    assert "reading-customer" in html
    for value in PAGES[verb].values():
        assert value in html, "what was filled in is still there"
    part = browser.post(address, {**fields, "preview": "1"}, headers={"X-Part": "1"})
    assert "reading-customer" in part.content.decode()
    assert "<form" not in part.content.decode()
    assert _written() == before
    assert browser.post(address, fields).status_code == 303


def test_a_page_shows_what_a_step_that_moves_on_says() -> None:
    request = factories.claimed()
    step, _new = request.plan_step(by=holder(request), id=uuid.uuid4(), title="Lijn meten")
    address = f"/desk/{request.reference}/steps/{step.pk}"
    fields = {"state": "done", "text_customer": "De lijn is goed.", "preview": "1"}
    html = _console(request).post(address, fields).content.decode()
    assert "reading-customer" in html
    assert request.steps.get().state == "planned"


def test_what_is_chosen_to_merge_with_is_shown_first(there: CustomerRequest) -> None:
    ends = _ends(there)
    browser, address = _console(ends), f"/desk/{ends.reference}/merge"
    offered = browser.get(address).content.decode()
    assert f'name="preview" value="{there.reference}"' in offered
    html = browser.post(address, {"preview": there.reference}).content.decode()
    assert "reading-customer" in html
    assert f'name="into" value="{there.reference}"' in html
    ends.refresh_from_db()
    assert ends.merged_into is None


def test_taking_apart_asks_and_shows_first(there: CustomerRequest) -> None:
    ends = _ends(there)
    ends.merge(there, by=holder(there))
    browser, before = _console(ends), _written()
    html = browser.get(f"/desk/{ends.reference}/unmerge").content.decode()
    assert "reading-customer" in html
    assert _written() == before


@pytest.mark.parametrize("fields", [{"title": ""}, {"title": "x" * 2000}])
def test_what_is_not_filled_in_is_said_instead(fields: dict[str, str]) -> None:
    request = factories.claimed()
    address = f"/desk/{request.reference}/step"
    page = _console(request).post(address, {**fields, "preview": "1"})
    assert page.status_code == 422
    assert 'id="act_title_error"' in page.content.decode()
    part = _console(request).post(address, {**fields, "preview": "1"}, headers={"X-Part": "1"})
    assert part.status_code == 422
    assert "preview-no" in part.content.decode()


@pytest.mark.parametrize("body", [{}, {"solve": {"text": "a"}, "note": VERBS["note"]["note"]}])
def test_one_verb_at_a_time(body: dict[str, Any]) -> None:
    assert_problem(_preview(factories.claimed(), **body), 422, "invalid")


# --- A press without words ------------------------------------------------------------------------


def test_what_taking_it_sends_is_shown_from_beside_its_button_and_nothing_is_done() -> None:
    request = factories.submit()
    agent = make_agent(request.team)
    browser = Client()
    browser.force_login(agent)
    page = f"/desk/{request.reference}"
    assert f'href="{page}/claim"' in browser.get(page).content.decode()
    shown = browser.get(f"{page}/claim").content.decode()
    assert request.customer_email in shown
    assert f"{agent.first_name} gaat met uw vraag aan de slag." in shown
    assert f"{agent.first_name} is ermee aan de slag." in shown
    request.refresh_from_db()
    assert (request.status, request.entry_count) == ("received", 1)
    pressed = re.search(r'<form method="post" action="[^"]*/claim".*?</form>', shown, re.S)
    assert pressed
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', pressed[0]))
    assert browser.post(f"{page}/claim", fields).status_code == 303
    # What was shown is what was sent.
    title = Delivery.objects.filter(notification__kind="customer.claimed")
    assert title.count() == 1
    assert f'href="{page}/claim"' not in browser.get(page).content.decode()


@pytest.mark.parametrize("verb", ["release", "resume"])
def test_what_sends_nobody_a_message_says_so(verb: str) -> None:
    request = factories.waiting() if verb == "resume" else factories.claimed()
    browser = Client()
    browser.force_login(factories.holder(request))
    shown = browser.get(f"/desk/{request.reference}/{verb}").content.decode()
    assert shown.count("Krijgt geen bericht.") == 2
    assert not Notification.objects.filter(kind__endswith=f".{verb}d").exists()
