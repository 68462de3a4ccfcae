"""Writing a question of the quiz, and what holds for the whole course."""

import copy
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _

from ambassadors.console.course_forms import CHOICES_SHOWN, Content, DocumentForm, first_of


class QuestionForm(DocumentForm):
    """A question of the quiz; choices without words are left out."""

    def __init__(self, content: Content, index: int | None, *args: Any) -> None:
        questions = content["quiz"]["questions"]
        known = questions[index] if index is not None else {"text": {}, "choices": []}
        place = len(questions) if index is None else index
        super().__init__(content, known, f"quiz.questions.{place}", *args)
        self.index = index
        self.add_words("text", _("Question"), known["text"], long=True)
        for number in range(max(CHOICES_SHOWN, len(known["choices"]))):
            there = number < len(known["choices"])
            choice: Content = known["choices"][number] if there else {"text": {}, "right": False}
            label = _("Choice %(n)s") % {"n": number + 1}
            self.add_words(f"choices_{number}_text", label, choice["text"], long=False)
            self.fields[f"choices_{number}_right"] = forms.BooleanField(
                label=_("This is right"), required=False, initial=choice["right"]
            )
        self.fields["lesson"] = forms.ChoiceField(
            label=_("Explained in"),
            required=False,
            initial=known.get("lesson") or "",
            choices=[
                ("", _("No lesson")),
                *((each["slug"], first_of(each["title"])) for each in content["lessons"]),
            ],
        )
        self.add_words("why", _("Why, for who has passed"), known.get("why") or {}, long=True)

    @property
    def groups(self) -> list[dict[str, Any]]:
        """The question, its choices with some to spare, and what is said about it."""
        rows = self.rows(name for name in self.fields if name.startswith("choices_"))
        filled = [place for place, row in enumerate(rows) if _filled(row)]
        shown = max(3, *(place + 1 for place in filled)) if filled else 3
        return [
            {"title": _("Question"), "rows": self.rows(("text_nl", "text_en"))},
            {"title": _("Choices"), "rows": rows[:shown], "spare": rows[shown:]},
            {
                "title": _("The explanation"),
                "rows": self.rows(("lesson", "why_nl", "why_en")),
            },
        ]

    def put(self) -> None:
        questions = self.content["quiz"]["questions"]
        made = copy.deepcopy(self.known)
        made["text"] = self.words("text", made["text"])
        made["choices"] = self._choices()
        made["lesson"] = self.cleaned_data.get("lesson") or None
        made["why"] = self.words("why", made.get("why") or {}) or None
        if self.index is not None:
            questions[self.index] = made
            return
        made["id"] = self._new_id(made["text"], {each["id"] for each in questions})
        questions.append(made)

    def _choices(self) -> list[Content]:
        found, known = [], self.known["choices"]
        taken = {choice["id"] for choice in known}
        for number in range(max(CHOICES_SHOWN, len(known))):
            there = number < len(known)
            words = self.words(f"choices_{number}_text", known[number]["text"] if there else {})
            if not words:
                continue
            fresh = next(f"c{n}" for n in range(1, 99) if f"c{n}" not in taken)
            id_ = known[number]["id"] if there else fresh
            taken.add(id_)
            right = bool(self.cleaned_data.get(f"choices_{number}_right"))
            found.append({"id": id_, "text": words, "right": right})
        return found

    def _new_id(self, text: Mapping[str, str], taken: set[str]) -> str:
        base = slugify(first_of(text))[:40].strip("-") or "vraag"
        return next(
            each for n in range(1, 999) if (each := base if n == 1 else f"{base}-{n}") not in taken
        )


def _filled(row: dict[str, Any]) -> bool:
    return any(field.value() or field.errors for field in row["fields"])


class SettingsForm(DocumentForm):
    """What the course is called, how the quiz is judged, and how long a certificate holds."""

    def __init__(self, content: Content, *args: Any) -> None:
        super().__init__(content, content, "", *args)
        quiz, certificate = content["quiz"], content["certificate"]
        self.add_words("title", _("Title"), content["title"], long=False)
        self.add_words("summary", _("Summary"), content["summary"], long=True)
        for name, label, initial in (
            ("quiz_ask", _("Questions per attempt"), quiz["ask"]),
            ("quiz_pass_percent", _("Pass mark, in %"), quiz["pass_percent"]),
            ("quiz_attempts", _("Attempts"), quiz["attempts"]),
            (
                "quiz_cooling_hours",
                _("Hours to wait after the last attempt"),
                quiz["cooling_hours"],
            ),
            ("certificate_months", _("Months that a certificate holds"), certificate["months"]),
            ("certificate_renew_days", _("Days before, to renew it"), certificate["renew_days"]),
        ):
            self.fields[name] = forms.IntegerField(
                label=label, initial=initial, required=name != "certificate_months", min_value=0
            )
        self.fields["certificate_months"].help_text = _("Empty: it does not run out.")
        self.fields["teaches_policy"] = forms.BooleanField(
            label=_("This course teaches the policy"),
            required=False,
            initial=content["teaches_policy"],
            help_text=_(
                "Who passes it can become an ambassador, and is asked for a refresher when the "
                "policy changes."
            ),
        )

    @property
    def groups(self) -> list[dict[str, Any]]:
        names = [name for name in self.fields if name != "revision"]

        def of(*begins: str) -> list[dict[str, Any]]:
            return self.rows(name for name in names if name.startswith(begins))

        return [
            {"title": _("About the course"), "rows": of("title", "summary", "teaches")},
            {"title": _("Quiz"), "rows": of("quiz")},
            {"title": _("Certificate"), "rows": of("certificate")},
        ]

    def put(self) -> None:
        given = self.cleaned_data
        self.content["title"] = self.words("title", self.content["title"])
        self.content["summary"] = self.words("summary", self.content["summary"])
        self.content["teaches_policy"] = bool(given.get("teaches_policy"))
        for part in ("quiz", "certificate"):
            for name in self.content[part]:
                if f"{part}_{name}" in self.fields:
                    self.content[part][name] = given.get(f"{part}_{name}")

    def _field_of(self, path: str) -> str | None:
        name = path.replace(".", "_")
        for candidate in (name, f"{name}_{self.content['language']}"):
            if candidate in self.fields:
                return candidate
        return None
