"""What is thrown away when its time is over, in helpings that lock no table for long."""

from datetime import timedelta
from importlib import import_module

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.utils import timezone

from notifications import periodic
from notifications.models import Delivery, DeliveryState, Device, KeptCopy
from server.accounts.models import AuditSeal

EXPIRED_DEVICE = timedelta(days=270)
SETTLED_DELIVERY = timedelta(days=90)
KEPT_COPY = timedelta(days=30)
HELPING = 1000


def register() -> None:
    day = timedelta(days=1)
    periodic.register("forget-devices", every=day, run=forget_devices)
    periodic.register("forget-deliveries", every=day, run=forget_deliveries)
    periodic.register("forget-sessions", every=day, run=forget_sessions)
    periodic.register("seal-audit", every=timedelta(minutes=1), run=AuditSeal.seal)
    periodic.register("forget-runs", every=day, run=periodic.forget_old_runs)


def forget_devices() -> None:
    """FCM forgets a device after 270 days of silence; so do we."""
    Device.objects.filter(last_seen_at__lte=timezone.now() - EXPIRED_DEVICE).delete()


def forget_deliveries() -> None:
    """How a message went is of use for some months; what is dead stays until someone looks."""
    settled = Delivery.objects.filter(settled_at__lte=timezone.now() - SETTLED_DELIVERY).exclude(
        state=DeliveryState.DEAD
    )
    while helping := list(settled.values_list("pk", flat=True)[:HELPING]):
        Delivery.objects.filter(pk__in=helping).delete()
    KeptCopy.objects.filter(at__lte=timezone.now() - KEPT_COPY).delete()


def forget_sessions() -> None:
    """Sessions that ended by themselves, and allauth's note of them."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    UserSession.objects.exclude(session_key__in=Session.objects.values("session_key")).delete()
