"""Paper: pages of A4 on which text and shapes are put, with real letters and nothing from outside.

What people wrote is only ever drawn, letter by letter: there is no markup that it could be, and
nothing is fetched (C11).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVu", "DejaVu-Bold"
_FILES = {PLAIN: "DejaVuSans.ttf", BOLD: "DejaVuSans-Bold.ttf"}
WIDTH, HEIGHT = 595.28, 841.89  # A4, in points
LEFT, RIGHT, TOP, BOTTOM = 44.0, WIDTH - 44.0, HEIGHT - 48.0, 62.0
_UNKNOWN = "□"  # for letters that the font does not have
_JOINERS = "\ufe0f\u200d"  # between parts of one emoji
_MOST = 2000  # characters of one piece of text
_WORDS = re.compile(r"[^ ]+ *")


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours on paper, as in the mails."""

    text: str = "#1e293b"
    title: str = "#0f172a"
    muted: str = "#64748b"
    line: str = "#e2e8f0"
    shade: str = "#f1f5f9"
    blue: str = "#1d4ed8"
    pale: str = "#bfdbfe"
    green: str = "#15803d"
    red: str = "#b91c1c"
    amber: str = "#b45309"


COLOURS = Colours()


@dataclass(frozen=True, slots=True)
class Ink:
    """How a text looks; `size` in points."""

    size: float = 9.0
    colour: str = COLOURS.text
    font: str = PLAIN


@dataclass(frozen=True, slots=True)
class About:
    """What a document says of itself to programs that list or read it aloud."""

    title: str
    subject: str
    language: str
    made_at: datetime


