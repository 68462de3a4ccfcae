"""What the back office writes in the audit trail, and how administrators read it there.

An event keeps what was changed under the names of the fields: `{"changed": {"name": [was, is],
"members 3: role": [was, is]}}`. Rows of a page are called by their number, so beside it stands what
they were (`"rows": {"members 3": {"user": id}}`) and what the page's own row was called (`"name"`):
by the time somebody reads it, it may be gone. Of people there are ids alone, and no values; their
names are looked up when it is read.
"""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from server.accounts.models import AuditEvent, User
from server.accounts.models.audit import Change

Changed = dict[str, list[str | None]]


def called(row: models.Model) -> str:
    """What people call a row of the configuration; a person's is their id, for the logs."""
    return str(getattr(row, "name_nl", "") or row)


def known_as(row: models.Model) -> uuid.UUID:
    """The audit trail knows rows by a UUID; of a row with a number that is the number."""
    return row.pk if isinstance(row.pk, uuid.UUID) else uuid.UUID(int=row.pk)


# --- Writing ---


def changes(form: Any, formsets: Iterable[Any]) -> tuple[Changed, dict[str, dict[str, str]]]:
    """What a page changed, {field: [what it was, what it is]}, and what its rows were."""
    changed = {name: _was_and_is(form, name) for name in form.changed_data}
    rows: dict[str, dict[str, str]] = {}
    for formset in formsets:
        known_by = getattr(formset, "known_by", ())
        for row in formset.forms:
            gone = row in formset.deleted_forms
            if gone and row.instance.pk is None and row.initial:
                number = row.fields[formset._pk_field.name].initial
                changed[f"{formset.prefix} {number}"] = ["+", None]
            elif row.has_changed() and not gone:
                number = row.instance.pk
                for field in row.changed_data:
                    changed[f"{formset.prefix} {number}: {field}"] = _was_and_is(row, field)
            else:
                continue
            rows[f"{formset.prefix} {number}"] = {
                name: told
                for name in known_by
                if (told := _told(getattr(row.instance, name))) is not None
            }
    return changed, rows


def _was_and_is(form: Any, name: str) -> list[str | None]:
    was = form[name].initial if form.initial else None
    choices = getattr(form.fields[name], "queryset", None)
    if choices is not None and was not in (None, "", []):
        one = isinstance(was, str | int | uuid.UUID)
        keys = [was] if one else [getattr(row, "pk", row) for row in was]
        was = list(choices.model._base_manager.filter(pk__in=keys))
    return [_told(was), _told(form.cleaned_data.get(name))]


def _told(value: Any) -> str | None:
    """A value as a short text that says the same before and after: what rows are called."""
    if value is None or value == "":
        return None
    if isinstance(value, models.Model):
        return called(value)
    if isinstance(value, list | tuple | set | models.QuerySet):
        return ", ".join(sorted(str(_told(item)) for item in value)) or None
    return str(value)[:200]


# --- Reading ---


class _Fields:
    """The fields of a page, or of its rows, by the words that stand at them there."""

    def __init__(self, owner: Any, model: type[models.Model]) -> None:
        self.owner, self.model = owner, model

    def field(self, name: str) -> Any:
        try:
            return self.model._meta.get_field(name)
        except FieldDoesNotExist:
            return None

    def label(self, name: str) -> str:
        asked = self.owner.form.base_fields.get(name) or self.owner.form.declared_fields.get(name)
        declared = self.owner.labels.get(name) or (asked and asked.label)
        return str(capfirst(declared or getattr(self.field(name), "verbose_name", name)))

    def related(self, name: str) -> type[models.Model] | None:
        return getattr(self.field(name), "related_model", None)

    def words(self, name: str, told: str | None, names: "_Names") -> str | None:
        """A value in the reader's words."""
        if told is None:
            return None
        if model := self.related(name):
            return ", ".join(names.of(model, one) for one in told.split(", "))
        field = self.field(name)
        if isinstance(field, models.BooleanField):
            return {"True": _("Yes"), "False": _("No")}.get(told, told)
        if isinstance(field, models.TimeField):  # midnight is the end of a day
            return "00:00" if told.startswith("23:59:59") else told[:5]
        return str(self._choices(name).get(told, told))

    def _choices(self, name: str) -> dict[str, Any]:
        declared = self.owner.form.declared_fields.get(name)
        found: Iterable[Any] = getattr(declared, "choices", None) or ()
        found = found or getattr(self.field(name), "flatchoices", ())
        return {str(value): label for value, label in found} | dict(self.owner.values.get(name, {}))


class _Rows(_Fields):
    """The fields of one kind of rows on a page."""

    def __init__(self, rows: Any, page: type[models.Model]) -> None:
        super().__init__(rows, rows.model)
        (link,) = (
            field
            for field in rows.model._meta.fields
            if field.related_model is page and (rows.fk_name or field.name) == field.name
        )
        self.prefix = link.remote_field.get_accessor_name()

    def title(self, known: "dict[str, str] | None", names: "_Names") -> str:
        # PostgreSQL's JSON gives its keys in an order of its own.
        known, order = known or {}, self.owner.known_by
        in_order = [*filter(known.get, order), *(name for name in known if name not in order)]
        words = [self.words(name, known[name], names) for name in in_order]
        return " ".join(filter(None, [str(capfirst(self.owner.verbose_name)), *words]))


