"""What the figures of reports are called, how they are written, and which way is better."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from babel.numbers import format_decimal, format_percent

from services.report_model import Figure
from services.words import N_, _, decimal, spoken

_DAY = 24.0  # hours
_SMALL = 0.1  # shares below have a decimal
NOTHING = "–"
MINUS = "−"


class Mood(StrEnum):
    """Whether a change is for the better; NEUTRAL where nobody can say."""

    GOOD = "good"
    BAD = "bad"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True)
class Kind:
    """What a figure is called, its unit, and what its growth means: 1 good, -1 bad, 0 neither."""

    title: str
    unit: str  # count, hours, share, ratio
    better: int = 0
    is_card: bool = False  # shown on top, large


FIGURES: dict[str, Kind] = {
    "created": Kind(N_("Tickets created"), "count", is_card=True),
    "resolved": Kind(N_("Tickets resolved"), "count", 1, is_card=True),
    "net_flow": Kind(N_("Net flow"), "count", -1),
    "backlog": Kind(N_("Open at the end"), "count", -1, is_card=True),
    "late": Kind(N_("Late at the end"), "count", -1, is_card=True),
    "acceptance": Kind(N_("Time to accept (median)"), "hours", -1),
    "first_response": Kind(N_("First answer (median)"), "hours", -1, is_card=True),
    "first_response_p90": Kind(N_("First answer (9 of 10 within)"), "hours", -1),
    "resolution": Kind(N_("Resolution (median)"), "hours", -1, is_card=True),
    "resolution_mean": Kind(N_("Resolution (mean)"), "hours", -1),
    "resolution_p90": Kind(N_("Resolution (9 of 10 within)"), "hours", -1),
    "resolution_business": Kind(N_("Resolution in opening hours (median)"), "hours", -1),
    "sla": Kind(N_("Promises kept"), "share", 1, is_card=True),
    "first_contact": Kind(N_("Resolved at first contact"), "share", 1),
    "reopened": Kind(N_("Reopen rate"), "share", -1, is_card=True),
    "reassignments": Kind(N_("Reassignments per ticket"), "ratio", -1),
}


def written(value: float | None, unit: str) -> str:
    """Return a value in the language being spoken, as in « 1 204 », « 3,5 h », « 86 % »."""
    return NOTHING if value is None else _WRITTEN[unit](value)


def count(value: float) -> str:
    """Return a whole number, as in « 1 204 »."""
    return str(format_decimal(round(value), "#,##0", locale=_locale())).replace("-", MINUS)


def hours(value: float) -> str:
    """Return a duration as people say it, as in « 35 min », « 5,5 h », « 3,2 j »."""
    minutes = round(value * 60)
    if minutes < 60:
        return _("{n} min").format(n=minutes)
    if value < 2 * _DAY:
        return _("{n} h").format(n=decimal(round(value, 1)))
    return _("{n} d").format(n=decimal(round(value / _DAY, 1)))


def share(value: float) -> str:
    """Return a part of one in percent, as in « 86 % »."""
    if value >= _SMALL:
        return str(format_percent(value, locale=_locale()))
    apart = "\u00a0" if spoken() == "fr" else ""
    return f"{decimal(round(value * 100, 1))}{apart}%"


def ratio(value: float) -> str:
    """Return a number with two decimals."""
    return str(format_decimal(value, "#,##0.00", locale=_locale()))


_WRITTEN: dict[str, Callable[[float], str]] = {
    "count": count,
    "hours": hours,
    "share": share,
    "ratio": ratio,
}


def difference(now: float | None, before: float | None, unit: str) -> str:
    """Return by how much a value changed, with its sign; shares in points; nothing if unknown."""
    if now is None or before is None:
        return ""
    moved = now - before
    if unit == "share":
        points = round(moved * 100, 1)
        return _signed(points, _("{n} pts").format(n=decimal(abs(points))))
    return _signed(moved, written(abs(moved), unit))


def arrow(figure: Figure) -> str:
    """Return which way a figure went: up, down, same, or nothing where that is unknown."""
    if figure.now is None or figure.before is None:
        return ""
    if written(figure.now, _unit(figure)) == written(figure.before, _unit(figure)):
        return "same"
    return "up" if figure.now > figure.before else "down"


def mood(figure: Figure) -> Mood:
    """Tell whether the change of a figure is for the better."""
    better = FIGURES[figure.name].better
    way = {"up": 1, "down": -1}.get(arrow(figure), 0) * better
    return Mood.GOOD if way > 0 else Mood.BAD if way < 0 else Mood.NEUTRAL


def _unit(figure: Figure) -> str:
    return FIGURES[figure.name].unit


def _signed(moved: float, text: str) -> str:
    if not moved:
        return "±0"
    return f"{'+' if moved > 0 else MINUS}{text}"


def _locale() -> str:
    return "fr" if spoken() == "fr" else "en_GB"