class Paper:
    """One document; `y` is how far down the page one has come. The same is always the same bytes.

    `begin` is called for each new page, to draw what every page has.
    """

    def __init__(self, about: About) -> None:
        from reportlab.pdfgen.canvas import Canvas  # noqa: PLC0415 - only for who draws

        _register()
        self._out = io.BytesIO()
        # `invariant`: neither the clock nor chance goes into it.
        self._canvas: Any = Canvas(
            self._out, (WIDTH, HEIGHT), invariant=1, lang=about.language, pageCompression=1
        )
        self._canvas.setTitle(about.title)
        self._canvas.setSubject(about.subject)
        self._canvas.setAuthor("AppTicket")
        self._canvas.setCreator("AppTicket")
        self._canvas.setViewerPreference("DisplayDocTitle", "true")
        self._canvas.setKeywords(about.made_at.astimezone(UTC).isoformat(timespec="seconds"))
        self.page = 1
        self.y = TOP

    def finish(self) -> bytes:
        """Return the file."""
        self._canvas.save()
        return self._out.getvalue()

    def turn(self) -> None:
        """Go on with the next page."""
        self._canvas.showPage()
        self.page += 1
        self.y = TOP

    def has_room(self, height: float) -> bool:
        """Tell whether so much still fits on this page."""
        return self.y - height >= BOTTOM

    def down(self, by: float) -> None:
        """Leave room."""
        self.y -= by

    def heading(self, text: str, level: int) -> None:
        """Let programs that read find a heading here."""
        key = f"h{self.page}-{round(self.y)}"
        self._canvas.bookmarkHorizontal(key, 0, min(self.y + 24, HEIGHT))
        self._canvas.addOutlineEntry(text, key, level=level, closed=False)

    def text(
        self, x: float, y: float, text: str, ink: Ink, *, to_right: bool = False, link: str = ""
    ) -> None:
        """Write one line, whose letters stand on `y`, from `x` on or up to it."""
        shown = known(text)
        wide = width(shown, ink)
        x = x - wide if to_right else x
        self._canvas.setFillColor(_colour(ink.colour))
        self._canvas.setFont(ink.font, ink.size)
        self._canvas.drawString(x, y, shown)
        if link:
            corners = (x, y - ink.size * 0.25, x + wide, y + ink.size * 0.9)
            self._canvas.linkURL(link, corners, relative=0, thickness=0)

    def box(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """Fill a rectangle with rounded corners, whose lower left is `x`, `y`."""
        self._canvas.setFillColor(_colour(colour))
        round_ = min(4.0, wide / 2, high / 2)
        self._canvas.roundRect(x, y, wide, high, round_, stroke=0, fill=1)

    def bar(self, x: float, y: float, wide: float, high: float, colour: str) -> None:
        """Fill a rectangle."""
        self._canvas.setFillColor(_colour(colour))
        self._canvas.rect(x, y, wide, high, stroke=0, fill=1)

    def line(self, points: list[tuple[float, float]], colour: str, *, thick: float = 0.6) -> None:
        """Draw a line through some points."""
        self._canvas.setStrokeColor(_colour(colour))
        self._canvas.setLineWidth(thick)
        self._canvas.setLineJoin(1)
        path = self._canvas.beginPath()
        path.moveTo(*points[0])
        for point in points[1:]:
            path.lineTo(*point)
        self._canvas.drawPath(path, stroke=1, fill=0)

    def dot(self, x: float, y: float, colour: str) -> None:
        """Draw a point."""
        self._canvas.setFillColor(_colour(colour))
        self._canvas.circle(x, y, 1.6, stroke=0, fill=1)


def known(text: str) -> str:
    """Return a text in which letters that the font lacks are boxes, as a reader expects them."""
    has = _letters()
    said = (c for c in text[:_MOST] if c not in _JOINERS)
    return "".join(c if ord(c) in has else _UNKNOWN for c in said)


def width(text: str, ink: Ink) -> float:
    """Return how wide a text is."""
    from reportlab.pdfbase.pdfmetrics import stringWidth  # noqa: PLC0415 - only for who draws

    _register()
    return float(stringWidth(text, ink.font, ink.size))


def wrapped(text: str, wide: float, ink: Ink, *, most: int = 100) -> list[str]:
    """Return a text in lines that are no wider, at most so many; « … » stands for the rest."""
    lines = list(_lines(known(text), wide, ink))
    if len(lines) <= most:
        return lines or [""]
    return [*lines[: most - 1], _ended(lines[most - 1], wide, ink)]


def cut(text: str, wide: float, ink: Ink) -> str:
    """Return as much of a text as fits, with « … » for the rest."""
    text = known(text)
    return text if width(text, ink) <= wide else _ended(text, wide, ink)


def _ended(text: str, wide: float, ink: Ink) -> str:
    fits = _fitting(text, wide - width(" …", ink), ink)
    return f"{text[:fits].rstrip()} …"


def _lines(text: str, wide: float, ink: Ink) -> Iterator[str]:
    line = ""
    for word in _WORDS.findall(text):
        if line and width((line + word).rstrip(), ink) > wide:
            yield line.rstrip()
            line = ""
        rest = line + word
        while width(rest.rstrip(), ink) > wide:  # a word longer than a line
            fits = _fitting(rest, wide, ink)
            yield rest[:fits]
            rest = rest[fits:]
        line = rest
    if line.strip():
        yield line.rstrip()


def _fitting(text: str, wide: float, ink: Ink) -> int:
    """Return how many letters of a text fit, at least one."""
    low, high = 1, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width(text[:middle], ink) <= wide:
            low = middle
        else:
            high = middle - 1
    return low


@cache
def _colour(name: str) -> Any:
    from reportlab.lib.colors import HexColor  # noqa: PLC0415 - only for who draws

    return HexColor(name)


@cache
def _register() -> None:
    """Make the letters known: they are embedded, as far as they are used."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only for who draws
    from reportlab.pdfbase.ttfonts import TTFont  # noqa: PLC0415 - only for who draws

    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONTS / file)))


@cache
def _letters() -> frozenset[int]:
    """Return the letters that both fonts have."""
    from reportlab.pdfbase import pdfmetrics  # noqa: PLC0415 - only for who draws

    _register()
    sets = [pdfmetrics.getFont(name).face.charToGlyph.keys() for name in _FILES]
    return frozenset(sets[0]) & frozenset(sets[1])
