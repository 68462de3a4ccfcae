"""Makers of files that somebody sends to hurt us, or by mistake, and of a few good ones.

Everything is made here, byte by byte where a library would refuse to; nothing is kept in the
repository. `MARKER` is in every payload that must not survive.
"""

import io
import struct
import zipfile
import zlib

from PIL import ExifTags, Image, PngImagePlugin
from pillow_heif import register_heif_opener

register_heif_opener()

MARKER = b"marker-7d1f"
SCRIPT = b"<script>alert('" + MARKER + b"')</script>"
PAGE = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
PHP = b"<?php system('" + MARKER + b"'); ?>"

RED, GREEN = (220, 30, 30), (30, 200, 30)


def drawn(width: int = 60, height: int = 40) -> Image.Image:
    """A red picture with a green left upper quarter, so that turning it shows."""
    image = Image.new("RGB", (width, height), RED)
    image.paste(GREEN, (0, 0, width // 2, height // 2))
    return image


def saved(image: Image.Image, kind: str, **how: object) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def jpeg(**how: object) -> bytes:
    return saved(drawn(), "JPEG", **how)


def png(**how: object) -> bytes:
    return saved(drawn(), "PNG", **how)


def webp(**how: object) -> bytes:
    return saved(drawn(), "WEBP", lossless=True, **how)


def heic(width: int = 64, height: int = 64) -> bytes:
    return saved(drawn(width, height), "HEIF", quality=90)


def pdf() -> bytes:
    """The smallest document that readers open: one empty page."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>",
    ]
    made, places = b"%PDF-1.4\n", []
    for number, part in enumerate(parts, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%b\nendobj\n" % (number, part)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return made + (
        b"xref\n0 4\n0000000000 65535 f \n%btrailer\n<< /Size 4 /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (table, len(made))
    )


def archive(payload: bytes = SCRIPT, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("payload", payload)
        packed.comment = comment
    return made.getvalue()


def zip_bomb() -> bytes:
    """Fifty megabytes of nothing in fifty kilobytes."""
    return archive(bytes(50_000_000))


def damaged_archive(packing: int) -> bytes:
    """A course and a quiz, packed so, with a few letters of each content changed afterwards."""
    made, names = io.BytesIO(), ("course.yaml", "imsmanifest.xml")
    with zipfile.ZipFile(made, "w", packing) as packed:
        for name in names:
            packed.writestr(name, b"slug: course\n" * 50)
        places = [packed.getinfo(name).header_offset + 30 + len(name) for name in names]
    content = bytearray(made.getvalue())
    for place in places:
        for at in range(place + 4, place + 24):
            content[at] ^= 0x5A
    return bytes(content)


def archive_before_its_beginning() -> bytes:
    """Whose list of files says that the first lies before the file."""
    content = bytearray(archive())
    listed = content.index(b"PK\x05\x06") + 16
    content[listed : listed + 4] = struct.pack("<I", 4_000_000)
    return bytes(content)


def archive_of_a_name_that_is_no_text() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("\u00e9", b"")
    return made.getvalue().replace("\u00e9".encode(), b"\xff\xfe")


DAMAGED_ARCHIVES: dict[str, bytes] = {
    "deflated": damaged_archive(zipfile.ZIP_DEFLATED),
    "bzip2": damaged_archive(zipfile.ZIP_BZIP2),
    "lzma": damaged_archive(zipfile.ZIP_LZMA),
    "stored": damaged_archive(zipfile.ZIP_STORED),
    "before its beginning": archive_before_its_beginning(),
    "a name that is no text": archive_of_a_name_that_is_no_text(),
}

# Values under a tag that they are none of, or that make a number without end.
MISTAGGED_YAML = [
    "a: !!bool zz\n",
    'a: !!int ""\n',
    'a: !!float ""\n',
    "a: !!binary \u00e9\n",
    "a: !!set [b]\n",
    "a: !!timestamp x\n",
    "a: !!float " + ":".join("1" * 300) + "\n",
    "a: !!int " + ":".join("1" * 300_000) + "\n",
    "a: ! x\n",
    "a: !!map {b: c}\n",
]


# JPEG


def jpeg_segment(marker: int, payload: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def jpeg_with(*segments: bytes) -> bytes:
    whole = jpeg()
    return whole[:2] + b"".join(segments) + whole[2:]


def jpeg_that_says(width: int, height: int) -> bytes:
    """A small JPEG whose header names another size."""
    whole = jpeg()
    place = whole.index(b"\xff\xc0") + 5
    return whole[:place] + struct.pack(">HH", height, width) + whole[place + 4 :]


def jpeg_with_exif() -> bytes:
    """Camera, place, a thumbnail-like note, XMP, IPTC, a profile and a comment."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MARKER.decode()
    exif[ExifTags.Base.ImageDescription] = PHP.decode()
    place = exif.get_ifd(ExifTags.IFD.GPSInfo)
    place[ExifTags.GPS.GPSLatitudeRef] = "N"
    place[ExifTags.GPS.GPSLatitude] = (52.0, 22.0, 12.0)
    place[ExifTags.GPS.GPSAreaInformation] = MARKER
    return saved(
        drawn(),
        "JPEG",
        exif=exif,
        comment=PHP,
        xmp=b"<x:xmpmeta>" + MARKER + b"</x:xmpmeta>",
        icc_profile=MARKER * 20,
    )


def turned(kind: str, orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    return saved(drawn(), kind, exif=exif.tobytes())


def jpeg_of_many_scans(scans: int = 500) -> bytes:
    """A progressive JPEG of 24 megapixels with its last scan repeated; minutes of work."""
    whole = saved(Image.new("L", (6000, 4000), 90), "JPEG", progressive=True)
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * scans + whole[-2:]


def jpeg_of_many_segments() -> bytes:
    return jpeg_with(jpeg_segment(0xFE, b"") * 200_000)


def jpeg_with_second_picture() -> bytes:
    """What many phones make: a second frame behind the first (MPO)."""
    return saved(drawn(), "MPO", save_all=True, append_images=[Image.new("RGB", (60, 40), "blue")])


# PNG


def png_chunk(name: bytes, payload: bytes) -> bytes:
    return (
        struct.pack(">I", len(payload))
        + name
        + payload
        + struct.pack(">I", zlib.crc32(name + payload))
    )


def png_of(width: int, height: int, *extra: bytes) -> bytes:
    """A black PNG of one bit a pixel, by hand; `extra` chunks come before the pixels."""
    row = bytes(1 + (width + 7) // 8)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)),
            *extra,
            png_chunk(b"IDAT", zlib.compress(row * height, 9)),
            png_chunk(b"IEND", b""),
        )
    )


def png_bomb() -> bytes:
    """225 megapixels in less than 40 kilobytes."""
    return png_of(15_000, 15_000)


def png_text_bomb(name: bytes = b"zTXt") -> bytes:
    return png_of(8, 8, png_chunk(name, b"note\x00\x00" + zlib.compress(bytes(60_000_000), 9)))


def png_with_bad_sum(chunk: bytes) -> bytes:
    whole = bytearray(png())
    place = whole.index(chunk)
    length = int.from_bytes(whole[place - 4 : place], "big")
    whole[place + 4 + length] ^= 0xFF
    return bytes(whole)


def png_with_text() -> bytes:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", PHP.decode())
    notes.add_itxt("XML:com.adobe.xmp", MARKER.decode())
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MARKER.decode()
    return png(pnginfo=notes, exif=exif, icc_profile=MARKER * 20)


def png_grey_16() -> bytes:
    """Two sixteen-bit pixels: half grey and white."""
    image = Image.frombytes("I;16", (2, 1), struct.pack("<HH", 0x8080, 0xFFFF))
    return saved(image, "PNG")


def png_palette_transparent() -> bytes:
    image = drawn().quantize(4)
    return saved(image, "PNG", transparency=image.getpixel((0, 0)))


def animated(kind: str) -> bytes:
    """Red and green first, then blue."""
    blue = Image.new("RGB", (60, 40), "blue")
    how = {"lossless": True} if kind == "WEBP" else {}
    return saved(drawn(), kind, save_all=True, append_images=[blue], duration=50, **how)


# WebP


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"WEBP" + b"".join(
        name + struct.pack("<I", len(payload)) + payload + bytes(len(payload) % 2)
        for name, payload in chunks
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


def webp_bomb() -> bytes:
    """268 megapixels of one colour in 28 bytes (lossless, every code one symbol long)."""
    side = 16_383 - 1
    # Signature, 14 bits of width and of height, no alpha, version 0; then no transform, no colour
    # cache, no meta codes, and five codes of one symbol each.
    bits = f"{side:014b}"[::-1] * 2 + "0" + "000" + "0" + "0" + "0"
    bits += "1" + "0" + "0" + "0"  # green: simple code, one symbol, of one bit: 0
    bits += ("1" + "0" + "0" + "0") * 4
    bits += "0" * (-len(bits) % 8)
    packed = bytes(int(bits[place : place + 8][::-1], 2) for place in range(0, len(bits), 8))
    return riff((b"VP8L", b"\x2f" + packed))


def webp_that_says(width: int, height: int) -> bytes:
    """An extended header with a canvas of another size than the picture in it."""
    header = bytes(4) + (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    picture = saved(drawn(), "WEBP", quality=80)
    return riff((b"VP8X", header), (picture[12:16], picture[20:]))


def webp_with_exif() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MARKER.decode()
    return webp(exif=exif, xmp=b"<x>" + MARKER + b"</x>", icc_profile=MARKER * 20)


# HEIC


def heic_that_says(width: int, height: int, content: bytes | None = None) -> bytes:
    whole = content or heic()
    place = whole.index(b"ispe") + 8
    return whole[:place] + struct.pack(">II", width, height) + whole[place + 8 :]


def heic_with_large_part() -> bytes:
    """A small photo and, besides it, the description of an enormous tile."""
    part = struct.pack(">I4sIII", 20, b"ispe", 0, 20_000, 20_000)
    return heic() + struct.pack(">I4s", 8 + len(part), b"free") + part


def heic_with_exif() -> bytes:
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = MARKER.decode()
    return saved(drawn(64, 64), "HEIF", exif=exif, xmp=b"<x>" + MARKER + b"</x>")


# What isn't a photo or a document at all

OTHERS: dict[str, bytes] = {
    "gif": saved(drawn(), "GIF"),
    "gif that is also an archive": saved(drawn(), "GIF") + archive(),
    "svg with a script": b'<svg xmlns="http://www.w3.org/2000/svg">' + SCRIPT + b"</svg>",
    "svg behind an xml declaration": b'<?xml version="1.0"?><svg>' + SCRIPT + b"</svg>",
    "page": PAGE,
    "php": PHP,
    "zip bomb": zip_bomb(),
    "office document": archive(b"<w:document/>"),
    "tiff": saved(drawn(), "TIFF"),
    "bmp": saved(drawn(), "BMP"),
    "icon": saved(drawn(), "ICO"),
    "jpeg 2000": saved(drawn(), "JPEG2000"),
    "avif": b"\x00\x00\x00\x1cftypavif" + bytes(100),
    "psd": b"8BPS\x00\x01" + bytes(100),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(ls) (r) file\n%%EOF\n",
    "postscript in dos clothes": b"\xc5\xd0\xd3\xc6" + bytes(100),
    "film": b"\x00\x00\x00\x18ftypmp42" + bytes(100),
    "quicktime film": b"\x00\x00\x00\x14ftypqt  " + bytes(100),
    "sound": b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(100),
    "elf program": b"\x7fELF\x02\x01\x01" + bytes(100),
    "windows program": b"MZ\x90\x00" + bytes(100),
    "mac program": b"\xcf\xfa\xed\xfe" + bytes(100),
    "java class": b"\xca\xfe\xba\xbe" + bytes(100),
    "shell script": b"#!/bin/sh\nrm -rf /\n",
    "rich text": b"{\\rtf1 hello}",
    "old office document": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100),
    "portable pixmap": b"P6 1 1 255\n\x00\x00\x00",
    "plain text": b"my phone does not work",
    "one byte": b"\xff",
    "zeros": bytes(5000),
}
