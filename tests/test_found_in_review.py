"""What a second pair of eyes found, kept from coming back; each test says what went wrong."""

import re
import time
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone
from pytest_django.fixtures import Settings

from customer_requests import clock
from customer_requests.desk.bulk_schemas import BulkIn
from customer_requests.models import (
    Announced,
    BulkAction,
    CustomerRequest,
    DayFigures,
    Entry,
    EntryKind,
    KnownProblem,
    Macro,
    TrackingLink,
)
from customer_requests.models.life import Actor
from customer_requests.problems import NotYours
from customer_requests.stems import tokens
from notifications import drain
from notifications.channels import Result, Verdict
from notifications.models import Delivery, DeliveryState, Device, KeptCopy, Notification
from server.accounts.models import AuditEvent, TeamMember
from server.middleware import AROUND_A_FILE
from server.problems import Forbidden, NotFound
from tests.clients import Api, browser_of
from tests.factories import (
    claimed,
    closed,
    holder,
    make_agent,
    make_person,
    make_staffed_team,
    make_team,
    make_topic,
    solved,
    submit,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.thorough]


def deliver() -> None:
    while drain.send_due():
        pass


def long_closed() -> CustomerRequest:
    request = closed()
    CustomerRequest.objects.filter(pk=request.pk).update(
        closed_at=timezone.now() - timedelta(days=20)
    )
    return request


def test_a_customer_who_opens_a_follow_up_is_sent_its_link() -> None:
    follow_up = long_closed().reopen(by=Actor.customer(), reason="Weer stuk.")
    deliver()
    copy = KeptCopy.objects.get(subject_id=follow_up.pk, channel="email")
    assert follow_up.reference in copy.title
    assert TrackingLink.objects.filter(request=follow_up).count() == 1


def test_a_follow_up_that_ended_makes_room_for_another() -> None:
    request = long_closed()
    first = request.reopen(by=Actor.customer(), reason="Weer stuk.")
    assert request.reopen(by=Actor.employee(request.employee), reason="Ja.").pk == first.pk
    first.withdraw(by=Actor.customer(), reason="Toch niet.")
    second = request.reopen(by=Actor.customer(), reason="Nu echt.")
    assert (second.pk != first.pk, second.status) == (True, "received")


def test_not_me_also_erases_what_follows() -> None:
    request = long_closed()
    follow_up = request.reopen(by=Actor.customer(), reason="Weer stuk.")
    request.forget_customer(by=Actor.customer())
    follow_up.refresh_from_db()
    assert (follow_up.customer_email, follow_up.erased_at is not None) == ("", True)


def test_the_agent_hears_that_a_request_was_erased() -> None:
    request = claimed()
    request.erase(by=Actor.customer())
    told = Notification.objects.filter(user=holder(request), kind="agent.erased")
    assert told.count() == 1


def test_words_stay_with_who_said_them() -> None:
    request = claimed()
    daan = holder(request)
    request.update(by=daan, id=uuid.uuid4(), audience=["employee"], text_employee="Van Daan.")
    request.release(by=daan)
    request.claim(by=make_agent(request.team, "Fatima Yilmaz"))
    inbox = Api(request.employee).get("/inbox").json()["items"]
    said = next(item["text"] for item in inbox if "Van Daan." in item["text"])
    assert "Daan schrijft" in said


def test_who_looked_before_a_transfer_cannot_claim_after_it() -> None:
    request = claimed()
    before = CustomerRequest.objects.get(pk=request.pk)
    colleague = make_agent(request.team, "Fatima Yilmaz")
    request.transfer(make_staffed_team(), "Voor jullie.", by=holder(request))
    with pytest.raises(NotFound):
        before.claim(by=colleague)
    assert CustomerRequest.objects.get(pk=request.pk).agent is None


def test_who_left_the_team_is_told_nothing_more() -> None:
    request = claimed()
    left = holder(request)
    TeamMember.objects.filter(user=left).delete()
    request.message(by=Actor.customer(), id=uuid.uuid4(), text="Mijn pincode is geheim.")
    assert not Notification.objects.filter(user=left, kind="agent.message").exists()


def test_what_somebody_held_who_left_can_be_claimed() -> None:
    request = claimed()
    holder(request).deactivate()
    colleague = make_agent(request.team, "Fatima Yilmaz")
    request.claim(by=colleague)
    assert holder(request) == colleague


def test_a_late_unregistered_leaves_a_phone_its_new_token() -> None:
    sanne = make_person()
    phone: dict[str, Any] = {"user": sanne, "installation_id": "phone", "platform": "android"}
    Device.register(token="old-token", **phone)
    request = submit(by=sanne)
    request.claim(by=make_agent(request.team))
    push = Delivery.objects.select_related("device").get(channel="push")
    Device.register(token="new-token", **phone)
    drain._settle(push, Result(Verdict.NOBODY, reason="UNREGISTERED", drop_device=True))
    assert Device.objects.get().token == "new-token"


