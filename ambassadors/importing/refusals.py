"""What is wrong with a file, by line where there are lines."""

import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

# A course with all its words is a tenth of this.
LARGEST = 1024 * 1024
# What zipfile raises for a zip that is not whole: a way of packing, or a password, that it does not
# know, places before the beginning, names that are no text (ValueError), and whatever the unpackers
# raise that it hands the content to (OSError is bzip2's).
DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    EOFError,
)


@dataclass(frozen=True, slots=True)
class FileError:
    """`field` is a path such as `lessons.0.title`; empty where it is about the whole line."""

    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        where = [_("line %(line)s") % {"line": self.line}] if self.line else []
        where += [self.field] if self.field else []
        return ", ".join(where) + (": " if where else "") + self.message


class FileRefused(Exception):
    """Nothing of the file was used."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        self.errors = errors
        super().__init__("; ".join(map(str, errors)))

    @classmethod
    def because(cls, message: str, line: int | None = None) -> "FileRefused":
        return cls([FileError(line, "", message)])


def check_size(content: bytes, most: int = LARGEST) -> None:
    """`most` in bytes. Raises FileRefused."""
    if len(content) > most:
        raise FileRefused.because(
            _("This file is larger than %(most)s MB.") % {"most": most // 1024 // 1024}
        )


def check_package(content: bytes) -> None:
    """For a zip, as far as a request can carry one; what it unpacks to is the reader's to limit."""
    check_size(content, settings.PACKAGE_MAX_BYTES)


def as_text(content: bytes) -> str:
    """UTF-8, with or without a mark at the beginning."""
    check_size(content)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise FileRefused.because(_("This is not UTF-8. Save the file as UTF-8."), line) from error
