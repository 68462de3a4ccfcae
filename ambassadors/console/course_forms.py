"""Writing a course: a lesson and a question as forms, each error at its field.

A form shows Dutch and English; words in other languages, which came from a file, stay as they are.
"""

import copy
import re
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from pydantic import TypeAdapter

from ambassadors.importing import FileRefused
from ambassadors.importing.course_file import checked
from server import uploads
from server.fields import Reason
from server.uploads import Upload

_REASON = TypeAdapter(Reason)
LANGUAGES = {"nl": gettext_lazy("Dutch"), "en": gettext_lazy("English")}
CHOICES_SHOWN = 6
BLOCKS = {
    "image": gettext_lazy("Picture"),
    "text": gettext_lazy("Text"),
    "exercise": gettext_lazy("May I post this?"),
    "video": gettext_lazy("Video"),
}

# What is begun with words; a picture begins with a file.
WRITTEN = ("text", "exercise", "video")

Content = dict[str, Any]


class DocumentForm(forms.Form):
    """A part of a course's document. `place` is its path there, `known` what stands there now."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, content: Content, known: Content, place: str, *args: Any) -> None:
        super().__init__(*args)
        self.content, self.known, self.place = copy.deepcopy(content), known, place
        self.written: Content = {}
        # Pictures that are put up with it, by the ids under which the document shows them.
        self.images: dict[str, Upload] = {}

    def add_words(self, name: str, label: Any, known: Mapping[str, str], *, long: bool) -> None:
        for language, called in LANGUAGES.items():
            written = known.get(language, "")
            widget = forms.Textarea(attrs={"rows": room(written)}) if long else forms.TextInput()
            widget.attrs["lang"] = language
            self.fields[f"{name}_{language}"] = forms.CharField(
                label=f"{label}, {called}",
                required=False,
                widget=widget,
                initial=written,
            )
            # The course's own language has to be there; the label does not call it optional.
            own = self.content.get("language") == language
            self.fields[f"{name}_{language}"].widget.is_required = own

    def words(self, name: str, known: Mapping[str, str]) -> dict[str, str]:
        """What was written in the form, and what is there in other languages."""
        others = {key: text for key, text in known.items() if key not in LANGUAGES}
        given = {
            language: str(self.cleaned_data.get(f"{name}_{language}", "")).replace("\r\n", "\n")
            for language in LANGUAGES
        }
        return {**{key: text for key, text in given.items() if text.strip()}, **others}

    def put(self) -> None:
        """Put what was written in the document, at its place: each form below has its own, and this
        one is no form by itself.
        """
        raise NotImplementedError

    def clean(self) -> Content:
        self.put()
        try:
            self.written = checked(self.content).model_dump()
        except FileRefused as refused:
            for error in refused.errors:
                self.add_error(self._field_of(error.field), error.message)
        return self.cleaned_data

    def rows(self, names: Iterable[str]) -> list[dict[str, Any]]:
        """These fields as they stand beside each other: two languages, with whether a choice is
        right behind them; numbers after one another.
        """
        made: list[dict[str, Any]] = []
        for name in names:
            field = self[name]
            if name.endswith("_en") and made and made[-1]["fields"][-1].name == f"{name[:-3]}_nl":
                made[-1]["fields"].append(field)
            elif name.endswith("_right") and made:
                made[-1]["right"] = field
            elif made and field.widget_type == made[-1]["fields"][-1].widget_type == "number":
                made[-1]["fields"].append(field)
            else:
                made.append({"fields": [field], "kind": field.widget_type})
        return made

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
            choices=[("", _("Nothing")), *((kind, str(BLOCKS[kind])) for kind in WRITTEN)],
        )
        self.fields["picture"] = forms.FileField(
            label=_("Picture"),
            required=False,
            widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp,image/heic"}),
        )
        self.add_words("picture_alt", _("What can be seen"), {}, long=False)

    def _add_block(self, place: int, block: Content) -> None:
        name = f"blocks_{place}"
        match block["kind"]:
            case "text":
                self.add_words(f"{name}_text", _("Text"), block["text"], long=True)
            case "image":
                self.add_words(f"{name}_alt", _("What can be seen"), block["alt"], long=False)
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

    def name_of(self, path: str) -> str:
        """What is wrong with a picture's words while it is put up is told at their field."""
        name = super().name_of(path)
        new = re.match(r"blocks_\d+_alt(.*)", name)
        own = f"{name}_{self.content['language']}"
        return f"picture_alt{new[1]}" if new and not {name, own} & set(self.fields) else name

    @property
    def head(self) -> list[dict[str, Any]]:
        return self.rows(("title_nl", "title_en", "minutes"))

    @property
    def picture_rows(self) -> list[dict[str, Any]]:
        return self.rows(("picture", "picture_alt_nl", "picture_alt_en"))

    @property
    def parts(self) -> list[dict[str, Any]]:
        """Each part with rows of its fields, to be shown under its own heading."""
        return [
            {
                "kind": BLOCKS[block["kind"]],
                "image": block.get("image"),
                "alt": first_of(block.get("alt", {})),
                "rows": self.rows(
                    name for name in self.fields if re.match(rf"blocks_{place}_", name)
                ),
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
        if file := self.cleaned_data.get("picture"):
            self._put_picture(lesson, file)

    def _put_picture(self, lesson: Content, file: Any) -> None:
        """Behind the other parts; refused without words for who can't see it."""
        alt = self.words("picture_alt", {})
        if self.content["language"] not in alt:
            own = f"picture_alt_{self.content['language']}"
            needed = _("Say what can be seen, for who can't see the picture.")
            self.add_error(own if own in self.fields else None, needed)
        try:
            upload = uploads.clean(file.name or "", file, file.size, photos_only=True)
        except uploads.FileRefused as refused:
            self.add_error("picture", refused.explained)
        if not self.errors:
            id_ = str(uuid.uuid4())
            self.images[id_] = upload
            lesson["blocks"].append({"kind": "image", "image": id_, "alt": alt})

    def _put_block(self, name: str, block: Content) -> None:
        for part in ("text", "title", "post", "alt"):
            if part in block:
                block[part] = self.words(f"{name}_{part}", block[part])
        if "url" in block:
            block["url"] = self.cleaned_data.get(f"{name}_url", "").strip()
        for number, choice in enumerate(block.get("choices", [])):
            each = f"{name}_choices_{number}"
            choice["text"] = self.words(f"{each}_text", choice["text"])
            choice["feedback"] = self.words(f"{each}_feedback", choice["feedback"])
            choice["right"] = bool(self.cleaned_data.get(f"{each}_right"))


def room(text: str) -> int:
    """How many lines a box needs to show a text, as long as they are beside the other language."""
    return min(24, max(3, sum(1 + len(line) // 60 for line in text.splitlines())))


def first_of(words: Mapping[str, str]) -> str:
    return words.get("nl") or next(iter(words.values()), "")


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
