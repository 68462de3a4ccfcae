"""The demo people of the embedded default: who they are and what to try as them."""

from typing import TypedDict

from django.utils.translation import gettext as _

DEMO_PASSWORD = "doe-het-gewoon"  # noqa: S105 - published on the front page, embedded default only


class DemoPerson(TypedDict):
    email: str
    name: str
    role_label: str
    hint: str


def demo_people() -> list[DemoPerson]:
    """Everyone that the front page offers, in the reader's language."""

    def person(email: str, name: str, role_label: str, hint: str) -> DemoPerson:
        address = f"{email}@demo.example"
        return {"email": address, "name": name, "role_label": role_label, "hint": hint}

    return [
        person("sanne", "Sanne de Vries", _("Employee"), _("passes questions on, in Dutch")),
        person("daan", "Daan Bakker", _("Agent"), _("works the queue of the first team")),
        person("fatima", "Fatima El Idrissi", _("Agent"), _("works in the same team as Daan")),
        person("joris", "Joris Visser", _("Agent"), _("works in another team, in English")),
        person("els", "Els van Dijk", _("Lead"), _("assigns the work of the first team")),
        person("noor", "Noor Jansen", _("Editor"), _("edits the champions programme")),
        person("thijs.gerritsen", "Thijs Gerritsen", _("Editor"), _("looks over what Noor writes")),
        person("mark", "Mark de Boer", _("Manager"), _("is Sanne's manager")),
        person("admin", "Anouk Smit", _("Administrator"), _("sets the company up")),
    ]