def test_a_link_goes_to_the_address_that_the_customer_has_now() -> None:
    request = submit()
    stale = CustomerRequest.objects.get(pk=request.pk)
    details = {"name": "J", "phone": "", "channel": "email", "language": "nl"}
    request.correct_details(email="nieuw@example.org", employee_sees="updates", **details)
    TrackingLink.mint(stale)
    assert stale.customer_email == "nieuw@example.org"


def test_an_outage_of_ours_is_not_the_address_of_the_customer() -> None:
    request = submit()
    mail = Delivery.objects.select_related("notification").get(channel="email")
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=4))
    mail.refresh_from_db()
    drain._settle(mail, Result(Verdict.RETRY, reason="ConnectionRefusedError"))
    assert Delivery.objects.get(pk=mail.pk).state == DeliveryState.DEAD
    request.refresh_from_db()
    assert request.customer_failing is False


def test_without_a_mail_server_at_scale_mail_waits_and_is_not_called_sent(
    settings: Settings,
) -> None:
    settings.EMBEDDED = False
    submit()
    drain.send_due()
    mail = Delivery.objects.get(channel="email")
    assert (mail.state, mail.last_error) == (DeliveryState.QUEUED, "EMAIL_URL is not set")


def test_whoever_gets_the_customer_in_full_is_recorded() -> None:
    request = claimed()
    colleague = make_agent(request.team, "Fatima Yilmaz")
    Api(colleague).post(f"/desk/requests/{request.pk}/assign", {"agent": str(holder(request).pk)})
    seen = AuditEvent.objects.filter(actor=colleague, action="customer-details-seen")
    assert seen.get().subject_id == request.pk


def test_the_same_step_with_the_same_words_is_told_once() -> None:
    request = claimed()
    desk, base = Api(holder(request)), f"/desk/requests/{request.pk}/steps"
    step = str(uuid.uuid4())
    desk.post(base, {"id": step, "title": "Meten"})
    change = {"state": "done", "text": {"customer": "Gemeten."}}
    assert desk.patch(f"{base}/{step}", change).status_code == 200
    assert desk.patch(f"{base}/{step}", change).status_code == 200
    assert Entry.objects.filter(request=request, kind=EntryKind.STEP).count() == 2


def test_a_word_to_the_employee_alone_is_no_first_response() -> None:
    request = claimed()
    words: dict[str, Any] = {"audience": ["employee"], "text_employee": "Ik kijk."}
    request.update(by=holder(request), id=uuid.uuid4(), **words)
    request.refresh_from_db()
    assert request.first_response_at is None


def test_a_phone_that_repeats_an_erased_question_is_not_stuck() -> None:
    sanne, topic = make_person(), make_topic()
    key = uuid.uuid4()
    submit(sanne, topic, id=key).erase(by=Actor.customer())
    body = {
        "id": str(key),
        "topic": topic.slug,
        "question": "Mijn buurvrouw heeft sinds maandag geen internet.",
        "customer": {"name": "Mevrouw Jansen", "email": "jansen@example.org", "channel": "email"},
        "customer_agrees": True,
    }
    assert Api(sanne).post("/requests", body).status_code == 200


def test_the_desk_reads_the_rating_as_it_is_now() -> None:
    request = closed()
    request.rate(score=1, text="Traag.")
    request.rate(score=5, text="Toch goed.")
    shown = Api(holder(request)).get(f"/desk/requests/{request.pk}").json()
    assert (shown["rating"]["score"], shown["rating"]["text"]) == (5, "Toch goed.")


def test_a_telephone_number_is_found_however_it_is_typed() -> None:
    topic = make_topic()
    agent = make_agent(topic.team)
    number: dict[str, Any] = {"customer_channel": "sms", "customer_phone": "+31612345678"}
    request = submit(topic=topic, customer_email="", **number)
    found = Api(agent).get("/desk/requests?q=06%2012345678").json()["items"]
    assert [item["reference"] for item in found] == [request.reference]


def test_a_full_disk_is_said_and_leaves_nothing(settings: Settings) -> None:
    request = submit()
    settings.MEDIA_ROOT.parent.joinpath("files").write_text("a file where the folder should be")
    from tests.clients import photo

    answer = Api(request.employee).upload(f"/requests/{request.pk}/attachments", photo())
    assert (answer.status_code, answer["Retry-After"]) == (503, "60")
    assert not Entry.objects.filter(request=request, kind=EntryKind.FILE).exists()


def test_a_body_that_is_far_too_large_is_refused_before_it_is_read(settings: Settings) -> None:
    settings.PACKAGE_MAX_BYTES = 1000
    request = submit()
    sent = b"x" * (1000 + AROUND_A_FILE)
    answer = Api(request.employee).upload(f"/requests/{request.pk}/attachments", sent)
    assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large")


