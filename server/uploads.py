"""What strangers send us as a photo or a document, made safe to keep and to show.

A file is what its first bytes say, never what its name or Content-Type says. A photo is decoded
and painted into a new image, so that nothing but pixels is left of it: no place, camera, comment
or hidden second file. Its colour profile goes too, without conversion: the slightly paler photo
is worth not handing a stranger's profile to one more parser. A PDF is kept as it is.
"""

import hashlib
import re
import threading
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from io import BytesIO
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from PIL import ExifTags, Image
from pillow_heif import register_heif_opener

from server.problems import Problem


class FileRefused(Problem):
    """Facts: `reason`, one of `empty`, `too-large`, `type`, `photo`, `pixels` and `damaged`."""

    slug = "file-refused"
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = gettext_lazy("This file cannot be used")
    detail = gettext_lazy(
        "We take photos (JPEG, PNG, WebP, HEIC) and PDF files that are not too large."
    )
    what_to_do = gettext_lazy("Take a new photo, or save the document as PDF, and send that.")

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.facts["errors"] = [{"field": "file", "message": self.explained}]

    @property
    def explained(self) -> str:
        most = settings.UPLOAD_MAX_BYTES // (1024 * 1024)
        return str(_FILE_REASONS[self.facts["reason"]]) % {"most": most}


_FILE_REASONS = {
    "empty": gettext_lazy("The file is empty."),
    "too-large": gettext_lazy(
        "The file is too large. Photos and PDF files up to %(most)s MB are fine."
    ),
    "type": gettext_lazy(
        "This kind of file is not accepted. Send a photo (JPEG, PNG, WebP, HEIC) or a PDF."
    ),
    "photo": gettext_lazy("This is not a photo. Send a JPEG, PNG, WebP or HEIC file."),
    "pixels": gettext_lazy("The photo has too many pixels. Up to 24 megapixels is fine."),
    "damaged": gettext_lazy("The file is damaged or is not what its name says."),
}

# 24 megapixels as cameras count them: the usual phone photo "of 24 MP" has 5712 x 4284 pixels.
MAX_PIXELS: Final = 24_500_000
# The longest side that a JPEG can have, because any photo may end as one.
MAX_SIDE: Final = 65_500
MAX_NAME: Final = 100

# One photo of the largest size takes up to 400 MB for a second or two.
_DECODING = threading.BoundedSemaphore(2)

_CHUNK = 64 * 1024

# One thread: two photos at once are enough for the processors that we count on.
register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


class Readable(Protocol):
    """An open file, as Django's uploads and the standard library's binary files are."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that can be kept. `sha256` (hex) is of what was sent, `content` what is kept.

    `extension` begins with a dot and fits the content; `name` ends in it and is for readers only,
    never for a path.
    """

    content: bytes
    content_type: str
    extension: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class _Kind:
    content_type: str
    extension: str
    save: dict[str, Any]


_KINDS: Final = {
    "JPEG": _Kind("image/jpeg", ".jpg", {"quality": 85}),
    "PNG": _Kind("image/png", ".png", {}),
    "WEBP": _Kind("image/webp", ".webp", {"quality": 85, "method": 2}),
    "PDF": _Kind("application/pdf", ".pdf", {}),
}


def clean(name: str, stream: Readable, size: int | None, *, photos_only: bool = False) -> Upload:
    """Read a file that someone sent; `size` is what they say it measures, in bytes.

    Raises `FileRefused`. Reads at most one byte more than `UPLOAD_MAX_BYTES`.
    """
    sent = _read(stream, size)
    kind = _recognise(sent)
    if kind == "PDF" and photos_only:
        raise FileRefused("photo")
    if kind == "PDF":
        _check_pdf(sent)
        content = sent
    else:
        with _DECODING:
            kind, content = _remake(kind, sent)
    made = _KINDS[kind]
    return Upload(
        content=content,
        content_type=made.content_type,
        extension=made.extension,
        name=_readable(name, made.extension),
        sha256=hashlib.sha256(sent).hexdigest(),
    )


def _read(stream: Readable, size: int | None) -> bytes:
    most = settings.UPLOAD_MAX_BYTES
    if size is not None and size > most:
        raise FileRefused("too-large")
    content = bytearray()
    while chunk := stream.read(min(_CHUNK, most + 1 - len(content))):
        content += chunk
        if len(content) > most:
            raise FileRefused("too-large")
    if not content:
        raise FileRefused("empty")
    return bytes(content)


# The brands of HEVC-coded photos. Films share the container and have other brands.
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", b"msf1")


def _recognise(content: bytes) -> str:
    """The kind of file by its signature at the very beginning."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:8] == b"ftyp" and content[8:12] in _HEIF_BRANDS:
        return "HEIF"
    if content.startswith(b"%PDF-"):
        return "PDF"
    raise FileRefused("type")


_PDF_VERSION = re.compile(rb"%PDF-[12]\.\d")
_PDF_END = b"%%EOF"
# Where readers look for the end of a PDF, and browsers for signs of a page.
_PDF_EDGE = 1024
_PAGE = re.compile(rb"<\s*(!doctype\s+html|html|head|body|script|svg|iframe|\?php)", re.IGNORECASE)
# The end of a zip archive, which has its length and a comment of at most 64 kB after it.
_ZIP_END = b"PK\x05\x06"
_ZIP_EDGE = 22 + 0xFFFF


def _check_pdf(content: bytes) -> None:
    """A whole PDF that isn't a web page or an archive at the same time."""
    if not _PDF_VERSION.match(content) or _PAGE.search(content[:_PDF_EDGE]):
        raise FileRefused("type")
    if _PDF_END not in content[-_PDF_EDGE:]:
        raise FileRefused("damaged")
    zip_end = content.rfind(_ZIP_END, max(0, len(content) - _ZIP_EDGE))
    if zip_end >= 0:
        comment = int.from_bytes(content[zip_end + 20 : zip_end + 22], "little")
        # An archive inside an attachment of the PDF ends earlier than the file does.
        if zip_end + 22 + comment >= len(content.rstrip()) - 2:
            raise FileRefused("type")


