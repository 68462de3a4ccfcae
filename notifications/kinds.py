"""What can be told, as declared by the apps above this one.

A feature registers each kind once, when it starts, with the function that makes the words. Words
are made per recipient when a message is read or sent, from ids, never stored beside the outbox.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from server.problems import Text

if TYPE_CHECKING:
    from notifications.models import Notification


@dataclass(frozen=True, slots=True)
class Letter:
    """The words of one notification for its recipient, in their language.

    `title` and `text` are what an inbox shows. `push_title` and `push_body` are neutral: they
    pass through others' servers and lie on a lock screen. `sms` is one plain text with the link.
    `subject` to `footer` are the e-mail. `email` and `phone` are where the recipient can be
    reached now; empty where they can't.
    """

    language: str
    name: str
    title: str
    text: str
    push_title: str = ""
    push_body: str = ""
    sms: str = ""
    subject: str = ""
    greeting: str = ""
    paragraphs: Sequence[str] = ()
    quote: str = ""
    steps: Sequence[Mapping[str, str]] = ()
    action_label: str = ""
    action_url: str = ""
    footer: Sequence[str] = ()
    email: str = ""
    phone: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


# What most notifications are about.
REQUEST = "request"

Compose = Callable[[Sequence["Notification"], bool], dict[uuid.UUID, Letter]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notification.

    `compose(notifications, to_send)` gives the letters by notification id, in a fixed number of
    queries; one that is left out is not sent (its subject was erased, its reader may no longer
    see it). `to_send` is False for an inbox that is only read, and then nothing may be written.
    `urgent` passes quiet hours. `about` is what `subject_id` is the id of, as the app calls it:
    `request`, `example-post` and so on. What the app can't show has no place in its `inbox`.
    `failed(notification, reason)` hears of a message to a customer that was given up.
    """

    name: str
    label: Text
    compose: Compose
    push: bool = True
    email: bool = False
    urgent: bool = False
    inbox: bool = True
    about: str = REQUEST
    failed: Callable[["Notification", str], None] | None = None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    if kind.name in _kinds:
        raise ValueError(f"two kinds of notification are called {kind.name}")
    _kinds[kind.name] = kind


def get(name: str) -> Kind:
    return _kinds[name]


def chosen_by_people() -> Mapping[str, Kind]:
    """The kinds that an employee can choose about: those with a label."""
    return {name: kind for name, kind in _kinds.items() if kind.label}


def not_in_inbox() -> list[str]:
    return [name for name, kind in _kinds.items() if not kind.inbox]


def compose(notifications: Sequence["Notification"], *, to_send: bool) -> dict[uuid.UUID, Letter]:
    """The letters of many notifications, one call per composing function."""
    groups: dict[Compose, list[Notification]] = {}
    for notification in notifications:
        groups.setdefault(get(notification.kind).compose, []).append(notification)
    letters: dict[uuid.UUID, Letter] = {}
    for composer, group in groups.items():
        letters |= composer(group, to_send)
    return letters
