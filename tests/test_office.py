"""The back office: who comes in, what can be set up, what is refused, and what is remembered."""

import re
import uuid
from datetime import time, timedelta
from functools import partial
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings
from unfold.utils import convert_color

from customer_requests.models import Topic
from customer_requests.models.canned import CannedText
from customer_requests.models.macros import Macro
from server.accounts.models import (
    AuditEvent,
    AuditSeal,
    ClosingDay,
    CompanyLook,
    Department,
    RoleName,
    Skill,
    Team,
    User,
    seals,
)
from server.look import contrast, look_facts, shades
from server.office import office
from tests.clients import browser_of
from tests.factories import claimed, make_agent, make_department, make_person, make_team, make_topic
from tests.threads import together

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin() -> User:
    return make_person("Anouk Smit", email="anouk@example.org", roles=["admin"])


@pytest.fixture
def browser(admin: User) -> Client:
    return browser_of(admin)


def address(page: str, *keys: Any) -> str:
    return reverse(f"office:{page}", args=keys)


def test_only_administrators_come_in(admin: User) -> None:
    teams = address("accounts_team_changelist")
    nobody = Client().get(teams)
    assert nobody["Location"] == f"/accounts/login/?next={teams}"
    for other in (make_agent(make_team()), make_person(roles=["editor", "manager"])):
        assert browser_of(other).get(teams).status_code == 403
    staff = make_person(is_staff=True, is_superuser=True)
    assert browser_of(staff).get(teams).status_code == 403
    assert browser_of(admin).get(teams).status_code == 200


def test_a_session_that_ended_costs_no_words_of_a_form() -> None:
    text = "Een heel lang standaardantwoord dat niet weg mag zijn."
    answer = Client().post(
        address("customer_requests_cannedtext_add"), {"title": "X", "text": text}
    )
    page = answer.content.decode()
    assert (answer.status_code, answer["Cache-Control"]) == (401, "no-store")
    assert text in page
    assert '<input type="hidden" name="title" value="X">' in page
    assert f'action="{address("customer_requests_cannedtext_add")}"' in page


def test_an_administrator_without_a_second_factor_sets_one_up_first(
    browser: Client, settings: Settings
) -> None:
    settings.SECOND_FACTOR = "REQUIRED"
    answer = browser.get("/office/accounts/team/")
    assert answer["Location"] == "/accounts/2fa/totp/activate/"


def test_an_administrator_lands_in_the_office_after_signing_in() -> None:
    make_person(
        "Anouk", email="a@example.org", password="een-lang-genoeg-wachtwoord", roles=["admin"]
    )
    form = {"login": "a@example.org", "password": "een-lang-genoeg-wachtwoord"}
    assert Client().post("/accounts/login/", form)["Location"] == "/office/"


def test_nothing_is_in_the_office_but_what_was_put_there() -> None:
    assert {model.__name__ for model in office._registry} == {
        "CannedText",
        "ClosingDay",
        "CompanyLook",
        "Consent",
        "Department",
        "Macro",
        "Programme",
        "Skill",
        "Team",
        "Topic",
        "User",
    }


PAGES = [
    "accounts_team_changelist",
    "accounts_team_add",
    "accounts_skill_changelist",
    "accounts_skill_add",
    "accounts_closingday_changelist",
    "accounts_closingday_add",
    "accounts_department_changelist",
    "accounts_department_add",
    "accounts_user_changelist",
    "accounts_user_add",
    "customer_requests_topic_changelist",
    "customer_requests_topic_add",
    "customer_requests_cannedtext_changelist",
    "customer_requests_cannedtext_add",
    "customer_requests_macro_changelist",
    "customer_requests_macro_add",
]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_each_page_is_there_in_both_languages_with_a_policy_of_its_own(
    admin: User, page: str, language: str
) -> None:
    admin.choose_language(language)
    answer = browser_of(admin).get(address(page))
    assert answer.status_code == 200
    assert answer["Content-Language"] == language
    assert f'lang="{language}' in answer.content.decode()
    assert "'unsafe-eval'" in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    # Nowhere else.
    assert "unsafe" not in browser_of(admin).get("/audit")["Content-Security-Policy"]


