"""The plan: steps that both followers see."""

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from customer_requests.models.claiming import Claiming
from customer_requests.models.entry import Entry, EntryKind
from customer_requests.models.life import Actor, fingerprint
from customer_requests.models.step import Step, StepState
from customer_requests.problems import StepFinished, TooManySteps
from server.accounts.models import User
from server.problems import IdReused, NotFound

MOST_STEPS = 20


class Planning(Claiming):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def plan_step(
        self,
        *,
        by: User,
        id: uuid.UUID,
        title: str,
        expected_at: datetime | None = None,
        text_customer: str = "",
        text_employee: str = "",
    ) -> tuple[Step, bool]:
        """Add a step to the end of the plan. Returns it and whether it is new."""
        self._lock_row(desk=by)
        print_ = fingerprint(
            {
                "title": title,
                "expected_at": expected_at.timestamp() if expected_at else None,
                "customer": text_customer,
                "employee": text_employee,
            }
        )
        if step := Step.objects.filter(pk=id).first():
            if step.request_id != self.pk or step.fingerprint != print_:
                raise IdReused
            return step, False
        self._check("plan", desk=by)
        self.check_fits(text_customer, "text.customer")
        step = self._add_step(id=id, title=title, expected_at=expected_at, fingerprint=print_)
        self._tell(self._say_step(step, by, text_customer, text_employee))
        return step, True

    def _add_step(self, **facts: Any) -> Step:
        position = Step.objects.filter(request_id=self.pk).count() + 1
        if position > MOST_STEPS:
            raise TooManySteps(most=MOST_STEPS)
        step = Step(request_id=self.pk, position=position, **facts)
        try:
            with transaction.atomic():
                step.save(force_insert=True)
        except IntegrityError as error:
            raise IdReused from error
        return step

    @transaction.atomic(durable=True)
    def change_step(
        self,
        step_id: uuid.UUID,
        *,
        by: User,
        state: str | None = None,
        expected_at: datetime | None = None,
        keep_expected_at: bool = True,
        text_customer: str = "",
        text_employee: str = "",
    ) -> Step:
        """Move a step on, or its expected time; saying the same again changes nothing."""
        self._lock_row(desk=by)
        self._check_version()
        step = Step.objects.filter(pk=step_id, request_id=self.pk).first()
        if step is None:
            raise NotFound
        new_state = state or step.state
        new_expected = step.expected_at if keep_expected_at else expected_at
        unchanged = (new_state, new_expected) == (step.state, step.expected_at)
        if unchanged and self._said_before(step, text_customer, text_employee):
            return step
        self._check("plan", desk=by)
        self.check_fits(text_customer, "text.customer")
        if step.is_finished and (new_state, new_expected) != (step.state, step.expected_at):
            raise StepFinished
        step.state, step.expected_at = StepState(new_state), new_expected
        step.save(update_fields=["state", "expected_at"])
        self._tell(self._say_step(step, by, text_customer, text_employee))
        return step

    def _said_before(self, step: Step, text_customer: str, text_employee: str) -> bool:
        """Whether these words add nothing: there are none, or they are the last ones said of it."""
        if not text_customer and not text_employee:
            return True
        last = Entry.objects.filter(step=step).order_by("-number").first()
        words = (text_customer, text_employee)
        return last is not None and (last.text_customer, last.text_employee) == words

    def _say_step(
        self, step: Step, by: User, text_customer: str = "", text_employee: str = ""
    ) -> Entry:
        entry = self._add(
            EntryKind.STEP,
            Actor.agent(by),
            to_customer=True,
            to_employee=True,
            text_customer=text_customer,
            text_employee=text_employee,
            step=step,
            step_state=step.state,
        )
        self._count_response()
        self._save(**self._clock_columns())
        return entry
