"""Dates as other systems write them: which way a file does is found from all of its dates."""

from collections.abc import Collection
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_WAYS = (  # the first that fits most of a file; days before months, as in Europe
    "iso",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%y %H:%M:%S",
    "%m/%d/%y %H:%M:%S",
    "%d/%m/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y/%m/%d %H:%M:%S",
)
_FIRST, _LAST = 1970, 2100
_ENOUGH = 5000  # dates, to see which way they are written


class Dates:
    """Reads the dates of one file; those without a zone are of `zone`."""

    def __init__(self, texts: Collection[str], zone: ZoneInfo) -> None:
        self._zone = zone
        self._known: dict[str, datetime | None] = {}
        some = sorted(texts)[:: len(texts) // _ENOUGH + 1]
        fits = [sum(_read(text, way) is not None for text in some) for way in _WAYS]
        best = fits.index(max(fits))
        self._ways = dict.fromkeys((_WAYS[best], "iso"))

    def read(self, text: str) -> datetime | None:
        """Return an instant in UTC; None for what is no date.

        A time that the clocks skip is as long after the last one before, one that they repeat is
        the first (PEP 495).
        """
        if text not in self._known:
            self._known[text] = self._instant(text)
        return self._known[text]

    def _instant(self, text: str) -> datetime | None:
        for way in self._ways:
            found = _read(text, way)
            if found is not None and _FIRST <= found.year < _LAST:
                return (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
        return None


def _read(text: str, way: str) -> datetime | None:
    try:
        if way == "iso":
            return datetime.fromisoformat(text)
        return datetime.strptime(_spelled(text), way)  # noqa: DTZ007 - the reader gives it its zone
    except ValueError:
        return None


def _spelled(text: str) -> str:
    """Return a date with slashes, a time and seconds."""
    day, _space, rest = text.replace(",", " ").strip().partition(" ")
    time, _space, half = rest.strip().partition(" ")
    time = (time or "00:00") + ":00" * (2 - (time or "00:00").count(":"))
    return f"{day.replace('-', '/').replace('.', '/')} {time} {half}".strip()