def test_pages_of_the_champions_are_called_in_words_for_people(admin: User) -> None:
    web = browser_of(admin)
    consents = web.get(address("ambassadors_consent_changelist")).content.decode()
    consents = " ".join(consents.split())
    assert "<title> Instemmingen van de ondernemingsraad |" in consents
    assert "0 instemmingen van de ondernemingsraad" in consents
    goal = web.get(address("ambassadors_programme_changelist"), follow=True).content.decode()
    assert "Doel en groepen" in goal
    assert "Doel: 10%" in goal


def rows(name: str, *rows: dict[str, Any], existing: int = 0) -> dict[str, Any]:
    """The fields of a formset, as a browser sends them."""
    sent: dict[str, Any] = {
        f"{name}-TOTAL_FORMS": len(rows),
        f"{name}-INITIAL_FORMS": existing,
        f"{name}-MIN_NUM_FORMS": 0,
        f"{name}-MAX_NUM_FORMS": 1000,
    }
    for number, row in enumerate(rows):
        sent |= {f"{name}-{number}-{field}": value for field, value in row.items()}
    return sent


def team_form(**changes: Any) -> dict[str, Any]:
    form = {
        "name": "Internet",
        "slug": "internet",
        "time_zone": "Europe/Amsterdam",
        "holidays": "NL",
        "hand_out": "pull",
        "is_active": "on",
        **rows("periods"),
        **rows("closing_days"),
        **rows("members"),
    }
    return {**form, **changes}


def errors_in(answer: Any) -> Any:
    context = answer.context or {}
    return context.get("errors", answer.status_code)


def test_a_team_with_hours_a_closing_day_and_members_is_made_and_remembered(
    browser: Client, admin: User
) -> None:
    daan = make_person("Daan Bakker")
    made = browser.post(
        address("accounts_team_add"),
        team_form(
            **rows("periods", {"weekday": "0", "opens": "09:00", "closes": "17:30"}),
            **rows("closing_days", {"day": "2027-04-27", "name": "Verhuizing"}),
            **rows("members", {"user": str(daan.pk), "role": "lead", "most_open": "5"}),
        ),
    )
    assert made.status_code == 302, errors_in(made)
    team = Team.objects.get()
    assert (team.periods.count(), team.closing_days.count()) == (1, 1)
    assert team.members.get().role == "lead"
    event = AuditEvent.objects.get(action="team-made")
    assert (event.actor, event.subject_id) == (admin, team.pk)
    assert event.detail["changed"]["name"] == [None, "Internet"]


def test_a_team_of_sixty_with_two_periods_a_day_is_saved(browser: Client) -> None:
    skill = Skill.objects.create(slug="roaming", name_nl="Roaming", name_en="Roaming")
    people = [make_person(f"Collega {number}") for number in range(60)]
    hours = [("09:00", "12:30"), ("13:00", "17:30")]
    made = browser.post(
        address("accounts_team_add"),
        team_form(
            **rows(
                "periods",
                *(
                    {"id": "", "team": "", "weekday": day, "opens": opens, "closes": closes}
                    for day in range(7)
                    for opens, closes in hours
                ),
            ),
            **rows(
                "members",
                *(
                    {
                        "id": "",
                        "team": "",
                        "user": str(person.pk),
                        "role": "agent",
                        "skills": [skill.pk],
                        "most_open": "",
                    }
                    for person in people
                ),
            ),
        ),
    )
    assert made.status_code == 302, errors_in(made)
    team = Team.objects.get()
    assert (team.periods.count(), team.members.filter(skills=skill).count()) == (14, 60)


@pytest.mark.parametrize(("language", "words"), [("nl", "Te groot"), ("en", "Too large")])
def test_a_form_with_more_fields_than_anyone_sends_is_refused_in_words(
    admin: User, language: str, words: str
) -> None:
    admin.choose_language(language)
    many = {f"field-{number}": "x" for number in range(5001)}
    refused = browser_of(admin).post(address("accounts_team_add"), many)
    assert refused.status_code == 413
    assert refused["Content-Language"] == language
    assert f"<h1>{words}</h1>" in refused.content.decode()


