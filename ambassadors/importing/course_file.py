"""A course as a YAML file: read with a line for every error, and written as people would.

Yes, no, on and dates are the texts that they are to whoever writes a course; an alias, with which a
short file can stand for an endless one, is refused, and so is a tag, with which a long value is a
number that takes minutes to work out.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml
from django.utils.translation import gettext as _
from pydantic import ValidationError

from ambassadors.course_document import CourseDocument
from ambassadors.importing.refusals import FileError, FileRefused, as_text
from server.fields import explain

Path = tuple[str | int, ...]
# Deeper than a course is; what nests without end would use up the stack.
DEEPEST = 20


class _Loader(yaml.SafeLoader):
    """Safe, and plain: texts, whole numbers, true, false and null."""

    yaml_implicit_resolvers: dict[str, Any] = {}
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise FileRefused.because(
                _("An alias (*name) is not possible here. Write it out."), self._line()
            )
        if getattr(self.peek_event(), "tag", None) is not None:  # type: ignore[no-untyped-call]
            raise FileRefused.because(
                _("A tag (!name) is not possible here. Leave it out."), self._line()
            )
        self.depth += 1
        if self.depth > DEEPEST:
            raise FileRefused.because(_("This is nested too deeply."), self._line())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def _line(self) -> int:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call] # PyYAML's own
        return int(event.start_mark.line) + 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise FileRefused.because(
                    _("A name has to be one word here."), key.start_mark.line + 1
                )
            if key.value in seen:
                raise FileRefused.because(
                    _("%(name)s is there twice.") % {"name": key.value},
                    key.start_mark.line + 1,
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep=deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(?:true|false)$"), ["t", "f"])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:int", re.compile("^(?:0|-?[1-9][0-9]{0,8})$"), list("-0123456789")
)
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile("^(?:null|~|)$"), ["n", "~", ""])


def read(content: bytes) -> CourseDocument:
    """The course in a file; raises FileRefused with every error that it has."""
    text = as_text(content)
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        facts = loader.construct_document(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        message = _("This is not YAML: %(problem)s.") % {"problem": error.problem}
        raise FileRefused.because(message, mark.line + 1 if mark else None) from error
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:
        # Characters that YAML does not know, written out or by a number that is none of theirs.
        raise FileRefused.because(_("This file is not YAML that we can read.")) from error
    if not isinstance(facts, dict):
        raise FileRefused.because(_("This is not a course: it has to begin with its fields."))
    return checked(facts, _lines(node))


def checked(facts: Mapping[str, Any], lines: Mapping[Path, int] | None = None) -> CourseDocument:
    """The facts as a course; raises FileRefused with a field, and where known a line, for each."""
    try:
        return CourseDocument.model_validate(facts)
    except ValidationError as error:
        raise FileRefused(
            [_file_error(dict(each), lines or {}) for each in error.errors()]
        ) from error


def told(error: ValidationError) -> str:
    """The first thing that is wrong with a course which questions were put into."""
    first = error.errors()[0]
    if first["type"] == "too_long" and first["loc"] == ("quiz", "questions"):
        facts = {"most": first["ctx"]["max_length"], "there": first["ctx"]["actual_length"]}
        return _("A quiz holds %(most)s questions; with these it would have %(there)s.") % facts
    return str(_file_error(dict(first), {}))


def _file_error(error: dict[str, Any], lines: Mapping[Path, int]) -> FileError:
    facts = error.get("ctx", {})
    extra = facts.get("field") if error["type"] == "explained" else ""
    path = _as_in_file(error["loc"]) + tuple(
        int(part) if part.isdigit() else part for part in (extra or "").split(".") if part
    )
    near = path
    while near and near not in lines:
        near = near[:-1]
    field = ".".join(map(str, path))
    return FileError(lines.get(near), field, explain(error["type"], facts))


def _as_in_file(loc: tuple[str | int, ...]) -> Path:
    """Without the kind of a block, which pydantic puts behind its place, and `[key]`."""
    return tuple(
        part
        for place, part in enumerate(loc)
        if part != "[key]" and not (place >= 2 and loc[place - 2] == "blocks")
    )


def _lines(node: Any, path: Path = ()) -> dict[Path, int]:
    """The line, counted from 1, of everything in a file by its path."""
    found = {path: int(node.start_mark.line) + 1}
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            found |= _lines(value, (*path, str(key.value)))
            found[*path, str(key.value)] = int(key.start_mark.line) + 1
    elif isinstance(node, yaml.SequenceNode):
        for place, value in enumerate(node.value):
            found |= _lines(value, (*path, place))
    return found


class _Dumper(yaml.SafeDumper):
    """Lines as lines, and lists under what they are of."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def write(document: CourseDocument) -> str:
    """The course as a file that `read` reads back as the same course."""
    return yaml.dump(
        document.model_dump(exclude_none=False),
        Dumper=_Dumper,
        allow_unicode=True,
        sort_keys=False,
        width=100,
    )
