"""A look at the outbox for who runs the product; names nobody."""

import argparse
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.utils import timezone

from notifications.drain import send_again
from notifications.models import ChannelPause, Delivery, DeliveryState

MOST = 200


class Command(BaseCommand):
    help = "Shows how the outbox stands; lists what was given up, and sends it again."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("--dead", action="store_true", help="list what was given up")
        parser.add_argument(
            "--again", metavar="ID", help="send a delivery that was given up again, or `all`"
        )

    def handle(self, **options: Any) -> None:
        if options["again"]:
            self._again(options["again"])
        elif options["dead"]:
            self._list_dead()
        else:
            self._count()

    def _count(self) -> None:
        counts = (
            Delivery.objects.order_by("channel", "state")
            .values_list("channel", "state")
            .annotate(number=Count("pk"))
        )
        for channel, state, number in counts:
            self.stdout.write(f"{channel:6} {state:8} {number:8}")
        now = timezone.now()
        oldest = (
            Delivery.objects.filter(state=DeliveryState.QUEUED, due__lte=now)
            .order_by("due", "id")
            .values_list("due", flat=True)
            .first()
        )
        late = f"{(now - oldest).total_seconds():.0f} s late" if oldest else "nothing is due"
        self.stdout.write(f"oldest due: {late}")
        for pause in ChannelPause.objects.filter(until__gt=now):
            self.stdout.write(f"{pause.channel} is paused until {pause.until:%Y-%m-%dT%H:%M:%SZ}")

    def _list_dead(self) -> None:
        dead = Delivery.objects.filter(state=DeliveryState.DEAD).select_related("notification")
        for delivery in dead.order_by("-created_at", "-id")[:MOST]:
            kind = delivery.notification.kind
            self.stdout.write(
                f"{delivery.pk}  {delivery.channel:6} {kind:24} {delivery.last_error}"
            )
        self.stdout.write(f"{dead.count()} given up")

    def _again(self, which: str) -> None:
        dead = Delivery.objects.filter(state=DeliveryState.DEAD)
        if which != "all":
            try:
                dead = dead.filter(pk=uuid.UUID(which))
            except ValueError as error:
                raise CommandError("--again takes the id of a delivery, or all") from error
        number = send_again(list(dead.only("pk")))
        if not number and which != "all":
            raise CommandError("no delivery with that id was given up")
        self.stdout.write(f"{number} deliveries are in the queue again")