def test_a_change_is_remembered_with_what_it_was_and_what_it_is(browser: Client) -> None:
    team = make_team("internet", holidays="NL")
    period = team.periods.create(weekday=0, opens="09:00", closes="17:00")
    answer = browser.post(
        address("accounts_team_change", team.pk),
        team_form(
            name="Internet en tv",
            **rows(
                "periods",
                {
                    "id": period.pk,
                    "team": team.pk,
                    "weekday": 0,
                    "opens": "08:30",
                    "closes": "17:00",
                },
                existing=1,
            ),
        ),
    )
    assert answer.status_code == 302, errors_in(answer)
    changed = AuditEvent.objects.get(action="team-changed").detail["changed"]
    assert changed == {
        "name": ["Internet", "Internet en tv"],
        f"periods {period.pk}: opens": ["09:00:00", "08:30:00"],
    }


def test_saving_without_a_change_remembers_nothing(browser: Client) -> None:
    team = make_team("internet", holidays="NL")
    assert (
        browser.post(
            address("accounts_team_change", team.pk), team_form(name=team.name)
        ).status_code
        == 302
    )
    assert not AuditEvent.objects.filter(subject_type="team").exists()


def test_an_address_of_nobody_leads_to_the_list_and_a_change_names_the_person(
    browser: Client,
) -> None:
    gone = browser.get("/office/accounts/user/zzz/change/")
    assert gone.status_code == 302
    sanne = make_person("Sanne de Vries", email="sanne@example.org")
    form = {"name": "Sanne Vos", "language": "nl", "time_zone": "Europe/Amsterdam"}
    saved = browser.post(
        address("accounts_user_change", sanne.pk), {**form, **rows("role_rows")}, follow=True
    )
    assert saved.status_code == 200
    said = [str(message) for message in saved.context["messages"]]
    assert said
    assert "Sanne Vos" in said[-1]
    assert "Op Heeft toegang" in saved.content.decode()


def test_a_period_may_last_until_midnight(browser: Client) -> None:
    team = make_team("internet", holidays="NL")
    period = team.periods.create(weekday=0, opens="18:00", closes=time.max)
    page = browser.get(address("accounts_team_change", team.pk)).content.decode()
    (closes,) = re.findall(r'<input[^>]*name="periods-0-closes"[^>]*>', page)
    assert 'value="00:00"' in closes
    row = {"team": team.pk, "weekday": 0, "opens": "17:00", "closes": "00:00"}
    answer = browser.post(
        address("accounts_team_change", team.pk),
        team_form(name=team.name, **rows("periods", {"id": period.pk, **row}, existing=1)),
    )
    assert answer.status_code == 302, errors_in(answer)
    period.refresh_from_db()
    assert (period.opens, period.closes) == (time(17), time.max)


def test_a_team_may_work_on_a_holiday_all_the_same(browser: Client) -> None:
    team = make_team("internet", holidays="NL")
    team.periods.create(weekday=4, opens="09:00", closes="17:00")
    page = browser.get(address("accounts_team_change", team.pk)).content.decode()
    assert "Goede vrijdag" in page
    form = team_form(name=team.name, works_on=["Goede vrijdag"])
    answer = browser.post(address("accounts_team_change", team.pk), form)
    assert answer.status_code == 302, errors_in(answer)
    team.refresh_from_db()
    closed = {str(why) for why in team.calendar().closed.values()}
    assert "Goede vrijdag" not in closed
    assert "Hemelvaartsdag" in closed
    changed = AuditEvent.objects.get(action="team-changed").detail["changed"]
    assert changed == {"works_on": [None, "Goede vrijdag"]}


def test_a_target_of_years_is_refused() -> None:
    with pytest.raises(ValidationError):
        make_topic(make_team(), solve_minutes=366 * 24 * 60 + 1).full_clean()


def test_a_period_that_ends_before_it_begins_is_refused_at_the_field(browser: Client) -> None:
    answer = browser.post(
        address("accounts_team_add"),
        team_form(**rows("periods", {"weekday": "0", "opens": "17:00", "closes": "09:00"})),
    )
    assert answer.status_code == 200
    assert "Het einde moet later zijn" in answer.content.decode()
    assert not Team.objects.exists()


