"""Requests that have to do with each other: split off, related, following up."""

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, Subquery
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customer_requests.models.entry import EntryKind
from customer_requests.models.life import Actor, fingerprint
from customer_requests.models.merging import Merging
from customer_requests.models.placing import MOST_FROM_POST
from customer_requests.models.topic import Topic
from customer_requests.problems import SameRequest
from server.accounts.models import User

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest


class LinkKind(models.TextChoices):
    RELATED = "related", _("Related")
    SPLIT = "split", _("Split off from this one")


class RequestLink(models.Model):
    """That two requests have to do with each other, told on `request` about `other`.

    A follow-up and a merged request have a column of their own; they are shown beside these.
    """

    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="links_out"
    )
    other = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="links_in"
    )
    kind = models.CharField(max_length=8, choices=LinkKind.choices, default=LinkKind.RELATED)
    by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["request", "other"], name="request_link_once"),
            models.CheckConstraint(
                condition=~Q(request=models.F("other")), name="request_link_to_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.request_id} {self.other_id}"


@dataclass(frozen=True, slots=True)
class Linked:
    """A request that has to do with this one. `relation` is seen from this one: `related`,
    `split_off`, `split_from`, `follow_up`, `follow_up_of`, `merged_here`, `merged_into` or
    `same_post`.
    """

    relation: str
    request: "CustomerRequest"

    @property
    def label(self) -> str:
        return str(_RELATIONS[self.relation])


_RELATIONS = {
    "related": _("Related"),
    "split_off": _("Split off from this one"),
    "split_from": _("This one was split off from"),
    "follow_up": _("Follow-up of this one"),
    "follow_up_of": _("This one follows up on"),
    "merged_here": _("Goes on as this one"),
    "merged_into": _("This one goes on as"),
    "same_post": _("From the same post"),
}


class Linking(Merging):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def split(
        self, *, by: User, id: uuid.UUID, topic: Topic, question: str
    ) -> tuple["CustomerRequest", bool]:
        """Make part of the question a request of its own, of the same customer and employee.

        Returns it and whether it is new. Both are told by the new request, once.
        """
        from customer_requests.models.customer_request import CustomerRequest

        self._lock_row(desk=by)
        print_ = fingerprint({"split": self.pk, "topic": topic.slug, "question": question})
        if existing := CustomerRequest._submitted(id, print_, by):
            return existing, False
        self._check("split", desk=by)
        made, first = CustomerRequest._begin(
            by=self.employee,
            actor=Actor.agent(by),
            id=id,
            topic=topic,
            priority=self.priority,
            question=question,
            customer_name=self.customer_name,
            customer_email=self.customer_email,
            customer_phone=self.customer_phone,
            customer_channel=self.customer_channel,
            customer_language=self.customer_language,
            post_network=self.post_network,
            post_url=self.post_url,
            customer_agreed_at=self.customer_agreed_at,
            customer_checked_at=self.customer_checked_at,
            customer_failing=self.customer_failing,
            relation=self.relation,
            employee_sees=self.employee_sees,
            fingerprint=print_,
        )
        RequestLink.objects.create(request_id=self.pk, other=made, kind=LinkKind.SPLIT, by=by)
        words = dict.fromkeys(["text_team", "text_customer", "text_employee"], made.reference)
        entry = self._add(
            EntryKind.SPLIT, Actor.agent(by), to_customer=True, to_employee=True, **words
        )
        self._save()
        self._tell(entry, beside=[(made, first)])
        return made, True

    @transaction.atomic(durable=True)
    def link(self, other: "CustomerRequest", *, by: User) -> bool:
        """Note for the teams that these have to do with each other, on both; returns whether it is
        new. What is told of the other one is its reference and no more.
        """
        if other.pk == self.pk:
            raise SameRequest
        self._lock_with(other, by)
        if self._links_with(other).exists():
            return False
        RequestLink.objects.create(request_id=self.pk, other=other, by=by)
        self._tell_both(EntryKind.LINKED, other, by)
        return True

    @transaction.atomic(durable=True)
    def unlink(self, other: "CustomerRequest", *, by: User) -> bool:
        """Take back that they are related; that one was split off from the other stays."""
        self._lock_with(other, by)
        gone, _rows = self._links_with(other).filter(kind=LinkKind.RELATED).delete()
        if not gone:
            return False
        self._tell_both(EntryKind.UNLINKED, other, by)
        return True

    def _lock_with(self, other: "CustomerRequest", by: User) -> None:
        """Lock both and refuse what this one refuses; of the other, of whichever team, nothing is
        asked. In the order that `merging` has: whoever is linked from both sides at once is one.
        """
        pair = {self.pk, other.pk}

        def order(row: Linking) -> tuple[bool, bool, uuid.UUID]:
            return row.merged_into_id is not None, row.merged_into_id in pair, row.pk

        for row in sorted((self, other), key=order):
            row._lock_row(desk=by if row is self else None)
        self._check("link", desk=by)

    def _tell_both(self, kind: EntryKind, other: "CustomerRequest", by: User) -> None:
        mine = self._add(kind, Actor.agent(by), text_team=other.reference)
        theirs = other._add(kind, Actor.agent(by), text_team=self.reference)
        self._save()
        other._save()
        self._tell(mine, beside=[(other, [theirs])])

    def _links_with(self, other: "CustomerRequest") -> "models.QuerySet[RequestLink]":
        return RequestLink.objects.filter(
            Q(request_id=self.pk, other=other) | Q(request=other, other_id=self.pk)
        )

    def related(self) -> list[Linked]:
        """What this request has to do with, for the team; one query, or none, and one more where it
        came by a social network.
        """
        from customer_requests.models.customer_request import CustomerRequest

        if not self.__dict__.get("has_family", True):  # read along by `for_team`
            return []
        out = RequestLink.objects.filter(request_id=self.pk)
        back = RequestLink.objects.filter(other_id=self.pk)
        rows = CustomerRequest.objects.order_by()
        known = [id for id in (self.follow_up_of_id, self.merged_into_id) if id]
        known += (
            self.from_the_same_post().values_list("pk", flat=True)[:MOST_FROM_POST]
            if self.post_url
            else []
        )
        # A union and no OR: so each part is found by an index of its own.
        family = out.values("other_id").union(
            back.values("request_id"),
            rows.filter(follow_up_of=self.pk).values("pk"),
            rows.filter(merged_into=self.pk).values("pk"),
            rows.filter(pk__in=known).values("pk"),
        )
        shown = (
            rows.filter(pk__in=family)
            .select_related("team", "topic", "employee")
            .annotate(
                kind_out=Subquery(out.filter(other=OuterRef("pk")).values("kind")),
                kind_back=Subquery(back.filter(request=OuterRef("pk")).values("kind")),
                has_merged=Exists(rows.filter(merged_into=OuterRef("pk"))),
            )
            .order_by("created_at", "pk")
        )
        return [Linked(self._relation(row), row) for row in shown]

    def _relation(self, other: "CustomerRequest") -> str:
        if other.merged_into_id == self.pk:
            return "merged_here"
        if other.pk == self.merged_into_id:
            return "merged_into"
        if other.follow_up_of_id == self.pk:
            return "follow_up"
        if other.pk == self.follow_up_of_id:
            return "follow_up_of"
        kinds = (other.__dict__["kind_out"], other.__dict__["kind_back"])
        if kinds[0] == LinkKind.SPLIT:
            return "split_off"
        if kinds == (None, None):
            return "same_post"
        return "split_from" if kinds[1] == LinkKind.SPLIT else "related"
