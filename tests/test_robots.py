"""Thirty programs and thirty browsers: how many of each are told right, and which are not."""

from datetime import timedelta

import pytest
from pytest_django.fixtures import Settings

from ambassadors.robots import Robot, Visit
from tests.visitors import BROWSERS, MORE, PROGRAMS, SOMEWHERE, TABLE, Visitor, table

LATER = timedelta(minutes=20)


def _visit(visitor: Visitor, *, after: timedelta = LATER, secure: bool = True) -> Visit:
    return visitor.visit(after, secure=secure)


def test_thirty_programs_and_thirty_browsers_are_told_apart() -> None:
    assert (len(PROGRAMS), len(BROWSERS)) == (30, 30)
    told = {each.name: _visit(each).robot is not None for each in [*PROGRAMS, *BROWSERS]}
    assert len(told) == 60
    caught = [each for each in PROGRAMS if told[each.name]]
    let_through = [each for each in BROWSERS if not told[each.name]]
    print(f"\nprograms told right: {len(caught)} of 30; browsers: {len(let_through)} of 30")
    for each in [*PROGRAMS, *BROWSERS]:
        if each.missed:
            print(f"known miss: {each.name}: {each.missed}")
    assert [each.name for each in PROGRAMS if not told[each.name]] == [
        each.name for each in PROGRAMS if each.missed
    ]
    assert [each.name for each in BROWSERS if told[each.name]] == [
        each.name for each in BROWSERS if each.missed
    ]
    assert (len(caught), len(let_through)) == (29, 29)


def test_the_table_of_who_was_told_right_is_as_it_is_now() -> None:
    """Written anew with `python -m tests.visitors`."""
    assert TABLE.read_text(encoding="utf-8") == table()


@pytest.mark.parametrize("visitor", MORE, ids=lambda each: each.name)
def test_a_name_that_looks_like_a_programs_is_told_from_one(visitor: Visitor) -> None:
    is_program = visitor.name.startswith("the fetcher")
    assert (_visit(visitor).robot is not None) == is_program


def test_an_allowed_name_hides_no_other() -> None:
    agent = f"{BROWSERS[0].headers['User-Agent']} (Ecosia ios@9.1.0.1500) Twitterbot/1.0"
    headers = {**BROWSERS[0].headers, "User-Agent": agent}
    assert _visit(Visitor("", headers)).robot == Robot.AGENT


@pytest.mark.parametrize(
    ("why", "changed"),
    [
        (Robot.PREFETCH, {"Purpose": "prefetch"}),
        (Robot.PREFETCH, {"X-Purpose": "preview"}),
        (Robot.PREFETCH, {"Sec-Purpose": "prefetch;anonymous-client-ip"}),
        (Robot.PREFETCH, {"X-Moz": "prefetch"}),
        (Robot.AGENT, {"User-Agent": ""}),
        (Robot.HEADERS, {"Accept-Language": ""}),
        (Robot.HEADERS, {"Accept": "image/avif,image/webp,*/*;q=0.8"}),
        (Robot.HEADERS, {"Sec-Fetch-Mode": "no-cors"}),
        (Robot.HEADERS, {"Sec-CH-UA": '"Not:A-Brand";v="8", "Chromium";v="156"'}),
        (Robot.HEADERS, {"Sec-CH-UA": '"HeadlessChrome";v="126", "Chromium";v="126"'}),
        (None, {"Sec-CH-UA": '"Google Chrome";v="126", "Chromium";v="126"'}),
        (None, {"Sec-CH-UA": "nonsense"}),
        (None, {"Sec-Purpose": ""}),
    ],
)
def test_a_browser_that_does_one_thing_as_programs_do(
    why: Robot | None, changed: dict[str, str]
) -> None:
    chrome = BROWSERS[0]
    assert _visit(Visitor("", {**chrome.headers, **changed})).robot == why


def test_nobody_clicks_before_it_can_have_been_posted() -> None:
    assert _visit(BROWSERS[0], after=timedelta(seconds=9)).robot == Robot.TOO_SOON
    assert _visit(BROWSERS[0], after=timedelta(seconds=11)).robot is None


def test_a_company_names_the_networks_of_its_own_mail_scanner(settings: Settings) -> None:
    scanned = Visitor("", BROWSERS[0].headers, address="198.51.100.9")
    assert _visit(scanned).robot is None
    settings.ROBOT_NETWORKS = ["198.51.100.0/24"]
    assert _visit(scanned).robot == Robot.NETWORK
    assert _visit(Visitor("", BROWSERS[0].headers, address="")).robot is None
    assert _visit(Visitor("", BROWSERS[0].headers, address=SOMEWHERE)).robot is None


def test_over_plain_http_browsers_do_not_say_why_they_ask() -> None:
    gateway = next(each for each in BROWSERS if each.missed)
    assert _visit(gateway).robot == Robot.HEADERS
    assert _visit(gateway, secure=False).robot is None