def test_a_team_that_is_in_use_is_not_deleted_and_one_that_is_not_is(browser: Client) -> None:
    used, unused = make_topic().team, make_team()
    refused = browser.post(address("accounts_team_delete", used.pk), {"post": "yes"}, follow=True)
    assert "Zet het team liever uit" in refused.content.decode()
    browser.post(address("accounts_team_delete", unused.pk), {"post": "yes"})
    assert list(Team.objects.all()) == [used]
    assert AuditEvent.objects.get(action="team-deleted").subject_id == unused.pk


@pytest.mark.parametrize("kind", [CannedText, Macro])
def test_a_team_with_texts_of_its_own_is_not_deleted_until_those_are(
    browser: Client, kind: type[CannedText] | type[Macro]
) -> None:
    team = make_team()
    own = kind.objects.create(team=team, name="Groet", customer_nl="Dag {customer_name},")
    gone = address("accounts_team_delete", team.pk)
    refused = browser.post(gone, {"post": "yes"}, follow=True).content.decode()
    assert "standaardteksten of macro" in refused
    assert kind.objects.get() == own
    page = f"customer_requests_{kind._meta.model_name}_delete"
    browser.post(address(page, own.pk), {"post": "yes"})
    assert AuditEvent.objects.get(action=f"{kind.audited}-deleted").subject_id == own.pk
    browser.post(gone, {"post": "yes"})
    assert not Team.objects.exists()


@pytest.mark.parametrize("stands", ["topic", "person"])
def test_a_skill_that_topics_or_people_need_is_not_deleted_and_another_is(
    browser: Client, stands: str
) -> None:
    skill = Skill.objects.create(slug="roaming", name_nl="Roaming", name_en="Roaming")
    topic = make_topic()
    agent = make_agent(topic.team)
    links: Any = topic.skills if stands == "topic" else agent.memberships.get().skills
    links.add(skill)
    gone = address("accounts_skill_delete", skill.pk)
    refused = browser.post(gone, {"post": "yes"}, follow=True)
    assert "Haal haar daar eerst weg" in refused.content.decode()
    assert links.get() == skill
    links.remove(skill)
    browser.post(gone, {"post": "yes"})
    assert not Skill.objects.exists()
    # Having skills is no reason to stay.
    topic.skills.add(Skill.objects.create(slug="turks", name_nl="Turks", name_en="Turkish"))
    browser.post(address("customer_requests_topic_delete", topic.pk), {"post": "yes"})
    assert not Topic.objects.exists()


def test_before_a_team_is_deleted_the_page_says_in_words_what_goes_along(browser: Client) -> None:
    team = make_team("internet", name="Internet")
    agent = make_agent(team, "Daan Bakker")
    agent.memberships.get().skills.create(slug="turks", name_nl="Turks", name_en="Turkish")
    team.periods.create(weekday=0, opens="09:00", closes="17:00")
    page = browser.get(address("accounts_team_delete", team.pk)).content.decode()
    assert "Verwijder team" in re.sub(
        r"\s+", " ", browser.get(address("accounts_team_change", team.pk)).content.decode()
    )
    for words in ("Team: Internet", "Lid Daan Bakker", "Periode maandag 09:00 17:00", "Leden: 1"):
        assert words in page
    for words in ("Team member", "Teammember", "object (", "Working period", "kill-relatie"):
        assert words not in page
    assert "Nederland" in browser.get(address("accounts_team_change", team.pk)).content.decode()


def test_a_topic_with_requests_is_not_deleted(browser: Client) -> None:
    topic = claimed().topic
    refused = browser.post(
        address("customer_requests_topic_delete", topic.pk), {"post": "yes"}, follow=True
    )
    assert "Zet het onderwerp liever uit" in refused.content.decode()
    assert Topic.objects.filter(pk=topic.pk).exists()


