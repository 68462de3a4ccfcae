"""The desk's pages without a browser: who may come in, what they show, and what their forms do."""

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customer_requests.models import CustomerRequest, Status, Topic
from server.accounts.models import AuditEvent, Team, User
from tests import factories
from tests.clients import Api, browser_of, content_of
from tests.factories import make_agent, make_person, make_team, make_topic

pytestmark = pytest.mark.django_db


class Desk:
    """A team with Daan and Fatima, and a browser in which Daan is signed in."""

    def __init__(self) -> None:
        self.team: Team = make_team("internet", name="Internet en tv")
        self.topic: Topic = make_topic(self.team, "wifi", name_nl="Wifi")
        self.daan: User = make_agent(self.team, "Daan Bakker")
        self.fatima: User = make_agent(self.team, "Fatima El Idrissi")
        self.sanne: User = make_person("Sanne de Vries")
        self.browser = browser_of(self.daan)

    def submit(self, **facts: Any) -> CustomerRequest:
        return factories.submit(self.sanne, self.topic, **facts)

    def claimed(self, **facts: Any) -> CustomerRequest:
        request = self.submit(**facts)
        request.claim(by=self.daan)
        return request

    def page(self, request: CustomerRequest) -> str:
        return text_of(self.browser.get(f"/desk/{request.reference}"))

    def send(self, request: CustomerRequest, verb: str, **fields: Any) -> Any:
        """Send the verb's own form as the page gives it out, with these fields filled in."""
        address = f"/desk/{request.reference}/{verb}"
        given = hidden(self.browser.get(address))
        return self.browser.post(address, {**given, **fields})


