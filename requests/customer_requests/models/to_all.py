"""One word to many: who gets it, in which language and how, and what it must not say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from django.db.models import BooleanField, Case, Count, F, Q, QuerySet, When
from django.utils.translation import gettext as _

from customer_requests.models.life import EmployeeSees
from customer_requests.models.naming import about_one, may_be_a_word
from customer_requests.models.under_post import CustomerChannel, too_long
from server.problems import Invalid

if TYPE_CHECKING:
    from customer_requests.models.customer_request import CustomerRequest

AUDIENCES = ("customer", "employee")
LANGUAGES = ("nl", "en")
TEXTS = tuple(f"{audience}_{language}" for audience in AUDIENCES for language in LANGUAGES)


class Way(NamedTuple):
    """How many get a word to all alike.

    `channel` is email or sms; social where the employee places it under a post; page where no
    message of ours arrives and the customer's own page is all they have; app for the employee's
    inbox and phone.
    """

    audience: Literal["customer", "employee"]
    language: str
    channel: str
    n: int = 0


def said_to(texts: Mapping[str, str], audience: str, language: str) -> str:
    """The words for this reader: in their language, or else in the other; empty for none."""
    names = [language, *(other for other in LANGUAGES if other != language)]
    return next((text for name in names if (text := texts.get(f"{audience}_{name}", ""))), "")


@dataclass(frozen=True)
class ToAll:
    """The customers and employees of `requests`; those of them for which `hears` holds get it."""

    requests: "QuerySet[CustomerRequest]"
    hears: Q

    def readers(self) -> dict[str, Any]:
        """Who would get it now, counted in one query: requests, customers and employees by
        language, and who would not and why. `over` are the requests that do not hear it.
        """
        counts: dict[str, Any] = {
            "requests": 0,
            "over": 0,
            "customers": {"nl": 0, "en": 0, "unreachable": 0},
            "employees": {"nl": 0, "en": 0, "steps_only": 0},
        }
        customers, employees = counts["customers"], counts["employees"]
        for row in self._counted():
            if not row["hear"]:
                counts["over"] += row["n"]
                continue
            counts["requests"] += row["n"]
            customers["unreachable" if row["failing"] else row["reads"]] += row["n"]
            hidden = row["sees"] == EmployeeSees.STEPS
            employees["steps_only" if hidden else row["employee_reads"]] += row["n"]
        return counts

    def ways(self, *, of_status: bool = False) -> list[Way]:
        """Who would get it now and how, by audience, language and channel; one query.

        Ordered as a person reads it. What reaches nobody is not in it: see `readers`. What is
        `of_status` also the employee hears who may see no more than the steps.
        """
        counts: Counter[Way] = Counter()
        for row in self._counted():
            if not row["hear"]:
                continue
            way = Way("customer", row["reads"], "page" if row["failing"] else row["channel"])
            counts[way] += row["n"]
            if of_status or row["sees"] != EmployeeSees.STEPS:
                counts[Way("employee", row["employee_reads"], "app")] += row["n"]
        order = sorted(counts, key=lambda way: (way.audience, way.language != "nl", way.channel))
        return [way._replace(n=counts[way]) for way in order]

    def _counted(self) -> Iterable[dict[str, Any]]:
        columns: dict[str, Any] = {
            "hear": Case(When(self.hears, then=True), default=False, output_field=BooleanField()),
            "failing": F("customer_failing"),
            "channel": F("customer_channel"),
            "reads": F("customer_language"),
            "sees": F("employee_sees"),
            "employee_reads": F("employee__language"),
        }
        rows: Any = self.requests.order_by().values(**columns).annotate(n=Count("pk"))
        return list(rows)

    def check(self, words: Mapping[str, str], *, solves: bool, names_nobody: bool) -> bool:
        """Refuse, by the name of the text, what leaves a reader without words in their language, is
        about one of them, or is longer than the network takes where one of them asked. `words` has
        each of TEXTS, empty for none.

        Returns whether `names_nobody` made the difference: that a word which is also somebody's
        name is none here.
        """
        readers, errors = self.readers(), {}
        for audience in AUDIENCES:
            if not any(words[f"{audience}_{language}"] for language in LANGUAGES):
                if solves:
                    errors[f"{audience}_nl"] = _("Say to them too that it is solved.")
                continue
            for language in LANGUAGES:
                name = f"{audience}_{language}"
                if not words[name] and readers[f"{audience}s"][language]:
                    errors[name] = _("Some of them read this language: write it here too.")
        errors |= self._too_long(words)
        waved = False
        for name, text in words.items():
            parts = about_one(self.requests, text)
            doubtful = [part for part in parts if may_be_a_word(part)]
            if len(doubtful) < len(parts):
                errors[name] = _("This names one of the customers. The text goes to all of them.")
            elif doubtful and not names_nobody:
                errors[name] = _(
                    "“%(word)s” is also the name of one of the customers, and the text goes to all "
                    "of them. Leave it out, or say that it is not a name here."
                ) % {"word": doubtful[0]}
            waved = waved or bool(doubtful)
        if not any(words.values()):
            errors["customer_nl"] = _("Write something here.")
        if errors:
            raise Invalid(errors)
        return waved

    def _too_long(self, words: Mapping[str, str]) -> dict[str, str]:
        """By the name of the text, for which networks of those who hear it that is too long."""
        there = self.requests.filter(self.hears, customer_channel=CustomerChannel.SOCIAL)
        places = there.order_by("post_network", "customer_language")
        errors: dict[str, str] = {}
        for network, language in places.values_list("post_network", "customer_language").distinct():
            text = said_to(words, "customer", language)
            if wrong := too_long(text, network, language):
                own = f"customer_{language}"
                name = own if words[own] else next(n for n in TEXTS if words[n] == text)
                errors[name] = f"{errors[name]} {wrong}" if name in errors else wrong
        return errors

    def may_be_no_name(self, texts: Mapping[str, str]) -> str:
        """A word of these texts that is also a customer's whole name; empty where there is none."""
        parts = [part for text in texts.values() for part in about_one(self.requests, text)]
        return next(filter(may_be_a_word, parts), "")
