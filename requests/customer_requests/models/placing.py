"""The employee places the team's answer under the post, and says so."""

import uuid
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customer_requests.models.conversing import Conversing
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import Actor
from server import permalinks, public_answers
from server.accounts.models import User
from server.public_answers import Answered

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequestQuerySet

# A post that many employees saw: so many of what they passed on are shown at each of them.
MOST_FROM_POST = 10


class Placing(Conversing):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def place(self, *, by: User, permalink: str = "") -> bool:
        """The employee: the answer stands there. Returns whether that is new.

        It is an answer that they gave in public, and counts as one. Saying it again changes
        nothing, except for a link that is given: an address on the post's network, never opened.
        """
        self._lock("place")
        link = permalinks.checked(self.post_network, permalink) if permalink else ""
        new = self.placed_at is None
        if not new and link in {"", self.placed_url}:
            return False
        public_answers.tell(
            by=by, of=self.pk, number=self.solutions, network=self.post_network, permalink=link
        )
        self.placed_at, self.placed_url = self.placed_at or timezone.now(), link
        told = []
        if new:
            told.append(self._add(EntryKind.PLACED, Actor.employee(by), to_employee=True))
        self._save(new_version=new, placed_at=self.placed_at, placed_url=self.placed_url)
        self._tell(*told)
        return new

    @classmethod
    def answered_in_public(cls, id: uuid.UUID, reader: User) -> Answered | None:
        """The answer of a question under a post, for an agent of its team; None where there is
        none yet, or where what was said is forgotten.
        """
        from customer_requests.models.customer_request import CustomerRequest

        rows = CustomerRequest.objects.on_desk_of(reader).filter(pk=id)
        there = rows.filter(post_url__isnull=False, solutions__gt=0).first()
        if there is None:
            return None
        ends = Entry.objects.filter(request_id=id, kind__in=[EntryKind.SOLVED, EntryKind.CLOSED])
        last = ends.filter(text_customer__gt="").order_by("-number").first()
        if last is None:
            return None
        return Answered(
            id=there.pk,
            reference=there.reference,
            question=there.question,
            text=last.text_customer,
            language=there.customer_language,
            network=there.post_network,
            by=last.actor_id,
        )

    def from_the_same_post(self) -> "CustomerRequestQuerySet":
        """What else was passed on from this post, newest first."""
        from customer_requests.models.customer_request import CustomerRequest

        rows = CustomerRequest.objects.filter(post_url=self.post_url, post_url__isnull=False)
        return rows.exclude(pk=self.pk).order_by("-created_at")

    @property
    def passed_on_before(self) -> bool:
        """Whether a colleague passed something on from this post too; `to_show` reads it along."""
        if not self.post_url:
            return False
        known: bool | None = self.__dict__.get("shares_post")
        if known is not None:
            return known
        return self.from_the_same_post().exclude(employee_id=self.employee_id).exists()