def text_of(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[:2000]
    return str(response.content.decode())


def hidden(response: Any) -> dict[str, str]:
    """The hidden fields of the form on an act's page."""
    found = re.findall(
        r'<input type="hidden" name="(id|version)" value="([^"]+)"', text_of(response)
    )
    return dict(found)


def counts(html: str) -> dict[str, str]:
    found = re.findall(r'view=(\w+)"[^>]*><span>[^<]*</span> <span class="count">([^<]+)<', html)
    return dict(found)


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back() -> None:
    response = Client().get("/desk/?view=mine")
    assert response.status_code == 302
    assert response["Location"] == "/accounts/login/?next=/desk/%3Fview%3Dmine"


def test_who_is_in_no_team_hears_so_kindly() -> None:
    for role in ("editor", "admin", "manager"):
        page = browser_of(make_person(roles=[role])).get("/desk/")
        assert "De desk is voor supportteams" in text_of(page, 403)


def test_another_teams_request_is_not_to_be_found() -> None:
    desk = Desk()
    request = factories.submit()
    assert desk.browser.get(f"/desk/{request.reference}").status_code == 404
    assert desk.browser.post(f"/desk/{request.reference}/claim").status_code == 404


def test_no_page_of_the_desk_is_kept_by_a_cache() -> None:
    desk = Desk()
    request = desk.submit()
    for path in ("/desk/", f"/desk/{request.reference}", "/desk/DHG-0000-0000"):
        response = desk.browser.get(path)
        assert response["Cache-Control"] == "no-store"
        assert response["X-Robots-Tag"] == "noindex"


def test_each_view_counts_what_it_shows() -> None:
    desk = Desk()
    desk.submit()
    desk.claimed()
    factories.claimed(desk.sanne, desk.fatima, topic=desk.topic)
    waits = desk.claimed()
    waits.wait(by=desk.daan, on="customer", text="Welk lampje?")
    solved = desk.claimed()
    solved.solve(by=desk.daan, text="Klaar.")
    factories.submit()  # of another team
    html = text_of(desk.browser.get("/desk/"))
    assert counts(html) == {
        "mine": "2",
        "team": "4",
        "unassigned": "1",
        "soon": "3",
        "waiting": "1",
        "solved": "1",
        "all": "5",
    }
    for view, count in counts(html).items():
        shown = text_of(desk.browser.get(f"/desk/?view={view}"))
        assert shown.count('class="row ') == int(count), view


def test_a_request_shows_everything_and_that_i_looked_is_recorded() -> None:
    desk = Desk()
    request = desk.claimed(question="Geen internet <script>alert(1)</script>")
    page = desk.page(request)
    assert "Mevrouw Jansen" in page
    assert "jansen@example.org" in page
    assert "Sanne de Vries" in page
    assert "<script>alert" not in page
    looked = AuditEvent.objects.get(actor=desk.daan, action="customer-details-seen")
    assert looked.subject_id == request.pk


@pytest.mark.parametrize(
    ("verb", "fields", "status"),
    [
        ("release", {}, Status.RECEIVED),
        ("wait", {"on": "customer", "text": "Welk lampje?"}, Status.WAITING),
        ("solve", {"text": "De lijn is hersteld."}, Status.SOLVED),
        ("note", {"text": "Lijn gemeten."}, Status.IN_PROGRESS),
        ("update", {"text": "We zijn bezig.", "audience": ["customer"]}, Status.IN_PROGRESS),
        ("step", {"title": "Lijn meten", "expected_at": "2027-03-01T14:00"}, Status.IN_PROGRESS),
        ("contact", {"channel": "email", "email": "nieuw@example.org"}, Status.IN_PROGRESS),
    ],
)
def test_a_verb_works_from_its_form_and_a_second_press_changes_nothing(
    verb: str, fields: dict[str, Any], status: str
) -> None:
    desk = Desk()
    request = desk.claimed()
    address = f"/desk/{request.reference}/{verb}"
    given = {**hidden(desk.browser.get(address)), **fields}
    for _press in range(2):
        assert desk.browser.post(address, given).status_code == 303
    request.refresh_from_db()
    assert request.status == status
    assert request.entries.count() == 3  # passed on, taken up, and this


def test_a_transfer_needs_a_note_and_says_so_at_the_field() -> None:
    desk = Desk()
    make_agent(make_team("mobiel", name="Mobiel"), "Joris Visser")
    request = desk.claimed()
    page = text_of(desk.send(request, "transfer", team="mobiel", note=""), 422)
    assert 'id="act_note_error"' in page
    address = f"/desk/{request.reference}/transfer"
    given = {**hidden(desk.browser.get(address)), "team": "mobiel", "note": "Voor jullie."}
    done = desk.browser.post(address, given)
    # It has left this desk: back to the queue, which says so.
    assert (done.status_code, done["Location"]) == (303, "/desk/")
    request.refresh_from_db()
    assert request.team.slug == "mobiel"
    assert "Het andere team heeft de vraag nu" in text_of(desk.browser.get("/desk/"))
    twice = desk.browser.post(address, given)
    assert (twice.status_code, twice["Location"]) == (303, "/desk/")
    assert desk.browser.post(address, {**given, "id": str(uuid.uuid4())}).status_code == 404


def test_a_topic_that_is_gone_gives_an_empty_queue() -> None:
    desk = Desk()
    desk.submit()
    for view in ("team", "mine", "all"):
        assert "nothing-title" in text_of(desk.browser.get(f"/desk/?view={view}&topic=zzz"))
    assert Api(desk.daan).get("/desk/requests?topic=zzz").json() == {"items": [], "next": None}


def test_giving_it_to_a_colleague_and_taking_it_that_is_too_late() -> None:
    desk = Desk()
    request = desk.submit()
    assert desk.send(request, "assign", agent=str(desk.fatima.pk)).status_code == 303
    page = text_of(desk.send(request, "claim"), 409)
    assert "Fatima El Idrissi" in page
    # Somebody has it: there is nothing left to press but the way back to it.
    assert 'type="submit">Oppakken' not in page
    assert "Bekijk de vraag zoals die nu is" in page


def test_an_old_tab_hears_what_changed_and_keeps_its_words() -> None:
    desk = Desk()
    request = desk.claimed()
    address = f"/desk/{request.reference}/solve"
    given = hidden(desk.browser.get(address))
    request.note(by=desk.fatima, id=uuid.uuid4(), text="Wacht even.")
    page = text_of(desk.browser.post(address, {**given, "text": "Mijn hele verhaal."}), 412)
    assert "Mijn hele verhaal." in page
    again = {**hidden_in(page), "text": "Mijn hele verhaal."}
    assert desk.browser.post(address, again).status_code == 303


def hidden_in(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="(id|version)" value="([^"]+)"', html))


