"""`kill -9` at random moments while requests are submitted: what was lost, what came twice.

`python -m bench.kill` submits and claims `--requests` requests over HTTP, so that each has to bring
two mails and one push, against a mail server and an FCM on loopback, and meanwhile kills

- `drain-sqlite`, `drain-postgres`: the sender of the embedded default;
- `celery-redis`: the Celery worker and Redis, each at its own random moments, Redis without
  persistence;
- `redis-away`: nothing, but Redis is not there until all is submitted.

Then one more sender finishes, waiting out the leases of what was killed (60 s): nothing is helped
along. Redis is one of our own on a free port. Exit code 1 when anything was lost.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

if __name__ == "__main__":
    # Started as a file, Python looks for modules beside it first, and finds our queue.py.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tests.installs import kill
from tests.kills import Killer, Redis, Scene, drain, staged

SETTLE_SECONDS = 300.0


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--requests", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--scenes", nargs="+", choices=list(SCENES), default=list(SCENES))
    options = parser.parse_args()
    print(
        f"{'scene':18}{'requests':>9}{'kills':>7}{'lost':>6}{'double mails':>14}"
        f"{'double pushes':>15}{'submit s':>10}{'after s':>9}"
    )
    lost = 0
    for name in options.scenes:
        lost += SCENES[name](name, options.requests, options.seed)
    sys.exit(1 if lost else 0)


def _drain(name: str, count: int, seed: int) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        scene = stack.enter_context(staged(folder, postgres=name == "drain-postgres"))
        killer = Killer(
            lambda: drain(scene.install),
            seed=seed,
            between=(0.0, 3.0),
            busy=scene.arrived,
            patience=15,
        )
        began = time.monotonic()
        with killer:
            scene.submit(count)
        took = time.monotonic() - began
        drain(scene.install)
        return _told(name, scene, killer.kills, took)


def _celery(name: str, count: int, seed: int) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = Redis(folder / "redis.log")
        scene = stack.enter_context(staged(folder, postgres=True, REDIS_URL=redis.url))
        began = time.monotonic()
        with (
            Killer(redis.start, seed=seed, between=(1.0, 8.0)) as redis_killer,
            Killer(
                scene.install.start_worker,
                seed=seed + 1,
                between=(0.0, 6.0),
                busy=scene.arrived,
                patience=20,
            ) as killer,
        ):
            scene.submit(count)
        took = time.monotonic() - began
        stack.callback(kill, redis.start())
        scene.install.start_worker()
        return _told(name, scene, killer.kills + redis_killer.kills, took)


def _away(name: str, count: int, seed: int) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        redis = Redis(folder / "redis.log")
        scene = stack.enter_context(staged(folder, postgres=True, REDIS_URL=redis.url))
        # The worker is there all the time, and its sweep needs no broker.
        scene.install.start_worker()
        began = time.monotonic()
        scene.submit(count)
        took = time.monotonic() - began
        stack.callback(kill, redis.start())
        return _told(name, scene, 0, took)


def _told(name: str, scene: Scene, kills: int, took: float) -> int:
    """Wait for the end, print the line of one scene; returns how much was lost."""
    after = scene.wait_until_settled(SETTLE_SECONDS)
    outcome = scene.outcome()
    lost = outcome.lost_mails + outcome.lost_pushes + len(outcome.failures)
    print(
        f"{name:18}{outcome.requests:9,}{kills:7}{lost:6}{outcome.double_mails:14}"
        f"{outcome.double_pushes:15}{took:10.0f}{after:9.0f}",
        flush=True,
    )
    if lost or set(outcome.states) != {"sent"}:
        print(outcome)
        lost = max(lost, 1)
    return lost


SCENES: dict[str, Callable[[str, int, int], int]] = {
    "drain-sqlite": _drain,
    "drain-postgres": _drain,
    "celery-redis": _celery,
    "redis-away": _away,
}


if __name__ == "__main__":
    main()
