"""The fields of an address that asks for figures: their values, checked one by one."""

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from services import periods
from services.dimensions import NOTHING
from services.errors import Invalid
from services.periods import FIRST_DAY, LAST_DAY, Period
from services.words import N_

Pairs = Iterable[tuple[str, str]]

OFFERED = N_("Choose one of the values offered.")
_MANY = 50  # values of one field
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:")
_PLUS = re.compile(r" (?=[0-9]{2}:?[0-9]{2}$)")  # a + that was not encoded is a space


class Fields:
    """The values of each field of an address."""

    def __init__(self, pairs: Pairs) -> None:
        self._values: defaultdict[str, list[str]] = defaultdict(list)
        for name, value in pairs:
            if value:
                self._values[name].append(value)

    def one(self, name: str) -> str:
        """Return the last value of a field, or nothing."""
        return self._values[name][-1] if self._values[name] else ""

    def whole(self, name: str) -> list[str]:
        """Return all values of a field as they are."""
        return self._checked(name, self._values[name])

    def each(self, name: str) -> list[str]:
        """Return all values of a field, parted at commas."""
        parts = [part for value in self._values[name] for part in value.split(",")]
        return self._checked(name, [part.strip() for part in parts if part.strip()])

    @staticmethod
    def _checked(name: str, values: list[str]) -> list[str]:
        if len(values) > _MANY:
            raise Invalid({name: N_("At most {at_most} values, please.")}, at_most=_MANY)
        return values


def key(field: str, text: str) -> int:
    """Return an id, 0 for `none`; raise Invalid for anything else."""
    if text == NOTHING:
        return 0
    if not re.fullmatch("[1-9][0-9]{0,9}", text) or int(text) >= 2**31:
        raise Invalid({field: OFFERED})
    return int(text)


def switch(field: str, text: str) -> bool:
    """Return what 0 or 1 says; raise Invalid for anything else."""
    if text not in ("0", "1"):
        raise Invalid({field: OFFERED})
    return text == "1"


def day(field: str, text: str) -> date:
    """Return a day between 1970 and 2200; raise Invalid for anything else."""
    try:
        if not _DAY.fullmatch(text):
            raise ValueError("no day")
        found = date.fromisoformat(text)
    except ValueError:
        raise Invalid({field: N_("Give a day like 2026-03-01.")}) from None
    if not FIRST_DAY <= found <= LAST_DAY:
        raise Invalid({field: N_("Give a day between 1970 and 2200.")})
    return found


def instant(field: str, text: str, zone: ZoneInfo) -> datetime:
    """Return an instant, as a day of the zone or RFC 3339; raise Invalid for anything else.

    A day in the field `to` is its end.
    """
    try:
        if _DAY.fullmatch(text):
            found = date.fromisoformat(text)
            if not FIRST_DAY <= found <= LAST_DAY:
                raise ValueError("too far away")
            return periods.bounds(Period(found, found), zone)[field == "to"]
        if not _INSTANT.match(text):
            raise ValueError("neither a day nor an instant")
        text = _PLUS.sub("+", text) if text.count(":") > 1 else text
        at = datetime.fromisoformat(text)
        if not FIRST_DAY.year <= at.year <= LAST_DAY.year:
            raise ValueError("too far away")
        return (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid({field: N_("Give a day like 2026-03-01, or an instant.")}) from None
