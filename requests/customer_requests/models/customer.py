"""The customer's own say: correct their details, choose what the employee sees, be forgotten."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_requests.models.attachment import Attachment
from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.life import OPEN, Actor, ClosedAs, Status
from customer_requests.models.linking import LinkKind
from customer_requests.models.tracking import TrackingLink
from customer_requests.models.under_problem import UnderProblem
from notifications.models import (
    Change,
    ChangeKind,
    Delivery,
    DeliveryState,
    KeptCopy,
    Notification,
)
from notifications.models.feed import Changed
from server.accounts.models import User

ERASED = "—"


def _fetch_again(items: QuerySet[Notification]) -> list[Changed]:
    """A phone that holds these inbox items has to fetch them again."""
    return [
        Changed(user_id, ChangeKind.INBOX, pk) for user_id, pk in items.values_list("user_id", "pk")
    ]


class OwnSay(UnderProblem):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def correct_details(
        self,
        *,
        name: str,
        email: str,
        phone: str,
        channel: str,
        language: str,
        employee_sees: str,
    ) -> bool:
        """What the customer says of themselves; returns whether their links were replaced.

        A new address gets a fresh message and every older link ends, since whoever reads the old
        address should not be able to follow along.
        """
        self._lock("details")
        before = (self.customer_email, self.customer_phone, self.customer_channel)
        moved = before != (email, phone, channel)
        readable = {entry.pk for entry in self._entries() if self.employee_may_read(entry)}
        self.employee_sees = employee_sees
        entry = self._add(EntryKind.DETAILS, Actor.customer(), to_customer=moved)
        self._save(
            customer_name=name,
            customer_email=email,
            customer_phone=phone,
            customer_channel=channel,
            customer_language=language,
            employee_sees=employee_sees,
            customer_checked_at=timezone.now(),
            customer_failing=False if moved else self.customer_failing,
        )
        if moved:
            TrackingLink.revoke_all(self)  # type: ignore[arg-type] # the one concrete class
        entries = self._entries()
        changes = [
            Changed(self.employee_id, ChangeKind.TIMELINE, row.pk, not self.employee_may_read(row))
            for row in entries
            if row.pk in readable or self.employee_may_read(row)
        ]
        mine = self._inbox_items().filter(user_id=self.employee_id)
        self._tell(entry, also=[*changes, *_fetch_again(mine)])
        return moved

    def _inbox_items(self) -> QuerySet[Notification]:
        """What lies in people's inboxes about this request; its words follow what may be read."""
        return Notification.objects.filter(subject_id=self.pk, user__isnull=False)

    def _entries(self) -> list[Entry]:
        return list(Entry.objects.filter(request_id=self.pk).order_by("number"))

    @transaction.atomic(durable=True)
    def correct_contact(self, *, by: User, email: str, phone: str, channel: str) -> None:
        """The team: a better address, mostly because messages did not arrive.

        Like a change by the customer: older links end and the new address gets a fresh one.
        """
        self._lock("contact", desk=by)
        before = (self.customer_email, self.customer_phone, self.customer_channel)
        if before == (email, phone, channel) and not self.customer_failing:
            return
        entry = self._add(EntryKind.DETAILS, Actor.agent(by), to_customer=True)
        self._save(
            customer_email=email,
            customer_phone=phone,
            customer_channel=channel,
            customer_failing=False,
        )
        TrackingLink.revoke_all(self)  # type: ignore[arg-type] # the one concrete class
        self._tell(entry)

    @transaction.atomic
    def customer_unreachable(self, reason: str) -> None:
        """Our messages do not arrive: tell the employee, who knows the customer. Once.

        Part of the transaction that gives the message up, so that neither is without the other.
        """
        self._lock_row()
        if self.customer_failing or self.erased_at is not None:
            return
        entry = self._add(EntryKind.UNREACHABLE, Actor.clock(), to_employee=True, text_team=reason)
        self._save(customer_failing=True)
        self._tell(entry)

    @transaction.atomic(durable=True)
    def erase(self, *, by: Actor) -> None:
        """Forget the customer: names, addresses, texts, files and copies go, the counts stay.

        Used for "this is not me: delete" and by the retention clock. An open request ends as
        withdrawn; the team and the employee see that it was erased, not what it said.
        """
        self._lock_row()
        if self.erased_at is not None:
            return
        now = timezone.now()
        hidden = [entry.pk for entry in self._entries()]
        # Also where a colleague's employee reads along, because their request went on as this one.
        Entry.objects.filter(Q(request_id=self.pk) | Q(copy_of__request_id=self.pk)).update(
            text_customer="", text_employee="", text_team="", fingerprint=""
        )
        self.steps.update(title=ERASED, fingerprint="")  # type: ignore[attr-defined]
        self.ratings.update(text="")  # type: ignore[attr-defined]
        for attachment in Attachment.objects.filter(request_id=self.pk):
            attachment.forget()
        TrackingLink.objects.filter(request_id=self.pk).delete()
        KeptCopy.objects.filter(subject_id=self.pk).delete()
        Delivery.objects.filter(
            notification__subject_id=self.pk, state=DeliveryState.QUEUED
        ).update(state=DeliveryState.DROPPED, settled_at=now, lease=None)
        Delivery.objects.filter(notification__subject_id=self.pk).update(address_hash="")
        ended = self._ended_by_erasing(now)
        entry = self._add(EntryKind.ERASED, by, to_employee=bool(ended))
        self._save(
            question=ERASED,
            customer_name=ERASED,
            customer_email="",
            customer_phone="",
            relation="",
            fingerprint="",
            before_merge=None,
            erased_at=now,
            **ended,
        )
        kept = Change.objects.filter(
            user_id=self.employee_id, kind=ChangeKind.TIMELINE, object_id__in=hidden
        ).values_list("object_id", flat=True)
        self._tell(
            entry,
            also=[
                *(Changed(self.employee_id, ChangeKind.TIMELINE, pk) for pk in list(kept)),
                *_fetch_again(self._inbox_items()),
            ],
        )

    def forget_customer(self, *, by: Actor) -> None:
        """Erase this request and those that it follows or that follow it: the same customer.

        Also those that were merged with it or split off, where they have the address that this
        link went to: another one may be of somebody who has nothing to do with it.
        """
        family, found = type(self)._base_manager, {self.pk}
        here = self._at_this_address()
        while more := set(
            family.filter(
                Q(follow_up_of__in=found)
                | Q(follow_ups__in=found)
                | (here & (Q(merged_into__in=found) | Q(merged_here__in=found)))
                | (here & Q(links_in__request__in=found, links_in__kind=LinkKind.SPLIT))
                | (here & Q(links_out__other__in=found, links_out__kind=LinkKind.SPLIT))
            )
            .exclude(pk__in=found)
            .values_list("pk", flat=True)
        ):
            found |= more
        for request in family.filter(pk__in=found):
            request.erase(by=by)

    def _ended_by_erasing(self, now: datetime) -> dict[str, Any]:
        """The columns that end a request which has no customer any more; none when it had ended."""
        if self.status in OPEN:
            return {
                "status": Status.WITHDRAWN,
                "waiting_on": "",
                "waiting_until": None,
                "paused_at": None,
                "reply_due": None,
                "asked": None,
                "asked_at": None,
                "closed_at": now,
            }
        if self.status == Status.SOLVED:
            return {
                "status": Status.CLOSED,
                "closed_as": ClosedAs.UNANSWERED,
                "closed_at": now,
            }
        return {}

    @property
    def first_contact(self) -> bool:
        """Whether the customer still has to be asked whether this is right."""
        return self.customer_checked_at is None and self.erased_at is None

    def seen_by_customer(self) -> list[Entry]:
        """The customer's story, oldest first; reads entries, actors and files in two queries."""
        return list(
            Entry.objects.filter(request_id=self.pk, to_customer=True, copy_of=None)
            .select_related("actor", "step")
            .prefetch_related("attachments")
            .order_by("number")
        )

    def seen_by_employee(self) -> list[Entry]:
        """The employee's story, oldest first."""
        entries = (
            Entry.objects.filter(request_id=self.pk)
            .select_related("actor", "step")
            .prefetch_related("attachments")
            .order_by("number")
        )
        return [entry for entry in entries if self.employee_may_read(entry)]

    def files_for(self, role: ActorRole) -> list[Attachment]:
        """The files a reader may open: a customer's is the employee's only if they allow it."""
        files = list(self.attachments.select_related("entry"))  # type: ignore[attr-defined]
        if role == ActorRole.EMPLOYEE:
            return [file for file in files if self.employee_may_read(file.entry)]
        if role == ActorRole.AGENT and (merged := self.merged_ids()):
            files += Attachment.objects.filter(request_id__in=merged).select_related("entry")
        return files
