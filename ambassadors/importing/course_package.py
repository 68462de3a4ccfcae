"""A course with its pictures as one file: a zip with `course.yaml` and `images/<id>.<kind>`.

A course without pictures is the YAML file alone; both are read.
"""

import io
import zipfile
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from ambassadors.course_document import CourseDocument
from ambassadors.importing import course_file
from ambassadors.importing.refusals import DAMAGED, LARGEST, FileRefused, check_package
from ambassadors.models import CourseImage, CourseVersion
from server import uploads
from server.uploads import Upload

COURSE, IMAGES = "course.yaml", "images"
MOST_FILES = 500
# The same course makes the same file, whenever it is written.
_WHEN = (2020, 1, 1, 0, 0, 0)


class Package(NamedTuple):
    """A course as it was in a file, and the pictures that came with it by their ids."""

    document: CourseDocument
    images: dict[str, Upload]


def read(content: bytes) -> Package:
    """Raises FileRefused with every error that the file has, and uses nothing of it then."""
    if not content.startswith(b"PK"):
        return Package(course_file.read(content), {})
    check_package(content)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as zipped:
            names = zipped.namelist()
            if len(names) > MOST_FILES:
                raise FileRefused.because(_("This file holds too many files."))
            if COURSE not in names:
                raise FileRefused.because(_("There is no course.yaml in this file."))
            document = course_file.read(_unpacked(zipped, COURSE, LARGEST))
            return Package(document, _images(zipped, names, set(document.images)))
    except DAMAGED as error:
        raise FileRefused.because(_("This zip file cannot be opened.")) from error


def _images(zipped: zipfile.ZipFile, names: Iterable[str], wanted: set[str]) -> dict[str, Upload]:
    """The pictures that the course shows, made anew; others in the file are not looked at."""
    found: dict[str, Upload] = {}
    for name in names:
        path = PurePosixPath(name)
        if path.parent.as_posix() != IMAGES or path.stem not in wanted or path.stem in found:
            continue
        content = _unpacked(zipped, name, settings.UPLOAD_MAX_BYTES)
        try:
            found[path.stem] = uploads.clean(path.name, io.BytesIO(content), None, photos_only=True)
        except uploads.FileRefused as refused:
            raise FileRefused.because(f"{name}: {refused.explained}") from refused
    return found


def _unpacked(zipped: zipfile.ZipFile, name: str, most: int) -> bytes:
    """One file in memory; what it really holds counts, not what it says that it holds."""
    with zipped.open(name) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise FileRefused.because(_("%(name)s is too large.") % {"name": name})
    return content


def write(version: CourseVersion) -> tuple[bytes, str]:
    """A version as a file that `read` reads back, and how its name ends: .yaml, or .zip where it
    has pictures.
    """
    text = course_file.write(version.document).encode()
    shown = CourseImage.objects.filter(course=version.course_id, pk__in=version.document.images)
    images = list(shown)
    if not images:
        return text, ".yaml"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as zipped:
        zipped.writestr(zipfile.ZipInfo(COURSE, _WHEN), text, zipfile.ZIP_DEFLATED)
        for image in images:
            name = f"{IMAGES}/{image.pk}{PurePosixPath(image.path).suffix}"
            with image.open() as file:
                # Pictures are packed already.
                zipped.writestr(zipfile.ZipInfo(name, _WHEN), file.read(), zipfile.ZIP_STORED)
    return buffer.getvalue(), ".zip"
