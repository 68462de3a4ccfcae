"""One act on many requests at once, carried out by the worker, with time to undo it.

Nothing is done before the undo time is over. Then each request gets the same verb as it would one
by one, with an id of its own that does not depend on the run: a worker that was cut off is
continued by another, and what was done is not done again.
"""

import logging
import time
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import IntegrityError, InterfaceError, OperationalError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customer_requests.models.bulk_verbs import BULK_VERBS, Facts, check_solve
from customer_requests.models.life import HELD
from customer_requests.models.to_all import ToAll
from customer_requests.problems import TooLateToUndo
from server.accounts.models import AuditEvent, User
from server.problems import IdReused, NotFound, Problem, StaleVersion, Unexpected, catalogue

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

UNDO_TIME = timedelta(seconds=10)
LONGEST_HOLD = timedelta(minutes=2)
MOST = 500
HELPING = 50
LEASE = timedelta(seconds=60)
# How long one look of the clock works on it: meanwhile this worker sends no messages.
BUSY_SECONDS = 4.0
KEPT = timedelta(days=30)

logger = logging.getLogger(__name__)


class BulkState(models.TextChoices):
    WAITING = "waiting", _("Can still be undone")
    RUNNING = "running", _("Being done")
    DONE = "done", _("Done")
    UNDOING = "undoing", _("Being undone")
    UNDONE = "undone", _("Undone")


class Outcome(models.TextChoices):
    PENDING = "pending", _("Not done yet")
    DONE = "done", _("Done")
    REFUSED = "refused", _("Refused")
    LEFT = "left", _("Not done")
    TAKEN_BACK = "taken_back", _("Taken back")
    KEPT = "kept", _("Done, and not taken back")