# Photos have about ten scans when they are progressive; each costs a pass over all the pixels.
_MOST_SCANS = 64
_MOST_SEGMENTS = 2000
_JPEG_SEGMENT = re.compile(rb"\xff[^\x00\x01\xff\xd0-\xd8]")
_SCAN, _END_OF_IMAGE = 0xDA, 0xD9


def _check_scans(content: bytes) -> None:
    """Refuse a JPEG whose few bytes ask for minutes of work."""
    place, scans = 2, 0
    for _nth in range(_MOST_SEGMENTS):
        found = _JPEG_SEGMENT.search(content, place)
        if found is None or content[found.start() + 1] == _END_OF_IMAGE:
            return
        scans += content[found.start() + 1] == _SCAN
        if scans > _MOST_SCANS:
            break
        place = found.end() + int.from_bytes(content[found.end() : found.end() + 2], "big")
    raise FileRefused("damaged")


_HEIF_SIZE = re.compile(rb"\x00\x00\x00\x14ispe\x00{4}(.{4})(.{4})", re.DOTALL)


def _check_size(width: int, height: int) -> None:
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise FileRefused("pixels")


def _check_tiles(content: bytes) -> None:
    """A HEIC photo is built from parts, and a small photo can have enormous ones."""
    for part in _HEIF_SIZE.finditer(content):
        _check_size(int.from_bytes(part[1], "big"), int.from_bytes(part[2], "big"))


def _remake(kind: str, content: bytes) -> tuple[str, bytes]:
    """The kind and content of a new file with the same picture."""
    try:
        image = _decode(kind, content)
        if kind in ("PNG", "WEBP"):
            made = _encode(kind, image)
            # A small file can hold a large picture; as a JPEG it stays within bounds.
            if len(made) <= settings.UPLOAD_MAX_BYTES:
                return kind, made
        return "JPEG", _encode("JPEG", image)
    except (FileRefused, MemoryError):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise FileRefused("pixels") from None
    except Exception as error:
        # Decoders raise nearly anything when a file was made to hurt them.
        raise FileRefused("damaged") from error


def _decode(kind: str, content: bytes) -> Image.Image:
    if kind == "JPEG":
        _check_scans(content)
    elif kind == "HEIF":
        _check_tiles(content)
    with Image.open(BytesIO(content), formats=[kind]) as image:
        # Nothing is decoded yet: the size is what the header says.
        _check_size(*image.size)
        if kind == "PNG":
            _check_sums(content)
        image.load()
        return _repaint(image)


def _check_sums(content: bytes) -> None:
    """Verifying leaves an image unusable, so this opens one of its own."""
    with Image.open(BytesIO(content), formats=["PNG"]) as image:
        image.verify()


_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _repaint(image: Image.Image) -> Image.Image:
    """The (first) picture, upright, in a new RGB or RGBA image that carries nothing else."""
    orientation = 1
    with suppress(Exception):  # broken EXIF is no reason to refuse the photo around it
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1)
    if image.mode.startswith("I"):
        # Sixteen bits of grey; a plain conversion would cut off all that is brighter than 255.
        image = image.point(lambda level: level / 256).convert("L")
        image.info.clear()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    if image.mode != mode:
        image = image.convert(mode)
    if orientation in _TURNS:
        image = image.transpose(_TURNS[orientation])
    painted = Image.new(mode, image.size)
    painted.paste(image)
    return painted


def _encode(kind: str, image: Image.Image) -> bytes:
    if kind == "JPEG" and image.mode == "RGBA":
        paper = Image.new("RGB", image.size, "white")
        paper.paste(image, mask=image)
        image = paper
    made = BytesIO()
    image.save(made, kind, **_KINDS[kind].save)
    return made.getvalue()


_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,4}$")
# Joiners are control characters too, but scripts and emoji are written with them.
_JOINERS = "\u200c\u200d"
# A name longer than this is nobody's, and normalising one that is made to be slow would be.
_LONGEST_NAME_READ = 1000


def _readable(name: str, extension: str) -> str:
    """The name that readers see: one line, no path, nothing that turns text around."""
    name = name.replace("\\", "/").rsplit("/", 1)[-1][:_LONGEST_NAME_READ]
    name = unicodedata.normalize("NFC", name)
    name = "".join(
        " " if character.isspace() else character
        for character in name
        if character in _JOINERS
        or character.isspace()
        or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    stem = _EXTENSION.sub("", " ".join(name.split()).rstrip(". "))
    stem = stem.removesuffix(extension)[: MAX_NAME - len(extension)].strip(f". {_JOINERS}")
    if not stem:
        stem = _("document") if extension == ".pdf" else _("photo")
    return stem + extension
