"""Pictures of error messages, as people attach them."""

import io

from PIL import Image, ImageDraw, ImageFont

from data import files
from integrations import demo_texts as texts

SIZE = (560, 240)
DESKTOP, WINDOW, BAR, BUTTON, INK = "#3b6ea5", "#f4f4f4", "#1f3f63", "#d9dee4", "#222222"


def store() -> dict[str, files.Stored]:
    """Put the pictures among the attachments; none when the disk is nearly full."""
    stored = {}
    for name, error in texts.ERRORS.items():
        try:
            intake = files.Intake()
        except files.NoRoom:
            return {}
        intake.write(_drawn(*error))
        stored[name] = intake.finish("capture.png")
    return stored


def _drawn(title: str, sentence: str, detail: str) -> bytes:
    """Return a PNG of a window with a message."""
    picture = Image.new("RGB", SIZE, DESKTOP)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((40, 30, 520, 210), fill=WINDOW, outline=INK)
    draw.rectangle((40, 30, 520, 62), fill=BAR)
    draw.text((54, 36), title, fill="white", font=ImageFont.load_default(18))
    draw.text((60, 86), sentence, fill=INK, font=ImageFont.load_default(18))
    draw.text((60, 122), detail, fill=INK, font=ImageFont.load_default(15))
    draw.rectangle((420, 166, 500, 194), fill=BUTTON, outline=INK)
    draw.text((446, 170), "OK", fill=INK, font=ImageFont.load_default(16))
    written = io.BytesIO()
    picture.save(written, "PNG", optimize=True)
    return written.getvalue()
