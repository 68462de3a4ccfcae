"""The end of a request, and what comes after: solve, confirm, reopen, withdraw, rate."""

import uuid
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.life import Actor, ClosedAs, Status
from customer_requests.models.placing import Placing
from customer_requests.models.rating import Rating
from customer_requests.problems import NotNow, TooLateToRate
from server.accounts.models import User
from server.problems import IdReused

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

REOPEN_WITHIN = timedelta(days=14)
CLOSE_AFTER = timedelta(days=7)
RATING_CHANGES_WITHIN = timedelta(days=7)


class Solving(Placing):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def solve(self, *, by: User, text: str, text_employee: str = "") -> None:
        """Say that it is solved; the customer may confirm or say no.

        `text` is for both, unless the employee gets words of their own.
        """
        self._lock("solve", desk=by)
        self.check_fits(text)
        self._tell(self._say_solved(by, text_customer=text, text_employee=text_employee or text))

    def _say_solved(self, by: User, *, text_customer: str, text_employee: str) -> Entry:
        now = timezone.now()
        entry = self._add(
            EntryKind.SOLVED,
            Actor.agent(by),
            to_customer=True,
            to_employee=True,
            text_customer=text_customer,
            text_employee=text_employee,
        )
        self._leave_waiting(now)
        self._count_response(now)
        self._count_solution(now)
        self._save(
            status=Status.SOLVED,
            waiting_on="",
            waiting_until=None,
            solved_at=now,
            solutions=self.solutions + 1,
            placed_at=None,
            placed_url="",
            **self._clock_columns(),
        )
        return entry

    @transaction.atomic(durable=True)
    def confirm(self, *, by: Actor | None = None) -> None:
        """The customer: yes, it is solved. For a stranger under a post the employee says so."""
        by = by or Actor.customer()
        self._lock("confirm")
        if not self._is_for(by.role, "confirm"):
            raise NotNow(verb="confirm", current=self.status)
        self._close(ClosedAs.CONFIRMED, EntryKind.CONFIRMED, by)

    @transaction.atomic(durable=True)
    def close_unanswered(self) -> None:
        """The clock: solved for a week without a word, also for who asked the same since."""
        self._lock("close_unanswered")
        before = timezone.now() - CLOSE_AFTER
        if self.solved_at is None or self.solved_at > before:
            return
        if type(self)._base_manager.filter(merged_into=self.pk, closed_at__gt=before).exists():
            return
        self._close(ClosedAs.UNANSWERED, EntryKind.CLOSED, Actor.clock())

    def _close(self, closed_as: ClosedAs, kind: EntryKind, by: Actor) -> None:
        entry = self._add(kind, by, to_customer=True, to_employee=True)
        self._save(status=Status.CLOSED, closed_as=closed_as, closed_at=timezone.now())
        self._tell(entry)

    def reopen(self, *, by: Actor, reason: str) -> "CustomerRequest":
        """Say that it is not solved. Returns the request that goes on.

        That is this one until REOPEN_WITHIN after closing, back with the same agent or else in
        the queue; later it is a linked follow-up, one per closing however often it is asked.
        """
        # Which of the two is decided under the lock; a follow-up is a submission of its own.
        if self._reopen_now(by, reason):
            return self  # type: ignore[return-value] # the one concrete class is CustomerRequest
        return self._follow_up(by, reason)

    @transaction.atomic(durable=True)
    def _reopen_now(self, by: Actor, reason: str) -> bool:
        self._lock("reopen")
        now = timezone.now()
        if self.closed_at is not None and self.closed_at + REOPEN_WITHIN < now:
            return False
        goes_back = self.agent is not None and self._at_work(self.agent)
        former = self.agent
        entry = self._add(
            EntryKind.REOPENED,
            by,
            to_customer=True,
            to_employee=True,
            text_customer=reason,
            text_employee=reason if by.role == ActorRole.EMPLOYEE else "",
            text_team=reason,
        )
        self._restart_clocks(now)
        self._save(
            status=Status.IN_PROGRESS if goes_back else Status.RECEIVED,
            agent=former if goes_back else None,
            closed_as="",
            closed_at=None,
            solved_at=None,
            **self._clock_columns(),
        )
        self._tell(entry)
        return True

    def _follow_up(self, by: Actor, reason: str) -> "CustomerRequest":
        from customer_requests.models.customer_request import CustomerRequest

        # The same id until it has ended: asking twice, or both asking, makes one follow-up.
        earlier = CustomerRequest.objects.filter(follow_up_of_id=self.pk)
        if existing := earlier.following().first():
            return existing
        id = uuid.uuid5(self.pk, f"follow-up {earlier.ended().count() + 1}")
        with suppress(IdReused):  # the other one was just before, with a reason of their own
            CustomerRequest.submit(
                by=self.employee,
                id=id,
                topic=self.topic,
                question=self.question,
                first_words=reason,
                customer_name=self.customer_name,
                customer_email=self.customer_email,
                customer_phone=self.customer_phone,
                customer_channel=self.customer_channel,
                customer_language=self.customer_language,
                customer_agrees=self.customer_agreed_at is not None,
                post_network=self.post_network,
                post_url=self.post_url,
                relation=self.relation,
                employee_sees=self.employee_sees,
                follow_up_of=self,  # type: ignore[arg-type] # the one concrete class
                actor=by,
            )
        return CustomerRequest.objects.get(pk=id)

    @transaction.atomic(durable=True)
    def withdraw(self, *, by: Actor, reason: str) -> None:
        """The employee or the customer no longer needs an answer."""
        self._lock("withdraw")
        entry = self._add(
            EntryKind.WITHDRAWN,
            by,
            to_customer=True,
            to_employee=True,
            text_customer=reason,
            text_employee=reason if by.role == ActorRole.EMPLOYEE else "",
            text_team=reason,
        )
        self._leave_waiting()
        self._answered()
        self._save(
            status=Status.WITHDRAWN,
            waiting_on="",
            waiting_until=None,
            closed_at=timezone.now(),
            **self._clock_columns(),
        )
        self._tell(entry)

    @transaction.atomic(durable=True)
    def rate(
        self, *, score: int, taken_seriously: bool | None = None, text: str = ""
    ) -> tuple[Rating, bool]:
        """The customer's rating of the latest solution; may be changed for a week."""
        self._lock("rate")
        now = timezone.now()
        facts = {"score": score, "taken_seriously": taken_seriously, "text": text}
        rating = Rating.objects.filter(request_id=self.pk, solution=self.solutions).first()
        if rating is None:
            rating = Rating.objects.create(request_id=self.pk, solution=self.solutions, **facts)
            entry = self._add(EntryKind.RATED, Actor.customer(), text_team=str(score))
            self._save()
            self._tell(entry)
            return rating, True
        if all(getattr(rating, name) == value for name, value in facts.items()):
            return rating, False
        if rating.created_at + RATING_CHANGES_WITHIN < now:
            raise TooLateToRate
        for name, value in facts.items():
            setattr(rating, name, value)
        rating.changed_at = now
        rating.save(update_fields=[*facts, "changed_at"])
        return rating, False

    def latest_rating(self) -> Rating | None:
        """What the customer thinks of the latest solution."""
        if not self.solutions:
            return None
        return Rating.objects.filter(request_id=self.pk, solution=self.solutions).first()