def test_a_topic_promises_more_at_a_higher_priority(browser: Client) -> None:
    topic = make_topic(slug="glasvezel")
    target = {
        "priority": "urgent",
        "first_response_minutes": 15,
        "next_response_minutes": 30,
        "solve_minutes": 120,
    }
    form = {
        "name_nl": "Glasvezel",
        "name_en": "Fibre",
        "slug": "glasvezel",
        "team": str(topic.team_id),
        "first_response_minutes": 120,
        "next_response_minutes": 240,
        "solve_minutes": 1440,
        "position": 0,
        "is_active": "on",
    }
    saved = browser.post(
        address("customer_requests_topic_change", topic.pk), {**form, **rows("targets", target)}
    )
    assert saved.status_code == 302, errors_in(saved)
    topic.refresh_from_db()
    assert topic.targets_at("urgent").solve == timedelta(hours=2)


def test_a_canned_text_gets_a_next_version_here_as_at_the_desk(browser: Client) -> None:
    form = {"name": "Monteur", "customer_nl": "De monteur komt.", "position": 0, "is_active": "on"}
    made = browser.post(address("customer_requests_cannedtext_add"), form)
    assert made.status_code == 302, errors_in(made)
    text = CannedText.objects.get()
    browser.post(
        address("customer_requests_cannedtext_change", text.pk), {**form, "name": "De monteur"}
    )
    text.refresh_from_db()
    assert (text.version, text.name) == (2, "De monteur")
    unknown = {**form, "name": "Fout", "customer_nl": "Dag {{ onbekend }} { ook }"}
    assert browser.post(address("customer_requests_cannedtext_add"), unknown).status_code == 200


def test_a_department_with_people_is_not_deleted(browser: Client) -> None:
    department = make_department()
    browser.post(address("accounts_department_delete", department.pk), {"post": "yes"})
    assert Department.objects.filter(pk=department.pk).exists()


def test_closing_days_here_are_of_every_team(browser: Client) -> None:
    own = ClosingDay.objects.create(team=make_team(), day="2027-01-04", name="Verhuizing")
    made = browser.post(
        address("accounts_closingday_add"), {"day": "2027-05-05", "name": "Bevrijdingsdag"}
    )
    assert made.status_code == 302, errors_in(made)
    assert ClosingDay.objects.get(team=None).name == "Bevrijdingsdag"
    assert browser.get(address("accounts_closingday_change", own.pk)).status_code == 302


def person_form(**changes: Any) -> dict[str, Any]:
    form = {
        "name": "Kim de Wit",
        "email": "Kim@Example.org",
        "language": "nl",
        "time_zone": "Europe/Amsterdam",
        "department": "",
        "manager": "",
        **rows("role_rows"),
    }
    return {**form, **changes}


def test_a_person_is_added_without_a_password_and_their_name_is_not_in_the_trail(
    browser: Client,
) -> None:
    made = browser.post(
        address("accounts_user_add"), person_form(**rows("role_rows", {"name": "editor"}))
    )
    assert made.status_code == 302, errors_in(made)
    kim = User.objects.get(email="kim@example.org")
    assert not kim.has_usable_password()
    assert kim.roles == ["editor"]
    detail = AuditEvent.objects.get(action="user-made").detail
    assert "name" in detail["changed"]
    assert "Kim" not in str(detail)


def test_an_address_is_of_one_person_and_is_not_changed(browser: Client) -> None:
    kim = make_person("Kim", email="kim@example.org")
    twice = browser.post(address("accounts_user_add"), person_form())
    assert "heeft dit adres al" in twice.content.decode()
    browser.post(address("accounts_user_change", kim.pk), person_form(email="else@example.org"))
    kim.refresh_from_db()
    assert kim.email == "kim@example.org"


def press(browser: Client, person: User, button: str) -> Any:
    form = person_form(name=person.name, department=str(person.department_id))
    roles = [{"id": row.pk, "user": person.pk, "name": row.name} for row in person.role_rows.all()]
    return browser.post(
        address("accounts_user_change", person.pk),
        {**form, **rows("role_rows", *roles, existing=len(roles)), f"accounts_user_{button}": "1"},
    )


def test_access_is_ended_and_given_again(browser: Client, admin: User) -> None:
    kim = make_person("Kim")
    phone = browser_of(kim)
    assert press(browser, kim, "end_access").status_code == 302
    kim.refresh_from_db()
    assert not kim.is_active
    assert AuditEvent.objects.get(action="deactivated").actor == admin
    assert phone.get("/accounts/sessions/").status_code == 302

    press(browser, kim, "give_access")
    kim.refresh_from_db()
    assert kim.is_active


