"""Waiting on somebody else; the team's clock stands still."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import Actor, Status, WaitingOn
from customer_requests.models.planning import Planning
from server.accounts.models import User
from server.problems import Invalid

LONGEST_WAIT = timedelta(days=365)


class Waiting(Planning):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def wait(self, *, by: User, on: str, text: str, until: datetime | None = None) -> None:
        """Wait on `on`, possibly until a date. The question goes to who has to answer it.

        The other follower hears that we wait; with a third party both read the text.
        """
        self._lock("wait", desk=by)
        # Under a post stands what is asked there, and no word of whom else we wait for.
        silent = on == WaitingOn.EMPLOYEE or (self.is_social and on != WaitingOn.CUSTOMER)
        texts = {
            "text_customer": "" if silent else text,
            "text_employee": text if on != WaitingOn.CUSTOMER else "",
        }
        self.check_fits(texts["text_customer"])
        self._tell(self._begin_wait(by, on, until, **texts))

    def _begin_wait(
        self, by: User, on: str, until: datetime | None, *, text_customer: str, text_employee: str
    ) -> Entry:
        now = timezone.now()
        if until is not None and not now < until < now + LONGEST_WAIT:
            raise Invalid({"until": _("Choose a moment in the future, at most a year ahead.")})
        entry = self._add(
            EntryKind.WAITING,
            Actor.agent(by),
            to_customer=True,
            to_employee=True,
            text_customer=text_customer,
            text_employee=text_employee,
            text_team=on,
        )
        self._count_response(now)
        self._stand_still(now)
        self._save(
            status=Status.WAITING,
            waiting_on=WaitingOn(on),
            waiting_until=until,
            **self._clock_columns(),
        )
        return entry

    @transaction.atomic(durable=True)
    def resume(self, *, by: User) -> None:
        """Go on before an answer came, for instance because it came by telephone."""
        self._lock("resume", desk=by)
        self._resume(Actor.agent(by))

    @transaction.atomic(durable=True)
    def end_wait(self) -> None:
        """The clock: the date that was waited for has passed."""
        self._lock("end_wait")
        if self.waiting_until is None or self.waiting_until > timezone.now():
            return
        self._resume(Actor.clock())

    def _resume(self, by: Actor) -> None:
        entry = self._add(EntryKind.RESUMED, by, to_customer=True, to_employee=True)
        self._tell(entry, *self._go_on())

    def _go_on(self) -> list[Entry]:
        """Back to work for who has it; to the queue where they are away. Returns the entries that
        tell of that.
        """
        if self._holder_away():
            return [self._let_go()]
        self._leave_waiting()
        self._save(
            status=Status.IN_PROGRESS, waiting_on="", waiting_until=None, **self._clock_columns()
        )
        return []
