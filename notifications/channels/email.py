"""E-mail through Django's backend: one opened connection, messages one by one.

`send_messages([...])` would let one refused address stop the rest. The Message-ID is made from
the delivery, so a mail that is sent twice is recognised as one by most mail programs.
"""

import smtplib
from collections.abc import Iterator, Sequence
from email.utils import formataddr, parseaddr

from anymail.exceptions import AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.utils import translation

from notifications.channels import Parcel, Result, Verdict
from server.look import look_facts

_PERMANENT = range(500, 600)
_CLOSING = 421  # after it smtplib has closed the connection
_ABOUT_US = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPSenderRefused,
)


def message(parcel: Parcel) -> EmailMultiAlternatives:
    """The mail of a parcel: plain text and HTML, in its reader's language."""
    letter = parcel.letter
    with translation.override(letter.language):
        context = {
            "subject": letter.subject,
            "headline": letter.title,
            "greeting": letter.greeting,
            "paragraphs": letter.paragraphs,
            "quote": letter.quote,
            "steps": letter.steps,
            "action": (
                {"label": letter.action_label, "url": letter.action_url}
                if letter.action_url
                else None
            ),
            "footer": letter.footer,
            "look": look_facts(),
            "lang": letter.language,
        }
        text = render_to_string("notifications/mail.txt", context)
        html = render_to_string("notifications/mail.html", context)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=letter.subject,
        body=text,
        to=[formataddr((letter.name, letter.email))],
        headers={
            "Message-ID": f"<{parcel.delivery.pk}@{domain}>",
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
            "Content-Language": letter.language,
        },
    )
    mail.attach_alternative(html, "text/html")
    # Read by the mailbox of the embedded default, and by mail services as metadata.
    mail.metadata = {  # type: ignore[attr-defined] # anymail's own attribute
        "delivery": str(parcel.delivery.pk),
        "subject": str(parcel.delivery.notification.subject_id),
    }
    return mail


def send(parcels: Sequence[Parcel]) -> Iterator[tuple[Parcel, Result]]:
    connection = get_connection()
    try:
        for parcel in parcels:
            yield parcel, _send_one(connection, parcel)
    finally:
        connection.close()


def _send_one(connection: object, parcel: Parcel) -> Result:
    try:
        mail = message(parcel)
        mail.message()  # a header that can't be written shows here, before anything is sent
    except Exception as error:  # a poison message must not stop those behind it
        return Result(Verdict.REJECTED, reason=type(error).__name__)
    if not settings.EMAIL_CONFIGURED and not settings.EMBEDDED:
        return Result(Verdict.RETRY, reason="EMAIL_URL is not set")
    try:
        connection.open()  # type: ignore[attr-defined] # does nothing when it is open
        connection.send_messages([mail])  # type: ignore[attr-defined]
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        refused = bool(codes) and all(code in _PERMANENT for code in codes)
        if _CLOSING in codes:
            _drop(connection)
        return Result(
            Verdict.REFUSED if refused else Verdict.RETRY, reason=f"SMTP {codes[:1] or ''}"
        )
    except smtplib.SMTPResponseException as error:
        _drop(connection)
        # What the server has against us says nothing about the receiver.
        permanent = error.smtp_code in _PERMANENT and not isinstance(error, _ABOUT_US)
        return Result(
            Verdict.REFUSED if permanent else Verdict.RETRY, reason=f"SMTP {error.smtp_code}"
        )
    except AnymailRecipientsRefused:
        return Result(Verdict.REFUSED, reason="AnymailRecipientsRefused")
    except AnymailRequestsAPIError as error:
        code = error.status_code or 0
        permanent = code in {400, 422}
        return Result(Verdict.REJECTED if permanent else Verdict.RETRY, reason=f"HTTP {code}")
    except (OSError, smtplib.SMTPException) as error:
        _drop(connection)
        return Result(Verdict.RETRY, reason=type(error).__name__)
    if not settings.EMAIL_CONFIGURED:
        return Result(Verdict.KEPT)
    status = getattr(mail, "anymail_status", None)
    return Result(Verdict.SENT, provider_id=str(getattr(status, "message_id", "") or ""))


def _drop(connection: object) -> None:
    """Forget a connection that may be in an unknown state; the next message opens a new one."""
    try:
        connection.close()  # type: ignore[attr-defined]
    except (OSError, smtplib.SMTPException):
        connection.connection = None  # type: ignore[attr-defined]
