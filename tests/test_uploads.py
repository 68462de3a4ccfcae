"""Files from strangers: what is refused, and what is left of what is not."""

import hashlib
import io
import json
import subprocess
import sys
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as trying
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from server import uploads
from server.uploads import FileRefused
from tests import hostile_files as hostile

# Pillow warns of oddities that it reads on after; a warning must not decide what we accept.
pytestmark = [pytest.mark.filterwarnings("ignore::UserWarning:PIL"), pytest.mark.thorough]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def cleaned(content: bytes, name: str = "photo") -> uploads.Upload:
    return uploads.clean(name, io.BytesIO(content), len(content))


def refusal(content: bytes, name: str = "photo.jpg") -> str:
    with pytest.raises(FileRefused) as refused:
        cleaned(content, name)
    return str(refused.value.facts["reason"])


def picture(upload: uploads.Upload) -> Image.Image:
    image = Image.open(io.BytesIO(upload.content))
    image.load()
    return image


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, ...]:
    return cast(tuple[int, ...], image.convert("RGBA").getpixel((x, y)))


def nearly(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    """The same colour, give or take what JPEG does to it."""
    return all(abs(one - other) < 25 for one, other in zip(found, wanted, strict=False))


REFUSED: dict[str, tuple[str, bytes]] = {
    **{name: ("type", content) for name, content in hostile.OTHERS.items()},
    "empty": ("empty", b""),
    "jpeg signature alone": ("damaged", b"\xff\xd8\xff"),
    "jpeg cut in half": ("damaged", hostile.jpeg()[: len(hostile.jpeg()) // 2]),
    "jpeg of 4225 megapixels by its header": ("pixels", hostile.jpeg_that_says(65_000, 65_000)),
    "jpeg one row over the limit": ("pixels", hostile.jpeg_that_says(7000, 3501)),
    "jpeg of five hundred scans": ("damaged", hostile.jpeg_of_many_scans()),
    "jpeg of 200,000 segments": ("damaged", hostile.jpeg_of_many_segments()),
    "page behind a jpeg signature": ("damaged", b"\xff\xd8\xff\xe0" + hostile.PAGE),
    "png signature alone": ("damaged", b"\x89PNG\r\n\x1a\n"),
    "png cut in half": ("damaged", hostile.png()[: len(hostile.png()) // 2]),
    "png without its end": ("damaged", hostile.png()[:-12]),
    "png with a wrong sum in its header": ("damaged", hostile.png_with_bad_sum(b"IHDR")),
    "png with a wrong sum in its pixels": ("damaged", hostile.png_with_bad_sum(b"IDAT")),
    "png pixel bomb": ("pixels", hostile.png_bomb()),
    "png one row over the limit": ("pixels", hostile.png_of(7000, 3501)),
    "png of one endless row": ("pixels", hostile.png_of(uploads.MAX_SIDE + 1, 1)),
    "png text bomb": ("damaged", hostile.png_text_bomb()),
    "png profile bomb": ("damaged", hostile.png_text_bomb(b"iCCP")),
    "page behind a png signature": ("damaged", b"\x89PNG\r\n\x1a\n" + hostile.PAGE),
    "webp signature alone": ("damaged", b"RIFF\x04\x00\x00\x00WEBP"),
    "webp cut in half": ("damaged", hostile.webp()[: len(hostile.webp()) // 2]),
    "webp pixel bomb": ("pixels", hostile.webp_bomb()),
    "webp of a larger canvas than its picture": ("damaged", hostile.webp_that_says(4000, 4000)),
    "webp of an enormous canvas": ("pixels", hostile.webp_that_says(16_384, 16_384)),
    "heic signature alone": ("damaged", b"\x00\x00\x00\x18ftypheic" + bytes(12)),
    "heic cut in half": ("damaged", hostile.heic()[: len(hostile.heic()) // 2]),
    "heic of 400 megapixels by its header": ("pixels", hostile.heic_that_says(20_000, 20_000)),
    "heic with an enormous tile": ("pixels", hostile.heic_with_large_part()),
    "heic larger than it says": (
        "damaged",
        hostile.heic_that_says(64, 64, hostile.heic(2000, 2000)),
    ),
    "pdf cut in half": ("damaged", hostile.pdf()[: len(hostile.pdf()) // 2]),
    "pdf that goes on after its end": ("damaged", hostile.pdf() + bytes(2000)),
    "pdf of no version": ("type", b"%PDF-html\n" + hostile.pdf()),
    "page before a pdf": ("type", hostile.PAGE + hostile.pdf()),
    "page just behind a pdf header": ("type", b"%PDF-1.4\n" + hostile.PAGE + hostile.pdf()),
    "blank before a pdf": ("type", b"\n" + hostile.pdf()),
    "archive behind a pdf": ("type", hostile.pdf() + hostile.archive()),
    "pdf whose end is the comment of an archive": (
        "type",
        hostile.pdf() + hostile.archive(comment=b"\n%%EOF\n"),
    ),
}

# What comes out, and from what.
ACCEPTED: dict[str, tuple[str, bytes]] = {
    "jpeg": ("image/jpeg", hostile.jpeg()),
    "progressive jpeg": ("image/jpeg", hostile.jpeg(progressive=True)),
    "grey jpeg": ("image/jpeg", hostile.saved(hostile.drawn().convert("L"), "JPEG")),
    "cmyk jpeg": ("image/jpeg", hostile.saved(hostile.drawn().convert("CMYK"), "JPEG")),
    "jpeg with everything a camera writes": ("image/jpeg", hostile.jpeg_with_exif()),
    "jpeg with broken exif": (
        "image/jpeg",
        hostile.jpeg_with(hostile.jpeg_segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\xff")),
    ),
    "jpeg with php in its comment": (
        "image/jpeg",
        hostile.jpeg_with(hostile.jpeg_segment(0xFE, hostile.PHP)),
    ),
    "jpeg with a page in an unknown segment": (
        "image/jpeg",
        hostile.jpeg_with(hostile.jpeg_segment(0xEF, hostile.PAGE)),
    ),
    "jpeg with a page behind it": ("image/jpeg", hostile.jpeg() + hostile.PAGE),
    "jpeg with an archive behind it": ("image/jpeg", hostile.jpeg() + hostile.archive()),
    "jpeg with a program behind it": ("image/jpeg", hostile.jpeg() + b"\x7fELF" + bytes(99)),
    "jpeg with a second picture": ("image/jpeg", hostile.jpeg_with_second_picture()),
    "jpeg of one pixel": ("image/jpeg", hostile.saved(Image.new("RGB", (1, 1)), "JPEG")),
    "png": ("image/png", hostile.png()),
    "png with every kind of text": ("image/png", hostile.png_with_text()),
    "png with a page behind it": ("image/png", hostile.png() + hostile.PAGE),
    "png with an archive behind it": ("image/png", hostile.png() + hostile.archive()),
    "png with moving pictures": ("image/png", hostile.animated("PNG")),
    "png of sixteen bits": ("image/png", hostile.png_grey_16()),
    "png with a palette": ("image/png", hostile.saved(hostile.drawn().quantize(4), "PNG")),
    "png with a transparent palette": ("image/png", hostile.png_palette_transparent()),
    "png of one bit": ("image/png", hostile.png_of(9, 9)),
    "png with broken exif": ("image/png", hostile.png(exif=b"Exif\0\0MM")),
    "webp": ("image/webp", hostile.webp()),
    "webp with broken exif": ("image/webp", hostile.webp(exif=b"Exif\0\0MM")),
    "webp with metadata": ("image/webp", hostile.webp_with_exif()),
    "webp with a page behind it": ("image/webp", hostile.webp() + hostile.PAGE),
    "webp with moving pictures": ("image/webp", hostile.animated("WEBP")),
    "heic": ("image/jpeg", hostile.heic()),
    "heic with metadata": ("image/jpeg", hostile.heic_with_exif()),
    "pdf": ("application/pdf", hostile.pdf()),
}


@pytest.mark.parametrize(("reason", "content"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_is_not_a_sound_photo_or_pdf_is_refused_with_its_reason(
    reason: str, content: bytes
) -> None:
    assert refusal(content) == reason


@pytest.mark.parametrize("name", ["photo.jpg", "scan.pdf", "x.png", "x.svg", ""])
def test_no_name_makes_a_page_acceptable(name: str) -> None:
    assert refusal(hostile.PAGE, name) == "type"


@pytest.mark.parametrize(("content_type", "content"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_a_sound_file_is_kept_as_what_it_is(content_type: str, content: bytes) -> None:
    upload = cleaned(content, "notes.exe")
    assert upload.content_type == content_type
    assert upload.name == f"notes{upload.extension}"
    assert upload.sha256 == hashlib.sha256(content).hexdigest()


PHOTOS = {name: row for name, row in ACCEPTED.items() if row[0] != "application/pdf"}


@pytest.mark.parametrize(("content_type", "content"), PHOTOS.values(), ids=PHOTOS.keys())
def test_nothing_but_pixels_is_left_of_a_photo(content_type: str, content: bytes) -> None:
    upload = cleaned(content)
    image = picture(upload)
    assert Image.MIME[str(image.format)] == content_type
    assert dict(image.getexif()) == {}
    plain = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background"}
    assert set(image.info) - plain <= {"timestamp", "duration"}
    assert getattr(image, "n_frames", 1) == 1
    assert hostile.MARKER not in upload.content
    assert b"<script" not in upload.content
    assert b"ELF" not in upload.content
    assert not zipfile.is_zipfile(io.BytesIO(upload.content))


def test_a_pdf_is_kept_byte_for_byte() -> None:
    assert cleaned(hostile.pdf()).content == hostile.pdf()


def test_an_archive_attached_inside_a_pdf_is_the_authors_business() -> None:
    whole = hostile.pdf()
    inside = whole.replace(b"%PDF-1.4\n", b"%PDF-1.4\n" + hostile.archive(b"a sum"))
    assert cleaned(inside).content == inside


def test_a_pdf_is_refused_where_only_photos_will_do() -> None:
    with pytest.raises(FileRefused) as refused:
        uploads.clean("photo", io.BytesIO(hostile.pdf()), None, photos_only=True)
    assert refused.value.facts["reason"] == "photo"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize(
    ("orientation", "size", "green"),
    [
        (1, (60, 40), (5, 5)),
        (2, (60, 40), (55, 5)),
        (3, (60, 40), (55, 35)),
        (4, (60, 40), (5, 35)),
        (5, (40, 60), (5, 5)),
        (6, (40, 60), (35, 5)),
        (7, (40, 60), (35, 55)),
        (8, (40, 60), (5, 55)),
        (9, (60, 40), (5, 5)),
    ],
)
def test_a_photo_is_turned_the_way_the_camera_was_held(
    kind: str, orientation: int, size: tuple[int, int], green: tuple[int, int]
) -> None:
    image = picture(cleaned(hostile.turned(kind, orientation)))
    assert image.size == size
    assert nearly(pixel(image, *green), hostile.GREEN)
    corners = {(5, 5), (size[0] - 5, 5), (5, size[1] - 5), (size[0] - 5, size[1] - 5)}
    for corner in corners - {green}:
        assert nearly(pixel(image, *corner), hostile.RED)


@pytest.mark.parametrize(
    "content",
    [
        hostile.jpeg_with_second_picture(),
        hostile.animated("PNG"),
        hostile.animated("WEBP"),
        hostile.heic(),
        hostile.saved(hostile.drawn().convert("CMYK"), "JPEG"),
        hostile.saved(hostile.drawn().quantize(4), "PNG"),
    ],
    ids=["second picture", "moving png", "moving webp", "heic", "cmyk", "palette"],
)
def test_the_first_picture_keeps_its_colours(content: bytes) -> None:
    image = picture(cleaned(content))
    assert nearly(pixel(image, 5, 5), hostile.GREEN)
    assert nearly(pixel(image, image.width - 5, image.height - 5), hostile.RED)


def test_sixteen_bits_of_grey_stay_grey() -> None:
    image = picture(cleaned(hostile.png_grey_16()))
    assert pixel(image, 0, 0) == (128, 128, 128, 255)
    assert pixel(image, 1, 0) == (255, 255, 255, 255)


def test_what_was_transparent_stays_so_in_a_png() -> None:
    image = picture(cleaned(hostile.png_palette_transparent()))
    assert pixel(image, 5, 5)[3] == 0
    assert pixel(image, 55, 35)[3] == 255


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "HEIF"])
def test_half_transparent_pixels_survive_where_the_format_has_them(kind: str) -> None:
    upload = cleaned(hostile.saved(Image.new("RGBA", (64, 64), (255, 0, 0, 128)), kind))
    found = pixel(picture(upload), 9, 9)
    if upload.extension == ".jpg":
        assert nearly(found, (255, 127, 127, 255))
    else:
        assert nearly(found, (255, 0, 0, 128))


@pytest.mark.parametrize(
    "size", [(6000, 4000), (5712, 4284), (7000, 3500)], ids=["24.0 MP", "a phone's 24 MP", "most"]
)
def test_a_photo_of_the_largest_size_is_taken(size: tuple[int, int]) -> None:
    assert picture(cleaned(hostile.saved(Image.new("L", size), "JPEG"))).size == size


def test_a_png_that_would_grow_over_the_limit_becomes_a_jpeg(settings: Settings) -> None:
    noise = Image.effect_noise((400, 400), 90)
    sent = hostile.saved(Image.merge("RGB", [noise, noise, noise]).quantize(256), "PNG")
    settings.UPLOAD_MAX_BYTES = len(sent)
    upload = cleaned(sent, "noise.png")
    assert (upload.content_type, upload.name) == ("image/jpeg", "noise.jpg")
    assert picture(upload).size == (400, 400)


class Endless(io.RawIOBase):
    """A photo that never ends, handed out in pieces smaller than asked for."""

    def __init__(self) -> None:
        self.given = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size >= 0, "everything was asked for at once"
        piece = (hostile.jpeg() if self.given == 0 else bytes(5000))[:size]
        self.given += len(piece)
        return piece


@pytest.mark.parametrize("said", [None, 0, 10, -1])
def test_a_stream_is_not_read_past_the_limit_whatever_size_it_claims(
    said: int | None, settings: Settings
) -> None:
    settings.UPLOAD_MAX_BYTES = 50_000
    stream = Endless()
    with pytest.raises(FileRefused) as refused:
        uploads.clean("photo.jpg", cast(BinaryIO, stream), said)
    assert refused.value.facts["reason"] == "too-large"
    assert stream.given <= 50_001


def test_a_stream_that_admits_to_be_too_large_is_not_read_at_all(
    settings: Settings,
) -> None:
    settings.UPLOAD_MAX_BYTES = 50_000
    stream = Endless()
    with pytest.raises(FileRefused):
        uploads.clean("photo.jpg", cast(BinaryIO, stream), 50_001)
    assert stream.given == 0


def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(
    settings: Settings,
) -> None:
    whole = hostile.jpeg()
    settings.UPLOAD_MAX_BYTES = len(whole)
    assert cleaned(whole).content_type == "image/jpeg"
    settings.UPLOAD_MAX_BYTES = len(whole) - 1
    assert refusal(whole) == "too-large"


NAMES = {
    "plain": ("meter.jpg", "meter.jpg"),
    "capitals": ("IMG_0042.JPEG", "IMG_0042.jpg"),
    "no extension": ("meter", "meter.jpg"),
    "of another kind": ("meter.png", "meter.jpg"),
    "of a program": ("meter.exe", "meter.jpg"),
    "twice": ("meter.jpg.exe", "meter.jpg"),
    "dots inside": ("scan.van.2.mei.jpg", "scan.van.2.mei.jpg"),
    "title": ("Mr. Jones at home", "Mr. Jones at home.jpg"),
    "path": ("../../etc/passwd", "passwd.jpg"),
    "windows path": ("C:\\Users\\me\\meter.jpg", "meter.jpg"),
    "mixed path": ("..\\../a/..\\b.jpg", "b.jpg"),
    "folder": ("folder/", "photo.jpg"),
    "parent": ("..", "photo.jpg"),
    "hidden": (".htaccess", "htaccess.jpg"),
    "hidden and short": (".env", "photo.jpg"),
    "hidden twice": ("...profile photo.jpg", "profile photo.jpg"),
    "empty": ("", "photo.jpg"),
    "blank": (" \t\n ", "photo.jpg"),
    "extension alone": (".jpg", "photo.jpg"),
    "null byte": ("meter.php\0.jpg", "meter.php.jpg"),
    "line break": ("meter\r\nSet-Cookie: a=b.jpg", "meter Set-Cookie: a=b.jpg"),
    "other line breaks": ("a\u2028b\u2029c\x85d.jpg", "a b c d.jpg"),
    "turned around": ("invoice\u202egpj.exe", "invoicegpj.jpg"),
    "isolates": ("\u2066a\u2069\u200fb.jpg", "ab.jpg"),
    "escape": ("\x1b[31mred.jpg", "[31mred.jpg"),
    "half a surrogate": ("a\ud800b.jpg", "ab.jpg"),
    "decomposed": ("cafe\u0301.jpg", "caf\u00e9.jpg"),
    "emoji": ("\U0001f382 feest \U0001f468\u200d\U0001f469.jpg",) * 2,
    "arabic": ("\u0635\u0648\u0631\u0629.jpg",) * 2,
    "blanks": ("  my    meter  .jpg", "my meter.jpg"),
    "joiners alone": ("\u200d\u200c.jpg", "photo.jpg"),
}


@pytest.mark.parametrize(("given_name", "shown"), NAMES.values(), ids=NAMES.keys())
def test_readers_see_a_harmless_name(given_name: str, shown: str) -> None:
    assert cleaned(hostile.jpeg(), given_name).name == shown


def test_a_document_without_a_name_is_called_one() -> None:
    assert cleaned(hostile.pdf(), "").name == "document.pdf"


def test_a_file_without_a_name_gets_one_in_the_language_of_its_sender() -> None:
    with translation.override("nl"):
        assert cleaned(hostile.jpeg(), "").name == "foto.jpg"


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "x" * 10_000 + ".jpg", "e\u0301" * 5_000, "." * 9999]
)
def test_a_name_of_ten_thousand_characters_is_cut(name: str) -> None:
    shown = cleaned(hostile.jpeg(), name).name
    assert len(shown) <= uploads.MAX_NAME
    assert shown.endswith(".jpg")


@given(st.text(max_size=300) | st.text("/\\.\u202e\u200d\0 ajpg\ud800", max_size=300))
@trying(deadline=None)
def test_no_name_leaves_its_line_or_its_folder(name: str) -> None:
    shown = uploads._readable(name, ".pdf")
    assert 4 < len(shown) <= uploads.MAX_NAME
    assert shown.endswith(".pdf")
    assert not shown.startswith((".", " "))
    assert not set(shown) & set("/\\\0\r\n\u202e\u2028\u2066")
    assert unicodedata.is_normalized("NFC", shown)
    assert shown.encode().decode() == shown
    assert uploads._readable(shown, ".pdf") == shown


@given(st.data())
@trying(deadline=None)
def test_a_photo_with_any_bytes_changed_is_cleaned_or_refused(data: st.DataObject) -> None:
    makers: list[Callable[[], bytes]] = [
        hostile.jpeg,
        hostile.png,
        hostile.webp,
        hostile.heic,
        hostile.jpeg_with_exif,
    ]
    content = bytearray(data.draw(st.sampled_from(makers))())
    for _time in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        upload = cleaned(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except FileRefused:
        return
    assert picture(upload).width > 0


# Prints by how many megabytes the peak of this process grew while it cleaned standard input.
MEASURE = """
import io, json, resource, sys
import server
from django.conf import settings
settings.configure(USE_I18N=False, UPLOAD_MAX_BYTES=10_000_000)
from server import uploads

def peak():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) // 1024 for line in status if line[:6] == "VmHWM:")
    except FileNotFoundError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2

uploads.clean("warm.jpg", open(sys.argv[1], "rb"), None)
content, before = sys.stdin.buffer.read(), peak()
try:
    outcome = uploads.clean("x", io.BytesIO(content), None).content_type
except uploads.FileRefused as refused:
    outcome = refused.facts["reason"]
print(json.dumps([outcome, peak() - before]))
"""


def growth(content: bytes, folder: Path) -> tuple[str, int]:
    """What became of the file in a process of its own, and the megabytes that this took."""
    warm = folder / "warm.jpg"
    warm.write_bytes(hostile.jpeg())
    ran = subprocess.run(
        [sys.executable, "-c", MEASURE, str(warm)],
        input=content,
        capture_output=True,
        check=True,
        cwd=Path(__file__).parent.parent,
    )
    outcome, megabytes = json.loads(ran.stdout)
    return outcome, megabytes


@pytest.mark.parametrize(
    ("reason", "content"),
    [
        ("pixels", hostile.png_bomb()),
        ("pixels", hostile.webp_bomb()),
        ("pixels", hostile.jpeg_that_says(65_000, 65_000)),
        ("pixels", hostile.heic_that_says(20_000, 20_000)),
        ("damaged", hostile.heic_that_says(64, 64, hostile.heic(4000, 4000))),
        ("damaged", hostile.png_text_bomb()),
    ],
    ids=["png", "webp", "jpeg", "heic", "heic that lies", "png text"],
)
def test_a_bomb_is_refused_before_it_takes_memory(
    reason: str, content: bytes, tmp_path: Path
) -> None:
    outcome, megabytes = growth(content, tmp_path)
    assert outcome == reason
    assert megabytes < 30


def test_the_largest_photo_takes_no_more_than_a_few_copies_of_its_pixels(tmp_path: Path) -> None:
    outcome, megabytes = growth(hostile.saved(Image.new("RGB", (7000, 3500)), "JPEG"), tmp_path)
    assert outcome == "image/jpeg"
    assert 90 < megabytes < 300
