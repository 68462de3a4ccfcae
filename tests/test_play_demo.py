"""`make demo` against the real programs: the whole story, or a clear line why not."""

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.installs import Install


@pytest.mark.slow
def test_the_party_is_played_to_its_end_on_what_make_run_starts(tmp_path: Path) -> None:
    with Install(tmp_path) as install:
        _process, port = install.start_web()
        at = ["--base-url", f"http://127.0.0.1:{port}"]
        with pytest.raises(RuntimeError, match="seed_demo"):
            install.manage("play_demo", *at)
        install.manage("seed_demo")
        with pytest.raises(RuntimeError, match="Is the worker running"):
            install.manage("play_demo", *at, "--patience=0.5")
        install.start_worker()
        said = install.manage("play_demo", *at, "--patience=30")
        assert "The whole story" in said
        assert "\033[" not in said
        heard = [line.split()[:2] for line in said.splitlines() if line.startswith("    ")]
        assert heard.count(["email", "Tineke,"]) == 10
        assert heard.count(["push", "Sanne,"]) == 10
        assert heard.count(["push", "Daan,"]) == 2
        ended = install.rows(
            "SELECT closed_as, COUNT(*) FROM customer_requests_customerrequest r "
            "JOIN customer_requests_rating g ON g.request_id = r.id "
            "WHERE customer_email = 'tineke.bosman@example.org' GROUP BY closed_as"
        )
        assert ended == [("confirmed", 1)]


@pytest.mark.parametrize(
    ("base_url", "said"),
    [("http://127.0.0.1:1", "make run"), ("localhost", "--base-url is malformed")],
)
def test_a_demo_without_a_server_says_what_to_do(base_url: str, said: str) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("play_demo", "--base-url", base_url)