class _Names:
    """What rows are called now, by what an event knows them by; a query per kind of row."""

    def __init__(self) -> None:
        self._wanted: dict[type[models.Model], set[str]] = defaultdict(set)
        self._found: dict[type[models.Model], dict[str, models.Model]] = {}

    def want(self, model: type[models.Model], told: str) -> None:
        for one in told.split(", "):
            if _is_key(model, one):
                self._wanted[model].add(one)

    def row(self, model: type[models.Model], key: str) -> models.Model | None:
        if model not in self._found:
            rows = model._base_manager.filter(pk__in=self._wanted.pop(model, set()))
            self._found[model] = {str(row.pk): row for row in rows}
        return self._found[model].get(key)

    def of(self, model: type[models.Model], key: str) -> str:
        row = self.row(model, key)
        if row is None:
            return key
        return row.name if isinstance(row, User) else called(row)


def _is_key(model: type[models.Model], text: str) -> bool:
    if not isinstance(model._meta.pk, models.UUIDField):
        return text.isdecimal() and int(text) < 2**63
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Said:
    """One line of an event: of the page itself or of one of its rows, and which field of it."""

    fields: _Fields
    key: str
    number: str
    name: str
    values: Sequence[str | None]
    known: dict[str, str] | None


class Reader:
    """Reads what was changed on one page of the back office."""

    def __init__(self, page: Any, inlines: Collection[Any]) -> None:
        self._page, self._inlines = page, inlines

    @cached_property
    def _own(self) -> _Fields:
        return _Fields(self._page, self._page.model)

    @cached_property
    def _rows(self) -> dict[str, _Rows]:
        found = [_Rows(inline, self._page.model) for inline in self._inlines]
        return {rows.prefix: rows for rows in found}

    def __call__(self, events: Iterable[AuditEvent]) -> list[list[Change]]:
        """Per event what was changed, in the reader's words; a query per kind of row."""
        said = [
            [self._parse(event, *line) for line in event.detail.get("changed", {}).items()]
            for event in events
        ]
        names, now = _Names(), _Names()
        every = [line for lines in said for line in lines]
        for line in every:
            if line.known is None and line.number:
                now.want(line.fields.model, line.number)
        known = {id(line): self._known(line, now) for line in every}
        for line in every:
            told = [(line.name, value) for value in line.values] + list(known[id(line)].items())
            for name, value in told:
                if value and (model := line.fields.related(name)):
                    names.want(model, value)
        return [[self._in_words(line, known[id(line)], names) for line in lines] for lines in said]

    def _parse(self, event: AuditEvent, key: str, values: Sequence[str | None]) -> _Said:
        of, _colon, name = key.partition(": ")
        prefix, _space, number = of.partition(" ")
        rows = self._rows.get(prefix)
        if rows is None:
            return _Said(self._own, key, "", key, values, {})
        kept = event.detail.get("rows")
        return _Said(rows, key, number, name, values, kept.get(of, {}) if kept else None)

    @staticmethod
    def _known(line: _Said, now: _Names) -> dict[str, str]:
        """What a row was; of an event from before that was kept, what it is now."""
        if line.known is not None:
            return line.known
        row = now.row(line.fields.model, line.number)
        known_by = line.fields.owner.known_by if row is not None else ()
        return {name: told for name in known_by if (told := _told(getattr(row, name))) is not None}

    @staticmethod
    def _in_words(line: _Said, known: dict[str, str], names: _Names) -> Change:
        fields, label = line.fields, ""
        if isinstance(fields, _Rows):
            label = fields.title(known, names)
            if line.known is None:
                label = fields.title({}, names) + f" {line.number}".rstrip()
                if known:
                    title = fields.title(known, names).partition(" ")[2]
                    label += " " + _("(now %(name)s)") % {"name": title}
            if list(line.values) == ["+", None]:
                # Of before what a row was is in the name of the line.
                return Change(" ".join(filter(None, [label, line.name])), how="gone")
            label += ": "
        label += fields.label(line.name)
        if len(line.values) != 2:
            return Change(label, how="changed")
        was, now = (fields.words(line.name, value, names) for value in line.values)
        return Change(label, was, now)


def told_rows(page: Any, obj: models.Model) -> tuple[list[str], dict[str, int]]:
    """The rows on the page of this object, in words, and how many there are of each kind."""
    told: list[str] = []
    numbers: dict[str, int] = {}
    for inline in page.inlines:
        kind, names = _Rows(inline, page.model), _Names()
        rows = list(getattr(obj, kind.prefix).all())
        known = [
            {name: value for name in inline.known_by if (value := _told(getattr(row, name)))}
            for row in rows
        ]
        for name, value in (item for row in known for item in row.items()):
            if model := kind.related(name):
                names.want(model, value)
        told += [kind.title(row, names) for row in known]
        numbers |= {str(inline.verbose_name_plural): len(rows)} if rows else {}
    return told, numbers