def test_a_lost_second_factor_is_removed(browser: Client) -> None:
    kim = make_person("Kim")
    Authenticator.objects.create(user=kim, type="totp", data={})
    press(browser, kim, "reset_factor")
    assert not Authenticator.objects.filter(user=kim).exists()
    assert AuditEvent.objects.filter(action="second-factor-reset").exists()


def test_nobody_ends_their_own_access_or_takes_the_last_administrators_role(
    browser: Client, admin: User
) -> None:
    press(browser, admin, "end_access")
    admin.refresh_from_db()
    assert admin.is_active

    role = admin.role_rows.get()
    form = person_form(name=admin.name, department=str(admin.department_id))
    gone = {"id": role.pk, "user": admin.pk, "name": "admin", "DELETE": "on"}
    answer = browser.post(
        address("accounts_user_change", admin.pk),
        {**form, **rows("role_rows", gone, existing=1)},
        follow=True,
    )
    assert "een beheerder overblijven" in answer.content.decode()
    assert admin.role_rows.filter(name=RoleName.ADMIN).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("way", ["role", "access", "one of each"])
def test_two_administrators_who_end_each_other_at_the_same_moment_leave_one(way: str) -> None:
    for number in range(4):
        two = [make_person(f"Admin {number} {place}", roles=["admin"]) for place in range(2)]
        forms = [
            press_form(two[1], "" if way == "role" else "end_access"),
            press_form(two[0], "end_access" if way == "access" else ""),
        ]
        browsers = [browser_of(person) for person in two]
        pages = [address("accounts_user_change", two[1 - place].pk) for place in range(2)]
        answers = together(
            [partial(browsers[place].post, pages[place], forms[place]) for place in range(2)]
        )
        codes = [answer.status_code for answer in answers]
        # Whose own role was taken just before is not let in, or is told.
        assert set(codes) <= {302, 403}, codes
        left = User.objects.filter(is_active=True, role_rows__name=RoleName.ADMIN)
        assert left.count() == 1
        left.get().role_rows.all().delete()


def press_form(person: User, button: str) -> dict[str, Any]:
    """What a browser sends to end this person's access, or without a button to take their role."""
    form = person_form(name=person.name, department=str(person.department_id))
    role = person.role_rows.get()
    row = {"id": role.pk, "user": person.pk, "name": role.name}
    taken = {} if button else {"DELETE": "on"}
    pressed = {f"accounts_user_{button}": "1"} if button else {}
    return {**form, **rows("role_rows", {**row, **taken}, existing=1), **pressed}


def test_people_are_shown_by_name_wherever_one_is_chosen(browser: Client) -> None:
    mark = make_person("Mark de Boer", email="mark@example.org")
    kim = make_person("Kim de Wit", manager=mark)
    page = browser.get(address("accounts_user_change", kim.pk)).content.decode()
    assert "Mark de Boer (mark@example.org)" in page
    assert "Kim de Wit (" in page
    asked = {
        "term": "boer",
        "app_label": "accounts",
        "model_name": "teammember",
        "field_name": "user",
    }
    found = browser.get(address("autocomplete"), asked).json()["results"]
    assert found == [{"id": str(mark.pk), "text": "Mark de Boer (mark@example.org)"}]


def test_nobody_is_deleted(browser: Client) -> None:
    kim = make_person("Kim")
    assert browser.post(address("accounts_user_delete", kim.pk), {"post": "yes"}).status_code == 403


def test_the_look_of_the_company_is_set_and_seen_at_once(
    browser: Client, django_capture_on_commit_callbacks: Any
) -> None:
    assert look_facts()["name"] == "Doe-het-gewoon"
    first = browser.get(address("accounts_companylook_changelist"))
    with django_capture_on_commit_callbacks(execute=True):
        saved = browser.post(
            first["Location"], {"name": "Telecom BV", "logo": "", "colour": "#ffcc00"}
        )
    assert saved.status_code == 302, errors_in(saved)
    facts = look_facts()
    assert (facts["name"], facts["brand"], facts["on_brand"]) == (
        "Telecom BV",
        "#ffcc00",
        "#000000",
    )
    assert "Telecom BV" in Client().get("/").content.decode()
    assert "#ffcc00" in Client().get("/look.css").content.decode()
    # The back office has the colour too, as dark as white letters on it need.
    page = browser.get(address("accounts_team_changelist")).content.decode()
    assert f"--color-primary-600: {convert_color(shades('#ffcc00')['600'])};" in page