class BulkAction(models.Model):
    """One act on many requests: who asked for it, from when it is done, and how far it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="bulk_actions")
    verb = models.CharField(max_length=12)
    facts = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=BulkState.choices, default=BulkState.WAITING)
    count = models.PositiveSmallIntegerField()
    left_out = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    due = models.DateTimeField()
    lease = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["state", "due"], name="bulk_to_run"),
            models.Index(fields=["by", "-created_at"], name="bulk_of_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.pk}"

    @classmethod
    def ask(
        cls,
        *,
        by: User,
        id: uuid.UUID,
        verb: str,
        facts: Facts,
        picked: Sequence[tuple[uuid.UUID, int | None]],
        print_: str,
    ) -> tuple["BulkAction", bool]:
        """Ask for it; it begins when the undo time is over. Returns it and whether it is new.

        `picked` are requests, with the version that the agent saw where they saw one. What is not
        on the agent's desk (any more) is left out and counted; NotFound where nothing is left.
        `print_` is the fingerprint of what was asked: `asked_before` knows it by that.
        """
        from customer_requests.models.customer_request import CustomerRequest

        seen = dict(picked)
        rows = CustomerRequest.objects.on_desk_of(by).filter(pk__in=seen)
        versions = dict(rows.values_list("pk", "version"))
        if not versions:
            raise NotFound
        now, speaks = timezone.now(), BULK_VERBS[verb].speaks
        judged = {}
        if verb == "solve" and check_solve(cls.who_hears(by, list(versions)), facts):
            judged = {"names_nobody": True}
        made = cls(id=id, by=by, verb=verb, facts=facts, fingerprint=print_, created_at=now)
        made.due, made.count = now + UNDO_TIME, len(versions)
        made.left_out = len(seen) - len(versions)
        items = [
            BulkItem(
                id=uuid.uuid5(id, str(pk)),
                bulk=made,
                request_id=pk,
                position=place,
                version=seen[pk] or (versions[pk] if speaks else None),
            )
            for place, pk in enumerate(pk for pk in seen if pk in versions)
        ]
        try:
            with transaction.atomic():
                made.save(force_insert=True)
                BulkItem.objects.bulk_create(items)
                made._record("asked", verb=verb, count=made.count, **judged)
        except IntegrityError:  # a double click: the same one was just before us
            if earlier := cls.asked_before(id, by, print_):
                return earlier, False
            raise
        return made, True

    @staticmethod
    def who_hears(by: User, ids: Collection[uuid.UUID]) -> ToAll:
        """Of these requests those on the agent's desk; they hear it where the agent has them."""
        from customer_requests.models.customer_request import CustomerRequest

        on_desk = CustomerRequest.objects.on_desk_of(by).filter(pk__in=ids)
        return ToAll(on_desk, Q(status__in=HELD, agent=by))

    @classmethod
    def asked_before(cls, id: uuid.UUID, by: User, print_: str) -> "BulkAction | None":
        """What was asked with this id; IdReused where that was something else."""
        earlier = cls.objects.filter(pk=id).first()
        if earlier is not None and (earlier.by_id != by.pk or earlier.fingerprint != print_):
            raise IdReused
        return earlier

    @property
    def can_undo(self) -> bool:
        if self.state == BulkState.DONE:
            return BULK_VERBS[self.verb].back is not None
        return self.state in {BulkState.WAITING, BulkState.RUNNING}

    @transaction.atomic(durable=True)
    def undo(self) -> None:
        """Before it began: nothing happens. Later what can be taken back is, by the worker.

        What is not done yet is left undone. Raises TooLateToUndo; twice does it once.
        """
        locked = BulkAction.objects.select_for_update().get(pk=self.pk)
        self.__dict__.update(locked.__dict__)
        if self.state in {BulkState.UNDOING, BulkState.UNDONE}:
            return
        if not self.can_undo:
            raise TooLateToUndo
        if self.state == BulkState.WAITING:
            self._end(BulkState.UNDONE)
            self.items.update(outcome=Outcome.LEFT)
        else:  # who works on it now ends the request that it is at, and stops
            self.state = BulkState.UNDOING
        self.save(update_fields=["state", "facts", "ended_at"])
        self._record("undone")

    def _record(self, did: str, **detail: Any) -> None:
        AuditEvent.record(self.by, f"bulk-{did}", "bulk", self.pk, **detail)

    def hold(self) -> None:
        """Give who is at the undo button more time, at most LONGEST_HOLD since it was asked."""
        due = min(timezone.now() + UNDO_TIME, self.created_at + LONGEST_HOLD)
        waiting = BulkAction.objects.filter(pk=self.pk, state=BulkState.WAITING, due__lt=due)
        if waiting.update(due=due):
            self.due = due

    def _end(self, state: BulkState) -> None:
        # What was written is in the requests by now; a copy would outlive an erased customer.
        self.state, self.facts, self.ended_at = state, {}, timezone.now()

    # --- The worker ---

    @classmethod
    def run_due(cls) -> int:
        """Go on with what is due, for a few seconds; returns how many requests were looked at."""
        until, done = time.monotonic() + BUSY_SECONDS, 0
        while time.monotonic() < until and (taken := cls._take()):
            for item in taken._next_items():
                item.settle(taken)
                done += 1
                if time.monotonic() >= until or not taken._still_mine():
                    break
            taken._let_go()
        return done

    @classmethod
    def _take(cls) -> "BulkAction | None":
        """The one that waits longest, for LEASE; a conditional update decides who has it."""
        now = timezone.now()
        free = Q(lease=None) | Q(lease__lt=now)
        due = cls.objects.filter(
            free,
            state__in=[BulkState.WAITING, BulkState.RUNNING, BulkState.UNDOING],
            due__lte=now,
        )
        for found in due.order_by("due").select_related("by")[:5]:
            state = BulkState(found.state)
            runs = BulkState.RUNNING if state == BulkState.WAITING else state
            mine = cls.objects.filter(free, pk=found.pk, state=state, due__lte=now)
            if mine.update(state=runs, lease=now + LEASE):
                found.state, found.lease = runs, now + LEASE
                return found
        return None

    def _next_items(self) -> "list[BulkItem]":
        """The next helping of what is left to do, or to undo."""
        left = [Outcome.PENDING, *([Outcome.DONE] if self.state == BulkState.UNDOING else [])]
        items = BulkItem.objects.filter(bulk=self, outcome__in=left)
        return list(items.order_by("position")[:HELPING])

    def _still_mine(self) -> bool:
        """Whether to go on: nobody asked for an undo, and this worker was not too slow."""
        lease = timezone.now() + LEASE
        mine = BulkAction.objects.filter(pk=self.pk, state=self.state, lease=self.lease)
        if not mine.update(lease=lease):
            return False
        self.lease = lease
        return True

    def _let_go(self) -> None:
        """Give it back, ended where nothing is left to do."""
        mine = BulkAction.objects.filter(pk=self.pk, lease=self.lease)
        if not self._next_items():
            ended = BulkState.DONE if self.state == BulkState.RUNNING else BulkState.UNDONE
            if mine.filter(state=self.state).update(
                state=ended, facts={}, lease=None, ended_at=timezone.now()
            ):
                return
        mine.update(lease=None)

    @classmethod
    def forget_old(cls) -> int:
        """Drop what ended longer ago than anybody looks back for."""
        before = timezone.now() - KEPT
        old = cls.objects.filter(state__in=[BulkState.DONE, BulkState.UNDONE], due__lt=before)
        return old.delete()[0]


