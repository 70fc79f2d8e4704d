"""Lengths of open time as people write them: 30 min, 4 h, 1 h 30, 2 d."""

import re
from datetime import timedelta

from services.errors import Invalid
from services.words import N_, _
from ui.fragments import why

_LENGTH = re.compile(
    r"(?:(?P<days>\d{1,3}) ?[dj])? ?"
    r"(?:(?P<hours>\d{1,4}) ?h)? ?"
    r"(?:(?P<minutes>\d{1,6}) ?(?:min|m)?)?",
    re.ASCII | re.IGNORECASE,
)


def read(field: str, typed: str, day_minutes: int) -> int | None:
    """Return minutes; a day is an open day of the calendar, a bare number minutes, nothing None.

    Raises:
        Invalid: for `field`.
    """
    bare = " ".join(typed.split())
    found = _LENGTH.fullmatch(bare)
    if not bare:
        return None
    if not found:
        raise Invalid({field: N_("Write a length of time like 30 min, 4 h, 1 h 30 or 2 d.")})
    days, hours, minutes = (int(found[n] or 0) for n in ("days", "hours", "minutes"))
    return days * day_minutes + hours * 60 + minutes


def written(minutes: int | None, day_minutes: int) -> str:
    """Return minutes as `read` takes them; whole open days as days."""
    if minutes is None:
        return ""
    if minutes and minutes % day_minutes == 0:
        return _("{n} d").format(n=minutes // day_minutes)
    return why.length(timedelta(minutes=minutes))
