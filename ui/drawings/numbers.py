"""Figures as people read them: counts, shares, lengths of time, days, in their language."""

from datetime import date, timedelta

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_decimal, format_percent

from services.words import _, ngettext, spoken
from ui.fragments import why

NONE = "–"
_PATTERN = {"fr": "#,##0.#\u00a0%", "en": "#,##0.#%"}


def count(number: int | None) -> str:
    """Return a number, as in « 1 234 »."""
    return NONE if number is None else str(format_decimal(number, "#,##0", locale=locale()))


def decimal(number: float | None) -> str:
    """Return a number with at most two decimals."""
    return NONE if number is None else str(format_decimal(number, "#,##0.##", locale=locale()))


def share(part: float | None) -> str:
    """Return a part of 1, as in « 84,2 % »."""
    if part is None:
        return NONE
    pattern = _PATTERN[locale().language]
    return str(format_percent(part, pattern, locale=locale()))


def tickets(number: int) -> str:
    """Return how many tickets, as in « 1 234 tickets »."""
    return ngettext("{n} ticket", "{n} tickets", number).format(n=count(number))


def length(hours: float | None, *, is_business: bool = False) -> str:
    """Return a length of time, as in « 2 h 05 » or « 3 j 4 h »; open hours have no days."""
    if hours is None:
        return NONE
    time = timedelta(minutes=round(hours * 60))
    if is_business or hours < 48:
        return why.length(time)
    days, rest = divmod(round(hours), 24)
    if not rest or days >= 14:
        return _("{n} d").format(n=count(days))
    return _("{d} d {h} h").format(d=days, h=rest)


def at(hour: int) -> str:
    """Return an hour of the day, as in « 14 h »."""
    return _("{hour} h").format(hour=hour)


def day(on: date) -> str:
    """Return a day, as in « lun. 2 mars 2026 »."""
    return str(format_date(on, "EEE d MMM y", locale=locale()))


def span(first: date, last: date) -> str:
    """Return the days of a point of a chart: a day, or its first and last."""
    if first == last:
        return day(first)
    same = first.year == last.year
    begin = format_date(first, "d MMM" if same else "d MMM y", locale=locale())
    return f"{begin} – {format_date(last, 'd MMM y', locale=locale())}"


def change(number: float) -> str:
    """Return a number with its sign, as in « +12 »."""
    return f"{'+' if number > 0 else ''}{format_decimal(number, '#,##0.##', locale=locale())}"


def separators() -> str:
    """Return the decimal sign and the one between thousands."""
    symbols = locale().number_symbols["latn"]
    return f"{symbols['decimal']}{symbols['group']}"


def locale() -> Locale:
    """Return how the language being spoken writes dates and numbers."""
    return Locale.parse("fr" if spoken() == "fr" else "en_GB")
