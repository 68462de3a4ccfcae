"""Writing a course: a lesson and a question as forms, each error at its field.

A form shows Dutch and English; words in other languages, which came from a file, stay as they are.
"""

import copy
import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.console.post_forms import Typed
from ambassadors.importing import FileRefused
from ambassadors.importing.course_file import checked
from server.accounts.models import Department, RoleName
from server.fields import Reason

_REASON = TypeAdapter(Reason)
LANGUAGES = {"nl": gettext_lazy("Dutch"), "en": gettext_lazy("English")}
CHOICES_SHOWN = 6
BLOCKS = {
    "text": gettext_lazy("Text"),
    "exercise": gettext_lazy("May I post this?"),
    "video": gettext_lazy("Video"),
}

Content = dict[str, Any]


class DocumentForm(forms.Form):
    """A part of a course's document. `place` is its path there, `known` what stands there now."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, content: Content, known: Content, place: str, *args: Any) -> None:
        super().__init__(*args)
        self.content, self.known, self.place = copy.deepcopy(content), known, place
        self.written: Content = {}

    def add_words(self, name: str, label: Any, known: Mapping[str, str], *, long: bool) -> None:
        for language, called in LANGUAGES.items():
            widget = forms.Textarea(attrs={"rows": 4}) if long else forms.TextInput()
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=f"{label}, {called}",
                required=False,
                widget=widget,
                initial=known.get(language, ""),
            )

    def words(self, name: str, known: Mapping[str, str]) -> dict[str, str]:
        """What was written in the form, and what is there in other languages."""
        others = {key: text for key, text in known.items() if key not in LANGUAGES}
        given = {
            language: str(self.cleaned_data.get(f"{name}_{language}", "")).replace("\r\n", "\n")
            for language in LANGUAGES
        }
        return {**{key: text for key, text in given.items() if text.strip()}, **others}

    def put(self) -> None:
        """Put what was written in the document, at its place: each form knows its own."""
        raise NotImplementedError

    def clean(self) -> Content:
        self.put()
        try:
            self.written = checked(self.content).model_dump()
        except FileRefused as refused:
            for error in refused.errors:
                self.add_error(self._field_of(error.field), error.message)
        return self.cleaned_data

    def _field_of(self, path: str) -> str | None:
        """The field for a path in the document; None where it is about the whole."""
        if not path.startswith(f"{self.place}."):
            return None
        name = self.name_of(path.removeprefix(f"{self.place}."))
        for candidate in (name, f"{name}_{self.content['language']}"):
            if candidate in self.fields:
                return candidate
        return None

    def name_of(self, path: str) -> str:
        return path.replace(".", "_")


class LessonForm(DocumentForm):
    """A lesson: its title, and its parts one after another."""

    def __init__(self, content: Content, index: int, *args: Any) -> None:
        known = content["lessons"][index]
        super().__init__(content, known, f"lessons.{index}", *args)
        self.index = index
        self.add_words("title", _("Title"), known["title"], long=False)
        self.fields["minutes"] = forms.IntegerField(
            label=_("Minutes"), min_value=1, max_value=120, initial=known["minutes"]
        )
        for place, block in enumerate(known["blocks"]):
            self._add_block(place, block)
        self.fields["add"] = forms.ChoiceField(
            label=_("Add a part below"),
            required=False,
            choices=[("", _("Nothing")), *((kind, str(name)) for kind, name in BLOCKS.items())],
        )

    def _add_block(self, place: int, block: Content) -> None:
        name = f"blocks_{place}"
        match block["kind"]:
            case "text":
                self.add_words(f"{name}_text", _("Text"), block["text"], long=True)
            case "video":
                self.fields[f"{name}_url"] = forms.CharField(
                    label=_("Address of the video"), initial=block["url"], required=False
                )
                self.add_words(f"{name}_title", _("Title"), block["title"], long=False)
            case _:
                self.add_words(f"{name}_post", _("The post"), block["post"], long=True)
                for number, choice in enumerate(block["choices"]):
                    each, label = f"{name}_choices_{number}", _("Choice %(n)s") % {"n": number + 1}
                    self.add_words(f"{each}_text", label, choice["text"], long=False)
                    self.fields[f"{each}_right"] = forms.BooleanField(
                        label=_("This is right"), required=False, initial=choice["right"]
                    )
                    self.add_words(
                        f"{each}_feedback", _("What they read then"), choice["feedback"], long=True
                    )
        if len(self.known["blocks"]) > 1:
            self.fields[f"{name}_remove"] = forms.BooleanField(
                label=_("Take this part out"), required=False
            )

    @property
    def head(self) -> list[forms.BoundField]:
        return [self[name] for name in ("title_nl", "title_en", "minutes")]

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Each part with its fields, to be shown under its own heading."""
        return [
            {
                "kind": BLOCKS[block["kind"]],
                "fields": [
                    self[name] for name in self.fields if re.match(rf"blocks_{place}_", name)
                ],
            }
            for place, block in enumerate(self.known["blocks"])
        ]

    def put(self) -> None:
        lesson = self.content["lessons"][self.index]
        lesson["title"] = self.words("title", lesson["title"])
        lesson["minutes"] = self.cleaned_data.get("minutes") or lesson["minutes"]
        for place, block in enumerate(lesson["blocks"]):
            self._put_block(f"blocks_{place}", block)
        lesson["blocks"] = [
            block
            for place, block in enumerate(lesson["blocks"])
            if not self.cleaned_data.get(f"blocks_{place}_remove")
        ]
        if kind := self.cleaned_data.get("add"):
            lesson["blocks"].append(new_block(kind, self.content["language"]))

    def _put_block(self, name: str, block: Content) -> None:
        for part in ("text", "title", "post"):
            if part in block:
                block[part] = self.words(f"{name}_{part}", block[part])
        if "url" in block:
            block["url"] = self.cleaned_data.get(f"{name}_url", "").strip()
        for number, choice in enumerate(block.get("choices", [])):
            each = f"{name}_choices_{number}"
            choice["text"] = self.words(f"{each}_text", choice["text"])
            choice["feedback"] = self.words(f"{each}_feedback", choice["feedback"])
            choice["right"] = bool(self.cleaned_data.get(f"{each}_right"))


