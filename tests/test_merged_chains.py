"""Merged by way of another (A into B, then B into C): who hears what, and apart in the middle."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from customer_requests.desk.preview import preview
from customer_requests.models import CustomerRequest, EmployeeSees
from customer_requests.models.life import Actor
from notifications.models import Delivery, Notification
from server.accounts.models import User
from tests.clients import Api
from tests.factories import link_of, make_person
from tests.test_merged_followers import fresh, letters
from tests.test_merging import Desk, reads, told

pytestmark = [pytest.mark.django_db, pytest.mark.thorough]

SEES = EmployeeSees.values


class Chain(Desk):
    """Kees's request goes on as Piet's, and that one as Sanne's; one customer, three links."""

    def __init__(self, a: str = "updates", b: str = "updates", c: str = "updates") -> None:
        super().__init__()
        self.kees = make_person("Kees Prins", language="en")
        self.c = self.held(employee_sees=c)
        self.b = self.held(self.piet, employee_sees=b)
        self.a = self.held(self.kees, employee_sees=a)
        self.a.merge(self.b, by=self.daan)
        fresh(self.b).merge(self.c, by=self.daan)

    def heard(self, kind: str) -> list[int]:
        """How often the employees of A, B and C were told of this."""
        return [told(request, f"employee.{kind}") for request in (self.a, self.b, self.c)]

    def customer_heard(self, kind: str) -> list[uuid.UUID]:
        rows = Delivery.objects.filter(notification__kind=f"customer.{kind}")
        return [row.notification.subject_id for row in rows]


def heard_by(user: User, kind: str) -> int:
    return Notification.objects.filter(user=user, kind=f"employee.{kind}").count()


# --- Who hears what -------------------------------------------------------------------------------


def test_each_hears_an_update_once_in_the_words_for_them() -> None:
    chain = Chain()
    chain.say(fresh(chain.c), customer="De monteur komt bij u.", employee="Ze krijgt een monteur.")
    assert chain.heard("update") == [1, 1, 1]
    assert chain.customer_heard("update") == [chain.c.pk]
    for request in (chain.a, chain.b, chain.c):
        (letter,) = letters("employee.update", request)
        assert "Ze krijgt een monteur." in f"{letter.text} {letter.quote}"
        assert "De monteur komt bij u." not in reads(request)
        assert request.reference in letter.subject or request.reference in letter.text
    (english,) = letters("employee.update", chain.a)
    assert english.language == "en"
    # And the preview says so before: each of the three employees, and the customer, once.
    shown = preview(
        fresh(chain.c),
        lambda row: row.update(
            by=chain.daan, id=uuid.uuid4(), audience=["employee"], text_employee="Nog iets."
        ),
        reader=chain.daan,
    )
    names = [each["name"] for each in shown["readings"] if each["gets"]]
    assert sorted(names) == ["Kees Prins", "Piet Smit", "Sanne de Vries"]


def test_each_hears_the_solution_once_and_the_customer_where_it_goes_on() -> None:
    chain = Chain()
    fresh(chain.c).solve(by=chain.daan, text="Uw lijn is hersteld.", text_employee="Hersteld.")
    assert chain.heard("solved") == [1, 1, 1]
    assert chain.customer_heard("solved") == [chain.c.pk]
    assert [reads(request)[-1] for request in (chain.a, chain.b, chain.c)] == ["Hersteld."] * 3
    assert fresh(chain.a).closed_as == fresh(chain.b).closed_as == "merged"


