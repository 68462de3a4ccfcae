"""What `manage.py check --deploy` says of settings that are allowed but hardly ever meant."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register


@register("channels", deploy=True)
def somebody_hears_from_us(**_kwargs: Any) -> list[CheckMessage]:
    """E-mail is the one channel that every customer has."""
    if settings.EMBEDDED or settings.EMAIL_CONFIGURED:
        return []
    return [
        Warning(
            "EMAIL_URL is not set: customers would never hear from us. Their messages wait, and "
            "are given up in the end.",
            hint="Set EMAIL_URL to a mail server or a mail service; .env.example shows how.",
            id="server.W001",
        )
    ]
