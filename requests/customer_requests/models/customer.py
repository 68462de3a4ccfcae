"""The customer's own say: correct their details, choose what the employee sees, be forgotten."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from customer_requests.models.attachment import Attachment
from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.going_on import begun_anew
from customer_requests.models.life import OPEN, Actor, ClosedAs, Status
from customer_requests.models.linking import LinkKind
from customer_requests.models.tracking import TrackingLink
from customer_requests.models.under_problem import UnderProblem
from customer_requests.problems import NotNow
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

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

ERASED = "—"
_CONTACT = ("customer_email", "customer_phone", "customer_channel")


def _fetch_again(items: QuerySet[Notification]) -> list[Changed]:
    """A phone that holds these inbox items has to fetch them again."""
    return [
        Changed(user_id, ChangeKind.INBOX, pk) for user_id, pk in items.values_list("user_id", "pk")
    ]


class OwnSay(UnderProblem):
    class Meta:
        abstract = True

    @begun_anew
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
        address should not be able to follow along. Where this one was merged, or others into it,
        what was corrected holds for each of them that had the same address; what the employee
        sees is this employee's alone.
        """
        family = self._lock_family()
        self._check("details")
        said = {
            "customer_name": name,
            "customer_email": email,
            "customer_phone": phone,
            "customer_channel": channel,
            "customer_language": language,
        }
        before = (self.customer_email, self.customer_phone, self.customer_channel)
        moved = before != (email, phone, channel)
        beside = self._correct_others(family, said, Actor.customer())
        readable = {entry.pk for entry in self._entries() if self.employee_may_read(entry)}
        shown = self._shown_elsewhere()
        self.employee_sees = employee_sees
        entry = self._add(EntryKind.DETAILS, Actor.customer(), to_customer=moved)
        self._save(
            **said,
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
        elsewhere = self._changed_elsewhere(shown)
        self._tell(entry, also=[*changes, *_fetch_again(mine), *elsewhere], beside=beside)
        return moved

    def _correct_others(
        self, family: "list[CustomerRequest]", said: dict[str, Any], by: Actor
    ) -> "list[tuple[CustomerRequest, list[Entry]]]":
        """Correct what is new of `said` on those that have this one's address, and return what to
        tell there. Only the one that goes on writes: a link to what it leads to is enough.
        """
        new = {column: value for column, value in said.items() if value != getattr(self, column)}
        beside = []
        for other in family if new else ():
            if not self._reads_links_of(other):
                continue
            was = other._contact()
            for column, value in new.items():
                setattr(other, column, value)
            if not other.customer_address:
                for column in _CONTACT:
                    setattr(other, column, said[column])
            moved = other._contact() != was
            writes = moved and other.merged_into_id is None
            entry = other._add(EntryKind.DETAILS, by, to_customer=writes)
            failing = False if moved else other.customer_failing
            facts = {column: getattr(other, column) for column in (*said, *_CONTACT)}
            other._save(**facts, customer_failing=failing)
            if moved:
                TrackingLink.revoke_all(other)
            beside.append((other, [entry]))
        return beside

    def _reads_links_of(self, other: "CustomerRequest") -> bool:
        """Whether who reads the links of this one is the customer there too."""
        column = "customer_phone" if self.customer_channel == "sms" else "customer_email"
        return other.erased_at is None and getattr(other, column) == self.customer_address != ""

    def _contact(self) -> tuple[str, ...]:
        return tuple(getattr(self, column) for column in _CONTACT)

    def _shown_elsewhere(self) -> dict[Entry, bool]:
        """What was said here and stands on the timelines of employees whose request went on as this
        one, and whether they may read it.
        """
        copies = Entry.objects.filter(copy_of__request_id=self.pk).select_related("request")
        return {copy: copy.request.employee_may_read(copy) for copy in copies.to_read()}

    def _changed_elsewhere(self, shown: dict[Entry, bool]) -> list[Changed]:
        """What those employees have to fetch again, now that the customer chose anew."""
        changes = []
        for copy, could in shown.items():
            copy.__dict__["chosen_there"] = self.employee_sees
            can = copy.request.employee_may_read(copy)
            if can or could:
                of = copy.request.employee_id
                changes.append(Changed(of, ChangeKind.TIMELINE, copy.pk, deleted=not can))
        there = {copy.request_id for copy in shown}
        items = Notification.objects.filter(subject_id__in=there, user__isnull=False)
        items = items.exclude(user_id=self.employee_id) if there else items.none()
        return [*changes, *_fetch_again(items)]

    def _inbox_items(self) -> QuerySet[Notification]:
        """What lies in people's inboxes about this request; its words follow what may be read."""
        return Notification.objects.filter(subject_id=self.pk, user__isnull=False)

    def _entries(self) -> list[Entry]:
        return list(Entry.objects.filter(request_id=self.pk).to_read().order_by("number"))

    @begun_anew
    @transaction.atomic(durable=True)
    def correct_contact(self, *, by: User, email: str, phone: str, channel: str) -> None:
        """The team: a better address, mostly because messages did not arrive.

        Like a change by the customer: older links end and the new address gets a fresh one, and
        what was merged into this one has it too, for when it is taken apart.
        """
        family = self._lock_family(desk=by)
        self._check("contact", desk=by)
        said = {"customer_email": email, "customer_phone": phone, "customer_channel": channel}
        if self._contact() == tuple(said.values()) and not self.customer_failing:
            return
        beside = self._correct_others(family, said, Actor.agent(by))
        entry = self._add(EntryKind.DETAILS, Actor.agent(by), to_customer=True)
        self._save(**said, customer_failing=False)
        TrackingLink.revoke_all(self)  # type: ignore[arg-type] # the one concrete class
        self._tell(entry, beside=beside)

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
            post_url=None,
            placed_url="",
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

    def forget_stranger(self, *, by: Actor) -> None:
        """The employee, for who asked under a post and wants to be forgotten."""
        if not self._is_for(by.role, "erase") or self.erased_at is not None:
            raise NotNow(verb="erase", current=self.status)
        self._check_version()
        self.forget_customer(by=by)

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
        """The customer's story, oldest first; reads entries, actors and files in three queries.

        Also what an employee said on their own request since it went on as this one.
        """
        entries = Entry.objects.filter(self._customers_own(), to_customer=True, copy_of=None)
        return list(
            entries.select_related("actor", "step")
            .prefetch_related("attachments")
            .order_by("at", "number")
        )

    def _customers_own(self) -> Q:
        """Which entries are of the customer's story here."""
        own = Q(request_id=self.pk)
        for other in self.customers_merged_here():
            own |= Q(
                request_id=other.pk,
                kind__in=[EntryKind.MESSAGE, EntryKind.FILE],
                actor_role=ActorRole.EMPLOYEE,
                at__gte=other.closed_at,
            )
        return own

    def customers_merged_here(self) -> "list[CustomerRequest]":
        """The requests that go on as this one and are of whoever reads its links."""
        return [other for other in self.merged_with_it if self._reads_links_of(other)]

    def read_along_by(self) -> "list[CustomerRequest]":
        """The requests, one per employee, whose employee reads along here because they passed on
        the same question.
        """
        seen, found = {self.employee_id}, []
        for other in self.merged_with_it:
            if other.employee_id not in seen and other.erased_at is None:
                seen.add(other.employee_id)
                found.append(other)
        return found

    def reader_name(self, other: "CustomerRequest") -> str:
        """Who reads along by that request, as the customer of this one may know them."""
        return other.employee.first_name if self._reads_links_of(other) else _("A colleague")

    def seen_by_employee(self) -> list[Entry]:
        """The employee's story, oldest first."""
        entries = (
            Entry.objects.filter(request_id=self.pk)
            .to_read()
            .prefetch_related("attachments")
            .order_by("number")
        )
        return [entry for entry in entries if self.employee_may_read(entry)]

    def files_for(self, role: ActorRole) -> list[Attachment]:
        """The files a reader may open: a customer's is the employee's only if they allow it."""
        files = list(self.attachments.select_related("entry"))  # type: ignore[attr-defined]
        if role == ActorRole.EMPLOYEE:
            return [file for file in files if self.employee_may_read(file.entry)]
        if role == ActorRole.CUSTOMER and self.merged_with_it:
            theirs = Attachment.objects.filter(request_id__in=[r.pk for r in self.merged_with_it])
            of = Entry.objects.filter(self._customers_own(), to_customer=True)
            files += theirs.filter(entry__in=of).select_related("entry")
        if role == ActorRole.AGENT and (merged := self.merged_ids()):
            files += Attachment.objects.filter(request_id__in=merged).select_related("entry")
        return files