def new_block(kind: str, language: str) -> Content:
    """A part to begin with, in words that ask to be replaced."""
    words = {language: _("Write here.")}
    if kind == "text":
        return {"kind": kind, "text": words}
    if kind == "video":
        return {"kind": kind, "url": "https://example.org/", "title": words}
    answers = ((_("Yes"), True), (_("No"), False))
    return {
        "kind": "exercise",
        "post": words,
        "choices": [
            {"text": {language: text}, "right": right, "feedback": words} for text, right in answers
        ],
    }


def new_lesson(content: Content) -> str:
    """Put a lesson behind the others; returns its slug."""
    taken, number = {lesson["slug"] for lesson in content["lessons"]}, len(content["lessons"]) + 1
    while (slug := f"les-{number}") in taken:
        number += 1
    language = content["language"]
    title = {language: _("Lesson %(number)s") % {"number": number}}
    block = new_block("text", language)
    content["lessons"].append({"slug": slug, "title": title, "minutes": 3, "blocks": [block]})
    return slug


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
                *((each["slug"], _first(each["title"])) for each in content["lessons"]),
            ],
        )
        self.add_words("why", _("Why, for who has passed"), known.get("why") or {}, long=True)

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
        base = slugify(_first(text))[:40].strip("-") or "vraag"
        return next(
            each for n in range(1, 999) if (each := base if n == 1 else f"{base}-{n}") not in taken
        )


def _first(words: Mapping[str, str]) -> str:
    return words.get("nl") or next(iter(words.values()), "")


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
            label=_("Ask for a refresher when the policy changes"),
            required=False,
            initial=content["teaches_policy"],
        )

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


class RuleForm(forms.Form):
    """Who is enrolled by themselves. What is left empty is not asked."""

    department = forms.ModelChoiceField(
        Department.objects.order_by("name"),
        label=gettext_lazy("Department"),
        required=False,
        empty_label=gettext_lazy("Everybody"),
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        required=False,
        choices=[("", gettext_lazy("Any")), *RoleName.choices],
    )
    joined_since = forms.DateField(
        label=gettext_lazy("Joined since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("Choose today for new people only, from their first day."),
    )
    due_days = forms.IntegerField(
        label=gettext_lazy("Days to do it in"), min_value=1, max_value=365, initial=30
    )


class ReasonForm(forms.Form):
    """Why a question, or a certificate, is taken back. Who it touches reads it."""

    reason = Typed(_REASON, label=gettext_lazy("Reason"), max_length=300)


class FileForm(forms.Form):
    """A file to read in; its kind is told by its name."""

    file = forms.FileField(label=gettext_lazy("File"))
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the questions"), choices=list(LANGUAGES.items())
    )


class CourseFileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("Course as a YAML file"),
        widget=forms.FileInput(attrs={"accept": ".yaml,.yml"}),
    )