def long_ago(request: CustomerRequest, days: int = 20, **moments: Any) -> CustomerRequest:
    then = timezone.now() - timedelta(days=days)
    moments = dict.fromkeys(["created_at", *moments], then)
    CustomerRequest.objects.filter(pk=request.pk).update(**moments)
    return CustomerRequest.objects.get(pk=request.pk)


def done_in_bulk(desk: Api, **act: Any) -> BulkAction:
    sent = {"id": str(uuid.uuid4()), **act}
    answer = desk.post("/desk/bulk", sent)
    assert answer.status_code == 201, answer.content
    BulkAction.objects.filter(pk=sent["id"]).update(due=timezone.now())
    BulkAction.run_due()
    return BulkAction.objects.get(pk=sent["id"])


@pytest.mark.parametrize("line", ["a.", "__", "..", "a-"])
def test_a_line_of_dots_is_read_at_once(line: str) -> None:
    begin = time.process_time()
    list(tokens(line * 20_000))  # took a minute: each sign was tried as the start of an address
    assert time.process_time() - begin < 2
    words = [token.word for token in tokens(f"{line} jan.jansen@example.org.")]
    assert words[-5:] == ["jan.jansen@example.org", "jan", "jansen", "example", "org"]


@pytest.mark.parametrize("asked", [{"q": "router"}, {"status": "solved", "topic": "wifi"}])
def test_all_of_a_filter_is_more_than_its_first_page(asked: dict[str, str]) -> None:
    team = make_team()
    topic, daan = make_topic(team, "wifi"), make_agent(team)
    wanted = [solved(topic=topic, agent=daan, question="De router doet niets.") for _ in range(4)]
    sent = {"id": str(uuid.uuid4()), "filter": {**asked, "limit": 1}, "note": {"text": "x"}}
    picked = BulkIn.model_validate(sent).picked(daan)
    assert {pk for pk, _version in picked} == {request.pk for request in wanted}


def test_solving_many_tells_the_employee_in_the_employees_own_words() -> None:
    team = make_team()
    daan = make_agent(team)
    request = claimed(topic=make_topic(team), agent=daan)
    words = {"text": "Uw lijn werkt weer.", "text_employee": "De lijn van je buurvrouw werkt weer."}
    picked = [{"id": str(request.pk), "version": request.version}]
    done_in_bulk(Api(daan), requests=picked, solve=words)
    said = request.entries.get(kind=EntryKind.SOLVED)
    assert said.text_employee == "De lijn van je buurvrouw werkt weer."


def test_passing_many_on_keeps_the_topic_that_was_chosen_and_undoing_gives_it_back() -> None:
    team, other = make_team(), make_team("mobiel")
    topic, new, daan = make_topic(team), make_topic(other, "bellen"), make_agent(team)
    make_agent(other, "Joris Visser")
    request = claimed(topic=topic, agent=daan)
    act = {"team": "mobiel", "note": "Voor jullie.", "topic": "bellen"}
    done = done_in_bulk(Api(daan), requests=[{"id": str(request.pk)}], transfer=act)
    request.refresh_from_db()
    assert (request.team, request.topic) == (other, new)
    done.undo()
    BulkAction.run_due()
    request.refresh_from_db()
    assert (request.team, request.topic, request.agent) == (team, topic, daan)


@pytest.mark.parametrize("version", [0, 2**31])
def test_a_version_that_no_request_has_is_refused(version: int) -> None:
    request = claimed()
    sent = {
        "id": str(uuid.uuid4()),
        "requests": [{"id": str(request.pk), "version": version}],
        "note": {"text": "x"},
    }
    assert Api(holder(request)).post("/desk/bulk", sent).status_code == 422


def test_the_figures_follow_a_transfer_that_was_taken_back() -> None:
    team, other = make_team(), make_team("mobiel")
    daan = make_agent(team)
    make_agent(other, "Joris Visser")
    request = long_ago(claimed(topic=make_topic(team), agent=daan))
    act = {"team": "mobiel", "note": "Voor jullie."}
    done = done_in_bulk(Api(daan), requests=[{"id": str(request.pk)}], transfer=act)
    DayFigures.count_due()
    assert DayFigures.objects.get().team == other
    done.undo()
    BulkAction.run_due()
    DayFigures.count_due()
    assert DayFigures.objects.get().team == team


def problem_of(request: CustomerRequest) -> KnownProblem:
    agent = holder(request) if request.agent else make_agent(request.team)
    made, _new = KnownProblem.note_down(
        by=agent, id=uuid.uuid4(), title="Storing", words="Kabel.", team=request.team, topic=None
    )
    request.put_under(made, by=agent)
    return made


