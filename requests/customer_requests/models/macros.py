"""Macros: what a team often does in one go: words, a step of the plan, and what comes after.

A macro is one transaction and one version check: all of it is done, or nothing is. What may be
done is what its verbs allow; a macro has no rules of its own.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customer_requests.models.due import Due
from customer_requests.models.entry import Entry
from customer_requests.models.life import EmployeeSees, WaitingOn, Whose, fingerprint
from customer_requests.models.step import StepState
from customer_requests.models.watching import Watched
from customer_requests.models.wording import LANGUAGES, Filled, Readers, Reusable, once_per_team
from customer_requests.problems import NotNow, NotYours
from server.accounts.models import User
from server.problems import NotFound, Problem, StaleVersion

LONGEST_WAIT_DAYS = 90


class Then(models.TextChoices):
    """What the words come with; without any they are an update."""

    UPDATE = "", gettext_lazy("Nothing more")
    WAIT = "wait", gettext_lazy("Wait for an answer")
    SOLVE = "solve", gettext_lazy("Solved")


@dataclass(frozen=True, slots=True)
class Planned:
    """What a macro will do on one request, in this order: note, step, and what is said."""

    note: Filled | None
    step: Filled | None
    step_state: str
    said: Mapping[str, Filled]
    then: str
    wait_on: str
    wait_until: datetime | None

    @property
    def verbs(self) -> list[str]:
        """The verbs that it takes; each has to be allowed."""
        said = self.then or ("update" if self.said else "")
        return [
            *(["note"] if self.note else []),
            *(["plan"] if self.step else []),
            *([said] if said else []),
        ]

    @property
    def words(self) -> list[Filled]:
        return [words for words in (self.note, self.step, *self.said.values()) if words]

    @property
    def problem(self) -> Problem | None:
        """Why its words can't be filled in here."""
        return next((words.problem for words in self.words if words.problem), None)

    def text(self, audience: str) -> str:
        words = self.said.get(audience)
        return words.text if words else ""


