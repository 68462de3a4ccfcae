"""Who was in which department when: the history that headcounts are counted from.

`User.save` and the employee import write it down in the transaction that changes somebody's
department or access; who changes many people at once without those calls `Placement.note` as well.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from server.accounts.models.people import Department, User

# People per statement: SQLite takes no more than so many values.
CHUNK = 250


class PlacementQuerySet(models.QuerySet["Placement"]):
    def at(self, moment: datetime) -> Self:
        """Where everybody who had access was at this moment; a move counts from its own moment."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=moment), begins_at__lte=moment)

    def counted(self, begins: datetime, moment: datetime) -> Self:
        """One row for whoever counts, at this moment of a time that began at `begins`: of where
        they were in its first moment; of who had never been here yet, where they came first.

        Who moves, leaves or comes back changes nothing before the next one. Else the difference
        between before and after would be what is counted of that one person.
        """
        lasting = Q(ends_at=None) | Q(ends_at__gt=F("begins_at"))
        earlier = Placement.objects.filter(
            lasting, user=OuterRef("user"), begins_at__lt=OuterRef("begins_at")
        )
        there = Q(Q(ends_at=None) | Q(ends_at__gt=begins), begins_at__lte=begins)
        came = Q(begins_at__gt=begins, begins_at__lte=moment) & ~Q(Exists(earlier))
        return self.filter(lasting, there | came)

    def now(self) -> Self:
        return self.filter(ends_at=None)


class Placement(models.Model):
    """One person with access, in one department or in none, from `begins_at` until `ends_at`.

    Somebody without access has no open row. Rows are closed once and never changed otherwise.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="placements")
    department = models.ForeignKey(
        Department, null=True, on_delete=models.PROTECT, related_name="placements", db_index=False
    )
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    objects = PlacementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["user"], condition=Q(ends_at=None), name="placement_open_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gte=F("begins_at")),
                name="placement_ends_later",
            ),
        ]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["department", "ends_at"], name="placement_by_department"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.department_id} from {self.begins_at:%Y-%m-%d}"

    @classmethod
    @transaction.atomic
    def note(cls, people: Sequence[User], *, at: datetime | None = None, new: bool = False) -> int:
        """Write down where these people are now; returns how many had moved, come or gone.

        `people` are as they have just been saved; a query for up to CHUNK of them, and two more
        where something changed. The row of who is `new` begins when they joined; of who was here
        without access and is let in, now: the months before were counted without them.
        """
        moment = at or timezone.now()
        return sum(
            cls._note(people[start : start + CHUNK], moment, new=new)
            for start in range(0, len(people), CHUNK)
        )

    @classmethod
    def _note(cls, people: Sequence[User], moment: datetime, *, new: bool) -> int:
        rows = cls.objects.filter(user__in=people, ends_at=None)
        opened = {row.user_id: row for row in rows}
        closed: list[Placement] = []
        made: list[Placement] = []
        for person in people:
            row = opened.get(person.pk)
            if row and person.is_active and row.department_id == person.department_id:
                continue
            # A clock that was put back must not end something before it began.
            begins = max(moment, row.begins_at) if row else moment
            if row:
                row.ends_at = begins
                closed.append(row)
            if person.is_active:
                if new:
                    begins = min(person.joined_at, moment)
                made.append(cls(user=person, department_id=person.department_id, begins_at=begins))
        Placement.objects.bulk_update(closed, ["ends_at"])
        Placement.objects.bulk_create(made)
        return len({row.user_id for row in (*closed, *made)})