def test_a_session_that_ended_costs_no_words() -> None:
    desk = Desk()
    request = desk.claimed()
    told = {"text": "Een heel lang verhaal dat niet weg mag zijn."}
    page = text_of(Client().post(f"/desk/{request.reference}/note", told), 401)
    assert told["text"] in page
    assert not request.entries.filter(kind="note").exists()


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "HX-Target": "request"}])
def test_a_request_that_went_to_another_team_costs_no_words(headers: dict[str, str]) -> None:
    desk = Desk()
    request = factories.submit()
    told = {"text": "Een heel lang verhaal dat niet weg mag zijn.", "text_employee": "Ja, dat kan."}
    answer = desk.browser.post(f"/desk/{request.reference}/update", told, headers=headers)
    page = text_of(answer, 404)
    assert re.findall(r"readonly>\n([^<]+)<", page) == list(told.values())
    # There it can't be sent any more, only copied.
    assert "<form" not in page.partition("Niet bij jouw teams</h1>")[2].partition("</main>")[0]


def test_leaving_the_team_costs_no_words_and_is_no_session_that_ended() -> None:
    desk = Desk()
    request = desk.claimed()
    told = {"text": "Een heel lang verhaal dat niet weg mag zijn."}
    answer = browser_of(desk.sanne).post(f"/desk/{request.reference}/note", told)
    assert told["text"] in text_of(answer, 403)
    assert answer["X-Refused"] == "no-team"


def test_far_too_much_text_is_refused_with_the_text_kept() -> None:
    desk = Desk()
    request = desk.claimed()
    page = text_of(desk.send(request, "note", text="a" * 1_000_000), 422)
    assert "a" * 1_000_000 in page
    assert "10000" in page


def test_a_file_comes_as_an_attachment_and_opening_it_is_recorded() -> None:
    desk = Desk()
    request = desk.submit()
    from customer_requests.models.life import Actor
    from tests.test_query_counts import UPLOAD

    file, _new = request.attach(by=Actor.employee(desk.sanne), id=uuid.uuid4(), upload=UPLOAD)
    address = f"/desk/{request.reference}/files/{file.pk}"
    assert address in desk.page(request)
    response = desk.browser.get(address)
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert content_of(response) == b"x"
    assert AuditEvent.objects.filter(action="file-opened", subject_id=file.pk).exists()


def test_filters_stand_in_the_address_and_nonsense_is_left_out() -> None:
    desk = Desk()
    other = make_topic(desk.team, "tv")
    wifi, tv = desk.submit(), factories.submit(desk.sanne, other)
    page = text_of(desk.browser.get("/desk/?topic=tv"))
    assert tv.reference in page
    assert wifi.reference not in page
    for nonsense in (
        "view=x",
        "cursor=x",
        "order=x",
        "status=x",
        "assignee=%00",
        "assignee=x",
        "limit=9999",
    ):
        assert wifi.reference in text_of(desk.browser.get(f"/desk/?{nonsense}"))


def test_the_queue_goes_on_from_page_to_page() -> None:
    desk = Desk()
    every = {desk.submit().reference for _ in range(35)}
    first = text_of(desk.browser.get("/desk/"))
    following = re.search(r'href="([^"]+)" rel="next"', first)
    assert following is not None
    second = text_of(desk.browser.get(following.group(1).replace("&amp;", "&")))
    shown = [re.findall(r'data-reference="([^"]+)"', page) for page in (first, second)]
    assert [len(page) for page in shown] == [30, 5]
    assert set(shown[0]) | set(shown[1]) == every


def test_times_are_the_agents_own() -> None:
    desk = Desk()
    desk.daan.time_zone = "America/New_York"
    desk.daan.save()
    request = desk.claimed()
    sent = {"title": "Monteur", "expected_at": "2027-03-01T14:00"}
    assert desk.send(request, "step", **sent).status_code == 303
    moment = request.steps.get().expected_at
    assert moment is not None
    assert moment.isoformat() == "2027-03-01T19:00:00+00:00"


# At most 12 whatever there is on it (tests/test_desk_costs.py); these are bare ones.
QUERIES_MOST = {"queue": 5, "panel": 7, "request": 9}


