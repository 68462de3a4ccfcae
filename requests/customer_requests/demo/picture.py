"""A photo that somebody could have taken: a modem with one red light, drawn on the spot."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFilter

_SIZE = (1200, 900)
_LIGHTS = [("power", "#3ddc84"), ("dsl", "#ff4d4d"), ("wifi", "#3ddc84"), ("tel", "#454b52")]


def modem_photo(scene: int = 0) -> bytes:
    """A JPEG of 1200 x 900 pixels; another `scene` gives another wall, so another file."""
    walls = ["#d9cfc0", "#c3ced6", "#d5d9c8", "#dcc9c4"]
    image = Image.new("RGB", _SIZE, walls[scene % len(walls)])
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 640, 1200, 900), fill="#8a6b4f")
    for plank in range(690, 900, 52):
        draw.line((0, plank, 1200, plank + 6), fill="#7a5d44", width=4)
    draw.ellipse((250, 640, 960, 720), fill="#6d523b")
    image = image.filter(ImageFilter.GaussianBlur(9))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((270, 380, 930, 670), radius=38, fill="#f4f5f6", outline="#c9ccd0")
    draw.rounded_rectangle((310, 560, 890, 630), radius=20, fill="#2b3036")
    for place, (label, colour) in enumerate(_LIGHTS):
        left = 350 + place * 140
        draw.ellipse((left, 582, left + 26, 608), fill=colour)
        draw.text((left + 38, 588), label, fill="#c8ccd2")
    draw.line((870, 640, 1010, 760, 1200, 790), fill="#33383e", width=12)
    made = BytesIO()
    image.save(made, "JPEG", quality=82)
    return made.getvalue()