class Macro(Reusable):
    """Words, a step and what comes after. The words go with what comes after where that says them.

    The customer's and the employee's words are the question of a wait, the answer of a solution,
    or else an update; so nobody gets two messages of one macro.
    """

    audited = "macro"

    step_title_nl = models.CharField(
        gettext_lazy("step of the plan, in Dutch"), max_length=120, blank=True
    )
    step_title_en = models.CharField(
        gettext_lazy("step of the plan, in English"), max_length=120, blank=True
    )
    step_state = models.CharField(
        gettext_lazy("state of the step"),
        max_length=8,
        choices=StepState.choices,
        default=StepState.BUSY,
    )
    then = models.CharField(
        gettext_lazy("and then"), max_length=5, choices=Then.choices, blank=True
    )
    wait_on = models.CharField(
        gettext_lazy("wait on"), max_length=12, choices=WaitingOn.choices, blank=True
    )
    wait_days = models.PositiveSmallIntegerField(
        gettext_lazy("how many days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_WAIT_DAYS)],
    )

    class Meta(Reusable.Meta):
        constraints: ClassVar[list[models.BaseConstraint]] = [
            *once_per_team("macro"),
            models.CheckConstraint(
                condition=models.Q(then="wait", wait_on__gt="")
                | (~models.Q(then="wait") & models.Q(wait_on="", wait_days=None)),
                name="macro_waits_on_someone",
            ),
        ]

    def clean(self) -> None:
        super().clean()
        if self.then == Then.WAIT and not self.wait_on:
            raise ValidationError({"wait_on": _("Choose whom to wait for.")})
        if self.then != Then.WAIT and (self.wait_on or self.wait_days):
            raise ValidationError({"wait_on": _("Only a macro that waits has this.")})
        missing = self._needs() - set(self.audiences)
        if missing:
            field = f"{sorted(missing)[0]}_nl"
            raise ValidationError({field: _("Write what this reader will read.")})
        if not (self.audiences or self._step_titles):
            raise ValidationError({"customer_nl": _("A macro has to do something.")})

    def _needs(self) -> set[str]:
        """Who can't do without words."""
        if self.then == Then.SOLVE:
            return {"customer"}
        if self.then != Then.WAIT:
            return set()
        return {"employee" if self.wait_on == WaitingOn.EMPLOYEE else "customer"}

    @property
    def _step_titles(self) -> dict[str, str]:
        titles = {name: getattr(self, f"step_title_{name}") for name in LANGUAGES}
        return titles if any(titles.values()) else {}

    def planned_for(self, request: Due, readers: Readers) -> Planned:
        """What it will do on this request. Words that can't be filled in say so."""
        said = {
            audience: readers.fill(self.words_for(audience), audience)
            for audience in self.audiences
            if audience != "note"
        }
        asks_customer = self.then == Then.WAIT and self.wait_on == WaitingOn.CUSTOMER
        if asks_customer and request.employee_sees == EmployeeSees.STEPS:
            # An update would be hidden from the employee; what is asked of others is not.
            said.pop("employee", None)
        note, titles = self.words_for("note"), self._step_titles
        days = timedelta(days=self.wait_days) if self.wait_days else None
        return Planned(
            note=readers.fill(note, "note") if note else None,
            step=readers.pick(titles, "customer") if titles else None,
            step_state=self.step_state,
            said=said,
            then=self.then,
            wait_on=self.wait_on,
            wait_until=timezone.now() + days if days else None,
        )


class Scripted(Watched):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def run_macro(self, macro: Macro, *, by: User, id: uuid.UUID, seen: int | None = None) -> bool:
        """Do all that the macro says, or nothing; returns whether it was not done before.

        `seen` is the version of the macro that was previewed. Raises what its verbs refuse,
        NoValue where its words have a hole here, and StaleVersion.
        """
        self._lock_row(desk=by)
        print_ = fingerprint({"macro": macro.pk})
        if self._replay(id, print_):
            return False
        self._check_version()
        now = Macro.objects.usable_on(self).filter(pk=macro.pk).first()
        if now is None:
            raise NotFound
        if seen is not None and seen != now.version:
            raise StaleVersion(version=now.version)
        planned = now.planned_for(self, Readers(self, by))
        problem = planned.problem or self.why_not(planned.verbs, self._reach(by))
        if problem is not None:
            raise problem
        entries = self._carry_out(planned, by)
        entries[0].id, entries[0].fingerprint = id, print_
        self._tell(*entries)
        return True

    def _carry_out(self, planned: Planned, by: User) -> list[Entry]:
        entries = []
        if planned.note:
            entries.append(self._write_note(by, text_team=planned.note.text))
        if planned.step:
            step = self._add_step(title=planned.step.text, state=planned.step_state)
            entries.append(self._say_step(step, by))
        texts = {
            "text_customer": planned.text("customer"),
            "text_employee": planned.text("employee"),
        }
        self.check_fits(texts["text_customer"])
        if planned.then == Then.WAIT:
            entries.append(self._begin_wait(by, planned.wait_on, planned.wait_until, **texts))
        elif planned.then == Then.SOLVE:
            entries.append(self._say_solved(by, **texts))
        elif planned.said:
            audience = {f"to_{name}": name in planned.said for name in ("customer", "employee")}
            entries.append(self._say_update(by, **audience, **texts))
        return entries

    def reach(self, agent: User) -> Collection[Whose]:
        """Which verbs are for this agent now, for `preview_macro`."""
        return self._reach(agent)

    def preview_macro(
        self, macro: Macro, readers: Readers, reach: Collection[Whose]
    ) -> tuple[Planned, Problem | None]:
        """What the macro would do now, and why it would be refused; writes and reads nothing.

        `readers` and `reach` are the same for all macros that somebody looks at for one request.
        """
        planned = macro.planned_for(self, readers)
        return planned, planned.problem or self.why_not(planned.verbs, reach)

    def why_not(self, verbs: Collection[str], reach: Collection[Whose]) -> Problem | None:
        """The first refusal of these verbs by the status or by who has the request; no queries."""
        for verb in verbs:
            try:
                self._check_status(verb)
                self._check_whose(verb, reach)
            except (NotNow, NotYours) as problem:
                return problem
        return None
