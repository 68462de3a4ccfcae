"""What customer and employee will read, before it is sent: a rehearsed verb, put into words.

The words come from the same letters and the same mail templates as the real thing.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from ninja import Schema

from customer_requests.desk.seeing import saw_customers
from customer_requests.models import CustomerRequest, EmployeeSees, Entry
from customer_requests.models.rehearsing import Story, Told
from notifications.channels import Parcel, email, sms
from notifications.kinds import Letter
from notifications.models import Channel, Delivery, Notification
from server.accounts.models import User

# For a request that a verb will make: which reference it gets is not known before.
NO_REFERENCE = "DHG-····-····"


class ChannelOut(Schema):
    """One way in which a reader gets it; `after` is when their quiet hours are over, if they are
    in them now. `parts` is how many SMS it takes, `devices` on how many phones it appears. `post`:
    nothing is sent, the employee places it there; `length` is as its network counts it, `limit`
    how much that takes.
    """

    channel: Literal["email", "sms", "push", "inbox", "page", "post"]
    to: str
    title: str
    text: str
    parts: int | None = None
    devices: int | None = None
    after: datetime | None = None
    length: int | None = None
    limit: int | None = None


class ReadingOut(Schema):
    """What one reader gets. `why_not` says why they get nothing, `beside` what is different for
    them from what they could have got; null where there is nothing to say.
    """

    reader: Literal["customer", "employee"]
    name: str
    language: Literal["nl", "en"]
    gets: bool
    why_not: str | None
    beside: str | None
    channels: list[ChannelOut]


class PreviewOut(Schema):
    """`internal` is true where nobody outside the team reads anything of it."""

    internal: bool
    readings: list[ReadingOut]


def preview(
    request: CustomerRequest, act: Callable[[CustomerRequest], Any], *, reader: User
) -> dict[str, Any]:
    """What this verb would tell whom. Writes nothing but that `reader` saw the customer's address,
    where it is in it; raises what the verb refuses with.
    """
    told = request.rehearse(act)
    # The verb may have met what others did in the meantime; the row that it saw counts.
    shown = _once(told, request) if told else []
    if any(reading["reader"] == "customer" for reading in shown):
        saw_customers(reader, [request.pk])
    return {"internal": not shown, "readings": shown}


def _once(told: Told, request: CustomerRequest) -> list[dict[str, Any]]:
    """What each reader gets; who is told of it once is not said to get nothing elsewhere."""
    readings: list[dict[str, Any]] = []
    for story in told.stories:
        for reading in filter(None, (_customer(story, told), _employee(story, told))):
            _unname(reading, story.request, request)
            readings.append(reading)
    get = {(each["reader"], each["name"]) for each in readings if each["gets"]}
    return [each for each in readings if each["gets"] or (each["reader"], each["name"]) not in get]


def _unname(reading: dict[str, Any], made: CustomerRequest, request: CustomerRequest) -> None:
    """The reference of what is not made yet will be another one."""
    if made.pk == request.pk or made.version > 1:
        return
    for way in reading["channels"]:
        for name in ("to", "title", "text"):
            way[name] = way[name].replace(made.reference, NO_REFERENCE)


def _customer(story: Story, told: Told) -> dict[str, Any] | None:
    request, entries = story.request, story.entries
    if story.copy or not any(entry.to_customer for entry in entries):
        return None
    if request.is_social:
        return _under_post(request, entries)
    found = _letter(told, entries, "customer.")
    channels = [_page(request, entries)] if not request.erased_at else []
    why_not = None
    if found is None:
        why_not = _why_not_customer(request)
    else:
        notification, letter = found
        channels = [*_sent(letter, _of(told, notification)), *channels]
    return {
        "reader": "customer",
        "name": request.customer_name,
        "language": request.customer_language,
        "gets": found is not None,
        "why_not": why_not,
        "beside": None,
        "channels": channels,
    }


def _under_post(request: CustomerRequest, entries: Iterable[Entry]) -> dict[str, Any] | None:
    """What has to stand under the post. Nothing is sent to who reads it there."""
    placed = [found for entry in entries if (found := request.to_place(entry))]
    placer = request.employee
    if not placed:
        return None
    why_not = beside = None
    if placer.is_active:
        beside = _("No message goes out: %(name)s places it under the post, in their own name.")
    else:
        why_not = _("%(name)s no longer works here, so nobody places it under the post.")
    return {
        "reader": "customer",
        "name": request.customer_name,
        "language": request.customer_language,
        "gets": placer.is_active,
        "why_not": why_not and why_not % {"name": placer.name},
        "beside": beside and beside % {"name": placer.first_name},
        "channels": [
            _way("post", request.network_label, "", each["text"])
            | {"length": each["length"], "limit": each["limit"]}
            for each in placed
        ],
    }


def _why_not_customer(request: CustomerRequest) -> str:
    if request.erased_at:
        return _("The customer had everything deleted, so there is nobody to tell.")
    if request.customer_failing:
        return _(
            "Our messages do not reach the customer. They read it on their page, if they still "
            "have the link. Correct the address to reach them again."
        )
    return _("The customer gets no message about this; they read it on their page.")


def _employee(story: Story, told: Told) -> dict[str, Any] | None:
    request, entries = story.request, story.entries
    if not any(request.employee_may_read(entry) or entry.to_employee for entry in entries):
        return None
    found = _letter(told, entries, "employee.")
    gets = found is not None and request.employee.is_active
    channels: list[dict[str, Any]] = []
    beside = None
    if found is not None and gets:
        notification, letter = found
        channels = [_inbox(letter), *_sent(letter, _of(told, notification))]
        beside = _beside_employee(request, entries)
    return {
        "reader": "employee",
        "name": request.employee.name,
        "language": request.employee.language,
        "gets": gets,
        "why_not": None if gets else _why_not_employee(request, entries),
        "beside": beside,
        "channels": channels,
    }


def _why_not_employee(request: CustomerRequest, entries: Iterable[Entry]) -> str:
    if not request.employee.is_active:
        return _("%(name)s no longer works here.") % {"name": request.employee.name}
    if any(entry.actor_id == request.employee_id for entry in entries):
        return _("You passed this question on yourself, so you get no message about it.")
    if request.employee_sees == EmployeeSees.STEPS:
        return _("The customer lets the employee see only the status and the steps.")
    return _("The employee gets no message about this; they read it in the app.")


def _beside_employee(request: CustomerRequest, entries: Iterable[Entry]) -> str | None:
    """Where the employee hears of it and does not get the words."""
    withheld = any(entry.text_employee and not request.employee_reads(entry) for entry in entries)
    if withheld:
        return _("They hear that it happened. The customer does not let them read the words.")
    return None


def _letter(
    told: Told, entries: Iterable[Entry], audience: str
) -> tuple[Notification, Letter] | None:
    of_these = {entry.pk for entry in entries}
    for notification in told.notifications:
        letter = told.letters.get(notification.pk)
        if notification.entry_id not in of_these or not notification.kind.startswith(audience):
            continue
        if letter is not None:
            return notification, letter
    return None


def _of(told: Told, notification: Notification) -> list[Delivery]:
    return [row for row in told.deliveries if row.notification_id == notification.pk]


def _page(request: CustomerRequest, entries: Iterable[Entry]) -> dict[str, Any]:
    """The customer's own page, where every entry for them stands."""
    texts = [entry.text_customer for entry in entries if entry.to_customer]
    return _way("page", request.reference, "", "\n\n".join(filter(None, texts)))


def _inbox(letter: Letter) -> dict[str, Any]:
    return _way("inbox", "", letter.title, letter.text)


def _sent(letter: Letter, deliveries: list[Delivery]) -> Iterable[dict[str, Any]]:
    """Each channel once, however many phones there are."""
    pushes = [row for row in deliveries if row.channel == Channel.PUSH]
    if pushes:
        now = timezone.now()
        after = max(row.due for row in pushes)
        yield _way(
            "push",
            "",
            letter.push_title,
            letter.push_body,
            devices=len(pushes),
            after=after if after > now else None,
        )
    for row in deliveries:
        if row.channel == Channel.EMAIL:
            mail = email.message(Parcel(row, letter))
            yield _way("email", letter.email, str(mail.subject), str(mail.body).strip())
        elif row.channel == Channel.SMS:
            yield _way("sms", letter.phone, "", letter.sms, parts=sms.parts(letter.sms))


def _way(channel: str, to: str, title: str, text: str, **more: Any) -> dict[str, Any]:
    facts = {"parts": None, "devices": None, "after": None, "length": None, "limit": None, **more}
    return {"channel": channel, "to": to, "title": title, "text": text, **facts}
