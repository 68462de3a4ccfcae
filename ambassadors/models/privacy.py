"""What the company decided about the count: goal, small groups, the works council's word."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from ambassadors.models.headcount import begin
from server.accounts.models import Department, User

# Below this, figures of a group say something of the people in it.
FEWEST = 5


class Programme(models.Model):
    """One row, the first: the settings of the programme.

    No `departments` means that the whole company counts, also who is in none; otherwise those
    and nobody else. `smallest_group` can be larger than FEWEST and never smaller.
    """

    goal_percent = models.PositiveSmallIntegerField(
        default=10, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    smallest_group = models.PositiveSmallIntegerField(
        default=FEWEST, validators=[MinValueValidator(FEWEST), MaxValueValidator(1000)]
    )
    departments = models.ManyToManyField(Department, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(id=1), name="programme_only_one"),
            models.CheckConstraint(
                condition=Q(goal_percent__gte=1, goal_percent__lte=100), name="programme_goal"
            ),
            models.CheckConstraint(
                condition=Q(smallest_group__gte=FEWEST), name="programme_smallest_group"
            ),
        ]

    def __str__(self) -> str:
        return _("Goal: %(percent)s%%") % {"percent": self.goal_percent}

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.pk = 1
        super().save(*args, **kwargs)

    @classmethod
    def current(cls) -> Self:
        return cls.objects.get_or_create(pk=1)[0]

    def as_counted(self) -> dict[str, Any]:
        """The settings that a month is counted with, and that are kept with it."""
        chosen = sorted(str(pk) for pk in self.departments.values_list("pk", flat=True))
        return {
            "goal_percent": self.goal_percent,
            "smallest_group": self.smallest_group,
            "departments": chosen or None,
        }


class Consent(models.Model):
    """The works council agreed to a board of people by name; until it is withdrawn.

    `document` is the name of the paper, kept elsewhere. A withdrawn one stays, as history. What
    is decided on a day to come is no consent yet.
    """

    decided_on = models.DateField()
    reference = models.CharField(max_length=80)
    document = models.CharField(max_length=200)
    recorded_at = models.DateTimeField(default=timezone.now)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar[list[str]] = ["-recorded_at"]

    def __str__(self) -> str:
        return f"{self.reference} {self.decided_on:%Y-%m-%d}"

    def clean(self) -> None:
        if self.decided_on and self.decided_on > timezone.localdate():
            raise ValidationError({"decided_on": _("This day has yet to come.")})

    @classmethod
    def _given(cls) -> "models.QuerySet[Self]":
        return cls.objects.filter(withdrawn_at=None, decided_on__lte=timezone.localdate())

    @classmethod
    def in_force(cls) -> bool:
        """Whether people may be shown by name to each other, where they want that too."""
        return cls._given().exists()

    @classmethod
    def since(cls) -> datetime | None:
        """Since when it is in force: recorded and decided, by the first of those not withdrawn."""
        kept = cls._given().values_list("recorded_at", "decided_on")
        return min((max(at, begin(day)) for at, day in kept), default=None)

    @transaction.atomic
    def withdraw(self, *, by: User | None) -> bool:
        """End it now; False where somebody did before."""
        open_row = Consent.objects.filter(pk=self.pk, withdrawn_at=None)
        return open_row.update(withdrawn_at=timezone.now(), withdrawn_by=by) > 0