TO_ALL = {
    "customer_nl": "De kabel is hersteld.",
    "customer_en": "The cable is mended.",
    "employee_nl": "De kabel is hersteld.",
    "employee_en": "The cable is mended.",
}


def test_a_solution_that_was_taken_back_is_no_longer_in_the_figures() -> None:
    request = claimed()
    problem = problem_of(request)
    by = holder(request)
    problem.announce(by=by, id=uuid.uuid4(), solves=True, texts=TO_ALL)
    clock.tell_of_problems()
    request = long_ago(request, 5, first_solved_at=None, solved_at=None)
    DayFigures.count_due()
    assert sum(len(row.solutions) for row in DayFigures.objects.all()) == 1
    problem.undo_solved(by=by)
    clock.tell_of_problems()
    DayFigures.count_due()
    assert sum(len(row.solutions) for row in DayFigures.objects.all()) == 0


def test_one_request_that_the_database_refuses_holds_up_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = submit()
    problem = problem_of(bad)
    good = submit(topic=bad.topic)
    agent = make_agent(bad.team)
    good.put_under(problem, by=agent)
    problem.announce(by=agent, id=uuid.uuid4(), solves=False, texts=TO_ALL)
    rightly = CustomerRequest.hear

    def hear(request: CustomerRequest, *given: Any) -> None:
        if request.pk == bad.pk:
            raise IntegrityError("a constraint says no")
        rightly(request, *given)

    monkeypatch.setattr(CustomerRequest, "hear", hear)
    clock.tell_of_problems()
    outcomes = dict(Announced.objects.values_list("request", "outcome"))
    assert outcomes == {bad.pk: "failed", good.pk: "told"}


def test_nothing_is_split_off_to_a_team_that_takes_no_new_work() -> None:
    request = claimed()
    closed_topic = make_topic(make_team("oud", is_active=False), "oud")
    part = {"id": str(uuid.uuid4()), "topic": closed_topic.slug, "question": "En dit?"}
    answer = Api(holder(request)).post(f"/desk/requests/{request.pk}/split", part)
    assert answer.status_code == 422


@pytest.mark.parametrize("asked_at", ["whole", "part"])
def test_who_asks_to_be_forgotten_is_forgotten_in_what_was_split_off_too(asked_at: str) -> None:
    whole = claimed()
    agent, topic = holder(whole), make_topic(whole.team)
    part, _new = whole.split(by=agent, id=uuid.uuid4(), topic=topic, question="En dit?")
    related = submit(topic=topic)
    whole.link(related, by=agent)
    {"whole": whole, "part": part}[asked_at].forget_customer(by=Actor.customer())
    erased = CustomerRequest.objects.exclude(erased_at=None)
    assert {request.pk for request in erased} == {whole.pk, part.pk}


def test_a_macro_that_was_rewritten_since_it_was_read_sends_nothing() -> None:
    request = claimed()
    macro = Macro(team=request.team, name="Ontvangen", customer_nl="We kijken ernaar.")
    macro.save()
    browser = browser_of(holder(request))
    page = browser.get(f"/desk/{request.reference}/texts").content.decode()
    form = page.partition(f"/macros/{macro.pk}")[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
    Macro.objects.update(customer_nl="We bellen u vandaag.", version=2)
    address = f"/desk/{request.reference}/macros/{macro.pk}"
    assert browser.post(address, fields).status_code in {409, 412}
    assert not request.entries.filter(kind=EntryKind.UPDATE).exists()
    fields["macro_version"] = "2"
    assert browser.post(address, fields).status_code == 303
    assert request.entries.get(kind=EntryKind.UPDATE).text_customer == "We bellen u vandaag."


def test_who_is_made_an_agent_in_the_middle_of_a_call_leads_no_more() -> None:
    # The role that the call came with was believed until the next call.
    request = claimed()
    els = make_agent(request.team, "Els Prins", role="lead")
    assert els.leads(request.team_id)
    TeamMember.objects.filter(user=els).update(role="agent")
    with pytest.raises(NotYours):
        request.release(by=els)
    with pytest.raises(NotYours):
        request.assign(els, by=els)
    assert CustomerRequest.objects.get().agent == holder(request)


def test_who_left_the_team_in_the_middle_of_a_call_says_nothing_to_all() -> None:
    team = make_team()
    daan = make_agent(team)
    problem, _new = KnownProblem.note_down(
        by=daan, id=uuid.uuid4(), title="Storing", words="Kabel.", team=team, topic=None
    )
    TeamMember.objects.all().delete()
    words = {"customer_nl": "Het is over.", "employee_nl": "Het is over."}
    with pytest.raises(Forbidden):
        problem.announce(by=daan, id=uuid.uuid4(), solves=False, texts=words)
    assert not problem.announcements.exists()
