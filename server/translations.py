"""Translations with Babel alone, so that no machine needs GNU gettext.

The code's own texts are English and need no catalogue; `locale/nl/LC_MESSAGES/django.po` holds the
Dutch. It is sorted and has no dates and no line numbers, so that a diff shows what changed.
"""

import io
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

SOURCES = ("server", "notifications", "requests", "ambassadors")
TEMPLATE_ENDINGS = {".html", ".txt", ".xml", ".svg"}
_WITH_CONTEXT: tuple[Any, ...] = ((1, "c"), 2)
_KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": _WITH_CONTEXT,
    "pgettext_lazy": _WITH_CONTEXT,
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sdif]|(?<!%)%(?:%%)*([sd])|\{(\w*)\}")
_HEADER = r"""msgid ""
msgstr ""
"Language: nl\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

"""


def po_path() -> Path:
    return Path(settings.LOCALE_PATHS[0]) / "nl" / "LC_MESSAGES" / "django.po"


def in_code(root: Path) -> Catalog:
    """Every text that the code under `root` marks for translation, with the files it is in."""
    found = Catalog(locale="nl", fuzzy=False)
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            name = path.relative_to(root).as_posix()
            for _line, function, texts, notes in _texts(path):
                _add(found, name, function, texts, notes)
    return found


def _texts(path: Path) -> Iterator[Any]:
    if path.suffix == ".py":
        code = path.read_text(encoding="utf-8")
    elif path.suffix in TEMPLATE_ENDINGS and "templates" in path.parts:
        # Django's own rewriting of a template to Python calls; what is no call became X's, and
        # only its indentation would be an error to Python's tokenizer.
        rewritten = templatize(path.read_text(encoding="utf-8"), origin=str(path))
        code = "\n".join(line.strip() for line in rewritten.splitlines())
    else:
        return
    yield from extract_python(
        io.BytesIO(code.encode()), _KEYWORDS, ["Translators:"], {"encoding": "utf-8"}
    )


def _add(found: Catalog, name: str, function: str, texts: Any, notes: list[str]) -> None:
    """Put one call in the catalogue; calls with anything but plain texts are not for us."""
    given = list(texts) if isinstance(texts, list | tuple) else [texts]
    context = given.pop(0) if "pgettext" in function else None
    wanted = given[: 2 if "ngettext" in function or "npgettext" in function else 1]
    if not wanted or not all(isinstance(text, str) and text for text in wanted):
        return
    key: Any = tuple(wanted) if len(wanted) == 2 else wanted[0]
    found.add(key, locations=[(name, 0)], auto_comments=notes, context=context)


def read(path: Path) -> Catalog:
    if not path.exists():
        return Catalog(locale="nl", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale="nl")


def extract(root: Path, path: Path) -> tuple[int, list[str]]:
    """Bring the catalogue at `path` up to date, keeping the Dutch that is there.

    A text that was changed a little keeps its Dutch, marked fuzzy. Returns how many texts there
    are now, and the ids of those that the code no longer has and that were taken out.
    """
    catalog = read(path)
    catalog.update(in_code(root), update_creation_date=False, keep_user_comments=True)
    gone = [_name(message) for message in catalog.obsolete.values()]
    buffer = io.BytesIO()
    write_po(
        buffer,
        catalog,
        width=100,
        sort_output=True,
        omit_header=True,
        ignore_obsolete=True,
        include_lineno=False,
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_HEADER + buffer.getvalue().decode().strip() + "\n", encoding="utf-8")
    return len(catalog), gone


def compile_to_mo(path: Path) -> bool:
    """Write the .mo beside a .po, whole or not at all; False where it was already newer."""
    target = path.with_suffix(".mo")
    if target.exists() and target.stat().st_mtime > path.stat().st_mtime:
        return False
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        write_mo(file, read(path))
    os.replace(file.name, target)
    target.chmod(0o644)
    return True


def faults(root: Path, path: Path) -> list[str]:
    """What keeps the Dutch from being complete and right, one line for each fault."""
    wanted = {_key(message): message for message in in_code(root) if message.id}
    there = {_key(message): message for message in read(path) if message.id}
    lines = [f"obsolete: {_name(there[key])}" for key in there.keys() - wanted.keys()]
    for key, message in wanted.items():
        translated = there.get(key)
        texts = _strings(translated) if translated else []
        if translated is None or not texts or not all(texts):
            lines.append(f"missing: {_name(message)}")
        elif translated.fuzzy:
            lines.append(f"fuzzy: {_name(message)}")
        elif not _placeholders_agree(message, texts):
            lines.append(f"placeholders differ: {_name(message)}")
    return sorted(lines)


def _placeholders_agree(message: Message, texts: list[str]) -> bool:
    """Each Dutch text uses what its English has; a singular may leave the number out."""
    english = [message.id] if isinstance(message.id, str) else list(message.id)
    allowed = [_placeholders(text) for text in english]
    return all(
        _placeholders(text) in allowed if len(texts) > 1 else _placeholders(text) == allowed[0]
        for text in texts
    )


def _placeholders(text: str) -> set[str]:
    return {"".join(found) for found in _PLACEHOLDER.findall(text)}


def _key(message: Message) -> tuple[str, str]:
    """As gettext tells texts apart: by their context and their singular."""
    first = message.id if isinstance(message.id, str) else message.id[0]
    return message.context or "", first


def _strings(message: Message) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def _name(message: Message) -> str:
    files = ", ".join(sorted({name for name, _line in message.locations}))
    context, first = _key(message)
    shown = f"{context} | {first}" if context else first
    return f"{shown!r}" + (f" ({files})" if files else "")
