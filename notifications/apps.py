from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    """The outbox, what it delivers over which channel, devices, inbox and the feed of changes."""

    name = "notifications"

    def ready(self) -> None:
        from notifications import bounces, housekeeping, of_accounts
        from notifications.models import Device
        from server.accounts.models import User

        User.on_leaving.append(Device.forget_all_of)
        bounces.listen()
        housekeeping.register()
        of_accounts.register()
