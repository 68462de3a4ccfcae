"""`kill -9` loses nothing: of the process that sends, of Celery's worker, of Redis."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.installs import kill
from tests.kills import Killer, Outcome, Redis, drain, staged


def _nothing_lost(outcome: Outcome) -> None:
    print(outcome)
    assert not outcome.failures
    assert (outcome.lost_mails, outcome.lost_pushes) == (0, 0)
    assert outcome.states == {"sent": outcome.requests * 3}


def _killed_drain(folder: Path, *, postgres: bool) -> None:
    with staged(folder, postgres=postgres) as scene:
        with Killer(
            lambda: drain(scene.install),
            seed=7,
            between=(0.0, 0.4),
            busy=scene.arrived,
            patience=15,
        ) as killer:
            scene.submit(100)
        scene.let_leases_run_out()
        drain(scene.install)
        scene.wait_until_settled(30)
        outcome = scene.outcome()
    assert killer.kills >= 2
    _nothing_lost(outcome)
    # Each mail is settled before the next is sent: a kill can double only the one in hand.
    assert outcome.double_mails <= killer.kills


@pytest.mark.slow
def test_killing_the_sender_loses_nothing(tmp_path: Path) -> None:
    _killed_drain(tmp_path, postgres=False)


@pytest.mark.postgres
def test_killing_the_sender_loses_nothing_on_postgresql(tmp_path: Path) -> None:
    _killed_drain(tmp_path, postgres=True)


@contextlib.contextmanager
def _running(redis: Redis) -> Iterator[None]:
    process = redis.start()
    try:
        yield
    finally:
        kill(process)


@pytest.mark.postgres
def test_killing_celery_and_redis_loses_nothing(tmp_path: Path) -> None:
    redis = Redis(tmp_path / "redis.log")
    with staged(tmp_path, postgres=True, REDIS_URL=redis.url) as scene:
        with (
            Killer(redis.start, seed=11, between=(0.5, 3.0)),
            Killer(
                scene.install.start_worker,
                seed=13,
                between=(0.0, 2.0),
                busy=scene.arrived,
                patience=20,
            ) as killer,
        ):
            scene.submit(100, pace=0.3)
        scene.let_leases_run_out()
        with _running(redis):
            scene.install.start_worker()
            scene.wait_until_settled(45)
            outcome = scene.outcome()
    assert killer.kills >= 1
    _nothing_lost(outcome)


@pytest.mark.postgres
def test_without_a_broker_submissions_go_on_and_all_is_sent_after_its_return(
    tmp_path: Path,
) -> None:
    redis = Redis(tmp_path / "redis.log")
    with staged(tmp_path, postgres=True, REDIS_URL=redis.url) as scene:
        scene.submit(20)
        assert scene.unsettled() == 60
        with _running(redis):
            scene.install.start_worker()
            took = scene.wait_until_settled(60)
            outcome = scene.outcome()
    assert took < 60
    _nothing_lost(outcome)
