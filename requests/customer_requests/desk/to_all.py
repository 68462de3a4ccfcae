"""One word to many in the console: a text per audience and language, and who gets which."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from customer_requests.desk.forms import DeskForm, Words
from customer_requests.models import CustomerRequest, EmployeeSees, KnownProblem
from customer_requests.models.to_all import TEXTS, ToAll, Way, said_to

_READERS = {"customer": gettext_lazy("Customers"), "employee": gettext_lazy("Employees")}
_LANGUAGES = {"nl": gettext_lazy("Dutch"), "en": gettext_lazy("English")}
_CHANNELS = {
    "email": gettext_lazy("by e-mail"),
    "sms": gettext_lazy("by text message (SMS)"),
    "social": gettext_lazy("under a post, where their employee places it"),
    "page": gettext_lazy("only on their page: our messages do not arrive"),
    "app": gettext_lazy("in the app"),
}


class TextsForm(DeskForm):
    """What each of them reads."""

    may_be_needed = TEXTS

    customer_nl = Words(label=gettext_lazy("To customers, in Dutch"), rows=3, required=False)
    customer_en = Words(label=gettext_lazy("To customers, in English"), rows=3, required=False)
    employee_nl = Words(label=gettext_lazy("To employees, in Dutch"), rows=3, required=False)
    employee_en = Words(label=gettext_lazy("To employees, in English"), rows=3, required=False)

    # A word of the texts that is also somebody's name, where the agent may say that it is none.
    doubtful = ""

    def written(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The texts that there are, and whether they name nobody, as the API has it."""
        texts = {name: given[name] for name in TEXTS if (given.get(name) or "").strip()}
        return {**texts, "names_nobody": "names_nobody" in self.data}


def who_gets_what(to_all: ToAll, texts: Mapping[str, str]) -> dict[str, Any]:
    """For the page that shows it before it is sent: `readers`, and the `ways` with their text."""
    ways = to_all.ways()
    return {
        "texts": [(name, text) for name, text in texts.items() if text],
        "readers": to_all.readers(),
        "ways": [
            {**shown, "text": said_to(texts, way.audience, way.language), "silent": True}
            for shown, way in zip(in_words(ways), ways, strict=True)
        ],
    }


def in_words(ways: Iterable[Way]) -> list[dict[str, Any]]:
    """How many get it in which way, as a page says it."""
    return [
        {
            "reader": _READERS[way.audience],
            "language": _LANGUAGES[way.language],
            "lang": way.language,
            "channel": _CHANNELS[way.channel],
            "n": way.n,
        }
        for way in ways
    ]


def last_word(problem: KnownProblem | None, request: CustomerRequest) -> list[tuple[str, str]]:
    """The problem's last update as the readers of this request get it; of who reads the very same
    words, once. A query where there is a problem.
    """
    if problem is None or (last := problem.last_update()) is None:
        return []
    customer = last.said_to("customer", request.customer_language)
    hidden = request.employee_sees == EmployeeSees.STEPS and not request.is_social
    employee = "" if hidden else last.said_to("employee", request.employee.language)
    if customer and customer == employee:
        return [(_("Customer and employee"), customer)]
    both = [(_("Customer"), customer), (_("Employee"), employee)]
    return [(reader, text) for reader, text in both if text]


def said_on_linking(problem: KnownProblem, request: CustomerRequest) -> str:
    """Who gets the problem's last update because this request was put under it."""
    readers = [reader for reader, _text in last_word(problem, request)]
    if not readers:
        return _("Linked. Nobody gets a message of it.")
    if readers == [_("Customer")]:
        return _("Linked. The customer gets the last update.")
    if readers == [_("Employee")]:
        return _("Linked. The employee gets the last update.")
    return _("Linked. Customer and employee get the last update.")


def far_in_words(far: Mapping[str, int], *, undone: bool) -> str:
    """How far a word to all is, in sentences that leave out what there is none of."""
    heard, back, said = far["heard"], far["taken_back"], []
    if far["left"]:
        said.append(
            ngettext("%(n)s request to take back.", "%(n)s requests to take back.", far["left"])
            if undone
            else ngettext("%(n)s request to go.", "%(n)s requests to go.", far["left"])
        )
    if heard and undone and back == heard:
        said.append(
            ngettext(
                "It was told at %(heard)s request, and taken back there.",
                "It was told at %(heard)s requests, and taken back at all of them.",
                heard,
            )
        )
    elif heard:
        said.append(
            ngettext("It was told at %(heard)s request.", "It was told at %(heard)s.", heard)
        )
        if back:
            said.append(ngettext("Taken back at %(back)s.", "Taken back at %(back)s.", back))
    elif not (far["left"] or far["failed"]):
        said.append(_("Nobody heard it: no open request was under it."))
    if far["stays"]:
        said.append(
            ngettext("%(stays)s stays as it is.", "%(stays)s stay as they are.", far["stays"])
        )
    if far["over"]:
        said.append(
            ngettext("%(over)s was over already.", "%(over)s were over already.", far["over"])
        )
    if far["failed"]:
        said.append(ngettext("It failed at %(failed)s.", "It failed at %(failed)s.", far["failed"]))
    return " ".join(said) % {**far, "n": far["left"], "back": back}