@pytest.mark.parametrize("c", SEES)
@pytest.mark.parametrize("b", SEES)
@pytest.mark.parametrize("a", SEES)
def test_the_stricter_of_their_own_choice_and_that_where_it_was_said(
    a: str, b: str, c: str
) -> None:
    """What the customer chose for Piet, in the middle, is about Piet, and about what is said there.

    It opens nothing for Kees, and closes nothing that the customer allows Kees and Sanne.
    """
    chain = Chain(a, b, c)
    chain.say(fresh(chain.c), customer="Voor de klant.", employee="Voor de collega.")
    fresh(chain.c).message(by=Actor.customer(), id=uuid.uuid4(), text="Het groene lampje.")
    needs = {"Voor de collega.": "updates", "Het groene lampje.": "conversation"}
    for request, own in ((chain.a, a), (chain.b, b), (chain.c, c)):
        least = min(SEES.index(own), SEES.index(c))
        expected = {text for text, need in needs.items() if SEES.index(need) <= least}
        assert {text for text in reads(request) if text in needs} == expected
        assert told(request, "employee.update") == ("Voor de collega." in expected)


def test_what_is_said_in_the_middle_is_under_the_choice_there() -> None:
    chain = Chain("conversation", "updates", "conversation")
    fresh(chain.b).message(by=Actor.employee(chain.piet), id=uuid.uuid4(), text="Zij is thuis.")
    assert "Zij is thuis." not in reads(chain.a)
    assert "Zij is thuis." not in reads(chain.c)
    page = Api().get(f"/track/{link_of(chain.c)}").json()
    assert "Zij is thuis." in [entry["text"] for entry in page["timeline"]]


def test_who_has_two_of_them_under_different_ones_hears_once() -> None:
    chain = Chain()
    lotte = make_person("Lotte Mulder")
    other, below = chain.held(lotte), chain.held(chain.kees)
    below.merge(other, by=chain.daan)
    fresh(other).merge(fresh(chain.c), by=chain.daan)
    chain.say(fresh(chain.c), employee="De monteur komt dinsdag.")
    fresh(chain.c).plan_step(by=chain.daan, id=uuid.uuid4(), title="Lijn doormeten")
    fresh(chain.c).solve(by=chain.daan, text="Hersteld.")
    for kind in ("update", "step", "solved"):
        assert [heard_by(user, kind) for user in (chain.sanne, chain.piet, lotte, chain.kees)] == [
            1,
            1,
            1,
            1,
        ]


def test_into_a_solved_one_who_is_below_hears_once_too_and_that_is_the_solution() -> None:
    desk = Desk()
    kees = make_person("Kees Prins")
    c, b, a = desk.held(), desk.held(desk.piet), desk.held(kees)
    a.merge(b, by=desk.daan)
    c.solve(by=desk.daan, text="De lijn is hersteld.", text_employee="Hersteld.")
    before = Notification.objects.filter(user=kees).count()
    shown = preview(fresh(b), lambda row: row.merge(fresh(c), by=desk.daan), reader=desk.daan)
    assert [each["name"] for each in shown["readings"] if each["gets"]].count("Kees Prins") == 1
    fresh(b).merge(fresh(c), by=desk.daan)
    assert Notification.objects.filter(user=kees).count() == before + 1
    assert (told(a, "employee.solved"), told(b, "employee.solved")) == (1, 1)
    for request in (a, b):
        # First where it goes on, then what was said there.
        assert reads(request)[-2:] == [c.reference, "Hersteld."]


def test_who_heard_the_solution_on_their_own_hears_only_where_the_other_one_goes_on() -> None:
    desk = Desk()
    c, b, a = desk.held(), desk.held(desk.piet), desk.held()
    a.merge(b, by=desk.daan)
    c.solve(by=desk.daan, text="De lijn is hersteld.")
    fresh(b).merge(fresh(c), by=desk.daan)
    assert heard_by(desk.sanne, "solved") == 1
    assert reads(a)[-1] == c.reference


def test_the_customer_is_led_to_where_it_goes_on_in_one_go() -> None:
    chain = Chain()
    browser = Client()
    token = link_of(chain.a)
    assert chain.c.reference in browser.get(f"/t/{token}").content.decode()
    there = browser.post(f"/t/{token}/onward")
    assert chain.c.reference in browser.get(there["Location"]).content.decode()


def test_the_customer_whose_address_is_another_by_then_is_led_as_far_as_it_is_theirs() -> None:
    chain = Chain()
    CustomerRequest.objects.filter(pk=chain.c.pk).update(customer_email="ander@example.org")
    assert fresh(chain.a).customer_goes_on_at() == chain.b