@pytest.mark.parametrize("colour", ["#0b5d51", "#ffcc00", "#ffffff", "#000000", "#0000ff"])
def test_the_back_office_is_readable_in_every_colour(colour: str) -> None:
    scale = shades(colour)
    assert contrast(scale["600"], "#ffffff") >= 4.5
    assert contrast(scale["500"], "#111827") >= 4.5


@pytest.mark.parametrize(
    "wrong",
    [
        {"colour": "red"},
        {"colour": "#12"},
        {"logo": "https://evil.example/logo.svg"},
        {"logo": "//evil.example/logo.svg"},
        {"logo": "javascript:alert(1)"},
        {"name": ""},
    ],
)
def test_a_look_that_would_not_work_is_refused(browser: Client, wrong: dict[str, str]) -> None:
    row = CompanyLook.current_row()
    form = {"name": "Telecom BV", "logo": "", "colour": "#ffcc00", **wrong}
    answer = browser.post(address("accounts_companylook_change", row.pk), form)
    assert answer.status_code == 200
    row.refresh_from_db()
    assert row.name == "Doe-het-gewoon"


def test_the_look_costs_one_query_a_minute(django_assert_num_queries: Any) -> None:
    cache.clear()
    with django_assert_num_queries(1):
        look_facts()
        look_facts()


def test_history_is_the_audit_trail(browser: Client) -> None:
    skill = Skill.objects.create(slug="turks", name_nl="Turks", name_en="Turkish")
    form = {"name_nl": "Turks spreken", "name_en": "Turkish", "slug": "turks"}
    browser.post(address("accounts_skill_change", skill.pk), form)
    answer = browser.get(address("accounts_skill_history", skill.pk), follow=True)
    text = answer.content.decode()
    assert "Turks spreken" in text
    assert "Vaardigheid" in text


def test_a_list_of_people_costs_the_same_for_one_as_for_thirty(
    browser: Client, django_assert_max_num_queries: Any
) -> None:
    browser.get(address("accounts_user_changelist"))
    for number in range(30):
        make_person(f"Person {number}")
    with django_assert_max_num_queries(12):
        browser.get(address("accounts_user_changelist"))


def audit_page(browser: Client, **asked: Any) -> str:
    """The trail as text, without its markup."""
    page = browser.get("/audit", asked).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\u2013", "-")


def test_who_was_made_administrator_is_in_the_trail_and_can_be_asked_for(
    browser: Client, admin: User
) -> None:
    kim = make_person("Kim de Wit", roles=["editor"])
    role = kim.role_rows.get()
    row = {"id": role.pk, "user": kim.pk, "name": "editor", "DELETE": "on"}
    form = {**person_form(name=kim.name, department=str(kim.department_id))}
    sent = {**form, **rows("role_rows", row, {"user": kim.pk, "name": "admin"}, existing=1)}
    saved = browser.post(address("accounts_user_change", kim.pk), sent)
    assert saved.status_code == 302, errors_in(saved)
    events = AuditEvent.objects.filter(subject_id=kim.pk).order_by("pk")
    assert [(event.actor, event.action) for event in events] == [
        (admin, "role given: admin"),
        (admin, "role taken: editor"),
    ]
    text = audit_page(browser, action="role given: admin")
    assert "Rol gegeven: Beheerder" in text
    assert "Kim de Wit" in text
    # Instead of one role another, in the same row: both are told.
    given = kim.role_rows.get()
    row = {"id": given.pk, "user": kim.pk, "name": "manager"}
    browser.post(
        address("accounts_user_change", kim.pk), {**form, **rows("role_rows", row, existing=1)}
    )
    assert [event.action for event in events.all()[2:]] == [
        "role given: manager",
        "role taken: admin",
    ]


