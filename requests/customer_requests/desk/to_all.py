"""One word to many in the console: a text per audience and language, and who gets which."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from customer_requests.desk.forms import DeskForm, Words
from customer_requests.models.to_all import TEXTS, ToAll, said_to

_READERS = {"customer": _("Customers"), "employee": _("Employees")}
_LANGUAGES = {"nl": _("Dutch"), "en": _("English")}
_CHANNELS = {
    "email": _("by e-mail"),
    "sms": _("by text message (SMS)"),
    "social": _("under a post, where their employee places it"),
    "page": _("only on their page: our messages do not arrive"),
    "app": _("in the app"),
}


class TextsForm(DeskForm):
    """What each of them reads."""

    may_be_needed = TEXTS

    customer_nl = Words(label=_("To customers, in Dutch"), rows=3, required=False)
    customer_en = Words(label=_("To customers, in English"), rows=3, required=False)
    employee_nl = Words(label=_("To employees, in Dutch"), rows=3, required=False)
    employee_en = Words(label=_("To employees, in English"), rows=3, required=False)

    # A word of the texts that is also somebody's name, where the agent may say that it is none.
    doubtful = ""

    def written(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The texts that there are, and whether they name nobody, as the API has it."""
        texts = {name: given[name] for name in TEXTS if (given.get(name) or "").strip()}
        return {**texts, "names_nobody": "names_nobody" in self.data}


def who_gets_what(to_all: ToAll, texts: Mapping[str, str]) -> dict[str, Any]:
    """For the page that shows it before it is sent: `readers`, and the `ways` with their text."""
    return {
        "texts": [(name, text) for name, text in texts.items() if text],
        "readers": to_all.readers(),
        "ways": [
            {
                "reader": _READERS[way.audience],
                "language": _LANGUAGES[way.language],
                "channel": _CHANNELS[way.channel],
                "n": way.n,
                "text": said_to(texts, way.audience, way.language),
            }
            for way in to_all.ways()
        ],
    }
