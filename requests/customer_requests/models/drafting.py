"""Writing together before anything is sent: drafts that survive, and are not overwritten."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Self

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from customer_requests.models.customer import OwnSay
from customer_requests.models.draft import BESIDE, Draft, DraftKind
from customer_requests.models.entry import Entry
from customer_requests.models.life import ENDED, OPEN, WaitingOn
from customer_requests.problems import DraftChanged, NotNow
from server.accounts.models import User


class Drafting(OwnSay):
    class Meta:
        abstract = True

    def draft(self, kind: str) -> Draft:
        """What is being written, or an empty draft of version 0 where nobody wrote yet."""
        return Draft.of(self.pk, kind)

    @transaction.atomic(durable=True)
    def save_draft(
        self,
        *,
        by: User,
        kind: str,
        version: int,
        text: str,
        text_employee: str = "",
        audience: Collection[str] = ("customer", "employee"),
        way: str = "",
        step_title: str = "",
        step_expected_at: datetime | None = None,
        wait_on: str = WaitingOn.CUSTOMER,
        wait_until: datetime | None = None,
    ) -> Draft:
        """Keep a text for the whole team. `version` is the one that the writer went on from; `way`
        how it is meant to be sent, which is kept where something is said. `step_title` and
        `step_expected_at` are those of a step of the plan that is being written, `wait_on` and
        `wait_until` those of a wait.

        Raises DraftChanged, with the other text, where somebody saved or sent it in between.
        Saving what is there already changes nothing. It is no change of the request itself.
        """
        self._lock_row(desk=by)
        self._check_status("draft")
        if kind == DraftKind.REPLY and self.status in ENDED and (text or step_title):
            raise NotNow(verb="draft", current=self.status)
        draft = self.draft(kind)
        facts: dict[str, Any] = {
            "text": text,
            "text_employee": text_employee,
            "to_customer": "customer" in audience,
            "to_employee": "employee" in audience,
            "step_title": step_title,
            "step_expected_at": step_expected_at,
            "wait_on": wait_on,
            "wait_until": wait_until,
        }
        facts["way"] = "" if Draft(kind=kind, **facts).says_nothing else way
        if all(getattr(draft, name) == value for name, value in facts.items()):
            return draft
        if draft.version != version:
            expected, until = draft.step_expected_at, draft.wait_until
            raise DraftChanged(
                by=draft.by.name if draft.by else "",
                version=draft.version,
                text=draft.text,
                text_employee=draft.text_employee,
                audience=draft.audience,
                way=draft.way,
                step_title=draft.step_title,
                step_expected_at=expected and expected.isoformat(),
                wait_on=draft.wait_on,
                wait_until=until and until.isoformat(),
                yours=draft.by == by,
            )
        for name, value in facts.items():
            setattr(draft, name, value)
        draft.version, draft.by, draft.updated_at = version + 1, by, timezone.now()
        draft.save()
        return draft

    def discard_draft(self, *, by: User, kind: str, version: int) -> None:
        """Throw a draft away; not one that somebody has gone on with since."""
        self.save_draft(by=by, kind=kind, version=version, text="")

    def sending(
        self,
        kind: str,
        version: int | None,
        *,
        text: str,
        text_employee: str,
        beside: Mapping[str, Any] | None = None,
    ) -> Self:
        """Let the next verb also empty the draft that it sends, in its own transaction.

        Only at this version, or where it says just these words: what was added since, by a
        colleague, in another tab or by merging, stays to be sent. So does a step of the plan or a
        wait that is being written, unless the verb sends it: then `beside` is its `step_title` and
        `step_expected_at`, or its `wait_on` and `wait_until`.
        """
        said = {"text": text, "text_employee": text_employee, **(beside or {})}
        sent = Q(kind=kind) & (Q(version=version) | Q(**said))
        self.__dict__["_sending"] = (sent, frozenset(beside or ()))
        return self

    def _tell(self, *entries: Entry, **beside: Any) -> None:
        super()._tell(*entries, **beside)
        if sent := self.__dict__.pop("_sending", None):
            which, beside = sent
            # What ended the request plans nothing more, and waits for nobody.
            over = self.status not in OPEN
            ways = [way for way, names in BESIDE.items() if over or beside & names.keys()]
            self._empty_drafts(which, ways)

    def _save(self, **changes: Any) -> None:
        """Erasing takes what was being written along. What only ends a request leaves it: a note
        can still be added, and the reply is there again when the request comes back.
        """
        super()._save(**changes)
        if self.erased_at is not None:
            self._empty_drafts(Q())

    def _empty_drafts(self, which: Q, ways: Collection[str] = tuple(BESIDE)) -> None:
        empty: dict[str, Any] = {
            "text": "",
            "text_employee": "",
            "to_customer": True,
            "to_employee": True,
            "way": "",
        }
        for way in ways:
            empty |= BESIDE[way]
        Draft.objects.filter(which, request_id=self.pk).exclude(**empty).update(
            **empty, version=F("version") + 1, updated_at=timezone.now()
        )