def test_the_trail_names_the_fields_and_the_people_in_the_readers_language(
    browser: Client, admin: User
) -> None:
    team = make_team("internet", holidays="NL", name="Internet")
    daan = make_agent(team, "Daan Bakker")
    member = daan.memberships.get()
    turks = Skill.objects.create(slug="turks", name_nl="Turks", name_en="Turkish")
    period = team.periods.create(weekday=0, opens="09:00", closes="17:00")
    page = address("accounts_team_change", team.pk)
    place = {"id": member.pk, "team": team.pk, "user": str(daan.pk), "role": "lead"}
    hours = {"id": period.pk, "team": team.pk, "weekday": 0, "opens": "09:00", "closes": "17:00"}
    changed = team_form(
        holidays="BE",
        **rows("members", {**place, "most_open": "3", "skills": [turks.pk]}, existing=1),
        **rows("periods", {**hours, "DELETE": "on"}, existing=1),
    )
    answer = browser.post(page, changed)
    assert answer.status_code == 302, errors_in(answer)
    turks.name_nl = "Iets anders"  # the event has what it was called then
    turks.save()
    text = audit_page(browser, action="team-changed")
    for words in (
        "Feestdagen: Nederland → België",
        "Lid Daan Bakker: Rol: Behandelaar → Teamleider",
        "Lid Daan Bakker: Hoogstens in behandeling: - → 3",
        "Lid Daan Bakker: Vaardigheden: - → Turks",
        "Periode maandag 09:00 17:00: weggehaald",
    ):
        assert words in text, text
    assert "Daan" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))
    browser.post(address("accounts_team_delete", team.pk), {"post": "yes"})
    admin.choose_language("en")
    gone = audit_page(browser_of(admin), subject=str(team.pk))
    assert "Public holidays: The Netherlands → Belgium" in gone
    assert "Team Internet" in gone


def test_events_of_before_names_were_kept_are_named_as_far_as_they_can_be(
    browser: Client, admin: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seals, "MARGIN", timedelta(seconds=-5))
    team = make_team("internet", name="Internet")
    member = make_agent(team, "Daan Bakker").memberships.get()
    skill = Skill.objects.create(slug="turks", name_nl="Turks", name_en="Turkish")
    gone = {f"members {member.pk + 7}: most_open": [None, "3"]}
    of_before = {f"members {member.pk}: skills": [None, str(skill.pk)], **gone}
    AuditEvent.record(admin, "team-changed", "team", team.pk, changed=of_before)
    away = uuid.uuid4()
    AuditEvent.record(admin, "team-deleted", "team", away)
    assert AuditSeal.seal() == 2
    text = audit_page(browser)
    assert f"Lid {member.pk} (nu Daan Bakker): Vaardigheden: - → Turks" in text
    assert f"Lid {member.pk + 7}: Hoogstens in behandeling: - → 3" in text
    assert f"bestaat niet meer {str(away)[:8]}" in text
    assert list(seals.verify()) == []


def test_more_changes_on_a_page_of_the_trail_cost_no_more(
    browser: Client, django_assert_num_queries: Any
) -> None:
    def change(number: int) -> None:
        team = make_team(f"team-{number}", holidays="NL")
        place = {"user": str(make_person("Daan Bakker").pk), "role": "agent"}
        form = team_form(slug=team.slug, name=f"Team {number}", **rows("members", place))
        assert browser.post(address("accounts_team_change", team.pk), form).status_code == 302

    change(0)
    browser.get("/audit")
    with CaptureQueriesContext(connection) as queries:
        browser.get("/audit")
        one = len(queries)
    assert one <= 8
    for number in range(1, 6):
        change(number)
    with django_assert_num_queries(one):
        browser.get("/audit")


def test_a_macro_that_waits_for_nobody_is_refused_here_too(browser: Client) -> None:
    form = {"name": "Modem", "customer_nl": "Welk modem?", "step_state": "busy", "position": "0"}
    refused = browser.post(address("customer_requests_macro_add"), {**form, "then": "wait"})
    assert refused.status_code == 200
    assert not Macro.objects.exists()
    waits = {**form, "then": "wait", "wait_on": "customer", "wait_days": "3"}
    assert browser.post(address("customer_requests_macro_add"), waits).status_code == 302
    assert Macro.objects.get().wait_days == 3
