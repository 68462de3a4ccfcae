"""What is said: updates and notes of agents, messages and files of customer and employee."""

import uuid
from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from customer_requests.models.attachment import Attachment
from customer_requests.models.entry import ActorRole, Entry, EntryKind
from customer_requests.models.going_on import GoingOn, begun_anew
from customer_requests.models.life import Actor, Status, WaitingOn, fingerprint
from customer_requests.problems import QuotaFull, TooManyMessages
from server.accounts.models import User
from server.problems import IdReused, Unavailable
from server.uploads import Upload

MOST_FILES = 20
# Of one reader in a day, on one request: the team reads all of them on one page.
MOST_MESSAGES = 100


class Conversing(GoingOn):
    class Meta:
        abstract = True

    @transaction.atomic(durable=True)
    def update(
        self,
        *,
        by: User,
        id: uuid.UUID,
        audience: Collection[str],
        text_customer: str = "",
        text_employee: str = "",
    ) -> tuple[Entry, bool]:
        """Tell the audience (`customer`, `employee` or both) something, each in its own words."""
        self._lock_row(desk=by)
        facts: dict[str, Any] = {
            "to_customer": "customer" in audience,
            "to_employee": "employee" in audience,
            "text_customer": text_customer if "customer" in audience else "",
            "text_employee": text_employee if "employee" in audience else "",
        }
        print_ = fingerprint({"kind": "update", **facts})
        if entry := self._replay(id, print_):
            return entry, False
        self._check("update", desk=by)
        self.check_fits(facts["text_customer"])
        entry = self._say_update(by, id=id, fingerprint=print_, **facts)
        self._tell(entry)
        return entry, True

    def _say_update(self, by: User, **facts: Any) -> Entry:
        if self.is_social:  # who places it has to hear of it
            facts["to_employee"] = facts["to_employee"] or facts["to_customer"]
        entry = self._add(EntryKind.UPDATE, Actor.agent(by), **facts)
        self._answered()
        if entry.to_customer:
            self._count_response()
        self._save(**self._clock_columns())
        return entry

    @transaction.atomic(durable=True)
    def note(self, *, by: User, id: uuid.UUID, text: str) -> tuple[Entry, bool]:
        """Write something that never leaves the team."""
        self._lock_row(desk=by)
        print_ = fingerprint({"kind": "note", "text": text})
        if entry := self._replay(id, print_):
            return entry, False
        self._check("note", desk=by)
        entry = self._write_note(by, id=id, fingerprint=print_, text_team=text)
        self._tell(entry)
        return entry, True

    def _write_note(self, by: User, **facts: Any) -> Entry:
        entry = self._add(EntryKind.NOTE, Actor.agent(by), **facts)
        self._save()
        return entry

    @begun_anew
    @transaction.atomic(durable=True)
    def message(
        self, *, by: Actor, id: uuid.UUID, text: str, upload: Upload | None = None
    ) -> tuple[Entry, bool]:
        """Say something as customer or employee; it answers a wait on the one who says it.

        An employee whose request was merged says it here all the same, to who has the other one.
        Raises TooManyMessages where they said a hundred things here in a day.
        """
        goes_on = self._lock_from_top()
        print_ = fingerprint(
            {"kind": "message", "text": text, "file": upload.sha256 if upload else ""}
        )
        if entry := self._replay(id, print_):
            return entry, False
        self._check_say("message", by, goes_on)
        said = Entry.objects.filter(request_id=self.pk, kind=EntryKind.MESSAGE)
        said = said.filter(actor_role=by.role, actor=by.user)
        if said.filter(at__gt=timezone.now() - timedelta(days=1)).count() >= MOST_MESSAGES:
            raise TooManyMessages(most=MOST_MESSAGES)
        entry = self._add(EntryKind.MESSAGE, by, id=id, fingerprint=print_, **own_words(by, text))
        if goes_on is self:
            self._tell(entry, *self._answer(by))
        else:
            self._tell_onward(entry, goes_on)
        if upload:
            self._keep_file(entry, by, uuid.uuid4(), upload)
        return entry, True

    @begun_anew
    @transaction.atomic(durable=True)
    def attach(self, *, by: Actor, id: uuid.UUID, upload: Upload) -> tuple[Attachment, bool]:
        """Add a file that was already cleaned. Returns it and whether it is new."""
        goes_on = self._lock_from_top()
        earlier = Attachment.objects.filter(pk=id).first()
        if earlier is not None:
            if earlier.request_id != self.pk or earlier.sha256 != upload.sha256:
                raise IdReused
            return earlier, False
        self._check_say("attach", by, goes_on)
        entry = self._add(EntryKind.FILE, by, **own_words(by, upload.name))
        if goes_on is self:
            self._hear()
            self._save(**self._clock_columns())
            self._tell(entry)
        else:
            self._tell_onward(entry, goes_on)
        return self._keep_file(entry, by, id, upload), True

    def _answer(self, by: Actor) -> list[Entry]:
        """A message of the one who was waited on sets the work going again. Returns the entries
        that tell where it went. What a stranger answers under a post the employee passes on.
        """
        self._hear()
        waited = {by.role.value} | ({WaitingOn.CUSTOMER.value} if self.is_social else set())
        if self.status == Status.WAITING and self.waiting_on in waited:
            return self._go_on()
        self._save(**self._clock_columns())
        return []

    def _keep_file(self, entry: Entry, by: Actor, id: uuid.UUID, upload: Upload) -> Attachment:
        """Write the row, then the file: a row that is refused leaves no file behind."""
        if Attachment.objects.filter(request_id=self.pk).count() >= MOST_FILES:
            raise QuotaFull(most=MOST_FILES)
        attachment = Attachment(
            id=id,
            request_id=self.pk,
            entry=entry,
            by_role=by.role,
            name=upload.name,
            content_type=upload.content_type,
            size=len(upload.content),
            path=Attachment.new_path(upload.extension),
            sha256=upload.sha256,
        )
        try:
            with transaction.atomic():
                attachment.save(force_insert=True)
        except IntegrityError as error:
            raise IdReused from error
        try:
            attachment.write(upload.content)
        except OSError as error:  # the disk is full or away: take back the row too
            raise Unavailable(retry_after=60) from error
        return attachment


def own_words(by: Actor, text: str) -> dict[str, object]:
    """Where a follower's own words go: the customer's are the employee's only if they allow it.

    What the employee says on the customer's behalf is the customer's to read as well.
    """
    if by.role == ActorRole.CUSTOMER:
        return {"to_customer": True, "text_customer": text}
    return {
        "to_customer": True,
        "to_employee": True,
        "text_customer": text,
        "text_employee": text,
    }
