"""Texts of Django that employees read. Its Dutch says *u* to them; ours, in locale/, says *je*.

Naming them here is all: a text that is in our catalogue is taken from there.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

PASSWORD_RULES = (
    ngettext_lazy(
        "Your password must contain at least %(min_length)d character.",
        "Your password must contain at least %(min_length)d characters.",
        "min_length",
    ),
    gettext_noop("Your password can\u2019t be too similar to your other personal information."),
    gettext_noop("Your password can\u2019t be a commonly used password."),
    gettext_noop("Your password can\u2019t be entirely numeric."),
)
