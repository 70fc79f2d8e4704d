"""Instants as people read them, in their zone and language."""

import re
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_timedelta
from htpy import Element, time

from data.clock import now
from services.words import spoken

ZONES = (  # offered first; others stay when somebody has one
    "Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne",
    "Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti",
    "America/Miquelon", "Europe/London", "Europe/Brussels", "UTC",
)  # fmt: skip


def exact(instant: datetime, zone: str) -> str:
    """Return day and minute, as in « lundi 23 novembre 2026 à 14:05 »."""
    local = instant.astimezone(zone_of(zone))
    return str(format_datetime(local, "EEEE d MMMM y HH:mm", locale=_locale()))


def short(instant: datetime, zone: str) -> str:
    """Return day and minute, as in « 23 nov. 14:05 »; the year when it is another."""
    local = instant.astimezone(zone_of(zone))
    pattern = "d MMM HH:mm" if local.year == now().year else "d MMM y"
    return str(format_datetime(local, pattern, locale=_locale()))


def relative(instant: datetime) -> str:
    """Return how long ago or ahead, as in « il y a 5 min »."""
    delta = instant - now()
    return str(format_timedelta(delta, add_direction=True, format="short", locale=_locale()))


def age(instant: datetime, zone: str) -> Element:
    """Draw an instant as its age; the exact date on hover and for screen readers."""
    return time(
        datetime=instant.astimezone(UTC).isoformat(timespec="seconds"),
        data_relative="",
        title=exact(instant, zone),
    )[relative(instant)]


def stamp(instant: datetime, zone: str) -> Element:
    """Draw an instant as a short date."""
    return time(
        datetime=instant.astimezone(UTC).isoformat(timespec="seconds"), title=exact(instant, zone)
    )[short(instant, zone)]


def day(on: date) -> str:
    """Return a day, as in « vendredi 25 décembre 2026 »."""
    return _ordinal(str(format_date(on, "EEEE d MMMM y", locale=_locale())))


def days(first: date, last: date) -> str:
    """Return some days, as in « vendredi 25 décembre 2026 » or « 19 déc. 2026 – 3 janv. 2027 »."""
    if first == last:
        return day(first)
    ends = (str(format_date(on, "d MMM y", locale=_locale())) for on in (first, last))
    return " – ".join(_ordinal(end) for end in ends)


def zones(chosen: str) -> list[tuple[str, str]]:
    """Return the time zones to choose from, with the one that is chosen."""
    offered = ZONES if not chosen or chosen in ZONES else (*ZONES, chosen)
    return [(name, name) for name in offered]


def zone_of(name: str) -> ZoneInfo:
    """Return a time zone, UTC when the name means nothing."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def from_field(text: str, zone: str) -> datetime | None:
    """Return the instant of an `<input type=datetime-local>`, read in the person’s zone."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone_of(zone)).astimezone(UTC)
    except ValueError:
        return None


def for_field(instant: datetime | None, zone: str) -> str:
    """Return the value of an `<input type=datetime-local>`."""
    if instant is None:
        return ""
    return instant.astimezone(zone_of(zone)).strftime("%Y-%m-%dT%H:%M")


def _ordinal(written: str) -> str:
    """Return « 1er mai » for « 1 mai », which Babel writes."""
    return re.sub(r"\b1 (?=\D)", "1er ", written) if spoken() == "fr" else written


def _locale() -> str:
    return "fr" if spoken() == "fr" else "en_GB"
