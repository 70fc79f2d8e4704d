"""The row of figures above the charts: what each is now, and how it changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from htpy import Element, Node, a, b, div, li, span, ul

from services.words import _
from ui.theme import icon


@dataclass(frozen=True, kw_only=True, slots=True)
class Figure:
    """One figure in words; `is_good` is None where a change is neither good nor bad."""

    key: str
    name: str
    value: str
    before: str
    change: str  # with its word: « 12 % more »; nothing when it cannot be compared
    is_up: bool | None  # None: it stayed
    is_good: bool | None
    more: str
    address: str  # of the tickets it counts, if it counts some


def row(found: Sequence[Figure]) -> str:
    """Draw the figures; a change is told by arrow and word, colour only repeats it."""
    return str(ul(".figures")[[li[_card(each)] for each in found]]) if found else ""


def _card(each: Figure) -> Element:
    content: list[Node] = [
        span(".figure-name")[each.name],
        span(".figure-value")[each.value],
        each.more and span(".figure-more")[each.more],
        each.change and _change(each),
    ]
    if each.address:
        return a(".figure-card", href=each.address, data_testid=f"figure-{each.key}")[content]
    return div(".figure-card", data_testid=f"figure-{each.key}")[content]


def _change(each: Figure) -> Element:
    judged = {True: "good", False: "bad", None: ""}[each.is_good]
    drawn = {True: "up", False: "down", None: "level"}[each.is_up]
    return span(class_=["figure-change", judged])[
        icon(drawn),
        b[each.change],
        span[_("before: {value}").format(value=each.before)],
    ]