# --- Apart in the middle --------------------------------------------------------------------------


def facts(request: CustomerRequest) -> tuple[str, object, str]:
    now = fresh(request)
    return now.status, now.agent_id, now.waiting_on


def test_apart_in_the_middle_and_then_below_loses_nothing() -> None:
    chain = Desk()
    kees = make_person("Kees Prins")
    c, b, a = chain.held(), chain.held(chain.piet), chain.held(kees)
    until = timezone.now() + timedelta(days=3)
    a.wait(by=chain.daan, on="customer", text="Weet u het?", until=until)
    b.save_draft(by=chain.daan, kind="reply", version=0, text="Bijna klaar.")
    a.save_draft(by=chain.daan, kind="note", version=0, text="Kabel?")
    was = [facts(request) for request in (a, b, c)]
    fresh(a).merge(fresh(b), by=chain.daan)
    fresh(b).merge(fresh(c), by=chain.daan)
    chain.say(fresh(c), employee="De monteur komt dinsdag.")
    assert c.draft("note").text == "Kabel?"
    fresh(b).unmerge(by=chain.daan)
    # Below it, Kees's request still goes on as Piet's, and both keep what was said.
    assert fresh(a).merged_into_id == b.pk
    assert (told(a, "employee.unmerged"), told(b, "employee.unmerged")) == (1, 1)
    assert told(b, "customer.unmerged") == 1
    assert told(a, "customer.unmerged") == 0
    assert "De monteur komt dinsdag." in reads(a)
    assert "De monteur komt dinsdag." in reads(b)
    assert (b.draft("reply").text, b.draft("note").text) == ("Bijna klaar.", "Kabel?")
    chain.say(fresh(c), employee="Alleen hier.")
    chain.say(fresh(b), employee="Hier verder.")
    assert [heard_by(user, "update") for user in (kees, chain.piet, chain.sanne)] == [2, 2, 2]
    assert "Alleen hier." not in reads(a)
    assert "Hier verder." in reads(a)
    fresh(a).unmerge(by=chain.daan)
    assert [facts(request) for request in (a, b, c)] == was
    assert fresh(a).waiting_until == until
    # What was being written on each is there again, though it went by way of another.
    assert (a.draft("note").text, b.draft("note").text) == ("Kabel?", "")
    assert b.draft("reply").text == "Bijna klaar."
    chain.say(fresh(b), employee="Nu apart.")
    assert "Nu apart." not in reads(a)


def test_below_apart_first_leaves_the_rest_together() -> None:
    chain = Chain()
    fresh(chain.a).unmerge(by=chain.daan)
    assert (told(chain.a, "employee.unmerged"), told(chain.a, "customer.unmerged")) == (1, 1)
    assert fresh(chain.b).merged_into_id == chain.c.pk
    chain.say(fresh(chain.c), employee="De monteur komt dinsdag.")
    assert chain.heard("update") == [0, 1, 1]
    assert fresh(chain.a).status == "in_progress"
    fresh(chain.b).unmerge(by=chain.daan)
    assert fresh(chain.b).status == "in_progress"


def test_a_draft_that_somebody_went_on_with_in_the_middle_stays_there() -> None:
    desk = Desk()
    c, b, a = desk.held(), desk.held(desk.piet), desk.held(make_person("Kees Prins"))
    a.save_draft(by=desk.daan, kind="note", version=0, text="Kabel?")
    fresh(a).merge(fresh(b), by=desk.daan)
    fresh(b).merge(fresh(c), by=desk.daan)
    fresh(b).unmerge(by=desk.daan)
    version = b.draft("note").version
    fresh(b).save_draft(by=desk.daan, kind="note", version=version, text="Kabel? Ja, de kabel.")
    fresh(a).unmerge(by=desk.daan)
    assert (a.draft("note").text, b.draft("note").text) == ("", "Kabel? Ja, de kabel.")