@pytest.mark.thorough
@pytest.mark.parametrize("what", QUERIES_MOST)
def test_a_page_costs_as_many_queries_at_a_hundred_requests_as_at_one(
    what: str, django_capture_on_commit_callbacks: Any
) -> None:
    desk = Desk()
    request = desk.claimed()
    path = "/desk/" if what == "queue" else f"/desk/{request.reference}"
    headers = {"HX-Request": "true", "HX-Target": "request"} if what == "panel" else {}

    def cost() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            desk.browser.get(path, headers=headers)  # what is remembered is remembered now
        with CaptureQueriesContext(connection) as queries:
            assert desk.browser.get(path, headers=headers).status_code == 200
        return len(queries)

    one = cost()
    for number in range(99):
        desk.submit(customer_name=f"Klant {number}")
    request.plan_step(by=desk.daan, id=uuid.uuid4(), title="Lijn meten")
    request.note(by=desk.daan, id=uuid.uuid4(), text="Rood lampje.")
    assert cost() == one
    assert one <= QUERIES_MOST[what]


def test_an_open_page_gets_only_the_panel() -> None:
    desk = Desk()
    request = desk.claimed()
    headers = {"HX-Request": "true", "HX-Target": "request"}
    page = text_of(desk.browser.get(f"/desk/{request.reference}", headers=headers))
    assert "Mevrouw Jansen" in page
    assert "<html" not in page
    assert 'id="queue"' not in page


def test_what_lies_over_a_request_leaves_its_address_as_it_is() -> None:
    desk = Desk()
    request = desk.claimed()
    over = {"HX-Request": "true", "HX-Target": "act-body"}
    for name in ("texts", "priority", "transfer"):
        answer = desk.browser.get(f"/desk/{request.reference}/{name}", headers=over)
        assert (answer.status_code, answer["HX-Push-Url"]) == (200, "false"), name


def test_a_search_that_finds_nothing_says_what_was_sought_and_where() -> None:
    desk = Desk()
    page = text_of(desk.browser.get("/desk/?q=nergens"))
    assert "Niets gevonden voor “nergens”" in page
    assert "vragen van je teams" in page
    assert "Niets past bij deze filters" in text_of(desk.browser.get("/desk/?priority=high"))


def test_an_open_page_hears_that_the_session_has_ended() -> None:
    response = Client().get("/desk/", headers={"HX-Request": "true", "HX-Target": "request"})
    assert response.status_code == 401


def test_a_refusal_in_an_open_page_is_a_dialog_over_it() -> None:
    desk = Desk()
    request = desk.claimed()
    headers = {"HX-Request": "true", "HX-Target": "request"}
    response = desk.browser.post(f"/desk/{request.reference}/solve", {"text": ""}, headers=headers)
    assert response.status_code == 422
    assert response["HX-Retarget"] == "#act-body"
    assert "<html" not in response.content.decode()


def test_a_form_whose_token_has_ended_shows_its_words_again() -> None:
    desk = Desk()
    request = desk.claimed()
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(desk.daan)
    told = {"text": "Een heel lang verhaal dat niet weg mag zijn.", "csrfmiddlewaretoken": "oud"}
    address = f"/desk/{request.reference}/note"
    here, elsewhere = {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "cross-site"}
    page = text_of(browser.post(address, told, headers=here), 403)
    assert told["text"] in page
    assert told["text"] not in text_of(browser.post(address, told, headers=elsewhere), 403)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    again = {"text": told["text"], "csrfmiddlewaretoken": token.group(1), **hidden_in(page)}
    assert browser.post(address, {**again, "id": str(uuid.uuid4())}).status_code == 303


def test_more_than_a_form_can_hold_is_refused_in_words() -> None:
    desk = Desk()
    request = desk.claimed()
    address = f"/desk/{request.reference}/note"
    body = "text=" + "a" * 3_000_000
    sent = desk.browser.post(address, body, content_type="application/x-www-form-urlencoded")
    assert "Te groot" in text_of(sent, 413)


def test_the_rules_of_a_password_are_told_to_an_employee_as_everything_else_is() -> None:
    page = text_of(Desk().browser.get("/accounts/password/set/"))
    assert "Je wachtwoord moet minstens 12 tekens hebben." in page
    assert "Uw wachtwoord" not in page


