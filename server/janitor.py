"""Stops the supervisor's programs when the supervisor is gone, however it went.

It reads `+<group>` and `-<group>` lines from its standard input: process groups that run and that
ended. The input closes when the supervisor ends, also by `kill -9`; every group that is still on
the list is then asked to stop, and killed when it does not. Needs nothing but Python itself, and
is started by its path, so that it is there before anything else is loaded.
"""

import contextlib
import os
import signal
import sys
import time

GRACE_SECONDS = 10.0


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    # The leader knows how to end its own workers; only what remains is killed.
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(group, signal.SIGTERM)
    end = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < end and any(_runs(group) for group in groups):
        time.sleep(0.1)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def _runs(group: int) -> bool:
    """Whether anything of the process group is left."""
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
