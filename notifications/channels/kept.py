"""Where a channel has no provider, what would have been sent is kept for the mailbox.

Only in the embedded default: anywhere else a copy of a customer's mail has no business in a table.
"""

import uuid
from collections.abc import Sequence
from email.utils import parseaddr
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.backends.base import BaseEmailBackend

from notifications.models import KeptCopy


def keep(
    *,
    channel: str,
    name: str,
    address: str,
    title: str,
    text: str,
    subject_id: uuid.UUID | None,
    html: str = "",
    data: dict[str, Any] | None = None,
) -> None:
    if settings.EMBEDDED:
        KeptCopy.objects.create(
            channel=channel,
            person_name=name[:200],
            address=address[:320],
            title=title[:400],
            text=text,
            html=html,
            data=data or {},
            subject_id=subject_id,
        )


class EmailBackend(BaseEmailBackend):
    """Django's mail backend of the embedded default: also keeps sign-in mails."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        for mail in email_messages:
            html = ""
            if isinstance(mail, EmailMultiAlternatives):
                html = next((str(part[0]) for part in mail.alternatives), "")
            subject = getattr(mail, "metadata", {}).get("subject")
            for recipient in mail.recipients():
                name, address = parseaddr(recipient)
                keep(
                    channel="email",
                    name=name,
                    address=address,
                    title=str(mail.subject),
                    text=str(mail.body),
                    html=html,
                    subject_id=uuid.UUID(subject) if subject else None,
                )
        return len(email_messages)
