"""What a person wants to hear, over which channel, and when not."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db import models, transaction

from notifications import kinds
from server.accounts.models import User


class Preferences(models.Model):
    """One person's choices; what is not in `kinds` follows the kind's own default.

    `kinds` maps a kind to {"push": bool, "email": bool}. Quiet hours are local times in the
    person's zone and may pass midnight; both are empty or both are filled.
    """

    user = models.OneToOneField(
        User, primary_key=True, on_delete=models.CASCADE, related_name="preferences"
    )
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    kinds: "models.JSONField[Any, Any]" = models.JSONField(default=dict)

    def __str__(self) -> str:
        return str(self.user_id)

    @classmethod
    def of(cls, user: User) -> "Preferences":
        return cls.objects.filter(user=user).first() or cls(user=user)

    @staticmethod
    def unknown(names: Iterable[str]) -> list[str]:
        """The names among these that are no kind an employee can choose."""
        return sorted(set(names) - set(kinds.chosen_by_people()))

    @classmethod
    @transaction.atomic
    def change(
        cls,
        user: User,
        *,
        choices: Mapping[str, Mapping[str, bool]],
        quiet: tuple[bool, time | None, time | None],
    ) -> "Preferences":
        """Write choices over the earlier ones; `quiet` is (given, from, to)."""
        Preferences.objects.bulk_create([Preferences(user=user)], ignore_conflicts=True)
        chosen = cls.objects.select_for_update().get(user=user)
        chosen.user = user
        chosen.kinds = {
            **chosen.kinds,
            **{name: {**chosen.kinds.get(name, {}), **choice} for name, choice in choices.items()},
        }
        given, begin, end = quiet
        if given:
            chosen.quiet_from, chosen.quiet_to = begin, end
        chosen.save()
        return chosen

    def as_dict(self) -> dict[str, Any]:
        """The choices as the API shows them, with every kind and its label."""
        return {
            "quiet_hours": (
                {"from_": f"{self.quiet_from:%H:%M}", "to": f"{self.quiet_to:%H:%M}"}
                if self.quiet_from and self.quiet_to
                else None
            ),
            "kinds": {
                kind.name: {
                    "push": self.wants(kind.name, "push", default=kind.push),
                    "email": self.wants(kind.name, "email", default=kind.email),
                    "label": str(kind.label),
                }
                for kind in kinds.chosen_by_people().values()
            },
        }

    def wants(self, kind: str, channel: str, *, default: bool) -> bool:
        chosen = self.kinds.get(kind, {})
        return bool(chosen.get(channel, default))

    def not_before(self, moment: datetime) -> datetime:
        """The moment itself, or the end of the quiet hours that it falls in."""
        if self.quiet_from is None or self.quiet_to is None or self.quiet_from == self.quiet_to:
            return moment
        local = moment.astimezone(self.user.zone)
        now = local.time()
        passes_midnight = self.quiet_from > self.quiet_to
        if passes_midnight:
            quiet = now >= self.quiet_from or now < self.quiet_to
        else:
            quiet = self.quiet_from <= now < self.quiet_to
        if not quiet:
            return moment
        day = local.date()
        if passes_midnight and now >= self.quiet_from:
            day += timedelta(days=1)
        end = datetime.combine(day, self.quiet_to, self.user.zone)
        # In the night in which the clock goes back, the end may come twice; the first is over.
        return end if end.astimezone(UTC) > moment else end.replace(fold=1)
