"""The worker of the embedded default: no broker, only the outbox."""

import argparse
import signal
import threading
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand

from notifications.worker import keep_sending, send_once

LOOK_EVERY_SECONDS = 0.5


class Command(BaseCommand):
    help = "Sends what is in the outbox and runs the clock, until it is stopped."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="stop when nothing is due any more")

    def handle(self, **options: Any) -> None:
        if options["once"]:
            self.stdout.write(f"{send_once()} deliveries tried")
            return
        stop = threading.Event()

        def finish(number: int, frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, finish)
        signal.signal(signal.SIGINT, finish)
        keep_sending(stop, every=LOOK_EVERY_SECONDS)
