"""Putting the parts of a course in another order, or out: a document in, a document out."""

import copy
from typing import Any

from django.utils.translation import gettext as _

from server.problems import Invalid, NotFound

Content = dict[str, Any]


def moved(content: Content, what: str, name: str, by: int) -> Content:
    """With a lesson or a question so many places further; as it is where there is no such place.

    `what` is `lessons` or `questions`. Raises NotFound where nothing is called `name`.
    """
    made = copy.deepcopy(content)
    rows = _rows(made, what)
    place = _place(rows, what, name)
    goal = place + by
    if 0 <= goal < len(rows):
        rows.insert(goal, rows.pop(place))
    return made


def without(content: Content, what: str, name: str) -> Content:
    """Without this lesson or question. Questions that a lesson explained are explained in none.

    Raises Invalid for the last one, or where an attempt asks more questions than would be left.
    """
    made = copy.deepcopy(content)
    rows = _rows(made, what)
    place = _place(rows, what, name)
    if len(rows) == 1:
        last = _("This is the last lesson; a course has at least one.")
        asked = _("This is the last question; a quiz has at least one.")
        raise Invalid({what: last if what == "lessons" else asked})
    if what == "questions" and made["quiz"]["ask"] >= len(rows):
        raise Invalid(
            {
                "questions": _(
                    "An attempt asks %(ask)s questions, and there are no more than that. "
                    "Let it ask fewer first."
                )
                % {"ask": made["quiz"]["ask"]}
            }
        )
    del rows[place]
    if what == "lessons":
        for question in made["quiz"]["questions"]:
            if question["lesson"] == name:
                question["lesson"] = None
    return made


def _rows(content: Content, what: str) -> list[Content]:
    rows: list[Content] = content["lessons"] if what == "lessons" else content["quiz"]["questions"]
    return rows


def _place(rows: list[Content], what: str, name: str) -> int:
    key = "slug" if what == "lessons" else "id"
    for place, row in enumerate(rows):
        if row[key] == name:
            return place
    raise NotFound