class BulkItem(models.Model):
    """What became of one request. Its id is that of the entry that the act makes there."""

    id = models.UUIDField(primary_key=True)
    bulk = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="items")
    request = models.ForeignKey(
        "customer_requests.CustomerRequest", on_delete=models.CASCADE, related_name="+"
    )
    position = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(null=True)
    held = models.JSONField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome.choices, default=Outcome.PENDING)
    problem = models.CharField(max_length=60, blank=True)
    problem_facts = models.JSONField(default=dict)

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["bulk", "position"], name="bulk_item_place_once"),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.pk}"

    @property
    def why(self) -> str:
        """Why it was refused or not taken back, in the reader's language."""
        return catalogue()[self.problem](**self.problem_facts).explained if self.problem else ""

    @property
    def told(self) -> bool:
        """Of what was taken back, whether somebody outside the team had been told of it."""
        return bool(self.held and self.held.get("told"))

    def settle(self, bulk: BulkAction) -> None:
        """Do it, or undo it, and keep what came of it. A database that is away is raised."""
        act = self._do if bulk.state == BulkState.RUNNING else self._undo
        problem: Problem | None = None
        try:
            outcome = act(bulk)
        except Problem as refused:
            problem = refused
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            logger.exception("a bulk action failed on a request", extra={"id": str(self.pk)})
            problem = Unexpected()
        if problem is not None:
            outcome = Outcome.REFUSED if act == self._do else Outcome.KEPT
            self.problem, self.problem_facts = problem.slug, problem.facts
        self.outcome = outcome
        self.save(update_fields=["outcome", "problem", "problem_facts", "held"])

    def _do(self, bulk: BulkAction) -> Outcome:
        try:
            self._do_once(bulk)
        except Problem as problem:
            # Another worker that took this one for dead may have been just before us.
            if not self._fresh().has_entry(self.pk):
                if isinstance(problem, StaleVersion) and self.version is None:
                    return Outcome.PENDING  # changed in these milliseconds: look again
                raise
        return Outcome.DONE

    def _do_once(self, bulk: BulkAction) -> None:
        verb, request = BULK_VERBS[bulk.verb], self._fresh()
        if request.has_entry(self.pk):
            return  # a worker was cut off after it
        seen = self.version
        if verb.back:  # what it goes back to has to be what it was at the very moment
            seen = seen or request.version
            self.held = request.held()
            self.save(update_fields=["held"])
        verb.do(request.expecting(seen), bulk.by, bulk.facts, self.pk)

    def _undo(self, bulk: BulkAction) -> Outcome:
        request = self._fresh()
        if not request.has_entry(self.pk):
            return Outcome.LEFT
        back = BULK_VERBS[bulk.verb].back
        if back is None or self.held is None:
            return Outcome.KEPT
        told = back(request, bulk.by, self.pk, self.held)
        self.held = {**self.held, "told": told}
        return Outcome.TAKEN_BACK

    def _fresh(self) -> "CustomerRequest":
        from customer_requests.models.customer_request import CustomerRequest

        return CustomerRequest.objects.get(pk=self.request_id)
