"""The phones and browsers that pushes go to."""

import uuid
from typing import ClassVar

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from server.accounts.models import User

# Each round one of those who claim the same token gets through.
_ATTEMPTS = 10


class Platform(models.TextChoices):
    ANDROID = "android"
    IOS = "ios"
    WEB = "web"


class Device(models.Model):
    """One installation of the app. A token belongs to one installation and one person at a time.

    `target_kind` says what FCM takes the token for: a registration token, or an installation id.
    A device that FCM no longer knows is deleted; one that is switched off keeps the reason.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    installation_id = models.CharField(max_length=64, unique=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="devices")
    token = models.CharField(max_length=512, unique=True)
    target_kind = models.CharField(
        max_length=5, choices=[("token", "token"), ("fid", "fid")], default="token"
    )
    platform = models.CharField(max_length=8, choices=Platform.choices)
    language = models.CharField(max_length=2, blank=True)
    app_version = models.CharField(max_length=40, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    off_since = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["last_seen_at"], name="device_last_seen"),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @classmethod
    def register(
        cls,
        *,
        user: User,
        installation_id: str,
        token: str,
        platform: str,
        target_kind: str = "token",
        language: str = "",
        app_version: str = "",
    ) -> tuple["Device", bool]:
        """Tie a token to this installation and person; whoever had either before loses it.

        Returns the device and whether the installation is new. Two phones that claim one token at
        the same moment are put in order by the unique token: the later one keeps it.
        """
        facts = {
            "user": user,
            "token": token,
            "target_kind": target_kind,
            "platform": platform,
            "language": language,
            "app_version": app_version,
            "last_seen_at": timezone.now(),
            "off_since": None,
            "off_reason": "",
        }
        theirs = models.Q(token=token) | models.Q(installation_id=installation_id)
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    # In one order, so that two phones that swap tokens don't wait for each other.
                    list(cls.objects.select_for_update().filter(theirs).order_by("pk"))
                    cls.objects.filter(token=token).exclude(
                        installation_id=installation_id
                    ).delete()
                    return cls.objects.update_or_create(
                        installation_id=installation_id, defaults=facts
                    )
            except IntegrityError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("the loop returns or raises")

    @classmethod
    def forget_all_of(cls, user: User) -> None:
        cls.objects.filter(user=user).delete()

    def switch_off(self, reason: str) -> None:
        self.off_since, self.off_reason = timezone.now(), reason
        self.save(update_fields=["off_since", "off_reason"])
