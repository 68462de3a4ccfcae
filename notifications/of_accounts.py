"""What somebody is told of their own account: by e-mail alone, and nobody can switch it off.

It is how they find out that somebody else did it. There is nothing secret in it.
"""

import uuid
from collections.abc import Mapping, Sequence

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from notifications import kinds, outbox
from notifications.kinds import Kind, Letter
from notifications.models import Notification
from notifications.outbox import Message, ToUser
from server.accounts.models import User
from server.look import look_facts

# By what happened, as the audit trail calls it: the subject, and the sentence.
_SAID: Mapping[str, tuple[Promise | str, Promise | str]] = {
    "second-factor-added": (
        gettext_lazy("A second factor was set up for your account"),
        gettext_lazy("On %(when)s a second factor was set up for your account at %(company)s."),
    ),
    "second-factor-removed": (
        gettext_lazy("The second factor of your account was turned off"),
        gettext_lazy(
            "On %(when)s the second factor of your account at %(company)s was turned off."
        ),
    ),
    "second-factor-reset": (
        gettext_lazy("An administrator removed your second factor"),
        gettext_lazy(
            "On %(when)s an administrator removed the second factor of your account at "
            "%(company)s. You were signed out everywhere, and can set up a new one."
        ),
    ),
    "recovery-codes-renewed": (
        gettext_lazy("New recovery codes were made for your account"),
        gettext_lazy(
            "On %(when)s new recovery codes were made for your account at %(company)s. The old "
            "ones no longer work."
        ),
    ),
}


def register() -> None:
    for did in _SAID:
        kind = Kind(f"account.{did}", "", compose, push=False, email=True, inbox=False)
        kinds.register(kind)
    User.on_factor_changed.append(tell)


@transaction.atomic
def tell(user: User, did: str) -> None:
    outbox.put([Message(f"account.{did}", ToUser(user), user.pk, uuid.uuid4())])


def compose(notifications: Sequence[Notification], to_send: bool) -> dict[uuid.UUID, Letter]:
    return {row.pk: _letter(row, row.user) for row in notifications if row.user is not None}


def _letter(notification: Notification, user: User) -> Letter:
    subject, sentence = _SAID[notification.kind.removeprefix("account.")]
    with translation.override(user.language):
        when = date_format(notification.created_at.astimezone(user.zone), "l j F Y H:i")
        paragraphs = [
            str(sentence) % {"when": when, "company": look_facts()["name"]},
            _("Was this you, or did you ask for it? Then you need not do anything."),
            _(
                "Was it not? Then somebody may know your password. Tell whoever manages the app in "
                "your company now, choose another password, and end the sessions that are not "
                "yours."
            ),
        ]
        return Letter(
            language=user.language,
            name=user.name,
            title=str(subject),
            text="\n".join(paragraphs),
            subject=str(subject),
            greeting=_("Hi %(name)s,") % {"name": user.first_name},
            paragraphs=paragraphs,
            action_label=_("See where you are signed in"),
            action_url=f"{settings.BASE_URL}{reverse('usersessions_list')}",
            footer=[_("You always get this message, so that nobody can do it unseen.")],
            email=user.email,
        )
