"""The look and name of the company, as administrators set them."""

import re
from typing import Any, Self

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext_lazy as _

_KEY = "company-look"
# How long another process may still show the old one.
_SECONDS = 60


def check_colour(value: str) -> None:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValidationError(_("Write a colour as # and six figures, such as #0b5cad."))


def check_logo(value: str) -> None:
    """Pages load pictures from this server alone, so the logo has to be on it."""
    if not re.fullmatch(r"/[\w./-]+", value) or "//" in value:
        raise ValidationError(_("Write a path on this server, such as /static/logo.svg."))


class CompanyLook(models.Model):
    """One row, the first; where there is none, the environment says it (COMPANY_NAME and so on).

    Texts on `colour` are black or white, whichever is more readable (server.look).
    """

    name = models.CharField(max_length=60)
    logo = models.CharField(max_length=200, blank=True, validators=[check_logo])
    colour = models.CharField(max_length=7, validators=[check_colour])

    class Meta:
        verbose_name = _("look and name")
        verbose_name_plural = _("look and name")
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="company_look_only_one"),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        transaction.on_commit(lambda: cache.delete(_KEY), robust=True)

    @classmethod
    def current_row(cls) -> Self:
        """The row to change; made of the environment the first time."""
        return cls.objects.get_or_create(pk=1, defaults=_of_environment())[0]

    @classmethod
    def current(cls) -> dict[str, str]:
        """name, logo and colour for every page and mail; from the cache for up to a minute.

        Pages that say that the database is away are in these colours too, so it may be away.
        """
        known: dict[str, str] | None = cache.get(_KEY)
        if known is not None:
            return known
        try:
            found = cls.objects.filter(pk=1).values("name", "logo", "colour").first()
        except DatabaseError:
            return _of_environment()
        known = found or _of_environment()
        cache.set(_KEY, known, _SECONDS)
        return known


def _of_environment() -> dict[str, str]:
    return {
        "name": settings.COMPANY_NAME,
        "logo": settings.COMPANY_LOGO,
        "colour": settings.COMPANY_COLOUR,
    }