def test_the_look_is_kept_in_the_browser_and_only_known_words_are() -> None:
    desk = Desk()
    chosen = {"theme": "dark", "density": "compact"}
    back = desk.browser.post(
        "/desk/look", chosen, headers={"Referer": "http://testserver/desk/?view=all"}
    )
    assert back["Location"] == "/desk/?view=all"
    page = text_of(desk.browser.get("/desk/"))
    assert 'data-theme="dark" data-density="compact"' in page
    desk.browser.post("/desk/look", {"theme": "x", "density": ""})
    page = text_of(desk.browser.get("/desk/"))
    assert "data-theme" not in page


def test_letter_keys_go_off_and_stay_off_whatever_else_is_chosen() -> None:
    desk = Desk()
    assert "data-keys" not in text_of(desk.browser.get("/desk/"))
    desk.browser.post("/desk/look", {"theme": "", "density": "", "keys": "nokeys"})
    page = text_of(desk.browser.get("/desk/"))
    assert 'data-keys="off"' in page
    assert "staan uit" in page, "the list of keys says so"
    # A console that does not ask about keys leaves them as they are.
    desk.browser.post("/desk/look", {"theme": "dark", "density": ""})
    page = text_of(desk.browser.get("/desk/"))
    assert 'data-theme="dark"' in page
    assert 'data-keys="off"' in page
    desk.browser.post("/desk/look", {"theme": "dark", "density": "", "keys": ""})
    assert "data-keys" not in text_of(desk.browser.get("/desk/"))


def test_the_front_page_leads_agents_to_the_desk_and_nobody_else() -> None:
    desk = Desk()
    assert 'href="/desk/"' in text_of(desk.browser.get("/"))
    assert 'href="/desk/"' not in text_of(browser_of(desk.sanne).get("/"))


def test_hostile_names_and_questions_stay_text_everywhere() -> None:
    desk = Desk()
    nasty = "<img src=x onerror=alert(1)>\"'</textarea><script>alert(2)</script>"
    request = desk.claimed(customer_name=nasty[:120], question=nasty)
    request.note(by=desk.daan, id=uuid.uuid4(), text=nasty)
    request.plan_step(by=desk.daan, id=uuid.uuid4(), title=nasty[:120])
    step = request.steps.get()
    for path in ("", "/assign", "/note", "/step", f"/steps/{step.pk}"):
        page = text_of(desk.browser.get(f"/desk/{request.reference}{path}"))
        assert "<img src=x" not in page
        assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("verb", "needed", "optional"),
    [
        ("update", {"text"}, {"text_employee"}),
        ("solve", {"text"}, {"text_employee"}),
        ("step", {"title"}, {"expected_at", "text", "text_employee"}),
        ("contact", {"channel", "email", "phone"}, set()),
    ],
)
def test_only_what_may_stay_empty_is_called_optional(
    verb: str, needed: set[str], optional: set[str]
) -> None:
    desk = Desk()
    request = desk.claimed()
    page = desk.browser.post(f"/desk/{request.reference}/{verb}", {"id": uuid.uuid4()})
    labels = _labels(page.content.decode())
    assert {name for name in needed if labels[name]} == set()
    assert {name for name in optional if labels[name]} == optional


def _labels(html: str) -> dict[str, bool]:
    """Of each field in a dialog whether its label says that it is optional."""
    labels = re.findall(r'<label for="(?:act_|id_)?(\w+?)(?:_\d)?">([^\n]*)', html)
    return {name: "niet verplicht" in words for name, words in labels}


@pytest.mark.parametrize(
    ("language", "said"), [("nl", "Schrijf hier iets."), ("en", "Write something here.")]
)
def test_a_text_that_is_not_there_is_not_called_short(language: str, said: str) -> None:
    desk = Desk()
    User.objects.update(language=language)
    request = desk.claimed()
    sent = {"id": uuid.uuid4(), "text": "  ", "audience": ["customer"]}
    for verb in ("update", "solve"):
        page = desk.browser.post(f"/desk/{request.reference}/{verb}", sent).content.decode()
        assert said in page
        assert "te kort" not in page
        assert "too short" not in page
